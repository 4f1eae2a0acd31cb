/* cmd_sim_spot.c - fastgpu sim spot: jobs with deadlines on traces of spot machines, policy by policy. */
#include "cli/sim_spot.h"

#include "cli/bar.h"
#include "cli/sim_files.h"
#include "cli/verb.h"

#include "base/clock.h"

#include <fts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_sim_spot[] = {
    {"traces", 't', "PATH",
     "a trace, or a folder with traces in it; may be given several times", "file"},
    {"policy", 'P', "LIST", "adaptive,uniform,uniform-plain,greedy,on-demand (all)", NULL},
    {"slack", 0, "LIST", "time beyond the work, in % of it (10,20,...,100)", NULL},
    {"hours", 0, "N", "of work of each job (48)", NULL},
    {"restart", 0, "TIME", "each start on a machine takes so long (12m)", NULL},
    {"starts", 0, "N", "jobs for each trace and slack, begun at even distances (20)", NULL},
    {"machines", 0, "N", "that a job needs at one time (1)", NULL},
    {"zones", 0, NULL, "a job may choose among the zones of a folder that sell the same", NULL},
    {"history", 0, "TIME", "the policy has watched for so long before a job begins (0s)", NULL},
    {"spot-price", 0, "USD", "an hour (0.9701)", NULL},
    {"on-demand-price", 0, "USD", "an hour (3.06)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_sim_spot;

#define TRACES_MAX     4096
#define ARENA_MAX      ((size_t)1 << 34)
#define SPOT_UUSD      970'100 /* p3.2xlarge, us-west-2, as in the paper's benchmark */
#define ON_DEMAND_UUSD 3'060'000
#define HOURS_MAX      8760
#define US_PER_HOUR    3'600'000'000LL
#define STARTS_MAX     100'000

struct plan {
    struct fg_cli *cli;
    struct fg_arena *arena;
    struct fg_spot_trace *traces;
    struct fg_spot_market *markets;
    struct fg_sim_spot sim;
    size_t traces_len;
};

/* -- traces --------------------------------------------------------------------------------------------- */

static int read_trace(struct plan *plan, const char *path, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    if (plan->traces_len == TRACES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: more than %d traces", path, TRACES_MAX);
    int rc = fg_sim_file_read(path, &buf, err);
    if (rc < 0)
        return rc;
    const char *name = fg_arena_printf(plan->arena, "%s", path);
    rc = fg_spot_trace_read(buf.text, buf.len, name, plan->arena,
                            &plan->traces[plan->traces_len], err);
    plan->traces_len += rc == 0;
    return rc;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void close_walk(FTS **walk)
{
    if (*walk)
        fts_close(*walk);
}

static bool is_json(const FTSENT *at)
{
    return at->fts_namelen > 5 && strcmp(at->fts_name + at->fts_namelen - 5, ".json") == 0;
}

/* A file as it is; of a folder all *.json in it and below, in order of their names. */
static int read_path(struct plan *plan, const char *path, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf copy = {};
    fg_buf_printf(&copy, "%s", path);
    char *const roots[] = {copy.text, NULL};
    size_t before = plan->traces_len;
    int rc = 0;
    if (strcmp(path, "-") == 0)
        return read_trace(plan, path, err);
    [[gnu::cleanup(close_walk)]] FTS *walk =
        fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!walk)
        return fg_fail(err, FG_EIO, "%s: cannot be read", path);
    for (FTSENT *at; rc == 0 && (at = fts_read(walk));)
        if (at->fts_info != FTS_D && at->fts_info != FTS_DP
            && (at->fts_level == FTS_ROOTLEVEL || is_json(at)))
            rc = read_trace(plan, at->fts_path, err);
    if (rc == 0 && plan->traces_len == before)
        return fg_fail(err, FG_ENOENT, "%s: no trace (*.json) in it", path);
    return rc;
}

/* Zones of one folder sell the same if their names agree after the zone: us-west-2a_v100_1 and us-east-1c_v100_1. */
static bool are_neighbours(const struct fg_spot_trace *a, const struct fg_spot_trace *b)
{
    const char *slash_a = strrchr(a->name, '/'), *slash_b = strrchr(b->name, '/');
    size_t folder_a = slash_a ? (size_t)(slash_a - a->name) : 0,
           folder_b = slash_b ? (size_t)(slash_b - b->name) : 0;
    const char *what_a = strchr(a->name + folder_a, '_'),
               *what_b = strchr(b->name + folder_b, '_');
    return a->gap_us == b->gap_us && folder_a == folder_b
           && memcmp(a->name, b->name, folder_a) == 0
           && strcmp(what_a ? what_a : "", what_b ? what_b : "") == 0;
}

/* Traces that belong together come together; each of them begins a market unless it belongs to the last one. */
static void group_traces(struct plan *plan, bool has_choice)
{
    struct fg_spot_trace *traces = plan->traces;
    for (size_t i = 0; has_choice && i + 1 < plan->traces_len; i++)
        for (size_t j = i + 2; j < plan->traces_len; j++)
            if (are_neighbours(&traces[i], &traces[j])
                && !are_neighbours(&traces[i], &traces[i + 1])) {
                struct fg_spot_trace moved = traces[j];
                memmove(&traces[i + 2], &traces[i + 1], (j - i - 1) * sizeof(moved));
                traces[i + 1] = moved;
            }
    for (size_t i = 0; i < plan->traces_len; i++) {
        size_t len = plan->sim.study.markets_len;
        struct fg_spot_market *last = len ? &plan->markets[len - 1] : NULL;
        if (has_choice && last && last->zones_len < FG_SPOT_ZONES_MAX
            && are_neighbours(last->zones, &traces[i])) {
            last->zones_len++;
            continue;
        }
        plan->markets[len] = (struct fg_spot_market){traces[i].name, &traces[i], 1};
        plan->sim.study.markets_len++;
    }
}

static int read_traces(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->cli->args;
    int rc = 0;
    plan->arena = fg_arena_new(ARENA_MAX);
    plan->traces = FG_NEW(plan->arena, struct fg_spot_trace, TRACES_MAX);
    plan->markets = FG_NEW(plan->arena, struct fg_spot_market, TRACES_MAX);
    for (size_t i = 0; rc == 0 && i < args->given_len; i++)
        if (strcmp(args->given[i].opt->name, "traces") == 0)
            rc = read_path(plan, args->given[i].value, err);
    if (rc == 0 && plan->traces_len == 0)
        rc = fg_fail(err, FG_EINVAL, "--traces: missing, expected a trace or a folder of them");
    if (rc == 0)
        group_traces(plan, fg_args_has(args, "zones"));
    plan->sim.study.markets = plan->markets;
    return rc;
}

/* -- options -------------------------------------------------------------------------------------------- */

static int add_policy(struct fg_spot_study *study, const char *name, struct fg_err *err)
{
    const struct fg_deadline_policy *policy = fg_deadline_policy_find(name);
    if (policy && study->policies_len < FG_SPOT_POLICIES_MAX) {
        study->policies[study->policies_len++] = policy;
        return 0;
    }
    FG_AUTO(fg_buf) struct fg_buf names = {};
    for (policy = fg_deadline_policies; policy->name; policy++)
        fg_buf_printf(&names, "%s%s", names.len ? ", " : "", policy->name);
    return fg_fail(err, FG_EINVAL, "--policy: `%.40s`, expected some of %s", name, names.text);
}

static int add_slack(struct fg_spot_study *study, const char *text, struct fg_err *err)
{
    char *end;
    unsigned long percent = strtoul(text, &end, 10);
    if (end == text || *end || percent < 1 || percent > 1000
        || study->slacks_len == FG_SPOT_SLACKS_MAX)
        return fg_fail(err, FG_EINVAL, "--slack: `%.20s`, expected up to %d of 1 to 1000 %%",
                       text, FG_SPOT_SLACKS_MAX);
    study->slack_percents[study->slacks_len++] = (uint32_t)percent;
    if (study->like.work_us / 100 * (int64_t)percent < study->like.restart_us)
        return fg_fail(err, FG_EINVAL,
                       "--slack: %lu %% of the work is less than one start, expected more",
                       percent);
    return 0;
}

typedef int add_fn(struct fg_spot_study *study, const char *word, struct fg_err *err);

static int read_list(struct plan *plan,
                     const char *option,
                     const char *otherwise,
                     add_fn *add,
                     struct fg_err *err)
{
    const char *list = fg_args_get(&plan->cli->args, option);
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "%s", list ? list : otherwise);
    char *rest = text.text, *word;
    int rc = 0;
    while (rc == 0 && (word = strsep(&rest, ",")))
        rc = add(&plan->sim.study, word, err);
    return rc;
}

static int read_price(const struct plan *plan,
                      const char *option,
                      int64_t *out,
                      struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, option);
    char *end;
    if (!text)
        return 0;
    double usd = strtod(text, &end);
    if (end == text || *end || !(usd >= 0.0001 && usd <= 1e6))
        return fg_fail(err, FG_EINVAL, "--%s: `%.20s`, expected USD an hour, 0.0001 to 1000000",
                       option, text);
    *out = llround(usd * 1e6);
    return 0;
}

