/* placer.c - see placer.h */
#include "place/placer_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* -- life ------------------------------------------------------------------------------------------ */

static void *room_for(size_t count, size_t size)
{
    void *room = calloc(count ? count : 1, size);
    if (!room)
        abort();
    return room;
}

struct fg_placer *fg_placer_new(const struct fg_pool *pool,
                                const struct fg_place_policy *policy,
                                uint64_t seed)
{
    struct fg_placer *placer = room_for(1, sizeof(*placer));
    size_t nodes_max = fg_pool_max(pool);
    placer->policy = policy;
    placer->random = seed;
    placer->is_stale = true;
    placer->mix = fg_mix_new();
    fg_mix_plain(placer->mix);
    fg_view_init(&placer->view, pool);
    for (placer->log_len = 256; placer->log_len < nodes_max; placer->log_len *= 2)
        ;
    placer->log = room_for(placer->log_len, sizeof(placer->log[0]));
    placer->last = room_for(nodes_max, sizeof(placer->last[0]));
    placer->at_rank = room_for(nodes_max, sizeof(placer->at_rank[0]));
    placer->refused = room_for(nodes_max, sizeof(placer->refused[0]));
    placer->classes = room_for(FG_PLACE_CLASSES_MAX, sizeof(placer->classes[0]));
    return placer;
}

static void forget_classes(struct fg_placer *placer)
{
    for (size_t i = 0; i < placer->classes_len; i++)
        free(placer->classes[i].scores);
    placer->classes_len = 0;
    memset(placer->slots, 0, sizeof(placer->slots));
}

void fg_placer_free(struct fg_placer *placer)
{
    if (!placer)
        return;
    forget_classes(placer);
    fg_place_tables_free(placer->tables);
    fg_view_fini(&placer->view);
    fg_mix_free(placer->mix);
    free(placer->log);
    free(placer->last);
    free(placer->at_rank);
    free(placer->refused);
    free(placer->classes);
    free(placer);
}

void fg_placer_mix(struct fg_placer *placer, const struct fg_mix *mix)
{
    fg_mix_free(placer->mix);
    placer->mix = fg_mix_copy(mix);
    placer->is_stale = true;
}

void fg_placer_weights(struct fg_placer *placer, const struct fg_place_weights *weights)
{
    placer->weights = *weights;
    placer->is_stale = true;
}

/* Do the scorers say anything of a node that stands for itself?  Topology does where nodes have islands, faults where one is worse
 * than its twins. */
static bool is_weighed(const struct fg_placer *placer)
{
    int64_t any = 0;
#define X(name, text) any += placer->weights.name;
    FG_SCORERS(X)
#undef X
    return any > (placer->view.has_islands ? 0 : placer->weights.topology)
                     + (placer->view.has_hazards ? 0 : placer->weights.faults);
}

void fg_placer_rank(struct fg_placer *placer, const uint32_t *rank, size_t len)
{
    placer->rank = rank;
    placer->rank_len = len;
    placer->is_stale = true;
}

static uint32_t rank_of(const struct fg_placer *placer, uint32_t node)
{
    return placer->rank ? placer->rank[node] : node;
}

/* -- keeping up with the pool ------------------------------------------------------------------------ */

