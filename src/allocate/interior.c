/* interior.c - see interior.h
 *
 * In conic form:  min c'x  where  G x + s = h, s >= 0, with one row of G for each bound.  Of the rows of a class, all but the
 * last are those of one of its jobs: sums over rows count them `count` times.  The embedding adds tau and kappa:
 *     0 = -G'z - c tau,   s = -G x + h tau,   kappa = -c'x - h'z,   s'z + tau kappa -> 0.
 *
 * Each step solves  [0 G'; G -V] [x; z] = [a; b]  with V = s/z by rows, three times.  With D = V of x >= 0, u and o = V of the
 * rows of time and of t, the block of a class is  1/D + 11'/u + aa'/o; what couples the classes are t and the kinds. */
#include "allocate/interior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KINDS       FG_INTERIOR_KINDS_MAX
#define SYSTEM      (KINDS + 1)
#define STEPS_MAX   100
#define REFINEMENTS 1
#define GAP         1e-8 /* of the objective, relative and absolute */
#define LENGTH      0.99 /* of the way to the boundary */
#define SIGMA_MIN   1e-4
#define STEP_MIN    1e-6
#define STEP_MAX    0.999

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
    struct vector v, s, z,
        scale; /* scale: by which the rows are divided before the first step */
    struct vector z1, za, z2, ds, work, missed, dz;
    struct columns x, x1, x2, rx, a, more;
    double tau, kappa;
    void *memory;
};

/* -- vectors ------------------------------------------------------------------------------------------------- */

static const struct fg_interior_class *class_of(const struct solver *solver, size_t i)
{
    return &solver->problem->classes[i];
}

static size_t rows_of(const struct solver *solver)
{
    return solver->kinds + 2;
}

/* Rows of a class lie one behind the other: p, u, o.  With fewer kinds than KINDS some of p are not used. */
static double *row(struct rows *rows, size_t kinds, size_t r)
{
    return r < kinds ? &rows->p[r] : r == kinds ? &rows->u : &rows->o;
}

/* Do something to every row of up to four vectors. */
typedef void row_fn(void *self, double *a, double *b, double *c, double *d, double count);

static void each_row(struct solver *solver,
                     struct vector *const vectors[4],
                     row_fn *fn,
                     void *self)
{
    for (size_t i = 0; i < solver->len; i++)
        for (size_t r = 0; r < rows_of(solver); r++)
            fn(self, row(&vectors[0]->class[i], solver -> kinds, r),
               row(&vectors[1]->class[i], solver -> kinds, r),
               row(&vectors[2]->class[i], solver -> kinds, r),
               row(&vectors[3]->class[i], solver -> kinds, r), class_of(solver, i)->count);
    for (uint32_t k = 0; k < solver->kinds; k++)
        fn(self, &vectors[0]->q[k], &vectors[1]->q[k], &vectors[2]->q[k], &vectors[3]->q[k], 1);
}

/* out = G x */
static void apply(const struct solver *solver, const struct columns *x, struct vector *out)
{
    memset(out->q, 0, sizeof(out->q));
    for (size_t i = 0; i < solver->len; i++) {
        const struct fg_interior_class *class = class_of(solver, i);
        struct rows *rows = &out->class[i];
        rows->u = 0;
        rows->o = x->t;
        for (uint32_t k = 0; k < solver->kinds; k++) {
            rows->p[k] = -x->x[i][k];
            rows->u += x->x[i][k];
            rows->o -= class->rate[k] * x->x[i][k];
            out->q[k] += class->count * class->devices * x->x[i][k];
        }
    }
}

/* out += G' z */
static void apply_back(const struct solver *solver, const struct vector *z, struct columns *out)
{
    for (size_t i = 0; i < solver->len; i++) {
        const struct fg_interior_class *class = class_of(solver, i);
        const struct rows *rows = &z->class[i];
        out->t += class->count * rows->o;
        for (uint32_t k = 0; k < solver->kinds; k++)
            out->x[i][k] +=
                -rows->p[k] + rows->u - class->rate[k] * rows->o + class->devices * z->q[k];
    }
}

