/* guard_test.c - who keeps his promise stays, who is worse goes, and chance alone rolls nobody back (often). */
#include "tune/guard.h"

#include "test/tap.h"

#define BEFORE 14

/* xorshift64 */
static double uniform(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Of 50 adoptions that truly change the objective by `change`: how many are rolled back after `since` days. */
static int rolled_back(double change, size_t since)
{
    uint64_t state = 88172645463325252u;
    int count = 0;
    for (int trial = 0; trial < 50; trial++) {
        double measured[64], replayed[64];
        for (size_t i = 0; i < BEFORE + since; i++) {
            double load = 1 + 4 * uniform(&state);
            replayed[i] = load;
            measured[i] = 1.7 * load * (0.85 + 0.3 * uniform(&state)); /* machines are slower */
            if (i >= BEFORE)
                measured[i] *= 1 + change;
        }
        struct fg_change seen;
        count +=
            fg_guard(measured, replayed, BEFORE, since, -0.05, &seen) == FG_GUARD_ROLL_BACK;
    }
    printf("# %+.0f %% on %zu days: %d of 50\n", change * 100, since, count);
    return count;
}

static void who_keeps_the_promise_stays(void)
{
    OK(rolled_back(-0.3, 7) == 0);
    OK(rolled_back(-0.1, 7) <= 1);
    OK(rolled_back(-0.1, 28) == 0);
}

static void who_is_worse_goes(void)
{
    OK(rolled_back(0.5, 7) >= 47);
    OK(rolled_back(0.2, 14) >= 45);
}

static void few_days_prove_nothing(void)
{
    double days[20] = {};
    struct fg_change change;
    for (int i = 0; i < 20; i++)
        days[i] = i < 10 ? 1 : 9;
    double replayed[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    EQ(fg_guard(days, replayed, 10, 4, -0.1, &change), FG_GUARD_WAIT);
    EQ(fg_guard(days, replayed, 10, 5, -0.1, &change), FG_GUARD_ROLL_BACK);
    OK(change.change == 8);
    EQ(fg_guard(days, replayed, 4, 6, -0.1, &change), FG_GUARD_WAIT);
    double nothing[20] = {};
    EQ(fg_guard(nothing, replayed, 10, 10, -0.1, &change), FG_GUARD_WAIT);
}

int main(void)
{
    RUN(who_keeps_the_promise_stays);
    RUN(who_is_worse_goes);
    RUN(few_days_prove_nothing);
    return tap_done();
}
