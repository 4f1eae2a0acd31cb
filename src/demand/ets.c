/* ets.c - exponential smoothing
 *
 * Errors are additive throughout, so that the sum of squares of one step ahead is the likelihood of each form and the
 * forms can be held against each other by AICc. A trend is damped: it is what keeps a long horizon sane.
 */
#include "demand/model.h"
#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define VALUES_MAX 1344 /* older ones do not move the states any more */
#define SEARCH     70   /* evaluations from nothing */
#define SEARCH_ON  25   /* from where the last origin ended */

enum season_kind { NO_SEASON, ADDED, MULTIPLIED, SEASON_KINDS };

struct ets {
    const double *y;
    size_t n, season;
    enum season_kind kind;
    bool trend;
    double first_level;
    const double *first_season; /* by phase of y[0] */
    double *now_season;
    double level, slope;
};

enum { ALPHA, BETA, PHI, GAMMA };

/* x: alpha; then beta as a share of alpha, phi, if there is a trend; then gamma as a share of 1 - alpha. */
static void parameters(const struct ets *ets, const double *x, double *out)
{
    size_t at = 0;
    out[ALPHA] = x[at++];
    out[BETA] = ets->trend ? x[at++] * out[ALPHA] : 0;
    out[PHI] = ets->trend ? x[at++] : 0;
    out[GAMMA] = ets->kind ? x[at] * (1 - out[ALPHA]) : 0;
}

/* Run over the history, leave the last states, return the sum of squares. */
static double run(const double *x, void *context)
{
    struct ets *ets = context;
    double p[4], level = ets->first_level, slope = 0, squares = 0;
    parameters(ets, x, p);
    if (ets->kind)
        memcpy(ets->now_season, ets->first_season, ets->season * sizeof(double));
    for (size_t t = 0, phase = 0; t < ets->n; t++) {
        double base = level + p[PHI] * slope, season = ets->kind ? ets->now_season[phase] : 0;
        double expected = ets->kind == MULTIPLIED ? base * season : base + season;
        double error = ets->y[t] - expected;
        squares += error * error;
        /* In units of the level. */
        double by = ets->kind == MULTIPLIED ? fmax(season, 1e-3) : 1;
        level = base + p[ALPHA] * error / by;
        slope = p[PHI] * slope + p[BETA] * error / by;
        if (ets->kind) {
            double of = ets->kind == MULTIPLIED ? fmax(fabs(base), 1e-9) : 1;
            ets->now_season[phase] = season + p[GAMMA] * error / of;
            phase = phase + 1 < ets->season ? phase + 1 : 0;
        }
    }
    ets->level = level;
    ets->slope = slope;
    return squares;
}

static struct fg_function to_search(struct ets *ets, double *x)
{
    struct fg_function f = {.value = run, .context = ets};
    f.lower[f.len] = 0.01, f.upper[f.len] = 0.99, x[f.len++] = 0.3;
    if (ets->trend) {
        f.lower[f.len] = 0.001, f.upper[f.len] = 0.5, x[f.len++] = 0.05;
        f.lower[f.len] = 0.8, f.upper[f.len] = 0.98, x[f.len++] = 0.92;
    }
    if (ets->kind)
        f.lower[f.len] = 0.001, f.upper[f.len] = 0.9, x[f.len++] = 0.15;
    return f;
}

/* The start: level and seasons of the first two cycles. */
static void begin(struct ets *ets, struct fg_arena *arena)
{
    size_t over = ets->kind ? 2 * ets->season : ets->n < 8 ? ets->n : 8;
    ets->first_level = fg_mean(ets->y, over);
    if (!ets->kind)
        return;
    double *season = FG_NEW(arena, double, ets->season);
    ets->now_season = FG_NEW(arena, double, ets->season);
    for (size_t i = 0; i < ets->season; i++) {
        double mean = (ets->y[i] + ets->y[i + ets->season]) / 2;
        season[i] = ets->kind == MULTIPLIED ? mean / ets->first_level : mean - ets->first_level;
    }
    ets->first_season = season;
}

static void go_on(const struct ets *ets, const double *x, uint32_t horizon, double *out)
{
    double p[4], level = ets->level, damp = 1;
    parameters(ets, x, p);
    for (size_t h = 0; h < horizon; h++) {
        damp *= p[PHI];
        level += damp * ets->slope;
        double season = ets->kind ? ets->now_season[(ets->n + h) % ets->season] : 0;
        out[h] = ets->kind == MULTIPLIED ? level * season : level + season;
    }
}

static double aicc(const struct ets *ets, double squares, size_t searched)
{
    double n = (double)ets->n, k = (double)(searched + 2 + (ets->kind ? ets->season - 1 : 0));
    if (n - k - 1 <= 0)
        return INFINITY;
    return n * log(fmax(squares, 1e-300) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

static struct ets of_form(const struct fg_past *past, size_t form)
{
    size_t n = past->n < VALUES_MAX ? past->n : VALUES_MAX;
    struct ets ets = {.y = past->y + past->n - n, .n = n};
    ets.kind = (enum season_kind)(form / 2);
    ets.trend = form % 2;
    ets.season = ets.kind ? past->seasons[0] : 0;
    begin(&ets, past->arena);
    return ets;
}

static bool possible(const struct fg_past *past, size_t form)
{
    if (form / 2 == NO_SEASON)
        return true;
    if (!past->seasons_len || 2 * past->seasons[0] > VALUES_MAX)
        return false;
    for (size_t t = 0; form / 2 == MULTIPLIED && t < past->n; t++)
        if (past->y[t] <= 0)
            return false;
    return true;
}

/* memory: the form plus 1, then its x. */
static void choose(struct fg_past *past, double *memory)
{
    double best = INFINITY;
    for (size_t form = 0; form < 2 * SEASON_KINDS; form++) {
        if (!possible(past, form))
            continue;
        struct ets ets = of_form(past, form);
        double x[FG_MINIMISE_MAX];
        struct fg_function f = to_search(&ets, x);
        double criterion = aicc(&ets, fg_minimise(&f, x, 0.15, SEARCH), f.len);
        if (criterion < best || !(memory[0] > 0)) {
            best = criterion;
            memory[0] = (double)form + 1;
            memcpy(memory + 1, x, f.len * sizeof(*x));
        }
    }
}

static void forecast_form(struct fg_past *past, size_t form, double *memory, double *out)
{
    struct ets ets = of_form(past, form);
    double x[FG_MINIMISE_MAX];
    struct fg_function f = to_search(&ets, x);
    if (memory[0] > 0)
        memcpy(x, memory + 1, f.len * sizeof(*x));
    fg_minimise(&f, x, memory[0] > 0 ? 0.03 : 0.15, memory[0] > 0 ? SEARCH_ON : SEARCH);
    memory[0] = (double)form + 1;
    memcpy(memory + 1, x, f.len * sizeof(*x));
    run(x, &ets);
    go_on(&ets, x, past->horizon, out);
}

void fg_model_ets(struct fg_past *past, int, double *memory, double *out)
{
    if (!(memory[0] > 0) || !possible(past, (size_t)memory[0] - 1))
        choose(past, memory);
    forecast_form(past, (size_t)memory[0] - 1, memory, out);
}

void fg_holt(struct fg_past *past, const double *y, double *memory, double *out)
{
    struct fg_past other = fg_past_with(past, y);
    forecast_form(&other, 1, memory, out);
}
