/* rounds_share.c - policies that give each job a share of each kind of device, and the rounds that follow the shares
 *
 * las, max-min: the worst-off job gets most (LAS of Gavel section 4.1, heterogeneity-agnostic and -aware).
 * fifo, fifo-aware: the oldest jobs have a kind each, for good or until shares are computed again. */
#include "allocate/interior.h"

#include "base/grow.h"
#include "sim/rounds_inner.h"

#include <stdlib.h>

#define CLASSES_MAX FG_GAVEL_TYPES_MAX

_Static_assert(FG_INTERIOR_KINDS_MAX == FG_GAVEL_KINDS_MAX);
_Static_assert(FG_ROUNDS_KINDS_MAX == FG_GAVEL_KINDS_MAX);

/* -- max-min ----------------------------------------------------------------------------------------------- */

/* Jobs that are alike to the policy: of one type, or - if all kinds are alike to it - of one width. */
struct classes {
    struct fg_interior_class items[CLASSES_MAX];
    double shares[CLASSES_MAX][FG_INTERIOR_KINDS_MAX];
    uint32_t types[CLASSES_MAX]; /* of the first job of each */
    size_t len;
};

static bool is_of(const struct rounds_sim *sim,
                  const struct classes *classes,
                  size_t class,
                  const struct rounds_run *run)
{
    return sim->options->policy->is_aware ? classes->types[class] == run->type
                                          : classes->items[class].devices == run->devices;
}

static size_t class_of(const struct rounds_sim *sim,
                       struct classes *classes,
                       const struct rounds_run *run)
{
    size_t class = 0;
    while (class < classes->len && !is_of(sim, classes, class, run))
        class ++;
    if (class < classes->len)
        return class;
    struct fg_interior_class *item = &classes->items[classes->len];
    *item = (struct fg_interior_class){.devices = run->devices};
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        item->rate[kind] = run->devices
                           * (sim->options->policy->is_aware
                                  ? rounds_alone(sim, run->type, kind) / sim->mean[run->type]
                                  : 1);
    classes->types[classes->len] = run->type;
    return classes->len++;
}

int fg_rounds_share_max_min(struct rounds_sim *sim, struct fg_err *err)
{
    struct classes *classes = calloc(1, sizeof(*classes));
    uint32_t *class = calloc(sim->runs_len, sizeof(class[0]));
    struct fg_interior_problem problem = {.kinds_len = sim->kinds_len};
    if (!classes || !class)
        abort();
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        problem.capacity[kind] = sim->capacity[kind];
    for (size_t i = 0; i < sim->runs_len; i++) {
        class[i] = (uint32_t)class_of(sim, classes, &sim->runs[i]);
        classes->items[class[i]].count++;
    }
    problem.classes = classes->items;
    problem.classes_len = classes->len;
    int rc = fg_interior_solve(&problem, classes->shares, NULL, err);
    for (size_t i = 0; rc == 0 && i < sim->runs_len; i++)
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            sim->rounds.jobs[i].places[kind].share = classes->shares[class[i]][kind];
    free(class);
    free(classes);
    return rc;
}

/* -- fifo --------------------------------------------------------------------------------------------------- */

/* The queue, and what is free.  The published FIFO gives a job the last kind, by name, that has anything free, also if
 * that is too little, and then takes a randomly drawn kind off the list when that one is used up.  So it is done
 * here: its published times depend on it. */
struct fifo {
    const struct rounds_run **queue;
    size_t at, len;
    int64_t free[FG_GAVEL_KINDS_MAX];
    uint32_t open[FG_GAVEL_KINDS_MAX];
    uint32_t open_len;
};

static const struct rounds_run *find_run(const struct rounds_sim *sim, uint32_t job)
{
    size_t low = 0, high = sim->runs_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sim->runs[middle].job < job)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sim->runs_len && sim->runs[low].job == job ? &sim->runs[low] : NULL;
}

int32_t fg_rounds_held_kind(const struct rounds_sim *sim, uint32_t job)
{
    for (size_t i = 0; i < sim->held_len; i++)
        if (sim->held[i].job == job)
            return sim->held[i].kind;
    return NOWHERE;
}

void fg_rounds_forget_done(struct rounds_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->held_len; i++)
        if (find_run(sim, sim->held[i].job))
            sim->held[kept++] = sim->held[i];
    sim->held_len = kept;
}

void fg_rounds_hold(struct rounds_sim *sim, uint32_t job, uint32_t kind)
{
    sim->held = fg_grow(sim->held, sim->held_len, &sim->held_room, sizeof(sim->held[0]));
    size_t at = sim->held_len++;
    for (; at > 0 && sim->held[at - 1].job > job; at--)
        sim->held[at] = sim->held[at - 1];
    sim->held[at] = (struct rounds_held){job, (int32_t)kind};
}

static bool can_have(const struct rounds_sim *sim, const struct fifo *fifo, uint32_t kind)
{
    const struct rounds_run *head = fifo->at < fifo->len ? fifo->queue[fifo->at] : NULL;
    return head && head->devices <= fifo->free[kind] && rounds_alone(sim, head->type, kind) > 0;
}

