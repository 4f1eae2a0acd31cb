/* spot_bound.c - what one who knows the future would pay at least.
 *
 * The job must make C of progress; each start takes d of it.  With a price m on progress the rest is a shortest path over
 * looks and rides: a look that is ridden costs its price less m times its length, a start costs m d.  For any m the
 * path's cost + m C is a lower bound of the least cost (weak duality); the best m is found by ternary search, as the
 * bound is concave in it.
 */
#include "market/spot_replay.h"

#include <math.h>

#define SEARCH_STEPS 40
/* Progress is worth a few times on-demand at most; any multiplier gives a bound. */
#define WORTH_MOST 4

struct path {
    double idle, paid, spot[FG_SPOT_ZONES_MAX];
};

static double least_of(const struct fg_spot_case *job, const struct path *path)
{
    double least = fmin(path->idle, path->paid);
    for (uint32_t i = 0; i < job->zones_len; i++)
        least = fmin(least, path->spot[i]);
    return least;
}

/* All in USD and hours. */
static double bound(const struct fg_spot_case *job, double worth)
{
    double gap = (double)job->zones[0].gap_us / 3.6e9;
    double paid = ((double)job->on_demand_uusd_per_hour / 1e6 - worth) * gap,
           spot = ((double)job->spot_uusd_per_hour / 1e6 - worth) * gap,
           start = (double)job->restart_us / 3.6e9 * worth;
    size_t looks = (size_t)((job->time_us + job->zones[0].gap_us - 1) / job->zones[0].gap_us);
    struct path path = {.paid = INFINITY};
    for (uint32_t i = 0; i < job->zones_len; i++)
        path.spot[i] = INFINITY;
    for (size_t at = 0; at < looks; at++) {
        double least = least_of(job, &path);
        path.idle = least;
        path.paid = fmin(path.paid, least + start) + paid;
        for (uint32_t i = 0; i < job->zones_len; i++)
            path.spot[i] = fg_spot_trace_has(&job->zones[i], job->first + at, job->machines)
                               ? fmin(path.spot[i], least + start) + spot
                               : INFINITY;
    }
    return least_of(job, &path) + worth * (double)job->work_us / 3.6e9;
}

double fg_spot_clairvoyant_uusd(const struct fg_spot_case *job)
{
    double low = 0, high = WORTH_MOST * (double)job->on_demand_uusd_per_hour / 1e6, best = 0;
    for (int i = 0; i < SEARCH_STEPS; i++) {
        double a = low + (high - low) / 3, b = high - (high - low) / 3;
        double at_a = bound(job, a), at_b = bound(job, b);
        best = fmax(best, fmax(at_a, at_b));
        if (at_a < at_b)
            low = a;
        else
            high = b;
    }
    return best * 1e6;
}
