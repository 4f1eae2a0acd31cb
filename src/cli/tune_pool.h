/* tune_pool.h - the pool of a service as it was while the jobs of its history ran, as the simulator takes it.
 *
 *     nodes of now, events node.* --backwards--> when each was there --+
 *     projects of now: weights, quotas, guarantees --------------------+--> cluster of the replay, and what is not known of it
 *     reservations of now --------------------------------------------+
 */
#pragma once

#include "cli/sim_input.h"

/* With the jobs there: into input->cluster, moment 0 is `first_us`; jobs that name a reservation which is not there name none.
 * `told`: how near it is to what was, in a sentence or two.  FG_ESTATE: there is no node. */
[[nodiscard]] int fg_tune_pool(struct fg_sim_input *input,
                               int64_t first_us,
                               struct fg_buf *told,
                               struct fg_err *err);
