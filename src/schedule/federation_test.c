/* federation_test.c - a pool over several suppliers: gangs stay with one, jobs within their constraints, and who could
 * start is not left waiting; by brute force over random pools, jobs and ends, for every kind of backfill. */
#include "schedule/quota.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S      1'000'000LL
#define NOW    (1'700'000'000 * S)
#define NODES  9
#define JOBS   24
#define TASKS  6
#define ROUNDS 14

static const char *const suppliers[] = {"", "ruth", "eve"}, *const regions[] = {"", "eu", "us"};

struct world {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_request any_of[JOBS + 1][2];
    size_t any_of_len[JOBS + 1];
    struct fg_grant grants[JOBS + 1][TASKS];
    struct fg_running running[JOBS];
    size_t running_len;
    int64_t now_us;
    uint32_t seed;
    bool is_down[3];
};

static struct {
    int started, gangs, split, moved_aside, heads, wrong_terms, mixed, idle, hopeless;
} tally;

static uint32_t draw(struct world *world, uint32_t n)
{
    world->seed = world->seed * 1664525 + 1013904223;
    return (world->seed >> 16) % n;
}

static void must(bool done)
{
    if (!done)
        abort();
}

static void add_nodes(struct world *world)
{
    for (uint32_t i = 0; i < NODES; i++) {
        struct fg_node_spec spec = {.cpu_milli = 4000 + draw(world, 3) * 2000,
                                    .mem_mib = 1024,
                                    .devices_len = draw(world, 4),
                                    .price_uusd_per_hour = draw(world, 4) * S};
        uint32_t supplier = i % 3;
        snprintf(spec.name, sizeof(spec.name), "n%u", i + 1);
        snprintf(spec.supplier, sizeof(spec.supplier), "%s", suppliers[supplier]);
        snprintf(spec.region, sizeof(spec.region), "%s", regions[draw(world, 3)]);
        spec.whole_only = supplier == 2;
        for (uint32_t k = 0; k < spec.devices_len; k++)
            snprintf(spec.devices[k].kind, FG_KIND_MAX, "%s", i % 2 ? "x" : "y");
        must(fg_pool_add(world->pool, &spec, NULL, NULL) == 0);
    }
}

static void build(struct world *world, uint32_t seed)
{
    *world = (struct world){.now_us = NOW, .seed = seed};
    fg_config_defaults(&world->config);
    world->config.optimise_tries = 20;
    world->pool = fg_pool_new(NODES);
    world->ranking = fg_ranking_new(&world->config, fg_job_order_find("fifo"),
                                    seed % 2 ? FG_PREEMPT_PRIORITY : FG_PREEMPT_OFF);
    world->queue = fg_ranking_queue(world->ranking, JOBS);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    fg_schedule_set_backfill(world->schedule, (enum fg_backfill)(seed % 3));
    fg_schedule_optimise(world->schedule, seed % 5 == 0);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    must(fg_queue_project_put(world->queue, &project, NULL) == 0);
    add_nodes(world);
}

