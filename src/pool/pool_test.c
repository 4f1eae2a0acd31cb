/* pool_test.c - the index never lies, best fit finds whatever a scan finds, a claim is all or nothing. */
#include "pool/pool.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS      120
#define STEPS      220
#define GRANTS_MAX 512

/* -- a world to draw from ---------------------------------------------------------------------- */

static const char *const kinds[] = {"h100-sxm-80g", "h100-pcie-80g", "a100", "fpga-u250"};
static const uint32_t kind_mem_mib[] = {81920, 81920, 40960, 0};

struct world {
    uint64_t seed;
    struct fg_pool *pool, *copy;
    struct fg_grant grants[GRANTS_MAX];
    size_t grants_len;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static struct fg_node_spec node_of(const char *name, uint32_t cores, uint64_t mem_mib)
{
    struct fg_node_spec spec = {.cpu_milli = cores * 1000, .mem_mib = mem_mib};
    snprintf(spec.name, sizeof(spec.name), "%s", name);
    return spec;
}

static void give(struct fg_node_spec *spec, const char *kind, uint32_t mem_mib, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct fg_device_spec *device = &spec->devices[spec->devices_len++];
        snprintf(device->kind, sizeof(device->kind), "%s", kind);
        device->mem_mib = mem_mib;
    }
}

static void add_random_node(struct world *world, uint32_t kinds_len)
{
    char name[32];
    snprintf(name, sizeof(name), "n%zu", fg_pool_len(world->pool) + 1);
    struct fg_node_spec spec = node_of(name, 1 + draw(world, 64), draw(world, 512) * 1024);
    for (uint32_t groups = draw(world, 3); groups > 0; groups--) {
        uint32_t kind = draw(world, kinds_len);
        uint32_t mem = draw(world, 4) ? kind_mem_mib[kind] : kind_mem_mib[kind] / 2;
        give(&spec, kinds[kind], mem, 1 + draw(world, 8));
    }
    if (draw(world, 40) == 0)
        give(&spec, kinds[0], 81920, FG_NODE_DEVICES_MAX - spec.devices_len);
    if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
        abort();
}

static void build(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed};
    uint32_t nodes = 1 + draw(world, draw(world, 4) ? 12 : 200), kinds_len = 1 + draw(world, 4);
    world->pool = fg_pool_new(nodes + draw(world, 3));
    world->copy = fg_pool_new(fg_pool_max(world->pool));
    for (uint32_t i = 0; i < nodes; i++)
        add_random_node(world, kinds_len);
}

static void clear(struct world *world)
{
    fg_pool_free(world->pool);
    fg_pool_free(world->copy);
}

static struct fg_need random_need(struct world *world)
{
    static const char *const asked[] = {"h100",         "any",  "a100",
                                        "h100-sxm-80g", "fpga", "none-such"};
    struct fg_request request = {.cpu_milli = draw(world, 8) * 700,
                                 .mem_mib = draw(world, 3) ? draw(world, 64) * 1024 : 0};
    if (draw(world, 4)) {
        snprintf(request.kind, sizeof(request.kind), "%s", asked[draw(world, 6)]);
        bool share = draw(world, 2);
        request.count = share ? 1 : 1 + draw(world, draw(world, 2) ? 2 : 9);
        request.gpu_milli = share ? 1 + draw(world, 999) : 1000;
        request.gpu_mem_mib = draw(world, 3) ? 0 : draw(world, 60000);
    }
    return fg_pool_need(world->pool, &request);
}

/* -- what a plain scan says --------------------------------------------------------------------- */

static uint32_t left_in_both(const struct fg_pool *pool,
                             const struct fg_pool *also,
                             fg_node_id id,
                             uint32_t i)
{
    uint32_t left = fg_pool_node(pool, id)->left_milli[i];
    uint32_t second = also ? fg_pool_node(also, id)->left_milli[i] : 1000;
    return left < second ? left : second;
}

/* Devices of one kind on one node that could serve. */
static uint32_t able(const struct fg_pool *pool,
                     const struct fg_pool *also,
                     fg_node_id id,
                     uint32_t kind,
                     const struct fg_need *need)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    uint32_t found = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        found +=
            node->kind[i] == kind && left_in_both(pool, also, id, i) >= need->gpu_milli
            && (uint64_t)node->device_mem_mib[i] * need->gpu_milli / 1000 >= need->gpu_mem_mib;
    return found;
}

