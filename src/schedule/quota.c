/* quota.c - see quota.h */
#include "schedule/quota.h"

#include "schedule/schedule.h"

static const struct fg_project *above(const struct fg_queue *queue,
                                      const struct fg_project *project)
{
    return project && project->parent ? fg_queue_project(queue, project->parent) : NULL;
}

static int64_t milli_of(const struct fg_grant *grants, size_t len)
{
    int64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (int64_t)__builtin_popcount(grants[i].devices) * grants[i].gpu_milli;
    return sum;
}

/* Once more, or once less (-1), for its user. */
static void count_user(struct fg_queue *queue,
                       const struct fg_job *job,
                       const struct fg_grant *grants,
                       size_t len,
                       int64_t times)
{
    if (!fg_queue_limits_users(queue))
        return;
    int64_t gpu_milli = times * milli_of(grants, len);
    for (const struct fg_project *at = fg_queue_project(queue, job->project); at;
         at = above(queue, at)) {
        struct fg_user_held *held = fg_queue_user_row(queue, at->id, job->user);
        if (!held)
            continue;
        held->running += times;
        held->gpu_milli += gpu_milli;
    }
}

void fg_quota_add(struct fg_queue *queue,
                  const struct fg_pool *pool,
                  const struct fg_job *job,
                  const struct fg_grant *grants,
                  size_t len)
{
    const struct fg_project *at = fg_queue_project(queue, job->project);
    while ((at = above(queue, at))) {
        struct fg_amount amount = fg_schedule_amount(pool, at, grants, len);
        fg_held_add_below(fg_queue_held(queue, at->id), &amount);
    }
    count_user(queue, job, grants, len, 1);
}

void fg_quota_take(struct fg_queue *queue,
                   const struct fg_pool *pool,
                   const struct fg_job *job,
                   const struct fg_grant *grants,
                   size_t len)
{
    const struct fg_project *at = fg_queue_project(queue, job->project);
    while ((at = above(queue, at))) {
        struct fg_amount amount = fg_schedule_amount(pool, at, grants, len);
        fg_held_take_below(fg_queue_held(queue, at->id), &amount);
    }
    count_user(queue, job, grants, len, -1);
}

/* -- limits -------------------------------------------------------------------------------------- */

/* Of the project for all, and for the user of the job. */
static int allows(struct fg_queue *queue,
                  const struct fg_project *project,
                  const struct fg_job *job,
                  const struct fg_amount *amount,
                  struct fg_err *err)
{
    int rc = fg_quota_allows(project, fg_queue_held(queue, project->id), amount, err);
    const struct fg_user_held *held =
        rc == 0 ? fg_queue_user(queue, project->id, job->user) : NULL;
    return held ? fg_user_allows(project, held, amount, err) : rc;
}

int fg_quota_allows_grants(struct fg_queue *queue,
                           const struct fg_pool *pool,
                           const struct fg_job *job,
                           const struct fg_grant *grants,
                           size_t len,
                           struct fg_err *err)
{
    int rc = 0;
    for (const struct fg_project *at = fg_queue_project(queue, job->project); at && rc == 0;
         at = above(queue, at)) {
        struct fg_amount amount = fg_schedule_amount(pool, at, grants, len);
        rc = allows(queue, at, job, &amount, err);
    }
    return rc;
}

static int row_of(const struct fg_pool *pool, const struct fg_project *project, uint32_t kind)
{
    return kind == FG_NO_KIND ? -1 : fg_quota_row(project, fg_pool_kind_name(pool, kind));
}

int fg_quota_allows_kind(struct fg_queue *queue,
                         const struct fg_pool *pool,
                         const struct fg_job *job,
                         struct fg_amount amount,
                         uint32_t kind,
                         struct fg_err *err)
{
    int rc = 0;
    for (const struct fg_project *at = fg_queue_project(queue, job->project); at && rc == 0;
         at = above(queue, at)) {
        for (size_t i = 0; i < at->kinds_len; i++)
            amount.kinds[i] = 0;
        int row = row_of(pool, at, kind);
        if (row >= 0)
            amount.kinds[row] = amount.gpu_milli;
        rc = allows(queue, at, job, &amount, err);
    }
    return rc;
}

/* -- guarantees ---------------------------------------------------------------------------------------- */

