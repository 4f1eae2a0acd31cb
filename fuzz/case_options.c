/* case_options.c - options of fastgpu plan solve: what is read is within its bounds. */
#include "fuzz/fuzz.h"
#include "plan/case.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_case_room(len, 0));
    struct fg_case wanted;
    struct fg_err err = {};
    if (fg_case_read_options((const char *)bytes, len, "p.yaml", arena, &wanted, &err) < 0) {
        CHECK(strncmp(err.text, "p.yaml", 6) == 0);
        return 0;
    }
    CHECK(wanted.limits.spot_share_milli <= 1000 && wanted.limits.supplier_share_milli <= 1000);
    CHECK(wanted.limits.cvar_alpha_milli < 1000 && wanted.limits.budget_uusd >= 0
          && wanted.gap > 0);
    for (uint32_t c = 0; c < wanted.classes_len; c++)
        CHECK(wanted.classes[c].kinds_len >= 1 && wanted.classes[c].kinds[0].rate_milli >= 1);
    return 0;
}
