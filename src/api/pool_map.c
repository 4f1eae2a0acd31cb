/* pool_map.c - the pool as columns: the control thread knows who holds what, the series what devices read last.
 *
 * Who has seen this answer asks with its ETag, and is told that nothing has changed.
 */
#include "api/answer.h"
#include "api/job_view.h"

#include <inttypes.h>
#include <string.h>

struct readings {
    int64_t *busy_milli, *mem_mib, *power_mw, *temp_c; /* by device */
    size_t len;
};

static void read_device(struct readings *readings,
                        struct fg_series *series,
                        const char *node,
                        const char *device)
{
    struct fg_device_point point = {};
    bool known = fg_series_device(series, node, device, &point, 1) == 1;
    readings->busy_milli[readings->len] = known ? point.busy_milli : -1;
    readings->mem_mib[readings->len] = known ? point.mem_mib : -1;
    readings->power_mw[readings->len] = known ? point.power_mw : -1;
    readings->temp_c[readings->len++] = known ? point.temp_c : -1;
}

static const struct fg_doc *column(const struct fg_doc *doc,
                                   const char *table,
                                   const char *name)
{
    return fg_doc_get(fg_doc_get(doc, table), name)->first;
}

/* The devices stand in the order of their nodes, and are named by kind and place. */
static void read_all(struct fg_call *call, const struct fg_doc *doc, struct readings *out)
{
    size_t devices = fg_doc_get(fg_doc_get(doc, "devices"), "kind")->len;
    size_t kinds_len = fg_doc_get(doc, "kinds")->len, at = 0;
    const char **kinds = FG_NEW(call->arena, const char *, kinds_len);
    for (const struct fg_doc *kind = fg_doc_get(doc, "kinds")->first; kind; kind = kind->next)
        kinds[at++] = kind->text;
    out->busy_milli = FG_NEW(call->arena, int64_t, devices + 1);
    out->mem_mib = FG_NEW(call->arena, int64_t, devices + 1);
    out->power_mw = FG_NEW(call->arena, int64_t, devices + 1);
    out->temp_c = FG_NEW(call->arena, int64_t, devices + 1);
    const struct fg_doc *kind = column(doc, "devices", "kind");
    const struct fg_doc *count = column(doc, "nodes", "devices");
    for (const struct fg_doc *name = column(doc, "nodes", "name"); name;
         name = name->next, count = count->next)
        for (int64_t i = 0; i < count->integer; i++, kind = kind->next) {
            char device[FG_KIND_MAX + 16] = "cpu";
            if ((size_t)kind->integer + 1 < kinds_len)
                snprintf(device, sizeof(device), "%s-%" PRId64, kinds[kind->integer], i);
            read_device(out, call->api->options.series, name->text, device);
        }
}

static void write_column(struct fg_json *json,
                         const char *name,
                         const int64_t *values,
                         size_t len)
{
    fg_json_key(json, name);
    fg_json_array(json);
    for (size_t i = 0; i < len; i++)
        fg_json_int(json, values[i]);
    fg_json_end(json);
}

/* FNV-1a: nobody gains from two answers that look the same. */
static uint64_t hash_of(const char *bytes, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static void answer(struct fg_call *call)
{
    char etag[24];
    const char *seen = call->headers.if_none_match;
    snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"", hash_of(call->out.text, call->out.len));
    bool same = seen && strcmp(seen, etag) == 0;
    size_t len = same ? 0 : call->out.len;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, call->out.text, MHD_RESPMEM_PERSISTENT);
    if (!same)
        MHD_add_response_header(response, "Content-Type", "application/json");
    MHD_add_response_header(response, "ETag", etag);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    fg_answer_response(call, same ? 304 : 200, response, len);
}

static void drawn(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_json *json = &call->json;
    const struct fg_doc *doc = NULL;
    struct readings readings = {};

    if (fg_answer_failed(call))
        return;
    if (fg_doc_json(call->command.out_text, call->command.out_len, call->arena, &doc, &err)
        < 0) {
        fg_answer_error(call, &err);
        return;
    }
    read_all(call, doc, &readings);
    fg_json_object(json);
    fg_json_key(json, "pool");
    fg_json_raw(json, call->command.out_text, call->command.out_len);
    fg_json_key(json, "readings");
    fg_json_object(json);
    write_column(json, "busy_milli", readings.busy_milli, readings.len);
    write_column(json, "mem_mib", readings.mem_mib, readings.len);
    write_column(json, "power_mw", readings.power_mw, readings.len);
    write_column(json, "temp_c", readings.temp_c, readings.len);
    fg_json_end(json);
    fg_json_end(json);
    answer(call);
}

void fg_handle_pool_map(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_POOL_MAP, drawn);
}
