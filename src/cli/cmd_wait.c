/* cmd_wait.c - fastgpu wait: until jobs are over, and exit as they did */
#include "cli/follow.h"

#include "base/clock.h"
#include "base/json_write.h"

#include <inttypes.h>

#define YEAR_S (366 * 86400)

const struct fg_opt fg_opts_wait[] = {
    {"timeout", 't', "TIME", "give up after this time, with exit status 14", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_wait;

static int read_timeout(const struct fg_cli *cli, int64_t *out_s, struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, "timeout");
    int64_t us = 0;
    if (text && (fg_duration_parse(text, &us) < 0 || us < 1'000'000 || us / 1'000'000 > YEAR_S))
        return fg_fail(err, FG_EINVAL, "--timeout: %.40s, expected a time like 90s or 2h",
                       text);
    *out_s = us / 1'000'000;
    return 0;
}

int fg_cmd_wait(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    int64_t timeout_s = 0;
    int status = 0, rc = read_timeout(cli, &timeout_s, err);
    for (size_t i = 0; i < cli->args.words_len && rc == 0; i++) {
        uint64_t id;
        rc = fg_cli_id(cli->args.words[i], &id, err);
    }
    fg_json_array(&json);
    for (size_t i = 0; i < cli->args.words_len && rc == 0; i++) {
        struct fg_followed followed;
        rc = fg_wait_job(cli, cli->args.words[i], timeout_s, &followed, err);
        if (rc < 0)
            break;
        if (status == 0)
            status = followed.exit_code;
        fg_json_object(&json);
        fg_json_kv(&json, "id", cli->args.words[i]);
        fg_json_kv(&json, "state", followed.state);
        fg_json_kv_int(&json, "exit_code", followed.exit_code);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", out.text);
    return status;
}