static int read_time(const struct plan *plan,
                     const char *option,
                     int64_t *out,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, option);
    if (!text)
        return 0;
    if (fg_duration_parse(text, out) < 0 || *out < 0 || *out > HOURS_MAX * US_PER_HOUR)
        return fg_fail(err, FG_EINVAL, "--%s: `%.20s`, expected a time up to a year: 12m",
                       option, text);
    return 0;
}

static int read_job(struct plan *plan, int64_t *out_history_us, struct fg_err *err)
{
    struct fg_spot_case *like = &plan->sim.study.like;
    int64_t hours = 0, machines = 0, starts = 0;
    int rc = fg_cli_number(plan->cli, "hours", 1, HOURS_MAX, 48, &hours, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "machines", 1, FG_SPOT_MACHINES_MAX, 1, &machines, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "starts", 1, STARTS_MAX, 20, &starts, err);
    like->work_us = hours * US_PER_HOUR;
    like->machines = (uint32_t)machines;
    plan->sim.study.starts = (uint32_t)starts;
    like->restart_us = US_PER_HOUR / 5;
    like->spot_uusd_per_hour = SPOT_UUSD;
    like->on_demand_uusd_per_hour = ON_DEMAND_UUSD;
    if (rc == 0)
        rc = read_time(plan, "restart", &like->restart_us, err);
    if (rc == 0)
        rc = read_time(plan, "history", out_history_us, err);
    if (rc == 0)
        rc = read_price(plan, "spot-price", &like->spot_uusd_per_hour, err);
    if (rc == 0)
        rc = read_price(plan, "on-demand-price", &like->on_demand_uusd_per_hour, err);
    if (rc == 0 && like->spot_uusd_per_hour > like->on_demand_uusd_per_hour)
        rc = fg_fail(err, FG_EINVAL, "--spot-price: more than on-demand, expected less");
    return rc;
}

