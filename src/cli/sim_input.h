/* sim_input.h - what commands that replay jobs read: a trace, a cluster, numbers of the configuration, by the options
 * --jobs, --format, --cluster, --kind, --preemptible, --checkpoint, --restart, --cores, --skip-bad and --set. */
#pragma once

#include "cli/verb.h"

#include "base/config.h"
#include "sim/cluster.h"
#include "sim/trace.h"

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
