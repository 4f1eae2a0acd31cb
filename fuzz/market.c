/* market.c - the files of fastgpu sim market, which of them by the first byte: a market file whose parts are small fixed
 * tables, a table of prices, of jobs, of demand, or a trace of spot.  What is read is finite and of the size that is said. */
#include "fuzz/fuzz.h"
#include "market/world_read.h"

#include <math.h>
#include <string.h>

#define ROOM ((size_t)1 << 30)

static const char prices[] = "date,instance_type,accelerator,accelerator_count,region,zone,"
                             "price_usd_h,spot_price_usd_h\n"
                             "2023-01-01,big,A,4,east,e1,8,2\n2023-07-01,big,A,4,east,e1,8,2\n";
static const char demand[] = "time,value\n2023-01-01 00:00,4\n2023-01-01 01:00,5\n";
static const char spot[] = "{\"metadata\":{\"gap_seconds\":1800},\"data\":[1,0,0,1]}";

/* The part whose name it knows; the same for all others. */
static int open_part(void *self,
                     const char *path,
                     struct fg_arena *arena,
                     const char **out_bytes,
                     size_t *out_len,
                     struct fg_err *err)
{
    (void)self;
    (void)arena;
    (void)err;
    *out_bytes = strstr(path, "price") ? prices : strstr(path, "spot") ? spot : demand;
    *out_len = strlen(*out_bytes);
    return 0;
}

static void check_hours(int rc, const double *hours, size_t len)
{
    for (size_t i = 0; rc == 0 && i < len; i++)
        CHECK(isfinite(hours[i]) && hours[i] >= 0);
}

static void read_market(const char *bytes, size_t len, struct fg_arena *arena)
{
    struct fg_err err = {};
    struct fg_market_world world;
    struct fg_market_reading reading = {.file_name = "m.yaml", .seed = 1, .open = open_part};
    if (fg_market_read(&reading, bytes, len, arena, &world, &err) < 0) {
        CHECK(err.text[0] != '\0');
        return;
    }
    CHECK(world.classes_len > 0 && world.terms_len > 0 && world.traces_len > 0);
    for (size_t i = 0; i < world.classes_len; i++)
        check_hours(0, world.classes[i].demand, world.hours);
}

static void read_table(uint8_t which, const char *bytes, size_t len, struct fg_arena *arena)
{
    struct fg_err err = {};
    struct fg_market_world world = {};
    struct fg_market_trace trace = {};
    struct fg_market_series series = {.file_name = "d.csv"};
    const double *hours = NULL;
    size_t hours_len = 0;
    if (which == 1 && fg_market_read_prices(arena, bytes, len, &world, &err) == 0)
        CHECK(world.offers_len > 0 && world.hours == world.days * 24);
    if (which == 2)
        check_hours(fg_market_read_jobs(arena, bytes, len, &hours, &hours_len, &err), hours,
                    hours_len);
    if (which == 3)
        check_hours(fg_market_read_series(arena, &series, bytes, len, &hours, &hours_len, &err),
                    hours, hours_len);
    if (which == 4 && fg_market_read_spot(arena, bytes, len, &trace, &err) == 0)
        CHECK(trace.len > 0 && trace.there[trace.len - 1] <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    uint8_t which = (uint8_t)(bytes[0] - '0');
    if (which == 0)
        read_market((const char *)bytes + 1, len - 1, arena);
    else
        read_table(which, (const char *)bytes + 1, len - 1, arena);
    return 0;
}
