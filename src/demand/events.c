/* events.c - see events.h */
#include "demand/events.h"

#include "base/grow.h"
#include "base/rows.h"
#include "demand/names.h"
#include "demand/when.h"

#include <stdlib.h>
#include <string.h>

#define DAY       86'400'000'000LL
#define NO_SERIES UINT32_MAX

struct event {
    uint32_t name, series; /* in names, in series_names; NO_SERIES: all */
    bool is_index;
    int64_t from, to; /* the first that is past it */
};

struct fg_demand_events {
    struct event *events;
    size_t len, room;
    struct fg_names *names, *series_names;
};

enum { NAME, START, END, SERIES, COLUMNS };
static const char *const columns[COLUMNS] = {"name", "start", "end", "series"};

struct reader {
    struct fg_demand_events *events;
    int at[COLUMNS];
    struct fg_row row;
    size_t columns_len;
    struct fg_err *err;
};

void fg_demand_events_free(struct fg_demand_events *events)
{
    if (!events)
        return;
    fg_names_free(events->names);
    fg_names_free(events->series_names);
    free(events->events);
    free(events);
}

static int read_header(struct reader *reader, struct fg_field line)
{
    int rc = fg_row_split(line, ',', 0, &reader->row, reader->err);
    reader->columns_len = reader->row.len;
    for (int column = 0; rc == 0 && column < COLUMNS; column++) {
        reader->at[column] = -1;
        for (size_t i = 0; i < reader->row.len; i++)
            if (fg_field_is(reader->row.fields[i], columns[column]))
                reader->at[column] = (int)i;
        if (reader->at[column] < 0 && column <= START)
            rc = fg_fail(reader->err, FG_EINVAL,
                         "no column %s in the first line, expected name, start, end",
                         columns[column]);
    }
    return rc;
}

static struct fg_field field_of(const struct reader *reader, int column)
{
    return reader->at[column] < 0 ? (struct fg_field){"", 0}
                                  : reader->row.fields[reader->at[column]];
}

static bool is_date(struct fg_field field)
{
    return field.len == 10 && field.text[4] == '-';
}

/* Where an event ends that says `start` only, or an end that is meant to its close. */
static int64_t close_of(const struct fg_when *when, struct fg_field field)
{
    return when->time + (!when->is_index && is_date(field) ? DAY : 1);
}

static int read_times(struct reader *reader, struct event *event)
{
    struct fg_field start = field_of(reader, START), end = field_of(reader, END);
    struct fg_when from, to;
    int rc = fg_when_read(start, "start", &from, reader->err);
    if (rc < 0)
        return rc;
    *event = (struct event){
        .is_index = from.is_index, .from = from.time, .to = close_of(&from, start)};
    if (end.len == 0)
        return 0;
    rc = fg_when_read(end, "end", &to, reader->err);
    if (rc < 0)
        return rc;
    if (to.is_index != from.is_index)
        return fg_fail(reader->err, FG_EINVAL, "start and end: one is a moment, one a number");
    event->to = to.is_index || is_date(end) ? close_of(&to, end) : to.time;
    if (event->to <= event->from)
        return fg_fail(reader->err, FG_EINVAL, "end: before the start, expected after it");
    return 0;
}

static int read_row(struct reader *reader, struct fg_field line)
{
    struct fg_demand_events *events = reader->events;
    struct event event;
    int rc = fg_row_split(line, ',', reader->columns_len, &reader->row, reader->err);
    if (rc == 0)
        rc = read_times(reader, &event);
    if (rc < 0)
        return rc;
    struct fg_field name = field_of(reader, NAME), series = field_of(reader, SERIES);
    event.name = fg_names_put(events->names, name.text, name.len);
    event.series =
        series.len ? fg_names_put(events->series_names, series.text, series.len) : NO_SERIES;
    if (event.name >= FG_FORECAST_EVENTS_MAX)
        return fg_fail(reader->err, FG_EINVAL, "more than %d names of events",
                       FG_FORECAST_EVENTS_MAX);
    if (events->len == FG_DEMAND_EVENTS_MAX)
        return fg_fail(reader->err, FG_ETOOBIG, "more than %d events", FG_DEMAND_EVENTS_MAX);
    events->events = fg_grow(events->events, events->len, &events->room, sizeof(event));
    events->events[events->len++] = event;
    return 0;
}

int fg_demand_events_read(const struct fg_demand_reading *reading,
                          const char *bytes,
                          size_t len,
                          struct fg_demand_events **out,
                          struct fg_err *err)
{
    FG_AUTO(fg_demand_events) struct fg_demand_events *events = calloc(1, sizeof(*events));
    struct fg_err own = {};
    struct reader reader = {.events = events, .err = err ? err : &own};
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    bool had_header = false;
    if (!events)
        abort();
    events->names = fg_names_new();
    events->series_names = fg_names_new();
    while (fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        int rc = had_header ? read_row(&reader, line) : read_header(&reader, line);
        had_header = true;
        if (rc < 0)
            return fg_wrap(reader.err, rc, "%s:%zu", reading->file_name, rows.line);
    }
    *out = events;
    events = NULL;
    return 0;
}

/* -- for one series ---------------------------------------------------------------------------------- */

static bool is_of(const struct fg_demand_events *events,
                  const struct event *event,
                  const struct fg_demand_series *series)
{
    if (event->is_index != series->time.is_index)
        return false;
    return event->series == NO_SERIES
           || strcmp(fg_names_at(events->series_names, event->series), series->name) == 0;
}

/* The first step in 0..`steps` that is over after `time`. */
static size_t first_after(const struct fg_demand_time *time, int64_t moment, size_t steps)
{
    size_t low = 0, high = steps;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fg_demand_time_at(time, middle + 1) > moment)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Marks the steps of all events of that name. */
static size_t mark(const struct fg_demand_events *events,
                   uint32_t name,
                   const struct fg_demand_series *series,
                   bool *marks,
                   size_t steps)
{
    size_t count = 0;
    memset(marks, 0, steps);
    for (size_t i = 0; i < events->len; i++) {
        const struct event *event = &events->events[i];
        if (event->name != name || !is_of(events, event, series))
            continue;
        size_t step = first_after(&series->time, event->from, steps);
        for (; step < steps && fg_demand_time_at(&series->time, step) < event->to; step++) {
            count += !marks[step];
            marks[step] = true;
        }
    }
    return count;
}

size_t fg_demand_events_of(const struct fg_demand_events *events,
                           const struct fg_demand_series *series,
                           uint32_t horizon,
                           struct fg_arena *arena,
                           struct fg_forecast_event out[FG_FORECAST_EVENTS_MAX])
{
    size_t steps = series->len + horizon, len = 0;
    bool *marks = calloc(steps, sizeof(marks[0]));
    if (!marks)
        abort();
    for (uint32_t name = 0; name < fg_names_len(events->names); name++) {
        size_t count = mark(events, name, series, marks, steps), at = 0;
        if (count == 0)
            continue;
        size_t *list = FG_NEW(arena, size_t, count);
        for (size_t step = 0; step < steps; step++)
            if (marks[step])
                list[at++] = step;
        out[len++] = (struct fg_forecast_event){.steps = list, .steps_len = count};
    }
    free(marks);
    return len;
}
