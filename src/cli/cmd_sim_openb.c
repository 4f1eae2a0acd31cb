/* cmd_sim_openb.c - fastgpu sim openb: how full does a placement policy make a cluster? */
#include "cli/sim_files.h"
#include "cli/table.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "sim/openb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_sim_openb[] = {
    {"nodes", 'n', "FILE", "the cluster: CSV of the openb trace", "file"},
    {"pods", 'p', "FILE", "the workload: CSV of the openb trace", "file"},
    {"sequence", 's', "FILE", "the order of arrival; may be given several times", "file"},
    {"policy", 'P', "LIST", "placement policies: fgd,best (best)", NULL},
    {"copies", 0, "N", "the cluster N times over (1)", NULL},
    {"seed", 0, "N", "of the policy random, and of the order of arrival without --sequence (1)",
     NULL},
    {"no-figures", 0, NULL, "decisions only: how fast are they?", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_sim_openb;

static const size_t loads[] = {80, 90, 95, 100, 110, 120, 130};
#define LOADS_LEN (sizeof(loads) / sizeof(loads[0]))

/* What one policy came to, as means over the sequences. */
struct outcome {
    const struct fg_place_policy *policy;
    double allocation[LOADS_LEN], frag_ratio[LOADS_LEN];
    size_t decisions, placed;
    double seconds;
};

struct plan {
    struct fg_cli *cli;
    struct fg_openb *openb;
    struct fg_openb_sequence *sequences;
    size_t sequences_len;
    struct outcome outcomes[16];
    size_t outcomes_len;
    int64_t seed;
};

/* -- files ---------------------------------------------------------------------------------------------- */

static int read_file(const char *path,
                     const char *option,
                     struct fg_buf *out,
                     struct fg_err *err)
{
    if (!path)
        return fg_fail(err, FG_EINVAL, "--%s: missing, expected a file", option);
    return fg_sim_file_read(path, out, err);
}

static int read_trace(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf nodes = {};
    FG_AUTO(fg_buf) struct fg_buf pods = {};
    const char *nodes_path = fg_args_get(&plan->cli->args, "nodes");
    const char *pods_path = fg_args_get(&plan->cli->args, "pods");
    int64_t copies;
    int rc = fg_cli_number(plan->cli, "copies", 1, FG_NODES_MAX, 1, &copies, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "seed", 0, INT64_MAX, 1, &plan->seed, err);
    if (rc == 0)
        rc = read_file(nodes_path, "nodes", &nodes, err);
    if (rc == 0)
        rc = read_file(pods_path, "pods", &pods, err);
    if (rc < 0)
        return rc;
    return fg_openb_read(&(struct fg_openb_file){nodes_path, nodes.text, nodes.len},
                         &(struct fg_openb_file){pods_path, pods.text, pods.len},
                         (size_t)copies, &plan->openb, err);
}

static int read_sequence(struct plan *plan, const char *path, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    int rc = fg_sim_file_read(path, &buf, err);
    if (rc < 0)
        return rc;
    struct fg_openb_file file = {path, buf.text, buf.len};
    return fg_openb_read_sequence(plan->openb, &file, &plan->sequences[plan->sequences_len++],
                                  err);
}

static int read_sequences(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->cli->args;
    int rc = 0;
    plan->sequences = calloc(args->given_len + 1, sizeof(plan->sequences[0]));
    if (!plan->sequences)
        return fg_fail(err, FG_ENOMEM, "no memory for the sequences");
    for (size_t i = 0; rc == 0 && i < args->given_len; i++)
        if (strcmp(args->given[i].opt->name, "sequence") == 0)
            rc = read_sequence(plan, args->given[i].value, err);
    if (rc == 0 && plan->sequences_len == 0)
        fg_openb_make_sequence(plan->openb, (uint64_t)plan->seed,
                               &plan->sequences[plan->sequences_len++]);
    return rc;
}

/* -- replays ---------------------------------------------------------------------------------------------- */

static int add_policy(struct plan *plan, const char *name, struct fg_err *err)
{
    const struct fg_place_policy *policy = fg_place_policy_find(name);
    if (policy && plan->outcomes_len < sizeof(plan->outcomes) / sizeof(plan->outcomes[0])) {
        plan->outcomes[plan->outcomes_len++].policy = policy;
        return 0;
    }
    FG_AUTO(fg_buf) struct fg_buf names = {};
    for (size_t i = 0; fg_place_policies[i]; i++)
        fg_buf_printf(&names, "%s%s", i ? ", " : "", fg_place_policies[i]->name);
    return fg_fail(err, FG_EINVAL, "--policy: `%.40s`, expected some of %s", name, names.text);
}

static int read_policies(struct plan *plan, struct fg_err *err)
{
    const char *list = fg_args_get(&plan->cli->args, "policy");
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "%s", list ? list : "best");
    char *rest = text.text, *word;
    int rc = 0;
    while (rc == 0 && (word = strsep(&rest, ",")))
        rc = add_policy(plan, word, err);
    return rc;
}

