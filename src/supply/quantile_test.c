/* quantile_test.c - against values that are known in closed form, and against each other */
#include "supply/quantile.h"

#include "test/tap.h"

#include <math.h>

static bool near(double got, double want, double within)
{
    if (fabs(got - want) <= within)
        return true;
    printf("#   got %.12g, want %.12g\n", got, want);
    return false;
}

static void test_closed_forms(void)
{
    OK(near(fg_gamma_quantile(1, 0.5), log(2), 1e-9)); /* the exponential */
    OK(near(fg_gamma_quantile(1, 0.95), -log(0.05), 1e-8));
    OK(near(fg_gamma_below(0.5, 2), erf(sqrt(2)), 1e-12));
    OK(near(fg_gamma_below(2, 3), 1 - 4 * exp(-3), 1e-12));
    OK(near(fg_beta_quantile(1, 1, 0.3), 0.3, 1e-9));
    OK(near(fg_beta_quantile(3, 1, 0.5), cbrt(0.5), 1e-9));
    OK(near(fg_beta_below(0.5, 0.5, 0.2), 2 / M_PI * asin(sqrt(0.2)), 1e-12));
    OK(near(fg_beta_below(2, 3, 0.4), 0.5248, 1e-12));
    OK(near(fg_normal_quantile(0.975), 1.959963984540054, 1e-9));
    OK(near(fg_normal_quantile(0.5), 0, 1e-9));
}

static void test_quantile_is_the_inverse(void)
{
    static const double shapes[] = {0.5, 1.5, 4.5, 40, 1000, 1e5};
    bool all = true;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        for (int step = 0; step < 15; step++) {
            double share = 0.01 + 0.07 * step, x = fg_gamma_quantile(shapes[i], share),
                   y = fg_beta_quantile(shapes[i], 4.5, share);
            all &= near(fg_gamma_below(shapes[i], x), share, 1e-6);
            all &= near(fg_beta_below(shapes[i], 4.5, y), share, 1e-5);
        }
    OK(all);
}

static void test_quantiles_rise(void)
{
    bool all = true;
    double gamma = 0, beta = 0;
    for (int step = 0; step < 250; step++) {
        double share = 0.002 + 0.004 * step, next_gamma = fg_gamma_quantile(0.5, share),
               next_beta = fg_beta_quantile(4.5, 0.5, share);
        all &= next_gamma >= gamma && next_beta >= beta;
        gamma = next_gamma;
        beta = next_beta;
    }
    OK(all);
    OK(fg_beta_quantile(1e6, 2, 0.5) < 1);
}

int main(void)
{
    RUN(test_closed_forms);
    RUN(test_quantile_is_the_inverse);
    RUN(test_quantiles_rise);
    return tap_done();
}
