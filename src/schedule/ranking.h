/* ranking.h - an order at work on one queue: keys of its jobs, standing of its projects, use that fades.
 *
 *     order, config --RANKING--> a queue that walks in that order
 *     time, what projects hold --tick()--> fair shares, moving keys
 *
 * Owner:     whoever owns the queue (the controller, the simulator); one ranking for one queue, which it outlives.
 * Fairness:  what a project used fades with the half-life `fair_half_life_s` (held.h).  In a walk the projects are
 *            compared anew after every start, by what they hold by then: progressive filling.
 */
#pragma once

#include "base/auto.h"
#include "pool/pool.h"
#include "queue/queue.h"
#include "schedule/order.h"

struct fg_ranking;

/* Who may push aside running preemptible jobs: `schedule.preempt`. */
enum fg_preempt {
    FG_PREEMPT_PRIORITY, /* who has the higher priority, and is not preemptible itself: the default */
    FG_PREEMPT_OFF, /* nobody */
    FG_PREEMPT_ORDER, /* who is clearly better in the order; as by priority in orders that push nobody */
};
int fg_preempt_find(const char *name); /* "priority", "off", "order"; -1: none of these */
const char *fg_preempt_name(enum fg_preempt preempt);

struct fg_ranking *fg_ranking_new(const struct fg_config *config,
                                  const struct fg_job_order *order,
                                  enum fg_preempt preempt); /* NULL: no memory */
void fg_ranking_free(struct fg_ranking *ranking);           /* NULL is allowed */
FG_AUTO_DEFINE(fg_ranking)

/* An empty queue that walks in this order.  NULL: no memory. */
struct fg_queue *fg_ranking_queue(struct fg_ranking *ranking, size_t jobs_max);

/* Before a pass: use fades, bonuses follow, moving keys are made anew if they are due. */
void fg_ranking_tick(struct fg_ranking *ranking,
                     struct fg_queue *queue,
                     const struct fg_pool *pool,
                     int64_t now_us);

/* Device-microseconds that an open job got so far, the attempt under way included: to be kept as its `attained_us` when
 * the attempt ends. */
int64_t fg_ranking_attained_us(const struct fg_ranking *ranking,
                               const struct fg_job *job,
                               int64_t now_us);

/* May the waiting `head` push aside `running`, which is preemptible?  Both are open in the queue.  Who is pushed aside
 * comes after the head, and may not push back. */
bool fg_ranking_may_push(const struct fg_ranking *ranking,
                         const struct fg_queue *queue,
                         const struct fg_job *head,
                         const struct fg_job *running);
/* The same for one head and all who run, one after the other. */
struct fg_pusher {
    const struct fg_job *head;
    int64_t mark; /* the order's, of the head */
    /* Time alone, with the same jobs, does not let it push more of those asked about before this moment. */
    int64_t steady_until_us;
    int64_t newcomers_until_us; /* until then it may not push who starts now or later */
};
/* false: it may push nobody at all, which spares the look at all who run. */
bool fg_ranking_pusher(const struct fg_ranking *ranking,
                       const struct fg_job *head,
                       struct fg_pusher *out);
bool fg_ranking_pushes(const struct fg_ranking *ranking,
                       const struct fg_queue *queue,
                       struct fg_pusher *pusher,
                       const struct fg_job *running);
/* Has it the higher priority? */
bool fg_ranking_is_above(const struct fg_queue *queue,
                         const struct fg_job *head,
                         const struct fg_job *running);
/* Of those who may be pushed aside the one with the lowest standing goes first. */
int64_t fg_ranking_standing(const struct fg_ranking *ranking,
                            const struct fg_queue *queue,
                            const struct fg_job *job);
