/* cmd_sim_run.c - fastgpu sim run: a trace through the scheduler, in virtual time */
#include "cli/sim_energy.h"
#include "cli/sim_input.h"
#include "cli/sim_runs.h"
#include "cli/verb.h"

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
    FG_SIM_INPUT_OPTS,
    {"tick", 0, "TIME", "a pass so often while jobs wait, also when nothing happens (60s)",
     NULL},
    {"until", 0, "TIME", "stop after so much virtual time", NULL},
    {"set", 0, "KEY=VALUE", "a number of the configuration, as in fastgpu.yaml", NULL},
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
    struct fg_sim_input input;
    struct fg_sim_batch batch;
    struct fg_sim_print print;
    struct fg_energy_model energy;
};

/* -- options -------------------------------------------------------------------------------------------- */

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

static int read_run_options(struct plan *plan, struct fg_err *err)
{
    struct fg_sim_options *options = &plan->batch.options;
    int64_t seed = 1;
    struct fg_sim_input *input = &plan->input;
    int rc = fg_sim_input_factor(input, "limits", &options->limit_milli, err);
    if (rc == 0)
        rc = fg_sim_input_factor(input, "estimates", &options->estimate_milli, err);
    if (rc == 0)
        rc = fg_sim_input_factor(input, "speed-of-arrivals", &options->speed_milli, err);
    if (rc == 0)
        rc = fg_sim_input_time(input, "tick", 60'000'000, &options->tick_us, err);
    if (rc == 0)
        rc = fg_sim_input_time(input, "until", 0, &options->until_us, err);
    if (rc == 0)
        rc = fg_cli_number(input->cli, "seed", 0, INT64_MAX, 1, &seed, err);
    if (rc == 0)
        rc = fg_sim_window_read(&input->cli->args, &plan->batch, err);
    if (rc == 0)
        rc = fg_sim_input_config(input, err);
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
    one->config = plan->input.config;
    return fg_sim_policy_read(text, &one->policy, err);
}

static int read_policies(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->input.cli->args;
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

/* -- the command ---------------------------------------------------------------------------------------------------- */

int64_t fg_sim_cores(void)
{
    long len = sysconf(_SC_NPROCESSORS_ONLN);
    return len < 1 ? 1 : len;
}

static int check_window(struct plan *plan, struct fg_err *err)
{
    plan->print.format = fg_args_get(&plan->input.cli->args, "format");
    if (plan->batch.window_first < plan->input.trace.jobs_len)
        return 0;
    return fg_fail(err, FG_EINVAL, "--window: from job %zu on, expected 0 to %zu",
                   plan->batch.window_first, plan->input.trace.jobs_len - 1);
}

static int simulate(struct plan *plan, struct fg_err *err)
{
    int64_t threads;
    int rc = fg_cli_number(plan->input.cli, "threads", 1, FG_SIM_RUNS_MAX, fg_sim_cores(),
                           &threads, err);
    plan->batch.options.trace = &plan->input.trace;
    plan->batch.options.cluster = &plan->input.cluster;
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
    struct plan plan = {.input = {.cli = cli}};
    int rc = read_run_options(&plan, err);
    if (rc == 0)
        rc = read_policies(&plan, err);
    if (rc == 0)
        rc = fg_sim_input_cluster(&plan.input, err);
    if (rc == 0)
        rc = fg_sim_input_jobs(&plan.input, err);
    if (rc == 0)
        rc = check_window(&plan, err);
    if (rc == 0)
        rc = simulate(&plan, err);
    if (rc == 0)
        rc = fg_sim_print(cli, &plan.batch, &plan.print, err);
    fg_sim_cases_free(plan.batch.cases, plan.batch.cases_len);
    fg_sim_input_free(&plan.input);
    return rc;
}
