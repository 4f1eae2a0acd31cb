/* maxmin.c - max-min fairness as a linear program, with water filling
 *
 *     max t   with   rate_i >= level_i + weight_i t   for all classes that are not held yet
 *
 * Filling repeats this: a class whose row has a price cannot be raised together with the others (a bottleneck holds
 * it), so it is fixed where it is, and the rest rises on.  Each round has a price somewhere, so rounds end.
 *
 * As long as all that rise keep their proportions, t counts from 0 and the program asked is  min s = 1/t  with
 * rate_i(z) - level_i s >= weight_i; when shares of projects shift, it is  max t  from the levels reached.
 */
#include "allocate/program.h"

#define HELD_PRICE                                                                             \
    1e-7 /* of the objective: the prices of the rows that rise, by weight, sum to 1 */
/* A hair below what was reached, so that rounding cannot make the next round infeasible. */
#define HELD_LEVEL (1 - 1e-9)

struct fg_rise fg_rise_new(struct fg_program *program, double *weights, struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t len = problem->classes_len;
    struct fg_rise rise = {.program = program,
                           .weights = weights,
                           .rows = FG_NEW(arena, uint32_t, len),
                           .levels = FG_NEW(arena, double, len),
                           .held = FG_NEW(arena, bool, len),
                           .shares = FG_NEW(arena, double, len + problem->projects_len),
                           .t = FG_NO_COL};
    fg_lp_set_cost(program->lp, program->s, -1);
    fg_lp_set_col(program->lp, program->s, 0, FG_LP_INF);
    for (size_t i = 0; i < len; i++) {
        rise.rows[i] = FG_NO_COL;
        rise.held[i] = program->time_rows[i] == FG_NO_COL || weights[i] <= 0;
        if (rise.held[i])
            continue;
        rise.rows[i] = fg_lp_row(program->lp, 0, FG_LP_INF);
        fg_program_put_rate(program, rise.rows[i], i, 1);
        rise.rising++;
    }
    fg_rise_guess(&rise, arena);
    return rise;
}

/* By class, how fast it rises: its weight; of a project, its part of the project's. */
static double *speeds(struct fg_rise *rise)
{
    const struct fg_allocate_problem *problem = rise->program->problem;
    double *out = rise->shares, *sums = rise->shares + problem->classes_len;
    for (size_t p = 0; p < problem->projects_len; p++)
        sums[p] = 0;
    for (size_t i = 0; rise->projects && i < problem->classes_len; i++)
        if (!rise->held[i])
            sums[problem->classes[i].project] +=
                problem->classes[i].weight * problem->classes[i].count;
    for (size_t i = 0; i < problem->classes_len; i++) {
        out[i] = rise->held[i] ? 0 : rise->weights[i];
        if (rise->projects && !rise->held[i]) {
            uint32_t project = problem->classes[i].project;
            out[i] *= problem->project_weights[project] / sums[project];
        }
    }
    return out;
}

/* From the levels reached: s = 1, max t. */
static void rise_from_levels(struct fg_rise *rise, const double *speed)
{
    struct fg_program *program = rise->program;
    if (rise->t == FG_NO_COL) {
        fg_lp_set_cost(program->lp, program->s, 0);
        fg_lp_set_col(program->lp, program->s, 1, 1);
        rise->t = fg_lp_col(program->lp, 1, 0, FG_LP_INF);
    }
    for (size_t i = 0; i < program->problem->classes_len; i++) {
        if (rise->rows[i] == FG_NO_COL)
            continue;
        fg_lp_set_row(program->lp, rise->rows[i], rise->levels[i] * HELD_LEVEL, FG_LP_INF);
        fg_lp_set_cell(program->lp, rise->rows[i], rise->t, -speed[i]);
    }
}

/* From 0: who is held keeps its level, which grows with s. */
static void rise_from_zero(struct fg_rise *rise, const double *speed)
{
    struct fg_program *program = rise->program;
    for (size_t i = 0; i < program->problem->classes_len; i++) {
        if (rise->rows[i] == FG_NO_COL)
            continue;
        fg_lp_set_row(program->lp, rise->rows[i], speed[i], FG_LP_INF);
        if (rise->held[i])
            fg_lp_set_cell(program->lp, rise->rows[i], program->s,
                           -rise->levels[i] * HELD_LEVEL);
    }
}

/* Whoever rises is now at t; who has a price stays there. */
static void hold(struct fg_rise *rise, const struct fg_lp_answer *answer, const double *speed)
{
    double s = answer->values[rise->program->s];
    bool from_zero = rise->t == FG_NO_COL;
    double t = from_zero ? 1 / s : answer->values[rise->t];
    for (size_t i = 0; i < rise->program->problem->classes_len; i++) {
        if (rise->held[i])
            continue;
        rise->levels[i] = (from_zero ? 0 : rise->levels[i]) + t * speed[i];
        double price = fabs(answer->duals[rise->rows[i]]) * speed[i];
        if (price <= HELD_PRICE * (from_zero ? s : 1))
            continue;
        rise->held[i] = true;
        rise->rising--;
    }
}

static void read_first(struct fg_rise *rise,
                       const struct fg_lp_answer *answer,
                       struct fg_allocation *out)
{
    double s = answer->values[rise->program->s];
    out->objective = 1 / s;
    fg_program_read(rise->program, answer, out);
    for (size_t j = 0; j < rise->program->problem->kinds_len; j++)
        out->price[j] /= s * s; /* of s, which became smaller, to 1/s */
}

static void read_next(struct fg_rise *rise,
                      const struct fg_lp_answer *answer,
                      struct fg_allocation *out)
{
    double prices[FG_ALLOCATE_KINDS_MAX];
    size_t kinds = rise->program->problem->kinds_len;
    for (size_t j = 0; j < kinds; j++)
        prices[j] = out->price[j];
    fg_program_read(rise->program, answer, out);
    for (size_t j = 0; j < kinds; j++)
        out->price[j] = prices[j];
}

int fg_rise_solve(struct fg_rise *rise,
                  bool fill,
                  struct fg_allocation *out,
                  struct fg_err *err)
{
    size_t before = SIZE_MAX;
    bool first = true;
    while (rise->rising && rise->rising < before && (first || fill)) {
        const double *speed = speeds(rise);
        if (first || !rise->projects)
            rise_from_zero(rise, speed);
        else
            rise_from_levels(rise, speed);
        struct fg_lp_answer answer;
        int rc = fg_program_solve(rise->program, &answer, err);
        if (rc == FG_ENOCAP && !first)
            return 0; /* the levels held are met no better than this, by rounding: what was found stands */
        if (rc < 0)
            return rc;
        if (first)
            read_first(rise, &answer, out);
        else
            read_next(rise, &answer, out);
        first = false;
        before = rise->rising;
        hold(rise, &answer, speed);
    }
    return 0;
}
