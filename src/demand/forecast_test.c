/* Tests of what every forecast must be, whatever the series. */
#include "demand/forecast.h"

#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 4000

struct bench {
    struct fg_arena *scratch, *arena;
    double values[VALUES_MAX];
    struct fg_forecast_task task;
    struct fg_forecast forecast;
    struct fg_err err;
    uint64_t seed;
};

static struct bench *begin(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    b->scratch = fg_arena_new(64 << 20);
    b->arena = fg_arena_new(64 << 20);
    b->task = (struct fg_forecast_task){.values = b->values,
                                        .horizon = 24,
                                        .seasons = {24, 168},
                                        .seasons_len = 2,
                                        .levels = {50, 80, 95},
                                        .levels_len = 3};
    b->seed = 1;
    return b;
}

static void end(struct bench *b)
{
    fg_arena_free(b->scratch);
    fg_arena_free(b->arena);
    free(b);
}

static double draw(struct bench *b)
{
    uint64_t z = b->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int run(struct bench *b, size_t n)
{
    b->task.values_len = n;
    fg_arena_reset(b->arena);
    return fg_forecast(&b->task, b->scratch, b->arena, &b->forecast, &b->err);
}

/* Many shapes: walks, seasons, spikes, counts, zeros, gaps, shifts. */
static void fill_any(struct bench *b, size_t n)
{
    int shape = (int)(draw(b) * 7);
    double level = draw(b) * 100, scale = pow(10, 6 * draw(b) - 3),
           holes = draw(b) < 0.3 ? 0.2 : 0;
    for (size_t t = 0; t < n; t++) {
        double day = sin(2 * M_PI * (double)t / 24), noise = draw(b) - 0.5;
        level += shape == 1 ? 4 * noise : 0;
        double value = shape == 0   ? 50 + 20 * day + 5 * noise
                       : shape == 1 ? level
                       : shape == 2 ? (draw(b) < 0.1 ? 8 * draw(b) : 0)
                       : shape == 3 ? (t > n / 2 ? 100 + noise : 10 + noise)
                       : shape == 4 ? (draw(b) < 0.01 ? 1e4 : 3 + noise)
                       : shape == 5 ? 0
                                    : floor(8 * draw(b));
        b->values[t] = draw(b) < holes ? NAN : value * scale;
    }
    b->values[(size_t)(draw(b) * (double)n)] = scale;
}

static bool negative(const struct bench *b, size_t n)
{
    for (size_t t = 0; t < n; t++)
        if (b->values[t] < 0)
            return true;
    return false;
}

static bool sound(const struct bench *b, size_t n)
{
    const struct fg_forecast *f = &b->forecast;
    bool may_be_negative = negative(b, n);
    double weights = 0;
    for (size_t m = 0; m < f->models_len; m++)
        weights += f->models[m].weight;
    for (size_t h = 0; h < f->horizon; h++) {
        double low = f->median[h], high = low;
        if (!isfinite(low) || (low < 0 && !may_be_negative))
            return false;
        for (size_t i = 0; i < f->bands_len; i++) {
            if (!(f->bands[i].lo[h] <= low && f->bands[i].hi[h] >= high))
                return false;
            low = f->bands[i].lo[h];
            high = f->bands[i].hi[h];
        }
        if (!isfinite(low) || !isfinite(high) || (low < 0 && !may_be_negative))
            return false;
        double last = -INFINITY;
        for (int percent = 0; percent <= 100; percent += 5) {
            double value = fg_forecast_quantile(f, (uint32_t)h, percent / 100.0);
            if (!(value >= last))
                return false;
            last = value;
        }
    }
    return fabs(weights - 1) < 1e-9;
}

static void any_series_gives_a_sound_forecast(void)
{
    struct bench *b = begin();
    int bad = 0;
    for (int round = 0; round < 60; round++) {
        size_t n = 1 + (size_t)(pow(draw(b), 3) * 700);
        b->task.horizon = 1 + (uint32_t)(draw(b) * 60);
        b->task.seasons_len = (size_t)(draw(b) * 3);
        fill_any(b, n);
        if (run(b, n) != 0 || !sound(b, n)) {
            printf("# round %d, n %zu\n", round, n);
            bad++;
        }
    }
    EQ(bad, 0);
    end(b);
}

static void a_constant_is_forecast_exactly(void)
{
    struct bench *b = begin();
    for (size_t n = 1; n <= 600; n = 3 * n + 1) {
        for (size_t t = 0; t < n; t++)
            b->values[t] = 7;
        if (run(b, n) != 0 || !b->forecast.median) {
            OK(false);
            break;
        }
        bool exact = true;
        for (size_t h = 0; h < b->task.horizon; h++)
            exact &=
                b->forecast.median[h] == 7
                && (n < 8
                    || (b->forecast.bands[2].lo[h] == 7 && b->forecast.bands[2].hi[h] == 7));
        OK(exact);
    }
    end(b);
}

static void a_pure_season_is_found(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < 600; t++)
        b->values[t] = (double)(t * t % 24);
    EQ(run(b, 600), 0);
    double worst = 0;
    for (size_t h = 0; h < 24; h++)
        worst = fmax(worst, fabs(b->forecast.median[h] - (double)((600 + h) * (600 + h) % 24)));
    OK(worst < 1e-6);
    end(b);
}

