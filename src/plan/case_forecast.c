/* case_forecast.c - what `fastgpu forecast --json` printed, as the table that case_demand.c reads
 *
 *     {"series":[{"name":"h100","points":[{"time":..,"mean":..,"lo80":..}, ...]}]}  ->  period,class,mean,lo80
 */
#include "plan/case_inner.h"

#include "base/doc.h"

#include <string.h>

static void put_text(struct fg_buf *out, const struct fg_doc *doc)
{
    fg_buf_printf(out, "\"");
    for (size_t i = 0; doc && doc->text && i < doc->text_len;
         i++) /* quotes and line ends cannot stand in a table */
        fg_buf_printf(out, "%c",
                      doc->text[i] == '"' || doc->text[i] == '\n' || doc->text[i] == '\r'
                          ? '\''
                          : doc->text[i]);
    fg_buf_printf(out, "\"");
}

static void put_value(struct fg_buf *out, const struct fg_doc *doc)
{
    if (doc && doc->kind == FG_DOC_TEXT)
        put_text(out, doc);
    else if (doc && doc->kind == FG_DOC_INT)
        fg_buf_printf(out, "%lld", (long long)doc->integer);
    else if (doc && doc->kind == FG_DOC_REAL)
        fg_buf_printf(out, "%.17g", doc->real);
}

/* Columns are the members of the first point. */
static void put_point(struct fg_buf *out,
                      const struct fg_doc *name,
                      const struct fg_doc *first,
                      const struct fg_doc *point)
{
    put_text(out, name);
    for (const struct fg_doc *member = first->first; member; member = member->next) {
        fg_buf_printf(out, ",");
        put_value(out, fg_doc_get(point, member->key));
    }
    fg_buf_printf(out, "\n");
}

static void put_header(struct fg_buf *out, const struct fg_doc *first)
{
    fg_buf_printf(out, "class");
    for (const struct fg_doc *member = first->first; member; member = member->next)
        fg_buf_printf(out, ",%.32s", strpbrk(member->key, ",\"\r\n") ? "" : member->key);
    fg_buf_printf(out, "\n");
}

int fg_case_forecast_table(const char *bytes,
                           size_t len,
                           const char *file_name,
                           struct fg_arena *arena,
                           struct fg_buf *out,
                           struct fg_err *err)
{
    const struct fg_doc *root, *first = NULL;
    int rc = fg_doc_json(bytes, len, arena, &root, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", file_name);
    const struct fg_doc *list = fg_doc_get(root, "series");
    for (const struct fg_doc *series = list ? list->first : NULL; series;
         series = series->next) {
        const struct fg_doc *points = fg_doc_get(series, "points"),
                            *name = fg_doc_get(series, "name");
        for (const struct fg_doc *point = points ? points->first : NULL; point;
             point = point->next) {
            if (!first)
                put_header(out, point);
            first = first ? first : point;
            put_point(out, name, first, point);
        }
    }
    if (!first)
        return fg_fail(err, FG_EINVAL,
                       "%s: expected a table, or what fastgpu forecast --json prints",
                       file_name);
    return 0;
}
