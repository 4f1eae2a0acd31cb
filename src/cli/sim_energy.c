/* sim_energy.c - see sim_energy.h */
#include "cli/sim_energy.h"

#include "cli/human.h"
#include "cli/sim_files.h"
#include "cli/table.h"

#include "energy/carbon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PACK_POINTS                                                                            \
    1000 /* place_energy: waking the hungriest node is as bad as losing a device */

static const struct {
    const char *name;
    bool caps, packs, sleeps, shifts;
} ways[FG_SIM_WAYS] = {
    {"", false, false, false, false},           {" + caps", true, false, false, false},
    {" + packing", false, true, false, false},  {" + sleep", false, false, true, false},
    {" + shifting", false, false, false, true}, {" + all", true, true, true, true}};

static struct fg_sim_case way_of(const struct fg_sim_case *plain, size_t way)
{
    struct fg_sim_case one = *plain;
    snprintf(one.policy.name, sizeof(one.policy.name), "%.100s%s", plain->policy.name,
             ways[way].name);
    one.saving = FG_SIM_SAVING_ALL;
    one.saving.caps = ways[way].caps;
    one.saving.sleeps = ways[way].sleeps;
    one.saving.shifts = ways[way].shifts;
    if (ways[way].packs) {
        one.policy.place = fg_place_policy_find("best");
        one.config.place_energy = PACK_POINTS;
    }
    return one;
}

static int read_model(const char *name, struct fg_energy_model *model, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    if (strcmp(name, "bundled") == 0)
        return fg_energy_model_bundled(model, err);
    int rc = fg_sim_file_read(name, &buf, err);
    return rc < 0 ? rc : fg_energy_model_read(buf.text, buf.len, name, model, err);
}

int fg_sim_energy_cases(struct fg_sim_batch *batch,
                        const char *name,
                        struct fg_energy_model *model,
                        struct fg_err *err)
{
    if (batch->cases_len * FG_SIM_WAYS > FG_SIM_RUNS_MAX)
        return fg_fail(err, FG_EINVAL, "--energy: %zu policies, expected at most %d",
                       batch->cases_len, FG_SIM_RUNS_MAX / FG_SIM_WAYS);
    int rc = read_model(name, model, err);
    if (rc < 0)
        return fg_wrap(err, rc, "--energy");
    for (size_t i = batch->cases_len; i-- > 0;) {
        const struct fg_sim_case plain = batch->cases[i];
        for (size_t way = 0; way < FG_SIM_WAYS; way++)
            batch->cases[i * FG_SIM_WAYS + way] = way_of(&plain, way);
    }
    batch->cases_len *= FG_SIM_WAYS;
    batch->options.energy = model;
    return 0;
}

static double kilowatt_hours(const struct fg_sim_case *one)
{
    return (double)one->result->sums.energy_j / 3.6e6;
}

/* "+2.1 %" of what it is without; "-" for that itself. */
static void add_change(struct fg_table *table, double now, double plain, bool is_plain)
{
    if (is_plain || plain <= 0)
        fg_table_add(table, FG_PLAIN, "-");
    else
        fg_table_addf(table, "%+.1f %%", 100 * (now / plain - 1));
}

void fg_sim_energy_table(const struct fg_sim_batch *batch, const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"POLICY", false, 8},
                                               {"ENERGY", true, 0},
                                               {"", true, 0},
                                               {"CO2", true, 0},
                                               {"", true, 0},
                                               {"COST", true, 0},
                                               {"JCT", true, 0},
                                               {"", true, 0},
                                               {"MISSED", true, 0},
                                               {"SLEPT", true, 0},
                                               {"CAPPED", true, 0},
                                               {"HELD", true, 0},
                                               {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < batch->cases_len; i++) {
        const struct fg_sim_case *one = &batch->cases[i],
                                 *plain = &batch->cases[i / FG_SIM_WAYS * FG_SIM_WAYS];
        double kwh = kilowatt_hours(one);
        char text[FG_HUMAN_MAX];
        fg_table_add(table, FG_BOLD, one->policy.name);
        fg_table_addf(table, "%.0f kWh", kwh);
        add_change(table, kwh, kilowatt_hours(plain), one == plain);
        fg_table_addf(table, "%.0f kg", (double)one->result->sums.co2_g / 1000);
        add_change(table, (double)one->result->sums.co2_g, (double)plain->result->sums.co2_g,
                   one == plain);
        fg_human_money(one->result->sums.power_uusd, text);
        fg_table_add(table, FG_PLAIN, text);
        fg_human_duration((int64_t)one->summary.jct_us.mean, text);
        fg_table_add(table, FG_PLAIN, text);
        add_change(table, one->summary.jct_us.mean, plain->summary.jct_us.mean, one == plain);
        fg_table_addf(table, "%zu", one->summary.deadlines_missed);
        fg_table_addf(table, "%llu", (unsigned long long)one->result->sums.sleeps);
        fg_table_addf(table, "%llu", (unsigned long long)one->result->sums.capped);
        fg_table_addf(table, "%llu", (unsigned long long)one->result->sums.held);
    }
    fg_table_print(table, term, stdout);
}

void fg_sim_energy_json(struct fg_json *json, const struct fg_sim_case *one)
{
    fg_json_key(json, "energy");
    fg_json_object(json);
    fg_json_kv_int(json, "joules", one->result->sums.energy_j);
    fg_json_key(json, "co2_kg");
    fg_json_double(json, (double)one->result->sums.co2_g / 1000);
    fg_json_key(json, "cost_usd");
    fg_json_double(json, round((double)one->result->sums.power_uusd / 1e4) / 100);
    fg_json_kv_int(json, "nodes_slept", (int64_t)one->result->sums.sleeps);
    fg_json_kv_int(json, "attempts_capped", (int64_t)one->result->sums.capped);
    fg_json_kv_int(json, "held", (int64_t)one->result->sums.held);
    fg_json_end(json);
}
