/* procure.h - what to buy, from whom, when: a two-stage stochastic program over a horizon.
 *
 *     offers, scenarios of demand, budgets, caps --> PROCURE --orders, recourse, cost, bounds--> plan, market, cli
 *
 * First stage, the same in all scenarios: whole instances of what binds for longer than one period - reserved terms, owned
 * machines, and anything else with a minimum time above a period, a least count above 1, a fee, or a lead time of a
 * period or more.  Second stage (recourse), once the demand of a period is seen: fractions of on-demand and spot
 * instances, and demand that is left unmet at a price.  Within one period work may be shifted at will: the length of a
 * period says how long work can wait.  Work that may wait longer is told apart (fg_procure_flex): how much of it is put
 * off from which period is decided now too, the same in all scenarios, so that no plan counts on knowing the future.
 *
 *     min  committed + E[recourse + unmet] + cvar_weight * CVaR_alpha   (+ carbon, at its price)
 *
 * Method: L-shaped (Benders) cuts by period and group of kinds that share work, with in-out stabilisation (Fischetti,
 * Ljubic, Sinnl, "Redesigning Benders Decomposition", 2017), columns of the first stage by pricing, then rounding, repair, and
 * branch and cut on the columns that reduced costs leave.  The lower bound is one of the whole problem, not of a
 * restricted one.  Every answer has passed check.h, which shares no code with this.
 *
 * Pure: no clock; the same problem and limits give the same plan, unless polish_s ends the polish by time.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/offer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_PROCURE_PERIODS_MAX   8784 /* a leap year of hours */
#define FG_PROCURE_SCENARIOS_MAX 200
#define FG_PROCURE_CLASSES_MAX   64
#define FG_PROCURE_SERVES_MAX    512     /* pairs of class and kind */
#define FG_PROCURE_CELLS_MAX     4000000 /* scenarios x periods x classes */
#define FG_PROCURE_FLEXES_MAX    256
#define FG_PROCURE_FLEX_CELLS    50000 /* flexes x periods */

/* Work that can use the same devices. */
struct fg_procure_class {
    char name[FG_NAME_MAX];
    uint32_t
        at_once; /* devices that a task needs in one instance; 0 is as 1: smaller instances do not serve it */
    int64_t
        unmet_uusd_per_hour; /* price of one unit of demand not served for an hour; 0: the default, ten times the
                                    dearest offer that serves the class, by unit */
};

/* A device of this kind does rate_milli thousandths of a unit of the class's demand. */
struct fg_procure_serves {
    uint32_t class;
    char accelerator[FG_KIND_MAX];
    uint32_t rate_milli; /* 1 to FG_RATE_MILLI_MAX */
};

/* Work of a class that may wait: of what a period asks, this share of the scenario that asks least (so that it is there
 * in all of them) may be done up to so many periods later, and all of it by the end of the horizon. */
struct fg_procure_flex {
    uint32_t class;
    uint32_t share_milli; /* all of a class: the whole at most */
    uint32_t wait;        /* periods, at least 1 */
    int64_t
        wait_uusd_per_hour; /* price of a unit that waits for an hour; above 0, or work may be put off for nothing */
};

/* A contract that runs already, paid for whatever is decided now.  Its cost is in no figure of the plan. */
struct fg_procure_contract {
    struct fg_offer offer;
    uint32_t count;
    int64_t from_us,
        until_us; /* from the beginning of the horizon; until INT64_MAX: all of it */
};

struct fg_procure_limits {
    int64_t budget_uusd;         /* committed and recourse of the horizon; INT64_MAX: none */
    const int64_t *budgets_uusd; /* by period; NULL: none */
    uint32_t
        over_budget_milli; /* what a dollar of recourse above the budget costs more; 0 is as 1000.  What is
                                       committed is never above a budget */
    uint32_t
        supplier_share_milli; /* of what this plan commits, to one supplier at most; 0 or 1000: no cap */
    uint32_t spot_share_milli; /* of the demand of a class in a period, at most; 1000: no cap */
    uint32_t
        served_quantile_milli; /* demand up to this quantile of the scenarios of a period costs a hundred times its
                                       price when unmet; 0: none */
    uint32_t cvar_alpha_milli;  /* 950: the mean of the worst 5 %; 0: none */
    uint32_t cvar_weight_milli; /* of it in the objective */
    int64_t cvar_bound_uusd; /* what CVaR exceeds it by costs ten times; INT64_MAX: no bound */
};

struct fg_procure_prices {
    int64_t carbon_uusd_per_tonne;
    int64_t
        power_uusd_per_kwh; /* added to owned machines with known watts; 0: their price has it */
    int64_t reclaim_us;     /* of an instance's time lost each time that spot is taken back */
    uint32_t
        residual_milli; /* owned: of what is not written off at the end of the horizon, what it is worth */
    uint32_t
        tail_milli; /* reserved: of what falls due after the horizon, what counts as cost */
};

