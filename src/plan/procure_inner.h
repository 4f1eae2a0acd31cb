/* procure_inner.h - what the files of procurement share.  Inside of plan/procure*.c only.
 *
 *     prepare: offers -> pools, items (first stage), taps (recourse), parts (groups of pools that share work)
 *     recourse: state of a part in a period -> cost of each scenario and its slope
 *     master: items' columns, fleets, cuts -> lower bound, a state
 *     round: whole instances, moved about while it pays;  polish: branch and cut on what is left
 *
 * Money is in dollars here, as doubles, made from the integers of procure_money.c; instances of orders are integers.
 */
#pragma once

#include "plan/procure.h"
#include "solver/lp.h"
#include "solver/small.h"

#define PC_NONE UINT32_MAX

/* Devices that can do the same work: one kind, in instances of at least so many devices. */
struct pc_pool {
    char accelerator[FG_KIND_MAX];
    uint32_t tier; /* devices in an instance, at least */
    uint32_t part;
    uint32_t slot; /* among the pools of the part */
};

/* An offer of the first stage. */
struct pc_item {
    uint32_t offer, pool, supplier;
    double devices;           /* that one instance delivers on average */
    uint32_t lead;            /* first period in which it can start */
    uint32_t whole;           /* periods that it serves from its start, */
    double rest;              /* and this share of the next */
    uint32_t least, capacity; /* instances of an order; alive at one time, UINT32_MAX: any */
    double most;              /* more than this in one order is never of use */
    double period_usd;        /* hourly cost of a whole period, in budgets */
    double upfront_usd;
    bool out; /* banned, or another is better in all */
};

/* An offer of the second stage. */
struct pc_tap {
    uint32_t offer, pool;
    double devices;              /* useful ones of one instance */
    double cash_usd, carbon_usd; /* of one instance for a period */
    double capacity;             /* instances, HUGE_VAL: any */
    bool is_spot;
};

/* Where the rows and columns of a part's program are; PC_NONE: there are none. */
struct pc_part {
    uint32_t pools_len, classes_len, taps_len, links_len;
    const uint32_t *pools, *classes, *taps,
        *links; /* indexes in the whole problem; links: of `links` below */
    uint32_t row_pools, row_spot_pools, row_classes, row_spot_classes, row_protected,
        row_budget, rows;
    uint32_t col_taps, col_links, col_spot_links, col_unmet, col_protected, col_over, cols;
    uint32_t slopes_len; /* of the state: pools, the allowance, classes if work may wait */
    struct fg_small *small;
    double *b; /* right-hand side, rows of it */
};

/* Work of a class on a pool. */
struct pc_link {
    uint32_t pool, class, serves;
    double rate; /* units a device */
};

struct pc_prepared {
    struct pc_pool *pools;
    struct pc_item *items;
    struct pc_tap *taps;
    struct pc_link *links;
    struct pc_part *parts;
    uint32_t pools_len, items_len, taps_len, links_len, parts_len, suppliers_len;
    uint32_t *part_of_class;
    double *running;          /* [pool * periods + period]: devices of contracts that run */
    double *unmet_usd;        /* by class: of a unit for a period */
    double *demand_protected; /* [period * classes_len + class]; NULL: none is */
    double *deferrable;       /* [flex * periods + period]: units that may be put off */
    double *
        inflow; /* [period * classes_len + class]: units that may come from before, at most; NULL: none may wait */
    bool has_budget;
    double allowance_most; /* dollars: more recourse than this in a period is never worth it */
};

/* What has been decided, as the second stage sees it. */
struct pc_state {
    double *fleet;     /* [pool * periods + period] */
    double *allowance; /* by period: dollars of recourse within the budget; NULL: no budget */
    double *waits;     /* as in pc_candidate; NULL: no work may wait */
    double *shift;     /* [class * periods + period]: units more than asked, from `waits` */
    double committed;  /* dollars: cost and carbon of the orders, and waiting */
};

/* The second stage of one part in one period. */
struct pc_second {
    double *cost; /* by scenario */
    double *
        slope; /* [scenario * slopes_len + slot]: of the cost by one more device; dollar of allowance; unit shifted here */
};

/* So many instances of an item that start in a period. */
struct pc_pick {
    uint32_t item, start, count;
};

