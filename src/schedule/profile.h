/* profile.h - who holds what from when until when: the availability of each node over time.  Inside of schedule/ only.
 *
 *     running jobs, promises --spans--> PROFILE --the soonest moment at which a gang fits for so long-->
 *
 * A span is a grant from one moment until another.  What a node can give in a window of time is what is left at the worst
 * moment of the window, device by device.  A search goes from one end of a span to the next; on the way only nodes where
 * a span begins or ends are looked at again.
 */
#pragma once

#include "schedule/gang.h"

struct fg_profile;

/* Which spans count. */
struct fg_profile_pick {
    uint32_t rank_max; /* those of this rank and lower */
    fg_job_id except;  /* but not of this job */
};

struct fg_profile *fg_profile_new(void); /* out of memory ends the process */
void fg_profile_free(struct fg_profile *profile);
FG_AUTO_DEFINE(fg_profile)

/* Nothing is held, on the nodes of this pool; it is read until the next clear, and what is claimed in it does not count. */
void fg_profile_clear(struct fg_profile *profile, const struct fg_pool *pool);
void fg_profile_add(struct fg_profile *profile,
                    fg_job_id job,
                    uint32_t rank,
                    const struct fg_grant *grant,
                    int64_t from_us,
                    int64_t to_us);
/* All spans of the job that this grant led to. */
void fg_profile_del(struct fg_profile *profile, fg_job_id job, const struct fg_grant *grant);
void fg_profile_rank(struct fg_profile *profile,
                     fg_job_id job,
                     const struct fg_grant *grant,
                     uint32_t rank);

/* What the node can give in [from, to): as it would be with all that is ever held in the window held at once. */
void fg_profile_view(const struct fg_profile *profile,
                     fg_node_id node,
                     int64_t from_us,
                     int64_t to_us,
                     struct fg_profile_pick pick,
                     struct fg_pool_node *out);

/* Take the grant from such a view.  false: it is not all there. */
bool fg_profile_take(struct fg_pool_node *view, const struct fg_grant *grant);

struct fg_profile_ask {
    const struct fg_gang *gang;
    int64_t now_us, lasts_us;
    int64_t before_us; /* a moment before this one is looked for */
    bool from_now;     /* at `now_us` is held what is claimed in the pool, and maybe more */
    struct fg_profile_pick pick;
};

/* The soonest moment from now on at which the gang fits and can stay; where (one grant a task) if `out_grants` is not
 * NULL.  INT64_MAX: none before `before_us`. */
int64_t fg_profile_soonest(struct fg_profile *profile,
                           const struct fg_profile_ask *ask,
                           int *out_alternative,
                           struct fg_grant *out_grants);

/* The same for one task, and on this node alone. */
int64_t fg_profile_soonest_on(struct fg_profile *profile,
                              const struct fg_profile_ask *ask,
                              fg_node_id node,
                              struct fg_grant *out_grant);
