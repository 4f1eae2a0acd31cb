/* where_read.c - on whose nodes, where and for how much at most: see job_read.h
 *
 * A list is kept as one text, sorted and each name once, so that equal requests are equal bytes.
 */
#include "base/text.h"
#include "model/job_read.h"
#include "model/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 16

struct list {
    char names[LIST_MAX][FG_NAME_MAX];
    size_t len;
};

static int add_name(struct fg_doc_reader *reader,
                    const struct fg_doc *at,
                    const char *text,
                    size_t text_len,
                    struct list *list)
{
    char name[FG_NAME_MAX];
    if (list->len == LIST_MAX)
        return fg_read_fail(reader, at, "more than %d names", LIST_MAX);
    if (text_len >= sizeof(name))
        return fg_read_fail(reader, at, "a name of %zu bytes, expected up to %d", text_len,
                            FG_NAME_MAX - 1);
    memcpy(name, text, text_len);
    name[text_len] = '\0';
    int rc = fg_name_check(reader->path, name + (name[0] == '-'), reader->err);
    if (rc < 0)
        return fg_read_wrap(reader, at, rc);
    if (list->len && (list->names[0][0] == '-') != (name[0] == '-'))
        return fg_read_fail(
            reader, at,
            "names with and without -, expected all that it may use, or all that "
            "it may not");
    memcpy(list->names[list->len++], name, sizeof(name));
    return 0;
}

/* "a, b" or "a". */
static int add_text(struct fg_doc_reader *reader,
                    const struct fg_doc *at,
                    const char *text,
                    struct list *list)
{
    int rc = 0;
    for (const char *from = text; rc == 0;) {
        size_t len = strcspn(from, ","), left = strspn(from, " "), right = len;
        while (right > left && from[right - 1] == ' ')
            right--;
        rc = add_name(reader, at, from + (left < right ? left : right),
                      left < right ? right - left : 0, list);
        if (!from[len])
            return rc;
        from += len + 1;
    }
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int join(struct fg_doc_reader *reader,
                const struct fg_doc *at,
                struct list *list,
                char out[FG_WHERE_MAX])
{
    size_t len = 0;
    char text[FG_WHERE_MAX] = "";
    if (list->len > 1)
        qsort(list->names, list->len, sizeof(list->names[0]), compare_names);
    for (size_t i = 0; i < list->len; i++) {
        size_t more = strlen(list->names[i]) + (len > 0);
        if (i > 0 && strcmp(list->names[i], list->names[i - 1]) == 0)
            continue;
        if (len + more >= sizeof(text))
            return fg_read_fail(reader, at, "more than %d bytes of names", FG_WHERE_MAX - 1);
        if (len)
            text[len++] = ',';
        fg_copy(text + len, sizeof(text) - len, list->names[i]);
        len += strlen(list->names[i]);
    }
    memcpy(out, text, sizeof(text));
    return 0;
}

static int read_list(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     char out[FG_WHERE_MAX])
{
    struct list list = {};
    bool is_list = doc->kind == FG_DOC_LIST;
    int rc = 0;
    size_t index = 0;
    for (const struct fg_doc *at = is_list ? doc->first : doc; at && rc == 0;
         at = is_list ? at->next : NULL) {
        size_t mark = is_list ? fg_read_enter_at(reader, index++) : 0;
        if (at->kind != FG_DOC_TEXT)
            return fg_read_fail(reader, at, "%s, expected a name, or a list of names",
                                fg_doc_kind_name(at->kind));
        rc = add_text(reader, at, at->text, &list);
        if (rc == 0 && is_list)
            fg_read_leave(reader, mark);
    }
    return rc < 0 ? rc : join(reader, doc, &list, out);
}

int fg_where_read_suppliers(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_request *out)
{
    return read_list(reader, doc, out->suppliers);
}

int fg_where_read_regions(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_request *out)
{
    char regions[FG_WHERE_MAX] = "";
    int rc = read_list(reader, doc, regions);
    if (rc == 0 && regions[0] == '-')
        return fg_read_fail(reader, doc, "%s, expected the regions that it may run in",
                            regions);
    if (rc == 0)
        memcpy(out->regions, regions, sizeof(regions));
    return rc;
}

int fg_where_read_max_price(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_request *out)
{
    bool is_number = doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
    double uusd = is_number ? round(doc->real * 1e6) : 0;
    if (!(uusd >= 1 && uusd <= FG_PRICE_UUSD_MAX))
        return fg_read_fail(reader, doc,
                            "expected USD for an hour of a device, from 0.000001 "
                            "to %lld",
                            (long long)FG_PRICE_UUSD_MAX / 1000000);
    out->max_price_uusd = (int64_t)uusd;
    return 0;
}

int fg_where_read_max_price_uusd(struct fg_doc_reader *reader,
                                 const struct fg_doc *doc,
                                 struct fg_request *out)
{
    int64_t uusd;
    int rc = fg_read_int(reader, doc, 0, FG_PRICE_UUSD_MAX, &uusd);
    if (rc == 0)
        out->max_price_uusd = uusd;
    return rc;
}

int fg_where_read_spread(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_request *out)
{
    bool splits = doc->kind == FG_DOC_TEXT && strcmp(doc->text, "suppliers") == 0;
    if (!splits && !(doc->kind == FG_DOC_TEXT && strcmp(doc->text, "none") == 0))
        return fg_read_fail(reader, doc, "expected suppliers, or none");
    out->may_split = splits;
    return 0;
}