/* h'z: capacities, and a whole of time for each job. */
static double bounds_times(const struct solver *solver, const struct vector *z)
{
    double sum = 0;
    for (uint32_t k = 0; k < solver->kinds; k++)
        sum += solver->problem->capacity[k] * z->q[k];
    for (size_t i = 0; i < solver->len; i++)
        sum += class_of(solver, i)->count * z->class[i].u;
    return sum;
}

static void clear(const struct solver *solver, struct columns *x)
{
    memset(x->x, 0, solver->len * sizeof(x->x[0]));
    x->t = 0;
}

/* -- the linear system ----------------------------------------------------------------------------------------- */

/* The block's parts, written so that nothing large cancels: V of different rows differ by many orders. */
static void shape(struct block *block, const struct rows *v, const double *a, uint32_t kinds)
{
    double sum = v->u, q = 0;
    for (uint32_t j = 0; j < kinds; j++)
        sum += v->p[j];
    for (uint32_t j = 0; j < kinds; j++) {
        double z = a[j] * v->u;
        for (uint32_t k = 0; k < kinds; k++)
            z += v->p[k] * (a[j] - a[k]);
        block->ba[j] = v->p[j] * z / sum;
        q += v->u * v->p[j] * a[j] * a[j];
        for (uint32_t k = 0; k < j; k++)
            q += v->p[j] * v->p[k] * (a[j] - a[k]) * (a[j] - a[k]);
    }
    block->q = q / sum;
    block->sum = sum;
    block->mean = 0;
    for (uint32_t j = 0; j < kinds; j++) {
        double others = sum - v->p[j];
        block->mean += v->p[j] * a[j] / sum;
        for (uint32_t k = 0; k < kinds; k++) {
            double b = j == k ? v->p[j] * others / sum : -v->p[j] * v->p[k] / sum;
            block->plain[j][k] = b;
            block->inverse[j][k] = b - block->ba[j] * block->ba[k] / (v->o + block->q);
        }
    }
}

/* Gauss with pivots; the answer replaces the right side. */
static bool eliminate(double system[SYSTEM][SYSTEM + 1], uint32_t n)
{
    for (uint32_t c = 0; c < n; c++) {
        uint32_t pivot = c;
        for (uint32_t r = c + 1; r < n; r++)
            if (fabs(system[r][c]) > fabs(system[pivot][c]))
                pivot = r;
        for (uint32_t k = 0; k <= n; k++) {
            double z = system[c][k];
            system[c][k] = system[pivot][k];
            system[pivot][k] = z;
        }
        if (!(fabs(system[c][c]) > 0))
            return false;
        for (uint32_t r = 0; r < n; r++) {
            double factor = r == c ? 0 : system[r][c] / system[c][c];
            for (uint32_t k = c; factor != 0 && k <= n; k++)
                system[r][k] -= factor * system[c][k];
        }
    }
    for (uint32_t c = 0; c < n; c++)
        system[c][n] /= system[c][c];
    return true;
}

/* Prepare for solving with solver->v. */
static void factor(struct solver *solver)
{
    uint32_t kinds = solver->kinds;
    memset(solver->system, 0, sizeof(solver->system));
    for (uint32_t k = 0; k < kinds; k++)
        solver->system[k][k] = solver->v.q[k];
    for (size_t i = 0; i < solver->len; i++) {
        const struct fg_interior_class *class = class_of(solver, i);
        struct block *block = &solver->blocks[i];
        shape(block, &solver->v.class[i], class -> rate, kinds);
        double width = class->devices, scale = solver->v.class[i].o + block->q;
        for (uint32_t j = 0; j < kinds; j++) {
            for (uint32_t k = 0; k < kinds; k++)
                solver->system[j][k] += class->count * width * width * block->inverse[j][k];
            solver->system[j][kinds] -= class->count * width * block->ba[j] / scale;
            solver->system[kinds][j] += class->count * width * block->ba[j] / scale;
        }
        solver->system[kinds][kinds] += class->count / scale;
    }
}

