/* crash_test.c - kill -9 at any moment: every batch whose commit was reported is there, none is half there.
 *
 * A child commits batches and reports each through a pipe after commit() returned; the parent kills it at
 * a random moment, opens the database and compares.  The same database lives through all kills. */
#include "store/testing.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 200

/* Batch b adds jobs and marks the jobs of the batch before: see check(). */
static void commit_batch(struct fg_store *store,
                         uint32_t batch,
                         fg_job_id *next,
                         fg_job_id *before)
{
    struct fg_err err = {};
    size_t len = 1 + batch * 7919 % 40;
    MUST(ops->begin(store, &err) == 0);
    for (; *before < *next; ++*before) {
        struct fg_job job = plain_job(*before).job;
        job.state = FG_JOB_STARTING;
        job.attempt = batch;
        MUST(ops->job_set(store, &job, 0, "", 0, 0, &err) == 0);
    }
    for (size_t i = 0; i < len; i++) {
        struct fg_job_row row = plain_job((*next)++);
        row.job.array_index = batch;
        MUST(ops->job_add(store, &row, "ann", "default", &one_gpu, 1, &err) == 0);
    }
    struct fg_event event = {.kind = "batch", .job = *next - 1, .json = ""};
    MUST(ops->event_add(store, &event, NULL, &err) == 0);
    MUST(ops->commit(store, &err) == 0);
}

[[gnu::noreturn]] static void child(
    const char *path, int report, uint32_t batch, fg_job_id next, fg_job_id before)
{
    struct fg_store *store = open_store(path);
    if (!store)
        _exit(1);
    for (;; batch++) {
        commit_batch(store, batch, &next, &before);
        if (write(report, &batch, sizeof(batch)) != sizeof(batch))
            _exit(1);
        if (batch % 5 == 0)
            ops->idle(store);
    }
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    return value;
}

/* What must hold after each kill; gives where to go on. */
static bool check(const char *path,
                  uint32_t acknowledged,
                  uint32_t *batch,
                  fg_job_id *next,
                  fg_job_id *before)
{
    struct fg_err err = {};
    struct fg_store *store = NULL;
    if (fg_sqlite_open(path, &store, &err) < 0) {
        printf("# %s\n", err.text);
        return false;
    }
    sqlite3 *db = NULL;
    sqlite3_open(path, &db);
    int64_t last = ask(db, "SELECT coalesce(max(array_index), 0) FROM job");
    bool right =
        last >= acknowledged
        && ask(db, "SELECT count(*) FROM job")
               == ask(db, "SELECT coalesce(max(id), 0) FROM job")
        && ask(db, "SELECT count(*) FROM job_spec") == ask(db, "SELECT count(*) FROM job")
        && ask(db, "SELECT coalesce(max(seq), 0) FROM event") == last
        && ask(db, "SELECT coalesce(max(job), 0) FROM event")
               == ask(db, "SELECT coalesce(max(id), 0) FROM job")
        && ask(db, "SELECT count(*) FROM job WHERE attempt != array_index + 1 AND array_index <"
                   " (SELECT max(array_index) FROM job)")
               == 0
        && ask(db, "SELECT count(*) FROM (SELECT state, count(*) FROM job GROUP BY 1"
                   " EXCEPT SELECT state, n FROM job_count)")
               == 0;
    *batch = (uint32_t)last + 1;
    *next = (fg_job_id)ask(db, "SELECT coalesce(max(id), 0) + 1 FROM job");
    *before = (fg_job_id)ask(db, "SELECT coalesce((SELECT min(id) FROM job WHERE array_index ="
                                 " (SELECT max(array_index) FROM job)), 1)");
    sqlite3_close(db);
    ops->free(store);
    return right;
}

/* The moment is counted from the first batch that is done, or, to meet the opening too, from the fork. */
static uint32_t run_and_kill(
    const char *path, unsigned *seed, uint32_t batch, fg_job_id next, fg_job_id before)
{
    int ends[2];
    int made = pipe(ends);
    MUST(made == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(path, ends[1], batch, next, before);
    }
    close(ends[1]);
    uint32_t acknowledged = batch - 1, got = 0;
    if (rand_r(seed) % 2 && read(ends[0], &got, sizeof(got)) == sizeof(got))
        acknowledged = got;
    struct timespec pause = {.tv_nsec = rand_r(seed) % 25000000};
    nanosleep(&pause, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    while (read(ends[0], &got, sizeof(got)) == sizeof(got))
        acknowledged = got;
    close(ends[0]);
    return acknowledged;
}

static void test_no_kill_loses_or_halves_a_batch(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    unsigned seed = 17;
    uint32_t batch = 1;
    fg_job_id next = 1, before = 1;
    int wrong = 0;
    for (int i = 0; i < KILLS; i++) {
        uint32_t acknowledged = run_and_kill(folder.db, &seed, batch, next, before);
        wrong += !check(folder.db, acknowledged, &batch, &next, &before);
    }
    EQ(wrong, 0);
    OK(batch > KILLS / 4); /* half of the children got something done at least */
    EQ(fg_store_check(folder.db, NULL), 0);
    printf("# %d kills, %u batches, %llu jobs\n", KILLS, batch - 1,
           (unsigned long long)next - 1);
}

int main(void)
{
    RUN(test_no_kill_loses_or_halves_a_batch);
    return tap_done();
}
