/* place_test.c - the placer against plain definitions: what it keeps up to date equals what a full look at every node
 * says, the measures equal their formulas, the tables equal the best of all cuts. */
#include "place/account.h"
#include "place/placer.h"
#include "place/scene.h"
#include "place/tree.h"
#include "place/worth.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS      12
#define STEPS      120
#define GRANTS_MAX 1024
#define NODES_MAX  48

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    uint64_t z = random_state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* -- tree ------------------------------------------------------------------------------------------------ */

static size_t first_of_greatest(const int32_t *numbers, size_t len)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < len; i++)
        if (numbers[i] != FG_TREE_NONE && (best == SIZE_MAX || numbers[i] > numbers[best]))
            best = i;
    return best;
}

static bool tree_agrees(size_t len)
{
    struct fg_tree_shape shape = fg_tree_shape(len);
    int32_t *block = calloc(shape.size, sizeof(*block));
    int32_t *plain = calloc(len, sizeof(*plain));
    if (!block || !plain)
        abort();
    for (size_t i = 0; i < len; i++)
        block[i] = plain[i] = (int32_t)draw(20);
    fg_tree_build(&shape, block, len);
    bool same = fg_tree_first(&shape, block) == first_of_greatest(plain, len);
    for (int step = 0; same && step < 300; step++) {
        size_t i = draw((uint32_t)len);
        plain[i] = draw(3) ? (int32_t)draw(20) - 10 : FG_TREE_NONE;
        fg_tree_set(&shape, block, i, plain[i]);
        same = fg_tree_first(&shape, block) == first_of_greatest(plain, len);
    }
    free(block);
    free(plain);
    return same;
}

static void tree_gives_the_first_of_the_greatest(void)
{
    const size_t lens[] = {1, 2, 15, 16, 17, 255, 256, 257, 1213, 5000};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
        OK(tree_agrees(lens[i]));
}

/* -- what shares are worth --------------------------------------------------------------------------------- */

static struct fg_mix_type share(uint32_t gpu_milli, uint32_t weight)
{
    return (struct fg_mix_type){
        .kinds = UINT64_MAX, .count = 1, .gpu_milli = gpu_milli, .weight = weight};
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 0.01;
}

static void shares_are_worth_what_they_block(void)
{
    double worth[FG_WHOLE_MILLI + 1];
    struct fg_mix_type large[] = {share(810, 10)};
    fg_worth_of_shares(large, 1, worth);
    OK(is_near(worth[810], 1000));
    struct fg_mix_type pairs[] = {share(470, 10), share(460, 10)};
    fg_worth_of_shares(pairs, 2, worth);
    OK(is_near(worth[470] + worth[460], 1000));
    struct fg_mix_type halves[] = {share(500, 7), share(250, 9)};
    fg_worth_of_shares(halves, 2, worth);
    OK(is_near(worth[500], 500) && is_near(worth[250], 250));
    fg_worth_of_shares(halves, 0, worth);
    OK(is_near(worth[FG_WHOLE_MILLI], 1000) && worth[500] == 0);
}

/* The most that can be cut out of `room`, all ways tried. */
static double best_cut(const double *worth, const uint32_t *sizes, size_t len, uint32_t room)
{
    double best = 0;
    for (size_t i = 0; i < len; i++)
        if (sizes[i] <= room) {
            double cut = worth[sizes[i]] + best_cut(worth, sizes, len, room - sizes[i]);
            best = cut > best ? cut : best;
        }
    return best;
}

/* Duals price every pattern at one device at most, and all that is asked at what the best patterns need. */
static void no_cut_is_worth_more_than_a_device(void)
{
    random_state = 5;
    bool within = true, agrees = true;
    for (int round = 0; round < 40; round++) {
        struct fg_mix_type types[5];
        uint32_t sizes[5];
        for (size_t i = 0; i < 5; i++) {
            sizes[i] = 150 + draw(85) * 10;
            types[i] = share(sizes[i], 1 + draw(50));
        }
        double worth[FG_WHOLE_MILLI + 1], best[FG_WHOLE_MILLI + 1];
        fg_worth_of_shares(types, 5, worth);
        within = within && best_cut(worth, sizes, 5, FG_WHOLE_MILLI) <= 1000.01;
        fg_worth_of_leftovers(worth, best);
        for (uint32_t room = 0; room < FG_WHOLE_MILLI; room += 37)
            agrees = agrees && is_near(best[room], best_cut(worth, sizes, 5, room));
    }
    OK(within);
    OK(agrees);
}

