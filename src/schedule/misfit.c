/* misfit.c - see misfit.h */
#include "schedule/schedule_inner.h"

#include <stdlib.h>

#define REPLAY_MAX 512 /* changes looked at, at most; after more it is tried again */

static void forget(struct misfit *misfit)
{
    *misfit = (struct misfit){.tasks = {UINT32_MAX, UINT32_MAX}, .never = UINT32_MAX};
}

void fg_misfits_begin(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    size_t len = fg_queue_classes_len(pass->queue), had = schedule->misfits_len;
    schedule->misfits = fg_schedule_room(schedule->misfits, len, &schedule->misfits_room,
                                         sizeof(schedule->misfits[0]));
    uint64_t nodes = fg_pool_generation(pass->pool),
             classes = fg_queue_class_generation(pass->queue);
    if (nodes != schedule->nodes_generation || classes != schedule->class_generation)
        had = 0;
    for (size_t i = had; i < len; i++)
        forget(&schedule->misfits[i]);
    schedule->misfits_len = len;
    schedule->nodes_generation = nodes;
    schedule->class_generation = classes;
    schedule->passes++;
}

/* -- is it still so? ---------------------------------------------------------------------------------- */

/* Does the node take a task of the class, in `also` (may be NULL) too? */
static bool takes_one(const struct fg_pool *pool,
                      const struct fg_pool *also,
                      fg_node_id node,
                      const struct misfit *misfit)
{
    struct fg_grant grant;
    if (fg_pool_node(pool, node)->state != FG_NODE_UP)
        return false;
    for (size_t i = 0; i < misfit->needs_len; i++)
        if (fg_pool_fit(pool, also, node, &misfit->needs[i], false, &grant))
            return true;
    return false;
}

/* Has a node that takes a task changed in `log` since? */
static bool has_gained(const struct fg_pool *log,
                       uint64_t since,
                       const struct fg_pool *pool,
                       const struct fg_pool *also,
                       const struct misfit *misfit)
{
    uint64_t last = fg_pool_changes(log);
    if (last - since > REPLAY_MAX)
        return true;
    for (uint64_t number = since + 1; number <= last; number++) {
        fg_node_id node = fg_pool_change_at(log, number);
        if (node == 0)
            return true;
        if (fg_pool_changed(log, node) == number && takes_one(pool, also, node, misfit))
            return true;
    }
    return false;
}

static void look_again(struct misfit *misfit, const struct fg_pool *pool)
{
    if (misfit->tasks[0] == UINT32_MAX)
        return;
    if (has_gained(pool, misfit->seen[0], pool, NULL, misfit))
        misfit->tasks[0] = UINT32_MAX;
    misfit->seen[0] = fg_pool_changes(pool);
}

static void look_again_beside(const struct fg_schedule *schedule,
                              struct misfit *misfit,
                              const struct fg_pool *pool)
{
    const struct fg_pool *beside = schedule->beside;
    if (misfit->tasks[1] == UINT32_MAX)
        return;
    if (misfit->beside != schedule->beside_number
        || has_gained(pool, misfit->seen[1], pool, beside, misfit)
        || has_gained(beside, misfit->seen_beside, pool, beside, misfit))
        misfit->tasks[1] = UINT32_MAX;
    misfit->seen[1] = fg_pool_changes(pool);
    misfit->seen_beside = fg_pool_changes(beside);
}

bool fg_misfit_is_known(struct fg_schedule *schedule,
                        const struct fg_pass *pass,
                        const struct fg_queue_lane *shape,
                        bool beside)
{
    struct misfit *misfit = &schedule->misfits[shape->request];
    look_again(misfit, pass->pool);
    if (shape->tasks >= misfit->tasks[0])
        return true;
    if (!beside)
        return false;
    look_again_beside(schedule, misfit, pass->pool);
    return shape->tasks >= misfit->tasks[1];
}

void fg_misfit_note(struct fg_schedule *schedule,
                    const struct fg_pass *pass,
                    const struct fg_job *job,
                    const struct fg_gang *gang,
                    bool beside)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    misfit->needs_len = gang->needs_len;
    for (size_t i = 0; i < gang->needs_len; i++)
        misfit->needs[i] = gang->needs[i];
    if (beside)
        look_again_beside(schedule, misfit, pass->pool);
    else
        look_again(misfit, pass->pool);
    if (job->tasks < misfit->tasks[beside])
        misfit->tasks[beside] = job->tasks;
    misfit->seen[beside] = fg_pool_changes(pass->pool);
    if (!beside)
        return;
    misfit->seen_beside = fg_pool_changes(schedule->beside);
    misfit->beside = schedule->beside_number;
}

