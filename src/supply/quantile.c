/* quantile.c - see quantile.h */
#include "supply/quantile.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#define TERMS_MAX   20000
#define HALVINGS    60
#define SMALL       1e-300
#define RELATIVE    1e-12
#define SHAPE_LARGE 1e4
#define NORMAL_FAR  12.0

/* log of the absolute value of gamma, without the sign that libm keeps in a global. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

static double away_from_zero(double x)
{
    return fabs(x) < SMALL ? SMALL : x;
}

/* A continued fraction b0 + a1/(b1 + a2/(b2 + ...)), from its front (Lentz, as Thompson and Barnett changed it). */
struct fraction {
    double value, c, d;
};

static struct fraction fraction_begin(double b0)
{
    double f = away_from_zero(b0);
    return (struct fraction){.value = f, .c = f, .d = 0};
}

/* true: it does not move any more. */
static bool fraction_add(struct fraction *f, double a, double b)
{
    f->d = 1 / away_from_zero(b + a * f->d);
    f->c = away_from_zero(b + a / f->c);
    f->value *= f->c * f->d;
    return fabs(f->c * f->d - 1) < RELATIVE;
}

/* All terms are positive, so any x will do; beyond many deviations it is 1. */
double fg_gamma_below(double shape, double x)
{
    assert(shape > 0);
    if (x <= 0)
        return 0;
    if (x > shape + 40 * sqrt(shape) + 200)
        return 1;
    double term = 1 / shape, sum = term;
    for (int i = 1; i < TERMS_MAX && term > sum * RELATIVE; i++) {
        term *= x / (shape + i);
        sum += term;
    }
    return fmin(sum * exp(shape * log(x) - x - log_gamma(shape)), 1);
}

/* Where the fraction converges fast: x below (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    struct fraction f = fraction_begin(1);
    for (int i = 1; i < TERMS_MAX; i++) {
        double odd = -(a + i - 1) * (a + b + i - 1) * x / ((a + 2 * i - 2) * (a + 2 * i - 1));
        double even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i));
        fraction_add(&f, odd, 1);
        if (fraction_add(&f, even, 1))
            break;
    }
    double front =
        exp(a * log(x) + b * log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b));
    return front / (a * f.value);
}

double fg_beta_below(double a, double b, double x)
{
    assert(a > 0 && b > 0);
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    return x < (a + 1) / (a + b + 2) ? beta_fraction(a, b, x) : 1 - beta_fraction(b, a, 1 - x);
}

double fg_gamma_quantile(double shape, double share)
{
    double low = 0, high = shape + 1;
    assert(share > 0 && share < 1);
    if (shape > SHAPE_LARGE) { /* its cube root is almost normal (Wilson and Hilferty 1931) */
        double root = 1 - 1 / (9 * shape) + fg_normal_quantile(share) / (3 * sqrt(shape));
        return shape * root * root * root;
    }
    while (fg_gamma_below(shape, high) < share) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < HALVINGS && high - low > high * 1e-10; i++) {
        double middle = (low + high) / 2;
        if (fg_gamma_below(shape, middle) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double fg_beta_quantile(double a, double b, double share)
{
    double low = 0, high = 1;
    assert(share > 0 && share < 1);
    for (int i = 0; i < HALVINGS && high - low > high * 1e-10; i++) {
        double middle = (low + high) / 2;
        if (fg_beta_below(a, b, middle) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double fg_normal_quantile(double share)
{
    double low = -NORMAL_FAR, high = NORMAL_FAR;
    assert(share > 0 && share < 1);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (erfc(-middle / M_SQRT2) / 2 < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
