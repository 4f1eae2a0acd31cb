/* space.h - the settings that are tried, and with which values.
 *
 *     knobs.def, the policy that runs, what the trace and the cluster have --SPACE--> genes; a row of places --> a policy
 *
 * A knob that nothing in the trace could feel (preemption where nobody is preemptible, prices where there are none) is left
 * out.  The value that runs is always among those that are tried.
 */
#pragma once

#include "schedule/knobs.h"
#include "sim/cluster.h"
#include "sim/trace.h"

#define FG_SPACE_GENES_MAX  32
#define FG_SPACE_VALUES_MAX 12

struct fg_space {
    size_t len;
    size_t knob[FG_SPACE_GENES_MAX];
    char value[FG_SPACE_GENES_MAX][FG_SPACE_VALUES_MAX][FG_KNOB_TEXT_MAX];
    uint8_t values[FG_SPACE_GENES_MAX]; /* of each so many */
    uint8_t first[FG_SPACE_GENES_MAX];  /* the policy that runs */
};

/* `only`: names with commas between them, NULL: all.  FG_EINVAL: a name that is no knob, or nothing is left to try. */
[[nodiscard]] int fg_space_make(const struct fg_knobs *knobs,
                                const struct fg_sim_trace *trace,
                                const struct fg_sim_cluster *cluster,
                                const char *only,
                                struct fg_space *out,
                                struct fg_err *err);
/* The policy of one individual: `*knobs` with its values. */
void fg_space_apply(const struct fg_space *space,
                    const uint8_t *individual,
                    struct fg_knobs *knobs);
