/* batch_test.c - a copy that takes the batches of a log is the writer's database; one that cannot take one is left as it
 * was; a batch that came into the log though nobody was told so is not lost, and not done twice. */
#include "store/batch.h"
#include "store/schema.h"
#include "store/testing.h"

#include <sqlite3.h>

#define INSTALL 77
#define BATCHES 300

/* A log in memory. */
struct log {
    struct fg_batch batches[BATCHES + 8];
    size_t len;
    uint64_t epoch;
    enum { WELL, REFUSES, KEEPS_AND_FAILS } mood;
    bool unsure;
};

static int log_begin(
    void *self, struct fg_store *store, uint64_t seq, uint64_t *out_epoch, struct fg_err *err)
{
    struct log *log = self;
    bool late = log->len > seq;
    for (size_t i = seq; i < log->len; i++)
        if (fg_sqlite_apply(store, &log->batches[i], err) < 0)
            return FG_EIO;
    *out_epoch = log->epoch;
    return late ? fg_fail(err, FG_EBUSY, "read again") : 0;
}

static int log_append(void *self, const struct fg_batch *batch, struct fg_err *err)
{
    struct log *log = self;
    if (log->mood == REFUSES)
        return fg_fail(err, FG_EUNREACH, "away");
    MUST(batch->seq == log->len + 1 && log->len < BATCHES + 8);
    void *bytes = malloc(batch->len);
    MUST(bytes);
    memcpy(bytes, batch->changes, batch->len);
    log->batches[log->len] = *batch;
    log->batches[log->len++].changes = bytes;
    return log->mood == KEEPS_AND_FAILS ? fg_fail(err, FG_EUNREACH, "no answer") : 0;
}

static void log_free(struct log *log)
{
    for (size_t i = 0; i < log->len; i++)
        free((void *)(uintptr_t)log->batches[i].changes);
}

/* An empty database, marked; the same bytes for the writer and for the copy. */
static void make_marked(const char *path)
{
    struct fg_db db;
    struct fg_batch_at at = {.install = INSTALL};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate(&db, NULL) == 0);
    MUST(fg_batch_mark(&db, &at, NULL) == 0);
    fg_db_close(&db);
}

/* All rows of all tables, as text. */
static char *dump(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *tables = NULL, *rows = NULL;
    char *text = NULL, *sql;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    MUST(out && sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", -1,
                       &tables, NULL);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        sql = sqlite3_mprintf("SELECT * FROM \"%s\" ORDER BY 1, 2",
                              (const char *)sqlite3_column_text(tables, 0));
        fprintf(out, "%s\n", sql);
        MUST(sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK);
        sqlite3_free(sql);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(rows); i++)
                fprintf(out, "%s|", (const char *)sqlite3_column_text(rows, i));
            fputc('\n', out);
        }
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    fclose(out);
    return text;
}

static bool same(const char *a, const char *b)
{
    char *x = dump(a), *y = dump(b);
    bool equal = strcmp(x, y) == 0;
    free(x);
    free(y);
    return equal;
}

