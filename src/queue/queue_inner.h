/* queue_inner.h - the queue itself, shared by the files of queue/ only. */
#pragma once

#include "base/map.h"
#include "queue/queue.h"

#define NO_SLOT UINT32_MAX

/* One place in a waiting list.  It is stale, and skipped, once the slot's `entry` has moved on. */
struct waiting {
    int64_t key;
    fg_job_id id;
    uint32_t slot, entry;
};

/* Jobs of one project that are ready: `sorted` best first, `fresh` came since the last walk. */
struct waiting_list {
    struct waiting *sorted, *fresh;
    size_t sorted_len, sorted_room, fresh_len, fresh_room;
    size_t first; /* before it, `sorted` holds only stale entries */
    size_t stale; /* in both, about */
    size_t at;    /* of the walk */
    int64_t bonus;
};

struct slot {
    struct fg_job job; /* id 0: empty */
    uint32_t
        entry;    /* number of the valid waiting entry; changes when the job leaves the list */
    bool listed;  /* has a valid entry */
    bool delayed; /* is in the heap of later jobs */
    uint32_t first_edge; /* jobs that wait for this one; NO_SLOT none */
};

struct edge {
    fg_job_id job;
    bool any_end;
    uint32_t next;
};

struct later {
    int64_t time_us;
    fg_job_id id;
};

struct project_row {
    struct fg_project project;
    struct fg_held held;
    struct waiting_list list;
};

struct class_row {
    struct fg_request any_of[FG_ANY_OF_MAX];
    size_t len;
    size_t ready; /* jobs of it in the order */
};

struct fg_queue {
    struct fg_queue_options options;
    struct slot *slots;
    size_t slots_len, slots_room, jobs_len, ready_len;
    uint32_t *free_slots;
    size_t free_len, free_room;
    struct fg_map *by_id;
    struct class_row *classes;
    size_t classes_len, classes_room;
    struct fg_map *class_by_hash;
    struct project_row *projects; /* by id; [0] unused */
    size_t projects_len, projects_room;
    struct edge *edges;
    size_t edges_len, edges_room;
    uint32_t free_edge;
    struct later *later; /* binary heap, soonest first */
    size_t later_len, later_room;
    uint32_t *walk; /* heap of project ids, best head first */
    size_t walk_len, walk_room;
};

/* Make room for one more; out of memory ends the process (the store makes that safe). */
void *fg_queue_grow(void *items, size_t len, size_t *room, size_t size);
struct slot *fg_queue_slot_of(const struct fg_queue *queue, fg_job_id id); /* NULL: not open */

/* queue_order.c: the slot's job changed; put it into the order, or take it out. */
void fg_queue_relist(struct fg_queue *queue, struct slot *slot);
void fg_queue_unlist(struct fg_queue *queue, struct slot *slot);
/* queue_after.c */
void fg_queue_drop_edges(struct fg_queue *queue, struct slot *slot);
