/* speeds_test.c - made-up work on kinds whose speeds are known; places whose share of bad ends is known. */
#include "learn/faults.h"
#include "learn/speeds.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

static double noise(uint64_t *state)
{
    return 0.9 + 0.2 * (double)(draw(state) % 1000) / 1000;
}

static const char *const kinds[] = {"v100", "a100", "h100"};
static const double truth[] = {1, 2, 5};

/* Each class of work on two of the three only: that h100 and v100 compare follows from a100. */
static void speeds_are_found_across_classes(void)
{
    uint64_t state = 5;
    FG_AUTO(fg_speeds) struct fg_speeds *speeds = fg_speeds_new(1000);
    struct fg_speed rate = {};
    OK(!fg_speeds_rate(speeds, 0, "v100", &rate));
    for (uint64_t class = 1; class <= 200; class ++) {
        double takes_s = (double)(1 + draw(&state) % 100'000);
        for (size_t i = 0; i < 6; i++) {
            size_t kind = i % 2 + class % 2;
            fg_speeds_note(speeds, class, kinds[kind],
                           (int64_t)(1e6 * takes_s / truth[kind] * noise(&state)));
        }
        fg_speeds_note(speeds, 1000 + class, "v100",
                       1'000'000); /* seen on one kind only: says nothing */
    }
    struct fg_speed v100 = {};
    OK(fg_speeds_rate(speeds, 0, "v100", &v100));
    for (size_t k = 0; k < 3; k++) {
        OK(fg_speeds_rate(speeds, 0, kinds[k], &rate));
        double against = rate.rate / v100.rate;
        printf("# %s: %.3f within %.3f, expected %.1f\n", kinds[k], against, rate.error,
               truth[k]);
        OK(fabs(log(against / truth[k])) < 0.1 && rate.error < 0.1);
    }
    OK(!fg_speeds_rate(speeds, 0, "mi300", &rate));
    struct fg_speed_row row;
    size_t at = 0, rows = 0;
    while (fg_speeds_next(speeds, &at, &row))
        rows++;
    EQ(rows, 3);
}

/* Work that gains nothing from the faster device is known for it once it was seen often; a single run is not believed. */
static void work_may_differ_from_the_rest(void)
{
    FG_AUTO(fg_speeds) struct fg_speeds *speeds = fg_speeds_new(100);
    for (uint64_t class = 1; class <= 20; class ++) {
        fg_speeds_note(speeds, class, "v100", 1'000'000'000);
        fg_speeds_note(speeds, class, "a100", 500'000'000);
    }
    fg_speeds_note(speeds, 99, "v100", 1'000'000'000);
    fg_speeds_note(speeds, 99, "a100", 1'000'000'000);
    struct fg_speed general = {}, once = {}, often = {};
    OK(fg_speeds_rate(speeds, 0, "a100", &general)
       && fg_speeds_rate(speeds, 99, "a100", &once));
    for (int i = 0; i < 20; i++) {
        fg_speeds_note(speeds, 99, "v100", 1'000'000'000);
        fg_speeds_note(speeds, 99, "a100", 1'000'000'000);
    }
    struct fg_speed slow = {};
    OK(fg_speeds_rate(speeds, 99, "a100", &often) && fg_speeds_rate(speeds, 99, "v100", &slow));
    OK(general.rate > once.rate && once.rate > often.rate / slow.rate);
    OK(often.rate / slow.rate < 1.2);
    OK(often.error < once.error);
}

static void note(
    struct fg_faults *faults, const char *supplier, const char *node, bool failed, bool lost)
{
    static int64_t now_us;
    fg_faults_note(faults, &(struct fg_fault_end){.supplier = supplier,
                                                  .node = node,
                                                  .time_us = now_us += FG_FAULTS_ONCE_US,
                                                  .ran_us = 3'600'000'000,
                                                  .failed = failed,
                                                  .interrupted = lost});
}

static struct fg_fault_row row_of(const struct fg_faults *faults, const char *node)
{
    struct fg_fault_row row;
    size_t at = 0;
    while (fg_faults_next(faults, &at, &row))
        if (strcmp(row.node, node) == 0)
            return row;
    return (struct fg_fault_row){};
}

static void a_node_is_judged_beside_its_supplier(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100);
    for (int i = 0; i < 200; i++)
        note(faults, "spot", "good", false, i % 50 == 0);
    note(faults, "spot", "once", false, true);
    for (int i = 0; i < 20; i++)
        note(faults, "spot", "bad", false, i % 2 == 0);
    struct fg_fault_row good = row_of(faults, "good"), once = row_of(faults, "once"),
                        bad = row_of(faults, "bad"), all = row_of(faults, "");
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
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(100);
    char name[16];
    EQ(fg_faults_excess(faults, "s", "bad"), 0);
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 20);
        note(faults, "s", name, i % 3 == 0, i % 201 == 7);
    }
    note(faults, "s", "new", false, true);
    for (int i = 0; i < 100; i++)
        note(faults, "s", "bad", false, i % 20 == 0);
    for (int i = 0; i < 1000; i++)
        note(faults, "s", "busy", i % 2 == 0, i % 200 == 0);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        EQ(fg_faults_excess(faults, "s", name), 0);
    }
    EQ(fg_faults_excess(faults, "s", "new"), 0);
    EQ(fg_faults_excess(faults, "s", "busy"), 0);
    uint32_t bad = fg_faults_excess(faults, "s", "bad");
    printf("# bad: 50 in 1,000 hours, others 5; surely %u more\n", bad);
    OK(bad >= 5 && bad < 45);
    double rate = fg_faults_rate(faults, "s");
    OK(rate > 5 && rate < 8);
    OK(row_of(faults, "bad").per_khour > 20);
}

static void what_is_unseen_makes_room(void)
{
    FG_AUTO(fg_faults) struct fg_faults *faults = fg_faults_new(4);
    FG_AUTO(fg_speeds) struct fg_speeds *speeds = fg_speeds_new(4);
    char name[16];
    struct fg_speed rate;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        note(faults, "here", name, i % 2, false);
        fg_speeds_note(speeds, (uint64_t)i + 1, "v100", 10);
        fg_speeds_note(speeds, (uint64_t)i + 1, "a100", 5);
    }
    EQ(row_of(faults, "").attempts, 100);
    EQ(row_of(faults, "n99").failed, 1);
    EQ(row_of(faults, "n1").attempts, 0);
    OK(fg_speeds_rate(speeds, 100, "a100", &rate));
    for (int i = 0; i < 2 * FG_SPEEDS_KINDS; i++) {
        snprintf(name, sizeof(name), "k%d", i);
        fg_speeds_note(speeds, 7, name, 10);
    }
    OK(!fg_speeds_rate(speeds, 0, "k63", &rate));
}

int main(void)
{
    RUN(speeds_are_found_across_classes);
    RUN(work_may_differ_from_the_rest);
    RUN(a_node_is_judged_beside_its_supplier);
    RUN(only_what_is_clearly_worse_is_so);
    RUN(what_is_unseen_makes_room);
    return tap_done();
}
