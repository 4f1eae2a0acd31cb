/* budget.h - a limit on the power of all devices, shared out where it does most: water-filling.
 *
 *     curve of each job's device, a budget --BUDGET--> a cap for each
 *
 * Each device's work grows with its cap by straight pieces that get flatter (curve.h).  The pieces of all devices are taken in the
 * order of work per watt until the budget is used up: with such curves that is the best there is, and all that share the last
 * slope stand at the same "water level".  The floor of every device comes first.
 * Caps are what is shared out, so the sum of what devices may draw is within the budget whatever they do.
 * Pure. */
#pragma once

#include "base/err.h"
#include "energy/curve.h"

#define FG_BUDGET_CURVE_MAX (FG_CURVE_PROBES_MAX + 1)

/* One device, or several alike that get the same cap (the devices of a gang). */
struct fg_budget_item {
    uint32_t devices;
    uint32_t weight_milli; /* of its work: 1000 one device's at full power */
    struct fg_cap_range range;
    /* Corners, cap rising from range.min_mw to range.max_mw, work of one device as a share of that at full power. */
    int64_t cap_mw[FG_BUDGET_CURVE_MAX];
    double share[FG_BUDGET_CURVE_MAX];
    size_t len;
};

/* From a curve; of one that is not based, work in proportion to the cap. */
void fg_budget_item_init(struct fg_budget_item *item,
                         const struct fg_curve *curve,
                         uint32_t devices,
                         uint32_t weight_milli);

struct fg_budget_answer {
    int64_t used_mw;
    double work;   /* sum of devices x weight x share */
    double most;   /* the same without a budget */
    double per_kw; /* work that one more kW would add: the water level */
};

/* Share out `budget_mw`; caps[i] is for each device of item i, whole multiples of its step above its minimum or its maximum.
 * FG_ENOCAP: the minima alone are more than the budget; caps are the minima then. */
[[nodiscard]] int fg_budget_share(const struct fg_budget_item *items,
                                  size_t len,
                                  int64_t budget_mw,
                                  int64_t *caps,
                                  struct fg_budget_answer *answer,
                                  struct fg_err *err);
