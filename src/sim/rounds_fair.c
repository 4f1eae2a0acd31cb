/* rounds_fair.c - shares by the work that each job has left: finish-time fairness, and all work done soonest
 *
 * ftf, themis: the greatest rho of all jobs is as low as can be, where rho is the time that a job takes from its submission
 * on over the time that it would take with an equal share of the pool (Mahajan et al., "Themis", NSDI 2020, in the form of
 * Gavel, section 4.2):
 *
 *     rho_i = (elapsed_i + steps_i / rate_i) / (isolated_i + steps_i / equal_rate_i)
 *
 * For a given rho each job needs a rate, so that shares which give each an equal multiple of its need are a max-min program;
 * the least rho is the one where that multiple is 1.  It grows with rho: false position finds it.
 * ftf-elapsed, themis: as the published experiments have it, with elapsed_i in place of isolated_i.
 * makespan: the need is the work itself, whatever the rest. */
#include "allocate/interior.h"
#include "sim/rounds_inner.h"

#include <math.h>
#include <stdlib.h>

#define MET       1e-4 /* of the multiple, where the search ends */
#define TRIES_MAX 60

/* What a job is to the program. */
struct need {
    double steps, elapsed_s, whole_s; /* whole: with an equal share */
};

struct fair {
    struct rounds_sim *sim;
    struct fg_interior_problem problem;
    struct fg_interior_class *classes; /* by run */
    double (*shares)[FG_INTERIOR_KINDS_MAX];
    struct need *needs;
};

static struct fair fair_new(struct rounds_sim *sim)
{
    struct fair fair = {
        .sim = sim,
        .problem = {.kinds_len = sim->kinds_len, .classes_len = sim->runs_len},
        .classes = calloc(sim->runs_len, sizeof(fair.classes[0])),
        .shares = calloc(sim->runs_len, sizeof(fair.shares[0])),
        .needs = calloc(sim->runs_len, sizeof(fair.needs[0])),
    };
    if (!fair.classes || !fair.shares || !fair.needs)
        abort();
    fair.problem.classes = fair.classes;
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        fair.problem.capacity[kind] = sim->capacity[kind];
    for (size_t i = 0; i < sim->runs_len; i++)
        fair.classes[i] =
            (struct fg_interior_class){.count = 1, .devices = sim->runs[i].devices};
    return fair;
}

static void fair_drop(struct fair *fair)
{
    free(fair->classes);
    free(fair->shares);
    free(fair->needs);
}

static double speed(const struct rounds_sim *sim, const struct rounds_run *run, uint32_t kind)
{
    return sim->options->policy->is_aware ? rounds_alone(sim, run->type, kind)
                                          : sim->mean[run->type];
}

/* Shares in which each job gets the same multiple of the rate that it needs, as great as can be. */
static int solve(struct fair *fair,
                 double (*rate)(const struct need *need, double rho),
                 double rho,
                 double *out_multiple,
                 struct fg_err *err)
{
    const struct rounds_sim *sim = fair->sim;
    struct fg_interior_best best;
    for (size_t i = 0; i < sim->runs_len; i++)
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            fair->classes[i].rate[kind] =
                speed(sim, &sim->runs[i], kind) / rate(&fair->needs[i], rho);
    int rc = fg_interior_solve(&fair->problem, fair->shares, &best, err);
    *out_multiple = best.level;
    return rc;
}

static void set_shares(const struct fair *fair)
{
    for (size_t i = 0; i < fair->sim->runs_len; i++)
        for (uint32_t kind = 0; kind < fair->sim->kinds_len; kind++)
            fair->sim->rounds.jobs[i].places[kind].share = fair->shares[i][kind];
}

/* -- finish-time fairness ------------------------------------------------------------------------------------ */

static double rate_for(const struct need *need, double rho)
{
    return need->steps / (rho * need->whole_s - need->elapsed_s);
}

double fg_rounds_equal_rate(const struct rounds_sim *sim, const struct rounds_run *run)
{
    double share = (double)sim->devices / ((double)sim->runs_len * run->devices);
    return sim->mean[run->type] * fmin(share, 1);
}

static void set_needs(struct fair *fair)
{
    struct rounds_sim *sim = fair->sim;
    for (size_t i = 0; i < sim->runs_len; i++) {
        struct rounds_run *run = &sim->runs[i];
        double elapsed_s = sim->now_s - fg_rounds_arrival_s(sim, run->job);
        if (run->equal_rate > 0)
            run->equal_s += (run->left_before - run->left) / run->equal_rate;
        run->left_before = run->left;
        run->equal_rate = fg_rounds_equal_rate(sim, run);
        double done_s = sim->options->policy->counts_elapsed ? elapsed_s : run->equal_s;
        fair->needs[i] =
            (struct need){run->left, elapsed_s, done_s + run->left / run->equal_rate};
    }
}

/* Nobody is done sooner than alone on its best kind. */
static double least_rho(const struct fair *fair)
{
    const struct rounds_sim *sim = fair->sim;
    double rho = 0;
    for (size_t i = 0; i < sim->runs_len; i++) {
        const struct need *need = &fair->needs[i];
        double best = sim->options->policy->is_aware ? sim->fastest[sim->runs[i].type]
                                                     : sim->mean[sim->runs[i].type];
        rho = fmax(rho, (need->elapsed_s + need->steps / best) / need->whole_s);
    }
    return rho;
}

/* The bounds of the search: their rho, and by how much of the need they fail or are more than asked. */
struct bound {
    double rho, off;
};

static double next_rho(const struct bound *low, const struct bound *high, int tries)
{
    if (!isfinite(high->rho))
        return low->rho * 1.25;
    if (tries % 4 == 3)
        return (low->rho + high->rho) / 2; /* false position may creep */
    return (low->rho * high->off - high->rho * low->off) / (high->off - low->off);
}

static int find_rho(struct fair *fair, struct fg_err *err)
{
    struct bound low = {.rho = least_rho(fair)}, high = {.rho = INFINITY};
    double rho = low.rho, multiple = 0;
    int rc = solve(fair, rate_for, rho, &multiple, err);
    for (int tries = 0; rc == 0 && fabs(multiple - 1) > MET && tries < TRIES_MAX; tries++) {
        *(multiple < 1 ? &low : &high) = (struct bound){rho, multiple - 1};
        if (high.rho <= low.rho)
            break; /* some job is done soonest alone on its best kind, and gets that */
        rho = next_rho(&low, &high, tries);
        rc = solve(fair, rate_for, rho, &multiple, err);
    }
    return rc;
}

int fg_rounds_share_ftf(struct rounds_sim *sim, struct fg_err *err)
{
    struct fair fair = fair_new(sim);
    set_needs(&fair);
    int rc = find_rho(&fair, err);
    if (rc == 0)
        set_shares(&fair);
    fair_drop(&fair);
    return rc;
}

/* -- makespan ------------------------------------------------------------------------------------------------ */

static double rate_by_work(const struct need *need, double longest_s)
{
    return need->steps / longest_s;
}

int fg_rounds_share_makespan(struct rounds_sim *sim, struct fg_err *err)
{
    struct fair fair = fair_new(sim);
    double longest_s = 0, multiple;
    for (size_t i = 0; i < sim->runs_len; i++) {
        fair.needs[i].steps = sim->runs[i].left;
        longest_s = fmax(longest_s, sim->runs[i].left / sim->fastest[sim->runs[i].type]);
    }
    int rc = solve(&fair, rate_by_work, longest_s, &multiple, err);
    if (rc == 0)
        set_shares(&fair);
    fair_drop(&fair);
    return rc;
}
