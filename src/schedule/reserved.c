/* reserved.c - which nodes are reserved in advance, and holding what of them is free; see reserved.h */
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void fg_reserved_fini(struct reserved *reserved)
{
    for (size_t i = 0; i < reserved->len; i++)
        free((void *)reserved->advances[i].places);
    free(reserved->advances);
    free(reserved->windows);
    free(reserved->regions);
    free(reserved->region_of);
    *reserved = (struct reserved){};
}

static void *alloc(size_t len, size_t size)
{
    void *items = calloc(len + 1, size);
    if (!items)
        abort();
    return items;
}

void fg_schedule_advances(struct fg_schedule *schedule,
                          const struct fg_advance *advances,
                          size_t len)
{
    struct reserved *reserved = &schedule->reserved;
    bool was_any = fg_reserved_is_any(reserved);
    fg_reserved_fini(reserved);
    reserved->is_stale = len > 0 || was_any;
    schedule->is_settled = false;
    schedule->forecast.is_valid = false;
    schedule->planner.gained_all = true;
    if (len == 0)
        return;
    reserved->advances = alloc(len, sizeof(*advances));
    reserved->windows = alloc(len, sizeof(struct window));
    reserved->len = len;
    for (size_t i = 0; i < len; i++) {
        size_t size = advances[i].places_len * sizeof(struct fg_advance_place);
        struct fg_advance_place *places =
            alloc(advances[i].places_len, sizeof(struct fg_advance_place));
        memcpy(places, advances[i].places, size);
        reserved->advances[i] = advances[i];
        reserved->advances[i].places = places;
    }
}

const struct fg_advance *fg_schedule_advance(const struct fg_schedule *schedule, uint64_t key)
{
    for (size_t i = 0; i < schedule->reserved.len; i++)
        if (fg_advance_key(schedule->reserved.advances[i].name) == key)
            return &schedule->reserved.advances[i];
    return NULL;
}

bool fg_advance_admits(const struct fg_advance *advance,
                       const struct fg_queue *queue,
                       fg_project_id project,
                       uint32_t user)
{
    if (advance->maintenance || (advance->user && advance->user != user))
        return false;
    const struct fg_project *at = fg_queue_project(queue, project);
    while (advance->project && at && at->id != advance->project)
        at = fg_queue_project(queue, at->parent);
    return at != NULL;
}

/* -- time --------------------------------------------------------------------------------------------- */

/* The first of these moments that is still to come. */
static int64_t sooner(int64_t next_us, int64_t at_us, int64_t now_us)
{
    return at_us > now_us && at_us < next_us ? at_us : next_us;
}

int64_t fg_schedule_advances_next_us(const struct fg_schedule *schedule, int64_t now_us)
{
    const struct reserved *reserved = &schedule->reserved;
    int64_t lead_us = schedule->config->reservation_lead_s * 1000000;
    int64_t horizon_us = schedule->config->reservation_horizon_s * 1000000;
    int64_t next_us = INT64_MAX, start_us, end_us;
    for (size_t i = 0; i < reserved->len; i++) {
        if (!fg_advance_at(&reserved->advances[i], now_us, &start_us, &end_us))
            continue;
        next_us = sooner(next_us, start_us - horizon_us, now_us);
        next_us = sooner(next_us, start_us - lead_us, now_us);
        next_us = sooner(next_us, start_us, now_us);
        next_us = sooner(next_us, end_us - lead_us, now_us);
        next_us = sooner(next_us, end_us, now_us);
    }
    return next_us;
}

int64_t fg_schedule_cut_us(const struct fg_schedule *schedule,
                           const struct fg_job *job,
                           int64_t now_us)
{
    int64_t start_us, end_us;
    const struct fg_advance *advance =
        job->reservation ? fg_schedule_advance(schedule, job->reservation) : NULL;
    if (!advance || job->preemptible || !fg_advance_at(advance, now_us, &start_us, &end_us))
        return 0;
    return end_us - now_us;
}

/* Those that count. */
static void make_windows(struct fg_schedule *schedule, int64_t now_us)
{
    struct reserved *reserved = &schedule->reserved;
    int64_t horizon_us = schedule->config->reservation_horizon_s * 1000000;
    reserved->windows_len = 0;
    for (size_t i = 0; i < reserved->len; i++) {
        const struct fg_advance *advance = &reserved->advances[i];
        struct window window = {.advance = advance, .key = fg_advance_key(advance->name)};
        if (fg_advance_at(advance, now_us, &window.start_us, &window.end_us)
            && window.start_us <= now_us + horizon_us)
            reserved->windows[reserved->windows_len++] = window;
    }
    reserved->made_us = now_us;
    reserved->until_us = fg_schedule_advances_next_us(schedule, now_us);
}

/* -- nodes ---------------------------------------------------------------------------------------------- */

