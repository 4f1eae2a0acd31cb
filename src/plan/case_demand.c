/* case_demand.c - the demand of a case, CSV; see case.h and docs/planning.md
 *
 * Scenarios of a forecast's bands: each is one level of the distribution in all periods (high stays high), read off the
 * line through the quantiles.  That is the careful reading: errors of a forecast last.
 */
#include "plan/case.h"
#include "plan/case_inner.h"

#include "demand/when.h"
#include "supply/accelerator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAND_SCENARIOS 10
#define QUANTILES_MAX  9
#define HOUR_US        3600000000

enum column { PERIOD, CLASS, DEVICES, SCENARIO, WEIGHT, COLUMNS };

static const char *const names[COLUMNS][4] = {{"period", "time", "ds"},
                                              {"class", "series", "accelerator"},
                                              {"devices", "demand", "value"},
                                              {"scenario"},
                                              {"weight"}};

struct quantile {
    size_t column;
    double level;
};

struct line {
    int64_t period;
    uint32_t class, scenario;
    size_t number;
    double values[QUANTILES_MAX]; /* devices, or one by quantile */
};

struct input {
    struct fg_case *out;
    struct fg_arena *arena;
    const char *file_name;
    struct fg_err *err;
    size_t at[COLUMNS]; /* SIZE_MAX: no such column */
    struct quantile quantiles[QUANTILES_MAX];
    size_t quantiles_len, columns_len;
    struct line *lines;
    size_t lines_len;
    struct fg_field scenario_names[FG_PROCURE_SCENARIOS_MAX];
    double scenario_weights[FG_PROCURE_SCENARIOS_MAX];
    uint32_t scenarios;
    bool is_index;
};

static int fail(struct input *input, size_t line, const char *what, struct fg_field field)
{
    char shown[FG_FIELD_SHOWN];
    return fg_fail(input->err, FG_EINVAL, "%s:%zu: %s: `%s`", input->file_name, line, what,
                   fg_field_shown(field, shown));
}

/* -- header --------------------------------------------------------------------------------------------------------- */

/* "lo80" is the quantile 0.10, "hi80" 0.90, "mean" the middle. */
static bool is_quantile(struct fg_field field, double *level)
{
    double percent;
    if (fg_field_is(field, "mean") || fg_field_is(field, "median")) {
        *level = 0.5;
        return true;
    }
    struct fg_field number = {field.text + 2, field.len > 2 ? field.len - 2 : 0};
    bool low = field.len > 2 && strncmp(field.text, "lo", 2) == 0;
    bool high = field.len > 2 && strncmp(field.text, "hi", 2) == 0;
    if ((!low && !high) || !fg_field_real(number, &percent) || !(percent > 0 && percent < 100))
        return false;
    *level = low ? (100 - percent) / 200 : (100 + percent) / 200;
    return true;
}

static void place_quantile(struct input *input, size_t column, double level)
{
    size_t at = input->quantiles_len++;
    for (; at > 0 && input->quantiles[at - 1].level > level; at--)
        input->quantiles[at] = input->quantiles[at - 1];
    input->quantiles[at] = (struct quantile){column, level};
}

static int read_header(struct input *input, const struct fg_row *row)
{
    input->columns_len = row->len;
    for (int column = 0; column < COLUMNS; column++)
        input->at[column] = SIZE_MAX;
    for (size_t i = 0; i < row->len; i++) {
        double level;
        for (int column = 0; column < COLUMNS; column++)
            for (int name = 0; name < 4 && names[column][name]; name++)
                if (input->at[column] == SIZE_MAX
                    && fg_field_is(row->fields[i], names[column][name]))
                    input->at[column] = i;
        if (is_quantile(row->fields[i], &level) && input->quantiles_len < QUANTILES_MAX)
            place_quantile(input, i, level);
    }
    if (input->at[PERIOD] == SIZE_MAX
        || (input->at[DEVICES] == SIZE_MAX && !input->quantiles_len))
        return fg_fail(input->err, FG_EINVAL,
                       "%s:1: expected columns period, class and devices (or mean, lo80, hi80)",
                       input->file_name);
    if (input->at[DEVICES] != SIZE_MAX)
        input->quantiles_len = 0;
    else if (input->at[SCENARIO] != SIZE_MAX)
        return fg_fail(input->err, FG_EINVAL, "%s:1: bands and scenarios, expected one of them",
                       input->file_name);
    return 0;
}

