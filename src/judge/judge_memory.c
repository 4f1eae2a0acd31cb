/* judge_memory.c - tasks whose memory will not do: see memory.h */
#include "judge/judge_inner.h"

#include "base/grow.h"

#include <stdio.h>

#define STRETCHES 60 /* in the time that is looked ahead */

static uint64_t task_key(fg_job_id job, uint32_t task)
{
    return job * FG_TASKS_MAX + task + 1;
}

void fg_judge_task(struct fg_judge *judge,
                   const struct fg_judge_rules *rules,
                   fg_job_id job,
                   uint32_t task,
                   int64_t time_us,
                   int64_t mem_mib)
{
    uint32_t at;
    if (mem_mib >= 0 && fg_map_get(judge->by_task, task_key(job, task), &at))
        fg_memory_note(&judge->tasks[at].track, time_us, mem_mib, rules->ahead_us / STRETCHES);
}

/* Those that have a limit are watched from the first look on. */
static struct task *task_of(struct fg_judge *judge, const struct fg_judge_hold *hold)
{
    uint64_t key = task_key(hold->job, hold->task);
    uint32_t at;
    if (fg_map_get(judge->by_task, key, &at))
        return &judge->tasks[at];
    judge->tasks =
        fg_grow(judge->tasks, judge->tasks_len, &judge->tasks_room, sizeof(*judge->tasks));
    fg_map_put(judge->by_task, key, (uint32_t)judge->tasks_len);
    struct task *task = &judge->tasks[judge->tasks_len++];
    *task = (struct task){.key = key};
    return task;
}

static int64_t minutes(int64_t us)
{
    return us / 60000000;
}

static void describe(const struct fg_judge_hold *hold,
                     const struct task *task,
                     const struct fg_memory_left *left,
                     struct fg_alert *alert)
{
    *alert = fg_judge_about(alert->cause, hold, alert->key);
    char late[48] = "or never";
    if (left->late_us < INT64_MAX)
        snprintf(late, sizeof(late), "to %lld", (long long)minutes(left->late_us));
    snprintf(alert->text, sizeof(alert->text),
             "task %u of job %llu holds %lld of %llu MiB and gains %.1f MiB a minute: the "
             "limit in %lld min (%lld %s)",
             hold->task, (unsigned long long)hold->job, (long long)task->track.now_mib,
             (unsigned long long)hold->grant->mem_mib, left->mib_a_minute,
             (long long)minutes(left->likely_us), (long long)minutes(left->early_us), late);
}

static void judge_task(const struct looking *looking, const struct fg_judge_hold *hold)
{
    struct task *task = task_of(looking->judge, hold);
    uint64_t key = fg_alarm_key(FG_ALERT_MEMORY_OVERRUN, hold->job, 0, "");
    struct fg_alert alert = {.key = key, .cause = FG_ALERT_MEMORY_OVERRUN};
    struct fg_memory_left left = {.likely_us = INT64_MAX};
    enum fg_sight sight = FG_SIGHT_CALM;
    bool grows = fg_memory_left(&task->track, (int64_t)hold->grant->mem_mib, &left);
    task->look = looking->judge->look;
    if (grows && left.likely_us < looking->rules->ahead_us)
        sight = FG_SIGHT_BAD;
    else if (grows && left.likely_us / 2 < looking->rules->ahead_us)
        sight = FG_SIGHT_UNSURE;
    if (sight == FG_SIGHT_BAD)
        describe(hold, task, &left, &alert);
    looking->out->see(looking->out->self, &alert, sight);
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
        if (judge->holds[i].grant->mem_mib > 0)
            judge_task(looking, &judge->holds[i]);
    forget(looking->judge);
}
