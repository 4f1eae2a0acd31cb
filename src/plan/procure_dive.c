/* procure_dive.c - whole instances by diving: round up the order that is nearest to it, solve again, until all are whole
 *
 * Costlier than rounding, and better where a few instances are all that there is to choose: what is rounded up takes work from
 * the others before they are looked at.
 */
#include "plan/procure_inner.h"

#include <math.h>

#define STEPS_MAX 150
#define WHOLE     1e-6
#define EFFORT    200'000
#define RETRIES   3   /* of solves that come to nothing */
#define SURE      0.9 /* fractions above are rounded up together */

static double fraction_of(double value)
{
    double fraction = value - floor(value);
    return fraction < WHOLE || fraction > 1 - WHOLE ? 0 : fraction;
}

/* At least so many from now on; an order with a least count has that or none. */
static void raise(struct fg_procure *procure, const struct pc_column *column, double value)
{
    const struct pc_item *item = &procure->prepared.items[column->item];
    double least = fmax(ceil(value - WHOLE), item->least),
           most = fg_pc_master_most(procure, column->item);
    fg_lp_set_col(procure->master->lp, column->col, fmin(least, most), most);
}

/* Is the value one that cannot be bought: a fraction, or below the least count? */
static double brokenness(const struct fg_procure *procure,
                         const struct pc_column *column,
                         double value)
{
    const struct pc_item *item = &procure->prepared.items[column->item];
    if (value > WHOLE && value < item->least - WHOLE)
        return value / item->least;
    return fraction_of(value);
}

/* Raise what is surest; the number of the column, PC_NONE: all are whole. */
static uint32_t step_down(struct fg_procure *procure, const double *values)
{
    const struct pc_master *master = procure->master;
    uint32_t best = PC_NONE;
    double most = 0;
    for (uint32_t i = 0; i < master->columns_len; i++) {
        double value = values[master->columns[i].col];
        double broken = brokenness(procure, &master->columns[i], value);
        if (broken > SURE)
            raise(procure, &master->columns[i], value);
        if (broken > most) {
            most = broken;
            best = i;
        }
    }
    if (best != PC_NONE && most <= SURE)
        raise(procure, &master->columns[best], values[master->columns[best].col]);
    return best;
}

static void restore(struct fg_procure *procure)
{
    for (uint32_t i = 0; i < procure->master->columns_len; i++) {
        const struct pc_column *column = &procure->master->columns[i];
        fg_lp_set_col(procure->master->lp, column->col, 0,
                      fg_pc_master_most(procure, column->item));
    }
}

/* A dive is a try: it ends where a solve takes long, finds nothing or fails. */
static bool solve(struct fg_procure *procure, struct fg_lp_answer *answer)
{
    static const struct fg_lp_limits limits = {.iterations = 3000};
    return fg_lp_solve(procure->master->lp, &limits, answer, NULL) == 0
           && answer->status == FG_LP_OPTIMAL;
}

/* True: whole values are in `out`. */
static bool dive(struct fg_procure *procure, struct pc_candidate *out)
{
    struct pc_master *master = procure->master;
    const double *values = master->answer.values;
    struct fg_lp_answer answer;
    uint32_t last = 0;
    int failed = 0;
    for (int step = 0; step < STEPS_MAX && failed < RETRIES; step++) {
        last = step_down(procure, values);
        if (last == PC_NONE)
            break;
        bool solved = solve(procure, &answer);
        if (!solved && failed++ < RETRIES) { /* one too many: not more than before, then */
            const struct pc_column *column = &master->columns[last];
            fg_lp_set_col(master->lp, column->col, 0,
                          fmax(0, ceil(master->answer.values[column->col]) - 1));
            solved = solve(procure, &answer);
        }
        if (!solved)
            return false;
        values = answer.values;
    }
    for (uint32_t i = 0; i < master->columns_len && last == PC_NONE; i++)
        fg_pc_candidate_set(out, master->columns[i].item, master->columns[i].start,
                            (uint32_t)lround(values[master->columns[i].col]));
    return last == PC_NONE;
}

int fg_pc_dive(struct fg_procure *procure, double enough, struct fg_err *err)
{
    struct pc_search search = {.effort_max = EFFORT, .enough = enough};
    struct pc_candidate none = fg_pc_candidate_none(procure);
    fg_pc_candidate_copy(procure, &search.now, &none);
    int rc = 0;
    bool fits = dive(procure, &search.now);
    restore(procure);
    fits = fits && fg_pc_candidate_fits(procure, &search.now)
           && fg_pc_candidate_over_cap(procure, &search.now) == PC_NONE;
    if (fits)
        rc = fg_pc_search_begin(procure, &search, err);
    if (fits && rc == 0)
        rc = fg_pc_improve(&search, err);
    if (fits && rc == 0 && search.now.objective < procure->best.objective)
        fg_pc_candidate_copy(procure, &procure->best, &search.now);
    fg_pc_candidate_free(&search.now);
    return rc < 0 ? rc : 0;
}
