/* read_m4.c - the wide files of the M4 competition (Makridakis et al. 2020): see read.h
 *
 *     "V1","V2","V3",...
 *     "H1","605","586",...,"",""
 */
#include "demand/read.h"

#include "base/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t count_fields(struct fg_field line)
{
    size_t at = 0, count = 0;
    struct fg_field field;
    while (fg_fields_next(line, ',', &at, &field))
        count++;
    return count;
}

static int read_values(struct fg_field line,
                       size_t at,
                       struct fg_demand_series *series,
                       struct fg_err *err)
{
    struct fg_field field;
    char shown[FG_FIELD_SHOWN];
    for (size_t i = 0; fg_fields_next(line, ',', &at, &field); i++) {
        double value;
        if (!fg_field_real(field, &value))
            return fg_fail(err, FG_EINVAL, "value %zu: `%s`, expected a number", i + 1,
                           fg_field_shown(field, shown));
        series->values[i] = value;
        if (!isnan(value))
            series->len = i + 1;
    }
    for (size_t i = 0; i < series->len; i++)
        series->gaps += isnan(series->values[i]) != 0;
    return 0;
}

static int read_line(struct fg_field line,
                     size_t *values_left,
                     struct fg_demand_set *set,
                     struct fg_err *err)
{
    size_t at = 0, columns = count_fields(line);
    struct fg_field name;
    char text[FG_FIELD_SHOWN];
    if (columns > *values_left || set->len == FG_DEMAND_SERIES_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d values, or %d series",
                       FG_DEMAND_VALUES_MAX, FG_DEMAND_SERIES_MAX);
    *values_left -= columns;
    (void)fg_fields_next(line, ',', &at, &name);
    if (name.len == 0 || name.len >= sizeof(text))
        return fg_fail(err, FG_EINVAL, "name of %zu bytes, expected 1 to %zu", name.len,
                       sizeof(text) - 1);
    struct fg_demand_series *series = fg_demand_set_add(set, fg_field_shown(name, text));
    series->time = (struct fg_demand_time){.is_index = true, .step = 1};
    series->values = calloc(columns + 1, sizeof(series->values[0]));
    if (!series->values)
        abort();
    int rc = read_values(line, at, series, err);
    if (rc == 0 && series->len == 0)
        rc = fg_fail(err, FG_EINVAL, "series %s has no values", text);
    return rc;
}

/* The line of column names: its second field is no number. */
static bool is_header(struct fg_field line)
{
    size_t at = 0;
    struct fg_field name, field;
    double value;
    return fg_fields_next(line, ',', &at, &name) && fg_fields_next(line, ',', &at, &field)
           && !fg_field_real(field, &value);
}

int fg_demand_read_m4(const struct fg_demand_reading *reading,
                      const char *bytes,
                      size_t len,
                      struct fg_demand_set *set,
                      struct fg_err *err)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    size_t values_left = FG_DEMAND_VALUES_MAX;
    int rc = 0;
    while (rc == 0 && fg_rows_next(&rows, &line)) {
        if (line.len == 0 || (rows.line == 1 && is_header(line)))
            continue;
        rc = read_line(line, &values_left, set, err);
        if (rc < 0)
            rc = fg_wrap(err, rc, "%s:%zu", reading->file_name, rows.line);
    }
    if (rc == 0 && set->len == 0)
        rc = fg_fail(err, FG_EINVAL, "%s: no series in it", reading->file_name);
    if (rc < 0)
        fg_demand_set_free(set);
    return rc;
}

size_t fg_demand_m4_seasons(const char *name, uint32_t out[FG_DEMAND_SEASONS_MAX])
{
    static const struct {
        char letter;
        uint32_t seasons[2];
    } rows[] = {{'H', {24, 168}}, {'D', {7}}, {'W', {52}}, {'M', {12}}, {'Q', {4}}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].letter != name[0])
            continue;
        out[0] = rows[i].seasons[0];
        out[1] = rows[i].seasons[1];
        return out[1] ? 2 : 1;
    }
    return 0;
}
