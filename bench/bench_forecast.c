/* bench_forecast.c - how far forecasts are off, what their bands hold, and what they cost
 *
 *     M4 hourly              414 series, 48 hours ahead, against the best published entry and what M4 published as
 *                            baselines, which are computed here again: Naive2, seasonal naive, theta
 *     their days             the same series summed by day, 7 days ahead: another step, other seasons, short series
 *     GPU demand             Helios (Earth) and Philly, hour by hour: 24 hours ahead from each half day of the second
 *                            half, against "as now"
 *
 *     bench_forecast [test|holdout] [DATA]
 *
 * holdout forecasts parts of the training file only (its last 48 hours and two earlier ends): settings were chosen there
 * (docs/decisions/0015-forecast-settings.md). DATA is ../shared/data/forecast. What is not there is skipped.
 */
#include "bench/bench.h"
#include "demand/forecast.h"
#include "demand/read.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS     2
#define HORIZON_MAX 48

/* -- files ------------------------------------------------------------------------------------------------ */

static char *file_bytes(const char *folder, const char *name, size_t *out_len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FG_AUTO(fg_file) FILE *file = fopen(path, "r");
    char *bytes = NULL;
    size_t room = 0;
    ssize_t len = file ? getdelim(&bytes, &room, 0, file) : -1;
    if (len < 0) {
        printf("%s: not there, skipped\n", path);
        free(bytes);
        return NULL;
    }
    *out_len = (size_t)len;
    return bytes;
}

typedef int read_fn(const struct fg_demand_reading *reading,
                    const char *bytes,
                    size_t len,
                    struct fg_demand_set *set,
                    struct fg_err *err);

static bool read_set(const char *folder,
                     struct fg_demand_reading reading,
                     read_fn *read,
                     struct fg_demand_set *set)
{
    size_t len;
    char *bytes = file_bytes(folder, reading.file_name, &len);
    struct fg_err err;
    if (bytes && read(&reading, bytes, len, set, &err) != 0)
        bench_die("%s", err.text);
    free(bytes);
    return bytes != NULL;
}

/* -- the rivals: as the benchmarks of M4 do it --------------------------------------------------------------- */

/* Seasonal indices by classical multiplicative decomposition, if the autocorrelation at the season passes the test at
 * 90 %; else all 1. */
static void seasonal_indices(const double *y, size_t n, size_t season, double *out)
{
    double mean = 0, covariance[HORIZON_MAX] = {}, squares = 0;
    assert(season > 0 && season < HORIZON_MAX);
    for (size_t t = 0; t < n; t++)
        mean += y[t] / (double)n;
    for (size_t lag = 0; lag <= season; lag++)
        for (size_t t = lag; t < n; t++)
            covariance[lag] += (y[t] - mean) * (y[t - lag] - mean);
    for (size_t i = 0; i < season; i++)
        out[i] = 1;
    for (size_t lag = 1; lag < season; lag++)
        squares += pow(covariance[lag] / covariance[0], 2);
    double limit = 1.645 * sqrt((1 + 2 * squares) / (double)n);
    if (!(fabs(covariance[season] / covariance[0]) > limit))
        return;
    double sums[HORIZON_MAX] = {}, counts[HORIZON_MAX] = {}, total = 0;
    size_t half = season / 2;
    for (size_t t = half; t + half < n; t++) {
        double average = 0;
        for (size_t i = t - half; i <= t + half; i++)
            average += y[i] * (season % 2 == 0 && (i == t - half || i == t + half) ? 0.5 : 1);
        sums[t % season] += y[t] / (average / (double)season);
        counts[t % season]++;
    }
    for (size_t i = 0; i < season; i++)
        total += sums[i] / counts[i];
    for (size_t i = 0; i < season; i++)
        out[i] = sums[i] / counts[i] * (double)season / total;
}

static void naive2(const double *y, size_t n, size_t season, size_t horizon, double *out)
{
    double index[HORIZON_MAX];
    assert(season > 0);
    seasonal_indices(y, n, season, index);
    for (size_t h = 0; h < horizon; h++)
        out[h] = y[n - 1] / index[(n - 1) % season] * index[(n + h) % season];
}

static void seasonal_naive(
    const double *y, size_t n, size_t season, size_t horizon, double *out)
{
    for (size_t h = 0; h < horizon; h++)
        out[h] = y[n - season + h % season];
}

