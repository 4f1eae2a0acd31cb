/* pool.c - see pool.h
 *
 * Nodes live in one array and are never moved, so an id is an index + 1.
 */
#include "pool/pool_inner.h"

#include "model/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_pool *fg_pool_new(size_t nodes_max)
{
    assert(nodes_max > 0 && nodes_max <= FG_NODES_MAX);
    struct fg_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    pool->nodes_max = nodes_max;
    pool->nodes = calloc(nodes_max, sizeof(pool->nodes[0]));
    pool->specs = calloc(nodes_max, sizeof(pool->specs[0]));
    pool->names = fg_map_new(0);
    if (!pool->nodes || !pool->specs || fg_index_init(&pool->index, nodes_max) < 0
        || fg_pool_log_init(pool) < 0) {
        fg_pool_free(pool);
        return NULL;
    }
    return pool;
}

void fg_pool_free(struct fg_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; pool->specs && !pool->borrowed_specs && i < pool->nodes_len; i++)
        free(pool->specs[i]);
    free(pool->specs);
    free(pool->nodes);
    fg_index_fini(&pool->index);
    fg_pool_log_fini(pool);
    fg_map_free(pool->names);
    free(pool);
}

size_t fg_pool_len(const struct fg_pool *pool)
{
    return pool->nodes_len;
}

size_t fg_pool_max(const struct fg_pool *pool)
{
    return pool->nodes_max;
}

const struct fg_pool_node *fg_pool_node(const struct fg_pool *pool, fg_node_id node)
{
    assert(node > 0 && node <= pool->nodes_len);
    return &pool->nodes[node - 1];
}

const struct fg_node_spec *fg_pool_spec(const struct fg_pool *pool, fg_node_id node)
{
    assert(node > 0 && node <= pool->nodes_len);
    return pool->specs[node - 1];
}

/* FNV-1a; never 0, which the map does not take. */
static uint64_t name_hash(const char *name)
{
    uint64_t hash = 0xcbf2'9ce4'8422'2325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100'0000'01b3u;
    return hash | 1;
}

fg_node_id fg_pool_find(const struct fg_pool *pool, const char *name)
{
    uint32_t id;
    if (!fg_map_get(pool->names, name_hash(name), &id))
        return 0;
    if (strcmp(pool->specs[id - 1]->name, name) == 0)
        return id;
    /* Two names of one hash: only the first is in the map. */
    for (size_t i = 0; i < pool->nodes_len; i++)
        if (strcmp(pool->specs[i]->name, name) == 0)
            return (fg_node_id)(i + 1);
    return 0;
}

uint64_t fg_pool_generation(const struct fg_pool *pool)
{
    return pool->generation;
}

bool fg_pool_has_spot(const struct fg_pool *pool)
{
    return pool->has_spot;
}

bool fg_pool_has_sleepers(const struct fg_pool *pool)
{
    return pool->has_sleepers;
}

size_t fg_pool_kinds_len(const struct fg_pool *pool)
{
    return pool->kinds_len;
}

const char *fg_pool_kind_name(const struct fg_pool *pool, uint32_t kind)
{
    assert(kind < pool->kinds_len);
    return pool->kinds[kind];
}

struct fg_wan *fg_pool_wan(struct fg_pool *pool)
{
    return &pool->links;
}

const struct fg_wan *fg_pool_wan_of(const struct fg_pool *pool)
{
    return &pool->links;
}

const struct fg_suppliers *fg_pool_suppliers(const struct fg_pool *pool)
{
    return &pool->suppliers;
}

int fg_pool_set_supplier(struct fg_pool *pool,
                         const char *name,
                         const struct fg_supplier_state *state,
                         struct fg_err *err)
{
    int number = fg_suppliers_number(&pool->suppliers, name, err);
    if (number == 0)
        return fg_fail(err, FG_EINVAL, "supplier \"%s\": this machine is always up", name);
    if (number < 0)
        return number;
    struct fg_supplier_state *kept = &pool->suppliers.items[number].state;
    bool was_up = kept->up;
    *kept = *state;
    if (was_up == state->up)
        return 0;
    pool->suppliers.down ^= 1U << number;
    pool->generation++;
    return 0;
}

uint64_t fg_pool_kinds(const struct fg_pool *pool, const char *kind)
{
    uint64_t set = 0;
    for (size_t i = 0; i < pool->kinds_len; i++)
        if (fg_kind_is(pool->kinds[i], kind))
            set |= 1ULL << i;
    return set;
}

