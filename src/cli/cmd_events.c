/* cmd_events.c - fastgpu events: what happened, and what happens */
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/utf8.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/text.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000
#define SILENCE_S     90
#define RETRY_MS      1000

const struct fg_opt fg_opts_events[] = {
    {"follow", 'f', NULL, "go on as they happen, until Ctrl-C", NULL},
    {"after", 0, "SEQ", "those after this number (default: the last ones)", NULL},
    {"job", 'j', "ID", "only of this job", "job"},
    {"limit", 0, "N", "this many at most (50)", NULL},
    {"json", 0, NULL, "print JSON; with --follow one object a line", NULL},
    {},
};

fg_verb_fn fg_cmd_events;

struct reading {
    struct fg_cli *cli;
    int64_t last; /* number of the last event seen */
};

static void print_event(struct fg_cli *cli, const struct fg_doc *event)
{
    FG_AUTO(fg_buf) struct fg_buf data = {}, safe = {};
    const struct fg_doc *more = fg_doc_get(event, "data");
    if (more && more->first)
        fg_view_json(&data, more);
    fg_utf8_add(&safe, data.text ? data.text : "", SIZE_MAX, cli->out.utf8);
    printf("%s%6" PRId64 "  %.40s%s  %-16.60s %s%s%s %s\n", fg_style_text(&cli->out, FG_DIM),
           fg_view_int(event, "seq", 0), fg_view_text(event, "time"),
           fg_style_text(&cli->out, FG_PLAIN), fg_view_text(event, "kind"),
           fg_view_has(event, "job") ? "job " : "", fg_view_text(event, "job"),
           fg_view_has(event, "job") ? " " : "", safe.text ? safe.text : "");
}

static int on_stream(void *self, const struct fg_sse_event *event)
{
    struct reading *reading = self;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(event->data_len));
    const struct fg_doc *doc;
    if (fg_doc_json(event->data, event->data_len, arena, &doc, NULL) < 0)
        return 0;
    reading->last = fg_view_int(doc, "seq", reading->last);
    if (fg_args_has(&reading->cli->args, "json"))
        printf("%.*s\n", (int)event->data_len, event->data);
    else
        print_event(reading->cli, doc);
    return fflush(stdout) == 0 ? 0 : 1;
}

static void write_path(const struct fg_cli *cli,
                       int64_t after,
                       int64_t limit,
                       struct fg_buf *out)
{
    fg_buf_clear(out);
    fg_buf_printf(out, "/v1/events?after=%" PRId64, after);
    if (limit > 0)
        fg_buf_printf(out, "&limit=%" PRId64, limit);
    if (fg_args_has(&cli->args, "job"))
        fg_buf_printf(out, "&job=%s", fg_args_get(&cli->args, "job"));
}

/* Whether an event with a number above `after` exists. */
static int has_after(struct fg_cli *cli, int64_t after, bool *out, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    write_path(cli, after, 1, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    *out = rc == 0 && fg_view_first(answer.doc, "items") != NULL;
    return rc;
}

/* The number of the last event: numbers have no gaps, so it is found by halving. */
static int find_last(struct fg_cli *cli, int64_t *out, struct fg_err *err)
{
    int64_t low = 0, high = 1; /* something after low (or nothing at all), nothing after high */
    bool more = true;
    int rc = 0;
    while (rc == 0 && more && high < INT64_MAX / 4) {
        rc = has_after(cli, high, &more, err);
        if (more) {
            low = high;
            high *= 4;
        }
    }
    while (rc == 0 && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        rc = has_after(cli, middle, &more, err);
        if (more)
            low = middle;
        else
            high = middle;
    }
    *out = high;
    return rc;
}

static int print_page(
    struct fg_cli *cli, int64_t after, int64_t limit, int64_t *out_last, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, out = {};
    bool follow = fg_args_has(&cli->args, "follow"), as_json = fg_args_has(&cli->args, "json");
    write_path(cli, after, limit, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    for (const struct fg_doc *at = fg_view_first(answer.doc, "items"); at; at = at->next) {
        *out_last = fg_view_int(at, "seq", *out_last);
        if (!as_json) {
            print_event(cli, at);
            continue;
        }
        fg_buf_puts(&out, out.len > 0 ? (follow ? "\n" : ",\n") : (follow ? "" : "[\n"));
        fg_view_json(&out, at);
    }
    if (as_json && !follow)
        fg_buf_puts(&out, out.len > 0 ? "\n]" : "[]");
    if (out.len > 0)
        printf("%s\n", out.text);
    return 0;
}

static int follow_events(struct fg_cli *cli, int64_t after, struct fg_err *err)
{
    struct reading reading = {cli, after};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    for (bool reached = false;; reached = true) {
        write_path(cli, reading.last, 0, &path);
        struct fg_stream stream = {.path = path.text,
                                   .on_event = on_stream,
                                   .tick_ms = 1000,
                                   .watch_fd = -1,
                                   .silence_s = SILENCE_S,
                                   .self = &reading};
        int rc = fg_client_stream(cli->client, &stream, err);
        if (rc > 0)
            return 0;
        bool may_retry = rc == 0 || rc == FG_ETIMEOUT || (rc == FG_EUNREACH && reached);
        if (!may_retry)
            return rc;
        poll(NULL, 0, RETRY_MS);
    }
}

int fg_cmd_events(struct fg_cli *cli, struct fg_err *err)
{
    int64_t after, limit, job;
    bool follow = fg_args_has(&cli->args, "follow");
    int rc = fg_cli_number(cli, "after", 0, INT64_MAX, -1, &after, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "job", 1, INT64_MAX, 0, &job, err);
    if (rc == 0 && after < 0) {
        rc = find_last(cli, &after, err);
        /* Of one job there are few: no need to find its last ones. */
        after = job ? 0 : after > limit ? after - limit : 0;
    }
    int64_t last = after;
    if (rc == 0)
        rc = print_page(cli, after, limit, &last, err);
    fflush(stdout);
    return rc == 0 && follow ? follow_events(cli, last, err) : rc;
}
