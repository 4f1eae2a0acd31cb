/* grid.c - a line of paths and an answer of a grid's source: what is taken is in order, within its bounds, and makes hours. */
#include "energy/grid.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define NOW_US 1'790'000'000'000'000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char line[256] = {};
    const uint8_t *end = memchr(bytes, '\n', len);
    if (!end || (size_t)(end - bytes) >= sizeof(line))
        return 0;
    memcpy(line, bytes, (size_t)(end - bytes));
    char *times = strchr(line, ' ');
    if (times)
        *times++ = '\0';
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc;
    size_t head = (size_t)(end + 1 - bytes);
    if (fg_doc_json((const char *)end + 1, len - head, arena, &doc, NULL) < 0)
        return 0;
    const struct fg_grid_paths paths = {line, times ? times : "", 1e6};
    static struct fg_grid_points points;
    if (fg_grid_read(doc, &paths, NOW_US, &points, NULL) < 0)
        return 0;
    CHECK(points.len > 0 && points.len <= FG_GRID_POINTS_MAX);
    for (size_t i = 0; i < points.len; i++)
        CHECK(points.value[i] >= 0 && points.value[i] <= FG_GRID_VALUE_MAX
              && (i == 0 || points.time_us[i] > points.time_us[i - 1]));
    int64_t hours[FG_GRID_HOURS_MAX];
    CHECK(fg_grid_hours(&points, NOW_US, 3'600'000'000, hours) <= FG_GRID_HOURS_MAX);
    return 0;
}
