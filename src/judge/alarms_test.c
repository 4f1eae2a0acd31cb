/* alarms_test.c - alerts neither flicker nor repeat; a restart raises nothing again. */
#include "judge/alarms.h"

#include "test/tap.h"

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define CLEAR  (60 * SECOND)

struct heard {
    int raised, changed, cleared;
    int64_t raised_us, cleared_us,
        pause_us; /* the shortest time between a clearing and the next raise */
    struct fg_alert last;
};

static void hear(void *self, enum fg_alarm_news news, struct fg_alert *alert)
{
    struct heard *heard = self;
    if (news == FG_ALARM_RAISED) {
        alert->id = (uint64_t)++heard->raised;
        heard->raised_us = alert->raised_us;
    } else if (news == FG_ALARM_CLEARED) {
        heard->cleared++;
        heard->cleared_us = alert->cleared_us;
    } else {
        heard->changed++;
    }
    heard->last = *alert;
}

static struct fg_alert about(enum fg_alert_cause cause, uint64_t subject)
{
    return (struct fg_alert){.key = fg_alarm_key(cause, subject, 0, ""),
                             .cause = cause,
                             .severity = fg_alert_causes[cause].severity,
                             .text = "it is so",
                             .cost_uusd = -1,
                             .count = 1};
}

static void look(struct fg_alarms *alarms,
                 const struct fg_alert *alert,
                 enum fg_sight sight,
                 int64_t now_us,
                 struct heard *heard)
{
    fg_alarms_see(alarms, alert, sight);
    fg_alarms_settle(alarms, now_us, CLEAR, hear, heard);
}

static void it_takes_as_many_bad_looks_as_its_cause_says(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(8);
    struct heard heard = {};
    struct fg_alert slow = about(FG_ALERT_SLOW_TWIN, 1); /* 4 of 6 */
    int64_t now = SECOND;
    static const enum fg_sight sights[] = {FG_SIGHT_BAD,  FG_SIGHT_BAD, FG_SIGHT_CALM,
                                           FG_SIGHT_CALM, FG_SIGHT_BAD, FG_SIGHT_UNSURE};
    for (size_t i = 0; i < 6; i++, now += SECOND)
        look(alarms, &slow, sights[i], now, &heard);
    EQ(heard.raised, 0);
    look(alarms, &slow, FG_SIGHT_BAD, now, &heard); /* the first bad one is too long ago */
    EQ(heard.raised, 0);
    for (int i = 0; i < 2; i++)
        look(alarms, &slow, FG_SIGHT_BAD, now += SECOND, &heard);
    EQ(heard.raised, 1);
    EQ(heard.last.id, 1);
    OK(fg_alarms_find(alarms, 1));
    OK(!fg_alarms_find(alarms, 2));
}

static void it_is_cleared_by_calm_alone(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(8);
    struct heard heard = {};
    struct fg_alert idle = about(FG_ALERT_IDLE_HELD, 7);
    int64_t now = SECOND;
    look(alarms, &idle, FG_SIGHT_BAD, now, &heard);
    EQ(heard.raised, 1);
    for (int i = 0; i < 100; i++)
        look(alarms, &idle, FG_SIGHT_UNSURE, now += SECOND, &heard);
    EQ(heard.cleared, 0);
    for (int i = 0; i < 61; i++)
        fg_alarms_settle(alarms, now += SECOND, CLEAR, hear,
                         &heard); /* it is not seen at all */
    EQ(heard.cleared, 1);
    EQ(fg_alarms_raised(alarms), 0);
}

