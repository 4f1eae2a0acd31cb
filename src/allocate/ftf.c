/* ftf.c - finish-time fairness (Mahajan et al., "Themis", NSDI 2020, in Gavel's form)
 *
 *     min over x of max over i of   rho_i = (elapsed_i + steps_i / rate_i) / (isolated_i + steps_i / equal_rate_i)
 *
 * For a given rho each class needs a rate, so it is a max-min program in which only bounds change: halve the range of
 * rho until it is narrow, each time from the basis of the last.
 */
#include "allocate/program.h"

#define WIDTH      1e-7 /* of rho, where halving ends */
#define ROUNDS_MAX 200

struct ftf {
    struct fg_program program;
    struct fg_rise rise;
    double *steps, *elapsed, *whole; /* by class; whole: the time with an equal share */
    double low, high; /* no allocation reaches low; one was found that reaches high */
};

static struct ftf ftf_new(const struct fg_part *part, struct fg_lp *lp, struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = &part->problem;
    size_t len = problem->classes_len;
    struct ftf ftf = {.program = fg_program_new(part, problem->throughput, lp, arena),
                      .steps = FG_NEW(arena, double, len),
                      .elapsed = FG_NEW(arena, double, len),
                      .whole = FG_NEW(arena, double, len),
                      .high = HUGE_VAL};
    const double *equal = fg_equal_rates(&ftf.program, true, arena);
    for (size_t i = 0; i < len; i++) {
        const struct fg_allocate_class *class = &problem->classes[i];
        ftf.steps[i] = equal[i] > 0 ? class->steps_left : 0; /* 0: left out */
        ftf.elapsed[i] = class->elapsed_s;
        if (ftf.steps[i] > 0)
            ftf.whole[i] = class->isolated_s + class->steps_left / equal[i];
    }
    return ftf;
}

/* The best throughput that a job of the class could have alone, with or without company. */
static double best_rate(const struct fg_program *program, size_t class)
{
    const struct fg_allocate_problem *problem = program->problem;
    size_t kinds = problem->kinds_len;
    double best = 0;
    for (size_t at = class * kinds; at < (class + 1) * kinds; at++)
        if (program->cols[at] != FG_NO_COL)
            best = fmax(best, problem->throughput[at]);
    for (uint32_t k = program->pair_first[class]; k != FG_NO_COL; k = program->pair_next[k]) {
        const struct fg_allocate_pair *pair = &problem->pairs[k / 2];
        for (size_t j = 0; j < kinds; j++)
            best = fmax(best, fmax(pair->a == class ? pair->throughput_a[j] : 0,
                                   pair->b == class ? pair->throughput_b[j] : 0));
    }
    return best;
}

/* Nobody can be done sooner than on its best kind alone. */
static void set_low(struct ftf *ftf)
{
    for (size_t i = 0; i < ftf->program.problem->classes_len; i++)
        if (ftf->steps[i] > 0)
            ftf->low =
                fmax(ftf->low, (ftf->elapsed[i] + ftf->steps[i] / best_rate(&ftf->program, i))
                                   / ftf->whole[i]);
}

/* The rate that the class needs for rho. */
static double needed(const struct ftf *ftf, size_t class, double rho)
{
    return ftf->steps[class] / (rho * ftf->whole[class] - ftf->elapsed[class]);
}

/* What one device more of a kind takes off rho: s(rho, capacity) stays 1. */
static void set_prices(const struct ftf *ftf,
                       const struct fg_lp_answer *answer,
                       double rho,
                       struct fg_allocation *out)
{
    double slope = 0;
    for (size_t i = 0; i < ftf->program.problem->classes_len; i++)
        if (ftf->steps[i] > 0) {
            double rate = needed(ftf, i, rho);
            slope += fabs(answer->duals[ftf->rise.rows[i]]) * rate * rate * ftf->whole[i]
                     / ftf->steps[i];
        }
    for (size_t j = 0; j < ftf->program.problem->kinds_len; j++)
        out->price[j] = slope > 0 ? out->price[j] / slope : 0;
}

/* Solve for rho, and see what it gives: with s above 1 nobody gets what rho asks, but each the same part of it. */
static int try_rho(struct ftf *ftf, double rho, struct fg_allocation *out, struct fg_err *err)
{
    size_t len = ftf->program.problem->classes_len;
    for (size_t i = 0; i < len; i++)
        if (ftf->steps[i] > 0)
            fg_lp_set_row(ftf->program.lp, ftf->rise.rows[i], needed(ftf, i, rho), FG_LP_INF);
    struct fg_lp_answer answer;
    int rc = fg_program_solve(&ftf->program, &answer, err);
    if (rc < 0)
        return rc;
    double s = answer.values[ftf->program.s], reached = 0;
    for (size_t i = 0; i < len; i++)
        if (ftf->steps[i] > 0)
            reached = fmax(reached, (ftf->elapsed[i] + ftf->steps[i] * s / needed(ftf, i, rho))
                                        / ftf->whole[i]);
    if (reached < ftf->high) {
        ftf->high = out->objective = reached;
        fg_program_read(&ftf->program, &answer, out);
        set_prices(ftf, &answer, rho, out);
    }
    if (s > 1)
        ftf->low = rho;
    return 0;
}

int fg_solve_ftf(const struct fg_part *part,
                 struct fg_arena *arena,
                 struct fg_allocation *out,
                 struct fg_err *err)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    struct ftf ftf = ftf_new(part, lp, arena);
    ftf.rise = fg_rise_new(&ftf.program, ftf.steps, arena);
    if (!ftf.rise.rising)
        return 0;
    set_low(&ftf);
    int rc = try_rho(&ftf, ftf.low * 2, out, err);
    for (int round = 0; rc == 0 && ftf.high > ftf.low * (1 + WIDTH) && round < ROUNDS_MAX;
         round++)
        rc = try_rho(&ftf, (ftf.low + ftf.high) / 2, out, err);
    return rc;
}
