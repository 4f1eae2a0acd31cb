/* queue_order.c - ready jobs, best first: who joins and leaves, and the walk.
 *
 * A walk is a merge in two steps: of the lanes of each project by the keys of their next jobs, and of the projects.  It
 * costs a few nanoseconds per lane to begin, and one step for each job that is handed out.
 */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* -- the heap of jobs that become ready later -------------------------------------------------- */

static void later_insert(struct fg_queue *queue, int64_t time_us, fg_job_id id)
{
    size_t at = queue->later_len++;
    for (; at > 0 && queue->later[(at - 1) / 2].time_us > time_us; at = (at - 1) / 2)
        queue->later[at] = queue->later[(at - 1) / 2];
    queue->later[at] = (struct later){.time_us = time_us, .id = id};
}

static bool is_awaited(const struct fg_queue *queue, const struct later *entry)
{
    const struct slot *slot = fg_queue_slot_of(queue, entry->id);
    return slot && slot->wake_us == entry->time_us;
}

/* Entries of jobs that are gone, or now wait for another moment, must not pile up for years. */
static void later_compact(struct fg_queue *queue)
{
    size_t len = queue->later_len;
    queue->later_len = 0;
    for (size_t i = 0; i < len; i++) {
        struct later entry = queue->later[i];
        if (is_awaited(queue, &entry))
            later_insert(queue, entry.time_us, entry.id);
    }
}

static void later_push(struct fg_queue *queue, int64_t time_us, fg_job_id id)
{
    if (queue->later_len > 64 + 2 * queue->jobs_len)
        later_compact(queue);
    queue->later =
        fg_grow(queue->later, queue->later_len, &queue->later_room, sizeof(struct later));
    later_insert(queue, time_us, id);
}

static struct later later_pop(struct fg_queue *queue)
{
    struct later top = queue->later[0];
    struct later last = queue->later[--queue->later_len];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->later_len)
            break;
        if (child + 1 < queue->later_len
            && queue->later[child + 1].time_us < queue->later[child].time_us)
            child++;
        if (queue->later[child].time_us >= last.time_us)
            break;
        queue->later[at] = queue->later[child];
        at = child;
    }
    if (queue->later_len)
        queue->later[at] = last;
    return top;
}

/* -- joining and leaving ----------------------------------------------------------------------- */

int64_t fg_queue_key_of(const struct fg_queue *queue, const struct fg_job *job)
{
    const struct fg_project *project = &queue->projects[job->project].project;
    return queue->options.key(queue->options.self, job, project);
}

static bool is_listed(const struct fg_queue *queue, const struct slot *slot)
{
    return queue->entries[slot - queue->slots] % 2 == 1;
}

/* So long at most; INT64_MAX: nobody knows. */
static int64_t lasts_us(const struct fg_job *job)
{
    if (job->time_limit_us > 0)
        return job->time_limit_us;
    return job->predicted_most_us > 0 ? job->predicted_most_us : INT64_MAX;
}

static void list_push(struct fg_queue *queue, struct slot *slot)
{
    uint32_t at = (uint32_t)(slot - queue->slots);
    const struct fg_job *job = &slot->job;
    struct lane *lane = fg_queue_lane_for(queue, slot);
    slot->key = fg_queue_key_of(queue, job);
    slot->limit_us = lasts_us(job);
    fg_queue_lane_push(lane, &(struct waiting){.key = slot->key,
                                               .id = job->id,
                                               .limit_us = slot->limit_us,
                                               .slot = at,
                                               .entry = ++queue->entries[at]});
    queue->ready_len++;
    queue->classes[job->request].ready++;
    queue->changes++;
}

static void unlist(struct fg_queue *queue, struct slot *slot)
{
    if (!is_listed(queue, slot))
        return;
    queue->entries[slot - queue->slots]++;
    struct lane *lane = &queue->projects[slot->job.project].lanes[slot->lane];
    lane->stale++;
    lane->live--;
    queue->changes++;
    queue->ready_len--;
    queue->classes[slot->job.request].ready--;
}

/* What it is listed as is what it is. */
static bool is_in_place(const struct fg_queue *queue, const struct slot *slot)
{
    const struct fg_job *job = &slot->job;
    const struct fg_queue_lane *shape = &queue->projects[job->project].lanes[slot->lane].shape;
    return slot->limit_us == lasts_us(job) && shape->tasks == job->tasks
           && shape->user == fg_queue_lane_user(queue, job)
           && slot->key == fg_queue_key_of(queue, job);
}

void fg_queue_watch(struct fg_queue *queue, fg_queue_watch_fn *watch, void *self)
{
    queue->watch = watch;
    queue->watch_self = self;
}

static void relist(struct fg_queue *queue, struct slot *slot)
{
    const struct fg_job *job = &slot->job;
    bool may_wait = job->state == FG_JOB_QUEUED && job->waits_for == 0;
    if (!may_wait) {
        unlist(queue, slot);
    } else if (job->eligible_us > 0) {
        unlist(queue, slot);
        if (slot->wake_us == 0 || job->eligible_us < slot->wake_us) {
            slot->wake_us = job->eligible_us;
            later_push(queue, job->eligible_us, job->id);
        }
    } else if (!is_listed(queue, slot) || !is_in_place(queue, slot)) {
        unlist(queue, slot);
        list_push(queue, slot);
    }
}

