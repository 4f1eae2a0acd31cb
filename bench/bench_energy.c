/* bench_energy.c - what deciding about power saves.
 *
 *     caps      on the tables of Zeus (NSDI'23), folder argv[1]/energy: three caps tried by the search, then the best one; against the best
 *               of all caps, at a slowdown of 5 % at most
 *     budget    70 % of the power of 64 devices, each with a job of a table, shared out by curves that were learned by such searches;
 *               against the same cap for all
 *     month     30 days of the Philly jobs through the simulator (argv[1]/traces) on a pool that they keep busy to 0.6: nothing, each
 *               lever alone, all together; and nothing against all at other loads
 *
 * The watts of the month are a model: src/sim/energy_model.yaml, docs/energy.md.
 */
#include "bench/bench.h"
#include "energy/budget.h"
#include "energy/cap.h"
#include "sim/read.h"
#include "sim/report.h"
#include "sim/sim.h"

#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPS_MAX    16
#define CONFIGS_MAX 128
#define SLOWER      50 /* thousandths */

/* One configuration of a table: what it did at each cap, rising. */
struct config {
    char key[128];
    int64_t cap_mw[CAPS_MAX];
    double seconds[CAPS_MAX], watts[CAPS_MAX];
    size_t len;
};

struct table {
    struct config configs[CONFIGS_MAX];
    size_t len;
};

/* -- the tables ------------------------------------------------------------------------------------------- */

static struct config *config_of(struct table *table, const char *key)
{
    for (size_t i = 0; i < table->len; i++)
        if (strcmp(table->configs[i].key, key) == 0)
            return &table->configs[i];
    if (table->len == CONFIGS_MAX)
        bench_die("more than %d configurations", CONFIGS_MAX);
    struct config *config = &table->configs[table->len++];
    config->len = 0;
    snprintf(config->key, sizeof(config->key), "%s", key);
    return config;
}

static void add_row(struct config *config, double cap_w, double seconds, double watts)
{
    int64_t cap_mw = (int64_t)(cap_w * 1000);
    size_t at = 0;
    while (at < config->len && config->cap_mw[at] != cap_mw)
        at++;
    if (at == CAPS_MAX)
        bench_die("more than %d caps", CAPS_MAX);
    config->len += at == config->len; /* the last of several rows of one cap counts */
    for (; at > 0 && config->cap_mw[at - 1] > cap_mw; at--) {
        config->cap_mw[at] = config->cap_mw[at - 1];
        config->seconds[at] = config->seconds[at - 1];
        config->watts[at] = config->watts[at - 1];
    }
    config->cap_mw[at] = cap_mw;
    config->seconds[at] = seconds;
    config->watts[at] = watts;
}

/* dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power */
static bool read_table(const char *folder, const char *name, struct table *out)
{
    char path[512], line[512];
    snprintf(path, sizeof(path), "%s/energy/summary_power_%s.csv", folder, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    out->len = 0;
    for (bool is_head = true; fgets(line, sizeof(line), file); is_head = false) {
        size_t key_len = 0;
        for (int commas = 0; line[key_len] && (commas += line[key_len] == ',') < 4;)
            key_len++;
        double cap_w, seconds, watts;
        if (!is_head && sscanf(line + key_len, ",%lf,%lf,%lf", &cap_w, &seconds, &watts) == 3) {
            line[key_len] = '\0';
            add_row(config_of(out, line), cap_w, seconds, watts);
        }
    }
    fclose(file);
    return true;
}

/* What it does at a cap of the table, or between two. */
static double rate_at(const struct config *config, int64_t cap_mw)
{
    size_t i = 1;
    while (i + 1 < config->len && config->cap_mw[i] < cap_mw)
        i++;
    double part = (double)(cap_mw - config->cap_mw[i - 1])
                  / (double)(config->cap_mw[i] - config->cap_mw[i - 1]);
    double low = 1 / config->seconds[i - 1], high = 1 / config->seconds[i];
    return low + part * (high - low);
}

static size_t cap_index(const struct config *config, int64_t cap_mw)
{
    size_t i = 0;
    while (i + 1 < config->len && config->cap_mw[i] < cap_mw)
        i++;
    return i;
}

/* -- caps --------------------------------------------------------------------------------------------------- */

/* Energy and slowdown at row i, against no cap. */
static double saved_at(const struct config *config, size_t i)
{
    size_t full = config->len - 1;
    return 1
           - config->seconds[i] * config->watts[i]
                 / (config->seconds[full] * config->watts[full]);
}

static double slower_at(const struct config *config, size_t i)
{
    return config->seconds[i] / config->seconds[config->len - 1] - 1;
}

static double best_saving(const struct config *config)
{
    double best = 0;
    for (size_t i = 0; i < config->len; i++)
        if (slower_at(config, i) <= SLOWER / 1e3)
            best = fmax(best, saved_at(config, i));
    return best;
}

/* As a service would: full power, then what the search asks for; returns how many caps below full power it tried. */
static size_t search(const struct config *config, struct fg_curve *curve)
{
    size_t tried = 0;
    const struct fg_cap_range range = {.min_mw = config->cap_mw[0],
                                       .max_mw = config->cap_mw[config->len - 1],
                                       .step_mw = config->cap_mw[1] - config->cap_mw[0]};
    fg_curve_init(curve, &range);
    for (int64_t cap; (cap = fg_curve_next_probe(curve, SLOWER)) != 0;) {
        size_t i = cap_index(config, cap);
        fg_curve_note(curve, cap, config->watts[i] * 1000, 1 / config->seconds[i], 30);
        tried += cap < range.max_mw;
    }
    return tried;
}

static void caps(const char *name, const struct table *table)
{
    double found = 0, best = 0, tried = 0, slowest = 0;
    for (size_t k = 0; k < table->len; k++) {
        const struct config *config = &table->configs[k];
        struct fg_curve curve;
        struct fg_cap_terms terms = FG_CAP_TERMS_DEFAULT;
        terms.slowdown_milli = SLOWER;
        tried += (double)search(config, &curve);
        struct fg_cap_choice choice =
            fg_cap_choose(&curve, &terms, &(struct fg_cap_job){.due_us = INT64_MAX});
        size_t i = cap_index(config, choice.cap_mw);
        found += saved_at(config, i);
        slowest = fmax(slowest, slower_at(config, i));
        best += best_saving(config);
    }
    double len = (double)table->len;
    char line[96];
    snprintf(line, sizeof(line), "energy saved by caps, %s", name);
    bench_line(line, 100 * found / len, "%", BENCH_MORE, 100 * best / len - 1,
               "the best of all caps", 100 * best / len);
    printf("# %s: %zu configurations, %.1f caps tried below full power, slowest choice %.1f %% "
           "slower\n",
           name, table->len, tried / len, 100 * slowest);
}

/* -- a budget ---------------------------------------------------------------------------------------------------- */

#define DEVICES      64
#define BUDGET_MILLI 700
#define FINE_MW      5000 /* devices can be set by five watts */

static double work_at(const struct config *config, int64_t cap_mw)
{
    return rate_at(config, cap_mw) / rate_at(config, config->cap_mw[config->len - 1]);
}

static void budget(const char *name, const struct table *table)
{
    static struct fg_budget_item items[DEVICES];
    struct fg_budget_answer answer;
    struct fg_err err = {};
    int64_t caps_mw[DEVICES], most_mw = table->configs[0].cap_mw[table->configs[0].len - 1];
    double ours = 0, uniform = 0;
    for (size_t i = 0; i < DEVICES; i++) {
        struct fg_curve curve;
        (void)search(&table->configs[i * 7 % table->len], &curve);
        curve.range.step_mw = FINE_MW;
        fg_budget_item_init(&items[i], &curve, 1, 1000);
    }
    if (fg_budget_share(items, DEVICES, DEVICES * most_mw * BUDGET_MILLI / 1000, caps_mw,
                        &answer, &err)
        < 0)
        bench_die("%s", err.text);
    int64_t same_mw = most_mw * BUDGET_MILLI / 1000 / FINE_MW * FINE_MW;
    for (size_t i = 0; i < DEVICES; i++) {
        const struct config *config = &table->configs[i * 7 % table->len];
        ours += work_at(config, caps_mw[i]) / DEVICES;
        uniform += work_at(config, same_mw) / DEVICES;
    }
    char line[96];
    snprintf(line, sizeof(line), "work under 70 %% of the power, %s", name);
    bench_line(line, 100 * ours, "%", BENCH_MORE, 100 * uniform, "one cap for all",
               100 * uniform);
}

/* -- a month --------------------------------------------------------------------------------------------------------- */

#define MAIN_LOAD 60 /* percent */
#define DAY_US    86'400'000'000LL

/* The list is sparse at first and thin at its end: these days are even. */
#define FIRST_DAY  20
#define WARM_DAYS  5
#define MONTH_DAYS 30

/* Jobs of WARM_DAYS to fill the pool, and of the month after. */
static bool read_month(const char *folder, struct fg_sim_trace *trace)
{
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    struct fg_err err = {};
    char path[512];
    snprintf(path, sizeof(path), "%s/traces/philly_jobs_82k.csv.xz", folder);
    if (!bench_read_packed(path, &csv))
        return false;
    const struct fg_sim_reading reading = {
        .format = "philly", .file_name = path, .per_node = 8, .kind = "v100"};
    if (fg_sim_read(&reading, csv.text, csv.len, trace, &err) < 0)
        bench_die("%s", err.text);
    size_t len = 0;
    for (size_t i = 0; i < trace->jobs_len; i++) {
        int64_t at_us = trace->jobs[i].submit_us - FIRST_DAY * DAY_US;
        if (at_us < 0 || at_us >= (WARM_DAYS + MONTH_DAYS) * DAY_US)
            continue;
        trace->jobs[len] = trace->jobs[i];
        trace->jobs[len++].submit_us = at_us;
    }
    trace->jobs_len = len;
    return true;
}

/* Devices that these jobs keep busy, if nobody waits. */
static double demand(const struct fg_sim_trace *trace)
{
    double sum = 0;
    for (size_t i = 0; i < trace->jobs_len; i++) {
        const struct fg_sim_job *job = &trace->jobs[i];
        sum += (double)job->duration_us * job->tasks * trace->requests[job->request].count;
    }
    return sum / (double)((WARM_DAYS + MONTH_DAYS) * DAY_US);
}

/* How much of a stretch lies in the month. */
static double in_month(int64_t from_us, int64_t to_us)
{
    double from = fmax((double)from_us, (double)(WARM_DAYS * DAY_US));
    double to = fmin((double)to_us, (double)((WARM_DAYS + MONTH_DAYS) * DAY_US));
    return to > from ? to - from : 0;
}

struct lever {
    const char *name, *place;
    int32_t place_energy;
    bool caps, sleeps;
};

struct outcome {
    double
        wh_per_work; /* energy of the month for an hour of work of one device, all machines counted */
    double jct_h; /* of jobs that came in it */
    size_t missed;
    struct fg_sim_result *result;
};

/* The tail, in which the last long jobs run on an empty pool, is no part of the month; and as what a slower job does later
 * is left to do, energy is for work done. */
static void measure(const struct fg_sim_trace *trace, struct outcome *out)
{
    const struct fg_sim_result *result = out->result;
    double energy_wh = 0, work_h = 0, jct_h = 0, jobs = 0;
    for (size_t i = 0; i < result->samples_len; i++) {
        const struct fg_sim_sample *sample = &result->samples[i];
        energy_wh +=
            sample->watts * in_month(sample->at_us, sample->at_us + result->step_us) / 3.6e9;
    }
    for (size_t i = 0; i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        double part = in_month(job->start_us, job->end_us)
                      / (double)(job->end_us > job->start_us ? job->end_us - job->start_us : 1);
        work_h += part * (double)trace->jobs[i].duration_us / 3.6e9 * job->gpu_milli / 1000;
        if (in_month(job->submit_us, job->submit_us + 1) > 0) {
            jct_h += (double)(job->end_us - job->submit_us) / 3.6e9;
            jobs++;
        }
    }
    out->wh_per_work = energy_wh / work_h;
    out->jct_h = jct_h / jobs;
}

static struct outcome play(const struct fg_sim_trace *trace,
                           const struct fg_sim_cluster *cluster,
                           const struct fg_energy_model *model,
                           const struct lever *lever)
{
    struct fg_config config;
    struct fg_err err = {};
    struct fg_sim_result *result = NULL;
    struct fg_sim_summary summary;
    fg_config_defaults(&config);
    config.place_energy = lever->place_energy;
    struct fg_sim_options options = {.config = &config,
                                     .trace = trace,
                                     .cluster = cluster,
                                     .energy = model,
                                     .saving = FG_SIM_SAVING_ALL,
                                     .order = fg_job_order_find("priority"),
                                     .place = fg_place_policy_find(lever->place),
                                     .limit_milli = 2000,
                                     .estimate_milli = 1500,
                                     .tick_us = 60'000'000,
                                     .seed = 1};
    options.saving.caps = lever->caps;
    options.saving.sleeps = lever->sleeps;
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    struct outcome out = {.missed = summary.deadlines_missed, .result = result};
    measure(trace, &out);
    fg_sim_summary_free(&summary);
    return out;
}

/* Each tenth job is due when it was done without control, and a fifth of its time or ten minutes later, whichever is more. */
static void set_deadlines(struct fg_sim_trace *trace, const struct fg_sim_result *result)
{
    for (size_t i = 0; i < trace->jobs_len; i += 10) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        int64_t slack_us = (job->end_us - job->submit_us) / 5;
        trace->jobs[i].deadline_us =
            job->end_us + (slack_us > 600'000'000 ? slack_us : 600'000'000);
    }
}

