/* interior_begin.c - rows are scaled, then come the x and z that are nearest to all bounds */
#include "allocate/interior_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    fg_rows_each(solver, (struct vector *[4]){scale, scale, scale, scale}, set_one, NULL);
    for (int turn = 0; turn < 3; turn++) {
        scale_once(solver, entries);
        fg_rows_each(solver, (struct vector *[4]){scale, &solver->work, scale, scale},
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
    fg_rows_each(solver, both, find_least, &least);
    if (least.value <= 0)
        fg_rows_each(solver, both, shift, &least);
}

/* The x and z that are nearest to all bounds, in the scaled rows. */
bool fg_interior_begin(struct solver *solver)
{
    struct entries *entries = calloc(solver->len, sizeof(entries[0]));
    if (!entries)
        abort();
    scale_rows(solver, entries);
    free(entries);
    fg_rows_each(solver,
                 (struct vector *[4]){&solver->v, &solver->scale, &solver->v, &solver->v},
                 square, NULL);
    fg_interior_factor(solver);
    fg_rows_set_bounds(solver, &solver->work);
    fg_rows_clear(solver, &solver->x);
    bool good = fg_interior_system(solver, &solver->x, &solver->work, &solver->z);
    /* s = h - G x = -V z, in scaled rows -z. */
    fg_rows_each(solver, (struct vector *[4]){&solver->s, &solver->z, &solver->s, &solver->s},
                 negate, NULL);
    fg_rows_each(solver, (struct vector *[4]){&solver->s, &solver->v, &solver->s, &solver->s},
                 multiply_rows, NULL);
    bring_inside(solver, &solver->s, false);
    fg_rows_clear(solver, &solver->x1);
    solver->x1.t = 1; /* -c */
    memset(solver->work.class, 0, solver->len * sizeof(solver->work.class[0]));
    memset(solver->work.q, 0, sizeof(solver->work.q));
    good = good && fg_interior_system(solver, &solver->x1, &solver->work, &solver->z);
    bring_inside(solver, &solver->z, true);
    solver->tau = solver->kappa = 1;
    return good;
}
