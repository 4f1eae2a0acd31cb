/* case_test.c - demand and options out of files, and the problem they make */
#include "plan/case.h"
#include "test/tap.h"

#include <math.h>
#include <string.h>

#define ROOM ((size_t)256 << 20)

struct read {
    struct fg_arena *arena;
    struct fg_case wanted;
    struct fg_err err;
    int rc;
};

static struct read read_case(const char *options, const char *demand)
{
    struct read read = {.arena = fg_arena_new(ROOM)};
    read.rc = fg_case_read_options(options, strlen(options), "p.yaml", read.arena, &read.wanted,
                                   &read.err);
    if (read.rc == 0)
        read.rc = fg_case_read_demand(demand, strlen(demand), "d.csv", read.arena, &read.wanted,
                                      &read.err);
    return read;
}

static double at(const struct read *read, uint32_t s, uint32_t t, uint32_t c)
{
    return read->wanted.demand[(s * read->wanted.periods + t) * read->wanted.classes_len + c];
}

static void scenarios_by_name_with_weights(void)
{
    struct read read =
        read_case("", "period,class,devices,scenario,weight\n0,h100,4,low,3\n1,h100,5,low,\n"
                      "0,h100,8,high,1\n2,A100,1.5,high,1\n");
    EQ(read.rc, 0);
    EQ(read.wanted.periods, 3);
    EQ(read.wanted.scenarios, 2);
    EQ(read.wanted.classes_len, 2);
    OK(at(&read, 0, 0, 0) == 4 && at(&read, 1, 0, 0) == 8 && at(&read, 0, 1, 0) == 5);
    OK(at(&read, 1, 2, 1) == 1.5 && at(&read, 0, 2, 1) == 0);
    OK(read.wanted.weights[0] == 3 && read.wanted.weights[1] == 1);
    OK(read.wanted.period_us == INT64_C(3600000000));
    OK(strcmp(read.wanted.classes[1].kinds[0].kind, "a100") == 0);
    fg_arena_free(read.arena);
}

static void dates_make_periods(void)
{
    struct read read = read_case(
        "", "time,class,devices\n2026-01-01,h100,1\n2026-01-15,h100,3\n2026-01-08,h100,2\n");
    EQ(read.rc, 0);
    OK(read.wanted.is_dated);
    EQ(read.wanted.periods, 3);
    OK(read.wanted.period_us == INT64_C(7) * 86400 * 1000000);
    OK(at(&read, 0, 1, 0) == 2 && at(&read, 0, 2, 0) == 3);
    fg_arena_free(read.arena);
}

static void bands_make_scenarios(void)
{
    struct read read =
        read_case("", "series,time,mean,hi80,lo80\nh100,0,10,14,8\nh100,1,20,30,-3\n");
    EQ(read.rc, 0);
    EQ(read.wanted.scenarios, 10);
    bool rises = true;
    double mean = 0;
    for (uint32_t s = 0; s < 10; s++) {
        rises = rises && (s == 0 || at(&read, s, 0, 0) >= at(&read, s - 1, 0, 0));
        rises = rises && at(&read, s, 1, 0) >= 0;
        mean += at(&read, s, 0, 0) / 10;
    }
    OK(rises);
    OK(at(&read, 0, 0, 0) == 8 && at(&read, 9, 0, 0) == 14);
    OK(mean > 9.5 && mean < 11.5);
    fg_arena_free(read.arena);
}

static void a_forecast_is_demand(void)
{
    struct read read = read_case(
        "", "{\"series\":[{\"name\":\"h100\",\"model\":\"m\",\"points\":["
            "{\"time\":\"2026-01-01T00:00:00Z\",\"mean\":10,\"lo80\":8,\"hi80\":14},"
            "{\"time\":\"2026-01-01T01:00:00Z\",\"mean\":11,\"lo80\":8,\"hi80\":15}]}],"
            "\"seconds\":0.1}");
    EQ(read.rc, 0);
    EQ(read.wanted.periods, 2);
    EQ(read.wanted.scenarios, 10);
    OK(at(&read, 0, 0, 0) == 8 && at(&read, 9, 1, 0) == 15);
    OK(read.wanted.period_us == INT64_C(3600000000));
    fg_arena_free(read.arena);
    read = read_case("", "{\"series\":[]}");
    EQ(read.rc, FG_EINVAL);
    fg_arena_free(read.arena);
}

