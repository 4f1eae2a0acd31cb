/* read_test.c - series out of files */
#include "demand/read.h"

#include "base/buf.h"
#include "base/clock.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3'600'000'000LL
#define DAY  (24 * HOUR)

typedef int read_fn(const struct fg_demand_reading *reading,
                    const char *bytes,
                    size_t len,
                    struct fg_demand_set *set,
                    struct fg_err *err);

static struct fg_buf notes;

static void note(void *self, const char *text)
{
    fg_buf_printf(self, "%s;", text);
}

static struct fg_demand_set read_with(read_fn *read, int64_t step, const char *text)
{
    struct fg_demand_reading reading = {
        .file_name = "f", .step = step, .note = note, .note_self = &notes};
    struct fg_demand_set set = {};
    struct fg_err err = {};
    fg_buf_clear(&notes);
    if (read(&reading, text, strlen(text), &set, &err) < 0)
        printf("# refused: %s\n", err.text);
    return set;
}

static struct fg_demand_set csv(const char *text)
{
    return read_with(fg_demand_read_csv, 0, text);
}

static bool refused(read_fn *read, const char *text, const char *why)
{
    struct fg_demand_reading reading = {.file_name = "f"};
    struct fg_demand_set set = {};
    struct fg_err err = {};
    int rc = read(&reading, text, strlen(text), &set, &err);
    bool is_right = rc == FG_EINVAL && strstr(err.text, why) && !set.series;
    if (!is_right)
        printf("# got %d: %s\n", rc, err.text);
    fg_demand_set_free(&set);
    return is_right;
}

/* The values as text: "1 2 - 4". */
static bool has(const struct fg_demand_series *series, const char *want)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_puts(&text, "");
    for (size_t i = 0; i < series->len; i++)
        if (isnan(series->values[i]))
            fg_buf_puts(&text, i ? " -" : "-");
        else
            fg_buf_printf(&text, "%s%g", i ? " " : "", series->values[i]);
    bool same = strcmp(text.text, want) == 0;
    if (!same)
        printf("# got %s\n", text.text);
    return same;
}

static int64_t moment(const char *text)
{
    int64_t time_us = 0;
    EQ(fg_time_parse(text, &time_us), 0);
    return time_us;
}

static void columns_and_lines_may_have_any_order(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set = csv("value,user,time,series\n"
                                   "4,x,2026-01-01T03:00Z,b\n"
                                   "1,x,2026-01-01 00:00,a\n"
                                   "2,x,2026-01-01T02:00:00+01:00,a\n"
                                   "3,x,2026-01-01,b\n"
                                   ",x,2026-01-01T01:00Z,b\n"
                                   "7,x,2026-01-01T03:00Z,a\n");
    EQ(set.len, 2);
    OK(strcmp(set.series[0].name, "b") == 0 && has(&set.series[0], "3 - - 4"));
    OK(strcmp(set.series[1].name, "a") == 0 && has(&set.series[1], "1 2 - 7"));
    EQ(set.series[0].gaps, 2);
    EQ(set.series[1].time.first, moment("2026-01-01"));
    EQ(set.series[1].time.step, HOUR);
    EQ(fg_demand_time_at(&set.series[1].time, 4), moment("2026-01-01T04:00Z"));
    OK(strcmp(notes.text, "not used: user;") == 0);
}

static void two_columns_are_one_series(void)
{
    FG_AUTO(fg_demand_set) struct fg_demand_set set = csv("hour;gpus\n5;1\n6;2\n8;4\n");
    EQ(set.len, 1);
    OK(strcmp(set.series[0].name, "gpus") == 0 && has(&set.series[0], "1 2 - 4"));
    OK(set.series[0].time.is_index);
    EQ(set.series[0].time.first, 5);
}

static void other_names_of_columns(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set = csv("\xef\xbb\xbfunique_id,ds,y\r\nH1,1,605\r\nH1,2,586\r\n");
    OK(set.len == 1 && has(&set.series[0], "605 586"));
    struct fg_demand_reading reading = {
        .file_name = "f", .time_column = "hour", .value_column = "max"};
    static const char text[] = "series,hour,mean,max\na,1,5,6\na,2,7,8\n";
    struct fg_demand_set other = {};
    EQ(fg_demand_read_csv(&reading, text, strlen(text), &other, NULL), 0);
    OK(other.len == 1 && has(&other.series[0], "6 8"));
    fg_demand_set_free(&other);
}

