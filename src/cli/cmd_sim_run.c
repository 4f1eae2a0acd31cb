/* cmd_sim_run.c - fastgpu sim run: a trace through the scheduler, in virtual time */
#include "cli/sim_energy.h"
#include "cli/sim_files.h"
#include "cli/sim_runs.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "base/text.h"
#include "sim/read.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct fg_opt fg_opts_sim_run[] = {
    {"jobs", 'j', "FILE", "the trace; may be packed (xz, gzip, zstd, zip)", "file"},
    {"format", 'f', "FORMAT", "how it is written: native, philly, swf, sacct, history, gavel",
     "native|philly|swf|sacct|history|gavel"},
    {"cluster", 'c', "FILE", "the machines: a cluster file (YAML)", "file"},
    {"order", 'o', "ORDER", "who goes first (priority)", NULL},
    {"place", 'p', "PLACE", "where a task goes (best)", NULL},
    {"energy", 0, "MODEL",
     "what everything draws, bundled or a file; each policy also with caps, packing, sleep, "
     "all",
     "file"},
    {"compare", 0, "LIST", "policies side by side: fifo,srtf,las:no-preempt", NULL},
    {"rate", 0, "X", "gavel: so many jobs come an hour (5.6; 2.6 if some ask several devices)",
     NULL},
    {"throughputs", 0, "FILE",
     "gavel: measured speeds (simulation_throughputs.json beside the jobs)", "file"},
    {"window", 'w', "A:B", "figures of jobs A to B-1 only, in the order of submission", NULL},
    {"seed", 's', "N", "of failures (1); gavel: of the published experiment (0)", NULL},
    {"speed-of-arrivals", 0, "X", "jobs come X times as fast as in the trace", NULL},
    {"preemptible", 0, NULL, "jobs of traces that do not say may be stopped and go on later",
     NULL},
    {"checkpoint", 0, "TIME", "jobs that do not say save their work so often (never)", NULL},
    {"restart", 0, "TIME", "what going on costs jobs that do not say (0)", NULL},
    {"limits", 0, "X", "time limit of jobs without one: X times what they take", NULL},
    {"estimates", 0, "X", "what users expect of jobs that do not say: X times what they take",
     NULL},
    {"kind", 0, "KIND", "accelerator kind of jobs that name none (any)", NULL},
    {"cores", 0, NULL, "processors of swf and sacct are cores, not accelerators", NULL},
    {"tick", 0, "TIME", "a pass so often while jobs wait, also when nothing happens (60s)",
     NULL},
    {"until", 0, "TIME", "stop after so much virtual time", NULL},
    {"set", 0, "KEY=VALUE", "a number of the configuration, as in fastgpu.yaml", NULL},
    {"skip-bad", 0, NULL, "pass over bad rows, and say how many", NULL},
    {"threads", 0, "N", "policies at one time (one a core)", NULL},
    {"html", 0, "FILE", "a page of plots and figures", "file"},
    {"series", 0, NULL, "with --json: how the cluster went over time as well", NULL},
    {"no-timing", 0, NULL, "with --json: leave out how long the simulation took", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_sim_run;

/* All that the options say. */
struct plan {
    struct fg_cli *cli;
    struct fg_sim_trace trace;
    struct fg_sim_cluster cluster;
    struct fg_sim_batch batch;
    struct fg_sim_print print;
    struct fg_config config;
    struct fg_energy_model energy;
    size_t bad_shown;
};

/* -- options -------------------------------------------------------------------------------------------- */

static int read_time(struct plan *plan,
                     const char *name,
                     int64_t otherwise_us,
                     int64_t *out_us,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, name);
    *out_us = otherwise_us;
    if (!text || (fg_duration_parse(text, out_us) == 0 && *out_us <= FG_SIM_DURATION_MAX))
        return 0;
    return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a time like 90s or 2h", name, text);
}

/* 1.5 -> 1500; 0 without the option. */
static int read_factor(struct plan *plan, const char *name, int64_t *out, struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, name);
    char *end;
    *out = 0;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0.001 && value <= 1000))
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a number from 0.001 to 1000",
                       name, text);
    *out = (int64_t)(value * 1000 + 0.5);
    return 0;
}

