/* target_test.c - the target of a request taken apart: what is good stays, what is odd is refused. */
#include "api/target.h"
#include "model/limits.h"
#include "test/tap.h"

#include <string.h>

static struct fg_target target;

static int parse(const char *text)
{
    static char copy[FG_TARGET_BYTES_MAX + 64];
    struct fg_err err;
    snprintf(copy, sizeof(copy), "%s", text);
    return fg_target_parse(copy, &target, &err);
}

static void paths_are_decoded_segments(void)
{
    EQ(parse("/"), 0);
    EQ(target.segments_len, 0);
    EQ(parse("/v1/jobs/12"), 0);
    EQ(target.segments_len, 3);
    OK(strcmp(target.segments[2], "12") == 0);
    EQ(parse("/a%20b/%C3%BC%2Fx"), 0);
    EQ(target.segments_len, 2);
    OK(strcmp(target.segments[0], "a b") == 0);
    OK(strcmp(target.segments[1], "\xc3\xbc/x") == 0);
    EQ(parse("/a+b"), 0);
    OK(strcmp(target.segments[0], "a+b") == 0);
}

static void parameters_are_decoded_pairs(void)
{
    EQ(parse("/x?a=1&b=two+words&c=%26%3d&d="), 0);
    EQ(target.params_len, 4);
    OK(strcmp(fg_target_param(&target, "b"), "two words") == 0);
    OK(strcmp(fg_target_param(&target, "c"), "&=") == 0);
    OK(strcmp(fg_target_param(&target, "d"), "") == 0);
    OK(fg_target_param(&target, "e") == NULL);
    EQ(parse("/x?"), 0);
    EQ(parse("/x?a=1&&b=2"), 0);
    EQ(target.params_len, 2);
    EQ(fg_target_check(&target, "b a", NULL), 0);
    EQ(fg_target_check(&target, "a bb", NULL), FG_EINVAL);
    EQ(fg_target_check(&target, "", NULL), FG_EINVAL);
}

static void odd_targets_are_refused(void)
{
    static const char *const odd[] = {
        "",       "x",           "*",        "http://a/b", "//",   "/a//b", "/a/",
        "/.",     "/..",         "/a/../b",  "/%2e%2e",    "/%",   "/%4",   "/%zz",
        "/%00",   "/a%0ab",      "/\x7f",    "/a b",       "/\t",  "/a\\b", "/a#b",
        "/\xff",  "/%ff",        "/%c0%af",  "/%ed%a0%80", "/x?a", "/x?=1", "/x?a=1&a=2",
        "/x?a=%", "/x?a=%0d%0a", "/x?%ff=1", "/x?a=\x01",
    };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        printf("# %s\n", odd[i]);
        EQ(parse(odd[i]), FG_EINVAL);
    }
}

static void limits_hold(void)
{
    static char text[FG_TARGET_BYTES_MAX + 32];
    memset(text, 'a', sizeof(text) - 1);
    text[0] = '/';
    text[FG_TARGET_BYTES_MAX - 1] = 0;
    EQ(parse(text), 0);
    text[FG_TARGET_BYTES_MAX - 1] = 'a';
    text[FG_TARGET_BYTES_MAX] = 0;
    EQ(parse(text), FG_ETOOBIG);
    size_t len = 0;
    for (int i = 0; i <= FG_SEGMENTS_MAX; i++)
        len += (size_t)sprintf(text + len, "/s");
    EQ(parse(text), FG_ETOOBIG);
    text[2 * FG_SEGMENTS_MAX] = 0;
    EQ(parse(text), 0);
    len = (size_t)sprintf(text, "/x?a0=1");
    for (int i = 1; i < FG_PARAMS_MAX; i++)
        len += (size_t)sprintf(text + len, "&a%d=1", i);
    EQ(parse(text), 0);
    sprintf(text + len, "&b=1");
    EQ(parse(text), FG_ETOOBIG);
}

static void numbers_and_flags(void)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t value;
    } rows[] = {
        {"/x?n=1", 0, 1},
        {"/x?n=10", 0, 10},
        {"/x", 0, 7},
        {"/x?n=0", FG_EINVAL, 7},
        {"/x?n=11", FG_EINVAL, 7},
        {"/x?n=", FG_EINVAL, 7},
        {"/x?n=+1", FG_EINVAL, 7},
        {"/x?n=-1", FG_EINVAL, 7},
        {"/x?n=01", FG_EINVAL, 7},
        {"/x?n=1.0", FG_EINVAL, 7},
        {"/x?n=99999999999999999999", FG_EINVAL, 7},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 7;
        printf("# %s\n", rows[i].text);
        EQ(parse(rows[i].text), 0);
        EQ(fg_target_uint(&target, "n", 1, 10, &value, NULL), rows[i].rc);
        EQ(value, rows[i].value);
    }
    bool flag = true;
    EQ(parse("/x?f=0"), 0);
    EQ(fg_target_bool(&target, "f", &flag, NULL), 0);
    OK(!flag);
    EQ(parse("/x?f=true"), 0);
    EQ(fg_target_bool(&target, "f", &flag, NULL), 0);
    OK(flag);
    EQ(parse("/x?f=yes"), 0);
    EQ(fg_target_bool(&target, "f", &flag, NULL), FG_EINVAL);
}

static void pages_and_words(void)
{
    static const char *const words[] = {"job", "day", "user"};
    struct fg_err err = {};
    uint64_t limit = 0, cursor = 9;
    size_t word = 1;
    EQ(parse("/x"), 0);
    EQ(fg_target_page(&target, &limit, &cursor, &err), 0);
    EQ(limit, FG_PAGE_DEFAULT);
    EQ(cursor, 9);
    EQ(fg_target_word(&target, "by", words, 3, &word, &err), 0);
    EQ(word, 1);
    EQ(parse("/x?limit=5&cursor=8&by=user"), 0);
    EQ(fg_target_page(&target, &limit, &cursor, &err), 0);
    EQ(limit, 5);
    EQ(cursor, 8);
    EQ(fg_target_word(&target, "by", words, 3, &word, &err), 0);
    EQ(word, 2);
    EQ(parse("/x?limit=1001&by=hour"), 0);
    EQ(fg_target_page(&target, &limit, &cursor, &err), FG_EINVAL);
    EQ(fg_target_word(&target, "by", words, 3, &word, &err), FG_EINVAL);
    OK(strcmp(err.text, "query: by: hour, expected job, day or user") == 0);
}

int main(void)
{
    RUN(paths_are_decoded_segments);
    RUN(parameters_are_decoded_pairs);
    RUN(odd_targets_are_refused);
    RUN(limits_hold);
    RUN(numbers_and_flags);
    RUN(pages_and_words);
    return tap_done();
}
