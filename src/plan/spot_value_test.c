/* spot_value_test.c - the table says what plain sense says at its edges, and is monotone between. */
#include "plan/spot_value.h"
#include "test/tap.h"

#include <math.h>

#define HOUR_US 3'600'000'000LL

static const struct fg_spot_value_terms terms = {.work_us = 24 * HOUR_US,
                                                 .slack_us = 24 * HOUR_US,
                                                 .restart_us = HOUR_US / 4,
                                                 .price_of_spot = 0.3};

static struct fg_spot_costs ask(const struct fg_spot_value *value,
                                const struct fg_spot_outlook *outlook,
                                bool is_there,
                                double work_hours,
                                double slack_hours)
{
    struct fg_spot_costs costs;
    fg_spot_value_of(value, outlook, is_there, (int64_t)(work_hours * 3.6e9),
                     (int64_t)(slack_hours * 3.6e9), &costs);
    return costs;
}

static double best_of(const struct fg_spot_costs *costs)
{
    return fmin(costs->wait, fmin(costs->spot_start, costs->on_demand_start));
}

/* An outlook that is sure of one regime. */
static struct fg_spot_outlook sure(size_t regime)
{
    struct fg_spot_outlook outlook;
    fg_spot_outlook_start(&outlook);
    for (size_t i = 0; i < FG_SPOT_REGIMES; i++)
        outlook.weights[i] = i == regime;
    return outlook;
}

static void test_without_slack_only_on_demand(const struct fg_spot_value *value)
{
    struct fg_spot_outlook outlook;
    fg_spot_outlook_start(&outlook);
    struct fg_spot_costs costs = ask(value, &outlook, true, 10, 0.3);
    OK(costs.on_demand_start < costs.spot_start);
    OK(costs.on_demand_start < costs.wait);
    OK(fabs(costs.on_demand_start - 10.25) < 0.3);
}

static void test_between_all_spot_and_all_on_demand(const struct fg_spot_value *value)
{
    for (size_t z = 0; z < FG_SPOT_REGIMES; z++) {
        struct fg_spot_outlook outlook = sure(z);
        struct fg_spot_costs costs = ask(value, &outlook, true, 20, 8);
        double best = best_of(&costs);
        OK(best >= 0.3 * 20 && best <= 20.25 + 1e-3);
    }
}

static void test_more_slack_and_less_work_never_cost_more(const struct fg_spot_value *value)
{
    struct fg_spot_outlook outlook;
    fg_spot_outlook_start(&outlook);
    bool is_monotone = true;
    for (int work = 1; work < 24; work++)
        for (int slack = 1; slack < 24; slack++) {
            struct fg_spot_costs here = ask(value, &outlook, false, work, slack),
                                 more = ask(value, &outlook, false, work, slack + 1),
                                 longer = ask(value, &outlook, false, work + 1, slack);
            is_monotone &= best_of(&more) <= best_of(&here) + 0.05;
            is_monotone &= best_of(&longer) >= best_of(&here) - 0.05;
        }
    OK(is_monotone);
}

/* A market that is nearly always there is waited for; one that nearly never is, is not. */
static void test_waits_where_it_pays(const struct fg_spot_value *value)
{
    struct fg_spot_outlook rich = sure(3 * FG_SPOT_SCALES), poor = sure(3);
    struct fg_spot_costs costs = ask(value, &rich, false, 20, 10);
    OK(costs.wait < costs.on_demand_start);
    costs = ask(value, &poor, false, 20, 1.2);
    OK(costs.on_demand_start < costs.wait);
    costs = ask(value, &rich, true, 20, 10);
    OK(costs.spot_start < costs.on_demand_stay);
    OK(costs.spot_stay < costs.spot_start);
}

/* Spot that stays for minutes is no reason to leave on-demand when slack is short. */
static void test_does_not_leap_at_short_lives(const struct fg_spot_value *value)
{
    struct fg_spot_outlook nervous = sure(3), steady = sure(FG_SPOT_REGIMES - 1);
    struct fg_spot_costs costs = ask(value, &nervous, true, 20, 1);
    OK(costs.on_demand_stay < costs.spot_start);
    costs = ask(value, &steady, true, 20, 1);
    OK(costs.spot_start < costs.on_demand_stay);
}

int main(void)
{
    FG_AUTO(fg_spot_value) struct fg_spot_value *value = fg_spot_value_new(&terms);
    test_without_slack_only_on_demand(value);
    test_between_all_spot_and_all_on_demand(value);
    test_more_slack_and_less_work_never_cost_more(value);
    test_waits_where_it_pays(value);
    test_does_not_leap_at_short_lives(value);
    return tap_done();
}
