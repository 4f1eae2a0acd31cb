/* read_prometheus.c - the answer of GET /api/v1/query_range, see read.h and the Prometheus HTTP API:
 *
 *     {"status": "success", "data": {"resultType": "matrix", "result": [
 *         {"metric": {"__name__": "gpus", "kind": "h100"}, "values": [[1435781430.781, "1"], ...]}, ...]}}
 */
#include "demand/read.h"

#include "base/buf.h"
#include "base/doc.h"
#include "base/items.h"
#include "base/rows.h"
#include "demand/points.h"

#include <math.h>
#include <string.h>

#define SERIES_BYTES_MAX (4UL << 20) /* one answer holds 11,000 values a series at most */
#define SECONDS_MAX      253'402'300'799.0

static int bad(struct fg_err *err)
{
    return fg_fail(err, FG_EINVAL,
                   "expected a matrix: {\"metric\": {...}, \"values\": [[seconds, \"value\"], "
                   "...]}");
}

/* {gpu="h100",job="x"}; without labels the metric's name, or "value". */
static int name_of(const struct fg_doc *metric, struct fg_buf *out, struct fg_err *err)
{
    const struct fg_doc *name = fg_doc_get(metric, "__name__");
    fg_buf_clear(out);
    if (!metric || metric->kind != FG_DOC_MAP)
        return bad(err);
    for (const struct fg_doc *label = metric->first; label; label = label->next) {
        if (label->kind != FG_DOC_TEXT)
            return bad(err);
        if (label != name)
            fg_buf_printf(out, "%c%s=\"%s\"", out->len ? ',' : '{', label->key, label->text);
    }
    if (out->len)
        fg_buf_puts(out, "}");
    else
        fg_buf_puts(out, name ? name->text : "value");
    return 0;
}

static int add_value(struct fg_points *points,
                     const struct fg_buf *name,
                     const struct fg_doc *pair,
                     size_t line,
                     struct fg_err *err)
{
    const struct fg_doc *moment = pair->first, *text = moment ? moment->next : NULL;
    double value;
    if (pair->kind != FG_DOC_LIST || pair->len != 2 || !text || text->kind != FG_DOC_TEXT
        || (moment->kind != FG_DOC_INT && moment->kind != FG_DOC_REAL))
        return bad(err);
    if (!(moment->real >= 0 && moment->real <= SECONDS_MAX))
        return fg_fail(err, FG_EINVAL, "a moment out of bounds, expected seconds since 1970");
    struct fg_field field = {text->text, text->text_len};
    if (fg_field_is(field, "+Inf") || fg_field_is(field, "-Inf"))
        value = NAN;
    else if (!fg_field_real(field, &value))
        return fg_fail(err, FG_EINVAL, "a value that is no number");
    return fg_points_add(points, name->text, name->len, llround(moment->real * 1e6), value,
                         line, err);
}

static int read_item(struct fg_points *points,
                     const struct fg_item *item,
                     struct fg_arena *arena,
                     struct fg_buf *name,
                     struct fg_err *err)
{
    const struct fg_doc *doc;
    fg_arena_reset(arena);
    int rc = fg_doc_json(item->bytes, item->len, arena, &doc, err);
    if (rc == 0)
        rc = name_of(fg_doc_get(doc, "metric"), name, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *values = fg_doc_get(doc, "values");
    if (!values || values->kind != FG_DOC_LIST)
        return bad(err);
    for (const struct fg_doc *pair = values->first; pair && rc == 0; pair = pair->next)
        rc = add_value(points, name, pair, item->line, err);
    return rc;
}

/* What Prometheus says when it refuses. */
static int refusal(const char *bytes, size_t len, struct fg_arena *arena, struct fg_err *err)
{
    const struct fg_doc *doc, *text = NULL;
    if (len <= SERIES_BYTES_MAX && fg_doc_json(bytes, len, arena, &doc, NULL) == 0)
        text = fg_doc_get(doc, "error");
    if (text && text->kind == FG_DOC_TEXT)
        return fg_fail(err, FG_EINVAL, "Prometheus says: %.160s", text->text);
    return fg_fail(err, FG_EINVAL, "expected an answer of query_range: data.result, a list");
}

static int read_items(struct fg_points *points,
                      struct fg_items *items,
                      struct fg_arena *arena,
                      struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf name = {};
    struct fg_item item;
    int rc;
    while ((rc = fg_items_next(items, &item, err)) != 0) {
        if (rc == 1)
            rc = read_item(points, &item, arena, &name, err);
        if (rc < 0)
            return fg_wrap(err, rc, "line %zu", item.line);
    }
    if (rc == 0 && fg_points_len(points) == 0)
        return fg_fail(err, FG_EINVAL, "no values in it");
    return rc;
}

int fg_demand_read_prometheus(const struct fg_demand_reading *reading,
                              const char *bytes,
                              size_t len,
                              struct fg_demand_set *set,
                              struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(SERIES_BYTES_MAX));
    FG_AUTO(fg_points) struct fg_points *points = fg_points_new(false);
    struct fg_items items = {.bytes = bytes,
                             .len = len,
                             .item_bytes_max = SERIES_BYTES_MAX,
                             .one_list = true,
                             .at = fg_items_find(bytes, len, "result", 2)};
    int rc = items.at == len ? refusal(bytes, len, arena, err)
                             : read_items(points, &items, arena, err);
    if (rc == 0)
        rc = fg_points_to_set(points, reading->step, set, err);
    return rc < 0 ? fg_wrap(err, rc, "%s", reading->file_name) : 0;
}
