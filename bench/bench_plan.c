/* bench_plan.c - what a procurement plan costs to find, and how far from the best it is
 *
 *     2,000 offers x 52 weeks x 20 scenarios     12 kinds, 14 suppliers, 8 classes that may use several kinds
 *     1,000 offers x 168 hours x 20 scenarios
 *     the first again after prices moved          cuts and columns are kept
 *
 * Rival: the extensive form - every scenario's recourse as columns of one program - as one writes it first, with the same
 * solver, at a size that it can do, for the bound only.  The times are of the processor, a forked solver's too.
 */
#include "base/arena.h"
#include "bench/bench.h"
#include "plan/procure.h"
#include "solver/lp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define KINDS     12
#define SUPPLIERS 14
#define CLASSES   8
#define HOUR_US   3600000000
#define RUNS      3
#define GAP       0.001

struct load {
    uint64_t seed;
    struct fg_procure_problem problem;
    struct fg_offer *offers;
    struct fg_procure_class classes[CLASSES];
    struct fg_procure_serves serves[CLASSES * KINDS];
    double *demand;
};

static double draw(struct load *load)
{
    uint64_t z = load->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static double usd_of_kind(uint32_t kind)
{
    return 0.4 * pow(1.25, kind); /* 0.40 to 4.66 an hour */
}

/* Six of ten are reservations of four lengths, the dearer by the hour the shorter they are. */
static void fill_offer(struct load *load, uint32_t i, const int64_t *terms_us)
{
    static const double discounts[] = {0.85, 0.72, 0.62, 0.5};
    struct fg_offer *offer = &load->offers[i];
    uint32_t kind = (uint32_t)(draw(load) * KINDS),
             supplier = (uint32_t)(draw(load) * SUPPLIERS);
    double sort = draw(load), price = usd_of_kind(kind) * (0.8 + 0.6 * draw(load));
    snprintf(offer->supplier, FG_NAME_MAX, "supplier-%u", supplier);
    snprintf(offer->instance, FG_NAME_MAX, "type-%u", i);
    snprintf(offer->accelerator, FG_KIND_MAX, "kind-%u", kind);
    offer->accelerators = draw(load) < 0.5 ? 8 : draw(load) < 0.5 ? 4 : 1;
    offer->capacity = draw(load) < 0.3 ? 1 + (uint32_t)(draw(load) * 30) : 0;
    if (sort < 0.6) {
        uint32_t term = (uint32_t)(draw(load) * 4);
        offer->contract = FG_CONTRACT_RESERVED;
        offer->term_us = terms_us[term];
        offer->lead_time_us =
            draw(load) < 0.3 ? (int64_t)(draw(load) * 3) * load->problem.period_us : 0;
        offer->min_count = draw(load) < 0.1 ? 2 : 0;
        price *= discounts[term];
    } else if (sort < 0.8) {
        offer->contract = FG_CONTRACT_SPOT;
        offer->away_milli = (uint32_t)(draw(load) * 200);
        offer->reclaims_per_khour = (uint32_t)(draw(load) * 50);
        offer->capacity = 1 + (uint32_t)(draw(load) * 10);
        price *= 0.45;
    }
    offer->price_uusd_per_hour = (int64_t)(price * 1e6) * offer->accelerators;
}

static void fill_demand(struct load *load)
{
    const struct fg_procure_problem *problem = &load->problem;
    size_t cells = (size_t)problem->scenarios * problem->periods * CLASSES;
    load->demand = calloc(cells, sizeof(double));
    if (!load->demand)
        bench_die("no memory");
    for (uint32_t c = 0; c < CLASSES; c++) {
        double level = 40 + 160 * draw(load), growth = draw(load), phase = 6 * draw(load);
        for (uint32_t s = 0; s < problem->scenarios; s++) {
            double walk = 1;
            for (uint32_t t = 0; t < problem->periods; t++) {
                double part = (double)t / problem->periods;
                walk *= 1 + 0.06 * (draw(load) - 0.5);
                double season =
                    1 + 0.25 * sin(6.283 * part * (problem->periods > 60 ? 7 : 4) + phase);
                load->demand[((size_t)s * problem->periods + t) * CLASSES + c] =
                    level * (1 + growth * part) * season * walk;
            }
        }
    }
    load->problem.demand = load->demand;
}

static void fill(
    struct load *load, uint32_t offers, uint32_t periods, uint32_t scenarios, int64_t period_us)
{
    *load = (struct load){.seed = 1};
    struct fg_procure_problem *problem = &load->problem;
    fg_procure_defaults(problem);
    problem->period_us = period_us;
    problem->periods = periods;
    problem->scenarios = scenarios;
    problem->limits.supplier_share_milli = 350;
    problem->limits.spot_share_milli = 300;
    problem->prices.tail_milli = 0;
    int64_t terms_us[4] = {periods / 12 * period_us, periods / 4 * period_us,
                           periods / 2 * period_us, periods * period_us};
    load->offers = calloc(offers, sizeof(*load->offers));
    if (!load->offers)
        bench_die("no memory");
    for (uint32_t i = 0; i < offers; i++)
        fill_offer(load, i, terms_us);
    problem->offers = load->offers;
    problem->offers_len = offers;
    problem->classes = load->classes;
    problem->classes_len = CLASSES;
    problem->serves = load->serves;
    for (uint32_t c = 0; c < CLASSES; c++) {
        snprintf(load->classes[c].name, FG_NAME_MAX, "class-%u", c);
        for (uint32_t k = c; k < c + 4 && k < KINDS;
             k++) { /* faster ones do more, not in proportion to price */
            struct fg_procure_serves *serves = &load->serves[problem->serves_len++];
            *serves = (struct fg_procure_serves){
                .class = c,
                .rate_milli = (uint32_t)(1000 * pow(1.22, k - c) * (0.9 + 0.2 * draw(load)))};
            snprintf(serves->accelerator, FG_KIND_MAX, "kind-%u", k);
        }
    }
    fill_demand(load);
}

static void empty(struct load *load)
{
    free(load->offers);
    free(load->demand);
}

static double cpu_s(void)
{
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec
                    + children.ru_stime.tv_sec)
           + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec
                      + children.ru_stime.tv_usec)
                 / 1e6;
}

