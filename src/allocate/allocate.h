/* allocate.h - how classes of work share kinds of devices, by linear programs.
 *
 *     classes, kinds, measured throughput --> ALLOCATE --share of time of each class on each kind--> schedule
 *
 * The policies are those of Gavel (Narayanan et al., "Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning
 * Workloads", OSDI 2020), with x_ij the share of its time that each job of class i spends on kind j:
 *
 *     rate_i = sum_j throughput_ij x_ij,   sum_j x_ij <= 1,   sum_i count_i devices_i x_ij <= capacity_j
 *
 * and, with space sharing, the time that two jobs spend together on one set of devices.  Jobs that are equal in all
 * that matters are one class: the optimum stays exact and the program small.
 *
 * Pure: no clock, no I/O; same problem, same answer.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_ALLOCATE_KINDS_MAX 64

/* A kind of device. */
struct fg_allocate_kind {
    double capacity;     /* devices, 0 or more */
    double usd_per_hour; /* of one device; the cost policies need it above 0 */
};

/* Jobs that are alike.  What a policy does not name may be 0. */
struct fg_allocate_class {
    double count;     /* jobs, above 0 */
    double devices;   /* that each job takes at once (Gavel's scale factor), above 0 */
    double weight;    /* above 0: a job of weight 2 is owed twice the rate */
    uint32_t project; /* hierarchical: index of project_weights */
    double
        steps_left; /* makespan, finish-time fairness, min-cost: work that each job still has */
    double elapsed_s; /* finish-time fairness: since each was submitted */
    double
        isolated_s; /* finish-time fairness: what is done by now, in seconds with an equal share of the pool */
    double deadline_s; /* min-cost: from now; 0: none */
    double rank;       /* fifo: 0 for the oldest */
};

/* Two jobs of these classes side by side on the same devices (a == b: two of one class; both take the same number of
 * devices).  Throughput of each by kind while they share; 0: they cannot.  The agnostic policy makes no pairs. */
struct fg_allocate_pair {
    uint32_t a, b;
    const double *throughput_a, *throughput_b; /* kinds_len each */
};

struct fg_allocate_problem {
    const struct fg_allocate_kind *kinds;
    size_t kinds_len;
    const struct fg_allocate_class *classes;
    size_t classes_len;
    const double *
        throughput; /* [class * kinds_len + kind], steps a second of one job; 0: cannot run there */
    const struct fg_allocate_pair *pairs;
    size_t pairs_len;
    const double *project_weights; /* hierarchical only */
    size_t projects_len;
};

/* fg_allocate_policy_name() tells what each maximises or minimises: see policy.def. */
enum fg_allocate_policy {
#define X(name, word, solve, uses, of_parts, text) name,
#include "allocate/policy.def"
#undef X
    FG_ALLOCATE_POLICIES
};
const char *fg_allocate_policy_name(enum fg_allocate_policy policy);
const char *fg_allocate_policy_text(enum fg_allocate_policy policy);
/* -1: no policy has this name. */
int fg_allocate_policy_find(const char *name);

struct fg_allocate_options {
    enum fg_allocate_policy policy;
    /* Max-min policies: raise those that no bottleneck holds, then the next, until all are held (water filling); else
     * only the worst off is raised, and what is left over is given out as it comes. */
    bool fill;
    /* POP (Narayanan et al., SOSP 2021): split classes and capacity into so many like parts, solve each.  0, 1: whole. */
    uint32_t parts;
};

struct fg_allocation {
    double objective; /* of the policy, in the unit that policy.def names */
    double
        *share; /* [class * kinds_len + kind]: of the time of each job, alone on its devices */
    double *
        together; /* [pair * kinds_len + kind]: time that the two classes spend as pairs, in jobs */
    double *rate; /* by class: steps a second of each job */
    double *use;  /* by kind: devices busy on average */
    double *
        price; /* by kind: how much better the objective gets by one more device, 0: it is not scarce */
};

/* Solve; the answer lies in `arena`.  A class that fits no kind of device gets nothing and holds up nobody.
 * Classes that the policy cannot tell apart are solved as one (exact), unless there are pairs.  ftf is exact to one part
 * in a million; parts give a feasible answer that may miss the optimum, prices then are means of the parts'.
 * Returns 0, or FG_EINVAL: the problem is no problem, `err` says why; FG_ENOCAP: min-cost, a deadline cannot be met;
 * FG_EBACKEND: the solver failed. */
[[nodiscard]] int fg_allocate(const struct fg_allocate_problem *problem,
                              const struct fg_allocate_options *options,
                              struct fg_arena *arena,
                              struct fg_allocation *out,
                              struct fg_err *err);

/* Is every share within 0 and 1, every job's time within its time, every kind within its capacity?  Arithmetic of
 * its own, for tests and for those who trust nobody.  Returns 0, or FG_EBACKEND with what is exceeded. */
int fg_allocation_check(const struct fg_allocate_problem *problem,
                        const struct fg_allocation *allocation,
                        struct fg_err *err);
