/* gavel_read.c - see gavel.h */
#include "base/arena.h"
#include "base/doc.h"
#include "base/grow.h"
#include "base/rows.h"
#include "sim/gavel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX  1e12 /* of steps, speeds and arrivals */
#define STEPS_MIN   1e-3
#define DEVICES_MAX 1024

static void *zeroed(size_t count, size_t size)
{
    void *items = calloc(count ? count : 1, size);
    if (!items)
        abort();
    return items;
}

void fg_gavel_table_free(struct fg_gavel_table *table)
{
    free(table->types);
    free(table->alone);
    free(table->paired);
    *table = (struct fg_gavel_table){};
}

void fg_gavel_stream_free(struct fg_gavel_stream *stream)
{
    free(stream->jobs);
    *stream = (struct fg_gavel_stream){};
}

/* -- types ----------------------------------------------------------------------------------------------- */

static int compare_types(const void *left, const void *right)
{
    const struct fg_gavel_type *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : a->devices < b->devices ? -1 : a->devices > b->devices;
}

int fg_gavel_type_find(const struct fg_gavel_table *table,
                       const char *name,
                       size_t name_len,
                       uint32_t devices)
{
    struct fg_gavel_type key = {.devices = devices};
    if (name_len >= sizeof(key.name) || table->types_len == 0)
        return -1;
    memcpy(key.name, name, name_len);
    const struct fg_gavel_type *found =
        bsearch(&key, table->types, table->types_len, sizeof(key), compare_types);
    return found ? (int)(found - table->types) : -1;
}

/* ('ResNet-18 (batch size 64)', 1) */
static bool parse_type(const char *key, struct fg_gavel_type *out)
{
    const char *end = strrchr(key, '\'');
    int64_t devices;
    if (strncmp(key, "('", 2) != 0 || !end || end <= key + 2 || strncmp(end, "', ", 3) != 0)
        return false;
    size_t len = (size_t)(end - key) - 2, rest = strlen(end + 3);
    if (len >= sizeof(out->name) || rest < 2 || end[3 + rest - 1] != ')'
        || !fg_field_int((struct fg_field){end + 3, rest - 1}, &devices) || devices < 1
        || devices > DEVICES_MAX)
        return false;
    *out = (struct fg_gavel_type){.devices = (uint32_t)devices};
    memcpy(out->name, key + 2, len);
    return true;
}

static int find_key(const struct fg_gavel_table *table, const char *key)
{
    struct fg_gavel_type type;
    return parse_type(key, &type)
               ? fg_gavel_type_find(table, type.name, strlen(type.name), type.devices)
               : -1;
}

static int read_types(const struct fg_doc *rows,
                      struct fg_gavel_table *table,
                      struct fg_err *err)
{
    if (rows->kind != FG_DOC_MAP || rows->len < 1 || rows->len > FG_GAVEL_TYPES_MAX)
        return fg_fail(err, FG_EINVAL, "%s with %zu job types, expected a map of 1 to %d",
                       fg_doc_kind_name(rows->kind), rows->len, FG_GAVEL_TYPES_MAX);
    table->types = zeroed(rows->len, sizeof(table->types[0]));
    for (const struct fg_doc *row = rows->first; row; row = row->next) {
        struct fg_gavel_type *type = &table->types[table->types_len];
        if (!parse_type(row->key, type))
            return fg_fail(err, FG_EINVAL, "`%.80s`, expected a type like ('A3C', 1)",
                           row->key);
        type->place = table->types_len++;
    }
    qsort(table->types, table->types_len, sizeof(table->types[0]), compare_types);
    for (uint32_t i = 1; i < table->types_len; i++)
        if (compare_types(&table->types[i - 1], &table->types[i]) == 0)
            return fg_fail(err, FG_EINVAL, "type %s for %u devices twice", table->types[i].name,
                           table->types[i].devices);
    size_t types = table->types_len;
    table->alone = zeroed(types * table->kinds_len, sizeof(table->alone[0]));
    table->paired = zeroed(types * types * table->kinds_len, sizeof(table->paired[0]));
    return 0;
}

/* -- speeds ---------------------------------------------------------------------------------------------- */

static int read_speed(const struct fg_doc *doc, double *out, struct fg_err *err)
{
    bool is_number = doc && (doc->kind == FG_DOC_REAL || doc->kind == FG_DOC_INT);
    if (!is_number || !(doc->real >= 0 && doc->real <= AMOUNT_MAX))
        return fg_fail(err, FG_EINVAL, "expected steps per second, 0 to %g", AMOUNT_MAX);
    *out = doc->real;
    return 0;
}

