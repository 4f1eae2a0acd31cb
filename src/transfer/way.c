/* way.c - see way.h
 *
 * Relays are declared by hand, so they are few, and a path has FG_WAY_HOPS_MAX hops at most: all simple paths are tried.
 */
#include "transfer/way.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct hop {
    int64_t latency_us, bytes_per_s;
    bool is_measured;
};

struct search {
    const struct fg_measure_book *book;
    const struct fg_way_ask *ask;
    struct fg_way way;  /* so far */
    struct fg_way best; /* time_us INT64_MAX: none yet */
    size_t least, most; /* hops that are looked for */
};

static struct hop hop_of(const struct fg_measure_book *book,
                         const struct fg_way *way,
                         size_t at,
                         int64_t now_us)
{
    struct fg_measure_estimate link;
    struct hop hop = {FG_WAY_LATENCY_US, FG_WAY_BYTES_PER_S, false};
    if (strcmp(way->sites[at], way->sites[at + 1]) == 0)
        hop = (struct hop){0, INT64_MAX, true};
    if (!fg_measure_book_find(book, way->sites[at], way->sites[at + 1], way->protocol, now_us,
                              &link))
        return hop;
    if (link.latency_us >= 0)
        hop.latency_us = link.latency_us;
    int64_t one = link.bytes_per_s, many = link.many_bytes_per_s;
    /* Where only one of them was measured, several streams together are as fast as that. */
    if (one == 0)
        one = many;
    if (many == 0)
        many = one;
    if (one == 0)
        return hop;
    hop.bytes_per_s = way->streams > 1 ? many : one;
    hop.is_measured = true;
    return hop;
}

/* bytes / rate in us, upwards, without overflow. */
static int64_t time_of(int64_t bytes, int64_t per_s)
{
    if (per_s == INT64_MAX)
        return 0;
    double us = (double)bytes * 1e6 / (double)per_s;
    return us > 9e17 ? (int64_t)9e17 : (int64_t)(us + 0.5);
}

static const struct fg_pack_level *level_of(const struct fg_way_ask *ask, int level)
{
    for (size_t i = 0; i < ask->levels_len; i++)
        if (ask->levels[i].level == level)
            return &ask->levels[i];
    return NULL;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Fill what follows from the choices of the way. */
static void weigh(const struct search *search, struct fg_way *way)
{
    const struct fg_way_ask *ask = search->ask;
    int64_t wire_per_s = INT64_MAX;
    way->latency_us = 0;
    way->is_measured = true;
    for (size_t i = 0; i + 1 < way->sites_len; i++) {
        struct hop hop = hop_of(search->book, way, i, ask->now_us);
        way->latency_us += hop.latency_us;
        wire_per_s = least(wire_per_s, hop.bytes_per_s);
        way->is_measured = way->is_measured && hop.is_measured;
    }
    const struct fg_pack_level *pack = level_of(ask, way->zstd_level);
    way->wire_bytes = ask->bytes;
    int64_t time_us = time_of(ask->bytes, wire_per_s);
    if (pack) {
        way->wire_bytes = (int64_t)((double)ask->bytes * pack->size_milli / 1000);
        int64_t cpu_us = time_of(ask->bytes, least(pack->pack_per_s, pack->unpack_per_s));
        time_us = time_of(way->wire_bytes, wire_per_s);
        time_us = time_us > cpu_us ? time_us : cpu_us;
    }
    way->time_us = way->latency_us + time_us;
    way->bytes_per_s =
        time_us > 0 ? (int64_t)((double)ask->bytes * 1e6 / (double)time_us) : wire_per_s;
}

static bool is_better(const struct fg_way *way, const struct fg_way *than)
{
    if (way->time_us != than->time_us)
        return way->time_us < than->time_us;
    if (way->sites_len != than->sites_len)
        return way->sites_len < than->sites_len;
    if (way->protocol != than->protocol)
        return way->protocol < than->protocol;
    if (way->zstd_level != than->zstd_level)
        return way->zstd_level < than->zstd_level;
    return way->streams < than->streams;
}

/* The path is whole: try each way to send along it. */
static void try_path(struct search *search)
{
    const struct fg_way_ask *ask = search->ask;
    bool packs = ask->packing >> search->way.protocol & 1;
    bool many = ask->many >> search->way.protocol & 1;
    for (uint32_t streams = 1; streams <= (many ? FG_WAY_STREAMS : 1);
         streams += FG_WAY_STREAMS - 1)
        for (size_t i = 0; i <= (packs ? ask->levels_len : 0); i++) {
            struct fg_way way = search->way;
            way.streams = streams;
            way.zstd_level = i == 0 ? 0 : ask->levels[i - 1].level;
            weigh(search, &way);
            if (is_better(&way, &search->best))
                search->best = way;
        }
}

static bool is_on(const struct fg_way *way, const char *site)
{
    for (size_t i = 0; i < way->sites_len; i++)
        if (strcmp(way->sites[i], site) == 0)
            return true;
    return false;
}

static void walk(struct search *search)
{
    struct fg_way *way = &search->way;
    size_t hops = way->sites_len; /* if it ended now */
    if (hops >= search->least) {
        way->sites[way->sites_len++] = search->ask->to;
        try_path(search);
        way->sites_len--;
    }
    if (hops >= search->most)
        return;
    for (size_t i = 0; i < search->ask->relays_len; i++) {
        const char *relay = search->ask->relays[i];
        if (is_on(way, relay) || strcmp(relay, search->ask->to) == 0)
            continue;
        way->sites[way->sites_len++] = relay;
        walk(search);
        way->sites_len--;
    }
}

static int by_quality(const void *a, const void *b)
{
    return is_better(a, b) ? -1 : is_better(b, a) ? 1 : 0;
}

size_t fg_way_find(const struct fg_measure_book *book,
                   const struct fg_way_ask *ask,
                   struct fg_way *out,
                   size_t max)
{
    struct fg_way found[FG_PROTOCOLS * 2];
    size_t len = 0;
    assert(ask->relays_len <= FG_WAY_RELAYS_MAX && ask->levels_len <= FG_WAY_LEVELS_MAX);
    for (unsigned protocol = 0; protocol < FG_PROTOCOLS; protocol++)
        for (int relayed = 0; relayed < 2; relayed++) {
            if (!(ask->protocols >> protocol & 1)
                || (relayed && !(ask->relaying >> protocol & 1)))
                continue;
            struct search search = {.book = book,
                                    .ask = ask,
                                    .way = {.protocol = (enum fg_protocol)protocol,
                                            .sites = {ask->from},
                                            .sites_len = 1},
                                    .best = {.time_us = INT64_MAX},
                                    .least = relayed ? 2 : 1,
                                    .most = relayed ? FG_WAY_HOPS_MAX : 1};
            walk(&search);
            if (search.best.time_us < INT64_MAX)
                found[len++] = search.best;
        }
    qsort(found, len, sizeof(found[0]), by_quality);
    len = len < max ? len : max;
    memcpy(out, found, len * sizeof(found[0]));
    return len;
}

int64_t fg_way_time(const struct fg_measure_book *book,
                    const struct fg_way_ask *ask,
                    const struct fg_way *way)
{
    struct search search = {.book = book, .ask = ask};
    struct fg_way copy = *way;
    weigh(&search, &copy);
    return copy.time_us;
}
