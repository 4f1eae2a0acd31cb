/* alert_rows.c - alerts and findings: written, loaded, read; see reader_alert.h */
#include "store/reader_alert.h"
#include "store/reader_impl.h"
#include "store/row.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>

static const char *cause_name(enum fg_alert_cause cause)
{
    assert(cause < FG_ALERT_CAUSES);
    return fg_alert_causes[cause].name;
}

int fg_store_alert_put(struct fg_store *store, const struct fg_alert *alert, struct fg_err *err)
{
    assert(store->in_batch && alert->id != 0);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_alert_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)alert->id);
    fg_query_int(&query, (int64_t)alert->key);
    fg_query_text(&query, cause_name(alert->cause));
    fg_query_int(&query, alert->severity);
    fg_query_int(&query, alert->project);
    fg_query_int(&query, (int64_t)alert->job);
    const char *const texts[] = {alert->user, alert->node, alert->device, alert->text,
                                 alert->hint};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        fg_query_text(&query, texts[i]);
    const int64_t numbers[] = {alert->cost_uusd, alert->count, alert->raised_us,
                               alert->cleared_us, alert->acknowledged_us};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        fg_query_int(&query, numbers[i]);
    fg_query_text(&query, alert->acknowledged_by);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "alert %" PRIu64, alert->id) : 0;
}

/* false: of a cause that this program does not know. */
static bool decode_alert(const struct fg_query *query, struct fg_alert *out)
{
    *out = (struct fg_alert){
        .id = (uint64_t)fg_query_get(query, 0),
        .key = (uint64_t)fg_query_get(query, 1),
        .cause = fg_alert_cause_find(fg_query_get_text(query, 2)),
        .severity = (enum fg_severity)fg_query_get(query, 3),
        .project = (fg_project_id)fg_query_get(query, 4),
        .job = (fg_job_id)fg_query_get(query, 5),
        .cost_uusd = fg_query_get(query, 11),
        .count = fg_query_get(query, 12),
        .raised_us = fg_query_get(query, 13),
        .cleared_us = fg_query_get(query, 14),
        .acknowledged_us = fg_query_get(query, 15),
    };
    fg_copy_text(out->user, sizeof(out->user), fg_query_get_text(query, 6));
    fg_copy_text(out->node, sizeof(out->node), fg_query_get_text(query, 7));
    fg_copy_text(out->device, sizeof(out->device), fg_query_get_text(query, 8));
    fg_copy_text(out->text, sizeof(out->text), fg_query_get_text(query, 9));
    fg_copy_text(out->hint, sizeof(out->hint), fg_query_get_text(query, 10));
    fg_copy_text(out->acknowledged_by, sizeof(out->acknowledged_by),
                 fg_query_get_text(query, 16));
    return out->cause < FG_ALERT_CAUSES && out->severity < FG_SEVERITIES;
}

int fg_store_finding_put(struct fg_store *store,
                         const struct fg_finding *finding,
                         struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_finding_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)finding->job);
    fg_query_int(&query, finding->attempt);
    fg_query_text(&query, cause_name(finding->cause));
    fg_query_int(&query, finding->project);
    fg_query_text(&query, finding->user);
    fg_query_int(&query, finding->held_us);
    fg_query_int(&query, finding->wasted_us);
    fg_query_int(&query, finding->cost_uusd);
    fg_query_int(&query, finding->first_us);
    fg_query_int(&query, finding->last_us);
    fg_query_text(&query, finding->text);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "finding of job %" PRIu64, finding->job) : 0;
}

static bool decode_finding(const struct fg_query *query, struct fg_finding *out)
{
    *out = (struct fg_finding){
        .job = (fg_job_id)fg_query_get(query, 0),
        .attempt = (uint32_t)fg_query_get(query, 1),
        .cause = fg_alert_cause_find(fg_query_get_text(query, 2)),
        .project = (fg_project_id)fg_query_get(query, 3),
        .held_us = fg_query_get(query, 5),
        .wasted_us = fg_query_get(query, 6),
        .cost_uusd = fg_query_get(query, 7),
        .first_us = fg_query_get(query, 8),
        .last_us = fg_query_get(query, 9),
    };
    fg_copy_text(out->user, sizeof(out->user), fg_query_get_text(query, 4));
    fg_copy_text(out->text, sizeof(out->text), fg_query_get_text(query, 10));
    return out->cause < FG_ALERT_CAUSES;
}

