/* world.c - see world.h; what is checked after each pass stands in pass(). */
#include "test/schedule/world.h"

#include "schedule/priority.h"
#include "schedule/stop.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* -- building ------------------------------------------------------------------------------------ */

void add_node(struct world *world,
              const char *name,
              uint32_t cores,
              const char *kind,
              uint32_t count,
              const char *second)
{
    struct fg_node_spec spec = {.cpu_milli = cores * 1000, .mem_mib = cores * 4096ULL};
    snprintf(spec.name, sizeof(spec.name), "%s", name);
    for (uint32_t i = 0; i < count; i++) {
        struct fg_device_spec *device = &spec.devices[spec.devices_len++];
        snprintf(device->kind, sizeof(device->kind), "%s",
                 i % 3 == 2 && second ? second : kind);
        device->mem_mib = 40960;
    }
    if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
        abort();
}

void add_project(struct world *world, uint32_t id, const struct fg_quota *quota)
{
    struct fg_project project = {.id = id, .weight = 100, .quota = *quota};
    snprintf(project.name, sizeof(project.name), "p%u", id);
    if (world->traits.quotas && draw(world, 2)) {
        project.kinds_len = 1;
        snprintf(project.kinds[0].kind, sizeof(project.kinds[0].kind), "h100");
        project.kinds[0].gpu_milli = 1000LL * draw(world, 6);
    }
    if (world->traits.bonuses)
        project.priority = (int32_t)draw(world, 5);
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
}

void create(struct world *world)
{
    fg_config_defaults(&world->config);
    world->config.backfill_depth = 1000000;
    world->pool = fg_pool_new(NODES_MAX);
    world->copy = fg_pool_new(NODES_MAX);
    const char *order = world->traits.order;
    world->ranking =
        order ? fg_ranking_new(&world->config, fg_job_order_find(order), FG_PREEMPT_ORDER)
              : fg_ranking_new(&world->config, fg_job_orders[0], FG_PREEMPT_PRIORITY);
    world->config.preempt_quantum_s = 4;
    world->config.las_first_device_s = 8;
    world->queue = fg_ranking_queue(world->ranking, JOBS_MAX);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    /* Of what it has seen it would make a mix of its own; this policy has no memory. */
    fg_schedule_place(world->schedule, fg_place_policy_find("best-fit"), 1);
    world->now_us = 1'700'000'000 * S;
}

#define GRACE_MIN_US S
#define GRACE_MAX_US (20 * S)

const struct fg_quota no_quota = {-1, -1, -1, -1, -1};

void build(struct world *world, uint64_t seed, struct traits traits)
{
    *world = (struct world){.seed = seed, .traits = traits};
    create(world);
    world->config.optimise_tries = 60;
    fg_schedule_optimise(world->schedule, traits.optimise);
    if (traits.conservative)
        fg_schedule_set_backfill(world->schedule, FG_BACKFILL_CONSERVATIVE);
    if (traits.conservative && draw(world, 2))
        world->config.backfill_promises = 1 + draw(world, 8);
    static const char *const kinds[] = {"h100-sxm", "a100", "h100-pcie"};
    uint32_t nodes = 1 + draw(world, NODES_MAX);
    for (uint32_t i = 0; i < nodes; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%u", i);
        add_node(world, name, 2 + draw(world, 30), kinds[draw(world, 3)],
                 draw(world, 4) ? draw(world, 9) : 0,
                 draw(world, 3) ? NULL : kinds[draw(world, 3)]);
    }
    for (uint32_t id = 1; id <= PROJECTS; id++) {
        struct fg_quota quota = no_quota;
        if (traits.quotas && draw(world, 3)) {
            quota.gpu_milli = draw(world, 2) ? 500LL * (1 + draw(world, 20)) : -1;
            quota.cpu_milli = draw(world, 2) ? 1000LL * (1 + draw(world, 40)) : -1;
            quota.mem_mib = draw(world, 2) ? 4096LL * (1 + draw(world, 40)) : -1;
            quota.running = draw(world, 2) ? 1 + (int64_t)draw(world, 6) : -1;
        }
        add_project(world, id, &quota);
        if (traits.bonuses)
            fg_queue_set_bonus(world->queue, id, (int64_t)draw(world, 20) * 3600000);
    }
}

