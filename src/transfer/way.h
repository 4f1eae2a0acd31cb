/* way.h - how to bring bytes from one site to another: which path, which protocol, packed or not, how many streams.
 *
 *     T = sum of the latencies on the path + bytes on the wire / the least speed of: links, packing, unpacking
 *
 * Data is packed while it is sent, so packing costs time only where it is slower than the line.  Pure.
 */
#pragma once

#include "transfer/measure.h"

#define FG_WAY_HOPS_MAX   4
#define FG_WAY_RELAYS_MAX 16
#define FG_WAY_LEVELS_MAX 4
#define FG_WAY_STREAMS    4 /* where several are of use */

/* What packing with one level of zstd does to this data on this machine, by a sample of it. */
struct fg_pack_level {
    int level;
    uint32_t size_milli; /* packed size, in thousandths of the data */
    int64_t pack_per_s;  /* bytes of data a second */
    int64_t unpack_per_s;
};

struct fg_way_ask {
    const char *from, *to; /* sites */
    int64_t bytes;
    unsigned protocols; /* bit (1 << fg_protocol): can be used */
    unsigned packing;   /* of those, the ones that can pack on the way */
    unsigned many;      /* of those, the ones that can use several streams */
    const char *const *
        relays; /* sites that a path may lead through, where the protocol is one of `relaying` */
    size_t relays_len; /* FG_WAY_RELAYS_MAX at most */
    unsigned relaying;
    struct fg_pack_level levels[FG_WAY_LEVELS_MAX];
    size_t levels_len;
    int64_t now_us;
};

struct fg_way {
    enum fg_protocol protocol;
    const char *sites[FG_WAY_HOPS_MAX + 1]; /* of the ask, first `from`, last `to` */
    size_t sites_len;
    int zstd_level; /* 0: not packed */
    uint32_t streams;
    int64_t time_us, latency_us;
    int64_t bytes_per_s; /* of data, not of what is on the wire */
    int64_t wire_bytes;
    bool is_measured; /* all its links */
};

/* What is assumed of a link that was never measured. */
#define FG_WAY_LATENCY_US  100'000
#define FG_WAY_BYTES_PER_S 12'500'000

/* The best way of each protocol and each kind of path (direct, through relays), best first; writes at most `max`,
 * returns how many.  Equal ones: fewer hops, then the lower protocol, not packed, fewer streams. */
size_t fg_way_find(const struct fg_measure_book *book,
                   const struct fg_way_ask *ask,
                   struct fg_way *out,
                   size_t max);

/* T of one way, for tests and for asking what another choice would take. */
int64_t fg_way_time(const struct fg_measure_book *book,
                    const struct fg_way_ask *ask,
                    const struct fg_way *way);
