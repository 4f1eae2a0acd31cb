/* reader_jobs.c - lists of jobs over a million rows, and one job.
 *
 * A list first picks ids by the one index that leaves least to read (the "driver"), with the other
 * filters as conditions, then joins the details of that page only.  Every index ends in the id, so each
 * driver gives the page in order and stops at its limit.
 */
#include "store/reader_impl.h"
#include "store/row.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parameters of a composed list, by number. */
enum {
    P_PROJECT = 1,
    P_IN_PROJECT,
    P_USER,
    P_NAME,
    P_KEY,
    P_VALUE,
    P_ARRAY,
    P_BEFORE,
    P_LIMIT
};

enum driver { BY_ID, BY_STATE, BY_PROJECT, BY_USER, BY_LABEL, BY_ARRAY };

#define DETAILS                                                                                \
    ", u.name, p.name, a.node, a.devices, a.max_rss_mib, a.cpu_us, a.gpu_us, a.energy_mj,"     \
    " a.cost_uusd,"                                                                            \
    " json_extract(s.json, '$.labels'), json_extract(s.json, '$.reservation') FROM pick "      \
    "CROSS JOIN job j ON j.id = pick.id"                                                       \
    " LEFT JOIN user u ON u.id = j.user LEFT JOIN project p ON p.id = j.project"               \
    " LEFT JOIN attempt a ON a.job = j.id AND a.attempt = j.attempt"                           \
    " LEFT JOIN job_spec s ON s.id = j.id"

/* Columns behind FG_JOB_COLUMNS. */
enum {
    USER_NAME = FG_JOB_COLUMNS_LEN,
    PROJECT_NAME,
    NODE,
    DEVICES,
    MAX_RSS,
    CPU,
    GPU,
    ENERGY,
    COST,
    LABELS,
    RESERVATION,
    SPEC
};

struct text {
    char at[4096];
    size_t len;
};

[[gnu::format(printf, 2, 3)]] static void add(struct text *text, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text->at + text->len, sizeof(text->at) - text->len, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof(text->at) - text->len)
        abort(); /* the texts below are bounded: a bug */
    text->len += (size_t)n;
}

static uint64_t sum(const uint64_t counts[FG_JOB_STATES], uint32_t states)
{
    uint64_t n = 0;
    for (int i = 0; i < FG_JOB_STATES; i++)
        n += states & (1U << i) ? counts[i] : 0;
    return n;
}

#define ALL_STATES ((1U << FG_JOB_STATES) - 1)

/* The index that leaves least to read.  `*out_none`: the counts say that no job fits. */
static int choose(struct fg_reader *reader,
                  const struct fg_job_filter *filter,
                  enum driver *out,
                  bool *out_none,
                  struct fg_err *err)
{
    fg_project_id project = filter->project ? filter->project : filter->in_project;
    uint32_t states = filter->states ? filter->states & ALL_STATES : ALL_STATES;
    uint64_t all[FG_JOB_STATES] = {}, own[FG_JOB_STATES] = {};
    int rc = fg_reader_counts(reader, 0, all, err);
    if (rc == 0)
        rc = fg_reader_counts(reader, project, own, err);
    if (rc < 0)
        return rc;

    *out_none =
        sum(own, states) == 0
        || (filter->project && filter->in_project && filter->project != filter->in_project);
    uint64_t least = sum(all, ALL_STATES);
    *out = BY_ID;
    if (filter->states && sum(all, states) < least) {
        least = sum(all, states);
        *out = BY_STATE;
    }
    if (project && sum(own, ALL_STATES) < least) {
        least = sum(own, ALL_STATES);
        *out = BY_PROJECT;
    }
    /* How many jobs a user has is not counted: a guess. */
    if (filter->user && least > sum(all, ALL_STATES) / 4)
        *out = BY_USER;
    if (filter->label_key)
        *out = BY_LABEL;
    if (filter->array_id)
        *out = BY_ARRAY;
    return 0;
}

static void add_conditions(struct text *sql,
                           const struct fg_job_filter *filter,
                           uint32_t states)
{
    if (filter->project)
        add(sql, " AND j.project = ?%d", P_PROJECT);
    if (filter->in_project)
        add(sql, " AND j.project = ?%d", P_IN_PROJECT);
    if (filter->user)
        add(sql, " AND j.user = ?%d", P_USER);
    if (filter->name)
        add(sql, " AND j.name = ?%d", P_NAME);
    if (filter->array_id)
        add(sql, " AND j.array_id = ?%d", P_ARRAY);
    if (!states)
        return;
    const char *comma = "";
    add(sql, " AND j.state IN (");
    for (int i = 0; i < FG_JOB_STATES; i++)
        if (states & (1U << i)) {
            add(sql, "%s%d", comma, i);
            comma = ",";
        }
    add(sql, ")");
}

