/* reserved_place.c - who starts on reserved devices: jobs of the reservation, and others as long as it has not begun. */
#include "schedule/quota.h"
#include "schedule/schedule_inner.h"

#include <assert.h>

/* -- views: what a job may have of a node -------------------------------------------------------------- */

/* For whom, and until when at the latest. */
struct tenant {
    const struct window *own; /* NULL: it is lent */
    int64_t now_us, ends_us;
};

static bool is_in_the_way(const struct window *window, const struct tenant *tenant)
{
    return window != tenant->own && window->start_us < tenant->ends_us
           && window->end_us > tenant->now_us;
}

static const struct fg_advance_place *place_on(const struct window *window, fg_node_id node)
{
    const struct fg_advance *advance = window->advance;
    for (size_t i = 0; i < advance->places_len; i++)
        if (advance->places[i].node == node)
            return &advance->places[i];
    return NULL;
}

static bool is_whole(const struct fg_pool *pool, const struct fg_advance_place *place)
{
    uint32_t all = (uint32_t)((1ULL << fg_pool_node(pool, place->node)->devices_len) - 1);
    return (place->devices & all) == all;
}

/* Is the grant on what the window has of its node? */
static bool is_on(const struct window *window,
                  const struct fg_pool *pool,
                  const struct fg_grant *grant)
{
    const struct fg_advance_place *place = place_on(window, grant->node);
    return place && (is_whole(pool, place) || (place->devices & grant->devices));
}

/* Tasks without devices go only to nodes that are reserved as a whole: of others nobody could tell whose cores they have. */
static bool takes_cpu_tasks(const struct reserved *reserved,
                            const struct fg_pool *pool,
                            const struct tenant *tenant,
                            fg_node_id node)
{
    for (size_t i = 0; i < reserved->windows_len; i++) {
        const struct window *window = &reserved->windows[i];
        const struct fg_advance_place *place =
            !tenant->own || window == tenant->own ? place_on(window, node) : NULL;
        if (place && is_whole(pool, place))
            return true;
    }
    return false;
}

static uint64_t free_of(const struct region *region, uint32_t devices)
{
    uint64_t milli = 0;
    for (uint32_t mask = devices & region->devices; mask; mask &= mask - 1)
        milli += region->free_milli[__builtin_ctz(mask)];
    return milli;
}

/* The devices' part of the cores, or of memory: others have a right to it. */
static uint64_t part(uint64_t left, uint64_t free_milli, uint64_t all_milli, uint64_t all)
{
    uint64_t theirs = all_milli ? all * free_milli / all_milli : 0;
    return left > theirs ? left - theirs : 0;
}

/* false: nothing. */
static bool make_view(const struct reserved *reserved,
                      const struct region *region,
                      const struct fg_pool *pool,
                      const struct tenant *tenant,
                      struct fg_pool_node *out)
{
    const struct fg_advance_place *own =
        tenant->own ? place_on(tenant->own, region->node) : NULL;
    uint32_t devices = tenant->own ? 0 : region->devices;
    uint64_t all_milli = 1000U * (uint32_t)__builtin_popcount(region->devices);
    *out = *fg_pool_node(pool, region->node);
    if (out->state != FG_NODE_UP || (tenant->own && !own))
        return false;
    if (own)
        devices = own->devices;
    out->cpu_milli_left = region->free_cpu_milli;
    out->mem_mib_left = region->free_mem_mib;
    for (size_t i = 0; i < reserved->windows_len; i++) {
        const struct window *window = &reserved->windows[i];
        const struct fg_advance_place *other =
            is_in_the_way(window, tenant) ? place_on(window, region->node) : NULL;
        if (!other)
            continue;
        if (!region->devices)
            return false;
        uint64_t free_milli = free_of(region, other->devices & devices);
        if (own)
            free_milli = free_of(region, other->devices & ~devices);
        devices &= ~other->devices;
        out->cpu_milli_left =
            (uint32_t)part(out->cpu_milli_left, free_milli, all_milli, region->cpu_milli);
        out->mem_mib_left = part(out->mem_mib_left, free_milli, all_milli, region->mem_mib);
    }
    for (uint32_t i = 0; i < out->devices_len; i++)
        out->left_milli[i] = devices >> i & 1 ? region->free_milli[i] : 0;
    return devices || !region->devices;
}

/* -- placing --------------------------------------------------------------------------------------------- */