/* The right side of a class after its own unknowns are gone: x = ba z_o - plain (devices z_q) + rest,
 * (o + q) z_o = t + devices ba.z_q + owed.  Nothing is divided by V, which is next to nothing for active rows. */
struct right {
    double rest[KINDS], owed, idle; /* idle: what the rows of x and of time lack together */
};

static struct right reduce(const struct solver *solver,
                           size_t i,
                           const double *a,
                           const struct rows *b)
{
    const double *rate = class_of(solver, i)->rate;
    const struct block *block = &solver->blocks[i];
    struct right right = {.owed = -b->o - block->mean * b->u, .idle = b->u};
    for (uint32_t k = 0; k < solver->kinds; k++)
        right.idle += b->p[k];
    for (uint32_t j = 0; j < solver->kinds; j++) {
        right.owed += b->p[j] * (rate[j] - block->mean) - block->ba[j] * a[j];
        right.rest[j] = solver->v.class[i].p[j] * right.idle / block->sum - b->p[j];
        for (uint32_t k = 0; k < solver->kinds; k++)
            right.rest[j] += block->plain[j][k] * a[k];
    }
    return right;
}

/* What it adds to the small system. */
static void add_right(const struct solver *solver,
                      size_t i,
                      const struct right *right,
                      double system[SYSTEM][SYSTEM + 1])
{
    const struct fg_interior_class *class = class_of(solver, i);
    const struct block *block = &solver->blocks[i];
    uint32_t kinds = solver->kinds;
    double owed = right->owed / (solver->v.class[i].o + block->q);
    for (uint32_t j = 0; j < kinds; j++)
        system[j][kinds + 1] +=
            class->count * class->devices * (block->ba[j] * owed + right->rest[j]);
    system[kinds][kinds + 1] -= class->count * owed;
}

/* The unknowns of a class from those of the small system; `x` holds a before. */
static void expand(const struct solver *solver,
                   size_t i,
                   const struct right *right,
                   const double *common, /* z_q by kind, t */
                   double *x,
                   struct rows *z)
{
    const struct fg_interior_class *class = class_of(solver, i);
    const struct block *block = &solver->blocks[i];
    const struct rows *v = &solver->v.class[i];
    uint32_t kinds = solver->kinds;
    double a[KINDS], owed = right->owed + common[kinds];
    memcpy(a, x, kinds * sizeof(a[0]));
    for (uint32_t k = 0; k < kinds; k++)
        owed += class->devices * block->ba[k] * common[k];
    z->o = owed / (v->o + block->q);
    z->u = block->mean * z->o - right->idle / block->sum;
    for (uint32_t k = 0; k < kinds; k++)
        z->u -= v->p[k] * (class->devices * common[k] - a[k]) / block->sum;
    for (uint32_t j = 0; j < kinds; j++) {
        x[j] = block->ba[j] * z->o + right->rest[j];
        for (uint32_t k = 0; k < kinds; k++)
            x[j] -= block->plain[j][k] * class->devices * common[k];
        z->p[j] = z->u - class->rate[j] * z->o + class->devices * common[j] - a[j];
    }
}