/* -- a world to draw from ------------------------------------------------------------------------------------ */

static const char *const kinds[] = {"v100", "t4", "p100"};

struct world {
    struct fg_pool *pool, *also;
    struct fg_mix *mix;
    struct fg_grant grants[GRANTS_MAX];
    size_t grants_len;
    struct fg_view view; /* for plain looks */
    struct fg_place_tables *tables;
    uint64_t generation;             /* of the pool, when the tables were made */
    struct fg_place_weights weights; /* all 0: they do not count */
};

static void add_node(struct world *world)
{
    struct fg_node_spec spec = {.cpu_milli = (4 + draw(60)) * 1000,
                                .mem_mib = (8 + draw(120)) * 1024};
    snprintf(spec.name, sizeof(spec.name), "n%zu", fg_pool_len(world->pool) + 1);
    snprintf(spec.site, sizeof(spec.site), "site%u", draw(2));
    snprintf(spec.rack, sizeof(spec.rack), "rack%u", draw(3));
    spec.price_uusd_per_hour = draw(20) * 1'000'000;
    spec.asleep_watts = draw(100);
    spec.idle_watts = spec.asleep_watts + draw(300);
    spec.busy_watts = spec.idle_watts + draw(2000);
    spec.away_milli = draw(1001);
    uint32_t kind = draw(3), other = draw(8) ? kind : draw(3);
    uint32_t islands = draw(2) ? 1 : 1 + draw(4);
    spec.devices_len = draw(10) ? draw(9) : draw(FG_NODE_DEVICES_MAX + 1);
    for (uint32_t i = 0; i < spec.devices_len; i++) {
        const char *name = kinds[i % 2 ? kind : other];
        memcpy(spec.devices[i].kind, name, strlen(name) + 1);
        spec.devices[i].mem_mib = draw(9) ? 16384 : 8192;
        spec.devices[i].island = (int32_t)draw(islands);
    }
    if (fg_pool_add(world->pool, &spec, NULL, NULL) < 0)
        abort();
}

static struct fg_need random_need(void)
{
    struct fg_need need = {.cpu_milli = draw(12) * 1000,
                           .mem_mib = draw(3) ? draw(16) * 1024 : 0};
    uint32_t what = draw(10);
    if (what == 0)
        return need;
    need.kinds = draw(4) ? UINT64_MAX : 1 + draw(7);
    need.count = what < 7 ? 1 : 1 + draw(8);
    need.gpu_milli = what < 5 ? 50 + draw(19) * 50 : FG_WHOLE_MILLI;
    if (draw(3) == 0) {
        need.data_mib = draw(1 << 19);
        need.data_site = (uint8_t)(1 + draw(3));
    }
    if (draw(6) == 0)
        need.gpu_mem_mib = 1024 * (1 + draw(12));
    return need;
}

static void make_world(struct world *world, uint64_t seed)
{
    random_state = seed;
    *world = (struct world){.pool = fg_pool_new(NODES_MAX), .also = fg_pool_new(NODES_MAX)};
    world->mix = fg_mix_new();
    if (!world->pool || !world->also)
        abort();
    for (uint32_t nodes = 1 + draw(20); nodes > 0; nodes--)
        add_node(world);
    if (draw(2)
        && fg_wan_add(fg_pool_wan(world->pool), "site0", "site1", draw(1000), 1'000'000'000,
                      NULL)
               < 0)
        abort();
    fg_pool_copy(world->also, world->pool);
    for (int i = 0; i < 30; i++) {
        struct fg_need need = random_need();
        fg_mix_add(world->mix, &need, 1 + draw(20));
    }
    fg_mix_settle(world->mix, 0.95);
    fg_view_init(&world->view, world->pool);
    if (seed % 2) {
#define X(name, text) world->weights.name = (int32_t)draw(1000);
        FG_SCORERS(X)
#undef X
        world->view.weights = &world->weights;
    }
    world->generation = UINT64_MAX;
}

