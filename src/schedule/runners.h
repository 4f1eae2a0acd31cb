/* runners.h - the jobs that hold devices, as the scheduler keeps them from pass to pass.  Inside of schedule/ only. */
#pragma once

#include "base/map.h"
#include "schedule/ends.h"
#include "schedule/schedule.h"

struct runner {
    fg_job_id job;   /* 0: the slot is free */
    int64_t end_us;  /* expected; of one that is stopping, that of its grace */
    int64_t told_us; /* the same, as the owner told it: who outran that was given longer */
    bool stopping, preemptible;
    bool elastic;
    bool pushable; /* by the head, when it was looked at last */
    bool aside;    /* see refusal.h */
    bool growable; /* elastic, and below its largest size */
    uint64_t seen; /* number of the list in which it was named last */
    uint32_t grants_len;
    uint32_t preemptible_at;    /* in preemptible_slots, if it is there */
    struct fg_grant one, *many; /* `many` is owned; used from two grants on */
};

struct runners {
    struct runner *slots;
    size_t len, room;
    uint32_t *free_slots;
    size_t free_len, free_room;
    struct fg_map *by_job;
    struct fg_ends *ends;
    size_t preemptible; /* so many of them are, and are not stopping: these slots */
    uint32_t *preemptible_slots;
    size_t preemptible_room;
    size_t stopping; /* so many of them are */
    size_t elastic;  /* so many of them are */
    size_t growable; /* so many of them are */
    uint64_t lists;  /* lists that were given */
    uint64_t changes;
};

void fg_runners_init(struct runners *runners);
void fg_runners_fini(struct runners *runners);
/* NULL: it is not among them. */
struct runner *fg_runners_get(const struct runners *runners, fg_job_id job);
/* A new one; `running->end_us` as it is to be kept. */
struct runner *fg_runners_add(struct runners *runners,
                              const struct fg_running *running,
                              bool preemptible);
/* A new one may be below its largest size; `job` may be NULL if it is not preemptible. */
void fg_runners_size(struct runners *runners, struct runner *runner, const struct fg_job *job);
void fg_runners_del(struct runners *runners, struct runner *runner);

static inline const struct fg_grant *fg_runner_grants(const struct runner *runner)
{
    return runner->grants_len > 1 ? runner->many : &runner->one;
}
