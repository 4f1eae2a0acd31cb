/* profile.c - see profile.h */
#include "schedule/profile_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_node_order {
    uint64_t left;
    fg_node_id node;
};

struct fg_profile *fg_profile_new(void)
{
    struct fg_profile *profile = calloc(1, sizeof(*profile));
    if (!profile)
        abort();
    return profile;
}

void fg_profile_free(struct fg_profile *profile)
{
    if (!profile)
        return;
    free(profile->spans);
    free(profile->first);
    free(profile->rooms);
    free(profile->by_room);
    for (size_t i = 0; i < profile->nodes_room; i++)
        free(profile->timelines[i].steps);
    free(profile->timelines);
    free(profile->begins.items);
    free(profile->ends.items);
    free(profile);
}

static void *grow(void *items, size_t len, size_t size)
{
    void *grown = reallocarray(items, len ? len : 1, size);
    if (!grown)
        abort();
    return grown;
}

void fg_profile_clear(struct fg_profile *profile, const struct fg_pool *pool)
{
    size_t nodes = fg_pool_len(pool);
    profile->pool = pool;
    profile->clears++;
    profile->spans_len = profile->begins.len = profile->ends.len = 0;
    if (nodes > profile->nodes_room) {
        profile->timelines = grow(profile->timelines, nodes, sizeof(profile->timelines[0]));
        memset(&profile->timelines[profile->nodes_room], 0,
               (nodes - profile->nodes_room) * sizeof(profile->timelines[0]));
        profile->nodes_room = nodes;
        profile->first = grow(profile->first, nodes, sizeof(profile->first[0]));
        profile->by_room = grow(profile->by_room, nodes, sizeof(profile->by_room[0]));
    }
    for (size_t i = 0; i < nodes; i++)
        profile->first[i] = NO_SPAN;
}

/* -- spans ------------------------------------------------------------------------------------------ */

