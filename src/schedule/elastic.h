/* elastic.h - gangs of min to max tasks.  Inside of schedule/ only.
 *
 * An elastic job waits for its least number of tasks like any gang.  Once all who can start have started, it takes as many
 * more as fit.  Its size
 * is changed by a stop and a new start, which costs what going on costs; so only preemptible jobs change, and only after
 * they have run for elastic_hold_s:
 *
 *   smaller   the head of the queue has no room, and has if jobs above their least size stop, each of which can start again
 *             at its least size beside the head
 *   larger    nobody waits for devices, and there is room for half as many tasks again
 */
#pragma once

#include "schedule/schedule_inner.h"

/* The pass has started whom it could at their least sizes: give the elastic ones of them, in the order of their start, what
 * is left beside the head's reservation and within their quotas. */
void fg_elastic_fill(struct fg_schedule *schedule, struct fg_pass *pass);

/* Decide to stop jobs that are above their least size so that the head fits, the cheapest first; the reservation is for when
 * they have let go.  false: that would not do it, or loses more than the head gains. */
bool fg_elastic_shrink(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *head,
                       const struct fg_gang *gang);

/* Nobody waits for devices: decide to stop one job that could start again larger. */
void fg_elastic_grow(struct fg_schedule *schedule, struct fg_pass *pass);
