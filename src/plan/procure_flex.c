/* procure_flex.c - work that may wait, in the first stage: put off from a period, caught up in a later one
 *
 *     O[i,t] put off until the end of t    0 <= O[t] - O[t-1] <= deferrable       O[-1] = I[-1] = 0
 *     I[i,t] caught up until then          I[t-1] <= I[t] <= O[t]                 nothing before it was put off
 *                                          I[t] >= O[t - wait]                    nobody waits longer than he may
 *                                          I[last] = O[last]                      nor beyond the horizon
 *     shift[class,t] = sum of (I[t] - I[t-1]) - (O[t] - O[t-1])                   demand of the second stage: asked + shift
 *
 * Sums since the beginning make each row a few cells, however long work may wait.  All is linear in O and I, so cuts hold as they
 * do for fleets and allowances.
 */
#include "plan/procure_inner.h"

#include <math.h>
#include <string.h>

#define TURNS_MAX  3  /* of waits, then orders */
#define ROUNDS_MAX 12 /* of cuts for one choice of waits */

size_t fg_pc_waits_len(const struct fg_procure *procure)
{
    return 2 * (size_t)procure->problem.flexes_len * procure->problem.periods;
}

/* -- what may be put off ------------------------------------------------------------------------------------- */

double fg_pc_flex_least(const struct fg_procure_problem *problem,
                        uint32_t period,
                        uint32_t class)
{
    double least = HUGE_VAL;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        least =
            fmin(least,
                 problem->demand[((size_t)s * problem->periods + period) * problem->classes_len
                                 + class]);
    return least;
}

void fg_pc_flex_prepare(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    struct pc_prepared *made = &procure->prepared;
    uint32_t periods = problem->periods, classes = problem->classes_len;
    if (!problem->flexes_len)
        return;
    made->deferrable =
        FG_NEW(procure->prepared_in, double, (size_t)problem->flexes_len *periods);
    made->inflow = FG_NEW(procure->prepared_in, double, (size_t)classes *periods);
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        const struct fg_procure_flex *flex = &problem->flexes[i];
        double waiting = 0, *units = made->deferrable + (size_t)i * periods;
        for (uint32_t t = 0; t < periods; t++) {
            if (t > flex->wait)
                waiting -= units[t - flex->wait - 1];
            made->inflow[(size_t)t * classes + flex->class] += fmax(0, waiting);
            if (t + 1 < periods && !procure->none_waits)
                units[t] =
                    fg_pc_flex_least(problem, t, flex->class) * flex->share_milli / 1000.0;
            waiting += units[t];
        }
    }
}

/* -- columns and rows ---------------------------------------------------------------------------------------- */

/* Dollars in the objective of a unit that waits for a period. */
static double price_of(const struct fg_procure *procure, const struct fg_procure_flex *flex)
{
    return (double)flex->wait_uusd_per_hour / 1e6 * procure->period_hours;
}

static void add_columns(struct fg_procure *procure, struct pc_master *master)
{
    const struct fg_procure_problem *problem = &procure->problem;
    double weight = 1 + problem->limits.cvar_weight_milli / 1000.0;
    bool has_risk = problem->limits.cvar_alpha_milli;
    master->col_waits = fg_lp_cols_len(master->lp);
    for (int sign = 1; sign >= -1; sign -= 2) /* what is put off, then what is caught up */
        for (uint32_t i = 0; i < problem->flexes_len; i++) {
            const double *deferrable = &procure->prepared.deferrable[i * problem->periods];
            double price = sign * price_of(procure, &problem->flexes[i]), most = 0;
            for (uint32_t t = 0; t < problem->periods; t++) {
                most += deferrable[t];
                uint32_t col = fg_lp_col(master->lp, price * weight, 0, most);
                if (has_risk)
                    fg_lp_put(master->lp, master->row_bound, col, -price);
            }
        }
}

/* lower <= column a - column b <= upper; b PC_NONE: nothing. */
static void add_difference(struct fg_lp *lp, uint32_t a, uint32_t b, double lower, double upper)
{
    uint32_t row = fg_lp_row(lp, lower, upper);
    fg_lp_put(lp, row, a, 1);
    if (b != PC_NONE)
        fg_lp_put(lp, row, b, -1);
}

static void add_put_off(struct fg_procure *procure, struct pc_master *master)
{
    uint32_t periods = procure->problem.periods;
    master->row_put_off = fg_lp_rows_len(master->lp);
    for (uint32_t at = 0; at < procure->problem.flexes_len * periods; at++)
        add_difference(master->lp, master->col_waits + at,
                       at % periods ? master->col_waits + at - 1 : PC_NONE, 0,
                       procure->prepared.deferrable[at]);
}

