/* spot_outlook_test.c - what looks teach. */
#include "plan/spot_outlook.h"
#include "test/tap.h"

#include <math.h>

#define MINUTE_US 60'000'000LL

static double sum_of(const struct fg_spot_outlook *outlook)
{
    double sum = 0;
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++)
        sum += outlook->weights[i];
    return sum;
}

/* There for `there` looks, away for `away`, over and over. */
static struct fg_spot_outlook taught(int there, int away, int rounds)
{
    struct fg_spot_outlook outlook;
    fg_spot_outlook_start(&outlook);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < there + away; i++)
            fg_spot_outlook_look(&outlook, i < there, 5 * MINUTE_US);
    return outlook;
}

static void test_weights_are_a_distribution(void)
{
    struct fg_spot_outlook outlook;
    fg_spot_outlook_start(&outlook);
    OK(fabs(sum_of(&outlook) - 1) < 1e-12);
    uint32_t random = 7;
    for (int i = 0; i < 10'000; i++) {
        random = random * 1664525 + 1013904223;
        fg_spot_outlook_look(&outlook, random >> 31, (int64_t)(1 + random % 50) * MINUTE_US);
    }
    OK(fabs(sum_of(&outlook) - 1) < 1e-9);
    OK(fg_spot_share(&outlook) > 0.3 && fg_spot_share(&outlook) < 0.7);
}

static void test_a_steady_market_is_told_from_a_nervous_one(void)
{
    struct fg_spot_outlook steady = taught(200, 20, 5), nervous = taught(3, 3, 200),
                           scarce = taught(6, 120, 5);
    OK(fg_spot_life_hours(&steady) > 6);
    OK(fg_spot_life_hours(&nervous) < 1);
    OK(fg_spot_share(&steady) > 2 * fg_spot_share(&scarce));
    OK(fg_spot_share(&scarce) < fg_spot_share(&nervous));
    OK(fg_spot_absence_hours(&scarce) > 4 * fg_spot_absence_hours(&nervous));
}

static void test_old_looks_fade(void)
{
    struct fg_spot_outlook outlook = taught(300, 0, 1);
    double before = fg_spot_share(&outlook);
    for (int i = 0; i < 12 * 24; i++)
        fg_spot_outlook_look(&outlook, false, 5 * MINUTE_US);
    OK(before > 0.8);
    OK(fg_spot_share(&outlook) < 0.35);
}

static void test_neighbours_are_half_believed(void)
{
    struct fg_spot_outlook near[2] = {taught(300, 0, 1), taught(300, 0, 1)}, fresh, alone;
    fg_spot_outlook_start(&alone);
    fg_spot_outlook_start_near(&fresh, near, 2);
    OK(fabs(sum_of(&fresh) - 1) < 1e-9);
    OK(fg_spot_share(&fresh) > fg_spot_share(&alone));
    OK(fg_spot_share(&fresh) < fg_spot_share(&near[0]));
    fg_spot_outlook_start_near(&fresh, near, 0);
    OK(fabs(fg_spot_share(&fresh) - fg_spot_share(&alone)) < 1e-12);
}

static void test_chances_of_a_regime(void)
{
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++) {
        double life = fg_spot_regime_life_hours(z), away = fg_spot_regime_absence_hours(z);
        OK(fabs(fg_spot_regime_there(z, true, 0) - 1) < 1e-12);
        OK(fabs(fg_spot_regime_there(z, false, 0)) < 1e-12);
        OK(fabs(fg_spot_regime_there(z, false, 1e6) - life / (life + away)) < 1e-9);
    }
}

int main(void)
{
    RUN(test_weights_are_a_distribution);
    RUN(test_a_steady_market_is_told_from_a_nervous_one);
    RUN(test_old_looks_fade);
    RUN(test_neighbours_are_half_believed);
    RUN(test_chances_of_a_regime);
    return tap_done();
}
