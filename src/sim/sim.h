/* sim.h - a trace through the core that runs live: the same queue, pool, ranking and scheduling pass.
 *
 *     trace, cluster, policies, seed --SIM--> fg_sim_result
 *
 *     struct fg_sim_options options = {.config = &config, .trace = &trace, .cluster = &cluster,
 *                                      .order = fg_job_order_find("srtf"), .preempt = FG_PREEMPT_ORDER, .seed = 1};
 *     FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
 *     int rc = fg_sim_run(&options, &result, &err);
 *
 * Time:     virtual, from event to event.  Events of one moment are applied together, then one pass decides, as in the
 *           daemon's step; no pass while nothing changed that could let a job start.
 * Work:     a job has duration_us of work at speed 1.  An attempt begins with what the restart costs, and then does the rest
 *           at the speed of its slowest device.  A job that writes checkpoints saves its work when it is asked to stop, and
 *           falls back to the last one if its node is lost; others begin again.
 * Pure:     no clock, no file; every random draw comes from the seed.  The same options give the same result, byte for byte.
 * Threads:  runs share nothing but what they only read: several may go at once.
 */
#pragma once

#include "energy/cap.h"
#include "place/policy.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "sim/cluster.h"
#include "sim/energy_model.h"
#include "sim/result.h"
#include "sim/trace.h"

/* A start, as the pass decided it.  For tests that compare decisions. */
struct fg_sim_start {
    int64_t time_us;
    size_t job; /* in the trace */
    uint32_t attempt;
    const struct fg_grant *grants;
    size_t grants_len;
};

/* What is done to save energy.  Jobs of one project, user and request are one class: it does what one class of the model
 * does, by the seed, and its curve is learned by probes of FG_SIM_PROBE_US at the beginning of its jobs. */
#define FG_SIM_PROBE_US 30'000'000
struct fg_sim_saving {
    bool caps; /* power caps by class, on `terms` */
    struct fg_cap_terms terms;
    bool shifts; /* flexible jobs wait for a cheaper or cleaner hour of the model */
    bool sleeps; /* empty nodes sleep; who gets one waits until it is awake */
    uint32_t
        keep_milli; /* so many empty devices stay awake: that quantile of past rises (sleep.h) */
    int64_t awake_us, asleep_us; /* at least, see sleep.h */
};
#define FG_SIM_SAVING_ALL                                                                      \
    ((struct fg_sim_saving){.caps = true,                                                      \
                            .terms = FG_CAP_TERMS_DEFAULT,                                     \
                            .shifts = true,                                                    \
                            .sleeps = true,                                                    \
                            .keep_milli = 950,                                                 \
                            .awake_us = 600'000'000,                                           \
                            .asleep_us = 600'000'000})

struct fg_sim_options {
    const struct fg_config *config;
    const struct fg_sim_trace *trace;
    const struct fg_sim_cluster *cluster;
    const struct fg_job_order *order;
    enum fg_preempt preempt;
    const struct fg_place_policy *place; /* NULL: the default */
    const char *
        allocate; /* which kind of device is for whom (src/allocate/policy.def); NULL: as it comes */
    bool
        tells_speeds; /* `allocate` goes by how fast jobs truly are on each kind, not by what was learned */
    bool optimise; /* who is backfilled is found by search */
    enum fg_backfill backfill;
    uint64_t seed;
    const struct fg_energy_model
        *energy; /* what everything draws; NULL: what the cluster file says of its nodes */
    struct fg_sim_saving saving; /* with `energy` */
    /* Orders that move with time, or push by what a job has got by now, need passes when nothing else happens: this often
     * while jobs wait.  0: only at events. */
    int64_t tick_us;
    /* Time limits for jobs that have none, for backfill to go by: so many thousandths of what the job takes.  0: none. */
    int64_t limit_milli;
    /* What users expect of jobs that do not say: so many thousandths of the truth.  0: nothing, it is predicted from
     * earlier jobs as it is live. */
    int64_t estimate_milli;
    /* So many percent of the jobs, drawn by the seed, may only use the supplier that is their home; homes are dealt evenly
     * among the suppliers of the cluster.  100: jobs are split among them once and for all. */
    uint32_t home_percent;
    int64_t cluster_us;  /* how long the cluster is there when the first job comes */
    int64_t speed_milli; /* of arrivals: 2000 brings them twice as fast; 0 as they are */
    size_t
        first_jobs;   /* it is over when so many, the first to be submitted, are done; 0: all */
    int64_t until_us; /* nothing is simulated after this moment; 0: until all is done */

    /* Called now and then, from the simulating thread: jobs done of all.  May be NULL. */
    void (*progress)(void *self, size_t done, size_t jobs);
    void (*start)(void *self, const struct fg_sim_start *start); /* may be NULL */
    /* Its devices were given back: it is done, or goes on later.  May be NULL. */
    void (*over)(void *self, size_t job, int64_t time_us);
    void *self;
};

/* The home of a job of the trace among so many suppliers, if so many percent are bound to theirs; -1: it has none. */
int fg_sim_home(uint64_t seed, size_t job, uint32_t percent, size_t suppliers);

/* Returns 0 and the result (owned), or FG_EINVAL: a cluster that the pool refuses; FG_ENOMEM. */
[[nodiscard]] int fg_sim_run(const struct fg_sim_options *options,
                             struct fg_sim_result **out,
                             struct fg_err *err);
