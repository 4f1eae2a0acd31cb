/* read.c - lines and columns of every format; see read.h */
#include "sim/read_inner.h"

#include "learn/class.h"

#include <stdio.h>
#include <string.h>

const char *const fg_sim_formats[] = {"native", "philly", "swf", "sacct", "history", NULL};

static const struct {
    const struct fg_table_format *format;
    fg_row_fn *row;
} tables[] = {
    {&fg_format_native, fg_row_native},
    {&fg_format_philly, fg_row_philly},
    {&fg_format_swf, fg_row_swf},
    {&fg_format_sacct, fg_row_sacct},
};

/* -- for the rows ------------------------------------------------------------------------------------ */

struct fg_field fg_reader_field(const struct fg_reader *reader, size_t column)
{
    int at = reader->at[column];
    if (at < 0 || (size_t)at >= reader->fields_len)
        return (struct fg_field){"", 0};
    return reader->fields[at];
}

struct fg_sim_job fg_reader_new_job(const struct fg_reader *reader)
{
    return (struct fg_sim_job){
        .tasks = 1,
        .preemptible = reader->reading->preemptible,
        .checkpoint_us = reader->reading->checkpoint_us,
        .restart_us = reader->reading->restart_us,
    };
}

int fg_reader_gang(struct fg_reader *reader,
                   struct fg_sim_job *job,
                   const char *kind,
                   uint32_t gpus,
                   int64_t cpus,
                   int64_t mem_mib)
{
    struct fg_request request = {.gpu_milli = gpus ? 1000 : 0};
    const struct fg_sim_reading *reading = reader->reading;
    uint32_t cores;
    if (gpus) {
        fg_sim_gang_of(gpus, reading->per_node, &job->tasks, &request.count);
        memcpy(request.kind, kind, strnlen(kind, FG_KIND_MAX - 1));
    } else if (reading->cores_per_node && cpus > reading->cores_per_node) {
        fg_sim_gang_of((uint32_t)cpus, reading->cores_per_node, &job->tasks, &cores);
    }
    if (job->tasks > FG_TASKS_MAX)
        return fg_fail(reader->err, FG_EINVAL, "%u tasks of one size, expected at most %d",
                       job->tasks, FG_TASKS_MAX);
    if (cpus > 0)
        request.cpu_milli = (uint32_t)(cpus * 1000 / job->tasks);
    if (mem_mib > 0)
        request.mem_mib = (uint64_t)mem_mib / job->tasks;
    job->request = fg_sim_trace_request(reader->trace, &request);
    return 0;
}

int fg_reader_project(struct fg_reader *reader, struct fg_field name, struct fg_sim_job *job)
{
    if (name.len == 0)
        name = (struct fg_field){"default", 7};
    return fg_sim_trace_project(reader->trace, name.text, name.len, &job->project, reader->err);
}

/* FNV-1a. */
uint32_t fg_reader_user(struct fg_field name)
{
    uint32_t hash = 2'166'136'261;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 16'777'619;
    return hash & INT32_MAX;
}

uint64_t fg_reader_shape(struct fg_field name)
{
    char text[256];
    snprintf(text, sizeof(text), "%.*s", (int)(name.len < 255 ? name.len : 255), name.text);
    return name.len ? fg_shape_of(text, NULL, NULL, 0) : 0;
}

int fg_reader_bad(struct fg_reader *reader, size_t line, int rc)
{
    const struct fg_sim_reading *reading = reader->reading;
    rc = fg_wrap(reader->err, rc, "%s:%zu", reading->file_name, line);
    if (!reading->bad_row || rc == FG_ETOOBIG)
        return rc;
    reader->trace->rows_bad++;
    reading->bad_row(reading->bad_row_self, reader->err);
    return 0;
}

/* -- the header -------------------------------------------------------------------------------------- */

static int find_column(const struct fg_table_format *format, struct fg_field name)
{
    for (int i = 0; format->columns[i]; i++)
        if (fg_field_is(name, format->columns[i]))
            return i;
    return -1;
}

