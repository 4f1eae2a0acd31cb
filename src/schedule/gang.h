/* gang.h - place all tasks of a job, or none.  Inside of schedule/ only. */
#pragma once

#include "pool/pool.h"
#include "queue/queue.h"

/* Try the alternatives of the job's class in order; claims in `pool` (and in `also`, if given).  Returns the index of the
 * alternative, with one grant per task in `out_grants` (room for job->tasks), or -1 with nothing claimed. */
int fg_gang_place(struct fg_pool *pool,
                  struct fg_pool *also,
                  const struct fg_queue *queue,
                  const struct fg_job *job,
                  struct fg_grant *out_grants);

/* Would it fit if nothing ran at all on the nodes that are up?  (Some node must take each task; gangs are counted.) */
bool fg_gang_fits_empty(const struct fg_pool *pool,
                        const struct fg_queue *queue,
                        const struct fg_job *job);
