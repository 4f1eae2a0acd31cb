/* objective.h - what is to become better, and what may not become much worse meanwhile.
 *
 *     "jct_mean_s"    "jct_mean_s=0.7,unfairness=0.3"    bound "jct_p95_s=2": 2 % more at most
 *                                                           "unfairness=2": 2 points more (of a share, from 0 to 1)
 *
 * A sum of relative changes: each metric over its mean of the present policy, by weight.
 */
#pragma once

#include "base/err.h"
#include "model/limits.h"
#include "tune/compare.h"
#include "tune/days.h"

/* Of every metric without a weight, unless another is given; not of idle_share: work that is done sooner leaves devices idle
 * later. */
#define FG_TUNE_BOUND 0.05

struct fg_tune_objective {
    char text[FG_TEXT_MAX]; /* as given */
    double weight[FG_METRICS];
    double bound[FG_METRICS]; /* none: 1e300 */
};

[[nodiscard]] int fg_tune_objective_read(const char *text,
                                         struct fg_tune_objective *out,
                                         struct fg_err *err);
/* "unfairness=2": in per cent.  After the objective. */
[[nodiscard]] int fg_tune_bound_read(const char *text,
                                     struct fg_tune_objective *objective,
                                     struct fg_err *err);

/* The objective day by day, of both policies: 1 is the mean of the first.  Room for now->len each. */
void fg_tune_objective_days(const struct fg_tune_objective *objective,
                            const struct fg_tune_days *now,
                            const struct fg_tune_days *then,
                            double *out_now,
                            double *out_then);
/* How the second does against the first: by the objective, by one metric, and the metric whose bound it breaks most (-1 none). */
struct fg_change fg_tune_objective_change(const struct fg_tune_objective *objective,
                                          const struct fg_tune_days *now,
                                          const struct fg_tune_days *then,
                                          uint64_t seed);
struct fg_change fg_tune_metric_change(enum fg_metric metric,
                                       const struct fg_tune_days *now,
                                       const struct fg_tune_days *then,
                                       uint64_t seed);
int fg_tune_bound_broken(const struct fg_tune_objective *objective,
                         const struct fg_tune_days *now,
                         const struct fg_tune_days *then,
                         double *out_excess);
