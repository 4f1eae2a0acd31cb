/* members.c - see members.h */
#include "model/members.h"

#include "model/limits.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define TABLE_MAX 40

static const void *at(const struct fg_member *member, const void *object)
{
    return (const char *)object + member->offset;
}

static int64_t number(const struct fg_member *member, const void *object)
{
    uint32_t narrow;
    int64_t wide;
    if (member->size == sizeof(narrow)) {
        memcpy(&narrow, at(member, object), sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at(member, object), sizeof(wide));
    return wide;
}

static void write_one(struct fg_json *json, const struct fg_member *member, const void *object)
{
    const char *text = at(member, object);
    fg_json_key(json, member->name);
    switch (member->kind) {
    case FG_MEMBER_TEXT:
        fg_json_string(json, text[0] ? text : NULL);
        break;
    case FG_MEMBER_BOOL:
        fg_json_bool(json, *(const bool *)at(member, object));
        break;
    case FG_MEMBER_TIME:
        fg_json_time(json, number(member, object));
        break;
    case FG_MEMBER_WORD:
        fg_json_string(json, member->word((int)number(member, object)));
        break;
    case FG_MEMBER_UINT32:
    case FG_MEMBER_UINT64:
    case FG_MEMBER_INT64:
        fg_json_int(json, number(member, object));
        break;
    }
}

void fg_members_write(struct fg_json *json,
                      const struct fg_member *table,
                      size_t len,
                      const void *from)
{
    for (size_t i = 0; i < len; i++)
        write_one(json, &table[i], from);
}

static int read_word(struct fg_doc_reader *reader,
                     const struct fg_member *member,
                     const struct fg_doc *doc,
                     int64_t *out)
{
    const char *text = "";
    int rc = fg_read_text(reader, doc, FG_NAME_MAX, &text);
    int found = rc == 0 ? member->find(text) : 0;
    if (rc == 0 && found < 0)
        return fg_read_fail(reader, doc, "expected %s, %s or another such word",
                            member->word(0), member->word(1));
    *out = found;
    return rc;
}

static int read_text(struct fg_doc_reader *reader,
                     const struct fg_member *member,
                     const struct fg_doc *doc,
                     void *to)
{
    const char *text = "";
    int rc = fg_read_text(reader, doc, member->size - 1, &text);
    if (rc == 0)
        snprintf((char *)to + member->offset, member->size, "%s", text);
    return rc;
}

int fg_member_read(struct fg_doc_reader *reader,
                   const struct fg_member *member,
                   const struct fg_doc *doc,
                   int64_t now_us,
                   void *to)
{
    int64_t value = 0;
    bool flag = false;
    int rc = 0;
    if (member->kind == FG_MEMBER_TEXT)
        return read_text(reader, member, doc, to);
    if (member->kind == FG_MEMBER_BOOL) {
        rc = fg_read_bool(reader, doc, &flag);
        if (rc == 0)
            *(bool *)((char *)to + member->offset) = flag;
        return rc;
    }
    if (member->kind == FG_MEMBER_TIME)
        rc = fg_read_moment(reader, doc, now_us, &value);
    else if (member->kind == FG_MEMBER_WORD)
        rc = read_word(reader, member, doc, &value);
    else
        rc = fg_read_int(reader, doc, 0, member->max, &value);
    if (rc < 0)
        return rc;
    uint32_t narrow = (uint32_t)value;
    if (member->size == sizeof(narrow))
        memcpy((char *)to + member->offset, &narrow, sizeof(narrow));
    else
        memcpy((char *)to + member->offset, &value, sizeof(value));
    return 0;
}

static int read_named(struct fg_doc_reader *reader,
                      const struct fg_member *table,
                      size_t len,
                      const struct fg_doc *doc,
                      int64_t now_us,
                      void *to)
{
    const char *names[TABLE_MAX];
    assert(len <= TABLE_MAX);
    for (size_t i = 0; i < len; i++) {
        names[i] = table[i].name;
        if (strcmp(table[i].name, doc->key) != 0)
            continue;
        size_t mark = fg_read_enter(reader, doc->key);
        int rc =
            doc->kind == FG_DOC_NULL ? 0 : fg_member_read(reader, &table[i], doc, now_us, to);
        fg_read_leave(reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(reader, doc, names, len);
}

int fg_members_read(struct fg_doc_reader *reader,
                    const struct fg_member *table,
                    size_t len,
                    const struct fg_doc *doc,
                    int64_t now_us,
                    void *to)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *one = rc == 0 ? doc->first : NULL; one && rc == 0;
         one = one->next)
        rc = read_named(reader, table, len, one, now_us, to);
    return rc;
}
