/* run.c - see run.h */
#include "market/run.h"
#include "market/supply.h"
#include "solver/lp.h"

#include <math.h>
#include <string.h>

#define NONE    UINT32_MAX
#define BUCKETS (2 * FG_MARKET_CLASSES_MAX) /* of each class the firm part, then the flexible */

/* The program of an hour.  Its shape is the same in all, only costs and bounds change. */
struct hourly {
    const struct fg_market_world *world;
    const struct fg_market_rule *rule;
    struct fg_lp *lp;
    uint32_t demand[BUCKETS], unmet[BUCKETS];                  /* row, column */
    uint32_t fleet[FG_MARKET_MODELS_MAX];                      /* rows */
    uint32_t on_demand[FG_MARKET_MODELS_MAX][FG_MARKET_STEPS]; /* rows */
    uint32_t spot[FG_MARKET_MODELS_MAX][FG_MARKET_STEPS];
    uint32_t from_fleet[FG_MARKET_MODELS_MAX][BUCKETS]; /* columns */
    uint32_t from_on_demand[FG_MARKET_MODELS_MAX][FG_MARKET_STEPS][BUCKETS];
    uint32_t from_spot[FG_MARKET_MODELS_MAX][FG_MARKET_STEPS][BUCKETS];
    struct fg_market_steps on_demand_steps[FG_MARKET_MODELS_MAX];
    struct fg_market_steps spot_steps[FG_MARKET_MODELS_MAX];
    double
        redo_usd[BUCKETS]; /* of a reference device-hour that is done again on demand, today */
};

struct fg_market_book fg_market_book_new(struct fg_arena *arena,
                                         const struct fg_market_world *world)
{
    size_t cells = fg_market_months(world) * world->models_len * world->terms_len;
    return (struct fg_market_book){
        .bought = FG_NEW(arena, double, cells),
        .price = FG_NEW(arena, double, cells),
        .held = FG_NEW(arena, double, fg_market_months(world) * world->models_len),
    };
}

void fg_market_reserve(const struct fg_market_world *world,
                       struct fg_market_book *book,
                       size_t month,
                       size_t model,
                       size_t term,
                       double devices)
{
    size_t cell = (month * world->models_len + model) * world->terms_len + term;
    size_t first = month * FG_MARKET_MONTH_HOURS;
    double usd = fg_market_on_demand_usd(world, model, first / 24);
    if (isnan(usd) || devices <= 0)
        return;
    book->bought[cell] += devices;
    book->price[cell] = usd * world->terms[term].price;
    size_t end = month + world->terms[term].hours / FG_MARKET_MONTH_HOURS;
    for (size_t m = month; m < fg_market_months(world) && m < end; m++)
        book->held[m * world->models_len + model] += devices;
}

/* What the reservations cost within the world. */
static double reserved_usd(const struct fg_market_world *world,
                           const struct fg_market_book *book)
{
    double usd = 0;
    size_t per_month = world->models_len * world->terms_len;
    for (size_t cell = 0; cell < fg_market_months(world) * per_month; cell++) {
        size_t first = cell / per_month * FG_MARKET_MONTH_HOURS;
        size_t hours = world->terms[cell % world->terms_len].hours;
        if (hours > world->hours - first)
            hours = world->hours - first;
        usd += book->bought[cell] * book->price[cell] * (double)hours;
    }
    return usd;
}

/* -- the program -------------------------------------------------------------------------------------- */

static uint32_t add_use(struct hourly *h, size_t model, size_t bucket, uint32_t supply_row)
{
    const struct fg_market_class *class = &h->world->classes[bucket / 2];
    double rate = class->rate[model];
    if (rate <= 0 || (h->rule->asked && model != class->asked))
        return NONE;
    uint32_t column = fg_lp_col(h->lp, 0, 0, FG_LP_INF);
    fg_lp_put(h->lp, h->demand[bucket], column, rate);
    fg_lp_put(h->lp, supply_row, column, 1);
    return column;
}