void fg_queue_relist(struct fg_queue *queue, struct slot *slot)
{
    bool was = is_listed(queue, slot);
    relist(queue, slot);
    if (queue->watch && was != is_listed(queue, slot))
        queue->watch(queue->watch_self, &slot->job, !was);
}

void fg_queue_leave(struct fg_queue *queue, struct slot *slot)
{
    if (!is_listed(queue, slot))
        return;
    unlist(queue, slot);
    if (queue->watch)
        queue->watch(queue->watch_self, &slot->job, false);
}

int64_t fg_queue_advance(struct fg_queue *queue, int64_t now_us)
{
    while (queue->later_len && queue->later[0].time_us <= now_us) {
        struct later entry = later_pop(queue);
        if (!is_awaited(queue, &entry))
            continue;
        struct slot *slot = fg_queue_slot_of(queue, entry.id);
        slot->wake_us = 0;
        if (slot->job.eligible_us <= now_us)
            slot->job.eligible_us = 0;
        fg_queue_relist(queue, slot);
    }
    fg_queue_class_tidy(queue);
    return queue->later_len ? queue->later[0].time_us : 0;
}

/* -- the walk ------------------------------------------------------------------------------------ */

void fg_queue_rekey(struct fg_queue *queue, fg_project_id project)
{
    struct project_row *row = &queue->projects[project];
    for (size_t i = 0; i < row->lanes_len; i++)
        fg_queue_lane_rekey(queue, &row->lanes[i]);
    queue->changes++;
    queue->orders++;
}

void fg_queue_rekey_all(struct fg_queue *queue)
{
    for (fg_project_id id = 1; id < queue->projects_len; id++)
        if (queue->projects[id].project.id)
            fg_queue_rekey(queue, id);
}

/* Step over what is stale, and what the filter does not let pass.  false: the lane is at its end. */
static bool settle(const struct fg_queue *queue, struct lane *lane)
{
    int64_t longest_us =
        queue->filter ? queue->filter(queue->filter_self, &lane->shape) : INT64_MAX;
    if (longest_us < 0)
        lane->at = lane->sorted_len;
    for (; lane->at < lane->sorted_len; lane->at++) {
        const struct waiting *entry = &lane->sorted[lane->at];
        if (entry->limit_us <= longest_us && !fg_queue_is_stale(queue, entry))
            return true;
    }
    return false;
}

/* -- the lanes of one project ----------------------------------------------------------------------- */

static bool lane_before(const struct lane_head *a, const struct lane_head *b)
{
    return fg_queue_goes_before(a->key, a->id, b->key, b->id);
}

static void sift_lane(struct project_row *row, size_t at)
{
    struct lane_head moving = row->heads[at];
    for (size_t child; (child = 2 * at + 1) < row->heads_len; at = child) {
        if (child + 1 < row->heads_len
            && lane_before(&row->heads[child + 1], &row->heads[child]))
            child++;
        if (!lane_before(&row->heads[child], &moving))
            break;
        row->heads[at] = row->heads[child];
    }
    row->heads[at] = moving;
}

static void gather_lanes(const struct fg_queue *queue, struct project_row *row)
{
    row->heads_len = 0;
    for (uint32_t i = 0; i < row->lanes_len; i++) {
        struct lane *lane = &row->lanes[i];
        if (lane->live == 0 || !settle(queue, lane))
            continue;
        const struct waiting *next = &lane->sorted[lane->at];
        row->heads =
            fg_grow(row->heads, row->heads_len, &row->heads_room, sizeof(row->heads[0]));
        row->heads[row->heads_len++] = (struct lane_head){next->key, next->id, i};
    }
    for (size_t at = row->heads_len / 2; at-- > 0;)
        sift_lane(row, at);
}

/* The best lane has moved on. */
static void follow_lane(const struct fg_queue *queue, struct project_row *row)
{
    struct lane_head *head = &row->heads[0];
    struct lane *lane = &row->lanes[head->lane];
    if (settle(queue, lane)) {
        head->key = lane->sorted[lane->at].key;
        head->id = lane->sorted[lane->at].id;
    } else {
        *head = row->heads[--row->heads_len];
    }
    if (row->heads_len)
        sift_lane(row, 0);
}

/* -- the projects ------------------------------------------------------------------------------------- */

static bool head_before(const struct fg_queue *queue, uint32_t a, uint32_t b)
{
    if (queue->options.standing) {
        int order = queue->options.standing->compare(queue->options.self, a, b);
        if (order)
            return order < 0;
    }
    const struct project_row *x = &queue->projects[a], *y = &queue->projects[b];
    return fg_queue_goes_before(x->heads[0].key + x->bonus, x->heads[0].id,
                                y->heads[0].key + y->bonus, y->heads[0].id);
}

