/* loghist.c - see loghist.h */
#include "learn/loghist.h"

#include <math.h>

#define A_DOUBLING 3
#define VALUE_MAX  4e18

static int bucket_of(double log_value)
{
    int bucket = (int)(log_value / M_LN2 * A_DOUBLING);
    return bucket < 0 ? 0 : bucket >= FG_LOGHIST_BUCKETS ? FG_LOGHIST_BUCKETS - 1 : bucket;
}

static void scale(struct fg_loghist *hist, double factor)
{
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++) {
        hist->of[i].weight *= factor;
        hist->of[i].log_sum *= factor;
    }
    hist->total *= factor;
}

static int64_t to_int(double value)
{
    return value < 1 ? 1 : value > VALUE_MAX ? (int64_t)VALUE_MAX : (int64_t)(value + 0.5);
}

void fg_loghist_add(
    struct fg_loghist *hist, int64_t value, int64_t time_us, int64_t half_life_us, double most)
{
    double keeps = 1, log_value = log(value > 1 ? (double)value : 1);
    if (hist->total > 0 && time_us > hist->at_us && half_life_us > 0)
        keeps = exp2(-(double)(time_us - hist->at_us) / (double)half_life_us);
    if (hist->total * keeps > most - 1)
        keeps = (most - 1) / hist->total;
    if (hist->total > 0 && keeps < 1)
        scale(hist, keeps);
    int bucket = bucket_of(log_value);
    hist->of[bucket].weight += 1;
    hist->of[bucket].log_sum += log_value;
    hist->total += 1;
    if (time_us > hist->at_us)
        hist->at_us = time_us;
}

void fg_loghist_pour(const struct fg_loghist *hist, double prior, struct fg_logmix *mix)
{
    double had = 0;
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++)
        had += mix->share[i];
    if (hist->total <= 0)
        return;
    prior = had > 0 ? prior : 0;
    double all = prior + hist->total;
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++) {
        double before = mix->share[i] * prior, its = hist->of[i].weight, sum = before + its;
        if (sum <= 0) {
            mix->share[i] = 0;
            continue;
        }
        mix->log_mean[i] = (before * mix->log_mean[i] + hist->of[i].log_sum) / sum;
        mix->share[i] = sum / all;
    }
}

int64_t fg_logmix_quantile(const struct fg_logmix *mix, double q)
{
    double below = 0;
    int last = -1;
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++) {
        if (mix->share[i] <= 0)
            continue;
        last = i;
        below += mix->share[i];
        if (below >= q)
            break;
    }
    return last < 0 ? 0 : to_int(exp(mix->log_mean[last]));
}

int64_t fg_logmix_mean(const struct fg_logmix *mix)
{
    double mean = 0;
    for (int i = 0; i < FG_LOGHIST_BUCKETS; i++)
        if (mix->share[i] > 0)
            mean += mix->share[i] * exp(mix->log_mean[i]);
    return mean > 0 ? to_int(mean) : 0;
}
