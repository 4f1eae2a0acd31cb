/* expect.h - on whose nodes would a job be done soonest?
 *
 *     ways of a gang, what is known of suppliers, links --EXPECT--> the ways in the order in which they are to be tried
 *
 *     finish = wait there + time to bring its data there + time it runs there
 *
 * The wait is what work of ours waited there lately.  It runs faster where its rate is greater (as the job says, else as it was
 * learned, if it may use several kinds), and longer where work is interrupted, by what of it is lost each time, and where nodes are
 * away for part of the time.  Where finishing an hour sooner is worth so much (`finish_hour_musd`), what it costs counts
 * as time too.  Ways that finish within `finish_close_percent` of the soonest, and five minutes, are as good as it: of these the alternatives
 * go as they were written (with rates for all: as they come), then the cheapest, then this machine first.  The other ways
 * follow, the soonest first: who finds no room where it is planned spills over.
 *
 * Where only this machine has nodes nothing is changed.  Pure; inside of schedule/ only.
 */
#pragma once

#include "schedule/schedule_inner.h"

struct fg_expect;

/* Nodes of spot against all others, as they are now. */
struct fg_spot_market {
    double spot_per_hour, held_per_hour; /* interruptions of a node; 0: nobody knows */
    double
        price; /* of a device of spot, as a share of one of the same kind that is not; where prices do not tell, a half */
};

/* One way, as it is judged. */
struct fg_expected {
    uint8_t way;
    bool is_close;      /* to the soonest */
    int64_t wait_us;    /* before it begins there */
    int64_t bring_us;   /* its data */
    int64_t finish_us;  /* from now on: all of it */
    int64_t cost_uusd;  /* of all its tasks, for the time that it runs */
    int64_t counted_us; /* finish_us, and what the cost counts */
};

struct fg_expect *fg_expect_new(void);         /* out of memory ends the process */
void fg_expect_free(struct fg_expect *expect); /* NULL is allowed */

/* Where a job does not say how fast it runs, these do (borrowed; NULL: nobody). */
void fg_expect_rates(struct fg_expect *expect, const struct fg_rates *rates);

/* What was learned is news from now on. */
void fg_expect_look_again(struct fg_expect *expect);
void fg_expect_spot(struct fg_expect *expect,
                    const struct fg_pool *pool,
                    struct fg_spot_market *out);

/* The ways of a gang that the job may go, in the order in which they are to be tried; how many.  `out` has room for
 * FG_WAYS_MAX. */
size_t fg_expect_ways(struct fg_expect *expect,
                      const struct fg_config *config,
                      const struct fg_pool *pool,
                      const struct fg_queue *queue,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      struct fg_expected *out);

/* Put the gang's ways into that order. */
void fg_expect_order(struct fg_expect *expect,
                     const struct fg_config *config,
                     const struct fg_pool *pool,
                     const struct fg_queue *queue,
                     const struct fg_job *job,
                     struct fg_gang *gang);
