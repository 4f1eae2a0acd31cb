/* json_write.h - JSON out, streamed: no tree is built.  Text that is not valid UTF-8 has its bad bytes
 * replaced by U+FFFD, so that the output is always valid JSON.
 *
 *     struct fg_json json = {.buf = &buf};
 *     fg_json_object(&json);
 *     fg_json_key(&json, "id");
 *     fg_json_uint(&json, 7);
 *     fg_json_end(&json);            ->  {"id":7}
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_JSON_DEPTH_MAX 32

struct fg_json {
    struct fg_buf *buf; /* borrowed */
    int depth;
    char closer[FG_JSON_DEPTH_MAX];     /* '}' or ']' */
    bool filled[FG_JSON_DEPTH_MAX + 1]; /* something stands before: a comma is due */
    bool after_key;
};

void fg_json_object(struct fg_json *json);
void fg_json_array(struct fg_json *json);
void fg_json_end(struct fg_json *json); /* closes the innermost object or array */
void fg_json_key(struct fg_json *json, const char *key);
void fg_json_string(struct fg_json *json, const char *text); /* NULL writes null */
void fg_json_string_len(struct fg_json *json, const char *text, size_t len);
void fg_json_int(struct fg_json *json, int64_t value);
void fg_json_uint(struct fg_json *json, uint64_t value);
/* Shortest that reads back; NaN and inf write null. */
void fg_json_double(struct fg_json *json, double value);
void fg_json_bool(struct fg_json *json, bool value);
void fg_json_null(struct fg_json *json);
void fg_json_raw(struct fg_json *json, const char *text, size_t len); /* valid JSON, as it is */
/* A moment as "2026-11-21T02:36:55.123456Z"; 0 writes null. */
void fg_json_time(struct fg_json *json, int64_t time_us);

/* Shorthand for members: key and value at once. */
void fg_json_kv(struct fg_json *json, const char *key, const char *text);
void fg_json_kv_int(struct fg_json *json, const char *key, int64_t value);
void fg_json_kv_bool(struct fg_json *json, const char *key, bool value);
