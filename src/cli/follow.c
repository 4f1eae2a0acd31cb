/* follow.c - see follow.h */
#include "cli/follow.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/bar.h"
#include "cli/human.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/view.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS     250
#define LOOK_US     2'000'000     /* how often a waiting job is asked why */
#define SILENCE_S   90            /* then the connection is made anew */
#define PATIENCE_US 300'000'000ll /* how long the service may be away */
#define RETRY_MS    500
#define EXIT_LEFT   130
#define WAIT_S      30 /* one long poll */

enum { GO_ON = 0, OVER = 1, LEFT = 2 }; /* what callbacks answer */

struct following {
    struct fg_cli *cli;
    const struct fg_follow *follow;
    struct fg_followed *out;
    struct fg_bar bar;
    struct fg_progress progress;
    struct fg_interrupt *interrupt; /* NULL: Ctrl-C ends the program */
    int64_t started_us;             /* monotonic: when progress was first seen */
    int64_t looked_us;
    double first_fraction;
    bool at_line_start; /* of the terminal: a status line may be drawn */
    bool has_output;
    bool cancel_sent;
    /* A service that never answered is an error, one that went away is waited for. */
    bool was_reached;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* ---- the status line ---- */

static void draw_progress(struct following *following, bool now)
{
    struct fg_progress *progress = &following->progress;
    char tail[96] = "", left[FG_HUMAN_MAX];
    if (!following->at_line_start || progress->fraction < 0)
        return;
    double gained = progress->fraction - following->first_fraction;
    int64_t past_us = mono_us() - following->started_us;
    if (gained > 0 && progress->fraction < 1 && past_us > 2'000'000) {
        fg_human_duration((int64_t)((double)past_us * (1 - progress->fraction) / gained), left);
        snprintf(tail, sizeof(tail), "about %s left", left);
    }
    char label[80];
    snprintf(label, sizeof(label), "job %s %s", following->follow->id, progress->label);
    fg_bar_draw(&following->bar, label, progress->fraction, tail, now);
}

/* Before the first output: say what the job waits for. */
static void draw_waiting(struct following *following)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[64], label[200];
    if (following->follow->quiet || following->has_output || !following->bar.out
        || mono_us() - following->looked_us < LOOK_US)
        return;
    following->looked_us = mono_us();
    snprintf(path, sizeof(path), "/v1/jobs/%s/why", following->follow->id);
    if (fg_cli_get(following->cli, path, &answer, NULL) < 0)
        return;
    const char *state = fg_view_text(answer.doc, "state");
    const char *summary =
        strcmp(state, "queued") == 0 ? fg_view_text(answer.doc, "summary") : "";
    snprintf(label, sizeof(label), "job %s %s%s%s", following->follow->id, state,
             summary[0] ? ": " : "", summary);
    fg_bar_draw(&following->bar, label, -1, "", true);
}

/* ---- events ---- */

static void write_output(struct following *following,
                         const char *stream,
                         const char *text,
                         size_t len)
{
    bool is_err = strcmp(stream, "stderr") == 0;
    FILE *out = is_err ? stderr : stdout;
    if (len == 0)
        return;
    fg_bar_clear(&following->bar);
    fwrite(text, 1, len, out);
    fflush(out);
    following->has_output = true;
    bool is_seen = is_err ? following->cli->err.is_terminal : following->cli->out.is_terminal;
    if (is_seen)
        following->at_line_start = text[len - 1] == '\n';
    double before = following->progress.fraction;
    bool changed = fg_progress_feed(&following->progress, text, len);
    if (changed && before < 0) {
        following->started_us = mono_us();
        following->first_fraction = following->progress.fraction;
    }
    if (!following->follow->quiet)
        draw_progress(following, true);
}

static void take_end(struct following *following, const struct fg_doc *doc)
{
    struct fg_followed *out = following->out;
    fg_copy(out->state, sizeof(out->state), fg_view_text(doc, "state"));
    out->exit_code = (int)fg_view_int(doc, "exit_code", 125);
    out->over = true;
}