/* Simple exponential smoothing with the best of 99 weights; the last level. */
static double smoothed(const double *y, size_t n)
{
    double best = INFINITY, best_level = y[0];
    for (int step = 1; step < 100; step++) {
        double level = y[0], squares = 0;
        for (size_t t = 1; t < n; t++) {
            squares += (y[t] - level) * (y[t] - level);
            level += step * 0.01 * (y[t] - level);
        }
        if (squares < best) {
            best = squares;
            best_level = level;
        }
    }
    return best_level;
}

/* Half the line through the series (theta 0), half the smoothed series of double curvature (theta 2). */
static void theta(const double *y, size_t n, size_t season, size_t horizon, double *out)
{
    double index[HORIZON_MAX], *line = calloc(n, sizeof(*line)), mean = 0, slope = 0,
                               spread = 0;
    if (!line)
        bench_die("no memory");
    seasonal_indices(y, n, season, index);
    for (size_t t = 0; t < n; t++) {
        line[t] = y[t] / index[t % season];
        mean += line[t] / (double)n;
    }
    double middle = (double)(n - 1) / 2;
    for (size_t t = 0; t < n; t++) {
        slope += ((double)t - middle) * line[t];
        spread += ((double)t - middle) * ((double)t - middle);
    }
    slope /= spread;
    for (size_t t = 0; t < n; t++)
        line[t] = 2 * line[t] - (mean + slope * ((double)t - middle));
    double level = smoothed(line, n);
    for (size_t h = 0; h < horizon; h++)
        out[h] =
            (level + mean + slope * ((double)(n + h) - middle)) / 2 * index[(n + h) % season];
    free(line);
}

/* -- what is measured ----------------------------------------------------------------------------------------- */

struct sums {
    double smape, mase; /* of each series, added up */
};

struct task {
    struct fg_demand_set *history,
        *future; /* future NULL: the last `back + horizon` of the history are it */
    size_t back, horizon;
    uint32_t seasons[2];
    size_t seasons_len;
    atomic_size_t next;
    pthread_mutex_t lock;
    /* Under the lock: */
    struct sums ours, naive2, seasonal, theta;
    double msis, inside80, inside95, cpu_s, series;
};

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double seasonal_move(const double *y, size_t n, size_t season)
{
    double sum = 0;
    for (size_t t = season; t < n; t++)
        sum += fabs(y[t] - y[t - season]);
    return sum / (double)(n - season);
}

static void add(
    struct sums *sums, const double *said, const double *actual, size_t horizon, double move)
{
    double smape = 0, mase = 0;
    for (size_t h = 0; h < horizon; h++) {
        double off = fabs(actual[h] - said[h]), size = fabs(actual[h]) + fabs(said[h]);
        smape += size > 0 ? 200 * off / size : 0;
        mase += off / move;
    }
    sums->smape += smape / (double)horizon;
    sums->mase += mase / (double)horizon;
}

/* The interval score of M4 at 95 %, over the same naive move. */
static void add_bands(struct task *task,
                      const struct fg_forecast *f,
                      const double *actual,
                      double move)
{
    double score = 0, inside[2] = {};
    for (size_t h = 0; h < f->horizon; h++)
        for (size_t i = 0; i < 2; i++) {
            double lo = f->bands[i].lo[h], hi = f->bands[i].hi[h];
            inside[i] += actual[h] >= lo && actual[h] <= hi;
            if (i == 1)
                score += hi - lo + 40 * fmax(0, lo - actual[h]) + 40 * fmax(0, actual[h] - hi);
        }
    task->msis += score / f->horizon / move;
    task->inside80 += inside[0] / f->horizon;
    task->inside95 += inside[1] / f->horizon;
}