void clear(struct world *world)
{
    for (size_t i = 0; i < world->runs_len; i++)
        free(world->runs[i].grants);
    fg_pool_free(world->pool);
    fg_pool_free(world->copy);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_schedule_free(world->schedule);
}

static struct fg_request random_request(struct world *world)
{
    static const char *const kinds[] = {"h100", "a100", "any", "h100-sxm"};
    struct fg_request request = {.cpu_milli = 500 * (1 + draw(world, 6)),
                                 .mem_mib = draw(world, 2) ? 1024 * (1 + draw(world, 8)) : 0};
    if (draw(world, 4) == 0)
        return request;
    snprintf(request.kind, sizeof(request.kind), "%s", kinds[draw(world, 4)]);
    bool share = draw(world, 3) == 0;
    request.count = share ? 1 : 1 + draw(world, draw(world, 3) ? 2 : 8);
    request.gpu_milli = share ? 100 * (1 + draw(world, 9)) : 1000;
    return request;
}

void submit(struct world *world, struct run *run)
{
    run->job.id = (fg_job_id)(run - world->runs) + 1;
    run->job.state = FG_JOB_QUEUED;
    run->job.submitted_us = world->now_us;
    run->job.request = fg_queue_class(world->queue, run->any_of, run->any_of_len);
    run->promised_us = INT64_MAX;
    run->grants = calloc(run->job.tasks, sizeof(*run->grants));
    if (fg_queue_add(world->queue, &run->job, NULL) != 0)
        abort();
}

void submit_random(struct world *world)
{
    struct run *run = &world->runs[world->runs_len++];
    *run = (struct run){.any_of_len = draw(world, 3) ? 1 : 2};
    for (size_t i = 0; i < run->any_of_len; i++)
        run->any_of[i] = random_request(world);
    run->job.project = 1 + draw(world, PROJECTS);
    run->job.tasks = draw(world, 3) ? 1 : 1 + draw(world, 6);
    run->job.priority_milli = (int32_t)draw(world, 8) * 10000;
    run->job.preemptible = world->traits.preempt && draw(world, 2);
    run->job.grace_us = draw(world, 2) ? (1 + draw(world, GRACE_MAX_US / S)) * S : 0;
    run->job.checkpoint_us = draw(world, 2) ? (1 + draw(world, 10)) * S : 0;
    run->job.restart_us = draw(world, 3) * S;
    if (world->traits.order && draw(world, 3))
        run->job.deadline_us = world->now_us + draw(world, 300 * S);
    run->job.time_limit_us = S * (1 + draw(world, draw(world, 2) ? 20 : 200));
    run->lasts_us = world->traits.exact || draw(world, 3) == 0
                        ? run->job.time_limit_us
                        : 1 + draw(world, (uint32_t)run->job.time_limit_us);
    submit(world, run);
}

/* -- what must hold after each pass ------------------------------------------------------------------ */

void broke(struct world *world, const char *what)
{
    if (!world->broken)
        world->broken = what;
}

/* On every node: what it has, less what the running jobs were given, is what the pool says is left. */
static void check_books(struct world *world)
{
    for (fg_node_id id = 1; id <= fg_pool_len(world->pool); id++) {
        struct fg_pool_node node = *fg_pool_node(world->pool, id);
        uint32_t milli[FG_NODE_DEVICES_MAX] = {}, cpu = 0;
        uint64_t mem = 0;
        for (size_t r = 0; r < world->runs_len; r++)
            for (uint32_t t = 0; world->runs[r].running && t < world->runs[r].job.tasks; t++) {
                const struct fg_grant *grant = &world->runs[r].grants[t];
                if (grant->node != id)
                    continue;
                cpu += grant->cpu_milli;
                mem += grant->mem_mib;
                for (uint32_t i = 0; i < node.devices_len; i++)
                    milli[i] += grant->devices >> i & 1 ? grant->gpu_milli : 0;
            }
        if (cpu + node.cpu_milli_left != node.cpu_milli
            || mem + node.mem_mib_left != node.mem_mib)
            broke(world, "cores or memory do not add up");
        for (uint32_t i = 0; i < node.devices_len; i++)
            if (milli[i] + node.left_milli[i] != 1000)
                broke(world, "a device does not add up");
    }
    if (!fg_pool_check(world->pool))
        broke(world, "the pool's index");
}

