/* sim_runs.c - see sim_runs.h */
#include "cli/sim_runs.h"

#include "base/clock.h"
#include "cli/bar.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_NS 50'000'000

struct work {
    struct fg_sim_batch *batch;
    atomic_size_t next;
    atomic_size_t ended;
    atomic_size_t *done; /* jobs, by case */
};

/* What one case's simulation reports to. */
struct teller {
    struct work *work;
    size_t at;
};

static void progress(void *self, size_t done, [[maybe_unused]] size_t jobs)
{
    struct teller *teller = self;
    atomic_store_explicit(&teller->work->done[teller->at], done, memory_order_relaxed);
}

static double now_s(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return (double)clock->mono_us(clock->self) / 1e6;
}

static void run_live(const struct work *work, struct fg_sim_case *one, struct teller *teller)
{
    struct fg_sim_options options = work->batch->options;
    options.config = &one->config;
    options.order = one->policy.order;
    options.preempt = one->policy.preempt;
    options.place = one->policy.place;
    options.allocate = one->policy.allocate;
    options.optimise = one->policy.optimises;
    options.backfill = one->policy.backfill;
    options.saving = one->saving;
    options.home_percent = one->policy.home_percent;
    options.progress = progress;
    options.self = teller;
    one->rc = fg_sim_run(&options, &one->result, &one->err);
}

static void run_rounds(struct fg_sim_case *one, struct teller *teller)
{
    one->rounds.progress = progress;
    one->rounds.self = teller;
    one->rc = fg_rounds_sim(&one->rounds, &one->result, &one->err);
}

static void run_case(struct work *work, size_t at)
{
    struct fg_sim_case *one = &work->batch->cases[at];
    struct teller teller = {work, at};
    double began_s = now_s();
    if (one->rounds.policy)
        run_rounds(one, &teller);
    else
        run_live(work, one, &teller);
    one->seconds = now_s() - began_s;
    if (one->rc == 0)
        fg_sim_summarise(one->result, work->batch->window_first, work->batch->window_end,
                         &one->summary);
    atomic_store(&work->done[at], work->batch->options.trace->jobs_len);
    atomic_fetch_add(&work->ended, 1);
}

static void *run_some(void *self)
{
    struct work *work = self;
    size_t at;
    while ((at = atomic_fetch_add(&work->next, 1)) < work->batch->cases_len)
        run_case(work, at);
    return NULL;
}

static void show(struct work *work)
{
    struct fg_bar bar = fg_bar_new(stderr);
    const struct fg_sim_batch *batch = work->batch;
    size_t jobs = batch->options.trace->jobs_len * batch->cases_len, ended;
    while ((ended = atomic_load(&work->ended)) < batch->cases_len) {
        size_t done = 0;
        for (size_t i = 0; i < batch->cases_len; i++)
            done += atomic_load_explicit(&work->done[i], memory_order_relaxed);
        char tail[64];
        snprintf(tail, sizeof(tail), "%zu of %zu policies", ended, batch->cases_len);
        fg_bar_draw(&bar, "simulating", (double)done / (double)jobs, tail, false);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    fg_bar_clear(&bar);
}

/* With one case, or without a terminal to draw on, nothing is gained by threads of their own. */
static void run_threads(struct work *work, size_t threads)
{
    pthread_t handles[FG_SIM_RUNS_MAX];
    size_t len = 0;
    while (len < threads && pthread_create(&handles[len], NULL, run_some, work) == 0)
        len++;
    if (len == 0)
        (void)run_some(work);
    else
        show(work);
    for (size_t i = 0; i < len; i++)
        pthread_join(handles[i], NULL);
}

int fg_sim_run_all(struct fg_sim_batch *batch, size_t threads, struct fg_err *err)
{
    struct work work = {.batch = batch, .done = calloc(batch->cases_len, sizeof(work.done[0]))};
    if (!work.done)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu simulations", batch->cases_len);
    if (threads > batch->cases_len)
        threads = batch->cases_len;
    run_threads(&work, threads);
    free(work.done);
    for (size_t i = 0; i < batch->cases_len; i++)
        if (batch->cases[i].rc < 0) {
            *err = batch->cases[i].err;
            return batch->cases[i].rc;
        }
    return 0;
}

void fg_sim_cases_free(struct fg_sim_case *cases, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        fg_sim_result_free(cases[i].result);
        fg_sim_summary_free(&cases[i].summary);
    }
    free(cases);
}