/* -- lines ------------------------------------------------------------------------------------------------------------ */

static int find_class(struct input *input,
                      struct fg_field field,
                      size_t line,
                      uint32_t *out_class)
{
    struct fg_case *out = input->out;
    if (field.len < 1 || field.len >= FG_NAME_MAX || memchr(field.text, '\0', field.len))
        return fail(input, line, "class: a name of 1 to 63 bytes expected", field);
    for (uint32_t c = 0; c < out->classes_len; c++)
        if (strlen(out->classes[c].class.name) == field.len
            && memcmp(out->classes[c].class.name, field.text, field.len) == 0) {
            *out_class = c;
            return 0;
        }
    if (out->classes_len == FG_PROCURE_CLASSES_MAX)
        return fail(input, line, "class: one too many, 64 at most", field);
    struct fg_case_class *class = &out->classes[out->classes_len];
    struct fg_case_kind *kind = FG_NEW(input->arena, struct fg_case_kind, 1);
    *class = (struct fg_case_class){.kinds = kind, .kinds_len = 1};
    memcpy(class->class.name, field.text, field.len);
    fg_accelerator_general(class->class.name, kind->kind);
    kind->rate_milli = 1000;
    *out_class = out->classes_len++;
    return 0;
}

static int find_scenario(struct input *input,
                         struct fg_field field,
                         size_t line,
                         uint32_t *out_scenario)
{
    for (uint32_t s = 0; s < input->scenarios; s++)
        if (input->scenario_names[s].len == field.len
            && memcmp(input->scenario_names[s].text, field.text, field.len) == 0) {
            *out_scenario = s;
            return 0;
        }
    if (input->scenarios == FG_PROCURE_SCENARIOS_MAX)
        return fail(input, line, "scenario: one too many, 200 at most", field);
    input->scenario_names[input->scenarios] = field;
    input->scenario_weights[input->scenarios] = 0;
    *out_scenario = input->scenarios++;
    return 0;
}

static int read_amount(
    struct input *input, struct fg_field field, const char *what, size_t line, double *out)
{
    if (!fg_field_real(field, out) || !(*out >= 0 && *out <= 1e9))
        return fail(input, line, what, field);
    return 0;
}

static int read_weight(struct input *input, const struct fg_row *row, const struct line *line)
{
    double weight = 1, *known = &input->scenario_weights[line->scenario];
    struct fg_field field =
        input->at[WEIGHT] == SIZE_MAX ? (struct fg_field){} : row->fields[input->at[WEIGHT]];
    if (field.len && (!fg_field_real(field, &weight) || !(weight > 0 && weight <= 1e9)))
        return fail(input, line->number, "weight: expected a number above 0", field);
    if (field.len && *known > 0 && fabs(*known - weight) > 1e-9 * weight)
        return fail(input, line->number, "weight: another one for the same scenario", field);
    if (field.len || *known == 0)
        *known = weight;
    return 0;
}

static int read_values(struct input *input, const struct fg_row *row, struct line *line)
{
    if (!input->quantiles_len)
        return read_amount(input, row->fields[input->at[DEVICES]], "devices: expected 0 to 1e9",
                           line->number, &line->values[0]);
    for (size_t q = 0; q < input->quantiles_len; q++) {
        struct fg_field field = row->fields[input->quantiles[q].column];
        double value;
        if (!fg_field_real(field, &value) || !(fabs(value) <= 1e9))
            return fail(input, line->number, "band: expected a number", field);
        line->values[q] = fmax(0, q ? fmax(value, line->values[q - 1]) : value);
    }
    return 0;
}

