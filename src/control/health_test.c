/* health_test.c - trust goes with faults and comes back with time. */
#include "control/health.h"
#include "test/tap.h"

#define SECOND INT64_C(1000000)
#define NOW    (1700000000 * SECOND)

static struct fg_config settings(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    config.node_probation_s = 10;
    config.node_probation_max_s = 100;
    return config;
}

static void who_flaps_is_held_back_longer_each_time(void)
{
    struct fg_config config = settings();
    struct fg_health health = {};
    static const int64_t holds_s[] = {10, 20, 40, 80, 100, 100};
    int64_t now_us = NOW;
    for (size_t i = 0; i < 6; i++) {
        health.strain = 0;
        fg_health_fault(&health, &config, FG_FAULT_FALL, 0, "down", now_us);
        fg_health_rose(&health, &config, 0, now_us);
        OK(fg_health_is_held(&health, now_us + holds_s[i] * SECOND - 1));
        OK(!fg_health_is_held(&health, now_us + holds_s[i] * SECOND));
        now_us += (holds_s[i] > 99 ? 100 : holds_s[i]) * SECOND;
    }
    now_us += 200 * SECOND; /* well for long: as new */
    fg_health_fault(&health, &config, FG_FAULT_FALL, 0, "down", now_us);
    fg_health_rose(&health, &config, 0, now_us);
    OK(!fg_health_is_held(&health, now_us + 10 * SECOND));
}

static void the_first_fall_may_be_free(void)
{
    struct fg_config config = settings();
    struct fg_health health = {};
    fg_health_fault(&health, &config, FG_FAULT_FALL, 0, "silent", NOW);
    fg_health_rose(&health, &config, 1, NOW);
    OK(!fg_health_is_held(&health, NOW));
    fg_health_fault(&health, &config, FG_FAULT_FALL, 0, "silent", NOW + SECOND);
    fg_health_rose(&health, &config, 1, NOW + SECOND);
    OK(fg_health_is_held(&health, NOW + SECOND));
}

static void starts_that_fail_hold_the_node_but_not_for_one_job(void)
{
    struct fg_config config = settings();
    struct fg_health health = {};
    for (int i = 0; i < 10; i++)
        fg_health_fault(&health, &config, FG_FAULT_START, 7, "no such folder", NOW);
    OK(!fg_health_is_held(&health, NOW));
    EQ(fg_health_milli(&health, NOW), 780);
    fg_health_fault(&health, &config, FG_FAULT_START, 8, "no such folder", NOW);
    OK(!fg_health_is_held(&health, NOW));
    fg_health_fault(&health, &config, FG_FAULT_START, 9, "no such folder", NOW);
    OK(fg_health_is_held(&health, NOW));
    OK(!fg_health_is_held(&health, NOW + 20 * SECOND)); /* on trial */
    fg_health_fault(&health, &config, FG_FAULT_SICK, 0, "Xid 79", NOW + 20 * SECOND);
    OK(fg_health_is_held(&health, NOW + 21 * SECOND)); /* at once again, and longer */
    OK(fg_health_is_held(&health, NOW + 59 * SECOND));
    fg_health_forget(&health);
    EQ(fg_health_milli(&health, NOW), 1000);
}

static void trust_comes_back(void)
{
    struct fg_config config = settings();
    struct fg_health health = {};
    fg_health_fault(&health, &config, FG_FAULT_SICK, 0, "Xid 79", NOW);
    EQ(fg_health_milli(&health, NOW), 650);
    EQ(fg_health_milli(&health, NOW + 1800 * SECOND), 825);
    OK(fg_health_milli(&health, NOW + 900 * SECOND) > 650);
    EQ(fg_health_milli(&health, NOW + 1000000 * SECOND), 1000);
    EQ(fg_health_milli(&health, NOW - SECOND), 650);
    fg_health_good(&health, NOW);
    EQ(fg_health_milli(&health, NOW), 825);
}

static void faults_have_hints(void)
{
    OK(fg_fault_hint("NVRM: Xid (PCI:0000:17:00): 79, GPU has FALLEN OFF THE BUS") != NULL);
    OK(fg_fault_hint("Node unexpectedly rebooted") == NULL);
    OK(fg_fault_hint("") == NULL);
    OK(fg_fault_hint("write /tmp/x: No space left on device") != NULL);
}

int main(void)
{
    RUN(who_flaps_is_held_back_longer_each_time);
    RUN(the_first_fall_may_be_free);
    RUN(starts_that_fail_hold_the_node_but_not_for_one_job);
    RUN(trust_comes_back);
    RUN(faults_have_hints);
    return tap_done();
}