/* [0 G'; G -V] [x; z] = [a; b].  `x` holds a before; b and z are not the same. */
static bool solve_once(struct solver *solver,
                       struct columns *x,
                       const struct vector *b,
                       struct vector *z)
{
    uint32_t kinds = solver->kinds;
    double system[SYSTEM][SYSTEM + 1], common[SYSTEM];
    memcpy(system, solver->system, sizeof(system));
    for (size_t i = 0; i < solver->len; i++) {
        struct right right = reduce(solver, i, x->x[i], &b->class[i]);
        add_right(solver, i, &right, system);
    }
    for (uint32_t k = 0; k < kinds; k++)
        system[k][kinds + 1] -= b->q[k];
    system[kinds][kinds + 1] += x->t;
    if (!eliminate(system, kinds + 1))
        return false;
    for (uint32_t k = 0; k <= kinds; k++)
        common[k] = system[k][kinds + 1];
    for (size_t i = 0; i < solver->len; i++) {
        struct right right = reduce(solver, i, x->x[i], &b->class[i]);
        expand(solver, i, &right, common, x->x[i], &z->class[i]);
    }
    memcpy(z->q, common, kinds * sizeof(common[0]));
    x->t = common[kinds];
    return true;
}

/* What the bounds' part of the system misses: b - G x + V z, G x being there already. */
static void miss_row(void *, double *gx, double *b, double *v, double *z, double)
{
    *gx = *b - *gx + *v * *z;
}

static void add_row(void *, double *a, double *b, double *, double *, double)
{
    *a += *b;
}

static void add_columns(const struct solver *solver, struct columns *a, const struct columns *b)
{
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            a->x[i][k] += b->x[i][k];
    a->t += b->t;
}

/* Solve, and solve again for what rounding left over: V of active rows is next to nothing at the end. */
static bool solve(struct solver *solver, struct columns *x, struct vector *b, struct vector *z)
{
    struct columns *a = &solver->a, *more = &solver->more;
    memcpy(a->x, x->x, solver->len * sizeof(x->x[0]));
    a->t = x->t;
    if (!solve_once(solver, x, b, z))
        return false;
    for (int i = 0; i < REFINEMENTS; i++) {
        clear(solver, more);
        apply_back(solver, z, more); /* more = a - G'z */
        for (size_t j = 0; j < solver->len; j++)
            for (uint32_t k = 0; k < solver->kinds; k++)
                more->x[j][k] = a->x[j][k] - more->x[j][k];
        more->t = a->t - more->t;
        apply(solver, x, &solver->missed);
        each_row(solver, (struct vector *[4]){&solver->missed, b, &solver->v, z}, miss_row,
                 NULL);
        if (!solve_once(solver, more, &solver->missed, &solver->dz))
            return false;
        add_columns(solver, x, more);
        each_row(solver, (struct vector *[4]){z, &solver->dz, z, z}, add_row, NULL);
    }
    return true;
}

/* -- the beginning --------------------------------------------------------------------------------------------- */

static double root(double most)
{
    double value = sqrt(most);
    return value < 1e-6 ? 1 : value;
}

/* Entries of G of one class while they are scaled: by kind, p u o q; and the one of t. */
struct entries {
    double p[KINDS], u[KINDS], o[KINDS], q[KINDS], t;
};

static void divide_entries(const struct solver *solver,
                           struct entries *entries,
                           const struct vector *by,
                           double t_column)
{
    for (size_t i = 0; i < solver->len; i++) {
        struct entries *entry = &entries[i];
        const struct rows *rows = &by->class[i];
        for (uint32_t k = 0; k < solver->kinds; k++) {
            double column =
                root(fmax(fmax(entry->p[k], entry->u[k]), fmax(entry->o[k], entry->q[k])));
            entry->p[k] /= column * rows->p[k];
            entry->u[k] /= column * rows->u;
            entry->o[k] /= column * rows->o;
            entry->q[k] /= column * by->q[k];
        }
        entry->t /= t_column * rows->o;
    }
}

