/* past_test.c - attempts of jobs that are over are handed over for what they teach; a file of version 4 loses nothing. */
#include "store/testing.h"

#include "store/schema.h"

/* Version 4: a job that ran twice, one that failed before it began, one that was cancelled, one that waits. */
static const char *const version_4_rows[] = {
    "INSERT INTO user VALUES(1, 'ann')",
    "INSERT INTO job VALUES(1, 3, 1, 1, 1, 2, 0, 0, 500, 0, 0, 0, 100, 0, 200, 300, 0, 0, 5, "
    "0, 0, 0, 0,"
    " 'train-7', '|0|0|0|1000|512;', '', 0, 77, 1, 0, 0, 0, 0)",
    "INSERT INTO job VALUES(2, 4, 1, 1, 1, 0, 0, 0, 500, 0, 0, 0, 100, 0, 0, 150, 0, 0, 5, 0, "
    "0, 1, 0,"
    " 'bad', '|0|0|0|1000|512;', '', 0, 0, 1, 0, 0, 0, 0)",
    "INSERT INTO job VALUES(3, 5, 1, 1, 1, 1, 0, 0, 500, 0, 0, 0, 100, 0, 0, 150, 0, 0, 5, 0, "
    "0, 1, 0,"
    " 'gone', '|0|0|0|1000|512;', '', 0, 0, 1, 0, 0, 0, 0)",
    "INSERT INTO job VALUES(4, 0, 1, 1, 1, 0, 0, 0, 500, 0, 0, 0, 100, 0, 0, 0, 0, 60, 5, 0, "
    "0, 0, 0,"
    " 'waits', '|0|0|0|1000|512;', '', 0, 0, 1, 0, 0, 0, 9)",
    "INSERT INTO attempt VALUES(1, 1, 110, 150, 0, 15, 0, 400, 9, 9, -1, 'n1', '[]', '',"
    " '1:0:0:1000:512;')",
    "INSERT INTO attempt VALUES(1, 2, 200, 300, 0, 0, 3, 700, 9, 9, -1, 'n2', '[]', '',"
    " '2:0:0:1000:512;')",
};

static void make_version_4(const char *path)
{
    struct fg_db db = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 4, NULL) == 0);
    for (size_t i = 0; i < sizeof(version_4_rows) / sizeof(version_4_rows[0]); i++) {
        struct fg_err err = {};
        if (fg_db_exec(&db, version_4_rows[i], &err) != 0)
            printf("# %s\n", err.text);
        MUST(err.code == 0);
    }
    fg_db_close(&db);
}

struct seen {
    size_t past_len, jobs_len;
    struct {
        struct fg_past_attempt row;
        struct fg_job job;
        char name[FG_NAME_MAX];
        fg_node_id node;
    } past[8];
    struct fg_job job;
};

static void on_past(void *self, const struct fg_past_attempt *past)
{
    struct seen *seen = self;
    MUST(seen->past_len < 8);
    seen->past[seen->past_len].row = *past;
    seen->past[seen->past_len].job = *past->job;
    snprintf(seen->past[seen->past_len].name, FG_NAME_MAX, "%s", past->name);
    seen->past[seen->past_len++].node = past->grants_len ? past->grants[0].node : 0;
}

static int on_job(void *self,
                  const struct fg_job_row *row,
                  const struct fg_request *,
                  size_t,
                  const struct fg_grant *,
                  size_t)
{
    struct seen *seen = self;
    seen->jobs_len++;
    seen->job = row->job;
    return 0;
}

static struct seen look(struct fg_store *store)
{
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen, .finished = on_past, .job = on_job};
    EQ(ops->load(store, &sink, NULL), 0);
    return seen;
}

