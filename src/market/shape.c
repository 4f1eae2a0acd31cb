/* shape.c - a demand of years in the shape of one of weeks */
#include "market/market.h"

#include <assert.h>
#include <math.h>

#define WEEK_HOURS  168
#define BLOCK_WEEKS 4 /* that stay together: busy weeks come in a row */
#define YEAR_HOURS  8766.0

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

const double *fg_market_shape(struct fg_arena *arena,
                              const double *pattern,
                              size_t len,
                              size_t hours,
                              const struct fg_market_level *level)
{
    double *out = FG_NEW(arena, double, hours + 1);
    size_t weeks = len / WEEK_HOURS;
    uint64_t state = level->seed;
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += pattern[i];
    assert(len > 0);
    double scale = sum > 0 ? level->mean * (double)len / sum : 0;
    for (size_t hour = 0, week = 0; hour < hours; hour++) {
        if (hour % (BLOCK_WEEKS * WEEK_HOURS) == 0 && weeks > 0)
            week = (size_t)(next(&state) % weeks);
        else if (hour % WEEK_HOURS == 0 && weeks > 0)
            week = (week + 1) % weeks;
        size_t from = weeks > 0 ? week * WEEK_HOURS + hour % WEEK_HOURS : hour % len;
        double years = ((double)hour - (double)hours / 2) / YEAR_HOURS;
        out[hour] = pattern[from] * scale * pow(1 + level->growth, years);
    }
    return out;
}

size_t fg_market_months(const struct fg_market_world *world)
{
    return (world->hours + FG_MARKET_MONTH_HOURS - 1) / FG_MARKET_MONTH_HOURS;
}

double fg_market_on_demand_usd(const struct fg_market_world *world, size_t model, size_t day)
{
    double best = NAN;
    for (size_t i = 0; i < world->offers_len; i++)
        if (world->offers[i].model == model)
            best = fmin(best, world->offers[i].on_demand[day]);
    return best;
}
