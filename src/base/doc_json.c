/* doc_json.c - JSON to doc.h, through jansson.
 *
 * jansson builds a tree of its own, which for hostile input is thirty times the size of the text; so
 * the bounds are checked on the bytes before it sees them.
 */
#include "base/doc.h"
#include "base/doc_text.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

static void json_drop(json_t **tree)
{
    json_decref(*tree);
}

/* The first byte after the string that begins after `at`. */
static const char *after_string(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

/* Refuse what is too deep or has too many values; what is malformed is left to jansson. */
static int check_bounds(const char *bytes, size_t len, int most, struct fg_err *err)
{
    const char *end = bytes + len;
    size_t nodes = 1;
    int depth = 0;
    for (const char *at = bytes; at < end;) {
        char byte = *at++;
        if (byte == '"')
            at = after_string(at, end);
        else if (byte == ',')
            nodes++;
        else if (byte == ']' || byte == '}')
            depth--;
        else if (byte == '[' || byte == '{') {
            nodes++;
            if (++depth > FG_DOC_DEPTH_MAX)
                return fg_fail(err, FG_ETOOBIG, "nested deeper than %d levels",
                               FG_DOC_DEPTH_MAX);
        }
    }
    if (nodes > (size_t)most)
        return fg_fail(err, FG_ETOOBIG, "more than %d values", most);
    return 0;
}

/* jansson quotes the input after " near ": it may hold a secret, and says little. */
static int fail_at(const json_error_t *error, struct fg_err *err)
{
    const char *near = strstr(error->text, " near ");
    bool is_key = strncmp(error->text, "duplicate object key", 20) == 0;
    char text[JSON_ERROR_TEXT_LENGTH];
    fg_copy_clean(text, sizeof(text), error->text);
    if (near && !is_key)
        text[near - error->text] = '\0'; /* before it are jansson's own words */
    return fg_fail(err, FG_EINVAL, "line %d: column %d: %s", error->line, error->column, text);
}

struct copier {
    struct fg_arena *arena;
    struct fg_doc_text text;
};

static void copy(struct copier *copier, const json_t *from, struct fg_doc *to);

static void copy_list(struct copier *copier, const json_t *from, struct fg_doc *to)
{
    to->kind = FG_DOC_LIST;
    to->len = json_array_size(from);
    struct fg_doc *children = FG_NEW(copier->arena, struct fg_doc, to->len);
    to->first = to->len ? children : NULL;
    for (size_t i = 0; i < to->len; i++) {
        children[i].next = i + 1 < to->len ? &children[i + 1] : NULL;
        copy(copier, json_array_get(from, i), &children[i]);
    }
}

static void copy_map(struct copier *copier, json_t *from, struct fg_doc *to)
{
    to->kind = FG_DOC_MAP;
    to->len = json_object_size(from);
    struct fg_doc *child = FG_NEW(copier->arena, struct fg_doc, to->len);
    to->first = to->len ? child : NULL;
    for (void *at = json_object_iter(from); at; child++) {
        const char *key = json_object_iter_key(at);
        child->key = fg_doc_text_add(&copier->text, key, strlen(key));
        copy(copier, json_object_iter_value(at), child);
        at = json_object_iter_next(from, at);
        child->next = at ? child + 1 : NULL;
    }
}

/* The bounds hold, so this recursion is at most FG_DOC_DEPTH_MAX deep. */
static void copy(struct copier *copier, const json_t *from, struct fg_doc *to)
{
    switch (json_typeof(from)) {
    case JSON_OBJECT:
        copy_map(copier, (json_t *)(uintptr_t)from, to); /* jansson's iterators are not const */
        break;
    case JSON_ARRAY:
        copy_list(copier, from, to);
        break;
    case JSON_STRING:
        to->kind = FG_DOC_TEXT;
        to->text_len = json_string_length(from);
        to->text = fg_doc_text_add(&copier->text, json_string_value(from), to->text_len);
        break;
    case JSON_INTEGER:
        to->kind = FG_DOC_INT;
        to->integer = json_integer_value(from);
        to->real = (double)to->integer;
        break;
    case JSON_REAL:
        to->kind = FG_DOC_REAL;
        to->real = json_real_value(from);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = FG_DOC_BOOL;
        to->integer = json_typeof(from) == JSON_TRUE;
        break;
    case JSON_NULL:
        to->kind = FG_DOC_NULL;
        break;
    }
}

static int parse(const char *bytes,
                 size_t len,
                 struct fg_arena *arena,
                 const struct fg_doc **out,
                 struct fg_err *err)
{
    json_error_t error;
    [[gnu::cleanup(json_drop)]] json_t *tree =
        json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (!tree)
        return fail_at(&error, err);

    struct copier copier = {.arena = arena, .text = fg_doc_text_new(arena, len)};
    struct fg_doc *root = FG_NEW(arena, struct fg_doc, 1);
    copy(&copier, tree, root);
    *out = root;
    return 0;
}

int fg_doc_json(const char *bytes,
                size_t len,
                struct fg_arena *arena,
                const struct fg_doc **out,
                struct fg_err *err)
{
    int rc = check_bounds(bytes, len, FG_DOC_NODES_MAX, err);
    return rc < 0 ? rc : parse(bytes, len, arena, out, err);
}

int fg_doc_json_answer(const char *bytes,
                       size_t len,
                       struct fg_arena *arena,
                       const struct fg_doc **out,
                       struct fg_err *err)
{
    int rc = check_bounds(bytes, len, FG_DOC_ANSWER_NODES_MAX, err);
    return rc < 0 ? rc : parse(bytes, len, arena, out, err);
}
