/* problem.c - is it a problem at all, and is it an answer?  See allocate.h */
#include "allocate/allocate.h"
#include "allocate/merge.h"

#include <math.h>

/* -- the problem ------------------------------------------------------------------------------------------ */

static bool is_number(double value, double least)
{
    return value >= least && isfinite(value);
}

static int bad(
    struct fg_err *err, const char *what, size_t number, const char *field, double is)
{
    return fg_fail(err, FG_EINVAL, "allocation: %s %zu: %s %g, a number %s expected", what,
                   number, field, is, is < 0 || !isfinite(is) ? "of 0 or more" : "above 0");
}

static int check_kinds(const struct fg_allocate_problem *problem,
                       enum fg_allocate_uses uses,
                       struct fg_err *err)
{
    if (problem->kinds_len > FG_ALLOCATE_KINDS_MAX)
        return fg_fail(err, FG_EINVAL, "allocation: %zu kinds, at most %d expected",
                       problem->kinds_len, FG_ALLOCATE_KINDS_MAX);
    for (size_t j = 0; j < problem->kinds_len; j++) {
        const struct fg_allocate_kind *kind = &problem->kinds[j];
        if (!is_number(kind->capacity, 0))
            return bad(err, "kind", j, "capacity", kind->capacity);
        if (uses & FG_USES_PRICE
            && !(is_number(kind->usd_per_hour, 0) && kind->usd_per_hour > 0))
            return bad(err, "kind", j, "price", kind->usd_per_hour);
    }
    return 0;
}

static int check_class(const struct fg_allocate_problem *problem,
                       size_t number,
                       enum fg_allocate_uses uses,
                       struct fg_err *err)
{
    const struct fg_allocate_class *class = &problem->classes[number];
    const struct {
        const char *name;
        double value;
        bool used, above_zero;
    } fields[] = {
        {"count", class->count, true, true},
        {"devices", class->devices, true, true},
        {"weight", class->weight, uses & FG_USES_WEIGHT, true},
        {"work left", class->steps_left, uses & FG_USES_STEPS, false},
        {"time elapsed", class->elapsed_s, uses & FG_USES_TIMES, false},
        {"isolated time", class->isolated_s, uses & FG_USES_TIMES, false},
        {"deadline", class->deadline_s, uses & FG_USES_DEADLINE, false},
        {"rank", class->rank, uses & FG_USES_RANK, false},
    };
    for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
        if (fields[k].used
            && (!is_number(fields[k].value, 0)
                || (fields[k].above_zero && fields[k].value == 0)))
            return bad(err, "class", number, fields[k].name, fields[k].value);
    for (size_t j = 0; j < problem->kinds_len; j++)
        if (!is_number(problem->throughput[number * problem->kinds_len + j], 0))
            return bad(err, "class", number, "throughput",
                       problem->throughput[number * problem->kinds_len + j]);
    if (!(uses & FG_USES_PROJECT))
        return 0;
    if (class->project >= problem->projects_len)
        return fg_fail(err, FG_EINVAL, "allocation: class %zu: project %u of %zu", number,
                       class->project, problem->projects_len);
    double weight = problem->project_weights[class->project];
    return is_number(weight, 0) && weight > 0
               ? 0
               : bad(err, "project", class->project, "weight", weight);
}

static int check_pair(const struct fg_allocate_problem *problem,
                      size_t number,
                      struct fg_err *err)
{
    const struct fg_allocate_pair *pair = &problem->pairs[number];
    if (pair->a >= problem->classes_len || pair->b >= problem->classes_len)
        return fg_fail(err, FG_EINVAL, "allocation: pair %zu: classes %u and %u of %zu", number,
                       pair->a, pair->b, problem->classes_len);
    double a = problem->classes[pair->a].devices, b = problem->classes[pair->b].devices;
    if (a != b)
        return fg_fail(err, FG_EINVAL,
                       "allocation: pair %zu: %g and %g devices, as many expected", number, a,
                       b);
    for (size_t j = 0; j < problem->kinds_len; j++) {
        if (!is_number(pair->throughput_a[j], 0))
            return bad(err, "pair", number, "throughput", pair->throughput_a[j]);
        if (!is_number(pair->throughput_b[j], 0))
            return bad(err, "pair", number, "throughput", pair->throughput_b[j]);
    }
    return 0;
}

int fg_problem_check(const struct fg_allocate_problem *problem,
                     enum fg_allocate_uses uses,
                     struct fg_err *err)
{
    int rc = check_kinds(problem, uses, err);
    for (size_t i = 0; rc == 0 && i < problem->classes_len; i++)
        rc = check_class(problem, i, uses, err);
    for (size_t k = 0; rc == 0 && k < problem->pairs_len; k++)
        rc = check_pair(problem, k, err);
    return rc;
}

/* -- the answer ----------------------------------------------------------------------------------------------- */

struct sums {
    double *time; /* by class: of all its jobs */
    double *use;  /* by kind */
};

static int add_share(double share, const char *what, size_t number, struct fg_err *err)
{
    if (share >= -1e-9 && isfinite(share))
        return 0;
    return fg_fail(err, FG_EBACKEND, "allocation: %s %zu: share %g is below 0", what, number,
                   share);
}

static int add_all(const struct fg_allocate_problem *problem,
                   const struct fg_allocation *allocation,
                   struct sums *sums,
                   struct fg_err *err)
{
    size_t kinds = problem->kinds_len;
    for (size_t k = 0; k < problem->classes_len * kinds; k++) {
        const struct fg_allocate_class *class = &problem->classes[k / kinds];
        double time = allocation->share[k] * class->count;
        int rc = add_share(time, "class", k / kinds, err);
        if (rc < 0)
            return rc;
        sums->time[k / kinds] += time;
        sums->use[k % kinds] += time * class->devices;
    }
    for (size_t k = 0; k < problem->pairs_len * kinds; k++) {
        const struct fg_allocate_pair *pair = &problem->pairs[k / kinds];
        double time = allocation->together[k];
        int rc = add_share(time, "pair", k / kinds, err);
        if (rc < 0)
            return rc;
        sums->time[pair->a] += time;
        sums->time[pair->b] += time;
        sums->use[k % kinds] += time * problem->classes[pair->a].devices;
    }
    return 0;
}

int fg_allocation_check(const struct fg_allocate_problem *problem,
                        const struct fg_allocation *allocation,
                        struct fg_err *err)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena =
        fg_arena_new((problem->classes_len + problem->kinds_len + 4096) * 16);
    struct sums sums = {.time = FG_NEW(arena, double, problem->classes_len),
                        .use = FG_NEW(arena, double, problem->kinds_len)};
    int rc = add_all(problem, allocation, &sums, err);
    for (size_t i = 0; rc == 0 && i < problem->classes_len; i++)
        if (sums.time[i] > problem->classes[i].count * (1 + 1e-5))
            rc = fg_fail(err, FG_EBACKEND, "allocation: class %zu: %g of the time of %g jobs",
                         i, sums.time[i], problem->classes[i].count);
    for (size_t j = 0; rc == 0 && j < problem->kinds_len; j++)
        if (sums.use[j] > problem->kinds[j].capacity * (1 + 1e-5) + 1e-6)
            rc = fg_fail(err, FG_EBACKEND, "allocation: kind %zu: %g devices of %g", j,
                         sums.use[j], problem->kinds[j].capacity);
    return rc;
}