static void add_model(struct hourly *h, size_t model, size_t buckets)
{
    h->fleet[model] = fg_lp_row(h->lp, -FG_LP_INF, 0);
    for (size_t b = 0; b < buckets; b++)
        h->from_fleet[model][b] = add_use(h, model, b, h->fleet[model]);
    for (int step = 0; step < FG_MARKET_STEPS; step++) {
        h->on_demand[model][step] = fg_lp_row(h->lp, -FG_LP_INF, 0);
        h->spot[model][step] = fg_lp_row(h->lp, -FG_LP_INF, 0);
        for (size_t b = 0; b < buckets; b++) {
            h->from_on_demand[model][step][b] = add_use(h, model, b, h->on_demand[model][step]);
            h->from_spot[model][step][b] =
                b % 2 ? add_use(h, model, b, h->spot[model][step]) : NONE;
        }
    }
}

static void build(struct hourly *h)
{
    size_t buckets = 2 * h->world->classes_len;
    h->lp = fg_lp_new(FG_LP_MIN);
    for (size_t b = 0; b < buckets; b++) {
        h->demand[b] =
            fg_lp_row(h->lp, 0, 0); /* met exactly: what is idle is not counted as used */
        h->unmet[b] = fg_lp_col(h->lp, h->world->unmet_usd, 0, FG_LP_INF);
        fg_lp_put(h->lp, h->demand[b], h->unmet[b], 1);
    }
    for (size_t model = 0; model < h->world->models_len; model++)
        add_model(h, model, buckets);
}

static void set_cost(struct hourly *h, uint32_t column, double usd)
{
    if (column != NONE)
        fg_lp_set_cost(h->lp, column, usd);
}

static void set_on_demand(struct hourly *h, size_t day)
{
    size_t buckets = 2 * h->world->classes_len;
    fg_market_on_demand_steps(h->world, day, h->on_demand_steps);
    for (size_t b = 0; b < buckets; b++)
        h->redo_usd[b] = h->world->unmet_usd;
    for (size_t model = 0; model < h->world->models_len; model++)
        for (int step = 0; step < FG_MARKET_STEPS; step++) {
            const struct fg_market_steps *steps = &h->on_demand_steps[model];
            fg_lp_set_row(h->lp, h->on_demand[model][step], -FG_LP_INF, steps->devices[step]);
            for (size_t b = 0; b < buckets; b++) {
                double rate = h->world->classes[b / 2].rate[model];
                set_cost(h, h->from_on_demand[model][step][b], steps->usd[step]);
                if (rate > 0 && steps->devices[step] > 0)
                    h->redo_usd[b] = fmin(h->redo_usd[b], steps->usd[step] / rate);
            }
        }
}

/* What work loses with a device of this step that goes away, in dollars. */
static double rework_usd(const struct hourly *h, size_t model, int step, size_t bucket)
{
    return h->spot_steps[model].leaving[step] * h->world->rework_hours
           * h->world->classes[bucket / 2].rate[model] * h->redo_usd[bucket];
}

/* Whoever chooses does not know whether spot will be there in an hour: the cost is what is known, the loss comes after. */
static void set_spot(struct hourly *h, size_t hour)
{
    if (!h->rule->spot)
        return;
    fg_market_spot_steps(h->world, hour, h->spot_steps);
    for (size_t model = 0; model < h->world->models_len; model++)
        for (int step = 0; step < FG_MARKET_STEPS; step++) {
            const struct fg_market_steps *steps = &h->spot_steps[model];
            fg_lp_set_row(h->lp, h->spot[model][step], -FG_LP_INF, steps->devices[step]);
            for (size_t b = 0; b < 2 * h->world->classes_len; b++)
                set_cost(h, h->from_spot[model][step][b], steps->usd[step]);
        }
}

static void set_fleet(struct hourly *h, const double *held)
{
    for (size_t model = 0; model < h->world->models_len; model++)
        fg_lp_set_row(h->lp, h->fleet[model], -FG_LP_INF, held[model]);
}

