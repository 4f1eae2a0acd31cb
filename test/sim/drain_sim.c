/* drain_sim.c - how attempts end, in simulated time: nodes that are drained, nodes that fail, stops that come too late.
 *
 * The controller with a store in memory and an engine whose tasks run until they are told to end.
 */
#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define NODES   3
#define GPUS    2
#define SECOND  1'000'000LL
#define BASE_US (1'767'225'600 * SECOND)

struct task {
    struct fg_task_key key;
    fg_node_id node; /* 1, ... by its name */
    bool asked_to_stop, over;
};

struct world {
    struct fg_config config;
    struct sim_store *store;
    struct fg_control *control;
    int64_t now_us;
    struct task tasks[100];
    size_t tasks_len;
    struct fg_engine_event events[200];
    size_t events_len, events_at;
    bool has_spot; /* n1 may be taken back */
};

/* -- an engine ------------------------------------------------------------------------------------------ */

static int discover(
    struct fg_engine *self, struct fg_node_spec *out, size_t, size_t *out_len, struct fg_err *)
{
    for (uint32_t n = 0; n < NODES; n++) {
        out[n] =
            (struct fg_node_spec){.cpu_milli = 16000, .mem_mib = 65536, .devices_len = GPUS};
        out[n].is_spot = n == 0 && ((const struct world *)self)->has_spot;
        snprintf(out[n].name, sizeof(out[n].name), "n%u", n + 1);
        for (uint32_t i = 0; i < GPUS; i++)
            memcpy(out[n].devices[i].kind, "h100", 5);
    }
    *out_len = NODES;
    return 0;
}

static void tell(struct world *world, struct fg_engine_event event)
{
    if (world->events_len == 200)
        abort();
    event.time_us = world->now_us;
    world->events[world->events_len++] = event;
}

static int start(struct fg_engine *self, const struct fg_task_start *start, struct fg_err *)
{
    struct world *world = (struct world *)self;
    if (world->tasks_len == 100)
        abort();
    world->tasks[world->tasks_len++] =
        (struct task){.key = start->key, .node = (fg_node_id)(start->node->name[1] - '0')};
    tell(world, (struct fg_engine_event){.kind = FG_TASK_STARTED, .key = start->key, .pid = 1});
    return 0;
}

static int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct world *world = (struct world *)self;
    for (size_t i = 0; i < world->tasks_len; i++) {
        const struct fg_task_key *its = &world->tasks[i].key;
        if (its->job == key.job && its->attempt == key.attempt && its->task == key.task)
            world->tasks[i].asked_to_stop = true;
    }
    return 0;
}

static int adopt(struct fg_engine *, const struct fg_task_at *, size_t, struct fg_err *)
{
    return 0;
}

static void collect(struct fg_engine *, struct fg_task_key)
{
}

static int next_event(struct fg_engine *self, struct fg_engine_event *out)
{
    struct world *world = (struct world *)self;
    if (world->events_at == world->events_len) {
        world->events_at = world->events_len = 0;
        return 0;
    }
    *out = world->events[world->events_at++];
    return 1;
}

static const struct fg_engine_ops engine_ops = {
    .name = "told",
    .discover = discover,
    .start = start,
    .stop = stop,
    .adopt = adopt,
    .collect = collect,
    .next_event = next_event,
};

/* -- what happens ----------------------------------------------------------------------------------------- */

static void step(struct world *world, struct fg_command *command)
{
    struct fg_err err = {};
    world->now_us += SECOND;
    do {
        EQ(fg_control_step(world->control, command, world->now_us, &err), 0);
        command = NULL;
    } while (world->events_at < world->events_len);
}

static void answered(struct fg_command *command)
{
    if (!EQ(command->rc, 0))
        printf("# %s\n", command->err.text);
}

static struct world *build_with(bool has_spot)
{
    struct world *world = calloc(1, sizeof(*world));
    if (!world)
        abort();
    world->has_spot = has_spot;
    fg_config_defaults(&world->config);
    world->now_us = BASE_US;
    world->store = sim_store_new();
    world->control =
        fg_control_new(&(struct fg_control_options){.config = &world->config,
                                                    .store_ops = &sim_store_ops,
                                                    .store = (struct fg_store *)world->store,
                                                    .engine_ops = &engine_ops,
                                                    .engine = (struct fg_engine *)world,
                                                    .order = fg_job_order_find("priority"),
                                                    .preempt = FG_PREEMPT_PRIORITY,
                                                    .nodes_max = NODES},
                       world->now_us, NULL);
    if (!world->control)
        abort();
    return world;
}