int fg_sim_window_read(const struct fg_args *args,
                       struct fg_sim_batch *batch,
                       struct fg_err *err)
{
    const char *text = fg_args_get(args, "window");
    char *end = NULL;
    batch->window_end = SIZE_MAX;
    if (!text)
        return 0;
    batch->window_first = strtoul(text, &end, 10);
    if (end > text && *end == ':') {
        const char *second = end + 1;
        batch->window_end = strtoul(second, &end, 10);
        if (end > second && *end == '\0' && batch->window_first < batch->window_end)
            return 0;
    }
    return fg_fail(err, FG_EINVAL, "--window: %.40s, expected A:B with A below B", text);
}

/* --set a=1 --set b=2, as the configuration file would say it. */
static int read_config(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf yaml = {};
    const struct fg_args *args = &plan->cli->args;
    fg_config_defaults(&plan->config);
    for (size_t i = 0; i < args->given_len; i++) {
        if (strcmp(args->given[i].opt->name, "set") != 0)
            continue;
        const char *text = args->given[i].value, *equal = strchr(text, '=');
        if (!equal)
            return fg_fail(err, FG_EINVAL, "--set: %.40s, expected KEY=VALUE", text);
        fg_buf_printf(&yaml, "%.*s: %s\n", (int)(equal - text), text, equal + 1);
    }
    if (yaml.len == 0)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(yaml.len));
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = yaml.len};
    const struct fg_doc *doc;
    int rc = fg_doc_yaml(yaml.text, yaml.len, arena, &doc, err);
    if (rc == 0)
        rc = fg_config_read(&reader, doc, NULL, 0, &plan->config);
    return rc < 0 ? fg_wrap(err, rc, "--set") : 0;
}

static int read_run_options(struct plan *plan, struct fg_err *err)
{
    struct fg_sim_options *options = &plan->batch.options;
    int64_t seed;
    int rc = read_factor(plan, "limits", &options->limit_milli, err);
    if (rc == 0)
        rc = read_factor(plan, "estimates", &options->estimate_milli, err);
    if (rc == 0)
        rc = read_factor(plan, "speed-of-arrivals", &options->speed_milli, err);
    if (rc == 0)
        rc = read_time(plan, "tick", 60'000'000, &options->tick_us, err);
    if (rc == 0)
        rc = read_time(plan, "until", 0, &options->until_us, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "seed", 0, INT64_MAX, 1, &seed, err);
    if (rc == 0)
        rc = fg_sim_window_read(&plan->cli->args, &plan->batch, err);
    if (rc == 0)
        rc = read_config(plan, err);
    if (rc < 0)
        return rc;
    options->seed = (uint64_t)seed;
    plan->print.seed = options->seed;
    return 0;
}

/* -- policies ------------------------------------------------------------------------------------------------- */

static int add_case(struct plan *plan, const char *text, struct fg_err *err)
{
    struct fg_sim_batch *batch = &plan->batch;
    if (batch->cases_len == FG_SIM_RUNS_MAX)
        return fg_fail(err, FG_EINVAL, "more than %d policies", FG_SIM_RUNS_MAX);
    struct fg_sim_case *one = &batch->cases[batch->cases_len++];
    one->config = plan->config;
    return fg_sim_policy_read(text, &one->policy, err);
}

static int read_policies(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->cli->args;
    const char *list = fg_args_get(args, "compare"), *order = fg_args_get(args, "order"),
               *place = fg_args_get(args, "place");
    plan->batch.cases = calloc(FG_SIM_RUNS_MAX, sizeof(plan->batch.cases[0]));
    if (!plan->batch.cases)
        return fg_fail(err, FG_ENOMEM, "no memory for the policies");
    if (list && (order || place))
        return fg_fail(err, FG_EINVAL, "--compare with --order or --place, expected one");
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "%s%s%s",
                  list    ? list
                  : order ? order
                          : "priority",
                  place ? ":" : "", place ? place : "");
    char *rest = text.text, *word;
    int rc = 0;
    while (rc == 0 && (word = strsep(&rest, ",")))
        rc = add_case(plan, word, err);
    const char *energy = fg_args_get(args, "energy");
    plan->print.several = list || energy;
    if (rc == 0 && energy)
        return fg_sim_energy_cases(&plan->batch, energy, &plan->energy, err);
    return rc < 0 ? fg_wrap(err, rc, list ? "--compare" : "--order, --place") : 0;
}

/* -- files ------------------------------------------------------------------------------------------------------ */

