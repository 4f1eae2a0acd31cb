/* sim_runs.h - several policies on one trace, side by side on all cores. */
#pragma once

#include "cli/term.h"

#include "base/config.h"
#include "sim/policy.h"
#include "sim/report.h"
#include "sim/sim.h"

#define FG_SIM_RUNS_MAX 64

/* One policy's run. */
struct fg_sim_case {
    struct fg_sim_policy policy;
    struct fg_config config;
    struct fg_sim_result *result; /* owned, NULL until it is done */
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
    bool several; /* --compare was given */
    bool series, timing;
};
void fg_sim_print_json(const struct fg_sim_batch *batch,
                       const struct fg_sim_print *print,
                       struct fg_buf *out);
