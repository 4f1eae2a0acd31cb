/* plan_record.h - a plan as it is kept: what it says (JSON, plan/draft.h), and how far it has come.
 *
 *     DRAFT --> APPROVED --> APPLIED (its orders are made, all at once)
 *       '----------'-------> REJECTED
 */
#pragma once

#include "base/err.h"
#include "model/limits.h"

#include <stddef.h>
#include <stdint.h>

enum fg_plan_state {
    FG_PLAN_DRAFT,
    FG_PLAN_APPROVED,
    FG_PLAN_APPLIED,
    FG_PLAN_REJECTED,
    FG_PLAN_STATES
};

const char *fg_plan_state_name(enum fg_plan_state state); /* "draft", ... */
/* FG_ESTATE: not from there. */
[[nodiscard]] int fg_plan_move(enum fg_plan_state *state,
                               enum fg_plan_state to,
                               struct fg_err *err);

struct fg_plan_record {
    uint64_t id; /* 1, 2, ...; never used again */
    enum fg_plan_state state;
    int64_t created_us, decided_us, applied_us; /* 0 not yet */
    int64_t horizon_us;                         /* how far it looks ahead */
    int64_t cost_uusd;                          /* expected, of the horizon */
    uint32_t orders;
    char created_by[FG_NAME_MAX], decided_by[FG_NAME_MAX];
    char remark[FG_TEXT_MAX]; /* of who decided */
    const char *json;         /* what it says; NULL: not read, or not changed */
};
