/* cmd_artifacts.c - fastgpu artifacts: the files that a job left */
#include "cli/bar.h"
#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

const struct fg_opt fg_opts_artifacts[] = {
    {"get", 'g', "PATH", "fetch this file", NULL},
    {"output", 'o', "FILE", "write it here; - is standard output (the last part of its path)",
     "file"},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_artifacts;

static void on_progress(void *self, uint64_t done, uint64_t total)
{
    char size[FG_HUMAN_MAX];
    fg_human_bytes(done, size);
    fg_bar_draw(self, "fetching", total > 0 ? (double)done / (double)total : -1, size, false);
}

/* Into a file beside the target first: a broken fetch leaves no half file under the right name. */
static int fetch(
    struct fg_cli *cli, uint64_t id, const char *path, const char *target, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf url = {}, part = {};
    bool to_stdout = strcmp(target, "-") == 0;
    struct fg_bar bar = fg_bar_new(stderr);
    fg_buf_printf(&url, "/v1/jobs/%" PRIu64 "/artifacts/", id);
    fg_url_escape(&url, path, true);
    fg_buf_printf(&part, "%s.part", target);
    FILE *out = to_stdout ? stdout : fopen(part.text, "wxe");
    if (!out)
        return fg_fail(err, FG_EIO, "%s: %s", part.text, strerror(errno));
    struct fg_call call = {.method = "GET",
                           .path = url.text,
                           .download = out,
                           .progress = to_stdout ? NULL : on_progress,
                           .progress_self = &bar};
    int rc = fg_client_call(cli->client, &call, NULL, err);
    fg_bar_clear(&bar);
    if (to_stdout)
        return rc < 0 ? rc : 0;
    bool closed = fclose(out) == 0;
    if (rc >= 0 && (!closed || rename(part.text, target) != 0))
        rc = fg_fail(err, FG_EIO, "%s: %s", target, strerror(errno));
    if (rc < 0)
        unlink(part.text);
    return rc < 0 ? rc : 0;
}

static void print_list(struct fg_cli *cli, const struct fg_doc *job)
{
    static const struct fg_column columns[] = {
        {"PATH", false, 12}, {"SIZE", true, 0}, {"TIME", true, 0}, {"HASH", false, 12}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = fg_view_first(job, "artifacts"); at; at = at->next) {
        char size[FG_HUMAN_MAX], ago[FG_HUMAN_MAX] = "";
        fg_human_bytes((uint64_t)fg_view_int(at, "bytes", 0), size);
        if (fg_view_time(at, "time") > 0)
            fg_human_moment(fg_view_time(at, "time"), fg_now_us(), ago);
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "path"));
        fg_table_add(table, FG_PLAIN, size);
        fg_table_add(table, FG_PLAIN, ago);
        fg_table_add(table, FG_DIM, fg_view_text(at, "hash"));
    }
    fg_table_print(table, &cli->out, stdout);
}

int fg_cmd_artifacts(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    const char *get = fg_args_get(&cli->args, "get"),
               *target = fg_args_get(&cli->args, "output");
    char path[64];
    uint64_t id;
    int rc = fg_cli_id(cli->args.words[0], &id, err);
    if (rc < 0)
        return rc;
    if (target && !get)
        return fg_fail(err, FG_EINVAL, "--output: expected --get PATH with it");
    if (get) {
        const char *slash = strrchr(get, '/');
        return fetch(cli, id, get, target ? target : slash ? slash + 1 : get, err);
    }
    snprintf(path, sizeof(path), "/v1/jobs/%" PRIu64, id);
    rc = fg_cli_get(cli, path, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "json")) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        const struct fg_doc *list = fg_doc_get(answer.doc, "artifacts");
        if (list)
            fg_view_json(&out, list);
        printf("%s\n", list ? out.text : "[]");
    } else {
        print_list(cli, answer.doc);
    }
    return 0;
}
