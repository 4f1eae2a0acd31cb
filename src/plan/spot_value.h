/* spot_value.h - what the rest of a job costs to expect, by the work and the slack that are left.
 *
 *     restart, price of spot against on-demand --> VALUE --expected cost of each ride--> deadline
 *
 * A table by dynamic programming over (work left, slack left, regime of the market, there or not, ride), in hours of
 * on-demand.  It belongs to a start time and a ratio of prices, not to a job: all jobs up to its size share it.
 * The regime is not known: costs are weighed by the outlook (QMDP: Littman, Cassandra, Kaelbling, ICML 1995).
 * Owner: whoever makes it.  Pure.  About 8 MiB and 0.1 s.
 */
#pragma once

#include "base/auto.h"
#include "plan/spot_outlook.h"

#include <stdint.h>

struct fg_spot_value;

struct fg_spot_value_terms {
    int64_t work_us;      /* greatest work left */
    int64_t slack_us;     /* greatest slack; more counts as this */
    int64_t restart_us;   /* each start */
    double price_of_spot; /* as a share of on-demand, 0 to 1 */
};

/* Running out of memory ends the process (see arena.h). */
struct fg_spot_value *fg_spot_value_new(const struct fg_spot_value_terms *terms);
void fg_spot_value_free(struct fg_spot_value *value); /* NULL is allowed */
FG_AUTO_DEFINE(fg_spot_value)

/* Expected cost of the rest, in hours of on-demand, if the next stretch is spent so. */
struct fg_spot_costs {
    double spot_stay, spot_start; /* on a machine that is there */
    double wait;
    double on_demand_stay, on_demand_start;
};

void fg_spot_value_of(const struct fg_spot_value *value,
                      const struct fg_spot_outlook *outlook,
                      bool is_there,
                      int64_t work_left_us,
                      int64_t slack_us,
                      struct fg_spot_costs *out);
