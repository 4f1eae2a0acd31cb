/* compare_test.c - changes and their intervals: exact where all days agree, wide where they do not, right 19 times of 20. */
#include "tune/compare.h"

#include "test/tap.h"

#include <math.h>

static void days_that_agree_leave_no_doubt(void)
{
    double now[7], then[7];
    for (int i = 0; i < 7; i++) {
        now[i] = 100 + i;
        then[i] = now[i] * 0.9;
    }
    struct fg_change change = fg_change_of(now, then, 7, 1, 1);
    OK(fabs(change.change + 0.1) < 1e-9 && fabs(change.low + 0.1) < 1e-9
       && fabs(change.high + 0.1) < 1e-9);
    EQ(change.worse_days, 0);
    OK(fabs(change.now - 103) < 1e-9);
}

static void one_good_day_is_no_proof(void)
{
    double now[7] = {100, 100, 100, 100, 100, 100, 100};
    double then[7] = {101, 101, 101, 20, 101, 101, 101};
    struct fg_change change = fg_change_of(now, then, 7, 1, 1);
    OK(change.change < -0.1);
    OK(change.high > 0);
    EQ(change.worse_days, 6);
}

static void nothing_and_next_to_nothing(void)
{
    static const double zero[3] = {}, some[3] = {0, 1, 0};
    EQ(fg_change_of(zero, zero, 0, 1, 1).days, 0);
    OK(fg_change_of(zero, zero, 3, 1, 1).high == 0);
    OK(fg_change_of(zero, some, 3, 1, 1).change == 1);
    struct fg_change one = fg_change_of(some + 1, some + 1, 1, 1, 1);
    OK(one.change == 0 && one.low == 0 && one.high == 0);
}

static void the_stride_is_between_days(void)
{
    double now[6] = {1, 9, 2, 9, 3, 9}, then[6] = {2, 1, 4, 1, 6, 1};
    struct fg_change change = fg_change_of(now, then, 3, 2, 1);
    OK(fabs(change.change - 1) < 1e-9);
    EQ(change.worse_days, 3);
}

/* xorshift64 */
static double uniform(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Days with noise and no true difference: the interval has 0 in it about 19 times of 20. */
static void the_interval_holds_the_truth(void)
{
    uint64_t state = 88172645463325252u;
    for (size_t days = 7; days <= 28; days *= 2) {
        int held = 0;
        for (int trial = 0; trial < 100; trial++) {
            double now[28], then[28];
            for (size_t i = 0; i < days; i++) {
                double load = 1 + 4 * uniform(&state);
                now[i] = load * (1 + 0.2 * uniform(&state));
                then[i] = load * (1 + 0.2 * uniform(&state));
            }
            struct fg_change change = fg_change_of(now, then, days, 1, (uint64_t)trial);
            held += change.low <= 0 && change.high >= 0;
        }
        printf("# %zu days: %d of 100\n", days, held);
        OK(held >= 88);
    }
}

int main(void)
{
    RUN(days_that_agree_leave_no_doubt);
    RUN(one_good_day_is_no_proof);
    RUN(nothing_and_next_to_nothing);
    RUN(the_stride_is_between_days);
    RUN(the_interval_holds_the_truth);
    return tap_done();
}
