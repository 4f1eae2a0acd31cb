/* report_page_test.c - jobs added up as by hand; a page that is whole and escapes what it is given. */
#include "cli/report_html.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US 3'600'000'000LL
#define NOW_US  1'750'000'000'000'000LL /* 2025-06-15T15:06:40Z */

static const struct fg_doc *parse(struct fg_arena *arena, const char *json)
{
    const struct fg_doc *doc = NULL;
    struct fg_err err = {};
    if (fg_doc_json(json, strlen(json), arena, &doc, &err) < 0)
        printf("# %s\n", err.text);
    return doc;
}

/* Submitted an hour before now; a hostile name. */
static int add(struct fg_report_jobs *jobs,
               struct fg_arena *arena,
               int id,
               const char *state,
               const char *times,
               int rss_mib)
{
    char json[1024];
    snprintf(
        json, sizeof(json),
        "{\"id\":\"%d\",\"name\":\"<script>alert(1)</"
        "script>\",\"project\":\"p&q\",\"user\":\"ada\",\"state\":"
        "\"%s\",%s,\"tasks\":1,\"cost_uusd\":1000000,\"request\":{\"mem_mib\":8192},\"usage\":"
        "{\"max_rss_mib\":%d,\"gpu_s\":%d,\"energy_j\":360000}}",
        id, state, times, rss_mib, rss_mib ? 1800 : 0);
    return fg_report_jobs_add(jobs, parse(arena, json));
}

#define BEGUN                                                                                  \
    "\"submitted\":\"2025-06-15T14:06:40Z\",\"started\":\"2025-06-15T14:16:40Z\",\"duration_"  \
    "s\":1800"
#define WAITS "\"submitted\":\"2025-06-15T14:36:40Z\",\"started\":null,\"duration_s\":null"
#define OLD   "\"submitted\":\"2025-06-01T14:06:40Z\",\"started\":null,\"duration_s\":null"

static void fill(struct fg_report_jobs *jobs, struct fg_arena *arena)
{
    *jobs = (struct fg_report_jobs){.from_us = NOW_US - 24 * HOUR_US, .now_us = NOW_US};
    fg_report_jobs_begin(jobs);
    for (int id = 40; id > 30; id--)
        EQ(add(jobs, arena, id, "queued", WAITS, 0), 0);
    for (int id = 20; id > 10; id--)
        EQ(add(jobs, arena, id, id % 2 ? "succeeded" : "failed", BEGUN, 1024), 0);
    EQ(add(jobs, arena, 2, "queued", OLD, 0), 1);
}

static void jobs_add_up(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct fg_report_jobs jobs;
    fill(&jobs, arena);
    EQ(jobs.all.jobs, 20);
    EQ(jobs.all.succeeded, 5);
    EQ(jobs.all.failed, 5);
    EQ(jobs.all.waiting, 10);
    EQ(jobs.all.lost_gpu_us, 5 * HOUR_US / 2);
    EQ((int64_t)(jobs.all.asked_gib_hours * 10 + 0.5), 400);
    EQ((int64_t)(jobs.all.used_gib_hours * 10 + 0.5), 50);
    EQ((int64_t)(jobs.all.energy_j + 0.5), 20 * 360000);
    EQ(fg_report_wait_us(&jobs.all, 0.5), HOUR_US / 6);
    EQ(jobs.projects_len, 1);
    EQ(jobs.waits_len, FG_REPORT_LONGEST);
    EQ(jobs.waits[0].wait_us, HOUR_US / 2);
    fg_report_jobs_end(&jobs);
}

static void the_page_is_whole_and_safe(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    FG_AUTO(fg_buf) struct fg_buf html = {};
    struct fg_report_jobs jobs;
    fill(&jobs, arena);
    struct fg_report_page page = {
        .report = parse(arena, "{\"from\":\"2025-06-14T15:06:40Z\",\"demand\":{\"classes\":[{"
                               "\"class\":\"<b>h100\",\"days\":5,"
                               "\"wape\":0.4,\"as_now_wape\":0.2}]},\"plans\":[],\"suppliers\":"
                               "[{\"supplier\":\"<i>acme\"}]}"),
        .learned = parse(
            arena,
            "{\"classes\":[{\"level\":\"work\",\"name\":\"<u>train\",\"user\":\"ada\",\"jobs\":"
            "9,\"failed\":8}],"
            "\"places\":[{\"node\":\"<s>n1\",\"attempts\":9,\"interrupted_share\":0.5}]}"),
        .findings = parse(arena, "{\"items\":[{\"user\":\"<a>ada\",\"cause\":\"idle_held\","
                                 "\"device_hours\":3.5,\"cost_uusd\":7000000},"
                                 "{\"user\":\"<a>ada\",\"cause\":\"underused\",\"device_"
                                 "hours\":2,\"cost_uusd\":4000000},"
                                 "{\"user\":\"bob\",\"cause\":\"idle_held\",\"device_hours\":0."
                                 "5,\"cost_uusd\":null}]}"),
        .jobs = &jobs,
        .reasons = {"<em>no room"},
    };
    fg_report_page_write(&html, &page);
    OK(strncmp(html.text, "<!doctype html>", 15) == 0);
    OK(strstr(html.text, "</main></body></html>\n"));
    static const char *const hostile[] = {"<script", "<b>h100", "<i>acme", "<u>train",
                                          "<s>n1",   "<em>",    "p&q",     "<a>"},
                             *const there[] = {
                                 "&lt;script&gt;",
                                 "p&amp;q",
                                 "8.0 times the memory",
                                 "50 % came to nothing",
                                 "8 attempts of 9 jobs",
                                 "forecast worse",
                                 "2.00 kWh",
                                 "ada</td><td>3.50</td><td>$7.00</td><td>2.00</td>",
                                 "bob</td><td>0.50</td><td>-</td>",
                                 "&lt;em&gt;no room"};
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
        OK(!strstr(html.text, hostile[i]));
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        OK(strstr(html.text, there[i]));
    OK(!strstr(html.text, "http"));
    fg_report_jobs_end(&jobs);
}

int main(void)
{
    RUN(jobs_add_up);
    RUN(the_page_is_whole_and_safe);
    return tap_done();
}