/* The tasks, on views; how many found a place. */
static uint32_t find_places(const struct reserved *reserved,
                            const struct fg_pool *pool,
                            const struct tenant *tenant,
                            const struct fg_need *need,
                            struct fg_grant *out,
                            uint32_t tasks)
{
    uint32_t found = 0;
    for (size_t i = 0; i < reserved->regions_len && found < tasks; i++) {
        struct fg_pool_node view;
        if ((need->count == 0
             && !takes_cpu_tasks(reserved, pool, tenant, reserved->regions[i].node))
            || !make_view(reserved, &reserved->regions[i], pool, tenant, &view))
            continue;
        while (found < tasks && fg_pool_node_fit(&view, NULL, need, false, &out[found])
               && fg_profile_take(&view, &out[found]))
            out[found++].node = reserved->regions[i].node;
    }
    return found;
}

static void claim(struct reserved *reserved, struct fg_pool *pool, const struct fg_grant *grant)
{
    struct region *region = &reserved->regions[reserved->region_of[grant->node - 1] - 1];
    fg_reserved_let_go(region, pool);
    int rc = fg_pool_claim(pool, grant, NULL);
    assert(rc == 0);
    (void)rc;
    region->used_cpu_milli += grant->cpu_milli;
    region->used_mem_mib += grant->mem_mib;
    fg_reserved_hold(region, pool);
}

static bool start_as(struct fg_schedule *schedule,
                     struct fg_pass *pass,
                     const struct fg_job *job,
                     const struct fg_gang *gang,
                     const struct tenant *tenant,
                     uint32_t tasks)
{
    struct reserved *reserved = &schedule->reserved;
    struct fg_grant *grants = fg_schedule_grants_room(schedule, fg_job_tasks_max(job));
    for (size_t i = 0; i < gang->ways_len; i++) {
        uint32_t alternative = gang->ways[gang->order[i]].alternative;
        struct fg_need need;
        if (!fg_gang_need(gang, gang->order[i], &need)
            || find_places(reserved, pass->pool, tenant, &need, grants, tasks) < tasks
            || fg_quota_allows_grants(pass->queue, pass->pool, job, grants, tasks, NULL) < 0)
            continue;
        for (uint32_t task = 0; task < tasks; task++)
            claim(reserved, pass->pool, &grants[task]);
        fg_schedule_start(schedule, pass, job, alternative, tasks, false);
        return true;
    }
    return false;
}

/* -- jobs of a reservation --------------------------------------------------------------------------------- */

static struct window *window_of(const struct reserved *reserved, uint64_t key)
{
    for (size_t i = 0; i < reserved->windows_len; i++)
        if (reserved->windows[i].key == key)
            return &reserved->windows[i];
    return NULL;
}

struct walk {
    struct fg_schedule *schedule;
    const struct fg_pass *pass;
};

/* There is time left, more than a stop takes. */
static bool is_open(const struct walk *walk, const struct window *window)
{
    int64_t lead_us = walk->schedule->config->reservation_lead_s * 1000000;
    int64_t lasts_us = window->end_us - window->start_us;
    int64_t least_us = lead_us < lasts_us / 2 ? lead_us : lasts_us / 2;
    return window->start_us <= walk->pass->now_us
           && window->end_us - walk->pass->now_us > least_us && !window->is_full;
}

static int64_t longest_reserved(const void *self, const struct fg_queue_lane *lane)
{
    const struct walk *walk = self;
    uint64_t key = fg_queue_class_reservation(walk->pass->queue, lane->request);
    const struct window *window = key ? window_of(&walk->schedule->reserved, key) : NULL;
    return window && is_open(walk, window) ? INT64_MAX : -1;
}

/* Would it fit if none of its jobs ran?  Others may have left something behind, too. */
static bool fits_empty(const struct walk *walk,
                       const struct window *window,
                       const struct fg_gang *gang)
{
    for (size_t i = 0; i < gang->ways_len; i++) {
        uint64_t room = 0;
        struct fg_need need;
        bool is_allowed = fg_gang_need(gang, i, &need);
        for (size_t k = 0; is_allowed && k < window->advance->places_len; k++) {
            const struct fg_advance_place *place = &window->advance->places[k];
            if (place->node == 0 || place->node > fg_pool_len(walk->pass->pool))
                continue;
            struct fg_pool_node node = *fg_pool_node(walk->pass->pool, place->node);
            if (node.state != FG_NODE_UP
                || (need.count == 0 && !is_whole(walk->pass->pool, place)))
                continue;
            node.cpu_milli_left = node.cpu_milli;
            node.mem_mib_left = node.mem_mib;
            for (uint32_t at = 0; at < node.devices_len; at++)
                node.left_milli[at] = place->devices >> at & 1 ? 1000 : 0;
            room += fg_pool_node_room(&node, &need, false);
        }
        if (room >= gang->tasks)
            return true;
    }
    return false;
}

