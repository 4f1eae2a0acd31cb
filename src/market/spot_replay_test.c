/* spot_replay_test.c - costs by hand, and against who knows the future. */
#include "market/spot_replay.h"
#include "test/tap.h"

#include <math.h>
#include <string.h>

#define MINUTE_US 60'000'000LL
#define HOUR_US   (60 * MINUTE_US)

static struct fg_spot_outcome replay(const struct fg_spot_case *job,
                                     const char *policy,
                                     const struct fg_spot_value *value)
{
    struct fg_spot_outcome out;
    fg_spot_replay(job, fg_deadline_policy_find(policy), value, &out);
    return out;
}

/* Looks are 30 minutes: away, there x 3, away x 3, there x 2. */
static const uint32_t machines[] = {0, 1, 1, 1, 0, 0, 0, 1, 1};
static const struct fg_spot_trace trace = {"t", 30 * MINUTE_US, machines, 9};

static struct fg_spot_case job_of(int64_t work_us, int64_t time_us)
{
    return (struct fg_spot_case){.zones = &trace,
                                 .zones_len = 1,
                                 .machines = 1,
                                 .work_us = work_us,
                                 .time_us = time_us,
                                 .restart_us = 10 * MINUTE_US,
                                 .spot_uusd_per_hour = 1'000'000,
                                 .on_demand_uusd_per_hour = 3'000'000};
}

static void test_by_hand(void)
{
    struct fg_spot_case job = job_of(2 * HOUR_US, 5 * HOUR_US);
    struct fg_spot_outcome out = replay(&job, "on-demand", NULL);
    EQ(out.cost_uusd, 6'500'000); /* 2 h and 10 min */
    EQ(out.cost_uusd, fg_spot_on_demand_uusd(&job));
    EQ(out.starts, 1);
    /* Waits 30 min, rides 90 (80 of work), is lost, waits 90, starts again, 40 of work are left. */
    out = replay(&job, "greedy", NULL);
    EQ(out.wait_us, 120 * MINUTE_US);
    EQ(out.spot_us, 90 * MINUTE_US + 50 * MINUTE_US);
    EQ(out.on_demand_us, 0);
    EQ(out.cost_uusd, 2'333'333);
    EQ(out.losses, 1);
    EQ(out.starts, 2);
    EQ(out.late_us, 0);
    /* The same with less time: after the loss 40 min of work are left and 70 of time, 40 after one more look. */
    job.time_us = 190 * MINUTE_US;
    out = replay(&job, "greedy", NULL);
    EQ(out.wait_us, 30 * MINUTE_US);
    EQ(out.on_demand_us, 50 * MINUTE_US);
    EQ(out.late_us, 0);
}

static void test_a_zone_takes_over(void)
{
    static const uint32_t other[] = {0, 0, 0, 0, 2, 2, 2, 2, 2};
    const struct fg_spot_trace both[] = {trace, {"u", 30 * MINUTE_US, other, 9}};
    struct fg_spot_case job = job_of(2 * HOUR_US, 5 * HOUR_US);
    job.zones = both;
    job.zones_len = 2;
    struct fg_spot_outcome out = replay(&job, "greedy", NULL);
    EQ(out.wait_us, 30 * MINUTE_US);
    EQ(out.spot_us, 140 * MINUTE_US);
    EQ(out.losses, 1);
    job.machines = 2; /* only the other zone has two */
    out = replay(&job, "greedy", NULL);
    EQ(out.wait_us, 120 * MINUTE_US);
    EQ(out.losses, 0);
}

static uint32_t draw(uint64_t *random)
{
    *random += 0x9e37'79b9'7f4a'7c15u;
    uint64_t z = *random;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)(z >> 33);
}

#define LOOKS 10