static int compare_moments(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* The first at this time or later. */
static size_t find_moment(const struct moments *moments, int64_t time_us)
{
    size_t low = 0, high = moments->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (moments->items[middle].time_us < time_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_moment(struct moments *moments, int64_t time_us, fg_node_id node)
{
    if (moments->len == moments->room) {
        moments->room = moments->room * 2 + 64;
        moments->items = grow(moments->items, moments->room, sizeof(moments->items[0]));
    }
    size_t at = moments->len;
    if (moments->sorted) {
        at = find_moment(moments, time_us);
        memmove(&moments->items[at + 1], &moments->items[at],
                (moments->len - at) * sizeof(moments->items[0]));
    }
    moments->items[at] = (struct moment){time_us, node};
    moments->len++;
}

static void sort_moments(struct moments *moments)
{
    if (!moments->sorted && moments->len > 1)
        qsort(moments->items, moments->len, sizeof(moments->items[0]), compare_moments);
    moments->sorted = true;
}

void fg_profile_add(struct fg_profile *profile,
                    fg_job_id job,
                    uint32_t rank,
                    const struct fg_grant *grant,
                    int64_t from_us,
                    int64_t to_us)
{
    if (profile->spans_len == profile->spans_room) {
        profile->spans_room = profile->spans_room * 2 + 64;
        profile->spans = grow(profile->spans, profile->spans_room, sizeof(profile->spans[0]));
    }
    if (profile->spans_len == 0)
        profile->begins.sorted = profile->ends.sorted = false;
    uint32_t at = (uint32_t)profile->spans_len++, *first = &profile->first[grant->node - 1];
    profile->spans[at] = (struct span){.job = job,
                                       .from_us = from_us,
                                       .to_us = to_us,
                                       .grant = *grant,
                                       .rank = rank,
                                       .next = *first};
    *first = at;
    profile->timelines[grant->node - 1].clear = 0;
    add_moment(&profile->begins, from_us, grant->node);
    add_moment(&profile->ends, to_us, grant->node);
}

void fg_profile_del(struct fg_profile *profile, fg_job_id job, const struct fg_grant *grant)
{
    profile->timelines[grant->node - 1].clear = 0;
    for (uint32_t *at = &profile->first[grant->node - 1]; *at != NO_SPAN;) {
        struct span *span = &profile->spans[*at];
        if (span->job == job)
            *at = span->next;
        else
            at = &span->next;
    }
}

void fg_profile_rank(struct fg_profile *profile,
                     fg_job_id job,
                     const struct fg_grant *grant,
                     uint32_t rank)
{
    for (uint32_t at = profile->first[grant->node - 1]; at != NO_SPAN;
         at = profile->spans[at].next)
        if (profile->spans[at].job == job)
            profile->spans[at].rank = rank;
}

/* -- what a node can give --------------------------------------------------------------------------- */

static bool is_picked(const struct span *span, struct fg_profile_pick pick)
{
    return span->rank <= pick.rank_max && span->job != pick.except;
}

bool fg_profile_take(struct fg_pool_node *view, const struct fg_grant *grant)
{
    if (grant->cpu_milli > view->cpu_milli_left || grant->mem_mib > view->mem_mib_left)
        return false;
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
        if (view->left_milli[__builtin_ctz(mask)] < grant->gpu_milli)
            return false;
    view->cpu_milli_left -= grant->cpu_milli;
    view->mem_mib_left -= grant->mem_mib;
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
        view->left_milli[__builtin_ctz(mask)] -= (uint16_t)grant->gpu_milli;
    return true;
}

static bool is_over(const struct span *span, int64_t from_us, int64_t to_us)
{
    return span->from_us < to_us && span->to_us > from_us;
}

static void hold(struct fg_pool_node *view, const struct span *span)
{
    if (fg_profile_take(view, &span->grant))
        return;
    /* Held twice: it leaves nothing. */
    view->cpu_milli_left = 0;
    view->mem_mib_left = 0;
    for (uint32_t mask = span->grant.devices; mask; mask &= mask - 1)
        view->left_milli[__builtin_ctz(mask)] = 0;
}

void fg_profile_left_at(const struct overlap *overlap,
                        int64_t time_us,
                        struct fg_pool_node *out)
{
    out->cpu_milli_left = out->cpu_milli;
    out->mem_mib_left = out->mem_mib;
    for (uint32_t i = 0; i < out->devices_len; i++)
        out->left_milli[i] = 1000;
    for (size_t i = 0; i < overlap->len; i++)
        if (is_over(overlap->spans[i], time_us, time_us + 1))
            hold(out, overlap->spans[i]);
}

static void keep_least(struct fg_pool_node *least, const struct fg_pool_node *other)
{
    if (other->cpu_milli_left < least->cpu_milli_left)
        least->cpu_milli_left = other->cpu_milli_left;
    if (other->mem_mib_left < least->mem_mib_left)
        least->mem_mib_left = other->mem_mib_left;
    for (uint32_t i = 0; i < least->devices_len; i++)
        if (other->left_milli[i] < least->left_milli[i])
            least->left_milli[i] = other->left_milli[i];
}

void fg_profile_view(const struct fg_profile *profile,
                     fg_node_id node,
                     int64_t from_us,
                     int64_t to_us,
                     struct fg_profile_pick pick,
                     struct fg_pool_node *out)
{
    struct overlap overlap;
    overlap.len = 0;
    *out = *fg_pool_node(profile->pool, node);
    bool too_many = false;
    for (uint32_t at = profile->first[node - 1]; at != NO_SPAN; at = profile->spans[at].next) {
        const struct span *span = &profile->spans[at];
        if (!is_picked(span, pick) || !is_over(span, from_us, to_us))
            continue;
        too_many = overlap.len == AT_ONCE;
        if (too_many)
            break;
        overlap.spans[overlap.len++] = span;
    }
    fg_profile_left_at(&overlap, from_us, out);
    /* Less is left only where something begins. */
    for (size_t i = 0; i < overlap.len; i++) {
        if (overlap.spans[i]->from_us <= from_us)
            continue;
        struct fg_pool_node then = *out;
        fg_profile_left_at(&overlap, overlap.spans[i]->from_us, &then);
        keep_least(out, &then);
    }
    if (!too_many)
        return;
    /* So many on one node: nothing is promised there in this window. */
    out->cpu_milli_left = 0;
    memset(out->left_milli, 0, sizeof(out->left_milli));
}

/* -- the search ---------------------------------------------------------------------------------------- */

struct search {
    struct fg_profile *profile;
    const struct fg_profile_ask *ask;
    int64_t at_us;
    uint64_t total[FG_WAYS_MAX]; /* by way */
    size_t begin;                /* the next that comes into the window */
};

static int64_t window_end(const struct search *search)
{
    return search->ask->lasts_us < INT64_MAX - search->at_us
               ? search->at_us + search->ask->lasts_us
               : INT64_MAX;
}

/* Whatever is held later: has it room at this moment? */
static bool takes_one_now(const struct search *search, fg_node_id node)
{
    const struct fg_gang *gang = search->ask->gang;
    for (size_t i = 0; i < gang->needs_len; i++)
        if (gang->allowed[i]
            && fg_pool_room(search->profile->pool, node, &gang->needs[i], false) > 0)
            return true;
    return false;
}

static void count_node(struct search *search, fg_node_id node, bool is_new)
{
    const struct fg_gang *gang = search->ask->gang;
    struct fg_pool_node view = {.state = fg_pool_node(search->profile->pool, node)->state};
    struct fg_need need;
    if (is_new && search->ask->from_now && !takes_one_now(search, node))
        view.state = FG_NODE_DOWN;
    if (view.state == FG_NODE_UP)
        fg_profile_view(search->profile, node, search->at_us, window_end(search),
                        search->ask->pick, &view);
    for (size_t i = 0; i < gang->ways_len; i++) {
        uint32_t *kept = &search->profile->rooms[i * search->profile->nodes_room + node - 1];
        uint32_t room = view.state == FG_NODE_UP && fg_gang_need(gang, i, &need)
                            ? fg_pool_node_room(&view, &need, false)
                            : 0;
        if (room > gang->tasks)
            room = gang->tasks;
        search->total[i] += room - (is_new ? 0ULL : *kept);
        *kept = room;
    }
}

static int has_room(const struct search *search)
{
    const struct fg_gang *gang = search->ask->gang;
    for (size_t k = 0; k < gang->ways_len; k++)
        if (search->total[gang->order[k]] >= gang->tasks)
            return gang->order[k];
    return -1;
}

/* The window begins at `to_us` now. */
static void go_to(struct search *search, int64_t to_us, size_t *end)
{
    const struct moments *begins = &search->profile->begins, *ends = &search->profile->ends;
    search->at_us = to_us;
    for (; *end < ends->len && ends->items[*end].time_us <= to_us; ++*end)
        count_node(search, ends->items[*end].node, false);
    for (; search->begin < begins->len
           && begins->items[search->begin].time_us < window_end(search);
         search->begin++)
        count_node(search, begins->items[search->begin].node, false);
}

static int compare_order(const void *a, const void *b)
{
    const struct fg_node_order *x = a, *y = b;
    if (x->left != y->left)
        return x->left < y->left ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* On the nodes that are left with the least. */
static void place(struct search *search, int way, struct fg_grant *out_grants)
{
    struct fg_profile *profile = search->profile;
    const struct fg_gang *gang = search->ask->gang;
    const uint32_t *rooms = &profile->rooms[(size_t)way * profile->nodes_room];
    struct fg_pool_node view;
    struct fg_need need;
    bool is_allowed = fg_gang_need(gang, (size_t)way, &need);
    assert(is_allowed);
    (void)is_allowed;
    size_t len = 0;
    for (fg_node_id node = 1; node <= fg_pool_len(profile->pool); node++) {
        if (rooms[node - 1] == 0)
            continue;
        fg_profile_view(profile, node, search->at_us, window_end(search), search->ask->pick,
                        &view);
        uint64_t left = 0;
        for (uint32_t i = 0; i < view.devices_len; i++)
            left += view.left_milli[i];
        profile->by_room[len++] =
            (struct fg_node_order){left << 32 | view.cpu_milli_left, node};
    }
    if (len > 1)
        qsort(profile->by_room, len, sizeof(profile->by_room[0]), compare_order);
    uint32_t placed = 0;
    for (size_t i = 0; i < len && placed < gang->tasks; i++) {
        fg_node_id node = profile->by_room[i].node;
        fg_profile_view(profile, node, search->at_us, window_end(search), search->ask->pick,
                        &view);
        struct fg_grant grant;
        while (placed < gang->tasks && fg_pool_node_fit(&view, NULL, &need, false, &grant)
               && fg_profile_take(&view, &grant)) {
            grant.node = node;
            out_grants[placed++] = grant;
        }
    }
    assert(placed == gang->tasks);
}

static void make_rooms(struct fg_profile *profile, const struct fg_gang *gang)
{
    size_t len = profile->nodes_room * gang->ways_len;
    if (len <= profile->rooms_room)
        return;
    profile->rooms_room = len;
    profile->rooms = grow(profile->rooms, len, sizeof(profile->rooms[0]));
}

int64_t fg_profile_soonest(struct fg_profile *profile,
                           const struct fg_profile_ask *ask,
                           int *out_alternative,
                           struct fg_grant *out_grants)
{
    struct search search = {.profile = profile, .ask = ask, .at_us = ask->now_us};
    sort_moments(&profile->begins);
    sort_moments(&profile->ends);
    if (ask->now_us >= ask->before_us)
        return INT64_MAX;
    make_rooms(profile, ask->gang);
    for (fg_node_id node = 1; node <= fg_pool_len(profile->pool); node++)
        count_node(&search, node, true);
    search.begin = find_moment(&profile->begins, window_end(&search));
    size_t end = find_moment(&profile->ends, ask->now_us + 1);
    int way;
    while ((way = has_room(&search)) < 0) {
        if (end == profile->ends.len || profile->ends.items[end].time_us >= ask->before_us)
            return INT64_MAX;
        go_to(&search, profile->ends.items[end].time_us, &end);
    }
    *out_alternative = ask->gang->ways[way].alternative;
    if (out_grants)
        place(&search, way, out_grants);
    return search.at_us;
}
