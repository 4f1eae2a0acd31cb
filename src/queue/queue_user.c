/* queue_user.c - what each user holds, in the projects that have limits for each user.
 *
 * A row stands for a user in one such project and all below it.  It is made when a job of the user is added, so that a pass
 * only looks rows up; where no project has such limits nothing is kept and nothing is looked up.
 */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>

static uint64_t key_of(fg_project_id project, uint32_t user)
{
    return (uint64_t)project << 32 | user;
}

/* 0: at the top, or put later. */
static fg_project_id above(const struct fg_queue *queue, fg_project_id project)
{
    fg_project_id parent = queue->projects[project].project.parent;
    return parent < queue->projects_len ? parent : 0;
}

static bool has_limits(const struct fg_queue *queue, fg_project_id project)
{
    return fg_user_limits_any(&queue->projects[project].project.user_limits);
}

struct fg_user_held *fg_queue_user(const struct fg_queue *queue,
                                   fg_project_id project,
                                   uint32_t user)
{
    uint32_t at;
    return queue->limits_users && has_limits(queue, project)
                   && fg_map_get(queue->user_rows, key_of(project, user), &at)
               ? &queue->users[at]
               : NULL;
}

bool fg_queue_limits_users(const struct fg_queue *queue)
{
    return queue->limits_users;
}

struct fg_user_held *fg_queue_user_row(struct fg_queue *queue,
                                       fg_project_id project,
                                       uint32_t user)
{
    struct fg_user_held *known = fg_queue_user(queue, project, user);
    if (known || !queue->limits_users || !has_limits(queue, project))
        return known;
    queue->users =
        fg_grow(queue->users, queue->users_len, &queue->users_room, sizeof(queue->users[0]));
    fg_map_put(queue->user_rows, key_of(project, user), (uint32_t)queue->users_len);
    queue->users[queue->users_len] = (struct fg_user_held){};
    return &queue->users[queue->users_len++];
}

void fg_queue_user_waits(struct fg_queue *queue, const struct fg_job *job, int64_t more)
{
    if (!queue->limits_users)
        return;
    for (fg_project_id at = job->project; at; at = above(queue, at)) {
        struct fg_user_held *row = fg_queue_user_row(queue, at, job->user);
        if (row)
            row->queued += more;
    }
}

uint32_t fg_queue_lane_user(const struct fg_queue *queue, const struct fg_job *job)
{
    return queue->limits_users && queue->projects[job->project].limits_users ? job->user + 1
                                                                             : 0;
}

/* Is it, or a project above it, one with such limits? */
static bool is_limited(const struct fg_queue *queue, fg_project_id project)
{
    fg_project_id at = project;
    while (at && !has_limits(queue, at))
        at = above(queue, at);
    return at != 0;
}

void fg_queue_users_anew(struct fg_queue *queue)
{
    bool had = queue->limits_users;
    queue->limits_users = false;
    for (fg_project_id id = 1; id < queue->projects_len; id++) {
        struct project_row *row = &queue->projects[id];
        row->limits_users = row->project.id && is_limited(queue, id);
        queue->limits_users |= row->limits_users;
    }
    if (!had && !queue->limits_users)
        return;
    for (size_t i = 0; i < queue->users_len; i++)
        queue->users[i] = (struct fg_user_held){.paid_us = queue->users[i].paid_us};
    for (size_t at = 0; at < queue->slots_len; at++) {
        struct slot *slot = &queue->slots[at];
        if (!slot->job.id)
            continue;
        fg_queue_user_waits(queue, &slot->job, slot->job.state == FG_JOB_QUEUED);
        fg_queue_relist(queue, slot); /* into the lane of its user, or out of it */
    }
}
