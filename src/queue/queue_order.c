/* queue_order.c - ready jobs, best first.
 *
 * Each project has one sorted list and a short list of newcomers that is sorted and merged in when a
 * walk begins.  A job that leaves only makes its entry stale; stale entries are dropped at the merge.
 * So a submit and a start cost O(1), and a walk costs one merge.
 */
#include "queue/queue_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A walk reads records all over memory: it asks for them so many steps before. */
#define AHEAD 6

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
        fg_queue_grow(queue->later, queue->later_len, &queue->later_room, sizeof(struct later));
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

static bool is_stale(const struct fg_queue *queue, const struct waiting *entry)
{
    return queue->entries[entry->slot] != entry->entry;
}

static int64_t key_of(const struct fg_queue *queue, const struct fg_job *job)
{
    const struct fg_project *project = &queue->projects[job->project].project;
    return queue->options.key(queue->options.self, job, project);
}

static bool is_listed(const struct fg_queue *queue, const struct slot *slot)
{
    return queue->entries[slot - queue->slots] % 2 == 1;
}

static void list_push(struct fg_queue *queue, struct slot *slot)
{
    uint32_t at = (uint32_t)(slot - queue->slots);
    const struct fg_job *job = &slot->job;
    struct waiting_list *list = &queue->projects[job->project].list;
    slot->key = key_of(queue, job);
    list->fresh =
        fg_queue_grow(list->fresh, list->fresh_len, &list->fresh_room, sizeof(struct waiting));
    list->fresh[list->fresh_len++] = (struct waiting){
        .key = slot->key,
        .id = job->id,
        .slot = at,
        .entry = ++queue->entries[at],
    };
    queue->ready_len++;
    queue->classes[job->request].ready++;
}

void fg_queue_unlist(struct fg_queue *queue, struct slot *slot)
{
    if (!is_listed(queue, slot))
        return;
    queue->entries[slot - queue->slots]++;
    queue->projects[slot->job.project].list.stale++;
    queue->ready_len--;
    queue->classes[slot->job.request].ready--;
}