static int read_line(struct input *input, struct fg_field text, size_t number)
{
    struct fg_row row;
    struct fg_when when = {};
    struct line *line = &input->lines[input->lines_len];
    struct fg_err inner;
    int rc = fg_row_split(text, ',', input->columns_len, &row, &inner);
    if (rc == 0)
        rc = fg_when_read(row.fields[input->at[PERIOD]], "period", &when, &inner);
    if (rc < 0)
        return fg_fail(input->err, rc, "%s:%zu: %s", input->file_name, number, inner.text);
    if (input->lines_len && when.is_index != input->is_index)
        return fail(input, number, "period: indexes and dates in one file",
                    row.fields[input->at[PERIOD]]);
    input->is_index = when.is_index;
    line->period = when.time;
    line->number = number;
    struct fg_field all = {"all", 3};
    struct fg_field class = input->at[CLASS] == SIZE_MAX ? all : row.fields[input->at[CLASS]];
    struct fg_field scenario =
        input->at[SCENARIO] == SIZE_MAX ? all : row.fields[input->at[SCENARIO]];
    rc = find_class(input, class, number, &line->class);
    if (rc == 0)
        rc = find_scenario(input, scenario, number, &line->scenario);
    if (rc == 0)
        rc = read_weight(input, &row, line);
    if (rc == 0)
        rc = read_values(input, &row, line);
    input->lines_len += rc == 0;
    return rc;
}

static int read_lines(struct input *input, const char *bytes, size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field text;
    struct fg_row header;
    size_t most = 1;
    for (size_t i = 0; i < len; i++)
        most += bytes[i] == '\n';
    input->lines = FG_NEW(input->arena, struct line, most);
    if (!fg_rows_next(&rows, &text))
        return fg_fail(input->err, FG_EINVAL, "%s: empty, expected a table", input->file_name);
    int rc = fg_row_split(text, ',', 0, &header, input->err);
    if (rc < 0)
        return fg_wrap(input->err, rc, "%s:1", input->file_name);
    rc = read_header(input, &header);
    while (rc == 0 && fg_rows_next(&rows, &text))
        if (text.len)
            rc = read_line(input, text, rows.line);
    if (rc == 0 && !input->lines_len)
        rc = fg_fail(input->err, FG_EINVAL, "%s: no line of demand", input->file_name);
    return rc;
}

/* -- periods ------------------------------------------------------------------------------------------------------------ */

static int64_t common_step(const struct input *input)
{
    int64_t step = 0, first = input->lines[0].period;
    for (size_t i = 0; i < input->lines_len; i++) {
        int64_t a = llabs(input->lines[i].period - first), b = step;
        while (b) {
            int64_t rest = a % b;
            a = b;
            b = rest;
        }
        step = a;
    }
    return step;
}

/* Moments to numbers of periods; the length of one, if the options do not tell. */
static int number_periods(struct input *input)
{
    struct fg_case *out = input->out;
    int64_t first = input->is_index ? 0 : INT64_MAX, last = 0;
    for (size_t i = 0; i < input->lines_len; i++)
        first = input->lines[i].period < first ? input->lines[i].period : first;
    out->is_dated = !input->is_index;
    out->begin_us = input->is_index ? 0 : first;
    int64_t step = input->is_index ? 1 : common_step(input);
    if (!out->period_us)
        out->period_us = input->is_index || !step ? HOUR_US : step;
    int64_t width = input->is_index ? 1 : out->period_us;
    for (size_t i = 0; i < input->lines_len; i++) {
        struct line *line = &input->lines[i];
        int64_t offset = line->period - first;
        if (offset < 0 || offset % width != 0 || offset / width >= FG_PROCURE_PERIODS_MAX)
            return fg_fail(input->err, FG_EINVAL,
                           "%s:%zu: period: on no whole number of periods after the first, or "
                           "after the %dth",
                           input->file_name, line->number, FG_PROCURE_PERIODS_MAX);
        line->period = offset / width;
        last = line->period > last ? line->period : last;
    }
    if (!out->periods)
        out->periods = (uint32_t)last + 1;
    return 0;
}

