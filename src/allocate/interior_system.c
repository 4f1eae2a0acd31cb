/* interior_system.c - [0 G'; G -V] [x; z] = [a; b]
 *
 * With D = V of the rows x >= 0, u and o = V of the rows of time and of t, the block of a class is 1/D + 11'/u + aa'/o;
 * what couples the classes are t and the kinds: a dense system of kinds + 1 unknowns. */
#include "allocate/interior_inner.h"

#include <math.h>
#include <string.h>

#define REFINEMENTS 1

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
void fg_interior_factor(struct solver *solver)
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
bool fg_interior_system(struct solver *solver,
                        struct columns *x,
                        struct vector *b,
                        struct vector *z)
{
    struct columns *a = &solver->a, *more = &solver->more;
    memcpy(a->x, x->x, solver->len * sizeof(x->x[0]));
    a->t = x->t;
    if (!solve_once(solver, x, b, z))
        return false;
    for (int i = 0; i < REFINEMENTS; i++) {
        fg_rows_clear(solver, more);
        fg_rows_apply_back(solver, z, more); /* more = a - G'z */
        for (size_t j = 0; j < solver->len; j++)
            for (uint32_t k = 0; k < solver->kinds; k++)
                more->x[j][k] = a->x[j][k] - more->x[j][k];
        more->t = a->t - more->t;
        fg_rows_apply(solver, x, &solver->missed);
        fg_rows_each(solver, (struct vector *[4]){&solver->missed, b, &solver->v, z}, miss_row,
                     NULL);
        if (!solve_once(solver, more, &solver->missed, &solver->dz))
            return false;
        add_columns(solver, x, more);
        fg_rows_each(solver, (struct vector *[4]){z, &solver->dz, z, z}, add_row, NULL);
    }
    return true;
}
