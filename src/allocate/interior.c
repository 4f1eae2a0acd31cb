/* interior.c - see interior.h: the steps */
#include "allocate/interior_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 100
#define GAP       1e-8 /* of the objective, relative and absolute */
#define LENGTH    0.99 /* of the way to the boundary */
#define SIGMA_MIN 1e-4
#define STEP_MIN  1e-6
#define STEP_MAX  0.999

/* -- a step ------------------------------------------------------------------------------------------------------ */

static void add_product(void *self, double *a, double *b, double *, double *, double count)
{
    *(double *)self += count * *a * *b;
}

static double product(struct solver *solver, struct vector *a, struct vector *b)
{
    double sum = 0;
    fg_rows_each(solver, (struct vector *[4]){a, b, a, b}, add_product, &sum);
    return sum;
}

static void set_ratio(void *, double *v, double *s, double *z, double *, double)
{
    *v = *s / *z;
}

/* A direction: of s and z by rows, of tau and kappa. */
struct direction {
    struct vector *ds, *dz;
    double dtau, dkappa;
    double least; /* of ds / s and dz / z */
};

static void find_ratio(void *self, double *s, double *z, double *ds, double *dz, double)
{
    double *least = self;
    *least = fmin(*least, fmin(*ds / *s, *dz / *z));
}

/* How far the direction may be followed. */
static double length_of(struct solver *solver, const struct direction *direction)
{
    double least = 0;
    fg_rows_each(solver,
                 (struct vector *[4]){&solver->s, &solver->z, direction->ds, direction->dz},
                 find_ratio, &least);
    double length = least < 0 ? -1 / least : 10;
    if (direction->dtau < 0)
        length = fmin(length, -solver->tau / direction->dtau);
    if (direction->dkappa < 0)
        length = fmin(length, -solver->kappa / direction->dkappa);
    return fmin(fmax(length, STEP_MIN), STEP_MAX);
}

/* Residuals and targets of one solve. */
struct aim {
    double sigma, mu; /* 0 in the predictor */
    bool corrects;    /* with ds, dz of the predictor */
};

/* Right side of the corrector by rows: -(1 - sigma) rz + (s z + ds dz - sigma mu) / z; ds becomes what is over z, for later. */
static void aim_row(void *self, double *s, double *z, double *ds, double *dz, double)
{
    const struct aim *aim = self;
    double second = aim->corrects ? *ds * *dz : 0;
    *ds = (*s * *z + second - aim->sigma * aim->mu) / *z;
}

static void add_residual(void *self, double *b, double *rz, double *ds, double *, double)
{
    *b = -*(double *)self * *rz + *ds;
}

/* ds = -(what aim_row left) - V dz */
static void find_ds(void *, double *ds, double *v, double *dz, double *, double)
{
    *ds = -*ds - *v * *dz;
}

static void add_z1(void *self, double *dz, double *z1, double *, double *, double)
{
    *dz += *(double *)self * *z1;
}

/* rz = s + G x - h tau, into solver->rz; rx = -G'z - c tau into solver->rx. */
static void residuals(struct solver *solver)
{
    struct vector *rz = &solver->rz;
    fg_rows_apply(solver, &solver->x, rz);
    for (uint32_t k = 0; k < solver->kinds; k++)
        rz->q[k] += solver->s.q[k] - solver->problem->capacity[k] * solver->tau;
    for (size_t i = 0; i < solver->len; i++) {
        struct rows *rows = &rz->class[i];
        const struct rows *s = &solver->s.class[i];
        for (uint32_t k = 0; k < solver->kinds; k++)
            rows->p[k] += s->p[k];
        rows->u += s->u - solver->tau;
        rows->o += s->o;
    }
    fg_rows_clear(solver, &solver->rx);
    fg_rows_apply_back(solver, &solver->z, &solver->rx);
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            solver->rx.x[i][k] = -solver->rx.x[i][k];
    solver->rx.t = -solver->rx.t + solver->tau;
}

/* c'x + h'z of a solution: c has -1 at t. */
static double gap_of(const struct solver *solver,
                     const struct columns *x,
                     const struct vector *z)
{
    return -x->t + fg_rows_bounds_times(solver, z);
}

