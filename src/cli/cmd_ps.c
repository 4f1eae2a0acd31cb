/* cmd_ps.c - fastgpu ps: jobs that hold devices, then the newest others */
#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/view.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000000
#define WATCH_MS      2000

const struct fg_opt fg_opts_ps[] = {
    {"all", 'a', NULL, "every job, not only the first 100", NULL},
    {"state", 's', "STATE,...", "only jobs in these states",
     "queued|starting|running|succeeded|failed|cancelled|timed_out"},
    {"project", 'p', "NAME", "only jobs of this project", NULL},
    {"user", 'u', "NAME", "only jobs of this user", NULL},
    {"name", 'n', "NAME", "only jobs of this name", NULL},
    {"label", 'l', "KEY=VALUE", "only jobs with this label", NULL},
    {"array", 0, "ID", "only the jobs of this array", "job"},
    {"limit", 0, "N", "this many at most (100)", NULL},
    {"watch", 'w', NULL, "again and again, until Ctrl-C", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {},
};

fg_verb_fn fg_cmd_ps;

static const struct fg_column columns[] = {
    {"ID", true, 0},
    {"NAME", false, 8},
    {"PROJECT", false, 7},
    {"USER", false, 6},
    {"STATE", false, 0},
    {"WANTS", false, 8},
    {"WHERE", false, 10},
    {"SUBMITTED", true, 0},
    {"TIME", true, 0},
    {"RESULT", false, 8},
    {},
};

struct listing {
    struct fg_table *table;
    struct fg_buf *json; /* instead of the table */
    bool ids_only;
    int64_t now_us;
};

static void add_row(struct listing *listing, const struct fg_doc *job)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char age[FG_HUMAN_MAX], took[FG_HUMAN_MAX] = "";
    const char *state = fg_view_text(job, "state");
    struct fg_table *table = listing->table;
    fg_table_add(table, FG_PLAIN, fg_view_text(job, "id"));
    fg_table_add(table, FG_PLAIN, fg_view_text(job, "name"));
    fg_table_add(table, FG_PLAIN, fg_view_text(job, "project"));
    fg_table_add(table, FG_PLAIN, fg_view_text(job, "user"));
    fg_table_add(table, fg_style_of_state(state), state);
    fg_job_wants(&text, job);
    fg_table_add(table, FG_PLAIN, text.text);
    fg_buf_clear(&text);
    fg_job_where(&text, job);
    fg_table_add(table, FG_PLAIN, text.text);
    fg_human_moment(fg_view_time(job, "submitted"), listing->now_us, age);
    fg_table_add(table, FG_PLAIN, age);
    int64_t took_us = fg_view_seconds(job, "duration_s");
    if (took_us >= 0 && fg_view_has(job, "started"))
        fg_human_duration(took_us, took);
    fg_table_add(table, FG_PLAIN, took);
    fg_buf_clear(&text);
    fg_job_outcome(&text, job);
    fg_table_add(table, FG_DIM, text.text);
}

static int on_job(void *self, const struct fg_doc *job)
{
    struct listing *listing = self;
    if (listing->ids_only)
        printf("%s\n", fg_view_text(job, "id"));
    else if (listing->json)
        fg_pages_json(listing->json, job);
    else
        add_row(listing, job);
    return 0;
}

static void add_filters(const struct fg_cli *cli, struct fg_buf *path)
{
    static const char *const names[] = {"project", "user", "name", "label", "array"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = fg_args_get(&cli->args, names[i]);
        if (!value)
            continue;
        fg_buf_printf(path, "&%s=", names[i]);
        fg_url_escape(path, value, false);
    }
}

static int read_states(struct fg_cli *cli,
                       const char *states,
                       int64_t limit,
                       struct listing *listing,
                       bool *out_more,
                       struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/v1/jobs?state=");
    fg_url_escape(&path, states, false);
    add_filters(cli, &path);
    return fg_pages_read(cli, path.text, limit, on_job, listing, out_more, err);
}

struct counter {
    fg_item_fn *on_item;
    void *self;
    int64_t count;
};

static int count_item(void *self, const struct fg_doc *item)
{
    struct counter *counter = self;
    counter->count++;
    return counter->on_item(counter->self, item);
}

/* Those that hold devices first: they must not drown in a long queue. */
static int read_jobs(struct fg_cli *cli,
                     int64_t limit,
                     struct listing *listing,
                     bool *out_more,
                     struct fg_err *err)
{
    const char *states = fg_args_get(&cli->args, "state");
    *out_more = false;
    if (states)
        return read_states(cli, states, limit, listing, out_more, err);
    FG_AUTO(fg_buf) struct fg_buf path = {};
    struct counter counter = {on_job, listing, 0};
    fg_buf_puts(&path, "/v1/jobs?state=starting%2Crunning");
    add_filters(cli, &path);
    int rc = fg_pages_read(cli, path.text, limit, count_item, &counter, out_more, err);
    if (rc < 0 || *out_more || (limit > 0 && counter.count == limit))
        return rc;
    return read_states(cli, "queued,succeeded,failed,cancelled,timed_out",
                       limit > 0 ? limit - counter.count : 0, listing, out_more, err);
}

static int print_once(struct fg_cli *cli, int64_t limit, struct fg_err *err)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    FG_AUTO(fg_buf) struct fg_buf json = {};
    bool as_json = fg_args_has(&cli->args, "json"), more;
    struct listing listing = {.table = table,
                              .json = as_json ? &json : NULL,
                              .ids_only = fg_args_has(&cli->args, "quiet"),
                              .now_us = fg_now_us()};
    fg_buf_puts(&json, "[");
    int rc = read_jobs(cli, limit, &listing, &more, err);
    if (rc < 0 || listing.ids_only)
        return rc;
    if (as_json) {
        printf("%s%s]\n", json.text, json.len > 1 ? "\n" : "");
        return 0;
    }
    if (fg_args_has(&cli->args, "watch") && cli->out.is_terminal)
        fputs("\033[H\033[2J", stdout);
    fg_table_print(table, &cli->out, stdout);
    if (more && cli->out.is_terminal)
        printf("%sthere are more: --all, or --limit N%s\n", fg_style_text(&cli->out, FG_DIM),
               fg_style_text(&cli->out, FG_PLAIN));
    return 0;
}

int fg_cmd_ps(struct fg_cli *cli, struct fg_err *err)
{
    int64_t limit;
    int rc = fg_cli_number(cli, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "all"))
        limit = 0;
    for (;;) {
        cli->out = fg_term_look(stdout);
        rc = print_once(cli, limit, err);
        if (rc < 0 || !fg_args_has(&cli->args, "watch") || fflush(stdout) != 0)
            return rc;
        poll(NULL, 0, WATCH_MS);
    }
}
