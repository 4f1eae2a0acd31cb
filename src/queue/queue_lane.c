/* queue_lane.c - ready jobs of one project that ask the same, in one sorted list.
 *
 * Newcomers wait in a short list that is sorted and merged in when a walk begins.  A job that leaves only makes its
 * entry stale; stale entries are dropped once they are many.  So a submit and a start cost O(1).
 */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>

#define AHEAD                                                                                  \
    6 /* new keys read records all over memory: they are asked for so many steps before */
#define LANES_KEPT 64 /* empty lanes of a project that are not worth clearing up */

/* -- which lane ------------------------------------------------------------------------------------- */

/* Never 0, which is no key of a map. */
static uint64_t shape_hash(const struct fg_queue_lane *shape)
{
    uint64_t exact =
        (uint64_t)shape->request << 32 | (uint64_t)shape->tasks << 1 | shape->is_limited;
    uint64_t hash = exact + 1 + shape->user * 0x9e3779b97f4a7c15ULL;
    return hash ? hash : 1;
}

/* The lane, or the key under which it is to be kept: two of one hash stand at consecutive keys. */
static bool find_lane(const struct project_row *row,
                      const struct fg_queue_lane *shape,
                      uint64_t *out_key,
                      uint32_t *out_lane)
{
    uint64_t key = shape_hash(shape);
    for (; fg_map_get(row->lane_by_shape, key, out_lane); key = key + 1 ? key + 1 : 1) {
        const struct fg_queue_lane *there = &row->lanes[*out_lane].shape;
        if (there->request == shape->request && there->tasks == shape->tasks
            && there->is_limited == shape->is_limited && there->user == shape->user)
            return true;
    }
    *out_key = key;
    return false;
}

void fg_queue_lanes_free(struct project_row *row)
{
    for (size_t i = 0; i < row->lanes_len; i++) {
        free(row->lanes[i].sorted);
        free(row->lanes[i].fresh);
    }
    free(row->lanes);
    free(row->heads);
    fg_map_free(row->lane_by_shape);
}

/* Most lanes are empty: forget these, and number the others anew. */
static void clear_up(struct fg_queue *queue, fg_project_id project)
{
    struct project_row *row = &queue->projects[project];
    uint32_t *moved = calloc(row->lanes_len, sizeof(*moved));
    if (!moved)
        abort();
    uint32_t len = 0, none;
    fg_map_free(row->lane_by_shape);
    row->lane_by_shape = fg_map_new(16);
    for (uint32_t i = 0; i < row->lanes_len; i++) {
        struct lane lane = row->lanes[i];
        uint64_t key = 0;
        moved[i] = len;
        if (lane.live) {
            find_lane(row, &lane.shape, &key, &none);
            fg_map_put(row->lane_by_shape, key, len);
            row->lanes[len++] = lane;
            continue;
        }
        free(lane.sorted);
        free(lane.fresh);
    }
    row->lanes_len = len;
    for (size_t at = 0; at < queue->slots_len; at++)
        if (queue->entries[at] % 2 && queue->slots[at].job.project == project)
            queue->slots[at].lane = moved[queue->slots[at].lane];
    free(moved);
}

static bool is_mostly_empty(const struct project_row *row)
{
    size_t empty = 0;
    for (size_t i = 0; i < row->lanes_len; i++)
        empty += row->lanes[i].live == 0;
    return empty > LANES_KEPT && empty > row->lanes_len / 2;
}

struct lane *fg_queue_lane_for(struct fg_queue *queue, struct slot *slot)
{
    const struct fg_job *job = &slot->job;
    struct project_row *row = &queue->projects[job->project];
    struct fg_queue_lane shape = {.project = job->project,
                                  .request = job->request,
                                  .tasks = job->tasks,
                                  .user = fg_queue_lane_user(queue, job),
                                  .is_limited = job->time_limit_us > 0};
    uint64_t key = 0;
    if (!row->lane_by_shape)
        row->lane_by_shape = fg_map_new(16);
    if (find_lane(row, &shape, &key, &slot->lane))
        return &row->lanes[slot->lane];
    /* Not during a walk, which knows lanes by their numbers. */
    if (row->lanes_len == row->lanes_room && queue->walk_len == 0 && is_mostly_empty(row)) {
        clear_up(queue, job->project);
        find_lane(row, &shape, &key, &slot->lane);
    }
    row->lanes = fg_grow(row->lanes, row->lanes_len, &row->lanes_room, sizeof(struct lane));
    slot->lane = (uint32_t)row->lanes_len++;
    row->lanes[slot->lane] = (struct lane){.shape = shape};
    fg_map_put(row->lane_by_shape, key, slot->lane);
    return &row->lanes[slot->lane];
}

