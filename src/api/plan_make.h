/* plan_make.h - what a plan is made from, gathered by a worker; and the making, by a thread of its own. */
#pragma once

#include "api/call.h"
#include "plan/draft.h"
#include "plan/review.h"

#define FG_PLANNING_WAITS_MAX 64

struct fg_planning {
    struct fg_draft_ask ask;
    struct fg_demand_set
        *history;     /* what was asked by the hour, a series a class; NULL: demand was given */
    const char *pool; /* nodes, as FG_CMD_POOL told them */
    size_t pool_len;
    struct fg_procure_contract *contracts;
    size_t contracts_len, contracts_room;
    struct fg_review_correction
        corrections[FG_PROCURE_CLASSES_MAX]; /* of the forecasts, a class of `history` each */
    size_t corrections_len;
    struct fg_draft_wait waits[FG_PLANNING_WAITS_MAX]; /* learned from jobs */
    struct fg_buf document;                            /* owned */
    struct fg_plan_record record;
    int rc;
    struct fg_err err;
};

/* Offers of suppliers that can be ordered from (of all, if there are none such), orders that run, and how much of the demand may
 * wait, by the newest jobs. */
[[nodiscard]] int fg_planning_gather(struct fg_call *call,
                                     struct fg_planning *planning,
                                     struct fg_err *err);

/* Forecast where demand was not given, and solve: sets rc, err, document and record. */
void fg_planning_make(struct fg_planning *planning);

void fg_planning_free(struct fg_planning *planning); /* what it owns, not itself */
