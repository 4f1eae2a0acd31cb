/* inspect_json.c - a report as JSON, and back from a stranger; see inspect.h */
#include "supply/inspect.h"

#include "base/doc_read.h"
#include "base/json_write.h"
#include "base/text.h"
#include "model/names.h"

#include <string.h>

#define FORMAT "fastgpu-inspect 1"

/* Whole numbers by their name: of a device, of a report.  The last word says whether null (-1) is allowed. */
#define DEVICE_NUMBERS(X)                                                                      \
    X(mem_mib, (int64_t)FG_MEM_GIB_MAX * 1024, false)                                          \
    X(ecc_on, 1, true)                                                                         \
    X(ecc_uncorrected, INT64_MAX, true)                                                        \
    X(rows_remapped, INT64_MAX, true)                                                          \
    X(remap_pending, 1, true)                                                                  \
    X(remap_failed, 1, true)                                                                   \
    X(temp_c, 1000, true)                                                                      \
    X(power_mw, INT32_MAX, true)                                                               \
    X(slowdown, INT64_MAX, true)                                                               \
    X(gflops, INT32_MAX, true)
#define REPORT_NUMBERS(X)                                                                      \
    X(cpu_milli, FG_CPUS_MAX * 1000, false)                                                    \
    X(mem_mib, (int64_t)FG_MEM_GIB_MAX * 1024, false)                                          \
    X(disk_mib, INT64_MAX, true)                                                               \
    X(disk_free_mib, INT64_MAX, true)                                                          \
    X(burn_in_us, INT64_MAX, false)

static void write_number(struct fg_json *json, const char *name, int64_t value)
{
    fg_json_key(json, name);
    if (value < 0)
        fg_json_null(json);
    else
        fg_json_int(json, value);
}

static void write_device(struct fg_json *json, const struct fg_inspect_device *device)
{
    fg_json_object(json);
    fg_json_kv(json, "kind", device->kind);
    fg_json_kv(json, "product", device->product);
    fg_json_kv(json, "id", device->id);
#define X(name, max, unknown) write_number(json, #name, (int64_t)device->name);
    DEVICE_NUMBERS(X)
#undef X
    fg_json_kv(json, "burn_in", fg_burn_in_name(device->burn_in));
    fg_json_kv(json, "burn_in_reason", device->burn_in_reason);
    fg_json_end(json);
}

void fg_inspect_write(struct fg_buf *out, const struct fg_inspect_report *report)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_json_kv(&json, "format", FORMAT);
    fg_json_kv(&json, "host", report->host);
    fg_json_kv(&json, "driver", report->driver);
#define X(name, max, unknown) write_number(&json, #name, (int64_t)report->name);
    REPORT_NUMBERS(X)
#undef X
    fg_json_kv(&json, "burn_in", fg_burn_in_name(report->burn_in));
    fg_json_kv(&json, "burn_in_reason", report->burn_in_reason);
    fg_json_kv_bool(&json, "devices_unreachable", report->devices_unreachable);
    fg_json_key(&json, "devices");
    fg_json_array(&json);
    for (uint32_t i = 0; i < report->devices_len; i++)
        write_device(&json, &report->devices[i]);
    fg_json_end(&json);
    fg_json_end(&json);
}

/* A whole number from 0; absent or null is -1 where that is allowed, else 0. */
static int read_number(struct fg_doc_reader *reader,
                       const struct fg_doc *map,
                       const char *name,
                       int64_t max,
                       int64_t *out)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    size_t mark = fg_read_enter(reader, name);
    int rc = fg_read_int(reader, member, 0, max, out);
    fg_read_leave(reader, mark);
    return rc;
}

/* Texts are cut to what we keep: a longer one is no fault. */
static int read_words(struct fg_doc_reader *reader,
                      const struct fg_doc *map,
                      const char *name,
                      size_t size,
                      char *out)
{
    const struct fg_doc *member = fg_doc_get(map, name);
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    size_t mark = fg_read_enter(reader, name);
    int rc = fg_read_kind(reader, member, FG_DOC_TEXT);
    fg_read_leave(reader, mark);
    if (rc == 0)
        fg_copy_clean(out, size, member->text);
    return rc;
}