static int read_header(struct fg_reader *reader, struct fg_field line)
{
    struct fg_row names;
    char shown[FG_FIELD_SHOWN];
    int rc = fg_row_split(line, reader->format->separator, 0, &names, reader->err);
    if (rc < 0)
        return rc;
    reader->columns_len = names.len;
    for (size_t i = 0; i < names.len; i++) {
        int column = find_column(reader->format, names.fields[i]);
        if (column >= 0 && reader->at[column] >= 0)
            return fg_fail(reader->err, FG_EINVAL, "column %s twice",
                           reader->format->columns[column]);
        if (column >= 0)
            reader->at[column] = (int)i;
        else if (reader->format->strict)
            return fg_fail(reader->err, FG_EINVAL, "column `%s`, which format %s does not have",
                           fg_field_shown(names.fields[i], shown), reader->format->name);
    }
    for (size_t i = 0; i < reader->format->required; i++)
        if (reader->at[i] < 0)
            return fg_fail(reader->err, FG_EINVAL,
                           "no column %s, which format %s needs in its first line",
                           reader->format->columns[i], reader->format->name);
    return 0;
}

static void number_columns(struct fg_reader *reader)
{
    for (int i = 0; i < COLUMNS_MAX; i++)
        reader->at[i] = reader->format->has_header ? -1 : i;
}

/* -- the rows ---------------------------------------------------------------------------------------- */

static int read_row(struct fg_reader *reader, fg_row_fn *row, struct fg_field line)
{
    struct fg_row fields;
    int rc = fg_row_split(line, reader->format->separator, reader->columns_len, &fields,
                          reader->err);
    if (rc < 0)
        return rc;
    reader->fields = fields.fields;
    reader->fields_len = fields.len;
    rc = row(reader);
    if (rc == ROW_SKIPPED)
        reader->trace->rows_skipped++;
    reader->fields = NULL;
    return rc < 0 ? rc : 0;
}

static bool is_comment(const struct fg_table_format *format, struct fg_field line)
{
    return line.len == 0 || (line.text[0] && strchr(format->comment, line.text[0]));
}

static int read_table(struct fg_reader *reader, fg_row_fn *row, const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    bool had_header = !reader->format->has_header;
    int rc = 0;
    number_columns(reader);
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (is_comment(reader->format, line))
            continue;
        if (!had_header) {
            had_header = true;
            rc = read_header(reader, line);
            if (rc < 0)
                return fg_wrap(reader->err, rc, "%s:%zu", reader->reading->file_name,
                               rows.line);
            continue;
        }
        rc = read_row(reader, row, line);
        if (rc < 0)
            rc = fg_reader_bad(reader, rows.line, rc);
    }
    return rc;
}

static int read_all(struct fg_reader *reader, const char *bytes, size_t len)
{
    const char *format = reader->reading->format;
    if (strcmp(format, "history") == 0)
        return fg_read_history(reader, bytes, len);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (strcmp(format, tables[i].format->name) == 0) {
            reader->format = tables[i].format;
            return read_table(reader, tables[i].row, bytes, len);
        }
    return fg_fail(reader->err, FG_EINVAL,
                   "format %.40s, expected native, philly, swf, sacct, history or gavel",
                   format);
}

int fg_sim_read(const struct fg_sim_reading *reading,
                const char *bytes,
                size_t len,
                struct fg_sim_trace *trace,
                struct fg_err *err)
{
    struct fg_err own = {};
    struct fg_reader reader = {.reading = reading, .trace = trace, .err = err ? err : &own};
    int rc = read_all(&reader, bytes, len);
    if (rc == 0 && trace->jobs_len == 0)
        rc = fg_fail(err, FG_EINVAL, "%s: no jobs in it", reading->file_name);
    if (rc < 0) {
        fg_sim_trace_free(trace);
        return rc;
    }
    fg_sim_trace_finish(trace);
    return 0;
}
