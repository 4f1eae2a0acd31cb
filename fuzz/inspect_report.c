/* inspect_report.c - what a machine of a stranger says of itself: what is accepted is in range, reads back as it was
 * written, and gets a verdict. */
#include "fuzz/fuzz.h"
#include "supply/inspect.h"

#include <string.h>

static int read_text(const char *text, size_t len, struct fg_inspect_report *out)
{
    struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc;
    int rc = fg_doc_json(text, len, arena, &doc, NULL);
    if (rc == 0)
        rc = fg_inspect_read(doc, out, NULL);
    fg_arena_free(arena);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct fg_inspect_report report, again;
    struct fg_offer offer = {
        .accelerator = "h100", .accelerators = 1, .accelerator_mem_mib = 81920};
    struct fg_inspect_rules rules = {.wants_burn_in = len % 2};
    struct fg_buf first = {}, second = {};
    if (read_text((const char *)bytes, len, &report) < 0)
        return 0;
    CHECK(report.devices_len <= FG_NODE_DEVICES_MAX);
    fg_inspect_write(&first, &report);
    CHECK(read_text(first.text, first.len, &again) == 0);
    fg_inspect_write(&second, &again);
    CHECK(first.len == second.len && memcmp(first.text, second.text, first.len) == 0);
    struct fg_err err = {};
    int rc = fg_inspect_judge(&report, &offer, &rules, &err);
    CHECK(rc == 0 || (rc == FG_EBACKEND && err.text[0]));
    fg_buf_free(&first);
    fg_buf_free(&second);
    return 0;
}
