/* quota.h - quotas and guarantees over the tree of projects.
 *
 * What a project holds counts for every project that it is part of, so a job starts where the quota of each of them
 * allows it.  What lies within the guarantee of one of them is had by reclaim (guarantee.c).
 */
#pragma once

#include "pool/pool.h"
#include "queue/queue.h"

#define FG_NO_KIND UINT32_MAX

/* The job got these grants, or gave them back: for its user, and for all projects above its own.  The fg_held of its own is
 * the caller's. */
void fg_quota_add(struct fg_queue *queue,
                  const struct fg_pool *pool,
                  const struct fg_job *job,
                  const struct fg_grant *grants,
                  size_t len);
void fg_quota_take(struct fg_queue *queue,
                   const struct fg_pool *pool,
                   const struct fg_job *job,
                   const struct fg_grant *grants,
                   size_t len);

/* May the job hold these grants as well?  FG_EQUOTA, and `err` (may be NULL) says which limit of which project
 * in the tree, for all or for each user, is in the way. */
int fg_quota_allows_grants(struct fg_queue *queue,
                           const struct fg_pool *pool,
                           const struct fg_job *job,
                           const struct fg_grant *grants,
                           size_t len,
                           struct fg_err *err);
/* The same of an amount (its `kinds` are not read) whose devices are all of this kind; FG_NO_KIND: it has none. */
int fg_quota_allows_kind(struct fg_queue *queue,
                         const struct fg_pool *pool,
                         const struct fg_job *job,
                         struct fg_amount amount,
                         uint32_t kind,
                         struct fg_err *err);

/* The project that `project` is in at the level above `level`, 1 being that of projects at the top; 0 above these, and
 * `project` itself if it is not as deep. */
fg_project_id fg_quota_above_level(const struct fg_queue *queue,
                                   fg_project_id project,
                                   uint32_t level);
/* The deepest level at which anything is guaranteed; 0: nothing is. */
uint32_t fg_quota_levels(const struct fg_queue *queue);
/* Those of the kinds of which so many milli-devices more would lie within what is guaranteed to the project, or to one
 * that it is part of, up to but without `top` (0: all of them). */
uint64_t fg_quota_guaranteed(struct fg_queue *queue,
                             const struct fg_pool *pool,
                             fg_project_id project,
                             fg_project_id top,
                             int64_t gpu_milli,
                             uint64_t kinds);
/* May a job of `project` with so many milli-devices, of one of the kinds, take back devices of the kinds `held` from a job of
 * `from`?  It may if it stays within a guarantee, and the other side of the tree holds more than is guaranteed to it at each
 * level: so who has taken back cannot be robbed in turn. */
bool fg_quota_may_reclaim(struct fg_queue *queue,
                          const struct fg_pool *pool,
                          fg_project_id project,
                          int64_t gpu_milli,
                          uint64_t kinds,
                          fg_project_id from,
                          uint64_t held);
/* Does what is guaranteed to `from`, or above it, keep its devices of these kinds from jobs of `project`? */
bool fg_quota_protects(struct fg_queue *queue,
                       const struct fg_pool *pool,
                       fg_project_id from,
                       uint64_t held,
                       fg_project_id project);
/* Some job of the project may not borrow: it, or one above it, lends to nobody who cannot be asked to stop. */
bool fg_quota_borrows_back(const struct fg_queue *queue, fg_project_id project);
/* The kinds of the devices in the grants. */
uint64_t fg_quota_kinds_of(const struct fg_pool *pool,
                           const struct fg_grant *grants,
                           size_t len);