static void measure(struct task *task,
                    size_t i,
                    struct fg_arena *scratch,
                    struct fg_arena *arena)
{
    const struct fg_demand_series *series = &task->history->series[i];
    size_t n = series->len - (task->future ? 0 : task->back + task->horizon),
           season = task->seasons[0];
    const double *y = series->values,
                 *actual = task->future ? task->future->series[i].values : y + n;
    struct fg_forecast_task asked = {.values = y,
                                     .values_len = n,
                                     .horizon = (uint32_t)task->horizon,
                                     .seasons = {task->seasons[0], task->seasons[1]},
                                     .seasons_len = task->seasons_len,
                                     .levels = {80, 95},
                                     .levels_len = 2};
    struct fg_forecast f;
    struct fg_err err;
    double from_s = cpu_s();
    fg_arena_reset(arena);
    if (fg_forecast(&asked, scratch, arena, &f, &err) != 0)
        bench_die("%s: %s", series->name, err.text);
    double took_s = cpu_s() - from_s, move = seasonal_move(y, n, season);
    double said[3][HORIZON_MAX];
    naive2(y, n, season, task->horizon, said[0]);
    seasonal_naive(y, n, season, task->horizon, said[1]);
    theta(y, n, season, task->horizon, said[2]);
    pthread_mutex_lock(&task->lock);
    add(&task->ours, f.median, actual, task->horizon, move);
    add(&task->naive2, said[0], actual, task->horizon, move);
    add(&task->seasonal, said[1], actual, task->horizon, move);
    add(&task->theta, said[2], actual, task->horizon, move);
    add_bands(task, &f, actual, move);
    task->cpu_s += took_s;
    task->series++;
    pthread_mutex_unlock(&task->lock);
}

static void *work(void *self)
{
    struct task *task = self;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(64 << 20);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    for (;;) {
        size_t i = atomic_fetch_add(&task->next, 1);
        if (i >= task->history->len)
            return NULL;
        measure(task, i, scratch, arena);
    }
}

