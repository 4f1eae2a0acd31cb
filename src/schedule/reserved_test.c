/* reserved_test.c - advance reservations: examples, and random clusters that live with them, checked pass by pass against plain
 * reasoning device by device. */
#include "schedule/reservation.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S       1'000'000LL
#define H       (3600 * S)
#define NOW     (1'700'000'000 * S)
#define NODES   4
#define DEVICES 4
#define JOBS    80
#define BOOKED  3
#define TASKS   3

struct run {
    struct fg_job job;
    struct fg_request request;
    int booked; /* index of its reservation, -1 none */
    int64_t begun_us, ends_us;
    bool running, stopping, done;
    uint32_t tasks;
    struct fg_grant grants[TASKS];
};

struct world {
    uint64_t seed, trail;
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_advance booked[BOOKED];
    struct fg_advance_place places[BOOKED][NODES];
    size_t booked_len;
    struct run runs[JOBS];
    size_t runs_len;
    int64_t now_us;
    int starts, lent, inside, stopped;
    const char *broken;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void broke(struct world *world, const char *what)
{
    if (!world->broken)
        world->broken = what;
}

static void create(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed, .now_us = NOW};
    fg_config_defaults(&world->config);
    world->pool = fg_pool_new(NODES);
    world->ranking = fg_ranking_new(&world->config, fg_job_orders[0], FG_PREEMPT_PRIORITY);
    world->queue = fg_ranking_queue(world->ranking, JOBS);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    fg_schedule_place(world->schedule, fg_place_policy_find("best-fit"), 1);
    struct fg_project project = {.weight = 100, .quota = {-1, -1, -1, -1, -1}};
    for (project.id = 1; project.id <= 2; project.id++) {
        snprintf(project.name, sizeof(project.name), "p%u", project.id);
        if (fg_queue_project_put(world->queue, &project, NULL) != 0)
            abort();
    }
    for (uint32_t i = 0; i < NODES; i++) {
        struct fg_node_spec spec = {
            .cpu_milli = 16000, .mem_mib = 65536, .devices_len = DEVICES};
        snprintf(spec.name, sizeof(spec.name), "n%u", i + 1);
        for (uint32_t device = 0; device < DEVICES; device++)
            strcpy(spec.devices[device].kind, "h100");
        if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
            abort();
    }
}