static void the_same_task_gives_the_same_bytes(void)
{
    struct bench *b = begin();
    fill_any(b, 500);
    EQ(run(b, 500), 0);
    double first[24];
    memcpy(first, b->forecast.median, sizeof(first));
    EQ(run(b, 500), 0);
    EQ(memcmp(first, b->forecast.median, sizeof(first)), 0);
    end(b);
}

/* Dollars or cents, and a series that another is added to as a constant: the forecast follows. */
static void scaling_the_series_scales_the_forecast(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < 500; t++)
        b->values[t] = 50 + 20 * sin(2 * M_PI * (double)t / 24) + 5 * draw(b);
    EQ(run(b, 500), 0);
    double first[24];
    memcpy(first, b->forecast.median, sizeof(first));
    for (size_t t = 0; t < 500; t++)
        b->values[t] *= 1024;
    EQ(run(b, 500), 0);
    double worst = 0;
    for (size_t h = 0; h < 24; h++)
        worst = fmax(worst, fabs(b->forecast.median[h] / 1024 - first[h]));
    OK(worst < 0.05);
    end(b);
}

static void a_very_long_series_costs_what_its_end_costs(void)
{
    struct bench *b = begin();
    size_t n = 1'000'000;
    double *values = malloc(n * sizeof(*values));
    if (!values)
        abort();
    for (size_t t = 0; t < n; t++)
        values[t] = t < n - 3000 ? 1e6 : 10;
    b->task.values = values;
    EQ(run(b, n), 0);
    EQ(b->forecast.window_at, n - FG_FORECAST_WINDOW_MAX);
    OK(b->forecast.median[0] == 10);
    b->task.values = b->values;
    free(values);
    end(b);
}

static void gaps_are_guessed_and_counted(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < 600; t++)
        b->values[t] = t % 7 == 3 || (t > 400 && t < 430)
                           ? NAN
                           : 100 + 10 * sin(2 * M_PI * (double)t / 24);
    EQ(run(b, 600), 0);
    OK(b->forecast.gaps > 80);
    double worst = 0;
    for (size_t h = 0; h < 24; h++)
        worst = fmax(worst, fabs(b->forecast.median[h] - 100
                                 - 10 * sin(2 * M_PI * (double)(600 + h) / 24)));
    OK(worst < 1);
    end(b);
}

static void a_lasting_change_of_level_is_followed_and_told(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < 600; t++)
        b->values[t] = (t < 450 ? 20 : 90) + 4 * sin(2 * M_PI * (double)t / 24) + draw(b);
    EQ(run(b, 600), 0);
    EQ(b->forecast.shift_at, 450);
    OK(b->forecast.median[23] > 80 && b->forecast.median[23] < 100);
    for (size_t t = 0; t < 600; t++)
        b->values[t] = (double)t / 10 + 4 * sin(2 * M_PI * (double)t / 24) + draw(b);
    EQ(run(b, 600), 0);
    EQ(b->forecast.shift_at, 0);
    end(b);
}

static void a_freak_value_is_counted_and_does_no_harm(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < 600; t++)
        b->values[t] = t == 590 ? 5000 : 50 + 10 * sin(2 * M_PI * (double)t / 24) + draw(b);
    EQ(run(b, 600), 0);
    EQ(b->forecast.outliers, 1);
    double worst = 0;
    for (size_t h = 0; h < 24; h++)
        worst = fmax(worst, fabs(b->forecast.median[h] - 50.5
                                 - 10 * sin(2 * M_PI * (double)(600 + h) / 24)));
    OK(worst < 3);
    end(b);
}

