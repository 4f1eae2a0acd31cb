/* plan.c - what the launcher is told through its socket: what is accepted has one form only. */
#include "engine/plan.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(8 << 20);
    struct fg_plan plan;
    struct fg_buf again = {};
    if (fg_plan_read((const char *)bytes, len, arena, &plan) < 0)
        return 0;
    CHECK(plan.argv.len > 0 || plan.run[0]);
    CHECK(plan.argv.items[plan.argv.len] == NULL && plan.envs.items[plan.envs.len] == NULL);
    fg_plan_write(&again, &plan);
    CHECK(again.len == len && memcmp(again.text, bytes, len) == 0);
    fg_buf_free(&again);
    return 0;
}
