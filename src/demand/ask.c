/* ask.c - see ask.h */
#include "demand/ask.h"

#include "base/clock.h"
#include "demand/read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- what is asked ----------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* Numbers with commas between, sorted, each once.  Returns how many; 0: they are not that. */
static size_t read_list(const char *text, double least, double most, size_t max, double *out)
{
    size_t len = 0, unique = 0;
    for (char *end;; text = end + 1) {
        double value = strtod(text, &end);
        if (end == text || !(value >= least && value <= most) || len == max)
            return 0;
        out[len++] = value;
        if (*end == '\0')
            break;
        if (*end != ',')
            return 0;
    }
    qsort(out, len, sizeof(out[0]), by_size);
    for (size_t i = 0; i < len; i++)
        if (i == 0 || out[i] > out[unique - 1])
            out[unique++] = out[i];
    return unique;
}

int fg_demand_ask_seasons(struct fg_demand_ask *ask, const char *text, struct fg_err *err)
{
    double values[FG_FORECAST_SEASONS_MAX];
    ask->seasons_given = true;
    ask->seasons_len = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    size_t len = read_list(text, 2, 1e6, FG_FORECAST_SEASONS_MAX, values);
    for (size_t i = 0; i < len; i++) {
        if (values[i] > floor(values[i])) {
            len = 0;
            break;
        }
        ask->seasons[i] = (uint32_t)values[i];
    }
    ask->seasons_len = len;
    if (len)
        return 0;
    return fg_fail(err, FG_EINVAL, "seasons %.40s: expected up to %d numbers like 24,168", text,
                   FG_FORECAST_SEASONS_MAX);
}

int fg_demand_ask_levels(struct fg_demand_ask *ask, const char *text, struct fg_err *err)
{
    ask->levels_len = read_list(text, 1, 99.9, FG_FORECAST_LEVELS_MAX, ask->levels);
    if (ask->levels_len)
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "levels %.40s: expected up to %d numbers from 1 to 99.9 like 80,95", text,
                   FG_FORECAST_LEVELS_MAX);
}

/* -- the forecast ------------------------------------------------------------------------------------ */

static size_t seasons_of(const struct fg_demand_ask *ask,
                         const struct fg_demand_series *series,
                         uint32_t out[FG_FORECAST_SEASONS_MAX])
{
    _Static_assert(FG_DEMAND_SEASONS_MAX == FG_FORECAST_SEASONS_MAX, "one array for both");
    if (ask->is_m4 && !ask->seasons_given)
        return fg_demand_m4_seasons(series->name, out);
    if (!ask->seasons_given)
        return fg_demand_seasons(&series->time, out);
    memcpy(out, ask->seasons, sizeof(ask->seasons));
    return ask->seasons_len;
}

static uint32_t horizon_of(const struct fg_demand_ask *ask,
                           const struct fg_demand_series *series)
{
    uint32_t seasons[FG_FORECAST_SEASONS_MAX];
    if (ask->horizon)
        return ask->horizon;
    if (seasons_of(ask, series, seasons) == 0)
        return FG_DEMAND_HORIZON;
    return seasons[0] < FG_FORECAST_HORIZON_MAX ? seasons[0] : FG_FORECAST_HORIZON_MAX;
}

size_t fg_demand_forecast_room(const struct fg_demand_ask *ask,
                               const struct fg_demand_series *series)
{
    size_t steps = series->len + horizon_of(ask, series);
    size_t room = (64UL << 10) + ((size_t)horizon_of(ask, series) << 10);
    return ask->events ? room + steps * sizeof(size_t) * FG_FORECAST_EVENTS_MAX : room;
}

int fg_demand_forecast(const struct fg_demand_ask *ask,
                       const struct fg_demand_series *series,
                       struct fg_arena *scratch,
                       struct fg_arena *arena,
                       struct fg_forecast *out,
                       struct fg_err *err)
{
    struct fg_forecast_event events[FG_FORECAST_EVENTS_MAX];
    struct fg_forecast_task task = {.values = series->values,
                                    .values_len = series->len,
                                    .horizon = horizon_of(ask, series),
                                    .levels_len = ask->levels_len};
    memcpy(task.levels, ask->levels, sizeof(task.levels));
    task.seasons_len = seasons_of(ask, series, task.seasons);
    if (ask->events) {
        task.events_len = fg_demand_events_of(ask->events, series, task.horizon, arena, events);
        task.events = events;
    }
    return fg_forecast(&task, scratch, arena, out, err);
}

