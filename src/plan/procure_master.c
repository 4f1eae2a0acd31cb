/* procure_master.c - the linear program of the first stage; see procure_inner.h
 *
 *     fleet[k,t] = fleet[k,t-1] + starts - ends      an order is three cells whatever its term
 *     spend[t]   = the same in dollars a period;     spend + upfront + allowance <= budget
 *     theta      >= cuts                             work that may wait: procure_flex.c
 *
 * Columns of orders are made when their reduced cost says that they help: every one that is not there was looked at.
 */
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 200

void *fg_pc_more(void *array, uint32_t len, uint32_t *room, size_t size)
{
    if (len < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    void *next = realloc(array, *room * size);
    if (!next)
        abort();
    return next;
}

static void drop_cuts(struct pc_master *master)
{
    for (uint32_t i = 0; i < master->cuts_len; i++)
        free(master->cuts[i].slopes);
    master->cuts_len = 0;
}

void fg_pc_master_free(struct pc_master *master)
{
    if (!master)
        return;
    fg_lp_free(master->lp);
    drop_cuts(master);
    free(master->columns);
    free(master->number);
    free(master->values);
    free(master->duals);
    free(master->limits);
    free(master->cuts);
    free(master);
}

static bool has_cap(const struct fg_procure *procure)
{
    uint32_t share = procure->problem.limits.supplier_share_milli;
    return share && share < FG_WHOLE_MILLI;
}

uint32_t fg_pc_alive(const struct pc_item *item)
{
    return item->whole + (item->rest > 0);
}

/* -- columns and rows that are always there ---------------------------------------------------------------- */

static uint32_t add_cols(struct fg_lp *lp, size_t count, double cost, double upper)
{
    uint32_t first = fg_lp_cols_len(lp);
    for (size_t i = 0; i < count; i++)
        fg_lp_col(lp, cost, 0, upper);
    return first;
}

static void add_fleet(struct fg_procure *procure, struct pc_master *master)
{
    const struct pc_prepared *made = &procure->prepared;
    uint32_t periods = procure->problem.periods;
    master->col_fleet = add_cols(master->lp, (size_t)made->pools_len * periods, 0, FG_LP_INF);
    master->row_fleet = fg_lp_rows_len(master->lp);
    for (uint32_t k = 0; k < made->pools_len; k++)
        for (uint32_t t = 0; t < periods; t++) {
            uint32_t at = k * periods + t;
            double before = t ? made->running[at - 1] : 0, change = made->running[at] - before;
            uint32_t row = fg_lp_row(master->lp, change, change);
            fg_lp_put(master->lp, row, master->col_fleet + at, 1);
            if (t)
                fg_lp_put(master->lp, row, master->col_fleet + at - 1, -1);
        }
}

static double most_of(int64_t uusd)
{
    return uusd == INT64_MAX ? FG_LP_INF : (double)uusd / 1e6;
}

static void add_budgets(struct fg_procure *procure, struct pc_master *master)
{
    const struct fg_procure_limits *limits = &procure->problem.limits;
    struct fg_lp *lp = master->lp;
    uint32_t periods = procure->problem.periods;
    if (!procure->prepared.has_budget)
        return;
    master->col_spend = add_cols(lp, periods, 0, FG_LP_INF);
    master->col_allowance = add_cols(lp, periods, 0, procure->prepared.allowance_most);
    master->row_spend = fg_lp_rows_len(lp);
    for (uint32_t t = 0; t < periods; t++) {
        uint32_t row = fg_lp_row(lp, 0, 0);
        fg_lp_put(lp, row, master->col_spend + t, 1);
        if (t)
            fg_lp_put(lp, row, master->col_spend + t - 1, -1);
    }
    master->row_budgets = fg_lp_rows_len(lp);
    for (uint32_t t = 0; t < periods; t++) {
        double most = limits->budgets_uusd ? most_of(limits->budgets_uusd[t]) : FG_LP_INF;
        uint32_t row = fg_lp_row(lp, -FG_LP_INF, most);
        fg_lp_put(lp, row, master->col_spend + t, 1);
        fg_lp_put(lp, row, master->col_allowance + t, 1);
    }
    master->row_budget = fg_lp_row(lp, -FG_LP_INF, most_of(limits->budget_uusd));
    for (uint32_t t = 0; t < periods; t++) {
        fg_lp_put(lp, master->row_budget, master->col_spend + t, 1);
        fg_lp_put(lp, master->row_budget, master->col_allowance + t, 1);
    }
}

/* spent with each supplier, of all that is spent: share at most */
static void add_suppliers(struct fg_procure *procure, struct pc_master *master)
{
    uint32_t suppliers = procure->prepared.suppliers_len;
    struct fg_lp *lp = master->lp;
    if (!has_cap(procure))
        return;
    double share = procure->problem.limits.supplier_share_milli / 1000.0;
    master->col_suppliers = add_cols(lp, suppliers, 0, FG_LP_INF);
    master->col_total = add_cols(lp, 1, 0, FG_LP_INF);
    master->row_suppliers = fg_lp_rows_len(lp);
    for (uint32_t s = 0; s < suppliers; s++)
        fg_lp_put(lp, fg_lp_row(lp, 0, 0), master->col_suppliers + s, 1);
    uint32_t row_total = fg_lp_row(lp, 0, 0);
    fg_lp_put(lp, row_total, master->col_total, 1);
    for (uint32_t s = 0; s < suppliers; s++) {
        fg_lp_put(lp, row_total, master->col_suppliers + s, -1);
        uint32_t row = fg_lp_row(lp, -FG_LP_INF, 0);
        fg_lp_put(lp, row, master->col_suppliers + s, 1);
        fg_lp_put(lp, row, master->col_total, -share);
    }
}

static void add_risk(struct fg_procure *procure, struct pc_master *master)
{
    const struct fg_procure_limits *limits = &procure->problem.limits;
    uint32_t scenarios = procure->problem.scenarios;
    struct fg_lp *lp = master->lp;
    if (!limits->cvar_alpha_milli)
        return;
    double weight = limits->cvar_weight_milli / 1000.0;
    double rest = 1 - limits->cvar_alpha_milli / 1000.0;
    bool bound = limits->cvar_bound_uusd != INT64_MAX;
    master->col_theta_scenario = add_cols(lp, scenarios, 0, FG_LP_INF);
    master->col_var = add_cols(lp, 1, weight, FG_LP_INF);
    master->col_over_bound = add_cols(lp, 1, 10, FG_LP_INF);
    master->row_bound =
        fg_lp_row(lp, bound ? -(double)limits->cvar_bound_uusd / 1e6 : -FG_LP_INF, FG_LP_INF);
    fg_lp_put(lp, master->row_bound, master->col_over_bound, 1);
    fg_lp_put(lp, master->row_bound, master->col_var, -1);
    master->col_excess = fg_lp_cols_len(lp);
    for (uint32_t s = 0; s < scenarios; s++) {
        double part = procure->weights[s] / rest;
        uint32_t excess = fg_lp_col(lp, weight * part, 0, FG_LP_INF);
        uint32_t row = fg_lp_row(lp, 0, FG_LP_INF);
        fg_lp_put(lp, master->row_bound, excess, -part);
        fg_lp_put(lp, row, excess, 1);
        fg_lp_put(lp, row, master->col_var, 1);
        fg_lp_put(lp, row, master->col_theta_scenario + s, -1);
    }
}

/* -- columns of orders ------------------------------------------------------------------------------------ */

/* Called with each row in which an order of the item stands.  The duals times these are how pricing sees a column that is
 * not there yet. */
typedef void put_fn(void *ctx, uint32_t row, double value);

/* Of a recurrence: so much more from the start on, until the end of the term. */
static void each_end(const struct fg_procure *procure,
                     const struct pc_pick *pick,
                     double size,
                     uint32_t row_first,
                     put_fn *put,
                     void *ctx)
{
    const struct pc_item *item = &procure->prepared.items[pick->item];
    uint32_t periods = procure->problem.periods, end = pick->start + item->whole;
    put(ctx, row_first + pick->start, item->whole ? -size : -size * item->rest);
    if (end < periods && item->whole)
        put(ctx, row_first + end, size * (1 - item->rest));
    if (end + 1 < periods && item->rest > 0)
        put(ctx, row_first + end + 1, size * item->rest);
}

static void each_cell(const struct fg_procure *procure,
                      const struct pc_pick *pick,
                      put_fn *put,
                      void *ctx)
{
    const struct pc_master *master = procure->master;
    const struct pc_item *item = &procure->prepared.items[pick->item];
    const struct fg_offer *offer = &procure->offers[item->offer];
    struct pc_money money = fg_pc_money(&procure->problem, offer, pick->start);
    uint32_t periods = procure->problem.periods;
    each_end(procure, pick, item->devices, master->row_fleet + item->pool * periods, put, ctx);
    if (procure->prepared.has_budget) {
        each_end(procure, pick, item->period_usd, master->row_spend, put, ctx);
        if (item->upfront_usd > 0) {
            put(ctx, master->row_budgets + fg_pc_ordered(procure, item, pick->start),
                item->upfront_usd);
            put(ctx, master->row_budget, item->upfront_usd);
        }
    }
    if (has_cap(procure))
        put(ctx, master->row_suppliers + item->supplier, -(double)money.cost_uusd / 1e6);
    if (procure->problem.limits.cvar_alpha_milli)
        put(ctx, master->row_bound, -fg_pc_objective_usd(&procure->problem, &money));
    for (uint32_t i = 0; i < master->limits_len; i++) {
        const struct pc_limit *limit = &master->limits[i];
        if (limit->item == pick->item && limit->period >= pick->start
            && limit->period < pick->start + fg_pc_alive(item))
            put(ctx, limit->row, 1);
    }
}

static double cost_of(const struct fg_procure *procure, uint32_t item, uint32_t start)
{
    struct pc_money money = fg_pc_money(
        &procure->problem, &procure->offers[procure->prepared.items[item].offer], start);
    return fg_pc_objective_usd(&procure->problem, &money)
           * (1 + procure->problem.limits.cvar_weight_milli / 1000.0);
}

struct placing {
    struct fg_lp *lp;
    uint32_t col;
};

static void put_cell(void *ctx, uint32_t row, double value)
{
    const struct placing *placing = ctx;
    fg_lp_put(placing->lp, row, placing->col, value);
}

double fg_pc_master_most(const struct fg_procure *procure, uint32_t item)
{
    const struct pc_item *what = &procure->prepared.items[item];
    if (procure->banned[what->offer])
        return 0;
    return fmin(what->capacity, fmax(what->least, what->most));
}

/* Ordered or not: the column after that of an order with a least count. */
static void place_choice(struct pc_master *master, uint32_t col, double least, double most)
{
    uint32_t choice = fg_lp_col(master->lp, 0, 0, 1);
    uint32_t at_least = fg_lp_row(master->lp, 0, FG_LP_INF);
    uint32_t at_most = fg_lp_row(master->lp, -FG_LP_INF, 0);
    fg_lp_put(master->lp, at_least, col, 1);
    fg_lp_put(master->lp, at_least, choice, -least);
    fg_lp_put(master->lp, at_most, col, 1);
    fg_lp_put(master->lp, at_most, choice, -most);
}

static uint32_t place_column(struct fg_procure *procure, uint32_t item, uint32_t start)
{
    struct pc_master *master = procure->master;
    const struct pc_item *what = &procure->prepared.items[item];
    double most = fg_pc_master_most(procure, item);
    struct placing placing = {master->lp,
                              fg_lp_col(master->lp, cost_of(procure, item, start), 0, most)};
    struct pc_pick pick = {item, start, 1};
    each_cell(procure, &pick, put_cell, &placing);
    if (what->least > 1)
        place_choice(master, placing.col, what->least, fmax(what->least, most));
    return placing.col;
}

uint32_t fg_pc_master_column(struct fg_procure *procure, uint32_t item, uint32_t start)
{
    struct pc_master *master = procure->master;
    uint32_t *number = &master->number[(size_t)item * procure->problem.periods + start];
    if (*number != PC_NONE)
        return *number;
    master->columns = fg_pc_more(master->columns, master->columns_len, &master->columns_room,
                                 sizeof(*master->columns));
    *number = master->columns_len++;
    master->columns[*number] =
        (struct pc_column){item, start, place_column(procure, item, start)};
    return *number;
}

/* -- pricing ------------------------------------------------------------------------------------------------ */

struct pricing {
    const double *duals;
    double sum;
};

static void price_cell(void *ctx, uint32_t row, double value)
{
    struct pricing *pricing = ctx;
    pricing->sum -= pricing->duals[row] * value;
}

double fg_pc_master_reduced(const struct fg_procure *procure, uint32_t item, uint32_t start)
{
    struct pricing pricing = {procure->master->answer.duals, cost_of(procure, item, start)};
    struct pc_pick pick = {item, start, 1};
    each_cell(procure, &pick, price_cell, &pricing);
    return pricing.sum;
}

/* Add, for each item, the start that gains most for its money, and of the items those that gain most. */
static uint32_t add_columns(struct fg_procure *procure)
{
    struct pc_master *master = procure->master;
    const struct pc_prepared *made = &procure->prepared;
    uint32_t periods = procure->problem.periods, added = 0;
    for (uint32_t i = 0; i < made->items_len; i++) {
        uint32_t best = PC_NONE;
        double least = 0;
        for (uint32_t t = made->items[i].lead; t < periods && !made->items[i].out; t++) {
            if (master->number[(size_t)i * periods + t] != PC_NONE)
                continue;
            double reduced = fg_pc_master_reduced(procure, i, t), cost = cost_of(procure, i, t);
            if (reduced < -1e-7 * (1 + cost) && reduced < least) {
                best = t;
                least = reduced;
            }
        }
        if (best != PC_NONE) {
            fg_pc_master_column(procure, i, best);
            added++;
        }
    }
    return added;
}

/* -- capacity, where it is passed ---------------------------------------------------------------------------- */

static void add_limit(struct fg_procure *procure, uint32_t item, uint32_t period)
{
    struct pc_master *master = procure->master;
    const struct pc_item *what = &procure->prepared.items[item];
    master->limits = fg_pc_more(master->limits, master->limits_len, &master->limits_room,
                                sizeof(*master->limits));
    uint32_t row = fg_lp_row(master->lp, -FG_LP_INF, what->capacity);
    master->limits[master->limits_len++] = (struct pc_limit){item, period, row};
    for (uint32_t i = 0; i < master->columns_len; i++) {
        const struct pc_column *column = &master->columns[i];
        if (column->item == item && column->start <= period
            && period < column->start + fg_pc_alive(what))
            fg_lp_put(master->lp, row, column->col, 1);
    }
}

uint32_t fg_pc_master_limit(struct fg_procure *procure)
{
    struct pc_master *master = procure->master;
    uint32_t periods = procure->problem.periods, added = 0;
    double *alive = calloc(periods + 1, sizeof(double));
    if (!alive)
        abort();
    for (uint32_t i = 0; i < procure->prepared.items_len; i++) {
        const struct pc_item *item = &procure->prepared.items[i];
        if (item->capacity == UINT32_MAX)
            continue;
        memset(alive, 0, periods * sizeof(double));
        for (uint32_t c = 0; c < master->columns_len; c++) {
            const struct pc_column *column = &master->columns[c];
            for (uint32_t t = column->start;
                 column->item == i && t < periods && t < column->start + fg_pc_alive(item); t++)
                alive[t] += master->answer.values[column->col];
        }
        uint32_t worst = 0;
        for (uint32_t t = 1; t < periods; t++)
            worst = alive[t] > alive[worst] ? t : worst;
        if (alive[worst] > item->capacity * (1 + 1e-6) + 1e-6) {
            add_limit(procure, i, worst);
            added++;
        }
    }
    free(alive);
    return added;
}

void fg_pc_master_grow(struct fg_procure *procure)
{
    struct pc_master *master = procure->master;
    size_t cols = fg_lp_cols_len(master->lp);
    master->values = realloc(master->values, (cols + 1) * sizeof(double));
    if (!master->values)
        abort();
    for (; master->values_len < cols; master->values_len++)
        master->values[master->values_len] = 0;
    master->answer.values = master->values;
}

/* The answer must outlive changes of the program. */
static void keep_answer(struct pc_master *master)
{
    size_t cols = fg_lp_cols_len(master->lp), rows = fg_lp_rows_len(master->lp);
    master->values = realloc(master->values, (cols + 1) * sizeof(double));
    master->duals = realloc(master->duals, (rows + 1) * sizeof(double));
    if (!master->values || !master->duals)
        abort();
    memcpy(master->values, master->answer.values, cols * sizeof(double));
    master->values_len = cols;
    memcpy(master->duals, master->answer.duals, rows * sizeof(double));
    master->answer.values = master->values;
    master->answer.duals = master->duals;
}

int fg_pc_master_solve(struct fg_procure *procure, struct fg_err *err)
{
    struct pc_master *master = procure->master;
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        int rc = fg_lp_solve(master->lp, NULL, &master->answer, err);
        if (rc < 0)
            return rc;
        if (master->answer.status != FG_LP_OPTIMAL)
            return fg_fail(err, FG_EBACKEND, "procurement: the first stage has no optimum");
        keep_answer(master);
        uint32_t added = add_columns(procure);
        fg_pc_master_grow(procure);
        if (added + fg_pc_master_limit(procure) == 0) {
            master->lower = fmax(master->lower, master->answer.objective);
            return 0;
        }
    }
    return fg_fail(err, FG_EBACKEND, "procurement: pricing finds no end");
}

