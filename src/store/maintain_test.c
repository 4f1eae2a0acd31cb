/* maintain_test.c - schema versions, integrity check, backup, and a reader beside a writer. */
#include "store/testing.h"

#include "store/schema.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static void sql(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    MUST(sqlite3_open(path, &db) == SQLITE_OK);
    MUST(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static void put_jobs(struct fg_store *store, fg_job_id from, fg_job_id to)
{
    MUST(ops->begin(store, NULL) == 0);
    for (fg_job_id id = from; id <= to; id++) {
        struct fg_job_row row = plain_job(id);
        MUST(add_job(store, &row) == 0);
    }
    MUST(ops->commit(store, NULL) == 0);
}

static void test_a_foreign_or_newer_file_is_left_alone(void)
{
    static const struct {
        const char *why, *text, *says;
    } files[] = {
        {"another program", "PRAGMA application_id=77; CREATE TABLE t(a)", "another program"},
        {"a plain database", "CREATE TABLE t(a)", "another program"},
        {"a newer version",
         "PRAGMA application_id=1179078741; PRAGMA user_version=9999; CREATE TABLE t(a)",
         "newer"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
        printf("# %s\n", files[i].why);
        sql(folder.db, files[i].text);
        struct fg_store *store = NULL;
        struct fg_err err = {};
        EQ(fg_sqlite_open(folder.db, &store, &err), FG_ESTATE);
        OK(strstr(err.text, files[i].says) != NULL);
        OK(store == NULL);
        OK(fg_reader_open(folder.db, &err) == NULL);
        EQ(err.code, FG_ESTATE);
        sql(folder.db, "INSERT INTO t VALUES(1)"); /* still as it was */
    }
}

static void test_the_file_is_private(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    mode_t old = umask(0);
    struct fg_store *store = open_store(folder.db);
    put_jobs(store, 1, 1);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[PATH_MAX];
        struct stat st = {};
        snprintf(path, sizeof(path), "%s%s", folder.db, ends[i]);
        EQ(stat(path, &st), 0);
        EQ(st.st_mode & 0777, 0600);
    }
    EQ(fg_schema_version() >= 1, true);
    umask(old);
    ops->free(store);
}

static void test_a_file_that_cannot_be_made(void)
{
    struct fg_store *store = NULL;
    struct fg_err err = {};
    EQ(fg_sqlite_open("/nonexistent/fastgpu.db", &store, &err), FG_EIO);
    OK(strstr(err.text, "/nonexistent/fastgpu.db") != NULL);
    EQ(fg_sqlite_open("/tmp", &store, &err), FG_EIO);
}

/* Overwrite `len` bytes in the middle of the file. */
static void damage(const char *path, off_t at, size_t len)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    MUST(fd >= 0);
    char bytes[4096];
    memset(bytes, 0x5a, sizeof(bytes));
    MUST(pwrite(fd, bytes, len, at) == (ssize_t)len);
    close(fd);
}

static void test_damage_is_found_at_open(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    put_jobs(store, 1, 3000);
    ops->free(store);
    EQ(fg_store_check(folder.db, NULL), 0);
    struct stat st = {};
    stat(folder.db, &st);
    damage(folder.db, st.st_size / 8192 * 4096, 4096);
    struct fg_err err = {};
    EQ(fg_store_check(folder.db, &err), FG_EIO);
    OK(strstr(err.text, "damaged") != NULL);
    store = NULL;
    EQ(fg_sqlite_open(folder.db, &store, &err), FG_EIO);
    OK(strstr(err.text, "damaged") != NULL);
    damage(folder.db, 0, 100); /* not a database any more */
    EQ(fg_sqlite_open(folder.db, &store, &err), FG_EIO);
    EQ(fg_store_check(folder.db, &err), FG_EIO);
}

struct beside {
    struct folder folder;
    bool stop;
    int wrong;
    size_t pages;
};

static int rising(void *self, const struct fg_job_view *job)
{
    fg_job_id *last = self;
    if (*last && job->job.id != *last - 1)
        return -99;
    *last = job->job.id;
    return strcmp(job->name, "train") == 0 ? 0 : -98;
}

/* What a reader sees is whole: newest first without a gap, as many as are counted. */
static void *read_on(void *self)
{
    struct beside *beside = self;
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(beside->folder.db, NULL);
    MUST(reader);
    while (!__atomic_load_n(&beside->stop, __ATOMIC_ACQUIRE)) {
        struct fg_job_filter filter = {.limit = 100};
        uint64_t counts[FG_JOB_STATES];
        fg_job_id last = 0;
        struct fg_err err = {};
        int rc = fg_reader_jobs(reader, &filter, rising, &last, &err);
        int count_rc = fg_reader_counts(reader, 0, counts, &err);
        if (rc != 0 || count_rc != 0 || counts[FG_JOB_QUEUED] % 10 != 0)
            __atomic_add_fetch(&beside->wrong, 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&beside->pages, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void test_readers_and_backups_beside_a_writer(void)
{
    struct beside beside = {.folder = folder_make()};
    char copy[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s/copy.db", beside.folder.path);
    struct fg_store *store = open_store(beside.folder.db);
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        MUST(pthread_create(&threads[i], NULL, read_on, &beside) == 0);
    int backups = 0;
    for (fg_job_id id = 1; id < 5000; id += 10) {
        put_jobs(store, id, id + 9);
        if (id % 100 == 1)
            ops->idle(store);
        if (id % 1000 != 1)
            continue;
        struct fg_err err = {};
        if (!EQ(fg_store_backup(beside.folder.db, copy, &err), 0))
            printf("# %s\n", err.text);
        EQ(fg_store_backup(beside.folder.db, copy, &err), FG_EEXIST);
        struct stat st = {};
        EQ(stat(copy, &st), 0);
        EQ(st.st_mode & 0777, 0600);
        EQ(fg_store_check(copy, NULL), 0);
        struct fg_store *other = open_store(copy); /* a backup is a database to start from */
        struct fg_store_sink sink = {};
        EQ(ops->load(other, &sink, NULL), 0);
        EQ(sink.next_job_id, id + 10);
        ops->free(other);
        unlink(copy);
        backups++;
    }
    __atomic_store_n(&beside.stop, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    EQ(beside.wrong, 0);
    EQ(backups, 5);
    OK(beside.pages > 10);
    ops->free(store);
    folder_drop(&beside.folder);
}

static void test_a_backup_that_fails_leaves_nothing(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    char copy[PATH_MAX], partial[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s/copy.db", folder.path);
    snprintf(partial, sizeof(partial), "%s/copy.db.partial", folder.path);
    struct fg_err err = {};
    OK(fg_store_backup(folder.db, copy, &err) < 0);
    sql(folder.db, "CREATE TABLE t(a)");
    EQ(fg_store_backup(folder.db, copy, &err), FG_ESTATE);
    EQ(access(copy, F_OK), -1);
    EQ(access(partial, F_OK), -1);
    OK(fg_store_backup(folder.db, "/nonexistent/copy.db", &err) < 0);
}

int main(void)
{
    RUN(test_a_foreign_or_newer_file_is_left_alone);
    RUN(test_the_file_is_private);
    RUN(test_a_file_that_cannot_be_made);
    RUN(test_damage_is_found_at_open);
    RUN(test_readers_and_backups_beside_a_writer);
    RUN(test_a_backup_that_fails_leaves_nothing);
    return tap_done();
}
