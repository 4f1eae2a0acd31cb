/* top_frame.c - see top_frame.h
 *
 *     FastGPU 0.1.0   up 3h 2m   12 running, 40 queued
 *     accelerators [########--------]  4/8      cores [...]      memory [...]
 *     what needs attention; totals and suppliers, each with its curve since the start
 *     DEVICES   one gauge each, what it does, whose it is
 *     RUNNING   one line each, with its use over the last minutes
 *     QUEUE     the first ones, and why they wait
 */
#include "cli/top_frame.h"

#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/spark.h"
#include "cli/top_overview.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

#define WIDTH_DEFAULT 120 /* when nobody says */
#define GAUGE_WIDTH   16
#define SPARK_WIDTH   20
#define NODES_MAX     8 /* whose readings are asked for */
#define JOBS_MAX      40
#define WAITING_MAX   12
#define FEW_DEVICES   16

/* ---- the pool ---- */

static void add_gauge(struct fg_top_screen *screen,
                      struct fg_buf *text,
                      const char *name,
                      const struct fg_doc *capacity,
                      const char *used_key,
                      const char *all_key,
                      void (*format)(int64_t, char[FG_HUMAN_MAX]))
{
    char used_text[FG_HUMAN_MAX], all_text[FG_HUMAN_MAX];
    int64_t used = fg_view_int(capacity, used_key, 0), all = fg_view_int(capacity, all_key, 0);
    if (all <= 0)
        return;
    format(used, used_text);
    format(all, all_text);
    fg_buf_printf(text, "%s [", name);
    fg_gauge_add(text, (double)used / (double)all, GAUGE_WIDTH, fg_top_utf8(screen));
    fg_buf_printf(text, "] %s/%s   ", used_text, all_text);
}

static void draw_head(struct fg_top_screen *screen, const struct fg_doc *status)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    const struct fg_doc *jobs = fg_doc_get(status, "jobs"),
                        *capacity = fg_doc_get(status, "capacity");
    char up[FG_HUMAN_MAX];
    int64_t up_us = fg_view_seconds(status, "uptime_s");
    fg_human_duration(up_us < 0 ? 0 : up_us, up);
    fg_buf_printf(&text,
                  "FastGPU %s   up %s   %" PRId64 " running, %" PRId64 " queued, %" PRId64
                  " failed, %" PRId64 " succeeded",
                  fg_view_text(status, "version"), up,
                  fg_view_int(jobs, "running", 0) + fg_view_int(jobs, "starting", 0),
                  fg_view_int(jobs, "queued", 0), fg_view_int(jobs, "failed", 0),
                  fg_view_int(jobs, "succeeded", 0));
    fg_top_line(screen, FG_BOLD, text.text);
    fg_buf_clear(&text);
    add_gauge(screen, &text, "accelerators", capacity, "gpu_used_milli", "gpu_milli",
              fg_human_milli);
    add_gauge(screen, &text, "cores", capacity, "cpu_used_milli", "cpu_milli", fg_human_milli);
    add_gauge(screen, &text, "memory", capacity, "mem_used_mib", "mem_mib", fg_human_mib);
    if (text.len > 0)
        fg_top_line(screen, FG_PLAIN, text.text);
    for (const struct fg_doc *at = fg_view_first(status, "notices"); at; at = at->next)
        if (at->kind == FG_DOC_TEXT)
            fg_top_line(screen, FG_WARN, at->text);
}

/* The readings of one device, as fractions; returns how many. */
static size_t read_points(const struct fg_doc *device, double *values, double scale)
{
    size_t len = 0;
    for (const struct fg_doc *at = fg_view_first(device, "points"); at; at = at->next) {
        if (len == SPARK_WIDTH) {
            memmove(values, values + 1, (SPARK_WIDTH - 1) * sizeof(*values));
            len--;
        }
        double busy = fg_view_real(at, "busy_milli", -1);
        values[len++] = busy < 0 ? -1 : busy / scale;
    }
    return len;
}