void fg_queue_relist(struct fg_queue *queue, struct slot *slot)
{
    const struct fg_job *job = &slot->job;
    bool may_wait = job->state == FG_JOB_QUEUED && job->waits_for == 0;
    if (!may_wait) {
        fg_queue_unlist(queue, slot);
    } else if (job->eligible_us > 0) {
        fg_queue_unlist(queue, slot);
        if (slot->wake_us == 0 || job->eligible_us < slot->wake_us) {
            slot->wake_us = job->eligible_us;
            later_push(queue, job->eligible_us, job->id);
        }
    } else if (!is_listed(queue, slot) || slot->key != key_of(queue, job)) {
        fg_queue_unlist(queue, slot);
        list_push(queue, slot);
    }
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

static bool comes_before(const struct waiting *a, const struct waiting *b)
{
    return a->key != b->key ? a->key > b->key : a->id < b->id;
}

static int compare(const void *a, const void *b)
{
    return comes_before(a, b) ? -1 : comes_before(b, a) ? 1 : 0;
}

static size_t drop_stale(const struct fg_queue *queue, struct waiting *items, size_t len)
{
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (!is_stale(queue, &items[i]))
            items[kept++] = items[i];
    return kept;
}

/* Merge the newcomers in from the back, in place. */
static void merge(struct waiting_list *list)
{
    size_t total = list->sorted_len + list->fresh_len;
    if (total > list->sorted_room) {
        list->sorted_room = total + total / 2;
        list->sorted = reallocarray(list->sorted, list->sorted_room, sizeof(struct waiting));
        if (!list->sorted)
            abort();
    }
    size_t old = list->sorted_len, fresh = list->fresh_len;
    for (size_t to = total; fresh > 0; to--) {
        if (old > list->first
            && comes_before(&list->fresh[fresh - 1], &list->sorted[old - 1])) {
            list->sorted[to - 1] = list->sorted[old - 1];
            old--;
        } else {
            list->sorted[to - 1] = list->fresh[--fresh];
        }
    }
    list->sorted_len = total;
    list->fresh_len = 0;
}

static void compact(struct fg_queue *queue, struct waiting_list *list)
{
    list->sorted_len = drop_stale(queue, list->sorted, list->sorted_len);
    list->fresh_len = drop_stale(queue, list->fresh, list->fresh_len);
    list->first = 0;
    list->stale = 0;
}

static void tidy(struct fg_queue *queue, struct waiting_list *list)
{
    while (list->first < list->sorted_len && is_stale(queue, &list->sorted[list->first]))
        list->first++;
    if (list->stale > 64 + list->sorted_len / 4)
        compact(queue, list);
    if (list->fresh_len) {
        qsort(list->fresh, list->fresh_len, sizeof(list->fresh[0]), compare);
        merge(list);
    }
    list->at = list->first;
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

void fg_queue_rekey(struct fg_queue *queue, fg_project_id project)
{
    struct waiting_list *list = &queue->projects[project].list;
    compact(queue, list);
    tidy(queue, list);
    for (size_t i = 0; i < list->sorted_len; i++) {
        struct waiting *entry = &list->sorted[i];
        if (i + AHEAD < list->sorted_len)
            __builtin_prefetch(&queue->slots[list->sorted[i + AHEAD].slot]);
        struct slot *slot = &queue->slots[entry->slot];
        entry->key = slot->key = key_of(queue, &slot->job);
    }
    sort_again(list->sorted, list->sorted_len);
}

void fg_queue_rekey_all(struct fg_queue *queue)
{
    for (fg_project_id id = 1; id < queue->projects_len; id++)
        if (queue->projects[id].project.id)
            fg_queue_rekey(queue, id);
}

static void step(const struct fg_queue *queue, struct waiting_list *list)
{
    list->at++;
    if (list->at + AHEAD < list->sorted_len) {
        const struct slot *soon = &queue->slots[list->sorted[list->at + AHEAD].slot];
        __builtin_prefetch(soon);
        __builtin_prefetch((const char *)soon + 64);
    }
}

/* Step over stale entries.  false: the list is at its end. */
static bool settle(const struct fg_queue *queue, struct waiting_list *list)
{
    while (list->at < list->sorted_len && is_stale(queue, &list->sorted[list->at]))
        step(queue, list);
    return list->at < list->sorted_len;
}

static bool head_before(const struct fg_queue *queue, uint32_t a, uint32_t b)
{
    if (queue->options.standing) {
        int order = queue->options.standing->compare(queue->options.self, a, b);
        if (order)
            return order < 0;
    }
    const struct waiting_list *x = &queue->projects[a].list, *y = &queue->projects[b].list;
    struct waiting p = x->sorted[x->at], q = y->sorted[y->at];
    p.key += x->bonus;
    q.key += y->bonus;
    return comes_before(&p, &q);
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

void fg_queue_walk(struct fg_queue *queue)
{
    queue->walk_len = 0;
    queue->handed = false;
    if (queue->options.standing)
        queue->options.standing->begin(queue->options.self, queue);
    for (uint32_t id = 1; id < queue->projects_len; id++) {
        struct waiting_list *list = &queue->projects[id].list;
        tidy(queue, list);
        if (!settle(queue, list))
            continue;
        queue->walk =
            fg_queue_grow(queue->walk, queue->walk_len, &queue->walk_room, sizeof(uint32_t));
        queue->walk[queue->walk_len++] = id;
    }
    heapify(queue);
}

/* Go on behind what was handed out last; its project stands elsewhere now if the job was started. */
static void go_on(struct fg_queue *queue)
{
    fg_project_id project = queue->walk[0];
    struct waiting_list *list = &queue->projects[project].list;
    const struct fg_queue_standing *standing = queue->options.standing;
    bool all_moved = standing && queue->projects[project].held.running != queue->handed_held
                     && standing->took(queue->options.self, queue, project);
    step(queue, list);
    if (!settle(queue, list))
        queue->walk[0] = queue->walk[--queue->walk_len];
    if (all_moved)
        heapify(queue);
    else if (queue->walk_len)
        sift_down(queue, 0);
    queue->handed = false;
}

const struct fg_job *fg_queue_next(struct fg_queue *queue)
{
    if (queue->handed)
        go_on(queue);
    while (queue->walk_len) {
        const struct project_row *row = &queue->projects[queue->walk[0]];
        const struct waiting *entry = &row->list.sorted[row->list.at];
        queue->handed_held = row->held.running;
        if (!is_stale(queue, entry)) {
            queue->handed = true;
            return &queue->slots[entry->slot].job;
        }
        go_on(queue);
    }
    return NULL;
}

size_t fg_queue_position(struct fg_queue *queue, fg_job_id id)
{
    const struct slot *slot = fg_queue_slot_of(queue, id);
    if (!slot || !is_listed(queue, slot))
        return 0;
    struct waiting_list *list = &queue->projects[slot->job.project].list;
    tidy(queue, list);
    size_t before = 0;
    for (size_t i = list->first; i < list->sorted_len; i++) {
        if (is_stale(queue, &list->sorted[i]))
            continue;
        if (list->sorted[i].id == id)
            break;
        before++;
    }
    return before;
}

bool fg_queue_is_before(const struct fg_queue *queue, fg_job_id a, fg_job_id b)
{
    const struct fg_job *jobs[] = {fg_queue_get(queue, a), fg_queue_get(queue, b)};
    assert(jobs[0] && jobs[1]);
    struct waiting places[2];
    for (int i = 0; i < 2; i++)
        places[i] = (struct waiting){
            .key = key_of(queue, jobs[i]) + queue->projects[jobs[i]->project].list.bonus,
            .id = jobs[i]->id,
        };
    return comes_before(&places[0], &places[1]);
}

size_t fg_queue_ready(const struct fg_queue *queue)
{
    return queue->ready_len;
}
