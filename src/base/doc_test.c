/* doc_test.c - both readers: what they make, and what they refuse */
#include "base/buf.h"
#include "base/doc.h"
#include "test/tap.h"

#include <string.h>

#define ROOM (256 * 1024 * 1024)

typedef int reader(const char *bytes,
                   size_t len,
                   struct fg_arena *arena,
                   const struct fg_doc **out,
                   struct fg_err *err);

static const struct fg_doc *read_ok(reader *read, struct fg_arena *arena, const char *text)
{
    const struct fg_doc *doc = NULL;
    struct fg_err err = {};
    if (!OK(read(text, strlen(text), arena, &doc, &err) == 0))
        printf("#   %s\n", err.text);
    return doc;
}

static void a_json_tree_has_all_kinds_in_order(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    const struct fg_doc *doc =
        read_ok(fg_doc_json, arena,
                "{\"z\":1,\"a\":[2.5,\"x\\u00e9\",true,null,{}],\"big\":9223372036854775807}");
    EQ(doc->kind, FG_DOC_MAP);
    EQ(doc->len, 3);
    OK(strcmp(doc->first->key, "z") == 0);
    EQ(doc->first->integer, 1);
    OK(doc->first->real == 1);
    const struct fg_doc *item = fg_doc_get(doc, "a")->first;
    EQ(item->kind, FG_DOC_REAL);
    OK(item->real == 2.5 && item->key == NULL);
    item = item->next;
    EQ(item->kind, FG_DOC_TEXT);
    EQ(item->text_len, 3);
    item = item->next;
    EQ(item->kind, FG_DOC_BOOL);
    EQ(item->integer, 1);
    item = item->next;
    EQ(item->kind, FG_DOC_NULL);
    item = item->next;
    EQ(item->kind, FG_DOC_MAP);
    OK(item->next == NULL && item->first == NULL);
    EQ(fg_doc_get(doc, "big")->integer, INT64_MAX);
    OK(fg_doc_get(doc, "no") == NULL);
    OK(fg_doc_get(item, "no") == NULL);
    OK(fg_doc_get(NULL, "no") == NULL);
}

static void yaml_scalars_mean_what_people_expect(void)
{
    static const struct {
        const char *text;
        enum fg_doc_kind kind;
        int64_t integer;
        double real;
    } rows[] = {
        {"12", FG_DOC_INT, 12, 12},
        {"-3", FG_DOC_INT, -3, -3},
        {"+3", FG_DOC_INT, 3, 3},
        {"0x1f", FG_DOC_INT, 31, 31},
        {"0", FG_DOC_INT, 0, 0},
        {"1.5", FG_DOC_REAL, 0, 1.5},
        {"1e3", FG_DOC_REAL, 0, 1000},
        {".5", FG_DOC_REAL, 0, 0.5},
        {"true", FG_DOC_BOOL, 1, 0},
        {"Yes", FG_DOC_BOOL, 1, 0},
        {"off", FG_DOC_BOOL, 0, 0},
        {"~", FG_DOC_NULL, 0, 0},
        {"null", FG_DOC_NULL, 0, 0},
        {"\"12\"", FG_DOC_TEXT, 0, 0},
        {"010", FG_DOC_TEXT, 0, 0},
        {"1:30:00", FG_DOC_TEXT, 0, 0},
        {".inf", FG_DOC_TEXT, 0, 0},
        {"0x", FG_DOC_TEXT, 0, 0},
        {"1e999", FG_DOC_TEXT, 0, 0},
        {"H100:8", FG_DOC_TEXT, 0, 0},
        {"2026-11-21", FG_DOC_TEXT, 0, 0},
        {"9223372036854775808", FG_DOC_REAL, 0, 9223372036854775808.0},
        {"-", FG_DOC_LIST, 0, 0},
        {"+", FG_DOC_TEXT, 0, 0},
        {".", FG_DOC_TEXT, 0, 0},
    };
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# %s\n", rows[i].text);
        const struct fg_doc *doc = read_ok(fg_doc_yaml, arena, rows[i].text);
        EQ(doc->kind, rows[i].kind);
        EQ(doc->integer, rows[i].integer);
        OK(doc->real == rows[i].real);
    }
}

