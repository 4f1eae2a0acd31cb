/* events_test.c - holidays and the like, as steps of a series */
#include "demand/events.h"

#include "base/clock.h"
#include "test/tap.h"

#include <string.h>

#define HOUR 3'600'000'000LL

static struct fg_demand_series series_from(const char *first, int64_t step, size_t len)
{
    static char name[] = "a";
    struct fg_demand_series series = {.name = name, .time = {.step = step}, .len = len};
    if (first)
        EQ(fg_time_parse(first, &series.time.first), 0);
    else
        series.time.is_index = true;
    return series;
}

/* The steps of all events as text: "0 1;5". */
static bool places(const char *csv, const struct fg_demand_series *series, const char *want)
{
    struct fg_demand_reading reading = {.file_name = "e"};
    FG_AUTO(fg_demand_events) struct fg_demand_events *events = NULL;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_forecast_event out[FG_FORECAST_EVENTS_MAX];
    struct fg_err err = {};
    char text[256] = "";
    size_t at = 0;
    if (fg_demand_events_read(&reading, csv, strlen(csv), &events, &err) < 0) {
        printf("# %s\n", err.text);
        return false;
    }
    size_t len = fg_demand_events_of(events, series, 10, arena, out);
    for (size_t i = 0; i < len; i++)
        for (size_t j = 0; j < out[i].steps_len; j++)
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%zu",
                                   j ? " " : (i ? ";" : ""), out[i].steps[j]);
    if (strcmp(text, want) != 0)
        printf("# got %s\n", text);
    return strcmp(text, want) == 0;
}

static bool refused(const char *csv, const char *why)
{
    struct fg_demand_reading reading = {.file_name = "e"};
    struct fg_demand_events *events = NULL;
    struct fg_err err = {};
    int rc = fg_demand_events_read(&reading, csv, strlen(csv), &events, &err);
    if (rc != FG_EINVAL || !strstr(err.text, why))
        printf("# got %d: %s\n", rc, err.text);
    return rc == FG_EINVAL && strstr(err.text, why) && !events;
}

static void days_and_moments(void)
{
    struct fg_demand_series days = series_from("2026-12-20", 24 * HOUR, 7);
    struct fg_demand_series hours = series_from("2026-12-24T20:00Z", HOUR, 6);
    OK(places("name,start,end\nxmas,2026-12-24,2026-12-26\n", &days, "4 5 6"));
    OK(places("name,start\nxmas,2026-12-25\n", &days, "5"));
    OK(places("start,name,end\n2026-12-25,xmas,\n", &hours, "4 5 6 7 8 9 10 11 12 13 14 15"));
    OK(places("name,start,end\na,2026-12-24T21:30Z,2026-12-24T23:00Z\n", &hours, "1 2"));
    OK(places("name,start,end\na,2026-12-24T21:30Z,\n", &hours, "1"));
    /* long past, far ahead: not in the series */
    OK(places("name,start,end\na,2020-01-01,\nb,2030-01-01,\n", &hours, ""));
    /* one name twice is one event; a step counts once */
    OK(places("name,start,end\na,2026-12-21,\nb,2026-12-20,\na,2026-12-23,\na,2026-12-21,\n",
              &days, "1 3;0"));
}

static void months_and_indexes(void)
{
    struct fg_demand_series plain = series_from(NULL, 2, 4),
                            months = series_from("2026-01-01", 0, 3);
    OK(places("name,start,end\na,3,5\n", &plain, "1 2"));
    OK(places("name,start\na,4\n", &plain, "2"));
    months.time.first = fg_time_month(months.time.first, &months.time.rest_us);
    months.time.months = 1;
    OK(places("name,start,end\na,2026-02-14,2026-03-02\n", &months, "1 2"));
    OK(places("name,start,end\na,3,5\n", &months, "")); /* an index says nothing about it */
}

static void series_of_their_own(void)
{
    struct fg_demand_series days = series_from("2026-12-20", 24 * HOUR, 7);
    OK(places("name,start,end,series\na,2026-12-21,,a\nb,2026-12-22,,b\nc,2026-12-23,,\n",
              &days, "1;3"));
}

static void what_makes_no_sense_is_refused(void)
{
    OK(refused("name,end\n", "e:1: no column start"));
    OK(refused("name,start,end\na,soon,\n", "e:2: start: `soon`, expected a moment"));
    OK(refused("name,start,end\na,2026-01-02,2026-01-01\n", "e:2: end: before the start"));
    OK(refused("name,start,end\na,2026-01-02,7\n", "e:2: start and end"));
    char many[2000] = "name,start,end\n";
    for (int i = 0; i <= FG_FORECAST_EVENTS_MAX; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "e%d,2026-01-01,\n", i);
    OK(refused(many, "e:34: more than 32 names"));
}

int main(void)
{
    RUN(days_and_moments);
    RUN(months_and_indexes);
    RUN(series_of_their_own);
    RUN(what_makes_no_sense_is_refused);
    return tap_done();
}
