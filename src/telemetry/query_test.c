/* query_test.c - answers against the same question asked of all rows one by one; who is asked for, what is refused. */
#include "telemetry/query.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND   INT64_C(1000000)
#define HOUR     (3600 * SECOND)
#define START_US (1763769600 * SECOND) /* a day begins */
#define HOURS    5
#define PERIOD   (7 * SECOND)
#define ROWS     (HOURS * 3600 / 7)
#define TRACKS   6

static uint64_t draw(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct world {
    struct fg_series *series;
    struct fg_track tracks[TRACKS];
    int64_t power[TRACKS][ROWS], energy[TRACKS][ROWS], holder[TRACKS][ROWS];
};

/* Four devices on two nodes of two suppliers, one machine, one job. */
static struct fg_track track_of(int n)
{
    struct fg_track track = {};
    if (n == 5)
        return (struct fg_track){.job = 9, .project = 2};
    snprintf(track.node, sizeof(track.node), "node-%d", n % 2);
    snprintf(track.device, sizeof(track.device), n == 4 ? "cpu" : "h100-%d", n);
    snprintf(track.kind, sizeof(track.kind), n == 4 ? "" : n == 3 ? "a100" : "h100");
    snprintf(track.supplier, sizeof(track.supplier), n % 2 ? "far" : "");
    return track;
}

static struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof(*world));
    uint64_t random = 5;
    int64_t values[FG_SERIES_COLUMNS];
    world->series = fg_series_new();
    for (int i = 0; i < ROWS; i++)
        for (int n = 0; n < TRACKS; n++) {
            world->tracks[n] = track_of(n);
            for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
                values[c] = -1;
            int64_t before = i ? world->energy[n][i - 1] : 1000;
            world->power[n][i] = draw(&random) % 9 ? (int64_t)(draw(&random) % 700000) : -1;
            world->energy[n][i] =
                draw(&random) % 300 ? before + (int64_t)(draw(&random) % 5000) : 3;
            world->holder[n][i] = i / 400 % 3;
            values[FG_READING_POWER] = world->power[n][i];
            values[FG_READING_ENERGY] = world->energy[n][i];
            values[FG_SERIES_HOLDER] = world->holder[n][i];
            if (fg_series_add(world->series, &world->tracks[n], START_US + i * PERIOD, values)
                < 0)
                abort();
            if (i % 300 == 0)
                fg_series_tend(world->series);
        }
    return world;
}

static void world_free(struct world *world)
{
    fg_series_free(world->series);
    free(world);
}