static void add_caught_up(struct fg_procure *procure, struct pc_master *master, uint32_t i)
{
    uint32_t periods = procure->problem.periods, wait = procure->problem.flexes[i].wait;
    uint32_t off = master->col_waits + i * periods,
             in = off + procure->problem.flexes_len * periods;
    for (uint32_t t = 0; t < periods; t++) {
        bool last = t + 1 == periods;
        if (t > 0)
            add_difference(master->lp, in + t, in + t - 1, 0, FG_LP_INF);
        add_difference(master->lp, off + t, in + t, 0, last ? 0 : FG_LP_INF);
        if (t >= wait)
            add_difference(master->lp, in + t, off + t - wait, 0, FG_LP_INF);
    }
}

static void add_shift(struct fg_procure *procure, struct pc_master *master)
{
    const struct fg_procure_problem *problem = &procure->problem;
    uint32_t periods = problem->periods, cells = problem->flexes_len * periods;
    master->col_shift = fg_lp_cols_len(master->lp);
    for (uint32_t at = 0; at < problem->classes_len * periods; at++) {
        uint32_t class = at / periods, t = at % periods;
        uint32_t col = fg_lp_col(master->lp, 0, -FG_LP_INF, FG_LP_INF);
        uint32_t row = fg_lp_row(master->lp, 0, 0);
        fg_lp_put(master->lp, row, col, 1);
        for (uint32_t i = 0; i < problem->flexes_len; i++) {
            uint32_t off = master->col_waits + i * periods + t;
            if (problem->flexes[i].class != class)
                continue;
            fg_lp_put(master->lp, row, off, 1);
            fg_lp_put(master->lp, row, off + cells, -1);
            if (t == 0)
                continue;
            fg_lp_put(master->lp, row, off - 1, -1);
            fg_lp_put(master->lp, row, off + cells - 1, 1);
        }
    }
}

void fg_pc_flex_add(struct fg_procure *procure, struct pc_master *master)
{
    if (!procure->problem.flexes_len)
        return;
    add_columns(procure, master);
    add_put_off(procure, master);
    for (uint32_t i = 0; i < procure->problem.flexes_len; i++)
        add_caught_up(procure, master, i);
    add_shift(procure, master);
}

/* -- waits -------------------------------------------------------------------------------------------------- */

static double within(double value, double least, double most)
{
    return fmax(least, fmin(value, most));
}

void fg_pc_flex_read(const struct fg_procure *procure, const double *values, double *out_waits)
{
    uint32_t periods = procure->problem.periods;
    size_t cells = (size_t)procure->problem.flexes_len * periods;
    values += procure->master->col_waits;
    for (uint32_t i = 0; i < procure->problem.flexes_len; i++) {
        uint32_t wait = procure->problem.flexes[i].wait;
        const double *most = procure->prepared.deferrable + (size_t)i * periods;
        double *off = out_waits + (size_t)i * periods, *in = off + cells;
        const double *told = values + (size_t)i * periods;
        for (uint32_t t = 0; t < periods; t++) {
            double before = t ? off[t - 1] : 0, least = t ? in[t - 1] : 0;
            off[t] = within(told[t], before, before + most[t]);
            if (t >= wait)
                least = fmax(least, off[t - wait]);
            in[t] = t + 1 == periods ? off[t] : within(told[cells + t], least, off[t]);
        }
    }
}

double fg_pc_flex_shift(const struct fg_procure *procure, struct pc_state *state)
{
    const struct fg_procure_problem *problem = &procure->problem;
    size_t periods = problem->periods, cells = problem->flexes_len * periods;
    double usd = 0;
    if (!state->waits)
        return 0;
    memset(state->shift, 0, problem->classes_len * periods * sizeof(double));
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        const double *off = state->waits + i * periods, *in = off + cells;
        double *shift = state->shift + problem->flexes[i].class * periods, before = 0;
        for (size_t t = 0; t < periods; t++) {
            double waiting = off[t] - in[t];
            shift[t] += before - waiting;
            usd += waiting * price_of(procure, &problem->flexes[i]);
            before = waiting;
        }
    }
    return usd;
}

