/* json_write.c - see json_write.h
 *
 * Tens of thousands of rows a second pass here, so nothing in the common path formats with printf:
 * strings are copied in runs between the bytes that need care, numbers are turned by hand.
 */
#include "base/json_write.h"
#include "base/clock.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The comma, if something stands before in the innermost object or array. */
static void begin_value(struct fg_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->filled[json->depth])
        fg_buf_add(json->buf, ",", 1);
    json->filled[json->depth] = true;
}

static void open_level(struct fg_json *json, char opener, char closer)
{
    assert(json->depth < FG_JSON_DEPTH_MAX);
    begin_value(json);
    fg_buf_add(json->buf, &opener, 1);
    json->closer[json->depth++] = closer;
    json->filled[json->depth] = false;
}

void fg_json_object(struct fg_json *json)
{
    open_level(json, '{', '}');
}

void fg_json_array(struct fg_json *json)
{
    open_level(json, '[', ']');
}

void fg_json_end(struct fg_json *json)
{
    assert(json->depth > 0);
    assert(!json->after_key);
    fg_buf_add(json->buf, &json->closer[--json->depth], 1);
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Write the byte at `text` that is not plain; returns how many bytes of `text` it took. */
static size_t escape(struct fg_buf *buf, const unsigned char *text, size_t left)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";

    if (text[0] >= 0x80) {
        size_t len = fg_utf8_len((const char *)text, left);
        fg_buf_add(buf, len ? (const char *)text : "\xef\xbf\xbd", len ? len : 3);
        return len ? len : 1;
    }
    const char *known = text[0] ? strchr(from, text[0]) : NULL;
    if (known) {
        fg_buf_add(buf, (char[]){'\\', to[known - from]}, 2);
    } else {
        char code[] = {'\\', 'u', '0', '0', hex[text[0] >> 4], hex[text[0] & 15]};
        fg_buf_add(buf, code, sizeof(code));
    }
    return 1;
}

static void quote(struct fg_buf *buf, const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    fg_buf_add(buf, "\"", 1);
    for (size_t at = 0; at < len;) {
        size_t run = at;
        while (run < len && is_plain(bytes[run]))
            run++;
        if (run > at)
            fg_buf_add(buf, text + at, run - at);
        at = run < len ? run + escape(buf, bytes + run, len - run) : run;
    }
    fg_buf_add(buf, "\"", 1);
}

void fg_json_key(struct fg_json *json, const char *key)
{
    assert(json->depth > 0 && json->closer[json->depth - 1] == '}');
    assert(!json->after_key);
    begin_value(json);
    quote(json->buf, key, strlen(key));
    fg_buf_add(json->buf, ":", 1);
    json->after_key = true;
}

void fg_json_string_len(struct fg_json *json, const char *text, size_t len)
{
    begin_value(json);
    quote(json->buf, text, len);
}

void fg_json_string(struct fg_json *json, const char *text)
{
    if (text)
        fg_json_string_len(json, text, strlen(text));
    else
        fg_json_null(json);
}

static void number(struct fg_json *json, bool minus, uint64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    if (minus)
        *--at = '-';
    begin_value(json);
    fg_buf_add(json->buf, at, (size_t)(digits + sizeof(digits) - at));
}

void fg_json_int(struct fg_json *json, int64_t value)
{
    number(json, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void fg_json_uint(struct fg_json *json, uint64_t value)
{
    number(json, false, value);
}

void fg_json_double(struct fg_json *json, double value)
{
    if (!isfinite(value)) {
        fg_json_null(json);
        return;
    }
    /* Whole numbers are the common case and need no search. */
    if (fabs(value) < 1e15 && value == (double)(int64_t)value
        && !(value == 0 && signbit(value))) {
        fg_json_int(json, (int64_t)value);
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    begin_value(json);
    fg_buf_puts(json->buf, text);
}

void fg_json_bool(struct fg_json *json, bool value)
{
    begin_value(json);
    fg_buf_add(json->buf, value ? "true" : "false", value ? 4 : 5);
}

void fg_json_null(struct fg_json *json)
{
    begin_value(json);
    fg_buf_add(json->buf, "null", 4);
}

void fg_json_raw(struct fg_json *json, const char *text, size_t len)
{
    begin_value(json);
    fg_buf_add(json->buf, text, len);
}

void fg_json_time(struct fg_json *json, int64_t time_us)
{
    if (time_us == 0) {
        fg_json_null(json);
        return;
    }
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(time_us, text);
    fg_json_string(json, text);
}

void fg_json_kv(struct fg_json *json, const char *key, const char *text)
{
    fg_json_key(json, key);
    fg_json_string(json, text);
}

void fg_json_kv_int(struct fg_json *json, const char *key, int64_t value)
{
    fg_json_key(json, key);
    fg_json_int(json, value);
}

void fg_json_kv_bool(struct fg_json *json, const char *key, bool value)
{
    fg_json_key(json, key);
    fg_json_bool(json, value);
}
