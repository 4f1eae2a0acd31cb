/* spot_trace_test.c - traces of spot machines, good and bad. */
#include "market/spot_trace.h"
#include "test/tap.h"

#include <string.h>

static int read_text(const char *text, struct fg_spot_trace *out, struct fg_err *err)
{
    static struct fg_arena *arena;
    fg_arena_free(arena);
    arena = fg_arena_new(1 << 20);
    return fg_spot_trace_read(text, strlen(text), "t.json", arena, out, err);
}

static void test_good(void)
{
    struct fg_spot_trace trace;
    struct fg_err err;
    EQ(read_text("{\"metadata\": {\"gap_seconds\": 195}, \"data\": [0, 1, 4, 2]}", &trace,
                 &err),
       0);
    EQ(trace.gap_us, 195'000'000);
    EQ(trace.len, 4);
    OK(!fg_spot_trace_has(&trace, 0, 1));
    OK(fg_spot_trace_has(&trace, 2, 4));
    OK(!fg_spot_trace_has(&trace, 7, 3)); /* begins again */
    OK(fg_spot_trace_has(&trace, 6, 3));
}

static void test_bad(void)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"metadata\": {\"gap_seconds\": 195}}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": []}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": {\"a\": 1}}",
        "{\"metadata\": {\"gap_seconds\": 0}, \"data\": [1]}",
        "{\"metadata\": {\"gap_seconds\": \"195\"}, \"data\": [1]}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [1, -1]}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [1, null]}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [1, 1e99]}",
        "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [1, 2",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fg_spot_trace trace;
        struct fg_err err = {};
        printf("# %s\n", bad[i]);
        EQ(read_text(bad[i], &trace, &err), FG_EINVAL);
        OK(strncmp(err.text, "t.json: ", 8) == 0);
    }
}

int main(void)
{
    RUN(test_good);
    RUN(test_bad);
    struct fg_spot_trace none;
    struct fg_err err;
    return read_text("", &none, &err) < 0 ? tap_done() : 1;
}