/* -- the array ------------------------------------------------------------------------------------------------------------ */

static double at_level(const struct input *input, const struct line *line, double level)
{
    const struct quantile *quantiles = input->quantiles;
    size_t len = input->quantiles_len, q = 0;
    while (q < len && quantiles[q].level < level)
        q++;
    if (q == 0)
        return line->values[0];
    if (q == len)
        return line->values[len - 1];
    double part =
        (level - quantiles[q - 1].level) / (quantiles[q].level - quantiles[q - 1].level);
    return line->values[q - 1] + part * (line->values[q] - line->values[q - 1]);
}

static int put_line(struct input *input, const struct line *line, double *demand)
{
    const struct fg_case *out = input->out;
    if (line->period >= out->periods)
        return 0;
    uint32_t first = input->quantiles_len ? 0 : line->scenario;
    uint32_t end = input->quantiles_len ? out->scenarios : line->scenario + 1;
    for (uint32_t s = first; s < end; s++) {
        double *cell =
            &demand[((size_t)s * out->periods + (size_t)line->period) * out->classes_len
                    + line->class];
        if (!isnan(*cell))
            return fg_fail(input->err, FG_EINVAL,
                           "%s:%zu: a second line of this period, class and scenario",
                           input->file_name, line->number);
        *cell = input->quantiles_len ? at_level(input, line, (s + 0.5) / out->scenarios)
                                     : line->values[0];
    }
    return 0;
}

static int fill_demand(struct input *input)
{
    struct fg_case *out = input->out;
    out->scenarios = input->quantiles_len > 1 ? BAND_SCENARIOS : input->scenarios;
    size_t cells = (size_t)out->scenarios * out->periods * out->classes_len;
    if (cells > FG_PROCURE_CELLS_MAX)
        return fg_fail(input->err, FG_ETOOBIG,
                       "%s: %u scenarios x %u periods x %u classes, expected at most %d cells",
                       input->file_name, out->scenarios, out->periods, out->classes_len,
                       FG_PROCURE_CELLS_MAX);
    double *demand = FG_NEW(input->arena, double, cells);
    for (size_t i = 0; i < cells; i++)
        demand[i] = NAN;
    for (size_t i = 0; i < input->lines_len; i++) {
        int rc = put_line(input, &input->lines[i], demand);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < cells; i++) /* what is not told is not asked */
        demand[i] = isnan(demand[i]) ? 0 : demand[i];
    out->demand = demand;
    if (input->quantiles_len)
        return 0;
    double *weights = FG_NEW(input->arena, double, out->scenarios);
    memcpy(weights, input->scenario_weights, out->scenarios * sizeof(double));
    out->weights = weights;
    return 0;
}

static int read_table(struct input *input, const char *bytes, size_t len)
{
    int rc = read_lines(input, bytes, len);
    if (rc == 0)
        rc = number_periods(input);
    return rc < 0 ? rc : fill_demand(input);
}

int fg_case_read_demand(const char *bytes,
                        size_t len,
                        const char *file_name,
                        struct fg_arena *arena,
                        struct fg_case *out,
                        struct fg_err *err)
{
    struct input input = {.out = out, .arena = arena, .file_name = file_name, .err = err};
    if (len > FG_CASE_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected at most %lu", file_name, len,
                       FG_CASE_BYTES_MAX);
    if (len == 0 || bytes[0] != '{')
        return read_table(&input, bytes, len);
    FG_AUTO(fg_buf) struct fg_buf table = {};
    int rc = fg_case_forecast_table(bytes, len, file_name, arena, &table, err);
    return rc < 0 ? rc : read_table(&input, table.text, table.len);
}
