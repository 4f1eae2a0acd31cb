/* forecast.c - see forecast.h */
#include "demand/forecast.h"

#include "demand/backtest.h"
#include "demand/bands.h"
#include "demand/numeric.h"
#include "demand/prepare.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* -- the combination --------------------------------------------------------------------------------------- */

static void sort_by_weight(struct fg_forecast *f)
{
    for (size_t i = 1; i < f->models_len; i++)
        for (size_t j = i; j > 0 && f->models[j].weight > f->models[j - 1].weight; j--) {
            struct fg_forecast_model model = f->models[j];
            f->models[j] = f->models[j - 1];
            f->models[j - 1] = model;
        }
}

#define NAMED 3

static const char *in_words(const struct fg_forecast *f, struct fg_arena *arena)
{
    if (f->models[0].weight > 0.995)
        return f->models[0].name;
    const char *text = "combination of";
    size_t named = 0, more = 0;
    for (size_t i = 0; i < f->models_len; i++) {
        if (f->models[i].weight < 0.005)
            continue;
        if (named < NAMED)
            text = fg_arena_printf(arena, "%s%s %s %.2f", text, named ? "," : "",
                                   f->models[i].name, f->models[i].weight);
        else
            more++;
        named++;
    }
    return more ? fg_arena_printf(arena, "%s, %zu more", text, more) : text;
}

/* Sum of the absolute values that the backtest was held against. */
static double actual_sum(const struct fg_backtest *b, double *out_steps)
{
    double sum = 0;
    *out_steps = 0;
    for (size_t k = 0; k < b->origins_len; k++)
        for (size_t h = 0; h < b->len; h++) {
            double actual = b->actual[b->origins[k] + h];
            if (isnan(actual))
                continue;
            sum += fabs(actual);
            ++*out_steps;
        }
    return sum;
}

/* Mean absolute step over the shortest season (or from value to value) within the history. */
static double naive_move(const struct fg_past *past)
{
    size_t season = past->seasons_len ? past->seasons[0] : 1;
    double sum = 0;
    for (size_t t = season; t < past->n; t++)
        sum += fabs(past->y[t] - past->y[t - season]);
    return past->n > season ? sum / (double)(past->n - season) : 0;
}

static void describe_models(struct fg_forecast *f,
                            const struct fg_backtest *b,
                            const double *weights,
                            double trust,
                            struct fg_arena *arena)
{
    double steps, sum = actual_sum(b, &steps);
    f->models_len = b->models_len;
    f->naive_wape = NAN;
    for (size_t m = 0; m < b->models_len; m++) {
        double wape = sum > 0 ? fg_backtest_error(b, m, -1) * steps / sum : NAN;
        bool naive = b->models[m]->run == fg_model_naive;
        double weight = trust * weights[m] + (naive ? 1 - trust : 0);
        f->models[m] = (struct fg_forecast_model){b->models[m]->name, weight, wape};
        f->naive_wape = naive ? wape : f->naive_wape;
    }
    sort_by_weight(f);
    f->model = in_words(f, arena);
}

static void describe_backtest(struct fg_forecast *f,
                              const struct fg_backtest *b,
                              const struct fg_bands *bands,
                              const struct fg_past *past)
{
    double steps, sum = actual_sum(b, &steps), missed = 0, move = naive_move(past);
    for (size_t i = 0; i < bands->paths_len * bands->len; i++)
        if (!isnan(bands->missed[i]))
            missed += fabs(bands->missed[i]);
    f->origins = (uint32_t)b->origins_len;
    f->wape = sum > 0 ? missed / sum : NAN;
    f->mase = steps > 0 && move > 0 ? missed / steps / move : NAN;
}

/* -- the bands -------------------------------------------------------------------------------------------- */

static double at_least(const struct fg_forecast *f, double value)
{
    return f->floor_at_zero ? fmax(value, 0) : value;
}

static void fill_bands(struct fg_forecast *f,
                       const struct fg_forecast_task *task,
                       const struct fg_bands *bands,
                       struct fg_arena *arena)
{
    f->bands_len = task->levels_len;
    for (size_t i = 0; i < task->levels_len; i++) {
        struct fg_forecast_band *band = &f->bands[i];
        band->level = task->levels[i];
        band->lo = FG_NEW(arena, double, f->horizon);
        band->hi = FG_NEW(arena, double, f->horizon);
        band->coverage = fg_bands_coverage(bands, band->level);
        double low = fg_bands_reach(bands, 0.5 - band->level / 200, -1);
        double high = fg_bands_reach(bands, 0.5 + band->level / 200, -1);
        for (size_t h = 0; h < f->horizon; h++) {
            band->lo[h] = at_least(f, f->median[h] + low * bands->scale[h]);
            band->hi[h] = at_least(f, f->median[h] + high * bands->scale[h]);
        }
    }
}

