/* faults.c - a list of places, one of each name; see faults.h */
#include "learn/faults.h"

#include "base/map.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US       3.6e9
#define PRIOR_EVENTS  0.5
#define ALL_PER_HOUR  0.001  /* where nothing is known: one in six weeks */
#define SURE_DEVIATES 1.6449 /* of the normal distribution, at FG_FAULTS_SURE */
#define EXCESS_MOST   60'000 /* once a minute */

struct place {
    char supplier[FG_NAME_MAX], node[FG_NAME_MAX];
    uint64_t key, attempts, failed, interrupted, seen;
    double hours, losses; /* worked; nodes that interrupted something */
    int64_t lost_us;      /* the last of them */
};

struct fg_faults {
    struct place all;
    struct place *places;
    struct fg_map *by_key; /* in `places` */
    size_t len, max;
    uint64_t notes;
};

struct fg_faults *fg_faults_new(size_t places_max)
{
    struct fg_faults *faults = calloc(1, sizeof(*faults));
    if (!faults)
        return NULL;
    faults->max = places_max > 2 ? places_max : 2;
    faults->places = calloc(faults->max, sizeof(struct place));
    faults->by_key = fg_map_new(64);
    if (faults->places && faults->by_key)
        return faults;
    fg_faults_free(faults);
    return NULL;
}

void fg_faults_free(struct fg_faults *faults)
{
    if (!faults)
        return;
    fg_map_free(faults->by_key);
    free(faults->places);
    free(faults);
}

/* FNV-1a over both, the 0 between them too. */
static uint64_t key_of(const char *supplier, const char *node)
{
    uint64_t hash = 0xcbf2'9ce4'8422'2325u;
    for (; *supplier; supplier++)
        hash = (hash ^ (uint8_t)*supplier) * 0x100'0000'01b3u;
    hash *= 0x100'0000'01b3u;
    for (; *node; node++)
        hash = (hash ^ (uint8_t)*node) * 0x100'0000'01b3u;
    return hash | 1;
}

static struct place *find(const struct fg_faults *faults,
                          const char *supplier,
                          const char *node)
{
    uint32_t at;
    return fg_map_get(faults->by_key, key_of(supplier, node), &at) ? &faults->places[at] : NULL;
}

/* Its own, a new one, or that of who was unseen for longest. */
static struct place *take(struct fg_faults *faults, const char *supplier, const char *node)
{
    struct place *place = find(faults, supplier, node);
    if (place)
        return place;
    assert(faults->places);
    place = &faults->places[0];
    for (size_t i = 1; i < faults->len; i++)
        if (faults->places[i].seen < place->seen)
            place = &faults->places[i];
    if (faults->len < faults->max)
        place = &faults->places[faults->len++];
    if (place->key)
        fg_map_del(faults->by_key, place->key);
    *place = (struct place){.key = key_of(supplier, node)};
    fg_map_put(faults->by_key, place->key, (uint32_t)(place - faults->places));
    fg_copy(place->supplier, sizeof(place->supplier), supplier);
    fg_copy(place->node, sizeof(place->node), node);
    return place;
}

static void count(struct place *place,
                  uint64_t seen,
                  const struct fg_fault_end *end,
                  bool is_loss)
{
    place->seen = seen;
    place->attempts++;
    place->failed += end->failed;
    place->interrupted += end->interrupted;
    place->losses += is_loss;
    place->hours += end->ran_us > 0 ? (double)end->ran_us / HOUR_US : 0;
}

static double share_of(const struct fg_node_spec *node, const struct fg_grant *grant)
{
    if (grant->devices && node->devices_len)
        return (double)__builtin_popcount(grant->devices) * grant->gpu_milli / 1000.0
               / node->devices_len;
    return node->cpu_milli ? (double)grant->cpu_milli / node->cpu_milli : 1;
}

double fg_faults_share(const struct fg_node_spec *node,
                       const struct fg_grant *grants,
                       size_t len,
                       size_t *out_tasks)
{
    double sum = 0;
    size_t tasks = 0;
    for (; tasks < len && grants[tasks].node == grants[0].node; tasks++)
        sum += share_of(node, &grants[tasks]);
    *out_tasks = tasks;
    return sum < 1 ? sum : 1;
}

