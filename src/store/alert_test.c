/* alert_test.c - alerts and findings come back as they went in, to a restart and to readers; old ones go. */
#include "store/reader_alert.h"
#include "store/testing.h"

struct seen {
    struct fg_alert alerts[8];
    struct fg_finding findings[8];
    size_t alerts_len, findings_len;
};

static int on_alert(void *self, const struct fg_alert *alert)
{
    struct seen *seen = self;
    MUST(seen->alerts_len < 8);
    seen->alerts[seen->alerts_len++] = *alert;
    return 0;
}

static int on_finding(void *self, const struct fg_finding *finding)
{
    struct seen *seen = self;
    MUST(seen->findings_len < 8);
    seen->findings[seen->findings_len++] = *finding;
    return 0;
}

static struct fg_alert alert_of(uint64_t id, fg_project_id project)
{
    return (struct fg_alert){.id = id,
                             .key = UINT64_C(0xfedc'ba98'0000'0000) + id,
                             .cause = FG_ALERT_IDLE_HELD,
                             .severity = FG_SEVERITY_WARNING,
                             .project = project,
                             .job = id,
                             .user = "ann",
                             .node = "gpu-07",
                             .device = "h100-3",
                             .text = "it's \"idle\"",
                             .hint = "cancel it",
                             .cost_uusd = 77,
                             .count = 3,
                             .raised_us = 1000 * (int64_t)id};
}

static struct fg_finding finding_of(fg_job_id job, uint32_t attempt, int64_t cost_uusd)
{
    return (struct fg_finding){.job = job,
                               .attempt = attempt,
                               .project = 1,
                               .user = "ann",
                               .cause = FG_ALERT_UNDERUSED,
                               .held_us = 8000,
                               .wasted_us = 6000,
                               .cost_uusd = cost_uusd,
                               .first_us = 100,
                               .last_us = 200,
                               .text = "asked for 8"};
}

static void put(struct fg_store *store, const struct fg_alert *alert)
{
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->alert_put(store, alert, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
}

static void put_finding(struct fg_store *store, const struct fg_finding *finding)
{
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->finding_put(store, finding, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
}

static void a_restart_gets_those_that_are_open(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct fg_alert first = alert_of(1, 0), second = alert_of(2, 1);
    put(store, &first);
    put(store, &second);
    first.cleared_us = 5000;
    second.acknowledged_us = 4000;
    snprintf(second.acknowledged_by, sizeof(second.acknowledged_by), "bob");
    put(store, &first);
    put(store, &second);
    ops->free(store);

    store = open_store(folder.db);
    MUST(store);
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen, .alert = on_alert, .finding = on_finding};
    EQ(ops->load(store, &sink, NULL), 0);
    EQ(sink.next_alert_id, 3);
    EQ(seen.alerts_len, 1);
    const struct fg_alert *alert = &seen.alerts[0];
    EQ(alert->id, 2);
    OK(alert->key == second.key);
    EQ(alert->cause, FG_ALERT_IDLE_HELD);
    EQ(alert->cost_uusd, 77);
    EQ(alert->count, 3);
    EQ(alert->raised_us, 2000);
    EQ(strcmp(alert->text, second.text), 0);
    EQ(strcmp(alert->hint, second.hint), 0);
    EQ(strcmp(alert->device, "h100-3"), 0);
    EQ(strcmp(alert->acknowledged_by, "bob"), 0);
    EQ(strcmp(fg_alert_state(alert), "acknowledged"), 0);
    ops->free(store);
}

static void readers_see_what_they_ask_for_and_may_see(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    for (uint64_t id = 1; id <= 6; id++) { /* of the pool, of project 1, of project 2 */
        struct fg_alert alert = alert_of(id, (fg_project_id)(id % 3));
        alert.cleared_us = id <= 3 ? 9000 : 0;
        put(store, &alert);
    }
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(folder.db, NULL);
    MUST(reader);
    static const struct {
        struct fg_alert_filter filter;
        size_t len;
        uint64_t first;
    } cases[] = {
        {{.states = 7, .limit = 8}, 6, 6},
        {{.states = 7, .limit = 2, .before = 5}, 2, 4},
        {{.states = FG_ALERTS_OPEN, .limit = 8}, 3, 6},
        {{.states = FG_ALERTS_CLEARED, .limit = 8}, 3, 3},
        {{.states = FG_ALERTS_ACKNOWLEDGED, .limit = 8}, 0, 0},
        {{.states = 7, .limit = 8, .project = 1}, 4, 6},
        {{.states = 7, .limit = 8, .job = 4}, 1, 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct seen seen = {};
        EQ(fg_reader_alerts(reader, &cases[i].filter, on_alert, &seen, NULL), 0);
        EQ(seen.alerts_len, cases[i].len);
        EQ(seen.alerts[0].id, cases[i].first);
    }
    struct fg_alert_counts counts;
    EQ(fg_reader_alert_counts(reader, 2, &counts, NULL), 0);
    EQ(counts.open[FG_SEVERITY_WARNING], 2); /* its own, and one of the pool */
    EQ(counts.open[FG_SEVERITY_CRITICAL], 0);
    struct fg_alert one;
    EQ(fg_reader_alert(reader, 5, &one, NULL), 0);
    EQ(one.id, 5);
    EQ(fg_reader_alert(reader, 7, &one, NULL), FG_ENOENT);
    ops->free(store);
}

static void findings_are_kept_by_attempt_and_the_dearest_come_first(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct fg_finding rows[] = {finding_of(1, 1, 5), finding_of(1, 2, 50), finding_of(2, 1, -1),
                                finding_of(1, 2, 60)};
    for (size_t i = 0; i < 4; i++)
        put_finding(store, &rows[i]);
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(folder.db, NULL);
    MUST(reader);
    struct seen seen = {};
    struct fg_finding_filter filter = {.to_us = 1000, .limit = 8};
    EQ(fg_reader_findings(reader, &filter, on_finding, &seen, NULL), 0);
    EQ(seen.findings_len, 3);
    EQ(seen.findings[0].cost_uusd, 60);
    EQ(seen.findings[0].attempt, 2);
    EQ(seen.findings[1].cost_uusd, 5);
    EQ(seen.findings[2].cost_uusd, -1);
    EQ(seen.findings[0].held_us, 8000);
    EQ(seen.findings[0].wasted_us, 6000);
    EQ(seen.findings[0].cause, FG_ALERT_UNDERUSED);
    EQ(strcmp(seen.findings[0].text, "asked for 8"), 0);
    filter = (struct fg_finding_filter){.job = 2, .user = "ann", .to_us = 1000, .limit = 8};
    EQ(fg_reader_findings(reader, &filter, on_finding, &seen, NULL), 0);
    EQ(seen.findings_len, 4);
    filter = (struct fg_finding_filter){.from_us = 201, .to_us = 1000, .limit = 8};
    EQ(fg_reader_findings(reader, &filter, on_finding, &seen, NULL), 0);
    filter = (struct fg_finding_filter){.user = "bob", .to_us = 1000, .limit = 8};
    EQ(fg_reader_findings(reader, &filter, on_finding, &seen, NULL), 0);
    EQ(seen.findings_len, 4);
    ops->free(store);
}

static void old_ones_go_and_no_id_comes_again(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    for (uint64_t id = 1; id <= 4; id++) {
        struct fg_alert alert = alert_of(id, 0);
        alert.cleared_us = id == 2 ? 0 : 9000;
        put(store, &alert);
    }
    struct fg_finding old = finding_of(1, 1, 5), young = finding_of(2, 1, 5);
    young.last_us = 20000;
    put_finding(store, &old);
    put_finding(store, &young);
    struct fg_store_prune what = {.alerts_before_us = 10000, .limit = 500};
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->prune(store, &what, NULL), 3);
    EQ(ops->commit(store, NULL), 0);
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen, .alert = on_alert};
    EQ(ops->load(store, &sink, NULL), 0);
    EQ(seen.alerts_len, 1); /* what is open stays, however old */
    EQ(seen.alerts[0].id, 2);
    EQ(sink.next_alert_id, 5);
    ops->free(store);
}

int main(void)
{
    RUN(a_restart_gets_those_that_are_open);
    RUN(readers_see_what_they_ask_for_and_may_see);
    RUN(findings_are_kept_by_attempt_and_the_dearest_come_first);
    RUN(old_ones_go_and_no_id_comes_again);
    return tap_done();
}