struct figures {
    double seconds[RUNS], gap, objective_usd;
};

static void solve(struct fg_procure *procure,
                  const struct load *load,
                  struct figures *out,
                  int run)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_procure_room(&load->problem));
    struct fg_procure_effort effort = {.gap = GAP, .polish_s = 30};
    struct fg_procure_plan plan;
    struct fg_err err;
    double begun_s = cpu_s();
    if (fg_procure_solve(procure, &effort, arena, &plan, &err) < 0)
        bench_die("%s", err.text);
    out->seconds[run] = cpu_s() - begun_s;
    out->gap = fmax(out->gap, 100 * plan.gap);
    out->objective_usd = plan.upper_bound_uusd / 1e6;
}

/* Cheapest reservations one in a hundred become dearer, and one on-demand price falls. */
static void move_prices(struct fg_procure *procure, const struct load *load, int run)
{
    uint32_t fallen = 0;
    for (uint32_t i = (uint32_t)run; i < load->problem.offers_len; i++) {
        const struct fg_offer *offer = &load->offers[i];
        bool falls = !fallen && offer->contract == FG_CONTRACT_ON_DEMAND;
        fallen += falls;
        int64_t percent = falls ? 90 : i % 100 == 0 ? 110 : 100;
        fg_procure_set_price(procure, i, offer->price_uusd_per_hour * percent / 100, 0);
    }
}

static struct fg_procure *solve_often(const struct load *load, struct figures *out)
{
    struct fg_procure *procure = NULL;
    struct fg_err err;
    for (int run = 0; run < RUNS; run++) {
        fg_procure_free(procure);
        if (fg_procure_new(&load->problem, &procure, &err) < 0)
            bench_die("%s", err.text);
        solve(procure, load, out, run);
    }
    return procure;
}

/* -- the rival: one program with all scenarios in it ------------------------------------------------------------------ */