void fg_pc_master_state(const struct fg_procure *procure, struct pc_state *out)
{
    const struct pc_master *master = procure->master;
    uint32_t periods = procure->problem.periods;
    for (uint32_t i = 0; i < procure->prepared.pools_len * periods; i++)
        out->fleet[i] = fmax(0, master->answer.values[master->col_fleet + i]);
    for (uint32_t t = 0; out->allowance && t < periods; t++)
        out->allowance[t] = fmax(0, master->answer.values[master->col_allowance + t]);
    if (out->waits)
        fg_pc_flex_read(procure, master->answer.values, out->waits);
    out->committed = fg_pc_flex_shift(procure, out);
    for (uint32_t i = 0; i < master->columns_len; i++) {
        const struct pc_column *column = &master->columns[i];
        struct pc_money money = fg_pc_money(
            &procure->problem, &procure->offers[procure->prepared.items[column->item].offer],
            column->start);
        out->committed +=
            master->answer.values[column->col] * fg_pc_objective_usd(&procure->problem, &money);
    }
}

/* -- the whole program -------------------------------------------------------------------------------------------- */

static struct pc_master *empty_master(const struct fg_procure *procure)
{
    size_t cells = (size_t)procure->prepared.items_len * procure->problem.periods;
    struct pc_master *master = calloc(1, sizeof(*master));
    uint32_t *number = malloc((cells + 1) * sizeof(uint32_t));
    if (!master || !number)
        abort();
    memset(number, 0xff, cells * sizeof(uint32_t));
    master->number = number;
    master->lp = fg_lp_new(FG_LP_MIN);
    return master;
}