static void sift_down(struct fg_queue *queue, size_t at)
{
    uint32_t moving = queue->walk[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->walk_len)
            break;
        if (child + 1 < queue->walk_len
            && head_before(queue, queue->walk[child + 1], queue->walk[child]))
            child++;
        if (!head_before(queue, queue->walk[child], moving))
            break;
        queue->walk[at] = queue->walk[child];
        at = child;
    }
    queue->walk[at] = moving;
}

static void heapify(struct fg_queue *queue)
{
    for (size_t at = queue->walk_len / 2; at-- > 0;)
        sift_down(queue, at);
}

static void gather(struct fg_queue *queue)
{
    queue->walk_len = 0;
    for (uint32_t id = 1; id < queue->projects_len; id++) {
        gather_lanes(queue, &queue->projects[id]);
        if (queue->projects[id].heads_len == 0)
            continue;
        queue->walk =
            fg_grow(queue->walk, queue->walk_len, &queue->walk_room, sizeof(uint32_t));
        queue->walk[queue->walk_len++] = id;
    }
    heapify(queue);
    queue->gathered = true;
}

void fg_queue_walk(struct fg_queue *queue)
{
    queue->handed = false;
    queue->filter = NULL;
    if (queue->options.standing)
        queue->options.standing->begin(queue->options.self, queue);
    for (uint32_t id = 1; id < queue->projects_len; id++)
        for (size_t i = 0; i < queue->projects[id].lanes_len; i++) {
            struct lane *lane = &queue->projects[id].lanes[i];
            if (lane->live)
                fg_queue_lane_tidy(queue, lane);
            lane->at = lane->first;
        }
    queue->gathered = false;
}

/* The project on top has another next job, or stands elsewhere: put it where it belongs. */
static void settle_top(struct fg_queue *queue)
{
    if (queue->projects[queue->walk[0]].heads_len == 0)
        queue->walk[0] = queue->walk[--queue->walk_len];
    if (queue->walk_len)
        sift_down(queue, 0);
}

/* Go on behind what was handed out last; its project stands elsewhere now if the job was started. */
static void go_on(struct fg_queue *queue)
{
    fg_project_id project = queue->walk[0];
    struct project_row *row = &queue->projects[project];
    const struct fg_queue_standing *standing = queue->options.standing;
    bool all_moved = standing && row->held.running != queue->handed_held
                     && standing->took(queue->options.self, queue, project);
    queue->handed = false;
    row->lanes[row->heads[0].lane].at++;
    follow_lane(queue, row);
    if (all_moved && row->heads_len == 0)
        queue->walk[0] = queue->walk[--queue->walk_len];
    if (all_moved)
        heapify(queue);
    else
        settle_top(queue);
}

void fg_queue_filter(struct fg_queue *queue, fg_queue_longest_fn *longest, const void *self)
{
    if (queue->handed)
        go_on(queue);
    queue->filter = longest;
    queue->filter_self = self;
    queue->gathered = false;
}

const struct fg_job *fg_queue_next(struct fg_queue *queue)
{
    if (queue->handed)
        go_on(queue);
    if (!queue->gathered)
        gather(queue);
    while (queue->walk_len) {
        struct project_row *row = &queue->projects[queue->walk[0]];
        struct lane *lane = &row->lanes[row->heads[0].lane];
        size_t at = lane->at;
        if (settle(queue, lane) && lane->at == at) {
            queue->handed = true;
            queue->handed_held = row->held.running;
            return &queue->slots[lane->sorted[at].slot].job;
        }
        follow_lane(queue, row);
        settle_top(queue);
    }
    return NULL;
}

size_t fg_queue_position(struct fg_queue *queue, fg_job_id id)
{
    const struct slot *slot = fg_queue_slot_of(queue, id);
    if (!slot || !is_listed(queue, slot))
        return 0;
    const struct project_row *row = &queue->projects[slot->job.project];
    size_t before = 0;
    for (size_t l = 0; l < row->lanes_len; l++) {
        struct lane *lane = &row->lanes[l];
        fg_queue_lane_tidy(queue, lane);
        for (size_t i = lane->first; i < lane->sorted_len; i++) {
            const struct waiting *entry = &lane->sorted[i];
            if (!fg_queue_goes_before(entry->key, entry->id, slot->key, id))
                break;
            before += !fg_queue_is_stale(queue, entry);
        }
    }
    return before;
}

bool fg_queue_is_before(const struct fg_queue *queue, fg_job_id a, fg_job_id b)
{
    const struct fg_job *x = fg_queue_get(queue, a), *y = fg_queue_get(queue, b);
    assert(x && y);
    return fg_queue_goes_before(
        fg_queue_key_of(queue, x) + queue->projects[x->project].bonus, a,
        fg_queue_key_of(queue, y) + queue->projects[y->project].bonus, b);
}

size_t fg_queue_ready(const struct fg_queue *queue)
{
    return queue->ready_len;
}

uint64_t fg_queue_changes(const struct fg_queue *queue)
{
    return queue->changes;
}

uint64_t fg_queue_orders(const struct fg_queue *queue)
{
    return queue->orders;
}

bool fg_queue_has_standing(const struct fg_queue *queue)
{
    return queue->options.standing != NULL;
}