struct pc_candidate {
    struct pc_pick *picks;
    uint32_t picks_len, picks_room;
    double *allowance; /* as in pc_state */
    double *
        waits; /* [flex * periods + period]: units put off until its end; then the same of units caught up */
    double objective;
};

struct pc_master;

struct fg_procure {
    struct fg_procure_problem problem; /* all of it copied into `keep` */
    struct fg_offer *offers;
    bool *banned;
    bool none_waits; /* nothing may be put off */
    double *weights; /* sum 1 */
    double period_hours;
    struct fg_arena *keep, *prepared_in;
    struct pc_prepared prepared;
    bool stale;           /* prepare again */
    bool cuts_invalid;    /* a price of the second stage fell, or an offer went */
    struct fg_arena *run; /* of one solve */
    struct pc_master *master;
    struct pc_candidate best; /* the last answer */
};

/* -- procure_money.c: integers */
struct pc_money {
    int64_t cost_uusd;    /* in the objective */
    int64_t cash_uusd;    /* everything that is committed */
    int64_t horizon_uusd; /* in budgets */
    int64_t upfront_uusd;
    int64_t carbon_mg; /* of CO2, milligrams */
};
struct pc_money fg_pc_money(const struct fg_procure_problem *problem,
                            const struct fg_offer *offer,
                            uint32_t start);
int64_t fg_pc_term_us(const struct fg_procure_problem *problem, const struct fg_offer *offer);
bool fg_pc_is_recourse(const struct fg_procure_problem *problem, const struct fg_offer *offer);
/* Carbon of one instance for an hour. */
int64_t fg_pc_carbon_mg_per_hour(const struct fg_offer *offer);
double fg_pc_carbon_usd(const struct fg_procure_problem *problem, double carbon_mg);
double fg_pc_objective_usd(const struct fg_procure_problem *problem,
                           const struct pc_money *money);

/* -- procure_prepare.c, procure_part.c */
void fg_pc_prepare(struct fg_procure *procure);
void fg_pc_prepared_free(struct fg_procure *procure);
/* Period in which an order that starts then is placed. */
uint32_t fg_pc_ordered(const struct fg_procure *procure,
                       const struct pc_item *item,
                       uint32_t start);
void fg_pc_make_parts(struct fg_procure *procure);
/* Share of period start + k that an order of the item serves: 1, then `rest`, then 0. */
double fg_pc_serves(const struct pc_item *item, uint32_t since_start);

/* -- procure_second.c */
/* Solve the part's period for all scenarios. */
[[nodiscard]] int fg_pc_second(struct fg_procure *procure,
                               uint32_t part,
                               uint32_t period,
                               const struct pc_state *state,
                               struct pc_second *out,
                               struct fg_err *err);
/* The same for one scenario; the answer lies in the part's program until the next. */
[[nodiscard]] int fg_pc_second_one(struct fg_procure *procure,
                                   uint32_t part,
                                   uint32_t period,
                                   uint32_t scenario,
                                   const struct pc_state *state,
                                   struct fg_small_answer *out,
                                   struct fg_err *err);
struct pc_second fg_pc_second_new(const struct fg_procure *procure,
                                  const struct pc_part *part,
                                  struct fg_arena *arena);
struct pc_state fg_pc_state_new(const struct fg_procure *procure, struct fg_arena *arena);

/* -- procure_risk.c */
/* The objective from what is committed and what each scenario costs besides. */
double fg_pc_objective(const struct fg_procure *procure,
                       double committed,
                       const double *totals);
double fg_pc_cvar(const struct fg_procure *procure, const double *totals);
/* What one more dollar of each scenario adds to the objective there, and returns what one of the committed adds. */
double fg_pc_prices(const struct fg_procure *procure,
                    double committed,
                    const double *totals,
                    double *out_prices);

/* -- procure_master.c: the first stage and what cuts say of the second, as a linear program */
struct pc_column {
    uint32_t item, start, col;
};

/* theta of the part's period (or of the scenario, with `period` PC_NONE) >= at + slopes x state. */
struct pc_cut {
    uint32_t part, period, scenario;
    double at;
    double *
        slopes; /* period: by slot; scenario: [pool * periods + period], allowances, [class * periods + period] */
};

