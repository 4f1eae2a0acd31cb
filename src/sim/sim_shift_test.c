/* sim_shift_test.c - flexible jobs in the simulator: they go to the clean hours, and nobody misses a deadline for it. */
#include "sim/read.h"
#include "sim/sim.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HOUR   3'600'000'000LL
#define JOBS   8
#define ROUNDS 60

/* 400 g/kWh but for the hours 4 to 6, and 12 to 15. */
static const char model_text[] =
    "node: {idle: 1, busy: 1, asleep: 1, down: 10s, wake: 60s}\n"
    "grams_by_hour: [400,400,400,400,100,100,400,400,400,400,400,400,200,200,200,400,400,400,"
    "400,400,400,400,400,400]\n"
    "devices:\n"
    "  - kind: v100\n"
    "    idle: 1\n"
    "    caps: {min: 100, max: 200, step: 100}\n"
    "    classes: [{name: x, share: [0.5, 1], watts: [100, 1000]}]\n";

static struct fg_sim_result *play(const char *jobs, uint32_t devices, bool shifts)
{
    struct fg_energy_model model;
    struct fg_sim_cluster cluster = {};
    struct fg_sim_trace trace = {};
    struct fg_sim_result *result = NULL;
    struct fg_config config;
    struct fg_err err = {};
    const struct fg_sim_reading reading = {
        .format = "native", .file_name = "jobs", .per_node = devices, .kind = "v100"};
    fg_config_defaults(&config);
    fg_sim_cluster_simple(&cluster, 1, "v100", devices);
    int rc = fg_energy_model_read(model_text, strlen(model_text), "m.yaml", &model, &err);
    if (rc == 0)
        rc = fg_sim_read(&reading, jobs, strlen(jobs), &trace, &err);
    const struct fg_sim_options options = {.trace = &trace,
                                           .cluster = &cluster,
                                           .config = &config,
                                           .order = fg_job_order_find("fifo"),
                                           .energy = &model,
                                           .saving.shifts = shifts,
                                           .limit_milli = 1000,
                                           .seed = 7};
    if (rc == 0)
        rc = fg_sim_run(&options, &result, &err);
    if (rc < 0) {
        printf("# %s\n", err.text);
        abort();
    }
    fg_sim_trace_free(&trace);
    fg_sim_cluster_free(&cluster);
    return result;
}

/* Two hours each: the first into the cleanest ones, the second into the next best; who is not flexible runs at once. */
static void clean_hours_are_used(void)
{
    const char *jobs = "submit,duration_s,gpus,deadline,flexible\n"
                       "0,3600,1,86000,\n3600,7200,1,86000,carbon\n3600,7200,1,86000,carbon\n";
    FG_AUTO(fg_sim_result) struct fg_sim_result *plain = play(jobs, 1, false);
    FG_AUTO(fg_sim_result) struct fg_sim_result *shifted = play(jobs, 1, true);
    EQ(plain->jobs[2].start_us, 3 * HOUR);
    EQ(shifted->jobs[0].start_us, 0);
    EQ(shifted->jobs[1].start_us, 4 * HOUR);
    EQ(shifted->jobs[2].start_us, 12 * HOUR);
    EQ(shifted->sums.held, 2);
    OK(shifted->sums.co2_g < plain->sums.co2_g * 65 / 100);
    OK(plain->sums.co2_g >= 1400);
}

static uint32_t roll(uint64_t *state, uint32_t below)
{
    *state = *state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return (uint32_t)(*state >> 33) % below;
}

/* Some jobs, half of them flexible, of one device or two; more than the devices hold at once, now and then. */
static void make_jobs(uint64_t *state, bool at_once, char out[1024])
{
    int len = snprintf(out, 1024, "submit,duration_s,gpus,deadline,flexible\n");
    uint32_t at_s = 0;
    for (int i = 0; i < JOBS; i++) {
        uint32_t takes_s = (1 + roll(state, 12)) * 900;
        at_s += at_once ? 0 : roll(state, 8) * 1200;
        len += snprintf(out + len, (size_t)(1024 - len), "%u,%u,%u,%u,%s\n", at_s, takes_s,
                        1 + roll(state, 3) / 2, at_s + takes_s + roll(state, 12) * 3600,
                        roll(state, 2) ? "carbon" : "");
    }
}

static bool is_late(const struct fg_sim_result *result, size_t job)
{
    return result->jobs[job].end_us > result->jobs[job].deadline_us;
}

struct tally {
    size_t held, late, late_for_it;
    int64_t plain_g, shifted_g;
};

static void compare(uint64_t *state, bool at_once, struct tally *tally)
{
    char jobs[1024];
    uint32_t devices = 3 + roll(state, 4);
    make_jobs(state, at_once, jobs);
    FG_AUTO(fg_sim_result) struct fg_sim_result *plain = play(jobs, devices, false);
    FG_AUTO(fg_sim_result) struct fg_sim_result *shifted = play(jobs, devices, true);
    for (size_t i = 0; i < JOBS; i++) {
        tally->late += is_late(plain, i);
        if (!is_late(plain, i) && is_late(shifted, i) && tally->late_for_it++ == 0)
            printf("# %u devices, job %zu of\n# %s\n", devices, i, jobs);
    }
    tally->held += shifted->sums.held;
    tally->plain_g += plain->sums.co2_g;
    tally->shifted_g += shifted->sums.co2_g;
}

static void tell(const char *what, const struct tally *tally)
{
    printf("# %s: held %zu times, CO2 %lld -> %lld g, late %zu without it, %zu more with it\n",
           what, tally->held, (long long)tally->plain_g, (long long)tally->shifted_g,
           tally->late, tally->late_for_it);
}

/* Of jobs that are all there nobody is late because of it. */
static void no_deadline_is_missed_for_it(void)
{
    uint64_t state = 11;
    struct tally tally = {};
    for (size_t round = 0; round < ROUNDS; round++)
        compare(&state, true, &tally);
    tell("all there at once", &tally);
    EQ(tally.late_for_it, 0);
    OK(tally.held > ROUNDS / 4 && tally.shifted_g < tally.plain_g);
}

/* Who comes later may find a shifted job running: nobody knew of him. */
static void who_comes_later_is_rarely_late(void)
{
    uint64_t state = 12;
    struct tally tally = {};
    for (size_t round = 0; round < ROUNDS; round++)
        compare(&state, false, &tally);
    tell("one after the other", &tally);
    OK(tally.late_for_it * 100 < ROUNDS * JOBS);
}

int main(void)
{
    RUN(clean_hours_are_used);
    RUN(no_deadline_is_missed_for_it);
    RUN(who_comes_later_is_rarely_late);
    return tap_done();
}
