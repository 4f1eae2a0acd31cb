/* write_job.c - jobs and attempts: the writes that happen thousands of times a second. */
#include "store/row.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int add_row(struct fg_store *store,
                   const struct fg_job_row *row,
                   const char *request,
                   struct fg_err *err)
{
    const struct fg_job *job = &row->job;
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)job->id);
    fg_query_int(&query, job->state);
    fg_query_int(&query, job->project);
    fg_query_int(&query, job->user);
    fg_query_int(&query, job->tasks);
    fg_query_int(&query, job->attempt);
    fg_query_int(&query, job->failures);
    fg_query_int(&query, job->retries);
    fg_query_int(&query, job->priority_milli);
    fg_query_int(&query, fg_job_flags(job));
    fg_query_int(&query, job->waits_for);
    fg_query_int(&query, (int64_t)row->after_len);
    fg_query_int(&query, job->submitted_us);
    fg_query_int(&query, job->eligible_us);
    fg_query_int(&query, job->started_us);
    fg_query_int(&query, 0);
    fg_query_int(&query, job->deadline_us);
    fg_query_int(&query, job->time_limit_us);
    fg_query_int(&query, job->retry_backoff_us);
    fg_query_int(&query, (int64_t)job->array_id);
    fg_query_int(&query, job->array_index);
    fg_query_int(&query, 0);
    fg_query_int(&query, 0);
    fg_query_text(&query, row->name);
    fg_query_text(&query, request);
    fg_query_text(&query, "");
    fg_query_int(&query, job->duration_us);
    fg_query_int(&query, job->attained_us);
    fg_query_int(&query, job->tasks_max);
    fg_query_int(&query, job->grace_us);
    fg_query_int(&query, job->checkpoint_us);
    fg_query_int(&query, job->restart_us);
    fg_query_int(&query, (int64_t)job->reservation);
    fg_query_int(&query, (int64_t)job->shape);
    fg_query_int(&query, job->flexible_until_us);
    return fg_query_run(&query, err);
}

static int add_spec(struct fg_store *store, const struct fg_job_row *row, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_spec_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)row->job.id);
    fg_query_text_len(&query, row->spec_json, row->spec_json_len);
    return fg_query_run(&query, err);
}

static int add_after(struct fg_store *store, const struct fg_job_row *row, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = row->after_len ? fg_query_begin(&query, &store->db, FG_SQL_job_after_add, err) : 0;
    for (size_t i = 0; rc == 0 && i < row->after_len; i++) {
        fg_query_int(&query, (int64_t)row->job.id);
        fg_query_int(&query, (int64_t)row->after[i].job);
        fg_query_int(&query, row->after[i].any_end);
        rc = fg_query_run(&query, err);
    }
    return rc;
}

/* Labels are looked for in the text only if it may have some: most jobs have none. */
static int add_labels(struct fg_store *store, const struct fg_job_row *row, struct fg_err *err)
{
    if (!memmem(row->spec_json, row->spec_json_len, "\"labels\"", 8))
        return 0;
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_label_add, err);
    if (rc < 0)
        return rc;
    fg_query_text_len(&query, row->spec_json, row->spec_json_len);
    fg_query_int(&query, (int64_t)row->job.id);
    return fg_query_run(&query, err);
}

/* Every element of an array may come with the key: the first keeps it. */
static int add_key(struct fg_store *store, const struct fg_job_row *row, struct fg_err *err)
{
    if (!row->idempotency_key || !*row->idempotency_key)
        return 0;
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_idempotency_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, row->job.user);
    fg_query_text(&query, row->idempotency_key);
    fg_query_int(&query, (int64_t)row->job.id);
    fg_query_int(&query, row->job.submitted_us);
    return fg_query_run(&query, err);
}

int fg_store_job_add(struct fg_store *store,
                     const struct fg_job_row *row,
                     const char *user,
                     const char *project,
                     const struct fg_request *any_of,
                     size_t any_of_len,
                     struct fg_err *err)
{
    (void)user, (void)project; /* the row has their numbers */
    assert(store->in_batch);
    char request[FG_REQUEST_TEXT_MAX];
    int rc = fg_request_encode(any_of, any_of_len, request, err);
    if (rc == 0 && row->after_len > FG_AFTER_MAX)
        rc = fg_fail(err, FG_EINVAL, "%zu dependencies, at most %d are kept", row->after_len,
                     FG_AFTER_MAX);
    if (rc == 0)
        rc = add_row(store, row, request, err);
    if (rc == 0)
        rc = add_spec(store, row, err);
    if (rc == 0)
        rc = add_after(store, row, err);
    if (rc == 0)
        rc = add_labels(store, row, err);
    if (rc == 0)
        rc = add_key(store, row, err);
    if (rc < 0)
        return fg_wrap(err, rc, "job %" PRIu64, row->job.id);
    fg_counts_add(&store->counts, row->job.project, row->job.state, 1);
    return 0;
}

