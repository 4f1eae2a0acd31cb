/* decide.c - see decide.h */
#include "cli/decide.h"
#include "cli/view.h"

#include "base/json_write.h"

#include <inttypes.h>

int fg_decide_path(const char *thing,
                   const char *word,
                   const char *what,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    uint64_t id = 0;
    int rc = fg_cli_id(word, &id, err);
    fg_buf_printf(out, "/v1/%ss/%" PRIu64 "%s", thing, id, what);
    return rc;
}

int fg_decide(struct fg_cli *cli, const char *thing, const char *what, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    fg_json_object(&json);
    if (fg_args_get(&cli->args, "remark"))
        fg_json_kv(&json, "remark", fg_args_get(&cli->args, "remark"));
    fg_json_end(&json);
    int rc = fg_decide_path(thing, cli->args.words[0], what, &path, err);
    if (rc == 0)
        rc = fg_cli_send(cli, "POST", path.text, body.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", answer.body.text);
    else
        printf("%s %s is %s\n", thing, fg_view_text(answer.doc, "id"),
               fg_view_text(answer.doc, "state"));
    return 0;
}