/* Whatever the signal does, two raises are at least CLEAR apart from each other's clearing. */
static void noise_does_not_flap(void)
{
    uint64_t seed = 1;
    for (int run = 0; run < 50; run++) {
        FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(4);
        struct heard heard = {};
        struct fg_alert alert = about((enum fg_alert_cause)(run % FG_ALERT_CAUSES), 1);
        int64_t now = SECOND, last_bad = 0, raises = 0;
        for (int i = 0; i < 2000; i++, now += SECOND) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            unsigned roll = (unsigned)(seed >> 33) % 100, odds = (unsigned)run * 2;
            enum fg_sight sight = roll < odds / 2 ? FG_SIGHT_BAD
                                  : roll < odds   ? FG_SIGHT_UNSURE
                                                  : FG_SIGHT_CALM;
            int cleared = heard.cleared;
            look(alarms, &alert, sight, now, &heard);
            if (heard.cleared > cleared)
                OK(now - last_bad >= CLEAR);
            if (sight == FG_SIGHT_BAD)
                last_bad = now;
            raises = heard.raised;
        }
        OK(raises <= 2000 / 60 + 1 && heard.cleared <= heard.raised
           && heard.raised - heard.cleared <= 1);
    }
}

static void one_message_a_cause(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(8);
    struct heard heard = {};
    struct fg_alert job = about(FG_ALERT_IDLE_HELD, 1);
    for (fg_job_id id = 1; id <= 100; id++) {
        job.job = id;
        job.cost_uusd = 10;
        fg_alarms_see(alarms, &job, FG_SIGHT_BAD);
    }
    fg_alarms_settle(alarms, SECOND, CLEAR, hear, &heard);
    EQ(heard.raised, 1);
    EQ(heard.last.count, 100);
    EQ(heard.last.cost_uusd, 1000);
    EQ(heard.last.job, 1);
}

static void figures_are_told_once_a_minute(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(8);
    struct heard heard = {};
    struct fg_alert idle = about(FG_ALERT_IDLE_HELD, 1);
    for (int i = 0; i <= 600; i++) {
        idle.cost_uusd = i;
        look(alarms, &idle, FG_SIGHT_BAD, (i + 1) * SECOND, &heard);
    }
    EQ(heard.raised, 1);
    EQ(heard.changed, 10);
    EQ(heard.last.cost_uusd, 600);
}

static void a_restart_raises_nothing_again(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(8);
    struct heard heard = {};
    struct fg_alert idle = about(FG_ALERT_IDLE_HELD, 1);
    idle.id = 9;
    fg_alarms_restore(alarms, &idle, SECOND);
    look(alarms, &idle, FG_SIGHT_UNSURE, 2 * SECOND, &heard);
    look(alarms, &idle, FG_SIGHT_BAD, 3 * SECOND, &heard);
    EQ(heard.raised, 0);
    OK(fg_alarms_find(alarms, 9));
    fg_alarms_settle(alarms, 4 * SECOND, CLEAR, hear, &heard);
    fg_alarms_settle(alarms, 64 * SECOND, CLEAR, hear, &heard);
    EQ(heard.cleared, 1);
    EQ(heard.last.id, 9);
}

static void what_is_beyond_the_bound_is_counted(void)
{
    FG_AUTO(fg_alarms) struct fg_alarms *alarms = fg_alarms_new(4);
    struct heard heard = {};
    for (uint64_t i = 0; i < 6; i++) {
        struct fg_alert alert = about(FG_ALERT_NODE_DOWN, i);
        fg_alarms_see(alarms, &alert, FG_SIGHT_BAD);
    }
    fg_alarms_settle(alarms, SECOND, CLEAR, hear, &heard);
    EQ(heard.raised, 4);
    EQ(fg_alarms_dropped(alarms), 2);
    fg_alarms_settle(alarms, 2 * SECOND, CLEAR, hear, &heard);
    fg_alarms_settle(alarms, 62 * SECOND, CLEAR, hear, &heard);
    EQ(heard.cleared, 4);
    struct fg_alert alert = about(FG_ALERT_NODE_DOWN, 5);
    look(alarms, &alert, FG_SIGHT_BAD, 63 * SECOND, &heard);
    EQ(heard.raised, 5); /* there is room again */
}

int main(void)
{
    RUN(it_takes_as_many_bad_looks_as_its_cause_says);
    RUN(it_is_cleared_by_calm_alone);
    RUN(noise_does_not_flap);
    RUN(one_message_a_cause);
    RUN(figures_are_told_once_a_minute);
    RUN(a_restart_raises_nothing_again);
    RUN(what_is_beyond_the_bound_is_counted);
    return tap_done();
}
