/* wan.h - how long it takes to bring data from one site to another.
 *
 *     T = sum of the latencies on the path + bytes / the least bandwidth on it
 *
 * and the path is the one for which that is least, which depends on how much there is to bring.  Sites that no path
 * joins reach each other over the internet.  Links go both ways.
 */
#pragma once

#include "base/err.h"
#include "model/limits.h"

#include <stddef.h>
#include <stdint.h>

#define FG_SITES_MAX     64
#define FG_WAN_LINKS_MAX 256

#define FG_INTERNET_LATENCY_US  100'000
#define FG_INTERNET_BYTES_PER_S 125'000'000

struct fg_wan_link {
    uint8_t a, b; /* numbers of sites */
    int64_t latency_us, bytes_per_s;
};

/* A plain value; all zero: no sites, no links. */
struct fg_wan {
    char sites[FG_SITES_MAX][FG_NAME_MAX]; /* [number - 1] */
    size_t sites_len;
    struct fg_wan_link links[FG_WAN_LINKS_MAX];
    size_t links_len;
    uint64_t changes; /* counts up when links are replaced */
};

/* The number of a site, 1, 2, ...; 0: no such site, or no name. */
uint8_t fg_wan_find(const struct fg_wan *links, const char *site);
/* The same, made if new.  Negative: FG_ENOCAP, there are FG_SITES_MAX. */
[[nodiscard]] int fg_wan_site(struct fg_wan *links, const char *site, struct fg_err *err);

/* Join two sites (names, made if new).  FG_EINVAL: one site, or no bandwidth; FG_ENOCAP. */
[[nodiscard]] int fg_wan_add(struct fg_wan *links,
                             const char *a,
                             const char *b,
                             int64_t latency_us,
                             int64_t bytes_per_s,
                             struct fg_err *err);

/* The links of `from` in place of those there are; sites keep their numbers.  What does not fit is left out. */
void fg_wan_replace(struct fg_wan *links, const struct fg_wan *from);

/* T from site `from` to every site, by number; where the data is, 0.  [0]: to a site that is not known. */
void fg_wan_times(const struct fg_wan *links,
                  uint8_t from,
                  int64_t bytes,
                  int64_t out_us[FG_SITES_MAX + 1]);