/* One turn of Ruiz: rows and columns are divided by the root of their largest entry, both as they were before. */
static void scale_once(struct solver *solver, struct entries *entries)
{
    struct vector *by = &solver->work;
    double t_most = 0, q_most[KINDS] = {};
    for (size_t i = 0; i < solver->len; i++) {
        struct rows *rows = &by->class[i];
        double u_most = 0, o_most = entries[i].t;
        for (uint32_t k = 0; k < solver->kinds; k++) {
            rows->p[k] = root(entries[i].p[k]);
            u_most = fmax(u_most, entries[i].u[k]);
            o_most = fmax(o_most, entries[i].o[k]);
            q_most[k] = fmax(q_most[k], entries[i].q[k]);
        }
        rows->u = root(u_most);
        rows->o = root(o_most);
        t_most = fmax(t_most, entries[i].t);
    }
    for (uint32_t k = 0; k < solver->kinds; k++)
        by->q[k] = root(q_most[k]);
    divide_entries(solver, entries, by, root(t_most));
}

static void multiply_rows(void *, double *a, double *b, double *, double *, double)
{
    *a *= *b;
}

static void set_one(void *, double *a, double *, double *, double *, double)
{
    *a = 1;
}

static void scale_rows(struct solver *solver, struct entries *entries)
{
    struct vector *scale = &solver->scale;
    for (size_t i = 0; i < solver->len; i++) {
        const struct fg_interior_class *class = class_of(solver, i);
        for (uint32_t k = 0; k < solver->kinds; k++) {
            entries[i].p[k] = entries[i].u[k] = 1;
            entries[i].o[k] = class->rate[k];
            entries[i].q[k] = class->devices;
        }
        entries[i].t = 1;
    }
    each_row(solver, (struct vector *[4]){scale, scale, scale, scale}, set_one, NULL);
    for (int turn = 0; turn < 3; turn++) {
        scale_once(solver, entries);
        each_row(solver, (struct vector *[4]){scale, &solver->work, scale, scale},
                 multiply_rows, NULL);
    }
}

static void square(void *, double *out, double *a, double *, double *, double)
{
    *out = *a * *a;
}

/* The least of s / scale, or of z x scale. */
struct least {
    double value;
    bool times;
};

static void find_least(void *self, double *a, double *scale, double *, double *, double)
{
    struct least *least = self;
    least->value = fmin(least->value, least->times ? *a * *scale : *a / *scale);
}

static void shift(void *self, double *a, double *scale, double *, double *, double)
{
    const struct least *least = self;
    double by = 1 - least->value;
    *a += least->times ? by / *scale : by * *scale;
}

static void negate(void *, double *a, double *b, double *, double *, double)
{
    *a = -*b;
}

/* If a row is not above 0, all are raised by the same, until the least is 1. */
static void bring_inside(struct solver *solver, struct vector *a, bool times)
{
    struct least least = {HUGE_VAL, times};
    struct vector *const both[4] = {a, &solver->scale, a, a};
    each_row(solver, both, find_least, &least);
    if (least.value <= 0)
        each_row(solver, both, shift, &least);
}

static void set_bounds(const struct solver *solver, struct vector *h)
{
    for (uint32_t k = 0; k < solver->kinds; k++)
        h->q[k] = solver->problem->capacity[k];
    for (size_t i = 0; i < solver->len; i++)
        h->class[i] = (struct rows){.u = 1};
}

/* The x and z that are nearest to all bounds, in the scaled rows. */
static bool begin(struct solver *solver)
{
    each_row(solver, (struct vector *[4]){&solver->v, &solver->scale, &solver->v, &solver->v},
             square, NULL);
    factor(solver);
    set_bounds(solver, &solver->work);
    clear(solver, &solver->x);
    bool good = solve(solver, &solver->x, &solver->work, &solver->z);
    /* s = h - G x = -V z, in scaled rows -z. */
    each_row(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->s, &solver->s},
             negate, NULL);
    each_row(solver, (struct vector *[4]){&solver->s, &solver->v, &solver->s, &solver->s},
             multiply_rows, NULL);
    bring_inside(solver, &solver->s, false);
    clear(solver, &solver->x1);
    solver->x1.t = 1; /* -c */
    memset(solver->work.class, 0, solver->len * sizeof(solver->work.class[0]));
    memset(solver->work.q, 0, sizeof(solver->work.q));
    good = good && solve(solver, &solver->x1, &solver->work, &solver->z);
    bring_inside(solver, &solver->z, true);
    solver->tau = solver->kappa = 1;
    return good;
}

