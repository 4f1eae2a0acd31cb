/* judge.h - what readings of devices and tasks mean for the jobs that hold them.
 *
 *     readings, one by one --> JUDGE <-- at each look: who holds what
 *                                |
 *                                '--> sights (alarms.h), findings (waste, and its cost), use (usage.h)
 *
 * Judged are: jobs that hold devices and do not use them, or some of them; a task of a gang that its peers wait for, or that
 * hangs behind; a device that is slower than others of its kind with the same work; memory that will not do.
 * A reading costs the same however many there were; a look costs as much as there are devices and holds.
 * Pure, one owner, deterministic.  Times are UTC and do not go back.
 */
#pragma once

#include "base/auto.h"
#include "judge/alarms.h"
#include "judge/usage.h"
#include "model/reading.h"
#include "model/resources.h"

struct fg_judge;

struct fg_judge_rules {
    int64_t idle_us; /* idle for so long is waste */
    int64_t
        idle_busy_milli;  /* a device that does less is idle; one that does twice that works */
    int64_t slow_percent; /* a device is slow if its clock is so much below its twins' */
    int64_t ahead_us;     /* memory that runs out within that is told of */
};

struct fg_judge *fg_judge_new(void); /* never NULL: out of memory ends the process */
void fg_judge_free(struct fg_judge *judge);
FG_AUTO_DEFINE(fg_judge)

/* A reading of a device of the node, in the order of time. */
void fg_judge_device(struct fg_judge *judge,
                     const struct fg_judge_rules *rules,
                     const struct fg_node_spec *node,
                     fg_node_id node_id,
                     const struct fg_device_sample *sample);
/* What a task holds of the memory of its machine, and of that of its devices; -1 unknown. */
struct fg_judge_said {
    fg_job_id job;
    uint32_t task;
    int64_t time_us, mem_mib, gpu_mem_mib;
};
void fg_judge_task(struct fg_judge *judge,
                   const struct fg_judge_rules *rules,
                   const struct fg_judge_said *said);

/* One task of a job that runs; all is borrowed until the look ends. */
struct fg_judge_hold {
    fg_job_id job;
    uint32_t attempt, task;
    fg_project_id project;
    const char *user, *project_name;
    uint64_t work; /* the same for jobs of one user and shape, not 0 */
    int64_t begun_us;
    const struct fg_node_spec *node;
    const struct fg_grant *grant;
    bool is_guess; /* its devices may be others of the node: nothing is said of them */
    int64_t price_uusd_per_hour; /* of the whole job; -1: it has none */
};

struct fg_judge_out {
    void *self;
    void (*see)(void *self, const struct fg_alert *alert, enum fg_sight sight);
    /* New, or more than it was; of a job under way once a minute at most, and when it ends. */
    void (*find)(void *self, const struct fg_finding *finding);
};

/* A look: first all holds, tasks of a job in a row; then what they mean. */
void fg_judge_hold(struct fg_judge *judge, const struct fg_judge_hold *hold);
void fg_judge_look(struct fg_judge *judge,
                   const struct fg_judge_rules *rules,
                   int64_t now_us,
                   const struct fg_judge_out *out);

/* What a job that runs had wasted before we were started; what is known of it already counts more. */
void fg_judge_restore(struct fg_judge *judge, const struct fg_finding *finding);

const struct fg_usage *fg_judge_usage(const struct fg_judge *judge);
