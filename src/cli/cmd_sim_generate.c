/* cmd_sim_generate.c - fastgpu sim generate: a trace of any size, for experiments */
#include "cli/verb.h"

#include "sim/generate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 3650
#define GPUS_MAX 1'000'000
#define DAY_US   86'400'000'000LL

const struct fg_opt fg_opts_sim_generate[] = {
    {"jobs", 'n', "N", "how many (100000)", NULL},
    {"gpus", 'g', "N", "accelerators of the cluster that it is for (512)", NULL},
    {"per-node", 0, "N", "of each node: larger jobs become gangs (8)", NULL},
    {"days", 'd', "N", "in which they are submitted (30)", NULL},
    {"load", 'l', "X", "they ask so much of the cluster's time (0.8)", NULL},
    {"seed", 's', "N", "of every draw (1)", NULL},
    {},
};

fg_verb_fn fg_cmd_sim_generate;

static int read_load(const struct fg_cli *cli, uint32_t *out_milli, struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, "load");
    char *end;
    *out_milli = 800;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0.001 && value <= 100))
        return fg_fail(err, FG_EINVAL, "--load: %.40s, expected a number from 0.001 to 100",
                       text);
    *out_milli = (uint32_t)(value * 1000 + 0.5);
    return 0;
}

static int read_options(const struct fg_cli *cli,
                        struct fg_sim_generate *out,
                        struct fg_err *err)
{
    int64_t jobs, gpus, per_node, days, seed;
    int rc = fg_cli_number(cli, "jobs", 1, FG_SIM_JOBS_MAX, 100'000, &jobs, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "gpus", 1, GPUS_MAX, 512, &gpus, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "per-node", 1, FG_NODE_DEVICES_MAX, 8, &per_node, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "days", 1, DAYS_MAX, 30, &days, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "seed", 0, INT64_MAX, 1, &seed, err);
    if (rc == 0)
        rc = read_load(cli, &out->load_milli, err);
    if (rc != 0)
        return rc;
    out->jobs = (size_t)jobs;
    out->gpus = (uint32_t)gpus;
    out->per_node = (uint32_t)per_node;
    out->span_us = days * DAY_US;
    out->seed = (uint64_t)seed;
    return 0;
}

int fg_cmd_sim_generate(struct fg_cli *cli, struct fg_err *err)
{
    struct fg_sim_generate options = {};
    struct fg_sim_trace trace = {};
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    int rc = read_options(cli, &options, err);
    if (rc < 0)
        return rc;
    fg_sim_generate(&options, &trace);
    fg_sim_trace_csv(&trace, &csv);
    fg_sim_trace_free(&trace);
    if (fwrite(csv.text, 1, csv.len, stdout) != csv.len)
        return fg_fail(err, FG_EIO, "standard output: %s", strerror(errno));
    return 0;
}
