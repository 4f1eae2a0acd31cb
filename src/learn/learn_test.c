/* learn_test.c - made-up work whose truth is known: quantiles are found, new classes borrow, the old fades, memory is bounded. */
#include "learn/learn.h"
#include "learn/loghist.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S        1'000'000LL
#define START_US 1'750'000'000'000'000LL

static struct fg_config config;
static const struct fg_request one = {.kind = "h100", .count = 1, .gpu_milli = 1000};

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* Log-normal by twelve draws. */
static int64_t run_of(uint64_t *state, double median_s, double sigma)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(draw(state) % 1'000'000) / 1e6;
    return (int64_t)(median_s * exp(sigma * sum) * 1e6);
}

static struct fg_job job_of(uint32_t user, uint64_t shape)
{
    return (struct fg_job){.project = 1, .user = user, .tasks = 1, .shape = shape};
}

static void end(struct fg_learn *learn,
                const struct fg_job *job,
                int64_t time_us,
                int64_t ran_us)
{
    struct fg_class class = fg_class_of(job, &one, 1);
    fg_learn_note(learn, &class,
                  &(struct fg_outcome){
                      .time_us = time_us, .ran_us = ran_us, .mem_mib = -1, .is_job = true});
}

static struct fg_learned expect(struct fg_learn *learn, const struct fg_job *job)
{
    struct fg_class class = fg_class_of(job, &one, 1);
    struct fg_learned learned;
    (void)fg_learn_expect(learn, &class, &learned);
    return learned;
}

static bool is_near(int64_t value_us, double wanted_s, double factor)
{
    double ratio = (double)value_us / 1e6 / wanted_s;
    return ratio > 1 / factor && ratio < factor;
}

static void a_value_that_always_comes_is_given_back(void)
{
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    struct fg_job job = job_of(1, 1);
    EQ(expect(learn, &job).p50_us, 0);
    for (int i = 0; i < 50; i++)
        end(learn, &job, START_US + i * S, 1234 * S);
    struct fg_learned learned = expect(learn, &job);
    OK(is_near(learned.p50_us, 1234, 1.0001) && is_near(learned.p95_us, 1234, 1.0001));
    OK(is_near(learned.mean_us, 1234, 1.0001));
    EQ(learned.jobs, 50);
    EQ(learned.level, FG_CLASS_SHAPE_SIZE);
}

/* Of a coarse class, which counts hundreds of runs. */
static void quantiles_of_a_known_distribution_are_found(void)
{
    uint64_t state = 1;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    for (int i = 0; i < 3000; i++) {
        struct fg_job job = job_of((uint32_t)(1 + i), 0);
        end(learn, &job, START_US + i * S, run_of(&state, 600, 1));
    }
    struct fg_job newcomer = job_of(99999, 0);
    struct fg_learned learned = expect(learn, &newcomer);
    EQ(learned.level, FG_CLASS_PROJECT_SIZE);
    OK(is_near(learned.p50_us, 600, 1.25));
    OK(is_near(learned.p80_us, 600 * exp(0.8416), 1.3));
    OK(is_near(learned.p95_us, 600 * exp(1.645), 1.35));
    OK(is_near(learned.mean_us, 600 * exp(0.5), 1.3));
}