/* Places of jobs that are done go to the head of the queue, the others stay as they are. */
static void renew(struct rounds_sim *sim, struct fifo *fifo)
{
    struct rounds_held *heirs = calloc(sim->held_len + 1, sizeof(heirs[0]));
    size_t kept = 0, heirs_len = 0;
    if (!heirs)
        abort();
    for (size_t i = 0; i < sim->held_len; i++) {
        struct rounds_held held = sim->held[i];
        const struct rounds_run *run = find_run(sim, held.job);
        if (run) {
            fifo->free[held.kind] -= run->devices;
            sim->held[kept++] = held;
        } else if (can_have(sim, fifo, (uint32_t)held.kind)) {
            const struct rounds_run *head = fifo->queue[fifo->at++];
            fifo->free[held.kind] -= head->devices;
            heirs[heirs_len++] = (struct rounds_held){head->job, held.kind};
        }
    }
    sim->held_len = kept;
    for (size_t i = 0; i < heirs_len; i++)
        fg_rounds_hold(sim, heirs[i].job, (uint32_t)heirs[i].kind);
    free(heirs);
}

/* Give the head its place; false: nothing is wide enough. */
static bool place_head(struct rounds_sim *sim, struct fifo *fifo)
{
    const struct rounds_run *head = fifo->queue[fifo->at++];
    uint32_t wide[FG_GAVEL_KINDS_MAX], wide_len = 0, slot, kind;
    for (uint32_t i = 0; i < fifo->open_len; i++)
        if (fifo->free[fifo->open[i]] >= head->devices)
            wide[wide_len++] = i;
    if (wide_len == 0)
        return false;
    if (sim->options->policy->is_aware) {
        slot = wide[0];
        for (uint32_t i = 1; i < wide_len; i++)
            if (rounds_alone(sim, head->type, fifo->open[wide[i]])
                > rounds_alone(sim, head->type, fifo->open[slot]))
                slot = wide[i];
        kind = fifo->open[slot];
    } else {
        slot = wide[fg_twister_below(&sim->draw, wide_len)];
        kind = fifo->open[fifo->open_len - 1];
    }
    if (rounds_alone(sim, head->type, kind) <= 0)
        return true;
    fg_rounds_hold(sim, head->job, kind);
    fifo->free[kind] -= head->devices;
    if (fifo->free[kind] == 0) {
        fifo->open_len--;
        for (uint32_t i = slot; i < fifo->open_len; i++)
            fifo->open[i] = fifo->open[i + 1];
    }
    return true;
}

void fg_rounds_set_held_shares(struct rounds_sim *sim)
{
    for (size_t i = 0; i < sim->runs_len; i++)
        for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
            sim->rounds.jobs[i].places[kind].share = 0;
    for (size_t i = 0; i < sim->held_len; i++) {
        struct fg_rounds_job *job = fg_rounds_find(&sim->rounds, sim->held[i].job);
        job->places[sim->held[i].kind].share = 1;
    }
}

int fg_rounds_share_fifo(struct rounds_sim *sim, struct fg_err *)
{
    struct fifo fifo = {.queue = calloc(sim->runs_len, sizeof(fifo.queue[0]))};
    if (!fifo.queue)
        abort();
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        fifo.free[kind] = sim->capacity[kind];
    if (sim->options->policy->is_aware)
        sim->held_len = 0;
    for (size_t i = 0; i < sim->runs_len; i++)
        if (fg_rounds_held_kind(sim, sim->runs[i].job) == NOWHERE)
            fifo.queue[fifo.len++] = &sim->runs[i];
    renew(sim, &fifo);
    for (uint32_t i = 0; i < sim->kinds_len; i++)
        if (fifo.free[sim->by_name[i]] > 0)
            fifo.open[fifo.open_len++] = sim->by_name[i];
    while (fifo.at < fifo.len && fifo.open_len > 0 && place_head(sim, &fifo))
        ;
    free(fifo.queue);
    fg_rounds_set_held_shares(sim);
    return 0;
}

/* -- the rounds ----------------------------------------------------------------------------------------------- */

static int renew_shares(struct rounds_sim *sim, struct fg_err *err)
{
    double elapsed_s = sim->now_s - sim->reset_at_s;
    if (!sim->shares_stale || (elapsed_s < sim->options->reset_s && sim->reset_at_s > 0))
        return 0;
    fg_rounds_reset(&sim->rounds, elapsed_s);
    sim->reset_at_s = sim->now_s;
    sim->shares_stale = false;
    return sim->runs_len ? sim->options->policy->share(sim, err) : 0;
}

static int32_t mate_of(const struct rounds_sim *sim, size_t at)
{
    uint32_t number = sim->rounds.jobs[at].pair;
    if (number == FG_ROUNDS_NOWHERE)
        return NOWHERE;
    const struct fg_rounds_pair *pair = &sim->rounds.pairs[number];
    return (int32_t)(pair->a == at ? pair->b : pair->a);
}

int fg_rounds_choose_by_share(struct rounds_sim *sim, struct fg_err *err)
{
    uint32_t order[FG_GAVEL_KINDS_MAX];
    int rc = renew_shares(sim, err);
    if (rc < 0)
        return rc;
    for (uint32_t kind = 0; kind < sim->kinds_len; kind++)
        order[kind] = kind;
    if (sim->options->policy->shuffles)
        fg_twister_shuffle(&sim->shuffle, order, sim->kinds_len);
    fg_rounds_pick(&sim->rounds, order);
    for (size_t i = 0; i < sim->runs_len; i++) {
        const struct fg_rounds_job *job = &sim->rounds.jobs[i];
        bool is_placed = job->kind != FG_ROUNDS_NOWHERE;
        sim->runs[i].kind = is_placed ? (int32_t)job->kind : NOWHERE;
        sim->runs[i].mate = mate_of(sim, i);
        sim->runs[i].runs = is_placed && job->has_share;
    }
    return 0;
}
