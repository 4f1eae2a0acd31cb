/* check.h - is a procurement plan what it says?  By arithmetic of its own: nothing of procure_*.c is used.
 *
 * Orders: lead times, least counts, capacities, terms, their cost and cash to the micro-dollar; budgets; the cap of suppliers.
 * Each period of each scenario: demand is served or unmet, no devices are used that are not there, in instances as
 * large as the class needs; capacity and cap of spot.  What is put off: no more than may be in any scenario, all of it done in time.  Then all sums of money, CVaR, the objective, and lower <= upper.
 */
#pragma once

#include "plan/procure.h"

/* 0, or FG_EBACKEND with the first thing that is off.  `scratch` is used and not freed. */
[[nodiscard]] int fg_procure_check(const struct fg_procure_problem *problem,
                                   const struct fg_procure_plan *plan,
                                   struct fg_arena *scratch,
                                   struct fg_err *err);