static void check_quotas(struct world *world)
{
    for (uint32_t id = 1; id <= fg_queue_projects_max(world->queue); id++) {
        const struct fg_project *project = fg_queue_project(world->queue, id);
        struct fg_held sum = {};
        for (size_t r = 0; r < world->runs_len; r++)
            if (world->runs[r].running && world->runs[r].job.project == id)
                fg_held_add(&sum, &world->runs[r].amount);
        const struct fg_held *held = fg_queue_held(world->queue, id);
        if (held->gpu_milli != sum.gpu_milli || held->cpu_milli != sum.cpu_milli
            || held->running != sum.running || held->kinds[0] != sum.kinds[0])
            broke(world, "what a project holds");
        struct fg_amount more = {}; /* one job less, and it may have one more of nothing */
        sum.running--;
        if (sum.running >= 0 && fg_quota_allows(project, &sum, &more, NULL) != 0)
            broke(world, "a quota is exceeded");
        if (project->kinds_len && sum.kinds[0] > project->kinds[0].gpu_milli)
            broke(world, "a quota of a kind is exceeded");
    }
}

/* Each task has what the alternative asks, on a node that is up. */
static void check_start(struct world *world, const struct run *run, uint32_t alternative)
{
    const struct fg_request *asked = &run->any_of[alternative];
    for (uint32_t t = 0; t < run->job.tasks; t++) {
        const struct fg_grant *grant = &run->grants[t];
        const struct fg_pool_node *node = fg_pool_node(world->pool, grant->node);
        if (node->state != FG_NODE_UP || grant->cpu_milli != asked->cpu_milli
            || grant->mem_mib != asked->mem_mib
            || (uint32_t)__builtin_popcount(grant->devices) != asked->count
            || (asked->count && grant->gpu_milli != asked->gpu_milli))
            broke(world, "not what was asked");
        uint64_t kinds = fg_pool_kinds(world->pool, asked->kind);
        for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
            if (!(kinds >> node->kind[__builtin_ctz(mask)] & 1))
                broke(world, "not the kind that was asked");
    }
}

/* Task by task, with nothing but best fit, which pool_test.c holds against a scan. */
bool fits(struct fg_pool *pool, const struct run *run, size_t alternative)
{
    struct fg_need need = fg_pool_need(pool, &run->any_of[alternative]);
    struct fg_grant grants[8];
    uint32_t placed = 0;
    while (placed < run->job.tasks && fg_pool_best_fit(pool, NULL, &need, &grants[placed]))
        if (fg_pool_claim(pool, &grants[placed++], NULL) != 0)
            abort();
    bool all = placed == run->job.tasks;
    while (placed > 0)
        fg_pool_release(pool, &grants[--placed]);
    return all;
}

bool fits_at_all(struct fg_pool *pool, const struct run *run)
{
    for (size_t i = 0; i < run->any_of_len; i++)
        if (fits(pool, run, i))
            return true;
    return false;
}

static bool quota_lets(struct world *world, const struct run *run, size_t alternative)
{
    const struct fg_project *project = fg_queue_project(world->queue, run->job.project);
    const struct fg_request *asked = &run->any_of[alternative];
    int64_t tasks = run->job.tasks;
    struct fg_amount amount = {.gpu_milli = tasks * asked->count * asked->gpu_milli,
                               .cpu_milli = tasks * asked->cpu_milli,
                               .mem_mib = tasks * (int64_t)asked->mem_mib};
    if (asked->count && project->kinds_len && strncmp(asked->kind, "a100", 4) != 0)
        amount.kinds[0] = amount.gpu_milli;
    return fg_quota_allows(project, fg_queue_held(world->queue, run->job.project), &amount,
                           NULL)
           == 0;
}

/* Nobody waits who could run and end before the head's turn. */
static void check_nobody_waits_in_vain(struct world *world)
{
    if (world->traits.conservative)
        return; /* for its sake somebody's promise might be broken */
    struct fg_reservation head = fg_schedule_reservation(world->schedule);
    fg_pool_copy(world->copy, world->pool);
    for (size_t r = 0; r < world->runs_len; r++) {
        const struct run *run = &world->runs[r];
        if (run->running || run->done || run->job.id == head.job)
            continue;
        if (head.job && world->now_us + run->job.time_limit_us > head.at_us)
            continue;
        for (size_t i = 0; i < run->any_of_len; i++)
            if (quota_lets(world, run, i) && fits(world->copy, run, i))
                broke(world, "a job waits though it fits");
    }
}