static void yaml_knows_its_lines(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    const struct fg_doc *doc =
        read_ok(fg_doc_yaml, arena, "# c\na: 1\nb:\n  - x\n  - c: 2\nr: |\n  one\n  two\n");
    EQ(doc->len, 3);
    EQ(doc->first->line, 2);
    EQ(fg_doc_get(doc, "b")->line, 3);
    EQ(fg_doc_get(doc, "b")->first->next->line, 5);
    EQ(fg_doc_get(doc, "r")->line, 6);
    OK(strcmp(fg_doc_get(doc, "r")->text, "one\ntwo\n") == 0);
}

static void an_empty_file_is_nothing(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    EQ(read_ok(fg_doc_yaml, arena, "")->kind, FG_DOC_NULL);
    EQ(read_ok(fg_doc_yaml, arena, "# only a comment\n")->kind, FG_DOC_NULL);
}

static const struct refused {
    reader *read;
    const char *text;
    int rc;
    const char *want; /* in the message */
} refused[] = {
    {fg_doc_json, "", FG_EINVAL, "line 1"},
    {fg_doc_json, "7", FG_EINVAL, "line 1"},
    {fg_doc_json, "{\"a\":1,\n\"a\":2}", FG_EINVAL,
     "line 2: column 3: duplicate object key near '\"a\"'"},
    {fg_doc_json, "{\"a\x7f\":1,\n\"a\x7f\":2}", FG_EINVAL,
     "duplicate object key near '\"a \"'"},
    {fg_doc_json, "{\"a\":1}x", FG_EINVAL, "end of file expected"},
    {fg_doc_json, "{\"a\":1,}", FG_EINVAL, "string or '}' expected"},
    {fg_doc_json, "{'a':1}", FG_EINVAL, "string or '}' expected"},
    {fg_doc_json, "[01]", FG_EINVAL, "invalid token"},
    {fg_doc_json, "[NaN]", FG_EINVAL, "invalid token"},
    {fg_doc_json, "[1e999]", FG_EINVAL, "real number overflow"},
    {fg_doc_json, "[9223372036854775808]", FG_EINVAL, "too big integer"},
    {fg_doc_json, "[\"\\u0000\"]", FG_EINVAL, "\\u0000 is not allowed"},
    {fg_doc_json, "[\"\\ud800\"]", FG_EINVAL, "invalid Unicode"},
    {fg_doc_json, "[\"\xff\"]", FG_EINVAL, "unable to decode byte 0xff"},
    {fg_doc_json, "[\"a", FG_EINVAL, "premature end of input"},
    {fg_doc_json, "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", FG_ETOOBIG, "deeper than 16"},
    {fg_doc_yaml, "a: 1\nb: 2\na: 3\n", FG_EINVAL, "line 3: a: given twice"},
    {fg_doc_yaml, "a: &x 1\nb: *x\n", FG_EINVAL, "line 1: anchors are not allowed"},
    {fg_doc_yaml, "b: *x\n", FG_EINVAL, "line 1: aliases are not allowed"},
    {fg_doc_yaml, "a: !!python/object:os.system x\n", FG_EINVAL,
     "line 1: tags are not allowed"},
    {fg_doc_yaml, "a: 1\n---\nb: 2\n", FG_EINVAL, "line 2: a second document"},
    {fg_doc_yaml, "? [1, 2]\n: 3\n", FG_EINVAL, "line 1: a key must be text"},
    {fg_doc_yaml, "a: \"x\\0y\"\n", FG_EINVAL, "line 1: a NUL byte"},
    {fg_doc_yaml, "a: [1\nb: 2\n", FG_EINVAL, "line 2: "},
    {fg_doc_yaml, "a: 1\n\tb: 2\n", FG_EINVAL, "line 2: "},
    {fg_doc_yaml, "a: \xff\n", FG_EINVAL, "byte 3: "},
    {fg_doc_yaml, "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", FG_ETOOBIG, "deeper than 16"},
};

