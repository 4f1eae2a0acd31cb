/* rounds_allox.c - AlloX (Le et al., "AlloX: Compute Allocation in Hybrid Clusters", EuroSys 2020): least average completion time
 *
 * A job that is the last but i - 1 on its device delays i jobs by its own time.  So jobs that wait are matched with places
 * (device, i) at the cost i x the job's time there; who is first on a device begins, and stays there until it is done.
 * Devices of a kind are alike: places of kind k, cheapest first, are as many at i = 1 as devices are free, then at i = 2, ... */
#include "allocate/matching.h"
#include "sim/rounds_inner.h"

#include <stdlib.h>
#include <string.h>

/* Speed of a job on a kind where it does not run: it never goes there while there is another. */
#define NO_SPEED 1e-10

struct allox {
    uint32_t *waiting; /* places in sim->runs of jobs that hold no device */
    size_t waiting_len;
    uint32_t free[FG_GAVEL_KINDS_MAX];
    double *costs;
    uint32_t *chosen; /* column of each waiting job: kind x waiting_len + place */
};

static double time_on(const struct rounds_sim *sim, const struct rounds_run *run, uint32_t kind)
{
    double speed = rounds_alone(sim, run->type, kind);
    return run->left / (speed > 0 ? speed : NO_SPEED);
}

static void find_waiting(struct rounds_sim *sim, struct allox *allox)
{
    memcpy(allox->free, sim->capacity, sizeof(allox->free));
    for (size_t i = 0; i < sim->runs_len; i++) {
        int32_t kind = fg_rounds_held_kind(sim, sim->runs[i].job);
        if (kind == NOWHERE)
            allox->waiting[allox->waiting_len++] = (uint32_t)i;
        else
            allox->free[kind]--;
    }
}

/* The i of a column. */
static double turns(const struct allox *allox, size_t col)
{
    size_t kind = col / allox->waiting_len, place = col % allox->waiting_len;
    size_t before = place / allox->free[kind];
    return 1 + (double)before;
}

static int match(struct rounds_sim *sim, struct allox *allox, struct fg_err *err)
{
    size_t len = allox->waiting_len, cols = len * sim->kinds_len;
    for (size_t row = 0; row < len; row++)
        for (size_t col = 0; col < cols; col++) {
            uint32_t kind = (uint32_t)(col / len);
            double time_s = time_on(sim, &sim->runs[allox->waiting[row]], kind);
            allox->costs[row * cols + col] = allox->free[kind]
                                                 ? time_s * turns(allox, col)
                                                 : 1 / (NO_SPEED * NO_SPEED * NO_SPEED);
        }
    return fg_matching_solve(allox->costs, len, cols, allox->chosen, NULL, err);
}

/* On each kind the shortest of its jobs begin, one a device. */
static void begin_first(struct rounds_sim *sim, const struct allox *allox, uint32_t kind)
{
    for (uint32_t n = allox->free[kind]; n > 0; n--) {
        const struct rounds_run *first = NULL;
        for (size_t i = 0; i < allox->waiting_len; i++) {
            const struct rounds_run *run = &sim->runs[allox->waiting[i]];
            if (allox->chosen[i] / allox->waiting_len != kind
                || fg_rounds_held_kind(sim, run->job) != NOWHERE
                || rounds_alone(sim, run->type, kind) <= 0)
                continue;
            if (!first || time_on(sim, run, kind) < time_on(sim, first, kind))
                first = run;
        }
        if (!first)
            return;
        fg_rounds_hold(sim, first->job, kind);
    }
}

int fg_rounds_share_allox(struct rounds_sim *sim, struct fg_err *err)
{
    size_t len = sim->runs_len;
    struct allox allox = {.waiting = calloc(len, sizeof(uint32_t)),
                          .chosen = calloc(len, sizeof(uint32_t))};
    fg_rounds_forget_done(sim);
    if (!allox.waiting || !allox.chosen)
        abort();
    find_waiting(sim, &allox);
    allox.costs =
        calloc(allox.waiting_len * allox.waiting_len * sim->kinds_len + 1, sizeof(double));
    if (!allox.costs)
        abort();
    int rc = allox.waiting_len ? match(sim, &allox, err) : 0;
    for (uint32_t kind = 0; rc == 0 && kind < sim->kinds_len; kind++)
        begin_first(sim, &allox, kind);
    free(allox.costs);
    free(allox.waiting);
    free(allox.chosen);
    fg_rounds_set_held_shares(sim);
    return rc;
}
