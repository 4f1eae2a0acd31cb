/* speeds_test.c - made-up work on kinds whose speeds are known. */
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

static void what_is_unseen_makes_room(void)
{
    FG_AUTO(fg_speeds) struct fg_speeds *speeds = fg_speeds_new(4);
    char name[16];
    struct fg_speed rate;
    for (int i = 0; i < 100; i++) {
        fg_speeds_note(speeds, (uint64_t)i + 1, "v100", 10);
        fg_speeds_note(speeds, (uint64_t)i + 1, "a100", 5);
    }
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
    RUN(what_is_unseen_makes_room);
    return tap_done();
}