static const struct lever levers[] = {
    {"no control", "spread", 0, false, false},
    {"caps", "spread", 0, true, false},
    {"packing", "best", 1000, false, false},
    {"sleep", "spread", 0, false, true},
    {"packing, sleep", "best", 1000, false, true},
    {"caps, packing, sleep", "best", 1000, true, true},
};
#define LEVERS (sizeof(levers) / sizeof(levers[0]))

static void print_lever(const struct lever *lever,
                        const struct outcome *now,
                        const struct outcome *none)
{
    printf("# %-21s %6.1f Wh for an hour of a device, %+6.1f %%; JCT %6.3f h, %+5.2f %%; "
           "deadlines missed %zu; nodes slept %llu times, attempts capped %llu\n",
           lever->name, now->wh_per_work, 100 * (now->wh_per_work / none->wh_per_work - 1),
           now->jct_h, 100 * (now->jct_h / none->jct_h - 1), now->missed,
           (unsigned long long)now->result->sums.sleeps,
           (unsigned long long)now->result->sums.capped);
}

/* The last lever is all of them together. */
static void print_all(const struct outcome *all, const struct outcome *none)
{
    bench_line("energy saved in a month, load 0.6",
               100 * (1 - all->wh_per_work / none->wh_per_work), "%", BENCH_MORE, 20,
               "no control", 0);
    bench_line("mean JCT longer by", 100 * (all->jct_h / none->jct_h - 1), "%", BENCH_LESS, 3,
               NULL, 0);
    bench_line("deadlines kept, of those kept without", all->missed == 0 ? 100 : 0, "%",
               BENCH_MORE, 100, NULL, 0);
}

