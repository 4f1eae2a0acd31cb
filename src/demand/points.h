/* points.h - loose points in any order, to series with a step.
 *
 *     (name, moment, value) ... --POINTS--> set of series: step found, gaps marked, doubles refused
 */
#pragma once

#include "demand/series.h"

#include "base/err.h"

#define FG_DEMAND_POINTS_MAX 50'000'000

struct fg_points;

/* `is_index`: the times are plain numbers.  Never NULL. */
struct fg_points *fg_points_new(bool is_index);
void fg_points_free(struct fg_points *points);
FG_AUTO_DEFINE(fg_points)

/* A point of the series `name`; `line` is where it stands, for messages.  NAN is a gap.  FG_ETOOBIG: too many. */
[[nodiscard]] int fg_points_add(struct fg_points *points,
                                const char *name,
                                size_t name_len,
                                int64_t time,
                                double value,
                                size_t line,
                                struct fg_err *err);
size_t fg_points_len(const struct fg_points *points);

/* Make series of them, in the order in which their names came.  The step of each is the longest that all its points lie on:
 * microseconds (or an index), or calendar months.  A series of one point has the step of the others.
 *
 * `step` not 0: the points may lie anywhere; the value of a step is the mean of those in it.
 *
 * `points` is used up.  FG_EINVAL with "line 17: ...": two points of a series at one moment; points that lie on no common
 * step, or so far apart that hardly any value is known; FG_ETOOBIG: more than FG_DEMAND_VALUES_MAX values. */
[[nodiscard]] int fg_points_to_set(struct fg_points *points,
                                   int64_t step,
                                   struct fg_demand_set *set,
                                   struct fg_err *err);
