/* queue_after.c - who waits for whom: a list of edges per job that others wait for. */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>

int fg_queue_depend(struct fg_queue *queue, fg_job_id job, fg_job_id on, bool any_end)
{
    struct slot *slot = fg_queue_slot_of(queue, on);
    if (!slot || on == job)
        return FG_ENOENT;
    uint32_t at = queue->free_edge;
    if (at != NO_SLOT) {
        queue->free_edge = queue->edges[at].next;
    } else {
        queue->edges =
            fg_grow(queue->edges, queue->edges_len, &queue->edges_room, sizeof(struct edge));
        at = (uint32_t)queue->edges_len++;
    }
    queue->edges[at] = (struct edge){.job = job, .any_end = any_end, .next = slot->first_edge};
    slot->first_edge = at;
    return 0;
}

bool fg_queue_next_dependent(struct fg_queue *queue,
                             fg_job_id on,
                             fg_job_id *out_job,
                             bool *out_any_end)
{
    struct slot *slot = fg_queue_slot_of(queue, on);
    if (!slot || slot->first_edge == NO_SLOT)
        return false;
    uint32_t at = slot->first_edge;
    struct edge *edge = &queue->edges[at];
    slot->first_edge = edge->next;
    *out_job = edge->job;
    *out_any_end = edge->any_end;
    edge->next = queue->free_edge;
    queue->free_edge = at;
    return true;
}

void fg_queue_drop_edges(struct fg_queue *queue, struct slot *slot)
{
    fg_job_id job;
    bool any_end;
    while (fg_queue_next_dependent(queue, slot->job.id, &job, &any_end))
        ;
}
