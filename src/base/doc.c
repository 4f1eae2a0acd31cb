/* doc.c - what both readers share; see doc.h */
#include "base/doc.h"

#include <string.h>

const char *fg_doc_kind_name(enum fg_doc_kind kind)
{
    static const char *const names[] = {
        [FG_DOC_NULL] = "nothing",       [FG_DOC_BOOL] = "true or false",
        [FG_DOC_INT] = "a whole number", [FG_DOC_REAL] = "a number",
        [FG_DOC_TEXT] = "text",          [FG_DOC_LIST] = "a list",
        [FG_DOC_MAP] = "a map",
    };
    return names[kind];
}

const struct fg_doc *fg_doc_get(const struct fg_doc *map, const char *key)
{
    if (!map || map->kind != FG_DOC_MAP)
        return NULL;
    for (const struct fg_doc *member = map->first; member; member = member->next)
        if (strcmp(member->key, key) == 0)
            return member;
    return NULL;
}

size_t fg_doc_room(size_t len)
{
    /* No form makes a node of less than a byte; address space is cheap, so no finer bound is needed. */
    size_t nodes = len < FG_DOC_ANSWER_NODES_MAX ? len + 2 : FG_DOC_ANSWER_NODES_MAX + 2;
    return nodes * (sizeof(struct fg_doc) + 16) + 2 * len + 4096;
}
