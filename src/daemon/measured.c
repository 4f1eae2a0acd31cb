/* measured.c - see measured.h */
#include "daemon/measured.h"

#include "transfer/measure.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY_US 60'000'000

static struct fg_wan_link *find(struct fg_wan *links, uint8_t a, uint8_t b)
{
    for (size_t i = 0; i < links->links_len; i++) {
        struct fg_wan_link *link = &links->links[i];
        if ((link->a == a && link->b == b) || (link->a == b && link->b == a))
            return link;
    }
    return NULL;
}

static void add(struct fg_wan *links,
                const struct fg_measure *measure,
                const struct fg_measure_estimate *estimate,
                const char *host,
                const char *site)
{
    const char *a = strcmp(measure->a, host) == 0 ? site : measure->a;
    const char *b = strcmp(measure->b, host) == 0 ? site : measure->b;
    int64_t best = estimate->bytes_per_s > estimate->many_bytes_per_s
                       ? estimate->bytes_per_s
                       : estimate->many_bytes_per_s;
    int64_t latency_us = estimate->latency_us < 0 ? 0 : estimate->latency_us;
    if (best <= 0)
        return;
    uint8_t from = fg_wan_find(links, a), to = fg_wan_find(links, b);
    struct fg_wan_link *known = from && to ? find(links, from, to) : NULL;
    if (!known) {
        /* One too many is as one that was never measured. */
        (void)!fg_wan_add(links, a, b, latency_us, best, NULL);
    } else if (best > known->bytes_per_s) {
        known->bytes_per_s = best;
        known->latency_us = latency_us;
    }
}

bool fg_measured_look(struct fg_measured *measured,
                      const char *data_dir,
                      const char *site,
                      int64_t now_us,
                      struct fg_wan *out)
{
    char path[4096], host[FG_NAME_MAX] = "";
    struct stat state;
    if (now_us < measured->look_us)
        return false;
    measured->look_us = now_us + LOOK_EVERY_US;
    if (snprintf(path, sizeof(path), "%s/links", data_dir) >= (int)sizeof(path)
        || stat(path, &state) < 0
        || (state.st_mtim.tv_sec == measured->seen.tv_sec
            && state.st_mtim.tv_nsec == measured->seen.tv_nsec
            && state.st_size == measured->bytes))
        return false;
    if (state.st_size > FG_MEASURE_FILE_BYTES)
        (void)fg_measure_shrink(path); /* tasks and couriers only append */
    measured->seen = state.st_mtim;
    measured->bytes = state.st_size;
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    if (fg_measure_book_load(book, path, NULL) < 0)
        return false;
    gethostname(host, sizeof(host) - 1);
    *out = (struct fg_wan){};
    for (size_t i = 0; i < fg_measure_book_len(book); i++) {
        struct fg_measure measure;
        struct fg_measure_estimate estimate;
        if (fg_measure_book_at(book, i, now_us, &measure, &estimate))
            add(out, &measure, &estimate, host, site);
    }
    return true;
}