struct extensive {
    const struct load *load;
    struct fg_lp *lp;
    uint32_t *whole;
    size_t whole_len;
    uint32_t *fleet_rows; /* [kind * periods + period], of one scenario at a time */
};

static uint32_t kind_of(const char *accelerator)
{
    return (uint32_t)atoi(accelerator + strlen("kind-"));
}

static bool commits(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    return offer->contract == FG_CONTRACT_RESERVED || offer->min_count > 1
           || offer->lead_time_us >= problem->period_us;
}

/* Orders: a column an offer and start, whole; it stands in the rows of every scenario and period that it serves. */
static void put_orders(struct extensive *form)
{
    const struct fg_procure_problem *problem = &form->load->problem;
    for (uint32_t i = 0; i < problem->offers_len; i++) {
        const struct fg_offer *offer = &problem->offers[i];
        if (!commits(problem, offer))
            continue;
        uint32_t lead =
            (uint32_t)((offer->lead_time_us + problem->period_us - 1) / problem->period_us);
        for (uint32_t start = lead; start < problem->periods; start++) {
            int64_t left_us = (problem->periods - start) * problem->period_us;
            int64_t held_us = offer->term_us < left_us ? offer->term_us : left_us;
            double usd = (double)offer->price_uusd_per_hour / 1e6 * (double)held_us / HOUR_US;
            uint32_t col = fg_lp_col(form->lp, usd, 0, offer->capacity ? offer->capacity : 1e4);
            form->whole[form->whole_len++] = col;
            for (uint32_t s = 0; s < problem->scenarios; s++)
                for (uint32_t t = start;
                     t < problem->periods
                     && t * problem->period_us < start * problem->period_us + held_us;
                     t++)
                    fg_lp_put(form->lp,
                              form->fleet_rows[(s * KINDS + kind_of(offer->accelerator))
                                                   * problem->periods
                                               + t],
                              col, offer->accelerators);
        }
    }
}

/* A scenario's period: instances as needed, work by kind, what is unmet.  Spot and suppliers have no caps here. */
static void put_moment(struct extensive *form, uint32_t s, uint32_t t)
{
    const struct fg_procure_problem *problem = &form->load->problem;
    double hours = (double)problem->period_us / HOUR_US, part = 1.0 / problem->scenarios;
    for (uint32_t i = 0; i < problem->offers_len; i++) {
        const struct fg_offer *offer = &problem->offers[i];
        if (commits(problem, offer))
            continue;
        double usd = part * hours * (double)offer->price_uusd_per_hour / 1e6;
        double most =
            offer->capacity ? offer->capacity * (1 - offer->away_milli / 1000.0) : FG_LP_INF;
        double lost = offer->reclaims_per_khour / 1000.0 / 6;
        uint32_t col = fg_lp_col(form->lp, usd, 0, most);
        fg_lp_put(
            form->lp,
            form->fleet_rows[(s * KINDS + kind_of(offer->accelerator)) * problem->periods + t],
            col, offer->accelerators * (1 - lost));
    }
    for (uint32_t c = 0; c < CLASSES; c++) {
        double demand = problem->demand[((size_t)s * problem->periods + t) * CLASSES + c];
        uint32_t row = fg_lp_row(form->lp, demand, FG_LP_INF);
        fg_lp_put(
            form->lp, row,
            fg_lp_col(form->lp,
                      part * hours * (double)problem->classes[c].unmet_uusd_per_hour / 1e6, 0,
                      FG_LP_INF),
            1);
        for (uint32_t j = 0; j < problem->serves_len; j++) {
            if (problem->serves[j].class != c)
                continue;
            uint32_t col = fg_lp_col(form->lp, 0, 0, FG_LP_INF);
            fg_lp_put(form->lp, row, col, problem->serves[j].rate_milli / 1000.0);
            fg_lp_put(form->lp,
                      form->fleet_rows[(s * KINDS + kind_of(problem->serves[j].accelerator))
                                           * problem->periods
                                       + t],
                      col, -1);
        }
    }
}