static void clear(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static struct run *add(struct world *world, uint32_t devices, uint32_t tasks, int64_t limit_us)
{
    struct run *run = &world->runs[world->runs_len++];
    *run = (struct run){
        .request = {.count = devices, .gpu_milli = devices ? 1000 : 0, .cpu_milli = 2000},
        .booked = -1,
        .job = {.id = world->runs_len,
                .project = 1,
                .user = 1,
                .tasks = tasks,
                .state = FG_JOB_QUEUED,
                .submitted_us = world->now_us,
                .time_limit_us = limit_us}};
    if (devices)
        strcpy(run->request.kind, "h100");
    return run;
}

static void submit(struct world *world, struct run *run)
{
    if (run->booked >= 0)
        run->job.reservation = fg_advance_key(world->booked[run->booked].name);
    run->job.request = fg_queue_class_in(world->queue, &run->request, 1, run->job.reservation);
    if (fg_queue_add(world->queue, &run->job, NULL) != 0)
        abort();
}

/* Nodes first .. last, these devices of each. */
static struct fg_advance *book(struct world *world,
                               fg_node_id first,
                               fg_node_id last,
                               uint32_t devices,
                               int64_t start_us,
                               int64_t end_us)
{
    size_t at = world->booked_len++;
    struct fg_advance *advance = &world->booked[at];
    *advance = (struct fg_advance){
        .start_us = start_us, .end_us = end_us, .places = world->places[at]};
    snprintf(advance->name, sizeof(advance->name), "r%zu", at);
    for (fg_node_id node = first; node <= last; node++)
        world->places[at][advance->places_len++] = (struct fg_advance_place){node, devices};
    return advance;
}

static void tell(struct world *world)
{
    fg_schedule_advances(world->schedule, world->booked, world->booked_len);
}

/* -- what must hold ---------------------------------------------------------------------------------- */

static bool is_on(const struct fg_advance *advance, const struct run *run)
{
    for (uint32_t t = 0; t < run->tasks; t++)
        for (size_t i = 0; i < advance->places_len; i++)
            if (advance->places[i].node == run->grants[t].node
                && (advance->places[i].devices & run->grants[t].devices))
                return true;
    return false;
}

static bool is_all_on(const struct fg_advance *advance, const struct run *run)
{
    for (uint32_t t = 0; t < run->tasks; t++) {
        bool on = false;
        for (size_t i = 0; i < advance->places_len; i++)
            on = on
                 || (advance->places[i].node == run->grants[t].node
                     && !(run->grants[t].devices & ~advance->places[i].devices));
        if (!on)
            return false;
    }
    return true;
}

static void check_running(struct world *world)
{
    for (size_t r = 0; r < world->runs_len; r++) {
        const struct run *run = &world->runs[r];
        for (size_t i = 0; run->running && i < world->booked_len; i++) {
            const struct fg_advance *advance = &world->booked[i];
            int64_t start_us, end_us;
            bool is_active = fg_advance_at(advance, world->now_us, &start_us, &end_us)
                             && start_us <= world->now_us;
            if (run->booked != (int)i && is_active && is_on(advance, run))
                broke(world, "somebody else is on reserved devices");
            if (run->booked == (int)i && (!is_active || !is_all_on(advance, run)))
                broke(world, "a job runs out of its reservation");
            if (run->booked == (int)i
                && (advance->maintenance
                    || !fg_advance_admits(advance, world->queue, run->job.project,
                                          run->job.user)))
                broke(world, "a job runs that is not admitted");
        }
    }
    for (fg_node_id id = 1; id <= NODES; id++) {
        uint32_t milli[DEVICES] = {}, cpu = 0;
        for (size_t r = 0; r < world->runs_len; r++)
            for (uint32_t t = 0; world->runs[r].running && t < world->runs[r].tasks; t++) {
                const struct fg_grant *grant = &world->runs[r].grants[t];
                cpu += grant->node == id ? grant->cpu_milli : 0;
                for (uint32_t i = 0; grant->node == id && i < DEVICES; i++)
                    milli[i] += grant->devices >> i & 1 ? grant->gpu_milli : 0;
            }
        const struct fg_pool_node *node = fg_pool_node(world->pool, id);
        for (uint32_t i = 0; i < DEVICES; i++)
            if (milli[i] + node->left_milli[i] != 1000)
                broke(world, "a device does not add up");
        if (cpu + node->cpu_milli_left != node->cpu_milli)
            broke(world, "cores do not add up");
    }
}

/* Could one task run on these devices of the node, as far as devices go and cores are plenty? */
static bool has_room(struct world *world, fg_node_id id, uint32_t devices, uint32_t count)
{
    const struct fg_pool_node *node = fg_pool_node(world->pool, id);
    uint32_t room = 0;
    for (uint32_t i = 0; i < DEVICES; i++)
        room += (devices >> i & 1) && node->left_milli[i] == 1000;
    return room >= count && node->cpu_milli_left >= 2000;
}

/* Tasks without devices can have the cores that belong to devices. */
static bool has_cpu_tasks(const struct world *world, fg_node_id id)
{
    for (size_t r = 0; r < world->runs_len; r++)
        for (uint32_t t = 0; world->runs[r].running && t < world->runs[r].tasks; t++)
            if (world->runs[r].grants[t].node == id && !world->runs[r].grants[t].devices)
                return true;
    return false;
}

/* Devices of the node that are reserved and on which a job may run that is over at `ends_us`. */
static uint32_t lendable(const struct world *world, fg_node_id id, int64_t ends_us)
{
    uint32_t reserved = 0, barred = 0;
    for (size_t i = 0; i < world->booked_len; i++) {
        int64_t start_us, end_us;
        if (!fg_advance_at(&world->booked[i], world->now_us, &start_us, &end_us))
            continue;
        for (size_t k = 0; k < world->booked[i].places_len; k++)
            if (world->booked[i].places[k].node == id) {
                reserved |= world->booked[i].places[k].devices;
                barred |= start_us < ends_us ? world->booked[i].places[k].devices : 0;
            }
    }
    return reserved & ~barred;
}

static void check_waiting(struct world *world)
{
    bool is_first[BOOKED] = {true, true, true};
    for (size_t r = 0; r < world->runs_len; r++) {
        const struct run *run = &world->runs[r];
        if (run->running || run->done)
            continue;
        if (run->booked < 0 && run->tasks == 0 && run->job.tasks == 1 && run->request.count
            && run->job.time_limit_us) {
            int64_t ends_us =
                world->now_us + run->job.time_limit_us + world->config.stop_grace_s * S;
            for (fg_node_id id = 1; id <= NODES; id++)
                if (!has_cpu_tasks(world, id)
                    && has_room(world, id, lendable(world, id, ends_us), run->request.count))
                    broke(world, "what could be lent is not");
        }
        if (run->booked < 0 || !is_first[run->booked])
            continue;
        const struct fg_advance *advance = &world->booked[run->booked];
        int64_t start_us, end_us;
        if (!fg_advance_at(advance, world->now_us, &start_us, &end_us)
            || start_us > world->now_us
            || end_us - world->now_us <= world->config.reservation_lead_s * S
            || !fg_advance_admits(advance, world->queue, run->job.project, run->job.user)
            || run->job.tasks > 1 || run->request.count > 2 || !run->request.count)
            continue;
        is_first[run->booked] = false;
        bool fits_first = true; /* those before it are of one task, too, or were looked at */
        for (size_t b = 0; b < r; b++)
            fits_first = fits_first
                         && (world->runs[b].booked != run->booked || world->runs[b].done
                             || world->runs[b].running);
        for (size_t k = 0; fits_first && k < advance->places_len; k++)
            if (has_room(world, advance->places[k].node, advance->places[k].devices,
                         run->request.count))
                broke(world, "the reservation has room, and its first job waits");
    }
}

/* -- a pass, and the time until the next ----------------------------------------------------------------- */

static void start(struct world *world, const struct fg_decision *decision)
{
    struct run *run = &world->runs[decision->job - 1];
    if (run->running || run->done || decision->grants_len != run->job.tasks)
        broke(world, "started twice, or not as a whole");
    run->tasks = (uint32_t)decision->grants_len;
    memcpy(run->grants, fg_schedule_grants(world->schedule) + decision->grants_at,
           run->tasks * sizeof(run->grants[0]));
    run->running = true;
    run->begun_us = world->now_us;
    int64_t limit_us = run->job.time_limit_us ? run->job.time_limit_us : 400 * H;
    int64_t cut_us = fg_schedule_cut_us(world->schedule, &run->job, world->now_us);
    run->ends_us = world->now_us + (cut_us && cut_us < limit_us ? cut_us : limit_us);
    run->job.state = FG_JOB_RUNNING;
    run->job.started_us = world->now_us;
    fg_queue_set(world->queue, &run->job);
    world->starts++;
    world->inside += run->booked >= 0;
    for (size_t i = 0; i < world->booked_len; i++)
        world->lent += run->booked < 0 && is_on(&world->booked[i], run);
    for (uint32_t t = 0; t < run->tasks; t++)
        world->trail =
            (world->trail
             ^ (decision->job * 10000 + run->grants[t].node * 100 + run->grants[t].devices))
            * 1099511628211ULL;
}

static void stop(struct world *world, const struct fg_decision *decision)
{
    struct run *run = &world->runs[decision->job - 1];
    if (!run->running || run->stopping || !run->job.preemptible)
        broke(world, "stopped who may not be");
    run->stopping = true;
    run->job.stop_sent = true;
    fg_queue_set(world->queue, &run->job);
    int64_t ends_us =
        world->now_us + S * (1 + draw(world, (uint32_t)world->config.reservation_lead_s - 1));
    run->ends_us = ends_us < run->ends_us ? ends_us : run->ends_us;
    world->stopped++;
}

static size_t pass(struct world *world)
{
    struct fg_running running[JOBS];
    size_t len = 0;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running)
            running[len++] = (struct fg_running){
                .job = world->runs[r].job.id,
                .end_us = world->runs[r].begun_us
                          + fg_schedule_duration(world->schedule, &world->runs[r].job),
                .grants = world->runs[r].grants,
                .grants_len = world->runs[r].tasks,
                .stopping = world->runs[r].stopping};
    const struct fg_decision *decisions;
    (void)fg_queue_advance(world->queue, world->now_us);
    size_t made = fg_schedule_pass(world->schedule, world->pool, world->queue, running, len,
                                   world->now_us, &decisions);
    for (size_t i = 0; i < made; i++)
        if (decisions[i].kind == FG_DECIDE_START)
            start(world, &decisions[i]);
        else
            stop(world, &decisions[i]);
    check_running(world);
    check_waiting(world);
    return made;
}

