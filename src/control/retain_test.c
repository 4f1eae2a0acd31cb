/* retain_test.c - when old rows are asked to go, how old they are, and what a failure does. */
#include "control/control_inner.h"

#include "test/tap.h"

#define SECOND_US 1000000LL
#define DAY_US    (86400 * SECOND_US)
#define START_US  (20000 * DAY_US)

/* A store that counts and answers as told. */
struct fg_store {
    int begun, pruned, answer;
    struct fg_store_prune what;
};

static int begin(struct fg_store *store, struct fg_err *err)
{
    (void)err;
    store->begun++;
    return 0;
}

static int prune(struct fg_store *store, const struct fg_store_prune *what, struct fg_err *err)
{
    store->pruned++;
    store->what = *what;
    return store->answer < 0 ? fg_fail(err, store->answer, "prune: no room") : store->answer;
}

static const struct fg_store_ops ops = {.begin = begin, .prune = prune};
static const struct fg_store_ops ops_without = {.begin = begin};

static void at(struct fg_control *control, int64_t us)
{
    control->now_us = us;
    control->in_batch = false;
    control->batch_rc = 0;
    fg_control_retain(control);
}

static void test_it_comes_after_a_minute_in_bites_and_then_each_hour(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct fg_store store = {.answer = 500};
    struct fg_control control = {
        .options = {.store_ops = &ops, .store = &store}, .config = &config, .now_us = START_US};
    fg_control_retain_begin(&control);

    at(&control, START_US + 60 * SECOND_US - 1);
    EQ(store.pruned, 0);
    EQ(store.begun, 0);
    int64_t now = START_US + 60 * SECOND_US;
    at(&control, now);
    EQ(store.pruned, 1);
    EQ(store.begun, 1);
    EQ(store.what.limit, 500);
    EQ(store.what.jobs_before_us, now - config.job_days * DAY_US);
    EQ(store.what.events_before_us, now - config.job_days * DAY_US);
    EQ(store.what.artifacts_before_us, now - config.artifact_days * DAY_US);
    EQ(store.what.keys_before_us, now - 7 * DAY_US);
    EQ(store.what.events_max, 1000000);

    at(&control, now + 49999);
    EQ(store.pruned, 1);
    store.answer = 0;
    at(&control, now + 50000);
    EQ(store.pruned, 2);
    at(&control, now + 3600 * SECOND_US);
    EQ(store.pruned, 2);
    at(&control, now + 50000 + 3600 * SECOND_US);
    EQ(store.pruned, 3);
}

static void test_a_failure_undoes_the_step_but_not_each_step(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct fg_store store = {.answer = FG_ENOSPC};
    struct fg_control control = {
        .options = {.store_ops = &ops, .store = &store}, .config = &config, .now_us = START_US};
    fg_control_retain_begin(&control);

    int64_t now = START_US + 60 * SECOND_US;
    at(&control, now);
    EQ(control.batch_rc, FG_ENOSPC);
    at(&control, now + 59 * SECOND_US);
    EQ(control.batch_rc, 0);
    EQ(store.pruned, 1);
    at(&control, now + 60 * SECOND_US);
    EQ(store.pruned, 2);
}

static void test_nothing_in_a_step_that_failed_already(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct fg_store store = {};
    struct fg_control control = {.options = {.store_ops = &ops, .store = &store},
                                 .config = &config,
                                 .now_us = START_US + DAY_US,
                                 .batch_rc = FG_ENOSPC};
    fg_control_retain(&control);
    EQ(store.pruned, 0);
}

static void test_a_store_may_keep_everything(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct fg_store store = {};
    struct fg_control control = {.options = {.store_ops = &ops_without, .store = &store},
                                 .config = &config,
                                 .now_us = START_US};
    fg_control_retain_begin(&control);
    at(&control, START_US + 1000 * DAY_US);
    EQ(store.begun, 0);
}

int main(void)
{
    RUN(test_it_comes_after_a_minute_in_bites_and_then_each_hour);
    RUN(test_a_failure_undoes_the_step_but_not_each_step);
    RUN(test_nothing_in_a_step_that_failed_already);
    RUN(test_a_store_may_keep_everything);
    return tap_done();
}
