/* faults_test.c - places whose rate of bad ends is known; what counts of them against a list of all ends. */
#include "learn/faults.h"

#include "model/offer.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US 3'600'000'000LL
#define DAY_US  (24 * HOUR_US)

static uint64_t random_state = 3;

static uint32_t rnd(uint32_t below)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % below;
}

/* What was told, an hour's attempt each. */
struct world {
    struct fg_faults *faults;
    int64_t now_us;
};

static struct fg_fault_place at(const char *supplier, const char *node, bool is_spot)
{
    return (struct fg_fault_place){supplier, node, is_spot};
}

static void note(struct world *world, struct fg_fault_place place, bool failed, bool lost)
{
    fg_faults_note(world->faults,
                   &(struct fg_fault_end){.place = place,
                                          .time_us = world->now_us += FG_FAULTS_ONCE_US,
                                          .ran_us = HOUR_US,
                                          .failed = failed,
                                          .interrupted = lost});
}

static uint32_t excess(const struct world *world, struct fg_fault_place place)
{
    return fg_faults_excess(world->faults, &place, world->now_us);
}

static struct fg_fault_row row_of(const struct world *world, const char *node)
{
    struct fg_fault_row row;
    size_t number = 0;
    while (fg_faults_next(world->faults, &number, world->now_us, &row))
        if (strcmp(row.place.node, node) == 0)
            return row;
    return (struct fg_fault_row){};
}

static void a_node_is_judged_beside_its_supplier(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100, 0);
    struct world world = {faults, 0};
    for (int i = 0; i < 200; i++)
        note(&world, at("s", "good", false), false, i % 50 == 0);
    note(&world, at("s", "once", false), false, true);
    for (int i = 0; i < 20; i++)
        note(&world, at("s", "bad", false), false, i % 2 == 0);
    struct fg_fault_row good = row_of(&world, "good"), once = row_of(&world, "once"),
                        bad = row_of(&world, "bad"), all = row_of(&world, "");
    OK(good.interrupted_share < all.interrupted_share);
    OK(once.interrupted_share > all.interrupted_share && once.interrupted_share < 0.3);
    OK(bad.interrupted_share > 0.35 && bad.interrupted_share < 0.5);
    EQ(all.attempts, 221);
    EQ(all.interrupted, 15);
    OK(good.failed_share < 0.01);
}

/* A node is shunned for what it did more often than its twins, and not for the first time; nor for what it did for longer. */
static void only_what_is_clearly_worse_is_so(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100, 0);
    struct world world = {faults, 0};
    char name[16];
    EQ(excess(&world, at("s", "bad", false)), 0);
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 20);
        note(&world, at("s", name, false), i % 3 == 0, i % 201 == 7);
    }
    note(&world, at("s", "new", false), false, true);
    for (int i = 0; i < 100; i++)
        note(&world, at("s", "bad", false), false, i % 20 == 0);
    for (int i = 0; i < 1000; i++)
        note(&world, at("s", "busy", false), i % 2 == 0, i % 200 == 0);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        EQ(excess(&world, at("s", name, false)), 0);
    }
    EQ(excess(&world, at("s", "new", false)), 0);
    EQ(excess(&world, at("s", "busy", false)), 0);
    uint32_t bad = excess(&world, at("s", "bad", false));
    printf("# bad: 50 in 1,000 hours, others 5; surely %u more\n", bad);
    OK(bad >= 5 && bad < 45);
    double rate = fg_faults_rate(faults, "s", false, world.now_us);
    OK(rate > 5 && rate < 8);
    OK(row_of(&world, "bad").per_khour > 20);
}

/* A node that was bad and is good now, or gets no work any more, is like its twins again. */
static void what_was_long_ago_counts_less(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100, 30 * DAY_US);
    struct world world = {faults, 1000 * DAY_US};
    for (int i = 0; i < 2000; i++)
        note(&world, at("s", "good", false), false, i % 200 == 0);
    for (int i = 0; i < 100; i++)
        note(&world, at("s", "bad", false), false, i % 10 == 0);
    uint32_t first = excess(&world, at("s", "bad", false)), before = first;
    OK(first > 10);
    for (int month = 0; month < 12; month++) {
        world.now_us += 30 * DAY_US;
        uint32_t after = excess(&world, at("s", "bad", false));
        OK(after <= before);
        before = after;
    }
    EQ(before, 0);
    EQ(row_of(&world, "bad").interrupted, 10); /* told all the same */
    OK(row_of(&world, "bad").hours < 0.1);
}

