/* cmd_cancel.c - fastgpu cancel */
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "model/job.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_cancel[] = {
    {"array", 'a', NULL, "all jobs of the array that the job begins", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_cancel;

static void print_state(uint64_t id, const char *state)
{
    int found = fg_job_state_find(state);
    bool is_over = found >= 0 && fg_job_state_is_final((enum fg_job_state)found);
    if (strcmp(state, "cancelled") == 0)
        printf("job %" PRIu64 " cancelled\n", id);
    else if (is_over)
        printf("job %" PRIu64 " was over: %s\n", id, state);
    else
        printf("job %" PRIu64 " is being cancelled\n", id);
}

int fg_cmd_cancel(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    bool as_json = fg_args_has(&cli->args, "json");
    struct fg_json json = {.buf = &out};
    int rc = 0;
    fg_json_array(&json);
    for (size_t i = 0; i < cli->args.words_len && rc == 0; i++) {
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        char path[64];
        uint64_t id;
        rc = fg_cli_id(cli->args.words[i], &id, err);
        if (rc < 0)
            break;
        snprintf(path, sizeof(path), "/v1/jobs/%" PRIu64 "/cancel%s", id,
                 fg_args_has(&cli->args, "array") ? "?array=1" : "");
        rc = fg_cli_send(cli, "POST", path, "{}", &answer, err);
        if (rc < 0)
            break;
        const char *state = fg_view_text(answer.doc, "state");
        if (!as_json)
            print_state(id, state);
        fg_json_object(&json);
        fg_json_kv(&json, "id", fg_view_text(answer.doc, "id"));
        fg_json_kv(&json, "state", state);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    if (as_json && rc == 0)
        printf("%s\n", out.text);
    return rc;
}