static void add_place(struct reserved *reserved,
                      const struct fg_pool *pool,
                      const struct fg_advance_place *place)
{
    if (place->node == 0 || place->node > fg_pool_len(pool))
        return;
    uint32_t *at = &reserved->region_of[place->node - 1];
    if (!*at) {
        *at = (uint32_t)++reserved->regions_len;
        reserved->regions[*at - 1] = (struct region){.node = place->node};
    }
    reserved->regions[*at - 1].devices |= place->devices;
}

static void finish_region(const struct fg_pool *pool, struct region *region)
{
    const struct fg_pool_node *node = fg_pool_node(pool, region->node);
    uint32_t all = (uint32_t)((1ULL << node->devices_len) - 1);
    uint32_t has = (uint32_t)__builtin_popcount(region->devices &= all);
    region->is_whole = region->devices == all;
    region->cpu_milli = node->cpu_milli;
    region->mem_mib = node->mem_mib;
    if (region->is_whole)
        return;
    region->cpu_milli = (uint32_t)((uint64_t)node->cpu_milli * has / node->devices_len);
    region->mem_mib = node->mem_mib * has / node->devices_len;
}

static void make_regions(struct reserved *reserved, const struct fg_pool *pool)
{
    size_t places = 0, nodes = fg_pool_len(pool);
    for (size_t i = 0; i < reserved->windows_len; i++)
        places += reserved->windows[i].advance->places_len;
    free(reserved->regions);
    free(reserved->region_of);
    reserved->regions = alloc(places, sizeof(struct region));
    reserved->region_of = alloc(nodes, sizeof(uint32_t));
    reserved->nodes = nodes;
    reserved->regions_len = 0;
    for (size_t i = 0; i < reserved->windows_len; i++)
        for (size_t k = 0; k < reserved->windows[i].advance->places_len; k++)
            add_place(reserved, pool, &reserved->windows[i].advance->places[k]);
    for (size_t i = 0; i < reserved->regions_len; i++)
        finish_region(pool, &reserved->regions[i]);
    reserved->generation = fg_pool_generation(pool);
    reserved->is_stale = false;
}

static const struct region *region_of(const struct reserved *reserved, fg_node_id node)
{
    uint32_t at = node <= reserved->nodes && node > 0 ? reserved->region_of[node - 1] : 0;
    return at ? &reserved->regions[at - 1] : NULL;
}

bool fg_reserved_has_grant(const struct reserved *reserved, const struct fg_grant *grant)
{
    if (!fg_reserved_is_any(reserved))
        return false;
    const struct region *region = region_of(reserved, grant->node);
    return region && (region->is_whole || (region->devices & grant->devices));
}

bool fg_reserved_has(const struct reserved *reserved, const struct runner *runner)
{
    for (uint32_t i = 0; fg_reserved_is_any(reserved) && i < runner->grants_len; i++)
        if (fg_reserved_has_grant(reserved, &fg_runner_grants(runner)[i]))
            return true;
    return false;
}

bool fg_reserved_has_all(const struct reserved *reserved, const struct runner *runner)
{
    for (uint32_t i = 0; i < runner->grants_len; i++)
        if (!fg_reserved_has_grant(reserved, &fg_runner_grants(runner)[i]))
            return false;
    return fg_reserved_is_any(reserved);
}

struct fg_grant fg_reserved_all_of(const struct region *region)
{
    return (struct fg_grant){.node = region->node,
                             .devices = region->devices,
                             .gpu_milli = region->devices ? 1000 : 0,
                             .cpu_milli = region->cpu_milli,
                             .mem_mib = region->mem_mib};
}

/* -- holding --------------------------------------------------------------------------------------------- */

/* What is held, as grants: one of cores, memory and untouched devices, one for each device of which something is left. */
static size_t held_grants(const struct region *region, struct fg_grant *out)
{
    size_t len = 1;
    out[0] = (struct fg_grant){.node = region->node,
                               .cpu_milli = region->free_cpu_milli,
                               .mem_mib = region->free_mem_mib};
    for (uint32_t mask = region->devices; mask; mask &= mask - 1) {
        uint32_t device = (uint32_t)__builtin_ctz(mask), milli = region->free_milli[device];
        if (milli == 1000) {
            out[0].devices |= 1U << device;
            out[0].gpu_milli = 1000;
        } else if (milli > 0) {
            out[len++] = (struct fg_grant){
                .node = region->node, .devices = 1U << device, .gpu_milli = milli};
        }
    }
    return len;
}

void fg_reserved_let_go(struct region *region, struct fg_pool *pool)
{
    struct fg_grant grants[FG_NODE_DEVICES_MAX + 1];
    size_t len = held_grants(region, grants);
    for (size_t i = 0; i < len; i++)
        fg_pool_release(pool, &grants[i]);
}

