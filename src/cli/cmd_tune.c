/* cmd_tune.c - fastgpu tune: other policies tried on jobs that were, or on the history of the service */
#include "cli/bar.h"
#include "cli/job_text.h"
#include "cli/sim_runs.h"
#include "cli/tune_history.h"
#include "cli/tune_print.h"
#include "cli/tune_watch.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "base/parallel.h"
#include "cli/sim_files.h"
#include "cli/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const struct fg_opt fg_opts_tune[] = {
    {"objective", 'o', "METRIC",
     "what is to become better: jct_mean_s (default), jct_p95_s, wait_mean_s, slowdown_p95, "
     "unfairness, late_share, idle_share, cost_usd, energy_kwh; or several, each NAME=WEIGHT",
     NULL},
    {"bound", 0, "NAME=PERCENT",
     "how much worse another metric may become (5; idle_share: any), of a share in points",
     NULL},
    {"only", 0, "LIST", "settings that are tried (all): schedule.order,place_load", NULL},
    {"days", 0, "N", "days to search on (14)", NULL},
    {"held", 0, "N", "days after them that are held back, to judge on (7)", NULL},
    {"budget", 0, "TIME", "the search ends after so much time (10m)", NULL},
    {"population", 0, "N", "policies of a generation (24)", NULL},
    {"generations", 0, "N", "at most so many (30)", NULL},
    {"state", 0, "FILE", "goes on where an earlier search stopped, and keeps what it found",
     "file"},
    {"propose", 0, NULL, "what is better is proposed to the service: fastgpu tune list", NULL},
    {"adopt", 0, NULL,
     "and adopted; one that was, and is worse than it promised, is rolled back", NULL},
    {"jobs", 'j', "FILE", "a trace in place of the history of the service", "file"},
    {"format", 'f', "FORMAT", "how it is written: native, philly, swf, sacct, history",
     "native|philly|swf|sacct|history"},
    {"cluster", 'c', "FILE", "its machines: a cluster file (YAML)", "file"},
    {"set", 0, "KEY=VALUE", "a number of the configuration that runs there", NULL},
    {"order", 0, "POLICY", "the policy that runs there: fifo:best-fit (priority)", NULL},
    FG_SIM_INPUT_OPTS,
    {"seed", 's', "N", "of the search and of failures (1)", NULL},
    {"threads", 0, "N", "replays at one time (one a core)", NULL},
    {"background", 0, NULL, "at the lowest priority, one replay at a time", NULL},
    {"memory", 0, "SIZE", "end rather than take more address space (no bound)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_tune;

#define PATIENCE  6
#define WARM_DAYS 3
#define NICE      19

/* All that the options say. */
struct plan {
    struct fg_sim_input input;
    struct fg_tune_options options;
    struct fg_tune_days measured; /* of the service */
    int64_t first_us;
    int64_t budget_us, threads;
    struct fg_buf told; /* of the replay: how near it is to what was */
};

/* -- options -------------------------------------------------------------------------------------------- */

static int read_size(struct plan *plan,
                     const char *name,
                     int64_t max,
                     int64_t otherwise,
                     size_t *out,
                     struct fg_err *err)
{
    int64_t value = 0;
    int rc = fg_cli_number(plan->input.cli, name, 1, max, otherwise, &value, err);
    *out = (size_t)value;
    return rc;
}

static int read_objective(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->input.cli->args;
    const char *text = fg_args_get(args, "objective");
    int rc = fg_tune_objective_read(text ? text : "jct_mean_s", &plan->options.objective, err);
    for (size_t i = 0; rc == 0 && i < args->given_len; i++)
        if (strcmp(args->given[i].opt->name, "bound") == 0)
            rc = fg_tune_bound_read(args->given[i].value, &plan->options.objective, err);
    return rc;
}

static int read_options(struct plan *plan, struct fg_err *err)
{
    struct fg_tune_options *options = &plan->options;
    struct fg_sim_input *input = &plan->input;
    int64_t seed = 1;
    options->patience = PATIENCE;
    options->warm_days = WARM_DAYS;
    options->only = fg_args_get(&input->cli->args, "only");
    int rc = read_objective(plan, err);
    if (rc == 0)
        rc = read_size(plan, "days", FG_TUNE_DAYS_MAX, 14, &options->train_days, err);
    if (rc == 0)
        rc = read_size(plan, "held", FG_TUNE_DAYS_MAX, 7, &options->held_days, err);
    if (rc == 0)
        rc = read_size(plan, "population", 256, 24, &options->population, err);
    if (rc == 0)
        rc = read_size(plan, "generations", 1000, 30, &options->generations_max, err);
    if (rc == 0)
        rc = fg_cli_number(input->cli, "seed", 0, INT64_MAX, 1, &seed, err);
    if (rc == 0)
        rc = fg_cli_number(input->cli, "threads", 1, FG_PARALLEL_MAX, fg_sim_cores(),
                           &plan->threads, err);
    if (rc == 0)
        rc = fg_sim_input_time(input, "budget", 600'000'000, &plan->budget_us, err);
    if (rc == 0)
        rc = fg_sim_input_factor(input, "limits", &options->sim.limit_milli, err);
    if (rc == 0)
        rc = fg_sim_input_factor(input, "estimates", &options->sim.estimate_milli, err);
    options->population = options->population < 4 ? 4 : options->population;
    options->seed = options->sim.seed = (uint64_t)seed;
    options->sim.tick_us = 60'000'000;
    return rc;
}

/* Sanitizers reserve terabytes of addresses, which a limit would refuse. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* In the way of nobody. */
static int step_back(struct plan *plan, struct fg_err *err)
{
    const struct fg_args *args = &plan->input.cli->args;
    const char *memory = fg_args_get(args, "memory");
    int64_t mib = 0;
    if (fg_args_has(args, "background")) {
        (void)setpriority(PRIO_PROCESS, 0, NICE);
        plan->threads = 1;
    }
    if (!memory)
        return 0;
    if (fg_size_parse(memory, 1, &mib) < 0 || mib < 64)
        return fg_fail(err, FG_EINVAL, "--memory: %.40s, expected a size like 4GiB", memory);
    struct rlimit limit = {(rlim_t)mib << 20, (rlim_t)mib << 20};
    return IS_SANITIZED || setrlimit(RLIMIT_AS, &limit) == 0
               ? 0
               : fg_fail(err, FG_EIO, "--memory: %s", strerror(errno));
}

/* -- what is replayed --------------------------------------------------------------------------------------- */

static int read_policy(struct plan *plan, struct fg_err *err)
{
    const char *text = fg_args_get(&plan->input.cli->args, "order");
    struct fg_knobs *knobs = &plan->options.knobs;
    struct fg_sim_policy policy;
    int rc = fg_sim_policy_read(text ? text : "priority", &policy, err);
    if (rc < 0)
        return fg_wrap(err, rc, "--order");
    knobs->order = policy.order;
    knobs->place = policy.place;
    knobs->preempt = policy.preempt;
    knobs->backfill = policy.backfill;
    rc = fg_sim_input_config(&plan->input, err);
    knobs->config = plan->input.config;
    return rc;
}

static int read_files(struct plan *plan, struct fg_err *err)
{
    static const char *const of_service[] = {"propose", "adopt"};
    for (size_t i = 0; i < 2; i++)
        if (fg_args_has(&plan->input.cli->args, of_service[i]))
            return fg_fail(err, FG_EINVAL,
                           "--%s: says something of the service's own history, not with --jobs",
                           of_service[i]);
    int rc = fg_sim_input_cluster(&plan->input, err);
    return rc == 0 ? fg_sim_input_jobs(&plan->input, err) : rc;
}

static int read_service(struct plan *plan, struct fg_err *err)
{
    static const char *const of_files[] = {"format", "cluster", "order",
                                           "set",    "kind",    "cores"};
    struct fg_cli *cli = plan->input.cli;
    for (size_t i = 0; i < sizeof(of_files) / sizeof(of_files[0]); i++)
        if (fg_args_has(&cli->args, of_files[i]))
            return fg_fail(err, FG_EINVAL, "--%s: says something with --jobs only",
                           of_files[i]);
    size_t days = plan->options.train_days + plan->options.held_days + WARM_DAYS;
    int64_t since_us = fg_now_us() - (int64_t)days * FG_TUNE_DAY_US;
    int rc = fg_cli_connect(cli, err);
    return rc == 0 ? fg_tune_history(&plan->input, since_us, &plan->options.knobs,
                                     &plan->measured, &plan->first_us, &plan->told, err)
                   : rc;
}

/* The last days are held back. */
static int set_days(struct plan *plan, struct fg_err *err)
{
    const struct fg_sim_trace *trace = &plan->input.trace;
    struct fg_tune_options *options = &plan->options;
    if (trace->jobs_len == 0)
        return fg_fail(err, FG_ESTATE, "no jobs to replay");
    size_t days = (size_t)(trace->jobs[trace->jobs_len - 1].submit_us / FG_TUNE_DAY_US) + 1;
    if (days < options->held_days + 2)
        return fg_fail(err, FG_ESTATE, "jobs of %zu days, expected %zu: fewer --held, or wait",
                       days, options->held_days + 2);
    options->origin_day = days - options->held_days;
    if (options->train_days > options->origin_day)
        options->train_days = options->origin_day;
    options->sim.trace = trace;
    options->sim.cluster = &plan->input.cluster;
    return 0;
}

/* -- the search ---------------------------------------------------------------------------------------------- */

static void draw(struct fg_bar *bar,
                 const struct plan *plan,
                 const struct fg_tune *tune,
                 int64_t spent_us)
{
    struct fg_tune_state state = fg_tune_state(tune);
    char tail[96];
    double part = plan->budget_us > 0 ? (double)spent_us / (double)plan->budget_us : 1;
    snprintf(tail, sizeof(tail), "%zu policies, best %+.1f %%", state.scored, state.best * 100);
    fg_bar_draw(bar, state.phase, part < 1 ? part : 1, tail, false);
}

static int search(const struct plan *plan, struct fg_tune *tune, struct fg_err *err)
{
    struct fg_bar bar = fg_bar_new(stderr);
    const struct fg_clock *clock = fg_clock_system();
    int64_t began_us = clock->mono_us(clock->self);
    int rc = 0;
    while (rc == 0 && fg_tune_replay_all(tune, (size_t)plan->threads) > 0) {
        rc = fg_tune_take(tune, err);
        int64_t spent_us = clock->mono_us(clock->self) - began_us;
        if (spent_us > plan->budget_us)
            fg_tune_stop(tune);
        draw(&bar, plan, tune, spent_us);
    }
    fg_bar_clear(&bar);
    return rc;
}

/* -- kept between runs ---------------------------------------------------------------------------------------- */

static void load_state(const struct fg_cli *cli, struct fg_tune *tune)
{
    const char *path = fg_args_get(&cli->args, "state");
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_err err = {};
    int rc = path ? fg_sim_file_read(path, &bytes, &err) : FG_ENOENT;
    if (rc == 0)
        rc = fg_tune_load(tune, bytes.text ? bytes.text : "", bytes.len, &err);
    if (rc < 0 && rc != FG_ENOENT)
        fprintf(stderr, "%s: %s: begun anew\n", path, err.text);
}

static int save_state(const struct fg_cli *cli, const struct fg_tune *tune, struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "state");
    FG_AUTO(fg_buf) struct fg_buf text = {};
    if (!path)
        return 0;
    fg_tune_save(tune, &text);
    FILE *file = fopen(path, "w");
    bool is_written = file && fwrite(text.text, 1, text.len, file) == text.len;
    if (file && fclose(file) != 0)
        is_written = false;
    return is_written ? 0 : fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
}

