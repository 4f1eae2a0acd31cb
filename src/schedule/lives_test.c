/* lives_test.c - whole lives of small random clusters, checked pass by pass against plain reasoning.
 *
 * What is checked after each pass stands in test/schedule/world.c; what is promised over a life, in live().
 */
#include "test/schedule/world.h"
#include "test/tap.h"

#include <stdlib.h>

static bool anybody_runs(const struct world *world)
{
    for (size_t r = 0; r < world->runs_len; r++)
        if (world->runs[r].running)
            return true;
    return false;
}

static uint64_t live(struct world *world, uint64_t seed, struct traits traits)
{
    build(world, seed, traits);
    uint32_t jobs = 2 + draw(world, JOBS_MAX - 2);
    if (traits.all_at_once)
        while (world->runs_len < jobs)
            submit_random(world);
    for (int passes = 0; !world->broken; passes++) {
        if (passes > 8000)
            broke(world, "no end");
        while (world->runs_len < jobs && draw(world, 3))
            submit_random(world);
        drain_or_undrain(world);
        pass(world);
        bool more = world->runs_len < jobs;
        more = more || (traits.order && anybody_runs(world));
        if (!step_to_next_end(world, more ? world->now_us + draw(world, 20 * S) : INT64_MAX))
            break;
    }
    /* Whoever is left could not run at all. */
    for (fg_node_id id = 1; id <= fg_pool_len(world->pool); id++)
        fg_pool_set_state(world->pool, id, FG_NODE_UP);
    for (size_t r = 0; r < world->runs_len && !world->broken && !traits.drains; r++)
        if (!world->runs[r].done && is_possible(world, &world->runs[r]))
            broke(world, "a job starved");
    uint64_t trail = world->trail;
    world->better = fg_schedule_arranged(world->schedule).better;
    clear(world);
    return trail;
}

/* Returns how often another arrangement was better than the order. */
static uint64_t lives(const char *what, struct traits traits, uint64_t seeds)
{
    struct world *world = malloc(sizeof(*world));
    bool all = true;
    uint64_t better = 0;
    printf("# %s\n", what);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        uint64_t trail = live(world, seed, traits);
        if (world->broken)
            printf("# seed %llu: %s\n", (unsigned long long)seed, world->broken);
        all = all && !world->broken;
        better += world->better;
        if (seed % 10 == 0 && live(world, seed, traits) != trail) {
            printf("# seed %llu: another history\n", (unsigned long long)seed);
            all = false;
        }
    }
    OK(all);
    free(world);
    return better;
}

static void random_lives(void)
{
    lives("promises are kept, exact limits",
          (struct traits){.all_at_once = true, .exact = true}, 30);
    lives("promises are kept, early ends", (struct traits){.all_at_once = true}, 30);
    lives("arrivals", (struct traits){.bonuses = true}, 30);
    lives("quotas", (struct traits){.quotas = true, .all_at_once = true}, 30);
    lives("every promise is kept, exact limits",
          (struct traits){.conservative = true, .all_at_once = true, .exact = true}, 12);
    lives("every promise is kept, early ends",
          (struct traits){.conservative = true, .all_at_once = true}, 12);
    lives("promises, preemption, quotas, nodes that come and go",
          (struct traits){.conservative = true,
                          .preempt = true,
                          .quotas = true,
                          .drains = true,
                          .bonuses = true},
          12);
    lives("preemption", (struct traits){.preempt = true, .bonuses = true}, 30);
    lives("preemption, quotas, nodes that come and go",
          (struct traits){.preempt = true, .quotas = true, .drains = true}, 40);
    static const char *const orders[] = {"srtf", "las", "edf", "llf"};
    for (size_t i = 0; i < 4; i++)
        lives(orders[i],
              (struct traits){
                  .preempt = true, .quotas = i % 2, .drains = true, .order = orders[i]},
              6);
    OK(lives("promises are kept, backfill arranged by search",
             (struct traits){.all_at_once = true, .optimise = true}, 100)
       > 100);
    lives("preemption, quotas, backfill arranged by search",
          (struct traits){.preempt = true, .quotas = true, .drains = true, .optimise = true},
          60);
}

int main(void)
{
    RUN(random_lives);
    return tap_done();
}
