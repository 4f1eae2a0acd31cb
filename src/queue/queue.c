/* queue.c - the table of open jobs and of projects; see queue.h */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_queue *fg_queue_new(const struct fg_queue_options *options)
{
    struct fg_queue *queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    queue->options = *options;
    queue->free_edge = NO_SLOT;
    queue->by_id = fg_map_new(64);
    queue->class_by_hash = fg_map_new(16);
    queue->user_rows = fg_map_new(0);
    return queue;
}

void fg_queue_free(struct fg_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->projects_len; i++)
        fg_queue_lanes_free(&queue->projects[i]);
    free(queue->slots);
    free(queue->entries);
    free(queue->free_slots);
    free(queue->classes);
    free(queue->free_classes);
    free(queue->projects);
    free(queue->edges);
    free(queue->later);
    free(queue->walk);
    free(queue->users);
    fg_map_free(queue->user_rows);
    fg_map_free(queue->by_id);
    fg_map_free(queue->class_by_hash);
    free(queue);
}

struct slot *fg_queue_slot_of(const struct fg_queue *queue, fg_job_id id)
{
    uint32_t at;
    return id && fg_map_get(queue->by_id, id, &at) ? &queue->slots[at] : NULL;
}

const struct fg_job *fg_queue_get(const struct fg_queue *queue, fg_job_id id)
{
    const struct slot *slot = fg_queue_slot_of(queue, id);
    return slot ? &slot->job : NULL;
}

static uint32_t take_slot(struct fg_queue *queue)
{
    if (queue->free_len)
        return queue->free_slots[--queue->free_len];
    queue->slots =
        fg_grow(queue->slots, queue->slots_len, &queue->slots_room, sizeof(struct slot));
    queue->entries =
        fg_grow(queue->entries, queue->slots_len, &queue->entries_room, sizeof(uint32_t));
    queue->slots[queue->slots_len] = (struct slot){};
    queue->entries[queue->slots_len] = 0;
    return (uint32_t)queue->slots_len++;
}

int fg_queue_add(struct fg_queue *queue, const struct fg_job *job, struct fg_err *err)
{
    assert(job->id != 0);
    assert(job->request < queue->classes_len);
    assert(fg_queue_project(queue, job->project));
    if (fg_queue_slot_of(queue, job->id))
        return fg_fail(err, FG_EEXIST, "job %llu: it is open already",
                       (unsigned long long)job->id);
    if (queue->jobs_len >= queue->options.jobs_max)
        return fg_fail(err, FG_ENOCAP, "%zu jobs are open, the most there may be",
                       queue->jobs_len);

    uint32_t at = take_slot(queue);
    assert(queue->slots);
    struct slot *slot = &queue->slots[at];
    *slot = (struct slot){.job = *job, .first_edge = NO_SLOT};
    fg_map_put(queue->by_id, job->id, at);
    queue->jobs_len++;
    fg_queue_class_open(queue, job->request, true);
    if (job->state == FG_JOB_QUEUED)
        queue->projects[job->project].held.queued++;
    fg_queue_user_waits(queue, job, job->state == FG_JOB_QUEUED);
    fg_queue_relist(queue, slot);
    return 0;
}

void fg_queue_set(struct fg_queue *queue, const struct fg_job *job)
{
    struct slot *slot = fg_queue_slot_of(queue, job->id);
    assert(slot);
    assert(slot->job.project == job->project);
    int64_t more = (job->state == FG_JOB_QUEUED) - (slot->job.state == FG_JOB_QUEUED);
    queue->projects[job->project].held.queued += more;
    if (more)
        fg_queue_user_waits(queue, job, more);
    if (slot->job.request
        != job->request) { /* it asks for something else: not while it stands in a lane */
        assert(slot->job.state != FG_JOB_QUEUED);
        fg_queue_class_open(queue, job->request, true);
        fg_queue_class_open(queue, slot->job.request, false);
    }
    /* Of one that may be stopped all counts. */
    bool counts = job->preemptible && job->state != FG_JOB_QUEUED;
    queue->changes += counts;
    queue->orders += counts && job->state == slot->job.state;
    slot->job = *job;
    fg_queue_relist(queue, slot);
}