static void set_demand(struct hourly *h, size_t hour)
{
    for (size_t i = 0; i < h->world->classes_len; i++) {
        const struct fg_market_class *class = &h->world->classes[i];
        double demand = class->demand[hour], firm = demand * class->firm;
        fg_lp_set_row(h->lp, h->demand[2 * i], firm, firm);
        fg_lp_set_row(h->lp, h->demand[2 * i + 1], demand - firm, demand - firm);
    }
}

/* -- the bill ------------------------------------------------------------------------------------------- */

static double taken(const double *values, uint32_t column)
{
    return column == NONE ? 0 : values[column];
}

static void bill_model(const struct hourly *h,
                       const double *values,
                       size_t model,
                       struct fg_market_bill *bill)
{
    for (size_t b = 0; b < 2 * h->world->classes_len; b++) {
        double used = taken(values, h->from_fleet[model][b]);
        bill->idle -= used;
        for (int step = 0; step < FG_MARKET_STEPS; step++) {
            double rented = taken(values, h->from_on_demand[model][step][b]);
            double spot = taken(values, h->from_spot[model][step][b]);
            bill->on_demand_usd += rented * h->on_demand_steps[model].usd[step];
            bill->spot_usd += spot * h->spot_steps[model].usd[step];
            bill->rework_usd += spot * rework_usd(h, model, step, b);
            used += rented + spot;
        }
        bill->by_model[model] += used;
    }
}

static void bill_hour(const struct hourly *h,
                      const double *values,
                      const double *held,
                      size_t hour,
                      struct fg_market_bill *bill)
{
    for (size_t i = 0; i < h->world->classes_len; i++) {
        bill->demand += h->world->classes[i].demand[hour];
        bill->unmet += values[h->unmet[2 * i]] + values[h->unmet[2 * i + 1]];
    }
    for (size_t model = 0; model < h->world->models_len; model++) {
        bill->idle += held[model];
        bill_model(h, values, model, bill);
    }
}

static void add_slopes(const struct hourly *h,
                       const struct fg_lp_answer *answer,
                       size_t month,
                       struct fg_market_slopes *slopes)
{
    slopes->usd[month] += answer->objective;
    for (size_t model = 0; model < h->world->models_len; model++)
        slopes->slope[month * h->world->models_len + model] += answer->duals[h->fleet[model]];
}

static int run_hour(struct hourly *h, size_t hour, struct fg_lp_answer *out, struct fg_err *err)
{
    set_spot(h, hour);
    set_demand(h, hour);
    int rc = fg_lp_solve(h->lp, NULL, out, err);
    if (rc == 0 && out->status != FG_LP_OPTIMAL)
        rc = fg_fail(err, FG_EBACKEND, "hour %zu has no optimum", hour);
    return rc;
}

int fg_market_run(const struct fg_market_world *world,
                  const struct fg_market_rule *rule,
                  const struct fg_market_book *book,
                  struct fg_market_bill *out,
                  struct fg_market_slopes *slopes,
                  struct fg_err *err)
{
    struct hourly h = {.world = world, .rule = rule};
    struct fg_lp_answer answer;
    int rc = 0;
    size_t first = world->first_month * FG_MARKET_MONTH_HOURS;
    *out = (struct fg_market_bill){};
    build(&h);
    for (size_t hour = first; rc == 0 && hour < world->hours; hour++) {
        size_t month = hour / FG_MARKET_MONTH_HOURS;
        const double *held = &book->held[month * world->models_len];
        if (hour == first || hour % 24 == 0)
            set_on_demand(&h, hour / 24);
        if (hour % FG_MARKET_MONTH_HOURS == 0)
            set_fleet(&h, held);
        rc = run_hour(&h, hour, &answer, err);
        if (rc == 0)
            bill_hour(&h, answer.values, held, hour, out);
        if (rc == 0 && slopes)
            add_slopes(&h, &answer, month, slopes);
    }
    out->idle = fmax(0, out->idle); /* sums of many roundings */
    out->reserved_usd = reserved_usd(world, book);
    out->usd = out->reserved_usd + out->on_demand_usd + out->spot_usd + out->rework_usd;
    fg_lp_free(h.lp);
    return rc;
}