static void end(struct world *world, struct run *run)
{
    const struct fg_project *project = fg_queue_project(world->queue, run->job.project);
    struct fg_amount amount = fg_schedule_amount(world->pool, project, run->grants, run->tasks);
    fg_held_take(fg_queue_held(world->queue, run->job.project), &amount);
    for (uint32_t t = 0; t < run->tasks; t++)
        fg_pool_release(world->pool, &run->grants[t]);
    run->running = false;
    run->tasks = 0;
    if (!run->stopping) {
        run->done = true;
        fg_queue_del(world->queue, run->job.id);
        return;
    }
    run->stopping = run->job.stop_sent = false;
    run->job.state = FG_JOB_QUEUED;
    fg_queue_set(world->queue, &run->job);
}

/* To the next moment at which something happens, `latest_us` at the latest. */
static void step(struct world *world, int64_t latest_us)
{
    int64_t next_us = fg_schedule_advances_next_us(world->schedule, world->now_us);
    next_us = latest_us < next_us ? latest_us : next_us;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running && world->runs[r].ends_us < next_us)
            next_us = world->runs[r].ends_us;
    world->now_us = next_us;
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running && world->runs[r].ends_us <= next_us)
            end(world, &world->runs[r]);
}

/* -- examples -------------------------------------------------------------------------------------------- */

