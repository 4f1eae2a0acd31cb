/* rounds_inner.h - the state of one simulation in rounds, shared by the files rounds_*.c of this folder only. */
#pragma once

#include "schedule/assign.h"
#include "schedule/rounds.h"
#include "sim/rounds_sim.h"
#include "sim/twister.h"

#define NOWHERE (-1)

/* A job that has come and is not done. */
struct rounds_run {
    uint32_t job; /* in the stream */
    uint32_t type, devices;
    double left;  /* steps */
    int32_t kind; /* this round's choice of the policy, or NOWHERE */
    int32_t mate; /* the place in sim->runs of the job that shares its devices, or NOWHERE */
    bool runs;    /* and it has its share already */
    double steps, end_s; /* of this round */
    int32_t kind_before; /* of the round before */
    /* Finish-time fairness: what is done, in seconds with an equal share of the pool; of when shares were last computed. */
    double equal_s, left_before, equal_rate;
    double owed_steps, owed_at_s; /* what an equal share would have done until then */
};

/* FIFO: what it has given away, by age; jobs that are done are in it until shares are computed. */
struct rounds_held {
    uint32_t job;
    int32_t kind;
};

struct rounds_sim {
    const struct fg_rounds_options *options;
    const struct fg_gavel_table *table;
    struct fg_sim_result *result;
    uint32_t kinds_len;
    uint32_t capacity[FG_GAVEL_KINDS_MAX], devices; /* by kind, all */
    uint32_t by_name[FG_GAVEL_KINDS_MAX];           /* kinds in the order of their names */
    double *fastest, *mean;                         /* speed of each type over the kinds */

    struct rounds_run *runs; /* oldest first; runs[i] is rounds.jobs[i] */
    size_t runs_len, runs_room;
    size_t came, window_left;
    double now_s, round_began_s, round_end_s; /* of the round before, when one is chosen */
    bool any_round;

    struct fg_rounds rounds; /* policies of shares */
    bool shares_stale;
    double reset_at_s;
    struct fg_twister shuffle, draw;
    struct rounds_held *held;
    size_t held_len, held_room;

    struct fg_assign_job *assign_jobs; /* policies of assignments: room of runs_room */
    double *keys;
    uint32_t *order;
};

struct fg_rounds_policy {
    const char *name;
    const char *gavel_name; /* in the published experiments; NULL: it is ours */
    const char *text;
    /* Set kind, mate and runs of each of sim->runs. */
    int (*choose)(struct rounds_sim *sim, struct fg_err *err);
    /* For policies of shares: set the share of each of sim->rounds.jobs. */
    int (*share)(struct rounds_sim *sim, struct fg_err *err);
    bool shuffles;   /* kinds are filled in random order */
    bool idles;      /* devices without a job that has a share of them stay idle */
    bool is_aware;   /* of speeds */
    bool is_sharing; /* two jobs may run on the same devices */
    bool is_blind;   /* does not know what work remains */
    bool
        counts_elapsed; /* finish-time fairness: the time so far counts for an equal share as well */
    bool is_single; /* only jobs of one device */
};

/* rounds_share.c */
int fg_rounds_choose_by_share(struct rounds_sim *sim, struct fg_err *err);
int fg_rounds_share_max_min(struct rounds_sim *sim, struct fg_err *err);
int fg_rounds_share_fifo(struct rounds_sim *sim, struct fg_err *err);

/* The kind that a job holds until it is done, or NOWHERE; hold one; forget jobs that are done; shares of 1 for what is held. */
int32_t fg_rounds_held_kind(const struct rounds_sim *sim, uint32_t job);
void fg_rounds_hold(struct rounds_sim *sim, uint32_t job, uint32_t kind);
void fg_rounds_forget_done(struct rounds_sim *sim);
void fg_rounds_set_held_shares(struct rounds_sim *sim);

/* rounds_fair.c */
int fg_rounds_share_ftf(struct rounds_sim *sim, struct fg_err *err);
int fg_rounds_share_makespan(struct rounds_sim *sim, struct fg_err *err);
/* Steps a second with an equal share of each kind, by devices, among all jobs that are there; a job has no more than its time. */
double fg_rounds_equal_rate(const struct rounds_sim *sim, const struct rounds_run *run);

/* rounds_pack.c */
int fg_rounds_share_packed(struct rounds_sim *sim, struct fg_err *err);

/* rounds_allox.c */
int fg_rounds_share_allox(struct rounds_sim *sim, struct fg_err *err);

/* When a job of the stream comes. */
static inline double fg_rounds_arrival_s(const struct rounds_sim *sim, size_t job)
{
    return sim->options->stream->jobs[job].arrival * 3600 / sim->options->jobs_per_hour;
}

static inline double rounds_alone(const struct rounds_sim *sim, uint32_t type, uint32_t kind)
{
    return fg_gavel_alone(sim->table, type, kind);
}