void release(struct fg_pool *pool, const struct run *run)
{
    for (uint32_t t = 0; t < run->job.tasks; t++)
        fg_pool_release(pool, &run->grants[t]);
}

static int64_t expected_end(const struct run *run)
{
    return run->stopping ? run->gone_us : run->begun_us + run->job.time_limit_us;
}

/* The head fits at its moment, and at none before.  (Preemption and a quota of a kind change that.) */
static void check_reservation(struct world *world)
{
    for (size_t r = 0; r < world->runs_len; r++) {
        struct run *run = &world->runs[r];
        int64_t at_us = run->running || run->done
                            ? INT64_MAX
                            : fg_schedule_promised_us(world->schedule, run->job.id);
        if (at_us < run->promised_us)
            run->promised_us = at_us;
        if (world->traits.conservative && world->traits.all_at_once && !world->traits.preempt
            && !world->traits.quotas && !run->running && !run->done
            && run->promised_us < world->now_us)
            broke(world, "a promise is over");
    }
    if (world->traits.conservative)
        return;
    struct fg_reservation head = fg_schedule_reservation(world->schedule);
    if (!head.job || world->traits.preempt || world->traits.quotas)
        return;
    struct run *run = &world->runs[head.job - 1];
    if (head.at_us < run->promised_us)
        run->promised_us = head.at_us;
    fg_pool_copy(world->copy, world->pool);
    if (fits_at_all(world->copy, run))
        broke(world, "the head fits now");
    for (int late = 0; late <= 1; late++) {
        for (size_t r = 0; r < world->runs_len; r++) {
            int64_t end_us = expected_end(&world->runs[r]);
            if (world->runs[r].running && (late ? end_us == head.at_us : end_us < head.at_us))
                release(world->copy, &world->runs[r]);
        }
        if (fits_at_all(world->copy, run) != late)
            broke(world,
                  late ? "the head does not fit when it should" : "the head fits sooner");
    }
}

/* -- one pass, and what it means ------------------------------------------------------------------------ */

static void mix(struct world *world, uint64_t number)
{
    world->trail = (world->trail ^ number) * 1099511628211ULL;
}

static void start(struct world *world, const struct fg_decision *decision)
{
    struct run *run = &world->runs[decision->job - 1];
    if (run->running || run->done || decision->grants_len != run->job.tasks)
        broke(world, "started twice, or not as a whole");
    memcpy(run->grants, fg_schedule_grants(world->schedule) + decision->grants_at,
           run->job.tasks * sizeof(*run->grants));
    run->amount =
        fg_schedule_amount(world->pool, fg_queue_project(world->queue, run->job.project),
                           run->grants, run->job.tasks);
    run->running = true;
    run->begun_us = world->now_us;
    run->ends_us = world->now_us + run->lasts_us;
    run->job.state = FG_JOB_RUNNING;
    run->job.started_us = world->now_us;
    fg_queue_set(world->queue, &run->job);
    check_start(world, run, decision->alternative);
    if (world->traits.all_at_once && !world->traits.preempt && !world->traits.quotas
        && world->now_us > run->promised_us)
        broke(world, "the head starts later than it was promised");
    for (uint32_t t = 0; t < run->job.tasks; t++)
        mix(world, run->grants[t].node * 1000 + run->grants[t].devices);
}

static int64_t standing(struct world *world, const struct run *run)
{
    return run->job.priority_milli
           + 1000LL * fg_queue_project(world->queue, run->job.project)->priority;
}

static void preempt(struct world *world, const struct fg_decision *decision)
{
    struct run *run = &world->runs[decision->job - 1];
    const struct run *head = &world->runs[decision->for_job - 1];
    if (decision->for_job != fg_schedule_reservation(world->schedule).job)
        broke(world, "preempted for another than the head");
    bool may = world->traits.order
                   ? fg_ranking_may_push(world->ranking, world->queue, &head->job, &run->job)
                   : !head->job.preemptible && standing(world, run) < standing(world, head);
    if (!run->running || run->stopping || !run->job.preemptible || !may)
        broke(world, "preempted who may not be");
    run->stopping = true;
    run->gone_us = world->now_us + fg_stop_grace_us(&world->config, &run->job);
    run->ends_us = world->now_us + 1 + draw(world, (uint32_t)(run->gone_us - world->now_us));
    if (++run->stopped > 40)
        broke(world, "the same job is pushed aside over and over");
}

