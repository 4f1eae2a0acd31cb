/* cmd_plan_solve.c - fastgpu plan solve: what to buy, from whom, when */
#include "cli/bar.h"
#include "cli/offer_files.h"
#include "cli/plan_solve_print.h"
#include "cli/sim_files.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

const struct fg_opt fg_opts_plan_solve[] = {
    FG_OPTS_OFFERS("the list of the program"),
    {"demand", 'd', "FILE",
     "what is needed: CSV with period, class, devices; - is standard input", "file"},
    {"options", 'o', "FILE", "budget, caps, classes, prices (YAML, docs/planning.md)", "file"},
    {"what-if", 0, NULL, "solve again with other prices, and without each supplier", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_plan_solve;

#define WHAT_IFS_MAX  8
#define PRICE_PERCENT 20

struct solving {
    struct fg_cli *cli;
    struct fg_case wanted;
    struct fg_offer_sheet sheet;
    struct fg_procure_problem problem;
    struct fg_arena *arena;
    struct fg_bar bar;
    struct fg_plan_what_if what_ifs[WHAT_IFS_MAX];
    size_t what_ifs_len;
};

static int read_case(struct solving *solving, struct fg_err *err)
{
    const struct fg_args *args = &solving->cli->args;
    const char *demand_path = fg_args_get(args, "demand"),
               *options_path = fg_args_get(args, "options");
    FG_AUTO(fg_buf) struct fg_buf demand = {}, options = {};
    if (!demand_path)
        return fg_fail(err, FG_EINVAL, "--demand: missing, expected a file");
    int rc = fg_sim_file_read(demand_path, &demand, err);
    if (rc == 0 && options_path)
        rc = fg_sim_file_read(options_path, &options, err);
    if (rc < 0)
        return rc;
    solving->arena = fg_arena_new(fg_case_room(options.len, demand.len));
    rc = fg_case_read_options(options.text, options.len, options_path, solving->arena,
                              &solving->wanted, err);
    if (rc == 0)
        rc = fg_case_read_demand(demand.text, demand.len, demand_path, solving->arena,
                                 &solving->wanted, err);
    if (rc == 0)
        rc = fg_offer_files_read(solving->cli, &solving->sheet, err);
    if (rc == 0)
        rc = fg_case_problem(&solving->wanted, solving->sheet.offers, solving->sheet.offers_len,
                             solving->arena, &solving->problem, err);
    return rc;
}

static bool show(void *ctx, enum fg_procure_stage stage, double lower, double upper)
{
    static const char *const labels[] = {"planning: bounds", "planning: whole instances",
                                         "planning: polish"};
    struct solving *solving = ctx;
    char tail[64] = "";
    if (isfinite(upper) && upper > 0)
        snprintf(tail, sizeof(tail), "gap %.3f %%", 100 * fmax(0, (upper - lower) / upper));
    fg_bar_draw(&solving->bar, labels[stage], -1, tail, false);
    return false;
}

static int solve(struct solving *solving,
                 struct fg_procure *procure,
                 struct fg_arena *arena,
                 struct fg_procure_plan *plan,
                 struct fg_err *err)
{
    struct fg_procure_effort effort = {.gap = solving->wanted.gap,
                                       .polish_s = solving->wanted.seconds,
                                       .watch = show,
                                       .ctx = solving};
    int rc = fg_procure_solve(procure, &effort, arena, plan, err);
    fg_bar_clear(&solving->bar);
    return rc;
}

/* -- what if ------------------------------------------------------------------------------------------------------- */

static int ask_again(struct solving *solving,
                     struct fg_procure *procure,
                     const char *what,
                     struct fg_err *err)
{
    struct fg_plan_what_if *out = &solving->what_ifs[solving->what_ifs_len];
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_procure_room(&solving->problem));
    struct fg_procure_plan plan;
    int rc = solve(solving, procure, arena, &plan, err);
    if (rc < 0)
        return rc;
    snprintf(out->what, sizeof(out->what), "%s", what);
    out->upper_bound_uusd = plan.upper_bound_uusd;
    out->unmet_share = plan.unmet_share;
    out->orders = (uint32_t)plan.orders_len;
    solving->what_ifs_len++;
    return 0;
}

/* On-demand and spot prices in percent of what they are. */
static void move_prices(struct solving *solving, struct fg_procure *procure, int percent)
{
    for (size_t i = 0; i < solving->problem.offers_len; i++) {
        const struct fg_offer *offer = &solving->problem.offers[i];
        if (offer->contract == FG_CONTRACT_ON_DEMAND || offer->contract == FG_CONTRACT_SPOT)
            fg_procure_set_price(procure, (uint32_t)i,
                                 offer->price_uusd_per_hour * percent / 100,
                                 offer->upfront_uusd);
    }
}

static int without_supplier(struct solving *solving,
                            struct fg_procure *procure,
                            const char *supplier,
                            struct fg_err *err)
{
    char what[128];
    for (size_t i = 0; i < solving->problem.offers_len; i++)
        if (strcmp(solving->problem.offers[i].supplier, supplier) == 0)
            fg_procure_ban(procure, (uint32_t)i, true);
    snprintf(what, sizeof(what), "%s sells nothing", supplier);
    int rc = ask_again(solving, procure, what, err);
    for (size_t i = 0; i < solving->problem.offers_len; i++)
        fg_procure_ban(procure, (uint32_t)i, false);
    return rc;
}

/* Suppliers by what the plan depends on: those of orders, then those of what is taken as needed. */
static size_t list_suppliers(const struct solving *solving,
                             const struct fg_plan_answer *answer,
                             const char **out)
{
    struct fg_plan_use *uses =
        FG_NEW(solving->arena, struct fg_plan_use, solving->problem.offers_len + 1);
    size_t uses_len = fg_plan_uses(answer, uses), len = 0,
           orders_len = answer->plan->orders_len;
    for (size_t i = 0; i < orders_len + uses_len && len < WHAT_IFS_MAX - 2; i++) {
        uint32_t offer =
            i < orders_len ? answer->plan->orders[i].offer : uses[i - orders_len].offer;
        const char *name = solving->problem.offers[offer].supplier;
        size_t k = 0;
        while (k < len && strcmp(out[k], name) != 0)
            k++;
        if (k == len)
            out[len++] = name;
    }
    return len;
}

static int ask_what_ifs(struct solving *solving,
                        struct fg_procure *procure,
                        const struct fg_plan_answer *answer,
                        struct fg_err *err)
{
    const char *suppliers[WHAT_IFS_MAX];
    size_t len = list_suppliers(solving, answer, suppliers);
    move_prices(solving, procure, 100 + PRICE_PERCENT);
    int rc = ask_again(solving, procure, "on-demand and spot cost 20 % more", err);
    move_prices(solving, procure, 100 - PRICE_PERCENT);
    if (rc == 0)
        rc = ask_again(solving, procure, "on-demand and spot cost 20 % less", err);
    move_prices(solving, procure, 100);
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = without_supplier(solving, procure, suppliers[i], err);
    return rc;
}

/* -- the command ---------------------------------------------------------------------------------------------------- */

static int answer(struct solving *solving, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t begun_us = clock->mono_us(clock->self);
    FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_procure_room(&solving->problem));
    struct fg_procure_plan plan;
    struct fg_procure_why why;
    int rc = fg_procure_new(&solving->problem, &procure, err);
    if (rc == 0)
        rc = solve(solving, procure, arena, &plan, err);
    if (rc < 0)
        return rc;
    struct fg_plan_answer answer = {
        .wanted = &solving->wanted, .problem = &solving->problem, .plan = &plan, .why = &why};
    answer.seconds = (double)(clock->mono_us(clock->self) - begun_us) / 1e6;
    fg_procure_why(procure, &plan, arena, &why);
    if (fg_args_has(&solving->cli->args, "what-if"))
        rc = ask_what_ifs(solving, procure, &answer, err);
    if (rc < 0)
        return rc;
    answer.what_ifs = solving->what_ifs;
    answer.what_ifs_len = solving->what_ifs_len;
    if (fg_args_has(&solving->cli->args, "json"))
        fg_plan_solve_print_json(&answer);
    else
        fg_plan_solve_print(&answer, &solving->cli->out);
    return 0;
}

int fg_cmd_plan_solve(struct fg_cli *cli, struct fg_err *err)
{
    struct solving solving = {.cli = cli, .bar = fg_bar_new(stderr)};
    int rc = read_case(&solving, err);
    if (rc == 0)
        rc = answer(&solving, err);
    fg_offer_sheet_free(&solving.sheet);
    fg_arena_free(solving.arena);
    return rc;
}