/* Seconds until the bound by CLP is there; its objective. */
static double solve_extensive(const struct load *load, double *out_bound)
{
    const struct fg_procure_problem *problem = &load->problem;
    struct extensive form = {.load = load, .lp = fg_lp_new(FG_LP_MIN)};
    size_t cells = (size_t)problem->scenarios * KINDS * problem->periods;
    form.fleet_rows = calloc(cells, sizeof(uint32_t));
    form.whole = calloc(problem->offers_len * problem->periods, sizeof(uint32_t));
    struct fg_lp_answer answer;
    struct fg_err err;
    if (!form.fleet_rows || !form.whole)
        bench_die("no memory");
    double begun_s = cpu_s();
    for (size_t i = 0; i < cells; i++)
        form.fleet_rows[i] = fg_lp_row(form.lp, 0, FG_LP_INF);
    put_orders(&form);
    for (uint32_t s = 0; s < problem->scenarios; s++)
        for (uint32_t t = 0; t < problem->periods; t++)
            put_moment(&form, s, t);
    if (fg_lp_solve(form.lp, NULL, &answer, &err) < 0 || answer.status != FG_LP_OPTIMAL)
        bench_die("extensive form: %s", err.text);
    *out_bound = answer.objective;
    double took_s = cpu_s() - begun_s;
    fg_lp_free(form.lp);
    free(form.fleet_rows);
    free(form.whole);
    return took_s;
}

static void compare_with_extensive(void)
{
    struct load load;
    struct figures ours = {};
    fill(&load, 200, 26, 10, 168 * HOUR_US);
    load.problem.limits.supplier_share_milli = load.problem.limits.spot_share_milli = 1000;
    for (uint32_t i = 0; i < load.problem.offers_len; i++)
        load.offers[i].min_count = 0;
    for (uint32_t c = 0; c < CLASSES; c++)
        load.classes[c].unmet_uusd_per_hour = 50000000;
    struct fg_procure *procure = solve_often(&load, &ours);
    double bound, theirs_s = solve_extensive(&load, &bound);
    if (!(ours.objective_usd >= bound * (1 - 1e-6) && ours.objective_usd <= bound * 1.01))
        bench_die("extensive form: bound %.2f, our plan %.2f", bound, ours.objective_usd);
    bench_line("plan: 200 offers x 26 weeks x 10, whole plan",
               bench_quantile(ours.seconds, RUNS, 50), "s", BENCH_LESS, 0,
               "CLP, extensive form, bound only", theirs_s);
    fg_procure_free(procure);
    empty(&load);
}

int main(void)
{
    struct load load;
    struct figures weeks = {}, hours = {}, again = {};
    fill(&load, 2000, 52, 20, 168 * HOUR_US);
    struct fg_procure *procure = solve_often(&load, &weeks);
    bench_line("plan: 2,000 offers x 52 weeks x 20 scenarios",
               bench_quantile(weeks.seconds, RUNS, 50), "s", BENCH_LESS, 8, NULL, 0);
    bench_line("plan: its certified gap", weeks.gap, "%", BENCH_LESS, 100 * GAP, NULL, 0);
    for (int run = 0; run < RUNS; run++) {
        move_prices(procure, &load, run);
        solve(procure, &load, &again, run);
    }
    bench_line("plan: the same after prices moved", bench_quantile(again.seconds, RUNS, 50),
               "s", BENCH_LESS, 2, NULL, 0);
    bench_line("plan: gap of that", again.gap, "%", BENCH_LESS, 100 * GAP, NULL, 0);
    fg_procure_free(procure);
    empty(&load);
    fill(&load, 1000, 168, 20, HOUR_US);
    fg_procure_free(solve_often(&load, &hours));
    empty(&load);
    bench_line("plan: 1,000 offers x 168 hours x 20 scenarios",
               bench_quantile(hours.seconds, RUNS, 50), "s", BENCH_LESS, 6, NULL, 0);
    bench_line("plan: its certified gap, hours", hours.gap, "%", BENCH_LESS, 100 * GAP, NULL,
               0);
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    bench_line("plan: memory, the most", (double)own.ru_maxrss / 1024, "MiB", BENCH_LESS, 200,
               NULL, 0);
    compare_with_extensive();
    return bench_done();
}