/* [speed of the one, speed of the other] */
static int read_pair(const struct fg_doc *doc,
                     struct fg_gavel_table *table,
                     const uint32_t types[2],
                     uint32_t kind,
                     struct fg_err *err)
{
    double both[2];
    if (doc->kind != FG_DOC_LIST || doc->len != 2)
        return fg_fail(err, FG_EINVAL, "%s, expected a list of two speeds",
                       fg_doc_kind_name(doc->kind));
    int rc = read_speed(doc->first, &both[0], err);
    if (rc == 0)
        rc = read_speed(doc->first->next, &both[1], err);
    if (rc < 0)
        return rc;
    size_t types_len = table->types_len, kinds = table->kinds_len;
    table->paired[(types[0] * types_len + types[1]) * kinds + kind] = both[0];
    if (types[0] != types[1])
        table->paired[(types[1] * types_len + types[0]) * kinds + kind] = both[1];
    return 0;
}

static int read_row(const struct fg_doc *row,
                    struct fg_gavel_table *table,
                    uint32_t type,
                    uint32_t kind,
                    struct fg_err *err)
{
    int rc = read_speed(fg_doc_get(row, "null"),
                        &table->alone[(size_t)type * table->kinds_len + kind], err);
    if (rc < 0)
        return fg_wrap(err, rc, "null");
    for (const struct fg_doc *cell = row->first; rc == 0 && cell; cell = cell->next) {
        if (strcmp(cell->key, "null") == 0)
            continue;
        int other = find_key(table, cell->key);
        if (other < 0)
            return fg_fail(err, FG_EINVAL, "`%.80s`, a type that has no row of its own",
                           cell->key);
        /* Both orders are listed, each measured: a row's own speeds are the first of its pairs. */
        rc = read_pair(cell, table, (uint32_t[2]){type, (uint32_t)other}, kind, err);
        if (rc < 0)
            return fg_wrap(err, rc, "%s", cell->key);
    }
    return rc;
}

static int read_kind(const struct fg_doc *rows,
                     struct fg_gavel_table *table,
                     uint32_t kind,
                     struct fg_err *err)
{
    if (rows->kind != FG_DOC_MAP || rows->len != table->types_len)
        return fg_fail(err, FG_EINVAL, "%s with %zu job types, expected a map of %u",
                       fg_doc_kind_name(rows->kind), rows->len, table->types_len);
    for (const struct fg_doc *row = rows->first; row; row = row->next) {
        int type = find_key(table, row->key);
        if (type < 0)
            return fg_fail(err, FG_EINVAL, "`%.80s`, a type that kind %s does not have",
                           row->key, table->kinds[0]);
        int rc = row->kind == FG_DOC_MAP ? read_row(row, table, (uint32_t)type, kind, err)
                                         : fg_fail(err, FG_EINVAL, "%s, expected a map",
                                                   fg_doc_kind_name(row->kind));
        if (rc < 0)
            return fg_wrap(err, rc, "%s", row->key);
    }
    return 0;
}

static int read_table(const struct fg_doc *root,
                      struct fg_gavel_table *table,
                      struct fg_err *err)
{
    int rc = 0;
    for (uint32_t kind = 0; rc == 0 && kind < table->kinds_len; kind++) {
        const struct fg_doc *rows = fg_doc_get(root, table->kinds[kind]);
        if (!rows)
            return fg_fail(err, FG_EINVAL, "no kind %s in it", table->kinds[kind]);
        if (kind == 0)
            rc = read_types(rows, table, err);
        if (rc == 0)
            rc = read_kind(rows, table, kind, err);
        if (rc < 0)
            return fg_wrap(err, rc, "%s", table->kinds[kind]);
    }
    return rc;
}

int fg_gavel_table_read(const char *bytes,
                        size_t len,
                        const char *file_name,
                        struct fg_gavel_table *table,
                        struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(len));
    const struct fg_doc *root;
    int rc = fg_doc_json(bytes, len, arena, &root, err);
    if (rc == 0)
        rc = read_table(root, table, err);
    if (rc < 0) {
        fg_gavel_table_free(table);
        return fg_wrap(err, rc, "%s", file_name);
    }
    return 0;
}

/* -- the stream ------------------------------------------------------------------------------------------ */

enum { ARRIVAL, TYPE, DEVICES, STEPS, COLUMNS };
static const char *const columns[COLUMNS] = {"arrival_unit", "job_type", "scale_factor",
                                             "total_steps"};

static int read_header(struct fg_field line, size_t at[COLUMNS + 1], struct fg_err *err)
{
    struct fg_row names;
    int rc = fg_row_split(line, ',', 0, &names, err);
    if (rc < 0)
        return rc;
    at[COLUMNS] = names.len;
    for (size_t column = 0; column < COLUMNS; column++) {
        at[column] = 0;
        while (at[column] < names.len
               && !fg_field_is(names.fields[at[column]], columns[column]))
            at[column]++;
        if (at[column] >= names.len)
            return fg_fail(err, FG_EINVAL, "no column %s in the first line", columns[column]);
    }
    return 0;
}