static void steps_are_found(void)
{
    static const struct {
        const char *text;
        int64_t step, months;
        const char *values, *next;
    } rows[] = {
        {"2026-01-01,1\n2026-01-02,2\n2026-01-04,4\n", DAY, 0, "1 2 - 4", "2026-01-05"},
        {"2026-01-01,1\n2026-02-01,2\n2026-04-01,4\n", 0, 1, "1 2 - 4", "2026-05-01"},
        {"2025-12-31,1\n2026-01-31,2\n2026-02-28,3\n", 0, 1, "1 2 3", "2026-03-31"},
        {"2026-02-28,1\n2026-03-31,2\n2026-04-30,3\n", 0, 1, "1 2 3", "2026-05-31"},
        {"2026-01-15,1\n2026-04-15,2\n2026-07-15,3\n", 0, 3, "1 2 3", "2026-10-15"},
        {"2020-01-01,1\n2021-01-01,2\n2022-01-01,3\n", 0, 12, "1 2 3", "2023-01-01"},
        {"2026-01-01,1\n2026-01-29,2\n2026-02-26,3\n", 28 * DAY, 0, "1 2 3", "2026-03-26"},
        {"2026-01-05,1\n2026-01-12,2\n2026-01-19,3\n", 7 * DAY, 0, "1 2 3", "2026-01-26"},
        {"1767225600,1\n1767225660,2\n", HOUR / 60, 0, "1 2", "2026-01-01T00:02Z"},
        {"2026-01-01,9\n", HOUR, 0, "9", "2026-01-01T01:00Z"},
        {"2026-01-01T00:00,1\n2026-01-01T02:00,2\n2026-01-01T05:00,3\n", HOUR, 0, "1 - 2 - - 3",
         "2026-01-01T06:00Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        fg_buf_printf(&text, "time,value\n%s", rows[i].text);
        printf("# %s\n", rows[i].next);
        FG_AUTO(fg_demand_set) struct fg_demand_set set = csv(text.text);
        if (!OK(set.len == 1))
            continue;
        EQ(set.series[0].time.step, rows[i].step);
        EQ(set.series[0].time.months, rows[i].months);
        OK(has(&set.series[0], rows[i].values));
        EQ(fg_demand_time_at(&set.series[0].time, set.series[0].len), moment(rows[i].next));
    }
}

static void a_lone_value_has_the_step_of_the_others(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set = csv("series,time,value\na,2026-03-31,1\nb,2026-01-01,1\n"
                                   "b,2026-02-01,2\n");
    EQ(set.series[0].time.months, 1);
    EQ(fg_demand_time_at(&set.series[0].time, 1), moment("2026-04-30"));
}

static void values_are_averaged_over_a_step(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set =
        read_with(fg_demand_read_csv, HOUR,
                  "time,value\n2026-01-01T00:10,1\n2026-01-01T00:55:17,3\n"
                  "2026-01-01T01:30,\n2026-01-01T02:00,5\n2025-12-31T23:59Z,8\n"
                  "2026-01-01T02:59:59,6\n");
    OK(set.len == 1);
    const struct fg_demand_series *series = &set.series[0];
    EQ(series->time.first, moment("2025-12-31T23:00Z"));
    OK(has(series, "8 2 - 5.5"));
}

static void steps_before_1970_are_whole_too(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set =
        read_with(fg_demand_read_csv, HOUR, "time,value\n1969-12-31T23:59Z,8\n1970-01-01,1\n");
    OK(set.len == 1 && has(&set.series[0], "8 1") && set.series[0].time.first == -HOUR);
}

static void what_makes_no_sense_is_refused_with_its_line(void)
{
    read_fn *read = fg_demand_read_csv;
    OK(refused(read, "", "f: no values"));
    OK(refused(read, "series,time,value\n", "f: no values"));
    OK(refused(read, "a,b,c\n1,2,3\n", "f:1: no column time"));
    OK(refused(read, "time,time,value\n", "f:1: columns 1 and 2 are both the time"));
    OK(refused(read, "time,value\n1,2\n2,x\n", "f:3: value: `x`, expected a number"));
    OK(refused(read, "time,value\n1,2\n2\n", "f:3: 1 columns, expected 2"));
    OK(refused(read, "time,value\n1,2\n2026-01-01,2\n", "f:3: time: `2026-01-01`, expected a"));
    OK(refused(read, "time,value\n2026-01-01,2\n7,2\n", "f:3: time: `7`, expected a moment"));
    OK(refused(read, "time,value\nsoon,2\n", "f:2: time: `soon`, expected a moment"));
    OK(refused(read, "series,time,value\na,1,2\nb,1,2\na,2,2\na,1,3\n",
               "f: line 5: series a has a value for 1 already, on line 2"));
    OK(refused(read,
               "time,value\n2026-01-01T00:00,1\n2026-01-01T01:00,1\n2026-01-01T02:00,1\n"
               "2026-01-01T03:00,1\n2026-01-01T04:30,1\n2026-01-01T05:00,1\n",
               "f: line 6: series value, 2026-01-01T04:30:00Z: not a multiple of the usual "));
    OK(refused(read, "time,value\n1,1\n2,1\n3,1\n99000000,1\n",
               "has 4 values in 99000000 steps"));
}

static void m4_files(void)
{
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set =
        read_with(fg_demand_read_m4, 0,
                  "\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"605\",\"586\",\"\"\n"
                  "\"W2\",\"1\",,\"3.5\"\n");
    uint32_t seasons[FG_DEMAND_SEASONS_MAX];
    OK(set.len == 2 && has(&set.series[0], "605 586") && has(&set.series[1], "1 - 3.5"));
    EQ(set.series[1].gaps, 1);
    OK(set.series[0].time.is_index && set.series[0].time.first == 0);
    EQ(fg_demand_m4_seasons("H1", seasons), 2);
    OK(seasons[0] == 24 && seasons[1] == 168);
    EQ(fg_demand_m4_seasons("W2", seasons), 1);
    EQ(seasons[0], 52);
    EQ(fg_demand_m4_seasons("Y1", seasons), 0);
    OK(refused(fg_demand_read_m4, "V1,V2\n", "f: no series"));
    OK(refused(fg_demand_read_m4, "V1,V2\nH1,5\nH2,x\n", "f:3: value 1: `x`, expected a"));
    OK(refused(fg_demand_read_m4, "H1,,\n", "f:1: series H1 has no values"));
}

static void answers_of_prometheus(void)
{
    read_fn *read = fg_demand_read_prometheus;
    FG_AUTO(fg_demand_set)
    struct fg_demand_set set = read_with(
        read, 0,
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[\n"
        "{\"metric\":{\"__name__\":\"gpus\",\"kind\":\"h100\",\"dc\":\"a\"},"
        "\"values\":[[1767225600,\"1\"],[1767225660.0,\"2.5\"],[1767225780,\"NaN\"]]},\n"
        "{\"metric\":{},\"values\":[[1767225600,\"7\"],[1767225660,\"+Inf\"]]}]}}");
    EQ(set.len, 2);
    OK(strcmp(set.series[0].name, "{kind=\"h100\",dc=\"a\"}") == 0);
    OK(has(&set.series[0], "1 2.5 - -") && has(&set.series[1], "7 -"));
    EQ(set.series[0].time.first, moment("2026-01-01"));
    EQ(set.series[0].time.step, 60'000'000);
    OK(strcmp(set.series[1].name, "value") == 0);
    OK(refused(read, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no unit\"}",
               "f: Prometheus says: no unit"));
    OK(refused(read, "{\"data\":{\"result\":[]}}", "f: no values"));
    OK(refused(read, "[]", "f: expected an answer of query_range"));
    OK(refused(read, "{\"data\":{\"result\":[{\"metric\":{},\"value\":[1,\"2\"]}]}}",
               "f: line 1: expected a matrix"));
    OK(refused(read, "{\"data\":{\"result\":[{\"metric\":{},\"values\":[[1]]}]}}",
               "f: line 1: expected a matrix"));
    OK(refused(read, "{\"data\":{\"result\":[{\"metric\":{},\"values\":[[1e300,\"1\"]]}]}}",
               "f: line 1: a moment out of bounds"));
}

static void seasons_follow_from_the_step(void)
{
    static const struct {
        struct fg_demand_time time;
        size_t len;
        uint32_t seasons[FG_DEMAND_SEASONS_MAX];
    } rows[] = {
        {{.step = HOUR}, 2, {24, 168}},
        {{.step = HOUR / 2}, 2, {48, 336}},
        {{.step = HOUR / 60}, 3, {60, 1440, 10080}},
        {{.step = DAY}, 1, {7}},
        {{.step = 7 * DAY}, 1, {52}},
        {{.months = 1}, 1, {12}},
        {{.months = 3}, 1, {4}},
        {{.months = 12}, 0, {}},
        {{.step = 7 * HOUR}, 1, {24}},
        {{.step = 1, .is_index = true}, 0, {}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t seasons[FG_DEMAND_SEASONS_MAX] = {};
        EQ(fg_demand_seasons(&rows[i].time, seasons), rows[i].len);
        EQ(memcmp(seasons, rows[i].seasons, sizeof(seasons)), 0);
    }
}

int main(void)
{
    RUN(columns_and_lines_may_have_any_order);
    RUN(two_columns_are_one_series);
    RUN(other_names_of_columns);
    RUN(steps_are_found);
    RUN(a_lone_value_has_the_step_of_the_others);
    RUN(values_are_averaged_over_a_step);
    RUN(steps_before_1970_are_whole_too);
    RUN(what_makes_no_sense_is_refused_with_its_line);
    RUN(m4_files);
    RUN(answers_of_prometheus);
    RUN(seasons_follow_from_the_step);
    fg_buf_free(&notes);
    return tap_done();
}
