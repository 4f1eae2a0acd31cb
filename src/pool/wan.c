/* wan.c - see wan.h
 *
 * Of the paths whose links all have a bandwidth of at least b, the one of least latency is Dijkstra's; T is the least of
 * these over all bandwidths b that there are.  With at most 64 sites a plain scan for the nearest site is fastest.
 */
#include "pool/wan.h"

#include "base/text.h"

#include <string.h>

#define FAR INT64_MAX

uint8_t fg_wan_find(const struct fg_wan *links, const char *site)
{
    for (size_t i = 0; site[0] && i < links->sites_len; i++)
        if (strcmp(links->sites[i], site) == 0)
            return (uint8_t)(i + 1);
    return 0;
}

int fg_wan_site(struct fg_wan *links, const char *site, struct fg_err *err)
{
    uint8_t found = fg_wan_find(links, site);
    if (found || !site[0])
        return found;
    if (links->sites_len == FG_SITES_MAX)
        return fg_fail(err, FG_ENOCAP, "site %s is one more than the %d a pool can hold", site,
                       FG_SITES_MAX);
    fg_copy(links->sites[links->sites_len++], FG_NAME_MAX, site);
    return (int)links->sites_len;
}

int fg_wan_add(struct fg_wan *links,
               const char *a,
               const char *b,
               int64_t latency_us,
               int64_t bytes_per_s,
               struct fg_err *err)
{
    if (!a[0] || !b[0] || strcmp(a, b) == 0)
        return fg_fail(err, FG_EINVAL, "link %s - %s: expected two sites", a, b);
    if (bytes_per_s <= 0 || latency_us < 0)
        return fg_fail(err, FG_EINVAL, "link %s - %s: expected a bandwidth above 0", a, b);
    if (links->links_len == FG_WAN_LINKS_MAX)
        return fg_fail(err, FG_ENOCAP, "more than %d links", FG_WAN_LINKS_MAX);
    int from = fg_wan_site(links, a, err);
    int to = from < 0 ? from : fg_wan_site(links, b, err);
    if (to < 0)
        return to;
    links->links[links->links_len++] = (struct fg_wan_link){.a = (uint8_t)from,
                                                            .b = (uint8_t)to,
                                                            .latency_us = latency_us,
                                                            .bytes_per_s = bytes_per_s};
    return 0;
}

void fg_wan_replace(struct fg_wan *links, const struct fg_wan *from)
{
    links->links_len = 0;
    links->changes++;
    for (size_t i = 0; i < from->links_len; i++) {
        const struct fg_wan_link *link = &from->links[i];
        (void)!fg_wan_add(links, from->sites[link->a - 1], from->sites[link->b - 1],
                          link->latency_us, link->bytes_per_s, NULL);
    }
}

static uint8_t nearest(const struct fg_wan *links, const int64_t *latency, const bool *done)
{
    uint8_t best = 0;
    int64_t best_us = FAR;
    for (size_t site = 1; site <= links->sites_len; site++)
        if (!done[site] && latency[site] < best_us) {
            best = (uint8_t)site;
            best_us = latency[site];
        }
    return best;
}

/* Least latency to every site over links of at least this bandwidth; FAR: no such path. */
static void find_paths(const struct fg_wan *links,
                       uint8_t from,
                       int64_t bytes_per_s,
                       int64_t latency[FG_SITES_MAX + 1])
{
    bool done[FG_SITES_MAX + 1] = {};
    for (size_t site = 0; site <= FG_SITES_MAX; site++)
        latency[site] = FAR;
    latency[from] = 0;
    for (uint8_t at; (at = nearest(links, latency, done)) != 0; done[at] = true)
        for (size_t i = 0; i < links->links_len; i++) {
            const struct fg_wan_link *link = &links->links[i];
            if ((link->a != at && link->b != at) || link->bytes_per_s < bytes_per_s)
                continue;
            uint8_t other = link->a == at ? link->b : link->a;
            int64_t us = latency[at] + link->latency_us;
            if (us < latency[other])
                latency[other] = us;
        }
}

static int64_t time_of(int64_t latency_us, int64_t bytes, int64_t bytes_per_s)
{
    __int128 us = latency_us + (__int128)bytes * 1'000'000 / bytes_per_s;
    return us < FAR ? (int64_t)us : FAR;
}

void fg_wan_times(const struct fg_wan *links,
                  uint8_t from,
                  int64_t bytes,
                  int64_t out_us[FG_SITES_MAX + 1])
{
    int64_t latency[FG_SITES_MAX + 1];
    bool joined[FG_SITES_MAX + 1] = {};
    int64_t internet_us = time_of(FG_INTERNET_LATENCY_US, bytes, FG_INTERNET_BYTES_PER_S);
    for (size_t site = 0; site <= FG_SITES_MAX; site++)
        out_us[site] = internet_us;
    for (size_t i = 0; i < links->links_len; i++) {
        int64_t bytes_per_s = links->links[i].bytes_per_s;
        find_paths(links, from, bytes_per_s, latency);
        for (size_t site = 1; site <= links->sites_len; site++) {
            if (latency[site] == FAR)
                continue;
            int64_t us = time_of(latency[site], bytes, bytes_per_s);
            if (!joined[site] || us < out_us[site])
                out_us[site] = us;
            joined[site] = true;
        }
    }
    out_us[from] = 0;
}