static bool takes(const struct fg_pool *pool,
                  const struct fg_pool *also,
                  fg_node_id id,
                  const struct fg_need *need)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    if (node->state != FG_NODE_UP || node->cpu_milli_left < need->cpu_milli
        || node->mem_mib_left < need->mem_mib)
        return false;
    if (also
        && (fg_pool_node(also, id)->cpu_milli_left < need->cpu_milli
            || fg_pool_node(also, id)->mem_mib_left < need->mem_mib))
        return false;
    if (need->count == 0)
        return true;
    for (uint32_t kind = 0; kind < fg_pool_kinds_len(pool); kind++)
        if ((need->kinds >> kind & 1) && able(pool, also, id, kind, need) >= need->count)
            return true;
    return false;
}

/* Among the nodes that take it: the least untouched devices of a kind that serves it. */
static uint32_t fewest_untouched(const struct fg_pool *pool, const struct fg_need *need)
{
    uint32_t best = UINT32_MAX;
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        if (!takes(pool, NULL, id, need))
            continue;
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        for (uint32_t kind = 0; kind < fg_pool_kinds_len(pool); kind++) {
            uint32_t untouched = 0;
            for (uint32_t i = 0; i < node->devices_len; i++)
                untouched += node->kind[i] == kind && node->left_milli[i] == 1000;
            if ((need->kinds >> kind & 1) && able(pool, NULL, id, kind, need) >= need->count
                && untouched < best)
                best = untouched;
        }
    }
    return best;
}

/* Among the nodes that take it: the least left on a device that serves a share. */
static uint32_t fullest_device(const struct fg_pool *pool, const struct fg_need *need)
{
    uint32_t best = UINT32_MAX;
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        for (uint32_t i = 0; takes(pool, NULL, id, need) && i < node->devices_len; i++)
            if ((need->kinds >> node->kind[i] & 1) && node->left_milli[i] >= need->gpu_milli
                && (uint64_t)node->device_mem_mib[i] * need->gpu_milli / 1000
                       >= need->gpu_mem_mib
                && node->left_milli[i] < best)
                best = node->left_milli[i];
    }
    return best;
}

static bool is_good_choice(const struct fg_pool *pool,
                           const struct fg_need *need,
                           const struct fg_grant *grant)
{
    const struct fg_pool_node *node = fg_pool_node(pool, grant->node);
    if (need->count == 0) {
        bool spare = false; /* a node without accelerators would have done */
        for (fg_node_id id = 1; id <= fg_pool_len(pool); id++)
            spare |= fg_pool_node(pool, id)->devices_len == 0 && takes(pool, NULL, id, need);
        return !spare || node->devices_len == 0;
    }
    uint32_t first = (uint32_t)__builtin_ctz(grant->devices);
    if (need->gpu_milli < 1000)
        return node->left_milli[first] / 50 == fullest_device(pool, need) / 50;
    uint32_t untouched = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        untouched += node->kind[i] == node->kind[first] && node->left_milli[i] == 1000;
    return untouched == fewest_untouched(pool, need);
}

/* Claim one after the other on a copy: as often as fg_pool_room says, and not once more. */
static bool room_is_exact(struct world *world, fg_node_id id, const struct fg_need *need)
{
    uint32_t room = fg_pool_room(world->pool, id, need, false), count = 0;
    struct fg_grant grant;
    if (room > 2000)
        return true; /* hardly a limit */
    fg_pool_copy(world->copy, world->pool);
    while (fg_pool_fit(world->copy, NULL, id, need, false, &grant) && count <= room)
        count += fg_pool_claim(world->copy, &grant, NULL) == 0;
    return count == room;
}

/* -- properties ----------------------------------------------------------------------------------- */

static bool same_nodes(const struct fg_pool *a, const struct fg_pool *b)
{
    for (fg_node_id id = 1; id <= fg_pool_len(a); id++)
        if (memcmp(fg_pool_node(a, id), fg_pool_node(b, id), sizeof(struct fg_pool_node)) != 0)
            return false;
    return fg_pool_len(a) == fg_pool_len(b) && fg_pool_kinds_len(a) == fg_pool_kinds_len(b);
}

