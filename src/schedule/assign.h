/* assign.h - which jobs run on which kind of device, alone or two together, so that most work gets done.
 *
 *     jobs, measured speeds, capacity --> ASSIGN --kind and mate of each job--> sim
 *
 * Maximises  sum_j weight_j speed_j  by local search from the assignment that is there (which so changes only where
 * that gains): a job moves to devices that are free, joins a job that runs alone (space sharing), changes places with
 * another one, or takes the devices of the least worth.  What comes out cannot be bettered by one such move.
 *
 * Weights make it a policy.  fg_assign_weigh() takes 1 / the job's mean speed over the pool's devices: the sum is then work
 * done in units of what a job does on average, so that each kind of device goes to the jobs that gain most by it
 * (comparative advantage).  A job that is shorter than others counts more: by how much work it delays is before it, the
 * rank of "shortest remaining processing time" - or of "least attained service", where nobody knows what remains.
 *
 * Numbers are doubles because speeds are measured.  Pure and deterministic.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_ASSIGN_KINDS_MAX 8
#define FG_ASSIGN_NONE      (-1)

/* Measured: steps per second, 0 where it cannot run. */
struct fg_assign_speeds {
    uint32_t types_len, kinds_len;
    const double *alone; /* [type * kinds_len + kind] */
    const double *
        paired; /* [(type * types_len + other) * kinds_len + kind], of the first; NULL: nobody shares */
};

struct fg_assign_job {
    uint32_t type;
    uint32_t devices; /* all of one kind; two share only if they take equally many */
    double weight;    /* above 0, of a step per second */
    int32_t kind;     /* where it runs, or FG_ASSIGN_NONE */
    int32_t mate;     /* the job that shares its devices, or FG_ASSIGN_NONE */
    double worth;     /* set by fg_assign_improve(): weight x speed as it runs */
};

struct fg_assign {
    const struct fg_assign_speeds *speeds;
    uint32_t capacity[FG_ASSIGN_KINDS_MAX]; /* devices */
    struct fg_assign_job *jobs; /* the caller's; fg_assign_improve() sets kind and mate */
    size_t jobs_len;
    uint32_t free[FG_ASSIGN_KINDS_MAX]; /* set by fg_assign_improve() */
};

/* Set weights: 1 / mean speed, times 1 + `slope` x (devices that jobs of a greater key ask for / devices there are).
 * `keys` by job: remaining work or attained service.  `order` is room for jobs_len numbers, the jobs by key after. */
void fg_assign_weigh(struct fg_assign *assign,
                     const double *keys,
                     double slope,
                     uint32_t *order);

/* Better the assignment until no move does (or `passes` over all jobs are done).  Jobs are looked at in `order`.  Returns
 * the number of moves. */
size_t fg_assign_improve(struct fg_assign *assign, const uint32_t *order, unsigned passes);

/* The weighted speed of all. */
double fg_assign_value(const struct fg_assign *assign);
/* Steps per second of one job as it runs now. */
double fg_assign_speed(const struct fg_assign *assign, size_t job);