/* The number of this kind, made if new; FG_ENOCAP, FG_ENOMEM. */
static int intern_kind(struct fg_pool *pool, const char *name)
{
    for (size_t i = 0; i < pool->kinds_len; i++)
        if (strcmp(pool->kinds[i], name) == 0)
            return (int)i;
    if (pool->kinds_len == FG_POOL_KINDS_MAX)
        return FG_ENOCAP;
    int rc = fg_index_add_kind(&pool->index, pool->kinds_len + 1);
    if (rc < 0)
        return rc;
    memcpy(pool->kinds[pool->kinds_len], name, strlen(name) + 1);
    return (int)pool->kinds_len++;
}

static int check_spec(const struct fg_node_spec *spec, struct fg_err *err)
{
    if (spec->name[0] == '\0' || strlen(spec->name) >= FG_NAME_MAX)
        return fg_fail(err, FG_EINVAL, "a node without a name, expected 1 to %d bytes",
                       FG_NAME_MAX - 1);
    if (spec->devices_len > FG_NODE_DEVICES_MAX)
        return fg_fail(err, FG_EINVAL, "node %s: %u devices, expected 0 to %d", spec->name,
                       spec->devices_len, FG_NODE_DEVICES_MAX);
    for (uint32_t i = 0; i < spec->devices_len; i++)
        if (spec->devices[i].kind[0] == '\0')
            return fg_fail(err, FG_EINVAL, "node %s: device %u has no kind", spec->name, i);
    return 0;
}

static int fill_terms(struct fg_pool *pool,
                      const struct fg_node_spec *spec,
                      struct fg_node_terms *out,
                      struct fg_err *err)
{
    uint32_t cores = spec->cpu_milli / 1000;
    uint32_t units = spec->devices_len ? spec->devices_len : cores ? cores : 1;
    int64_t price_uusd = spec->price_uusd_per_hour / units;
    int supplier = fg_suppliers_number(&pool->suppliers, spec->supplier, err);
    int region = fg_suppliers_region(&pool->suppliers, spec->region, err);
    if (supplier < 0 || region < 0)
        return fg_wrap(err, supplier < 0 ? supplier : region, "node %s", spec->name);
    *out = (struct fg_node_terms){
        .price_uusd = price_uusd < UINT32_MAX ? (uint32_t)price_uusd : UINT32_MAX,
        .supplier = (uint8_t)supplier,
        .region = (uint8_t)region,
        .is_spot = spec->is_spot,
        .whole_only = spec->whole_only,
    };
    return 0;
}

static int fill_node(struct fg_pool *pool,
                     const struct fg_node_spec *spec,
                     struct fg_pool_node *out,
                     struct fg_err *err)
{
    *out = (struct fg_pool_node){
        .cpu_milli = spec->cpu_milli,
        .cpu_milli_left = spec->cpu_milli,
        .mem_mib = spec->mem_mib,
        .mem_mib_left = spec->mem_mib,
        .devices_len = spec->devices_len,
        .state = FG_NODE_UP,
    };
    for (uint32_t i = 0; i < spec->devices_len; i++) {
        int kind = intern_kind(pool, spec->devices[i].kind);
        if (kind < 0)
            return fg_fail(err, kind,
                           "node %s: kind %s is one more than the %d a pool can hold",
                           spec->name, spec->devices[i].kind, FG_POOL_KINDS_MAX);
        out->kind[i] = (uint8_t)kind;
        out->left_milli[i] = 1000;
        out->device_mem_mib[i] = spec->devices[i].mem_mib;
        out->kinds |= 1ULL << kind;
    }
    fg_pool_node_learn_islands(out, spec);
    int site = fg_wan_site(&pool->links, spec->site, err);
    if (site < 0)
        return fg_wrap(err, site, "node %s", spec->name);
    out->site = (uint8_t)site;
    return fill_terms(pool, spec, &out->terms, err);
}

static bool same_shape(const struct fg_pool_node *a, const struct fg_pool_node *b)
{
    return a->cpu_milli == b->cpu_milli && a->mem_mib == b->mem_mib
           && a->devices_len == b->devices_len
           && memcmp(a->kind, b->kind, sizeof(a->kind)) == 0;
}

/* Keep a copy that ends with its last device: a whole one is several KiB, and 100,000 nodes are many. */
static int keep_spec(struct fg_pool *pool, size_t at, const struct fg_node_spec *spec)
{
    size_t size =
        offsetof(struct fg_node_spec, devices) + spec->devices_len * sizeof(spec->devices[0]);
    struct fg_node_spec *kept = realloc(pool->specs[at], size);
    if (!kept)
        return FG_ENOMEM;
    memcpy(kept, spec, size);
    pool->specs[at] = kept;
    return 0;
}

