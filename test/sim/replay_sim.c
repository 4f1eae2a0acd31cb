/* replay_sim.c - the same history, live and simulated: does the simulator decide as the service does?
 *
 *     random history --> controller, on an engine that starts at once --> starts \
 *                  \--> src/sim ----------------------------------------> starts  = the same
 *
 * Every start is compared: moment, job, attempt, node, devices of each task.  A seed decides the jobs and the policy.
 *
 *     replay_sim [SEEDS [FIRST]]      a failing seed is printed; run it alone with `replay_sim 1 SEED`
 */
#include "control/control.h"
#include "learn/class.h"
#include "model/job_json.h"
#include "sim/sim.h"
#include "test/sim/random.h"
#include "test/sim/sim_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND     1'000'000LL
#define BASE_US    1'767'225'600'000'000LL /* moment 0 of a simulation */
#define STOP_US    SECOND
#define RESTART_US SECOND
#define JOBS       120
#define STARTS     20000
#define TASKS_MAX  4
#define NODES      3

/* One task of one attempt. */
struct start {
    int64_t time_us;
    fg_job_id job;
    uint32_t attempt, task;
    struct fg_grant grant;
};

struct starts {
    struct start list[STARTS];
    size_t len;
};

struct task {
    struct fg_task_key key;
    int64_t begun_us, end_us, stop_us; /* stop_us 0: not asked to */
    bool told;
};

struct world {
    uint64_t seed, random;
    struct fg_config config;
    const struct fg_job_order *order;
    enum fg_preempt preempt;
    struct fg_sim_trace trace;
    struct fg_sim_cluster cluster;
    struct starts live, simulated;

    int64_t now_us; /* of the live one */
    int64_t left_us[JOBS];
    struct task tasks[STARTS];
    size_t tasks_len;
    struct fg_engine_event events[STARTS * 2];
    size_t events_len, events_at;
};

static void must(const struct world *world, bool condition, const char *what)
{
    if (condition)
        return;
    printf("not ok - seed %llu, order %s, at %lld s: %s\n", (unsigned long long)world->seed,
           world->order->name, (long long)((world->now_us - BASE_US) / SECOND), what);
    exit(1);
}

static uint32_t roll(struct world *world, uint32_t below)
{
    return sim_random(&world->random, below);
}

static void note(struct world *world, struct starts *starts, const struct start *start)
{
    must(world, starts->len < STARTS, "too many starts");
    starts->list[starts->len++] = *start;
}

/* -- an engine that starts at once, and whose jobs take what the trace says ------------------------------------- */

static int discover(struct fg_engine *self,
                    struct fg_node_spec *out,
                    size_t max,
                    size_t *out_len,
                    struct fg_err *)
{
    struct world *world = (struct world *)self;
    const struct fg_sim_group *group = &world->cluster.groups[0];
    must(world, max >= NODES, "room for the nodes");
    for (uint32_t i = 0; i < NODES; i++) {
        out[i] = (struct fg_node_spec){.cpu_milli = group->cpu_milli,
                                       .mem_mib = group->mem_mib,
                                       .devices_len = group->gpus};
        snprintf(out[i].name, sizeof(out[i].name), "%s-%u", group->name, i + 1);
        for (uint32_t k = 0; k < group->gpus; k++) {
            out[i].devices[k].numa = -1;
            snprintf(out[i].devices[k].kind, FG_KIND_MAX, "%s", group->kind);
        }
    }
    *out_len = NODES;
    return 0;
}

static void tell(struct world *world, struct fg_engine_event event)
{
    must(world, world->events_len < STARTS * 2, "too many events");
    event.time_us = world->now_us;
    world->events[world->events_len++] = event;
}

static int start(struct fg_engine *self, const struct fg_task_start *start, struct fg_err *)
{
    struct world *world = (struct world *)self;
    must(world, world->tasks_len < STARTS, "too many tasks");
    world->tasks[world->tasks_len++] =
        (struct task){.key = start->key,
                      .begun_us = world->now_us,
                      .end_us = world->now_us + world->left_us[start->key.job - 1]
                                + (start->key.attempt > 1 ? RESTART_US : 0)};
    note(world, &world->live,
         &(struct start){.time_us = world->now_us - BASE_US,
                         .job = start->key.job,
                         .attempt = start->key.attempt,
                         .task = start->key.task,
                         .grant = start->grant});
    tell(world, (struct fg_engine_event){.kind = FG_TASK_STARTED, .key = start->key, .pid = 1});
    return 0;
}

