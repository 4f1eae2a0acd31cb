/* reservation_json.c - see reservation_json.h */
#include "model/reservation_json.h"

#include "base/doc_read.h"
#include "base/json_write.h"
#include "model/names.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX        (1 << 20)
#define DURATION_US_MAX (366LL * 86'400'000'000LL)
#define GPUS_MAX        10'000'000

/* -- out ------------------------------------------------------------------------------------------------- */

static void text(struct fg_json *json, const char *key, const char *value)
{
    if (value && value[0])
        fg_json_kv(json, key, value);
}

static void place(struct fg_json *json, const struct fg_advance_named *named)
{
    fg_json_object(json);
    fg_json_kv(json, "node", named->node);
    fg_json_key(json, "devices");
    fg_json_array(json);
    for (uint32_t mask = named->devices; mask; mask &= mask - 1)
        fg_json_int(json, __builtin_ctz(mask));
    fg_json_end(json);
    fg_json_end(json);
}

void fg_advance_json_members(struct fg_json *json, const struct fg_advance_spec *spec)
{
    fg_json_kv(json, "name", spec->name);
    fg_json_key(json, "start");
    fg_json_time(json, spec->start_us);
    fg_json_key(json, "end");
    fg_json_time(json, spec->end_us);
    fg_json_kv(json, "repeat", fg_repeat_name(spec->repeat));
    fg_json_kv_bool(json, "maintenance", spec->maintenance);
    text(json, "project", spec->project);
    text(json, "user", spec->user);
    fg_json_key(json, "places");
    fg_json_array(json);
    for (size_t i = 0; i < spec->places_len; i++)
        place(json, &spec->places[i]);
    fg_json_end(json);
}

/* -- in -------------------------------------------------------------------------------------------------- */

struct reading {
    struct fg_doc_reader reader;
    struct fg_advance_spec *out;
    int64_t now_us, duration_us;
    bool is_kept;
};

typedef int read_fn(struct reading *reading, const struct fg_doc *doc);

static int read_start(struct reading *reading, const struct fg_doc *doc)
{
    return fg_read_moment(&reading->reader, doc, reading->now_us, &reading->out->start_us);
}

static int read_end(struct reading *reading, const struct fg_doc *doc)
{
    return fg_read_moment(&reading->reader, doc, reading->now_us, &reading->out->end_us);
}

static int read_duration(struct reading *reading, const struct fg_doc *doc)
{
    return fg_read_duration(&reading->reader, doc, DURATION_US_MAX, &reading->duration_us);
}

static int read_repeat(struct reading *reading, const struct fg_doc *doc)
{
    const char *word;
    int rc = fg_read_text(&reading->reader, doc, FG_NAME_MAX, &word);
    int found = rc == 0 ? fg_repeat_find(word) : 0;
    if (rc == 0 && found < 0)
        return fg_read_fail(&reading->reader, doc, "expected none, daily or weekly");
    reading->out->repeat = (enum fg_repeat)found;
    return rc;
}

static int read_maintenance(struct reading *reading, const struct fg_doc *doc)
{
    return fg_read_bool(&reading->reader, doc, &reading->out->maintenance);
}

static int read_name(struct reading *reading, const struct fg_doc *doc, const char **out)
{
    int rc = fg_read_text(&reading->reader, doc, FG_NAME_MAX, out);
    if (rc == 0 && (*out)[0])
        rc = fg_name_check(reading->reader.path, *out, reading->reader.err);
    return rc;
}

static int read_project(struct reading *reading, const struct fg_doc *doc)
{
    return read_name(reading, doc, &reading->out->project);
}

static int read_user(struct reading *reading, const struct fg_doc *doc)
{
    return read_name(reading, doc, &reading->out->user);
}

static int read_nodes(struct reading *reading, const struct fg_doc *doc)
{
    int rc = fg_read_kind(&reading->reader, doc, FG_DOC_LIST);
    if (rc < 0)
        return rc;
    const char **nodes = FG_NEW(reading->reader.arena, const char *, doc->len + 1);
    size_t len = 0;
    for (const struct fg_doc *at = doc->first; at && rc == 0; at = at->next)
        rc = read_name(reading, at, &nodes[len++]);
    reading->out->nodes = nodes;
    reading->out->nodes_len = len;
    return rc;
}

static int read_gpus(struct reading *reading, const struct fg_doc *doc)
{
    int64_t value = 0;
    int rc = fg_read_int(&reading->reader, doc, 1, GPUS_MAX, &value);
    reading->out->gpus = (uint32_t)value;
    return rc;
}

static int read_accelerator(struct reading *reading, const struct fg_doc *doc)
{
    const char *kind;
    int rc = fg_read_text(&reading->reader, doc, FG_KIND_MAX, &kind);
    return rc == 0 ? fg_kind_read(reading->reader.path, kind, reading->out->kind,
                                  reading->reader.err)
                   : rc;
}