static void end_world(struct world *world)
{
    fg_pool_free(world->pool);
    fg_pool_free(world->also);
    fg_mix_free(world->mix);
    fg_view_fini(&world->view);
    fg_place_tables_free(world->tables);
}

/* Something happens to the pool. */
static void disturb(struct world *world)
{
    if (world->grants_len > 0 && draw(3) == 0) {
        size_t i = draw((uint32_t)world->grants_len);
        fg_pool_release(world->pool, &world->grants[i]);
        world->grants[i] = world->grants[--world->grants_len];
    }
    if (draw(30) == 0)
        fg_pool_set_state(world->pool, 1 + draw((uint32_t)fg_pool_len(world->pool)),
                          (enum fg_node_state)draw(4));
    if (draw(40) == 0 && fg_pool_len(world->pool) < NODES_MAX)
        add_node(world);
    if (draw(20) == 0)
        fg_pool_copy(world->also, world->pool);
}

/* -- the placer ------------------------------------------------------------------------------------------------ */

/* Everything from new, the tables only when nodes or kinds are others. */
static const struct fg_view *look_anew(struct world *world)
{
    if (world->generation != fg_pool_generation(world->pool)) {
        size_t len;
        const struct fg_mix_type *types = fg_mix_types(world->mix, &len);
        fg_place_tables_free(world->tables);
        struct fg_place_kind there[FG_POOL_KINDS_MAX];
        fg_place_kinds(world->pool, there);
        world->tables = fg_place_tables_new(types, len, there, fg_pool_kinds_len(world->pool));
        world->generation = fg_pool_generation(world->pool);
    }
    fg_view_rebuild(&world->view, world->tables);
    if (world->view.weights)
        fg_view_weigh(&world->view);
    return &world->view;
}

/* What a look at every node, the long way, says. */
static bool choose_plainly(struct world *world,
                           const struct fg_place_policy *policy,
                           const struct fg_pool *also,
                           const struct fg_need *need,
                           fg_node_id beside,
                           struct fg_grant *out)
{
    const struct fg_view *view = look_anew(world);
    struct fg_ask ask = fg_ask_of(need);
    int16_t data[FG_SITES_MAX + 1];
    if (need->data_mib > 0 && world->weights.data) {
        fg_place_data_penalties(fg_pool_wan_of(world->pool), need, data);
        ask.data = data;
    }
    int64_t best = INT64_MIN;
    for (fg_node_id id = 1; id <= fg_pool_len(world->pool); id++) {
        uint32_t devices, devices_also;
        int64_t score = fg_scene_choose(view, policy, NULL, id, &ask, &devices);
        if (score == FG_KEY_NONE)
            continue;
        if (beside && world->weights.topology)
            score -= (int64_t)FG_KEY_TIES
                     * (world->weights.topology
                        * fg_place_distance(fg_pool_spec(world->pool, beside),
                                            fg_pool_spec(world->pool, id))
                        / 1000);
        if (score <= best
            || fg_scene_choose(view, policy, also, id, &ask, &devices_also) == FG_KEY_NONE)
            continue;
        best = score;
        out->node = id;
        out->devices = devices_also;
    }
    return best != INT64_MIN;
}

static bool one_decision(struct world *world,
                         struct fg_placer *placer,
                         const struct fg_place_policy *policy)
{
    struct fg_need need = random_need();
    struct fg_grant grant, plain = {};
    const struct fg_pool *also = draw(4) ? NULL : world->also;
    if (also && fg_pool_len(also) != fg_pool_len(world->pool))
        also = NULL;
    fg_node_id beside = draw(3) ? 0 : 1 + draw((uint32_t)fg_pool_len(world->pool));
    bool fits = beside ? fg_placer_choose_beside(placer, also, &need, beside, &grant)
                       : fg_placer_choose(placer, also, &need, &grant);
    if (fits != choose_plainly(world, policy, also, &need, beside, &plain))
        return false;
    if (!fits)
        return true;
    if (!policy->is_random && (grant.node != plain.node || grant.devices != plain.devices))
        return false;
    struct fg_place_account account;
    fg_placer_account(placer, &need, grant.node, &account);
    if (!account.fits || account.score != account.points - account.taken_off
        || (!also && !beside && !policy->is_random
            && (account.place != 1 || account.devices != grant.devices)))
        return false;
    if (world->grants_len == GRANTS_MAX)
        return true;
    world->grants[world->grants_len++] = grant;
    return fg_pool_claim(world->pool, &grant, NULL) == 0;
}