/* What is put off and caught up in one period cancels out, as far as nobody waits too long for it. */
static void cancel(const struct fg_procure *procure, uint32_t i, double *off, double *in)
{
    uint32_t periods = procure->problem.periods, wait = procure->problem.flexes[i].wait;
    double less = 0;
    for (uint32_t t = 0; t < periods; t++) {
        double before_off = t ? off[t - 1] : 0, before_in = t ? in[t - 1] : 0;
        double most = fmin(off[t] - less - before_off, in[t] - less - before_in);
        for (uint32_t then = t; most > 0 && then < periods && then - t < wait; then++)
            most = fmin(most, in[then] - less - (then >= wait ? off[then - wait] : 0));
        less += fmax(0, most);
        off[t] -= less;
        in[t] -= less;
    }
}

void fg_pc_flex_cancel(const struct fg_procure *procure, double *waits)
{
    size_t periods = procure->problem.periods, cells = procure->problem.flexes_len * periods;
    for (uint32_t i = 0; i < procure->problem.flexes_len; i++)
        cancel(procure, i, waits + i * periods, waits + cells + i * periods);
}

/* -- the waits that suit whole instances ------------------------------------------------------------------------- */

/* Orders as the candidate has them, or (NULL) as they may be. */
static void fix_orders(struct fg_procure *procure, const struct pc_candidate *candidate)
{
    struct pc_master *master = procure->master;
    for (uint32_t i = 0; candidate && i < candidate->picks_len; i++)
        fg_pc_master_column(procure, candidate->picks[i].item, candidate->picks[i].start);
    fg_pc_master_grow(procure);
    for (uint32_t i = 0; i < master->columns_len; i++) {
        const struct pc_column *column = &master->columns[i];
        double most = fg_pc_master_most(procure, column->item), least = 0;
        if (candidate)
            most = least = fg_pc_candidate_count(candidate, column->item, column->start);
        fg_lp_set_col(master->lp, column->col, least, most);
    }
}

/* One choice of waits by the cuts that there are, and cuts where it is.  1: these may lead to another. */
static int choose(struct fg_procure *procure, struct pc_search *search, struct fg_err *err)
{
    struct pc_master *master = procure->master;
    struct fg_lp_answer answer;
    if (fg_lp_solve(master->lp, NULL, &answer, NULL) < 0 || answer.status != FG_LP_OPTIMAL)
        return 0; /* it was a try */
    memcpy(master->values, answer.values, fg_lp_cols_len(master->lp) * sizeof(double));
    fg_pc_flex_read(procure, answer.values, search->now.waits);
    for (uint32_t t = 0; procure->prepared.has_budget && t < procure->problem.periods; t++)
        search->now.allowance[t] = fmax(0, answer.values[master->col_allowance + t]);
    int rc = fg_pc_search_begin(procure, search, err);
    return rc < 0 ? rc : fg_pc_master_cut(procure, &search->state, search->seconds) > 0;
}

/* Cuts and choices until they agree; the best of the choices is left in `best`.  1: it is better than it was. */
static int settle(struct fg_procure *procure,
                  struct pc_search *search,
                  struct pc_candidate *best,
                  struct fg_err *err)
{
    double before = best->objective;
    int rc = 1;
    fix_orders(procure, best);
    for (int round = 0; round < ROUNDS_MAX && rc == 1; round++) {
        rc = choose(procure, search, err);
        if (rc >= 0 && search->now.objective < best->objective)
            fg_pc_candidate_copy(procure, best, &search->now);
    }
    fix_orders(procure, NULL);
    return rc < 0 ? rc : best->objective < before - 1e-9 * (1 + fabs(before));
}

int fg_pc_flex_again(struct fg_procure *procure, double enough, struct fg_err *err)
{
    struct pc_search search = {.effort_max = 100'000, .enough = enough};
    struct pc_candidate *best = &procure->best;
    int rc = 1;
    for (int turn = 0; turn < TURNS_MAX && rc == 1; turn++) {
        fg_pc_candidate_copy(procure, &search.now, best);
        rc = settle(procure, &search, best, err);
        if (rc < 1 || best->objective <= enough)
            break;
        fg_pc_candidate_copy(procure, &search.now, best);
        rc = fg_pc_search_begin(procure, &search, err);
        if (rc == 0)
            rc = fg_pc_improve(&search, err);
        if (rc >= 0 && search.now.objective < best->objective) {
            fg_pc_candidate_copy(procure, best, &search.now);
            rc = 1;
        }
    }
    fg_pc_candidate_free(&search.now);
    return rc < 0 ? rc : fg_pc_master_solve(procure, err);
}