/* Nodes, kinds, the largest node or the mix are others: start over. */
static void start_over(struct fg_placer *placer)
{
    const struct fg_pool *pool = placer->view.pool;
    size_t len, nodes_len = fg_pool_len(pool);
    const struct fg_mix_type *types = fg_mix_types(placer->mix, &len);
    fg_place_tables_free(placer->tables);
    struct fg_place_kind kinds[FG_POOL_KINDS_MAX];
    fg_place_kinds(pool, kinds);
    placer->tables = fg_place_tables_new(types, len, kinds, fg_pool_kinds_len(pool));
    fg_view_rebuild(&placer->view, placer->tables);
    if (is_weighed(placer)) {
        placer->view.weights = &placer->weights;
        fg_view_weigh(&placer->view);
    } else
        placer->view.weights = NULL;
    placer->is_stale = false;
    placer->kinds_len = fg_pool_kinds_len(pool);
    placer->sites_len = fg_pool_wan_of(pool)->sites_len;
    placer->links_len = fg_pool_wan_of(pool)->links_len;
    placer->links_changes = fg_pool_wan_of(pool)->changes;
    forget_classes(placer);
    placer->changes = 0;
    memset(placer->last, 0, nodes_len * sizeof(placer->last[0]));
    assert(!placer->rank || placer->rank_len == nodes_len);
    for (uint32_t node = 0; node < nodes_len; node++)
        placer->at_rank[rank_of(placer, node)] = node;
    placer->shape = fg_tree_shape(nodes_len);
    placer->classes_max = FG_PLACE_SCORES_MAX / placer->shape.size;
    if (placer->classes_max > FG_PLACE_CLASSES_MAX)
        placer->classes_max = FG_PLACE_CLASSES_MAX;
}

static void note_change(struct fg_placer *placer, fg_node_id id)
{
    fg_view_refresh(&placer->view, id);
    uint64_t number = ++placer->changes;
    placer->log[number & (placer->log_len - 1)] = id - 1;
    placer->last[id - 1] = number;
}

static void follow_log(struct fg_placer *placer)
{
    const struct fg_pool *pool = placer->view.pool;
    uint64_t changes = fg_pool_changes(pool);
    while (placer->view.seen < changes) {
        uint64_t number = placer->view.seen + 1;
        fg_node_id id = fg_pool_change_at(pool, number);
        if (id == 0) { /* long ago: look at them all */
            placer->view.seen = changes;
            for (id = 1; id <= placer->view.nodes_len; id++)
                note_change(placer, id);
            return;
        }
        if (fg_pool_changed(pool, id) == number)
            note_change(placer, id);
        placer->view.seen = number;
    }
}

void fg_placer_keep_up(struct fg_placer *placer)
{
    const struct fg_pool *pool = placer->view.pool;
    uint32_t cpu_max = placer->view.cpu_max, gpu_max = placer->view.gpu_max;
    bool has_islands = placer->view.has_islands, has_hazards = placer->view.has_hazards;
    const struct fg_wan *links = fg_pool_wan_of(pool);
    if (placer->view.nodes_len != fg_pool_len(pool)
        || placer->kinds_len != fg_pool_kinds_len(pool) || placer->sites_len != links->sites_len
        || placer->links_len != links->links_len || placer->links_changes != links->changes)
        placer->is_stale = true;
    if (!placer->is_stale)
        follow_log(placer);
    if (placer->is_stale || cpu_max != placer->view.cpu_max || gpu_max != placer->view.gpu_max
        || has_islands != placer->view.has_islands || has_hazards != placer->view.has_hazards)
        start_over(placer);
}

struct fg_ask fg_placer_ask(const struct fg_placer *placer,
                            const struct fg_need *need,
                            int16_t data[FG_SITES_MAX + 1])
{
    struct fg_ask ask = fg_ask_of(need);
    if (need->data_mib > 0 && placer->weights.data) {
        fg_place_data_penalties(fg_pool_wan_of(placer->view.pool), need, data);
        ask.data = data;
    }
    return ask;
}

/* -- classes of requests ------------------------------------------------------------------------------- */

