/* focus.c - a FOCUS file of anybody: the same bytes in one piece and in pieces have the same problems. */
#include "fuzz/fuzz.h"
#include "plan/focus_check.h"

#include <string.h>

static struct fg_focus_report check(struct fg_focus_check *check,
                                    const char *bytes,
                                    size_t len,
                                    size_t step)
{
    for (size_t at = 0; at < len; at += step)
        fg_focus_check_feed(check, bytes + at, len - at < step ? len - at : step);
    return fg_focus_check_end(check);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_focus_check) struct fg_focus_check *whole = fg_focus_check_new();
    FG_AUTO(fg_focus_check) struct fg_focus_check *pieces = fg_focus_check_new();
    struct fg_focus_report a = check(whole, (const char *)bytes, len, len + 1),
                           b = check(pieces, (const char *)bytes, len, 1 + len % 7);
    CHECK(a.rows == b.rows && a.problems == b.problems && a.bad_rows == b.bad_rows);
    CHECK(a.mandatory_columns <= 21 || a.problems > 0);
    CHECK(a.kept_len <= FG_FOCUS_PROBLEMS_MAX && a.kept_len <= a.problems);
    CHECK((a.kept_len == 0) == (a.problems == 0) && a.bad_rows <= a.rows);
    for (size_t i = 0; i < a.kept_len; i++) {
        CHECK(a.kept[i].line == b.kept[i].line && strcmp(a.kept[i].why, b.kept[i].why) == 0);
        CHECK(a.kept[i].why[0] != '\0');
        for (const char *at = a.kept[i].why; *at; at++)
            CHECK(*at >= ' ' && *at <= '~');
    }
    return 0;
}