static void who_ends_in_time_borrows_and_who_does_not_waits(void)
{
    struct world world;
    create(&world, 1);
    book(&world, 1, NODES, 15, NOW + 2 * H, NOW + 4 * H);
    tell(&world);
    struct run *brief = add(&world, 4, 1, 1 * H), *late = add(&world, 4, 1, 3 * H),
               *endless = add(&world, 1, 1, 0), *stoppable = add(&world, 4, 1, 0);
    struct run *inside = add(&world, 4, 1, 5 * H);
    stoppable->job.preemptible = true;
    inside->booked = 0;
    for (size_t i = 0; i < world.runs_len; i++)
        submit(&world, &world.runs[i]);
    EQ(pass(&world), 2);
    OK(brief->running && stoppable->running && !late->running && !endless->running);
    while (world.now_us < NOW + 2 * H && !world.broken) {
        step(&world, NOW + 2 * H);
        pass(&world);
    }
    OK(!brief->running && !stoppable->running && inside->running && world.stopped == 1);
    EQ(inside->ends_us, NOW + 4 * H); /* cut */
    while (world.now_us < NOW + 4 * H && !world.broken) {
        step(&world, NOW + 4 * H);
        pass(&world);
    }
    OK(late->running && endless->running && stoppable->running);
    OK(!world.broken);
    clear(&world);
}

