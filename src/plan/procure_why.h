/* procure_why.h - why a plan is as it is: who came second, and what binds; from the prices (duals) of the last solve.
 *
 * They are prices of the program in fractions: right at the margin, not for large changes; for those solve again.
 */
#pragma once

#include "plan/procure.h"

/* For an order: the best other offer for the same work, and by how much it lost. */
struct fg_procure_runner {
    uint32_t order;
    uint32_t offer, start;
    int64_t
        short_uusd_per_device_hour; /* cheaper by this, and it would be worth buying; 0: as good */
};

enum fg_procure_limit {
    FG_PROCURE_BUDGET,        /* of the horizon; gain by a dollar more */
    FG_PROCURE_BUDGET_PERIOD, /* index: the period; gain by a dollar more */
    FG_PROCURE_SUPPLIER, /* index: an offer of the supplier; gain by one point of share more */
    FG_PROCURE_CAPACITY, /* index: the offer; gain by one instance more, all the time */
    FG_PROCURE_WAIT, /* index: the flex; gain by one point more of the demand that might wait */
    FG_PROCURE_UNMET /* index: the class; demand that is left, in percent of it; no gain */
};

struct fg_procure_bind {
    enum fg_procure_limit limit;
    uint32_t index;
    double gain_usd; /* what the plan's cost falls by */
};

struct fg_procure_why {
    struct fg_procure_runner *runners;
    size_t runners_len;
    struct fg_procure_bind *binds;
    size_t binds_len;
};

/* In `arena`; `plan` is the answer of the last solve. */
void fg_procure_why(const struct fg_procure *procure,
                    const struct fg_procure_plan *plan,
                    struct fg_arena *arena,
                    struct fg_procure_why *out);
