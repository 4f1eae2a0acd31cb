/* openb.c - see openb.h */
#include "sim/openb_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIX_COVER 0.95 /* of the pods: FGD's typical ones */

struct fg_pool *fg_openb_pool(const struct fg_openb *openb, struct fg_err *err)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(openb->specs_len);
    if (!pool)
        abort();
    for (size_t i = 0; i < openb->specs_len; i++) {
        struct fg_node_spec *spec = openb->specs[i];
        snprintf(spec->name, sizeof(spec->name), "openb-node-%06zu", i);
        if (fg_pool_add(pool, spec, NULL, err) < 0)
            return NULL;
    }
    struct fg_pool *made = pool;
    pool = NULL;
    return made;
}

/* The cluster `copies` times over. */
static int copy_nodes(struct fg_openb *openb, size_t copies, struct fg_err *err)
{
    size_t len = openb->specs_len;
    if (copies == 0 || len * copies > FG_NODES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%zu copies of %zu nodes, expected at most %d nodes",
                       copies, len, FG_NODES_MAX);
    for (size_t i = len; i < len * copies; i++) {
        openb->specs = fg_grow(openb->specs, openb->specs_len, &openb->specs_room,
                               sizeof(openb->specs[0]));
        struct fg_node_spec *spec = malloc(sizeof(*spec));
        if (!spec)
            abort();
        *spec = *openb->specs[i % len];
        openb->specs[openb->specs_len++] = spec;
    }
    openb->gpu_milli *= (int64_t)copies;
    return 0;
}

int fg_openb_read(const struct fg_openb_file *nodes,
                  const struct fg_openb_file *pods,
                  size_t copies,
                  struct fg_openb **out,
                  struct fg_err *err)
{
    FG_AUTO(fg_openb) struct fg_openb *openb = calloc(1, sizeof(*openb));
    if (!openb)
        abort();
    int rc = fg_openb_read_nodes(openb, nodes, err);
    if (rc == 0)
        rc = copy_nodes(openb, copies, err);
    if (rc < 0)
        return rc;
    openb->pool = fg_openb_pool(openb, err);
    if (!openb->pool)
        return fg_wrap(err, FG_ENOCAP, "%s", nodes->name);
    rc = fg_openb_read_pods(openb, pods, err);
    if (rc < 0)
        return rc;
    *out = openb;
    openb = NULL;
    return 0;
}

void fg_openb_free(struct fg_openb *openb)
{
    if (!openb)
        return;
    for (size_t i = 0; i < openb->specs_len; i++)
        free(openb->specs[i]);
    free(openb->specs);
    fg_pool_free(openb->pool);
    free(openb->pods);
    free(openb);
}

const struct fg_need *fg_openb_pods(const struct fg_openb *openb, size_t *out_len)
{
    *out_len = openb->pods_len;
    return openb->pods;
}

size_t fg_openb_nodes(const struct fg_openb *openb)
{
    return openb->specs_len;
}

int64_t fg_openb_gpu_milli(const struct fg_openb *openb)
{
    return openb->gpu_milli;
}

/* -- sequences ----------------------------------------------------------------------------------------- */

void fg_openb_sequence_fini(struct fg_openb_sequence *sequence)
{
    free(sequence->pods);
    free(sequence->rank);
    *sequence = (struct fg_openb_sequence){};
}

/* splitmix64 (Steele, Lea & Flood 2014) */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    uint64_t z = *state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11ebu;
    return (uint64_t)((unsigned __int128)(z ^ z >> 31) * below >> 64);
}