void fg_reserved_hold(struct region *region, struct fg_pool *pool)
{
    const struct fg_pool_node *node = fg_pool_node(pool, region->node);
    uint32_t cpu = region->cpu_milli > region->used_cpu_milli
                       ? region->cpu_milli - region->used_cpu_milli
                       : 0;
    uint64_t mem =
        region->mem_mib > region->used_mem_mib ? region->mem_mib - region->used_mem_mib : 0;
    region->free_cpu_milli = cpu < node->cpu_milli_left ? cpu : node->cpu_milli_left;
    region->free_mem_mib = mem < node->mem_mib_left ? mem : node->mem_mib_left;
    for (uint32_t mask = region->devices; mask; mask &= mask - 1) {
        uint32_t device = (uint32_t)__builtin_ctz(mask);
        region->free_milli[device] = node->left_milli[device];
    }
    struct fg_grant grants[FG_NODE_DEVICES_MAX + 1];
    size_t len = held_grants(region, grants);
    for (size_t i = 0; i < len; i++) {
        int rc = fg_pool_claim(pool, &grants[i], NULL);
        assert(rc == 0);
        (void)rc;
    }
}

/* Cores and memory that jobs on reserved devices have. */
static void count_used(struct reserved *reserved, const struct runners *runners)
{
    for (size_t i = 0; i < reserved->regions_len; i++)
        reserved->regions[i].used_cpu_milli = 0, reserved->regions[i].used_mem_mib = 0;
    for (size_t i = 0; i < runners->len; i++) {
        const struct runner *runner = &runners->slots[i];
        for (uint32_t task = 0; runner->job && task < runner->grants_len; task++) {
            const struct fg_grant *grant = &fg_runner_grants(runner)[task];
            if (!fg_reserved_has_grant(reserved, grant))
                continue;
            struct region *region =
                &reserved->regions[reserved->region_of[grant->node - 1] - 1];
            region->used_cpu_milli += grant->cpu_milli;
            region->used_mem_mib += grant->mem_mib;
        }
    }
}

/* What is reserved has changed: what was foreseen was so of other nodes. */
static void refresh(struct fg_schedule *schedule, const struct fg_pool *pool, int64_t now_us)
{
    struct reserved *reserved = &schedule->reserved;
    if (!reserved->is_stale && now_us >= reserved->made_us && now_us < reserved->until_us
        && reserved->generation == fg_pool_generation(pool)
        && reserved->nodes == fg_pool_len(pool))
        return;
    make_windows(schedule, now_us);
    make_regions(reserved, pool);
    schedule->forecast.is_valid = false;
    fg_refusal_forget(&schedule->refusal);
    schedule->planner.gained_all = true;
}

bool fg_reserved_is_as_before(const struct reserved *reserved, const struct fg_pass *pass)
{
    return !reserved->is_stale && !reserved->is_unclear
           && (reserved->len == 0 || pass->now_us < reserved->until_us);
}

void fg_reserved_begin(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    struct reserved *reserved = &schedule->reserved;
    if (reserved->len == 0 && !reserved->is_stale)
        return;
    refresh(schedule, pass->pool, pass->now_us);
    count_used(reserved, &schedule->runners);
    for (size_t i = 0; i < reserved->regions_len; i++)
        fg_reserved_hold(&reserved->regions[i], pass->pool);
    for (size_t i = 0; i < reserved->windows_len; i++)
        reserved->windows[i].is_full = false;
}

void fg_reserved_end(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    struct reserved *reserved = &schedule->reserved;
    for (size_t i = 0; i < reserved->regions_len; i++)
        fg_reserved_let_go(&reserved->regions[i], pass->pool);
}

void fg_schedule_hold_advances(struct fg_schedule *schedule,
                               struct fg_pool *copy,
                               int64_t now_us)
{
    struct reserved *reserved = &schedule->reserved;
    if (reserved->len == 0)
        return;
    refresh(schedule, copy, now_us);
    count_used(reserved, &schedule->runners);
    for (size_t i = 0; i < reserved->regions_len; i++)
        fg_reserved_hold(&reserved->regions[i], copy);
}

const struct fg_advance *fg_schedule_keeps_off(const struct fg_schedule *schedule,
                                               fg_node_id node,
                                               int64_t now_us,
                                               int64_t ends_us)
{
    int64_t horizon_us = now_us + schedule->config->reservation_horizon_s * 1000000;
    for (size_t i = 0; i < schedule->reserved.len; i++) {
        const struct fg_advance *advance = &schedule->reserved.advances[i];
        int64_t start_us, end_us;
        if (!fg_advance_at(advance, now_us, &start_us, &end_us) || start_us >= ends_us
            || start_us > horizon_us)
            continue;
        for (size_t k = 0; k < advance->places_len; k++)
            if (advance->places[k].node == node)
                return advance;
    }
    return NULL;
}