static const struct fg_doc *find_device(const struct fg_doc *usage, const char *name)
{
    for (const struct fg_doc *at = usage ? fg_view_first(usage, "devices") : NULL; at;
         at = at->next)
        if (strcmp(fg_view_text(at, "name"), name) == 0)
            return at;
    return NULL;
}

static void draw_device(struct fg_top_screen *screen,
                        const struct fg_doc *node,
                        const struct fg_doc *device,
                        const struct fg_doc *usage)
{
    FG_AUTO(fg_buf) struct fg_buf text = {}, name = {}, jobs = {};
    double values[SPARK_WIDTH], milli = fg_view_real(device, "milli", 1000);
    double used = fg_view_real(device, "used_milli", 0);
    char used_text[FG_HUMAN_MAX], all_text[FG_HUMAN_MAX], share[2 * FG_HUMAN_MAX];
    size_t len = 0;
    const struct fg_doc *readings = find_device(usage, fg_view_text(device, "name"));
    if (readings)
        len = read_points(readings, values, milli > 0 ? milli : 1000);
    fg_buf_printf(&name, "%s/%s", fg_view_text(node, "name"), fg_view_text(device, "name"));
    fg_top_column(screen, &text, name.text, 24);
    fg_top_column(screen, &text, fg_view_text(device, "kind"), 14);
    fg_buf_puts(&text, "[");
    fg_gauge_add(&text, milli > 0 ? used / milli : 0, GAUGE_WIDTH, fg_top_utf8(screen));
    fg_human_milli((int64_t)used, used_text);
    fg_human_milli((int64_t)milli, all_text);
    snprintf(share, sizeof(share), "] %s/%s", used_text, all_text);
    fg_top_column(screen, &text, share, 12);
    fg_spark_add(&text, values, len, SPARK_WIDTH, fg_top_utf8(screen));
    double now = len > 0 ? values[len - 1] : -1;
    fg_buf_printf(&text, now >= 0 ? " %3.0f%% busy  " : "            ", now * 100);
    fg_view_join(&jobs, device, "jobs", " ");
    if (jobs.len > 0)
        fg_buf_printf(&text, "jobs %s", jobs.text);
    fg_top_line(screen, FG_PLAIN, text.text);
}

static void draw_nodes(struct fg_top_screen *screen, const struct fg_doc *nodes)
{
    int asked = 0;
    fg_top_line(screen, FG_PLAIN, "");
    fg_top_line(screen, FG_DIM,
                "DEVICES                                 IN USE                        BUSY");
    for (const struct fg_doc *node = fg_view_first(nodes, "items"); node; node = node->next) {
        FG_AUTO(fg_answer) struct fg_answer usage = {};
        FG_AUTO(fg_buf) struct fg_buf path = {};
        const char *state = fg_view_text(node, "state");
        fg_buf_puts(&path, "/v1/nodes/");
        fg_url_escape(&path, fg_view_text(node, "name"), false);
        fg_buf_printf(&path, "/usage?limit=%d", SPARK_WIDTH);
        if (asked++ < NODES_MAX)
            (void)!fg_cli_get(screen->cli, path.text, &usage, NULL);
        for (const struct fg_doc *at = fg_view_first(node, "devices"); at; at = at->next)
            draw_device(screen, node, at, usage.doc);
        if (strcmp(state, "up") != 0) {
            FG_AUTO(fg_buf) struct fg_buf text = {};
            const char *reason = fg_view_text(node, "reason");
            fg_buf_printf(&text, "  %s is %s%s%s", fg_view_text(node, "name"), state,
                          reason[0] ? ": " : "", reason);
            fg_top_line(screen, FG_WARN, text.text);
        }
    }
}

/* ---- jobs ---- */