/* What there is, or was. */
static void note_terms(struct fg_pool *pool, const struct fg_pool_node *node)
{
    struct fg_pool_supplier *supplier = &pool->suppliers.items[node->terms.supplier];
    pool->has_spot |= node->terms.is_spot;
    supplier->has_nodes = true;
    supplier->kinds |= node->kinds;
}

/* A known node again: what hangs on it stays where its shape is the same. */
static int update_node(struct fg_pool *pool,
                       fg_node_id id,
                       const struct fg_node_spec *spec,
                       const struct fg_pool_node *fresh,
                       struct fg_err *err)
{
    struct fg_pool_node *node = &pool->nodes[id - 1];
    bool same = same_shape(node, fresh), is_asleep = node->terms.is_asleep;
    if (!same && !fg_pool_is_idle(pool, id))
        return fg_fail(err, FG_ESTATE,
                       "node %s: its devices changed while jobs hold some of them", spec->name);
    if (keep_spec(pool, id - 1, spec) < 0)
        return fg_fail(err, FG_ENOMEM, "node %s: no memory", spec->name);
    if (!same) {
        enum fg_node_state state = node->state;
        uint16_t hazard = node->hazard;
        fg_index_take(&pool->index, id - 1, node);
        *node = *fresh;
        node->hazard = hazard;
        node->state = state;
        fg_index_put(&pool->index, id - 1, node);
    }
    fg_pool_log(pool, id);
    memcpy(node->device_mem_mib, fresh->device_mem_mib, sizeof(node->device_mem_mib));
    memcpy(node->island, fresh->island, sizeof(node->island));
    node->islands = fresh->islands;
    node->site = fresh->site;
    node->terms = fresh->terms;
    node->terms.is_asleep = is_asleep;
    note_terms(pool, fresh);
    pool->generation++;
    return 0;
}

static int append_node(struct fg_pool *pool,
                       const struct fg_node_spec *spec,
                       const struct fg_pool_node *fresh,
                       struct fg_err *err)
{
    if (pool->nodes_len == pool->nodes_max)
        return fg_fail(err, FG_ENOCAP, "node %s: the pool of %zu nodes is full", spec->name,
                       pool->nodes_max);
    if (keep_spec(pool, pool->nodes_len, spec) < 0)
        return fg_fail(err, FG_ENOMEM, "node %s: no memory", spec->name);
    pool->nodes[pool->nodes_len] = *fresh;
    note_terms(pool, fresh);
    fg_index_put(&pool->index, pool->nodes_len, fresh);
    pool->nodes_len++;
    fg_pool_log(pool, (fg_node_id)pool->nodes_len);
    if (!fg_map_get(pool->names, name_hash(spec->name), NULL))
        fg_map_put(pool->names, name_hash(spec->name), (uint32_t)pool->nodes_len);
    pool->generation++;
    return 0;
}

int fg_pool_add(struct fg_pool *pool,
                const struct fg_node_spec *spec,
                fg_node_id *out_node,
                struct fg_err *err)
{
    struct fg_pool_node fresh;
    size_t kinds_len = pool->kinds_len;
    int rc = check_spec(spec, err);
    if (rc == 0)
        rc = fill_node(pool, spec, &fresh, err);
    fg_node_id id = rc == 0 ? fg_pool_find(pool, spec->name) : 0;
    if (rc == 0 && id)
        rc = update_node(pool, id, spec, &fresh, err);
    else if (rc == 0)
        rc = append_node(pool, spec, &fresh, err);
    if (rc < 0) {
        pool->kinds_len = kinds_len; /* no node has the kinds that came with this one */
        return rc;
    }
    if (out_node)
        *out_node = id ? id : (fg_node_id)pool->nodes_len;
    return 0;
}

/* The name is free again; another node of the same hash takes its place in the map. */
static void forget_name(struct fg_pool *pool, fg_node_id id, const char *name)
{
    uint64_t hash = name_hash(name);
    uint32_t first;
    if (!fg_map_get(pool->names, hash, &first) || first != id)
        return;
    (void)fg_map_del(pool->names, hash);
    for (size_t at = 0; at < pool->nodes_len; at++)
        if (at != id - 1 && name_hash(pool->specs[at]->name) == hash) {
            fg_map_put(pool->names, hash, (uint32_t)at + 1);
            return;
        }
}