/* In the copy of the pool who is stopping has let go, and who is over in `within_us`. */
static void let_go(struct world *world, int64_t within_us)
{
    fg_pool_copy(world->copy, world->pool);
    for (size_t r = 0; r < world->runs_len; r++) {
        const struct run *run = &world->runs[r];
        int64_t left_us = expected_end(run) - world->now_us;
        if (run->running && (run->stopping || (left_us > 0 && left_us <= within_us)))
            release(world->copy, run);
    }
}

/* Before they are marked: without them the head does not fit, with them it does; who is over before the quickest (slowest) could have
 * stopped is (may be) waited for. */
static void check_preemptions(struct world *world,
                              const struct fg_decision *decisions,
                              size_t len)
{
    const struct run *head = NULL;
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_PREEMPT)
            head = &world->runs[decisions[i].for_job - 1];
    if (!head)
        return;
    let_go(world, GRACE_MIN_US);
    if (!world->traits.quotas && fits_at_all(world->copy, head))
        broke(world, "preempted without need");
    let_go(world, GRACE_MAX_US);
    for (size_t i = 0; i < len; i++) {
        if (decisions[i].kind != FG_DECIDE_PREEMPT)
            continue;
        const struct run *run = &world->runs[decisions[i].job - 1];
        int64_t left_us = expected_end(run) - world->now_us;
        if (left_us <= 0 || left_us > GRACE_MAX_US)
            release(world->copy, run);
    }
    if (!fits_at_all(world->copy, head))
        broke(world, "preempted in vain");
}

static size_t list_running(struct world *world)
{
    size_t len = 0;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running)
            world->running[len++] = (struct fg_running){
                .job = world->runs[r].job.id,
                .end_us = expected_end(&world->runs[r]),
                .grants = world->runs[r].grants,
                .grants_len = world->runs[r].job.tasks,
                .stopping = world->runs[r].stopping,
            };
    return len;
}

/* What a scheduler that has seen nothing before decides; undone again. */
struct fresh {
    struct fg_decision *decisions;
    struct fg_grant *grants;
    size_t len, grants_len;
    struct fg_reservation reservation;
};

static struct fresh decide_afresh(struct world *world, size_t running)
{
    FG_AUTO(fg_schedule) struct fg_schedule *schedule = fg_schedule_new(&world->config);
    fg_schedule_optimise(schedule, world->traits.optimise);
    const struct fg_decision *decisions;
    fg_schedule_rank(schedule, world->ranking);
    fg_schedule_place(schedule, fg_place_policy_find("best-fit"), 1);
    fg_pool_copy(world->copy, world->pool);
    size_t len = fg_schedule_pass(schedule, world->copy, world->queue, world->running, running,
                                  world->now_us, &decisions);
    struct fresh fresh = {.decisions = calloc(len + 1, sizeof(*decisions)),
                          .len = len,
                          .reservation = fg_schedule_reservation(schedule)};
    const struct fg_grant *grants = fg_schedule_grants(schedule);
    for (size_t i = 0; i < len; i++) {
        fresh.decisions[i] = decisions[i];
        if (decisions[i].kind != FG_DECIDE_START)
            continue;
        const struct fg_job *job = fg_queue_get(world->queue, decisions[i].job);
        struct fg_amount amount =
            fg_schedule_amount(world->copy, fg_queue_project(world->queue, job->project),
                               grants + decisions[i].grants_at, decisions[i].grants_len);
        fg_held_take(fg_queue_held(world->queue, job->project), &amount);
        fresh.grants_len += decisions[i].grants_len;
    }
    fresh.grants = calloc(fresh.grants_len + 1, sizeof(*grants));
    if (fresh.grants_len)
        memcpy(fresh.grants, grants, fresh.grants_len * sizeof(*grants));
    return fresh;
}

static void check_same(struct world *world,
                       const struct fresh *fresh,
                       const struct fg_decision *decisions,
                       size_t len)
{
    const struct fg_grant *grants = fg_schedule_grants(world->schedule);
    struct fg_reservation head = fg_schedule_reservation(world->schedule);
    bool same = len == fresh->len && head.job == fresh->reservation.job
                && head.at_us == fresh->reservation.at_us;
    for (size_t i = 0; i < len && same; i++)
        same = decisions[i].kind == fresh->decisions[i].kind
               && decisions[i].job == fresh->decisions[i].job
               && decisions[i].alternative == fresh->decisions[i].alternative;
    for (size_t i = 0; i < fresh->grants_len && same; i++)
        same = grants[i].node == fresh->grants[i].node
               && grants[i].devices == fresh->grants[i].devices;
    if (!same)
        broke(world, "a scheduler that remembers decides otherwise");
    free(fresh->decisions);
    free(fresh->grants);
}