static struct world *build(void)
{
    return build_with(false);
}

static void drop(struct world *world)
{
    fg_control_free(world->control);
    sim_store_free(world->store);
    free(world);
}

struct ask {
    uint32_t gpus, tasks, tasks_min;
    bool preemptible;
    int32_t priority;
    int64_t duration_s, deadline_s, checkpoint_s;
};

static fg_job_id submit(struct world *world, struct ask ask)
{
    FG_AUTO(fg_buf) struct fg_buf json = {};
    struct fg_job_spec spec = {
        .name = "x",
        .project = "default",
        .run = "true",
        .setup = "",
        .cwd = "",
        .workdir = "",
        .workdir_hash = "",
        .idempotency_key = "",
        .any_of = {{.kind = "h100", .count = ask.gpus, .gpu_milli = 1000, .cpu_milli = 1000}},
        .any_of_len = 1,
        .tasks = ask.tasks,
        .tasks_min = ask.tasks_min,
        .priority = ask.priority,
        .preemptible = ask.preemptible,
        .duration_us = ask.duration_s * SECOND,
        .deadline_us = ask.deadline_s ? world->now_us + ask.deadline_s * SECOND : 0,
        .checkpoint_us = ask.checkpoint_s * SECOND,
        .compute_density = -1,
        .time_sensitivity = -1,
        .memory_need = -1};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    struct fg_command command = {.kind = FG_CMD_SUBMIT,
                                 .actor = {.user = "ada", .role = FG_ROLE_ADMIN},
                                 .items = &item,
                                 .items_len = 1,
                                 .done = answered};
    step(world, &command);
    return item.out_id;
}

static void set_node(struct world *world,
                     const char *name,
                     enum fg_command_kind kind,
                     bool move)
{
    struct fg_command command = {.kind = kind,
                                 .actor = {.user = "ada", .role = FG_ROLE_ADMIN},
                                 .name = name,
                                 .move = move,
                                 .done = answered};
    step(world, &command);
}

/* Its tasks on this node (0: all) end in this way. */
static void end(struct world *world, fg_job_id job, fg_node_id node, struct fg_engine_event how)
{
    for (size_t i = 0; i < world->tasks_len; i++) {
        struct task *task = &world->tasks[i];
        if (task->over || task->key.job != job || (node && task->node != node))
            continue;
        task->over = true;
        how.key = task->key;
        tell(world, how);
    }
    step(world, NULL);
}

static const struct fg_engine_event success = {.kind = FG_TASK_EXITED},
                                    saved = {.kind = FG_TASK_EXITED, .stopped = true},
                                    terminated = {.kind = FG_TASK_EXITED,
                                                  .stopped = true,
                                                  .exit_code = -1,
                                                  .term_signal = 15},
                                    failure = {.kind = FG_TASK_EXITED, .exit_code = 1},
                                    lost = {.kind = FG_TASK_LOST};

static enum fg_job_state state(const struct world *world, fg_job_id job)
{
    return sim_store_job(world->store, job)->state;
}

/* Of its attempt under way; `node` 0: on all. */
static int tasks_on(const struct world *world, fg_job_id job, fg_node_id node)
{
    int found = 0;
    for (size_t i = 0; i < world->tasks_len; i++)
        found += world->tasks[i].key.job == job && !world->tasks[i].over
                 && (!node || world->tasks[i].node == node);
    return found;
}

static bool is_asked_to_stop(const struct world *world, fg_job_id job)
{
    bool all = true;
    for (size_t i = 0; i < world->tasks_len; i++)
        if (world->tasks[i].key.job == job && !world->tasks[i].over)
            all = all && world->tasks[i].asked_to_stop;
    return all && tasks_on(world, job, 0) > 0;
}

/* -- ends --------------------------------------------------------------------------------------------------- */

/* A preemptible job on all devices, and an urgent one: the first is asked to stop. */
static fg_job_id one_that_stops(struct world *world)
{
    fg_job_id job = submit(
        world, (struct ask){.gpus = 2, .tasks = 3, .preemptible = true, .priority = -100});
    EQ(state(world, job), FG_JOB_RUNNING);
    (void)submit(world, (struct ask){.gpus = 2, .tasks = 3, .priority = 100});
    OK(is_asked_to_stop(world, job));
    return job;
}

