/* tree.h - what must hold of every document that a reader made, and of every refusal. */
#pragma once

#include "base/doc.h"
#include "fuzz/fuzz.h"

#include <string.h>

/* Returns the number of nodes. */
[[maybe_unused]] static size_t check_tree(const struct fg_doc *doc, int depth)
{
    CHECK(depth <= FG_DOC_DEPTH_MAX);
    bool inner = doc->kind == FG_DOC_LIST || doc->kind == FG_DOC_MAP;
    CHECK(inner || (doc->len == 0 && !doc->first));
    if (doc->text)
        CHECK(strlen(doc->text) == doc->text_len);
    CHECK(doc->kind != FG_DOC_TEXT || doc->text);
    size_t len = 0, nodes = 1;
    for (const struct fg_doc *child = doc->first; child; child = child->next, len++) {
        CHECK((child->key != NULL) == (doc->kind == FG_DOC_MAP));
        if (len < 64 && child->key) /* keys are not given twice */
            CHECK(fg_doc_get(doc, child->key) == child);
        nodes += check_tree(child, depth + 1);
    }
    CHECK(len == doc->len);
    return nodes;
}

[[maybe_unused]] static void check_refusal(int rc, const struct fg_err *err, const void *out)
{
    CHECK(rc == FG_EINVAL || rc == FG_ETOOBIG);
    CHECK(err->code == rc && err->text[0]);
    CHECK(!out);
}