static int on_event(void *self, const struct fg_sse_event *event)
{
    struct following *following = self;
    following->was_reached = true;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(event->data_len));
    const struct fg_doc *doc;
    if (fg_doc_json(event->data, event->data_len, arena, &doc, NULL) < 0)
        return GO_ON; /* a later server may send what we do not know */
    if (strcmp(event->event, "end") == 0) {
        take_end(following, doc);
        return OVER;
    }
    const struct fg_doc *text = fg_doc_get(doc, "text");
    if (strcmp(event->event, "log") == 0 && text && text->kind == FG_DOC_TEXT)
        write_output(following, fg_view_text(doc, "stream"), text->text, text->text_len);
    return GO_ON;
}

/* ---- Ctrl-C ---- */

static void send_cancel(struct following *following)
{
    struct fg_err err = {};
    char path[64];
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    snprintf(path, sizeof(path), "/v1/jobs/%s/cancel", following->follow->id);
    int rc = fg_cli_send(following->cli, "POST", path, "{}", &answer, &err);
    following->cancel_sent = true;
    if (rc < 0 && rc != FG_ESTATE)
        fprintf(stderr, "fastgpu: cancel job %s: %s [%s]\n", following->follow->id, err.text,
                fg_code_name(rc));
}

static int on_interrupt(struct following *following)
{
    const char *id = following->follow->id;
    fg_bar_clear(&following->bar);
    if (!following->follow->owns)
        return LEFT;
    enum fg_answer_word word = FG_WORD_YES;
    if (following->cancel_sent)
        word = FG_WORD_LEAVE;
    else if (fg_interrupt_is_terminal(following->interrupt))
        word = fg_interrupt_ask(following->interrupt, id);
    following->at_line_start = true;
    if (word == FG_WORD_NO)
        return GO_ON;
    if (word == FG_WORD_YES) {
        fprintf(stderr, "fastgpu: cancelling job %s\n", id);
        send_cancel(following);
        return GO_ON;
    }
    fprintf(stderr,
            "fastgpu: job %s goes on without you: `fastgpu logs -f %s`, `fastgpu cancel %s`\n",
            id, id, id);
    return LEFT;
}

static int on_tick(void *self)
{
    struct following *following = self;
    if (following->interrupt && fg_interrupt_take(following->interrupt))
        return on_interrupt(following);
    draw_waiting(following);
    draw_progress(following, false);
    return GO_ON;
}

/* ---- the stream, as often as it breaks ---- */

static int sleep_tick(struct following *following)
{
    struct pollfd watch = {.fd = following->interrupt ? fg_interrupt_fd(following->interrupt)
                                                      : -1,
                           .events = POLLIN};
    poll(&watch, 1, RETRY_MS);
    bool pressed = following->interrupt && fg_interrupt_take(following->interrupt);
    return pressed ? LEFT : GO_ON;
}

static int read_streams(struct following *following,
                        struct fg_stream *stream,
                        struct fg_err *err)
{
    char last_id[FG_SSE_ID_MAX] = "";
    int64_t away_since_us = 0;
    for (;;) {
        stream->last_event_id = last_id;
        int rc = fg_client_stream(following->cli->client, stream, err);
        if (stream->out_last_id[0])
            fg_copy(last_id, sizeof(last_id), stream->out_last_id);
        bool is_away = rc == FG_EUNREACH || rc == 0;
        if (rc > 0)
            return rc;
        bool may_retry = rc == 0 || rc == FG_EUNREACH || rc == FG_ETIMEOUT;
        if (!may_retry || (rc == FG_EUNREACH && !following->was_reached))
            return rc;
        if (rc != FG_EUNREACH)
            away_since_us = 0;
        else if (away_since_us == 0) {
            away_since_us = mono_us();
            fg_bar_clear(&following->bar);
            fprintf(
                stderr,
                "fastgpu: the service went away; the job goes on, waiting for the service\n");
        } else if (mono_us() - away_since_us > PATIENCE_US)
            return rc;
        if (is_away && (rc = sleep_tick(following)) != GO_ON)
            return rc;
    }
}

