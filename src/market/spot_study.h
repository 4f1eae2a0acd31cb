/* spot_study.h - many jobs with deadlines on many traces: what each policy costs by how much slack the jobs have.
 *
 *     markets x starts x slacks x policies --spot_replay--> STUDY --mean costs, starts, deadlines missed-->
 */
#pragma once

#include "market/spot_replay.h"

#define FG_SPOT_SLACKS_MAX   32
#define FG_SPOT_POLICIES_MAX 8

/* Where a job may run: one zone, or several among which it chooses. */
struct fg_spot_market {
    const char *name;
    const struct fg_spot_trace *zones; /* borrowed; of one gap */
    uint32_t zones_len;
};

struct fg_spot_study {
    const struct fg_spot_market *markets;
    size_t markets_len;
    uint32_t
        starts; /* jobs for each market and slack, at even distances over its first zone's trace */
    uint32_t
        slack_percents[FG_SPOT_SLACKS_MAX]; /* of the work; at least one start (restart_us) */
    size_t slacks_len;
    const struct fg_deadline_policy *policies[FG_SPOT_POLICIES_MAX];
    size_t policies_len;
    struct fg_spot_case like; /* every job: machines, work, restart, prices, history */
};

/* Means over jobs. */
struct fg_spot_figures {
    size_t jobs, late; /* late: deadlines missed */
    double cost;       /* as a share of what only on-demand costs */
    double spot_hours, on_demand_hours, wait_hours, starts, losses;
};

struct fg_spot_row {
    struct fg_spot_figures policies[FG_SPOT_POLICIES_MAX];
    double clairvoyant; /* lower bound, as a share of on-demand */
};

/* Called after each market and slack. */
typedef void fg_spot_progress_fn(void *self, size_t done, size_t all);

/* Fill a row for each slack, and one for each market over all slacks. */
void fg_spot_study_run(const struct fg_spot_study *study,
                       fg_spot_progress_fn *progress, /* NULL: none */
                       void *self,
                       struct fg_spot_row *out_slacks,
                       struct fg_spot_row *out_markets);

/* The mean of rows of as many jobs each. */
struct fg_spot_row fg_spot_row_mean(const struct fg_spot_row *rows, size_t len);