/* The rows of a query that was bound. */
static int give_alerts(struct fg_query *query,
                       int (*row)(void *self, const struct fg_alert *alert),
                       void *self,
                       struct fg_err *err)
{
    struct fg_alert alert;
    int rc;
    while ((rc = fg_query_step(query, err)) == 1) {
        rc = decode_alert(query, &alert) ? row(self, &alert) : 0;
        if (rc != 0)
            return rc;
    }
    return rc;
}

static int give_findings(struct fg_query *query,
                         int (*row)(void *self, const struct fg_finding *finding),
                         void *self,
                         struct fg_err *err)
{
    struct fg_finding finding;
    int rc;
    while ((rc = fg_query_step(query, err)) == 1) {
        rc = decode_finding(query, &finding) ? row(self, &finding) : 0;
        if (rc != 0)
            return rc;
    }
    return rc;
}

int fg_store_load_alerts(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query alerts = {}, findings = {};
    int rc = sink->alert ? fg_query_begin(&alerts, &store->db, FG_SQL_alerts_open, err) : 0;
    if (rc == 0 && sink->alert)
        rc = give_alerts(&alerts, sink->alert, sink->self, err);
    if (rc == 0 && sink->finding)
        rc = fg_query_begin(&findings, &store->db, FG_SQL_findings_open, err);
    if (rc == 0 && sink->finding)
        rc = give_findings(&findings, sink->finding, sink->self, err);
    return rc;
}

/* -- read ---------------------------------------------------------------------------------------------------- */

int fg_reader_alerts(struct fg_reader *reader,
                     const struct fg_alert_filter *filter,
                     int (*row)(void *self, const struct fg_alert *alert),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    bool is_first = filter->before == 0 || filter->before > INT64_MAX;
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_alerts, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, is_first ? INT64_MAX : (int64_t)filter->before);
    fg_query_int(&query, filter->project);
    fg_query_int(&query, (int64_t)filter->job);
    fg_query_int(&query, filter->states);
    fg_query_int(&query, (int64_t)filter->limit);
    return give_alerts(&query, row, self, err);
}

int fg_reader_alert(struct fg_reader *reader,
                    uint64_t id,
                    struct fg_alert *out,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_alert, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, id > INT64_MAX ? 0 : (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    return rc == 1 && decode_alert(&query, out)
               ? 0
               : fg_fail(err, FG_ENOENT, "alert %" PRIu64 ": no such alert", id);
}

int fg_reader_alert_counts(struct fg_reader *reader,
                           fg_project_id project,
                           struct fg_alert_counts *out,
                           struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_alert_counts, err);
    if (rc < 0)
        return rc;
    *out = (struct fg_alert_counts){};
    fg_query_int(&query, project);
    while ((rc = fg_query_step(&query, err)) == 1) {
        int64_t severity = fg_query_get(&query, 0);
        if (severity >= 0 && severity < FG_SEVERITIES)
            (fg_query_get(&query, 1) ? out->acknowledged : out->open)[severity] =
                fg_query_get(&query, 2);
    }
    return rc;
}

int fg_reader_findings(struct fg_reader *reader,
                       const struct fg_finding_filter *filter,
                       int (*row)(void *self, const struct fg_finding *finding),
                       void *self,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_findings, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, filter->project);
    fg_query_int(&query, (int64_t)filter->job);
    fg_query_text(&query, filter->user);
    fg_query_int(&query, filter->from_us);
    fg_query_int(&query, filter->to_us);
    fg_query_int(&query, (int64_t)filter->limit);
    return give_findings(&query, row, self, err);
}
