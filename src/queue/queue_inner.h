/* queue_inner.h - the queue itself, shared by the files of queue/ only. */
#pragma once

#include "base/map.h"
#include "queue/queue.h"

#define NO_SLOT UINT32_MAX

/* One place in a lane.  It is stale, and skipped, once the slot's number in `entries` has moved on. */
struct waiting {
    int64_t key;
    fg_job_id id;
    int64_t limit_us; /* how long it may last: see lasts_us() */
    uint32_t slot, entry;
};

/* Ready jobs of one project that ask the same: `sorted` best first, `fresh` came since the last walk. */
struct lane {
    struct fg_queue_lane shape;
    struct waiting *sorted, *fresh;
    size_t sorted_len, sorted_room, fresh_len, fresh_room;
    size_t first; /* before it, `sorted` holds only stale entries */
    size_t stale; /* in both, about */
    size_t live;  /* in both, not stale */
    size_t at;    /* of the walk */
};

/* What a walk has of a lane: its next job. */
struct lane_head {
    int64_t key;
    fg_job_id id;
    uint32_t lane;
};

struct slot {
    struct fg_job job;   /* id 0: empty */
    int64_t key;         /* of its valid waiting entry */
    int64_t limit_us;    /* in it */
    uint32_t lane;       /* it is in, of its project */
    int64_t wake_us;     /* of its valid entry in the heap of later jobs; 0 none */
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
    struct lane *lanes;
    size_t lanes_len, lanes_room;
    struct fg_map *lane_by_shape; /* NULL: no lanes yet */
    struct lane_head *heads;      /* heap, the best first */
    size_t heads_len, heads_room;
    int64_t bonus;
    bool limits_users; /* it, or one above it, has limits for each user */
};

struct class_row {
    struct fg_request any_of[FG_ANY_OF_MAX];
    size_t len;
    size_t ready;  /* jobs of it in the order */
    size_t open;   /* jobs of it that are open */
    uint64_t hash; /* its key in class_by_hash */
    uint64_t reservation;
    uint32_t asked; /* jobs of it lately, see fg_queue_class_asked */
    bool empty;     /* the row is free */
};

struct fg_queue {
    struct fg_queue_options options;
    struct slot *slots;
    /* By slot: odd is the number of its valid waiting entry, even: it has none.  Apart from the slots, because a
     * walk asks for nothing else of most of them. */
    uint32_t *entries;
    size_t entries_room;
    size_t slots_len, slots_room, jobs_len, ready_len;
    uint32_t *free_slots;
    size_t free_len, free_room;
    struct fg_map *by_id;
    struct class_row *classes;
    size_t classes_len, classes_room;
    uint64_t asked;      /* jobs ever opened */
    size_t classes_idle; /* rows that no open job has, free ones not counted */
    uint32_t *free_classes;
    size_t free_classes_len, free_classes_room;
    struct fg_map *class_by_hash;
    struct project_row *projects; /* by id; [0] unused */
    size_t projects_len, projects_room;
    bool has_guarantees;
    bool limits_users;          /* any project does */
    struct fg_user_held *users; /* see queue_user.c */
    size_t users_len, users_room;
    struct fg_map *user_rows; /* by project and user */
    struct edge *edges;
    size_t edges_len, edges_room;
    uint32_t free_edge;
    struct later *later; /* binary heap, soonest first */
    size_t later_len, later_room;
    uint32_t *walk;      /* heap of project ids, best head first */
    bool handed;         /* the head of walk[0] was handed out: step over it */
    int64_t handed_held; /* jobs that its project held then */
    size_t walk_len, walk_room;
    bool gathered;               /* it is made, from all lanes that the filter lets pass */
    fg_queue_longest_fn *filter; /* NULL: all are handed out */
    const void *filter_self;
    fg_queue_watch_fn *watch; /* NULL: nobody */
    void *watch_self;
    uint64_t orders;
    uint64_t changes;          /* of the order */
    uint64_t class_generation; /* rises when a class number may come to mean another class */
};

struct slot *fg_queue_slot_of(const struct fg_queue *queue, fg_job_id id); /* NULL: not open */

/* queue_lane.c */
struct lane *fg_queue_lane_for(struct fg_queue *queue, struct slot *slot);
void fg_queue_lane_push(struct lane *lane, const struct waiting *entry);
/* Sort newcomers in, drop what is stale if it is much; `first` is a live entry afterwards. */
void fg_queue_lane_tidy(const struct fg_queue *queue, struct lane *lane);
void fg_queue_lane_rekey(struct fg_queue *queue, struct lane *lane);
void fg_queue_lanes_free(struct project_row *row);
static inline bool fg_queue_is_stale(const struct fg_queue *queue, const struct waiting *entry)
{
    return queue->entries[entry->slot] != entry->entry;
}
static inline bool fg_queue_goes_before(int64_t key_a, fg_job_id a, int64_t key_b, fg_job_id b)
{
    return key_a != key_b ? key_a > key_b : a < b;
}

/* queue_order.c: the slot's job changed; put it into the order, or take it out. */
void fg_queue_relist(struct fg_queue *queue, struct slot *slot);
/* It goes. */
void fg_queue_leave(struct fg_queue *queue, struct slot *slot);
/* The project changed, and with it perhaps the keys of its jobs. */
void fg_queue_rekey(struct fg_queue *queue, fg_project_id project);
int64_t fg_queue_key_of(const struct fg_queue *queue, const struct fg_job *job);
/* queue_class.c: a job of the class was opened or closed; classes that nobody has are forgotten. */
void fg_queue_class_open(struct fg_queue *queue, uint32_t request, bool opened);
void fg_queue_class_tidy(struct fg_queue *queue);
/* queue_user.c: the job waits (1), or does so no more (-1); projects are others now. */
void fg_queue_user_waits(struct fg_queue *queue, const struct fg_job *job, int64_t more);
void fg_queue_users_anew(struct fg_queue *queue);
/* queue_after.c */
void fg_queue_drop_edges(struct fg_queue *queue, struct slot *slot);