/* A random grant, most often one that is too much: refused without a trace, or claimed. */
static bool claims_are_all_or_nothing(struct world *world)
{
    struct fg_grant grant = {.node = draw(world, (uint32_t)fg_pool_len(world->pool) + 2),
                             .devices = draw(world, 2) ? draw(world, 256) : 0,
                             .gpu_milli = 1 + draw(world, 1200),
                             .cpu_milli = draw(world, 30000),
                             .mem_mib = draw(world, 200000)};
    fg_pool_copy(world->copy, world->pool);
    int rc = fg_pool_claim(world->pool, &grant, NULL);
    if (rc == 0)
        fg_pool_release(world->pool, &grant);
    return (rc == 0 || rc == FG_ENOCAP || rc == FG_ENOENT)
           && same_nodes(world->pool, world->copy) && fg_pool_check(world->pool);
}

static bool best_fit_is_right(struct world *world)
{
    struct fg_need need = random_need(world);
    struct fg_grant grant = {};
    bool any = false;
    for (fg_node_id id = 1; id <= fg_pool_len(world->pool); id++)
        any |= takes(world->pool, NULL, id, &need);
    bool found = fg_pool_best_fit(world->pool, NULL, &need, &grant);
    if (found != any)
        return false;
    fg_node_id probe = 1 + draw(world, (uint32_t)fg_pool_len(world->pool));
    if (!room_is_exact(world, probe, &need))
        return false;
    if (!found)
        return true;
    if (!is_good_choice(world->pool, &need, &grant)
        || (uint32_t)__builtin_popcount(grant.devices) != need.count)
        return false;
    if (world->grants_len < GRANTS_MAX && draw(world, 5) > 0) {
        if (fg_pool_claim(world->pool, &grant, NULL) != 0)
            return false;
        world->grants[world->grants_len++] = grant;
    }
    return true;
}

/* A second pool in which other things are held: a fit is free in both, and is found if there is one. */
static bool also_is_right(struct world *world)
{
    fg_pool_copy(world->copy, world->pool);
    for (uint32_t i = draw(world, 8); i > 0 && world->grants_len; i--) {
        struct fg_need other = random_need(world);
        struct fg_grant grant;
        if (fg_pool_best_fit(world->copy, NULL, &other, &grant)
            && fg_pool_claim(world->copy, &grant, NULL) != 0)
            return false;
    }
    struct fg_need need = random_need(world);
    struct fg_grant grant;
    bool any = false;
    for (fg_node_id id = 1; id <= fg_pool_len(world->pool); id++)
        any |= takes(world->pool, world->copy, id, &need);
    if (fg_pool_best_fit(world->pool, world->copy, &need, &grant) != any)
        return false;
    if (!any)
        return true;
    if (fg_pool_claim(world->pool, &grant, NULL) != 0
        || fg_pool_claim(world->copy, &grant, NULL) != 0)
        return false;
    fg_pool_release(world->pool, &grant);
    return true;
}

static void change_something(struct world *world)
{
    if (world->grants_len && draw(world, 3) == 0) {
        size_t at = draw(world, (uint32_t)world->grants_len);
        fg_pool_release(world->pool, &world->grants[at]);
        world->grants[at] = world->grants[--world->grants_len];
    }
    if (draw(world, 12) == 0)
        fg_pool_set_state(world->pool, 1 + draw(world, (uint32_t)fg_pool_len(world->pool)),
                          draw(world, 2) ? FG_NODE_UP : draw(world, FG_NODE_DOWN + 1));
}

static void whatever_happens_the_index_is_right(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world world;
        build(&world, seed);
        const char *broken = NULL;
        for (int step = 0; step < STEPS && !broken; step++) {
            broken = !best_fit_is_right(&world)           ? "best fit"
                     : !claims_are_all_or_nothing(&world) ? "claim"
                     : !also_is_right(&world)             ? "also"
                                                          : NULL;
            change_something(&world);
            if (!fg_pool_check(world.pool))
                broken = "index";
        }
        while (world.grants_len)
            fg_pool_release(world.pool, &world.grants[--world.grants_len]);
        for (fg_node_id id = 1; id <= fg_pool_len(world.pool); id++)
            if (!fg_pool_is_idle(world.pool, id))
                broken = "idle";
        if (broken)
            printf("# seed %llu: %s\n", (unsigned long long)seed, broken);
        if (broken || seed == SEEDS)
            OK(!broken);
        clear(&world);
    }
}

/* -- by example ------------------------------------------------------------------------------------- */

static struct fg_need ask(const struct fg_pool *pool,
                          const char *kind,
                          uint32_t count,
                          uint32_t gpu_milli)
{
    struct fg_request request = {.count = count, .gpu_milli = gpu_milli, .cpu_milli = 1000};
    snprintf(request.kind, sizeof(request.kind), "%s", kind);
    return fg_pool_need(pool, &request);
}

