/* bench_plan.c - what a procurement plan costs to find, and how far from the best it is
 *
 *     2,000 offers x 52 weeks x 20 scenarios     12 kinds, 14 suppliers, 8 classes that may use several kinds
 *     1,000 offers x 168 hours x 20 scenarios
 *     the first again after one price moved       cuts and columns are kept
 *
 * Rival: the extensive form - every scenario's recourse as columns of one program - as one writes it first, with the same
 * solvers (CLP for its bound, CBC for whole instances), at a size that it can do.
 */
#include "base/arena.h"
#include "bench/bench.h"
#include "plan/procure.h"
#include "solver/mip.h"

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

static bool print_progress(void *ctx, enum fg_procure_stage stage, double lower, double upper)
{
    double begun_s = *(const double *)ctx;
    if (getenv("BENCH_VERBOSE"))
        fprintf(stderr, "  %.2f s: stage %d: %.0f to %.0f, gap %.4f %%\n", cpu_s() - begun_s,
                (int)stage, lower, upper, 100 * (upper - lower) / upper);
    return false;
}

struct figures {
    double seconds[RUNS], gap, unmet;
};

static void solve(struct fg_procure *procure,
                  const struct load *load,
                  struct figures *out,
                  int run)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_procure_room(&load->problem));
    double begun_s = cpu_s();
    struct fg_procure_effort effort = {
        .gap = 0.001, .polish_s = 30, .watch = print_progress, .ctx = &begun_s};
    struct fg_procure_plan plan;
    struct fg_err err;
    if (fg_procure_solve(procure, &effort, arena, &plan, &err) < 0)
        bench_die("%s", err.text);
    out->seconds[run] = cpu_s() - begun_s;
    out->gap = fmax(out->gap, 100 * plan.gap);
    out->unmet = 100 * plan.unmet_share;
    if (getenv("BENCH_VERBOSE"))
        fprintf(stderr,
                "  %.2f s, gap %.4f %%, %zu orders, %u rounds, upper %.0f, committed %.0f, "
                "recourse %.0f, unmet %.0f\n",
                out->seconds[run], 100 * plan.gap, plan.orders_len, plan.rounds,
                plan.upper_bound_uusd / 1e6, plan.committed_uusd / 1e6,
                plan.recourse_uusd / 1e6, plan.unmet_uusd / 1e6);
}

int main(void)
{
    struct load load;
    fill(&load, 2000, 52, 20, 168 * HOUR_US);
    struct figures first = {};
    struct fg_procure *procure;
    struct fg_err err;
    if (fg_procure_new(&load.problem, &procure, &err) < 0)
        bench_die("%s", err.text);
    solve(procure, &load, &first, 0);
    fg_procure_free(procure);
    empty(&load);
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    fprintf(stderr, "rss %ld MB\n", own.ru_maxrss / 1024);
    fill(&load, 1000, 168, 20, HOUR_US);
    if (fg_procure_new(&load.problem, &procure, &err) < 0)
        bench_die("%s", err.text);
    solve(procure, &load, &first, 1);
    fg_procure_free(procure);
    empty(&load);
    return bench_done();
}
