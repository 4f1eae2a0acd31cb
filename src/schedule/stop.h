/* stop.h - what it costs to stop a running job for the good of another one.
 *
 *     loss = work since the last checkpoint + work of the restart        (time of the job)
 *     cost = loss x devices held, 16 cores counting as one               (device-microseconds)
 *
 * A job with `checkpoint` in its file saves its work when TERM reaches it, within its grace: nothing is lost since then.  If it
 * has no grace it is killed at once, and falls back to the last checkpoint it wrote by itself.  A job without `checkpoint`
 * loses all that the attempt did.
 */
#pragma once

#include "base/config.h"
#include "model/job.h"
#include "pool/pool.h"

/* How long it may hold its devices after it was asked to stop, in microseconds. */
int64_t fg_stop_grace_us(const struct fg_config *config, const struct fg_job *job);

/* What a stop now would lose of a running job's time, in microseconds; 0 before it has started. */
int64_t fg_stop_loss_us(const struct fg_config *config,
                        const struct fg_job *job,
                        int64_t now_us);

/* What grants weigh: thousandths of a device, 16 cores counting as one. */
int64_t fg_stop_weight_milli(const struct fg_grant *grants, size_t len);

/* The same in device-microseconds: times what it holds.  At least 1, so that less is stopped rather than more. */
int64_t fg_stop_cost_us(const struct fg_config *config,
                        const struct fg_job *job,
                        const struct fg_grant *grants,
                        size_t grants_len,
                        int64_t now_us);