/* One direction: x2 and z2 become its columns and rows, ds its slacks. */
static bool direct(struct solver *solver,
                   const struct aim *aim,
                   struct direction *direction,
                   double kappa_aim)
{
    double part = 1 - aim->sigma;
    double rt = solver->kappa + gap_of(solver, &solver->x, &solver->z);
    fg_rows_each(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->ds, &solver->z2},
                 aim_row, (void *)aim);
    fg_rows_each(solver,
                 (struct vector *[4]){&solver->work, &solver->rz, &solver->ds, &solver->ds},
                 add_residual, &part);
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            solver->x2.x[i][k] = part * solver->rx.x[i][k];
    solver->x2.t = part * solver->rx.t;
    if (!fg_interior_system(solver, &solver->x2, &solver->work, &solver->z2))
        return false;
    direction->dtau =
        (part * rt - kappa_aim / solver->tau + gap_of(solver, &solver->x2, &solver->z2))
        / (solver->kappa / solver->tau - gap_of(solver, &solver->x1, &solver->z1));
    direction->dkappa = -(kappa_aim + solver->kappa * direction->dtau) / solver->tau;
    fg_rows_each(solver,
                 (struct vector *[4]){&solver->z2, &solver->z1, &solver->z2, &solver->z2},
                 add_z1, &direction->dtau);
    fg_rows_each(solver,
                 (struct vector *[4]){&solver->ds, &solver->v, &solver->z2, &solver->z2},
                 find_ds, NULL);
    return true;
}

static void walk_row(void *self, double *s, double *z, double *ds, double *dz, double)
{
    double length = *(double *)self;
    *s += length * *ds;
    *z += length * *dz;
}

static void walk(struct solver *solver, const struct direction *direction, double length)
{
    fg_rows_each(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->ds, &solver->z2},
                 walk_row, &length);
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            solver->x.x[i][k] +=
                length * (solver->x2.x[i][k] + direction->dtau * solver->x1.x[i][k]);
    solver->x.t += length * (solver->x2.t + direction->dtau * solver->x1.t);
    solver->tau += length * direction->dtau;
    solver->kappa += length * direction->dkappa;
}

static bool step(struct solver *solver, double mu)
{
    struct direction direction = {.ds = &solver->ds, .dz = &solver->z2};
    struct aim aim = {};
    fg_rows_each(solver, (struct vector *[4]){&solver->v, &solver->s, &solver->z, &solver->v},
                 set_ratio, NULL);
    fg_interior_factor(solver);
    fg_rows_set_bounds(solver, &solver->work);
    fg_rows_clear(solver, &solver->x1);
    solver->x1.t = 1; /* -c */
    if (!fg_interior_system(solver, &solver->x1, &solver->work, &solver->z1)
        || !direct(solver, &aim, &direction, solver->kappa * solver->tau))
        return false;
    double left = 1 - length_of(solver, &direction);
    aim = (struct aim){fmin(fmax(left * left * left, SIGMA_MIN), 1), mu, true};
    double kappa_aim =
        solver->kappa * solver->tau + direction.dkappa * direction.dtau - aim.sigma * mu;
    if (!direct(solver, &aim, &direction, kappa_aim))
        return false;
    walk(solver, &direction, LENGTH * length_of(solver, &direction));
    return isfinite(solver->tau) && solver->tau > 0 && isfinite(solver->x.t);
}

/* How much of the bounds, and of the dual's equations, is not kept: both over what they are made of. */
static double missed(struct solver *solver)
{
    double bounds = 1, columns = solver->rx.t * solver->rx.t;
    for (uint32_t k = 0; k < solver->kinds; k++)
        bounds += solver->problem->capacity[k] * solver->problem->capacity[k];
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            columns += class_of(solver, i)->count * solver->rx.x[i][k] * solver->rx.x[i][k];
    double rows = product(solver, &solver->rz, &solver->rz);
    return fmax(sqrt(rows / bounds), sqrt(columns)) / solver->tau;
}

static bool follow(struct solver *solver)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        double gap = product(solver, &solver->s, &solver->z);
        double best = fabs(solver->x.t / solver->tau);
        double open = gap / (solver->tau * solver->tau);
        residuals(solver);
        if ((open < GAP || open < GAP * best) && missed(solver) < GAP)
            return true;
        if (!step(solver, (gap + solver->kappa * solver->tau) / solver->degree))
            return open < 1e3 * GAP * fmax(best, 1); /* the last digits are lost */
    }
    return false;
}

/* -- the entrance -------------------------------------------------------------------------------------------------- */