void fg_queue_lane_push(struct lane *lane, const struct waiting *entry)
{
    lane->fresh =
        fg_grow(lane->fresh, lane->fresh_len, &lane->fresh_room, sizeof(struct waiting));
    lane->fresh[lane->fresh_len++] = *entry;
    lane->live++;
}

/* -- in order ------------------------------------------------------------------------------------------ */

static bool comes_before(const struct waiting *a, const struct waiting *b)
{
    return fg_queue_goes_before(a->key, a->id, b->key, b->id);
}

static int compare(const void *a, const void *b)
{
    return comes_before(a, b) ? -1 : comes_before(b, a) ? 1 : 0;
}

static size_t drop_stale(const struct fg_queue *queue, struct waiting *items, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (!fg_queue_is_stale(queue, &items[i]))
            items[kept++] = items[i];
    return kept;
}

/* Merge the newcomers in from the back, in place. */
static void merge(struct lane *lane)
{
    size_t total = lane->sorted_len + lane->fresh_len;
    if (total > lane->sorted_room) {
        lane->sorted_room = total + total / 2;
        lane->sorted = reallocarray(lane->sorted, lane->sorted_room, sizeof(struct waiting));
        if (!lane->sorted)
            abort();
    }
    size_t old = lane->sorted_len, fresh = lane->fresh_len;
    for (size_t to = total; fresh > 0; to--) {
        if (old > lane->first
            && comes_before(&lane->fresh[fresh - 1], &lane->sorted[old - 1])) {
            lane->sorted[to - 1] = lane->sorted[old - 1];
            old--;
        } else {
            lane->sorted[to - 1] = lane->fresh[--fresh];
        }
    }
    lane->sorted_len = total;
    lane->fresh_len = 0;
}

static void compact(const struct fg_queue *queue, struct lane *lane)
{
    lane->sorted_len = drop_stale(queue, lane->sorted, lane->sorted_len);
    lane->fresh_len = drop_stale(queue, lane->fresh, lane->fresh_len);
    lane->first = 0;
    lane->stale = 0;
}

void fg_queue_lane_tidy(const struct fg_queue *queue, struct lane *lane)
{
    if (lane->stale > 16 + lane->sorted_len / 4)
        compact(queue, lane);
    if (lane->fresh_len) {
        if (lane->fresh_len > 1)
            qsort(lane->fresh, lane->fresh_len, sizeof(lane->fresh[0]), compare);
        merge(lane);
    }
    while (lane->first < lane->sorted_len
           && fg_queue_is_stale(queue, &lane->sorted[lane->first]))
        lane->first++;
}

/* New keys, and the order that they make: most often nearly the old one, so by insertion; by a full sort where that moves
 * too much. */
static void sort_again(struct waiting *items, size_t len)
{
    size_t moves = 0;
    for (size_t i = 1; i < len; i++) {
        struct waiting moving = items[i];
        size_t at = i;
        for (; at > 0 && comes_before(&moving, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = moving;
        moves += i - at;
        if (moves > 8 * len) {
            qsort(items, len, sizeof(items[0]), compare);
            return;
        }
    }
}

void fg_queue_lane_rekey(struct fg_queue *queue, struct lane *lane)
{
    compact(queue, lane);
    fg_queue_lane_tidy(queue, lane);
    for (size_t i = 0; i < lane->sorted_len; i++) {
        struct waiting *entry = &lane->sorted[i];
        if (i + AHEAD < lane->sorted_len)
            __builtin_prefetch(&queue->slots[lane->sorted[i + AHEAD].slot]);
        struct slot *slot = &queue->slots[entry->slot];
        entry->key = slot->key = fg_queue_key_of(queue, &slot->job);
    }
    sort_again(lane->sorted, lane->sorted_len);
}
