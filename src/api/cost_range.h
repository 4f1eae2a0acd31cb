/* cost_range.h - the days and the project of a question about costs. */
#pragma once

#include "api/call.h"
#include "store/reader_cost.h"

/* Of the parameters `from`, `to` (YYYY-MM-DD, the latter not in it; this month up to today without them) and `project`, as far
 * as the actor may see.  FG_EINVAL: no day, an end before its beginning, more than `days_max`; FG_ENOENT: no such project. */
[[nodiscard]] int fg_cost_range_read(struct fg_call *call,
                                     int64_t days_max,
                                     struct fg_cost_range *out,
                                     struct fg_err *err);

/* "2026-11-21" */
#define FG_DAY_TEXT_MAX 11
void fg_day_text(int64_t day, char out[FG_DAY_TEXT_MAX]);

/* `from` and `to` of an answer. */
void fg_cost_range_write(struct fg_json *json, const struct fg_cost_range *range);
