/* read_csv.c - tables with the columns series, time and value; see read.h */
#include "demand/read.h"

#include "base/buf.h"
#include "base/rows.h"
#include "demand/points.h"
#include "demand/when.h"

#include <stdio.h>
#include <string.h>

#define NAMED_MAX 4 /* columns that a note names */

enum { SERIES, TIME, VALUE, COLUMNS };

static const char *const usual[COLUMNS][5] = {
    [SERIES] = {"series", "unique_id"},
    [TIME] = {"time", "ds", "timestamp", "date"},
    [VALUE] = {"value", "y"},
};

struct reader {
    const struct fg_demand_reading *reading;
    char separator;
    size_t columns_len;
    int at[COLUMNS];             /* place in the row; -1 none */
    char series[FG_FIELD_SHOWN]; /* the name of the only one, where no column says */
    bool is_index;
    struct fg_points *points; /* NULL until the first row has said what times are */
    struct fg_err *err;
};

/* -- the header -------------------------------------------------------------------------------------- */

static const char *asked_name(const struct reader *reader, int column)
{
    const struct fg_demand_reading *reading = reader->reading;
    return column == SERIES ? reading->series_column
           : column == TIME ? reading->time_column
                            : reading->value_column;
}

static bool is_column(const struct reader *reader, struct fg_field name, int column)
{
    const char *asked = asked_name(reader, column);
    if (asked)
        return fg_field_is(name, asked);
    for (size_t i = 0; usual[column][i]; i++)
        if (fg_field_is(name, usual[column][i]))
            return true;
    return false;
}

static int place_column(struct reader *reader, int column, const struct fg_row *names)
{
    reader->at[column] = -1;
    for (size_t i = 0; i < names->len; i++) {
        if (!is_column(reader, names->fields[i], column))
            continue;
        if (reader->at[column] >= 0)
            return fg_fail(reader->err, FG_EINVAL, "columns %d and %zu are both the %s",
                           reader->at[column] + 1, i + 1, usual[column][0]);
        reader->at[column] = (int)i;
    }
    if (reader->at[column] < 0 && asked_name(reader, column))
        return fg_fail(reader->err, FG_EINVAL, "no column `%.40s`", asked_name(reader, column));
    return 0;
}

/* A table of two columns, whatever they are called, is moments and values. */
static void two_columns(struct reader *reader, const struct fg_row *names)
{
    if (names->len != 2 || reader->at[SERIES] >= 0)
        return;
    if (reader->at[TIME] < 0 && reader->at[VALUE] != 0)
        reader->at[TIME] = 0;
    if (reader->at[VALUE] < 0 && reader->at[TIME] == 0)
        reader->at[VALUE] = 1;
}

static void note_unused(const struct reader *reader, const struct fg_row *names)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char shown[FG_FIELD_SHOWN];
    size_t unused = 0;
    for (size_t i = 0; i < names->len; i++) {
        int at = (int)i;
        if (at == reader->at[SERIES] || at == reader->at[TIME] || at == reader->at[VALUE])
            continue;
        if (unused++ < NAMED_MAX)
            fg_buf_printf(&text, "%s%s", text.len ? ", " : "not used: ",
                          fg_field_shown(names->fields[i], shown));
    }
    if (unused > NAMED_MAX)
        fg_buf_printf(&text, " and %zu more columns", unused - NAMED_MAX);
    if (unused && reader->reading->note)
        reader->reading->note(reader->reading->note_self, text.text);
}

static int read_header(struct reader *reader, struct fg_field line)
{
    struct fg_row names;
    static const char separators[] = ",;\t|";
    reader->separator = ',';
    for (size_t i = sizeof(separators) - 1; i-- > 0;)
        if (line.len && memchr(line.text, separators[i], line.len))
            reader->separator = separators[i];
    int rc = fg_row_split(line, reader->separator, 0, &names, reader->err);
    for (int i = 0; rc == 0 && i < COLUMNS; i++)
        rc = place_column(reader, i, &names);
    if (rc < 0)
        return rc;
    reader->columns_len = names.len;
    two_columns(reader, &names);
    for (int i = TIME; i < COLUMNS; i++)
        if (reader->at[i] < 0)
            return fg_fail(reader->err, FG_EINVAL,
                           "no column %s in the first line, expected series, time and value",
                           usual[i][0]);
    fg_field_shown(names.fields[reader->at[VALUE]], reader->series);
    note_unused(reader, &names);
    return 0;
}

/* -- rows -------------------------------------------------------------------------------------------- */

static int read_row(struct reader *reader, struct fg_field line, size_t number)
{
    struct fg_row row;
    char shown[FG_FIELD_SHOWN];
    struct fg_when when = {};
    double value;
    struct fg_field series = {reader->series, strlen(reader->series)};
    int rc = fg_row_split(line, reader->separator, reader->columns_len, &row, reader->err);
    if (rc == 0)
        rc = fg_when_read(row.fields[reader->at[TIME]], "time", &when, reader->err);
    if (rc < 0)
        return rc;
    if (!fg_field_real(row.fields[reader->at[VALUE]], &value))
        return fg_fail(reader->err, FG_EINVAL, "value: `%s`, expected a number",
                       fg_field_shown(row.fields[reader->at[VALUE]], shown));
    if (!reader->points)
        reader->points = fg_points_new(when.is_index);
    else if (reader->is_index != when.is_index)
        return fg_fail(reader->err, FG_EINVAL, "time: `%s`, expected %s as in the lines before",
                       fg_field_shown(row.fields[reader->at[TIME]], shown),
                       reader->is_index ? "a whole number" : "a moment");
    reader->is_index = when.is_index;
    if (reader->at[SERIES] >= 0)
        series = row.fields[reader->at[SERIES]];
    return fg_points_add(reader->points, series.text, series.len, when.time, value, number,
                         reader->err);
}

static int read_lines(struct reader *reader, const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    int rc = 0;
    bool had_header = false;
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        rc = had_header ? read_row(reader, line, rows.line) : read_header(reader, line);
        had_header = true;
        if (rc < 0)
            return fg_wrap(reader->err, rc, "%s:%zu", reader->reading->file_name, rows.line);
    }
    if (rc == 0 && !reader->points)
        rc = fg_fail(reader->err, FG_EINVAL, "%s: no values in it", reader->reading->file_name);
    return rc;
}

int fg_demand_read_csv(const struct fg_demand_reading *reading,
                       const char *bytes,
                       size_t len,
                       struct fg_demand_set *set,
                       struct fg_err *err)
{
    struct fg_err own = {};
    struct reader reader = {.reading = reading, .err = err ? err : &own};
    int rc = read_lines(&reader, bytes, len);
    if (rc == 0) {
        rc = fg_points_to_set(reader.points, reading->step, set, reader.err);
        if (rc < 0)
            rc = fg_wrap(reader.err, rc, "%s", reading->file_name);
    }
    fg_points_free(reader.points);
    return rc;
}
