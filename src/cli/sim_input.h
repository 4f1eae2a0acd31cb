/* sim_input.h - what commands that replay jobs read: a trace, a cluster, numbers of the configuration, by the options
 * --jobs, --format, --cluster, --kind, --preemptible, --checkpoint, --restart, --cores, --skip-bad and --set. */
#pragma once

#include "cli/verb.h"

#include "base/config.h"
#include "sim/cluster.h"
#include "sim/trace.h"

/* Of jobs that do not say; rows of a table of options. */
#define FG_SIM_INPUT_OPTS                                                                      \
    {"preemptible", 0, NULL, "jobs of traces that do not say may be stopped and go on later",  \
     NULL},                                                                                    \
        {"checkpoint", 0, "TIME", "jobs that do not say save their work so often (never)",     \
         NULL},                                                                                \
        {"restart", 0, "TIME", "what going on costs jobs that do not say (0)", NULL},          \
        {"limits", 0, "X", "time limit of jobs without one: X times what they take", NULL},    \
        {"estimates", 0, "X",                                                                  \
         "what users expect of jobs that do not say: X times what they take", NULL},           \
        {"kind", 0, "KIND", "accelerator kind of jobs that name none (any)", NULL},            \
        {"cores", 0, NULL, "processors of swf and sacct are cores, not accelerators", NULL},   \
    {                                                                                          \
        "skip-bad", 0, NULL, "pass over bad rows, and say how many", NULL                      \
    }

/* Zero it but for `cli`. */
struct fg_sim_input {
    struct fg_cli *cli;
    struct fg_sim_trace trace;
    struct fg_sim_cluster cluster;
    struct fg_config config;
    size_t bad_shown;
};
void fg_sim_input_free(struct fg_sim_input *input);

/* A time like 90s; what a factor is in thousandths, 0 without the option. */
[[nodiscard]] int fg_sim_input_time(struct fg_sim_input *input,
                                    const char *name,
                                    int64_t otherwise_us,
                                    int64_t *out_us,
                                    struct fg_err *err);
[[nodiscard]] int fg_sim_input_factor(struct fg_sim_input *input,
                                      const char *name,
                                      int64_t *out,
                                      struct fg_err *err);
/* --set a=1 --set b=2, as the configuration file would say it. */
[[nodiscard]] int fg_sim_input_config(struct fg_sim_input *input, struct fg_err *err);
/* The cluster first: what does not fit on one of its nodes becomes a gang. */
[[nodiscard]] int fg_sim_input_cluster(struct fg_sim_input *input, struct fg_err *err);
[[nodiscard]] int fg_sim_input_jobs(struct fg_sim_input *input, struct fg_err *err);