static void put(struct fg_pool *pool, const struct fg_node_spec *spec)
{
    EQ(fg_pool_add(pool, spec, NULL, NULL), 0);
}

static void names_of_kinds_match_by_their_parts(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(4);
    struct fg_node_spec spec = node_of("a", 8, 1024);
    give(&spec, "h100-sxm-80g", 0, 1);
    give(&spec, "h100", 0, 1);
    give(&spec, "h1000", 0, 1);
    give(&spec, "fpga-u250", 0, 1);
    put(pool, &spec);
    EQ(fg_pool_kinds(pool, "h100"), 0b0011);
    EQ(fg_pool_kinds(pool, "h100-sxm"), 0b0001);
    EQ(fg_pool_kinds(pool, "h100-sxm-80g"), 0b0001);
    EQ(fg_pool_kinds(pool, "h100-sxm-80g-x"), 0);
    EQ(fg_pool_kinds(pool, "any"), 0b1111);
    EQ(fg_pool_kinds(pool, "h"), 0);
    EQ(fg_pool_kinds(pool, ""), 0);
    give(&spec, "h100-mig-1g.10gb", 0, 1);
    give(&spec, "h100-mig-3g.40gb", 0, 1);
    put(pool, &spec);
    EQ(fg_pool_kinds(pool, "h100"), 0b000011);
    EQ(fg_pool_kinds(pool, "h100-mig"), 0b110000);
    EQ(fg_pool_kinds(pool, "h100-mig-3g.40gb"), 0b100000);
    EQ(fg_pool_kinds(pool, "any"), 0b111111);
}

