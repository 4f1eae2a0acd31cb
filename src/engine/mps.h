/* mps.h - a CUDA MPS server per shared NVIDIA device, while tasks use it.
 *
 * The tasks of one device meet in DATA/mps/<device>/: each holds a shared lock on `users`; the one that
 * leaves last stops the server.
 */
#pragma once

#include "engine/plan.h"

/* Is MPS installed here? */
bool fg_mps_available(void);

/* The folder for CUDA_MPS_PIPE_DIRECTORY of that device, into `out` (FG_PATH_MAX bytes). */
void fg_mps_pipe_dir(const char *data_dir, const char *device, char *out);

/* Start the server of plan->mps_device unless it runs; nothing for a plan without one.
 * `*out_users` is our place among its users, -1 none.  0, or FG_EBACKEND. */
[[nodiscard]] int fg_mps_use(const char *data_dir,
                             const struct fg_plan *plan,
                             int *out_users,
                             struct fg_err *err);
void fg_mps_leave(const char *data_dir, const struct fg_plan *plan, int users);