/* The state before the change: for the counts, and to leave the index on it alone if it stays. */
static int state_now(struct fg_store *store,
                     fg_job_id id,
                     enum fg_job_state *out_state,
                     fg_project_id *out_project,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_job_now, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "job %" PRIu64 ": not known", id);
    *out_state = (enum fg_job_state)fg_query_get(&query, 0);
    *out_project = (fg_project_id)fg_query_get(&query, 1);
    return *out_state < FG_JOB_STATES ? 0 : fg_fail(err, FG_EIO, "the database is damaged");
}

int fg_store_job_set(struct fg_store *store,
                     const struct fg_job *job,
                     int64_t finished_us,
                     const char *reason,
                     int32_t exit_code,
                     int32_t term_signal,
                     struct fg_err *err)
{
    assert(store->in_batch);
    enum fg_job_state was = FG_JOB_QUEUED;
    fg_project_id project = 0;
    int rc = state_now(store, job->id, &was, &project, err);
    if (rc < 0)
        return rc;

    bool moves = was != job->state;
    FG_AUTO(fg_query) struct fg_query query = {};
    rc = fg_query_begin(&query, &store->db, moves ? FG_SQL_job_set_state : FG_SQL_job_set, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, job->attempt);
    fg_query_int(&query, job->failures);
    fg_query_int(&query, job->priority_milli);
    fg_query_int(&query, fg_job_flags(job));
    fg_query_int(&query, job->waits_for);
    fg_query_int(&query, job->eligible_us);
    fg_query_int(&query, job->started_us);
    fg_query_int(&query, finished_us);
    fg_query_int(&query, exit_code);
    fg_query_int(&query, term_signal);
    fg_query_text(&query, reason);
    fg_query_int(&query, job->attained_us);
    if (moves)
        fg_query_int(&query, job->state);
    fg_query_int(&query, (int64_t)job->id);
    rc = fg_query_run(&query, err);
    if (rc < 0)
        return fg_wrap(err, rc, "job %" PRIu64, job->id);
    if (moves) {
        fg_counts_add(&store->counts, project, was, -1);
        fg_counts_add(&store->counts, project, job->state, 1);
    }
    return 0;
}

static int put_attempt(struct fg_store *store,
                       const struct fg_attempt_row *row,
                       const char *grants,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_attempt_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)row->job);
    fg_query_int(&query, row->attempt);
    fg_query_int(&query, row->started_us);
    fg_query_int(&query, row->finished_us);
    fg_query_int(&query, row->exit_code);
    fg_query_int(&query, row->term_signal);
    fg_query_int(&query, row->outcome);
    fg_query_int(&query, row->usage.max_rss_mib);
    fg_query_int(&query, row->usage.cpu_us);
    fg_query_int(&query, row->usage.gpu_us);
    fg_query_int(&query, row->cost_uusd);
    fg_query_text(&query, row->node);
    fg_query_text(&query, row->devices);
    fg_query_text(&query, row->reason);
    fg_query_text(&query, grants);
    fg_query_int(&query, row->usage.energy_mj);
    fg_query_text(&query, row->kind ? row->kind : "");
    fg_query_text(&query, row->supplier ? row->supplier : "");
    fg_query_text(&query, row->region ? row->region : "");
    return fg_query_run(&query, err);
}

int fg_store_attempt_put(struct fg_store *store,
                         const struct fg_attempt_row *row,
                         struct fg_err *err)
{
    assert(store->in_batch);
    if (row->grants_len > FG_TASKS_MAX)
        return fg_fail(err, FG_EINVAL, "%zu grants, at most %d are kept", row->grants_len,
                       FG_TASKS_MAX);
    char few[8 * FG_GRANT_TEXT_MAX + 1];
    char *many = NULL; /* a large gang */
    if (row->grants_len > 8 && !(many = malloc(row->grants_len * FG_GRANT_TEXT_MAX + 1)))
        return fg_fail(err, FG_ENOMEM, "no memory for %zu grants", row->grants_len);
    char *grants = many ? many : few;
    fg_grants_encode(row->grants, row->grants_len, grants);
    int rc = put_attempt(store, row, grants, err);
    free(many);
    return rc < 0
               ? fg_wrap(err, rc, "attempt %" PRIu32 " of job %" PRIu64, row->attempt, row->job)
               : 0;
}
