/* ask_test.c - what is asked of a forecast, and how it is answered */
#include "demand/ask.h"

#include "base/doc.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static void lists_are_read_and_sorted(void)
{
    struct fg_demand_ask ask = {};
    EQ(fg_demand_ask_seasons(&ask, "168,24,24", NULL), 0);
    OK(ask.seasons_len == 2 && ask.seasons[0] == 24 && ask.seasons[1] == 168);
    EQ(fg_demand_ask_seasons(&ask, "none", NULL), 0);
    OK(ask.seasons_len == 0 && ask.seasons_given);
    EQ(fg_demand_ask_levels(&ask, "95,80,97.5", NULL), 0);
    OK(ask.levels_len == 3 && ask.levels[0] < 81 && ask.levels[2] > 97);
    static const char *const bad[] = {"",    "1",   "24,", "2.5",          "x",
                                      "-24", "inf", "24 ", "2,3,4,5,6,7,8"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EQ(fg_demand_ask_seasons(&ask, bad[i], NULL), FG_EINVAL);
    EQ(fg_demand_ask_levels(&ask, "100", NULL), FG_EINVAL);
    EQ(fg_demand_ask_levels(&ask, "0.5", NULL), FG_EINVAL);
}

static struct fg_demand_series hours(size_t len)
{
    static char name[] = "h100";
    struct fg_demand_series series = {
        .name = name,
        .time = {.first = 1'767'225'600'000'000, .step = 3'600'000'000},
        .len = len};
    series.values = calloc(len, sizeof(series.values[0]));
    for (size_t i = 0; series.values && i < len; i++)
        series.values[i] = 10 + (double)(i * 7 % 24) + (double)(i % 5);
    return series;
}

static const char *text_of(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *member = fg_doc_get(doc, key);
    return member && member->kind == FG_DOC_TEXT ? member->text : "";
}

static size_t len_of(const struct fg_doc *doc, const char *key)
{
    const struct fg_doc *member = fg_doc_get(doc, key);
    return member ? member->len : 0;
}

static void the_answer_has_the_shape_that_scripts_expect(void)
{
    struct fg_demand_series series = hours(400);
    struct fg_demand_ask ask = {};
    struct fg_forecast forecast;
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(&ask, &series));
    FG_AUTO(fg_arena) struct fg_arena *answer = fg_arena_new(fg_doc_room(1 << 20));
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    const struct fg_doc *doc = NULL;
    EQ(fg_demand_ask_levels(&ask, "80,95", NULL), 0);
    EQ(fg_demand_forecast(&ask, &series, scratch, arena, &forecast, NULL), 0);
    EQ(forecast.horizon, 24); /* the shortest season */
    fg_demand_forecast_json(&json, &series, &forecast, 100);
    EQ(fg_doc_json(buf.text, buf.len, answer, &doc, NULL), 0);
    OK(strcmp(text_of(doc, "name"), "h100") == 0 && text_of(doc, "model")[0]);
    EQ(len_of(doc, "points"), 24);
    EQ(len_of(doc, "history"), 100);
    const struct fg_doc *point = fg_doc_get(doc, "points")->first;
    OK(strcmp(text_of(point, "time"), "2026-01-17T16:00:00Z") == 0);
    static const char *const keys[] = {"lo95", "lo80", "mean", "hi80", "hi95"};
    for (size_t i = 0; i < 5; i++) {
        const struct fg_doc *value = fg_doc_get(point, keys[i]);
        OK(value && (value->kind == FG_DOC_REAL || value->kind == FG_DOC_INT));
        OK(value && (i == 0 || value->real >= fg_doc_get(point, keys[i - 1])->real));
    }
    OK(strcmp(text_of(fg_doc_get(doc, "history")->first, "time"), "2026-01-13T12:00:00Z") == 0);
    free(series.values);
}

int main(void)
{
    RUN(lists_are_read_and_sorted);
    RUN(the_answer_has_the_shape_that_scripts_expect);
    return tap_done();
}