/* -- a step ------------------------------------------------------------------------------------------------------ */

static void add_product(void *self, double *a, double *b, double *, double *, double count)
{
    *(double *)self += count * *a * *b;
}

static double product(struct solver *solver, struct vector *a, struct vector *b)
{
    double sum = 0;
    each_row(solver, (struct vector *[4]){a, b, a, b}, add_product, &sum);
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
    each_row(solver, (struct vector *[4]){&solver->s, &solver->z, direction->ds, direction->dz},
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

/* rz = s + G x - h tau, into solver->za; rx = -G'z - c tau into solver->rx. */
static void residuals(struct solver *solver)
{
    struct vector *rz = &solver->za;
    apply(solver, &solver->x, rz);
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
    clear(solver, &solver->rx);
    apply_back(solver, &solver->z, &solver->rx);
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
    return -x->t + bounds_times(solver, z);
}

/* One direction: x2 and z2 become its columns and rows, ds its slacks. */
static bool direct(struct solver *solver,
                   const struct aim *aim,
                   struct direction *direction,
                   double kappa_aim)
{
    double part = 1 - aim->sigma;
    double rt = solver->kappa + gap_of(solver, &solver->x, &solver->z);
    each_row(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->ds, &solver->z2},
             aim_row, (void *)aim);
    each_row(solver, (struct vector *[4]){&solver->work, &solver->za, &solver->ds, &solver->ds},
             add_residual, &part);
    for (size_t i = 0; i < solver->len; i++)
        for (uint32_t k = 0; k < solver->kinds; k++)
            solver->x2.x[i][k] = part * solver->rx.x[i][k];
    solver->x2.t = part * solver->rx.t;
    if (!solve(solver, &solver->x2, &solver->work, &solver->z2))
        return false;
    direction->dtau =
        (part * rt - kappa_aim / solver->tau + gap_of(solver, &solver->x2, &solver->z2))
        / (solver->kappa / solver->tau - gap_of(solver, &solver->x1, &solver->z1));
    direction->dkappa = -(kappa_aim + solver->kappa * direction->dtau) / solver->tau;
    each_row(solver, (struct vector *[4]){&solver->z2, &solver->z1, &solver->z2, &solver->z2},
             add_z1, &direction->dtau);
    each_row(solver, (struct vector *[4]){&solver->ds, &solver->v, &solver->z2, &solver->z2},
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
    each_row(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->ds, &solver->z2},
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
    each_row(solver, (struct vector *[4]){&solver->v, &solver->s, &solver->z, &solver->v},
             set_ratio, NULL);
    factor(solver);
    set_bounds(solver, &solver->work);
    clear(solver, &solver->x1);
    solver->x1.t = 1; /* -c */
    if (!solve(solver, &solver->x1, &solver->work, &solver->z1)
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
    double rows = product(solver, &solver->za, &solver->za);
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
                                &solver->z1,   &solver->za,     &solver->z2, &solver->ds,
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
    struct entries *entries = calloc(solver->len, sizeof(entries[0]));
    if (!entries)
        abort();
    scale_rows(solver, entries);
    free(entries);
    solver->degree = solver->kinds + 1;
    for (size_t i = 0; i < solver->len; i++)
        solver->degree += (double)rows_of(solver) * class_of(solver, i)->count;
    return begin(solver) && follow(solver);
}

int fg_interior_solve(const struct fg_interior_problem *problem,
                      double (*shares)[FG_INTERIOR_KINDS_MAX],
                      double *out_level,
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
    if (rc == 0 && out_level)
        *out_level = solver.x.t / solver.tau;
    free(solver.memory);
    return rc;
}