static void take_over(struct fg_procure *procure, struct pc_master *old, bool keep_cuts)
{
    struct pc_master *master = procure->master;
    for (uint32_t i = 0; i < old->columns_len; i++)
        fg_pc_master_column(procure, old->columns[i].item, old->columns[i].start);
    for (uint32_t i = 0; keep_cuts && i < old->cuts_len; i++) {
        master->cuts = fg_pc_more(master->cuts, master->cuts_len, &master->cuts_room,
                                  sizeof(*master->cuts));
        master->cuts[master->cuts_len++] = old->cuts[i];
        fg_pc_cut_put(procure, master->lp, &old->cuts[i]);
    }
    if (keep_cuts)
        old->cuts_len = 0;
}

void fg_pc_master_renew(struct fg_procure *procure, bool keep_cuts)
{
    struct pc_master *old = procure->master, *master = procure->master = empty_master(procure);
    add_fleet(procure, master);
    add_budgets(procure, master);
    add_suppliers(procure, master);
    add_risk(procure, master);
    fg_pc_flex_add(procure, master);
    size_t thetas = (size_t)procure->prepared.parts_len * procure->problem.periods;
    master->col_theta = add_cols(master->lp, thetas, 1, FG_LP_INF);
    if (old)
        take_over(procure, old, keep_cuts);
    fg_pc_master_free(old);
}
