/* plan_solve_print.c - see plan_solve_print.h: the tables and sentences */
#include "cli/plan_solve_print.h"

#include "base/clock.h"
#include "cli/table.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_US    3600000000
#define USES_SHOWN 8

static void when_text(const struct fg_plan_answer *answer,
                      int64_t from_begin_us,
                      char out[FG_TIME_TEXT_MAX])
{
    if (answer->wanted->is_dated) {
        fg_time_format(answer->wanted->begin_us + from_begin_us, out);
        return;
    }
    char text[FG_TIME_TEXT_MAX];
    fg_duration_format(from_begin_us, text);
    snprintf(out, FG_TIME_TEXT_MAX, "%s%.24s", from_begin_us ? "+" : "",
             from_begin_us ? text : "now");
}

static void print_orders(const struct fg_plan_answer *answer, const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"BUY", false, 8},
                                               {"FROM", false, 6},
                                               {"CONTRACT", false, 0},
                                               {"COUNT", true, 0},
                                               {"DEVICES", true, 0},
                                               {"ORDER", true, 0},
                                               {"DELIVER", true, 0},
                                               {"UNTIL", true, 0},
                                               {"COST USD", true, 0},
                                               {"CASH USD", true, 0},
                                               {}};
    const struct fg_procure_problem *problem = answer->problem;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < answer->plan->orders_len; i++) {
        const struct fg_procure_order *order = &answer->plan->orders[i];
        const struct fg_offer *offer = &problem->offers[order->offer];
        char ordered[FG_TIME_TEXT_MAX], start[FG_TIME_TEXT_MAX], end[FG_TIME_TEXT_MAX];
        when_text(answer, order->order_us, ordered);
        when_text(answer, order->start * problem->period_us, start);
        when_text(answer, order->end * problem->period_us, end);
        fg_table_addf(table, "%s", offer->instance);
        fg_table_add(table, FG_PLAIN, offer->supplier);
        fg_table_add(table, FG_PLAIN, fg_contract_name(offer->contract));
        fg_table_addf(table, "%u", order->count);
        fg_table_addf(table, "%u %s", order->count * offer->accelerators, offer->accelerator);
        fg_table_add(table, FG_PLAIN, ordered);
        fg_table_add(table, FG_PLAIN, start);
        fg_table_add(table, FG_PLAIN, order->end == problem->periods ? "the end" : end);
        fg_table_addf(table, "%.2f", (double)order->cost_uusd / 1e6);
        fg_table_addf(table, "%.2f", (double)order->cash_uusd / 1e6);
    }
    if (answer->plan->orders_len)
        fg_table_print(table, term, stdout);
    else
        printf("commit to nothing\n");
}

static void print_uses(const struct fg_plan_answer *answer, const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"AS NEEDED", false, 8}, {"FROM", false, 6},
        {"CONTRACT", false, 0},  {"REGION", false, 6},
        {"USD/H", true, 0},      {"INSTANCE HOURS", true, 0},
        {"COST USD", true, 0},   {}};
    struct fg_plan_use *uses = calloc(answer->problem->offers_len + 1, sizeof(*uses));
    if (!uses)
        abort();
    size_t len = fg_plan_uses(answer, uses);
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < len && i < USES_SHOWN; i++) {
        const struct fg_offer *offer = &answer->problem->offers[uses[i].offer];
        fg_table_addf(table, "%s (%u %s)", offer->instance, offer->accelerators,
                      offer->accelerator);
        fg_table_add(table, FG_PLAIN, offer->supplier);
        fg_table_add(table, FG_PLAIN, fg_contract_name(offer->contract));
        fg_table_add(table, FG_PLAIN, offer->region[0] ? offer->region : NULL);
        fg_table_addf(table, "%.2f", (double)offer->price_uusd_per_hour / 1e6);
        fg_table_addf(table, "%.1f", uses[i].instance_hours);
        fg_table_addf(table, "%.2f", uses[i].usd);
    }
    if (len) {
        printf("\n");
        fg_table_print(table, term, stdout);
    }
    if (len > USES_SHOWN)
        printf("and %zu more\n", len - USES_SHOWN);
    free(uses);
}

/* Of what may wait: how much is put off, and when most of it. */
static void print_waits(const struct fg_plan_answer *answer, const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"MAY WAIT", false, 8}, {"PERIODS", true, 0},        {"SHARE", true, 0},
        {"PUT OFF", true, 0},   {"MOST AT A TIME", true, 0}, {"IN PERIOD", true, 0},
        {"CAUGHT UP", true, 0}, {"MOST CAUGHT IN", true, 0}, {}};
    const struct fg_procure_problem *problem = answer->problem;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        const struct fg_procure_flex *flex = &problem->flexes[i];
        const double *off = answer->plan->put_off + i * problem->periods,
                     *in = answer->plan->caught_up + i * problem->periods;
        uint32_t most_off = 0, most_in = 0;
        for (uint32_t t = 0; t < problem->periods; t++) {
            most_off = off[t] > off[most_off] ? t : most_off;
            most_in = in[t] > in[most_in] ? t : most_in;
        }
        fg_table_add(table, FG_PLAIN, problem->classes[flex->class].name);
        fg_table_addf(table, "%u", flex->wait);
        fg_table_addf(table, "%.1f %%", flex->share_milli / 10.0);
        fg_table_addf(table, "%.1f h", fg_plan_put_off(answer, i));
        fg_table_addf(table, "%.2f", off[most_off]);
        fg_table_addf(table, "%u", most_off);
        fg_table_addf(table, "%.2f", in[most_in]);
        fg_table_addf(table, "%u", most_in);
    }
    if (!problem->flexes_len)
        return;
    printf("\n");
    fg_table_print(table, term, stdout);
}