/* The least cost over all ways through LOOKS looks; INFINITY if none is in time. */
static double least(const struct fg_spot_case *job, size_t at, struct fg_deadline_view view)
{
    if (view.work_left_us <= 0)
        return 0;
    if (view.time_left_us <= 0 || at == LOOKS)
        return INFINITY;
    double best = INFINITY;
    for (int ride = 0; ride < 3; ride++) {
        struct fg_deadline_view next = view;
        if (ride == FG_RIDE_SPOT && !fg_spot_trace_has(job->zones, at, 1))
            continue;
        bool is_lost = view.ride == FG_RIDE_SPOT && !fg_spot_trace_has(job->zones, at, 1);
        if (ride != FG_RIDE_IDLE && (is_lost || ride != (int)view.ride))
            next.start_left_us = job->restart_us;
        int64_t used_us = job->zones->gap_us;
        if (ride != FG_RIDE_IDLE) {
            int64_t start_us = next.start_left_us < used_us ? next.start_left_us : used_us;
            int64_t work_us = used_us - start_us;
            work_us = work_us < next.work_left_us ? work_us : next.work_left_us;
            next.start_left_us -= start_us;
            next.work_left_us -= work_us;
            used_us = start_us + work_us;
        }
        next.time_left_us -= used_us;
        next.ride = (enum fg_ride)ride;
        if (next.time_left_us < 0)
            continue;
        int64_t price = ride == FG_RIDE_SPOT        ? job->spot_uusd_per_hour
                        : ride == FG_RIDE_ON_DEMAND ? job->on_demand_uusd_per_hour
                                                    : 0;
        best = fmin(best, (double)price * (double)used_us / 3.6e9 + least(job, at + 1, next));
    }
    return best;
}

static void test_nobody_beats_the_clairvoyant(void)
{
    uint64_t random = 42;
    for (int round = 0; round < 40; round++) {
        uint32_t there[LOOKS];
        for (size_t i = 0; i < LOOKS; i++)
            there[i] = draw(&random) % 3 != 0;
        const struct fg_spot_trace made = {"made", 30 * MINUTE_US, there, LOOKS};
        struct fg_spot_case job = job_of(3 * HOUR_US, 5 * HOUR_US);
        job.zones = &made;
        struct fg_deadline_view view = {.work_left_us = job.work_us,
                                        .time_left_us = job.time_us};
        double exact = least(&job, 0, view), bound = fg_spot_clairvoyant_uusd(&job);
        OK(bound <= exact + 1);
        OK(bound >= 0.8 * exact); /* and it is not idle talk */
    }
}

static void test_ours_is_in_time_and_cheaper_on_made_up_markets(void)
{
    const struct fg_spot_value_terms of = {.work_us = 24 * HOUR_US,
                                           .slack_us = 24 * HOUR_US,
                                           .restart_us = 10 * MINUTE_US,
                                           .price_of_spot = 1.0 / 3};
    FG_AUTO(fg_spot_value) struct fg_spot_value *value = fg_spot_value_new(&of);
    uint64_t random = 1;
    double ours = 0, uniform = 0, bound = 0;
    for (int round = 0; round < 60; round++) {
        uint32_t there[400], now = 1;
        uint32_t goes = 2 + draw(&random) % 30, comes = 2 + draw(&random) % 30;
        for (size_t i = 0; i < 400; i++)
            there[i] = now ^= draw(&random) % (now ? goes : comes) == 0;
        const struct fg_spot_trace made = {"made", 10 * MINUTE_US, there, 400};
        struct fg_spot_case job = job_of(24 * HOUR_US, (26 + round % 20) * HOUR_US);
        job.zones = &made;
        struct fg_spot_outcome out = replay(&job, "adaptive", value);
        EQ(out.late_us, 0);
        ours += (double)out.cost_uusd;
        out = replay(&job, "uniform", NULL);
        EQ(out.late_us, 0);
        uniform += (double)out.cost_uusd;
        bound += fg_spot_clairvoyant_uusd(&job);
    }
    printf("# ours %.3f, uniform %.3f of the clairvoyant\n", ours / bound, uniform / bound);
    OK(ours < uniform);
    OK(ours >= bound);
}

int main(void)
{
    RUN(test_by_hand);
    RUN(test_a_zone_takes_over);
    RUN(test_nobody_beats_the_clairvoyant);
    RUN(test_ours_is_in_time_and_cheaper_on_made_up_markets);
    return tap_done();
}
