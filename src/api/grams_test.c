/* grams_test.c - CO2 by recorded hours where there are some, by the yearly mean elsewhere. */
#include "api/grams.h"

#include "store/sqlite_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <unistd.h>

#define HOUR_US 3'600'000'000LL
#define KWH_MJ  3'600'000'000LL
#define FIRST   490'000LL /* hours since 1970 */

static void must(bool done)
{
    if (!done)
        abort();
}

static void hours_go_before_the_mean(void)
{
    char folder[] = "/tmp/fastgpu-grams-XXXXXX", path[64];
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/db", folder);
    struct fg_store *store = NULL;
    const struct fg_store_ops *ops = &fg_store_sqlite;
    must(fg_sqlite_open(path, &store, NULL) == 0 && ops->begin(store, NULL) == 0);
    EQ(ops->grid_hour_put(store, FIRST, 100, -1, NULL), 0);
    EQ(ops->grid_hour_put(store, FIRST, 200, 90, NULL), 0); /* the later one counts */
    EQ(ops->grid_hour_put(store, FIRST + 1, -1, 90, NULL), 0);
    must(ops->commit(store, NULL) == 0);
    struct fg_reader *reader = fg_reader_open(path, NULL);
    must(reader != NULL);
    struct fg_grams grams;
    int64_t hourly, at_us = FIRST * HOUR_US;
    EQ(fg_grams_open(&grams, reader, "de", at_us + 5, at_us + 2 * HOUR_US + 5, NULL), 0);
    const struct fg_carbon_region *home = fg_grams_grid(&grams, "");
    EQ(home->g_per_kwh, 381);
    OK(fg_grams_grid(&grams, "eu-central-1") == home);
    EQ(fg_grams_mg(&grams, home, KWH_MJ, at_us, at_us + HOUR_US, &hourly), 200'000);
    EQ(hourly, KWH_MJ);
    EQ(fg_grams_mg(&grams, home, KWH_MJ, at_us + HOUR_US, at_us + 2 * HOUR_US, &hourly),
       381'000);
    EQ(hourly, 0);
    EQ(fg_grams_mg(&grams, home, KWH_MJ, at_us, at_us + 2 * HOUR_US, &hourly), 290'000);
    EQ(hourly, KWH_MJ / 2);
    EQ(fg_grams_mg(&grams, fg_grams_grid(&grams, "fr"), KWH_MJ, at_us, at_us + HOUR_US,
                   &hourly),
       56'000);
    EQ(hourly, 0);
    fg_grams_close(&grams);
    fg_reader_free(reader);
    ops->free(store);
    const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char file[80];
        snprintf(file, sizeof(file), "%s%s", path, ends[i]);
        unlink(file);
    }
    EQ(rmdir(folder), 0);
}

int main(void)
{
    RUN(hours_go_before_the_mean);
    return tap_done();
}