static void what_is_malformed_or_tricky_is_refused(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct refused *row = &refused[i];
        const struct fg_doc *doc = NULL;
        struct fg_err err = {};
        EQ(row->read(row->text, strlen(row->text), arena, &doc, &err), row->rc);
        if (!OK(strstr(err.text, row->want) != NULL))
            printf("#   got \"%s\", want \"%s\"\n", err.text, row->want);
        OK(doc == NULL);
        EQ(row->read(row->text, strlen(row->text), arena, &doc, NULL), row->rc);
    }
}

static void a_message_does_not_quote_values(void)
{
    static const char *const texts[] = {"{\"K\": hunter2}", "{\"K\": \"hunter2\" \"hunter2\"}",
                                        "{\"K\": \"hunter2\n\"}", "K: \"hunter2"};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    for (size_t i = 0; i < 4; i++) {
        const struct fg_doc *doc;
        struct fg_err err = {};
        OK((i == 3 ? fg_doc_yaml : fg_doc_json)(texts[i], strlen(texts[i]), arena, &doc, &err)
           < 0);
        OK(strstr(err.text, "hunter2") == NULL);
    }
}

/* "x" many times between brackets. */
static void repeat(
    struct fg_buf *buf, const char *open, const char *item, int times, const char *close)
{
    fg_buf_puts(buf, open);
    for (int i = 0; i < times; i++)
        fg_buf_puts(buf, item);
    fg_buf_puts(buf, close);
}

static void many_values_are_refused_before_they_cost(void)
{
    static const char *const items[] = {"1,", "[],", "{},", "a: ,"};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = i == 3; k < 2; k++) {
            FG_AUTO(fg_buf) struct fg_buf buf = {};
            repeat(&buf, "[", items[i], 250'000, "1]");
            FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(buf.len));
            const struct fg_doc *doc;
            struct fg_err err = {};
            if (!EQ((k ? fg_doc_yaml : fg_doc_json)(buf.text, buf.len, arena, &doc, &err),
                    FG_ETOOBIG))
                printf("#   %s\n", err.text);
        }
}

static void the_room_suffices_up_to_the_bound(void)
{
    static const char *const items[] = {"1,", "\"\",", "a: ,", "\"\\P\\P\\P\","};
    for (size_t i = 0; i < 4; i++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        repeat(&buf, "[", items[i], 90'000, "1]");
        FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(buf.len));
        const struct fg_doc *doc;
        struct fg_err err = {};
        if (!EQ(fg_doc_yaml(buf.text, buf.len, arena, &doc, &err), 0))
            printf("#   %s\n", err.text);
        if (i < 2)
            EQ(fg_doc_json(buf.text, buf.len, (fg_arena_reset(arena), arena), &doc, NULL), 0);
    }
}

static void an_answer_may_be_longer(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    repeat(&buf, "[", "1,", 250'000, "1]");
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(buf.len));
    const struct fg_doc *doc;
    EQ(fg_doc_json_answer(buf.text, buf.len, arena, &doc, NULL), 0);
    EQ(doc->len, 250'001);
}

static void a_map_of_many_keys_is_read_in_time(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    for (int i = 0; i < 100'000; i++)
        fg_buf_printf(&buf, "k%d: 1\n", i);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(buf.len));
    const struct fg_doc *doc;
    EQ(fg_doc_yaml(buf.text, buf.len, arena, &doc, NULL), 0);
    EQ(doc->len, 100'000);
    fg_buf_puts(&buf, "k7: 1\n");
    fg_arena_reset(arena);
    struct fg_err err = {};
    EQ(fg_doc_yaml(buf.text, buf.len, arena, &doc, &err), FG_EINVAL);
    OK(strcmp(err.text, "line 100001: k7: given twice") == 0);
}

int main(void)
{
    RUN(a_json_tree_has_all_kinds_in_order);
    RUN(yaml_scalars_mean_what_people_expect);
    RUN(yaml_knows_its_lines);
    RUN(an_empty_file_is_nothing);
    RUN(what_is_malformed_or_tricky_is_refused);
    RUN(a_message_does_not_quote_values);
    RUN(many_values_are_refused_before_they_cost);
    RUN(the_room_suffices_up_to_the_bound);
    RUN(an_answer_may_be_longer);
    RUN(a_map_of_many_keys_is_read_in_time);
    return tap_done();
}
