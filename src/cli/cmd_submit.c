/* cmd_submit.c - fastgpu submit: job files in, ids out */
#include "cli/follow.h"
#include "cli/spec.h"

#include "base/json_write.h"

#include <inttypes.h>

#define FILES_MAX 1000

const struct fg_opt fg_opts_submit[] = {
    FG_SPEC_OPTS,
    {"wait", 'w', NULL, "wait until the jobs are over, exit as `fastgpu wait` does", NULL},
    {"follow", 'f', NULL, "follow the output of the (one) job, exit as it did", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {},
};

fg_verb_fn fg_cmd_submit;

static int submit_file(struct fg_cli *cli,
                       const char *path,
                       struct fg_submitted *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_SPEC_ARENA);
    struct fg_job_spec spec;
    int rc = fg_spec_read_file(path, arena, &spec, err);
    if (rc < 0)
        return rc; /* it names the file and the line */
    rc = fg_spec_override(&cli->args, arena, &spec, err);
    if (rc < 0)
        return rc;
    rc = fg_spec_upload(cli, fg_spec_folder(path, arena), arena, &spec, err);
    if (rc == 0)
        rc = fg_spec_submit(cli, &spec, out, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", path) : 0;
}

static void print_json(const struct fg_submitted *made, size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    if (len > 1)
        fg_json_array(&json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(&json);
        fg_json_kv(&json, "id", made[i].id);
        fg_json_kv_int(&json, "count", made[i].count);
        fg_json_kv_bool(&json, "repeated", made[i].repeated);
        fg_json_end(&json);
    }
    if (len > 1)
        fg_json_end(&json);
    printf("%s\n", out.text);
}

static void print_made(const struct fg_cli *cli,
                       const char *path,
                       const struct fg_submitted *made)
{
    if (fg_args_has(&cli->args, "json"))
        return;
    if (fg_args_has(&cli->args, "quiet")) {
        printf("%s\n", made->id);
        return;
    }
    if (made->count > 1)
        printf("jobs %s and the %" PRId64 " after it", made->id, made->count - 1);
    else
        printf("job %s", made->id);
    printf(": %s%s\n", path,
           made->repeated ? " (was submitted before with this idempotency key)" : "");
}

static int wait_all(struct fg_cli *cli,
                    const struct fg_submitted *made,
                    size_t len,
                    struct fg_err *err)
{
    int status = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t first;
        int rc = fg_cli_id(made[i].id, &first, err);
        for (int64_t k = 0; rc == 0 && k < made[i].count; k++) {
            struct fg_followed followed;
            char id[24];
            snprintf(id, sizeof(id), "%" PRIu64, first + (uint64_t)k);
            rc = fg_wait_job(cli, id, 0, &followed, err);
            if (rc == 0 && status == 0)
                status = followed.exit_code;
        }
        if (rc < 0)
            return rc;
    }
    return status;
}

int fg_cmd_submit(struct fg_cli *cli, struct fg_err *err)
{
    struct fg_submitted made[FILES_MAX] = {};
    size_t len = cli->args.words_len;
    if (len > FILES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu files, expected %d at most", len, FILES_MAX);
    if (fg_args_has(&cli->args, "follow") && len > 1)
        return fg_fail(err, FG_EINVAL, "--follow: %zu files, expected one", len);
    for (size_t i = 0; i < len; i++) {
        int rc = submit_file(cli, cli->args.words[i], &made[i], err);
        if (rc < 0)
            return rc;
        print_made(cli, cli->args.words[i], &made[i]);
    }
    if (fg_args_has(&cli->args, "json"))
        print_json(made, len);
    fflush(stdout);
    if (fg_args_has(&cli->args, "follow") && made[0].count == 1)
        return fg_follow_to_end(cli, made[0].id, fg_args_has(&cli->args, "quiet"), err);
    if (fg_args_has(&cli->args, "wait") || fg_args_has(&cli->args, "follow"))
        return wait_all(cli, made, len, err);
    return 0;
}