static void clear(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static struct fg_request random_request(struct world *world)
{
    static const char *const lists[] = {"",      "",      "",    "ruth",    "eve,local",
                                        "-ruth", "local", "eve", "eve,ruth"};
    struct fg_request request = {.cpu_milli = 1000 + draw(world, 2) * 1000,
                                 .max_price_uusd = draw(world, 4) ? 0 : (int64_t)S,
                                 .may_split = draw(world, 3) == 0};
    if (draw(world, 4)) {
        request.count = 1 + draw(world, 2);
        request.gpu_milli = request.count == 1 && !draw(world, 3) ? 500 : 1000;
        snprintf(request.kind, sizeof(request.kind), "%s",
                 draw(world, 3)   ? "any"
                 : draw(world, 2) ? "x"
                                  : "y");
    }
    snprintf(request.suppliers, sizeof(request.suppliers), "%s", lists[draw(world, 9)]);
    snprintf(request.regions, sizeof(request.regions), "%s",
             draw(world, 5) ? "" : regions[1 + draw(world, 2)]);
    return request;
}

static void submit(struct world *world, fg_job_id id)
{
    size_t len = world->any_of_len[id] = 1 + draw(world, 2);
    for (size_t i = 0; i < len; i++)
        world->any_of[id][i] = random_request(world);
    uint32_t tasks = draw(world, 2) ? 1 : 1 + draw(world, TASKS);
    struct fg_job job = {.id = id,
                         .project = 1,
                         .request = fg_queue_class(world->queue, world->any_of[id], len),
                         .tasks = tasks,
                         .tasks_max = draw(world, 4) ? 0 : TASKS,
                         .preemptible = draw(world, 2),
                         .state = FG_JOB_QUEUED,
                         .priority_milli = (int32_t)draw(world, 3) * 100'000,
                         .submitted_us = NOW + (int64_t)id,
                         .time_limit_us = (1 + draw(world, 10)) * 600 * S};
    must(fg_queue_add(world->queue, &job, NULL) == 0);
}

/* -- what is right, said plainly ---------------------------------------------------------------------------- */

static bool has_name(const char *list, const char *name)
{
    const char *called = name[0] ? name : "local";
    size_t len = strlen(called);
    for (const char *at = list; *at;) {
        at += *at == '-';
        if (strncmp(at, called, len) == 0 && (at[len] == ',' || !at[len]))
            return true;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return false;
}

static bool may_use(const struct world *world,
                    const struct fg_request *request,
                    const struct fg_node_spec *spec)
{
    uint32_t units = spec->devices_len ? spec->devices_len : spec->cpu_milli / 1000;
    bool is_share = request->count && request->gpu_milli < 1000;
    for (size_t i = 0; i < 3; i++)
        if (world->is_down[i] && strcmp(spec->supplier, suppliers[i]) == 0)
            return false;
    if (request->suppliers[0]
        && has_name(request->suppliers, spec->supplier) == (request->suppliers[0] == '-'))
        return false;
    return (!request->regions[0] || strcmp(request->regions, spec->region) == 0)
           && (!request->max_price_uusd
               || spec->price_uusd_per_hour / units <= request->max_price_uusd)
           && !(is_share && spec->whole_only);
}

/* Tasks that fit on the nodes of one supplier; NULL: of all. */
static uint32_t room_at(const struct world *world,
                        const struct fg_request *request,
                        const char *supplier,
                        bool empty)
{
    struct fg_request plain = *request;
    plain.suppliers[0] = plain.regions[0] = '\0';
    plain.max_price_uusd = 0;
    struct fg_need need = fg_pool_need(world->pool, &plain);
    need.not_suppliers = 0;
    uint32_t room = 0;
    for (fg_node_id node = 1; node <= NODES; node++) {
        const struct fg_node_spec *spec = fg_pool_spec(world->pool, node);
        if ((!supplier || strcmp(spec->supplier, supplier) == 0)
            && may_use(world, request, spec))
            room += fg_pool_room(world->pool, node, &need, empty);
    }
    return room;
}

static bool could_start(const struct world *world, const struct fg_job *job, bool empty)
{
    for (size_t i = 0; i < world->any_of_len[job->id]; i++) {
        const struct fg_request *request = &world->any_of[job->id][i];
        if (request->may_split && room_at(world, request, NULL, empty) >= job->tasks)
            return true;
        for (size_t k = 0; k < 3; k++)
            if (room_at(world, request, suppliers[k], empty) >= job->tasks)
                return true;
    }
    return false;
}

/* -- what happens -------------------------------------------------------------------------------------------- */

static void check_start(struct world *world, const struct fg_decision *decision)
{
    const struct fg_grant *grants = fg_schedule_grants(world->schedule) + decision->grants_at;
    const struct fg_request *request = &world->any_of[decision->job][decision->alternative];
    const char *first = fg_pool_spec(world->pool, grants->node)->supplier;
    bool is_split = false;
    for (size_t i = 0; i < decision->grants_len; i++) {
        const struct fg_node_spec *spec = fg_pool_spec(world->pool, grants[i].node);
        tally.wrong_terms += !may_use(world, request, spec);
        is_split |= strcmp(spec->supplier, first) != 0;
    }
    tally.started++;
    tally.gangs += decision->grants_len > 1;
    tally.split += is_split;
    tally.mixed += is_split && !request->may_split;
}

static void start(struct world *world, const struct fg_decision *decision)
{
    struct fg_job job = *fg_queue_get(world->queue, decision->job);
    const struct fg_grant *grants = fg_schedule_grants(world->schedule) + decision->grants_at;
    check_start(world, decision);
    job.state = FG_JOB_RUNNING;
    job.started_us = world->now_us;
    job.tasks_held = (uint32_t)decision->grants_len;
    fg_queue_set(world->queue, &job);
    memcpy(world->grants[job.id], grants, decision->grants_len * sizeof(*grants));
    world->running[world->running_len++] = (struct fg_running){
        .job = job.id,
        .end_us = world->now_us + job.time_limit_us,
        .grants = world->grants[job.id],
        .grants_len = decision->grants_len,
    };
}

/* It lets go; `again`: it was pushed aside, and waits again. */
static void let_go(struct world *world, size_t at, bool again)
{
    struct fg_running *found = &world->running[at];
    struct fg_job job = *fg_queue_get(world->queue, found->job);
    struct fg_amount amount =
        fg_schedule_amount(world->pool, fg_queue_project(world->queue, job.project),
                           found->grants, found->grants_len);
    fg_held_take(fg_queue_held(world->queue, job.project), &amount);
    fg_quota_take(world->queue, world->pool, &job, found->grants, found->grants_len);
    for (size_t i = 0; i < found->grants_len; i++)
        fg_pool_release(world->pool, &found->grants[i]);
    job.state = FG_JOB_QUEUED;
    job.tasks_held = 0;
    job.started_us = 0;
    fg_queue_set(world->queue, &job);
    if (!again)
        fg_queue_del(world->queue, job.id);
    *found = world->running[--world->running_len];
}

static void push_aside(struct world *world, fg_job_id job)
{
    for (size_t i = 0; i < world->running_len; i++)
        if (world->running[i].job == job) {
            let_go(world, i, true);
            tally.moved_aside++;
            return;
        }
}

static void check_head(const struct world *world)
{
    struct fg_reservation head = fg_schedule_reservation(world->schedule);
    if (!head.job)
        return;
    const struct fg_job *job = fg_queue_get(world->queue, head.job);
    tally.heads++;
    tally.idle += could_start(world, job, false);
    tally.hopeless += head.at_us == INT64_MAX || !could_start(world, job, true);
}

static void pass(struct world *world)
{
    const struct fg_decision *decisions;
    size_t len = fg_schedule_pass(world->schedule, world->pool, world->queue, world->running,
                                  world->running_len, world->now_us, &decisions);
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_START)
            start(world, &decisions[i]);
    if (len == 0 || decisions[len - 1].kind == FG_DECIDE_START)
        check_head(world);
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_PREEMPT)
            push_aside(world, decisions[i].job);
}

