/* counts.c - see counts.h */
#include "store/counts.h"

#include <assert.h>
#include <stdlib.h>

void fg_counts_fini(struct fg_counts *counts)
{
    free(counts->deltas);
    *counts = (struct fg_counts){};
}

static struct fg_count_delta *delta_of(struct fg_counts *counts, fg_project_id project)
{
    if (counts->last < counts->len && counts->deltas[counts->last].project == project)
        return &counts->deltas[counts->last];
    for (size_t i = 0; i < counts->len; i++)
        if (counts->deltas[i].project == project)
            return &counts->deltas[counts->last = i];
    if (counts->len == counts->room) {
        counts->room = counts->room ? counts->room * 2 : 8;
        counts->deltas = reallocarray(counts->deltas, counts->room, sizeof(*counts->deltas));
        if (!counts->deltas)
            abort(); /* out of memory: the daemon starts again from what is committed */
    }
    counts->last = counts->len++;
    counts->deltas[counts->last] = (struct fg_count_delta){.project = project};
    return &counts->deltas[counts->last];
}

void fg_counts_add(struct fg_counts *counts,
                   fg_project_id project,
                   enum fg_job_state state,
                   int n)
{
    assert(state < FG_JOB_STATES);
    delta_of(counts, project)->by_state[state] += n;
}

void fg_counts_clear(struct fg_counts *counts)
{
    counts->len = counts->last = 0;
}

int fg_counts_flush(const struct fg_counts *counts, struct fg_db *db, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = counts->len ? fg_query_begin(&query, db, FG_SQL_job_count_add, err) : 0;
    for (size_t i = 0; rc == 0 && i < counts->len; i++)
        for (int state = 0; rc == 0 && state < FG_JOB_STATES; state++) {
            if (counts->deltas[i].by_state[state] == 0)
                continue;
            fg_query_int(&query, counts->deltas[i].project);
            fg_query_int(&query, state);
            fg_query_int(&query, counts->deltas[i].by_state[state]);
            rc = fg_query_run(&query, err);
        }
    return rc;
}