static bool keeps_up(const struct fg_place_policy *policy, uint64_t seed)
{
    struct world world;
    make_world(&world, seed);
    struct fg_placer *placer = fg_placer_new(world.pool, policy, seed);
    fg_placer_mix(placer, world.mix);
    fg_placer_weights(placer, &world.weights);
    bool same = true;
    for (int step = 0; same && step < STEPS; step++) {
        disturb(&world);
        same = one_decision(&world, placer, policy);
    }
    fg_placer_free(placer);
    end_world(&world);
    return same;
}

/* No pod that fits is refused, none that does not is placed, and node and device are those of a full recomputation. */
static void placer_equals_a_full_look(void)
{
    for (size_t i = 0; fg_place_policies[i]; i++) {
        bool same = true;
        for (uint64_t seed = 1; same && seed <= SEEDS; seed++)
            same = keeps_up(fg_place_policies[i], seed);
        if (!tap_ok(same, fg_place_policies[i]->name, __FILE__, __LINE__))
            printf("#   policy %s\n", fg_place_policies[i]->name);
    }
}

/* -- the measures ---------------------------------------------------------------------------------------------- */

/* FGD's F of one node for one type, as the paper has it. */
static uint64_t lost_to(const struct fg_pool_node *node, const struct fg_mix_type *type)
{
    uint64_t all = 0, too_small = 0;
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        all += node->left_milli[i];
        if (node->left_milli[i] >= type->gpu_milli)
            fitting++;
        else
            too_small += node->left_milli[i];
    }
    if (type->count == 0 || node->cpu_milli_left < type->cpu_milli || fitting < type->count
        || (node->devices_len && !(type->kinds >> node->kind[0] & 1)))
        return all;
    return too_small;
}

static void fragmentation_is_that_of_the_paper(void)
{
    bool same = true;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world world;
        make_world(&world, seed);
        FG_AUTO(fg_placer)
        struct fg_placer *placer = fg_placer_new(world.pool, fg_place_policy_find("fgd"), 1);
        fg_placer_mix(placer, world.mix);
        fg_placer_weights(placer, &world.weights);
        for (int step = 0; step < STEPS; step++)
            same = one_decision(&world, placer, fg_place_policy_find("fgd")) && same;
        size_t len;
        const struct fg_mix_type *types = fg_mix_types(world.mix, &len);
        uint64_t sum = 0;
        bool mixed = false;
        for (fg_node_id id = 1; id <= fg_pool_len(world.pool); id++) {
            const struct fg_pool_node *node = fg_pool_node(world.pool, id);
            mixed = mixed || (node->kinds & (node->kinds - 1));
            for (size_t i = 0; i < len; i++)
                sum += lost_to(node, &types[i]) * types[i].weight;
        }
        same = same && (mixed || fg_placer_frag_milli(placer) == (int64_t)(sum / FG_FRAG_ONE));
        end_world(&world);
    }
    OK(same);
}

static void fgd_scores_as_published(void)
{
    struct fg_mix *mix = fg_mix_new();
    fg_mix_plain(mix);
    size_t len;
    const struct fg_mix_type *types = fg_mix_types(mix, &len);
    struct fg_place_tables *tables =
        fg_place_tables_new(types, len, &(struct fg_place_kind){1, 1, 1000}, 1);
    bool same = true;
    for (int32_t milli = -9000; milli <= 9000; milli++)
        same = same
               && fg_place_sigmoid(tables, milli * FG_FRAG_ONE)
                      == (int32_t)floor(100 / (1 + exp(-milli / 1000.0)));
    OK(same);
    fg_place_tables_free(tables);
    fg_mix_free(mix);
}

