/* cmd_show.c - fastgpu show: all about one job */
#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/table.h"
#include "cli/utf8.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_show[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_show;

static void put(struct fg_cli *cli, const char *name, const char *value)
{
    FG_AUTO(fg_buf) struct fg_buf safe = {};
    if (!value || !value[0])
        return;
    fg_utf8_add(&safe, value, SIZE_MAX, cli->out.utf8);
    printf("%s%-12s%s %s\n", fg_style_text(&cli->out, FG_DIM), name,
           fg_style_text(&cli->out, FG_PLAIN), safe.text ? safe.text : "");
}

static void put_time(struct fg_cli *cli,
                     const char *name,
                     const struct fg_doc *job,
                     const char *key)
{
    int64_t time_us = fg_view_time(job, key);
    char ago[FG_HUMAN_MAX], text[FG_HUMAN_MAX + 64];
    if (time_us == 0)
        return;
    fg_human_moment(time_us, fg_now_us(), ago);
    snprintf(text, sizeof(text), "%.40s (%s)", fg_view_text(job, key), ago);
    put(cli, name, text);
}

static void put_flexible(struct fg_cli *cli, const struct fg_doc *job)
{
    const struct fg_doc *flexible = fg_doc_get(job, "flexible");
    char text[FG_HUMAN_MAX + 64];
    if (!flexible || !fg_view_text(flexible, "by")[0])
        return;
    snprintf(text, sizeof(text), "waits for a better hour by %.20s%s%.40s",
             fg_view_text(flexible, "by"),
             fg_view_text(flexible, "until")[0] ? ", over by " : "",
             fg_view_text(flexible, "until"));
    put(cli, "flexible", text);
}

static void put_seconds(struct fg_cli *cli,
                        const char *name,
                        const struct fg_doc *doc,
                        const char *key)
{
    char text[FG_HUMAN_MAX];
    int64_t us = fg_view_seconds(doc, key);
    if (us < 0 || !fg_view_has(doc, key))
        return;
    fg_human_duration(us, text);
    put(cli, name, text);
}

static void put_use(struct fg_cli *cli, const struct fg_doc *job)
{
    const struct fg_doc *usage = fg_doc_get(job, "usage");
    char text[FG_HUMAN_MAX];
    int64_t memory_mib = fg_view_int(usage, "max_rss_mib", -1);
    if (memory_mib >= 0) {
        fg_human_mib(memory_mib, text);
        put(cli, "max memory", text);
    }
    if (fg_view_has(job, "started"))
        put_seconds(cli, "cpu time", usage, "cpu_s");
    if (fg_view_real(usage, "gpu_s", 0) > 0)
        put_seconds(cli, "device time", usage, "gpu_s");
    double joules = fg_view_real(usage, "energy_j", 0);
    if (joules > 0) {
        fg_human_energy(joules, text);
        put(cli, "energy", text);
    }
    double grams = fg_view_real(job, "co2_g", 0);
    if (grams > 0) {
        fg_human_mass(grams, text);
        put(cli, "CO2", text);
    }
    if (fg_view_has(job, "cost_uusd")) {
        fg_human_money(fg_view_int(job, "cost_uusd", 0), text);
        put(cli, "cost", text);
    }
}

static void put_pairs(struct fg_cli *cli,
                      const char *name,
                      const struct fg_doc *doc,
                      const char *key)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    for (const struct fg_doc *at = fg_view_first(doc, key); at; at = at->next)
        if (at->kind == FG_DOC_TEXT)
            fg_buf_printf(&text, "%s%s=%s", text.len > 0 ? " " : "", at->key, at->text);
    put(cli, name, text.text);
}

static void put_what(struct fg_cli *cli, const struct fg_doc *job)
{
    const struct fg_doc *spec = fg_doc_get(job, "spec");
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_view_join(&text, spec, "argv", " ");
    put(cli, "command", text.text);
    const char *run = fg_view_text(spec, "run");
    if (strchr(run, '\n')) {
        printf("%srun%s\n", fg_style_text(&cli->out, FG_DIM),
               fg_style_text(&cli->out, FG_PLAIN));
        for (const char *line = run; *line;) {
            size_t len = strcspn(line, "\n");
            FG_AUTO(fg_buf) struct fg_buf one = {}, safe = {};
            fg_buf_add(&one, line, len);
            fg_utf8_add(&safe, one.text, SIZE_MAX, cli->out.utf8);
            printf("    %s\n", safe.text ? safe.text : "");
            line += len + (line[len] == '\n');
        }
    } else {
        put(cli, "run", run);
    }
    put(cli, "folder", fg_view_text(spec, "cwd"));
    put_pairs(cli, "labels", job, "labels");
    put_pairs(cli, "variables", spec, "envs");
}

