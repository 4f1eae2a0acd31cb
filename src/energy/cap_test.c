/* cap_test.c - the cheapest cap that a job's slack allows. */
#include "energy/cap.h"
#include "test/tap.h"

#include <math.h>

static const struct fg_cap_range range = {100'000, 300'000, 25'000};
static const struct fg_cap_job anyone = {.due_us = INT64_MAX};

/* share: 1 above 250 W, then 0.97, 0.94, 0.85, ... */
static struct fg_curve measured(void)
{
    static const double rates[] = {40, 55, 70, 85, 94, 97, 100, 100, 100};
    struct fg_curve curve;
    fg_curve_init(&curve, &range);
    for (int64_t i = 8; i >= 0; i--)
        fg_curve_note(&curve, range.min_mw + i * range.step_mw,
                      fmin((double)(range.min_mw + i * range.step_mw), 240'000), rates[i], 30);
    return curve;
}

static void the_least_energy_within_the_slowdown(void)
{
    struct fg_curve curve = measured();
    struct fg_cap_terms terms = FG_CAP_TERMS_DEFAULT;
    struct fg_cap_choice choice = fg_cap_choose(&curve, &terms, &anyone);
    EQ(choice.cap_mw, 225'000);
    EQ(choice.slowdown_milli, 31);
    EQ(choice.saved_milli, 34); /* 1 - 225 / 0.97 / 240 */
    EQ(choice.power_mw, 225'000);
    EQ(choice.why, FG_CAP_SAVES);
    terms.slowdown_milli = 70;
    EQ(fg_cap_choose(&curve, &terms, &anyone).cap_mw, 200'000);
    terms.slowdown_milli = 10;
    choice = fg_cap_choose(&curve, &terms, &anyone);
    EQ(choice.cap_mw, 300'000);
    EQ(choice.why, FG_CAP_NO_GAIN);
}

static void time_weighs_as_much_as_it_is_told(void)
{
    struct fg_curve curve = measured();
    struct fg_cap_terms terms = {.eta_milli = 1000, .slowdown_milli = 900};
    EQ(fg_cap_choose(&curve, &terms, &anyone).cap_mw, 175'000);
    terms.eta_milli = 0;
    EQ(fg_cap_choose(&curve, &terms, &anyone).cap_mw, 300'000);
}

static void slack_is_what_the_deadline_leaves(void)
{
    struct fg_curve curve = measured();
    struct fg_cap_terms terms = FG_CAP_TERMS_DEFAULT;
    struct fg_cap_job job = {.left_us = 1'000'000, .due_us = 1'150'000};
    EQ(fg_cap_allowed(&terms, &job), 35);
    EQ(fg_cap_choose(&curve, &terms, &job).cap_mw, 225'000);
    EQ(fg_cap_choose(&curve, &terms, &job).why, FG_CAP_DEADLINE);
    job.due_us = 1'100'000;
    EQ(fg_cap_allowed(&terms, &job), 0);
    EQ(fg_cap_choose(&curve, &terms, &job).cap_mw, 300'000);
    job.due_us = 900'000;
    EQ(fg_cap_allowed(&terms, &job), 0);
    job.due_us = 9'000'000;
    EQ(fg_cap_allowed(&terms, &job), 50);
    terms.stretch_milli = 400;
    EQ(fg_cap_allowed(&terms, &job), 400);
    EQ(fg_cap_choose(&curve, &terms, &job).cap_mw, 175'000);
    job.urgent = true;
    EQ(fg_cap_choose(&curve, &terms, &job).cap_mw, 300'000);
    EQ(fg_cap_choose(&curve, &terms, &job).why, FG_CAP_URGENT);
    EQ(fg_cap_allowed(&terms, &(struct fg_cap_job){.due_us = 10}),
       0); /* how long is not known */
}

static void nothing_is_capped_blindly(void)
{
    struct fg_curve curve;
    struct fg_cap_terms terms = FG_CAP_TERMS_DEFAULT;
    fg_curve_init(&curve, &range);
    EQ(fg_cap_choose(&curve, &terms, &anyone).cap_mw, 300'000);
    EQ(fg_cap_choose(&curve, &terms, &anyone).why, FG_CAP_UNKNOWN);
    fg_curve_note(&curve, 300'000, 100'000, 10,
                  30); /* below the lowest cap tried it is not guessed */
    EQ(fg_cap_choose(&curve, &terms, &anyone).cap_mw, 300'000);
}

int main(void)
{
    RUN(the_least_energy_within_the_slowdown);
    RUN(time_weighs_as_much_as_it_is_told);
    RUN(slack_is_what_the_deadline_leaves);
    RUN(nothing_is_capped_blindly);
    return tap_done();
}
