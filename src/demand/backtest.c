/* backtest.c - see backtest.h */
#include "demand/backtest.h"

#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define ORIGINS 14
#define SHARES  4   /* ways between "as now" and the combination that are tried */
#define DOUBT   1.7 /* gains as large as they are unsure, times this, are half believed */
#define FADES   0.9 /* an origin counts so much of the next newer one */
#define POWER   3.0 /* weights are errors to the power of minus this */

static double zero_share(const double *y, size_t n)
{
    size_t zeros = 0;
    for (size_t t = 0; t < n; t++)
        zeros += y[t] == 0;
    return n ? (double)zeros / (double)n : 0;
}

static bool suits(const struct fg_model *model, const struct fg_past *past, bool positive)
{
    if (model->log && !positive)
        return false;
    switch (model->needs) {
    case FG_MODEL_NONE:
        return true;
    case FG_MODEL_SEASON:
        return past->seasons_len >= 1;
    case FG_MODEL_SEASONS:
        return past->seasons_len >= 2;
    case FG_MODEL_ZEROS:
        return zero_share(past->y, past->n) > 0.3;
    }
    return false;
}

/* Never further out than the whole range of the past beyond its ends: an unstable model does no harm. */
static void tame(const struct fg_past *past, double *out)
{
    double least = past->y[0], most = past->y[0];
    for (size_t t = 1; t < past->n; t++) {
        least = fmin(least, past->y[t]);
        most = fmax(most, past->y[t]);
    }
    double range = most - least;
    double low = least >= 0 ? fmax(0, least - range) : least - range;
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = isnan(out[h]) ? past->y[past->n - 1] : fmin(fmax(out[h], low), most + range);
}

/* One model from one origin; past and log are of the same origin. */
static void run_model(const struct fg_model *model,
                      struct fg_past *past,
                      struct fg_past *log,
                      double *memory,
                      double *out)
{
    model->run(model->log ? log : past, model->variant, memory, out);
    if (model->log)
        for (size_t h = 0; h < past->horizon; h++)
            out[h] = exp(fmin(out[h], 700));
    tame(past, out);
}

/* The logarithms of `y`, or NULL where that makes no sense. */
static const double *logs_of(const double *y, size_t n, struct fg_arena *arena)
{
    double *logs = FG_NEW(arena, double, n);
    for (size_t t = 0; t < n; t++) {
        if (!(y[t] > 0))
            return NULL;
        logs[t] = log(y[t]);
    }
    return logs;
}

static void run_all(struct fg_backtest *backtest,
                    struct fg_past past,
                    const double *logs,
                    double *out)
{
    size_t mark = fg_arena_used(past.arena);
    struct fg_past log = fg_past_with(&past, logs);
    for (size_t m = 0; m < backtest->models_len; m++)
        run_model(backtest->models[m], &past, &log, backtest->memory[m],
                  out + m * past.horizon);
    fg_arena_rewind(past.arena, mark);
}

/* Origins a half of the horizon apart, the newest with the whole horizon behind it. */
static void choose_origins(struct fg_backtest *backtest,
                           uint32_t horizon,
                           size_t n,
                           const struct fg_past *past)
{
    size_t len = horizon < n / 4 ? horizon : n / 4;
    size_t apart = len > 1 ? len / 2 : 1, least = n / 2;
    if (past->seasons_len && least < 2 * past->seasons[past->seasons_len - 1])
        least = 2 * past->seasons[past->seasons_len - 1];
    backtest->len = len;
    if (!len)
        return;
    size_t count = 0;
    while (count < ORIGINS && len + count * apart + least <= n)
        count++;
    if (!count)
        count = 1;
    for (size_t k = 0; k < count; k++)
        backtest->origins[k] = n - len - (count - 1 - k) * apart;
    backtest->origins_len = count;
}

void fg_backtest_run(struct fg_backtest *out_backtest,
                     const struct fg_forecast_task *task,
                     const double *y,
                     const double *actual,
                     size_t n,
                     struct fg_arena *scratch)
{
    struct fg_backtest *b = out_backtest;
    *b = (struct fg_backtest){.y = y, .actual = actual};
    struct fg_past whole = fg_past_make(task, y, n, scratch);
    choose_origins(b, task->horizon, n, &whole);
    size_t first = b->origins_len ? b->origins[0] : n;
    struct fg_past earliest = fg_past_make(task, y, first, scratch);
    const double *logs = logs_of(y, n, scratch);
    for (size_t i = 0; i < fg_models_len; i++)
        if (suits(&fg_models[i], &earliest, logs != NULL))
            b->models[b->models_len++] = &fg_models[i];
    b->forecasts = FG_NEW(scratch, double, b->origins_len * b->models_len * b->len);
    struct fg_forecast_task shorter = *task;
    shorter.horizon = (uint32_t)b->len;
    for (size_t k = 0; k < b->origins_len; k++)
        run_all(b, fg_past_make(&shorter, y, b->origins[k], scratch), logs,
                b->forecasts + k * b->models_len * b->len);
}