static uint32_t *shuffled(size_t len, uint64_t *state)
{
    uint32_t *items = calloc(len, sizeof(*items));
    if (!items)
        abort();
    for (size_t i = 0; i < len; i++)
        items[i] = (uint32_t)i;
    for (size_t i = len; i > 1; i--) {
        size_t j = draw(state, i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
    return items;
}

static int64_t asked(const struct fg_need *need)
{
    return (int64_t)need->count * need->gpu_milli;
}

void fg_openb_make_sequence(const struct fg_openb *openb,
                            uint64_t seed,
                            struct fg_openb_sequence *out)
{
    int64_t target = openb->gpu_milli * 13 / 10, arrived = 0;
    size_t room = openb->pods_len;
    bool any = false;
    out->pods = shuffled(openb->pods_len, &seed);
    out->rank = shuffled(openb->specs_len, &seed);
    out->rank_len = openb->specs_len;
    for (size_t i = 0; i < openb->pods_len; i++)
        any = any || openb->pods[i].count > 0;
    while (out->pods_len < openb->pods_len && arrived < target)
        arrived += asked(&openb->pods[out->pods[out->pods_len++]]);
    while (any && arrived < target) {
        uint32_t pod = (uint32_t)draw(&seed, openb->pods_len);
        out->pods = fg_grow(out->pods, out->pods_len, &room, sizeof(out->pods[0]));
        out->pods[out->pods_len++] = pod;
        arrived += asked(&openb->pods[pod]);
    }
}

/* -- the experiment ----------------------------------------------------------------------------------------- */

struct fg_openb_replay {
    const struct fg_openb *openb;
    const struct fg_openb_sequence *sequence;
    struct fg_pool *pool;
    struct fg_placer *placer;
    int64_t arrived, allocated;
    double allocation[FG_OPENB_LOADS], frag_ratio[FG_OPENB_LOADS]; /* sums */
    size_t events[FG_OPENB_LOADS];
};

/* The figures after an event fall to the arrived load, rounded half to even. */
static void measure(struct fg_openb_replay *replay)
{
    double total = (double)replay->openb->gpu_milli;
    double load = nearbyint(100.0 * (double)replay->arrived / total);
    if (load >= FG_OPENB_LOADS)
        return;
    size_t at = (size_t)load;
    int64_t idle = replay->openb->gpu_milli - replay->allocated;
    double frag = (double)fg_placer_frag_milli(replay->placer);
    replay->allocation[at] += round(10000.0 * (double)replay->allocated / total) / 100;
    replay->frag_ratio[at] += idle > 0 ? 100 * frag / (double)idle : 0;
    replay->events[at]++;
}

static double mean_at(const struct fg_openb_replay *replay, const double *sums, size_t load)
{
    double sum = 0;
    size_t events = 0;
    bool is_empty = replay->events[load] == 0;
    size_t first = is_empty && load > 0 ? load - 1 : load;
    size_t last = is_empty && load + 1 < FG_OPENB_LOADS ? load + 1 : load;
    for (size_t at = first; at <= last; at++) {
        sum += sums[at];
        events += replay->events[at];
    }
    return events ? sum / (double)events : (double)NAN;
}

/* What the original pods typically ask for. */
static void set_mix(struct fg_openb_replay *replay)
{
    FG_AUTO(fg_mix) struct fg_mix *mix = fg_mix_new();
    for (size_t i = 0; i < replay->openb->pods_len; i++)
        fg_mix_add(mix, &replay->openb->pods[i], 1);
    fg_mix_settle(mix, MIX_COVER);
    fg_placer_mix(replay->placer, mix);
}

static bool place(struct fg_openb_replay *replay, const struct fg_need *need)
{
    struct fg_grant grant;
    if (!fg_placer_choose(replay->placer, NULL, need, &grant))
        return false;
    int rc = fg_pool_claim(replay->pool, &grant, NULL);
    assert(rc == 0);
    return rc == 0;
}

struct fg_openb_replay *fg_openb_replay_new(const struct fg_openb *openb,
                                            const struct fg_openb_sequence *sequence,
                                            const struct fg_place_policy *policy,
                                            uint64_t seed)
{
    struct fg_openb_replay *replay = calloc(1, sizeof(*replay));
    if (!replay)
        abort();
    replay->openb = openb;
    replay->sequence = sequence;
    replay->pool = fg_openb_pool(openb, NULL);
    replay->placer = fg_placer_new(replay->pool, policy, seed);
    fg_placer_rank(replay->placer, sequence->rank, sequence->rank_len);
    set_mix(replay);
    return replay;
}

void fg_openb_replay_free(struct fg_openb_replay *replay)
{
    if (!replay)
        return;
    fg_placer_free(replay->placer);
    fg_pool_free(replay->pool);
    free(replay);
}

void fg_openb_replay_run(struct fg_openb_replay *replay,
                         bool is_measured,
                         struct fg_openb_result *out)
{
    const struct fg_openb_sequence *sequence = replay->sequence;
    *out = (struct fg_openb_result){};
    for (size_t i = 0; i < sequence->pods_len; i++) {
        const struct fg_need *need = &replay->openb->pods[sequence->pods[i]];
        replay->arrived += asked(need);
        out->decisions++;
        if (place(replay, need)) {
            out->placed++;
            replay->allocated += asked(need);
        }
        if (is_measured)
            measure(replay);
    }
    for (size_t load = 0; load < FG_OPENB_LOADS; load++) {
        out->allocation[load] = mean_at(replay, replay->allocation, load);
        out->frag_ratio[load] = mean_at(replay, replay->frag_ratio, load);
    }
}