static void who_ends_before_the_signal_has_succeeded(void)
{
    static const struct {
        const struct fg_engine_event *how;
        enum fg_job_state state;
    } rows[] = {{&success, FG_JOB_SUCCEEDED}, /* the signal found nobody */
                {&saved, FG_JOB_QUEUED},      /* a checkpoint was written, it may be */
                {&terminated, FG_JOB_QUEUED},
                {&lost, FG_JOB_QUEUED},
                {&failure, FG_JOB_FAILED}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world *world = build();
        fg_job_id job = one_that_stops(world);
        end(world, job, 0, *rows[i].how);
        EQ(state(world, job), rows[i].state);
        EQ(tasks_on(world, job + 1, 0), 3); /* the urgent one has the devices */
        drop(world);
    }
}

/* One task had ended well before the other was stopped: the gang goes on as a whole, later. */
static void a_gang_succeeds_whole_or_not(void)
{
    struct world *world = build();
    fg_job_id job = one_that_stops(world);
    end(world, job, 1, success);
    EQ(state(world, job), FG_JOB_RUNNING);
    end(world, job, 0, saved);
    EQ(state(world, job), FG_JOB_QUEUED);
    drop(world);
}

/* -- drain -------------------------------------------------------------------------------------------------- */

static void a_draining_node_takes_nothing_new(void)
{
    struct world *world = build();
    fg_job_id runs = submit(world, (struct ask){.gpus = 2, .tasks = 3, .preemptible = true});
    set_node(world, "n1", FG_CMD_NODE_DRAIN, false);
    EQ(tasks_on(world, runs, 1), 1); /* what runs goes on, though it could be stopped */
    OK(!is_asked_to_stop(world, runs));
    fg_job_id next = submit(world, (struct ask){.gpus = 2, .tasks = 3});
    end(world, runs, 0, success);
    EQ(state(world, runs), FG_JOB_SUCCEEDED);
    EQ(tasks_on(world, next, 0), 0); /* two nodes are too few for it */
    fg_job_id small = submit(world, (struct ask){.gpus = 1, .tasks = 4});
    EQ(tasks_on(world, small, 1), 0);
    EQ(tasks_on(world, small, 0), 4);
    end(world, small, 0, success);
    set_node(world, "n1", FG_CMD_NODE_RESUME, false);
    EQ(tasks_on(world, next, 0), 3);
    drop(world);
}

static void preemptible_jobs_move_off_if_they_are_told_to(void)
{
    struct world *world = build();
    fg_job_id gang = submit(world, (struct ask){.gpus = 1, .tasks = 4, .preemptible = true}),
              stays = submit(world, (struct ask){.gpus = 1, .tasks = 2});
    fg_node_id node = 1;
    while (tasks_on(world, gang, node) != 2)
        node++;
    char name[4] = {'n', (char)('0' + node)};
    set_node(world, name, FG_CMD_NODE_DRAIN, true);
    OK(is_asked_to_stop(world, gang)); /* all of it: a gang is whole */
    OK(!is_asked_to_stop(world, stays));
    end(world, gang, 0, terminated);
    EQ(tasks_on(world, gang, 0), 0); /* two devices are left that are not drained */
    EQ(state(world, gang), FG_JOB_QUEUED);
    end(world, stays, 0, success);
    EQ(tasks_on(world, gang, node), 0);
    EQ(tasks_on(world, gang, 0), 4);
    EQ(sim_store_job(world->store, gang)->attempt, 2);
    drop(world);
}

/* -- failure ------------------------------------------------------------------------------------------------ */

/* The node is gone: its tasks are lost, and nothing is started there. */
static void lose_node(struct world *world, fg_job_id job, const char *name, fg_node_id node)
{
    set_node(world, name, FG_CMD_NODE_DRAIN, false);
    end(world, job, node, lost);
}

