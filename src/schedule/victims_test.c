/* victims_test.c - who is asked to stop, against all sets of those who could be. */
#include "schedule/victims.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS       4000
#define NODES_MAX   4
#define VICTIMS_MAX 10

struct scene {
    uint64_t random;
    struct fg_pool *pool;
    struct runner runners[VICTIMS_MAX];
    struct fg_grant grants[VICTIMS_MAX][2];
    struct fg_victim victims[VICTIMS_MAX];
    size_t len;
    struct fg_gang gang;
};

static uint32_t draw(struct scene *scene, uint32_t below)
{
    uint64_t z = scene->random += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void add_nodes(struct scene *scene)
{
    uint32_t nodes = 1 + draw(scene, NODES_MAX);
    scene->pool = fg_pool_new(NODES_MAX);
    for (uint32_t n = 0; n < nodes; n++) {
        struct fg_node_spec spec = {
            .cpu_milli = 16000, .mem_mib = 65536, .devices_len = 2 + draw(scene, 3)};
        snprintf(spec.name, sizeof(spec.name), "n%u", n);
        for (uint32_t i = 0; i < spec.devices_len; i++)
            memcpy(spec.devices[i].kind, "h100", 5);
        if (fg_pool_add(scene->pool, &spec, NULL, NULL) != 0)
            abort();
    }
}

static struct fg_need need(struct scene *scene)
{
    struct fg_request request = {.kind = "h100",
                                 .count = 1 + draw(scene, 3),
                                 .gpu_milli = 1000,
                                 .cpu_milli = 1000 * (1 + draw(scene, 8))};
    if (request.count == 1 && draw(scene, 2))
        request.gpu_milli = 250 * (1 + draw(scene, 3));
    return fg_pool_need(scene->pool, &request);
}

static void add_victim(struct scene *scene)
{
    struct fg_need its = need(scene);
    size_t at = scene->len, tasks = 1 + (draw(scene, 4) == 0), placed = 0;
    struct fg_grant *grants = scene->grants[at];
    while (placed < tasks && fg_pool_best_fit(scene->pool, NULL, &its, &grants[placed]))
        if (fg_pool_claim(scene->pool, &grants[placed++], NULL) != 0)
            abort();
    if (placed == 0 || draw(scene, 8) == 0)
        return; /* who stays there may not be asked */
    scene->runners[at] = (struct runner){
        .job = at + 1, .grants_len = (uint32_t)placed, .one = grants[0], .many = grants};
    scene->victims[at] = (struct fg_victim){.runner = &scene->runners[at],
                                            .standing = draw(scene, 3),
                                            .cost_us = 1 + draw(scene, 50)};
    scene->len++;
}

static int goes_first(const void *a, const void *b)
{
    const struct fg_victim *x = a, *y = b;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    return x->cost_us < y->cost_us ? -1 : x->cost_us > y->cost_us;
}

static void build(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){.random = seed};
    add_nodes(scene);
    for (int i = 0; i < VICTIMS_MAX; i++)
        add_victim(scene);
    scene->gang = (struct fg_gang){.tasks = draw(scene, 3) ? 1 : 2,
                                   .needs = {need(scene)},
                                   .allowed = {true},
                                   .needs_len = 1,
                                   .ways = {{0, FG_WAY_ANYWHERE}},
                                   .ways_len = 1};
    qsort(scene->victims, scene->len, sizeof(scene->victims[0]), goes_first);
}

static bool has_room(const struct scene *scene)
{
    struct fg_gang_room room = fg_gang_room(scene->pool, &scene->gang);
    return fg_gang_has_room(&scene->gang, &room);
}

static void hold(const struct scene *scene, uint32_t set, bool release)
{
    for (size_t v = 0; v < scene->len; v++)
        for (size_t i = 0; set >> v & 1 && i < scene->victims[v].runner->grants_len; i++) {
            const struct fg_grant *grant = &fg_runner_grants(scene->victims[v].runner)[i];
            if (release)
                fg_pool_release(scene->pool, grant);
            else if (fg_pool_claim(scene->pool, grant, NULL) != 0)
                abort();
        }
}

struct worth {
    int64_t standing, cost_us; /* the highest, and of all together */
};

static struct worth worth_of(const struct scene *scene, uint32_t set)
{
    struct worth worth = {.standing = -1};
    for (size_t v = 0; v < scene->len; v++) {
        if (!(set >> v & 1))
            continue;
        worth.cost_us += scene->victims[v].cost_us;
        if (scene->victims[v].standing > worth.standing)
            worth.standing = scene->victims[v].standing;
    }
    return worth;
}

static bool is_better(struct worth a, struct worth b)
{
    return a.standing != b.standing ? a.standing < b.standing : a.cost_us < b.cost_us;
}

/* false: none makes room. */
static bool best_of_all(const struct scene *scene, struct worth *out)
{
    bool found = false;
    for (uint32_t set = 1; set < 1U << scene->len; set++) {
        struct worth worth = worth_of(scene, set);
        if (found && !is_better(worth, *out))
            continue;
        hold(scene, set, true);
        if (has_room(scene)) {
            *out = worth;
            found = true;
        }
        hold(scene, set, false);
    }
    return found;
}

static uint32_t chosen_of(const struct scene *scene)
{
    uint32_t set = 0;
    for (size_t v = 0; v < scene->len; v++)
        set |= (uint32_t)scene->victims[v].chosen << v;
    return set;
}

/* Takes the gang out again.  Nobody that is asked could stay. */
static bool is_needed_whole(const struct scene *scene,
                            uint32_t set,
                            const struct fg_grant *head)
{
    bool needed = true;
    for (size_t v = 0; v < scene->len; v++)
        if (set >> v & 1)
            needed = needed && fg_victims_is_in_the_way(scene->pool, scene->victims[v].runner);
    for (uint32_t task = 0; task < scene->gang.tasks; task++)
        fg_pool_release(scene->pool, &head[task]);
    return needed;
}

static void the_cheapest_of_the_lowest_are_chosen(void)
{
    int asked = 0, gangs = 0, dear = 0, wrong = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct scene scene;
        struct worth best = {}, got;
        struct fg_grant head[2];
        build(&scene, seed);
        if (!has_room(&scene)) {
            bool could = best_of_all(&scene, &best);
            bool does =
                fg_victims_choose(scene.pool, &scene.gang, scene.victims, scene.len, head);
            wrong += could != does;
            if (does) {
                uint32_t set = chosen_of(&scene);
                got = worth_of(&scene, set);
                wrong += !is_needed_whole(&scene, set, head) || got.standing != best.standing
                         || got.cost_us < best.cost_us
                         || (scene.gang.tasks == 1 && got.cost_us != best.cost_us);
                asked++;
                gangs += scene.gang.tasks > 1;
                dear += got.cost_us != best.cost_us;
                hold(&scene, set, false);
            }
        }
        fg_pool_free(scene.pool);
    }
    printf("# %d searches, %d for gangs, of which %d found more than the least cost\n", asked,
           gangs, dear);
    EQ(wrong, 0);
    OK(asked > 500 && gangs > 50);
    OK(dear * 5 < gangs);
}

int main(void)
{
    RUN(the_cheapest_of_the_lowest_are_chosen);
    return tap_done();
}
