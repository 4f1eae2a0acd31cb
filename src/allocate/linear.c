/* linear.c - the policies whose objective is a plain sum: throughput, cost, fifo, min-cost.  See policy.def */
#include "allocate/program.h"

#include <stdlib.h>

static int solve_sum(const struct fg_part *part,
                     const double *by_class,
                     const double *by_kind,
                     struct fg_arena *arena,
                     struct fg_allocation *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct fg_program program = fg_program_new(part, part->problem.throughput, lp, arena);
    fg_program_reward(&program, by_class, by_kind);
    struct fg_lp_answer answer;
    int rc = fg_program_solve(&program, &answer, err);
    if (rc < 0)
        return rc;
    out->objective = answer.objective;
    fg_program_read(&program, &answer, out);
    return 0;
}

static double *weights_of(const struct fg_part *part, struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = &part->problem;
    double *weights = FG_NEW(arena, double, problem->classes_len);
    for (size_t i = 0; i < problem->classes_len; i++)
        weights[i] = problem->classes[i].weight;
    return weights;
}

int fg_solve_sum(const struct fg_part *part,
                 struct fg_arena *arena,
                 struct fg_allocation *out,
                 struct fg_err *err)
{
    return solve_sum(part, weights_of(part, arena), NULL, arena, out, err);
}

int fg_solve_cost(const struct fg_part *part,
                  struct fg_arena *arena,
                  struct fg_allocation *out,
                  struct fg_err *err)
{
    const struct fg_allocate_problem *problem = &part->problem;
    double *by_kind = FG_NEW(arena, double, problem->kinds_len);
    for (size_t j = 0; j < problem->kinds_len; j++)
        by_kind[j] = 1 / problem->kinds[j].usd_per_hour;
    return solve_sum(part, weights_of(part, arena), by_kind, arena, out, err);
}

/* -- fifo ---------------------------------------------------------------------------------------------- */

struct place {
    double rank, count;
    size_t class;
};

static int by_rank_down(const void *a, const void *b)
{
    double x = ((const struct place *)a)->rank, y = ((const struct place *)b)->rank;
    return (x < y) - (x > y);
}

/* By class: how many jobs came no earlier than it. */
static void count_followers(const struct fg_allocate_problem *problem,
                            struct fg_arena *arena,
                            double *out)
{
    struct place *places = FG_NEW(arena, struct place, problem->classes_len);
    for (size_t i = 0; i < problem->classes_len; i++)
        places[i] = (struct place){problem->classes[i].rank, problem->classes[i].count, i};
    qsort(places, problem->classes_len, sizeof(*places), by_rank_down);
    double jobs = 0;
    for (size_t i = 0, next; i < problem->classes_len; i = next) {
        for (next = i; next < problem->classes_len && places[next].rank == places[i].rank;
             next++)
            jobs += places[next].count;
        for (size_t k = i; k < next; k++)
            out[places[k].class] = jobs;
    }
}

int fg_solve_fifo(const struct fg_part *part,
                  struct fg_arena *arena,
                  struct fg_allocation *out,
                  struct fg_err *err)
{
    const struct fg_allocate_problem *problem = &part->problem;
    double *by_class = FG_NEW(arena, double, problem->classes_len);
    count_followers(problem, arena, by_class);
    for (size_t i = 0; i < problem->classes_len; i++) {
        double best = 0;
        for (size_t j = 0; j < problem->kinds_len; j++)
            best = fmax(best, problem->throughput[i * problem->kinds_len + j]);
        if (best > 0)
            by_class[i] /= best;
    }
    return solve_sum(part, by_class, NULL, arena, out, err);
}

/* -- min-cost ------------------------------------------------------------------------------------------ */

static void charge(struct fg_program *program)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    for (size_t at = 0; at < problem->classes_len * kinds; at++) {
        const struct fg_allocate_class *class = &problem->classes[at / kinds];
        if (program->cols[at] != FG_NO_COL)
            fg_lp_set_cost(program->lp, program->cols[at],
                           -problem->kinds[at % kinds].usd_per_hour * class->count
                               * class->devices);
    }
    for (size_t at = 0; at < problem->pairs_len * kinds; at++)
        if (program->pair_cols[at] != FG_NO_COL)
            fg_lp_set_cost(program->lp, program->pair_cols[at],
                           -problem->kinds[at % kinds].usd_per_hour
                               * problem->classes[problem->pairs[at / kinds].a].devices);
}

static int add_deadlines(struct fg_program *program, struct fg_err *err)
{
    const struct fg_allocate_problem *problem = program->problem;
    for (size_t i = 0; i < problem->classes_len; i++) {
        const struct fg_allocate_class *class = &problem->classes[i];
        if (class->deadline_s <= 0 || class->steps_left <= 0)
            continue;
        if (program->time_rows[i] == FG_NO_COL)
            return fg_fail(err, FG_ENOCAP, "allocation: class %zu has a deadline, fits no kind",
                           program->part->ids[i]);
        double rate = class->steps_left / class->deadline_s;
        fg_program_put_rate(program, fg_lp_row(program->lp, 1, FG_LP_INF), i, 1 / rate);
    }
    return 0;
}

int fg_solve_min_cost(const struct fg_part *part,
                      struct fg_arena *arena,
                      struct fg_allocation *out,
                      struct fg_err *err)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct fg_program program = fg_program_new(part, part->problem.throughput, lp, arena);
    charge(&program);
    int rc = add_deadlines(&program, err);
    if (rc < 0)
        return rc;
    struct fg_lp_answer answer;
    rc = fg_program_solve(&program, &answer, err);
    if (rc == FG_ENOCAP)
        return fg_fail(err, rc, "allocation: the deadlines cannot all be met");
    if (rc < 0)
        return rc;
    out->objective = -answer.objective;
    fg_program_read(&program, &answer, out);
    return 0;
}