static int check(const struct fg_interior_problem *problem, struct fg_err *err)
{
    if (problem->kinds_len < 1 || problem->kinds_len > KINDS || problem->classes_len < 1)
        return fg_fail(err, FG_EINVAL, "%u kinds, %zu classes, expected 1 to %d, 1 or more",
                       problem->kinds_len, problem->classes_len, KINDS);
    for (uint32_t k = 0; k < problem->kinds_len; k++)
        if (!(problem->capacity[k] > 0 && isfinite(problem->capacity[k])))
            return fg_fail(err, FG_EINVAL, "kind %u: capacity %g, expected above 0", k,
                           problem->capacity[k]);
    for (size_t i = 0; i < problem->classes_len; i++) {
        const struct fg_interior_class *class = &problem->classes[i];
        double most = 0;
        for (uint32_t k = 0; k < problem->kinds_len; k++) {
            if (!(class->rate[k] >= 0 && isfinite(class->rate[k])))
                return fg_fail(err, FG_EINVAL, "class %zu: rate %g, expected 0 or more", i,
                               class->rate[k]);
            most = fmax(most, class->rate[k]);
        }
        if (!(class->count > 0 && class->devices > 0 && most > 0) || !isfinite(class->count)
            || !isfinite(class->devices))
            return fg_fail(err, FG_EINVAL,
                           "class %zu: %g jobs of %g devices, fastest %g, expected above 0", i,
                           class->count, class->devices, most);
    }
    return 0;
}

static void *cut(char **memory, size_t count, size_t size)
{
    void *part = *memory;
    *memory += count * size;
    return part;
}

/* All vectors in one piece of memory. */
static bool make_room(struct solver *solver)
{
    struct vector *vectors[] = {&solver->v,    &solver->s,      &solver->z,  &solver->scale,
                                &solver->z1,   &solver->rz,     &solver->z2, &solver->ds,
                                &solver->work, &solver->missed, &solver->dz};
    struct columns *columns[] = {&solver->x,  &solver->x1, &solver->x2,
                                 &solver->rx, &solver->a,  &solver->more};
    size_t vectors_len = sizeof(vectors) / sizeof(vectors[0]);
    size_t columns_len = sizeof(columns) / sizeof(columns[0]);
    size_t each = vectors_len * sizeof(struct rows) + columns_len * sizeof(double[KINDS])
                  + sizeof(struct block);
    char *memory = solver->memory = calloc(solver->len, each);
    if (!memory)
        return false;
    for (size_t i = 0; i < vectors_len; i++)
        vectors[i]->class = cut(&memory, solver->len, sizeof(struct rows));
    for (size_t i = 0; i < columns_len; i++)
        columns[i]->x = cut(&memory, solver->len, sizeof(double[KINDS]));
    solver->blocks = cut(&memory, solver->len, sizeof(struct block));
    return true;
}

static bool run(struct solver *solver)
{
    solver->degree = solver->kinds + 1;
    for (size_t i = 0; i < solver->len; i++)
        solver->degree += (double)(solver->kinds + 2) * class_of(solver, i)->count;
    return fg_interior_begin(solver) && follow(solver);
}

int fg_interior_solve(const struct fg_interior_problem *problem,
                      double (*shares)[FG_INTERIOR_KINDS_MAX],
                      struct fg_interior_best *out_best,
                      struct fg_err *err)
{
    int rc = check(problem, err);
    if (rc < 0)
        return rc;
    struct solver solver = {
        .problem = problem, .kinds = problem->kinds_len, .len = problem->classes_len};
    if (!make_room(&solver))
        return fg_fail(err, FG_ENOMEM, "no memory for %zu classes", problem->classes_len);
    if (!run(&solver))
        rc = fg_fail(err, FG_EBACKEND, "max-min shares of %zu classes: no progress at %g",
                     problem->classes_len, solver.x.t / solver.tau);
    for (size_t i = 0; rc == 0 && i < problem->classes_len; i++) {
        memset(shares[i], 0, sizeof(shares[i]));
        for (uint32_t k = 0; k < solver.kinds; k++)
            shares[i][k] = fmin(fmax(solver.x.x[i][k] / solver.tau, 0), 1);
    }
    if (rc == 0 && out_best) {
        *out_best = (struct fg_interior_best){.level = solver.x.t / solver.tau};
        for (uint32_t k = 0; k < solver.kinds; k++)
            out_best->price[k] = fmax(solver.z.q[k] / solver.tau, 0);
    }
    free(solver.memory);
    return rc;
}
