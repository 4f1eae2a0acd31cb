/* sim_engine.c - see sim_engine.h */
#include "test/sim/sim_engine.h"

#include "test/sim/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASKS_MAX  20000
#define EVENTS_MAX 40000
#define GPUS       4

enum phase { ASKED, RUNS, ENDED, FENCED, GONE };

struct task {
    struct fg_task_key key;
    struct fg_grant grant;
    enum phase phase;
    int64_t start_us, end_us;
    bool told; /* an end event waits to be taken, or was taken, in this daemon's life */
    struct fg_engine_event end;
};

struct sim_engine {
    uint64_t random;
    int64_t now_us;
    bool kind;
    struct task tasks[TASKS_MAX];
    size_t tasks_len;
    struct fg_engine_event events[EVENTS_MAX];
    size_t events_len, events_at;
    uint32_t die_after;       /* UINT32_MAX: lives */
    char second[FG_NAME_MAX]; /* node; "" none */
};

struct sim_engine *sim_engine_new(uint64_t seed)
{
    struct sim_engine *engine = calloc(1, sizeof(*engine));
    assert(engine);
    engine->random = seed * 2 + 1;
    engine->die_after = UINT32_MAX;
    return engine;
}

void sim_engine_free(struct sim_engine *engine)
{
    free(engine);
}

static bool dead(struct sim_engine *engine)
{
    if (engine->die_after == UINT32_MAX)
        return false;
    if (engine->die_after == 0)
        return true;
    engine->die_after--;
    return false;
}

void sim_engine_die_after(struct sim_engine *engine, uint32_t calls)
{
    engine->die_after = calls;
}

void sim_engine_be_kind(struct sim_engine *engine)
{
    engine->kind = true;
}

static bool chance(struct sim_engine *engine, uint32_t percent)
{
    return !engine->kind && sim_random(&engine->random, 100) < percent;
}

static struct task *find(struct sim_engine *engine, struct fg_task_key key)
{
    for (size_t i = 0; i < engine->tasks_len; i++) {
        struct task *task = &engine->tasks[i];
        if (task->key.job == key.job && task->key.attempt == key.attempt
            && task->key.task == key.task)
            return task;
    }
    return NULL;
}

static void tell(struct sim_engine *engine, struct fg_engine_event event)
{
    assert(engine->events_len < EVENTS_MAX);
    event.time_us = engine->now_us;
    engine->events[engine->events_len++] = event;
}

static int discover(struct fg_engine *self,
                    struct fg_node_spec *out,
                    size_t max,
                    size_t *out_len,
                    struct fg_err *)
{
    const struct sim_engine *engine = (const struct sim_engine *)self;
    *out = (struct fg_node_spec){
        .name = "sim", .cpu_milli = 16000, .mem_mib = 65536, .devices_len = GPUS};
    for (uint32_t i = 0; i < GPUS; i++)
        out->devices[i] = (struct fg_device_spec){.kind = "h100", .mem_mib = 81920};
    *out_len = 1;
    if (engine->second[0] && max > 1) {
        out[1] = out[0];
        snprintf(out[1].name, sizeof(out[1].name), "%s", engine->second);
        *out_len = 2;
    }
    return 0;
}

void sim_engine_add_node(struct sim_engine *engine, const char *name)
{
    snprintf(engine->second, sizeof(engine->second), "%s", name);
}

static int start(struct fg_engine *self, const struct fg_task_start *start, struct fg_err *err)
{
    struct sim_engine *engine = (struct sim_engine *)self;
    if (dead(engine) || find(engine, start->key))
        return 0;
    if (chance(engine, 2))
        return fg_fail(err, FG_EBACKEND, "simulated: could not be started");
    assert(engine->tasks_len < TASKS_MAX);
    struct task *task = &engine->tasks[engine->tasks_len++];
    int64_t begin = engine->now_us + sim_random(&engine->random, 500) * 1000;
    *task = (struct task){
        .key = start->key,
        .grant = start->grant,
        .start_us = begin,
        .end_us = begin + (1 + sim_random(&engine->random, 8000)) * 1000,
        .end = {.kind = FG_TASK_EXITED,
                .key = start->key,
                .usage = {.max_rss_mib = 1, .cpu_us = 1}},
    };
    if (chance(engine, 10))
        task->end.exit_code = 1;
    else if (chance(engine, 3))
        task->end.timed_out = true;
    else if (chance(engine, 3))
        task->end.kind = FG_TASK_LOST;
    else if (chance(engine, 2))
        task->end = (struct fg_engine_event){
            .kind = FG_TASK_FAILED, .key = start->key, .reason = "simulated"};
    return 0;
}

