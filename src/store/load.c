/* load.c - what the controller reads: everything at start, single jobs later. */
#include "store/row.h"
#include "store/store_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FINISHED_MAX 20000 /* the newest so many ids are looked through */

static int single(struct fg_store *store, enum fg_sql sql, uint64_t *out, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    if (rc == 0)
        rc = fg_query_step(&query, err);
    if (rc == 1)
        *out = (uint64_t)fg_query_get(&query, 0);
    return rc < 0 ? rc : 0;
}

static int load_use(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = sink->project_use ? fg_query_begin(&query, &store->db, FG_SQL_load_use, err) : 0;
    while (rc == 0 && sink->project_use && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->project_use(sink->self, (fg_project_id)fg_query_get(&query, 0),
                               fg_query_get(&query, 1), fg_query_get(&query, 2));
    return rc;
}

static int load_warned(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc =
        sink->budget_warned ? fg_query_begin(&query, &store->db, FG_SQL_load_warned, err) : 0;
    while (rc == 0 && sink->budget_warned && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->budget_warned(sink->self, (fg_project_id)fg_query_get(&query, 0),
                                 fg_query_get(&query, 1), (int32_t)fg_query_get(&query, 2));
    return rc;
}

/* Behind the columns of its job stand those of the attempt. */
static int load_past(const struct fg_store_sink *sink,
                     const struct fg_query *query,
                     struct fg_grant *grants,
                     struct fg_err *err)
{
    enum { ATTEMPT = FG_JOB_COLUMNS_LEN, OUTCOME, STARTED, FINISHED, MAX_RSS, GRANTS, REASON };
    struct fg_job_columns columns;
    int rc = fg_job_decode(query, &columns, err);
    if (rc < 0)
        return rc;
    bool has_attempt = fg_query_get(query, ATTEMPT) > 0;
    int len = has_attempt ? fg_grants_decode(fg_query_get_text(query, GRANTS), grants) : 0;
    if (len < 0)
        return fg_fail(err, FG_EIO, "grants of job %" PRIu64 ": the database is damaged",
                       columns.job.id);
    struct fg_past_attempt past = {
        .job = &columns.job,
        .name = columns.name,
        .job_finished_us = columns.finished_us,
        .any_of = columns.any_of,
        .any_of_len = columns.any_of_len,
        .is_last = !has_attempt || fg_query_get(query, ATTEMPT) == columns.job.attempt,
        .outcome =
            has_attempt ? (enum fg_job_state)fg_query_get(query, OUTCOME) : columns.job.state,
        .started_us = fg_query_get(query, STARTED),
        .finished_us = fg_query_get(query, FINISHED),
        .max_rss_mib = has_attempt ? fg_query_get(query, MAX_RSS) : -1,
        .reason = has_attempt ? fg_query_get_text(query, REASON) : "",
        .grants = grants,
        .grants_len = (size_t)len,
    };
    sink->finished(sink->self, &past);
    return 0;
}

static int load_finished(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = sink->finished ? fg_query_begin(&query, &store->db, FG_SQL_load_finished, err) : 0;
    if (rc == 0 && sink->demand_level)
        rc = fg_store_load_levels(store, sink, err);
    struct fg_grant *grants = sink->finished ? malloc(FG_TASKS_MAX * sizeof(*grants)) : NULL;
    if (rc == 0 && grants)
        fg_query_int(&query, FINISHED_MAX);
    while (rc == 0 && grants && (rc = fg_query_step(&query, err)) == 1)
        rc = load_past(sink, &query, grants, err);
    free(grants);
    return rc;
}

static int load_nodes(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = sink->node ? fg_query_begin(&query, &store->db, FG_SQL_load_nodes, err) : 0;
    while (rc == 0 && sink->node && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->node(sink->self, fg_query_get_text(&query, 0),
                        (enum fg_node_state)fg_query_get(&query, 1),
                        fg_query_get_text(&query, 2));
    return rc;
}

static int load_users(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = sink->user ? fg_query_begin(&query, &store->db, FG_SQL_load_users, err) : 0;
    while (rc == 0 && sink->user && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->user(sink->self, (uint32_t)fg_query_get(&query, 0),
                        fg_query_get_text(&query, 1));
    return rc;
}

static int load_reservations(struct fg_store *store,
                             struct fg_store_sink *sink,
                             struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = sink->reservation
                 ? fg_query_begin(&query, &store->db, FG_SQL_load_reservations, err)
                 : 0;
    while (rc == 0 && sink->reservation && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->reservation(sink->self, fg_query_get_text(&query, 0),
                               fg_query_get_text(&query, 1));
    return rc;
}

/* The number of dependencies of the job, or an error. */
static int load_after(struct fg_store *store,
                      fg_job_id job,
                      struct fg_after out[FG_AFTER_MAX],
                      struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int len = 0, rc = fg_query_begin(&query, &store->db, FG_SQL_load_after, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job);
    while ((rc = fg_query_step(&query, err)) == 1 && len < FG_AFTER_MAX)
        out[len++] = (struct fg_after){.job = (fg_job_id)fg_query_get(&query, 0),
                                       .any_end = fg_query_get(&query, 1) != 0};
    return rc < 0 ? rc : len;
}

/* The number of grants of the present attempt, or an error. */
static int load_grants(struct fg_store *store,
                       const struct fg_job *job,
                       struct fg_grant *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_grants, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job->id);
    fg_query_int(&query, job->attempt);
    rc = fg_query_step(&query, err);
    if (rc <= 0)
        return rc;
    int len = fg_grants_decode(fg_query_get_text(&query, 0), out);
    return len >= 0 ? len
                    : fg_fail(err, FG_EIO, "grants of job %" PRIu64 ": the database is damaged",
                              job->id);
}

static int load_job(struct fg_store *store,
                    struct fg_store_sink *sink,
                    const struct fg_query *query,
                    struct fg_grant *grants,
                    struct fg_err *err)
{
    struct fg_job_columns columns;
    struct fg_after after[FG_AFTER_MAX];
    int after_len = 0, grants_len = 0;
    int rc = fg_job_decode(query, &columns, err);
    if (rc == 0 && columns.after_len > 0)
        rc = after_len = load_after(store, columns.job.id, after, err);
    if (rc >= 0 && columns.job.state != FG_JOB_QUEUED)
        rc = grants_len = load_grants(store, &columns.job, grants, err);
    if (rc < 0)
        return rc;
    struct fg_job_row row = {.job = columns.job,
                             .name = columns.name,
                             .after = after,
                             .after_len = (size_t)after_len,
                             .idempotency_key = ""};
    return sink->job(sink->self, &row, columns.any_of, columns.any_of_len, grants,
                     (size_t)grants_len);
}

static int load_jobs(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    struct fg_grant *grants = malloc(FG_TASKS_MAX * sizeof(*grants));
    if (!grants)
        return fg_fail(err, FG_ENOMEM, "no memory to load jobs");
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_jobs, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = load_job(store, sink, &query, grants, err);
    free(grants);
    return rc;
}

static int load_lost(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_lost, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = sink->attempt_lost(sink->self, (fg_job_id)fg_query_get(&query, 0),
                                fg_query_get_text(&query, 1));
    return rc;
}

int fg_store_load(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    int rc = single(store, FG_SQL_next_job, &sink->next_job_id, err);
    if (rc == 0)
        rc = single(store, FG_SQL_next_token, &sink->next_token_id, err);
    if (rc == 0)
        rc = single(store, FG_SQL_next_order, &sink->next_order_id, err);
    if (rc == 0)
        rc = single(store, FG_SQL_next_plan, &sink->next_plan_id, err);
    if (rc == 0)
        rc = single(store, FG_SQL_next_proposal, &sink->next_proposal_id, err);
    if (rc == 0)
        rc = single(store, FG_SQL_next_alert, &sink->next_alert_id, err);
    if (rc == 0)
        rc = sink->project ? fg_db_projects(&store->db, sink->project, sink->self, err) : 0;
    if (rc == 0)
        rc = load_use(store, sink, err);
    if (rc == 0)
        rc = load_warned(store, sink, err);
    if (rc == 0)
        rc = load_nodes(store, sink, err);
    if (rc == 0)
        rc = load_users(store, sink, err);
    if (rc == 0)
        rc = load_reservations(store, sink, err);
    if (rc == 0)
        rc = fg_store_load_orders(store, sink, err);
    if (rc == 0)
        rc = fg_store_load_alerts(store, sink, err);
    if (rc == 0)
        rc = load_finished(store, sink, err);
    if (rc == 0 && sink->job)
        rc = load_jobs(store, sink, err);
    if (rc == 0 && sink->attempt_lost)
        rc = load_lost(store, sink, err);
    return rc;
}

static int count_array(struct fg_store *store,
                       fg_job_id first,
                       uint32_t *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_array_len, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)first);
    fg_query_int(&query, (int64_t)first + FG_ARRAY_MAX);
    rc = fg_query_step(&query, err);
    if (rc == 1)
        *out = (uint32_t)fg_query_get(&query, 0);
    return rc < 0 ? rc : 0;
}

int fg_store_idempotency_find(struct fg_store *store,
                              const char *user,
                              const char *key,
                              fg_job_id *out_job,
                              uint32_t *out_count,
                              struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_idempotency_find, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, user);
    fg_query_text(&query, key);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "no job was submitted with that key");
    fg_job_id job = (fg_job_id)fg_query_get(&query, 0);
    uint32_t count = 1;
    rc = fg_query_get(&query, 1) ? count_array(store, job, &count, err) : 0;
    if (rc < 0)
        return rc;
    *out_job = job;
    *out_count = count;
    return 0;
}

