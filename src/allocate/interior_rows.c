/* interior_rows.c - vectors of rows and columns, G and its transpose */
#include "allocate/interior_inner.h"

#include <string.h>

static size_t rows_of(const struct solver *solver)
{
    return solver->kinds + 2;
}

/* Rows of a class lie one behind the other: p, u, o.  With fewer kinds than KINDS some of p are not used. */
static double *row(struct rows *rows, size_t kinds, size_t r)
{
    return r < kinds ? &rows->p[r] : r == kinds ? &rows->u : &rows->o;
}

void fg_rows_each(struct solver *solver,
                  struct vector *const vectors[4],
                  fg_row_fn *fn,
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
void fg_rows_apply(const struct solver *solver, const struct columns *x, struct vector *out)
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
void fg_rows_apply_back(const struct solver *solver,
                        const struct vector *z,
                        struct columns *out)
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
double fg_rows_bounds_times(const struct solver *solver, const struct vector *z)
{
    double sum = 0;
    for (uint32_t k = 0; k < solver->kinds; k++)
        sum += solver->problem->capacity[k] * z->q[k];
    for (size_t i = 0; i < solver->len; i++)
        sum += class_of(solver, i)->count * z->class[i].u;
    return sum;
}

void fg_rows_clear(const struct solver *solver, struct columns *x)
{
    memset(x->x, 0, solver->len * sizeof(x->x[0]));
    x->t = 0;
}

void fg_rows_set_bounds(const struct solver *solver, struct vector *h)
{
    for (uint32_t k = 0; k < solver->kinds; k++)
        h->q[k] = solver->problem->capacity[k];
    for (size_t i = 0; i < solver->len; i++)
        h->class[i] = (struct rows){.u = 1};
}
