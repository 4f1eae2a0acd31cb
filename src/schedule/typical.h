/* typical.h - what is typically asked, as the placer wants to know it.  Inside of schedule/ only.
 *
 *     queue's request classes --how often each was asked--> mix --> placer
 */
#pragma once

#include "place/placer.h"
#include "queue/queue.h"

/* Zeroed at first. */
struct fg_typical {
    uint64_t next; /* so many jobs asked, and it is time to look again */
    size_t kinds_len;
};

/* Give the placer the mix of late, if enough has been asked since it was last done: cheap otherwise.  The first 64 jobs are
 * placed by the plain mix. */
void fg_typical_update(struct fg_typical *typical,
                       const struct fg_pool *pool,
                       const struct fg_queue *queue,
                       struct fg_placer *placer);
