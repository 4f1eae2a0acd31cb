/* cmd_status.c - fastgpu status: the service in a few lines, and who you are to it */
#include "cli/human.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>

const struct fg_opt fg_opts_status[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_status;

static void put(struct fg_cli *cli, const char *name, const char *value)
{
    printf("%s%-12s%s %s\n", fg_style_text(&cli->out, FG_DIM), name,
           fg_style_text(&cli->out, FG_PLAIN), value);
}

static void put_use(struct fg_cli *cli, const char *name, int64_t used_milli, int64_t milli)
{
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX], text[2 * FG_HUMAN_MAX + 16];
    fg_human_milli(used_milli, used);
    fg_human_milli(milli, all);
    snprintf(text, sizeof(text), "%s of %s in use", used, all);
    put(cli, name, text);
}

static void put_capacity(struct fg_cli *cli, const struct fg_doc *status)
{
    const struct fg_doc *capacity = fg_doc_get(status, "capacity");
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX], text[2 * FG_HUMAN_MAX + 16];
    if (!capacity)
        return;
    if (fg_view_int(capacity, "gpu_milli", 0) > 0)
        put_use(cli, "accelerators", fg_view_int(capacity, "gpu_used_milli", 0),
                fg_view_int(capacity, "gpu_milli", 0));
    put_use(cli, "cores", fg_view_int(capacity, "cpu_used_milli", 0),
            fg_view_int(capacity, "cpu_milli", 0));
    fg_human_mib(fg_view_int(capacity, "mem_used_mib", 0), used);
    fg_human_mib(fg_view_int(capacity, "mem_mib", 0), all);
    snprintf(text, sizeof(text), "%s of %s claimed", used, all);
    put(cli, "memory", text);
}

static void print_status(struct fg_cli *cli,
                         const struct fg_doc *status,
                         const struct fg_doc *who)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char up[FG_HUMAN_MAX];
    int64_t up_us = fg_view_seconds(status, "uptime_s");
    fg_human_duration(up_us < 0 ? 0 : up_us, up);
    fg_buf_printf(&text, "%s, version %s, up for %s", fg_client_url(cli->client),
                  fg_view_text(status, "version"), up);
    put(cli, "service", text.text);
    fg_buf_clear(&text);
    const char *project = fg_view_text(who, "project");
    fg_buf_printf(&text, "%s, %s%s%s", fg_view_text(who, "user"), fg_view_text(who, "role"),
                  project[0] ? " of project " : "", project);
    put(cli, "you", text.text);
    fg_buf_clear(&text);
    for (const struct fg_doc *at = fg_view_first(status, "jobs"); at; at = at->next)
        if (at->integer > 0)
            fg_buf_printf(&text, "%s%" PRId64 " %s", text.len > 0 ? ", " : "", at->integer,
                          at->key);
    put(cli, "jobs", text.len > 0 ? text.text : "none yet");
    fg_buf_clear(&text);
    for (const struct fg_doc *at = fg_view_first(status, "alerts"); at; at = at->next)
        if (at->integer > 0)
            fg_buf_printf(&text, "%s%" PRId64 " %s", text.len > 0 ? ", " : "", at->integer,
                          at->key);
    put(cli, "alerts", text.len > 0 ? text.text : "none");
    put_capacity(cli, status);
    put(cli, "isolation", fg_view_text(status, "isolation"));
    fg_buf_clear(&text);
    int64_t ppm = fg_view_int(status, "watch_cpu_ppm", 0);
    fg_buf_printf(&text, "readings cost %" PRId64 ".%02" PRId64 " %% of a core", ppm / 10000,
                  ppm / 100 % 100);
    put(cli, "watching", text.text);
    for (const struct fg_doc *at = fg_view_first(status, "notices"); at; at = at->next)
        if (at->kind == FG_DOC_TEXT)
            printf("%snote: %s%s\n", fg_style_text(&cli->out, FG_WARN), at->text,
                   fg_style_text(&cli->out, FG_PLAIN));
}

int fg_cmd_status(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer status = {}, who = {};
    int rc = fg_cli_get(cli, "/v1/status", &status, err);
    if (rc == 0)
        rc = fg_cli_get(cli, "/v1/whoami", &who, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, status.doc))
        return 0;
    print_status(cli, status.doc, who.doc);
    return 0;
}