/* Those of the kinds of which `more` would lie within what is guaranteed to this very project. */
static uint64_t within(struct fg_queue *queue,
                       const struct fg_pool *pool,
                       const struct fg_project *project,
                       int64_t more,
                       uint64_t kinds)
{
    const struct fg_held *held = fg_queue_held(queue, project->id);
    uint64_t found = 0;
    if (project->guarantee_milli > 0
        && held->gpu_milli + held->below.gpu_milli + more <= project->guarantee_milli)
        return kinds;
    for (uint64_t left = project->kinds_len ? kinds : 0; left; left &= left - 1) {
        uint32_t kind = (uint32_t)__builtin_ctzll(left);
        int row = row_of(pool, project, kind);
        if (row >= 0 && project->kinds[row].guarantee_milli > 0
            && held->kinds[row] + held->below.kinds[row] + more
                   <= project->kinds[row].guarantee_milli)
            found |= 1ULL << kind;
    }
    return found;
}

uint64_t fg_quota_guaranteed(struct fg_queue *queue,
                             const struct fg_pool *pool,
                             fg_project_id project,
                             fg_project_id top,
                             int64_t gpu_milli,
                             uint64_t kinds)
{
    uint64_t found = 0;
    for (const struct fg_project *at = fg_queue_project(queue, project);
         at && at->id != top && found != kinds; at = above(queue, at))
        found |= within(queue, pool, at, gpu_milli, kinds);
    return found;
}

static uint32_t level_of(const struct fg_queue *queue, const struct fg_project *project)
{
    uint32_t level = 0;
    for (; project; project = above(queue, project))
        level++;
    return level;
}

fg_project_id fg_quota_above_level(const struct fg_queue *queue,
                                   fg_project_id project,
                                   uint32_t level)
{
    const struct fg_project *at = fg_queue_project(queue, project);
    for (uint32_t is = level_of(queue, at); at && is >= level; is--)
        at = above(queue, at);
    return at ? at->id : 0;
}

uint32_t fg_quota_levels(const struct fg_queue *queue)
{
    uint32_t most = 0;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(queue); id++) {
        const struct fg_project *project = fg_queue_project(queue, id);
        bool has = project && project->guarantee_milli > 0;
        for (size_t i = 0; project && i < project->kinds_len; i++)
            has = has || project->kinds[i].guarantee_milli > 0;
        uint32_t level = has ? level_of(queue, project) : 0;
        most = level > most ? level : most;
    }
    return most;
}

static bool is_in(const struct fg_queue *queue, fg_project_id project, fg_project_id top)
{
    const struct fg_project *at = fg_queue_project(queue, project);
    while (at && at->id != top)
        at = above(queue, at);
    return at != NULL;
}

/* The lowest project that both are in; 0: none. */
static fg_project_id meet(const struct fg_queue *queue, fg_project_id a, fg_project_id b)
{
    const struct fg_project *at = fg_queue_project(queue, a);
    while (at && !is_in(queue, b, at->id))
        at = above(queue, at);
    return at ? at->id : 0;
}

static bool keeps(struct fg_queue *queue,
                  const struct fg_pool *pool,
                  fg_project_id project,
                  fg_project_id top,
                  uint64_t kinds)
{
    for (const struct fg_project *at = fg_queue_project(queue, project); at && at->id != top;
         at = above(queue, at))
        if (within(queue, pool, at, 0, kinds) == kinds)
            return true;
    return false;
}

bool fg_quota_may_reclaim(struct fg_queue *queue,
                          const struct fg_pool *pool,
                          fg_project_id project,
                          int64_t gpu_milli,
                          uint64_t kinds,
                          fg_project_id from,
                          uint64_t held)
{
    fg_project_id top = meet(queue, project, from);
    uint64_t wanted = held & fg_quota_guaranteed(queue, pool, project, top, gpu_milli, kinds);
    return wanted && !keeps(queue, pool, from, top, wanted);
}

bool fg_quota_protects(struct fg_queue *queue,
                       const struct fg_pool *pool,
                       fg_project_id from,
                       uint64_t held,
                       fg_project_id project)
{
    return held && fg_queue_has_guarantees(queue)
           && keeps(queue, pool, from, meet(queue, project, from), held);
}

bool fg_quota_borrows_back(const struct fg_queue *queue, fg_project_id project)
{
    const struct fg_project *at = fg_queue_project(queue, project);
    while (at && !at->borrows_back)
        at = above(queue, at);
    return at != NULL;
}

uint64_t fg_quota_kinds_of(const struct fg_pool *pool,
                           const struct fg_grant *grants,
                           size_t len)
{
    uint64_t kinds = 0;
    for (size_t i = 0; i < len; i++)
        for (uint32_t mask = grants[i].devices; mask; mask &= mask - 1)
            kinds |= 1ULL << fg_pool_node(pool, grants[i].node)->kind[__builtin_ctz(mask)];
    return kinds;
}