/* Nodes of spot are no twins of others, and are shunned by who has much to lose as soon as that is sure, new ones too. */
static void spot_is_another_place(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100, 30 * DAY_US);
    struct world world = {faults, 1000 * DAY_US};
    OK(fabs(fg_faults_rate(faults, "s", true, 0) - FG_SPOT_PER_KHOUR) < 1e-9);
    OK(fabs(fg_faults_rate(faults, "s", false, 0) - 1) < 1e-9);
    EQ(excess(&world, at("s", "new", true)), 0); /* nothing is known */
    for (int i = 0; i < 500; i++) {
        note(&world, at("s", "held", false), false, false);
        note(&world, at("s", i % 2 ? "a" : "b", true), false, i % 20 == 0);
    }
    EQ(excess(&world, at("s", "held", false)), 0);
    uint32_t known = excess(&world, at("s", "a", true)),
             fresh = excess(&world, at("s", "new", true));
    printf("# spot: 50 in 1,000 hours; surely %u more, new ones %u\n", known, fresh);
    OK(known > 25 && known < 55);
    OK(fresh > 25 && fresh < 55);
    OK(fg_faults_rate(faults, "s", true, world.now_us) > 40);
    OK(fg_faults_rate(faults, "s", false, world.now_us) < 2);
}

static double rate(double events, double hours, double prior)
{
    return (0.5 + events) / (0.5 / prior + hours);
}

/* Rates of suppliers and nodes, worked out anew from all ends with their ages. */
static void rates_are_those_of_a_list_of_all_ends(void)
{
    enum { ENDS = 400, NODES = 6 };
    static struct fg_fault_end ends[ENDS];
    static const char *const names[NODES] = {"a", "b", "c", "d", "e", "f"};
    for (int round = 0; round < 20; round++) {
        int64_t life_us = round % 4 ? (1 + rnd(60)) * DAY_US : 0, now_us = 2000 * DAY_US;
        FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100, life_us);
        double events = 0, hours = 0, of_s = 0, hours_of_s = 0;
        for (int i = 0; i < ENDS; i++) {
            uint32_t node = rnd(NODES);
            now_us += (1 + rnd(100)) * HOUR_US / 10;
            ends[i] =
                (struct fg_fault_end){.place = at(node < 3 ? "s" : "t", names[node], false),
                                      .time_us = now_us,
                                      .ran_us = rnd(1000) * HOUR_US / 10,
                                      .interrupted = rnd(5) == 0};
            fg_faults_note(faults, &ends[i]);
        }
        now_us += rnd(100) * HOUR_US;
        for (int i = 0; i < ENDS; i++) {
            double counts = life_us
                                ? pow(0.5, (double)(now_us - ends[i].time_us) / (double)life_us)
                                : 1,
                   ran = counts * (double)ends[i].ran_us / HOUR_US;
            bool is_s = ends[i].place.supplier[0] == 's';
            events += counts * ends[i].interrupted;
            hours += ran;
            of_s += is_s * counts * ends[i].interrupted;
            hours_of_s += is_s * ran;
        }
        double all = rate(events, hours, 0.001), want = 1000 * rate(of_s, hours_of_s, all);
        if (fabs(fg_faults_rate(faults, "s", false, now_us) - want) > 1e-6 * want)
            tap_ok(false, "another rate", __FILE__, __LINE__);
        if (fabs(fg_faults_rate(faults, "unknown", false, now_us) - 1000 * all) > 1e-3 * all)
            tap_ok(false, "another rate of all", __FILE__, __LINE__);
    }
    OK(true);
}

static void what_is_unseen_makes_room(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(4, 0);
    struct world world = {faults, 0};
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        note(&world, at("here", name, false), i % 2, false);
    }
    EQ(row_of(&world, "").attempts, 100);
    EQ(row_of(&world, "n99").failed, 1);
    EQ(row_of(&world, "n1").attempts, 0);
}

int main(void)
{
    RUN(a_node_is_judged_beside_its_supplier);
    RUN(only_what_is_clearly_worse_is_so);
    RUN(what_was_long_ago_counts_less);
    RUN(spot_is_another_place);
    RUN(rates_are_those_of_a_list_of_all_ends);
    RUN(what_is_unseen_makes_room);
    return tap_done();
}
