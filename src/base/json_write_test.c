/* json_write_test.c - our writer, read back by jansson */
#include "base/json_write.h"
#include "test/tap.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool wrote(const struct fg_buf *buf, const char *want)
{
    if (strcmp(buf->text, want) == 0)
        return true;
    printf("#   got %s, want %s\n", buf->text, want);
    return false;
}

static void members_and_elements_have_their_commas(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_json_kv_int(&json, "a", -1);
    fg_json_key(&json, "b");
    fg_json_array(&json);
    fg_json_array(&json);
    fg_json_end(&json);
    fg_json_object(&json);
    fg_json_end(&json);
    fg_json_null(&json);
    fg_json_end(&json);
    fg_json_kv_bool(&json, "c", true);
    fg_json_kv(&json, "d", NULL);
    fg_json_key(&json, "e");
    fg_json_raw(&json, "[1]", 3);
    fg_json_end(&json);
    OK(wrote(&buf, "{\"a\":-1,\"b\":[[],{},null],\"c\":true,\"d\":null,\"e\":[1]}"));
    EQ(json.depth, 0);
}

static void numbers_keep_their_value(void)
{
    static const int64_t values[] = {0, 7, -7, 1'000'000, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_json json = {.buf = &buf};
        fg_json_int(&json, values[i]);
        EQ(strtoll(buf.text, NULL, 10), values[i]);
    }
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_uint(&json, UINT64_MAX);
    OK(wrote(&buf, "18446744073709551615"));
}

static void doubles_are_short_and_read_back(void)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {{0.1, "0.1"},       {71.5, "71.5"},   {3, "3"},
                {1e300, "1e+300"},  {-0.25, "-0.25"}, {NAN, "null"},
                {INFINITY, "null"}, {1.0 / 3, NULL},  {DBL_MIN, NULL},
                {DBL_MAX, NULL},    {5e-324, NULL},   {123456789.123456789, NULL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_json json = {.buf = &buf};
        fg_json_double(&json, rows[i].value);
        if (rows[i].want)
            OK(wrote(&buf, rows[i].want));
        else
            OK(strtod(buf.text, NULL) == rows[i].value);
    }
}

static void bad_bytes_become_the_replacement_character(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xc3", "\"a\xef\xbf\xbd\""},                               /* cut */
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* too long a form */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
        {"\xf4\x90\x80\x80z", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\"\\\n\r\t\b\f\x01\x7f", "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\x7f\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_json json = {.buf = &buf};
        fg_json_string(&json, rows[i].text);
        OK(wrote(&buf, rows[i].want));
    }
}

/* Any bytes, valid or not: jansson must accept what we wrote, and valid text comes back as it was. */
static void random_strings_are_read_back_by_jansson(void)
{
    unsigned seed = 1;
    int bad = 0;
    for (int round = 0; round < 20'000; round++) {
        char text[24];
        size_t len = (size_t)rand_r(&seed) % sizeof(text);
        bool ascii = round % 2 == 0;
        for (size_t i = 0; i < len; i++)
            text[i] = (char)(rand_r(&seed) % (ascii ? 128 : 256));
        FG_AUTO(fg_buf) struct fg_buf buf = {};
        struct fg_json json = {.buf = &buf};
        fg_json_string_len(&json, text, len);
        json_t *back = json_loadb(buf.text, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (!back
            || (ascii
                && (json_string_length(back) != len
                    || memcmp(json_string_value(back), text, len) != 0)))
            bad++;
        json_decref(back);
    }
    EQ(bad, 0);
}

static void moments_are_text_and_zero_is_null(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_array(&json);
    fg_json_time(&json, 0);
    fg_json_time(&json, 1'795'228'615'123'456);
    fg_json_end(&json);
    OK(wrote(&buf, "[null,\"2026-11-21T02:36:55.123456Z\"]"));
}

int main(void)
{
    RUN(members_and_elements_have_their_commas);
    RUN(numbers_keep_their_value);
    RUN(doubles_are_short_and_read_back);
    RUN(bad_bytes_become_the_replacement_character);
    RUN(random_strings_are_read_back_by_jansson);
    RUN(moments_are_text_and_zero_is_null);
    return tap_done();
}