/* -- one decision at a time ---------------------------------------------------------------------------------------- */

/* One node of four devices: two shares of 500 go onto one device, and whole jobs find the others. */
static void best_fills_what_is_open(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    struct fg_node_spec spec = {.cpu_milli = 64000, .mem_mib = 65536, .devices_len = 4};
    for (int node = 0; node < 2; node++) {
        snprintf(spec.name, sizeof(spec.name), "n%d", node);
        for (int i = 0; i < 4; i++)
            memcpy(spec.devices[i].kind, "v100", 5);
        OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    }
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    struct fg_need half = {.kinds = 1, .count = 1, .gpu_milli = 500, .cpu_milli = 1000};
    struct fg_grant first, second;
    OK(fg_placer_choose(placer, NULL, &half, &first));
    OK(fg_pool_claim(pool, &first, NULL) == 0);
    OK(fg_placer_choose(placer, NULL, &half, &second));
    OK(second.node == first.node && second.devices == first.devices);
    OK(fg_pool_claim(pool, &second, NULL) == 0);
    struct fg_need four = {.kinds = 1, .count = 4, .gpu_milli = 1000};
    OK(fg_placer_choose(placer, NULL, &four, &second) && second.node != first.node);
    struct fg_need five = {.kinds = 1, .count = 5, .gpu_milli = 1000};
    OK(!fg_placer_choose(placer, NULL, &five, &second));
}

/* -- what else counts ------------------------------------------------------------------------------------------------ */

/* Two idle nodes, the second better in one respect: a weight on it picks the second, none the first. */
static fg_node_id picked(struct fg_node_spec first,
                         struct fg_node_spec second,
                         const struct fg_place_weights *weights)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    struct fg_need need = {.kinds = 1, .count = 1, .gpu_milli = 500, .cpu_milli = 1000};
    struct fg_grant grant = {};
    memcpy(first.name, "a", 2);
    memcpy(second.name, "b", 2);
    memcpy(first.devices[0].kind, "t4", 3);
    memcpy(second.devices[0].kind, "t4", 3);
    first.devices_len = second.devices_len = 1;
    if (fg_pool_add(pool, &first, NULL, NULL) < 0 || fg_pool_add(pool, &second, NULL, NULL) < 0)
        abort();
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    fg_placer_weights(placer, weights);
    return fg_placer_choose(placer, NULL, &need, &grant) ? grant.node : 0;
}

static void weights_pick_the_better_node(void)
{
    struct fg_node_spec plain = {.cpu_milli = 8000,
                                 .mem_mib = 8192,
                                 .price_uusd_per_hour = 2'000'000,
                                 .asleep_watts = 10,
                                 .idle_watts = 300,
                                 .busy_watts = 900,
                                 .away_milli = 100};
    struct fg_node_spec cheap = plain, frugal = plain, steady = plain;
    cheap.price_uusd_per_hour = 1'000'000;
    frugal.asleep_watts = 300;
    steady.away_milli = 0;
    struct fg_place_weights none = {}, price = {.price = 300}, energy = {.energy = 300},
                            reliability = {.reliability = 300};
    EQ(picked(plain, cheap, &none), 1);
    EQ(picked(plain, cheap, &price), 2);
    EQ(picked(plain, frugal, &none), 1);
    EQ(picked(plain, frugal, &energy), 2);
    EQ(picked(plain, steady, &none), 1);
    EQ(picked(plain, steady, &reliability), 2);
}

