/* refusal.h - why nobody is pushed aside for the head, kept from pass to pass.  Inside of schedule/ only.
 *
 *     pool, without jobs that stop and those that the head may push aside --> REFUSAL: has the head room in it?
 *
 * A head mostly waits for many passes, and mostly all whom it may push aside are too few.  The pool without them follows
 * each job that begins or ends; who begins and may be pushed aside later is taken for one who may be at once.  So it never has
 * less room than there is, and while the head has none in it nobody is looked at.
 */
#pragma once

#include "schedule/ranking.h"
#include "schedule/room.h"

struct fg_schedule;
struct fg_pass;
struct runner;

struct refusal {
    fg_job_id head; /* 0: nothing is known */
    struct fg_gang gang;
    struct fg_pusher pusher; /* of the last look; not its pointer */
    uint64_t nodes_generation, orders;
    bool nobody; /* it may push nobody; false: `pool` says whether all whom it may are enough */
    bool newcomers; /* some who may be stopped had not begun at the last look, or did since */
    bool is_kept;   /* `pool` follows; who has let go in it is `aside` */
    struct fg_pool *pool; /* NULL: never needed so far */
    size_t nodes_max;
    struct room_counter counter;
};

void fg_refusal_fini(struct refusal *refusal);
/* Nothing is known any more. */
void fg_refusal_forget(struct refusal *refusal);
/* A job holds its devices from now on, or no more. */
void fg_refusal_began(struct refusal *refusal, struct runner *runner);
void fg_refusal_over(struct refusal *refusal, const struct runner *runner);

/* Until when it is known to be refused; INT64_MIN: it is not. */
int64_t fg_refused_until_us(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_gang *gang,
                            const struct fg_pusher *pusher);
/* All who run were looked at: it may push nobody. */
void fg_refusal_nobody(struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct fg_gang *gang,
                       const struct fg_pusher *pusher);
/* All who run were looked at: it may push those that are `pushable`.  Are they too few? */
bool fg_refusal_too_few(struct fg_schedule *schedule,
                        const struct fg_pass *pass,
                        const struct fg_gang *gang,
                        const struct fg_pusher *pusher);
