/* demand.h - what was asked, read from the store, for those who answer about it. */
#pragma once

#include "api/call.h"
#include "demand/ledger.h"
#include "store/reader_demand.h"

/* The hours before this one, as the parameters `project`, `class`, `by` and `hours` of the request say and the actor may see,
 * in a closed ledger of the request's own; NULL in `*out` where there is nothing.  Returns 0, FG_EINVAL, FG_ENOENT (no such
 * project), or what the reader said. */
[[nodiscard]] int fg_demand_of_call(struct fg_call *call,
                                    struct fg_ledger **out,
                                    struct fg_err *err);
/* The hours from range.from_hour to the one before `now_us`, summed over what `by` does not name; as above. */
struct fg_demand_query {
    struct fg_demand_range range;
    unsigned by; /* bits of enum fg_ledger_by */
    int64_t now_us;
};
[[nodiscard]] int fg_demand_read(struct fg_reader *reader,
                                 const struct fg_demand_query *query,
                                 struct fg_ledger **out,
                                 struct fg_err *err);
/* The parameter `measure`, `otherwise` without it.  FG_EINVAL. */
[[nodiscard]] int fg_demand_measure(struct fg_call *call,
                                    int otherwise,
                                    int *out,
                                    struct fg_err *err);
