/* json_doc.c - see json_doc.h */
#include "api/json_doc.h"

void fg_json_doc(struct fg_json *json, const struct fg_doc *doc)
{
    switch (doc->kind) {
    case FG_DOC_NULL:
        fg_json_null(json);
        return;
    case FG_DOC_BOOL:
        fg_json_bool(json, doc->integer != 0);
        return;
    case FG_DOC_INT:
        fg_json_int(json, doc->integer);
        return;
    case FG_DOC_REAL:
        fg_json_double(json, doc->real);
        return;
    case FG_DOC_TEXT:
        fg_json_string_len(json, doc->text, doc->text_len);
        return;
    case FG_DOC_LIST:
        fg_json_array(json);
        break;
    case FG_DOC_MAP:
        fg_json_object(json);
        break;
    }
    for (const struct fg_doc *child = doc->first; child; child = child->next) {
        if (doc->kind == FG_DOC_MAP)
            fg_json_key(json, child->key);
        fg_json_doc(json, child);
    }
    fg_json_end(json);
}

void fg_json_kv_doc(struct fg_json *json, const struct fg_doc *map, const char *key)
{
    const struct fg_doc *member = fg_doc_get(map, key);
    fg_json_key(json, key);
    if (member)
        fg_json_doc(json, member);
    else
        fg_json_null(json);
}