static void the_gang_of_a_failed_node_starts_again_whole(void)
{
    struct world *world = build();
    fg_job_id gang = submit(world, (struct ask){.gpus = 2, .tasks = 3});
    EQ(tasks_on(world, gang, 0), 3);
    lose_node(world, gang, "n2", 2);
    OK(is_asked_to_stop(world, gang)); /* the others are of no use */
    EQ(state(world, gang), FG_JOB_RUNNING);
    end(world, gang, 0, terminated);
    EQ(state(world, gang), FG_JOB_QUEUED);
    EQ(sim_store_job(world->store, gang)->failures, 0);
    EQ(tasks_on(world, gang, 0), 0);
    set_node(world, "n2", FG_CMD_NODE_RESUME, false);
    EQ(tasks_on(world, gang, 0), 3);
    EQ(sim_store_job(world->store, gang)->attempt, 2);
    drop(world);
}

static void an_elastic_gang_goes_on_smaller(void)
{
    struct world *world = build();
    fg_job_id gang = submit(world, (struct ask){.gpus = 2, .tasks = 3, .tasks_min = 1});
    EQ(tasks_on(world, gang, 0), 3);
    lose_node(world, gang, "n2", 2);
    end(world, gang, 0, terminated);
    EQ(state(world, gang), FG_JOB_RUNNING); /* at once, without the node */
    EQ(tasks_on(world, gang, 0), 2);
    EQ(tasks_on(world, gang, 2), 0);
    EQ(sim_store_job(world->store, gang)->attempt, 2);
    drop(world);
}

/* -- deadlines ------------------------------------------------------------------------------------------------ */

static bool why_says(struct world *world, fg_job_id job, const char *text)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_command command = {
        .kind = FG_CMD_WHY, .job = job, .arena = arena, .done = answered};
    step(world, &command);
    if (strstr(command.out_text, text))
        return true;
    printf("# %s\n", command.out_text);
    return false;
}

/* A start takes 300 s by default, so that with less than 750 s of slack the spot node comes last. */
static void deadlines_keep_off_spot_in_time(void)
{
    struct world *world = build_with(true);
    fg_job_id tight = submit(world, (struct ask){.gpus = 2,
                                                 .tasks = 1,
                                                 .preemptible = true,
                                                 .duration_s = 5000,
                                                 .deadline_s = 5400,
                                                 .checkpoint_s = 150});
    EQ(tasks_on(world, tight, 1), 0);
    EQ(tasks_on(world, tight, 0), 1);
    OK(why_says(world, tight, "has 399 s of slack before its deadline"));
    OK(why_says(world, tight,
                "two starts of 300 s and 150 s of work, so it goes to other nodes "
                "first"));
    fg_job_id plain = submit(world, (struct ask){.gpus = 2, .tasks = 2});
    EQ(tasks_on(world, plain, 0), 2);
    fg_job_id late = submit(world, (struct ask){.gpus = 1, .tasks = 1});
    EQ(state(world, late), FG_JOB_QUEUED);
    drop(world);
}

/* Nothing else is free: it rides spot, and leaves when something is. */
static void who_has_to_ride_spot_leaves_it_soon(void)
{
    struct world *world = build_with(true);
    fg_job_id others[2];
    for (size_t i = 0; i < 2; i++)
        others[i] = submit(world, (struct ask){.gpus = 2,
                                               .tasks = 1,
                                               .preemptible = true,
                                               .duration_s = 500,
                                               .deadline_s = 600,
                                               .checkpoint_s = 10});
    fg_job_id tight = submit(world, (struct ask){.gpus = 2,
                                                 .tasks = 1,
                                                 .preemptible = true,
                                                 .duration_s = 5000,
                                                 .deadline_s = 5400,
                                                 .checkpoint_s = 150});
    EQ(tasks_on(world, tight, 1), 1);
    world->now_us += 400 * SECOND;
    OK(!is_asked_to_stop(world, tight));
    end(world, others[0], 0, success);
    OK(is_asked_to_stop(world, tight));
    end(world, tight, 0, terminated);
    EQ(tasks_on(world, tight, 0), 1);
    EQ(tasks_on(world, tight, 1), 0);
    drop(world);
}

int main(void)
{
    RUN(deadlines_keep_off_spot_in_time);
    RUN(who_has_to_ride_spot_leaves_it_soon);
    RUN(who_ends_before_the_signal_has_succeeded);
    RUN(a_gang_succeeds_whole_or_not);
    RUN(a_draining_node_takes_nothing_new);
    RUN(preemptible_jobs_move_off_if_they_are_told_to);
    RUN(the_gang_of_a_failed_node_starts_again_whole);
    RUN(an_elastic_gang_goes_on_smaller);
    return tap_done();
}
