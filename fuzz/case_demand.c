/* case_demand.c - demand of fastgpu plan solve: what is read has a value of 0 or more in every cell. */
#include "fuzz/fuzz.h"
#include "plan/case.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_case_room(0, len));
    struct fg_case wanted;
    struct fg_err err = {};
    if (fg_case_read_options(NULL, 0, NULL, arena, &wanted, &err) < 0)
        return 0;
    if (fg_case_read_demand((const char *)bytes, len, "d.csv", arena, &wanted, &err) < 0) {
        CHECK(strncmp(err.text, "d.csv", 5) == 0);
        return 0;
    }
    CHECK(wanted.periods >= 1 && wanted.scenarios >= 1 && wanted.classes_len >= 1
          && wanted.period_us > 0);
    size_t cells = (size_t)wanted.scenarios * wanted.periods * wanted.classes_len;
    CHECK(cells <= FG_PROCURE_CELLS_MAX);
    for (size_t i = 0; i < cells; i++)
        CHECK(wanted.demand[i] >= 0 && wanted.demand[i] <= 1e9);
    return 0;
}