static void turn(struct world *world, uint32_t supplier)
{
    struct fg_supplier_state state = {.up = world->is_down[supplier], .wait_us = -1};
    must(fg_pool_set_supplier(world->pool, suppliers[supplier], &state, NULL) == 0);
    world->is_down[supplier] = !world->is_down[supplier];
}

static void live(uint32_t seed)
{
    struct world world;
    fg_job_id next = 1;
    build(&world, seed);
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = draw(&world, 4); i > 0 && next <= JOBS; i--)
            submit(&world, next++);
        if (draw(&world, 6) == 0)
            turn(&world, 1 + draw(&world, 2));
        pass(&world);
        world.now_us += 300 * S;
        for (size_t i = world.running_len; i-- > 0;)
            if (world.running[i].end_us <= world.now_us || draw(&world, 8) == 0)
                let_go(&world, i, false);
    }
    OK(fg_pool_check(world.pool));
    clear(&world);
}

static void gangs_stay_with_one_supplier(void)
{
    for (uint32_t seed = 1; seed <= 300; seed++)
        live(seed);
    printf("# %d started, %d gangs, %d of them split, %d pushed aside, %d heads\n",
           tally.started, tally.gangs, tally.split, tally.moved_aside, tally.heads);
    OK(tally.gangs > 500);
    OK(tally.split > 50);
    OK(tally.heads > 500);
    OK(tally.moved_aside > 20);
    EQ(tally.wrong_terms, 0);
    EQ(tally.mixed, 0);
    EQ(tally.idle, 0);
    EQ(tally.hopeless, 0);
}

int main(void)
{
    RUN(gangs_stay_with_one_supplier);
    return tap_done();
}
