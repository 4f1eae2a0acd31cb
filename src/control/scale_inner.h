/* scale_inner.h - rules of scaling in the controller, shared by scale.c and scale_step.c.
 *
 *     levels of demand, jobs on machines, orders --view--> plan/scale.h --+n, -n--> orders made, released
 *
 * Kept in the store is the rule alone.  What is remembered beside it (when there was work, what was decided last) begins anew after
 * a restart, on the careful side: machines count as just used.  Which orders are a rule's is told by their keys, so that none
 * is forgotten or made twice: a decision and its orders are one commit.
 */
#pragma once

#include "control/order_inner.h"
#include "model/scale_rule.h"
#include "plan/scale.h"

#define FG_SCALE_WHY_MAX 448 /* the reason of the pure rule, and what came of it */

struct scaler {
    struct fg_scale_rule rule;
    int64_t worked_us;  /* when anything last ran or waited */
    int64_t changed_us; /* when machines were last ordered or given back; 0 never */
    int64_t pause_us;   /* nothing is ordered before: it was refused */
    uint32_t refusals;  /* one after the other */
    /* As of the last decision. */
    int64_t decided_us; /* 0: none yet */
    uint32_t wanted, held, coming, planned, leaving;
    int32_t change;
    char why[FG_SCALE_WHY_MAX];
    bool was_held; /* that nothing changes has been told */
};

/* Is the order one of the rule? */
bool fg_scaler_has(const struct scaler *scaler, const struct fg_order *order);