static void the_longest_horizon_keeps_to_its_memory(void)
{
    struct bench *b = begin();
    for (size_t t = 0; t < VALUES_MAX; t++)
        b->values[t] = 50 + 10 * sin(2 * M_PI * (double)t / 24) + draw(b);
    b->task.horizon = FG_FORECAST_HORIZON_MAX;
    EQ(run(b, VALUES_MAX), 0);
    OK(fg_arena_used(b->arena) <= (64u << 10) + ((size_t)FG_FORECAST_HORIZON_MAX << 10));
    OK(sound(b, VALUES_MAX));
    end(b);
}

static void an_event_that_was_there_before_comes_again(void)
{
    struct bench *b = begin();
    static size_t steps[6 * 24 + 24];
    size_t len = 0;
    for (size_t day = 20; day < 120; day += 20)
        for (size_t h = 0; h < 24; h++)
            steps[len++] = day * 24 + h;
    for (size_t h = 0; h < 24; h++)
        steps[len++] = 2900 + h;
    for (size_t t = 0; t < 2900; t++)
        b->values[t] = 100 + 10 * sin(2 * M_PI * (double)t / 24) + draw(b);
    for (size_t i = 0; i + 24 < len; i++)
        b->values[steps[i]] /= 4;
    struct fg_forecast_event event = {steps, len};
    b->task.events = &event;
    b->task.events_len = 1;
    EQ(run(b, 2900), 0);
    OK(b->forecast.median[0] > 15 && b->forecast.median[0] < 40);
    b->task.events_len = 0;
    EQ(run(b, 2900), 0);
    OK(b->forecast.median[0] > 80);
    end(b);
}

static void what_cannot_be_forecast_is_refused(void)
{
    struct bench *b = begin();
    b->values[0] = NAN;
    EQ(run(b, 0), FG_EINVAL);
    EQ(run(b, 1), FG_EINVAL);
    b->values[0] = INFINITY;
    EQ(run(b, 1), FG_EINVAL);
    b->values[0] = 1;
    EQ(run(b, 1), 0);
    b->task.horizon = 0;
    EQ(run(b, 1), FG_EINVAL);
    b->task.horizon = 1;
    b->task.levels[2] = 80;
    EQ(run(b, 1), FG_EINVAL);
    b->task.levels[2] = 99;
    b->task.seasons[0] = 168;
    EQ(run(b, 1), FG_EINVAL);
    end(b);
}

static void scenarios_spread_as_the_bands_do(void)
{
    struct bench *b = begin();
    double level = 100;
    for (size_t t = 0; t < 700; t++)
        b->values[t] = level = fmax(0, level + 6 * (draw(b) - 0.5));
    EQ(run(b, 700), 0);
    int inside = 0, all = 0;
    double path[24], again[24];
    for (uint64_t number = 0; number < 200; number++) {
        fg_forecast_scenario(&b->forecast, 7, number, path);
        for (size_t h = 0; h < 24; h++, all++)
            inside +=
                path[h] >= b->forecast.bands[1].lo[h] && path[h] <= b->forecast.bands[1].hi[h];
    }
    printf("# %d of %d within the band of 80\n", inside, all);
    OK(inside > 0.6 * all && inside <= 0.97 * all);
    fg_forecast_scenario(&b->forecast, 7, 199, again);
    EQ(memcmp(path, again, sizeof(path)), 0);
    end(b);
}

int main(void)
{
    RUN(any_series_gives_a_sound_forecast);
    RUN(a_constant_is_forecast_exactly);
    RUN(a_pure_season_is_found);
    RUN(the_same_task_gives_the_same_bytes);
    RUN(scaling_the_series_scales_the_forecast);
    RUN(a_very_long_series_costs_what_its_end_costs);
    RUN(gaps_are_guessed_and_counted);
    RUN(a_lasting_change_of_level_is_followed_and_told);
    RUN(a_freak_value_is_counted_and_does_no_harm);
    RUN(the_longest_horizon_keeps_to_its_memory);
    RUN(an_event_that_was_there_before_comes_again);
    RUN(what_cannot_be_forecast_is_refused);
    RUN(scenarios_spread_as_the_bands_do);
    return tap_done();
}
