/* spot.h - jobs with deadlines, and nodes that may be taken back at short notice.
 *
 *     job, its deadline, what it still needs --SPOT--> on which nodes it may be placed; who leaves nodes of spot
 *
 * The safety net of plan/deadline.h, in a pool: as long as a job could lose its node at once and still be in time it goes
 * anywhere, or (spot_deadlines = 2) to nodes of spot first.  After that it goes to others first; if none is free it
 * rides spot all the same, as to wait costs the same slack and does no work, and leaves when another node is free
 * and there is time for a start.  So the rule only prefers: who fits somewhere starts, as without it.
 *
 * And only as long as spot is worth it: interrupted as often as was learned (fg_rates), the job would take so much longer there, by what
 * it has done since its last checkpoint each time, that it would cost more than on others.  Then it goes to others first, too; but who rides
 * already stays.
 *
 * Rests on what the job is expected to take (order.h), its checkpoints and restart, and the setting spot_start_s.
 */
#pragma once

#include "schedule/schedule.h"

struct fg_spot_verdict {
    enum fg_spot_rule rule;
    int64_t slack_us; /* time left less work left */
    int64_t start_us; /* until it works again on another node */
    int64_t loss_us;  /* most progress that it loses with a node of spot */
    bool is_safe;     /* it could lose its node at once and be in time */
    double stretch; /* so many times longer it is expected to take on spot, being interrupted */
    double price;   /* what it pays there, of what it pays elsewhere, for all of its work */
};

/* FG_SPOT_ANY for who has no deadline, and where no node is of spot; `now_us`: as of then. */
void fg_spot_judge(const struct fg_schedule *schedule,
                   const struct fg_pool *pool,
                   struct fg_queue *queue,
                   const struct fg_job *job,
                   int64_t now_us,
                   struct fg_spot_verdict *out);
