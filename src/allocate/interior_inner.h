/* interior_inner.h - the state of one solve, shared by the files interior*.c only.
 *
 * In conic form:  min c'x  where  G x + s = h, s >= 0, with one row of G for each bound.  Of the rows of a class, all are
 * those of one of its jobs: sums over rows count them `count` times.  The embedding adds tau and kappa:
 *     0 = -G'z - c tau,   s = -G x + h tau,   kappa = -c'x - h'z,   s'z + tau kappa -> 0. */
#pragma once

#include "allocate/interior.h"

#include <stdbool.h>

#define KINDS  FG_INTERIOR_KINDS_MAX
#define SYSTEM (KINDS + 1)

/* One number for each row that a class has: x >= 0, time <= 1, rate >= t. */
struct rows {
    double p[KINDS], u, o;
};

/* A vector of rows: of the classes, and capacity by kind. */
struct vector {
    struct rows *class;
    double q[KINDS];
};

/* Columns: shares by class, and t. */
struct columns {
    double (*x)[KINDS];
    double t;
};

/* What the steps need of a class's block: its inverse, B a and a.B.a of the block without aa'/o. */
struct block {
    double inverse[KINDS][KINDS], plain[KINDS][KINDS]; /* plain: of 1/D + 11'/u alone */
    double ba[KINDS], q, sum, mean;                    /* u and all of D; a by D, over it */
};

struct solver {
    const struct fg_interior_problem *problem;
    uint32_t kinds;
    size_t len;
    double degree; /* rows, all counted, and 1 */
    struct block *blocks;
    double system[SYSTEM][SYSTEM + 1]; /* the last column is the right side */
    struct vector s, z, v;             /* the point; v = s / z */
    struct vector scale;               /* by which the rows are divided before the first step */
    struct columns x;
    struct columns x1; /* x1, z1: what a change of tau brings with it */
    struct vector z1;
    struct columns x2; /* x2, z2, ds: a direction */
    struct vector z2, ds;
    struct columns rx; /* residuals */
    struct vector rz;
    struct columns a, more; /* of the system's refinement: the right side, and what is added */
    struct vector missed, dz, work;
    double tau, kappa;
    void *memory;
};

/* Do something to every row of four vectors. */
typedef void fg_row_fn(void *self, double *a, double *b, double *c, double *d, double count);

static inline const struct fg_interior_class *class_of(const struct solver *solver, size_t i)
{
    return &solver->problem->classes[i];
}

/* interior_rows.c */
void fg_rows_each(struct solver *solver,
                  struct vector *const vectors[4],
                  fg_row_fn *fn,
                  void *self);
void fg_rows_apply(const struct solver *solver,
                   const struct columns *x,
                   struct vector *out); /* out = G x */
/* out += G' z */
void fg_rows_apply_back(const struct solver *solver,
                        const struct vector *z,
                        struct columns *out);
/* h'z: capacities, and a whole of time for each job. */
double fg_rows_bounds_times(const struct solver *solver, const struct vector *z);
void fg_rows_set_bounds(const struct solver *solver, struct vector *h);
void fg_rows_clear(const struct solver *solver, struct columns *x);

/* interior_system.c: prepare for solving with solver->v; then [0 G'; G -V] [x; z] = [a; b].  `x` holds a before; b and z are
 * not the same.  false: it cannot be done. */
void fg_interior_factor(struct solver *solver);
bool fg_interior_system(struct solver *solver,
                        struct columns *x,
                        struct vector *b,
                        struct vector *z);

/* interior_begin.c: the first x, s, z, tau and kappa. */
bool fg_interior_begin(struct solver *solver);