static void month(const char *folder, uint32_t load_percent)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    static struct fg_energy_model model;
    struct fg_err err = {};
    if (!read_month(folder, &trace)) {
        printf("# no Philly jobs: the month is left out\n");
        return;
    }
    if (fg_energy_model_bundled(&model, &err) < 0)
        bench_die("%s", err.text);
    uint32_t nodes = (uint32_t)ceil(demand(&trace) * 100 / load_percent / 8);
    fg_sim_cluster_simple(&cluster, nodes, "v100", 8);
    printf("# Philly, %zu jobs, %u nodes of 8 V100, load %.1f\n", trace.jobs_len, nodes,
           load_percent / 100.0);
    bool is_main = load_percent == MAIN_LOAD;
    struct outcome none = play(&trace, &cluster, &model, &levers[0]);
    set_deadlines(&trace, none.result);
    print_lever(&levers[0], &none, &none);
    for (size_t i = is_main ? 1 : LEVERS - 1; i < LEVERS; i++) {
        struct outcome now = play(&trace, &cluster, &model, &levers[i]);
        print_lever(&levers[i], &now, &none);
        if (is_main && i == LEVERS - 1)
            print_all(&now, &none);
        fg_sim_result_free(now.result);
    }
    fg_sim_result_free(none.result);
    fg_sim_trace_free(&trace);
    fg_sim_cluster_free(&cluster);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"v100", "a40", "rtx6000", "p100"};
    static struct table table;
    const char *folder = argc > 1 ? argv[1] : "../shared/data";
    for (size_t i = 0; i < 4; i++)
        if (read_table(folder, names[i], &table)) {
            caps(names[i], &table);
            budget(names[i], &table);
        }
    for (uint32_t load = 50; load <= 80; load += 10)
        month(folder, load);
    return bench_done();
}