static void options_are_read(void)
{
    struct read read = read_case(
        "period: 1d\nbudget: 1000.5\nbudget_per_period: 20\nsupplier_share: 0.35\n"
        "spot_share: 0.5\nserved_quantile: 0.95\ncvar: {alpha: 0.9, weight: 0.5, bound: 7}\n"
        "carbon_price: 80\npower_price: 0.12\nreclaim: 5m\nresidual: 0.5\ntail: 0\ngap: 0.01\n"
        "seconds: 3\nclasses:\n  train: {H100: 1, a100: 0.45, at_once: 8, unmet_price: 9}\n",
        "period,class,devices\n0,train,2\n1,train,2\n");
    EQ(read.rc, 0);
    const struct fg_procure_limits *limits = &read.wanted.limits;
    EQ(limits->budget_uusd, 1000500000);
    EQ(read.wanted.budget_per_period_uusd, 20000000);
    EQ(limits->supplier_share_milli, 350);
    EQ(limits->spot_share_milli, 500);
    EQ(limits->served_quantile_milli, 950);
    EQ(limits->cvar_alpha_milli, 900);
    EQ(limits->cvar_weight_milli, 500);
    EQ(limits->cvar_bound_uusd, 7000000);
    EQ(read.wanted.prices.carbon_uusd_per_tonne, 80000000);
    EQ(read.wanted.prices.power_uusd_per_kwh, 120000);
    EQ(read.wanted.prices.reclaim_us, 300000000);
    EQ(read.wanted.prices.residual_milli, 500);
    EQ(read.wanted.prices.tail_milli, 0);
    OK(read.wanted.gap == 0.01 && read.wanted.seconds == 3);
    EQ(read.wanted.classes_len, 1);
    EQ(read.wanted.classes[0].kinds_len, 2);
    EQ(read.wanted.classes[0].kinds[1].rate_milli, 450);
    EQ(read.wanted.classes[0].class.at_once, 8);
    EQ(read.wanted.classes[0].class.unmet_uusd_per_hour, 9000000);
    fg_arena_free(read.arena);
}