static void a_gang_may_need_both(void)
{
    struct world world;
    create(&world, 1);
    book(&world, 1, 2, 15, NOW + 2 * H, NOW + 4 * H);
    tell(&world);
    struct run *late = add(&world, 4, 3, 3 * H), *gang = add(&world, 4, 3, 1 * H);
    for (size_t i = 0; i < world.runs_len; i++)
        submit(&world, &world.runs[i]);
    EQ(pass(&world), 1);
    OK(gang->running && !late->running && !world.broken);
    clear(&world);
}

static void nothing_is_promised_of_what_is_reserved(void)
{
    struct world world;
    create(&world, 1);
    book(&world, 1, 2, 15, NOW + 10 * H, NOW + 20 * H);
    tell(&world);
    struct run *first = add(&world, 4, 1, 9 * H), *second = add(&world, 4, 1, 30 * H),
               *third = add(&world, 4, 1, 40 * H), *head = add(&world, 4, 1, 50 * H),
               *huge = add(&world, 4, 3, 50 * H);
    for (size_t i = 0; i < world.runs_len; i++)
        submit(&world, &world.runs[i]);
    pass(&world);
    OK(first->running && second->running && third->running && !head->running && !huge->running);
    OK(first->grants[0].node <= 2);
    EQ(fg_schedule_reservation(world.schedule).job, head->job.id);
    EQ(fg_schedule_reservation(world.schedule).at_us, NOW + 30 * H);
    OK(!world.broken);
    clear(&world);
}

static void a_daily_one_comes_again(void)
{
    struct world world;
    create(&world, 1);
    struct fg_advance *night = book(&world, 1, NODES, 15, NOW + H, NOW + 3 * H);
    night->repeat = FG_REPEAT_DAILY;
    tell(&world);
    struct run *inside = add(&world, 4, 1, 0);
    inside->booked = 0;
    inside->job.preemptible = true;
    submit(&world, inside);
    int nights = 0;
    for (bool was = false; world.now_us < NOW + 100 * H;) {
        pass(&world);
        nights += inside->running && !was;
        was = inside->running;
        step(&world, NOW + 100 * H);
    }
    EQ(nights, 5);
    OK(!world.broken);
    clear(&world);
}

static void times_and_conflicts(void)
{
    struct fg_advance_place place = {1, 3}, other = {1, 4};
    struct fg_advance once = {.name = "a",
                              .start_us = NOW,
                              .end_us = NOW + H,
                              .places = &place,
                              .places_len = 1},
                      daily = once, weekly = once;
    daily.repeat = FG_REPEAT_DAILY;
    daily.start_us -= 48 * H;
    daily.end_us -= 48 * H;
    weekly.repeat = FG_REPEAT_WEEKLY;
    weekly.start_us -= 24 * 7 * H + 2 * H;
    weekly.end_us -= 24 * 7 * H + 2 * H;
    OK(fg_advance_conflicts(&once, &daily) && fg_advance_conflicts(&daily, &once));
    OK(!fg_advance_conflicts(&once, &weekly) && !fg_advance_conflicts(&daily, &weekly));
    weekly.end_us += 90 * 60 * S;
    OK(fg_advance_conflicts(&weekly, &daily) && fg_advance_conflicts(&once, &weekly));
    daily.places = &other;
    OK(!fg_advance_conflicts(&once, &daily) && fg_advance_overlaps(&once, &daily));
    OK(fg_advance_check(&once, NOW, NULL) == 0);
    EQ(fg_advance_check(&once, NOW + H, NULL), FG_EINVAL);
    EQ(fg_advance_check(&daily, NOW + 1000 * H, NULL), 0);
    daily.end_us = daily.start_us + 25 * H;
    EQ(fg_advance_check(&daily, NOW, NULL), FG_EINVAL);
}