void fg_backtest_forecast(struct fg_backtest *backtest,
                          const struct fg_forecast_task *task,
                          const double *y,
                          size_t n,
                          struct fg_arena *scratch,
                          double *out)
{
    run_all(backtest, fg_past_make(task, y, n, scratch), logs_of(y, n, scratch), out);
}

static double origin_error(const struct fg_backtest *b,
                           size_t origin,
                           size_t model,
                           double *steps)
{
    const double *forecast = b->forecasts + (origin * b->models_len + model) * b->len;
    const double *actual = b->actual + b->origins[origin];
    double sum = 0;
    for (size_t h = 0; h < b->len; h++)
        if (!isnan(actual[h])) {
            sum += fabs(actual[h] - forecast[h]);
            ++*steps;
        }
    return sum;
}

double fg_backtest_error(const struct fg_backtest *backtest, size_t model, int without)
{
    double sum = 0, steps = 0;
    for (size_t k = 0; k < backtest->origins_len; k++)
        if ((int)k != without)
            sum += origin_error(backtest, k, model, &steps);
    return steps > 0 ? sum / steps : NAN;
}

void fg_backtest_weights(const struct fg_backtest *backtest, int without, double *out_weights)
{
    double best = INFINITY, total = 0;
    for (size_t m = 0; m < backtest->models_len; m++) {
        out_weights[m] = fg_backtest_error(backtest, m, without);
        best = fmin(best, out_weights[m]);
    }
    for (size_t m = 0; m < backtest->models_len; m++) {
        /* No backtest, or all perfect: all the same. */
        double ratio = isfinite(best) && best > 0 ? out_weights[m] / best
                       : out_weights[m] > 0       ? INFINITY
                                                  : 1;
        out_weights[m] = pow(ratio, -POWER);
        total += out_weights[m];
    }
    for (size_t m = 0; m < backtest->models_len; m++)
        out_weights[m] /= total;
}

/* -- the combination against "as now" ---------------------------------------------------------------------- */

/* Sum of errors at one origin of going `share` of the way from its last value to the combination. */
static double error_of_share(const struct fg_backtest *b,
                             const double *combined,
                             size_t origin,
                             double share)
{
    const double *actual = b->actual + b->origins[origin];
    double as_now = b->y[b->origins[origin] - 1], sum = 0;
    for (size_t h = 0; h < b->len; h++)
        if (!isnan(actual[h]))
            sum += fabs(actual[h] - as_now - share * (combined[origin * b->len + h] - as_now));
    return sum;
}

/* What a share of the way gains in all, newer origins counting more, and in multiples of how sure that is. */
struct gain {
    double share, error, sure;
};

static struct gain gain_of_share(const struct fg_backtest *b,
                                 const double *combined,
                                 int without,
                                 double share)
{
    struct gain gain = {.share = share};
    double sum = 0, squares = 0, weights = 0;
    for (size_t k = 0; k < b->origins_len; k++) {
        if ((int)k == without)
            continue;
        double weight = pow(FADES, (double)(b->origins_len - 1 - k));
        double error = error_of_share(b, combined, k, share);
        double less = error_of_share(b, combined, k, 0) - error;
        gain.error += weight * error;
        sum += weight * less;
        squares += weight * less * less;
        weights += weight;
    }
    /* Neighbouring origins overlap by half: so many count as half as many. */
    double mean = weights > 0 ? sum / weights : 0;
    double variance = weights > 0 ? (squares / weights - mean * mean) / (weights / 2) : 0;
    gain.sure = mean <= 0 ? 0 : variance > 1e-12 * mean * mean ? mean / sqrt(variance) : 1e6;
    return gain;
}

double fg_backtest_trust(const struct fg_backtest *backtest,
                         const double *combined,
                         int without)
{
    if (!backtest->origins_len)
        return 1;
    struct gain best = gain_of_share(backtest, combined, without, 0);
    for (int step = 1; step <= SHARES; step++) {
        struct gain gain = gain_of_share(backtest, combined, without, (double)step / SHARES);
        if (gain.error < best.error)
            best = gain;
    }
    double sure = pow(best.sure / DOUBT, 4);
    return best.share * sure / (sure + 1);
}

void fg_backtest_combine(
    const double *forecasts, size_t models, size_t len, const double *weights, double *out)
{
    for (size_t h = 0; h < len; h++) {
        double value[FG_FORECAST_MODELS_MAX], weight[FG_FORECAST_MODELS_MAX];
        for (size_t m = 0; m < models; m++) {
            value[m] = forecasts[m * len + h];
            weight[m] = weights[m];
        }
        out[h] = fg_weighted_median(value, weight, models);
    }
}