int fg_store_spend_sum(struct fg_store *store,
                       fg_project_id project,
                       int64_t from_day,
                       int64_t *out_uusd,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_spend_sum, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project);
    fg_query_int(&query, from_day);
    rc = fg_query_step(&query, err);
    if (rc == 1)
        *out_uusd = fg_query_get(&query, 0);
    return rc < 0 ? rc : 0;
}

int fg_store_job_state(struct fg_store *store,
                       fg_job_id job,
                       enum fg_job_state *out_state,
                       fg_project_id *out_project,
                       int32_t *out_exit_code,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_state, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "job %" PRIu64 ": not known", job);
    if (out_state)
        *out_state = (enum fg_job_state)fg_query_get(&query, 0);
    if (out_project)
        *out_project = (fg_project_id)fg_query_get(&query, 1);
    if (out_exit_code)
        *out_exit_code = (int32_t)fg_query_get(&query, 2);
    return 0;
}

int fg_store_job_spec(struct fg_store *store,
                      fg_job_id job,
                      struct fg_arena *arena,
                      const char **out_json,
                      size_t *out_len,
                      struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_spec, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "job %" PRIu64 ": not known", job);
    const char *json = fg_query_get_text(&query, 0);
    size_t len = (size_t)sqlite3_column_bytes(query.stmt, 0);
    char *copy = fg_arena_alloc(arena, len + 1, 1);
    memcpy(copy, json, len);
    *out_json = copy;
    *out_len = len;
    return 0;
}