static void run(struct task *task)
{
    pthread_t threads[THREADS];
    pthread_mutex_init(&task->lock, NULL);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, task) != 0)
            bench_die("no thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static double owa(const struct task *task, const struct sums *sums)
{
    return (sums->smape / task->naive2.smape + sums->mase / task->naive2.mase) / 2;
}

static void print(const struct task *task, const char *what, bool goals)
{
    char name[96];
    double n = task->series;
    const struct {
        const char *name;
        double value;
        const char *unit;
        double target;
        const char *rival;
        double rival_value;
    } lines[] = {
        {"OWA", owa(task, &task->ours), "", 0.43, "best published", goals ? 0.410 : 0},
        {"OWA", owa(task, &task->ours), "", 0.43, "seasonal naive", owa(task, &task->seasonal)},
        {"OWA", owa(task, &task->ours), "", 0.43, "theta", owa(task, &task->theta)},
        {"sMAPE", task->ours.smape / n, "%", 9.1, "Naive2", task->naive2.smape / n},
        {"MASE", task->ours.mase / n, "", 0.88, "Naive2", task->naive2.mase / n},
        {"MSIS of 95 %", task->msis / n, "", 7.0, "best published entry", goals ? 6.139 : 0},
        {"CPU a series", 1e3 * task->cpu_s / n, "ms", 100, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(name, sizeof(name), "%s: %s", what, lines[i].name);
        bench_line(name, lines[i].value, lines[i].unit, BENCH_LESS, goals ? lines[i].target : 0,
                   lines[i].rival, lines[i].rival_value);
    }
    printf("%s: OWA %.4f, sMAPE %.3f, MASE %.4f, MSIS %.3f, in bands of 95 %%: %.1f %%, of 80 "
           "%%: %.1f %%\n",
           what, owa(task, &task->ours), task->ours.smape / n, task->ours.mase / n,
           task->msis / n, 100 * task->inside95 / n, 100 * task->inside80 / n);
}

static void m4(const char *folder, bool holdout)
{
    FG_AUTO(fg_demand_set) struct fg_demand_set train = {}, test = {};
    if (!read_set(folder, (struct fg_demand_reading){.file_name = "Hourly-train.csv"},
                  fg_demand_read_m4, &train))
        return;
    if (!holdout) {
        if (!read_set(folder, (struct fg_demand_reading){.file_name = "Hourly-test.csv"},
                      fg_demand_read_m4, &test)
            || test.len != train.len)
            return;
        struct task task = {.history = &train,
                            .future = &test,
                            .horizon = 48,
                            .seasons = {24, 168},
                            .seasons_len = 2};
        run(&task);
        print(&task, "M4 hourly", true);
        return;
    }
    for (size_t back = 0; back <= 96; back += 48) {
        struct task task = {.history = &train,
                            .back = back,
                            .horizon = 48,
                            .seasons = {24, 168},
                            .seasons_len = 2};
        char what[64];
        snprintf(what, sizeof(what), "holdout %zu h back", back + 48);
        run(&task);
        print(&task, what, false);
    }
}

/* Sums of 24, the newest whole ones. */
static void days(const char *folder)
{
    FG_AUTO(fg_demand_set) struct fg_demand_set train = {};
    if (!read_set(folder, (struct fg_demand_reading){.file_name = "Hourly-train.csv"},
                  fg_demand_read_m4, &train))
        return;
    for (size_t i = 0; i < train.len; i++) {
        struct fg_demand_series *series = &train.series[i];
        size_t n = series->len / 24, first = series->len % 24;
        for (size_t d = 0; d < n; d++) {
            double sum = 0;
            for (size_t h = 0; h < 24; h++)
                sum += series->values[first + d * 24 + h];
            series->values[d] = sum;
        }
        series->len = n;
    }
    struct task task = {.history = &train, .horizon = 7, .seasons = {7}, .seasons_len = 1};
    run(&task);
    print(&task, "days of M4", false);
}

/* -- GPU demand ------------------------------------------------------------------------------------------------ */

struct cluster {
    double off, as_now, size, inside, steps;
};

static struct cluster roll(const double *y,
                           size_t n,
                           struct fg_arena *scratch,
                           struct fg_arena *arena)
{
    struct cluster c = {};
    for (size_t origin = n / 2; origin + 24 <= n; origin += 12) {
        struct fg_forecast_task asked = {.values = y,
                                         .values_len = origin,
                                         .horizon = 24,
                                         .seasons = {24, 168},
                                         .seasons_len = 2,
                                         .levels = {80},
                                         .levels_len = 1};
        struct fg_forecast f;
        struct fg_err err;
        fg_arena_reset(arena);
        if (fg_forecast(&asked, scratch, arena, &f, &err) != 0)
            bench_die("%s", err.text);
        for (size_t h = 0; h < 24; h++) {
            double actual = y[origin + h];
            c.off += fabs(actual - f.median[h]);
            c.as_now += fabs(actual - y[origin - 1]);
            c.size += actual;
            c.inside += actual >= f.bands[0].lo[h] && actual <= f.bands[0].hi[h];
            c.steps++;
        }
    }
    return c;
}

static void show_cluster(const char *name, const struct cluster *c)
{
    printf("%-28s WAPE %6.2f %%, as now %6.2f %%, ratio %.3f, in bands of 80 %%: %.1f %%\n",
           name, 100 * c->off / c->size, 100 * c->as_now / c->size, c->off / c->as_now,
           100 * c->inside / c->steps);
}

#define SUM_MAX 4096

static void demand(const char *folder)
{
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    struct fg_demand_reading reading = {
        .file_name = "gpu_demand_hourly.csv", .time_column = "hour", .value_column = "mean"};
    if (!read_set(folder, reading, fg_demand_read_csv, &set))
        return;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(64 << 20);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    double sum[SUM_MAX] = {}, ratios = 0, worst = 0, inside = 0, steps = 0;
    size_t len = 0;
    for (size_t i = 0; i < set.len; i++) {
        const struct fg_demand_series *series = &set.series[i];
        for (size_t t = 0; t < series->len && t < SUM_MAX && strstr(series->name, "demand");
             t++)
            sum[t] += series->values[t];
        len = strstr(series->name, "demand") ? series->len : len;
        struct cluster c = roll(series->values, series->len, scratch, arena);
        show_cluster(series->name, &c);
        ratios += c.off / c.as_now;
        worst = fmax(worst, c.off / c.as_now);
        inside += c.inside;
        steps += c.steps;
    }
    struct cluster total = roll(sum, len < SUM_MAX ? len : SUM_MAX, scratch, arena);
    show_cluster("sum of Helios, demand", &total);
    bench_line("GPU demand, sum: WAPE", 100 * total.off / total.size, "%", BENCH_LESS,
               93 * total.as_now / total.size, "as now", 100 * total.as_now / total.size);
    bench_line("GPU demand: mean ratio to as now", ratios / (double)set.len, "", BENCH_LESS, 1,
               NULL, 0);
    bench_line("GPU demand: worst ratio to as now", worst, "", BENCH_LESS, 1.02, NULL, 0);
    bench_line("GPU demand: in bands of 80 %", 100 * inside / steps, "%", BENCH_MORE, 75, NULL,
               0);
}

int main(int argc, char **argv)
{
    bool holdout = argc > 1 && strcmp(argv[1], "holdout") == 0;
    const char *folder = argc > 2 ? argv[2] : "../shared/data/forecast";
    m4(folder, holdout);
    days(folder);
    demand(folder);
    return bench_done();
}