/* -- the answer -------------------------------------------------------------------------------------- */

/* Nine digits: more than any forecast knows, and half the bytes. */
static void write_number(struct fg_json *json, const char *key, double value)
{
    char text[32];
    fg_json_key(json, key);
    if (!isfinite(value)) {
        fg_json_null(json);
        return;
    }
    int len = snprintf(text, sizeof(text), "%.9g", value);
    fg_json_raw(json, text, (size_t)len);
}

static void write_time(struct fg_json *json, const struct fg_demand_series *series, size_t step)
{
    int64_t time = fg_demand_time_at(&series->time, step);
    char text[FG_TIME_TEXT_MAX];
    fg_json_key(json, "time");
    if (series->time.is_index) {
        fg_json_int(json, time);
        return;
    }
    fg_time_format(time, text);
    fg_json_string(json, text);
}

static void write_points(struct fg_json *json,
                         const struct fg_demand_series *series,
                         const struct fg_forecast *forecast)
{
    char key[24];
    fg_json_key(json, "points");
    fg_json_array(json);
    for (uint32_t step = 0; step < forecast->horizon; step++) {
        fg_json_object(json);
        write_time(json, series, series->len + step);
        write_number(json, "mean", forecast->median[step]);
        for (size_t i = 0; i < forecast->bands_len; i++) {
            const struct fg_forecast_band *band = &forecast->bands[i];
            snprintf(key, sizeof(key), "lo%g", band->level);
            write_number(json, key, band->lo[step]);
            snprintf(key, sizeof(key), "hi%g", band->level);
            write_number(json, key, band->hi[step]);
        }
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void write_history(struct fg_json *json,
                          const struct fg_demand_series *series,
                          size_t history)
{
    size_t first = series->len > history ? series->len - history : 0;
    fg_json_key(json, "history");
    fg_json_array(json);
    for (size_t i = first; i < series->len; i++) {
        fg_json_object(json);
        write_time(json, series, i);
        write_number(json, "value", series->values[i]);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void write_backtest(struct fg_json *json, const struct fg_forecast *forecast)
{
    char key[24];
    fg_json_key(json, "backtest");
    fg_json_object(json);
    fg_json_kv_int(json, "origins", forecast->origins);
    write_number(json, "wape", forecast->wape);
    write_number(json, "naive_wape", forecast->naive_wape);
    write_number(json, "mase", forecast->mase);
    for (size_t i = 0; i < forecast->bands_len; i++) {
        snprintf(key, sizeof(key), "coverage%g", forecast->bands[i].level);
        write_number(json, key, forecast->bands[i].coverage);
    }
    fg_json_end(json);
    fg_json_key(json, "models");
    fg_json_array(json);
    for (size_t i = 0; i < forecast->models_len; i++) {
        fg_json_object(json);
        fg_json_kv(json, "name", forecast->models[i].name);
        write_number(json, "weight", forecast->models[i].weight);
        write_number(json, "wape", forecast->models[i].wape);
        fg_json_end(json);
    }
    fg_json_end(json);
}

void fg_demand_forecast_json(struct fg_json *json,
                             const struct fg_demand_series *series,
                             const struct fg_forecast *forecast,
                             size_t history)
{
    fg_json_object(json);
    fg_json_kv(json, "name", series->name);
    fg_json_kv(json, "model", forecast->model);
    write_points(json, series, forecast);
    if (history)
        write_history(json, series, history);
    write_backtest(json, forecast);
    fg_json_kv_int(json, "values", (int64_t)series->len);
    fg_json_kv_int(json, "gaps", (int64_t)forecast->gaps);
    fg_json_kv_int(json, "outliers", (int64_t)forecast->outliers);
    if (forecast->shift_at) {
        fg_json_key(json, "shift");
        fg_json_object(json);
        write_time(json, series, forecast->shift_at);
        fg_json_end(json);
    }
    fg_json_end(json);
}