static int compare(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

/* Power of the tracks in `mask` in one step, row by row. */
static double brute(const struct world *world,
                    unsigned mask,
                    const struct fg_series_query *query,
                    int64_t from_us,
                    int64_t step_us)
{
    static double all[TRACKS * ROWS];
    double sum = 0, least = INFINITY, most = -INFINITY, averages = 0, lasts = 0;
    size_t len = 0, tracks = 0;
    for (int n = 0; n < TRACKS; n++) {
        double own = 0, last = 0;
        size_t own_len = 0;
        for (int i = 0; mask >> n & 1 && i < ROWS; i++) {
            int64_t time_us = START_US + i * PERIOD;
            bool held = !query->job || query->by == FG_BY_JOB
                        || world->holder[n][i] == (int64_t)query->job;
            if (time_us < from_us || time_us >= from_us + step_us || time_us >= query->to_us
                || world->power[n][i] < 0 || !held)
                continue;
            last = (double)world->power[n][i];
            own += last;
            own_len++;
            all[len++] = last;
            least = last < least ? last : least;
            most = last > most ? last : most;
        }
        if (own_len == 0)
            continue;
        sum += own;
        averages += own / (double)own_len;
        lasts += last;
        tracks++;
    }
    qsort(all, len, sizeof(*all), compare);
    if (len == 0)
        return NAN;
    switch (query->agg) {
    case FG_AGG_AVG:
        return sum / (double)len;
    case FG_AGG_MIN:
        return least;
    case FG_AGG_MAX:
        return most;
    case FG_AGG_SUM:
        return averages;
    case FG_AGG_LAST:
        return lasts / (double)tracks;
    case FG_AGG_QUANTILE:
        return all[(size_t)ceil(query->quantile * (double)len) - 1];
    case FG_AGG_RATE:
    case FG_AGGS:
        break;
    }
    return NAN;
}

static bool near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

/* Whether all values of group `at` are those of the tracks in `mask`. */
static bool group_is(const struct world *world,
                     const struct fg_series_answer *answer,
                     size_t at,
                     unsigned mask,
                     const struct fg_series_query *query)
{
    if (at >= answer->len || answer->groups[at].tracks != (size_t)__builtin_popcount(mask))
        return false;
    for (size_t step = 0; step < answer->steps; step++) {
        double want = brute(world, mask, query,
                            answer->from_us + (int64_t)step * answer->step_us, answer->step_us);
        if (!near(want, answer->groups[at].values[step])) {
            printf("# group %zu step %zu: %g, want %g\n", at, step,
                   answer->groups[at].values[step], want);
            return false;
        }
    }
    return true;
}

static struct fg_series_query ask_power(enum fg_series_agg agg,
                                        enum fg_series_by by,
                                        int64_t step_us)
{
    return (struct fg_series_query){.column = FG_READING_POWER,
                                    .from_us = START_US,
                                    .to_us = START_US + HOURS * HOUR,
                                    .step_us = step_us,
                                    .agg = agg,
                                    .by = by,
                                    .quantile = 0.9,
                                    .values_max = 100000};
}

static void test_each_way_of_adding_up_at_each_level(void)
{
    struct world *world = world_new();
    static const int64_t steps[] = {30 * SECOND, 120 * SECOND, HOUR, 2 * HOUR};
    for (unsigned agg = 0; agg < FG_AGGS; agg++)
        for (size_t i = 0; agg != FG_AGG_RATE && i < 4; i++) {
            struct fg_series_query query = ask_power(agg, FG_BY_ALL, steps[i]);
            FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
            EQ(fg_series_ask(world->series, &query, &answer, NULL), 0);
            EQ(answer.level, i == 0 ? FG_LEVEL_RAW : i == 1 ? FG_LEVEL_MINUTE : FG_LEVEL_HOUR);
            EQ(answer.len, 1);
            if (agg != FG_AGG_QUANTILE || i == 0) /* beyond: of averages */
                OK(group_is(world, &answer, 0, 0xf, &query));
        }
    world_free(world);
}

static void test_groups_and_who_is_in_them(void)
{
    struct world *world = world_new();
    static const struct {
        enum fg_series_by by;
        size_t len;
        unsigned masks[4];
    } cases[] = {
        {FG_BY_DEVICE, 4, {1, 4, 2, 8}}, /* by node, then device */
        {FG_BY_NODE, 2, {5, 10}},        {FG_BY_SUPPLIER, 2, {5, 10}},
        {FG_BY_KIND, 2, {7, 8}},         {FG_BY_JOB, 1, {32}},
        {FG_BY_PROJECT, 1, {32}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_series_query query = ask_power(FG_AGG_SUM, cases[i].by, HOUR);
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        EQ(fg_series_ask(world->series, &query, &answer, NULL), 0);
        EQ(answer.len, cases[i].len);
        for (size_t at = 0; at < cases[i].len; at++)
            OK(group_is(world, &answer, at, cases[i].masks[at], &query));
    }
    struct fg_series_query query = ask_power(FG_AGG_AVG, FG_BY_ALL, HOUR);
    static const struct {
        const char *node, *device, *supplier, *kind;
        unsigned mask;
    } filters[] = {{"node-1", NULL, NULL, NULL, 10},
                   {NULL, "cpu", NULL, NULL, 16},
                   {NULL, NULL, "far", NULL, 10},
                   {NULL, NULL, "", "h100", 5},
                   {"node-0", "h100-2", NULL, NULL, 4}};
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        query.node = filters[i].node;
        query.device = filters[i].device;
        query.supplier = filters[i].supplier;
        query.kind = filters[i].kind;
        EQ(fg_series_ask(world->series, &query, &answer, NULL), 0);
        OK(group_is(world, &answer, 0, filters[i].mask, &query));
    }
    world_free(world);
}

static void test_devices_while_a_job_held_them(void)
{
    struct world *world = world_new();
    struct fg_series_query query = ask_power(FG_AGG_AVG, FG_BY_DEVICE, 30 * SECOND);
    FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
    query.job = 2;
    EQ(fg_series_ask(world->series, &query, &answer, NULL), 0);
    EQ(answer.len, 4);
    OK(group_is(world, &answer, 1, 4, &query));
    size_t known = 0;
    for (size_t i = 0; i < answer.steps; i++)
        known += isnan(answer.groups[0].values[i]) ? 0 : 1;
    OK(known > answer.steps / 4 && known < answer.steps / 2);
    world_free(world);
}

/* What grows between two rows counts in the step of the second; one that was set back grew by what it shows. */
static void test_counters_grow(void)
{
    struct world *world = world_new();
    struct fg_series_query query = ask_power(FG_AGG_RATE, FG_BY_DEVICE, HOUR);
    query.column = FG_READING_ENERGY;
    for (unsigned level = 0; level < FG_LEVELS; level++) {
        FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
        query.step_us = level == 0 ? 30 * SECOND : level == 1 ? 120 * SECOND : HOUR;
        EQ(fg_series_ask(world->series, &query, &answer, NULL), 0);
        EQ(answer.level, level);
        double grown = 0, got = 0;
        for (int i = 1; i < ROWS; i++) {
            int64_t step = world->energy[0][i] - world->energy[0][i - 1];
            grown += (double)(step < 0 ? world->energy[0][i] : step);
        }
        for (size_t i = 0; i < answer.steps; i++)
            got += isnan(answer.groups[0].values[i])
                       ? 0
                       : answer.groups[0].values[i] * (double)answer.step_us / 1e6;
        printf("# %.0f, want %.0f\n", got, grown);
        OK(fabs(got - grown) < 0.02 * grown);
    }
    query.step_us = 2 * HOUR;
    query.from_us = START_US + 2 * HOUR;
    query.to_us = START_US + 4 * HOUR;
    FG_AUTO(fg_series_answer) struct fg_series_answer late = {};
    EQ(fg_series_ask(world->series, &query, &late, NULL), 0);
    EQ(late.steps, 1);
    OK(late.groups[0].values[0] > 300 && late.groups[0].values[0] < 420); /* 2,500 in 7 s */
    world_free(world);
}

static bool sees_none(void *, const struct fg_track *)
{
    return false;
}

static void test_what_is_refused(void)
{
    struct world *world = world_new();
    struct fg_err err = {};
    struct fg_series_query query = ask_power(FG_AGG_RATE, FG_BY_ALL, HOUR);
    FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
    EQ(fg_series_ask(world->series, &query, &answer, &err), FG_EINVAL);
    query.column = FG_READING_ENERGY;
    query.agg = FG_AGG_AVG;
    EQ(fg_series_ask(world->series, &query, &answer, &err), FG_EINVAL);
    query = ask_power(FG_AGG_AVG, FG_BY_DEVICE, 30 * SECOND);
    query.values_max = 1000;
    EQ(fg_series_ask(world->series, &query, &answer, &err), FG_EINVAL);
    printf("# %s\n", err.text);
    fg_series_answer_free(&answer);
    query.from_us = query.to_us;
    EQ(fg_series_ask(world->series, &query, &answer, &err), FG_EINVAL);
    query = ask_power(FG_AGG_AVG, FG_BY_JOB, HOUR);
    query.sees = sees_none;
    EQ(fg_series_ask(world->series, &query, &answer, &err), 0);
    EQ(answer.len, 0);
    fg_series_answer_free(&answer);
    query = ask_power(FG_AGG_AVG, FG_BY_ALL, 0);
    EQ(fg_series_ask(world->series, &query, &answer, &err), 0);
    EQ(answer.steps, 1);
    OK(group_is(world, &answer, 0, 0xf, &query));
    world_free(world);
}

int main(void)
{
    RUN(test_each_way_of_adding_up_at_each_level);
    RUN(test_groups_and_who_is_in_them);
    RUN(test_devices_while_a_job_held_them);
    RUN(test_counters_grow);
    RUN(test_what_is_refused);
    return tap_done();
}
