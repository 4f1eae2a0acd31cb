/* isolated.h - the time each job would take if its project had a part of the cluster to itself: the yardstick of
 * finish-time fairness. */
#pragma once

#include "sim/result.h"

/* For every job of the result, from submission to end: the project has devices of its weight's part of those that were up
 * on average, takes its own jobs first come first served, and a job larger than the part runs slower on all of it. */
void fg_sim_isolated(const struct fg_sim_result *result, int64_t *out_us);