static uint64_t hash_need(const struct fg_need *need)
{
    uint64_t words[] = {
        need->kinds,
        (uint64_t)need->count << 32 | need->gpu_milli,
        (uint64_t)need->gpu_mem_mib << 32 | need->cpu_milli,
        need->mem_mib,
        (uint64_t)need->awake_only << 56 | (uint64_t)need->exposure << 48
            | (uint64_t)need->spot << 40 | (uint64_t)need->data_site << 32 | need->data_mib,
    };
    /* Mostly nothing: no rounds of their own. */
    uint64_t hash = need->not_regions ^ (uint64_t)need->not_suppliers << 32
                    ^ (uint64_t)need->max_price_uusd << 7;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        hash = (hash ^ words[i]) * 0x9e37'79b9'7f4a'7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool is_same(const struct fg_need *a, const struct fg_need *b)
{
    return a->kinds == b->kinds && a->count == b->count && a->gpu_milli == b->gpu_milli
           && a->gpu_mem_mib == b->gpu_mem_mib && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib && a->data_mib == b->data_mib
           && a->data_site == b->data_site && a->exposure == b->exposure
           && fg_need_terms_same(a, b);
}

static uint32_t *slot_of(struct fg_placer *placer, const struct fg_need *need)
{
    return &placer->slots[hash_need(need) & (FG_PLACE_SLOTS - 1)];
}

/* A place for a new class: that of the one not asked for the longest, once there is no more room. */
static struct fg_place_class *make_class(struct fg_placer *placer)
{
    if (placer->classes_len < placer->classes_max) {
        struct fg_place_class *class = &placer->classes[placer->classes_len++];
        class->scores = malloc(placer->shape.size * sizeof(class->scores[0]));
        if (!class->scores)
            abort();
        return class;
    }
    struct fg_place_class *oldest = &placer->classes[0];
    for (size_t i = 1; i < placer->classes_len; i++)
        if (placer->classes[i].asked < oldest->asked)
            oldest = &placer->classes[i];
    uint32_t number = (uint32_t)(oldest - placer->classes) + 1;
    uint32_t *link = slot_of(placer, &oldest->ask.need);
    while (*link != number)
        link = &placer->classes[*link - 1].next;
    *link = oldest->next;
    return oldest;
}

static void score_all(struct fg_placer *placer, struct fg_place_class *class)
{
    for (uint32_t node = 0; node < placer->view.nodes_len; node++)
        class->scores[rank_of(placer, node)] =
            fg_scene_score(&placer->view, placer->policy, node + 1, &class->ask);
    fg_tree_build(&placer->shape, class->scores, placer->view.nodes_len);
    class->seen = placer->changes;
}

static struct fg_place_class *class_of(struct fg_placer *placer, const struct fg_need *need)
{
    uint32_t *slot = slot_of(placer, need);
    for (uint32_t i = *slot; i; i = placer->classes[i - 1].next)
        if (is_same(&placer->classes[i - 1].ask.need, need))
            return &placer->classes[i - 1];
    struct fg_place_class *class = make_class(placer);
    class->ask = fg_placer_ask(placer, need, class->data);
    class->next = *slot;
    *slot = (uint32_t)(class - placer->classes) + 1;
    score_all(placer, class);
    return class;
}

/* Score the nodes that have changed since the class was last asked for. */
static void update_class(struct fg_placer *placer, struct fg_place_class *class)
{
    uint64_t behind = placer->changes - class->seen;
    if (behind > placer->log_len || behind > placer->view.nodes_len + 64) {
        score_all(placer, class);
        return;
    }
    for (uint64_t number = class->seen + 1; number <= placer->changes; number++) {
        uint32_t node = placer->log[number & (placer->log_len - 1)];
        if (placer->last[node] != number)
            continue; /* it comes again */
        int32_t score = fg_scene_score(&placer->view, placer->policy, node + 1, &class->ask);
        fg_tree_set(&placer->shape, class->scores, rank_of(placer, node), score);
    }
    class->seen = placer->changes;
}

/* -- choosing ------------------------------------------------------------------------------------------- */

static struct fg_grant grant_of(const struct fg_need *need, fg_node_id id, uint32_t devices)
{
    return (struct fg_grant){
        .node = id,
        .devices = devices,
        .gpu_milli = need->count ? need->gpu_milli : 0,
        .cpu_milli = need->cpu_milli,
        .mem_mib = need->mem_mib,
    };
}

bool fg_placer_choose_on(struct fg_placer *placer,
                         const struct fg_pool *also,
                         const struct fg_ask *ask,
                         uint32_t node,
                         struct fg_grant *out_grant)
{
    uint32_t devices;
    if (fg_scene_choose(&placer->view, placer->policy, also, node + 1, ask, &devices)
        == FG_KEY_NONE)
        return false;
    *out_grant = grant_of(&ask->need, node + 1, devices);
    return true;
}

/* A node that is refused is taken out of the scores while the question lasts. */
static void put_back(struct fg_placer *placer, struct fg_place_class *class, size_t refused)
{
    while (refused > 0) {
        uint32_t node = placer->refused[--refused];
        int32_t score = fg_scene_score(&placer->view, placer->policy, node + 1, &class->ask);
        fg_tree_set(&placer->shape, class->scores, rank_of(placer, node), score);
    }
}

/* The first of the best by score alone, or with the distance from `beside` taken off; SIZE_MAX none. */
static size_t best_rank(const struct fg_placer *placer,
                        const struct fg_place_class *class,
                        fg_node_id beside)
{
    if (!beside)
        return fg_tree_first(&placer->shape, class->scores);
    const struct fg_pool *pool = placer->view.pool;
    const struct fg_node_spec *near = fg_pool_spec(pool, beside);
    int64_t best = INT64_MIN;
    size_t best_at = SIZE_MAX;
    for (size_t rank = 0; rank < placer->view.nodes_len; rank++) {
        if (class->scores[rank] == FG_KEY_NONE)
            continue;
        const struct fg_node_spec *spec = fg_pool_spec(pool, placer->at_rank[rank] + 1);
        int64_t away = (int64_t)placer->weights.topology * fg_place_distance(near, spec) / 1000;
        int64_t score = class->scores[rank] - away * FG_KEY_TIES;
        if (score > best) {
            best = score;
            best_at = rank;
        }
    }
    return best_at;
}

/* Down the scores, until a node fits into `also` too. */
static bool choose_scored(struct fg_placer *placer,
                          const struct fg_pool *also,
                          const struct fg_need *need,
                          fg_node_id beside,
                          struct fg_grant *out_grant)
{
    struct fg_place_class *class = class_of(placer, need);
    class->asked = ++placer->questions;
    update_class(placer, class);
    size_t refused = 0, rank;
    bool found = false;
    while (!found && (rank = best_rank(placer, class, beside)) != SIZE_MAX) {
        uint32_t node = placer->at_rank[rank];
        found = fg_placer_choose_on(placer, also, &class->ask, node, out_grant);
        if (found)
            break;
        placer->refused[refused++] = node;
        fg_tree_set(&placer->shape, class->scores, rank, FG_TREE_NONE);
    }
    put_back(placer, class, refused);
    return found;
}

bool fg_placer_choose(struct fg_placer *placer,
                      const struct fg_pool *also,
                      const struct fg_need *need,
                      struct fg_grant *out_grant)
{
    fg_placer_keep_up(placer);
    if (placer->policy->is_random)
        return fg_placer_choose_random(placer, also, need, out_grant);
    return choose_scored(placer, also, need, 0, out_grant);
}

bool fg_placer_choose_beside(struct fg_placer *placer,
                             const struct fg_pool *also,
                             const struct fg_need *need,
                             fg_node_id beside,
                             struct fg_grant *out_grant)
{
    fg_placer_keep_up(placer);
    if (placer->policy->is_random)
        return fg_placer_choose_random(placer, also, need, out_grant);
    return choose_scored(placer, also, need, placer->weights.topology ? beside : 0, out_grant);
}

int64_t fg_placer_frag_milli(struct fg_placer *placer)
{
    fg_placer_keep_up(placer);
    return placer->view.frag / FG_FRAG_ONE;
}
