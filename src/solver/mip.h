/* mip.h - a linear program some of whose columns are whole numbers.
 *
 * Solved by COIN-OR CBC (branch and cut) in a process of its own, which ends when the time is over: CBC's C interface is
 * not safe for threads, and its time limit is not kept everywhere.  Nothing is printed, nothing shared: the answer comes back
 * through a pipe.  It is held against every row, every bound and the whole numbers before it is given on; the bound is CBC's
 * word, and never above the objective.
 */
#pragma once

#include "base/arena.h"
#include "solver/lp.h"

#include <stdbool.h>

struct fg_mip_limits {
    double seconds; /* above 0 */
    double gap;     /* enough, relative */
};

struct fg_mip_answer {
    bool found;    /* the rest but `bound` and `seconds` holds only then */
    bool finished; /* nothing better is left, but for the gap */
    double objective;
    double bound;         /* no answer is below; -FG_LP_INF: nothing is known */
    const double *values; /* by column, in the arena */
    double seconds;       /* that it took */
};

/* Minimise.  `lp` as it is now, not solved by this; `whole`: columns that must be whole.
 * Returns 0, with or without an answer; FG_EINVAL: the program maximises; FG_EBACKEND: no process, or its answer did not
 * pass the check. */
[[nodiscard]] int fg_mip_solve(const struct fg_lp *lp,
                               const uint32_t *whole,
                               size_t whole_len,
                               const struct fg_mip_limits *limits,
                               struct fg_arena *arena,
                               struct fg_mip_answer *out,
                               struct fg_err *err);
