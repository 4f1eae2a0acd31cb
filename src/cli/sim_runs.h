/* sim_runs.h - several policies on one trace, side by side on all cores. */
#pragma once

#include "cli/term.h"

#include "base/config.h"
#include "sim/policy.h"
#include "sim/report.h"
#include "sim/rounds_sim.h"
#include "sim/sim.h"

#define FG_SIM_RUNS_MAX 64

/* One policy's run. */
struct fg_sim_case {
    struct fg_sim_policy policy;
    struct fg_config config;
    struct fg_sim_saving saving;     /* with options.energy */
    struct fg_rounds_options rounds; /* of a stream of Gavel: with its policy; else all zero */
    struct fg_sim_result *result;    /* owned, NULL until it is done */
    struct fg_sim_summary summary;
    double seconds; /* of wall time that the simulation took */
    size_t jobs_done;
    int rc;
    struct fg_err err;
};

/* Everything that is the same for all. */
struct fg_sim_batch {
    struct fg_sim_options
        options; /* config, order, preempt and progress are filled in for each */
    size_t window_first, window_end;
    struct fg_sim_case *cases;
    size_t cases_len;
};

/* Run all; a bar shows how far they are if standard error is a terminal.  The results do not depend on the number of
 * cores.  Returns 0, or the first failed case's code. */
[[nodiscard]] int fg_sim_run_all(struct fg_sim_batch *batch,
                                 size_t threads,
                                 struct fg_err *err);
void fg_sim_cases_free(struct fg_sim_case *cases, size_t len); /* what they own */

/* sim_print.c: a table for eyes, or JSON: one object for one case, {"policies": [...]} for several. */
void fg_sim_print_table(const struct fg_sim_batch *batch, const struct fg_term *term);
struct fg_sim_print {
    const char *format;
    uint64_t seed;
    double jobs_per_hour; /* of arrivals; 0: as the trace has them */
    bool several;         /* --compare was given */
    bool series, timing;
};
void fg_sim_print_json(const struct fg_sim_batch *batch,
                       const struct fg_sim_print *print,
                       struct fg_buf *out);
/* sim_html.c: a page of plots and figures.  FG_EIO. */
[[nodiscard]] int fg_sim_html(const struct fg_sim_batch *batch,
                              const char *path,
                              struct fg_err *err);
/* JSON or a table, as the options --json, --series and --no-timing say; and the page of --html.  FG_EIO: of the page. */
struct fg_cli;
[[nodiscard]] int fg_sim_print(struct fg_cli *cli,
                               const struct fg_sim_batch *batch,
                               struct fg_sim_print *print,
                               struct fg_err *err);

/* cmd_sim_run.c: --window A:B, and how many runs at one time. */
struct fg_args;
[[nodiscard]] int fg_sim_window_read(const struct fg_args *args,
                                     struct fg_sim_batch *batch,
                                     struct fg_err *err);
int64_t fg_sim_cores(void);

/* cmd_sim_gavel.c: `fastgpu sim run --format gavel`. */
[[nodiscard]] int fg_cli_sim_gavel(struct fg_cli *cli, struct fg_err *err);
