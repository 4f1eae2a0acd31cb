/* node_past_test.c */
#include "cli/node_past.h"

#include "test/tap.h"

#include <string.h>

#define MINUTE_US 60'000'000LL
#define ZERO_US   1'767'225'600'000'000LL /* 2026-01-01 */

static struct fg_pool_past past;

static void each(const char *json, void (*take)(struct fg_pool_past *, const struct fg_doc *))
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_err err = {};
    const struct fg_doc *doc = NULL;
    if (!OK(fg_doc_json(json, strlen(json), arena, &doc, &err) == 0))
        printf("# %s\n", err.text);
    for (const struct fg_doc *item = doc ? doc->first : NULL; item; item = item->next)
        take(&past, item);
}

static void tell(const char *nodes, const char *events)
{
    past = (struct fg_pool_past){.now_us = ZERO_US + 60 * MINUTE_US};
    each(nodes, fg_pool_past_node);
    each(events, fg_pool_past_event);
    fg_pool_past_end(&past, ZERO_US);
}

/* Absence `at` of the node (the newest is 0) is from one minute until another. */
static void was_away(size_t node, size_t at, int64_t from, int64_t until)
{
    const struct fg_node_past *it = &past.nodes[node];
    if (!OK(node < past.nodes_len && at < it->absences_len))
        return;
    EQ((it->absences[at].from_us - ZERO_US) / MINUTE_US, from);
    EQ((it->absences[at].until_us - ZERO_US) / MINUTE_US, until);
}

#define AT(minute) "\"time\":\"2026-01-01T00:" minute ":00Z\""

static void it_was_away_from_down_to_up(void)
{
    tell("[{\"name\":\"a\",\"state\":\"up\",\"cpu_milli\":8000,\"mem_mib\":64,"
         "\"devices\":[{\"kind\":\"h100\"},{\"kind\":\"h100\"}]},"
         "{\"name\":\"b\",\"state\":\"down\",\"since\":\"2026-01-01T00:50:00Z\"},"
         "{\"name\":\"c\",\"state\":\"up\"}]",
         "[{\"kind\":\"node.down\"," AT(
             "50") ",\"data\":{\"node\":\"b\"}},"
                   "{\"kind\":\"node.up\"," AT(
                       "40") ",\"data\":{\"node\":\"a\"}},"
                             "{\"kind\":\"node.drained\"," AT(
                                 "39") ",\"data\":{\"node\":\"a\"}},"
                                       "{\"kind\":\"node.down\"," AT(
                                           "30") ",\"data\":{\"node\":\"a\"}},"
                                                 "{\"kind\":\"node.up\"," AT(
                                                     "10") ",\"data\":{\"node\":\"a\"}}]");
    EQ(past.nodes_len, 3);
    EQ(past.nodes[0].absences_len, 2);
    was_away(0, 0, 30, 40);
    was_away(0, 1, 0, 10);
    EQ(past.nodes[0].gpus, 2);
    EQ(past.nodes[1].absences_len, 1);
    was_away(1, 0, 50, 60);
    EQ(past.nodes[2].absences_len, 0);
    OK(!fg_node_past_is_never(&past.nodes[2], ZERO_US, past.now_us));
    fg_pool_past_free(&past);
}

static void who_came_and_went_is_told_by_events(void)
{
    tell("[{\"name\":\"new\",\"state\":\"up\"},"
         "{\"name\":\"dead\",\"state\":\"down\",\"since\":\"2025-12-01T00:00:00Z\"}]",
         "[{\"kind\":\"node.gone\"," AT(
             "45") ",\"data\":{\"node\":\"rented\"}},"
                   "{\"kind\":\"node.gone\"," AT(
                       "44") ",\"data\":{\"node\":\"older\"}},"
                             "{\"kind\":\"node.joined\"," AT(
                                 "20") ",\"data\":{\"node\":\"new\"}},"
                                       "{\"kind\":\"node.joined\"," AT(
                                           "15") ",\"data\":{\"node\":\"rented\",\"kind\":"
                                                 "\"a100\","
                                                 "\"gpus\":8,\"cpu_milli\":96000,\"mem_mib\":"
                                                 "1024,\"uusd_per_hour\":5}}]");
    EQ(past.nodes_len, 4);
    was_away(0, 0, 0, 20);
    OK(fg_node_past_is_never(&past.nodes[1], ZERO_US, past.now_us));
    EQ(past.nodes[2].absences_len, 2);
    was_away(2, 0, 45, 60);
    was_away(2, 1, 0, 15);
    EQ(past.nodes[2].gpus, 8);
    OK(past.nodes[2].is_known && !past.nodes[2].is_there);
    EQ(past.nodes[3].absences_len, 1);
    was_away(3, 0, 44, 60);
    OK(!past.nodes[3].is_known);
    fg_pool_past_free(&past);
}

static void what_contradicts_is_passed_over(void)
{
    tell("[{\"name\":\"a\",\"state\":\"up\"}]",
         "[{\"kind\":\"node.down\"," AT(
             "40") ",\"data\":{\"node\":\"a\"}},"
                   "{\"kind\":\"node.up\"," AT(
                       "30") ",\"data\":{\"node\":\"a\"}},"
                             "{\"kind\":\"node.up\"," AT(
                                 "20") ",\"data\":{\"node\":\"a\"}},"
                                       "{\"kind\":\"node.down\"," AT(
                                           "10") ",\"data\":{\"node\":\"a\"}}]");
    EQ(past.nodes[0].absences_len, 1);
    was_away(0, 0, 10, 20);
    fg_pool_past_free(&past);
}

int main(void)
{
    RUN(it_was_away_from_down_to_up);
    RUN(who_came_and_went_is_told_by_events);
    RUN(what_contradicts_is_passed_over);
    return tap_done();
}
