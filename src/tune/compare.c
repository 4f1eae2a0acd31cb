/* compare.c - see compare.h */
#include "tune/compare.h"

#include <math.h>
#include <stdlib.h>

#define RESAMPLES 2000
#define WORSE     1e-3

/* splitmix64 (Steele, Lea & Flood 2014) */
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ratio(double now, double then)
{
    if (now > 0)
        return then / now - 1;
    return then > 0 ? 1 : 0;
}

/* Student's t, 97.5 %, for 1 .. 30 degrees of freedom. */
static double student(size_t freedom)
{
    static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                   2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                   2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    return freedom <= 30 ? table[freedom - 1] : 1.96 + 2.4 / (double)freedom;
}

/* The share of resamples below the interval: 2.5 % with many days, less with few. */
static double tail_of(size_t days, size_t block)
{
    double widened = student(days - 1) * sqrt((double)days / (double)(days - block));
    return erfc(widened / sqrt(2)) / 2;
}

static void resample(
    struct fg_change *out, const double *now, const double *then, size_t stride, uint64_t seed)
{
    double changes[RESAMPLES];
    size_t days = out->days, block = (size_t)(cbrt((double)days) + 0.5);
    for (size_t i = 0; i < RESAMPLES; i++) {
        double a = 0, b = 0;
        for (size_t len = 0; len < days;) {
            size_t from = (size_t)(next(&seed) % days);
            for (size_t k = 0; k < block && len < days; k++, len++) {
                size_t day = (from + k) % days;
                a += now[day * stride];
                b += then[day * stride];
            }
        }
        changes[i] = ratio(a, b);
    }
    qsort(changes, RESAMPLES, sizeof(changes[0]), compare_doubles);
    size_t cut = (size_t)(tail_of(days, block) * RESAMPLES);
    out->low = changes[cut];
    out->high = changes[RESAMPLES - 1 - cut];
}

struct fg_change fg_change_of(
    const double *now, const double *then, size_t days, size_t stride, uint64_t seed)
{
    struct fg_change out = {.days = days};
    for (size_t i = 0; i < days; i++) {
        double a = now[i * stride], b = then[i * stride];
        out.now += a / (double)days;
        out.then += b / (double)days;
        out.worse_days += b > a * (1 + WORSE);
    }
    out.change = out.low = out.high = ratio(out.now, out.then);
    if (days > 1)
        resample(&out, now, then, stride, seed);
    return out;
}
