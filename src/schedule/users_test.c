/* users_test.c - limits for each user over a tree of projects: worked examples, and random histories against a recount. */
#include "schedule/quota.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 400
#define NODES    4
#define PROJECTS 4
#define USERS    3
#define S        INT64_C(1000000)

struct run {
    struct fg_job job;
    struct fg_grant grants[4];
    size_t len; /* 0: it waits */
    bool over;
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

static struct town *build(uint64_t seed)
{
    struct town *town = calloc(1, sizeof(*town));
    must(town);
    *town = (struct town){.seed = seed, .now_us = 1'700'000'000 * S};
    fg_config_defaults(&town->config);
    town->pool = fg_pool_new(NODES);
    town->ranking = fg_ranking_new(&town->config, fg_job_orders[0], FG_PREEMPT_OFF);
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
    return town;
}

static void clear(struct town *town)
{
    fg_schedule_free(town->schedule);
    fg_queue_free(town->queue);
    fg_ranking_free(town->ranking);
    fg_pool_free(town->pool);
    free(town);
}

/* Also what it does not know: what runs is counted again, as the controller does. */
static void put(struct town *town,
                fg_project_id id,
                fg_project_id parent,
                struct fg_user_limits limits)
{
    struct fg_project project = {.id = id,
                                 .parent = parent,
                                 .weight = 100,
                                 .quota = {-1, -1, -1, -1, -1},
                                 .user_limits = limits};
    snprintf(project.name, sizeof(project.name), "p%u", id);
    must(fg_queue_project_put(town->queue, &project, NULL) == 0);
    for (fg_project_id at = 1; at <= fg_queue_projects_max(town->queue); at++) {
        fg_queue_held(town->queue, at)->below = (struct fg_amount){};
        fg_queue_held(town->queue, at)->below_running = 0;
    }
    for (size_t r = 0; r < town->len; r++)
        if (town->runs[r].len)
            fg_quota_add(town->queue, town->pool, &town->runs[r].job, town->runs[r].grants,
                         town->runs[r].len);
}

static struct run *submit(
    struct town *town, fg_project_id project, uint32_t user, uint32_t tasks, uint32_t tasks_max)
{
    struct run *run = &town->runs[town->len++];
    struct fg_request request = {.kind = "h100", .count = 1, .gpu_milli = 1000};
    *run = (struct run){.job = {.id = town->len,
                                .project = project,
                                .user = user,
                                .tasks = tasks,
                                .tasks_max = tasks_max,
                                .submitted_us = town->now_us,
                                .time_limit_us = 3600 * S,
                                .request = fg_queue_class(town->queue, &request, 1)}};
    must(fg_queue_add(town->queue, &run->job, NULL) == 0);
    return run;
}

static size_t pass(struct town *town)
{
    const struct fg_decision *decisions;
    fg_queue_advance(town->queue, town->now_us);
    size_t len =
        fg_schedule_go_on(town->schedule, town->pool, town->queue, town->now_us, &decisions);
    for (size_t i = 0; i < len; i++) {
        struct run *run = &town->runs[decisions[i].job - 1];
        must(decisions[i].kind == FG_DECIDE_START);
        run->len = decisions[i].grants_len;
        memcpy(run->grants, fg_schedule_grants(town->schedule) + decisions[i].grants_at,
               run->len * sizeof(run->grants[0]));
        run->job.state = FG_JOB_RUNNING;
        run->job.started_us = town->now_us;
        fg_queue_set(town->queue, &run->job);
    }
    return len;
}

static void end(struct town *town, struct run *run)
{
    const struct fg_project *project = fg_queue_project(town->queue, run->job.project);
    struct fg_amount amount = fg_schedule_amount(town->pool, project, run->grants, run->len);
    fg_held_take(fg_queue_held(town->queue, project->id), &amount);
    fg_quota_take(town->queue, town->pool, &run->job, run->grants, run->len);
    for (size_t i = 0; i < run->len; i++)
        fg_pool_release(town->pool, &run->grants[i]);
    fg_schedule_over(town->schedule, run->job.id);
    fg_queue_del(town->queue, run->job.id);
    run->len = 0;
    run->over = true;
}

/* -- the recount ---------------------------------------------------------------------------------- */

static struct fg_user_held recount(const struct town *town,
                                   fg_project_id project,
                                   uint32_t user)
{
    struct fg_user_held sum = {};
    for (size_t r = 0; r < town->len; r++) {
        const struct run *run = &town->runs[r];
        const struct fg_project *at = fg_queue_project(town->queue, run->job.project);
        while (at && at->id != project)
            at = fg_queue_project(town->queue, at->parent);
        if (!at || run->over || run->job.user != user)
            continue;
        sum.running += run->len > 0;
        sum.gpu_milli += 1000 * (int64_t)run->len;
        sum.queued += run->len == 0;
    }
    return sum;
}

static bool row_agrees(const struct town *town, const struct fg_project *project, uint32_t user)
{
    const struct fg_user_held *row = fg_queue_user(town->queue, project->id, user);
    struct fg_user_held is = recount(town, project->id, user);
    if (!row)
        return !fg_user_limits_any(&project->user_limits)
               || (is.running == 0 && is.queued == 0);
    return row->running == is.running && row->gpu_milli == is.gpu_milli
           && row->queued == is.queued;
}

static bool agrees(const struct town *town)
{
    for (fg_project_id id = 1; id <= fg_queue_projects_max(town->queue); id++)
        for (uint32_t user = 0; user < USERS; user++)
            if (!row_agrees(town, fg_queue_project(town->queue, id), user))
                return false;
    return true;
}

/* Would a limit be broken if so many tasks of the user ran there, beside what runs? */
static bool allowed(
    const struct town *town, fg_project_id project, uint32_t user, uint32_t jobs, size_t tasks)
{
    for (const struct fg_project *at = fg_queue_project(town->queue, project); at;
         at = fg_queue_project(town->queue, at->parent)) {
        struct fg_user_held is = recount(town, at->id, user);
        const struct fg_user_limits *limits = &at->user_limits;
        if ((limits->running && is.running + jobs > limits->running)
            || (limits->gpu_milli && is.gpu_milli + 1000 * (int64_t)tasks > limits->gpu_milli))
            return false;
    }
    return true;
}

/* -- worked examples ---------------------------------------------------------------------------------- */

static void who_is_at_the_limit_blocks_nobody_else(void)
{
    struct town *town = build(1);
    put(town, 1, 0, (struct fg_user_limits){.running = 2});
    for (int i = 0; i < 100; i++)
        submit(town, 1, 1, 1, 0);
    for (int i = 0; i < 4; i++)
        submit(town, 1, 2, 1, 0);
    EQ(pass(town), 4); /* two of each, though the first user's all come before */
    EQ(fg_queue_user(town->queue, 1, 1)->running, 2);
    EQ(fg_queue_user(town->queue, 1, 1)->queued, 98);
    EQ(fg_queue_user(town->queue, 1, 2)->gpu_milli, 2000);
    OK(fg_schedule_looked(town->schedule) <= 8); /* not job by job */
    end(town, &town->runs[0]);
    EQ(pass(town), 1);
    OK(town->runs[2].len == 1);
    put(town, 1, 0, (struct fg_user_limits){});
    EQ(pass(town), 12); /* all that there are */
    OK(fg_queue_user(town->queue, 1, 1) == NULL);
    clear(town);
}

static void a_gang_counts_whole_and_grows_within_the_limit(void)
{
    struct town *town = build(1);
    put(town, 1, 0, (struct fg_user_limits){.gpu_milli = 3000, .running = 1});
    struct run *wide = submit(town, 1, 1, 4, 0), *elastic = submit(town, 1, 1, 2, 4);
    EQ(pass(town), 1);
    EQ(wide->len, 0);
    EQ(elastic->len, 3);
    struct fg_err err = {};
    EQ(fg_quota_allows_kind(town->queue, town->pool, &wide->job,
                            (struct fg_amount){.gpu_milli = 4000}, 0, &err),
       FG_EQUOTA);
    OK(strstr(err.text, "project p1: limit of 1 running jobs for each user: 1 held, 1 asked"));
    clear(town);
}

static void a_limit_above_holds_below(void)
{
    struct town *town = build(1);
    put(town, 1, 0, (struct fg_user_limits){.gpu_milli = 3000});
    put(town, 2, 1, (struct fg_user_limits){});
    put(town, 3, 1, (struct fg_user_limits){.running = 1});
    for (int i = 0; i < 8; i++)
        submit(town, 2 + (fg_project_id)i % 2, (uint32_t)i / 4, 1, 0);
    EQ(pass(town), 6); /* for each user two of project 2 and one of 3 */
    EQ(fg_queue_user(town->queue, 1, 0)->gpu_milli, 3000);
    EQ(fg_queue_user(town->queue, 3, 1)->running, 1);
    OK(agrees(town));
    clear(town);
}

static void submits_are_counted_by_the_minute(void)
{
    const struct fg_project project = {.name = "p", .user_limits = {.submits_per_minute = 3}};
    struct fg_user_held held = {};
    for (int i = 0; i < 3; i++) {
        EQ(fg_user_pause_us(&project, &held, 100 * S), 0);
        fg_user_submitted(&project, &held, 100 * S);
    }
    EQ(fg_user_pause_us(&project, &held, 100 * S), 20 * S);
    EQ(fg_user_pause_us(&project, &held, 119 * S), S);
    EQ(fg_user_pause_us(&project, &held, 120 * S), 0);
    fg_user_submitted(&project, &held, 120 * S);
    EQ(fg_user_pause_us(&project, &held, 121 * S), 19 * S);
    EQ(fg_user_pause_us(&project, &held, 300 * S), 0);
    EQ(fg_user_pause_us(&(struct fg_project){}, &held, 0), 0); /* no limit */
}

/* -- random histories ------------------------------------------------------------------------------------ */

static void put_some(struct town *town)
{
    fg_project_id id = 1 + draw(town, PROJECTS);
    put(town, id, id > 1 ? draw(town, id) : 0,
        (struct fg_user_limits){.running = draw(town, 3) ? 0 : 1 + draw(town, 4),
                                .gpu_milli = draw(town, 3) ? 0 : 1000 * (1 + draw(town, 6)),
                                .queued = draw(town, 8) ? 0 : 5});
}

/* Nothing holds one task up but a limit, a full pool, or devices that are kept for somebody. */
static bool is_worked_off(const struct town *town)
{
    if (fg_schedule_reservation(town->schedule).job)
        return true;
    size_t held = 0;
    for (size_t r = 0; r < town->len; r++)
        held += town->runs[r].len;
    for (size_t r = 0; r < town->len && held < 4UL * NODES; r++) {
        const struct run *run = &town->runs[r];
        if (!run->over && !run->len && run->job.tasks <= 4UL * NODES - held
            && allowed(town, run->job.project, run->job.user, 1, run->job.tasks))
            return false;
    }
    return true;
}

static bool is_within(const struct town *town)
{
    for (size_t r = 0; r < town->len; r++)
        if (town->runs[r].len
            && !allowed(town, town->runs[r].job.project, town->runs[r].job.user, 0, 0))
            return false;
    return true;
}

static void random_history(uint64_t seed)
{
    struct town *town = build(seed);
    fg_schedule_set_backfill(town->schedule, (enum fg_backfill)(seed % 2));
    bool put_late = false, good = true;
    for (fg_project_id id = 1; id <= PROJECTS; id++)
        put(town, id, id > 1 ? draw(town, id) : 0, (struct fg_user_limits){});
    for (int i = 0; i < 4; i++)
        put_some(town);
    for (int step = 0; step < 150 && good; step++) {
        uint32_t what = draw(town, 20);
        if (what == 0) {
            put_some(town);
            put_late = true; /* limits that are below what is held take nothing away */
        } else if (what < 9 && town->len < JOBS_MAX) {
            uint32_t tasks = draw(town, 4) ? 1 : 1 + draw(town, 4);
            submit(town, 1 + draw(town, PROJECTS), draw(town, USERS), tasks,
                   tasks < 4 && draw(town, 4) == 0 ? tasks + 1 : 0);
        } else if (what < 14 && town->len) {
            struct run *run = &town->runs[draw(town, (uint32_t)town->len)];
            if (run->len)
                end(town, run);
        }
        town->now_us += (int64_t)draw(town, 100) * S;
        pass(town);
        good = agrees(town) && (put_late || is_within(town)) && is_worked_off(town);
    }
    if (!good)
        printf("# seed %llu\n", (unsigned long long)seed);
    OK(good);
    clear(town);
}

static void random_histories(void)
{
    for (uint64_t seed = 1; seed <= 300; seed++)
        random_history(seed);
}

int main(void)
{
    RUN(who_is_at_the_limit_blocks_nobody_else);
    RUN(a_gang_counts_whole_and_grows_within_the_limit);
    RUN(a_limit_above_holds_below);
    RUN(submits_are_counted_by_the_minute);
    RUN(random_histories);
    return tap_done();
}
