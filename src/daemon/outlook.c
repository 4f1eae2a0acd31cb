/* outlook.c - see outlook.h */
#include "daemon/outlook.h"

#include "api/demand.h"
#include "daemon/data_dir.h"
#include "daemon/log.h"
#include "demand/ask.h"
#include "model/names.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US   3'600'000'000LL
#define HISTORY_H 2016 /* twelve weeks */
#define AHEAD_H   72   /* a machine that takes longer to come is for a plan */
#define KINDS_MAX 16   /* classes that are asked for, the first by name */

struct view {
    char kind[FG_KIND_MAX];
    struct fg_arena *arena;
    struct fg_forecast forecast;
};

struct views {
    struct view list[KINDS_MAX];
    size_t len;
    int64_t begin_us; /* of the first step */
};

struct fg_outlook {
    char path[FG_DATA_PATH_MAX];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t bell;
    struct views *views;      /* owned; NULL: none yet */
    int64_t hour;             /* that it was tried for */
    int64_t now_us, for_hour; /* of the last question */
    bool is_done;             /* it was tried */
    bool stop;
};

static void views_free(struct views *views)
{
    for (size_t i = 0; views && i < views->len; i++)
        fg_arena_free(views->list[i].arena);
    free(views);
}

/* -- the thread ------------------------------------------------------------------------------------------------ */

static void add_view(struct views *views,
                     const struct fg_demand_series *series,
                     struct fg_arena *scratch)
{
    const struct fg_demand_ask ask = {.horizon = AHEAD_H, .levels = {80}, .levels_len = 1};
    struct view *view = &views->list[views->len];
    struct fg_err err = {};
    *view = (struct view){.arena = fg_arena_new(fg_demand_forecast_room(&ask, series))};
    int rc = fg_demand_forecast(&ask, series, scratch, view->arena, &view->forecast, &err);
    if (rc < 0) {
        fg_log("event=no-outlook class=%s why=\"%s\"", series->name, err.text);
        fg_arena_free(view->arena);
        return;
    }
    snprintf(view->kind, sizeof(view->kind), "%s", series->name);
    views->len++;
}

/* NULL: nothing is known, or it cannot be read. */
static struct views *look(const struct fg_outlook *outlook, int64_t now_us)
{
    struct fg_err err = {};
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(outlook->path, &err);
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = NULL;
    const struct fg_demand_query query = {
        .range = {.kind = "", .from_hour = now_us / HOUR_US - HISTORY_H},
        .by = FG_LEDGER_KIND,
        .now_us = now_us};
    if (!reader || fg_demand_read(reader, &query, &ledger, &err) < 0)
        fg_log("event=no-outlook why=\"%s\"", err.text);
    if (!ledger)
        return NULL;
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    struct views *views = calloc(1, sizeof(*views));
    if (!views)
        abort(); /* as arenas do */
    views->begin_us = fg_ledger_first_us(ledger) + (int64_t)fg_ledger_hours(ledger) * HOUR_US;
    fg_ledger_to_set(ledger, FG_LEDGER_ASKED, &set);
    for (size_t i = 0; i < set.len && views->len < KINDS_MAX; i++)
        add_view(views, &set.series[i], scratch);
    return views;
}

static void *run(void *self)
{
    struct fg_outlook *outlook = self;
    pthread_mutex_lock(&outlook->lock);
    while (!outlook->stop) {
        if (outlook->hour == outlook->for_hour) {
            pthread_cond_wait(&outlook->bell, &outlook->lock);
            continue;
        }
        int64_t now_us = outlook->now_us;
        outlook->hour = outlook->for_hour;
        pthread_mutex_unlock(&outlook->lock);
        struct views *views = look(outlook, now_us);
        pthread_mutex_lock(&outlook->lock);
        outlook->is_done = true;
        if (views) {
            views_free(outlook->views);
            outlook->views = views;
        }
    }
    pthread_mutex_unlock(&outlook->lock);
    return NULL;
}

struct fg_outlook *fg_outlook_start(const char *db_path, struct fg_err *err)
{
    struct fg_outlook *outlook = calloc(1, sizeof(*outlook));
    if (!outlook) {
        fg_fail(err, FG_ENOMEM, "no memory for the outlook");
        return NULL;
    }
    snprintf(outlook->path, sizeof(outlook->path), "%s", db_path);
    pthread_mutex_init(&outlook->lock, NULL);
    pthread_cond_init(&outlook->bell, NULL);
    if (pthread_create(&outlook->thread, NULL, run, outlook) != 0) {
        fg_fail(err, FG_ENOMEM, "no thread for the outlook");
        free(outlook);
        return NULL;
    }
    return outlook;
}

void fg_outlook_stop(struct fg_outlook *outlook)
{
    if (!outlook)
        return;
    pthread_mutex_lock(&outlook->lock);
    outlook->stop = true;
    pthread_cond_signal(&outlook->bell);
    pthread_mutex_unlock(&outlook->lock);
    pthread_join(outlook->thread, NULL);
    views_free(outlook->views);
    pthread_cond_destroy(&outlook->bell);
    pthread_mutex_destroy(&outlook->lock);
    free(outlook);
}

/* -- questions -------------------------------------------------------------------------------------------------- */

static int64_t step_at(const struct views *views, int64_t time_us)
{
    int64_t step = (time_us - views->begin_us) / HOUR_US;
    return step < 0 ? 0 : step >= AHEAD_H ? AHEAD_H - 1 : step;
}

/* The greatest sum of any hour. */
static double most_of(const struct views *views, const struct fg_outlook_question *question)
{
    double most = 0;
    int64_t last = step_at(views, question->until_us);
    for (int64_t step = step_at(views, question->now_us); step <= last; step++) {
        double sum = 0;
        for (size_t i = 0; i < views->len; i++)
            if (fg_kind_is(question->kind, views->list[i].kind))
                sum += fg_forecast_quantile(&views->list[i].forecast, (uint32_t)step,
                                            question->share);
        most = sum > most ? sum : most;
    }
    return most;
}

bool fg_outlook_ask(struct fg_outlook *outlook,
                    const struct fg_outlook_question *question,
                    double *out_devices)
{
    pthread_mutex_lock(&outlook->lock);
    bool is_known = outlook->is_done;
    *out_devices = outlook->views ? most_of(outlook->views, question) : 0;
    outlook->now_us = question->now_us;
    outlook->for_hour = question->now_us / HOUR_US;
    if (outlook->for_hour != outlook->hour)
        pthread_cond_signal(&outlook->bell);
    pthread_mutex_unlock(&outlook->lock);
    return is_known;
}