/* How much of what it was given the job used, over time. */
static size_t read_use(struct fg_top_screen *screen, const struct fg_doc *job, double *values)
{
    FG_AUTO(fg_answer) struct fg_answer usage = {};
    const struct fg_doc *request = fg_doc_get(job, "request");
    bool has_gpu = fg_view_int(request, "count", 0) > 0;
    double tasks = fg_view_real(job, "tasks", 1);
    double given =
        has_gpu ? fg_view_real(request, "count", 1) * fg_view_real(request, "gpu_milli", 1000)
                : fg_view_real(request, "cpu_milli", 1000);
    char path[96];
    size_t len = 0;
    snprintf(path, sizeof(path), "/v1/jobs/%.20s/usage?limit=%d", fg_view_text(job, "id"),
             SPARK_WIDTH);
    if (fg_cli_get(screen->cli, path, &usage, NULL) < 0)
        return 0;
    for (const struct fg_doc *at = fg_view_first(usage.doc, "points"); at && len < SPARK_WIDTH;
         at = at->next) {
        double value = fg_view_real(at, has_gpu ? "gpu_milli" : "cpu_milli", -1);
        values[len++] = value < 0 || given <= 0 ? -1 : value / (given * tasks);
    }
    return len;
}

static void draw_running(struct fg_top_screen *screen, const struct fg_doc *jobs)
{
    fg_top_line(screen, FG_PLAIN, "");
    fg_top_line(
        screen, FG_DIM,
        "RUNNING  NAME             USER         WANTS        TIME      USE                    "
        "   WHERE");
    for (const struct fg_doc *job = fg_view_first(jobs, "items");
         job && screen->lines_left != 0; job = job->next) {
        FG_AUTO(fg_buf) struct fg_buf text = {}, part = {};
        double values[SPARK_WIDTH];
        char took[FG_HUMAN_MAX] = "";
        size_t len = read_use(screen, job, values);
        int64_t took_us = fg_view_seconds(job, "duration_s");
        if (took_us >= 0)
            fg_human_duration(took_us, took);
        fg_buf_printf(&text, "%7.20s  ", fg_view_text(job, "id"));
        fg_top_column(screen, &text, fg_view_text(job, "name"), 16);
        fg_top_column(screen, &text, fg_view_text(job, "user"), 12);
        fg_job_wants(&part, job);
        fg_top_column(screen, &text, part.text ? part.text : "", 12);
        fg_top_column(screen, &text, took, 9);
        fg_spark_add(&text, values, len, SPARK_WIDTH, fg_top_utf8(screen));
        fg_buf_printf(&text, len > 0 && values[len - 1] >= 0 ? " %3.0f%% " : "      ",
                      len > 0 ? values[len - 1] * 100 : 0);
        fg_job_where(&text, job);
        fg_top_line(screen, FG_PLAIN, text.text);
    }
}

static void draw_waiting(struct fg_top_screen *screen, const struct fg_doc *jobs)
{
    int shown = 0;
    if (!fg_view_first(jobs, "items"))
        return;
    fg_top_line(screen, FG_PLAIN, "");
    fg_top_line(screen, FG_DIM,
                " QUEUED  NAME             USER         WANTS        WAITS     WHY");
    for (const struct fg_doc *job = fg_view_first(jobs, "items");
         job && screen->lines_left != 0; job = job->next) {
        FG_AUTO(fg_buf) struct fg_buf text = {}, part = {};
        FG_AUTO(fg_answer) struct fg_answer why = {};
        char waits[FG_HUMAN_MAX] = "", path[64];
        int64_t since_us = fg_view_time(job, "submitted");
        if (since_us > 0)
            fg_human_duration(fg_now_us() - since_us, waits);
        snprintf(path, sizeof(path), "/v1/jobs/%.20s/why", fg_view_text(job, "id"));
        const char *reason = fg_view_text(job, "reason");
        if (shown++ < WAITING_MAX && fg_cli_get(screen->cli, path, &why, NULL) == 0)
            reason = fg_view_text(why.doc, "summary");
        fg_buf_printf(&text, "%7.20s  ", fg_view_text(job, "id"));
        fg_top_column(screen, &text, fg_view_text(job, "name"), 16);
        fg_top_column(screen, &text, fg_view_text(job, "user"), 12);
        fg_job_wants(&part, job);
        fg_top_column(screen, &text, part.text ? part.text : "", 12);
        fg_top_column(screen, &text, waits, 9);
        fg_buf_puts(&text, reason);
        fg_top_line(screen, FG_PLAIN, text.text);
    }
}

