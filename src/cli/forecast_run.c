/* forecast_run.c - see forecast_run.h */
#include "cli/forecast_run.h"

#include "cli/bar.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 256
#define LOOK_NS     50'000'000

struct work {
    struct fg_forecast_run *run;
    atomic_size_t next, done;
};

static void forecast_one(struct fg_forecast_run *run, size_t at, struct fg_arena *scratch)
{
    const struct fg_demand_series *series = &run->set->series[at];
    struct fg_forecast_told *told = &run->told[at];
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(run->ask, series));
    struct fg_forecast forecast;
    told->rc = fg_demand_forecast(run->ask, series, scratch, arena, &forecast, &told->err);
    if (told->rc == 0)
        fg_forecast_tell(run, series, &forecast, told);
}

static void *work_some(void *self)
{
    struct work *work = self;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    size_t at;
    while ((at = atomic_fetch_add(&work->next, 1)) < work->run->set->len) {
        forecast_one(work->run, at, scratch);
        atomic_fetch_add(&work->done, 1);
    }
    return NULL;
}

static void show(struct work *work)
{
    struct fg_bar bar = fg_bar_new(stderr);
    size_t len = work->run->set->len, done;
    while (bar.out && (done = atomic_load(&work->done)) < len) {
        char tail[64];
        snprintf(tail, sizeof(tail), "%zu of %zu series", done, len);
        fg_bar_draw(&bar, "forecasting", (double)done / (double)len, tail, false);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    fg_bar_clear(&bar);
}

void fg_forecast_run(struct fg_forecast_run *run)
{
    struct work work = {.run = run};
    pthread_t threads[THREADS_MAX];
    size_t len = 0, want = run->threads < run->set->len ? run->threads : run->set->len;
    run->told = calloc(run->set->len, sizeof(run->told[0]));
    if (!run->told)
        abort();
    while (len < want && len < THREADS_MAX
           && pthread_create(&threads[len], NULL, work_some, &work) == 0)
        len++;
    if (len)
        show(&work);
    else
        (void)work_some(&work);
    for (size_t i = 0; i < len; i++)
        pthread_join(threads[i], NULL);
}

void fg_forecast_run_free(struct fg_forecast_run *run)
{
    for (size_t i = 0; run->told && i < run->set->len; i++)
        fg_buf_free(&run->told[i].text);
    free(run->told);
    run->told = NULL;
}

/* -- telling ----------------------------------------------------------------------------------------- */

static double last_known(const struct fg_demand_series *series)
{
    for (size_t i = series->len; i-- > 0;)
        if (!isnan(series->values[i]))
            return series->values[i];
    return NAN;
}

static void tell_row(const struct fg_demand_series *series,
                     const struct fg_forecast *forecast,
                     struct fg_forecast_told *told)
{
    const struct fg_forecast_band *band = forecast->bands_len ? &forecast->bands[0] : NULL;
    snprintf(told->model, sizeof(told->model), "%s", forecast->model);
    told->wape = forecast->wape;
    told->naive_wape = forecast->naive_wape;
    told->last = last_known(series);
    told->next = forecast->median[0];
    told->next_lo = band ? band->lo[0] : NAN;
    told->next_hi = band ? band->hi[0] : NAN;
    told->level = band ? band->level : 0;
    told->peak = -INFINITY;
    for (uint32_t step = 0; step < forecast->horizon; step++) {
        double high = band ? band->hi[step] : forecast->median[step];
        told->mean += forecast->median[step] / forecast->horizon;
        told->peak = high > told->peak ? high : told->peak;
    }
}

void fg_forecast_tell(const struct fg_forecast_run *run,
                      const struct fg_demand_series *series,
                      const struct fg_forecast *forecast,
                      struct fg_forecast_told *told)
{
    struct fg_json json = {.buf = &told->text};
    switch (run->form) {
    case FG_FORECAST_JSON:
        fg_demand_forecast_json(&json, series, forecast, 0);
        break;
    case FG_FORECAST_PLOT:
        fg_forecast_plot(&told->text, run->term, series, forecast);
        break;
    case FG_FORECAST_TABLE:
        tell_row(series, forecast, told);
        break;
    }
}