static void look_at(const struct walk *walk, struct fg_pass *pass, const struct fg_job *job)
{
    struct fg_schedule *schedule = walk->schedule;
    struct window *window = window_of(&schedule->reserved, job->reservation);
    if (!window || !fg_advance_admits(window->advance, pass->queue, job->project, job->user))
        return;
    struct fg_gang gang = fg_gang_of(pass->pool, pass->queue, job);
    const struct tenant tenant = {window, pass->now_us, window->end_us};
    if (!gang.is_possible)
        return;
    if (start_as(schedule, pass, job, &gang, &tenant, fg_job_tasks_max(job))
        || start_as(schedule, pass, job, &gang, &tenant, job->tasks))
        return;
    window->is_full = fits_empty(walk, window, &gang);
}

void fg_reserved_walk(struct fg_schedule *schedule, struct fg_pass *pass)
{
    const struct walk walk = {schedule, pass};
    const struct fg_job *job;
    bool any = false;
    for (size_t i = 0; i < schedule->reserved.windows_len; i++)
        any = any || is_open(&walk, &schedule->reserved.windows[i]);
    if (!any)
        return;
    fg_queue_walk(pass->queue);
    fg_queue_filter(pass->queue, longest_reserved, &walk);
    while ((job = fg_queue_next(pass->queue))) {
        schedule->looked++;
        if (!fg_runners_get(&schedule->runners, job->id))
            look_at(&walk, pass, job);
    }
}

/* -- lent ------------------------------------------------------------------------------------------------ */

/* When a job with this limit has surely let go; INT64_MAX: never. */
static int64_t gone_us(const struct fg_schedule *schedule, int64_t now_us, int64_t limit_us)
{
    return limit_us > 0 ? now_us + limit_us + schedule->config->stop_grace_s * 1000000
                        : INT64_MAX;
}

/* Who starts now runs as long as a stop takes, at least. */
static int64_t stopped_us(const struct fg_schedule *schedule, int64_t now_us)
{
    return now_us + 2 * schedule->config->reservation_lead_s * 1000000;
}

/* The last beginning for which something is free now; INT64_MIN: nothing is. */
static int64_t last_start_us(const struct reserved *reserved, int64_t now_us)
{
    int64_t last_us = INT64_MIN;
    for (size_t i = 0; i < reserved->regions_len; i++) {
        const struct region *region = &reserved->regions[i];
        bool is_free = region->free_cpu_milli > 0
                       && (!region->devices || free_of(region, region->devices) > 0);
        for (size_t k = 0; is_free && k < reserved->windows_len; k++) {
            const struct window *window = &reserved->windows[k];
            if (window->start_us > now_us && window->start_us > last_us
                && place_on(window, region->node))
                last_us = window->start_us;
        }
    }
    return last_us;
}

/* Is all of the node lent to it? */
static bool is_lent(const struct reserved *reserved,
                    const struct region *region,
                    const struct tenant *tenant)
{
    bool lent = region->is_whole;
    for (size_t i = 0; i < reserved->windows_len && lent; i++)
        lent = !is_in_the_way(&reserved->windows[i], tenant)
               || !place_on(&reserved->windows[i], region->node);
    return lent;
}

/* Or held again. */
static void let_go_lent(struct reserved *reserved,
                        struct fg_pool *pool,
                        const struct tenant *tenant,
                        bool hold)
{
    for (size_t i = 0; i < reserved->regions_len; i++) {
        struct region *region = &reserved->regions[i];
        if (!is_lent(reserved, region, tenant))
            continue;
        if (hold)
            fg_reserved_hold(region, pool);
        else
            fg_reserved_let_go(region, pool);
    }
}

