/* slack_test.c - how much may wait, from jobs that said so. */
#include "demand/slack.h"

#include "test/tap.h"

#include <string.h>

#define HOUR_US 3'600'000'000LL

static void few_jobs_teach_nothing(void)
{
    FG_AUTO(fg_slack) struct fg_slack *slack = fg_slack_new();
    struct fg_slack_part parts[8];
    EQ(fg_slack_parts(slack, parts, 8), 0);
    for (int i = 0; i < FG_SLACK_JOBS_MIN - 1; i++)
        fg_slack_add(slack, "h100", 1, 5 * HOUR_US);
    for (int i = 0; i < 100; i++)
        fg_slack_add(slack, "a100", 1, 0);
    EQ(fg_slack_parts(slack, parts, 8), 0);
}

/* 60 of 100 units may wait: 20 each for 3, 10 and 30 hours and a bit. */
static void thirds_by_how_long_they_can_wait(void)
{
    FG_AUTO(fg_slack) struct fg_slack *slack = fg_slack_new();
    struct fg_slack_part parts[8];
    static const int hours[] = {30, 3, 10};
    for (int i = 0; i < 60; i++)
        fg_slack_add(slack, "h100", 1, hours[i % 3] * HOUR_US + i * 1'000'000);
    fg_slack_add(slack, "h100", 40, -HOUR_US);
    EQ(fg_slack_parts(slack, parts, 8), 3);
    for (int i = 0; i < 3; i++) {
        static const int sorted[] = {3, 10, 30};
        OK(strcmp(parts[i].class, "h100") == 0);
        EQ(parts[i].slack_us, sorted[i] * HOUR_US);
        EQ(parts[i].share_milli, 200);
        EQ(parts[i].jobs, 60);
    }
    EQ(fg_slack_parts(slack, parts, 2), 2);
}

/* One that can hardly wait does not speak for the others; many do. */
static void a_slack_is_what_nine_of_ten_have(void)
{
    for (int hasty = 1; hasty <= 5; hasty += 4) {
        FG_AUTO(fg_slack) struct fg_slack *slack = fg_slack_new();
        struct fg_slack_part parts[8];
        for (int i = 0; i < 60; i++)
            fg_slack_add(slack, "h100", 1, (i < hasty ? 2 : 12) * HOUR_US);
        size_t len = fg_slack_parts(slack, parts, 8);
        EQ(len, hasty == 1 ? 1 : 2);
        EQ(parts[0].slack_us, (hasty == 1 ? 12 : 2) * HOUR_US);
        OK(parts[0].share_milli >= (hasty == 1 ? 998 : 333));
    }
}

static void less_than_an_hour_is_no_slack(void)
{
    FG_AUTO(fg_slack) struct fg_slack *slack = fg_slack_new();
    struct fg_slack_part parts[8];
    for (int i = 0; i < 60; i++)
        fg_slack_add(slack, "h100", 1, HOUR_US - 1);
    EQ(fg_slack_parts(slack, parts, 8), 0);
}

int main(void)
{
    RUN(few_jobs_teach_nothing);
    RUN(thirds_by_how_long_they_can_wait);
    RUN(a_slack_is_what_nine_of_ten_have);
    RUN(less_than_an_hour_is_no_slack);
    return tap_done();
}