static void print_sums(const struct fg_plan_answer *answer)
{
    const struct fg_procure_plan *plan = answer->plan;
    double cost = plan->committed_uusd + plan->recourse_uusd;
    printf("\ncost            %.2f USD: %.2f committed, %.2f as needed (expected)\n",
           cost / 1e6, plan->committed_uusd / 1e6, plan->recourse_uusd / 1e6);
    printf("unmet           %.4f %% of demand, %.4f %% in the worst scenario; priced at %.2f "
           "USD\n",
           100 * plan->unmet_share, 100 * plan->unmet_share_worst, plan->unmet_uusd / 1e6);
    if (plan->over_uusd >= 5000)
        printf("over budget     priced at %.2f USD (expected)\n", plan->over_uusd / 1e6);
    if (plan->carbon_kg > 0)
        printf("carbon          %.0f kg, priced at %.2f USD\n", plan->carbon_kg,
               plan->carbon_uusd / 1e6);
    if (answer->problem->limits.cvar_alpha_milli)
        printf("risk            %.2f USD on average in the worst %g %% (CVaR)\n",
               plan->cvar_uusd / 1e6, 100 - answer->problem->limits.cvar_alpha_milli / 10.0);
    printf("how good        objective %.2f USD, the best plan costs at least %.2f: gap %.4f "
           "%%%s\n",
           plan->upper_bound_uusd / 1e6, plan->lower_bound_uusd / 1e6, 100 * plan->gap,
           plan->proven ? "" : " (time is over)");
    printf("solved in       %.2f s, %u rounds\n", answer->seconds, plan->rounds);
}

static void print_runners(const struct fg_plan_answer *answer)
{
    const struct fg_procure_problem *problem = answer->problem;
    for (size_t i = 0; i < answer->why->runners_len; i++) {
        const struct fg_procure_runner *runner = &answer->why->runners[i];
        const struct fg_offer *won =
            &problem->offers[answer->plan->orders[runner->order].offer];
        const struct fg_offer *lost = &problem->offers[runner->offer];
        printf("%s  %s %s: second is %s %s (%s)", i ? "" : "\nwho came second\n", won->supplier,
               won->instance, lost->supplier, lost->instance, fg_contract_name(lost->contract));
        if (runner->short_uusd_per_device_hour)
            printf(", %.4f USD a device hour too dear\n",
                   (double)runner->short_uusd_per_device_hour / 1e6);
        else
            printf(", as cheap by the device: whole instances decide\n");
    }
}

static void print_bind(const struct fg_plan_answer *answer, const struct fg_procure_bind *bind)
{
    const struct fg_procure_problem *problem = answer->problem;
    switch (bind->limit) {
    case FG_PROCURE_BUDGET:
        printf("  the budget: one USD more saves %.2f USD\n", bind->gain_usd);
        return;
    case FG_PROCURE_BUDGET_PERIOD:
        printf("  the budget of period %u: one USD more saves %.2f USD\n", bind->index,
               bind->gain_usd);
        return;
    case FG_PROCURE_SUPPLIER:
        printf("  the share of %s: one point more saves %.2f USD\n",
               problem->offers[bind->index].supplier, bind->gain_usd);
        return;
    case FG_PROCURE_CAPACITY:
        printf("  what %s has of %s: one instance more saves %.2f USD\n",
               problem->offers[bind->index].supplier, problem->offers[bind->index].instance,
               bind->gain_usd);
        return;
    case FG_PROCURE_WAIT:
        printf("  what may wait of class %s for %u periods: one point more saves %.2f USD\n",
               problem->classes[problem->flexes[bind->index].class].name,
               problem->flexes[bind->index].wait, bind->gain_usd);
        return;
    case FG_PROCURE_UNMET:
        printf("  class %s: to leave some of it unmet costs less than to serve it, or nobody "
               "can\n",
               problem->classes[bind->index].name);
    }
}

static void print_what_ifs(const struct fg_plan_answer *answer, const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"WHAT IF", false, 20}, {"OBJECTIVE USD", true, 0}, {"CHANGE", true, 0},
        {"UNMET", true, 0},     {"ORDERS", true, 0},        {}};
    if (!answer->what_ifs_len)
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < answer->what_ifs_len; i++) {
        const struct fg_plan_what_if *what_if = &answer->what_ifs[i];
        double now = answer->plan->upper_bound_uusd;
        fg_table_add(table, FG_PLAIN, what_if->what);
        fg_table_addf(table, "%.2f", what_if->upper_bound_uusd / 1e6);
        fg_table_addf(table, "%+.2f %%",
                      now > 0 ? 100 * (what_if->upper_bound_uusd / now - 1) : 0);
        fg_table_addf(table, "%.3f %%", 100 * what_if->unmet_share);
        fg_table_addf(table, "%u", what_if->orders);
    }
    printf("\n");
    fg_table_print(table, term, stdout);
}

void fg_plan_solve_print(const struct fg_plan_answer *answer, const struct fg_term *term)
{
    print_orders(answer, term);
    print_uses(answer, term);
    print_waits(answer, term);
    print_sums(answer);
    print_runners(answer);
    printf(answer->why->binds_len ? "\nwhat binds\n" : "\nno limit binds\n");
    for (size_t i = 0; i < answer->why->binds_len; i++)
        print_bind(answer, &answer->why->binds[i]);
    print_what_ifs(answer, term);
}

void fg_plan_solve_print_json(const struct fg_plan_answer *answer)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_plan_answer_json(&json, answer);
    fg_json_end(&json);
    printf("%s\n", buf.text);
}