static void bad_row(void *self, const struct fg_err *err)
{
    enum { SHOWN_MAX = 10 };
    struct plan *plan = self;
    if (plan->bad_shown++ < SHOWN_MAX)
        fprintf(stderr, "%s\n", err->text);
}

static int read_cluster(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *path = fg_args_get(&plan->cli->args, "cluster");
    if (!path)
        return fg_fail(err, FG_EINVAL, "--cluster: missing, expected a cluster file");
    int rc = fg_sim_file_read(path, &buf, err);
    return rc < 0 ? rc
                  : fg_sim_cluster_read(buf.text, buf.len, path, fg_sim_file_beside,
                                        (char *)path, &plan->cluster, err);
}

static int read_jobs(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const struct fg_args *args = &plan->cli->args;
    const char *path = fg_args_get(args, "jobs"), *format = fg_args_get(args, "format"),
               *kind = fg_args_get(args, "kind");
    if (!path || !format)
        return fg_fail(err, FG_EINVAL, "--%s: missing", path ? "format" : "jobs");
    struct fg_sim_reading reading = {
        .format = format,
        .file_name = path,
        .per_node = fg_sim_cluster_widest(&plan->cluster),
        .cores_per_node = fg_sim_cluster_most_cores(&plan->cluster),
        .kind = kind ? kind : "any",
        .preemptible = fg_args_has(args, "preemptible"),
        .cpu_as_gpu = !fg_args_has(args, "cores"),
        .bad_row = fg_args_has(args, "skip-bad") ? bad_row : NULL,
        .bad_row_self = plan,
    };
    int rc = read_time(plan, "checkpoint", 0, &reading.checkpoint_us, err);
    if (rc == 0)
        rc = read_time(plan, "restart", 0, &reading.restart_us, err);
    if (rc == 0)
        rc = fg_sim_file_read(path, &buf, err);
    if (rc == 0)
        rc = fg_sim_read(&reading, buf.text, buf.len, &plan->trace, err);
    if (rc == 0 && plan->trace.rows_bad)
        fprintf(stderr, "%s: %zu bad rows passed over\n", path, plan->trace.rows_bad);
    plan->print.format = format;
    if (rc == 0 && plan->batch.window_first >= plan->trace.jobs_len)
        rc = fg_fail(err, FG_EINVAL, "--window: from job %zu on, expected 0 to %zu",
                     plan->batch.window_first, plan->trace.jobs_len - 1);
    return rc;
}

/* -- the command ---------------------------------------------------------------------------------------------------- */

int64_t fg_sim_cores(void)
{
    long len = sysconf(_SC_NPROCESSORS_ONLN);
    return len < 1 ? 1 : len;
}

static int simulate(struct plan *plan, struct fg_err *err)
{
    int64_t threads;
    int rc =
        fg_cli_number(plan->cli, "threads", 1, FG_SIM_RUNS_MAX, fg_sim_cores(), &threads, err);
    plan->batch.options.trace = &plan->trace;
    plan->batch.options.cluster = &plan->cluster;
    return rc == 0 ? fg_sim_run_all(&plan->batch, (size_t)threads, err) : rc;
}

int fg_cmd_sim_run(struct fg_cli *cli, struct fg_err *err)
{
    const char *format = fg_args_get(&cli->args, "format");
    if (format && strcmp(format, "gavel") == 0)
        return fg_cli_sim_gavel(cli, err);
    static const char *const of_gavel[] = {"rate", "throughputs"};
    for (size_t i = 0; i < 2; i++)
        if (fg_args_has(&cli->args, of_gavel[i]))
            return fg_fail(err, FG_EINVAL, "--%s: says something with --format gavel only",
                           of_gavel[i]);
    struct plan plan = {.cli = cli};
    int rc = read_run_options(&plan, err);
    if (rc == 0)
        rc = read_policies(&plan, err);
    if (rc == 0)
        rc = read_cluster(&plan, err);
    if (rc == 0)
        rc = read_jobs(&plan, err);
    if (rc == 0)
        rc = simulate(&plan, err);
    if (rc == 0)
        rc = fg_sim_print(cli, &plan.batch, &plan.print, err);
    fg_sim_cases_free(plan.batch.cases, plan.batch.cases_len);
    fg_sim_trace_free(&plan.trace);
    fg_sim_cluster_free(&plan.cluster);
    return rc;
}
