/* faults.c - a list of places, one of each name; see faults.h */
#include "learn/faults.h"

#include "base/map.h"
#include "base/rate.h"
#include "base/text.h"
#include "model/offer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US      3.6e9
#define PRIOR_EVENTS 0.5
#define ALL_PER_HOUR 0.001  /* where nothing is known: one in six weeks */
#define EXCESS_MOST  60'000 /* once a minute */

struct place {
    char supplier[FG_NAME_MAX], node[FG_NAME_MAX];
    bool is_spot;
    uint64_t key, attempts, failed, interrupted, seen;
    struct fg_tally losses; /* what was interrupted, all at once being one; of hours worked */
    struct fg_tally fails, takes; /* what failed, what was interrupted; of attempts */
    int64_t lost_us;              /* the last loss */
};

/* By whether it is spot. */
struct fg_faults {
    struct place all[2];
    struct place *places;
    struct fg_map *by_key; /* in `places` */
    size_t len, max;
    int64_t half_life_us;
    uint64_t notes;
};

struct fg_faults *fg_faults_new(size_t places_max, int64_t half_life_us)
{
    struct fg_faults *faults = calloc(1, sizeof(*faults));
    if (!faults)
        return NULL;
    faults->max = places_max > 2 ? places_max : 2;
    faults->half_life_us = half_life_us;
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

/* FNV-1a over both names, the 0 between them too; all of a supplier that is spot, or not, is a place of its own. */
static uint64_t key_of(const struct fg_fault_place *place)
{
    uint64_t hash = 0xcbf2'9ce4'8422'2325u;
    for (const char *at = place->supplier; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100'0000'01b3u;
    hash *= 0x100'0000'01b3u;
    for (const char *at = place->node; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100'0000'01b3u;
    if (!place->node[0] && place->is_spot)
        hash = (hash ^ 0xff) * 0x100'0000'01b3u;
    return hash | 1;
}

static struct place *find(const struct fg_faults *faults, const struct fg_fault_place *place)
{
    uint32_t at;
    return fg_map_get(faults->by_key, key_of(place), &at) ? &faults->places[at] : NULL;
}

static struct place *all_of(const struct fg_faults *faults, const char *supplier, bool is_spot)
{
    return find(faults, &(struct fg_fault_place){supplier, "", is_spot});
}

/* Its own, a new one, or that of who was unseen for longest. */
static struct place *take(struct fg_faults *faults, const struct fg_fault_place *wanted)
{
    struct place *place = find(faults, wanted);
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
    *place = (struct place){.key = key_of(wanted)};
    fg_map_put(faults->by_key, place->key, (uint32_t)(place - faults->places));
    fg_copy(place->supplier, sizeof(place->supplier), wanted->supplier);
    fg_copy(place->node, sizeof(place->node), wanted->node);
    return place;
}

static void count(struct fg_faults *faults,
                  struct place *place,
                  const struct fg_fault_end *end,
                  bool is_loss)
{
    double hours = end->ran_us > 0 ? (double)end->ran_us / HOUR_US : 0;
    place->seen = faults->notes;
    place->is_spot = end->place.is_spot;
    place->attempts++;
    place->failed += end->failed;
    place->interrupted += end->interrupted;
    fg_tally_add(&place->losses, &(struct fg_tally){is_loss, hours, end->time_us},
                 faults->half_life_us);
    fg_tally_add(&place->fails, &(struct fg_tally){end->failed, 1, end->time_us},
                 faults->half_life_us);
    fg_tally_add(&place->takes, &(struct fg_tally){end->interrupted, 1, end->time_us},
                 faults->half_life_us);
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
    const struct fg_fault_place all = {end->place.supplier, "", end->place.is_spot};
    faults->notes++;
    struct place *node = end->place.node[0] ? take(faults, &end->place) : NULL;
    bool is_loss = end->interrupted
                   && !(node && node->losses.events > 0
                        && end->time_us - node->lost_us < FG_FAULTS_ONCE_US);
    if (node && is_loss)
        node->lost_us = end->time_us;
    if (node)
        count(faults, node, end, is_loss);
    count(faults, &faults->all[end->place.is_spot], end, is_loss);
    count(faults, take(faults, &all), end, is_loss);
}

/* -- interruptions an hour ------------------------------------------------------------------------------- */

/* What is seen of a place now; NULL: nothing. */
static struct fg_tally losses_of(const struct fg_faults *faults,
                                 const struct place *place,
                                 int64_t now_us)
{
    return place ? fg_tally_at(&place->losses, now_us, faults->half_life_us)
                 : (struct fg_tally){};
}

static struct fg_rate rate_of(struct fg_tally tally, double prior)
{
    return fg_rate_of(tally.events, tally.hours, prior, PRIOR_EVENTS);
}

/* In an hour, with all suppliers. */
static double rate_of_all(const struct fg_faults *faults, bool is_spot, int64_t now_us)
{
    double prior = is_spot ? FG_SPOT_PER_KHOUR / 1000.0 : ALL_PER_HOUR;
    struct fg_rate rate = rate_of(losses_of(faults, &faults->all[is_spot], now_us), prior);
    return fg_rate_mean(&rate);
}

static struct fg_rate rate_at(const struct fg_faults *faults,
                              const char *supplier,
                              bool is_spot,
                              int64_t now_us)
{
    return rate_of(losses_of(faults, all_of(faults, supplier, is_spot), now_us),
                   rate_of_all(faults, is_spot, now_us));
}

double fg_faults_rate(const struct fg_faults *faults,
                      const char *supplier,
                      bool is_spot,
                      int64_t now_us)
{
    struct fg_rate rate = rate_at(faults, supplier, is_spot, now_us);
    return 1000 * fg_rate_mean(&rate);
}

/* Of the node beyond the others like it. */
static double own_excess(const struct fg_faults *faults,
                         const struct fg_fault_place *at,
                         int64_t now_us)
{
    const struct place *place = find(faults, at);
    if (!place || place->losses.events <= 0)
        return 0;
    struct fg_tally own = losses_of(faults, place, now_us),
                    others =
                        losses_of(faults, all_of(faults, at->supplier, at->is_spot), now_us);
    others.events = fmax(others.events - own.events, 0);
    others.hours = fmax(others.hours - own.hours, 0);
    struct fg_rate twins = rate_of(others, rate_of_all(faults, at->is_spot, now_us)),
                   rate = rate_of(own, fg_rate_mean(&twins));
    return fmax(fg_rate_surely(&rate) - fg_rate_mean(&twins), 0);
}

/* Of spot beyond what else the supplier has. */
static double spot_excess(const struct fg_faults *faults, const char *supplier, int64_t now_us)
{
    struct fg_rate spot = rate_at(faults, supplier, true, now_us),
                   held = rate_at(faults, supplier, false, now_us);
    return fmax(fg_rate_surely(&spot) - fg_rate_mean(&held), 0);
}

uint32_t fg_faults_excess(const struct fg_faults *faults,
                          const struct fg_fault_place *place,
                          int64_t now_us)
{
    double excess = 1000
                    * (own_excess(faults, place, now_us)
                       + (place->is_spot ? spot_excess(faults, place->supplier, now_us) : 0));
    return excess < 1 ? 0 : excess < EXCESS_MOST ? (uint32_t)excess : EXCESS_MOST;
}

/* -- lists ------------------------------------------------------------------------------------------------ */

/* Of attempts, those that ended so. */
static double share(const struct fg_faults *faults,
                    const struct fg_tally *tally,
                    int64_t now_us,
                    double prior)
{
    struct fg_tally now = fg_tally_at(tally, now_us, faults->half_life_us);
    return (now.events + FG_FAULTS_PRIOR * prior) / (now.hours + FG_FAULTS_PRIOR);
}

bool fg_faults_next(const struct fg_faults *faults,
                    size_t *at,
                    int64_t now_us,
                    struct fg_fault_row *out)
{
    if (*at >= faults->len)
        return false;
    const struct place *place = &faults->places[(*at)++], *all = &faults->all[place->is_spot];
    double fails = share(faults, &all->fails, now_us, 0),
           takes = share(faults, &all->takes, now_us, 0),
           hourly = rate_of_all(faults, place->is_spot, now_us);
    const struct place *supplier =
        place->node[0] ? all_of(faults, place->supplier, place->is_spot) : NULL;
    if (supplier) {
        fails = share(faults, &supplier->fails, now_us, fails);
        takes = share(faults, &supplier->takes, now_us, takes);
        hourly = fg_faults_rate(faults, place->supplier, place->is_spot, now_us) / 1000;
    }
    struct fg_tally losses = losses_of(faults, place, now_us);
    struct fg_rate rate = rate_of(losses, hourly);
    *out = (struct fg_fault_row){
        .place = {place->supplier, place->node, place->is_spot},
        .attempts = place->attempts,
        .failed = place->failed,
        .interrupted = place->interrupted,
        .hours = losses.hours,
        .per_khour = 1000 * fg_rate_mean(&rate),
        .failed_share = share(faults, &place->fails, now_us, fails),
        .interrupted_share = share(faults, &place->takes, now_us, takes),
    };
    return true;
}
