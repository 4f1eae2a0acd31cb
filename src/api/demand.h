/* demand.h - what was asked, read from the store, for those who answer about it. */
#pragma once

#include "api/call.h"
#include "demand/ledger.h"

/* The hours before this one, as the parameters `project`, `class`, `by` and `hours` of the request say and the actor may see,
 * in a closed ledger of the request's own; NULL in `*out` where there is nothing.  Returns 0, FG_EINVAL, FG_ENOENT (no such
 * project), or what the reader said. */
[[nodiscard]] int fg_demand_of_call(struct fg_call *call,
                                    struct fg_ledger **out,
                                    struct fg_err *err);
/* The parameter `measure`, `otherwise` without it.  FG_EINVAL. */
[[nodiscard]] int fg_demand_measure(struct fg_call *call,
                                    int otherwise,
                                    int *out,
                                    struct fg_err *err);