static void device_memory_filters(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(4);
    struct fg_node_spec spec = node_of("a", 8, 1024);
    give(&spec, "a100", 40960, 1);
    give(&spec, "a100", 81920, 1);
    put(pool, &spec);
    struct {
        uint32_t count, gpu_milli, gpu_mem_mib, want_devices;
    } rows[] = {
        {1, 1000, 0, 0b01},    {1, 1000, 40960, 0b01}, {1, 1000, 40961, 0b10},
        {1, 1000, 81921, 0},   {2, 1000, 40960, 0b11}, {2, 1000, 40961, 0},
        {1, 500, 20480, 0b01}, {1, 500, 20481, 0b10},  {1, 499, 40960, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_need need = ask(pool, "a100", rows[i].count, rows[i].gpu_milli);
        need.gpu_mem_mib = rows[i].gpu_mem_mib;
        struct fg_grant grant = {};
        EQ(fg_pool_best_fit(pool, NULL, &need, &grant), rows[i].want_devices != 0);
        EQ(grant.devices, rows[i].want_devices);
    }
    /* The device was swapped for one with less: known from then on. */
    spec.devices[1].mem_mib = 40960;
    put(pool, &spec);
    struct fg_need need = ask(pool, "a100", 1, 1000);
    need.gpu_mem_mib = 81920;
    struct fg_grant grant;
    OK(!fg_pool_best_fit(pool, NULL, &need, &grant));
}

static void cpu_jobs_leave_accelerators_alone(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(8);
    struct fg_node_spec with = node_of("gpu", 8, 1024);
    give(&with, "h100", 0, 8);
    put(pool, &with);
    struct fg_node_spec same = node_of("cpu", 8, 1024), large = node_of("large", 128, 1024);
    put(pool, &large);
    put(pool, &same);
    struct fg_need need = ask(pool, "", 0, 0);
    struct fg_grant grant;
    for (int i = 0; i < 8; i++) {
        OK(fg_pool_best_fit(pool, NULL, &need, &grant));
        EQ(grant.node, 3); /* in the bucket of the first, and behind it */
        EQ(fg_pool_claim(pool, &grant, NULL), 0);
    }
    OK(fg_pool_best_fit(pool, NULL, &need, &grant));
    EQ(grant.node,
       2); /* in another bucket: many cores are better wasted than devices blocked */
    fg_pool_set_state(pool, 2, FG_NODE_DRAINING);
    OK(fg_pool_best_fit(pool, NULL, &need, &grant));
    EQ(grant.node, 1);
}

static void a_share_goes_where_others_are(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(8);
    for (int i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof(name), "n%d", i);
        struct fg_node_spec spec = node_of(name, 64, 1024);
        give(&spec, "a100", 0, 2);
        put(pool, &spec);
    }
    /* n0: 800 and 1000 left; n1: 300 and 900 left; n2 untouched */
    struct fg_grant held[] = {{.node = 1, .devices = 1, .gpu_milli = 200},
                              {.node = 2, .devices = 1, .gpu_milli = 700},
                              {.node = 2, .devices = 2, .gpu_milli = 100}};
    for (size_t i = 0; i < 3; i++)
        EQ(fg_pool_claim(pool, &held[i], NULL), 0);
    struct {
        uint32_t milli, node, devices;
    } rows[] = {{300, 2, 1}, {301, 1, 1}, {800, 1, 1}, {900, 2, 2}, {950, 1, 2}, {10, 2, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_need need = ask(pool, "a100", 1, rows[i].milli);
        struct fg_grant grant = {};
        OK(fg_pool_best_fit(pool, NULL, &need, &grant));
        EQ(grant.node, rows[i].node);
        EQ(grant.devices, rows[i].devices);
    }
}

static void a_node_may_come_again(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    struct fg_node_spec spec = node_of("a", 8, 1024);
    struct fg_grant grant = {.node = 1, .devices = 1, .gpu_milli = 1000};
    fg_node_id id = 0;
    give(&spec, "a100", 0, 2);
    EQ(fg_pool_add(pool, &spec, &id, NULL), 0);
    EQ(id, 1);
    EQ(fg_pool_claim(pool, &grant, NULL), 0);
    put(pool, &spec); /* the same: what is held stays held */
    EQ(fg_pool_node(pool, 1)->left_milli[0], 0);
    uint64_t generation = fg_pool_generation(pool);
    give(&spec, "h100", 0, 1);
    EQ(fg_pool_add(pool, &spec, &id, NULL), FG_ESTATE);
    EQ(fg_pool_kinds_len(pool), 1); /* refused without a trace */
    EQ(fg_pool_generation(pool), generation);
    fg_pool_release(pool, &grant);
    EQ(fg_pool_add(pool, &spec, &id, NULL), 0);
    EQ(id, 1);
    EQ(fg_pool_kinds(pool, "h100"), 0b10);
    OK(fg_pool_check(pool));
    struct fg_node_spec second = node_of("b", 1, 1), third = node_of("c", 1, 1);
    put(pool, &second);
    EQ(fg_pool_add(pool, &third, NULL, NULL), FG_ENOCAP);
    third.devices_len = FG_NODE_DEVICES_MAX + 1;
    EQ(fg_pool_add(pool, &third, NULL, NULL), FG_EINVAL);
    EQ(fg_pool_find(pool, "b"), 2);
    EQ(fg_pool_find(pool, "c"), 0);
}

static void sums_leave_out_what_is_down(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(4);
    struct fg_node_spec a = node_of("a", 8, 1024), b = node_of("b", 4, 2048);
    give(&a, "a100", 0, 2);
    put(pool, &a);
    put(pool, &b);
    struct fg_grant grant = {
        .node = 1, .devices = 0b11, .gpu_milli = 250, .cpu_milli = 1500, .mem_mib = 24};
    EQ(fg_pool_claim(pool, &grant, NULL), 0);
    fg_pool_set_state(pool, 2, FG_NODE_DRAINED);
    struct fg_pool_totals sum = fg_pool_totals(pool);
    EQ(sum.gpu_milli, 2000);
    EQ(sum.gpu_used_milli, 500);
    EQ(sum.cpu_milli, 12000);
    EQ(sum.cpu_used_milli, 1500);
    EQ(sum.mem_mib, 3072);
    EQ(sum.mem_used_mib, 24);
    fg_pool_set_state(pool, 1, FG_NODE_DOWN);
    EQ(fg_pool_totals(pool).gpu_milli, 0);
}

static void grants_are_taken_all_or_none(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    struct fg_node_spec spec = node_of("a", 8, 1024);
    give(&spec, kinds[0], 1024, 2);
    OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    struct fg_grant first = {.node = 1, .devices = 0b01, .gpu_milli = 1000}, second = first,
                    nowhere = {.node = 2};
    EQ(fg_pool_claim_all(pool, (struct fg_grant[]){first, second}, 2, NULL), FG_ENOCAP);
    EQ(fg_pool_claim_all(pool, (struct fg_grant[]){first, nowhere}, 2, NULL), FG_ENOENT);
    OK(fg_pool_is_idle(pool, 1));
    second.devices = 0b10;
    EQ(fg_pool_claim_all(pool, (struct fg_grant[]){first, second}, 2, NULL), 0);
    EQ(fg_pool_node(pool, 1)->left_milli[0] + fg_pool_node(pool, 1)->left_milli[1], 0);
    OK(fg_pool_check(pool));
}

/* -- islands --------------------------------------------------------------------------------------- */

/* Of all sets of `count` free devices: the least islands. */
static uint32_t least_islands(const struct fg_pool_node *node, uint32_t free, uint32_t count)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t set = 0; set < 1U << node->devices_len; set++)
        if ((set & ~free) == 0 && (uint32_t)__builtin_popcount(set) == count) {
            uint32_t islands = fg_pool_node_islands(node, set);
            least = islands < least ? islands : least;
        }
    return least;
}

