/* procure_polish.c - whole numbers by branch and cut, on the orders that can still be part of something better
 *
 * An order whose reduced cost is above the distance of the bounds is in no better plan (reduced cost fixing): what is left is
 * often small.  The second stage enters through its cuts, which are added where the last whole answer was (integer L-shaped
 * method; Laporte, Louveaux, 1993), until the bounds meet or the time is over.
 */
#include "plan/procure_inner.h"
#include "solver/mip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX   60
#define COLUMNS_MAX 6000
#define TURN_ROOM   ((size_t)1 << 30) /* address space */

struct polish {
    struct fg_procure *procure;
    const struct fg_procure_effort *effort;
    double gap, lower, left_s;
    bool whole_problem; /* no column that might help was left out */
    bool done;
};

/* Make all columns that can be in a better plan. */
static void add_columns_within(struct polish *polish, double distance)
{
    struct fg_procure *procure = polish->procure;
    const struct pc_prepared *made = &procure->prepared;
    polish->whole_problem = true;
    for (uint32_t i = 0; i < made->items_len; i++)
        for (uint32_t t = made->items[i].lead;
             t < procure->problem.periods && !made->items[i].out; t++) {
            if (fg_pc_master_reduced(procure, i, t) > distance)
                continue;
            polish->whole_problem =
                polish->whole_problem && procure->master->columns_len < COLUMNS_MAX;
            if (procure->master->columns_len < COLUMNS_MAX)
                fg_pc_master_column(procure, i, t);
        }
}

/* Fix what is too dear, or give it back its bounds. */
static void fix_columns(struct polish *polish, double distance, bool fix)
{
    struct fg_procure *procure = polish->procure;
    for (uint32_t i = 0; i < procure->master->columns_len; i++) {
        const struct pc_column *column = &procure->master->columns[i];
        double most = fg_pc_master_most(procure, column->item);
        if (fix && fg_pc_master_reduced(procure, column->item, column->start) > distance
            && fg_pc_candidate_count(&procure->best, column->item, column->start) == 0)
            most = 0;
        fg_lp_set_col(procure->master->lp, column->col, 0, most);
    }
}

static uint32_t *list_whole(const struct fg_procure *procure,
                            struct fg_arena *arena,
                            size_t *len)
{
    const struct pc_master *master = procure->master;
    uint32_t *whole = FG_NEW(arena, uint32_t, 2 * (size_t)master->columns_len + 1);
    for (uint32_t i = 0; i < master->columns_len; i++) {
        whole[(*len)++] = master->columns[i].col;
        if (procure->prepared.items[master->columns[i].item].least > 1)
            whole[(*len)++] = master->columns[i].col + 1; /* ordered or not */
    }
    return whole;
}

/* The answer as a candidate, made better if it can be, and cuts where it is.  Returns how many cut it off, or an error. */
static int look_at(struct polish *polish,
                   const struct fg_mip_answer *answer,
                   struct fg_err *err)
{
    struct fg_procure *procure = polish->procure;
    struct pc_master *master = procure->master;
    struct pc_search search = {.effort_max = 100'000,
                               .enough = fg_pc_enough(polish->effort, polish->lower)};
    struct pc_candidate none = fg_pc_candidate_none(procure);
    fg_pc_candidate_copy(procure, &search.now, &none);
    for (uint32_t i = 0; i < master->columns_len; i++)
        fg_pc_candidate_set(&search.now, master->columns[i].item, master->columns[i].start,
                            (uint32_t)lround(answer->values[master->columns[i].col]));
    for (uint32_t t = 0; procure->prepared.has_budget && t < procure->problem.periods; t++)
        search.now.allowance[t] = fmax(0, answer->values[master->col_allowance + t]);
    if (search.now.waits)
        fg_pc_flex_read(procure, answer->values, search.now.waits);
    memcpy(master->values, answer->values, fg_lp_cols_len(master->lp) * sizeof(double));
    int limits = (int)fg_pc_master_limit(procure);
    int rc = fg_pc_search_begin(procure, &search, err);
    int cutting = rc < 0 ? rc : (int)fg_pc_master_cut(procure, &search.state, search.seconds);
    bool fits = fg_pc_candidate_fits(procure, &search.now)
                && fg_pc_candidate_over_cap(procure, &search.now) == PC_NONE;
    if (rc == 0 && fits)
        rc = fg_pc_improve(&search, err);
    if (rc == 0 && fits && search.now.objective < procure->best.objective)
        fg_pc_candidate_copy(procure, &procure->best, &search.now);
    fg_pc_candidate_free(&search.now);
    return rc < 0 ? rc : cutting + limits;
}

static int branch_and_cut(struct polish *polish, struct fg_arena *arena, struct fg_err *err)
{
    struct fg_procure *procure = polish->procure;
    double upper = procure->best.objective;
    double distance = (upper - procure->master->answer.objective) * (1 + 1e-6) + 1e-9;
    struct fg_mip_limits limits = {polish->left_s, polish->gap / 4};
    struct fg_mip_answer answer = {};
    size_t whole_len = 0;
    add_columns_within(polish, distance);
    fix_columns(polish, distance, true);
    uint32_t *whole = list_whole(procure, arena, &whole_len);
    int rc = fg_mip_solve(procure->master->lp, whole, whole_len, &limits, arena, &answer, err);
    fix_columns(polish, distance, false);
    if (rc < 0)
        return rc;
    polish->left_s -= answer.seconds;
    if (polish->whole_problem && answer.bound > polish->lower)
        polish->lower = fmin(answer.bound, upper);
    polish->done = !answer.found;
    if (!answer.found)
        return 0;
    fg_pc_master_grow(procure);
    rc = look_at(polish, &answer, err);
    polish->done = rc == 0;
    return rc < 0 ? rc : 0;
}

static bool met(const struct polish *polish)
{
    double upper = polish->procure->best.objective;
    return upper - polish->lower <= polish->gap * fabs(upper) + 1e-9;
}

int fg_pc_polish(struct fg_procure *procure,
                 const struct fg_procure_effort *effort,
                 double *lower,
                 struct fg_err *err)
{
    struct polish polish = {.procure = procure,
                            .effort = effort,
                            .gap = effort->gap > 0 ? effort->gap : 0.001,
                            .lower = *lower,
                            .left_s = effort->polish_s};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(TURN_ROOM);
    int rc = 0;
    for (int turn = 0;
         turn < TURNS_MAX && rc == 0 && !polish.done && !met(&polish) && polish.left_s > 0;
         turn++) {
        fg_arena_reset(arena);
        rc = fg_pc_master_solve(procure, err);
        polish.lower = fmax(polish.lower, procure->master->lower);
        if (rc == 0 && !met(&polish))
            rc = branch_and_cut(&polish, arena, err);
        if (effort->watch
            && effort->watch(effort->ctx, FG_PROCURE_POLISH, polish.lower,
                             procure->best.objective))
            break;
    }
    *lower = polish.lower;
    return rc;
}