size_t pass(struct world *world)
{
    const struct fg_decision *decisions;
    size_t running = list_running(world);
    fg_queue_advance(world->queue, world->now_us);
    if (world->traits.order)
        fg_ranking_tick(world->ranking, world->queue, world->pool, world->now_us);
    /* Promises are kept from pass to pass, so there memory shows. */
    bool compares =
        !world->traits.conservative && (world->traits.order || draw(world, 16) == 0);
    struct fresh fresh = compares ? decide_afresh(world, running) : (struct fresh){};
    size_t len = fg_schedule_pass(world->schedule, world->pool, world->queue, world->running,
                                  running, world->now_us, &decisions);
    if (compares)
        check_same(world, &fresh, decisions, len);
    for (size_t i = 0; i < len; i++) {
        mix(world, decisions[i].job * 2 + decisions[i].kind);
        if (decisions[i].kind == FG_DECIDE_START)
            start(world, &decisions[i]);
    }
    check_preemptions(world, decisions, len);
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_PREEMPT)
            preempt(world, &decisions[i]);
    check_books(world);
    check_quotas(world);
    check_nobody_waits_in_vain(world);
    check_reservation(world);
    return len;
}

/* -- a life -------------------------------------------------------------------------------------------- */

void end(struct world *world, struct run *run)
{
    release(world->pool, run);
    fg_held_take(fg_queue_held(world->queue, run->job.project), &run->amount);
    run->running = false;
    if (run->stopping) { /* waits again, at its old place */
        run->stopping = false;
        run->job.attained_us = fg_ranking_attained_us(world->ranking, &run->job, world->now_us);
        run->job.state = FG_JOB_QUEUED;
        fg_queue_set(world->queue, &run->job);
        return;
    }
    run->done = true;
    fg_queue_del(world->queue, run->job.id);
}

/* To the next end.  false: nothing runs. */
bool step_to_next_end(struct world *world, int64_t latest_us)
{
    int64_t next = INT64_MAX;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running && world->runs[r].ends_us < next)
            next = world->runs[r].ends_us;
    if (next == INT64_MAX && latest_us == INT64_MAX)
        return false;
    world->now_us = next < latest_us ? next : latest_us;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running && world->runs[r].ends_us == world->now_us)
            end(world, &world->runs[r]);
    return true;
}

void drain_or_undrain(struct world *world)
{
    if (!world->traits.drains || draw(world, 6))
        return;
    fg_node_id node = 1 + draw(world, (uint32_t)fg_pool_len(world->pool));
    fg_pool_set_state(world->pool, node, draw(world, 2) ? FG_NODE_UP : FG_NODE_DRAINING);
}

/* Could it run on the whole, empty pool, within the quota of a project that holds nothing? */
bool is_possible(struct world *world, const struct run *run)
{
    for (size_t i = 0; i < run->any_of_len; i++)
        if (quota_lets(world, run, i) && fits(world->pool, run, i))
            return true;
    return false;
}

struct world *two_nodes(void)
{
    struct world *world = calloc(1, sizeof(*world));
    create(world);
    add_node(world, "a", 16, "h100-sxm", 4, NULL);
    add_node(world, "b", 16, "a100", 4, NULL);
    return world;
}

struct run *ask(struct world *world, const char *kind, uint32_t count, uint32_t tasks)
{
    struct run *run = &world->runs[world->runs_len++];
    run->any_of_len = 1;
    run->any_of[0] =
        (struct fg_request){.count = count, .gpu_milli = count ? 1000 : 0, .cpu_milli = 1000};
    snprintf(run->any_of[0].kind, sizeof(run->any_of[0].kind), "%s", kind);
    run->job.project = 1;
    run->job.tasks = tasks;
    run->job.time_limit_us = run->lasts_us = 100 * S;
    return run;
}

void finish(struct world *world)
{
    OK(!world->broken);
    if (world->broken)
        printf("# %s\n", world->broken);
    clear(world);
    free(world);
}
