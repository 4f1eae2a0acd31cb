/* job_state.c - the table of job_state.def as functions of job.h */
#include "model/job.h"

#include <assert.h>
#include <string.h>

#define TO(state) (1u << FG_JOB_##state)

static const struct {
    const char *name;
    unsigned next; /* bit set of states */
} rows[FG_JOB_STATES] = {
#define X(state, name, next) [FG_JOB_##state] = {name, next},
#include "model/job_state.def"
#undef X
};

const char *fg_job_state_name(enum fg_job_state state)
{
    assert(state < FG_JOB_STATES);
    return rows[state].name;
}

bool fg_job_state_is_final(enum fg_job_state state)
{
    assert(state < FG_JOB_STATES);
    return rows[state].next == 0;
}

int fg_job_state_find(const char *name)
{
    for (int state = 0; state < FG_JOB_STATES; state++)
        if (strcmp(rows[state].name, name) == 0)
            return state;
    return -1;
}

static const char *const flexible_names[] = {NULL, "price", "carbon", "both"};

const char *fg_flexible_name(enum fg_flexible by)
{
    return by <= FG_FLEXIBLE_BOTH ? flexible_names[by] : NULL;
}

int fg_flexible_find(const char *name)
{
    for (int by = FG_FLEXIBLE_PRICE; by <= FG_FLEXIBLE_BOTH; by++)
        if (strcmp(flexible_names[by], name) == 0)
            return by;
    return -1;
}

int fg_job_move(enum fg_job_state *state, enum fg_job_state to, struct fg_err *err)
{
    assert(*state < FG_JOB_STATES);
    assert(to < FG_JOB_STATES);

    if (!(rows[*state].next & (1u << to)))
        return fg_fail(err, FG_ESTATE, "job is %s, it cannot become %s", rows[*state].name,
                       rows[to].name);
    *state = to;
    return 0;
}