static void picks_are_of_the_fewest_islands(void)
{
    struct world world = {.seed = 3};
    bool right = true;
    for (int round = 0; round < 400; round++) {
        struct fg_pool_node node = {.devices_len = 1 + draw(&world, 10), .islands = 4};
        for (uint32_t i = 0; i < node.devices_len; i++)
            node.island[i] = (uint8_t)draw(&world, 4);
        uint32_t free = draw(&world, 1U << node.devices_len), count = 1 + draw(&world, 6);
        uint32_t picked = fg_pool_node_pick(&node, free, count);
        if ((uint32_t)__builtin_popcount(free) < count)
            right = right && picked == 0;
        else
            right = right && (picked & ~free) == 0
                    && (uint32_t)__builtin_popcount(picked) == count
                    && fg_pool_node_islands(&node, picked) == least_islands(&node, free, count);
    }
    OK(right);
}

static void islands_are_learned_or_taken_from_numa(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    struct fg_node_spec spec = node_of("a", 8, 1024);
    give(&spec, kinds[0], 1024, 4);
    for (int32_t i = 0; i < 4; i++) {
        spec.devices[i].island = -1;
        spec.devices[i].numa = i / 2;
    }
    OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    EQ(fg_pool_node(pool, 1)->islands, 2);
    EQ(fg_pool_node_islands(fg_pool_node(pool, 1), 0b0110), 2);
    for (int32_t i = 0; i < 4; i++)
        spec.devices[i].island = 7;
    OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    EQ(fg_pool_node(pool, 1)->islands, 1);
}

static void a_place_is_used_again(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(3);
    struct fg_node_spec a = node_of("a", 8, 1024), b = node_of("b", 4, 512);
    struct fg_grant grant = {.node = 1, .cpu_milli = 1000};
    give(&b, kinds[1], 1024, 2);
    OK(fg_pool_add(pool, &a, NULL, NULL) == 0);
    OK(fg_pool_claim(pool, &grant, NULL) == 0);
    EQ(fg_pool_replace(pool, 1, &b, NULL), FG_ESTATE);
    fg_pool_release(pool, &grant);
    EQ(fg_pool_replace(pool, 1, &b, NULL), 0);
    EQ(fg_pool_find(pool, "a"), 0);
    EQ(fg_pool_find(pool, "b"), 1);
    EQ(fg_pool_node(pool, 1)->state, FG_NODE_DOWN);
    EQ(fg_pool_node(pool, 1)->devices_len, 2);
    OK(fg_pool_check(pool));
    fg_pool_set_state(pool, 1, FG_NODE_UP);
    OK(fg_pool_check(pool));
    OK(fg_pool_add(pool, &a, NULL, NULL) == 0);
    EQ(fg_pool_find(pool, "a"), 2);
    EQ(fg_pool_replace(pool, 1, &a, NULL), FG_EEXIST);
    EQ(fg_pool_replace(pool, 1, &b, NULL), 0); /* itself */
    EQ(fg_pool_find(pool, "b"), 1);
    FG_AUTO(fg_pool) struct fg_pool *copy = fg_pool_new(3);
    fg_pool_copy(copy, pool);
    OK(fg_pool_check(copy));
}

int main(void)
{
    RUN(a_place_is_used_again);
    RUN(names_of_kinds_match_by_their_parts);
    RUN(device_memory_filters);
    RUN(cpu_jobs_leave_accelerators_alone);
    RUN(a_share_goes_where_others_are);
    RUN(a_node_may_come_again);
    RUN(sums_leave_out_what_is_down);
    RUN(whatever_happens_the_index_is_right);
    RUN(grants_are_taken_all_or_none);
    RUN(picks_are_of_the_fewest_islands);
    RUN(islands_are_learned_or_taken_from_numa);
    return tap_done();
}
