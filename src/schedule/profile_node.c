/* profile_node.c - the profile of one node: the soonest moment on it; see profile.h
 *
 * The same few nodes are asked about for one promise after the other: what is left of a node, step by step, is kept while
 * nothing is added to it or taken from it.
 */
#include "schedule/profile_inner.h"

#include <stdlib.h>
#include <string.h>

static bool takes(const struct fg_profile_ask *ask,
                  const struct fg_pool_node *view,
                  fg_node_id node,
                  struct fg_grant *out_grant)
{
    for (size_t k = 0; k < ask->gang->ways_len; k++) {
        struct fg_need need;
        if (!fg_gang_need(ask->gang, ask->gang->order[k], &need)
            || !fg_pool_node_fit(view, NULL, &need, false, out_grant))
            continue;
        out_grant->node = node;
        return true;
    }
    return false;
}

/* -- span by span --------------------------------------------------------------------------------------------- */

static bool fits_on(const struct fg_profile *profile,
                    const struct fg_profile_ask *ask,
                    fg_node_id node,
                    int64_t at_us,
                    struct fg_grant *out_grant)
{
    struct fg_pool_node view;
    fg_profile_view(profile, node, at_us, at_us + ask->lasts_us, ask->pick, &view);
    return takes(ask, &view, node, out_grant);
}
static int64_t soonest_by_spans(const struct fg_profile *profile,
                                const struct fg_profile_ask *ask,
                                fg_node_id node,
                                struct fg_grant *out_grant)
{
    struct fg_grant grant;
    int64_t best_us = INT64_MAX;
    if (fits_on(profile, ask, node, ask->now_us, out_grant))
        return ask->now_us;
    for (uint32_t at = profile->first[node - 1]; at != NO_SPAN; at = profile->spans[at].next) {
        int64_t end_us = profile->spans[at].to_us;
        if (end_us <= ask->now_us || end_us >= ask->before_us || end_us >= best_us
            || !fits_on(profile, ask, node, end_us, &grant))
            continue;
        best_us = end_us;
        *out_grant = grant;
    }
    return best_us;
}

/* -- step by step ----------------------------------------------------------------------------------------------- */

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return x->from_us < y->from_us ? -1 : x->from_us > y->from_us;
}

static void add_step(struct timeline *timeline, int64_t from_us, bool begins, bool ends)
{
    if (timeline->len == timeline->room) {
        timeline->room = timeline->room * 2 + 16;
        timeline->steps =
            reallocarray(timeline->steps, timeline->room, sizeof(timeline->steps[0]));
        if (!timeline->steps)
            abort();
    }
    timeline->steps[timeline->len++] =
        (struct step){.from_us = from_us, .begins = begins, .ends = ends};
}

static void merge_steps(struct timeline *timeline)
{
    size_t len = 1;
    qsort(timeline->steps, timeline->len, sizeof(timeline->steps[0]), compare_steps);
    for (size_t i = 1; i < timeline->len; i++) {
        struct step *last = &timeline->steps[len - 1];
        const struct step *step = &timeline->steps[i];
        if (step->from_us > last->from_us) {
            timeline->steps[len++] = *step;
            continue;
        }
        last->begins |= step->begins;
        last->ends |= step->ends;
    }
    timeline->len = len;
}

static void make(const struct fg_profile *profile, fg_node_id node, struct timeline *timeline)
{
    struct overlap overlap;
    overlap.len = 0;
    timeline->len = 0;
    add_step(timeline, INT64_MIN, false, false);
    for (uint32_t at = profile->first[node - 1]; at != NO_SPAN && overlap.len < AT_ONCE;
         at = profile->spans[at].next) {
        const struct span *span = &profile->spans[at];
        overlap.spans[overlap.len++] = span;
        add_step(timeline, span->from_us, true, false);
        add_step(timeline, span->to_us, false, true);
    }
    merge_steps(timeline);
    struct fg_pool_node view = *fg_pool_node(profile->pool, node);
    for (size_t i = 0; i < timeline->len; i++) {
        struct step *step = &timeline->steps[i];
        fg_profile_left_at(&overlap, step->from_us, &view);
        step->cpu_milli = view.cpu_milli_left;
        step->mem_mib = view.mem_mib_left;
        memcpy(step->left_milli, view.left_milli, sizeof(step->left_milli));
    }
    timeline->spans = overlap.len;
    timeline->clear = profile->clears;
}

