/* reader.c - see reader.h; lists of jobs are in reader_jobs.c. */
#include "store/reader_impl.h"
#include "store/row.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fg_reader *fg_reader_open(const char *path, struct fg_err *err)
{
    struct fg_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) {
        fg_fail(err, FG_ENOMEM, "database %s: no memory", path);
        return NULL;
    }
    int rc = fg_db_open(&reader->db, path, FG_DB_READ, err);
    if (rc == 0)
        rc = fg_schema_verify(&reader->db, err);
    if (rc < 0) {
        fg_wrap(err, rc, "database %s", path);
        fg_reader_free(reader);
        return NULL;
    }
    return reader;
}

void fg_reader_free(struct fg_reader *reader)
{
    if (!reader)
        return;
    fg_reader_lists_drop(reader);
    fg_db_close(&reader->db);
    free(reader);
}

int fg_reader_attempts(struct fg_reader *reader,
                       fg_job_id id,
                       int (*row)(void *self, const struct fg_attempt_view *attempt),
                       void *self,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_attempts, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    while ((rc = fg_query_step(&query, err)) == 1) {
        struct fg_attempt_view attempt = {
            .attempt = (uint32_t)fg_query_get(&query, 0),
            .started_us = fg_query_get(&query, 1),
            .finished_us = fg_query_get(&query, 2),
            .exit_code = (int32_t)fg_query_get(&query, 3),
            .term_signal = (int32_t)fg_query_get(&query, 4),
            .outcome = (enum fg_job_state)fg_query_get(&query, 5),
            .usage = {.max_rss_mib = fg_query_get(&query, 6),
                      .cpu_us = fg_query_get(&query, 7),
                      .gpu_us = fg_query_get(&query, 8),
                      .energy_mj = fg_query_get(&query, 9)},
            .node = fg_query_get_text(&query, 10),
            .devices = fg_query_get_text(&query, 11),
            .reason = fg_query_get_text(&query, 12),
            .region = fg_query_get_text(&query, 13),
        };
        rc = row(self, &attempt);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int fg_reader_artifacts(struct fg_reader *reader,
                        fg_job_id id,
                        int (*row)(void *self, const struct fg_artifact_view *artifact),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_artifacts, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    while ((rc = fg_query_step(&query, err)) == 1) {
        struct fg_artifact_view artifact = {
            .path = fg_query_get_text(&query, 0),
            .hash = fg_query_get_text(&query, 1),
            .bytes = (uint64_t)fg_query_get(&query, 2),
            .time_us = fg_query_get(&query, 3),
        };
        rc = row(self, &artifact);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int fg_reader_events(struct fg_reader *reader,
                     const struct fg_event_filter *filter,
                     int (*row)(void *self, const struct fg_event *event),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    uint64_t from = filter->before ? filter->before : filter->after;
    int rc = fg_query_begin(&query, &reader->db,
                            filter->before ? FG_SQL_read_events_back : FG_SQL_read_events, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, from > INT64_MAX ? INT64_MAX : (int64_t)from);
    fg_query_int(&query, filter->project);
    fg_query_int(&query, (int64_t)filter->job);
    fg_query_int(&query, (int64_t)filter->limit);
    fg_query_text(&query, filter->kind);
    if (filter->before)
        fg_query_int(&query, filter->deeds);
    while ((rc = fg_query_step(&query, err)) == 1) {
        struct fg_event event = {
            .seq = (uint64_t)fg_query_get(&query, 0),
            .time_us = fg_query_get(&query, 1),
            .kind = fg_query_get_text(&query, 2),
            .job = (fg_job_id)fg_query_get(&query, 3),
            .project = (fg_project_id)fg_query_get(&query, 4),
            .json = fg_query_get_text(&query, 5),
        };
        rc = row(self, &event);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int fg_reader_projects(struct fg_reader *reader,
                       int (*row)(void *self, const struct fg_project *project),
                       void *self,
                       struct fg_err *err)
{
    return fg_db_projects(&reader->db, row, self, err);
}

int fg_reader_tokens(struct fg_reader *reader,
                     int (*row)(void *self, const struct fg_token *token),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_tokens, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_token token;
        fg_token_decode(&query, &token);
        rc = row(self, &token);
    }
    return rc;
}

int fg_reader_token_by_hash(struct fg_reader *reader,
                            const uint8_t hash[32],
                            struct fg_token *out,
                            struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_token, err);
    if (rc < 0)
        return rc;
    fg_query_blob(&query, hash, 32);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "token: not known");
    fg_token_decode(&query, out);
    return 0;
}

int fg_reader_hashes(struct fg_reader *reader,
                     int (*row)(void *self, const char *hash),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_hashes, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        const char *hash = fg_query_get_text(&query, 0);
        rc = *hash ? row(self, hash) : 0;
    }
    return rc;
}

int fg_reader_counts(struct fg_reader *reader,
                     fg_project_id project,
                     uint64_t *out,
                     struct fg_err *err)
{
    uint64_t counts[FG_JOB_STATES] = {};
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_counts, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, project);
    while ((rc = fg_query_step(&query, err)) == 1) {
        int64_t state = fg_query_get(&query, 0), n = fg_query_get(&query, 1);
        if (state >= 0 && state < FG_JOB_STATES && n > 0)
            counts[state] = (uint64_t)n;
    }
    if (rc == 0)
        memcpy(out, counts, sizeof(counts));
    return rc;
}

int fg_reader_publish(struct fg_reader *reader,
                      const char *name,
                      struct fg_publish_row *out,
                      struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_publish_find, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, name);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "sink %s: nothing was sent to it yet", name);
    *out = (struct fg_publish_row){.seq = (uint64_t)fg_query_get(&query, 0),
                                   .sent = (uint64_t)fg_query_get(&query, 1),
                                   .dropped = (uint64_t)fg_query_get(&query, 2),
                                   .sent_us = fg_query_get(&query, 3)};
    fg_copy_text(out->name, sizeof(out->name), name);
    return 0;
}

int fg_reader_last_event(struct fg_reader *reader, uint64_t *out_seq, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_last_event, err);
    if (rc == 0)
        rc = fg_query_step(&query, err);
    if (rc == 1)
        *out_seq = (uint64_t)fg_query_get(&query, 0);
    return rc < 0 ? rc : 0;
}
