/* items.c - see items.h */
#include "base/items.h"

#include <string.h>

/* The byte after the text in quotes that begins at `at`. */
static size_t text_end(const char *bytes, size_t len, size_t at)
{
    for (at++; at < len; at++) {
        if (bytes[at] == '\\')
            at++;
        else if (bytes[at] == '"')
            return at + 1;
    }
    return len;
}

/* The byte after the brace that closes the object at `at`; `len` if nothing does. */
static size_t object_end(const char *bytes, size_t len, size_t at)
{
    int depth = 0;
    while (at < len) {
        char c = bytes[at];
        if (c == '"') {
            at = text_end(bytes, len, at);
            continue;
        }
        at++;
        depth += (c == '{') - (c == '}');
        if (depth == 0)
            return at;
    }
    return len;
}

static void take_object(struct fg_items *items, struct fg_item *out)
{
    size_t end = object_end(items->bytes, items->len, items->at);
    *out = (struct fg_item){
        .bytes = items->bytes + items->at, .len = end - items->at, .line = items->lines + 1};
    for (; items->at < end; items->at++)
        items->lines += items->bytes[items->at] == '\n';
}

int fg_items_next(struct fg_items *items, struct fg_item *out, struct fg_err *err)
{
    while (items->at < items->len) {
        char c = items->bytes[items->at];
        *out = (struct fg_item){.line = items->lines + 1};
        if (c == '{') {
            take_object(items, out);
            if (out->len <= items->item_bytes_max)
                return 1;
            return fg_fail(err, FG_ETOOBIG, "an object of more than %zu bytes",
                           items->item_bytes_max);
        }
        if (c == '\0' || !strchr("[], \t\r\n", c))
            return fg_fail(err, FG_EINVAL, "expected a list of objects");
        items->lines += c == '\n';
        items->depth += (c == '[') - (c == ']');
        items->at++;
        if (items->one_list && c == ']' && items->depth == 0)
            return 0;
    }
    *out = (struct fg_item){.line = items->lines + 1};
    if (items->depth == 0)
        return 0;
    return fg_fail(err, FG_EINVAL, "the list does not end, expected `]`");
}

static size_t skip_blanks(const char *bytes, size_t len, size_t at)
{
    while (at < len && bytes[at] && strchr(" \t\r\n", bytes[at]))
        at++;
    return at;
}

size_t fg_items_find(const char *bytes, size_t len, const char *key, int depth)
{
    size_t key_len = strlen(key);
    int inside = 0;
    for (size_t at = 0; at < len;) {
        char c = bytes[at];
        if (c != '"') {
            inside += (c == '{' || c == '[') - (c == '}' || c == ']');
            at++;
            continue;
        }
        size_t end = text_end(bytes, len, at);
        bool is_key = inside == depth && end - at == key_len + 2
                      && memcmp(bytes + at + 1, key, key_len) == 0;
        size_t colon = skip_blanks(bytes, len, end);
        if (is_key && colon < len && bytes[colon] == ':') {
            at = skip_blanks(bytes, len, colon + 1);
            return at < len && bytes[at] == '[' ? at : len;
        }
        at = end;
    }
    return len;
}
