/* reserved_choose.c - which devices a reservation of so many gets. */
#include "schedule/schedule_inner.h"

#include <stdlib.h>
#include <string.h>

/* What of a node could be had. */
struct offer {
    fg_node_id node;
    uint32_t devices, len;
    int64_t free_us; /* all of them */
};

/* Devices that another reservation has at any of these times. */
static uint32_t taken_on(const struct fg_schedule *schedule,
                         const struct fg_advance *times,
                         fg_node_id node)
{
    uint32_t taken = 0;
    for (size_t i = 0; i < schedule->reserved.len; i++) {
        const struct fg_advance *other = &schedule->reserved.advances[i];
        for (size_t k = 0; k < other->places_len; k++)
            if (other->places[k].node == node && fg_advance_overlaps(times, other))
                taken |= other->places[k].devices;
    }
    return taken;
}

static struct offer offer_of(const struct fg_schedule *schedule,
                             const struct fg_pool *pool,
                             const struct fg_advance *times,
                             uint64_t kinds,
                             fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    struct offer offer = {.node = id, .free_us = INT64_MIN};
    if (!fg_pool_is_open(pool, id) || !(node->kinds & kinds))
        return offer;
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (kinds >> node->kind[i] & 1)
            offer.devices |= 1U << i;
    offer.devices &= ~taken_on(schedule, times, id);
    offer.len = (uint32_t)__builtin_popcount(offer.devices);
    return offer;
}

/* When those who hold something of the nodes should have ended. */
static void find_ends(const struct fg_schedule *schedule, struct offer *by_node)
{
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        for (uint32_t task = 0; runner->job && task < runner->grants_len; task++) {
            const struct fg_grant *grant = &fg_runner_grants(runner)[task];
            struct offer *offer = &by_node[grant->node - 1];
            if ((offer->devices & grant->devices) && runner->end_us > offer->free_us)
                offer->free_us = runner->end_us;
        }
    }
}

static int compare_offers(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->free_us != y->free_us)
        return x->free_us < y->free_us ? -1 : 1;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static int compare_places(const void *a, const void *b)
{
    const struct fg_advance_place *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* The lowest so many. */
static uint32_t first_of(uint32_t devices, uint32_t count)
{
    uint32_t out = 0;
    for (; devices && count > 0; count--) {
        out |= devices & -devices;
        devices &= devices - 1;
    }
    return out;
}

/* Of those that are free at the same time whole offers first, as long as they are not too many; then a part. */
static size_t take_some(struct offer *offers,
                        size_t len,
                        uint32_t *left,
                        struct fg_advance_place *out)
{
    size_t places = 0;
    for (int parts = 0; parts <= 1; parts++)
        for (size_t i = 0; i<len && * left> 0; i++) {
            bool fits = offers[i].len <= *left;
            if (offers[i].len == 0 || fits == (parts == 1))
                continue;
            uint32_t devices = first_of(offers[i].devices, *left);
            *left -= (uint32_t)__builtin_popcount(devices);
            out[places++] = (struct fg_advance_place){offers[i].node, devices};
            offers[i].len = 0;
        }
    return places;
}

static size_t take(struct offer *offers,
                   size_t len,
                   uint32_t count,
                   struct fg_advance_place *out)
{
    size_t places = 0;
    for (size_t first = 0, next; first < len; first = next) {
        for (next = first + 1; next < len && offers[next].free_us == offers[first].free_us;)
            next++;
        places += take_some(&offers[first], next - first, &count, &out[places]);
    }
    return places;
}

int fg_schedule_choose_advance(const struct fg_schedule *schedule,
                               const struct fg_pool *pool,
                               const struct fg_advance *times,
                               const char *kind,
                               uint32_t count,
                               struct fg_advance_place *out,
                               struct fg_err *err)
{
    size_t nodes = fg_pool_len(pool);
    uint64_t kinds = fg_pool_kinds(pool, kind), have = 0;
    struct offer *offers = calloc(nodes + 1, sizeof(*offers));
    if (!offers)
        abort();
    for (fg_node_id id = 1; id <= nodes; id++) {
        offers[id - 1] = offer_of(schedule, pool, times, kinds, id);
        have += offers[id - 1].len;
    }
    int rc;
    if (have < count) {
        rc = fg_fail(err, FG_ENOCAP,
                     "reservation %s: %u devices of kind %s, and no other reservation has %llu "
                     "of those that are up then",
                     times->name, count, kind, (unsigned long long)have);
    } else {
        find_ends(schedule, offers);
        /* Who has let go by then is as good as free. */
        for (size_t i = 0; i < nodes; i++)
            if (offers[i].free_us <= times->start_us)
                offers[i].free_us = INT64_MIN;
        qsort(offers, nodes, sizeof(*offers), compare_offers);
        rc = (int)take(offers, nodes, count, out);
        qsort(out, (size_t)rc, sizeof(*out), compare_places);
    }
    free(offers);
    return rc;
}
