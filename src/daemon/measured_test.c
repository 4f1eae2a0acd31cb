/* measured_test.c - the file of measures becomes links of the pool, when it has changed. */
#include "daemon/measured.h"

#include "transfer/measure.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW_US 1'790'000'000'000'000

static void put(const char *path,
                const char *b,
                enum fg_protocol protocol,
                int64_t bytes_per_s,
                uint32_t streams)
{
    struct fg_measure measure = {.time_us = NOW_US - 1000,
                                 .protocol = protocol,
                                 .latency_us = 1000 + (int)protocol,
                                 .bytes = 1 << 26,
                                 .bytes_per_s = bytes_per_s,
                                 .streams = streams};
    gethostname(measure.a, sizeof(measure.a) - 1);
    strcpy(measure.b, b);
    EQ(fg_measure_append(path, &measure, NULL), 0);
}

static void the_fastest_protocol_counts(void)
{
    char folder[] = "/tmp/fastgpu-measured-XXXXXX", path[128];
    struct fg_measured measured = {};
    struct fg_wan links = {}, pool = {};
    OK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/links", folder);
    OK(!fg_measured_look(&measured, folder, "rack1", NOW_US, &links));
    put(path, "store", FG_BY_HTTP, 50'000'000, 1);
    put(path, "store", FG_BY_S3, 10'000'000, 1);
    put(path, "store", FG_BY_S3, 90'000'000, 4);
    put(path, "other", FG_BY_SSH, 0, 1);
    OK(!fg_measured_look(&measured, folder, "rack1", NOW_US + 1, &links));
    OK(fg_measured_look(&measured, folder, "rack1", NOW_US + 61'000'000, &links));
    EQ(links.links_len, 1);
    EQ(links.links[0].bytes_per_s, 90'000'000);
    EQ(links.links[0].latency_us, 1000 + FG_BY_S3);
    OK(fg_wan_find(&links, "rack1") && fg_wan_find(&links, "store"));
    OK(!fg_measured_look(&measured, folder, "rack1", NOW_US + 130'000'000, &links));

    /* In the pool sites keep their numbers. */
    EQ(fg_wan_add(&pool, "far", "store", 5, 7, NULL), 0);
    uint8_t store = fg_wan_find(&pool, "store");
    fg_wan_replace(&pool, &links);
    EQ(fg_wan_find(&pool, "store"), store);
    EQ(pool.links_len, 1);
    EQ(pool.changes, 1);
    int64_t times_us[FG_SITES_MAX + 1];
    fg_wan_times(&pool, store, 90'000'000, times_us);
    EQ(times_us[fg_wan_find(&pool, "rack1")], 1'000'000 + 1000 + FG_BY_S3);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    RUN(the_fastest_protocol_counts);
    return tap_done();
}
