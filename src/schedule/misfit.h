/* misfit.h - what does not fit, by request class, remembered from pass to pass.  Inside of schedule/ only.
 *
 * Claims only ever take, so what did not fit does not fit until something is given back on a node that could take it:
 * the pools' logs of changes tell.  Memory is per class, whatever the number of jobs.
 */
#pragma once

#include "schedule/gang.h"

struct fg_schedule;
struct fg_pass;

struct misfit {
    uint32_t tasks
        [2]; /* so many, or more, did not fit; [1]: in the pool and beside the head; UINT32_MAX: not known */
    uint64_t seen[2];     /* that is so as of this change of the pool, ... */
    uint64_t seen_beside; /* ... and this one of the shadow pool */
    uint64_t beside;      /* [1] is about the shadow of this number */
    uint32_t never;       /* so many, or more, do not even fit the empty pool */
    uint32_t surely;      /* so many, or less, do */
    struct fg_need needs[FG_ANY_OF_MAX];
    size_t needs_len;
    /* For the quota of this project, or its limits for this user, so many or more did not fit, in this pass; the last such
     * project and user only. */
    fg_project_id project;
    uint32_t user; /* as in the lane */
    uint32_t project_tasks;
    uint64_t project_pass;
    /* In this pass so many tasks found no room among the promises for so long. */
    uint32_t plan_tasks;
    int64_t plan_us;
    uint64_t plan_pass;
    /* In this pass so many tasks found nothing lent for so long; [1]: without a time limit. */
    uint32_t lent_tasks[2];
    int64_t lent_us;
    uint64_t lent_pass[2];
    /* In this pass no moment was found at which so many would fit. */
    uint32_t unforeseen_tasks;
    uint64_t unforeseen_pass;
};

/* A pass begins: forget what nodes or classes have outdated. */
void fg_misfits_begin(struct fg_schedule *schedule, const struct fg_pass *pass);
/* Is it known that so many tasks of the class do not fit; `beside` the head as well? */
bool fg_misfit_is_known(struct fg_schedule *schedule,
                        const struct fg_pass *pass,
                        const struct fg_queue_lane *shape,
                        bool beside);
bool fg_misfit_is_over_quota(const struct fg_schedule *schedule,
                             const struct fg_queue_lane *shape);
/* It did not fit just now. */
void fg_misfit_note(struct fg_schedule *schedule,
                    const struct fg_pass *pass,
                    const struct fg_job *job,
                    const struct fg_gang *gang,
                    bool beside);
void fg_misfit_note_quota(struct fg_schedule *schedule, const struct fg_queue_lane *shape);
/* It found no room among the promises for so long; and what may still be tried in this pass. */
void fg_misfit_note_plan(struct fg_schedule *schedule,
                         const struct fg_job *job,
                         int64_t lasts_us);
int64_t fg_misfit_longest_us(const struct fg_schedule *schedule,
                             const struct fg_queue_lane *shape);
/* It found nothing that is lent (reserved.h); and the longest limit that may still be tried in this pass, -1: none. */
void fg_misfit_note_lent(struct fg_schedule *schedule, const struct fg_job *job);
int64_t fg_misfit_lent_us(const struct fg_schedule *schedule,
                          const struct fg_queue_lane *shape);
/* No moment was found at which it fits, and in this pass none will be. */
void fg_misfit_note_unforeseen(struct fg_schedule *schedule, const struct fg_job *job);
bool fg_misfit_is_unforeseen(const struct fg_schedule *schedule, const struct fg_job *job);
/* Would it fit if nothing ran? */
bool fg_misfit_fits_empty(struct fg_schedule *schedule,
                          const struct fg_pass *pass,
                          const struct fg_job *job,
                          const struct fg_gang *gang);
bool fg_misfit_is_hopeless(const struct fg_schedule *schedule,
                           const struct fg_queue_lane *shape);