static void replay_one(struct plan *plan, struct outcome *outcome, size_t i)
{
    bool measured = !fg_args_has(&plan->cli->args, "no-figures");
    struct fg_openb_result result;
    FG_AUTO(fg_openb_replay)
    struct fg_openb_replay *replay = fg_openb_replay_new(
        plan->openb, &plan->sequences[i], outcome->policy, (uint64_t)plan->seed + i);
    const struct fg_clock *clock = fg_clock_system();
    int64_t start_us = clock->mono_us(clock->self);
    fg_openb_replay_run(replay, measured, &result);
    outcome->seconds += (double)(clock->mono_us(clock->self) - start_us) / 1e6;
    outcome->decisions += result.decisions;
    outcome->placed += result.placed;
    for (size_t load = 0; load < LOADS_LEN; load++) {
        outcome->allocation[load] +=
            result.allocation[loads[load]] / (double)plan->sequences_len;
        outcome->frag_ratio[load] +=
            result.frag_ratio[loads[load]] / (double)plan->sequences_len;
    }
}

/* -- printing ----------------------------------------------------------------------------------------------- */

static double rate(const struct outcome *outcome)
{
    return outcome->seconds > 0 ? (double)outcome->decisions / outcome->seconds : 0;
}

static void by_load_json(struct fg_json *json, const char *key, const double *values)
{
    fg_json_key(json, key);
    fg_json_object(json);
    for (size_t i = 0; i < LOADS_LEN; i++) {
        char load[8];
        snprintf(load, sizeof(load), "%zu", loads[i]);
        fg_json_key(json, load);
        if (isnan(values[i]))
            fg_json_null(json);
        else
            fg_json_double(json, round(values[i] * 1e4) / 1e4);
    }
    fg_json_end(json);
}

static void outcome_json(struct plan *plan, struct fg_json *json, const struct outcome *outcome)
{
    fg_json_object(json);
    fg_json_kv(json, "policy", outcome->policy->name);
    if (!fg_args_has(&plan->cli->args, "no-figures")) {
        by_load_json(json, "allocation", outcome->allocation);
        by_load_json(json, "frag_ratio", outcome->frag_ratio);
    }
    fg_json_kv_int(json, "sequences", (int64_t)plan->sequences_len);
    fg_json_kv_int(json, "nodes", (int64_t)fg_openb_nodes(plan->openb));
    fg_json_kv_int(json, "gpus", fg_openb_gpu_milli(plan->openb) / 1000);
    fg_json_kv_int(json, "decisions", (int64_t)outcome->decisions);
    fg_json_kv_int(json, "placed", (int64_t)outcome->placed);
    fg_json_kv_int(json, "decisions_per_s", (int64_t)rate(outcome));
    fg_json_key(json, "seconds");
    fg_json_double(json, outcome->seconds);
    fg_json_end(json);
}

/* One object for one policy; an array for several. */
static void print_json(struct plan *plan)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    if (plan->outcomes_len != 1)
        fg_json_array(&json);
    for (size_t i = 0; i < plan->outcomes_len; i++)
        outcome_json(plan, &json, &plan->outcomes[i]);
    if (plan->outcomes_len != 1)
        fg_json_end(&json);
    fg_buf_printf(&out, "\n");
    fputs(out.text, stdout);
}

static void print_table(struct plan *plan)
{
    static const struct fg_column columns[] = {
        {"POLICY", false, 8}, {"80 %", true, 0},        {"90 %", true, 0},
        {"95 %", true, 0},    {"100 %", true, 0},       {"110 %", true, 0},
        {"120 %", true, 0},   {"130 %", true, 0},       {"UNUSABLE", true, 0},
        {"PLACED", true, 0},  {"DECISIONS/S", true, 0}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < plan->outcomes_len; i++) {
        const struct outcome *outcome = &plan->outcomes[i];
        fg_table_add(table, FG_BOLD, outcome->policy->name);
        for (size_t load = 0; load < LOADS_LEN; load++)
            fg_table_addf(table, "%.2f", outcome->allocation[load]);
        fg_table_addf(table, "%.1f %%", outcome->frag_ratio[1]);
        fg_table_addf(table, "%.2f %%",
                      100.0 * (double)outcome->placed / (double)outcome->decisions);
        fg_table_addf(table, "%.0f", rate(outcome));
    }
    printf("Accelerators given away, in %% of %lld, at the arrived load; unusable of the idle "
           "ones at "
           "90 %%.\nMeans over %zu sequence%s.\n",
           (long long)(fg_openb_gpu_milli(plan->openb) / 1000), plan->sequences_len,
           plan->sequences_len == 1 ? "" : "s");
    fg_table_print(table, &plan->cli->out, stdout);
}

int fg_cmd_sim_openb(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {.cli = cli};
    int rc = read_policies(&plan, err);
    if (rc == 0)
        rc = read_trace(&plan, err);
    if (rc == 0)
        rc = read_sequences(&plan, err);
    for (size_t i = 0; rc == 0 && i < plan.outcomes_len; i++)
        for (size_t j = 0; j < plan.sequences_len; j++)
            replay_one(&plan, &plan.outcomes[i], j);
    if (rc == 0 && fg_args_has(&cli->args, "json"))
        print_json(&plan);
    else if (rc == 0)
        print_table(&plan);
    for (size_t i = 0; i < plan.sequences_len; i++)
        fg_openb_sequence_fini(&plan.sequences[i]);
    free(plan.sequences);
    fg_openb_free(plan.openb);
    return rc;
}