static int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct world *world = (struct world *)self;
    for (size_t i = 0; i < world->tasks_len; i++) {
        struct task *task = &world->tasks[i];
        if (task->key.job == key.job && task->key.attempt == key.attempt
            && task->key.task == key.task && !task->told && !task->stop_us)
            task->stop_us = world->now_us + STOP_US;
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

static size_t no_artifacts(struct fg_engine *,
                           struct fg_task_key,
                           struct fg_engine_artifact *,
                           size_t)
{
    return 0;
}

static const char *isolation(struct fg_engine *)
{
    return "simulated";
}

static const struct fg_engine_ops engine_ops = {
    .name = "replayed",
    .discover = discover,
    .start = start,
    .stop = stop,
    .adopt = adopt,
    .collect = collect,
    .next_event = next_event,
    .artifacts = no_artifacts,
    .isolation = isolation,
};

static int64_t task_end_us(const struct task *task)
{
    return task->stop_us && task->stop_us < task->end_us ? task->stop_us : task->end_us;
}

static int64_t next_end_us(const struct world *world)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < world->tasks_len; i++)
        if (!world->tasks[i].told && task_end_us(&world->tasks[i]) < next_us)
            next_us = task_end_us(&world->tasks[i]);
    return next_us;
}

static void end_tasks(struct world *world)
{
    for (size_t i = 0; i < world->tasks_len; i++) {
        struct task *task = &world->tasks[i];
        if (task->told || task_end_us(task) > world->now_us)
            continue;
        bool early = task->end_us > world->now_us;
        int64_t left_us = task->end_us - world->now_us;
        int64_t *job_left_us = &world->left_us[task->key.job - 1];
        task->told = true;
        bool saves = world->trace.jobs[task->key.job - 1].checkpoint_us > 0;
        if (task->key.task == 0 && saves && left_us < *job_left_us) /* not while it restarts */
            *job_left_us = left_us;
        tell(world, (struct fg_engine_event){.kind = FG_TASK_EXITED,
                                             .key = task->key,
                                             .stopped = task->stop_us != 0,
                                             .term_signal = early ? 15 : 0,
                                             .exit_code = early ? -1 : 0,
                                             .usage = {.max_rss_mib = 1, .cpu_us = 1}});
    }
}

/* -- the history ------------------------------------------------------------------------------------------------- */

static void make_request(struct world *world, struct fg_request *request)
{
    uint32_t size = roll(world, 8);
    *request = (struct fg_request){.cpu_milli = 1000 * (1 + roll(world, 8)),
                                   .mem_mib = 1024UL * (1 + roll(world, 8))};
    if (size == 0)
        return;
    request->count = size < 3 ? 1 : 1 + roll(world, 4);
    request->gpu_milli = size == 1 ? 100 * (1 + roll(world, 9)) : 1000;
    memcpy(request->kind, "h100", 5);
}

/* Work of three shapes. */
enum { NAMES = 3 };
static const char *const names[NAMES] = {"train-1", "train-2b", "evaluate"};

static void make_job(struct world *world, int64_t *at_s)
{
    struct fg_request request;
    struct fg_sim_trace *trace = &world->trace;
    const char *name = names[trace->jobs_len % NAMES];
    make_request(world, &request);
    struct fg_sim_job job = {
        .submit_us = *at_s * SECOND,
        .duration_us = (1 + roll(world, 2000)) * SECOND,
        .priority = (int32_t)roll(world, 400) - 200,
        .preemptible = roll(world, 2),
        .restart_us = RESTART_US,
        .checkpoint_us = roll(world, 4) ? 60 * SECOND : 0,
        .project = roll(world, 2),
        .tasks = request.count == 2 ? 1 + roll(world, TASKS_MAX) : 1,
        .request = fg_sim_trace_request(trace, &request),
        .shape = fg_shape_of(name, "true", NULL, 0),
    };
    if (roll(world, 2))
        job.time_limit_us = (job.duration_us + RESTART_US) * (1 + roll(world, 4));
    if (roll(world, 2))
        job.estimate_us = job.duration_us * (1 + roll(world, 2));
    if (roll(world, 4) == 0)
        job.deadline_us = job.submit_us + 3 * job.duration_us;
    world->left_us[trace->jobs_len] = job.duration_us;
    must(world, fg_sim_trace_add(trace, &job, NULL) == 0, "a job");
    *at_s += roll(world, 150);
}