static void fill_shape(struct fg_forecast *f,
                       const struct fg_bands *bands,
                       struct fg_arena *arena)
{
    static const double shares[] = {0.005, 0.01, 0.025, 0.05, 0.1,  0.2,   0.3,  0.4,  0.5,
                                    0.6,   0.7,  0.8,   0.9,  0.95, 0.975, 0.99, 0.995};
    _Static_assert(sizeof(shares) / sizeof(shares[0]) == FG_FORECAST_SHAPE, "as many");
    for (size_t i = 0; i < FG_FORECAST_SHAPE; i++) {
        f->shape[i].share = shares[i];
        f->shape[i].reach = shares[i] == 0.5 ? 0 : fg_bands_reach(bands, shares[i], -1);
    }
    f->scale = FG_NEW(arena, double, f->horizon);
    memcpy(f->scale, bands->scale, f->horizon * sizeof(double));
}

/* What was missed, origin by origin, as long as the horizon; where that is not known, that of another origin. */
static void fill_paths(struct fg_forecast *f,
                       const struct fg_bands *bands,
                       struct fg_arena *arena)
{
    f->paths_len = bands->paths_len;
    f->paths = FG_NEW(arena, double, f->paths_len * f->horizon);
    for (size_t k = 0; k < f->paths_len; k++)
        for (size_t h = 0; h < f->horizon; h++) {
            double score = NAN;
            for (size_t other = 0; other < f->paths_len && isnan(score); other++)
                score = bands->scores[(k + other) % f->paths_len * bands->len + h % bands->len];
            f->paths[k * f->horizon + h] = isnan(score) ? 0 : score * bands->scale[h];
        }
}

int fg_forecast(const struct fg_forecast_task *task,
                struct fg_arena *scratch,
                struct fg_arena *arena,
                struct fg_forecast *out_forecast,
                struct fg_err *err)
{
    int rc = fg_forecast_check(task, err);
    if (rc < 0)
        return rc;
    fg_arena_reset(scratch);
    struct fg_prepared p;
    fg_prepare(task, scratch, &p);
    struct fg_backtest b;
    fg_backtest_run(&b, task, p.y, p.actual, p.n, scratch);
    struct fg_past past = fg_past_make(task, p.y, p.n, scratch);
    struct fg_bands bands = fg_bands_make(&b, &past, scratch);

    struct fg_forecast f = {.horizon = task->horizon, .floor_at_zero = p.floor_at_zero};
    f.gaps = p.gaps;
    f.outliers = p.outliers;
    f.shift_at = p.shift_at;
    f.window_at = p.from;
    double weights[FG_FORECAST_MODELS_MAX];
    double *ahead = FG_NEW(scratch, double, b.models_len * task->horizon);
    fg_backtest_forecast(&b, task, p.y, p.n, scratch, ahead);
    fg_backtest_weights(&b, -1, weights);
    f.median = FG_NEW(arena, double, task->horizon);
    fg_backtest_combine(ahead, b.models_len, task->horizon, weights, f.median);
    for (size_t h = 0; h < f.horizon; h++)
        f.median[h] = p.y[p.n - 1] + bands.trust * (f.median[h] - p.y[p.n - 1]);
    fg_prepared_events(&p, task, f.median, task->horizon);
    for (size_t h = 0; h < f.horizon; h++)
        f.median[h] = at_least(&f, f.median[h]);
    describe_models(&f, &b, weights, bands.trust, arena);
    describe_backtest(&f, &b, &bands, &past);
    fill_bands(&f, task, &bands, arena);
    fill_shape(&f, &bands, arena);
    fill_paths(&f, &bands, arena);
    *out_forecast = f;
    fg_arena_reset(scratch);
    return 0;
}

/* -- what may come ------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t z)
{
    z += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

#define BLOCKS 4 /* of a horizon: long enough that a bad day stays a bad day */

void fg_forecast_scenario(const struct fg_forecast *forecast,
                          uint64_t seed,
                          uint64_t number,
                          double *out_path)
{
    uint32_t horizon = forecast->horizon, block = (horizon + BLOCKS - 1) / BLOCKS;
    for (uint32_t h = 0; h < horizon; h++) {
        uint64_t draw = mix(mix(mix(seed) ^ number) ^ (h / block));
        double missed;
        if (forecast->paths_len)
            missed = forecast->paths[draw % forecast->paths_len * horizon + h];
        else
            missed =
                fg_forecast_quantile(forecast, h, (double)(draw >> 11) / 9007199254740992.0)
                - forecast->median[h];
        out_path[h] = at_least(forecast, forecast->median[h] + missed);
    }
}

double fg_forecast_quantile(const struct fg_forecast *forecast, uint32_t step, double share)
{
    assert(step < forecast->horizon);
    const struct fg_forecast_shape *shape = forecast->shape;
    size_t i = 1;
    while (i + 1 < FG_FORECAST_SHAPE && shape[i].share < share)
        i++;
    double along = (share - shape[i - 1].share) / (shape[i].share - shape[i - 1].share);
    along = fmin(fmax(along, 0), 1);
    double reach = shape[i - 1].reach + along * (shape[i].reach - shape[i - 1].reach);
    return at_least(forecast, forecast->median[step] + reach * forecast->scale[step]);
}
