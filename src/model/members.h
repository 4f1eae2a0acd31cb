/* members.h - plain structs to JSON objects and back, by a table of their members.
 *
 *     struct --table--> {"name":"x","price_uusd_per_hour":2500000,...} --table--> the same struct
 *
 * Every member is written; a text of "" and a moment of 0 are written as null.  When reading, what is absent or null leaves the
 * struct as it was, and a name that is not in the table is refused.
 */
#pragma once

#include "base/doc_read.h"
#include "base/json_write.h"

#include <stddef.h>

enum fg_member_kind {
    FG_MEMBER_TEXT,   /* char[size] */
    FG_MEMBER_UINT32, /* uint32_t, 0 to max */
    FG_MEMBER_UINT64, /* uint64_t, 0 to max */
    FG_MEMBER_INT64,  /* int64_t, 0 to max */
    FG_MEMBER_BOOL,
    FG_MEMBER_TIME, /* int64_t, a moment; read as ISO 8601, or as a duration from now */
    FG_MEMBER_WORD, /* an enum: see word and find */
};

struct fg_member {
    const char *name;
    enum fg_member_kind kind;
    size_t offset, size;
    int64_t max;
    const char *(*word)(int value); /* of a WORD */
    int (*find)(const char *word);  /* its value, or -1 */
};

/* A row of a table. */
#define FG_MEMBER(type, member, member_kind, most)                                             \
    {                                                                                          \
        .name = #member, .kind = (member_kind), .offset = offsetof(struct type, member),       \
        .size = sizeof(((struct type *)0)->member), .max = (most)                              \
    }

/* Into the open object. */
void fg_members_write(struct fg_json *json,
                      const struct fg_member *table,
                      size_t len,
                      const void *from);

/* One member, the reader being inside of it; `now_us` for moments.  FG_EINVAL: what was expected. */
[[nodiscard]] int fg_member_read(struct fg_doc_reader *reader,
                                 const struct fg_member *member,
                                 const struct fg_doc *doc,
                                 int64_t now_us,
                                 void *to);

/* A whole object.  FG_EINVAL. */
[[nodiscard]] int fg_members_read(struct fg_doc_reader *reader,
                                  const struct fg_member *table,
                                  size_t len,
                                  const struct fg_doc *doc,
                                  int64_t now_us,
                                  void *to);
