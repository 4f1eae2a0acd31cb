/* sim_energy.h - `fastgpu sim run --energy`: each policy without and with each way to save energy, side by side. */
#pragma once

#include "cli/sim_runs.h"

#define FG_SIM_WAYS                                                                            \
    6 /* none, caps, packing, sleep, shifting, all: cases of one policy follow each other in this order */

/* Read the model, "bundled" or a file, into `model`, and make of each case of the batch FG_SIM_WAYS.  FG_EINVAL: more cases than
 * FG_SIM_RUNS_MAX, or a file that is wrong; FG_ENOENT. */
[[nodiscard]] int fg_sim_energy_cases(struct fg_sim_batch *batch,
                                      const char *name,
                                      struct fg_energy_model *model,
                                      struct fg_err *err);
/* Of a batch with options.energy: what each way saves of the energy without. */
void fg_sim_energy_table(const struct fg_sim_batch *batch, const struct fg_term *term);
/* "energy": {...} of one case, into the object that is open. */
void fg_sim_energy_json(struct fg_json *json, const struct fg_sim_case *one);