static void keep_least(struct fg_pool_node *least, const struct step *step)
{
    if (step->cpu_milli < least->cpu_milli_left)
        least->cpu_milli_left = step->cpu_milli;
    if (step->mem_mib < least->mem_mib_left)
        least->mem_mib_left = step->mem_mib;
    for (uint32_t i = 0; i < least->devices_len; i++)
        if (step->left_milli[i] < least->left_milli[i])
            least->left_milli[i] = step->left_milli[i];
}

struct trial {
    struct fg_pool_node view; /* of the node */
    struct fg_grant grant;
};

/* From this moment, which is in that step. */
static bool fits_from(const struct timeline *timeline,
                      const struct fg_profile_ask *ask,
                      size_t at,
                      int64_t from_us,
                      struct trial *trial)
{
    struct fg_pool_node *view = &trial->view;
    const struct step *step = &timeline->steps[at];
    view->cpu_milli_left = step->cpu_milli;
    view->mem_mib_left = step->mem_mib;
    memcpy(view->left_milli, step->left_milli, sizeof(view->left_milli));
    if (!takes(ask, view, 0, &trial->grant))
        return false;
    size_t later = at + 1;
    for (; later < timeline->len && timeline->steps[later].from_us < from_us + ask->lasts_us;
         later++)
        if (timeline->steps[later].begins)
            keep_least(view, &timeline->steps[later]);
    return later == at + 1 || takes(ask, view, 0, &trial->grant);
}

static int64_t soonest_by_steps(const struct fg_profile *profile,
                                const struct fg_profile_ask *ask,
                                fg_node_id node,
                                struct fg_grant *out_grant)
{
    const struct timeline *timeline = &profile->timelines[node - 1];
    struct trial trial = {.view = *fg_pool_node(profile->pool, node)};
    size_t at = 0;
    while (at + 1 < timeline->len && timeline->steps[at + 1].from_us <= ask->now_us)
        at++;
    int64_t at_us = ask->now_us;
    while (!fits_from(timeline, ask, at, at_us, &trial)) {
        do
            at++;
        while (at < timeline->len && !timeline->steps[at].ends);
        if (at == timeline->len || timeline->steps[at].from_us >= ask->before_us)
            return INT64_MAX;
        at_us = timeline->steps[at].from_us;
    }
    *out_grant = trial.grant;
    out_grant->node = node;
    return at_us;
}

/* -- which ----------------------------------------------------------------------------------------------------- */

static bool holds_any(const struct fg_profile *profile, fg_node_id node, fg_job_id job)
{
    for (uint32_t at = profile->first[node - 1]; at != NO_SPAN; at = profile->spans[at].next)
        if (profile->spans[at].job == job)
            return true;
    return false;
}

int64_t fg_profile_soonest_on(struct fg_profile *profile,
                              const struct fg_profile_ask *ask,
                              fg_node_id node,
                              struct fg_grant *out_grant)
{
    if (fg_pool_node(profile->pool, node)->state != FG_NODE_UP || ask->now_us >= ask->before_us)
        return INT64_MAX;
    struct timeline *timeline = &profile->timelines[node - 1];
    if (ask->pick.rank_max < UINT32_MAX || holds_any(profile, node, ask->pick.except))
        return soonest_by_spans(profile, ask, node, out_grant);
    if (timeline->clear != profile->clears)
        make(profile, node, timeline);
    return timeline->spans < AT_ONCE ? soonest_by_steps(profile, ask, node, out_grant)
                                     : soonest_by_spans(profile, ask, node, out_grant);
}