int fg_pool_replace(struct fg_pool *pool,
                    fg_node_id id,
                    const struct fg_node_spec *spec,
                    struct fg_err *err)
{
    assert(id > 0 && id <= pool->nodes_len);
    struct fg_pool_node fresh = {};
    char old[FG_NAME_MAX];
    size_t kinds_len = pool->kinds_len;
    fg_node_id same = fg_pool_find(pool, spec->name);
    memcpy(old, pool->specs[id - 1]->name, sizeof(old));
    if (same && same != id)
        return fg_fail(err, FG_EEXIST, "node %s: in the pool already", spec->name);
    if (!fg_pool_is_idle(pool, id))
        return fg_fail(err, FG_ESTATE, "node %s: jobs hold something of it", old);
    int rc = check_spec(spec, err);
    if (rc == 0)
        rc = fill_node(pool, spec, &fresh, err);
    if (rc == 0 && keep_spec(pool, id - 1, spec) < 0)
        rc = fg_fail(err, FG_ENOMEM, "node %s: no memory", spec->name);
    if (rc < 0) {
        pool->kinds_len = kinds_len;
        return rc;
    }
    fg_index_take(&pool->index, id - 1, &pool->nodes[id - 1]);
    pool->nodes[id - 1] = fresh;
    pool->nodes[id - 1].state = FG_NODE_DOWN;
    note_terms(pool, &fresh);
    forget_name(pool, id, old);
    if (!fg_map_get(pool->names, name_hash(spec->name), NULL))
        fg_map_put(pool->names, name_hash(spec->name), id);
    fg_pool_log(pool, id);
    pool->generation++;
    return 0;
}

void fg_pool_set_state(struct fg_pool *pool, fg_node_id id, enum fg_node_state state)
{
    assert(id > 0 && id <= pool->nodes_len);
    struct fg_pool_node *node = &pool->nodes[id - 1];
    fg_index_take(&pool->index, id - 1, node);
    node->state = state;
    fg_index_put(&pool->index, id - 1, node);
    fg_pool_log(pool, id);
    pool->generation++;
}

void fg_pool_set_hazard(struct fg_pool *pool, fg_node_id id, uint32_t per_khour)
{
    struct fg_pool_node *node = &pool->nodes[id - 1];
    uint32_t fresh = per_khour < UINT16_MAX ? per_khour : UINT16_MAX, was = node->hazard;
    uint32_t by = fresh > was ? fresh - was : was - fresh;
    if (5 * by < was || by == 0)
        return;
    node->hazard = (uint16_t)fresh;
    pool->has_hazards |= fresh > 0;
    fg_pool_log(pool, id);
}

bool fg_pool_has_hazards(const struct fg_pool *pool)
{
    return pool->has_hazards;
}

void fg_pool_set_asleep(struct fg_pool *pool, fg_node_id id, bool is_asleep)
{
    assert(id > 0 && id <= pool->nodes_len);
    struct fg_pool_node *node = &pool->nodes[id - 1];
    if (node->terms.is_asleep == is_asleep)
        return;
    node->terms.is_asleep = is_asleep;
    pool->has_sleepers |= is_asleep;
    fg_pool_log(pool, id);
    pool->generation++;
}

bool fg_pool_is_open(const struct fg_pool *pool, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    return node->state == FG_NODE_UP && !(pool->suppliers.down >> node->terms.supplier & 1);
}

bool fg_pool_is_idle(const struct fg_pool *pool, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    if (node->cpu_milli_left != node->cpu_milli || node->mem_mib_left != node->mem_mib)
        return false;
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (node->left_milli[i] != 1000)
            return false;
    return true;
}

int fg_pool_claim(struct fg_pool *pool, const struct fg_grant *grant, struct fg_err *err)
{
    if (grant->node == 0 || grant->node > pool->nodes_len)
        return fg_fail(err, FG_ENOENT, "node %u: not in the pool", grant->node);
    struct fg_pool_node *node = &pool->nodes[grant->node - 1];
    const char *name = pool->specs[grant->node - 1]->name;
    if (grant->cpu_milli > node->cpu_milli_left || grant->mem_mib > node->mem_mib_left)
        return fg_fail(err, FG_ENOCAP,
                       "node %s: %u milli-cores and %llu MiB asked, %u and %llu left", name,
                       grant->cpu_milli, (unsigned long long)grant->mem_mib,
                       node->cpu_milli_left, (unsigned long long)node->mem_mib_left);
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(mask);
        if (i >= node->devices_len)
            return fg_fail(err, FG_ENOENT, "node %s: no device %u", name, i);
        if (node->left_milli[i] < grant->gpu_milli)
            return fg_fail(err, FG_ENOCAP, "node %s: device %u: %u milli asked, %u left", name,
                           i, grant->gpu_milli, node->left_milli[i]);
    }

    fg_index_take(&pool->index, grant->node - 1, node);
    node->cpu_milli_left -= grant->cpu_milli;
    node->mem_mib_left -= grant->mem_mib;
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
        node->left_milli[__builtin_ctz(mask)] -= (uint16_t)grant->gpu_milli;
    node->hosts[fg_host_class(grant->devices, grant->gpu_milli)]++;
    fg_index_put(&pool->index, grant->node - 1, node);
    fg_pool_log(pool, grant->node);
    return 0;
}

