/* savings_test.c - never more is claimed than was measured, and rows add up whichever way. */
#include "energy/savings.h"

#include "energy/governor.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct fg_cap_range range = {100'000, 700'000, 5'000};

static struct fg_curve measured(void)
{
    struct fg_curve curve;
    fg_curve_init(&curve, &range);
    fg_curve_note(&curve, 700'000, 600'000, 1000, 10);
    fg_curve_note(&curve, 500'000, 500'000, 950, 10);
    return curve;
}

static struct fg_saved at(const struct fg_curve *curve, double power_mw, double rate)
{
    const struct fg_stretch stretch = {
        .cap_mw = 500'000, .power_mw = power_mw, .rate = rate, .seconds = 10};
    return fg_saved_by_cap(curve, &stretch);
}

static void the_same_work_without_the_cap(void)
{
    struct fg_curve curve = measured();
    struct fg_saved saved = at(&curve, 500'000, 950);
    EQ(saved.avoided_mj, 700'000); /* 600 W x 9.5 s less 500 W x 10 s */
    EQ(saved.slowed_us, 500'000);
    EQ(saved.spent_mj, 0);
    saved = at(&curve, 590'000, 950); /* a cap that does not pay */
    EQ(saved.avoided_mj, 0);
    EQ(saved.spent_mj, 200'000);
    saved = at(&curve, 500'000, 1080); /* faster than without: that is not the cap's */
    EQ(saved.avoided_mj, 1'000'000);
    EQ(saved.slowed_us, 0);
}

static bool is_none(struct fg_saved saved)
{
    return saved.avoided_mj == 0 && saved.spent_mj == 0 && saved.slowed_us == 0;
}

static void nothing_is_claimed_that_was_not_measured(void)
{
    struct fg_curve curve = measured(), unknown;
    fg_curve_init(&unknown, &range);
    OK(is_none(at(&unknown, 500'000, 950)));
    fg_curve_note(&unknown, 500'000, 500'000, 950, 10);
    OK(is_none(at(&unknown, 500'000, 950))); /* not at full power */
    OK(is_none(at(&curve, 90'000, 0)));      /* it waits for something */
    OK(is_none(at(&curve, 200'000, 400)));   /* it does something else */
    const struct fg_stretch full = {
        .cap_mw = 700'000, .power_mw = 1, .rate = 1000, .seconds = 10};
    OK(is_none(fg_saved_by_cap(&curve, &full)));
}

/* Devices that work with noise, change their work, pause: for each job what the governor claims is within what was drawn at full
 * power for as long as it had a cap. */
static void governed(uint64_t seed)
{
    enum { SECONDS = 2000, DEVICES = 4 };
    const struct fg_governor_terms terms = {
        .slowdown_milli = 100, .probe_us = 5'000'000, .settle_us = 1'000'000};
    FG_AUTO(fg_governor) struct fg_governor *governor = fg_governor_new();
    struct fg_governed devices[DEVICES] = {};
    int64_t caps_mw[DEVICES] = {range.max_mw, range.max_mw, range.max_mw, range.max_mw};
    double most_mj = 0, true_mj = 0, used_mj = 0;
    struct fg_saved sum = {};
    unsigned random = (unsigned)seed;
    int64_t capped_us = 0;
    for (int64_t s = 1; s < SECONDS; s++) {
        for (size_t i = 0; i < DEVICES; i++) {
            double noise = 1 + ((double)(rand_r(&random) % 1000) / 1000 - 0.5) * 0.04;
            double power = fmin(600'000, (double)caps_mw[i]);
            bool pauses = i == 1 && s / 50 % 4 == 3;
            devices[i] = (struct fg_governed){
                .id = i + 1,
                .work = 7 + i / 2,
                .job = 1 + i + (i == 2 ? 10 * (uint64_t)(s / 300) : 0),
                .range = range,
                .time_us = s * 1'000'000,
                .power_mw = pauses ? 80'000 : (int64_t)(power * noise),
                .rate = pauses ? 0 : (int64_t)(1e6 * noise * pow(power / 600'000, 0.3))};
            bool is_capped = caps_mw[i] < range.max_mw;
            capped_us += is_capped ? 1'000'000 : 0;
            most_mj += is_capped ? 612'000 : 0;
            if (!pauses && is_capped) {
                true_mj += 600'000 * pow(power / 600'000, 0.3);
                used_mj += power;
            }
        }
        fg_governor_step(governor, &terms, devices, DEVICES, caps_mw);
        for (size_t i = 0; i < DEVICES; i++) {
            struct fg_saved saved = fg_governor_saved(governor, i);
            fg_saved_add(&sum, &saved);
            if (saved.avoided_mj < 0 || saved.spent_mj < 0 || saved.slowed_us < 0)
                OK(false);
        }
    }
    OK(sum.avoided_mj > 0 && sum.slowed_us > 0);
    OK((double)sum.avoided_mj < most_mj);
    OK(sum.slowed_us < capped_us);
    OK((double)(sum.avoided_mj - sum.spent_mj) < (true_mj - used_mj) * 1.05);
    printf("# seed %llu: %lld kJ claimed, %.0f kJ true\n", (unsigned long long)seed,
           (long long)((sum.avoided_mj - sum.spent_mj) / 1'000'000), (true_mj - used_mj) / 1e6);
}

static void a_governor_claims_no_more_than_was_measured(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        governed(seed);
}

static void what_a_node_would_have_drawn(void)
{
    const struct fg_sleep_costs costs = {
        .idle_mw = 400'000, .asleep_mw = 15'000, .move_mw = 500'000};
    struct fg_saved saved = fg_saved_by_sleep(&costs, false, 10'000'000);
    EQ(saved.avoided_mj, 3'850'000);
    EQ(saved.asleep_us, 10'000'000);
    saved = fg_saved_by_sleep(&costs, true, 10'000'000);
    EQ(saved.avoided_mj, 0);
    EQ(saved.spent_mj, 5'000'000);
    EQ(saved.asleep_us, 0);
    const struct fg_sleep_costs never = {.idle_mw = 10'000, .asleep_mw = 15'000};
    EQ(fg_saved_by_sleep(&never, false, 10'000'000).avoided_mj, 0);
}

/* By job, by project, by device and in all: the same. */
static void rows_add_up(void)
{
    FG_AUTO(fg_savings) struct fg_savings *savings = fg_savings_new();
    int64_t by_job[8] = {}, by_project[3] = {}, total = 0, got = 0;
    unsigned random = 1;
    for (int i = 0; i < 5000; i++) {
        uint64_t job = 1 + (uint64_t)(rand_r(&random) % 7);
        struct fg_saving row = {.job = job,
                                .day = 20'000 + rand_r(&random) % 2,
                                .project = (fg_project_id)(job % 3),
                                .device = rand_r(&random) % 4,
                                .sum.avoided_mj = rand_r(&random) % 1000};
        snprintf(row.node, sizeof(row.node), "n%d", rand_r(&random) % 3);
        fg_savings_add(savings, &row);
        total += row.sum.avoided_mj;
    }
    OK(fg_savings_len(savings) <= 7 * 2 * 4 * 3);
    for (size_t i = 0; i < fg_savings_len(savings); i++) {
        const struct fg_saving *row = fg_savings_at(savings, i);
        by_job[row->job] += row->sum.avoided_mj;
        by_project[row->project] += row->sum.avoided_mj;
    }
    for (size_t i = 0; i < 8; i++)
        got += by_job[i];
    EQ(got, total);
    EQ(by_project[0] + by_project[1] + by_project[2], total);
    fg_savings_clear(savings);
    EQ(fg_savings_len(savings), 0);
}

int main(void)
{
    RUN(the_same_work_without_the_cap);
    RUN(nothing_is_claimed_that_was_not_measured);
    RUN(a_governor_claims_no_more_than_was_measured);
    RUN(what_a_node_would_have_drawn);
    RUN(rows_add_up);
    return tap_done();
}