static void make_history(struct world *world)
{
    int64_t at_s = 0;
    uint32_t number;
    fg_sim_cluster_simple(&world->cluster, NODES, "h100", 4);
    world->cluster.stop_us = STOP_US;
    int rc = fg_sim_trace_project(&world->trace, "default", 7, &number, NULL);
    if (rc == 0)
        rc = fg_sim_trace_project(&world->trace, "second", 6, &number, NULL);
    must(world, rc == 0, "projects");
    for (size_t i = 0; i < JOBS; i++)
        make_job(world, &at_s);
    fg_sim_trace_finish(&world->trace);
}

static void choose_policy(struct world *world)
{
    size_t orders = 1; /* there is one */
    while (fg_job_orders[orders])
        orders++;
    world->order = fg_job_orders[world->seed % orders];
    world->preempt = (enum fg_preempt)(world->seed / orders % 3);
    fg_config_defaults(&world->config);
    world->config.preempt_quantum_s = 30;
}

/* -- live -------------------------------------------------------------------------------------------------------- */

struct ask {
    struct fg_command command;
    struct fg_submit_item item;
    struct fg_job_spec spec;
    struct fg_buf json;
};

static void answered(struct fg_command *command)
{
    command->poster = NULL;
}

static void ask_submit(const struct world *world, size_t index, struct ask *ask)
{
    const struct fg_sim_job *job = &world->trace.jobs[index];
    *ask = (struct ask){.spec = {
                            .name = names[index % NAMES],
                            .project = world->trace.projects[job->project].name,
                            .run = "true",
                            .setup = "",
                            .cwd = "",
                            .workdir = "",
                            .workdir_hash = "",
                            .idempotency_key = "",
                            .any_of = {world->trace.requests[job->request]},
                            .any_of_len = 1,
                            .tasks = job->tasks,
                            .grace_us = STOP_US,
                            .checkpoint_us = job->checkpoint_us,
                            .restart_us = job->restart_us,
                            .retry_backoff_us = SECOND,
                            .compute_density = -1,
                            .time_sensitivity = -1,
                            .memory_need = -1,
                            .priority = job->priority,
                            .preemptible = job->preemptible,
                            .time_limit_us = job->time_limit_us,
                            .duration_us = job->estimate_us,
                            .deadline_us = job->deadline_us ? BASE_US + job->deadline_us : 0,
                        }};
    fg_job_json_write(&ask->json, &ask->spec);
    ask->item = (struct fg_submit_item){.spec = &ask->spec,
                                        .spec_json = ask->json.text,
                                        .spec_json_len = ask->json.len,
                                        .project = job->project + 1};
    ask->command = (struct fg_command){.kind = FG_CMD_SUBMIT,
                                       .actor = {.user = "ada", .role = FG_ROLE_ADMIN},
                                       .items = &ask->item,
                                       .items_len = 1,
                                       .done = answered,
                                       .poster = ask};
}

static void step(struct world *world, struct fg_control *control, struct fg_command *commands)
{
    struct fg_err err = {};
    must(world, fg_control_step(control, commands, world->now_us, &err) == 0, err.text);
    /* What has just been started says so at once. */
    while (world->events_at < world->events_len)
        must(world, fg_control_step(control, NULL, world->now_us, &err) == 0, err.text);
}

/* All that is submitted by now, in one step with what has ended by now. */
static size_t submit(struct world *world, struct fg_control *control, size_t next)
{
    static struct ask asks[JOBS];
    struct fg_command *list = NULL, **last = &list;
    size_t first = next;
    while (next < JOBS && BASE_US + world->trace.jobs[next].submit_us <= world->now_us) {
        ask_submit(world, next, &asks[next]);
        *last = &asks[next].command;
        last = &asks[next++].command.next;
    }
    step(world, control, list);
    for (size_t i = first; i < next; i++) {
        must(world, asks[i].command.rc == 0, asks[i].command.err.text);
        must(world, asks[i].item.out_id == i + 1, "jobs are numbered as in the trace");
        fg_buf_free(&asks[i].json);
    }
    return next;
}