static void what_is_wrong_is_said_with_its_line(void)
{
    static const struct {
        const char *options, *demand, *says;
    } cases[] = {
        {"", "", "d.csv: empty"},
        {"", "period,class,devices\n", "d.csv: no line"},
        {"", "a,b\n1,2\n", "d.csv:1: expected columns"},
        {"", "period,class,devices\n0,h100,-1\n", "d.csv:2: devices"},
        {"", "period,class,devices\n0,h100,1\n0,h100,2\n", "d.csv:3: a second line"},
        {"", "period,class,devices\n0,h100,1\n9999999,h100,2\n", "d.csv:3: period"},
        {"", "period,class,devices\n0,h100,1\n2026-01-01,h100,2\n", "d.csv:3: period"},
        {"", "period,class,devices,scenario,weight\n0,h100,1,a,1\n1,h100,1,a,2\n",
         "d.csv:3: weight"},
        {"budgt: 1\n", "", "p.yaml:1: budgt: unknown member"},
        {"cvar: {weight: 1}\n", "", "p.yaml:1: cvar"},
        {"classes: {a: {h100: 0}}\n", "", "p.yaml:1: classes.a.h100"},
        {"spot_share: 2\n", "", "p.yaml:1: spot_share"},
        {"classes: {a: {may_wait: {soon: 0.1}}}\n", "", "p.yaml:1: classes.a.may_wait.soon"},
        {"classes: {a: {may_wait: {1h: 0.6, 2h: 0.5}}}\n", "",
         "p.yaml:1: classes.a.may_wait.2h: shares sum to 1.1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct read read = read_case(cases[i].options, cases[i].demand);
        if (!OK(read.rc < 0
                && strncmp(read.err.text, cases[i].says, strlen(cases[i].says)) == 0))
            printf("#   got `%s`, want `%s...`\n", read.err.text, cases[i].says);
        fg_arena_free(read.arena);
    }
}

/* In whole periods; what may wait for less does so already. */
static void what_may_wait_waits_for_periods(void)
{
    struct read read = read_case("period: 2h\nwait_price: 0.5\n"
                                 "classes: {h100: {may_wait: {1h: 0.1, 5h: 0.2, 9d: 0.3}}}\n",
                                 "period,class,devices\n0,h100,2\n3,h100,2\n");
    struct fg_offer offer = {.supplier = "s", .accelerator = "h100-sxm-80g"};
    const struct fg_case_supply supply = {.offers = &offer, .offers_len = 1};
    struct fg_procure_problem problem;
    EQ(fg_case_problem(&read.wanted, &supply, read.arena, &problem, &read.err), 0);
    EQ(problem.flexes_len, 2);
    EQ(problem.flexes[0].wait, 2);
    EQ(problem.flexes[0].share_milli, 200);
    EQ(problem.flexes[1].wait, 4);
    EQ(problem.flexes[1].wait_uusd_per_hour, 500000);
    fg_arena_free(read.arena);
}

static void kinds_are_those_that_are_sold(void)
{
    struct read read = read_case("classes: {train: {h100: 1, h100-sxm: 1.2, a100: 0.4}}\n",
                                 "period,class,devices\n0,train,2\n");
    struct fg_offer offers[3] = {{.supplier = "s", .accelerator = "h100-sxm-80g"},
                                 {.supplier = "s", .accelerator = "h100-pcie-80g"},
                                 {.supplier = "s", .accelerator = "l4"}};
    const struct fg_case_supply all = {.offers = offers, .offers_len = 3},
                                other = {.offers = offers + 2, .offers_len = 1};
    struct fg_procure_problem problem;
    EQ(fg_case_problem(&read.wanted, &all, read.arena, &problem, &read.err), 0);
    EQ(problem.serves_len, 2);
    EQ(problem.serves[0].rate_milli, 1200);
    EQ(problem.serves[1].rate_milli, 1000);
    EQ(fg_case_problem(&read.wanted, &other, read.arena, &problem, &read.err), FG_ENOENT);
    fg_arena_free(read.arena);
}

/* Own devices serve although nobody sells their like. */
static void kinds_are_those_that_are_held(void)
{
    struct read read = read_case("classes: {}\n", "period,class,devices\n0,h100,2\n");
    struct fg_offer offer = {.supplier = "s", .accelerator = "h100-pcie-80g"};
    struct fg_procure_contract own = {.offer = {.accelerator = "h100-sxm-80g"}, .count = 1};
    const struct fg_case_supply both = {&offer, 1, &own, 1},
                                held = {.contracts = &own, .contracts_len = 1};
    struct fg_procure_problem problem;
    EQ(fg_case_problem(&read.wanted, &both, read.arena, &problem, &read.err), 0);
    EQ(problem.serves_len, 2);
    EQ(problem.contracts_len, 1);
    EQ(fg_case_problem(&read.wanted, &held, read.arena, &problem, &read.err), 0);
    EQ(problem.serves_len, 1);
    fg_arena_free(read.arena);
}

int main(void)
{
    RUN(scenarios_by_name_with_weights);
    RUN(dates_make_periods);
    RUN(bands_make_scenarios);
    RUN(a_forecast_is_demand);
    RUN(options_are_read);
    RUN(what_is_wrong_is_said_with_its_line);
    RUN(what_may_wait_waits_for_periods);
    RUN(kinds_are_those_that_are_sold);
    RUN(kinds_are_those_that_are_held);
    return tap_done();
}
