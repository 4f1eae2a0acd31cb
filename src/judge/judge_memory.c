/* judge_memory.c - tasks whose memory will not do, or that of their devices: see memory.h
 *
 * Of a device that a task holds whole its own reading counts; of a share, or of a device that nobody can name, what the task says
 * that it holds of it.  The limit is the size of just that: the device, the instance of it (MIG), or the share.
 */
#include "judge/judge_inner.h"

#include "base/grow.h"

#include <stdio.h>

#define STRETCHES     60 /* in the time that is looked ahead */
#define POINTS        8
#define DEVICE_POINTS 20 /* programs warm up: caches fill for minutes */

static uint64_t task_key(fg_job_id job, uint32_t task)
{
    return job * FG_TASKS_MAX + task + 1;
}

void fg_judge_task(struct fg_judge *judge,
                   const struct fg_judge_rules *rules,
                   const struct fg_judge_said *said)
{
    uint32_t at;
    int64_t stretch_us = rules->ahead_us / STRETCHES;
    if (!fg_map_get(judge->by_task, task_key(said->job, said->task), &at))
        return;
    struct task *task = &judge->tasks[at];
    if (said->mem_mib >= 0)
        fg_memory_note(&task->track, said->time_us, said->mem_mib, stretch_us);
    if (said->gpu_mem_mib >= 0)
        fg_memory_note(&task->device, said->time_us, said->gpu_mem_mib, stretch_us);
}

void fg_judge_note_device(struct device *device,
                          const struct fg_judge_rules *rules,
                          const struct fg_device_sample *sample)
{
    int64_t mem_mib = sample->value[FG_READING_MEM_USED];
    if (device->holder && mem_mib >= 0)
        fg_memory_note(&device->memory, sample->time_us, mem_mib, rules->ahead_us / STRETCHES);
}

/* Those that are watched are from the first look on. */
static struct task *task_of(struct fg_judge *judge, const struct fg_judge_hold *hold)
{
    uint64_t key = task_key(hold->job, hold->task);
    uint32_t at;
    if (!fg_map_get(judge->by_task, key, &at)) {
        judge->tasks =
            fg_grow(judge->tasks, judge->tasks_len, &judge->tasks_room, sizeof(*judge->tasks));
        at = (uint32_t)judge->tasks_len++;
        fg_map_put(judge->by_task, key, at);
        judge->tasks[at] = (struct task){.key = key, .attempt = hold->attempt};
    }
    struct task *task = &judge->tasks[at];
    if (task->attempt != hold->attempt)
        *task = (struct task){.key = key, .attempt = hold->attempt};
    task->look = judge->look;
    return task;
}

static int64_t minutes(int64_t us)
{
    return us / 60000000;
}

/* What it is about, and that memory of it. */
struct growth {
    enum fg_alert_cause cause;
    const struct fg_judge_hold *hold;
    const struct fg_memory_track *track;
    int64_t limit_mib;
    size_t points;
    const struct device *device; /* whose memory it is; NULL: not that of one known by name */
    const char *what;            /* ... " of its device"; "" */
};

static void describe(const struct growth *growth,
                     const struct fg_memory_left *left,
                     struct fg_alert *alert)
{
    const struct fg_judge_hold *hold = growth->hold;
    *alert = fg_judge_about(alert->cause, hold, alert->key);
    char late[48] = "or never", what[FG_NAME_MAX + 8];
    if (left->late_us < INT64_MAX)
        snprintf(late, sizeof(late), "to %lld", (long long)minutes(left->late_us));
    if (growth->device)
        snprintf(alert->device, sizeof(alert->device), "%s-%u", growth->device->kind,
                 growth->device->index);
    snprintf(what, sizeof(what), growth->device ? " of %s" : "%s",
             growth->device ? alert->device : growth->what);
    snprintf(alert->text, sizeof(alert->text),
             "task %u of job %llu holds %lld of %lld MiB%s and gains %.1f MiB a minute: the "
             "limit in %lld min (%lld %s)",
             hold->task, (unsigned long long)hold->job, (long long)growth->track->now_mib,
             (long long)growth->limit_mib, what, left->mib_a_minute,
             (long long)minutes(left->likely_us), (long long)minutes(left->early_us), late);
}

/* Told if it is bad; what is not is the caller's to tell, once for all that are one alert. */
static enum fg_sight judge_growth(const struct looking *looking, const struct growth *growth)
{
    struct fg_memory_left left;
    struct fg_memory_limit limit = {.mib = growth->limit_mib,
                                    .horizon_us = 2 * looking->rules->ahead_us,
                                    .points = growth->points};
    if (!fg_memory_left(growth->track, &limit, &left))
        return FG_SIGHT_CALM;
    if (left.likely_us >= looking->rules->ahead_us || left.was_higher)
        return FG_SIGHT_UNSURE;
    struct fg_alert alert = {.key = fg_alarm_key(growth->cause, growth->hold->job, 0, ""),
                             .cause = growth->cause};
    describe(growth, &left, &alert);
    looking->out->see(looking->out->self, &alert, FG_SIGHT_BAD);
    return FG_SIGHT_BAD;
}

