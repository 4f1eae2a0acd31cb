/* guarantee_test.c - quotas and guarantees over a tree of projects: worked examples, and random histories in which every job
 * can be asked to stop. */
#include "schedule/quota.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 400
#define NODES    4
#define PROJECTS 5
#define S        INT64_C(1000000)

struct run {
    struct fg_job job;
    struct fg_grant grants[4];
    bool running, stopping;
};

struct town {
    uint64_t seed;
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct run runs[JOBS_MAX];
    size_t len;
    int64_t now_us;
    size_t preempted;
    bool broken;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static uint32_t draw(struct town *town, uint32_t below)
{
    uint64_t z = town->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void build(struct town *town, uint64_t seed)
{
    *town = (struct town){.seed = seed, .now_us = 1'700'000'000 * S};
    fg_config_defaults(&town->config);
    town->pool = fg_pool_new(NODES);
    town->ranking = fg_ranking_new(&town->config, fg_job_orders[0], FG_PREEMPT_PRIORITY);
    town->queue = fg_ranking_queue(town->ranking, JOBS_MAX);
    town->schedule = fg_schedule_new(&town->config);
    fg_schedule_rank(town->schedule, town->ranking);
    for (uint32_t i = 0; i < NODES; i++) {
        struct fg_node_spec spec = {.cpu_milli = 64000, .mem_mib = 65536, .devices_len = 4};
        snprintf(spec.name, sizeof(spec.name), "n%u", i);
        for (size_t d = 0; d < 4; d++)
            spec.devices[d] = (struct fg_device_spec){.kind = "h100", .mem_mib = 1024};
        must(fg_pool_add(town->pool, &spec, NULL, NULL) == 0);
    }
}

static void clear(struct town *town)
{
    fg_schedule_free(town->schedule);
    fg_queue_free(town->queue);
    fg_ranking_free(town->ranking);
    fg_pool_free(town->pool);
}

static void put(struct town *town, struct fg_project project, int64_t guarantee, int64_t limit)
{
    project.weight = 100;
    project.quota = (struct fg_quota){limit, -1, -1, -1, -1};
    project.guarantee_milli = guarantee;
    snprintf(project.name, sizeof(project.name), "p%u", project.id);
    must(fg_queue_project_put(town->queue, &project, NULL) == 0);
}

static struct run *submit(
    struct town *town, fg_project_id project, uint32_t devices, int priority, bool preemptible)
{
    struct run *run = &town->runs[town->len++];
    struct fg_request request = {.kind = "h100", .count = devices, .gpu_milli = 1000};
    *run = (struct run){.job = {.id = town->len,
                                .project = project,
                                .tasks = 1,
                                .priority_milli = priority,
                                .preemptible = preemptible,
                                .submitted_us = town->now_us,
                                .time_limit_us = 3600 * S,
                                .request = fg_queue_class(town->queue, &request, 1)}};
    must(fg_queue_add(town->queue, &run->job, NULL) == 0);
    return run;
}

/* What all jobs in the project and below it hold, counted afresh. */
static int64_t use_of(const struct town *town, fg_project_id project)
{
    int64_t sum = 0;
    for (size_t r = 0; r < town->len; r++)
        for (fg_project_id at = town->runs[r].running ? town->runs[r].job.project : 0; at;
             at = fg_queue_project(town->queue, at)->parent)
            if (at == project)
                sum += __builtin_popcount(town->runs[r].grants[0].devices) * 1000;
    return sum;
}

static void stop(struct town *town, struct run *run)
{
    struct fg_amount amount = fg_schedule_amount(
        town->pool, fg_queue_project(town->queue, run->job.project), run->grants, 1);
    fg_held_take(fg_queue_held(town->queue, run->job.project), &amount);
    fg_quota_take(town->queue, town->pool, &run->job, run->grants, 1);
    fg_pool_release(town->pool, run->grants);
    fg_schedule_over(town->schedule, run->job.id);
    run->running = run->stopping = false;
}

static void apply(struct town *town, const struct fg_decision *decision)
{
    struct run *run = &town->runs[decision->job - 1];
    if (decision->kind == FG_DECIDE_PREEMPT) {
        run->stopping = true;
        town->preempted++;
        fg_schedule_runs(town->schedule, town->queue,
                         &(struct fg_running){.job = run->job.id,
                                              .end_us = town->now_us,
                                              .grants = run->grants,
                                              .grants_len = 1,
                                              .stopping = true});
        return;
    }
    run->grants[0] = fg_schedule_grants(town->schedule)[decision->grants_at];
    run->running = true;
    run->job.state = FG_JOB_RUNNING;
    run->job.started_us = town->now_us;
    fg_queue_set(town->queue, &run->job);
}

static size_t pass(struct town *town)
{
    const struct fg_decision *decisions;
    fg_queue_advance(town->queue, town->now_us);
    size_t len =
        fg_schedule_go_on(town->schedule, town->pool, town->queue, town->now_us, &decisions);
    for (size_t i = 0; i < len; i++)
        apply(town, &decisions[i]);
    for (fg_project_id id = 1; id <= fg_queue_projects_max(town->queue); id++) {
        const struct fg_project *project = fg_queue_project(town->queue, id);
        const struct fg_held *held = fg_queue_held(town->queue, id);
        int64_t use = use_of(town, id);
        if (held->gpu_milli + held->below.gpu_milli != use
            || (project->quota.gpu_milli >= 0 && use > project->quota.gpu_milli))
            town->broken = true;
    }
    return len;
}

/* The grace is over: who was asked to stop has, and waits again. */
static void end_of_grace(struct town *town)
{
    town->now_us += 30 * S;
    for (size_t r = 0; r < town->len; r++) {
        struct run *run = &town->runs[r];
        if (!run->stopping)
            continue;
        stop(town, run);
        run->job.state = FG_JOB_QUEUED;
        fg_queue_set(town->queue, &run->job);
    }
}

/* -- worked examples ------------------------------------------------------------------------------- */

static void who_has_borrowed_gives_back_no_more_than_that(void)
{
    struct town *town = malloc(sizeof(*town));
    build(town, 1);
    put(town, (struct fg_project){.id = 1}, 4000, -1);
    put(town, (struct fg_project){.id = 2}, 8000, -1);
    for (int i = 0; i < 16; i++)
        submit(town, 1, 1, 0, true);
    EQ(pass(town), 16);
    for (int i = 0; i < 12; i++)
        submit(town, 2, 1, 0, true);
    EQ(pass(town), 8);
    EQ(town->preempted, 8);
    for (int i = 0; i < 8; i++)
        OK(!town->runs[i].stopping); /* the youngest go */
    EQ(pass(town), 0);               /* and are asked once */
    end_of_grace(town);
    EQ(pass(town), 8);
    EQ(use_of(town, 1), 8000);
    EQ(use_of(town, 2), 8000);
    EQ(pass(town), 0); /* and nobody pushes back */
    OK(!town->broken);
    clear(town);
    free(town);
}

static void who_cannot_be_stopped_is_let_end(void)
{
    struct town *town = malloc(sizeof(*town));
    build(town, 1);
    put(town, (struct fg_project){.id = 1}, 0, -1);
    put(town, (struct fg_project){.id = 2}, 4000, -1);
    for (int i = 0; i < 4; i++)
        submit(town, 1, 4, 0, false);
    EQ(pass(town), 4);
    struct run *high = submit(town, 1, 4, 90000, false), *own = submit(town, 2, 4, 0, true);
    EQ(pass(town), 0);
    EQ(fg_schedule_reservation(town->schedule).job, own->job.id); /* the next place is its */
    stop(town, &town->runs[0]);
    fg_queue_del(town->queue, 1);
    EQ(pass(town), 1);
    OK(own->running && !high->running);
    EQ(pass(town), 0); /* what is guaranteed is not pushed aside for its priority */
    EQ(town->preempted, 0);
    clear(town);
    free(town);
}

static void beyond_the_guarantee_only_who_can_be_stopped(void)
{
    struct town *town = malloc(sizeof(*town));
    build(town, 1);
    put(town, (struct fg_project){.id = 1, .borrows_back = true}, 2000, -1);
    struct run *first = submit(town, 1, 2, 0, false), *second = submit(town, 1, 1, 0, false),
               *third = submit(town, 1, 1, 0, true);
    EQ(pass(town), 2);
    OK(first->running && !second->running && third->running);
    clear(town);
    free(town);
}

static void a_limit_above_counts_what_is_below(void)
{
    struct town *town = malloc(sizeof(*town));
    struct fg_err err = {};
    build(town, 1);
    put(town, (struct fg_project){.id = 1}, 0, 3000);
    put(town, (struct fg_project){.id = 2, .parent = 1}, 0, -1);
    put(town, (struct fg_project){.id = 3, .parent = 1}, 0, 2000);
    for (int i = 0; i < 6; i++)
        submit(town, 2 + (fg_project_id)i % 2, 1, 0, true);
    EQ(pass(town), 3);
    EQ(use_of(town, 1), 3000);
    EQ(fg_quota_allows_kind(town->queue, town->pool, &(struct fg_job){.project = 2},
                            (struct fg_amount){.gpu_milli = 1000}, 0, &err),
       FG_EQUOTA);
    OK(strstr(err.text, "project p1: quota of 3000 milli-devices: 3000 held, 1000 asked"));
    clear(town);
    free(town);
}

/* -- random histories -------------------------------------------------------------------------------- */

/* A waiting job of one device that some guarantee covers: there is none once a grace is over. */
static bool is_owed(const struct town *town, const struct run *run)
{
    bool owed = false;
    for (fg_project_id at = run->job.project; at;
         at = fg_queue_project(town->queue, at)->parent) {
        const struct fg_project *project = fg_queue_project(town->queue, at);
        int64_t use = use_of(town, at) + 1000;
        if (project->quota.gpu_milli >= 0 && use > project->quota.gpu_milli)
            return false;
        owed = owed || use <= project->guarantee_milli;
    }
    return owed;
}

static bool all_are_paid(const struct town *town)
{
    for (size_t r = 0; r < town->len; r++)
        if (town->runs[r].job.state == FG_JOB_QUEUED && is_owed(town, &town->runs[r]))
            return false;
    return true;
}

static void random_tree(struct town *town)
{
    int64_t left = 16000;
    for (fg_project_id id = 1; id <= PROJECTS; id++) {
        fg_project_id parent = id > 1 ? draw(town, id) : 0;
        int64_t most =
            parent ? fg_queue_project(town->queue, parent)->guarantee_milli / 2 : left;
        int64_t guarantee = 1000LL * draw(town, (uint32_t)(most / 1000) / 2 + 1);
        if (!parent)
            left -= guarantee;
        put(town, (struct fg_project){.id = id, .parent = parent}, guarantee,
            draw(town, 2) ? -1 : guarantee + 1000LL * draw(town, 8));
    }
}

static void some_end(struct town *town, uint32_t of)
{
    for (size_t r = 0; r < town->len; r++) {
        struct run *run = &town->runs[r];
        if (!run->running || draw(town, of))
            continue;
        stop(town, run);
        run->job.state = FG_JOB_SUCCEEDED;
        fg_queue_del(town->queue, run->job.id);
    }
}

/* Nobody comes or ends: it comes to rest. */
static bool rests(struct town *town)
{
    for (int i = 0; i < 4; i++) {
        pass(town);
        end_of_grace(town);
    }
    return pass(town) == 0;
}

/* In every second life backfill is found by search: quotas and guarantees hold all the same. */
static bool live(struct town *town, uint64_t seed, uint32_t largest)
{
    bool good = true;
    build(town, seed);
    fg_schedule_optimise(town->schedule, seed % 2 == 0);
    random_tree(town);
    for (int round = 0; good && town->len + 24 < JOBS_MAX; round++) {
        for (uint32_t i = draw(town, 24); i > 0; i--)
            submit(town, 1 + draw(town, PROJECTS), 1 + draw(town, largest),
                   (int)draw(town, 5) * 1000, true);
        pass(town);
        end_of_grace(town);
        pass(town);
        good = !town->broken && (largest > 1 || all_are_paid(town)) && rests(town);
        some_end(town, 4);
    }
    clear(town);
    return good;
}

static void limits_and_guarantees_hold_in_random_histories(void)
{
    struct town *town = malloc(sizeof(*town));
    bool good = true;
    for (uint64_t seed = 1; seed <= 150 && good; seed++) {
        good = live(town, seed, 1) && live(town, seed, 4);
        if (!good)
            printf("# seed %llu\n", (unsigned long long)seed);
    }
    OK(good);
    free(town);
}

int main(void)
{
    RUN(who_has_borrowed_gives_back_no_more_than_that);
    RUN(who_cannot_be_stopped_is_let_end);
    RUN(beyond_the_guarantee_only_who_can_be_stopped);
    RUN(a_limit_above_counts_what_is_below);
    RUN(limits_and_guarantees_hold_in_random_histories);
    return tap_done();
}
