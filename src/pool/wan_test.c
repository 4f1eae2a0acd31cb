/* wan_test.c - the time of a path is that of the best of all paths. */
#include "pool/wan.h"
#include "test/tap.h"

#include <stdio.h>

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    uint64_t z = random_state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* Walks every path without a circle. */
static void walk(const struct fg_wan *links,
                 uint8_t at,
                 uint64_t been,
                 int64_t latency_us,
                 int64_t bytes_per_s,
                 int64_t bytes,
                 int64_t *best_us)
{
    if (latency_us > 0 || bytes_per_s < INT64_MAX) {
        int64_t us = latency_us + (int64_t)((__int128)bytes * 1'000'000 / bytes_per_s);
        if (best_us[at] < 0 || us < best_us[at])
            best_us[at] = us;
    }
    for (size_t i = 0; i < links->links_len; i++) {
        const struct fg_wan_link *link = &links->links[i];
        uint8_t other = link->a == at ? link->b : link->b == at ? link->a : 0;
        if (other && !(been >> other & 1))
            walk(links, other, been | 1ULL << other, latency_us + link->latency_us,
                 link->bytes_per_s < bytes_per_s ? link->bytes_per_s : bytes_per_s, bytes,
                 best_us);
    }
}

static void times_are_those_of_the_best_path(void)
{
    bool right = true;
    for (random_state = 1; right && random_state < 200; random_state++) {
        struct fg_wan links = {};
        uint64_t kept = random_state;
        uint32_t sites = 2 + draw(5);
        for (uint32_t n = draw(9); n > 0; n--) {
            char a[8], b[8];
            uint32_t one = draw(sites), other = (one + 1 + draw(sites - 1)) % sites;
            snprintf(a, sizeof(a), "s%u", one);
            snprintf(b, sizeof(b), "s%u", other);
            right =
                right && fg_wan_add(&links, a, b, draw(5000), 1000 * (1 + draw(20)), NULL) == 0;
        }
        int from = fg_wan_site(&links, "s0", NULL);
        int64_t bytes = draw(20) * 1000LL, times[FG_SITES_MAX + 1], best[FG_SITES_MAX + 1];
        for (size_t i = 0; i <= FG_SITES_MAX; i++)
            best[i] = -1;
        walk(&links, (uint8_t)from, 1ULL << from, 0, INT64_MAX, bytes, best);
        fg_wan_times(&links, (uint8_t)from, bytes, times);
        for (size_t site = 1; site <= links.sites_len; site++)
            if (site != (size_t)from && best[site] >= 0)
                right = right && times[site] == best[site];
            else if (site != (size_t)from)
                right = right && times[site] == FG_INTERNET_LATENCY_US + bytes / 125;
        right = right && times[from] == 0;
        random_state = kept;
    }
    OK(right);
}

static void bad_links_are_refused(void)
{
    struct fg_wan links = {};
    struct fg_err err = {};
    EQ(fg_wan_add(&links, "a", "a", 1, 1, &err), FG_EINVAL);
    EQ(fg_wan_add(&links, "a", "b", 1, 0, &err), FG_EINVAL);
    EQ(links.sites_len, 0);
    for (int i = 0; i < FG_SITES_MAX; i++) {
        char name[8];
        snprintf(name, sizeof(name), "s%d", i);
        EQ(fg_wan_site(&links, name, &err), i + 1);
    }
    EQ(fg_wan_site(&links, "more", &err), FG_ENOCAP);
    EQ(fg_wan_site(&links, "s3", &err), 4);
    EQ(fg_wan_find(&links, ""), 0);
}

/* A wide link is worth a long way round for much data only. */
static void much_data_takes_the_wide_way(void)
{
    struct fg_wan links = {};
    OK(fg_wan_add(&links, "muc", "ber", 8'000, 1'000'000, NULL) == 0);
    OK(fg_wan_add(&links, "muc", "fra", 20'000, 100'000'000, NULL) == 0);
    OK(fg_wan_add(&links, "fra", "ber", 20'000, 100'000'000, NULL) == 0);
    uint8_t muc = fg_wan_find(&links, "muc"), ber = fg_wan_find(&links, "ber");
    int64_t times[FG_SITES_MAX + 1];
    fg_wan_times(&links, muc, 1'000, times);
    EQ(times[ber], 9'000);
    fg_wan_times(&links, muc, 1'000'000'000, times);
    EQ(times[ber], 10'040'000);
}

int main(void)
{
    RUN(times_are_those_of_the_best_path);
    RUN(bad_links_are_refused);
    RUN(much_data_takes_the_wide_way);
    return tap_done();
}