static int read_place(struct reading *reading,
                      const struct fg_doc *doc,
                      struct fg_advance_named *out)
{
    const struct fg_doc *node = fg_doc_get(doc, "node"), *devices = fg_doc_get(doc, "devices");
    if (!node || !devices || devices->kind != FG_DOC_LIST)
        return fg_read_fail(&reading->reader, doc, "expected node and devices");
    int rc = read_name(reading, node, &out->node);
    for (const struct fg_doc *at = devices->first; at && rc == 0; at = at->next) {
        int64_t device = 0;
        rc = fg_read_int(&reading->reader, at, 0, FG_NODE_DEVICES_MAX - 1, &device);
        out->devices |= 1U << device;
    }
    return rc;
}

static int read_places(struct reading *reading, const struct fg_doc *doc)
{
    int rc = reading->is_kept
                 ? fg_read_kind(&reading->reader, doc, FG_DOC_LIST)
                 : fg_read_fail(&reading->reader, doc, "devices are chosen by the service");
    if (rc < 0)
        return rc;
    struct fg_advance_named *places =
        FG_NEW(reading->reader.arena, struct fg_advance_named, doc->len + 1);
    size_t len = 0;
    for (const struct fg_doc *at = doc->first; at && rc == 0; at = at->next)
        rc = read_place(reading, at, &places[len++]);
    reading->out->places = places;
    reading->out->places_len = len;
    return rc;
}

static int read_own_name(struct reading *reading, const struct fg_doc *doc)
{
    const char *name;
    int rc = read_name(reading, doc, &name);
    if (rc == 0 && strcmp(name, reading->out->name) != 0)
        rc = fg_read_fail(&reading->reader, doc, "differs from the one in the path");
    return rc;
}

static const char *const names[] = {"name",   "start",   "end",    "duration",
                                    "repeat", "project", "user",   "maintenance",
                                    "nodes",  "gpus",    "places", "accelerator"};
static read_fn *const readers[] = {read_own_name, read_start,   read_end,    read_duration,
                                   read_repeat,   read_project, read_user,   read_maintenance,
                                   read_nodes,    read_gpus,    read_places, read_accelerator};
#define MEMBERS (sizeof(names) / sizeof(names[0]))

static int read_member(struct reading *reading, const struct fg_doc *member)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        if (strcmp(names[i], member->key) != 0)
            continue;
        size_t mark = fg_read_enter(&reading->reader, member->key);
        int rc = member->kind == FG_DOC_NULL ? 0 : readers[i](reading, member);
        fg_read_leave(&reading->reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(&reading->reader, member, names, MEMBERS);
}

/* What depends on several members. */
static int check(const struct reading *reading, struct fg_err *err)
{
    struct fg_advance_spec *out = reading->out;
    if (reading->duration_us && out->end_us)
        return fg_fail(err, FG_EINVAL, "reservation %s: end and duration, expected one of them",
                       out->name);
    if (reading->duration_us)
        out->end_us = out->start_us + reading->duration_us;
    if (!out->start_us || !out->end_us)
        return fg_fail(err, FG_EINVAL, "reservation %s: expected start, and end or duration",
                       out->name);
    if ((out->nodes_len > 0) + (out->gpus > 0) + (out->places_len > 0) != 1)
        return fg_fail(err, FG_EINVAL, "reservation %s: expected nodes or gpus", out->name);
    if (out->kind[0] && !out->gpus)
        return fg_fail(err, FG_EINVAL, "reservation %s: accelerator goes with gpus", out->name);
    if (out->maintenance && (out->project[0] || out->user[0]))
        return fg_fail(err, FG_EINVAL,
                       "reservation %s: in maintenance nothing runs, of no project and user",
                       out->name);
    if (!out->kind[0])
        snprintf(out->kind, sizeof(out->kind), "any");
    return 0;
}

int fg_advance_json_read(const struct fg_doc *doc,
                         const char *name,
                         bool is_kept,
                         int64_t now_us,
                         struct fg_arena *arena,
                         struct fg_advance_spec *out,
                         struct fg_err *err)
{
    *out = (struct fg_advance_spec){.project = "", .user = ""};
    int rc = fg_name_check("reservation", name, err);
    if (rc < 0)
        return rc;
    snprintf(out->name, sizeof(out->name), "%s", name);
    struct reading reading = {.reader = {.arena = arena, .err = err, .text_left = TEXT_MAX},
                              .out = out,
                              .now_us = now_us,
                              .is_kept = is_kept};
    rc = fg_read_kind(&reading.reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *member = rc == 0 ? doc->first : NULL; member && rc == 0;
         member = member->next)
        rc = read_member(&reading, member);
    return rc == 0 ? check(&reading, err) : rc;
}