/* One page of ids from one index. */
static void add_arm(struct text *sql,
                    enum driver driver,
                    const struct fg_job_filter *filter,
                    uint32_t states)
{
    static const char *const from[] = {
        [BY_ID] = "job j NOT INDEXED",
        [BY_STATE] = "job j INDEXED BY job_state",
        [BY_PROJECT] = "job j INDEXED BY job_project",
        [BY_USER] = "job j INDEXED BY job_user",
        [BY_LABEL] = "job_label l CROSS JOIN job j ON j.id = l.job",
        [BY_ARRAY] = "job j NOT INDEXED",
    };
    const char *id = driver == BY_LABEL ? "l.job" : "j.id";
    add(sql, "SELECT * FROM (SELECT %s AS id FROM %s WHERE %s %s ?%d", id, from[driver], id,
        filter->ascending ? ">" : "<", P_BEFORE);
    if (filter->label_key && driver == BY_LABEL)
        add(sql, " AND l.key = ?%d AND l.value = ?%d", P_KEY, P_VALUE);
    else if (filter->label_key)
        add(sql,
            " AND EXISTS (SELECT 1 FROM job_label l WHERE l.key = ?%d AND l.value = ?%d AND "
            "l.job = j.id)",
            P_KEY, P_VALUE);
    if (driver == BY_ARRAY) /* its elements have ids in a row */
        add(sql, " AND j.id >= ?%d AND j.id < ?%d + %d", P_ARRAY, P_ARRAY, FG_ARRAY_MAX);
    add_conditions(sql, filter, states);
    add(sql, " ORDER BY %s %s LIMIT ?%d)", id, filter->ascending ? "ASC" : "DESC", P_LIMIT);
}

static void compose(struct text *sql, enum driver driver, const struct fg_job_filter *filter)
{
    uint32_t states = filter->states & ALL_STATES;
    add(sql, "WITH pick AS (");
    if (driver != BY_STATE) {
        add_arm(sql, driver, filter, states);
    } else {
        const char *with = "";
        for (int i = 0; i < FG_JOB_STATES; i++)
            if (states & (1U << i)) {
                add(sql, "%s", with);
                add_arm(sql, driver, filter, 1U << i);
                with = " UNION ALL ";
            }
    }
    add(sql, ") SELECT " FG_JOB_COLUMNS DETAILS " ORDER BY pick.id %s LIMIT ?%d",
        filter->ascending ? "ASC" : "DESC", P_LIMIT);
}

void fg_reader_lists_drop(struct fg_reader *reader)
{
    for (size_t i = 0; i < FG_READER_LISTS; i++) {
        sqlite3_finalize(reader->lists[i].stmt);
        free(reader->lists[i].sql);
        reader->lists[i] = (struct fg_reader_list){};
    }
}

/* The statement for this text: the one that was kept, or a new one in place of the longest unused. */
static int list_statement(struct fg_reader *reader,
                          const char *sql,
                          sqlite3_stmt **out,
                          struct fg_err *err)
{
    struct fg_reader_list *oldest = &reader->lists[0];
    for (size_t i = 0; i < FG_READER_LISTS; i++) {
        struct fg_reader_list *list = &reader->lists[i];
        if (list->sql && strcmp(list->sql, sql) == 0) {
            list->used = ++reader->uses;
            *out = list->stmt;
            return 0;
        }
        if (list->used < oldest->used)
            oldest = list;
    }
    sqlite3_stmt *stmt = NULL;
    int rc =
        sqlite3_prepare_v3(reader->db.handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return fg_db_fail(&reader->db, rc, "list of jobs", err);
    sqlite3_finalize(oldest->stmt);
    free(oldest->sql);
    *oldest = (struct fg_reader_list){.sql = strdup(sql), .stmt = stmt, .used = ++reader->uses};
    *out = stmt;
    return 0;
}

/* Of all attempts together; the joined columns are those of the last. */
static int sum_attempts(struct fg_reader *reader, struct fg_job_view *view, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_usage, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)view->job.id);
    rc = fg_query_step(&query, err);
    if (rc <= 0)
        return rc;
    view->usage.max_rss_mib = fg_query_get(&query, 0);
    view->usage.cpu_us = fg_query_get(&query, 1);
    view->usage.gpu_us = fg_query_get(&query, 2);
    view->usage.energy_mj = fg_query_get(&query, 3);
    view->cost_uusd = fg_query_get(&query, 4);
    return 0;
}

/* The text of a column, or `other` if it is NULL or empty. */
static const char *text_or(const struct fg_query *query, int column, const char *other)
{
    const char *text = fg_query_get_text(query, column);
    return *text ? text : other;
}