static int read_options(struct plan *plan, struct fg_err *err)
{
    int64_t history_us = 0;
    int rc = read_job(plan, &history_us, err);
    if (rc == 0)
        rc = read_list(plan, "policy", "adaptive,uniform,uniform-plain,greedy,on-demand",
                       add_policy, err);
    if (rc == 0)
        rc = read_list(plan, "slack", "10,20,30,40,50,60,70,80,90,100", add_slack, err);
    if (rc == 0)
        rc = read_traces(plan, err);
    if (rc == 0)
        plan->sim.study.like.history = (size_t)(history_us / plan->traces[0].gap_us);
    return rc;
}

/* -- the run -------------------------------------------------------------------------------------------- */

static void show_progress(void *self, size_t done, size_t all)
{
    fg_bar_draw(self, "replay", (double)done / (double)all, "", false);
}

static void run(struct plan *plan)
{
    struct fg_sim_spot *sim = &plan->sim;
    struct fg_bar bar = fg_bar_new(stderr);
    sim->slacks = FG_NEW(plan->arena, struct fg_spot_row, sim->study.slacks_len);
    sim->markets = FG_NEW(plan->arena, struct fg_spot_row, sim->study.markets_len);
    fg_spot_study_run(&sim->study, show_progress, &bar, sim->slacks, sim->markets);
    fg_bar_clear(&bar);
    sim->mean = fg_spot_row_mean(sim->slacks, sim->study.slacks_len);
}

int fg_cmd_sim_spot(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {.cli = cli};
    int rc = read_options(&plan, err);
    if (rc == 0) {
        run(&plan);
        if (fg_args_has(&cli->args, "json"))
            fg_sim_spot_json(&plan.sim, stdout);
        else
            fg_sim_spot_table(&plan.sim, &cli->out, stdout);
    }
    fg_arena_free(plan.arena);
    return rc;
}