void fg_faults_note(struct fg_faults *faults, const struct fg_fault_end *end)
{
    uint64_t seen = ++faults->notes;
    struct place *node = end->node[0] ? take(faults, end->supplier, end->node) : NULL;
    bool is_loss =
        end->interrupted
        && !(node && node->losses > 0 && end->time_us - node->lost_us < FG_FAULTS_ONCE_US);
    if (node && is_loss)
        node->lost_us = end->time_us;
    if (node)
        count(node, seen, end, is_loss);
    count(&faults->all, seen, end, is_loss);
    count(take(faults, end->supplier, ""), seen, end, is_loss);
}

/* -- interruptions an hour ------------------------------------------------------------------------------- */

/* The mean, with half an interruption at the rate `prior` beforehand; `out_shape`, if wanted, of the gamma distribution. */
static double rate(double interrupted, double hours, double prior, double *out_shape)
{
    if (out_shape)
        *out_shape = PRIOR_EVENTS + interrupted;
    return (PRIOR_EVENTS + interrupted) / (PRIOR_EVENTS / prior + hours);
}

static double rate_of_all(const struct fg_faults *faults)
{
    return rate(faults->all.losses, faults->all.hours, ALL_PER_HOUR, NULL);
}

double fg_faults_rate(const struct fg_faults *faults, const char *supplier)
{
    const struct place *place = find(faults, supplier, "");
    double all = rate_of_all(faults);
    return 1000 * (place ? rate(place->losses, place->hours, all, NULL) : all);
}

/* Wilson and Hilferty's approximation of a quantile of the gamma distribution of this shape and mean. */
static double lower_bound(double shape, double mean)
{
    double root = 1 - 1 / (9 * shape) - SURE_DEVIATES / (3 * sqrt(shape));
    return root > 0 ? mean * root * root * root : 0;
}

uint32_t fg_faults_excess(const struct fg_faults *faults,
                          const char *supplier,
                          const char *node)
{
    const struct place *all = find(faults, supplier, ""), *place = find(faults, supplier, node);
    if (!all || !place || place->losses <= 0)
        return 0;
    double shape,
        prior = rate_of_all(faults),
        twins = rate(all->losses - place->losses, all->hours - place->hours, prior, NULL),
        own = rate(place->losses, place->hours, twins, &shape),
        excess = 1000 * (lower_bound(shape, own) - twins);
    return excess < 1 ? 0 : excess < EXCESS_MOST ? (uint32_t)excess : EXCESS_MOST;
}

/* -- lists ------------------------------------------------------------------------------------------------ */

static double share(uint64_t bad, uint64_t all, double prior)
{
    return ((double)bad + FG_FAULTS_PRIOR * prior) / ((double)all + FG_FAULTS_PRIOR);
}

bool fg_faults_next(const struct fg_faults *faults, size_t *at, struct fg_fault_row *out)
{
    if (*at >= faults->len)
        return false;
    const struct place *place = &faults->places[(*at)++], *all = &faults->all;
    double failed = share(all->failed, all->attempts, 0),
           interrupted = share(all->interrupted, all->attempts, 0);
    double hourly =
        place->node[0] ? fg_faults_rate(faults, place->supplier) / 1000 : rate_of_all(faults);
    const struct place *supplier = place->node[0] ? find(faults, place->supplier, "") : NULL;
    if (supplier) {
        failed = share(supplier->failed, supplier->attempts, failed);
        interrupted = share(supplier->interrupted, supplier->attempts, interrupted);
    }
    *out = (struct fg_fault_row){
        .supplier = place->supplier,
        .node = place->node,
        .attempts = place->attempts,
        .failed = place->failed,
        .interrupted = place->interrupted,
        .hours = place->hours,
        .per_khour = 1000 * rate(place->losses, place->hours, hourly, NULL),
        .failed_share = share(place->failed, place->attempts, failed),
        .interrupted_share = share(place->interrupted, place->attempts, interrupted),
    };
    return true;
}
