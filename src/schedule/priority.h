/* priority.h - the priority formula of the design; the static order key made of it is in order_priority.c.
 *
 *     P = w1*C + w2*T + w3*M  (+ the user's and the project's priority) + ageing
 *
 * C compute density, T time sensitivity, M memory need, each 0..100; with the default weights 0.5, 0.3, 0.2
 * and C=100, T=5, M=100: P = 71.5.  Ageing adds the same number of points per hour to every waiting job, so it
 * never changes the order of two of them: the key can be static, "P at the moment of submission, less what
 * everybody older has gained since".  A job that waits long enough passes any finite P, so none starves.
 */
#pragma once

#include "base/config.h"
#include "model/job.h"
#include "model/project.h"

/* P in thousandths of a point, without ageing.  Values of -1 in the spec are derived: C from accelerators,
 * T from a deadline, M from the memory asked relative to 1 TiB. */
int32_t fg_priority_milli(const struct fg_config *config, const struct fg_job_spec *spec);

/* P with ageing at `now_us`, in thousandths, for people. */
int64_t fg_priority_now_milli(const struct fg_config *config,
                              const struct fg_job *job,
                              const struct fg_project *project,
                              int64_t now_us);

/* Thousandths of a point in units of the key. */
#define FG_PRIORITY_KEY_PER_MILLI 3600
