/* program.h - the part of the linear program that all policies share.  Inside of allocate/ only.
 *
 *     columns   z_ij for each class and kind that fit, y_kj for each pair and kind, s
 *     rows      time of each class <= s, devices of each kind <= capacity * s
 *
 * s is 1 for most.  Max-min policies ask how small s can be for given rates, which is the same program scaled so that
 * nothing in it is degenerate: several times faster than asking how large the rates can be.  The answer is z / s.
 */
#pragma once

#include "allocate/allocate.h"
#include "solver/lp.h"

#define FG_NO_COL UINT32_MAX

/* What a policy solves: the problem, perhaps one part of a larger one (POP). */
struct fg_part {
    struct fg_allocate_problem
        problem;        /* classes of the part; capacities are its part of the pool */
    const double *pool; /* by kind: capacity of the whole, which tells what fits */
    const size_t *ids;  /* by class: the number that errors name it by */
    double jobs;        /* in the whole */
    bool fill;
};

struct fg_program {
    const struct fg_part *part;
    const struct fg_allocate_problem *problem; /* &part->problem */
    struct fg_lp *lp;
    const double
        *rates;     /* [class * kinds + kind]: throughput, or what the policy takes it for */
    uint32_t *cols; /* [class * kinds + kind], FG_NO_COL: does not fit */
    uint32_t *pair_cols; /* [pair * kinds + kind] */
    uint32_t *time_rows; /* by class, FG_NO_COL: fits nowhere */
    uint32_t *kind_rows; /* by kind */
    uint32_t s;
    uint32_t *pair_first,
        *pair_next; /* pairs of each class: 2 * pair + (0: it is a, 1: it is b) */
};

/* Columns, time and capacity rows; all costs 0, s = 1.  `lp` is one to maximise and belongs to the caller; the arrays
 * are in `arena`. */
struct fg_program fg_program_new(const struct fg_part *part,
                                 const double *rates,
                                 struct fg_lp *lp,
                                 struct fg_arena *arena);
/* Put the rate of each job of the class, times `scale`, into `row`. */
void fg_program_put_rate(struct fg_program *program, uint32_t row, size_t class, double scale);
/* Maximise the sum over jobs of by_class x rate x by_kind, where the work is done; by_kind NULL: 1. */
void fg_program_reward(struct fg_program *program,
                       const double *by_class,
                       const double *by_kind);
/* Solve; FG_EBACKEND unless it is optimal; FG_ENOCAP: infeasible. */
int fg_program_solve(struct fg_program *program, struct fg_lp_answer *out, struct fg_err *err);
/* Shares, rates and use; prices as what the objective of the linear program gains by a device. */
void fg_program_read(const struct fg_program *program,
                     const struct fg_lp_answer *answer,
                     struct fg_allocation *out);

/* Each policy is a function of this form.  `out` is zeroed and of the part's size. */
typedef int fg_policy_solve(const struct fg_part *part,
                            struct fg_arena *arena,
                            struct fg_allocation *out,
                            struct fg_err *err);
fg_policy_solve fg_solve_sum;      /* linear.c: TOTAL */
fg_policy_solve fg_solve_cost;     /* linear.c */
fg_policy_solve fg_solve_fifo;     /* linear.c */
fg_policy_solve fg_solve_min_cost; /* linear.c */
fg_policy_solve fg_solve_max_min;  /* fair.c */
fg_policy_solve fg_solve_agnostic; /* fair.c */
fg_policy_solve fg_solve_hierarchical;
fg_policy_solve fg_solve_makespan;
fg_policy_solve fg_solve_ftf; /* ftf.c */

/* maxmin.c: raise t with  rate_i >= level_i + weight_i t  for all classes, levels 0 at first. */
struct fg_rise {
    struct fg_program *program;
    bool projects;   /* the weight of a project is shared by those of it that still rise */
    double *weights; /* by class; 0: left out */
    uint32_t *rows;  /* by class, FG_NO_COL: left out */
    double *levels;
    bool *held;
    size_t rising; /* classes not held */
    uint32_t
        t; /* once levels and weights are no longer in proportion: max t; FG_NO_COL: min s */
    double *shares;
};
/* Adds the rows; `weights` is in `arena` and becomes the rise's. */
struct fg_rise fg_rise_new(struct fg_program *program, double *weights, struct fg_arena *arena);
/* The first optimum, and with `fill` all that follow; `out->objective` is the first t. */
int fg_rise_solve(struct fg_rise *rise,
                  bool fill,
                  struct fg_allocation *out,
                  struct fg_err *err);
/* guess.c: give the program of a rise a start: each class wholly on one kind, by prices of kinds that even out their
 * load.  Feasible, and near enough to save most steps of the simplex method. */
void fg_rise_guess(struct fg_rise *rise, struct fg_arena *arena);
/* inside.c: the same as a rise without filling, for programs of this many classes, of which the simplex method would make
 * seconds and minutes: near the optimum by 1e-7, and in the middle of all that are. */
#define FG_INSIDE_FROM 2000
bool fg_inside_suits(const struct fg_part *part);
int fg_inside_solve(const struct fg_program *program,
                    const double *weights,
                    struct fg_arena *arena,
                    struct fg_allocation *out,
                    struct fg_err *err);
/* By class: the rate of one job with an equal share of the pool, 0: fits nowhere.  `capped`: no more than all its
 * time; else an even measure of what is owed, also when there are fewer jobs than devices. */
double *fg_equal_rates(const struct fg_program *program, bool capped, struct fg_arena *arena);