/* What a class says of itself takes over as it sees more. */
static void a_new_class_borrows_and_then_speaks_for_itself(void)
{
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    for (uint32_t user = 1; user <= 100; user++) {
        struct fg_job job = job_of(user, 1);
        end(learn, &job, START_US + user * S, 100 * S);
    }
    struct fg_job mine = job_of(500, 77);
    int64_t last_us = expect(learn, &mine).p80_us;
    OK(is_near(last_us, 100, 1.01));
    for (int i = 1; i <= 30; i++) {
        end(learn, &mine, START_US + (200 + i) * S, 10'000 * S);
        int64_t now_us = expect(learn, &mine).p80_us;
        OK(now_us >= last_us);
        last_us = now_us;
    }
    OK(is_near(last_us, 10'000, 1.01));
    OK(is_near(expect(learn, &mine).p50_us, 10'000, 1.01));
}

static void what_is_old_fades(void)
{
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    struct fg_job job = job_of(1, 1);
    int64_t year_us = 365 * 86400 * S;
    for (int i = 0; i < 8; i++)
        end(learn, &job, START_US, 10 * S);
    end(learn, &job, START_US + year_us, 5000 * S);
    end(learn, &job, START_US + year_us, 5000 * S);
    OK(is_near(expect(learn, &job).p50_us, 5000, 1.01));
    OK(expect(learn, &job).weight < 2.1);
    EQ(expect(learn, &job).jobs, 10); /* a count is a count */
}

/* Whatever is noted: quantiles do not cross, shares sum to one, and the same notes give the same answers. */
static void quantiles_never_cross(void)
{
    uint64_t state = 7;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    FG_AUTO(fg_learn) struct fg_learn *twin = fg_learn_new(&config);
    size_t crossed = 0, differ = 0;
    int64_t now_us = START_US;
    for (int i = 0; i < 3000; i++) {
        struct fg_job job = job_of((uint32_t)(draw(&state) % 9), draw(&state) % 5);
        int64_t ran_us = draw(&state) % 20 ? run_of(&state, 60, 3) : INT64_MAX;
        now_us += (int64_t)(draw(&state) % 100'000) * S - 10'000 * S; /* clocks jump */
        end(learn, &job, now_us, ran_us);
        end(twin, &job, now_us, ran_us);
        struct fg_learned a = expect(learn, &job), b = expect(twin, &job);
        crossed += !(a.p50_us > 0 && a.p50_us <= a.p80_us && a.p80_us <= a.p95_us);
        differ += memcmp(&a, &b, sizeof(a)) != 0;
    }
    EQ(crossed, 0);
    EQ(differ, 0);
}

static void shares_sum_to_one(void)
{
    struct fg_loghist fine = {}, coarse = {};
    struct fg_logmix mix = {};
    uint64_t state = 3;
    for (int i = 0; i < 300; i++)
        fg_loghist_add(&coarse, (int64_t)draw(&state), START_US + i, 1000, 100);
    fg_loghist_pour(&fine, 4, &mix); /* empty: nothing changes */
    EQ(fg_logmix_quantile(&mix, 0.5), 0);
    fg_loghist_pour(&coarse, 4, &mix);
    fg_loghist_add(&fine, 5, START_US, 1000, 100);
    fg_loghist_pour(&fine, 4, &mix);
    double sum = 0;
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++)
        sum += mix.share[i];
    OK(fabs(sum - 1) < 1e-9);
    OK(coarse.total <= 100.0001);
}

static void what_is_unseen_makes_room(void)
{
    struct fg_config small = config;
    small.learn_classes_max = 64;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&small);
    for (uint32_t user = 1; user <= 5000; user++) {
        struct fg_job job = job_of(user, user);
        end(learn, &job, START_US + user * S, user * S);
    }
    size_t at = 0, rows = 0;
    struct fg_learn_row row, again;
    struct fg_learned learned;
    while (fg_learn_next(learn, &at, &row)) {
        rows++;
        OK(fg_learn_row(learn, row.key, &again, &learned) && learned.jobs == row.jobs);
    }
    OK(rows <= 64 && rows > 32);
    struct fg_job last = job_of(5000, 5000);
    EQ(expect(learn, &last).level, FG_CLASS_SHAPE_SIZE);
    OK(!fg_learn_row(learn, 12345, &again, &learned));
}

static void memory_and_failures_are_kept(void)
{
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    struct fg_job job = job_of(1, 1);
    struct fg_class class = fg_class_of(&job, &one, 1);
    for (int i = 1; i <= 20; i++)
        fg_learn_note(learn, &class,
                      &(struct fg_outcome){.time_us = START_US + i * S,
                                           .mem_mib = 1000 + i,
                                           .is_job = i % 2 == 0,
                                           .failed = i % 5 == 0,
                                           .interrupted = i % 10 == 1});
    struct fg_learned learned = expect(learn, &job);
    EQ(learned.jobs, 10);
    EQ(learned.failed, 4);
    EQ(learned.interrupted, 2);
    EQ(learned.mem_most_mib, 1020);
    OK(learned.mem_p50_mib >= 1000 && learned.mem_p95_mib <= 1020);
    EQ(learned.p50_us, 0); /* none said how long */
}

static void settings_say_what_is_wanted(void)
{
    struct fg_config own = config;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&own);
    struct fg_job job = job_of(1, 1);
    for (int i = 0; i < 20; i++)
        end(learn, &job, START_US, 7200 * S);
    fg_learn_predict(learn, &job, &one, 1);
    OK(is_near(job.predicted_us, 7200, 1.01) && is_near(job.predicted_most_us, 7200, 1.01));
    own.backfill_default_limit_s = 3600;
    fg_learn_predict(learn, &job, &one, 1);
    EQ(job.predicted_most_us, 3600 * S);
    own.learn_backfill = 0;
    fg_learn_predict(learn, &job, &one, 1);
    EQ(job.predicted_most_us, 0);
    own.learn_durations = 0;
    fg_learn_predict(learn, &job, &one, 1);
    EQ(job.predicted_us, 0);
    own.learn_durations = own.learn_backfill = 1;
    job.time_limit_us = 60 * S;
    fg_learn_predict(learn, &job, &one, 1);
    EQ(job.predicted_us, 60 * S);
    EQ(job.predicted_most_us, 0);
}

static void held(struct fg_learn *learn, const struct fg_job *job, int64_t mib)
{
    struct fg_class class = fg_class_of(job, &one, 1);
    fg_learn_note(learn, &class, &(struct fg_outcome){.time_us = START_US, .mem_mib = mib});
    fg_learn_note(learn, &class,
                  &(struct fg_outcome){
                      .time_us = START_US, .ran_us = 60 * S, .mem_mib = -1, .is_job = true});
}

static void memory_is_set_apart_as_was_taken(void)
{
    struct fg_config wanted = config;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&wanted);
    struct fg_job job = job_of(1, 1), again = job, other = job_of(2, 2);
    struct fg_request none = one, much = one, little = one, mixed[2] = {one, one};
    again.attempt = 1;
    much.mem_mib = 64'000;
    little.mem_mib = 900;
    mixed[0].mem_mib = 64'000;
    wanted.learn_memory = 1;
    EQ(fg_learn_memory(learn, &job, &none, 1, 1'000'000), 0); /* nothing is known */
    for (int i = 0; i < 20; i++)
        held(learn, &job, i == 7 ? 4000 : 1000);
    wanted.learn_memory = 0;
    EQ(fg_learn_memory(learn, &job, &none, 1, 1'000'000), 0);
    wanted.learn_memory = 1;
    uint64_t apart = fg_learn_memory(learn, &job, &none, 1, 1'000'000);
    printf("# 1000 MiB taken, once 4000: %llu set apart\n", (unsigned long long)apart);
    OK(apart >= 1200 && apart <= 5120);
    EQ(fg_learn_memory(learn, &job, &none, 1, 512), 512); /* no node is larger */
    EQ(fg_learn_memory(learn, &job, &much, 1, 1'000'000), 0);
    EQ(fg_learn_memory(learn, &again, &none, 1, 1'000'000), 4864);
    wanted.learn_memory = 2;
    OK(fg_learn_memory(learn, &job, &much, 1, 1'000'000) <= 5120);
    OK(fg_learn_memory(learn, &job, &much, 1, 1'000'000) > 0);
    EQ(fg_learn_memory(learn, &again, &much, 1, 1'000'000), 0); /* the second time as asked */
    EQ(fg_learn_memory(learn, &job, &little, 1, 1'000'000), 0); /* never more than asked */
    EQ(fg_learn_memory(learn, &job, mixed, 2, 1'000'000),
       0); /* which of them it gets is not known */
    EQ(fg_learn_memory(learn, &other, &much, 1, 1'000'000),
       0); /* work of which nothing is known */
    OK(fg_learn_memory(learn, &other, &none, 1, 1'000'000)
       > 0); /* borrows where nothing was promised */
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(a_value_that_always_comes_is_given_back);
    RUN(quantiles_of_a_known_distribution_are_found);
    RUN(a_new_class_borrows_and_then_speaks_for_itself);
    RUN(what_is_old_fades);
    RUN(quantiles_never_cross);
    RUN(shares_sum_to_one);
    RUN(what_is_unseen_makes_room);
    RUN(memory_and_failures_are_kept);
    RUN(memory_is_set_apart_as_was_taken);
    RUN(settings_say_what_is_wanted);
    return tap_done();
}