static void see_rest(const struct looking *looking,
                     enum fg_alert_cause cause,
                     fg_job_id job,
                     enum fg_sight sight)
{
    struct fg_alert alert = {.key = fg_alarm_key(cause, job, 0, ""), .cause = cause};
    if (sight != FG_SIGHT_BAD)
        looking->out->see(looking->out->self, &alert, sight);
}

/* Its share of a device, or the one device that it has and that nobody can name. */
static bool tells_itself(const struct fg_judge_hold *hold)
{
    int devices = __builtin_popcount(hold->grant->devices);
    return devices == 1 && (hold->grant->gpu_milli < FG_WHOLE_MILLI || hold->is_guess);
}

/* 0: not known. */
static int64_t size_of(const struct fg_judge_hold *hold, uint32_t device)
{
    return (int64_t)hold->node->devices[device].mem_mib * hold->grant->gpu_milli
           / FG_WHOLE_MILLI;
}

static void judge_task(const struct looking *looking, const struct fg_judge_hold *hold)
{
    bool has_limit = hold->grant->mem_mib > 0, is_own = tells_itself(hold);
    if (!has_limit && !is_own)
        return;
    const struct task *task = task_of(looking->judge, hold);
    struct growth growth = {.cause = FG_ALERT_MEMORY_OVERRUN,
                            .hold = hold,
                            .track = &task->track,
                            .limit_mib = (int64_t)hold->grant->mem_mib,
                            .points = POINTS,
                            .what = ""};
    if (has_limit)
        see_rest(looking, growth.cause, hold->job, judge_growth(looking, &growth));
    uint32_t device = is_own ? (uint32_t)__builtin_ctz(hold->grant->devices) : 0;
    if (!is_own || size_of(hold, device) == 0)
        return;
    growth.cause = FG_ALERT_DEVICE_MEMORY;
    growth.track = &task->device;
    growth.limit_mib = size_of(hold, device);
    growth.points = DEVICE_POINTS;
    growth.what = hold->is_guess ? " of its device" : " of its share of a device";
    see_rest(looking, growth.cause, hold->job, judge_growth(looking, &growth));
}

/* A device that is held whole, and that is read: what it says is its holder's, from the first look on. */
static enum fg_sight judge_seat(const struct looking *looking, const struct seat *seat)
{
    const struct fg_judge_hold *hold = &looking->judge->holds[seat->hold];
    struct device *device =
        seat->device == NONE ? NULL : &looking->judge->devices[seat->device];
    uint64_t holder = task_key(hold->job, hold->task) ^ (uint64_t)hold->attempt << 56;
    if (!device || tells_itself(hold) || size_of(hold, device->index) == 0)
        return FG_SIGHT_CALM;
    if (device->holder != holder) {
        device->holder = holder;
        device->memory = (struct fg_memory_track){};
    }
    return judge_growth(looking, &(struct growth){.cause = FG_ALERT_DEVICE_MEMORY,
                                                  .hold = hold,
                                                  .track = &device->memory,
                                                  .limit_mib = size_of(hold, device->index),
                                                  .points = DEVICE_POINTS,
                                                  .device = device});
}

static void forget(struct fg_judge *judge)
{
    for (size_t i = judge->tasks_len; i-- > 0;) {
        struct task *task = &judge->tasks[i], *last;
        if (task->look == judge->look)
            continue;
        last = &judge->tasks[--judge->tasks_len];
        fg_map_del(judge->by_task, task->key);
        if (task == last)
            continue;
        *task = *last;
        fg_map_put(judge->by_task, task->key, (uint32_t)i);
    }
}

void fg_judge_memory(const struct looking *looking)
{
    const struct fg_judge *judge = looking->judge;
    for (size_t i = 0; i < judge->holds_len; i++)
        judge_task(looking, &judge->holds[i]);
    for (size_t i = 0, next; i < judge->seats_len; i = next) {
        const struct fg_judge_hold *hold = &judge->holds[judge->seats[i].hold];
        enum fg_sight sight = FG_SIGHT_CALM;
        for (next = i;
             next < judge->seats_len && judge->holds[judge->seats[next].hold].job == hold->job;
             next++) {
            enum fg_sight of_seat = judge_seat(looking, &judge->seats[next]);
            sight = of_seat > sight ? of_seat : sight;
        }
        if (!tells_itself(hold))
            see_rest(looking, FG_ALERT_DEVICE_MEMORY, hold->job, sight);
    }
    forget(looking->judge);
}