int fg_pool_claim_all(struct fg_pool *pool,
                      const struct fg_grant *grants,
                      size_t len,
                      struct fg_err *err)
{
    for (size_t i = 0; i < len; i++) {
        int rc = fg_pool_claim(pool, &grants[i], err);
        if (rc == 0)
            continue;
        while (i-- > 0)
            fg_pool_release(pool, &grants[i]);
        return rc;
    }
    return 0;
}

void fg_pool_release(struct fg_pool *pool, const struct fg_grant *grant)
{
    assert(grant->node > 0 && grant->node <= pool->nodes_len);
    struct fg_pool_node *node = &pool->nodes[grant->node - 1];
    fg_index_take(&pool->index, grant->node - 1, node);
    node->cpu_milli_left += grant->cpu_milli;
    node->mem_mib_left += grant->mem_mib;
    assert(node->cpu_milli_left <= node->cpu_milli);
    assert(node->mem_mib_left <= node->mem_mib);
    for (uint32_t mask = grant->devices; mask; mask &= mask - 1) {
        uint16_t *left = &node->left_milli[__builtin_ctz(mask)];
        *left = (uint16_t)(*left + grant->gpu_milli);
        assert(*left <= 1000);
    }
    uint16_t *hosts = &node->hosts[fg_host_class(grant->devices, grant->gpu_milli)];
    assert(*hosts > 0);
    --*hosts;
    fg_index_put(&pool->index, grant->node - 1, node);
    fg_pool_log(pool, grant->node);
}

enum fg_host_class fg_host_class(uint32_t devices, uint32_t gpu_milli)
{
    if (devices == 0)
        return FG_HOST_CPU;
    if (gpu_milli < 1000)
        return FG_HOST_SHARE;
    int count = __builtin_popcount(devices);
    return count == 1   ? FG_HOST_ONE
           : count == 2 ? FG_HOST_TWO
           : count <= 4 ? FG_HOST_FOUR
                        : FG_HOST_EIGHT;
}

void fg_pool_copy(struct fg_pool *to, const struct fg_pool *from)
{
    assert(to->nodes_max == from->nodes_max);
    assert(to->borrowed_specs || to->nodes_len == 0);
    if (fg_index_add_kind(&to->index, from->index.kinds_room) < 0)
        abort();
    to->borrowed_specs = true;
    memcpy(to->specs, from->specs, from->nodes_len * sizeof(to->specs[0]));
    memcpy(to->nodes, from->nodes, from->nodes_len * sizeof(to->nodes[0]));
    memcpy(to->kinds, from->kinds, sizeof(to->kinds));
    to->links = from->links;
    to->suppliers = from->suppliers;
    fg_index_copy(&to->index, &from->index);
    to->nodes_len = from->nodes_len;
    to->kinds_len = from->kinds_len;
    to->generation = from->generation;
    to->has_sleepers = from->has_sleepers;
    fg_pool_log_all(to);
}

struct fg_pool_totals fg_pool_totals(const struct fg_pool *pool)
{
    struct fg_pool_totals sum = {};
    for (size_t at = 0; at < pool->nodes_len; at++) {
        const struct fg_pool_node *node = &pool->nodes[at];
        if (node->state == FG_NODE_DOWN)
            continue;
        sum.cpu_milli += node->cpu_milli;
        sum.cpu_used_milli += node->cpu_milli - node->cpu_milli_left;
        sum.mem_mib += node->mem_mib;
        sum.mem_used_mib += node->mem_mib - node->mem_mib_left;
        sum.gpu_milli += 1000ULL * node->devices_len;
        for (uint32_t i = 0; i < node->devices_len; i++)
            sum.gpu_used_milli += 1000ULL - node->left_milli[i];
    }
    return sum;
}