static int read_amount(struct fg_field field, const char *name, double *out, struct fg_err *err)
{
    char text[FG_FIELD_SHOWN], *end;
    bool plain = field.len > 0 && field.len < sizeof(text);
    for (size_t i = 0; plain && i < field.len; i++)
        plain = strchr("0123456789.eE+-", field.text[i]) != NULL && field.text[i];
    fg_field_shown(field, text);
    *out = plain ? strtod(text, &end) : NAN;
    if (plain && *end == '\0' && *out >= 0 && *out <= AMOUNT_MAX)
        return 0;
    return fg_fail(err, FG_EINVAL, "%s: `%s`, expected a number from 0 to %g", name, text,
                   AMOUNT_MAX);
}

static bool runs_somewhere(const struct fg_gavel_table *table, uint32_t type)
{
    for (uint32_t kind = 0; kind < table->kinds_len; kind++)
        if (fg_gavel_alone(table, type, kind) > 0)
            return true;
    return false;
}

static int read_job(const struct fg_field *fields,
                    const size_t at[COLUMNS + 1],
                    const struct fg_gavel_table *table,
                    struct fg_gavel_job *out,
                    struct fg_err *err)
{
    int64_t devices = 0;
    char shown[FG_FIELD_SHOWN];
    int rc = read_amount(fields[at[ARRIVAL]], columns[ARRIVAL], &out->arrival, err);
    if (rc == 0)
        rc = read_amount(fields[at[STEPS]], columns[STEPS], &out->steps, err);
    if (rc == 0)
        rc = fg_field_int_in(fields[at[DEVICES]], columns[DEVICES], 1, DEVICES_MAX, &devices,
                             err);
    if (rc < 0)
        return rc;
    if (out->steps < STEPS_MIN)
        return fg_fail(err, FG_EINVAL, "%s: %g, expected %g or more", columns[STEPS],
                       out->steps, STEPS_MIN);
    struct fg_field name = fields[at[TYPE]];
    int type = fg_gavel_type_find(table, name.text, name.len, (uint32_t)devices);
    if (type < 0 || !runs_somewhere(table, (uint32_t)type))
        return fg_fail(err, FG_EINVAL, "%s: `%s` for %lld devices, which has no measured speed",
                       columns[TYPE], fg_field_shown(name, shown), (long long)devices);
    out->type = (uint32_t)type;
    return 0;
}

static int add_job(struct fg_gavel_stream *stream,
                   const struct fg_gavel_job *job,
                   struct fg_err *err)
{
    if (stream->jobs_len == FG_GAVEL_JOBS_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d jobs", FG_GAVEL_JOBS_MAX);
    if (stream->jobs_len && stream->jobs[stream->jobs_len - 1].arrival > job->arrival)
        return fg_fail(err, FG_EINVAL, "%s: %g, before the job above it", columns[ARRIVAL],
                       job->arrival);
    stream->jobs =
        fg_grow(stream->jobs, stream->jobs_len, &stream->jobs_room, sizeof(stream->jobs[0]));
    stream->jobs[stream->jobs_len++] = *job;
    return 0;
}

static int read_line(struct fg_field line,
                     const size_t at[COLUMNS + 1],
                     const struct fg_gavel_table *table,
                     struct fg_gavel_stream *stream,
                     struct fg_err *err)
{
    struct fg_row row;
    struct fg_gavel_job job = {};
    int rc = fg_row_split(line, ',', at[COLUMNS], &row, err);
    if (rc == 0)
        rc = read_job(row.fields, at, table, &job, err);
    return rc < 0 ? rc : add_job(stream, &job, err);
}

int fg_gavel_stream_read(const char *bytes,
                         size_t len,
                         const char *file_name,
                         const struct fg_gavel_table *table,
                         struct fg_gavel_stream *stream,
                         struct fg_err *err)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    size_t at[COLUMNS + 1]; /* of each column; and how many the file has */
    bool had_header = false;
    int rc = 0;
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        rc = had_header ? read_line(line, at, table, stream, err) : read_header(line, at, err);
        had_header = true;
    }
    if (rc < 0)
        rc = fg_wrap(err, rc, "%s:%zu", file_name, rows.line);
    else if (stream->jobs_len == 0)
        rc = fg_fail(err, FG_EINVAL, "%s: no jobs in it", file_name);
    if (rc < 0)
        fg_gavel_stream_free(stream);
    return rc;
}
