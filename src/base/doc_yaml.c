/* doc_yaml.c - YAML to doc.h, through libyaml's events.
 *
 *     bytes --libyaml--> events --BUILDER--> tree of fg_doc, one open level per nesting
 *
 * Plain scalars mean what people expect of a job file: 12 and 0x1f are whole numbers, 1.5 and 1e3 are
 * numbers, true/false/yes/no/on/off, null and ~.  010 and 1:30:00 stay text: YAML 1.1 would make them
 * 8 and 5400.  What is quoted is text.
 */
#include "base/doc.h"
#include "base/doc_text.h"
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

struct level {
    struct fg_doc *node; /* the open list or map */
    struct fg_doc *last; /* its last child */
    const char *key;     /* of a map: read, its value comes next */
    uint32_t key_line;
};

struct builder {
    struct fg_arena *arena;
    struct fg_doc_text text;
    struct level levels[FG_DOC_DEPTH_MAX];
    int depth; /* number of open levels */
    size_t nodes;
    struct fg_doc *root;
    struct fg_err *err;
};

static void parser_drop(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void event_drop(yaml_event_t *event)
{
    yaml_event_delete(event);
}

static uint32_t line_of(const yaml_event_t *event)
{
    return (uint32_t)event->start_mark.line + 1;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_null(const char *text)
{
    static const char *const words[] = {"", "~", "null", NULL};
    return is_one_of(text, words);
}

static bool is_bool(const char *text, int64_t *out)
{
    static const char *const yes[] = {"true", "yes", "on", NULL};
    static const char *const no[] = {"false", "no", "off", NULL};
    *out = is_one_of(text, yes);
    return *out || is_one_of(text, no);
}

static const char *after_sign(const char *text)
{
    return text + (*text == '-' || *text == '+');
}

/* "010" is neither 8 nor 10 to everybody: such digits stay text. */
static bool is_int(const char *text, int64_t *out)
{
    const char *digits = after_sign(text);
    bool hex = digits[0] == '0' && digits[1] == 'x';
    if (hex ? digits[2 + strspn(digits + 2, "0123456789abcdefABCDEF")] != '\0' || !digits[2]
            : digits[strspn(digits, "0123456789")] != '\0' || !digits[0])
        return false;
    if (!hex && digits[0] == '0' && digits[1])
        return false;
    errno = 0;
    int64_t value = strtoll(text, NULL, hex ? 16 : 10);
    if (errno != 0)
        return false;
    *out = value;
    return true;
}

static bool is_real(const char *text, double *out)
{
    const char *at = after_sign(text);
    if (!isdigit((unsigned char)at[0]) && !(at[0] == '.' && isdigit((unsigned char)at[1])))
        return false;
    if (at[0] == '0' && isdigit((unsigned char)at[1]))
        return false;
    if (at[strspn(at, "0123456789.eE+-")] != '\0')
        return false;
    char *end;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static void resolve(struct fg_doc *node, bool plain)
{
    node->kind = FG_DOC_TEXT;
    if (!plain)
        return;
    if (is_null(node->text)) {
        node->kind = FG_DOC_NULL;
    } else if (is_bool(node->text, &node->integer)) {
        node->kind = FG_DOC_BOOL;
    } else if (is_int(node->text, &node->integer)) {
        node->kind = FG_DOC_INT;
        node->real = (double)node->integer;
    } else if (is_real(node->text, &node->real)) {
        node->kind = FG_DOC_REAL;
    }
}

/* A new node in its place: the root, the next of a list, the value of the key just read. */
static int place(struct builder *builder, const yaml_event_t *event, struct fg_doc **out)
{
    if (++builder->nodes > FG_DOC_NODES_MAX)
        return fg_fail(builder->err, FG_ETOOBIG, "more than %d values", FG_DOC_NODES_MAX);

    struct fg_doc *node = FG_NEW(builder->arena, struct fg_doc, 1);
    node->line = line_of(event);
    *out = node;
    if (builder->depth == 0) {
        builder->root = node;
        return 0;
    }
    struct level *level = &builder->levels[builder->depth - 1];
    if (level->node->kind == FG_DOC_MAP) {
        if (!level->key)
            return fg_fail(builder->err, FG_EINVAL, "line %u: a key must be text", node->line);
        node->key = level->key;
        node->line = level->key_line;
        level->key = NULL;
    }
    if (level->last)
        level->last->next = node;
    else
        level->node->first = node;
    level->last = node;
    level->node->len++;
    return 0;
}

static int refuse_extras(struct builder *builder,
                         const yaml_event_t *event,
                         const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor)
        return fg_fail(builder->err, FG_EINVAL, "line %u: anchors are not allowed",
                       line_of(event));
    if (tag)
        return fg_fail(builder->err, FG_EINVAL, "line %u: tags are not allowed",
                       line_of(event));
    return 0;
}

static int add_scalar(struct builder *builder, const yaml_event_t *event)
{
    const char *bytes = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    int rc = refuse_extras(builder, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (rc < 0)
        return rc;
    if (memchr(bytes, 0, len))
        return fg_fail(builder->err, FG_EINVAL, "line %u: a NUL byte in text", line_of(event));

    const char *text = fg_doc_text_add(&builder->text, bytes, len);
    struct level *level = builder->depth ? &builder->levels[builder->depth - 1] : NULL;
    if (level && level->node->kind == FG_DOC_MAP && !level->key) {
        level->key = text;
        level->key_line = line_of(event);
        return 0;
    }
    struct fg_doc *node;
    rc = place(builder, event, &node);
    if (rc < 0)
        return rc;
    node->text = text;
    node->text_len = len;
    resolve(node, event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
    return 0;
}

static int open_level(struct builder *builder, const yaml_event_t *event)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    int rc = is_map ? refuse_extras(builder, event, event->data.mapping_start.anchor,
                                    event->data.mapping_start.tag)
                    : refuse_extras(builder, event, event->data.sequence_start.anchor,
                                    event->data.sequence_start.tag);
    if (rc < 0)
        return rc;
    if (builder->depth == FG_DOC_DEPTH_MAX)
        return fg_fail(builder->err, FG_ETOOBIG, "line %u: nested deeper than %d levels",
                       line_of(event), FG_DOC_DEPTH_MAX);
    struct fg_doc *node;
    rc = place(builder, event, &node);
    if (rc < 0)
        return rc;
    node->kind = is_map ? FG_DOC_MAP : FG_DOC_LIST;
    builder->levels[builder->depth++] = (struct level){.node = node};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct fg_doc *left = *(const struct fg_doc *const *)a;
    const struct fg_doc *right = *(const struct fg_doc *const *)b;
    int order = strcmp(left->key, right->key);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

/* Sorted, equal keys are neighbours: comparing all pairs would let a long map stop the service. */
static int refuse_duplicates(struct builder *builder, const struct fg_doc *map)
{
    if (map->len < 2)
        return 0;
    const struct fg_doc **members = calloc(map->len, sizeof(*members));
    if (!members)
        abort();
    size_t len = 0;
    for (const struct fg_doc *member = map->first; member; member = member->next)
        members[len++] = member;
    qsort(members, len, sizeof(*members), by_key);

    const struct fg_doc *twice = NULL;
    for (size_t i = 1; i < len && !twice; i++)
        if (strcmp(members[i - 1]->key, members[i]->key) == 0)
            twice = members[i];
    free(members);
    if (!twice)
        return 0;
    char key[sizeof(builder->err->text)];
    fg_copy_clean(key, sizeof(key), twice->key);
    return fg_fail(builder->err, FG_EINVAL, "line %u: %s: given twice", twice->line, key);
}

static int close_level(struct builder *builder)
{
    assert(builder->depth > 0); /* libyaml closes only what it opened */
    const struct fg_doc *node = builder->levels[--builder->depth].node;
    assert(node);
    return node->kind == FG_DOC_MAP ? refuse_duplicates(builder, node) : 0;
}

static int add_event(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (builder->root)
            return fg_fail(builder->err, FG_EINVAL,
                           "line %u: a second document, only one is allowed", line_of(event));
        return 0;
    case YAML_ALIAS_EVENT:
        return fg_fail(builder->err, FG_EINVAL, "line %u: aliases are not allowed",
                       line_of(event));
    case YAML_SCALAR_EVENT:
        return add_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return open_level(builder, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_level(builder);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return 0;
}

static int fail_at(const yaml_parser_t *parser, struct fg_err *err)
{
    if (parser->error == YAML_READER_ERROR)
        return fg_fail(err, FG_EINVAL, "byte %zu: %s", parser->problem_offset, parser->problem);
    return fg_fail(err, FG_EINVAL, "line %zu: %s", parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "malformed YAML");
}

static int build(struct builder *builder, yaml_parser_t *parser)
{
    for (bool more = true; more;) {
        [[gnu::cleanup(event_drop)]] yaml_event_t event = {};
        if (!yaml_parser_parse(parser, &event))
            return fail_at(parser, builder->err);
        int rc = add_event(builder, &event);
        if (rc < 0)
            return rc;
        more = event.type != YAML_STREAM_END_EVENT;
    }
    return 0;
}

int fg_doc_yaml(const char *bytes,
                size_t len,
                struct fg_arena *arena,
                const struct fg_doc **out,
                struct fg_err *err)
{
    [[gnu::cleanup(parser_drop)]] yaml_parser_t parser = {};
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser,
                             YAML_UTF8_ENCODING); /* UTF-16 would be longer after it is read */
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);

    struct builder builder = {.arena = arena, .text = fg_doc_text_new(arena, len), .err = err};
    int rc = build(&builder, &parser);
    if (rc < 0)
        return rc;
    *out = builder.root ? builder.root : FG_NEW(arena, struct fg_doc, 1);
    return 0;
}