/* -- the command ---------------------------------------------------------------------------------------------- */

static int propose(struct plan *plan, const struct fg_tune_answer *answer, struct fg_err *err)
{
    struct fg_cli *cli = plan->input.cli;
    bool adopts = fg_args_has(&cli->args, "adopt");
    if (!adopts && !fg_args_has(&cli->args, "propose"))
        return 0;
    if (answer->verdict == FG_TUNE_BETTER)
        return fg_tune_propose(cli, answer->body, adopts, err);
    fprintf(stderr, "nothing is proposed: %s\n",
            answer->body ? answer->body->text : "no policy is worth a change");
    return 0;
}

static int tune_now(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_tune) struct fg_tune *tune = NULL;
    struct fg_tune_answer answer;
    plan->options.told = plan->told.text;
    int rc = fg_tune_new(&plan->options, &tune, err);
    if (rc < 0)
        return rc;
    load_state(plan->input.cli, tune);
    rc = search(plan, tune, err);
    if (rc == 0)
        rc = save_state(plan->input.cli, tune, err);
    if (rc < 0)
        return rc;
    fg_tune_answer(tune, &answer);
    fg_tune_print(plan->input.cli, &plan->options, &answer);
    return propose(plan, &answer, err);
}

int fg_cmd_tune(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {.input = {.cli = cli}};
    bool has_file = fg_args_has(&cli->args, "jobs"), is_over = false;
    int rc = read_options(&plan, err);
    if (rc == 0)
        rc = step_back(&plan, err);
    if (rc == 0)
        rc = read_policy(&plan, err);
    if (rc == 0)
        rc = has_file ? read_files(&plan, err) : read_service(&plan, err);
    if (rc == 0)
        rc = set_days(&plan, err);
    if (rc == 0 && fg_args_has(&cli->args, "adopt"))
        rc = fg_tune_watch(cli, &plan.options, &plan.measured, plan.first_us, &is_over, err);
    if (rc == 0 && !is_over)
        rc = tune_now(&plan, err);
    fg_buf_free(&plan.told);
    fg_tune_days_free(&plan.measured);
    fg_sim_input_free(&plan.input);
    return rc;
}
