/* procure_bound.c - rounds of cuts until the bounds of the program without whole numbers meet
 *
 * In-out stabilisation: the second stage is asked half way between the best state so far and the first stage's answer, where
 * cuts are deep; only if that cuts nothing off it is asked at the answer itself.
 */
#include "plan/procure_inner.h"

#include <math.h>

#define ROUNDS_MAX 200
#define WAIT_ROUNDS_MAX                                                                        \
    60 /* where work may wait: their programs are larger, and the last rounds gain least */

struct pc_second *fg_pc_seconds_new(const struct fg_procure *procure, struct fg_arena *arena)
{
    uint32_t parts = procure->prepared.parts_len, periods = procure->problem.periods;
    struct pc_second *seconds = FG_NEW(arena, struct pc_second, (size_t)parts * periods);
    for (uint32_t g = 0; g < parts; g++)
        for (uint32_t t = 0; t < periods; t++)
            seconds[g * periods + t] =
                fg_pc_second_new(procure, &procure->prepared.parts[g], arena);
    return seconds;
}

int fg_pc_seconds(struct fg_procure *procure,
                  const struct pc_state *state,
                  struct pc_second *out,
                  double *out_totals,
                  struct fg_err *err)
{
    uint32_t periods = procure->problem.periods, scenarios = procure->problem.scenarios;
    for (uint32_t s = 0; s < scenarios; s++)
        out_totals[s] = 0;
    for (uint32_t g = 0; g < procure->prepared.parts_len; g++)
        for (uint32_t t = 0; t < periods; t++) {
            struct pc_second *second = &out[g * periods + t];
            int rc = fg_pc_second(procure, g, t, state, second, err);
            if (rc < 0)
                return rc;
            for (uint32_t s = 0; s < scenarios; s++)
                out_totals[s] += second->cost[s];
        }
    return 0;
}

/* Where the search for the bound stands. */
struct seek {
    struct fg_procure *procure;
    struct pc_state in, out, between;
    struct pc_second *seconds;
    double totals[FG_PROCURE_SCENARIOS_MAX];
    double upper;
};

static void mix(const struct seek *seek, double of_out, struct pc_state *to)
{
    const struct fg_procure *procure = seek->procure;
    uint32_t periods = procure->problem.periods;
    for (uint32_t i = 0; i < procure->prepared.pools_len * periods; i++)
        to->fleet[i] = of_out * seek->out.fleet[i] + (1 - of_out) * seek->in.fleet[i];
    for (uint32_t t = 0; to->allowance && t < periods; t++)
        to->allowance[t] =
            of_out * seek->out.allowance[t] + (1 - of_out) * seek->in.allowance[t];
    for (size_t i = 0; i < fg_pc_waits_len(procure); i++)
        to->waits[i] = of_out * seek->out.waits[i] + (1 - of_out) * seek->in.waits[i];
    fg_pc_flex_shift(procure, to);
    to->committed = of_out * seek->out.committed + (1 - of_out) * seek->in.committed;
}

/* Ask the second stage between in and out, cut there; returns how many cuts cut the answer off, or an error. */
static int ask(struct seek *seek, double of_out, struct fg_err *err)
{
    struct fg_procure *procure = seek->procure;
    mix(seek, of_out, &seek->between);
    int rc = fg_pc_seconds(procure, &seek->between, seek->seconds, seek->totals, err);
    if (rc < 0)
        return rc;
    double objective = fg_pc_objective(procure, seek->between.committed, seek->totals);
    int cutting = (int)fg_pc_master_cut(procure, &seek->between, seek->seconds);
    if (objective < seek->upper) {
        seek->upper = objective;
        struct pc_state in = seek->in;
        seek->in = seek->between;
        seek->between = in;
    }
    return cutting;
}

static bool met(const struct seek *seek, double gap)
{
    return seek->upper - seek->procure->master->lower <= gap * fabs(seek->upper) + 1e-9;
}

static int round_of_cuts(struct seek *seek, double gap, bool *done, struct fg_err *err)
{
    int rc = fg_pc_master_solve(seek->procure, err);
    if (rc < 0)
        return rc;
    fg_pc_master_state(seek->procure, &seek->out);
    *done = met(seek, gap);
    if (*done)
        return 0;
    rc = ask(seek, 0.5, err);
    if (rc == 0 && !met(seek, gap))
        rc = ask(seek, 1, err);
    *done = rc == 0;
    return rc < 0 ? rc : 0;
}

/* From the last plan, or from what runs already and nothing bought. */
static int begin(struct seek *seek, struct fg_err *err)
{
    struct fg_procure *procure = seek->procure;
    seek->in = fg_pc_state_new(procure, procure->run);
    seek->out = fg_pc_state_new(procure, procure->run);
    seek->between = fg_pc_state_new(procure, procure->run);
    seek->seconds = fg_pc_seconds_new(procure, procure->run);
    seek->upper = HUGE_VAL;
    fg_pc_candidate_state(procure, &procure->best, &seek->in);
    int rc = ask(seek, 0, err);
    return rc < 0 ? rc : 0;
}

/* Where the budget was left to the second stage, and what was put off, is a good guess for whole instances too. */
static void keep_guess(struct seek *seek)
{
    for (size_t i = 0; i < fg_pc_waits_len(seek->procure); i++)
        seek->procure->best.waits[i] = seek->in.waits[i];
    for (uint32_t t = 0; seek->in.allowance && t < seek->procure->problem.periods; t++)
        seek->procure->best.allowance[t] = seek->in.allowance[t];
}

int fg_pc_bound(struct fg_procure *procure,
                const struct fg_procure_effort *effort,
                struct pc_bound *out,
                struct fg_err *err)
{
    struct seek seek = {.procure = procure};
    uint32_t most = procure->problem.flexes_len ? WAIT_ROUNDS_MAX : ROUNDS_MAX,
             rounds = effort->rounds ? effort->rounds : most;
    double gap = (effort->gap > 0 ? effort->gap : 0.001) / 5;
    bool done = false;
    *out = (struct pc_bound){};
    int rc = begin(&seek, err);
    while (rc == 0 && !done && out->rounds < rounds) {
        rc = round_of_cuts(&seek, gap, &done, err);
        out->rounds++;
        if (effort->watch
            && effort->watch(effort->ctx, FG_PROCURE_CUTS, procure->master->lower, seek.upper))
            break;
    }
    out->lower = procure->master->lower;
    out->upper = seek.upper;
    keep_guess(&seek);
    return rc;
}
