/* spot_trace.c - reads a trace of spot machines. */
#include "market/spot_trace.h"

#include "base/doc.h"

#include <math.h>

#define GAP_SECONDS_MAX 86'400

static bool is_number(const struct fg_doc *doc, double least, double most)
{
    return doc && (doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL) && doc->real >= least
           && doc->real <= most;
}

int fg_spot_trace_read(const char *bytes,
                       size_t len,
                       const char *name,
                       struct fg_arena *arena,
                       struct fg_spot_trace *out,
                       struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    int rc = fg_doc_json(bytes, len, arena, &doc, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", name);
    const struct fg_doc *gap = fg_doc_get(fg_doc_get(doc, "metadata"), "gap_seconds");
    const struct fg_doc *data = fg_doc_get(doc, "data");
    if (!is_number(gap, 1, GAP_SECONDS_MAX) || !data || data->kind != FG_DOC_LIST
        || data->len == 0 || data->len > FG_SPOT_LOOKS_MAX)
        return fg_fail(
            err, FG_EINVAL,
            "%s: expected {\"metadata\": {\"gap_seconds\": 1 to %d}, \"data\": [numbers "
            "of machines]}",
            name, GAP_SECONDS_MAX);
    uint32_t *machines = FG_NEW(arena, uint32_t, data->len);
    size_t at = 0;
    for (const struct fg_doc *value = data->first; value; value = value->next, at++) {
        if (!is_number(value, 0, FG_SPOT_MACHINES_MAX))
            return fg_fail(err, FG_EINVAL, "%s: data[%zu]: expected a number of machines", name,
                           at);
        machines[at] = (uint32_t)value->real;
    }
    *out = (struct fg_spot_trace){.name = name,
                                  .gap_us = (int64_t)llround(gap->real * 1e6),
                                  .machines = machines,
                                  .len = data->len};
    return 0;
}