static void attempts_come_in_their_order_with_their_job(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_4(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store);
    EQ(seen.past_len, 3); /* who was cancelled teaches nothing */
    for (size_t i = 0; i < 2; i++) {
        EQ(seen.past[i].job.id, 1);
        EQ(seen.past[i].job.attained_us, 77);
        EQ(strcmp(seen.past[i].name, "train-7"), 0);
        EQ(seen.past[i].row.is_last, i == 1);
        EQ(seen.past[i].row.max_rss_mib, i ? 700 : 400);
        EQ(seen.past[i].row.finished_us - seen.past[i].row.started_us, i ? 100 : 40);
        EQ(seen.past[i].row.outcome, i ? FG_JOB_SUCCEEDED : FG_JOB_QUEUED);
        EQ(seen.past[i].node, i + 1);
    }
    EQ(seen.past[2].job.id, 2);
    OK(seen.past[2].row.is_last);
    EQ(seen.past[2].row.finished_us, 0);
    EQ(seen.past[2].row.outcome, FG_JOB_FAILED);
    ops->free(store);
}

static void a_file_of_version_4_loses_nothing(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_4(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store);
    EQ(seen.jobs_len, 1);
    EQ(seen.job.id, 4);
    EQ(seen.job.time_limit_us, 60);
    EQ(seen.job.reservation, 9);
    EQ(seen.job.shape, 0);
    struct fg_job_row row = plain_job(5);
    row.job.shape = 0xffff'0000'0000'0001u;
    EQ(ops->begin(store, NULL), 0);
    EQ(add_job(store, &row), 0);
    EQ(ops->commit(store, NULL), 0);
    ops->free(store);
    store = open_store(folder.db); /* and is not migrated twice */
    MUST(store);
    seen = look(store);
    EQ(seen.jobs_len, 2);
    OK(seen.job.shape == row.job.shape);
    ops->free(store);
    EQ(fg_store_check(folder.db, NULL), 0);
}

/* What a job asked in a file of version 5, and one that came after it. */
static void a_file_of_version_5_loses_nothing(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_db db = {};
    MUST(fg_db_open(&db, folder.db, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 5, NULL) == 0);
    MUST(fg_db_exec(&db, "INSERT INTO user VALUES(1, 'ann')", NULL) == 0);
    MUST(
        fg_db_exec(&db,
                   "INSERT INTO job VALUES(4, 0, 1, 1, 1, 0, 0, 0, 500, 1, 0, 0, 100, 0, 0, 0, "
                   "0, 60, 5, 0, 0, 0, 0, 'waits', '|0|0|0|1000|512;', '', 0, 0, 1, 0, 0, 0, "
                   "9, 8)",
                   NULL)
        == 0);
    fg_db_close(&db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    struct seen seen = look(store);
    EQ(seen.jobs_len, 1);
    EQ(seen.job.time_limit_us, 60);
    EQ(seen.job.shape, 8);
    OK(seen.job.preemptible);
    EQ(seen.job.flexible, FG_FLEXIBLE_NOT);
    EQ(seen.job.shift, FG_SHIFT_OPEN);
    struct fg_job_row row = plain_job(5);
    row.job.flexible = FG_FLEXIBLE_BOTH;
    row.job.flexible_until_us = 77;
    row.job.shift = FG_SHIFT_HELD;
    EQ(ops->begin(store, NULL), 0);
    EQ(add_job(store, &row), 0);
    EQ(ops->commit(store, NULL), 0);
    struct fg_alert alert = {.id = 1, .key = 7, .raised_us = 5, .text = "hot"};
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->alert_put(store, &alert, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
    seen = look(store);
    EQ(seen.job.flexible, FG_FLEXIBLE_BOTH);
    EQ(seen.job.flexible_until_us, 77);
    EQ(seen.job.shift, FG_SHIFT_HELD);
    OK(!seen.job.stop_sent);
    ops->free(store);
}

int main(void)
{
    RUN(attempts_come_in_their_order_with_their_job);
    RUN(a_file_of_version_4_loses_nothing);
    RUN(a_file_of_version_5_loses_nothing);
    return tap_done();
}