/* A gang on nodes that are lent and others together, if it delays nobody who was promised something of the others. */
static bool start_on_both(struct fg_schedule *schedule,
                          struct fg_pass *pass,
                          const struct fg_job *job,
                          const struct fg_gang *gang,
                          const struct tenant *tenant)
{
    struct reserved *reserved = &schedule->reserved;
    if (job->tasks < 2 || fg_schedule_needs_shadow(schedule, pass, job)
        || schedule->planner.len > 0)
        return false;
    struct fg_grant *grants = fg_schedule_grants_room(schedule, fg_job_tasks_max(job));
    let_go_lent(reserved, pass->pool, tenant, false);
    int alternative = fg_gang_place(pass->pool, NULL, schedule->placer, gang, grants);
    for (uint32_t i = 0; alternative >= 0 && i < job->tasks; i++)
        if (fg_reserved_has_grant(reserved, &grants[i])) {
            struct region *region =
                &reserved->regions[reserved->region_of[grants[i].node - 1] - 1];
            region->used_cpu_milli += grants[i].cpu_milli;
            region->used_mem_mib += grants[i].mem_mib;
        }
    let_go_lent(reserved, pass->pool, tenant, true);
    if (alternative < 0)
        return false;
    fg_schedule_start(schedule, pass, job, (uint32_t)alternative, job->tasks, false);
    return true;
}

bool fg_reserved_lend(struct fg_schedule *schedule,
                      struct fg_pass *pass,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      bool may_be_stopped)
{
    if (!fg_reserved_is_any(&schedule->reserved) || job->reservation || !gang->is_possible
        || (may_be_stopped && !job->preemptible))
        return false;
    struct tenant tenant = {NULL, pass->now_us,
                            gone_us(schedule, pass->now_us, job->time_limit_us)};
    if (may_be_stopped && stopped_us(schedule, pass->now_us) < tenant.ends_us)
        tenant.ends_us = stopped_us(schedule, pass->now_us);
    bool starts = tenant.ends_us < INT64_MAX
                  && tenant.ends_us <= last_start_us(&schedule->reserved, pass->now_us)
                  && (start_as(schedule, pass, job, gang, &tenant, job->tasks)
                      || start_on_both(schedule, pass, job, gang, &tenant));
    bool is_last_try = may_be_stopped || !job->preemptible;
    if (!starts && is_last_try)
        fg_misfit_note_lent(schedule, job);
    return starts;
}

int64_t fg_reserved_longest_us(const struct fg_schedule *schedule,
                               const struct fg_pass *pass,
                               const struct fg_queue_lane *lane)
{
    if (!fg_reserved_is_any(&schedule->reserved))
        return -1;
    int64_t last_us = last_start_us(&schedule->reserved, pass->now_us);
    int64_t longest_us = fg_misfit_lent_us(schedule, lane);
    if (last_us == INT64_MIN || longest_us < 0)
        return -1;
    if (!lane->is_limited)
        return stopped_us(schedule, pass->now_us) <= last_us ? INT64_MAX : -1;
    int64_t left_us = last_us - pass->now_us - schedule->config->stop_grace_s * 1000000;
    return left_us < longest_us ? left_us : longest_us;
}

/* -- in time --------------------------------------------------------------------------------------------- */

/* It is, or will be, where it may not: when has it to be asked to stop?  INT64_MAX: not on account of this window. */
static int64_t stop_us(const struct fg_schedule *schedule,
                       const struct fg_pool *pool,
                       const struct window *window,
                       const struct runner *runner,
                       const struct fg_job *job)
{
    int64_t lead_us = schedule->config->reservation_lead_s * 1000000;
    int64_t grace_us = schedule->config->stop_grace_s * 1000000;
    bool stands = false;
    for (uint32_t i = 0; i < runner->grants_len && !stands; i++)
        stands = is_on(window, pool, &fg_runner_grants(runner)[i]);
    if (!stands)
        return INT64_MAX;
    if (job->reservation == window->key)
        return window->end_us - lead_us;
    if (job->time_limit_us > 0 && runner->end_us + grace_us <= window->start_us)
        return INT64_MAX;
    return window->start_us - lead_us;
}

void fg_reserved_clear(struct fg_schedule *schedule, struct fg_pass *pass)
{
    struct reserved *reserved = &schedule->reserved;
    reserved->is_unclear = false;
    if (!fg_reserved_is_any(reserved) || schedule->runners.preemptible == 0)
        return;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!runner->job || !runner->preemptible || runner->stopping
            || !fg_reserved_has(reserved, runner))
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        if (!job || !job->preemptible)
            continue;
        int64_t at_us = INT64_MAX;
        for (size_t k = 0; k < reserved->windows_len; k++) {
            int64_t its_us = stop_us(schedule, pass->pool, &reserved->windows[k], runner, job);
            at_us = its_us < at_us ? its_us : at_us;
        }
        if (at_us > pass->now_us)
            continue;
        if (job->state == FG_JOB_RUNNING)
            *fg_schedule_decide(schedule) =
                (struct fg_decision){.kind = FG_DECIDE_PREEMPT, .job = job->id};
        else
            reserved->is_unclear = true;
    }
}