static int read_result(struct fg_doc_reader *reader,
                       const struct fg_doc *map,
                       enum fg_burn_in *out)
{
    char name[16] = "not_run";
    int rc = read_words(reader, map, "burn_in", sizeof(name), name);
    int result = fg_burn_in_find(name);
    if (rc == 0 && result < 0)
        return fg_read_fail(reader, map, "burn_in: %s, expected not_run, passed or failed",
                            name);
    if (rc == 0)
        *out = (enum fg_burn_in)result;
    return rc;
}

static int read_kind(struct fg_doc_reader *reader,
                     const struct fg_doc *map,
                     char out[FG_KIND_MAX])
{
    char text[FG_NAME_MAX] = "";
    struct fg_err why;
    int rc = read_words(reader, map, "kind", sizeof(text), text);
    if (rc == 0 && fg_kind_read("kind", text, out, &why) < 0)
        rc = fg_read_fail(reader, map, "%s", why.text);
    return rc;
}

static int read_device(struct fg_doc_reader *reader,
                       const struct fg_doc *map,
                       struct fg_inspect_device *out)
{
    int rc = fg_read_kind(reader, map, FG_DOC_MAP);
    if (rc == 0)
        rc = read_kind(reader, map, out->kind);
    if (rc == 0)
        rc = read_words(reader, map, "product", sizeof(out->product), out->product);
    if (rc == 0)
        rc = read_words(reader, map, "id", sizeof(out->id), out->id);
#define X(name, max, unknown)                                                                  \
    if (rc == 0) {                                                                             \
        int64_t value = (unknown) ? -1 : 0;                                                    \
        rc = read_number(reader, map, #name, max, &value);                                     \
        out->name = (typeof(out->name))value;                                                  \
    }
    DEVICE_NUMBERS(X)
    if (rc == 0)
        rc = read_result(reader, map, &out->burn_in);
    if (rc == 0)
        rc = read_words(reader, map, "burn_in_reason", sizeof(out->burn_in_reason),
                        out->burn_in_reason);
    return rc;
}

static int read_devices(struct fg_doc_reader *reader,
                        const struct fg_doc *list,
                        struct fg_inspect_report *out)
{
    int rc = fg_read_kind(reader, list, FG_DOC_LIST);
    if (rc == 0 && list->len > FG_NODE_DEVICES_MAX)
        rc = fg_read_fail(reader, list, "%zu devices, expected at most %d", list->len,
                          FG_NODE_DEVICES_MAX);
    for (const struct fg_doc *at = list->first; rc == 0 && at; at = at->next) {
        size_t mark = fg_read_enter_at(reader, out->devices_len);
        rc = read_device(reader, at, &out->devices[out->devices_len++]);
        fg_read_leave(reader, mark);
    }
    return rc;
}

static int read_report(struct fg_doc_reader *reader,
                       const struct fg_doc *map,
                       struct fg_inspect_report *out)
{
    int rc = fg_read_kind(reader, map, FG_DOC_MAP);
    const struct fg_doc *format = fg_doc_get(map, "format");
    if (rc == 0 && (!format || !format->text || strcmp(format->text, FORMAT) != 0))
        return fg_read_fail(reader, map, "format: not that of a report, expected \"%s\"",
                            FORMAT);
    if (rc == 0)
        rc = read_words(reader, map, "host", sizeof(out->host), out->host);
    if (rc == 0)
        rc = read_words(reader, map, "driver", sizeof(out->driver), out->driver);
    REPORT_NUMBERS(X)
#undef X
    if (rc == 0)
        rc = read_result(reader, map, &out->burn_in);
    if (rc == 0)
        rc = read_words(reader, map, "burn_in_reason", sizeof(out->burn_in_reason),
                        out->burn_in_reason);
    const struct fg_doc *unreachable = fg_doc_get(map, "devices_unreachable");
    if (rc == 0 && unreachable)
        rc = fg_read_bool(reader, unreachable, &out->devices_unreachable);
    const struct fg_doc *devices = fg_doc_get(map, "devices");
    if (rc < 0 || !devices)
        return rc;
    size_t mark = fg_read_enter(reader, "devices");
    rc = read_devices(reader, devices, out);
    fg_read_leave(reader, mark);
    return rc;
}

int fg_inspect_read(const struct fg_doc *doc, struct fg_inspect_report *out, struct fg_err *err)
{
    struct fg_inspect_report report = {};
    struct fg_doc_reader reader = {.err = err};
    int rc = read_report(&reader, doc, &report);
    if (rc == 0)
        *out = report;
    return rc;
}