/* The row of so many instances of an item, at most, alive in a period. */
struct pc_limit {
    uint32_t item, period, row;
};

struct pc_master {
    struct fg_lp *lp;
    struct fg_lp_answer answer;
    double *values, *duals; /* what `answer` points to */
    size_t values_len;
    uint32_t col_fleet, col_theta, col_spend, col_allowance, col_suppliers, col_total,
        col_theta_scenario, col_excess, col_var, col_over_bound, col_waits, col_shift;
    uint32_t row_fleet, row_spend, row_budgets, row_budget, row_suppliers, row_bound,
        row_put_off; /* [flex * periods + period] */
    struct pc_column *columns;
    uint32_t columns_len, columns_room;
    uint32_t *number;        /* [item * periods + start]: of the column, PC_NONE */
    struct pc_limit *limits; /* capacity rows made so far */
    uint32_t limits_len, limits_room;
    struct pc_cut *cuts;
    uint32_t cuts_len, cuts_room;
    double lower; /* of the whole problem, as far as it is proven */
};

void fg_pc_master_free(struct pc_master *master);
/* A program with the columns and, if `keep_cuts`, the cuts of the one before (NULL: none). */
void fg_pc_master_renew(struct fg_procure *procure, bool keep_cuts);
/* Solve with columns and capacity rows as they are needed; master->answer is the optimum over all columns then. */
[[nodiscard]] int fg_pc_master_solve(struct fg_procure *procure, struct fg_err *err);
void fg_pc_master_state(const struct fg_procure *procure, struct pc_state *out);
/* Cuts at a state whose second stage was solved: `seconds` by part and period.  Returns how many of them cut the last
 * answer off. */
uint32_t fg_pc_master_cut(struct fg_procure *procure,
                          const struct pc_state *at,
                          const struct pc_second *seconds);
void fg_pc_cut_put(const struct fg_procure *procure,
                   struct fg_lp *lp,
                   const struct pc_cut *cut);
/* Capacity rows for what the last answer exceeds; how many. */
uint32_t fg_pc_master_limit(struct fg_procure *procure);
/* Instances of one order, at most. */
double fg_pc_master_most(const struct fg_procure *procure, uint32_t item);
/* Room in the last answer for columns made since. */
void fg_pc_master_grow(struct fg_procure *procure);
uint32_t fg_pc_master_column(struct fg_procure *procure, uint32_t item, uint32_t start);
double fg_pc_master_reduced(const struct fg_procure *procure, uint32_t item, uint32_t start);
/* Periods in which an instance of the item is alive. */
uint32_t fg_pc_alive(const struct pc_item *item);
void *fg_pc_more(void *array, uint32_t len, uint32_t *room, size_t size);

/* -- procure_flex.c: work that may wait */
/* Of a class in a period, in the scenario that asks least. */
double fg_pc_flex_least(const struct fg_procure_problem *problem,
                        uint32_t period,
                        uint32_t class);
/* What may be put off, and come; in `prepared`. */
void fg_pc_flex_prepare(struct fg_procure *procure);
/* Columns and rows of the master. */
void fg_pc_flex_add(struct fg_procure *procure, struct pc_master *master);
/* `waits` from the values of the master's columns, put right to the last digit. */
void fg_pc_flex_read(const struct fg_procure *procure, const double *values, double *out_waits);
/* shift of the state from its waits; returns the dollars that waiting counts. */
double fg_pc_flex_shift(const struct fg_procure *procure, struct pc_state *state);
/* The same shift with as little put off as can be. */
void fg_pc_flex_cancel(const struct fg_procure *procure, double *waits);
size_t fg_pc_waits_len(const struct fg_procure *procure);
/* The best waits for the orders of the best candidate, and its orders bettered with these. */
[[nodiscard]] int fg_pc_flex_again(struct fg_procure *procure,
                                   double enough,
                                   struct fg_err *err);

/* -- procure_bound.c: rounds of cuts until the bounds meet */
struct pc_bound {
    double lower, upper; /* of the program without whole numbers */
    uint32_t rounds;
};
[[nodiscard]] int fg_pc_bound(struct fg_procure *procure,
                              const struct fg_procure_effort *effort,
                              struct pc_bound *out,
                              struct fg_err *err);