static void write_path(char *out, size_t size, const struct fg_follow *follow)
{
    snprintf(out, size, "/v1/jobs/%s/logs?follow=1&stream=%s%s%s%s%s", follow->id,
             follow->stream, follow->task ? "&task=" : "", follow->task ? follow->task : "",
             follow->attempt ? "&attempt=" : "", follow->attempt ? follow->attempt : "");
}

int fg_follow(struct fg_cli *cli,
              const struct fg_follow *follow,
              struct fg_followed *out,
              struct fg_err *err)
{
    char path[256];
    struct following following = {.cli = cli,
                                  .follow = follow,
                                  .out = out,
                                  .bar = fg_bar_new(stderr),
                                  .at_line_start = true,
                                  .was_reached = follow->owns};
    struct fg_stream stream = {.path = path,
                               .on_event = on_event,
                               .on_tick = on_tick,
                               .tick_ms = TICK_MS,
                               .watch_fd = -1,
                               .silence_s = SILENCE_S,
                               .self = &following};
    *out = (struct fg_followed){};
    write_path(path, sizeof(path), follow);
    fg_progress_start(&following.progress);
    if (follow->quiet)
        following.bar.out = NULL;
    FG_AUTO(fg_interrupt)
    struct fg_interrupt *interrupt = follow->owns ? fg_interrupt_new() : NULL;
    following.interrupt = interrupt;
    if (interrupt)
        stream.watch_fd = fg_interrupt_fd(interrupt);

    int rc = read_streams(&following, &stream, err);
    fg_bar_clear(&following.bar);
    return rc < 0 ? rc : 0;
}

int fg_follow_to_end(struct fg_cli *cli, const char *id, bool quiet, struct fg_err *err)
{
    struct fg_follow follow = {.id = id, .stream = "all", .owns = true, .quiet = quiet};
    struct fg_followed followed;
    int rc = fg_follow(cli, &follow, &followed, err);
    if (rc < 0)
        return rc;
    if (!followed.over)
        return EXIT_LEFT;
    if (!quiet)
        fg_result_print(cli, id, stderr, &cli->err);
    return followed.exit_code;
}

int fg_wait_job(struct fg_cli *cli,
                const char *id,
                int64_t timeout_s,
                struct fg_followed *out,
                struct fg_err *err)
{
    int64_t end_us = mono_us() + timeout_s * 1'000'000, away_since_us = 0;
    *out = (struct fg_followed){};
    for (;;) {
        /* The first call asks without waiting: a service that never answered is an error, one that goes
         * away later is waited for. */
        int64_t left_s = timeout_s ? (end_us - mono_us()) / 1'000'000 : WAIT_S;
        left_s = left_s > WAIT_S ? WAIT_S : left_s < 0 || !out->state[0] ? 0 : left_s;
        char path[96];
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        snprintf(path, sizeof(path), "/v1/jobs/%s/wait?timeout_s=%" PRId64, id, left_s);
        int rc = fg_cli_get(cli, path, &answer, err);
        if (rc == FG_EUNREACH && away_since_us == 0)
            away_since_us = mono_us();
        bool may_wait =
            rc == FG_EUNREACH && out->state[0] && mono_us() - away_since_us < PATIENCE_US;
        if (rc < 0 && rc != FG_ETIMEOUT && !may_wait)
            return rc;
        if (rc == 0) {
            away_since_us = 0;
            fg_copy(out->state, sizeof(out->state), fg_view_text(answer.doc, "state"));
            out->over = fg_view_bool(answer.doc, "over");
            out->exit_code = (int)fg_view_int(answer.doc, "exit_code", 125);
            if (out->over)
                return 0;
        } else {
            poll(NULL, 0, RETRY_MS);
        }
        if (timeout_s && mono_us() >= end_us)
            return fg_fail(err, FG_ETIMEOUT, "job %s: still %s after %" PRId64 " s", id,
                           out->state, timeout_s);
    }
}
