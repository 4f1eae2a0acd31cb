/* knobs_test.c - every knob is got and set by name, within its bounds. */
#include "schedule/knobs.h"

#include "model/schedule_config.h"

#include "test/tap.h"

#include <string.h>

static struct fg_knobs knobs_make(void)
{
    struct fg_knobs knobs = {.order = fg_job_order_find("priority"),
                             .place = fg_place_policy_default()};
    fg_config_defaults(&knobs.config);
    return knobs;
}

static void every_value_that_is_tried_may_be_set_and_is_got_again(void)
{
    struct fg_knobs knobs = knobs_make();
    for (size_t knob = 0; knob < fg_knobs_len(); knob++) {
        char tries[256], *rest = tries, *value;
        snprintf(tries, sizeof(tries), "%s", fg_knob_tries(knob));
        EQ(fg_knob_find(fg_knob_name(knob)), knob);
        while ((value = strsep(&rest, " "))) {
            char got[FG_KNOB_TEXT_MAX];
            EQ(fg_knob_set(&knobs, knob, value, NULL), 0);
            fg_knob_get(&knobs, knob, got);
            EQ(strcmp(got, value), 0);
            if (strncmp(fg_knob_name(knob), "schedule.", 9) == 0)
                OK(fg_schedule_config_knows(fg_knob_name(knob) + 9, value));
        }
    }
}

static void what_it_is_by_default_is_among_what_is_tried(void)
{
    const struct fg_knobs knobs = knobs_make();
    for (size_t knob = 0; knob < fg_knobs_len(); knob++) {
        char value[FG_KNOB_TEXT_MAX], among[300], padded[FG_KNOB_TEXT_MAX + 2];
        fg_knob_get(&knobs, knob, value);
        snprintf(among, sizeof(among), " %s ", fg_knob_tries(knob));
        snprintf(padded, sizeof(padded), " %s ", value);
        OK(strstr(among, padded));
    }
}

static void a_bad_value_changes_nothing_and_says_what_is_expected(void)
{
    static const struct {
        const char *name, *value, *says;
    } bad[] = {
        {"schedule.order", "lifo", "schedule.order: lifo, expected a word such as priority"},
        {"backfill_depth", "-1", "backfill_depth: -1, expected 0 to 1000000"},
        {"backfill_depth", "7x", "backfill_depth: 7x, expected 0"},
        {"backfill_depth", "", "expected 0"},
        {"schedule.preempt", "", "schedule.preempt"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_knobs knobs = knobs_make(), before = knobs;
        struct fg_err err = {};
        EQ(fg_knob_set(&knobs, fg_knob_find(bad[i].name), bad[i].value, &err), FG_EINVAL);
        OK(strstr(err.text, bad[i].says));
        EQ(memcmp(&knobs, &before, sizeof(knobs)), 0);
    }
    EQ(fg_knob_find("schedule.tick"), fg_knobs_len());
    OK(!fg_knob_name(fg_knobs_len()));
}

int main(void)
{
    RUN(every_value_that_is_tried_may_be_set_and_is_got_again);
    RUN(what_it_is_by_default_is_among_what_is_tried);
    RUN(a_bad_value_changes_nothing_and_says_what_is_expected);
    return tap_done();
}
