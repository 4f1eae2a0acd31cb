/* doc_json.c - JSON: no input breaks the reader, leaves its bounds, or lands in a message. */
#include "base/doc.h"
#include "fuzz/fuzz.h"
#include "fuzz/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *doc = NULL;
    struct fg_err err = {};
    int rc = fg_doc_json((const char *)bytes, len, arena, &doc, &err);
    if (rc == 0)
        CHECK(check_tree(doc, 0) <= FG_DOC_NODES_MAX);
    else
        check_refusal(rc, &err, doc);
    return 0;
}
