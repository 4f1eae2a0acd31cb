/* cmd_plan_solve.c - fastgpu plan solve: what to buy, from whom, when */
#include "cli/bar.h"
#include "cli/offer_files.h"
#include "cli/plan_solve_print.h"
#include "cli/sim_files.h"
#include "plan/what_if.h"

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

struct solving {
    struct fg_cli *cli;
    struct fg_case wanted;
    struct fg_offer_sheet sheet;
    struct fg_procure_problem problem;
    struct fg_arena *arena;
    struct fg_bar bar;
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
    if (rc < 0)
        return rc;
    const struct fg_case_supply supply = {.offers = solving->sheet.offers,
                                          .offers_len = solving->sheet.offers_len};
    return fg_case_problem(&solving->wanted, &supply, solving->arena, &solving->problem, err);
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

/* -- the command ---------------------------------------------------------------------------------------------------- */

static int answer(struct solving *solving, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t begun_us = clock->mono_us(clock->self);
    struct fg_procure_effort effort = {.gap = solving->wanted.gap,
                                       .polish_s = solving->wanted.seconds,
                                       .watch = show,
                                       .ctx = solving};
    FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_procure_room(&solving->problem));
    struct fg_procure_plan plan;
    struct fg_procure_why why;
    struct fg_plan_what_if what_ifs[FG_PLAN_WHAT_IFS_MAX];
    int rc = fg_procure_new(&solving->problem, &procure, err);
    if (rc == 0)
        rc = fg_procure_solve(procure, &effort, arena, &plan, err);
    fg_bar_clear(&solving->bar);
    if (rc < 0)
        return rc;
    struct fg_plan_answer answer = {
        .wanted = &solving->wanted, .problem = &solving->problem, .plan = &plan, .why = &why};
    answer.seconds = (double)(clock->mono_us(clock->self) - begun_us) / 1e6;
    fg_procure_why(procure, &plan, arena, &why);
    if (fg_args_has(&solving->cli->args, "what-if"))
        rc = fg_plan_what_ifs(procure, &answer, &effort, what_ifs, err);
    fg_bar_clear(&solving->bar);
    if (rc < 0)
        return rc;
    answer.what_ifs = what_ifs;
    answer.what_ifs_len = (size_t)rc;
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