static void the_soonest_free_are_chosen(void)
{
    struct world world;
    create(&world, 1);
    struct run *late = add(&world, 4, 1, 10 * H), *part = add(&world, 1, 1, 5 * H);
    submit(&world, late);
    submit(&world, part);
    pass(&world);
    const struct fg_advance times = {.name = "x", .start_us = NOW + H, .end_us = NOW + 2 * H};
    struct fg_advance_place places[16];
    struct fg_err err = {};
    EQ(fg_schedule_choose_advance(world.schedule, world.pool, &times, "h100", 9, places, &err),
       3);
    EQ(places[0].node, 2); /* node 1 is held for longer */
    EQ(places[0].devices, 1);
    OK(places[1].node == 3 && places[1].devices == 15 && places[2].devices == 15);
    EQ(fg_schedule_choose_advance(world.schedule, world.pool, &times, "any", 17, places, &err),
       FG_ENOCAP);
    clear(&world);
}

/* -- lives ----------------------------------------------------------------------------------------------- */

static void book_random(struct world *world)
{
    for (size_t i = 0; i < BOOKED; i++) {
        fg_node_id first = 1 + draw(world, NODES),
                   last = first + draw(world, NODES - first + 1);
        int64_t start_us = NOW + S * (600 + draw(world, 20 * 3600));
        struct fg_advance *advance =
            book(world, first, last, draw(world, 2) ? 15 : 1 + draw(world, 15), start_us,
                 start_us + S * (1200 + draw(world, 6 * 3600)));
        advance->repeat = draw(world, 3) ? FG_REPEAT_NONE : FG_REPEAT_DAILY;
        advance->project = draw(world, 3) ? 0 : 1;
        advance->user = draw(world, 4) ? 0 : 1;
        advance->maintenance = draw(world, 6) == 0;
        for (size_t k = 0; k < i; k++)
            if (fg_advance_conflicts(advance, &world->booked[k])) {
                world->booked_len--;
                return;
            }
    }
}

static void submit_random(struct world *world)
{
    struct run *run = add(world, draw(world, 8) ? 1 + draw(world, 4) : 0,
                          draw(world, 4) ? 1 : 2 + draw(world, 2),
                          draw(world, 5) ? S * (60 + draw(world, 8 * 3600)) : 0);
    run->job.preemptible = draw(world, 3) == 0;
    run->job.project = 1 + draw(world, 2);
    run->job.user = 1 + draw(world, 2);
    run->job.priority_milli = 0;
    if (!draw(world, 3))
        run->booked = (int)draw(world, (uint32_t)world->booked_len);
    submit(world, run);
}

static void live(struct world *world, uint64_t seed, bool conservative)
{
    create(world, seed);
    if (conservative)
        fg_schedule_set_backfill(world->schedule, FG_BACKFILL_CONSERVATIVE);
    book_random(world);
    tell(world);
    for (int passes = 0; passes < 1500 && world->now_us < NOW + 60 * H && !world->broken;
         passes++) {
        while (world->runs_len < JOBS && draw(world, 3))
            submit_random(world);
        pass(world);
        step(world, world->now_us + S * (1 + draw(world, 3600)));
    }
}

static void random_lives(void)
{
    struct world *world = malloc(sizeof(*world));
    int lent = 0, inside = 0, stopped = 0, starts = 0;
    bool all = true;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        live(world, seed, seed % 3 == 0);
        uint64_t trail = world->trail;
        if (world->broken)
            printf("# seed %llu: %s\n", (unsigned long long)seed, world->broken);
        all = all && !world->broken;
        lent += world->lent;
        inside += world->inside;
        stopped += world->stopped;
        starts += world->starts;
        clear(world);
        if (seed % 10)
            continue;
        live(world, seed, seed % 3 == 0);
        all = all && world->trail == trail;
        clear(world);
    }
    printf("# %d starts: %d on what was lent, %d in reservations; %d stopped\n", starts, lent,
           inside, stopped);
    OK(all);
    OK(lent > 100 && inside > 100 && stopped > 10);
    free(world);
}

int main(void)
{
    RUN(who_ends_in_time_borrows_and_who_does_not_waits);
    RUN(a_gang_may_need_both);
    RUN(nothing_is_promised_of_what_is_reserved);
    RUN(a_daily_one_comes_again);
    RUN(times_and_conflicts);
    RUN(the_soonest_free_are_chosen);
    RUN(random_lives);
    return tap_done();
}
