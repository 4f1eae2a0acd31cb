/* tune_print.c - see tune_print.h */
#include "cli/tune_print.h"

#include "base/json_write.h"
#include "cli/table.h"

#include <math.h>

static const char *const verdicts[] = {[FG_TUNE_BETTER] = "better",
                                       [FG_TUNE_NOTHING] = "nothing",
                                       [FG_TUNE_UNSURE] = "unsure",
                                       [FG_TUNE_BROKEN] = "breaks_bound",
                                       [FG_TUNE_FEW] = "few_days"};

/* -- for eyes ----------------------------------------------------------------------------------------------- */

static void add_change(struct fg_table *table, const struct fg_change *change)
{
    if (change->now == 0 && change->then == 0) {
        fg_table_add(table, FG_PLAIN, NULL);
        return;
    }
    fg_table_addf(table, "%+.1f (%+.1f..%+.1f)", change->change * 100, change->low * 100,
                  change->high * 100);
}

static void add_candidate(struct fg_table *table,
                          const struct fg_tune_candidate *candidate,
                          size_t at)
{
    static const enum fg_metric shown[] = {FG_METRIC_jct_mean_s, FG_METRIC_wait_mean_s,
                                           FG_METRIC_idle_share, FG_METRIC_unfairness,
                                           FG_METRIC_cost_usd,   FG_METRIC_energy_kwh};
    fg_table_add(table, at == 1 ? FG_BOLD : FG_PLAIN,
                 at == 0 ? "(as it is)" : candidate->changes);
    fg_table_addf(table, "%+.1f", candidate->trained.change * 100);
    add_change(table, &candidate->objective);
    fg_table_addf(table, "%zu/%zu", candidate->objective.worse_days, candidate->objective.days);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        add_change(table, &candidate->of[shown[i]]);
}

static void print_table(struct fg_cli *cli,
                        const struct fg_tune_options *options,
                        const struct fg_tune_answer *answer)
{
    static const struct fg_column columns[] = {
        {"POLICY", false, 20},
        {"SEARCH", true, 0},
        {"HELD BACK", true, 0},
        {"WORSE", true, 0},
        {"JCT", true, 0},
        {"WAIT", true, 0},
        {"IDLE", true, 0},
        {"UNFAIR", true, 0},
        {"COST", true, 0},
        {"ENERGY", true, 0},
        {},
    };
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < answer->candidates_len; i++)
        add_candidate(table, &answer->candidates[i], i);
    fg_table_print(table, &cli->out, stdout);
    printf("changes in %% against the policy that runs, with 95 %% intervals, on %zu held-back "
           "days; SEARCH: of %s, on the %zu days before\n\n",
           options->held_days, options->objective.text, options->train_days);
    if (!answer->body) {
        printf("%zu policies were tried; none is worth a change.\n", answer->scored);
        return;
    }
    printf("%s\n", answer->body->text);
    for (size_t i = 0; i < answer->body->changes_len; i++) {
        const struct fg_knob_change *change = &answer->body->changes[i];
        printf("  %s: %s -> %s (%s)\n", change->setting, change->from, change->to, change->why);
    }
}

/* -- for programs --------------------------------------------------------------------------------------------- */

static void write_change(struct fg_json *json, const struct fg_change *change)
{
    const struct {
        const char *key;
        double value;
    } members[] = {{"now", change->now},
                   {"then", change->then},
                   {"change", change->change},
                   {"low", change->low},
                   {"high", change->high}};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        fg_json_key(json, members[i].key);
        fg_json_double(json, members[i].value);
    }
    fg_json_kv_int(json, "worse_days", (int64_t)change->worse_days);
}

static void write_candidate(struct fg_json *json, const struct fg_tune_candidate *candidate)
{
    fg_json_object(json);
    fg_json_kv(json, "changes", candidate->changes);
    fg_json_key(json, "search");
    fg_json_object(json);
    write_change(json, &candidate->trained);
    fg_json_end(json);
    fg_json_key(json, "held_back");
    fg_json_object(json);
    write_change(json, &candidate->objective);
    fg_json_end(json);
    fg_json_key(json, "metrics");
    fg_json_array(json);
    for (int metric = 0; metric < FG_METRICS; metric++) {
        fg_json_object(json);
        fg_json_kv(json, "metric", fg_metric_name((enum fg_metric)metric));
        write_change(json, &candidate->of[metric]);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
}

static void print_json(const struct fg_tune_options *options,
                       const struct fg_tune_answer *answer)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_json_kv(&json, "verdict", verdicts[answer->verdict]);
    fg_json_kv(&json, "objective", options->objective.text);
    fg_json_kv_int(&json, "policies", (int64_t)answer->scored);
    fg_json_kv_int(&json, "search_days", (int64_t)options->train_days);
    fg_json_kv_int(&json, "held_back_days", (int64_t)options->held_days);
    fg_json_key(&json, "candidates");
    fg_json_array(&json);
    for (size_t i = 0; i < answer->candidates_len; i++)
        write_candidate(&json, &answer->candidates[i]);
    fg_json_end(&json);
    fg_json_key(&json, "proposal");
    if (answer->body) {
        fg_json_object(&json);
        fg_proposal_write(&json, answer->body);
        fg_json_end(&json);
    } else {
        fg_json_null(&json);
    }
    fg_json_end(&json);
    printf("%s\n", text.text);
}

void fg_tune_print(struct fg_cli *cli,
                   const struct fg_tune_options *options,
                   const struct fg_tune_answer *answer)
{
    if (fg_args_has(&cli->args, "json"))
        print_json(options, answer);
    else
        print_table(cli, options, answer);
}
