/* inside.c - large max-min programs by the interior-point method.  See program.h
 *
 * Its work grows with classes x kinds^2, that of the simplex method faster than classes^2: from some thousand classes
 * that differ, it is the quicker one.
 */
#include "allocate/interior.h"
#include "allocate/program.h"

#define PRICE_NOISE 1e-6 /* of the optimum */

struct inside {
    const struct fg_program *program;
    const double *weights;
    size_t kinds[FG_INTERIOR_KINDS_MAX]; /* of the problem, those that have devices */
    struct fg_interior_problem problem;
    struct fg_interior_class *classes;
    size_t *ids; /* of the problem's classes, those that rise */
};

static size_t kinds_with_devices(const struct fg_allocate_problem *problem)
{
    size_t len = 0;
    for (size_t j = 0; j < problem->kinds_len; j++)
        len += problem->kinds[j].capacity > 0;
    return len;
}

bool fg_inside_suits(const struct fg_part *part)
{
    const struct fg_allocate_problem *problem = &part->problem;
    return problem->classes_len >= FG_INSIDE_FROM && problem->pairs_len == 0 && !part->fill
           && kinds_with_devices(problem) <= FG_INTERIOR_KINDS_MAX;
}

static struct inside inside_new(const struct fg_program *program,
                                const double *weights,
                                struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = program->problem;
    struct inside inside = {.program = program, .weights = weights};
    inside.classes = FG_NEW(arena, struct fg_interior_class, problem->classes_len);
    inside.ids = FG_NEW(arena, size_t, problem->classes_len);
    inside.problem.classes = inside.classes;
    for (size_t j = 0; j < problem->kinds_len; j++)
        if (problem->kinds[j].capacity > 0) {
            inside.problem.capacity[inside.problem.kinds_len] = problem->kinds[j].capacity;
            inside.kinds[inside.problem.kinds_len++] = j;
        }
    for (size_t i = 0; i < problem->classes_len; i++) {
        if (program->time_rows[i] == FG_NO_COL || weights[i] <= 0)
            continue;
        struct fg_interior_class *class = &inside.classes[inside.problem.classes_len];
        inside.ids[inside.problem.classes_len++] = i;
        class->count = problem->classes[i].count;
        class->devices = problem->classes[i].devices;
        for (uint32_t k = 0; k < inside.problem.kinds_len; k++) {
            size_t at = i * problem->kinds_len + inside.kinds[k];
            class->rate[k] =
                program->cols[at] == FG_NO_COL ? 0 : program->rates[at] / weights[i];
        }
    }
    return inside;
}

/* Where a class cannot run the method leaves a little all the same. */
static void read_class(const struct inside *inside,
                       size_t number,
                       const double *shares,
                       struct fg_allocation *out)
{
    const struct fg_allocate_problem *problem = inside->program->problem;
    size_t i = inside->ids[number];
    for (uint32_t k = 0; k < inside->problem.kinds_len; k++) {
        size_t j = inside->kinds[k], at = i * problem->kinds_len + j;
        if (inside->program->cols[at] == FG_NO_COL)
            continue;
        out->share[at] = shares[k];
        out->rate[i] += shares[k] * problem->throughput[at];
        out->use[j] += shares[k] * problem->classes[i].count * problem->classes[i].devices;
    }
}

int fg_inside_solve(const struct fg_program *program,
                    const double *weights,
                    struct fg_arena *arena,
                    struct fg_allocation *out,
                    struct fg_err *err)
{
    struct inside inside = inside_new(program, weights, arena);
    size_t len = inside.problem.classes_len;
    if (len == 0)
        return 0;
    struct fg_interior_best best;
    void *room = FG_NEW(arena, double, len *FG_INTERIOR_KINDS_MAX);
    double(*shares)[FG_INTERIOR_KINDS_MAX] = room;
    int rc = fg_interior_solve(&inside.problem, shares, &best, err);
    if (rc < 0)
        return fg_wrap(err, rc, "allocation");
    out->objective = best.level;
    for (uint32_t k = 0; k < inside.problem.kinds_len;
         k++) /* from the inside no price is quite 0 */
        if (best.price[k] * inside.problem.capacity[k] > PRICE_NOISE * best.level)
            out->price[inside.kinds[k]] = best.price[k];
    for (size_t number = 0; number < len; number++)
        read_class(&inside, number, shares[number], out);
    return 0;
}
