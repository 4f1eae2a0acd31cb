/* fair.c - the policies that raise the worst off: max-min, agnostic, hierarchical, makespan.  See policy.def */
#include "allocate/program.h"

/* capacity_j / jobs devices of each kind that it fits: over the devices of a job a share of its time. */
double *fg_equal_rates(const struct fg_program *program, bool capped, struct fg_arena *arena)
{
    const struct fg_part *part = program->part;
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    double *rates = FG_NEW(arena, double, problem->classes_len);
    for (size_t i = 0; i < problem->classes_len; i++) {
        double time = 0, rate = 0;
        for (size_t j = 0; j < kinds; j++) {
            if (program->cols[i * kinds + j] == FG_NO_COL)
                continue;
            double share = part->pool[j] / (part->jobs * problem->classes[i].devices);
            time += share;
            rate += share * program->rates[i * kinds + j];
        }
        rates[i] = capped && time > 1 ? rate / time : rate;
    }
    return rates;
}

/* The policies of the least share: the work of an equal share, by weight, for each. */
static int solve_shares(const struct fg_part *part,
                        const double *rates,
                        bool projects,
                        struct fg_arena *arena,
                        struct fg_allocation *out,
                        struct fg_err *err)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct fg_program program = fg_program_new(part, rates, lp, arena);
    double *weights = fg_equal_rates(&program, false, arena);
    for (size_t i = 0; i < part->problem.classes_len; i++)
        weights[i] *= part->problem.classes[i].weight;
    if (!projects && fg_inside_suits(part))
        return fg_inside_solve(&program, weights, arena, out, err);
    struct fg_rise rise = fg_rise_new(&program, weights, arena);
    rise.projects = projects;
    return fg_rise_solve(&rise, part->fill || projects, out, err);
}

int fg_solve_max_min(const struct fg_part *part,
                     struct fg_arena *arena,
                     struct fg_allocation *out,
                     struct fg_err *err)
{
    return solve_shares(part, part->problem.throughput, false, arena, out, err);
}

int fg_solve_hierarchical(const struct fg_part *part,
                          struct fg_arena *arena,
                          struct fg_allocation *out,
                          struct fg_err *err)
{
    return solve_shares(part, part->problem.throughput, true, arena, out, err);
}

/* Who does not look at kinds gets each in proportion to its number.  Left as it is if that does not fit. */
static void spread(const struct fg_allocate_problem *problem,
                   const double *pool,
                   struct fg_arena *arena,
                   struct fg_allocation *out)
{
    size_t kinds = problem->kinds_len;
    double *share = FG_NEW(arena, double, problem->classes_len *kinds);
    double use[FG_ALLOCATE_KINDS_MAX] = {};
    for (size_t i = 0; i < problem->classes_len; i++) {
        double time = 0, capacity = 0;
        for (size_t j = 0; j < kinds; j++) {
            bool can = problem->throughput[i * kinds + j] > 0
                       && problem->classes[i].devices <= pool[j];
            share[i * kinds + j] = can ? problem->kinds[j].capacity : 0;
            capacity += share[i * kinds + j];
            time += out->share[i * kinds + j];
        }
        for (size_t j = 0; j < kinds && capacity > 0; j++) {
            share[i * kinds + j] *= time / capacity;
            use[j] +=
                share[i * kinds + j] * problem->classes[i].count * problem->classes[i].devices;
        }
    }
    for (size_t j = 0; j < kinds; j++)
        if (use[j] > problem->kinds[j].capacity * (1 + 1e-9))
            return;
    for (size_t j = 0; j < kinds; j++)
        out->use[j] = use[j];
    for (size_t i = 0; i < problem->classes_len; i++) {
        out->rate[i] = 0;
        for (size_t at = i * kinds; at < (i + 1) * kinds; at++) {
            out->share[at] = share[at];
            out->rate[i] += share[at] * problem->throughput[at];
        }
    }
}

int fg_solve_agnostic(const struct fg_part *part,
                      struct fg_arena *arena,
                      struct fg_allocation *out,
                      struct fg_err *err)
{
    struct fg_part alone = *part;
    alone.problem.pairs_len = 0;
    size_t cells = part->problem.classes_len * part->problem.kinds_len;
    double *rates = FG_NEW(arena, double, cells);
    for (size_t at = 0; at < cells; at++)
        rates[at] = part->problem.throughput[at] > 0;
    int rc = solve_shares(&alone, rates, false, arena, out, err);
    if (rc == 0)
        spread(&part->problem, part->pool, arena, out);
    return rc;
}

int fg_solve_makespan(const struct fg_part *part,
                      struct fg_arena *arena,
                      struct fg_allocation *out,
                      struct fg_err *err)
{
    const struct fg_allocate_problem *problem = &part->problem;
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct fg_program program = fg_program_new(part, problem->throughput, lp, arena);
    double *weights = FG_NEW(arena, double, problem->classes_len);
    for (size_t i = 0; i < problem->classes_len; i++)
        weights[i] = problem->classes[i].steps_left;
    int rc;
    if (fg_inside_suits(part)) {
        rc = fg_inside_solve(&program, weights, arena, out, err);
    } else {
        struct fg_rise rise = fg_rise_new(&program, weights, arena);
        rc = fg_rise_solve(&rise, part->fill, out, err);
    }
    if (rc < 0 || out->objective <= 0)
        return rc;
    out->objective = 1 / out->objective;
    for (size_t j = 0; j < problem->kinds_len; j++)
        out->price[j] *= out->objective * out->objective; /* of 1/s back to s */
    return 0;
}
