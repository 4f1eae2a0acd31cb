/* sim_input.c - see sim_input.h */
#include "cli/sim_input.h"

#include "base/clock.h"
#include "cli/sim_files.h"
#include "sim/read.h"

#include <stdlib.h>
#include <string.h>

int fg_sim_input_time(struct fg_sim_input *input,
                      const char *name,
                      int64_t otherwise_us,
                      int64_t *out_us,
                      struct fg_err *err)
{
    const char *text = fg_args_get(&input->cli->args, name);
    *out_us = otherwise_us;
    if (!text || (fg_duration_parse(text, out_us) == 0 && *out_us <= FG_SIM_DURATION_MAX))
        return 0;
    return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 90s or 2h", name, text);
}

int fg_sim_input_factor(struct fg_sim_input *input,
                        const char *name,
                        int64_t *out,
                        struct fg_err *err)
{
    const char *text = fg_args_get(&input->cli->args, name);
    char *end;
    *out = 0;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0.001 && value <= 1000))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a number from 0.001 to 1000",
                       name, text);
    *out = (int64_t)(value * 1000 + 0.5);
    return 0;
}

int fg_sim_input_config(struct fg_sim_input *input, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf yaml = {};
    const struct fg_args *args = &input->cli->args;
    fg_config_defaults(&input->config);
    for (size_t i = 0; i < args->given_len; i++) {
        if (strcmp(args->given[i].opt->name, "set") != 0)
            continue;
        const char *text = args->given[i].value, *equal = strchr(text, '=');
        if (!equal)
            return fg_fail(err, FG_EINVAL, "--set: %.40s, expected KEY=VALUE", text);
        fg_buf_printf(&yaml, "%.*s: %s\n", (int)(equal - text), text, equal + 1);
    }
    if (yaml.len == 0)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(yaml.len));
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = yaml.len};
    const struct fg_doc *doc;
    int rc = fg_doc_yaml(yaml.text, yaml.len, arena, &doc, err);
    if (rc == 0)
        rc = fg_config_read(&reader, doc, NULL, 0, &input->config);
    return rc < 0 ? fg_wrap(err, rc, "--set") : 0;
}

static void bad_row(void *self, const struct fg_err *err)
{
    enum { SHOWN_MAX = 10 };
    struct fg_sim_input *input = self;
    if (input->bad_shown++ < SHOWN_MAX)
        fprintf(stderr, "%s\n", err->text);
}

int fg_sim_input_cluster(struct fg_sim_input *input, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *path = fg_args_get(&input->cli->args, "cluster");
    if (!path)
        return fg_fail(err, FG_EINVAL, "--cluster: missing, expected a cluster file");
    int rc = fg_sim_file_read(path, &buf, err);
    return rc < 0 ? rc
                  : fg_sim_cluster_read(buf.text, buf.len, path, fg_sim_file_beside,
                                        (char *)path, &input->cluster, err);
}

int fg_sim_input_jobs(struct fg_sim_input *input, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const struct fg_args *args = &input->cli->args;
    const char *path = fg_args_get(args, "jobs"), *format = fg_args_get(args, "format"),
               *kind = fg_args_get(args, "kind");
    if (!path || !format)
        return fg_fail(err, FG_EINVAL, "--%s: missing", path ? "format" : "jobs");
    struct fg_sim_reading reading = {
        .format = format,
        .file_name = path,
        .per_node = fg_sim_cluster_widest(&input->cluster),
        .cores_per_node = fg_sim_cluster_most_cores(&input->cluster),
        .kind = kind ? kind : "any",
        .preemptible = fg_args_has(args, "preemptible"),
        .cpu_as_gpu = !fg_args_has(args, "cores"),
        .bad_row = fg_args_has(args, "skip-bad") ? bad_row : NULL,
        .bad_row_self = input,
    };
    int rc = fg_sim_input_time(input, "checkpoint", 0, &reading.checkpoint_us, err);
    if (rc == 0)
        rc = fg_sim_input_time(input, "restart", 0, &reading.restart_us, err);
    if (rc == 0)
        rc = fg_sim_file_read(path, &buf, err);
    if (rc == 0)
        rc = fg_sim_read(&reading, buf.text, buf.len, &input->trace, err);
    if (rc == 0 && input->trace.rows_bad)
        fprintf(stderr, "%s: %zu bad rows passed over\n", path, input->trace.rows_bad);
    return rc;
}

void fg_sim_input_free(struct fg_sim_input *input)
{
    fg_sim_trace_free(&input->trace);
    fg_sim_cluster_free(&input->cluster);
}
