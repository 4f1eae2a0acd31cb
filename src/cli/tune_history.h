/* tune_history.h - what a service has been through, as the simulator takes it: jobs that are over, its nodes, its policy. */
#pragma once

#include "cli/sim_input.h"

#include "schedule/knobs.h"
#include "tune/days.h"

/* Jobs submitted since then and the pool as it was (tune_pool.h) into `input`, what is not known of it into `told`, the policy that runs into `knobs` (numbers that may not change
 * while it runs are the defaults).  `measured`: days from the first submission on as they were, for metrics of jobs; those of
 * the pool are 0.  `out_first_us`: when the first was submitted.  FG_ESTATE: no job is over. */
[[nodiscard]] int fg_tune_history(struct fg_sim_input *input,
                                  int64_t since_us,
                                  struct fg_knobs *knobs,
                                  struct fg_tune_days *measured,
                                  int64_t *out_first_us,
                                  struct fg_buf *told,
                                  struct fg_err *err);
