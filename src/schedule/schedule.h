/* schedule.h - who gets which devices, now.
 *
 *     queue --ready jobs in order--> SCHEDULE --decisions--> controller --> engine
 *     pool  --fits-----------------/
 *
 * One pass walks the ready jobs, best first: order (order.h) -> filter (quota, fit) -> place (place/policy.h).
 * A job that fits is claimed in the pool at once.  The first job that does not fit for lack of devices is the
 * head: it gets a reservation at the soonest moment at which running jobs will have made room (EASY
 * backfill, Lifka 1995), and later jobs may start only where they do not delay it.  If the head may preempt
 * (its priority is above that of running preemptible jobs), the fewest of these are asked to stop.
 *
 * What a pass costs: passes remember what did not fit, who ends when, and the pool as it will be for the head; an
 * event costs what it changes.  A new scheduler that is told the same decides the same.
 *
 * Pure: no clock, no I/O; same queue, pool and time give the same decisions.
 */
#pragma once

#include "base/config.h"
#include "place/account.h"
#include "place/policy.h"
#include "pool/pool.h"
#include "queue/queue.h"
#include "schedule/ranking.h"

struct fg_schedule;

/* A job that holds devices now. */
struct fg_running {
    fg_job_id job;
    int64_t
        end_us; /* expected: start + time limit, or the default duration; while it stops: asked + grace (stop.h) */
    const struct fg_grant *grants;
    size_t grants_len;
    bool stopping; /* asked to stop already */
};

enum fg_decision_kind { FG_DECIDE_START, FG_DECIDE_PREEMPT };

struct fg_decision {
    enum fg_decision_kind kind;
    fg_job_id job;
    uint32_t alternative;         /* START: which of any_of */
    size_t grants_at, grants_len; /* START: in fg_schedule_grants(); claimed in the pool */
    fg_job_id for_job;            /* PREEMPT: who needs the room */
};

/* The head of the queue that waits for devices, and when it will have them. */
struct fg_reservation {
    fg_job_id job; /* 0: nobody waits for devices */
    int64_t at_us; /* INT64_MAX: not foreseeable */
};

struct fg_schedule *fg_schedule_new(const struct fg_config *config); /* NULL: no memory */
void fg_schedule_free(struct fg_schedule *schedule);                 /* NULL is allowed */
FG_AUTO_DEFINE(fg_schedule)
/* Who may push aside whom is asked of the ranking of the queue (borrowed).  Without one nobody does. */
void fg_schedule_rank(struct fg_schedule *schedule, const struct fg_ranking *ranking);

/* Where tasks go; `seed` is for the policy random.  fg_place_policy_default() without this call. */
void fg_schedule_place(struct fg_schedule *schedule,
                       const struct fg_place_policy *policy,
                       uint64_t seed);

/* Who may start before one that waits: `schedule.backfill`. */
enum fg_backfill {
    FG_BACKFILL_EASY,         /* who does not delay the first of those that wait: the default */
    FG_BACKFILL_CONSERVATIVE, /* who delays none of them, up to `backfill_promises` */
    FG_BACKFILL_OFF,          /* nobody */
};
int fg_backfill_find(const char *name); /* "easy", "conservative", "off"; -1: none of these */
const char *fg_backfill_name(enum fg_backfill backfill);
void fg_schedule_set_backfill(struct fg_schedule *schedule, enum fg_backfill backfill);

/* A place that a job was promised by a migration (migrate.h). */
struct fg_hint {
    fg_job_id job;
    uint32_t alternative;
    const struct fg_grant *grants; /* one per task */
    size_t grants_len;
};

/* From the next pass on these jobs go before all others, to these devices, and nobody else gets the devices, until
 * each of them has started (wherever), is over, or `until_us` has come.  The first is the job that the others move
 * for; these are asked to stop by the caller.  Copied; takes the place of earlier hints. */
void fg_schedule_hint(struct fg_schedule *schedule,
                      const struct fg_hint *hints,
                      size_t len,
                      int64_t until_us);
/* Is a hint of an earlier call still to be followed? */
bool fg_schedule_has_hints(const struct fg_schedule *schedule, int64_t now_us);

/* How the placement sees a node for a need, as the next pass would. */
void fg_schedule_account(struct fg_schedule *schedule,
                         const struct fg_pool *pool,
                         const struct fg_queue *queue,
                         const struct fg_need *need,
                         fg_node_id node,
                         struct fg_place_account *out);

/* Who has learned how fast work goes that does not say (`throughput`), and how often it is interrupted.  `of`: how fast such a job is on a kind of device, against
 * any that is the same for all kinds; false: it is not known well enough. */