static int decode_view(struct fg_reader *reader,
                       const struct fg_query *query,
                       struct fg_job_view *view,
                       struct fg_err *err)
{
    struct fg_job_columns columns;
    int rc = fg_job_decode(query, &columns, err);
    if (rc < 0)
        return rc;
    bool ran = sqlite3_column_type(query->stmt, NODE) != SQLITE_NULL;
    *view = (struct fg_job_view){
        .job = columns.job,
        .name = columns.name,
        .user = fg_query_get_text(query, USER_NAME),
        .project = fg_query_get_text(query, PROJECT_NAME),
        .reason = columns.reason,
        .finished_us = columns.finished_us,
        .exit_code = columns.exit_code,
        .term_signal = columns.term_signal,
        .usage = {.max_rss_mib = ran ? fg_query_get(query, MAX_RSS) : -1,
                  .cpu_us = fg_query_get(query, CPU),
                  .gpu_us = fg_query_get(query, GPU),
                  .energy_mj = fg_query_get(query, ENERGY)},
        .cost_uusd = ran ? fg_query_get(query, COST) : -1,
        .node = fg_query_get_text(query, NODE),
        .devices = columns.job.state == FG_JOB_QUEUED ? "[]" : text_or(query, DEVICES, "[]"),
        .labels_json = text_or(query, LABELS, "{}"),
        .reservation = text_or(query, RESERVATION, ""),
        .any_of_len = columns.any_of_len,
    };
    memcpy(view->any_of, columns.any_of, columns.any_of_len * sizeof(view->any_of[0]));
    return ran && columns.job.attempt > 1 ? sum_attempts(reader, view, err) : 0;
}

/* The number of that user; 0: no such user. */
static int find_user(struct fg_reader *reader,
                     const char *name,
                     int64_t *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_user_find, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, name);
    rc = fg_query_step(&query, err);
    if (rc >= 0)
        *out = rc == 1 ? fg_query_get(&query, 0) : 0;
    return rc < 0 ? rc : 0;
}

static void bind_filter(sqlite3_stmt *stmt, const struct fg_job_filter *filter, int64_t user)
{
    int64_t before = filter->before      ? (int64_t)filter->before
                     : filter->ascending ? 0
                                         : INT64_MAX;
    size_t limit = filter->limit > FG_PAGE_MAX ? FG_PAGE_MAX : filter->limit;
    /* A number that the text does not use is refused, which is all right. */
    sqlite3_bind_int64(stmt, P_PROJECT, filter->project);
    sqlite3_bind_int64(stmt, P_IN_PROJECT, filter->in_project);
    sqlite3_bind_int64(stmt, P_USER, user);
    sqlite3_bind_text(stmt, P_NAME, filter->name ? filter->name : "", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, P_KEY, filter->label_key ? filter->label_key : "", -1,
                      SQLITE_STATIC);
    sqlite3_bind_text(stmt, P_VALUE, filter->label_value ? filter->label_value : "", -1,
                      SQLITE_STATIC);
    sqlite3_bind_int64(stmt, P_ARRAY, (int64_t)filter->array_id);
    sqlite3_bind_int64(stmt, P_BEFORE, before);
    sqlite3_bind_int64(stmt, P_LIMIT, (int64_t)limit);
}

static int list(struct fg_reader *reader,
                const struct fg_job_filter *filter,
                int (*row)(void *self, const struct fg_job_view *job),
                void *self,
                struct fg_err *err)
{
    enum driver driver = BY_ID;
    bool none = false;
    int64_t user = 0;
    int rc = choose(reader, filter, &driver, &none, err);
    if (rc == 0 && filter->user)
        rc = find_user(reader, filter->user, &user, err);
    if (rc < 0 || none || (filter->user && user == 0))
        return rc;

    struct text sql = {};
    compose(&sql, driver, filter);
    FG_AUTO(fg_query) struct fg_query query = {.db = &reader->db};
    rc = list_statement(reader, sql.at, &query.stmt, err);
    if (rc < 0)
        return rc;
    bind_filter(query.stmt, filter, user);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_job_view view;
        rc = decode_view(reader, &query, &view, err);
        if (rc == 0)
            rc = row(self, &view);
    }
    return rc;
}

/* The counts, the user and the page are read at one moment. */
int fg_reader_jobs(struct fg_reader *reader,
                   const struct fg_job_filter *filter,
                   int (*row)(void *self, const struct fg_job_view *job),
                   void *self,
                   struct fg_err *err)
{
    int rc = fg_db_exec(&reader->db, "BEGIN", err);
    if (rc < 0)
        return rc;
    rc = list(reader, filter, row, self, err);
    fg_db_exec(&reader->db, "COMMIT", NULL);
    return rc;
}

int fg_reader_job(struct fg_reader *reader,
                  fg_job_id id,
                  int (*row)(void *self, const struct fg_job_view *job),
                  void *self,
                  struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_job, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "job %" PRIu64 ": not known", id);
    struct fg_job_view view;
    rc = decode_view(reader, &query, &view, err);
    if (rc < 0)
        return rc;
    view.spec_json = fg_query_get_text(&query, SPEC);
    view.spec_json_len = (size_t)sqlite3_column_bytes(query.stmt, SPEC);
    return row(self, &view);
}
