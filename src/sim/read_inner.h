/* read_inner.h - what the readers share.  For the files read*.c only. */
#pragma once

#include "base/rows.h"
#include "sim/read.h"

#define COLUMNS_MAX 24
#define GPUS_MAX    32768 /* of one job: FG_TASKS_MAX tasks of FG_NODE_DEVICES_MAX */

/* A format of rows and columns. */
struct fg_table_format {
    const char *name;
    char separator;
    bool has_header;
    bool strict;         /* a column of another name is an error */
    const char *comment; /* lines that begin with one of these characters are passed over */
    const char *const *columns; /* NULL at the end; those before `required` must be there */
    size_t required;
};

struct fg_reader {
    const struct fg_sim_reading *reading;
    struct fg_sim_trace *trace;
    const struct fg_table_format *format;
    int at[COLUMNS_MAX]; /* column -> place in the row, -1 none */
    const struct fg_field *fields;
    size_t fields_len;
    size_t columns_len; /* of the header, and so of each row; 0: the format has none */
    struct fg_err *err;
};

/* The field of column `column` in this row; empty if the file has none, or the row is short. */
struct fg_field fg_reader_field(const struct fg_reader *reader, size_t column);
/* A job with the reading's defaults, no devices yet. */
struct fg_sim_job fg_reader_new_job(const struct fg_reader *reader);
/* Whole devices and cores of the whole job, as a gang: sets tasks and request.  Without devices the cores are parted.
 * FG_EINVAL: more tasks than a job may have. */
[[nodiscard]] int fg_reader_gang(struct fg_reader *reader,
                                 struct fg_sim_job *job,
                                 const char *kind,
                                 uint32_t gpus,
                                 int64_t cpus,
                                 int64_t mem_mib);
/* A number that stands for a user's name. */
uint32_t fg_reader_user(struct fg_field name);
/* The shape of a job of this name; 0 of none. */
uint64_t fg_reader_shape(struct fg_field name);
int fg_reader_project(struct fg_reader *reader, struct fg_field name, struct fg_sim_job *job);

/* One row.  0, ROW_SKIPPED, or negative with reader->err. */
#define ROW_SKIPPED 1
typedef int fg_row_fn(struct fg_reader *reader);
fg_row_fn fg_row_native, fg_row_philly, fg_row_swf, fg_row_sacct;
extern const struct fg_table_format fg_format_native, fg_format_philly, fg_format_swf,
    fg_format_sacct;

/* read_history.c: the whole file. */
int fg_read_history(struct fg_reader *reader, const char *bytes, size_t len);
/* A bad row: fails with `rc`, or is counted and passed over if the reading says so.  `err` has the text. */
int fg_reader_bad(struct fg_reader *reader, size_t line, int rc);
