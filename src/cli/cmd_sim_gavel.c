/* cmd_sim_gavel.c - fastgpu sim run --format gavel: a stream of Gavel's experiments, shared out in rounds */
#include "cli/sim_files.h"
#include "cli/sim_runs.h"
#include "cli/verb.h"

#include "base/text.h"
#include "sim/gavel_trace.h"
#include "sim/rounds_sim.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPEEDS_FILE "simulation_throughputs.json"

/* The rates at which the published policies part: streams of single jobs, and of jobs of several devices. */
#define RATE_SINGLE 5.6
#define RATE_MULTI  2.6

/* --jobs may name a stream of the paper in place of a file: it is drawn from --seed, or from the one after a colon. */
#define DRAWN_SINGLE   "continuous-single"
#define DRAWN_MULTIPLE "continuous-multiple"
#define DRAWN_JOBS     50'000

struct plan {
    struct fg_cli *cli;
    struct fg_gavel_table table;
    struct fg_gavel_stream stream;
    struct fg_sim_cluster cluster;
    struct fg_sim_trace
        trace; /* for orders of the service; without any it only counts the jobs, for the bar */
    bool has_live; /* an order of the service is among the policies */
    struct fg_sim_batch batch;
    struct fg_rounds_options rounds;
    struct fg_sim_print print;
};

/* -- options ---------------------------------------------------------------------------------------------- */

static int check_options(const struct fg_args *args, struct fg_err *err)
{
    static const char *const known[] = {
        "jobs", "format",      "cluster", "order",  "place", "compare",   "window", "seed",
        "rate", "throughputs", "threads", "series", "json",  "no-timing", "html"};
    for (size_t i = 0; i < args->given_len; i++) {
        size_t at = 0;
        const char *name = args->given[i].opt->name;
        while (at < sizeof(known) / sizeof(known[0]) && strcmp(known[at], name) != 0)
            at++;
        if (at == sizeof(known) / sizeof(known[0]))
            return fg_fail(err, FG_EINVAL, "--%s: says nothing with --format gavel", name);
    }
    return 0;
}

static int read_rate(struct plan *plan, struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, "rate");
    char *end = NULL;
    double rate = RATE_SINGLE;
    for (size_t i = 0; !text && i < plan->stream.jobs_len; i++)
        if (plan->table.types[plan->stream.jobs[i].type].devices > 1)
            rate = RATE_MULTI;
    if (text)
        rate = strtod(text, &end);
    if ((text && (*end || end == text)) || !(rate >= 0.001 && rate <= 1e6))
        return fg_fail(err, FG_EINVAL, "--rate: %.40s, expected jobs an hour, 0.001 to 1000000",
                       text);
    plan->rounds.jobs_per_hour = plan->print.jobs_per_hour = rate;
    return 0;
}

/* -- policies ---------------------------------------------------------------------------------------------- */

/* Does the word begin with the name of an order that the service has? */
static bool is_of_service(const char *text)
{
    char name[FG_SIM_POLICY_MAX];
    size_t len = strcspn(text, ":");
    if (len >= sizeof(name))
        return false;
    memcpy(name, text, len);
    name[len] = '\0';
    return fg_job_order_find(name) != NULL;
}

/* An order of the service: no rounds, each job keeps its devices until it is done or pushed aside. */
static int add_live(struct plan *plan,
                    struct fg_sim_case *one,
                    const char *text,
                    struct fg_err *err)
{
    const char *place = fg_args_get(&plan->cli->args, "place");
    FG_AUTO(fg_buf) struct fg_buf words = {};
    fg_buf_printf(&words, "%s%s%s", text, place ? ":" : "", place ? place : "");
    one->rounds = (struct fg_rounds_options){};
    plan->has_live = true;
    fg_config_defaults(&one->config);
    return fg_sim_policy_read(words.text, &one->policy, err);
}

static int add_case(struct plan *plan, const char *text, struct fg_err *err)
{
    struct fg_sim_batch *batch = &plan->batch;
    if (batch->cases_len == FG_SIM_RUNS_MAX)
        return fg_fail(err, FG_EINVAL, "more than %d policies", FG_SIM_RUNS_MAX);
    struct fg_sim_case *one = &batch->cases[batch->cases_len++];
    one->rounds = plan->rounds;
    int rc = fg_rounds_policy_read(text, &one->rounds, err);
    if (rc == 0)
        fg_copy(one->policy.name, sizeof(one->policy.name), text);
    return rc < 0 && is_of_service(text) ? add_live(plan, one, text, err) : rc;
}