void fg_queue_del(struct fg_queue *queue, fg_job_id id)
{
    struct slot *slot = fg_queue_slot_of(queue, id);
    assert(slot);
    fg_queue_leave(queue, slot);
    fg_queue_drop_edges(queue, slot);
    fg_queue_class_open(queue, slot->job.request, false);
    if (slot->job.state == FG_JOB_QUEUED) {
        queue->projects[slot->job.project].held.queued--;
        fg_queue_user_waits(queue, &slot->job, -1);
    }
    fg_map_del(queue->by_id, id);
    slot->job.id = 0;
    queue->jobs_len--;
    queue->free_slots =
        fg_grow(queue->free_slots, queue->free_len, &queue->free_room, sizeof(uint32_t));
    queue->free_slots[queue->free_len++] = (uint32_t)(slot - queue->slots);
}

size_t fg_queue_len(const struct fg_queue *queue)
{
    return queue->jobs_len;
}

size_t fg_queue_slots(const struct fg_queue *queue)
{
    return queue->slots_len;
}

const struct fg_job *fg_queue_slot(const struct fg_queue *queue, size_t at)
{
    assert(at < queue->slots_len);
    return queue->slots[at].job.id ? &queue->slots[at].job : NULL;
}

/* -- projects -------------------------------------------------------------------------------- */

static bool is_guaranteed(const struct fg_project *project)
{
    bool is = project->guarantee_milli > 0;
    for (size_t i = 0; i < project->kinds_len; i++)
        is = is || project->kinds[i].guarantee_milli > 0;
    return is;
}

int fg_queue_project_put(struct fg_queue *queue,
                         const struct fg_project *project,
                         struct fg_err *err)
{
    assert(project->id > 0);
    if (project->id > FG_PROJECTS_MAX)
        return fg_fail(err, FG_ENOCAP,
                       "project %s: there are %d already, the most there may be", project->name,
                       FG_PROJECTS_MAX);
    while (queue->projects_len <= project->id) {
        queue->projects = fg_grow(queue->projects, queue->projects_len, &queue->projects_room,
                                  sizeof(struct project_row));
        queue->projects[queue->projects_len++] = (struct project_row){};
    }
    queue->projects[project->id].project = *project;
    queue->has_guarantees = false;
    for (fg_project_id id = 1; id < queue->projects_len; id++)
        queue->has_guarantees |= is_guaranteed(&queue->projects[id].project);
    fg_queue_rekey(queue, project->id);
    fg_queue_users_anew(queue);
    return 0;
}

bool fg_queue_has_guarantees(const struct fg_queue *queue)
{
    return queue->has_guarantees;
}

const struct fg_project *fg_queue_project(const struct fg_queue *queue, fg_project_id id)
{
    return id < queue->projects_len && queue->projects[id].project.id
               ? &queue->projects[id].project
               : NULL;
}

const struct fg_project *fg_queue_project_find(const struct fg_queue *queue, const char *name)
{
    for (fg_project_id id = 1; id < queue->projects_len; id++)
        if (queue->projects[id].project.id
            && strcmp(queue->projects[id].project.name, name) == 0)
            return &queue->projects[id].project;
    return NULL;
}

fg_project_id fg_queue_projects_max(const struct fg_queue *queue)
{
    return queue->projects_len ? (fg_project_id)(queue->projects_len - 1) : 0;
}

struct fg_held *fg_queue_held(struct fg_queue *queue, fg_project_id id)
{
    assert(id < queue->projects_len);
    return &queue->projects[id].held;
}

void fg_queue_set_bonus(struct fg_queue *queue, fg_project_id id, int64_t bonus)
{
    assert(id < queue->projects_len);
    queue->changes += queue->projects[id].bonus != bonus;
    queue->orders += queue->projects[id].bonus != bonus;
    queue->projects[id].bonus = bonus;
}

void fg_queue_set_spent(struct fg_queue *queue, fg_project_id id, bool is_spent)
{
    assert(id < queue->projects_len);
    queue->changes += queue->projects[id].held.is_spent != is_spent;
    queue->projects[id].held.is_spent = is_spent;
}
