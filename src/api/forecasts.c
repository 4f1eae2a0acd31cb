/* forecasts.c - GET /v1/forecast: what will be asked, from what was; see forecasts.h */
#include "api/forecasts.h"

#include "api/answer.h"
#include "api/demand.h"
#include "demand/ask.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX        16
#define HOUR_US         3'600'000'000LL
#define SERIES_MAX      32 /* of one answer: each takes some hundredths of a second */
#define HORIZON_DEFAULT 24
#define HORIZON_MAX     744
#define HISTORY_DEFAULT 168
#define HISTORY_MAX     2016

struct kept {
    char *question;
    int64_t hour;
    struct fg_buf text;
    uint64_t used;
};

struct fg_forecasts {
    pthread_mutex_t lock;
    struct kept kept[KEPT_MAX];
    uint64_t uses;
};

/* -- what was made lately ---------------------------------------------------------------------------------- */

struct fg_forecasts *fg_forecasts_new(void)
{
    struct fg_forecasts *forecasts = calloc(1, sizeof(*forecasts));
    if (!forecasts || pthread_mutex_init(&forecasts->lock, NULL) != 0)
        abort();
    return forecasts;
}

void fg_forecasts_free(struct fg_forecasts *forecasts)
{
    if (!forecasts)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++) {
        free(forecasts->kept[i].question);
        fg_buf_free(&forecasts->kept[i].text);
    }
    pthread_mutex_destroy(&forecasts->lock);
    free(forecasts);
}

bool fg_forecasts_find(struct fg_forecasts *forecasts,
                       const char *question,
                       int64_t hour,
                       struct fg_buf *out)
{
    bool is_found = false;
    pthread_mutex_lock(&forecasts->lock);
    for (size_t i = 0; i < KEPT_MAX && !is_found; i++) {
        struct kept *kept = &forecasts->kept[i];
        if (!kept->question || kept->hour != hour || strcmp(kept->question, question) != 0)
            continue;
        fg_buf_add(out, kept->text.text, kept->text.len);
        kept->used = ++forecasts->uses;
        is_found = true;
    }
    pthread_mutex_unlock(&forecasts->lock);
    return is_found;
}

void fg_forecasts_keep(struct fg_forecasts *forecasts,
                       const char *question,
                       int64_t hour,
                       const char *text,
                       size_t len)
{
    pthread_mutex_lock(&forecasts->lock);
    struct kept *oldest = &forecasts->kept[0];
    for (size_t i = 1; i < KEPT_MAX; i++)
        if (forecasts->kept[i].used < oldest->used)
            oldest = &forecasts->kept[i];
    free(oldest->question);
    oldest->question = strdup(question);
    oldest->hour = hour;
    oldest->used = ++forecasts->uses;
    fg_buf_clear(&oldest->text);
    fg_buf_add(&oldest->text, text, len);
    pthread_mutex_unlock(&forecasts->lock);
}

/* -- making one -------------------------------------------------------------------------------------------- */

static int read_ask(struct fg_call *call,
                    struct fg_demand_ask *ask,
                    int *measure,
                    size_t *history,
                    struct fg_err *err)
{
    const char *levels = fg_target_param(&call->target, "level");
    uint64_t horizon = HORIZON_DEFAULT, values = HISTORY_DEFAULT;
    int rc = fg_demand_measure(call, FG_LEDGER_ASKED, measure, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "horizon", 1, HORIZON_MAX, &horizon, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "history", 0, HISTORY_MAX, &values, err);
    if (rc == 0)
        rc = fg_demand_ask_levels(ask, levels ? levels : "80,95", err);
    ask->horizon = (uint32_t)horizon;
    *history = (size_t)values;
    return rc;
}

static int write_one(struct fg_json *json,
                     const struct fg_demand_ask *ask,
                     const struct fg_demand_series *series,
                     struct fg_arena *scratch,
                     size_t history,
                     struct fg_err *err)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(ask, series));
    struct fg_forecast forecast;
    int rc = fg_demand_forecast(ask, series, scratch, arena, &forecast, err);
    if (rc == 0)
        fg_demand_forecast_json(json, series, &forecast, history);
    return rc;
}

static int write_all(struct fg_json *json,
                     const struct fg_demand_ask *ask,
                     const struct fg_demand_set *set,
                     size_t history,
                     struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    int rc = 0;
    if (set->len > SERIES_MAX)
        return fg_fail(err, FG_EINVAL,
                       "query: %zu series, expected at most %d: ask for a class or a project",
                       set->len, SERIES_MAX);
    fg_json_key(json, "series");
    fg_json_array(json);
    for (size_t i = 0; rc == 0 && i < set->len; i++)
        rc = write_one(json, ask, &set->series[i], scratch, history, err);
    fg_json_end(json);
    return rc;
}

static int make(struct fg_call *call, int64_t begin_us, struct fg_err *err)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = NULL;
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    struct fg_json *json = &call->json;
    struct fg_demand_ask ask = {};
    size_t history = 0;
    int measure = 0;
    int rc = read_ask(call, &ask, &measure, &history, err);
    if (rc == 0)
        rc = fg_demand_of_call(call, &ledger, err);
    if (rc < 0)
        return rc;
    if (ledger)
        fg_ledger_to_set(ledger, (enum fg_ledger_measure)measure, &set);
    fg_json_object(json);
    fg_json_kv(json, "measure", fg_ledger_measure_name((enum fg_ledger_measure)measure));
    fg_json_key(json, "computed");
    fg_json_time(json, fg_api_now_us(call->api));
    rc = write_all(json, &ask, &set, history, err);
    fg_json_key(json, "seconds");
    fg_json_double(json, (double)(fg_api_mono_us(call->api) - begin_us) / 1e6);
    fg_json_end(json);
    return rc;
}

/* All that the answer depends on, but for the time. */
static void write_question(const struct fg_call *call, struct fg_buf *out)
{
    static const char *const names[] = {"project", "class",   "by",      "hours",
                                        "measure", "horizon", "history", "level"};
    fg_buf_printf(out, "%u", call->actor.project);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = fg_target_param(&call->target, names[i]);
        fg_buf_printf(out, "\n%s", value ? value : "");
    }
}

void fg_handle_forecast(struct fg_call *call)
{
    FG_AUTO(fg_buf) struct fg_buf question = {};
    struct fg_err err = {};
    int64_t hour = fg_api_now_us(call->api) / HOUR_US;
    write_question(call, &question);
    if (fg_forecasts_find(call->api->forecasts, question.text, hour, &call->out)) {
        fg_answer_json(call, 200);
        return;
    }
    int rc = make(call, fg_api_mono_us(call->api), &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_forecasts_keep(call->api->forecasts, question.text, hour, call->out.text, call->out.len);
    fg_answer_json(call, 200);
}
