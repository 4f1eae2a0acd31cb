/* loghist.h - a histogram of logarithmic buckets that fades.
 *
 *     values, each with its moment --add--> LOGHIST --pour, quantile--> what is usual
 *
 * Three buckets to a factor of two, from 1 to 2^36: run times in milliseconds (two years), memory in MiB.  A bucket keeps the mean of what
 * fell into it, so that a value that always comes is given back as it was.  What was added counts half after the half-life, and no more
 * than so many values count in all: who adds another one then makes the older ones fade.
 *
 * Open values, owned by whoever holds them; zero is empty.  Pure.
 */
#pragma once

#include <stdint.h>

#define FG_LOGHIST_BUCKETS 108

struct fg_loghist {
    struct {
        double weight, log_sum; /* of natural logarithms */
    } of[FG_LOGHIST_BUCKETS];
    double total;  /* weight of all, as of faded_us */
    int64_t at_us; /* when it was added to last */
};

/* Shares of a whole: what fg_loghist_pour() makes.  Sums to 1 once something was poured. */
struct fg_logmix {
    double share[FG_LOGHIST_BUCKETS], log_mean[FG_LOGHIST_BUCKETS];
};

/* `value` below 1 counts as 1.  Time that goes back is no time. */
void fg_loghist_add(
    struct fg_loghist *hist, int64_t value, int64_t time_us, int64_t half_life_us, double most);

/* Mix it into what coarser classes said: the mix counts as `prior` values, the histogram as what it holds.  An empty mix is replaced. */
void fg_loghist_pour(const struct fg_loghist *hist, double prior, struct fg_logmix *mix);

/* The value below which the share `q` (0 to 1) lies.  Of an empty mix 0. */
int64_t fg_logmix_quantile(const struct fg_logmix *mix, double q);
int64_t fg_logmix_mean(const struct fg_logmix *mix);
