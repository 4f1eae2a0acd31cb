/* kinds.h - which kind of device is for whom: the allocation programs at work in the scheduler.
 *
 *     rates of jobs, devices --KINDS, allocate--> devices of each kind owed to each request class --> order of alternatives
 *
 * Jobs take part that say how fast they run on which kind (`throughput`); and those that may use several kinds of which it was
 * learned (fg_rates): work for which that is about the same on every kind is one class.  Every `allocate_every_s` (nodes that
 * come or go count at once, a new class within a second), if jobs or devices have changed, the program of the policy
 * (src/allocate) is solved for all that wait or run, by class; a job then tries the kind of which its class is owed
 * most before others, and of an alternative with several kinds those of which it is owed some.  It still starts where it fits: no device idles for a plan.
 *
 * Pure; inside of schedule/ only.
 */
#pragma once

#include "allocate/allocate.h"
#include "schedule/schedule_inner.h"

struct fg_kinds;

struct fg_kinds *fg_kinds_new(const struct fg_config *config,
                              enum fg_allocate_policy policy,
                              const struct fg_rates *rates); /* NULL: no memory */
void fg_kinds_free(struct fg_kinds *kinds);                  /* NULL is allowed */

/* Before a pass: look again if it is time to. */
void fg_kinds_update(struct fg_kinds *kinds,
                     const struct fg_pass *pass,
                     const struct runners *runners);
/* Put the alternatives of the job into the order in which they are to be tried. */
void fg_kinds_order(struct fg_kinds *kinds,
                    const struct fg_queue *queue,
                    const struct fg_job *job,
                    struct fg_gang *gang);
/* It was started: what it got counts. */
void fg_kinds_started(struct fg_kinds *kinds,
                      const struct fg_pass *pass,
                      const struct fg_job *job,
                      const struct fg_grant *grants);
/* See fg_schedule_owed(). */
bool fg_kinds_owed(struct fg_kinds *kinds,
                   const struct fg_queue *queue,
                   const struct fg_job *job,
                   size_t alternative,
                   struct fg_owed *out);
