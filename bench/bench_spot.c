/* bench_spot.c - jobs with deadlines on spot: what the decisions cost, and what they save on made-up markets
 *
 *     value     the program for 48 h of work and slack, starts of 12 min
 *     replay    a job of 48 h with 24 h of slack on looks every 5 min; a decision at each
 *     cost      adaptive against Uniform Progress, 400 jobs on 40 markets (their public traces: docs/results.md)
 */
#include "bench/bench.h"
#include "market/spot_replay.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR_US 3'600'000'000LL
#define LOOKS   8000
#define MARKETS 40
#define STARTS  10
#define RUNS    15

static uint32_t draw(uint64_t *random)
{
    *random += 0x9e37'79b9'7f4a'7c15u;
    uint64_t z = *random;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 33);
}

/* Mean lives and absences from 20 minutes to 10 hours, others every few days: looks are 5 minutes. */
static void make_market(uint64_t *random, uint32_t machines[LOOKS])
{
    uint32_t goes = 1, comes = 1, now = 1;
    for (size_t i = 0; i < LOOKS; i++) {
        if (i % 700 == 0) {
            goes = 4U << draw(random) % 6;
            comes = 4U << draw(random) % 6;
        }
        machines[i] = now ^= draw(random) % (now ? goes : comes) == 0;
    }
}

static struct fg_spot_case job_on(const struct fg_spot_trace *trace, size_t first)
{
    return (struct fg_spot_case){.zones = trace,
                                 .zones_len = 1,
                                 .machines = 1,
                                 .first = first,
                                 .work_us = 48 * HOUR_US,
                                 .time_us = 72 * HOUR_US,
                                 .restart_us = HOUR_US / 5,
                                 .spot_uusd_per_hour = 970'100,
                                 .on_demand_uusd_per_hour = 3'060'000};
}

static struct fg_spot_value *make_value(double *out_ms)
{
    const struct fg_spot_value_terms terms = {.work_us = 48 * HOUR_US,
                                              .slack_us = 48 * HOUR_US,
                                              .restart_us = HOUR_US / 5,
                                              .price_of_spot = 0.9701 / 3.06};
    struct fg_spot_value *value = NULL;
    double ms[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        fg_spot_value_free(value);
        int64_t from_us = bench_now_us();
        value = fg_spot_value_new(&terms);
        ms[i] = (double)(bench_now_us() - from_us) / 1e3;
    }
    *out_ms = bench_quantile(ms, RUNS, 50);
    return value;
}

int main(void)
{
    static uint32_t machines[MARKETS][LOOKS];
    static double ms[MARKETS * STARTS];
    double value_ms, ours = 0, uniform = 0;
    uint64_t random = 1;
    size_t late = 0, len = 0;
    struct fg_spot_value *value = make_value(&value_ms);
    for (size_t m = 0; m < MARKETS; m++) {
        make_market(&random, machines[m]);
        const struct fg_spot_trace trace = {"made up", 300'000'000, machines[m], LOOKS};
        for (size_t i = 0; i < STARTS; i++) {
            struct fg_spot_case job = job_on(&trace, LOOKS / STARTS * i);
            struct fg_spot_outcome mine, theirs;
            int64_t from_us = bench_now_us();
            fg_spot_replay(&job, fg_deadline_policy_find("adaptive"), value, &mine);
            ms[len++] = (double)(bench_now_us() - from_us) / 1e3;
            fg_spot_replay(&job, fg_deadline_policy_find("uniform"), NULL, &theirs);
            ours += (double)mine.cost_uusd / (double)fg_spot_on_demand_uusd(&job);
            uniform += (double)theirs.cost_uusd / (double)fg_spot_on_demand_uusd(&job);
            late += mine.late_us > 0 || theirs.late_us > 0;
        }
    }
    fg_spot_value_free(value);
    if (late > 0)
        bench_die("%zu deadlines were missed", late);
    bench_line("spot with deadlines: the program", value_ms, "ms", BENCH_LESS, 200, NULL, 0);
    bench_line("spot with deadlines: a job of 48 h", bench_quantile(ms, len, 50), "ms",
               BENCH_LESS, 5, NULL, 0);
    bench_line("spot with deadlines: cost of on-demand", 100 * ours / (double)len, "%",
               BENCH_LESS, 0, "Uniform Progress (NSDI 2024)", 100 * uniform / (double)len);
    return bench_done();
}
