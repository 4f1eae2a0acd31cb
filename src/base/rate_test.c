/* rate_test.c - tallies against sums of all that was ever seen, rates against integrals of their densities. */
#include "base/rate.h"
#include "test/tap.h"

#include <math.h>

#define HOUR_US 3'600'000'000LL
#define DAY_US  (24 * HOUR_US)
#define SEEN    200

static uint64_t random_state = 1;

static uint32_t rnd(uint32_t below)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % below;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b));
}

/* Each thing seen, weighed by its own age: whatever the order in which it was told. */
static void a_tally_is_the_sum_of_what_was_seen(void)
{
    for (int round = 0; round < 50; round++) {
        int64_t life_us = round % 5 == 0 ? 0 : (1 + rnd(60)) * DAY_US, now_us = 0;
        struct fg_tally seen[SEEN], tally = {}, backwards = {};
        double events = 0, hours = 0;
        for (int i = 0; i < SEEN; i++) {
            seen[i] =
                (struct fg_tally){rnd(3), rnd(100), 1000 * DAY_US + rnd(100000) * HOUR_US / 50};
            now_us = seen[i].at_us > now_us ? seen[i].at_us : now_us;
        }
        now_us += rnd(100) * HOUR_US;
        for (int i = 0; i < SEEN; i++) {
            double part =
                life_us ? pow(0.5, (double)(now_us - seen[i].at_us) / (double)life_us) : 1;
            events += part * seen[i].events;
            hours += part * seen[i].hours;
            fg_tally_add(&tally, &seen[i], life_us);
            fg_tally_add(&backwards, &seen[SEEN - 1 - i], life_us);
        }
        struct fg_tally one = fg_tally_at(&tally, now_us, life_us),
                        other = fg_tally_at(&backwards, now_us, life_us);
        if (!is_near(one.events, events) || !is_near(one.hours, hours)
            || !is_near(other.events, events) || !is_near(other.hours, hours))
            tap_ok(false, "a tally is another sum", __FILE__, __LINE__);
    }
    OK(true);
}

/* A long time is many short ones. */
static void a_span_is_the_sum_of_its_parts(void)
{
    for (int round = 0; round < 50; round++) {
        int64_t from_us = 1000 * DAY_US, life_us = (1 + rnd(60)) * DAY_US,
                to_us = from_us + (1 + rnd(1000)) * HOUR_US,
                now_us = to_us + rnd(1000) * HOUR_US;
        double sum = 0;
        for (int64_t at_us = from_us; at_us < to_us; at_us += HOUR_US / 20)
            sum += 0.05 * fg_fade(now_us - at_us - HOUR_US / 40, life_us);
        if (fabs(fg_fade_hours(from_us, to_us, now_us, life_us) - sum) > 1e-6 * sum)
            tap_ok(false, "a span is another sum", __FILE__, __LINE__);
    }
    EQ(1000 * fg_fade_hours(5 * HOUR_US, 7 * HOUR_US, DAY_US, 0), 2000);
    EQ(fg_fade_hours(7 * HOUR_US, 5 * HOUR_US, DAY_US, DAY_US), 0);
    EQ(1000 * fg_fade(DAY_US, DAY_US), 500);
    EQ(1000 * fg_fade(-DAY_US, DAY_US), 1000);
}

/* Prior times likelihood, summed over a fine grid of rates. */
static void a_rate_is_what_bayes_rule_says(void)
{
    for (int round = 0; round < 40; round++) {
        double prior = exp(-(double)rnd(700) / 100), weight = 0.5 + rnd(4), events = rnd(20),
               hours = rnd(5000) / 10.0, sum = 0, first = 0, below = 0;
        struct fg_rate rate = fg_rate_of(events, hours, prior, weight);
        double mean = fg_rate_mean(&rate), low = fg_rate_surely(&rate), step = mean / 4000;
        for (int i = 0; i < 160'000; i++) {
            double at = (i + 0.5) * step;
            double density = exp((weight - 1) * log(at / mean) - weight / prior * (at - mean)
                                 + events * log(at / mean) - hours * (at - mean));
            sum += density;
            first += at * density;
            below += at < low ? density : 0;
        }
        if (fabs(first / sum - mean) > 0.01 * mean)
            tap_ok(false, "another mean", __FILE__, __LINE__);
        /* The approximation is good from two events on; of fewer it is careful. */
        if (rate.shape >= 2 ? fabs(below / sum - 0.05) > 0.01 : below / sum > 0.06)
            tap_ok(false, "another bound", __FILE__, __LINE__);
    }
    struct fg_rate none = fg_rate_of(0, 0, 0.02, 0.5);
    OK(is_near(fg_rate_mean(&none), 0.02));
}

int main(void)
{
    RUN(a_tally_is_the_sum_of_what_was_seen);
    RUN(a_span_is_the_sum_of_its_parts);
    RUN(a_rate_is_what_bayes_rule_says);
    return tap_done();
}
