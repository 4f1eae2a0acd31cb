/* sleep_test.c - who sleeps and who wakes, worked out by hand. */
#include "energy/sleep.h"
#include "test/tap.h"

#define SECOND 1'000'000LL

static const struct fg_sleep_costs usual = {.idle_mw = 500'000,
                                            .asleep_mw = 20'000,
                                            .move_mw = 500'000,
                                            .down_us = 60 * SECOND,
                                            .wake_us = 180 * SECOND};

static struct fg_sleep_node node(enum fg_sleep_state state, bool is_empty, int64_t since_us)
{
    return (struct fg_sleep_node){.costs = usual,
                                  .state = state,
                                  .may_sleep = true,
                                  .is_empty = is_empty,
                                  .since_us = since_us,
                                  .devices = 8};
}

static void sleep_pays_after_a_while(void)
{
    struct fg_sleep_costs costs = usual;
    EQ(fg_sleep_break_even_us(&costs), 240 * SECOND);
    costs.move_mw = 980'000; /* coming up takes twice what being idle does */
    EQ(fg_sleep_break_even_us(&costs), 480 * SECOND);
    costs.asleep_mw = costs.idle_mw;
    EQ(fg_sleep_break_even_us(&costs), INT64_MAX);
}

static void the_last_of_those_long_empty_go(void)
{
    const struct fg_sleep_node nodes[] = {
        node(FG_SLEEP_AWAKE, true, 0), node(FG_SLEEP_AWAKE, false, 0),
        node(FG_SLEEP_AWAKE, true, 0), node(FG_SLEEP_AWAKE, true, 500 * SECOND)};
    const uint32_t keep[] = {10};
    const struct fg_sleep_terms terms = {
        .keep = keep, .kinds_len = 1, .awake_us = 300 * SECOND, .asleep_us = 600 * SECOND};
    enum fg_sleep_act acts[4];
    EQ(fg_sleep_decide(&terms, nodes, 4, 299 * SECOND, acts), 300 * SECOND);
    EQ(acts[2], FG_SLEEP_STAY);
    EQ(fg_sleep_decide(&terms, nodes, 4, 600 * SECOND, acts), 800 * SECOND); /* the last one */
    EQ(acts[0], FG_SLEEP_STAY); /* 16 devices are left, 10 are to be: no more */
    EQ(acts[1], FG_SLEEP_STAY);
    EQ(acts[2], FG_SLEEP_GO);
    EQ(acts[3], FG_SLEEP_STAY);
}

static void too_few_awake_and_the_quickest_wakes(void)
{
    struct fg_sleep_node nodes[] = {
        node(FG_SLEEP_ASLEEP, true, 0), node(FG_SLEEP_ASLEEP, true, 0),
        node(FG_SLEEP_WAKING, true, 0), node(FG_SLEEP_ASLEEP, true, 900 * SECOND)};
    uint32_t keep[] = {8};
    const struct fg_sleep_terms terms = {
        .keep = keep, .kinds_len = 1, .asleep_us = 600 * SECOND};
    enum fg_sleep_act acts[4];
    nodes[1].costs.wake_us = 90 * SECOND;
    nodes[3].costs.wake_us = 30 * SECOND;
    (void)fg_sleep_decide(&terms, nodes, 4, 1000 * SECOND, acts);
    for (int i = 0; i < 4; i++)
        EQ(acts[i], FG_SLEEP_STAY); /* who comes up is counted */
    keep[0] = 9;
    EQ(fg_sleep_decide(&terms, nodes, 4, 1000 * SECOND, acts), 1500 * SECOND);
    EQ(acts[0], FG_SLEEP_STAY);
    EQ(acts[1], FG_SLEEP_WAKE);
    EQ(acts[3], FG_SLEEP_STAY); /* it has just gone to sleep */
}

static void who_may_not_sleep_stays(void)
{
    struct fg_sleep_node nodes[] = {node(FG_SLEEP_AWAKE, true, 0),
                                    node(FG_SLEEP_AWAKE, true, 0)};
    const uint32_t keep[] = {0};
    const struct fg_sleep_terms terms = {.keep = keep, .kinds_len = 1};
    enum fg_sleep_act acts[2];
    nodes[0].may_sleep = false;
    nodes[1].costs.asleep_mw = nodes[1].costs.idle_mw;
    (void)fg_sleep_decide(&terms, nodes, 2, 10'000 * SECOND, acts);
    EQ(acts[0], FG_SLEEP_STAY);
    EQ(acts[1], FG_SLEEP_STAY);
}

static void what_rose_before_is_kept_ready(void)
{
    struct fg_sleep_demand demand;
    fg_sleep_demand_init(&demand, 100);
    EQ(fg_sleep_demand_keep(&demand, 900), 0);
    for (int64_t i = 0; i < 10; i++) { /* nine stretches without a rise, one with 5 */
        fg_sleep_demand_note(&demand, 100 * i, 20);
        if (i == 4) {
            fg_sleep_demand_note(&demand, 450, 25);
            fg_sleep_demand_note(&demand, 460, 20);
        }
    }
    fg_sleep_demand_note(&demand, 1000, 20);
    EQ(demand.len, 10);
    EQ(fg_sleep_demand_keep(&demand, 800), 0);
    EQ(fg_sleep_demand_keep(&demand, 950), 5);
    fg_sleep_demand_note(&demand, 1'000'000'000, 20); /* a long silence */
    EQ(fg_sleep_demand_keep(&demand, 999), 0);
}

int main(void)
{
    RUN(sleep_pays_after_a_while);
    RUN(the_last_of_those_long_empty_go);
    RUN(too_few_awake_and_the_quickest_wakes);
    RUN(who_may_not_sleep_stays);
    RUN(what_rose_before_is_kept_ready);
    return tap_done();
}
