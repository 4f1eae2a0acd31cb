/* saving.h - what was saved by power caps and by sleep, and what that cost: rows of a ledger, in millijoules.
 *
 * Two sums rather than their difference, as both only grow: what was not drawn, and what was drawn to that end (a cap that was tried
 * and does not pay, a node that goes down and comes up).
 */
#pragma once

#include "model/job.h"

#include <stdint.h>

/* Caps are reckoned from measurements alone; of a node that sleeps somebody has to say what it would have drawn. */
#define FG_SAVING_WAYS 4
enum fg_saving_way {
    FG_SAVING_CAP,
    FG_SAVING_SLEEP_MEASURED, /* as measured while it was empty */
    FG_SAVING_SLEEP_TOLD,     /* as its supplier says */
    FG_SAVING_SLEEP_ASSUMED,  /* as nodes of such devices are assumed to */
};

struct fg_saved {
    int64_t avoided_mj, spent_mj;
    int64_t slowed_us; /* CAP: so much longer devices worked */
    int64_t asleep_us; /* SLEEP */
};

static inline void fg_saved_add(struct fg_saved *sum, const struct fg_saved *more)
{
    sum->avoided_mj += more->avoided_mj;
    sum->spent_mj += more->spent_mj;
    sum->slowed_us += more->slowed_us;
    sum->asleep_us += more->asleep_us;
}

struct fg_saving {
    fg_job_id job; /* whose devices had the cap; 0: a node that sleeps */
    int64_t day;   /* since 1970-01-01, UTC */
    enum fg_saving_way way;
    fg_project_id project; /* of the job, as its user */
    uint32_t user;
    int32_t device; /* of the node; -1: all of it */
    char node[FG_NAME_MAX], kind[FG_NAME_MAX], supplier[FG_NAME_MAX];
    struct fg_saved sum;
};