struct fg_procure_problem {
    const struct fg_offer *offers; /* passed fg_offer_check() */
    size_t offers_len;
    int64_t period_us; /* at least a minute */
    uint32_t periods;
    const struct fg_procure_class *classes;
    uint32_t classes_len;
    const struct fg_procure_serves *serves;
    uint32_t serves_len;
    const double *
        demand; /* [(scenario * periods + period) * classes_len + class], units (devices at rate 1000) */
    const double *weights; /* by scenario, above 0, of any sum; NULL: equal */
    uint32_t scenarios;
    const struct fg_procure_contract *contracts;
    size_t contracts_len;
    const struct fg_procure_flex *flexes;
    uint32_t flexes_len;
    struct fg_procure_limits limits;
    struct fg_procure_prices prices;
};

/* No limits; reclaim 10 min, residual 1000, tail 1000, all else 0. */
void fg_procure_defaults(struct fg_procure_problem *problem);

struct fg_procure_order {
    uint32_t offer, count;
    uint32_t start;   /* period of delivery */
    uint32_t end;     /* first period that it does not serve, at most `periods` */
    int64_t order_us; /* when to order it, from the beginning: its lead time before the start */
    int64_t cost_uusd; /* of the horizon: what is paid, less what is left of its value */
    int64_t cash_uusd; /* all that is committed by ordering it, after the horizon too */
};

/* What one offer does in one period of one scenario. */
struct fg_procure_use {
    uint32_t scenario, period, offer;
    double instances; /* on average over the period */
};

/* Units of a class done by a kind (index of serves), in one period of one scenario. */
struct fg_procure_work {
    uint32_t scenario, period, serves;
    double units;
    double spot_units; /* of them on spot; 0 where spot has no cap */
};

struct fg_procure_period {
    double committed_uusd, recourse_uusd, unmet_uusd; /* the last two expected */
    double demand_units,
        unmet_units; /* expected, summed over classes; the latter times the period's hours is what is lost */
    double devices;        /* committed, with contracts that run */
    double allowance_uusd; /* recourse within the budget; 0 without one */
};

/* Everything lies in the arena of the solve. */
struct fg_procure_plan {
    struct fg_procure_order *orders; /* by start, then offer */
    size_t orders_len;
    struct fg_procure_use *uses; /* by scenario, period, offer */
    size_t uses_len;
    struct fg_procure_work *work; /* by scenario, period, serves */
    size_t work_len;
    struct fg_procure_period *periods;
    double *put_off, *caught_up; /* [flex * periods + period], units; NULL: no work may wait */
    double waiting_uusd;         /* at its price; not in any cost */
    double *unmet; /* [(scenario * periods + period) * classes_len + class], units */
    double *
        scenario_uusd; /* by scenario: committed, recourse, unmet, over budget, carbon, waiting */
    double committed_uusd; /* of the orders, in the horizon */
    double recourse_uusd;  /* expected */
    double unmet_uusd;     /* expected, at its price */
    double carbon_uusd, carbon_kg;
    double over_uusd;         /* expected: recourse above budgets, at its price */
    double cvar_uusd;         /* 0 without an alpha */
    double unmet_share;       /* of all demand, expected */
    double unmet_share_worst; /* in the worst scenario */
    double lower_bound_uusd,
        upper_bound_uusd; /* of the objective: the best plan there is, and this one */
    double gap;           /* (upper - lower) / upper; 0 when both are 0 */
    uint32_t rounds;      /* of cuts */
    bool proven;          /* the gap is what was asked for */
};

enum fg_procure_stage { FG_PROCURE_CUTS, FG_PROCURE_ROUND, FG_PROCURE_POLISH };

struct fg_procure_effort {
    double gap;      /* enough; 0 is as 0.001 */
    uint32_t rounds; /* of cuts, at most; 0 is as 200, 60 where work may wait */
    double polish_s; /* of branch and cut; 0: none */
    /* Called between steps; true: stop with the best so far.  NULL: nobody watches. */
    bool (*watch)(void *ctx, enum fg_procure_stage stage, double lower_uusd, double upper_uusd);
    void *ctx;
};

struct fg_procure;

/* Read the problem (copied) and prepare.  FG_EINVAL with what is wrong: sizes, a demand below 0, a class that is
 * unknown; FG_ETOOBIG.  Free with fg_procure_free(). */
[[nodiscard]] int fg_procure_new(const struct fg_procure_problem *problem,
                                 struct fg_procure **out,
                                 struct fg_err *err);
void fg_procure_free(struct fg_procure *procure); /* NULL is allowed */
FG_AUTO_DEFINE(fg_procure)

/* Change what is asked between solves.  The next solve starts from the last one: cuts that still hold are kept. */
void fg_procure_set_price(struct fg_procure *procure,
                          uint32_t offer,
                          int64_t price_uusd_per_hour,
                          int64_t upfront_uusd);
void fg_procure_ban(struct fg_procure *procure,
                    uint32_t offer,
                    bool banned); /* not to be bought */

/* false: the next solves put nothing off.  A new procurement lets work wait as its flexes say. */
void fg_procure_let_wait(struct fg_procure *procure, bool may_wait);

/* Solve.  There is always a plan: nothing bought, all unmet, is one.  The plan lies in `arena`.
 * Returns 0, or FG_EBACKEND: the solver failed or its answer did not pass the check. */
[[nodiscard]] int fg_procure_solve(struct fg_procure *procure,
                                   const struct fg_procure_effort *effort,
                                   struct fg_arena *arena,
                                   struct fg_procure_plan *out,
                                   struct fg_err *err);
size_t fg_procure_room(const struct fg_procure_problem *problem); /* of an arena for one plan */