static int read_policies(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    const struct fg_args *args = &plan->cli->args;
    const char *list = fg_args_get(args, "compare"), *order = fg_args_get(args, "order");
    if (list && order)
        return fg_fail(err, FG_EINVAL, "--compare with --order, expected one");
    plan->batch.cases = calloc(FG_SIM_RUNS_MAX, sizeof(plan->batch.cases[0]));
    if (!plan->batch.cases)
        return fg_fail(err, FG_ENOMEM, "no memory for the policies");
    fg_buf_puts(&text, list ? list : order ? order : "best");
    plan->print.several = list != NULL;
    int rc = 0;
    char *rest = text.text, *word;
    while (rc == 0 && (word = strsep(&rest, ",")))
        rc = add_case(plan, word, err);
    return rc < 0 ? fg_wrap(err, rc, list ? "--compare" : "--order") : 0;
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static int read_cluster(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *path = fg_args_get(&plan->cli->args, "cluster");
    if (!path)
        return fg_fail(err, FG_EINVAL, "--cluster: missing, expected a cluster file");
    int rc = fg_sim_file_read(path, &buf, err);
    if (rc == 0)
        rc = fg_sim_cluster_read(buf.text, buf.len, path, fg_sim_file_beside, (char *)path,
                                 &plan->cluster, err);
    return rc == 0 ? fg_rounds_kinds(&plan->cluster, &plan->table, err) : rc;
}

/* The speeds that were given, or those that lie beside the jobs. */
static int read_speeds(struct plan *plan, const char *jobs, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *given = fg_args_get(&plan->cli->args, "throughputs");
    const char *slash = strrchr(jobs, '/');
    char path[PATH_MAX];
    int folder = !given && slash ? (int)(slash - jobs + 1) : 0;
    if (snprintf(path, sizeof(path), "%.*s%s", folder, jobs, given ? given : SPEEDS_FILE)
        >= (int)sizeof(path))
        return fg_fail(err, FG_EINVAL, "--throughputs: the path is too long");
    int rc = fg_sim_file_read(path, &buf, err);
    if (rc < 0 && !given)
        return fg_wrap(err, rc, "--throughputs: not given");
    return rc < 0 ? rc : fg_gavel_table_read(buf.text, buf.len, path, &plan->table, err);
}

/* Is it the stream `name`, or `name:SEED`? */
static bool is_drawn(const char *jobs, const char *name, uint32_t *seed)
{
    size_t len = strlen(name);
    if (strncmp(jobs, name, len) != 0)
        return false;
    if (jobs[len] == 0)
        return true;
    if (jobs[len] != ':' || !isdigit((unsigned char)jobs[len + 1]))
        return false;
    char *end;
    unsigned long given = strtoul(jobs + len + 1, &end, 10);
    *seed = (uint32_t)given;
    return *end == 0 && given <= INT32_MAX;
}

static int read_jobs(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *path = fg_args_get(&plan->cli->args, "jobs");
    uint32_t seed = plan->rounds.seed;
    if (!path)
        return fg_fail(err, FG_EINVAL, "--jobs: missing");
    bool is_multiple = is_drawn(path, DRAWN_MULTIPLE, &seed);
    int rc = read_speeds(plan, path, err);
    if (rc == 0 && (is_multiple || is_drawn(path, DRAWN_SINGLE, &seed)))
        return fg_gavel_stream_draw(&plan->table, seed, is_multiple, DRAWN_JOBS, &plan->stream,
                                    err);
    if (rc == 0)
        rc = fg_sim_file_read(path, &buf, err);
    if (rc == 0)
        rc = fg_gavel_stream_read(buf.text, buf.len, path, &plan->table, &plan->stream, err);
    return rc;
}

/* -- the run ---------------------------------------------------------------------------------------------------- */

static int prepare_trace(struct plan *plan, struct fg_err *err)
{
    const struct fg_rounds_options *rounds = &plan->rounds;
    size_t jobs = plan->stream.jobs_len,
           end = rounds->window_end < jobs ? rounds->window_end : jobs;
    if (!plan->has_live) {
        plan->trace.jobs_len = end > rounds->window_first ? end - rounds->window_first : 1;
        return 0;
    }
    if (rounds->window_first >= jobs)
        return fg_fail(err, FG_EINVAL, "--window: from job %zu on, expected 0 to %zu",
                       rounds->window_first, jobs - 1);
    plan->batch.options.first_jobs = end;
    plan->batch.options.tick_us = 60'000'000;
    plan->batch.options.seed = rounds->seed;
    const struct fg_gavel_traced how = {.jobs = jobs,
                                        .jobs_per_hour = rounds->jobs_per_hour,
                                        .per_node = fg_sim_cluster_widest(&plan->cluster)};
    return fg_gavel_trace(&plan->table, &plan->stream, how, &plan->trace, err);
}

static int prepare(struct plan *plan, struct fg_err *err)
{
    struct fg_rounds_options *rounds = &plan->rounds;
    int rc = read_rate(plan, err);
    if (rc == 0)
        rc = fg_sim_window_read(&plan->cli->args, &plan->batch, err);
    if (rc < 0)
        return rc;
    plan->print.seed = rounds->seed;
    plan->print.format = "gavel";
    rounds->table = &plan->table;
    rounds->stream = &plan->stream;
    rounds->cluster = &plan->cluster;
    rounds->window_first = plan->batch.window_first;
    rounds->window_end = plan->batch.window_end;
    rounds->round_s = FG_ROUNDS_ROUND_S;
    rounds->reset_s = FG_ROUNDS_RESET_S;
    plan->batch.options.trace = &plan->trace;
    plan->batch.options.cluster = &plan->cluster;
    rc = read_policies(plan, err);
    return rc == 0 ? prepare_trace(plan, err) : rc;
}

static void drop(struct plan *plan)
{
    fg_sim_cases_free(plan->batch.cases, plan->batch.cases_len);
    fg_gavel_stream_free(&plan->stream);
    fg_gavel_table_free(&plan->table);
    fg_sim_cluster_free(&plan->cluster);
    if (plan->has_live)
        fg_sim_trace_free(&plan->trace);
}

int fg_cli_sim_gavel(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {.cli = cli};
    int64_t threads = 1, seed = 0;
    int rc = check_options(&cli->args, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "seed", 0, INT32_MAX, 0, &seed, err);
    plan.rounds.seed = (uint32_t)seed;
    if (rc == 0)
        rc = fg_cli_number(cli, "threads", 1, FG_SIM_RUNS_MAX, fg_sim_cores(), &threads, err);
    if (rc == 0)
        rc = read_cluster(&plan, err);
    if (rc == 0)
        rc = read_jobs(&plan, err);
    if (rc == 0)
        rc = prepare(&plan, err);
    if (rc == 0)
        rc = fg_sim_run_all(&plan.batch, (size_t)threads, err);
    if (rc == 0)
        rc = fg_sim_print(cli, &plan.batch, &plan.print, err);
    drop(&plan);
    return rc;
}