static int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct sim_engine *engine = (struct sim_engine *)self;
    struct task *task = dead(engine) ? NULL : find(engine, key);
    if (!task || task->phase > RUNS)
        return 0;
    int64_t soon = engine->now_us + sim_random(&engine->random, 1000) * 1000;
    if (soon < task->end_us) {
        task->end_us = soon;
        task->end = (struct fg_engine_event){.kind = FG_TASK_EXITED,
                                             .key = key,
                                             .stopped = true,
                                             .term_signal = 15,
                                             .exit_code = -1};
    }
    return 0;
}

static void tell_end(struct sim_engine *engine, struct task *task)
{
    if (!task->told)
        tell(engine, task->end);
    task->told = true;
}

static int adopt(struct fg_engine *self,
                 const struct fg_task_at *tasks,
                 size_t len,
                 struct fg_err *)
{
    struct sim_engine *engine = (struct sim_engine *)self;
    for (size_t i = 0; i < len; i++) {
        struct task *task = find(engine, tasks[i].key);
        if (!task) {
            assert(engine->tasks_len < TASKS_MAX);
            task = &engine->tasks[engine->tasks_len++];
            *task = (struct task){.key = tasks[i].key,
                                  .phase = FENCED,
                                  .end = {.kind = FG_TASK_LOST, .key = tasks[i].key}};
            tell_end(engine, task);
        } else if (task->phase <= RUNS) {
            if (task->phase == RUNS)
                tell(engine, (struct fg_engine_event){
                                 .kind = FG_TASK_STARTED, .key = tasks[i].key, .pid = 1});
        } else {
            task->told = false;
            tell_end(engine, task);
        }
    }
    return 0;
}

static void collect(struct fg_engine *self, struct fg_task_key key)
{
    struct sim_engine *engine = (struct sim_engine *)self;
    struct task *task = dead(engine) ? NULL : find(engine, key);
    if (task && task->phase == ENDED)
        task->phase = GONE;
}

static int next_event(struct fg_engine *self, struct fg_engine_event *out)
{
    struct sim_engine *engine = (struct sim_engine *)self;
    if (engine->events_at == engine->events_len)
        return 0;
    *out = engine->events[engine->events_at++];
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

const struct fg_engine_ops sim_engine_ops = {
    .name = "simulated",
    .discover = discover,
    .start = start,
    .stop = stop,
    .adopt = adopt,
    .collect = collect,
    .next_event = next_event,
    .artifacts = no_artifacts,
    .isolation = isolation,
};

void sim_engine_advance(struct sim_engine *engine, int64_t now_us)
{
    engine->now_us = now_us;
    for (size_t i = 0; i < engine->tasks_len; i++) {
        struct task *task = &engine->tasks[i];
        if (task->phase == ASKED && task->start_us <= now_us) {
            task->phase = RUNS;
            if (task->end.kind != FG_TASK_FAILED)
                tell(engine, (struct fg_engine_event){
                                 .kind = FG_TASK_STARTED, .key = task->key, .pid = 1});
        }
        if (task->phase == RUNS && task->end_us <= now_us) {
            task->phase = ENDED;
            tell_end(engine, task);
        }
    }
}

void sim_engine_restart(struct sim_engine *engine)
{
    engine->die_after = UINT32_MAX;
    engine->events_len = engine->events_at = 0;
    for (size_t i = 0; i < engine->tasks_len; i++)
        engine->tasks[i].told = false;
}

size_t sim_engine_running(const struct sim_engine *engine)
{
    size_t len = 0;
    for (size_t i = 0; i < engine->tasks_len; i++)
        len += engine->tasks[i].phase == RUNS;
    return len;
}

static bool twice(const struct sim_engine *engine, size_t at)
{
    const struct task *a = &engine->tasks[at];
    for (size_t i = 0; i < at; i++) {
        const struct task *b = &engine->tasks[i];
        if (b->phase == RUNS && b->key.job == a->key.job && b->key.task == a->key.task)
            return true;
    }
    return false;
}

bool sim_engine_check(const struct sim_engine *engine)
{
    uint64_t cpu = 0, mem = 0, gpu[GPUS] = {};
    for (size_t i = 0; i < engine->tasks_len; i++) {
        const struct task *task = &engine->tasks[i];
        if (task->phase != RUNS)
            continue;
        if (twice(engine, i))
            return false;
        cpu += task->grant.cpu_milli;
        mem += task->grant.mem_mib;
        for (uint32_t mask = task->grant.devices; mask; mask &= mask - 1)
            gpu[__builtin_ctz(mask)] += task->grant.gpu_milli;
    }
    for (int i = 0; i < GPUS; i++)
        if (gpu[i] > 1000)
            return false;
    return cpu <= 16000 && mem <= 65536;
}
