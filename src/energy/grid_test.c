/* grid_test.c - answers of sources in the shapes that there are, and what is no answer; points become hours. */
#include "energy/grid.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define MIN    60'000'000LL
#define HOUR   (60 * MIN)
#define NOW_US 1'763'773'200'000'000LL /* 2025-11-22T01:00:00Z */

static int read(const char *json,
                const char *values,
                const char *times,
                struct fg_grid_points *out)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    const struct fg_doc *doc;
    struct fg_err err = {};
    const struct fg_grid_paths paths = {.values = values, .times = times, .unit = 1};
    int rc = fg_doc_json(json, strlen(json), arena, &doc, &err);
    return rc < 0 ? abort(), 0 : fg_grid_read(doc, &paths, NOW_US, out, &err);
}

static void the_shapes_of_sources_are_read(void)
{
    struct fg_grid_points points;
    EQ(read("{\"data\":[{\"from\":\"2025-11-22T01:00Z\",\"intensity\":{\"forecast\":210,"
            "\"actual\":null}},"
            "{\"from\":\"2025-11-22T01:30Z\",\"intensity\":{\"forecast\":190}}]}",
            "data[].intensity.forecast", "data[].from", &points),
       0);
    EQ(points.len, 2);
    EQ(points.value[1], 190);
    EQ(points.time_us[1], NOW_US + 30 * MIN);
    EQ(read("{\"zone\":\"DE\",\"carbonIntensity\":302.4,\"datetime\":\"2025-11-22T01:00:00."
            "000Z\"}",
            "carbonIntensity", "datetime", &points),
       0);
    EQ(points.value[0], 302);
    EQ(points.time_us[0], NOW_US);
    EQ(read("[3, 2.6, -1, \"x\", 4]", "[]", "", &points), 0);
    EQ(points.len, 3);
    EQ(points.value[1], 3);
    EQ(points.time_us[2], NOW_US + 4 * HOUR);
    EQ(read("{\"now\":7}", "now", "", &points), 0);
    EQ(points.time_us[0], NOW_US);
}

static void what_is_no_answer_is_refused(void)
{
    struct fg_grid_points points;
    EQ(read("{}", "data[].x", "data[].t", &points), FG_EINVAL);
    EQ(read("{\"data\":7}", "data[].x", "", &points), FG_EINVAL);
    EQ(read("{\"data\":[{\"x\":1}]}", "data[].x", "data[].t", &points), FG_EINVAL);
    EQ(read("{\"data\":[{\"x\":1,\"t\":\"soon\"}]}", "data[].x", "data[].t", &points),
       FG_EINVAL);
    EQ(read("{\"a\":1e300}", "a", "", &points), FG_EINVAL);
    EQ(read("{\"a\":1}", "a[", "", &points), FG_EINVAL);
    EQ(points.len, 0);
}

static void points_become_hours(void)
{
    int64_t hours[FG_GRID_HOURS_MAX];
    struct fg_grid_points points = {.len = 4};
    const int64_t at[] = {-30, 0, 30, 180}, value[] = {500, 210, 190, 90};
    for (size_t i = 0; i < 4; i++) {
        points.time_us[i] = NOW_US + at[i] * MIN;
        points.value[i] = value[i];
    }
    EQ(fg_grid_hours(&points, NOW_US + 10 * MIN, 6 * HOUR, hours), 4);
    EQ(hours[0], 200);
    EQ(hours[1], 190);
    EQ(hours[2], 190);
    EQ(hours[3], 90);
    EQ(fg_grid_hours(&points, NOW_US + 8 * HOUR, 6 * HOUR, hours), 1);
    EQ(hours[0], 90);
    EQ(fg_grid_hours(&points, NOW_US + 10 * HOUR, 6 * HOUR, hours), 0);
    EQ(fg_grid_hours(&points, NOW_US - 9 * HOUR, 6 * HOUR, hours), 13);
    EQ(hours[0], 500);
}

int main(void)
{
    RUN(the_shapes_of_sources_are_read);
    RUN(what_is_no_answer_is_refused);
    RUN(points_become_hours);
    return tap_done();
}