static void put_attempts(struct fg_cli *cli, const struct fg_doc *job)
{
    static const struct fg_column columns[] = {
        {"ATTEMPT", true, 0},
        {"STATE", false, 0},
        {"WHERE", false, 10},
        {"STARTED", true, 0},
        {"TIME", true, 0},
        {"RESULT", false, 8},
        {},
    };
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = fg_view_first(job, "attempts"); at; at = at->next) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        char ago[FG_HUMAN_MAX] = "", took[FG_HUMAN_MAX] = "";
        int64_t start_us = fg_view_time(at, "started"), end_us = fg_view_time(at, "finished");
        fg_table_addf(table, "%" PRId64, fg_view_int(at, "attempt", 0));
        fg_table_add(table, fg_style_of_state(fg_view_text(at, "state")),
                     fg_view_text(at, "state"));
        fg_job_where(&text, at);
        fg_table_add(table, FG_PLAIN, text.text);
        if (start_us > 0) {
            fg_human_moment(start_us, fg_now_us(), ago);
            fg_human_duration((end_us > 0 ? end_us : fg_now_us()) - start_us, took);
        }
        fg_table_add(table, FG_PLAIN, ago);
        fg_table_add(table, FG_PLAIN, took);
        fg_buf_clear(&text);
        fg_job_outcome(&text, at);
        fg_table_add(table, FG_DIM, text.text);
    }
    if (fg_table_len(table) > 0) {
        printf("\n");
        fg_table_print(table, &cli->out, stdout);
    }
}

static void put_artifacts(struct fg_cli *cli, const struct fg_doc *job)
{
    static const struct fg_column columns[] = {{"ARTIFACT", false, 12}, {"SIZE", true, 0}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = fg_view_first(job, "artifacts"); at; at = at->next) {
        char size[FG_HUMAN_MAX];
        fg_human_bytes((uint64_t)fg_view_int(at, "bytes", 0), size);
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "path"));
        fg_table_add(table, FG_PLAIN, size);
    }
    if (fg_table_len(table) > 0) {
        printf("\n");
        fg_table_print(table, &cli->out, stdout);
    }
}

/* What it wasted, and what is wrong with it now. */
static void put_waste(struct fg_cli *cli,
                      const struct fg_doc *findings,
                      const struct fg_doc *alerts)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    for (const struct fg_doc *at = fg_view_first(findings, "items"); at; at = at->next) {
        char money[FG_HUMAN_MAX];
        fg_human_money(fg_view_int(at, "cost_uusd", 0), money);
        fg_buf_clear(&text);
        if (fg_view_int(at, "cost_uusd", -1) >= 0)
            fg_buf_printf(&text, "%s: ", money);
        fg_buf_puts(&text, fg_view_text(at, "text"));
        put(cli, "wasted", text.text);
    }
    for (const struct fg_doc *at = fg_view_first(alerts, "items"); at; at = at->next) {
        fg_buf_clear(&text);
        fg_buf_printf(&text, "%s: %s", fg_view_text(at, "cause"), fg_view_text(at, "text"));
        put(cli, "alert", text.text);
        put(cli, "to do", fg_view_text(at, "hint"));
    }
}

static void print_job(struct fg_cli *cli,
                      const struct fg_doc *job,
                      const struct fg_doc *findings,
                      const struct fg_doc *alerts)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    const char *state = fg_view_text(job, "state");
    printf("%sjob %s%s  %s  %s%s%s\n", fg_style_text(&cli->out, FG_BOLD),
           fg_view_text(job, "id"), fg_style_text(&cli->out, FG_PLAIN),
           fg_view_text(job, "name"), fg_style_text(&cli->out, fg_style_of_state(state)), state,
           fg_style_text(&cli->out, FG_PLAIN));
    fg_job_outcome(&text, job);
    put(cli, "result", text.text);
    put(cli, "project", fg_view_text(job, "project"));
    put(cli, "user", fg_view_text(job, "user"));
    fg_buf_clear(&text);
    fg_job_wants(&text, job);
    put(cli, "wants", text.text);
    fg_buf_clear(&text);
    fg_job_where(&text, job);
    put(cli, "where", text.text);
    put_time(cli, "submitted", job, "submitted");
    put_time(cli, "started", job, "started");
    put_time(cli, "finished", job, "finished");
    put_time(cli, "deadline", job, "deadline");
    put_flexible(cli, job);
    put_seconds(cli, "wall time", job, "duration_s");
    put_seconds(cli, "time limit", job, "time_limit_s");
    put_use(cli, job);
    put_waste(cli, findings, alerts);
    put_what(cli, job);
    put_attempts(cli, job);
    put_artifacts(cli, job);
}

static int show(struct fg_cli *cli, const struct fg_doc *job, uint64_t id, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer findings = {}, alerts = {};
    char path[64];
    snprintf(path, sizeof(path), "/v1/findings?job=%" PRIu64, id);
    int rc = fg_cli_get(cli, path, &findings, err);
    snprintf(path, sizeof(path), "/v1/alerts?job=%" PRIu64, id);
    if (rc == 0)
        rc = fg_cli_get(cli, path, &alerts, err);
    if (rc < 0)
        return rc;
    print_job(cli, job, findings.doc, alerts.doc);
    return 0;
}

int fg_cmd_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[64];
    uint64_t id;
    int rc = fg_cli_id(cli->args.words[0], &id, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/v1/jobs/%" PRIu64, id);
    rc = fg_cli_get(cli, path, &answer, err);
    if (rc < 0)
        return rc;
    if (!fg_cli_json(cli, answer.doc))
        rc = show(cli, answer.doc, id, err);
    return rc;
}