static uint32_t rnd(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* Something of every kind; true if it became durable. */
static bool write_batch(struct fg_store *store, uint32_t *seed, fg_job_id *next, int *out_rc)
{
    struct fg_err err = {};
    *out_rc = ops->begin(store, &err);
    if (*out_rc < 0)
        return false;
    fg_job_id first = *next;
    for (uint32_t i = 0; i < rnd(seed, 5); i++) {
        struct fg_job_row row = plain_job((*next)++);
        MUST(add_job(store, &row) == 0);
    }
    if (first > 1) {
        struct fg_job job = plain_job(1 + rnd(seed, (uint32_t)first - 1)).job;
        job.state = FG_JOB_SUCCEEDED;
        (void)ops->job_set(store, &job, 5, "done", 0, 0, &err);
        struct fg_event event = {.kind = "e", .job = job.id, .json = ""};
        MUST(ops->event_add(store, &event, NULL, &err) == 0);
    }
    if (rnd(seed, 10) == 0) {
        struct fg_store_prune prune = {.events_before_us = 1, .events_max = 5, .limit = 3};
        MUST(ops->prune(store, &prune, &err) >= 0);
    }
    if (rnd(seed, 8) == 0) {
        ops->rollback(store);
        *next = first;
        return false;
    }
    *out_rc = ops->commit(store, &err);
    if (*out_rc < 0)
        *next = first;
    return *out_rc == 0;
}

/* The writer's database with its log, and a copy. */
struct pair {
    struct folder folder;
    char copy[PATH_MAX];
    struct log log;
    struct fg_batch_log as;
};

static void pair_make(struct pair *pair, uint64_t epoch)
{
    *pair = (struct pair){.folder = folder_make(), .log.epoch = epoch};
    snprintf(pair->copy, sizeof(pair->copy), "%s/copy.db", pair->folder.path);
    make_marked(pair->folder.db);
    make_marked(pair->copy);
    pair->as = (struct fg_batch_log){&pair->log, INSTALL, log_begin, log_append};
}

static void pair_free(struct pair *pair)
{
    log_free(&pair->log);
    folder_drop(&pair->folder);
}

static struct fg_store *pair_open(struct pair *pair)
{
    struct fg_store *store = NULL;
    struct fg_err err = {};
    if (fg_sqlite_open_logged(pair->folder.db, &pair->as, &store, &err) < 0)
        printf("# %s\n", err.text);
    MUST(store);
    return store;
}

static void apply_all(const char *path, const struct log *log)
{
    struct fg_db db;
    struct fg_err err = {};
    struct fg_batch_at at;
    int rc = 0;
    MUST(fg_db_open(&db, path, FG_DB_WRITE, &err) == 0);
    MUST(fg_batch_at(&db, &at, &err) == 0);
    for (size_t i = at.seq; i < log->len && rc == 0; i++)
        rc = fg_batch_apply(&db, &log->batches[i], &err);
    EQ(rc, 0);
    if (rc < 0)
        printf("# %s\n", err.text);
    fg_db_close(&db);
}

static void test_copy_follows(void)
{
    static struct pair pair;
    pair_make(&pair, 1);
    uint32_t seed = 1;
    fg_job_id next = 1;
    int rc, done = 0;
    struct fg_store *store = pair_open(&pair);
    for (int i = 0; i < BATCHES; i++) {
        pair.log.mood = rnd(&seed, 20) == 0 ? REFUSES : WELL;
        pair.log.epoch += rnd(&seed, 30) == 0;
        done += write_batch(store, &seed, &next, &rc);
        if (i % 100 == 99)
            apply_all(pair.copy, &pair.log);
    }
    ops->free(store);
    apply_all(pair.copy, &pair.log);
    EQ(pair.log.len, done);
    OK(done > BATCHES / 2);
    OK(same(pair.folder.db, pair.copy));
    pair_free(&pair);
}

/* The answer of the log got lost: the batch is done, once, whoever asks. */
static void test_answer_lost(void)
{
    static struct pair pair;
    pair_make(&pair, 1);
    struct fg_store *store = pair_open(&pair);
    struct fg_job_row row = plain_job(1);
    struct fg_err err = {};
    MUST(ops->begin(store, &err) == 0 && add_job(store, &row) == 0);
    pair.log.mood = KEEPS_AND_FAILS;
    EQ(ops->commit(store, &err), FG_EUNREACH);
    pair.log.mood = WELL;
    EQ(ops->begin(store, &err), FG_EBUSY);
    EQ(ops->begin(store, &err), 0);
    struct fg_job_row second = plain_job(2);
    MUST(add_job(store, &second) == 0);
    EQ(ops->commit(store, &err), 0);
    enum fg_job_state state;
    fg_project_id project;
    int32_t code;
    EQ(ops->job_state(store, 1, &state, &project, &code, &err), 0);
    ops->free(store);
    EQ(pair.log.len, 2);
    apply_all(pair.copy, &pair.log);
    OK(same(pair.folder.db, pair.copy));
    pair_free(&pair);
}

/* What does not fit changes nothing. */
static void test_refused(void)
{
    static struct pair pair;
    pair_make(&pair, 3);
    struct fg_store *store = pair_open(&pair);
    uint32_t seed = 9;
    fg_job_id next = 1;
    int rc;
    while (pair.log.len < 4)
        write_batch(store, &seed, &next, &rc);
    ops->free(store);

    char *before = dump(pair.copy);
    struct fg_db db;
    struct fg_err err = {};
    MUST(fg_db_open(&db, pair.copy, FG_DB_WRITE, &err) == 0);
    EQ(fg_batch_apply(&db, &pair.log.batches[1], &err), FG_ESTATE);
    struct fg_batch other = pair.log.batches[0];
    other.schema++;
    EQ(fg_batch_apply(&db, &other, &err), FG_ESTATE);
    struct fg_batch lies = pair.log.batches[1];
    lies.seq = 1;
    EQ(fg_batch_apply(&db, &lies, &err), FG_ESTATE);
    struct fg_batch broken = pair.log.batches[0];
    broken.len /= 2;
    OK(fg_batch_apply(&db, &broken, &err) < 0);
    fg_db_close(&db);
    char *after = dump(pair.copy);
    OK(strcmp(before, after) == 0);
    free(before);
    free(after);

    store = pair_open(&pair);
    ops->free(store);
    pair.as.install = INSTALL + 1;
    OK(fg_sqlite_open_logged(pair.folder.db, &pair.as, &store, &err) == FG_ESTATE);
    pair.as.install = INSTALL;
    ops->free(open_store(pair.folder.db)); /* written without its log: it is no copy any more */
    OK(fg_sqlite_open_logged(pair.folder.db, &pair.as, &store, &err) == FG_ESTATE);
    pair_free(&pair);
}

int main(void)
{
    RUN(test_copy_follows);
    RUN(test_answer_lost);
    RUN(test_refused);
    return tap_done();
}
