/* view.c - see view.h */
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"

static const struct fg_doc *member(const struct fg_doc *doc,
                                   const char *key,
                                   enum fg_doc_kind kind)
{
    const struct fg_doc *found = doc ? fg_doc_get(doc, key) : NULL;
    return found && found->kind == kind ? found : NULL;
}

const char *fg_view_text(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *found = member(doc, key, FG_DOC_TEXT);
    return found ? found->text : "";
}

int64_t fg_view_int(const struct fg_doc *doc, const char *key, int64_t otherwise)
{
    const struct fg_doc *found = member(doc, key, FG_DOC_INT);
    if (found)
        return found->integer;
    found = member(doc, key, FG_DOC_REAL);
    bool fits = found && found->real > -9e18 && found->real < 9e18;
    return fits ? (int64_t)found->real : otherwise;
}

double fg_view_real(const struct fg_doc *doc, const char *key, double otherwise)
{
    const struct fg_doc *found = member(doc, key, FG_DOC_REAL);
    if (!found)
        found = member(doc, key, FG_DOC_INT);
    return found ? found->real : otherwise;
}

bool fg_view_bool(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *found = member(doc, key, FG_DOC_BOOL);
    return found && found->integer != 0;
}

bool fg_view_has(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *found = doc ? fg_doc_get(doc, key) : NULL;
    return found && found->kind != FG_DOC_NULL;
}

int64_t fg_view_time(const struct fg_doc *doc, const char *key)
{
    int64_t time_us;
    const char *text = fg_view_text(doc, key);
    return text[0] && fg_time_parse(text, &time_us) == 0 ? time_us : 0;
}

int64_t fg_view_seconds(const struct fg_doc *doc, const char *key)
{
    double seconds = fg_view_real(doc, key, -1);
    return seconds < 0 || seconds > 9e12 ? -1 : (int64_t)(seconds * 1e6);
}

const struct fg_doc *fg_view_first(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *found = doc ? fg_doc_get(doc, key) : NULL;
    bool has = found && (found->kind == FG_DOC_LIST || found->kind == FG_DOC_MAP);
    return has ? found->first : NULL;
}

void fg_view_join(struct fg_buf *out,
                  const struct fg_doc *doc,
                  const char *key,
                  const char *between)
{
    const struct fg_doc *list = member(doc, key, FG_DOC_LIST);
    for (const struct fg_doc *item = list ? list->first : NULL; item; item = item->next)
        if (item->kind == FG_DOC_TEXT)
            fg_buf_printf(out, "%s%s", item == list->first ? "" : between, item->text);
}

/* Recursion is bounded by FG_DOC_DEPTH_MAX. */
static void write(struct fg_json *json, const struct fg_doc *doc)
{
    switch (doc->kind) {
    case FG_DOC_NULL:
        fg_json_null(json);
        break;
    case FG_DOC_BOOL:
        fg_json_bool(json, doc->integer != 0);
        break;
    case FG_DOC_INT:
        fg_json_int(json, doc->integer);
        break;
    case FG_DOC_REAL:
        fg_json_double(json, doc->real);
        break;
    case FG_DOC_TEXT:
        fg_json_string_len(json, doc->text, doc->text_len);
        break;
    case FG_DOC_LIST:
    case FG_DOC_MAP:
        if (doc->kind == FG_DOC_MAP)
            fg_json_object(json);
        else
            fg_json_array(json);
        for (const struct fg_doc *child = doc->first; child; child = child->next) {
            if (doc->kind == FG_DOC_MAP)
                fg_json_key(json, child->key);
            write(json, child);
        }
        fg_json_end(json);
        break;
    }
}

void fg_view_json(struct fg_buf *out, const struct fg_doc *doc)
{
    struct fg_json json = {.buf = out};
    write(&json, doc);
}