static void add_project(struct world *world, struct fg_control *control)
{
    struct fg_project project = {
        .name = "second", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    struct fg_command command = {.kind = FG_CMD_PROJECT_PUT,
                                 .actor = {.user = "ada", .role = FG_ROLE_ADMIN},
                                 .project = &project,
                                 .done = answered,
                                 .poster = world};
    step(world, control, &command);
    must(world, command.rc == 0 && command.out_id == 2, "the second project");
}

static struct fg_control *open_control(struct world *world, struct sim_store *store)
{
    struct fg_err err = {};
    struct fg_control *control = fg_control_new(
        &(struct fg_control_options){
            .config = &world->config,
            .store_ops = &sim_store_ops,
            .store = (struct fg_store *)store,
            .engine_ops = &engine_ops,
            .engine = (struct fg_engine *)world,
            .order = world->order,
            .preempt = world->preempt,
            .nodes_max = NODES,
        },
        world->now_us, &err);
    must(world, control != NULL, err.text);
    return control;
}

static void run_live(struct world *world)
{
    struct sim_store *store = sim_store_new();
    size_t next = 0;
    world->now_us = BASE_US - SECOND;
    struct fg_control *control = open_control(world, store);
    add_project(world, control);
    for (;;) {
        int64_t next_us = next_end_us(world);
        if (next < JOBS && BASE_US + world->trace.jobs[next].submit_us < next_us)
            next_us = BASE_US + world->trace.jobs[next].submit_us;
        if (next_us == INT64_MAX)
            break;
        world->now_us = next_us;
        end_tasks(world);
        next = submit(world, control, next);
    }
    for (fg_job_id id = 1; id <= JOBS; id++)
        must(world, sim_store_job(store, id)->state == FG_JOB_SUCCEEDED, "every job succeeds");
    fg_control_free(control);
    sim_store_free(store);
}

/* -- simulated --------------------------------------------------------------------------------------------------- */

static void note_simulated(void *self, const struct fg_sim_start *start)
{
    struct world *world = self;
    for (size_t i = 0; i < start->grants_len; i++)
        note(world, &world->simulated,
             &(struct start){.time_us = start->time_us,
                             .job = start->job + 1,
                             .attempt = start->attempt,
                             .task = (uint32_t)i,
                             .grant = start->grants[i]});
}

static void run_simulated(struct world *world)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_err err = {};
    struct fg_sim_options options = {.config = &world->config,
                                     .trace = &world->trace,
                                     .cluster = &world->cluster,
                                     .order = world->order,
                                     .preempt = world->preempt,
                                     .start = note_simulated,
                                     .self = world};
    must(world, fg_sim_run(&options, &result, &err) == 0, err.text);
}

/* -- both -------------------------------------------------------------------------------------------------------- */

static bool same(const struct start *a, const struct start *b)
{
    return a->time_us == b->time_us && a->job == b->job && a->attempt == b->attempt
           && a->task == b->task && a->grant.node == b->grant.node
           && a->grant.devices == b->grant.devices && a->grant.gpu_milli == b->grant.gpu_milli
           && a->grant.cpu_milli == b->grant.cpu_milli && a->grant.mem_mib == b->grant.mem_mib;
}

static void show(const char *who, const struct starts *starts, size_t at)
{
    const struct start *start = &starts->list[at];
    if (at < starts->len)
        printf("# %s: at %lld us job %llu, attempt %u, task %u on node %llu, devices %x\n", who,
               (long long)start->time_us, (unsigned long long)start->job, start->attempt,
               start->task, (unsigned long long)start->grant.node, start->grant.devices);
}

static void compare(const struct world *world)
{
    const struct starts *live = &world->live, *simulated = &world->simulated;
    size_t at = 0;
    while (at < live->len && at < simulated->len && same(&live->list[at], &simulated->list[at]))
        at++;
    if (at == live->len && at == simulated->len)
        return;
    show("live", live, at);
    show("simulated", simulated, at);
    must(world, false, "they decide alike");
}

static void run_seed(uint64_t seed, uint64_t *starts, uint64_t *again)
{
    struct world *world = calloc(1, sizeof(*world));
    if (!world)
        abort();
    world->seed = world->random = seed;
    choose_policy(world);
    make_history(world);
    run_simulated(world);
    run_live(world);
    compare(world);
    *starts += world->live.len;
    for (size_t i = 0; i < world->live.len; i++)
        *again += world->live.list[i].attempt > 1;
    fg_sim_trace_free(&world->trace);
    fg_sim_cluster_free(&world->cluster);
    free(world);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 90,
             first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, starts = 0, again = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed, &starts, &again);
    printf("ok 1 - %llu histories of %d jobs: all %llu starts alike, %llu of jobs that had "
           "been pushed aside\n1..1\n",
           (unsigned long long)seeds, JOBS, (unsigned long long)starts,
           (unsigned long long)again);
    return 0;
}
