/* sim_print.c - what simulations found: a table, or JSON; see sim_runs.h */
#include "cli/human.h"
#include "cli/sim_energy.h"
#include "cli/sim_runs.h"
#include "cli/table.h"
#include "cli/verb.h"

#include <math.h>

static const char *hours(double us, char out[FG_HUMAN_MAX])
{
    fg_human_duration((int64_t)us, out);
    return out;
}

static void add_time(struct fg_table *table, double us)
{
    char text[FG_HUMAN_MAX];
    fg_table_add(table, FG_PLAIN, hours(us, text));
}

static void add_case(struct fg_table *table, const struct fg_sim_case *one)
{
    const struct fg_sim_summary *summary = &one->summary;
    const struct fg_sim_sums *sums = &one->result->sums;
    char money[FG_HUMAN_MAX];
    fg_human_money(sums->cost_uusd, money);
    fg_table_add(table, FG_BOLD, one->policy.name);
    add_time(table, summary->jct_us.mean);
    add_time(table, summary->jct_us.p50);
    add_time(table, summary->jct_us.p95);
    add_time(table, summary->wait_us.mean);
    add_time(table, summary->wait_us.p95);
    add_time(table, (double)summary->makespan_us);
    fg_table_addf(table, "%.1f %%", 100 * summary->utilisation);
    fg_table_addf(table, "%.3f", summary->jain_projects);
    fg_table_addf(table, "%.2f", summary->rho.mean);
    fg_table_addf(table, "%llu", (unsigned long long)sums->preemptions);
    fg_table_addf(table, "%.0f h", (double)sums->gpu_lost_us / 3.6e9);
    fg_table_add(table, FG_PLAIN, sums->cost_uusd ? money : "-");
    if (sums->energy_j)
        fg_table_addf(table, "%.0f kWh", (double)sums->energy_j / 3.6e6);
    else
        fg_table_add(table, FG_PLAIN, "-");
}

static void print_rest(const struct fg_sim_case *one)
{
    const struct fg_sim_summary *summary = &one->summary;
    if (summary->never || summary->timed_out)
        printf("%s: jobs that never ran to their end: %zu; stopped by their time limit: %zu\n",
               one->policy.name, summary->never, summary->timed_out);
    if (summary->deadlines)
        printf("%s: deadlines missed: %zu of %zu; attempts lost with their node: %llu\n",
               one->policy.name, summary->deadlines_missed, summary->deadlines,
               (unsigned long long)one->result->sums.evictions);
}

void fg_sim_print_table(const struct fg_sim_batch *batch, const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"POLICY", false, 8},  {"JCT", true, 0},       {"P50", true, 0},
        {"P95", true, 0},      {"WAIT", true, 0},      {"P95", true, 0},
        {"MAKESPAN", true, 0}, {"USED", true, 0},      {"JAIN", true, 0},
        {"RHO", true, 0},      {"PREEMPTED", true, 0}, {"LOST", true, 0},
        {"COST", true, 0},     {"ENERGY", true, 0},    {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < batch->cases_len; i++)
        add_case(table, &batch->cases[i]);
    fg_table_print(table, term, stdout);
    for (size_t i = 0; i < batch->cases_len; i++)
        print_rest(&batch->cases[i]);
    if (batch->options.energy)
        fg_sim_energy_table(batch, term);
}

/* -- JSON -------------------------------------------------------------------------------------------- */

static void case_json(struct fg_json *json,
                      const struct fg_sim_case *one,
                      const struct fg_energy_model *energy,
                      const struct fg_sim_print *print)
{
    fg_json_kv(json, "policy", one->policy.name);
    if (one->rounds.policy) {
        fg_json_kv(json, "order", fg_rounds_policy_name(one->rounds.policy));
    } else {
        fg_json_kv(json, "order", one->policy.order->name);
        fg_json_kv(json, "place", one->policy.place->name);
    }
    fg_sim_report_json(json, one->result, &one->summary);
    if (energy)
        fg_sim_energy_json(json, one);
    if (print->series)
        fg_sim_series_json(json, one->result);
    if (!print->timing)
        return;
    fg_json_key(json, "seconds");
    fg_json_double(json, round(one->seconds * 1e3) / 1e3);
}

void fg_sim_print_json(const struct fg_sim_batch *batch,
                       const struct fg_sim_print *print,
                       struct fg_buf *out)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_json_kv(&json, "format", print->format);
    fg_json_kv_int(&json, "seed", (int64_t)print->seed);
    if (print->jobs_per_hour > 0) {
        fg_json_key(&json, "jobs_per_hour");
        fg_json_double(&json, print->jobs_per_hour);
    }
    fg_json_kv_int(&json, "gpus", (int64_t)fg_sim_cluster_gpus(batch->options.cluster));
    if (print->several) {
        fg_json_key(&json, "policies");
        fg_json_array(&json);
    }
    for (size_t i = 0; i < batch->cases_len; i++) {
        if (print->several)
            fg_json_object(&json);
        case_json(&json, &batch->cases[i], batch->options.energy, print);
        if (print->several)
            fg_json_end(&json);
    }
    if (print->several)
        fg_json_end(&json);
    fg_json_end(&json);
    fg_buf_puts(out, "\n");
}

int fg_sim_print(struct fg_cli *cli,
                 const struct fg_sim_batch *batch,
                 struct fg_sim_print *print,
                 struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    const char *html = fg_args_get(&cli->args, "html");
    int rc = html ? fg_sim_html(batch, html, err) : 0;
    if (rc < 0)
        return rc;
    if (!fg_args_has(&cli->args, "json")) {
        fg_sim_print_table(batch, &cli->out);
        return 0;
    }
    print->series = fg_args_has(&cli->args, "series");
    print->timing = !fg_args_has(&cli->args, "no-timing");
    fg_sim_print_json(batch, print, &out);
    fputs(out.text, stdout);
    return 0;
}
