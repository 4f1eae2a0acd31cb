/* plan_record.c - see plan_record.h */
#include "model/plan_record.h"

#include <assert.h>

static const char *const names[FG_PLAN_STATES] = {"draft", "approved", "applied", "rejected"};

const char *fg_plan_state_name(enum fg_plan_state state)
{
    assert(state < FG_PLAN_STATES);
    return names[state];
}

int fg_plan_move(enum fg_plan_state *state, enum fg_plan_state to, struct fg_err *err)
{
    bool is_open = *state == FG_PLAN_DRAFT || *state == FG_PLAN_APPROVED;
    bool can = to == FG_PLAN_APPROVED   ? *state == FG_PLAN_DRAFT
               : to == FG_PLAN_APPLIED  ? *state == FG_PLAN_APPROVED
               : to == FG_PLAN_REJECTED ? is_open
                                        : false;
    if (!can)
        return fg_fail(err, FG_ESTATE, "the plan is %s, it cannot become %s", names[*state],
                       names[to]);
    *state = to;
    return 0;
}