/* Two devices, of 200 W asleep, 400 W idle, 1,000 W busy: the first task wakes the node, the second does not. */
static void only_the_first_task_wakes_a_node(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(1);
    struct fg_node_spec spec = {.name = "a",
                                .cpu_milli = 8000,
                                .mem_mib = 8192,
                                .devices_len = 2,
                                .asleep_watts = 200,
                                .idle_watts = 400,
                                .busy_watts = 1000};
    for (int i = 0; i < 2; i++)
        memcpy(spec.devices[i].kind, "t4", 3);
    OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    struct fg_need need = {.kinds = 1, .count = 1, .gpu_milli = 1000, .cpu_milli = 1000};
    struct fg_place_account account;
    struct fg_grant grant;
    fg_placer_weights(placer, &(struct fg_place_weights){.energy = 100});
    fg_placer_account(placer, &need, 1, &account);
    EQ(account.penalties.energy, 200 + 300);
    OK(fg_placer_choose(placer, NULL, &need, &grant) && fg_pool_claim(pool, &grant, NULL) == 0);
    fg_placer_account(placer, &need, 1, &account);
    EQ(account.penalties.energy, 300);
}

static void data_is_near(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    for (int i = 0; i < 2; i++) {
        struct fg_node_spec spec = {.cpu_milli = 8000, .mem_mib = 8192, .devices_len = 1};
        snprintf(spec.name, sizeof(spec.name), "n%d", i);
        snprintf(spec.site, sizeof(spec.site), "site%d", i);
        memcpy(spec.devices[0].kind, "t4", 3);
        OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    }
    struct fg_request request = {
        .kind = "t4", .count = 1, .gpu_milli = 1000, .data_mib = 1 << 20, .data_site = "site1"};
    struct fg_need need = fg_pool_need(pool, &request);
    struct fg_grant grant;
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    OK(fg_placer_choose(placer, NULL, &need, &grant));
    EQ(grant.node, 1);
    fg_placer_weights(placer, &(struct fg_place_weights){.data = 200});
    OK(fg_placer_choose(placer, NULL, &need, &grant));
    EQ(grant.node, 2);
    struct fg_place_account account;
    fg_placer_account(placer, &need, 1, &account);
    EQ(account.penalties.data, 1000); /* a tebibyte over the internet */
    OK(fg_wan_add(fg_pool_wan(pool), "site0", "site1", 1000, 5'000'000'000, NULL) == 0);
    fg_placer_account(placer, &need, 1, &account);
    EQ(account.penalties.data, 61); /* 220 s of an hour */
    memcpy(request.data_site, "mars", 5);
    EQ(fg_pool_need(pool, &request).data_mib, 0); /* nobody knows where that is */
}

/* Two kinds, half of what is asked wants the second: who can take either takes the first, to the last device. */
static void scarce_kinds_are_kept_for_who_needs_them(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    static const char *const names[] = {"h100", "t4"};
    for (int i = 0; i < 2; i++) {
        struct fg_node_spec spec = {.cpu_milli = 64000, .mem_mib = 65536, .devices_len = 4};
        snprintf(spec.name, sizeof(spec.name), "n%d", i);
        for (int device = 0; device < 4; device++)
            memcpy(spec.devices[device].kind, names[1 - i], strlen(names[1 - i]) + 1);
        OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    }
    struct fg_need any = {.kinds = 0b11, .count = 1, .gpu_milli = 1000, .cpu_milli = 1000},
                   t4 = any, half = any;
    t4.kinds = 0b01;
    half.gpu_milli = 500;
    FG_AUTO(fg_mix) struct fg_mix *mix = fg_mix_new();
    fg_mix_add(mix, &any, 1);
    fg_mix_add(mix, &t4, 1);
    fg_mix_settle(mix, 1);
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    fg_placer_mix(placer, mix);
    static const fg_node_id wants[] = {2, 2, 2, 2, 1}; /* n1 has the h100s */
    for (size_t i = 0; i < 5; i++) {
        struct fg_grant grant;
        OK(fg_placer_choose(placer, NULL, i % 2 ? &any : &half, &grant));
        EQ(grant.node, wants[i]);
        grant.gpu_milli = 1000; /* a whole device each time */
        OK(fg_pool_claim(pool, &grant, NULL) == 0);
    }
}

static void gangs_stay_together(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(6);
    for (int i = 0; i < 6; i++) {
        struct fg_node_spec spec = {.cpu_milli = 8000, .mem_mib = 8192, .devices_len = 1};
        snprintf(spec.name, sizeof(spec.name), "n%d", i);
        snprintf(spec.site, sizeof(spec.site), "site%d", i % 2);
        snprintf(spec.rack, sizeof(spec.rack), "rack%d", i / 4);
        memcpy(spec.devices[0].kind, "t4", 3);
        OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    }
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    fg_placer_weights(placer, &(struct fg_place_weights){.topology = 200});
    struct fg_need need = {.kinds = 1, .count = 1, .gpu_milli = 1000, .cpu_milli = 1000};
    struct fg_grant grant;
    static const fg_node_id wants[] = {1, 3, 5, 2}; /* same rack, same site, elsewhere */
    for (size_t i = 0; i < 4; i++) {
        fg_node_id beside = i ? wants[i - 1] : 0;
        OK(beside ? fg_placer_choose_beside(placer, NULL, &need, beside, &grant)
                  : fg_placer_choose(placer, NULL, &need, &grant));
        EQ(grant.node, wants[i]);
        OK(fg_pool_claim(pool, &grant, NULL) == 0);
    }
}

/* Four devices with one of each pair taken, or two of one pair free: two tasks' devices want to be a pair. */
static void devices_of_a_task_are_neighbours(void)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(2);
    for (int i = 0; i < 2; i++) {
        struct fg_node_spec spec = {.cpu_milli = 8000, .mem_mib = 8192, .devices_len = 4};
        snprintf(spec.name, sizeof(spec.name), "n%d", i);
        for (int32_t device = 0; device < 4; device++) {
            memcpy(spec.devices[device].kind, "t4", 3);
            spec.devices[device].island = device % 2;
        }
        OK(fg_pool_add(pool, &spec, NULL, NULL) == 0);
    }
    struct fg_grant crossed = {.node = 1, .devices = 0b0011, .gpu_milli = 1000},
                    paired = {.node = 2, .devices = 0b0101, .gpu_milli = 1000}, grant;
    OK(fg_pool_claim(pool, &crossed, NULL) == 0 && fg_pool_claim(pool, &paired, NULL) == 0);
    FG_AUTO(fg_placer)
    struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_default(), 1);
    struct fg_need need = {.kinds = 1, .count = 2, .gpu_milli = 1000, .cpu_milli = 1000};
    OK(fg_placer_choose(placer, NULL, &need, &grant));
    EQ(grant.node, 1); /* nobody asked for neighbours */
    fg_placer_weights(placer, &(struct fg_place_weights){.topology = 200});
    OK(fg_placer_choose(placer, NULL, &need, &grant));
    EQ(grant.node, 2);
    EQ(grant.devices, 0b1010);
    struct fg_place_account account;
    fg_placer_account(placer, &need, 1, &account);
    EQ(account.penalties.topology, FG_PLACE_ISLANDS);
    fg_pool_release(pool, &crossed);
    fg_pool_release(pool, &paired);
    need.count = 1;
    OK(fg_placer_choose(placer, NULL, &need, &grant) && fg_pool_claim(pool, &grant, NULL) == 0);
    EQ(grant.devices, 0b0001);
    OK(fg_placer_choose(placer, NULL, &need, &grant));
    EQ(grant.devices, 0b0100); /* beside the first: the other pair stays whole */
}

static void names_find_policies(void)
{
    OK(fg_place_policy_find("fgd") != NULL);
    OK(fg_place_policy_find("bestfit") == fg_place_policy_find("best-fit"));
    OK(fg_place_policy_find("no such") == NULL);
    OK(strcmp(fg_place_policy_default()->name, "best") == 0);
}

int main(void)
{
    RUN(tree_gives_the_first_of_the_greatest);
    RUN(shares_are_worth_what_they_block);
    RUN(no_cut_is_worth_more_than_a_device);
    RUN(placer_equals_a_full_look);
    RUN(fragmentation_is_that_of_the_paper);
    RUN(fgd_scores_as_published);
    RUN(best_fills_what_is_open);
    RUN(weights_pick_the_better_node);
    RUN(only_the_first_task_wakes_a_node);
    RUN(data_is_near);
    RUN(scarce_kinds_are_kept_for_who_needs_them);
    RUN(gangs_stay_together);
    RUN(devices_of_a_task_are_neighbours);
    RUN(names_find_policies);
    return tap_done();
}
