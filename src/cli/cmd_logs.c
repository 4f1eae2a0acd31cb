/* cmd_logs.c - fastgpu logs: what a job wrote, as it was or as it comes */
#include "cli/follow.h"

#include "model/limits.h"

#include <inttypes.h>
#include <string.h>

#define BYTES_MAX INT64_MAX

const struct fg_opt fg_opts_logs[] = {
    {"follow", 'f', NULL, "go on until the job is over", NULL},
    {"stdout", 0, NULL, "standard output only", NULL},
    {"stderr", 0, NULL, "standard error only", NULL},
    {"task", 't', "N", "of this task of a gang (0)", NULL},
    {"attempt", 'a', "N", "of this attempt (the latest)", NULL},
    {"tail", 'n', "BYTES", "only the last so many bytes of each stream", NULL},
    {},
};

fg_verb_fn fg_cmd_logs;

/* `*out_node`: set to where it is instead, if nothing is kept where it was asked for. */
static int print_stream(struct fg_cli *cli,
                        uint64_t id,
                        const char *stream,
                        char out_node[FG_NAME_MAX],
                        struct fg_err *err)
{
    static const char *const names[] = {"task", "attempt", "tail"};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_printf(&path, "/v1/jobs/%" PRIu64 "/logs?stream=%s", id, stream);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (fg_args_has(&cli->args, names[i]))
            fg_buf_printf(&path, "&%s=%s", names[i], fg_args_get(&cli->args, names[i]));
    struct fg_call call = {.method = "GET",
                           .path = path.text,
                           .download = strcmp(stream, "stdout") == 0 ? stdout : stderr};
    int rc = fg_client_call(cli->client, &call, NULL, err);
    const char *node = rc < 0 ? NULL : fg_client_header(cli->client, "X-Log-Elsewhere");
    if (node)
        snprintf(out_node, FG_NAME_MAX, "%s", node);
    return rc < 0 ? rc : 0;
}

static int print_now(
    struct fg_cli *cli, uint64_t id, bool only_out, bool only_err, struct fg_err *err)
{
    char node[FG_NAME_MAX] = "";
    int rc = only_err ? 0 : print_stream(cli, id, "stdout", node, err);
    if (rc == 0 && !only_out)
        rc = print_stream(cli, id, "stderr", node, err);
    if (rc == 0 && node[0])
        fprintf(stderr,
                "job %" PRIu64 " ran on %s; what it wrote is not on the host that serves now\n",
                id, node);
    return rc;
}

/* The numbers go into a path: they must be numbers. */
static int check_numbers(struct fg_cli *cli, uint64_t *out_id, struct fg_err *err)
{
    int64_t number;
    int rc = fg_cli_id(cli->args.words[0], out_id, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "task", 0, INT32_MAX, 0, &number, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "attempt", 1, INT32_MAX, 1, &number, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "tail", 0, BYTES_MAX, 0, &number, err);
    return rc;
}

int fg_cmd_logs(struct fg_cli *cli, struct fg_err *err)
{
    bool only_out = fg_args_has(&cli->args, "stdout"),
         only_err = fg_args_has(&cli->args, "stderr");
    uint64_t id;
    int rc = check_numbers(cli, &id, err);
    if (rc < 0)
        return rc;
    if (only_out && only_err)
        only_out = only_err = false;
    if (!fg_args_has(&cli->args, "follow"))
        return print_now(cli, id, only_out, only_err, err);
    if (fg_args_has(&cli->args, "tail"))
        return fg_fail(err, FG_EINVAL, "--tail: not together with --follow");
    char id_text[24];
    snprintf(id_text, sizeof(id_text), "%" PRIu64, id);
    struct fg_follow follow = {.id = id_text,
                               .stream = only_out   ? "stdout"
                                         : only_err ? "stderr"
                                                    : "all",
                               .attempt = fg_args_get(&cli->args, "attempt"),
                               .task = fg_args_get(&cli->args, "task")};
    struct fg_followed followed;
    return fg_follow(cli, &follow, &followed, err);
}