struct fg_rates {
    void *self;
    bool (*of)(void *self,
               const struct fg_job *job,
               const struct fg_request *any_of,
               size_t any_of_len,
               const char *kind,
               double *out);
    /* Interruptions to expect in 1,000 hours with a supplier, on nodes of spot or others; NULL: as if there were none anywhere. */
    double (*losses)(void *self, const char *supplier, bool is_spot);
    /* Those on a node beyond what others like it have (fg_pool_set_hazard); NULL: nothing is known of nodes. */
    uint32_t (*excess)(void *self, const struct fg_node_spec *node);
};
/* Ask these (borrowed; NULL: nobody) from the next fg_schedule_allocate() on. */
void fg_schedule_rates(struct fg_schedule *schedule, const struct fg_rates *rates);

/* Among alternatives whose rates are told, the one that this policy (src/allocate/policy.def) has for the job.  NULL or
 * "off": as they were written.  FG_EINVAL: no such policy; FG_ENOMEM. */
[[nodiscard]] int fg_schedule_allocate(struct fg_schedule *schedule, const char *policy);
/* What that has for the class of the job on kinds of one of its alternatives. */
struct fg_owed {
    double owed, has; /* devices that the class is owed, and that it has */
    double rate;      /* the greatest of a task on these kinds */
    bool is_learned;  /* told by fg_rates, not by the job */
};
/* false: it is off, or the job takes no part. */
bool fg_schedule_owed(const struct fg_schedule *schedule,
                      const struct fg_queue *queue,
                      const struct fg_job *job,
                      size_t alternative,
                      struct fg_owed *out);

/* From now on start, of the first `optimise_jobs` behind the head that might fit, not who comes first but the best set that a
 * search of `optimise_tries` plans finds (batch.c), if it is better.  Not in orders that compare projects after each
 * start (drf, fair): there who comes next depends on who has started. */
void fg_schedule_optimise(struct fg_schedule *schedule, bool optimise);

/* How often it searched, and how often what it found was better, since the schedule was made. */
struct fg_arranged {
    uint64_t searched, better;
};
struct fg_arranged fg_schedule_arranged(const struct fg_schedule *schedule);

/* -- who holds devices: told once, kept from pass to pass ---------------------------------------------
 * The pass itself notes what it starts.  Grants are copied. */
/* This job holds devices, as given from now on (new, stopping now, or with another end). */
void fg_schedule_runs(struct fg_schedule *schedule,
                      const struct fg_queue *queue,
                      const struct fg_running *running);
/* May a pass decide something even if nobody waits: give somebody who runs more tasks, ask somebody to leave spot? */
bool fg_schedule_may_act(const struct fg_schedule *schedule);
/* It holds none any more: its grants were, or are about to be, released in the pool. */
void fg_schedule_over(struct fg_schedule *schedule, fg_job_id job);
/* For tests: is that what it knows of this job?  And of how many it does. */
bool fg_schedule_knows(const struct fg_schedule *schedule, const struct fg_running *running);
size_t fg_schedule_running(const struct fg_schedule *schedule);
/* These hold devices, and nobody else. */
void fg_schedule_run_these(struct fg_schedule *schedule,
                           const struct fg_queue *queue,
                           const struct fg_running *running,
                           size_t len);

/* One pass, by who is known to hold devices.  A schedule has the same pool in all of its passes.  The
 * pool is changed by the claims of the START decisions (the caller releases them if it cannot make them durable).  Decisions and grants are valid until the next pass. */
size_t fg_schedule_go_on(struct fg_schedule *schedule,
                         struct fg_pool *pool,
                         struct fg_queue *queue,
                         int64_t now_us,
                         const struct fg_decision **out_decisions);
/* fg_schedule_run_these, and a pass. */
size_t fg_schedule_pass(struct fg_schedule *schedule,
                        struct fg_pool *pool,
                        struct fg_queue *queue,
                        const struct fg_running *running,
                        size_t running_len,
                        int64_t now_us,
                        const struct fg_decision **out_decisions);
/* Jobs that the last pass looked at: what it cost. */
size_t fg_schedule_looked(const struct fg_schedule *schedule);
const struct fg_grant *fg_schedule_grants(const struct fg_schedule *schedule);
struct fg_reservation fg_schedule_reservation(const struct fg_schedule *schedule);
/* When the job will start at the latest, if jobs end by their limits; INT64_MAX: it has no reservation. */
int64_t fg_schedule_promised_us(const struct fg_schedule *schedule, fg_job_id job);

/* How long an attempt of the job is taken to hold its devices at most: its time limit, else what is predicted of it, else the
 * configured default. */
int64_t fg_schedule_duration(const struct fg_schedule *schedule, const struct fg_job *job);

/* What the grants amount to, by the quota rows of the project. */
struct fg_amount fg_schedule_amount(const struct fg_pool *pool,
                                    const struct fg_project *project,
                                    const struct fg_grant *grants,
                                    size_t grants_len);