/* ---- the whole ---- */

static void draw_keys(struct fg_top_screen *screen, enum fg_top_view view)
{
    static const char *const names[FG_TOP_VIEWS] = {"o overview", "d devices", "j jobs"};
    FG_AUTO(fg_buf) struct fg_buf text = {};
    if (!screen->cli->out.is_terminal)
        return;
    for (int i = 0; i < FG_TOP_VIEWS; i++)
        fg_buf_printf(&text, i == (int)view ? "[%s] " : " %s  ", names[i]);
    fg_buf_puts(&text, " tab next  q quit");
    fg_top_line(screen, FG_DIM, text.text);
}

static int ask_jobs(struct fg_cli *cli,
                    struct fg_answer *running,
                    struct fg_answer *queued,
                    struct fg_err *err)
{
    char path[96];
    snprintf(path, sizeof(path), "/v1/jobs?state=starting%%2Crunning&limit=%d", JOBS_MAX);
    int rc = fg_cli_get(cli, path, running, err);
    snprintf(path, sizeof(path), "/v1/jobs?state=queued&order=asc&limit=%d", JOBS_MAX);
    return rc < 0 ? rc : fg_cli_get(cli, path, queued, err);
}

static int draw_devices(struct fg_top_screen *screen, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer nodes = {};
    int rc = fg_cli_get(screen->cli, "/v1/nodes", &nodes, err);
    if (rc == 0)
        draw_nodes(screen, nodes.doc);
    return rc;
}

static int draw_jobs(struct fg_top_screen *screen, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer running = {}, queued = {};
    int rc = ask_jobs(screen->cli, &running, &queued, err);
    if (rc == 0) {
        draw_running(screen, running.doc);
        draw_waiting(screen, queued.doc);
    }
    return rc;
}

/* In a small pool the overview has room for its devices. */
static int draw_overview(struct fg_top_screen *screen,
                         struct fg_top *top,
                         const struct fg_doc *status,
                         struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer map = {};
    struct fg_top_pool pool = {};
    int rc = fg_cli_get(screen->cli, "/v1/pool-map", &map, err);
    if (rc < 0)
        return rc;
    fg_top_pool_sum(map.doc, &pool);
    fg_top_learn(top, status, &pool);
    fg_top_attention(screen, top, map.doc);
    fg_top_totals(screen, top, status, &pool);
    fg_top_suppliers(screen, top, &pool);
    if (pool.all.devices <= FEW_DEVICES)
        rc = draw_devices(screen, err);
    return rc < 0 ? rc : draw_jobs(screen, err);
}

int fg_top_frame(struct fg_cli *cli, struct fg_top *top, struct fg_buf *out, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer status = {};
    struct fg_top_screen screen = {
        .cli = cli,
        .out = out,
        .width = cli->out.width > 0 ? (size_t)cli->out.width : WIDTH_DEFAULT,
        .lines_left = cli->out.height > 0 ? cli->out.height - 1 : -1};
    int rc = fg_cli_get(cli, "/v1/status", &status, err);
    if (rc < 0)
        return rc;
    draw_head(&screen, status.doc);
    draw_keys(&screen, top->view);
    switch (top->view) {
    case FG_TOP_DEVICES:
        return draw_devices(&screen, err);
    case FG_TOP_JOBS:
        return draw_jobs(&screen, err);
    default:
        return draw_overview(&screen, top, status.doc, err);
    }
}
