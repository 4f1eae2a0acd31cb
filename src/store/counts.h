/* counts.h - how many jobs are in which state, per project, without counting a million rows.
 *
 * The writer adds up the changes of a batch in memory and writes them once, in the same transaction.
 */
#pragma once

#include "model/job.h"
#include "store/db.h"

struct fg_count_delta {
    fg_project_id project;
    int64_t by_state[FG_JOB_STATES];
};

/* Zero it to begin. */
struct fg_counts {
    struct fg_count_delta *deltas; /* owned */
    size_t len, room, last;        /* `last` was used last: a batch is mostly of one project */
};

void fg_counts_fini(struct fg_counts *counts);
void fg_counts_add(struct fg_counts *counts,
                   fg_project_id project,
                   enum fg_job_state state,
                   int n);
void fg_counts_clear(struct fg_counts *counts);
/* Write the changes; the caller clears when the transaction is committed. */
int fg_counts_flush(const struct fg_counts *counts, struct fg_db *db, struct fg_err *err);