/* The second stage of every part in every period; fills totals by scenario. */
[[nodiscard]] int fg_pc_seconds(struct fg_procure *procure,
                                const struct pc_state *state,
                                struct pc_second *out,
                                double *out_totals,
                                struct fg_err *err);
struct pc_second *fg_pc_seconds_new(const struct fg_procure *procure, struct fg_arena *arena);

/* -- procure_candidate.c: orders in whole instances, and what they may not exceed */
void fg_pc_candidate_set(struct pc_candidate *candidate,
                         uint32_t item,
                         uint32_t start,
                         uint32_t count);
uint32_t fg_pc_candidate_count(const struct pc_candidate *candidate,
                               uint32_t item,
                               uint32_t start);
void fg_pc_candidate_copy(const struct fg_procure *procure,
                          struct pc_candidate *to,
                          const struct pc_candidate *from);
void fg_pc_candidate_free(struct pc_candidate *candidate);
/* No order, with the allowance and the waits of the best; borrows them. */
struct pc_candidate fg_pc_candidate_none(const struct fg_procure *procure);
/* The state that it makes; its allowance is a hint, which is scaled to what the orders leave of the budget. */
void fg_pc_candidate_state(const struct fg_procure *procure,
                           const struct pc_candidate *candidate,
                           struct pc_state *out);
/* Capacity, least counts, budgets; the cap of suppliers. */
bool fg_pc_candidate_fits(const struct fg_procure *procure,
                          const struct pc_candidate *candidate);
/* The supplier furthest above its cap, or PC_NONE. */
uint32_t fg_pc_candidate_over_cap(const struct fg_procure *procure,
                                  const struct pc_candidate *candidate);

/* -- procure_search.c: a candidate with its second stage; procure_move.c: made better; procure_round.c: made */
struct pc_search {
    struct fg_procure *procure;
    struct pc_candidate now;
    struct pc_state state, trial_state;
    struct pc_second *seconds, *trials; /* [part * periods + period] */
    bool *tried;
    double totals[FG_PROCURE_SCENARIOS_MAX], trial_totals[FG_PROCURE_SCENARIOS_MAX];
    double committed_price; /* of a dollar committed, in the objective */
    double *
        worth; /* [pool * (periods + 1) + period]: sum over the periods before of what a device more saves */
    uint64_t effort; /* small programs solved */
    uint64_t effort_max;
    double enough; /* an objective to be content with */
};
/* The second stage of `now`; room for it is taken the first time. */
[[nodiscard]] int fg_pc_search_begin(struct fg_procure *procure,
                                     struct pc_search *search,
                                     struct fg_err *err);
/* Set the counts of up to two orders if that makes the objective smaller; 1: it did, 0: it did not or does not fit. */
[[nodiscard]] int fg_pc_search_try(struct pc_search *search,
                                   const struct pc_pick *changes,
                                   uint32_t changes_len,
                                   struct fg_err *err);
/* What an instance saves at most (add), by the slopes of now, less what it costs. */
double fg_pc_search_gain(const struct pc_search *search, uint32_t item, uint32_t start);
[[nodiscard]] int fg_pc_improve(struct pc_search *search, struct fg_err *err);
[[nodiscard]] int fg_pc_round(struct fg_procure *procure, double enough, struct fg_err *err);
/* The same by diving; procure_dive.c. */
[[nodiscard]] int fg_pc_dive(struct fg_procure *procure, double enough, struct fg_err *err);
/* The objective at which the gap to `lower` is what was asked for. */
double fg_pc_enough(const struct fg_procure_effort *effort, double lower);

/* -- procure_polish.c: branch and cut; raises the lower bound, may better the candidate */
[[nodiscard]] int fg_pc_polish(struct fg_procure *procure,
                               const struct fg_procure_effort *effort,
                               double *lower,
                               struct fg_err *err);

/* -- procure_answer.c: the best candidate as a plan in `arena` */
[[nodiscard]] int fg_pc_answer(struct fg_procure *procure,
                               const struct pc_bound *bound,
                               struct fg_arena *arena,
                               struct fg_procure_plan *out,
                               struct fg_err *err);