/* -- quotas: in one pass a project only comes to hold more ------------------------------------------------- */

bool fg_misfit_is_over_quota(const struct fg_schedule *schedule,
                             const struct fg_queue_lane *shape)
{
    const struct misfit *misfit = &schedule->misfits[shape->request];
    return misfit->project_pass == schedule->passes && misfit->project == shape->project
           && misfit->user == shape->user && shape->tasks >= misfit->project_tasks;
}

void fg_misfit_note_quota(struct fg_schedule *schedule, const struct fg_queue_lane *shape)
{
    struct misfit *misfit = &schedule->misfits[shape->request];
    misfit->project = shape->project;
    misfit->user = shape->user;
    misfit->project_tasks = shape->tasks;
    misfit->project_pass = schedule->passes;
}

/* -- promises: in one pass there only come to be more --------------------------------------------------------- */

void fg_misfit_note_plan(struct fg_schedule *schedule,
                         const struct fg_job *job,
                         int64_t lasts_us)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    bool was = misfit->plan_pass == schedule->passes;
    if (was && job->tasks >= misfit->plan_tasks && lasts_us >= misfit->plan_us)
        return;
    misfit->plan_pass = schedule->passes;
    misfit->plan_tasks = job->tasks;
    misfit->plan_us = lasts_us;
}

int64_t fg_misfit_longest_us(const struct fg_schedule *schedule,
                             const struct fg_queue_lane *shape)
{
    const struct misfit *misfit = &schedule->misfits[shape->request];
    if (misfit->plan_pass != schedule->passes || shape->tasks < misfit->plan_tasks)
        return INT64_MAX;
    return misfit->plan_us - 1;
}

/* -- what is reserved: in one pass less and less of it is free ---------------------------------------------------- */

void fg_misfit_note_lent(struct fg_schedule *schedule, const struct fg_job *job)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    bool unlimited = job->time_limit_us == 0;
    bool was = misfit->lent_pass[unlimited] == schedule->passes;
    if (was && job->tasks >= misfit->lent_tasks[unlimited]
        && (unlimited || job->time_limit_us >= misfit->lent_us))
        return;
    misfit->lent_pass[unlimited] = schedule->passes;
    misfit->lent_tasks[unlimited] = job->tasks;
    if (!unlimited)
        misfit->lent_us = job->time_limit_us;
}

int64_t fg_misfit_lent_us(const struct fg_schedule *schedule, const struct fg_queue_lane *shape)
{
    const struct misfit *misfit = &schedule->misfits[shape->request];
    bool unlimited = !shape->is_limited;
    if (misfit->lent_pass[unlimited] != schedule->passes
        || shape->tasks < misfit->lent_tasks[unlimited])
        return INT64_MAX;
    return unlimited ? -1 : misfit->lent_us - 1;
}

void fg_misfit_note_unforeseen(struct fg_schedule *schedule, const struct fg_job *job)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    bool was = misfit->unforeseen_pass == schedule->passes;
    if (was && job->tasks >= misfit->unforeseen_tasks)
        return;
    misfit->unforeseen_pass = schedule->passes;
    misfit->unforeseen_tasks = job->tasks;
}

bool fg_misfit_is_unforeseen(const struct fg_schedule *schedule, const struct fg_job *job)
{
    const struct misfit *misfit = &schedule->misfits[job->request];
    return misfit->unforeseen_pass == schedule->passes
           && job->tasks >= misfit->unforeseen_tasks;
}

/* -- the empty pool --------------------------------------------------------------------------------------------- */

bool fg_misfit_fits_empty(struct fg_schedule *schedule,
                          const struct fg_pass *pass,
                          const struct fg_job *job,
                          const struct fg_gang *gang)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    if (gang->is_limited)
        return fg_gang_fits_empty(pass->pool, gang);
    if (job->tasks <= misfit->surely)
        return true;
    if (job->tasks >= misfit->never)
        return false;
    bool fits = fg_gang_fits_empty(pass->pool, gang);
    if (fits)
        misfit->surely = job->tasks;
    else
        misfit->never = job->tasks;
    return fits;
}

bool fg_misfit_is_hopeless(const struct fg_schedule *schedule,
                           const struct fg_queue_lane *shape)
{
    return shape->tasks >= schedule->misfits[shape->request].never;
}
