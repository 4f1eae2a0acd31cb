/* work.h - how fast the work of a job is on kinds of device, by earlier jobs like it.
 *
 *     ends of jobs --note()--> speeds (speeds.h) --speed()--> schedule: which kind is for whom
 *
 * Jobs of one user, shape and size are one work (class.h).  Where its user says how long a job takes (`duration`) its run time is
 * taken against that, so that runs of more or fewer steps compare; such jobs are a work of their own.
 *
 * Pure.
 */
#pragma once

#include "base/config.h"
#include "learn/class.h"
#include "learn/speeds.h"

/* All of the job was done on devices of this kind, in so long. */
void fg_work_note(struct fg_speeds *speeds,
                  const struct fg_job *job,
                  const struct fg_class *class,
                  const char *kind,
                  int64_t ran_us);

/* false: it is not known, or less well than `learn_speeds` asks. */
bool fg_work_speed(struct fg_speeds *speeds,
                   const struct fg_config *config,
                   const struct fg_job *job,
                   const struct fg_request *any_of,
                   size_t any_of_len,
                   const char *kind,
                   struct fg_speed *out);
