/* sim_spot.c - figures of jobs with deadlines on spot, as a table or as JSON. */
#include "cli/sim_spot.h"

#include "cli/human.h"
#include "cli/table.h"

#include "base/json_write.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* The number of the policy in the study, or policies_len. */
static size_t place_of(const struct fg_spot_study *study, const char *name)
{
    size_t at = 0;
    while (at < study->policies_len && strcmp(study->policies[at]->name, name) != 0)
        at++;
    return at;
}

static size_t late_of(const struct fg_spot_study *study, const struct fg_spot_row *row)
{
    size_t late = 0;
    for (size_t p = 0; p < study->policies_len; p++)
        late += row->policies[p].late;
    return late;
}

/* Cost of the study's first policy over that of Uniform Progress; NAN if that was not run. */
static double to_uniform(const struct fg_spot_study *study,
                         const struct fg_spot_row *row,
                         size_t policy)
{
    size_t uniform = place_of(study, "uniform");
    return uniform < study->policies_len
               ? row->policies[policy].cost / row->policies[uniform].cost
               : NAN;
}

/* -- table ----------------------------------------------------------------------------------------------- */

static void add_row(struct fg_table *table,
                    const struct fg_spot_study *study,
                    const struct fg_spot_row *row)
{
    for (size_t p = 0; p < study->policies_len; p++)
        fg_table_addf(table, "%.1f", 100 * row->policies[p].cost);
    fg_table_addf(table, "%.1f", 100 * row->clairvoyant);
    fg_table_addf(table, "%zu", late_of(study, row));
    fg_table_addf(table, "%.1f", row->policies[0].starts);
    double ratio = to_uniform(study, row, 0);
    if (isnan(ratio))
        fg_table_add(table, FG_PLAIN, NULL);
    else
        fg_table_addf(table, "%+.1f %%", 100 * ratio - 100);
}

static void print_head(const struct fg_spot_study *study, FILE *out)
{
    const struct fg_spot_case *like = &study->like;
    size_t zones = 0;
    char work[FG_HUMAN_MAX], restart[FG_HUMAN_MAX];
    for (size_t i = 0; i < study->markets_len; i++)
        zones += study->markets[i].zones_len;
    fg_human_duration(like->work_us, work);
    fg_human_duration(like->restart_us, restart);
    fprintf(out,
            "Cost in %% of on-demand only, by slack: means over %zu jobs of %s of work each, a "
            "start takes %s.\n%zu zones in %zu markets; spot at %.4g USD an hour, on-demand at "
            "%.4g.\n",
            study->markets_len * study->starts, work, restart, zones, study->markets_len,
            (double)like->spot_uusd_per_hour / 1e6,
            (double)like->on_demand_uusd_per_hour / 1e6);
}

void fg_sim_spot_table(const struct fg_sim_spot *sim, const struct fg_term *term, FILE *out)
{
    const struct fg_spot_study *study = &sim->study;
    char titles[FG_SPOT_POLICIES_MAX][24] = {};
    struct fg_column columns[FG_SPOT_POLICIES_MAX + 6] = {{"SLACK", true, 0}};
    size_t len = 1;
    for (size_t p = 0; p < study->policies_len; p++) {
        for (size_t i = 0; i + 1 < sizeof(titles[p]) && study->policies[p]->name[i]; i++)
            titles[p][i] = (char)toupper((unsigned char)study->policies[p]->name[i]);
        columns[len++] = (struct fg_column){titles[p], true, 0};
    }
    columns[len++] = (struct fg_column){"CLAIRVOYANT", true, 0};
    columns[len++] = (struct fg_column){"LATE", true, 0};
    columns[len++] = (struct fg_column){"STARTS", true, 0};
    columns[len++] = (struct fg_column){"TO UNIFORM", true, 0};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t s = 0; s < study->slacks_len; s++) {
        fg_table_addf(table, "%u %%", study->slack_percents[s]);
        add_row(table, study, &sim->slacks[s]);
    }
    fg_table_add(table, FG_BOLD, "mean");
    add_row(table, study, &sim->mean);
    print_head(study, out);
    fg_table_print(table, term, out);
    fprintf(
        out,
        "LATE: deadlines missed, of all policies. STARTS and TO UNIFORM: of %s. CLAIRVOYANT: "
        "nobody can pay less.\n",
        study->policies[0]->name);
}

/* -- JSON -------------------------------------------------------------------------------------------------- */

static void number(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, isnan(value) ? value : round(value * 1e5) / 1e5);
}

static void row_json(struct fg_json *json,
                     const struct fg_spot_study *study,
                     const struct fg_spot_row *row)
{
    fg_json_kv_int(json, "jobs", (int64_t)row->policies[0].jobs);
    fg_json_kv_int(json, "late", (int64_t)late_of(study, row));
    number(json, "clairvoyant_to_on_demand", row->clairvoyant);
    fg_json_key(json, "policies");
    fg_json_array(json);
    for (size_t p = 0; p < study->policies_len; p++) {
        const struct fg_spot_figures *at = &row->policies[p];
        fg_json_object(json);
        fg_json_kv(json, "policy", study->policies[p]->name);
        number(json, "cost_to_on_demand", at->cost);
        number(json, "cost_to_uniform", to_uniform(study, row, p));
        number(json, "spot_hours", at->spot_hours);
        number(json, "on_demand_hours", at->on_demand_hours);
        number(json, "wait_hours", at->wait_hours);
        number(json, "starts", at->starts);
        number(json, "losses", at->losses);
        fg_json_kv_int(json, "late", (int64_t)at->late);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void head_json(struct fg_json *json, const struct fg_spot_study *study)
{
    const struct fg_spot_case *like = &study->like;
    number(json, "work_hours", (double)like->work_us / 3.6e9);
    number(json, "restart_s", (double)like->restart_us / 1e6);
    number(json, "spot_usd_per_hour", (double)like->spot_uusd_per_hour / 1e6);
    number(json, "on_demand_usd_per_hour", (double)like->on_demand_uusd_per_hour / 1e6);
    fg_json_kv_int(json, "machines", like->machines);
}

void fg_sim_spot_json(const struct fg_sim_spot *sim, FILE *out)
{
    const struct fg_spot_study *study = &sim->study;
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    head_json(&json, study);
    row_json(&json, study, &sim->mean);
    fg_json_key(&json, "slacks");
    fg_json_array(&json);
    for (size_t s = 0; s < study->slacks_len; s++) {
        fg_json_object(&json);
        fg_json_kv_int(&json, "slack_percent", study->slack_percents[s]);
        row_json(&json, study, &sim->slacks[s]);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_json_key(&json, "markets");
    fg_json_array(&json);
    for (size_t m = 0; m < study->markets_len; m++) {
        fg_json_object(&json);
        fg_json_kv(&json, "name", study->markets[m].name);
        fg_json_kv_int(&json, "zones", study->markets[m].zones_len);
        row_json(&json, study, &sim->markets[m]);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_json_end(&json);
    fg_buf_printf(&buf, "\n");
    fputs(buf.text, out);
}
