/* fault_test.c - power cuts, full and failing disks: what was acknowledged stays, nothing is damaged, and
 * the store works again when the cause is gone. */
#include "store/fault_vfs.h"
#include "store/testing.h"

#define CUTS 300

/* One database under test, and what it must hold. */
struct trial {
    struct disk disk;
    sqlite3_vfs vfs;
    struct folder folder;
    struct fg_store *store;
    uint32_t acknowledged, tried; /* batches */
};

static void trial_begin(struct trial *trial, unsigned seed)
{
    *trial = (struct trial){.disk = {.seed = seed}, .folder = folder_make()};
    disk_register(&trial->vfs, &trial->disk);
}

static void trial_end(struct trial *trial)
{
    ops->free(trial->store);
    sqlite3_vfs_unregister(&trial->vfs);
    disk_free(&trial->disk);
    folder_drop(&trial->folder);
}

#define BATCH_JOBS 20
#define SPEC_BYTES 4000

/* Batch b adds jobs (b - 1) x 20 + 1 ... and marks those of the batch before with its number. */
static int write_batch(struct fg_store *store, uint32_t batch, struct fg_err *err)
{
    static char spec[SPEC_BYTES + 16];
    int len = snprintf(spec, sizeof(spec), "{\"run\":\"%0*d\"}", SPEC_BYTES, (int)batch);
    fg_job_id first = (fg_job_id)(batch - 1) * BATCH_JOBS + 1;
    int rc = 0;
    for (fg_job_id id = first - BATCH_JOBS; rc == 0 && batch > 1 && id < first; id++) {
        struct fg_job job = plain_job(id).job;
        job.state = FG_JOB_STARTING;
        job.attempt = batch;
        rc = ops->job_set(store, &job, 0, "", 0, 0, err);
    }
    for (fg_job_id id = first; rc == 0 && id < first + BATCH_JOBS; id++) {
        struct fg_job_row row = plain_job(id);
        row.job.array_index = batch;
        row.spec_json = spec;
        row.spec_json_len = (size_t)len;
        rc = ops->job_add(store, &row, "ann", "default", &one_gpu, 1, err);
    }
    struct fg_event event = {.kind = "batch", .json = ""};
    uint64_t seq = 0;
    if (rc == 0)
        rc = ops->event_add(store, &event, &seq, err);
    return rc;
}

/* begin, writes, commit; rolled back if anything fails. */
static int do_batch(struct fg_store *store, uint32_t batch, struct fg_err *err)
{
    int rc = ops->begin(store, err);
    if (rc < 0)
        return rc;
    rc = write_batch(store, batch, err);
    if (rc == 0)
        return ops->commit(store, err);
    ops->rollback(store);
    return rc;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    return value;
}

/* Whole batches only, from the acknowledged up to the tried; counts, texts and indexes agree. */
static bool sound(struct trial *trial)
{
    struct fg_err err = {};
    if (fg_store_check(trial->folder.db, &err) < 0) {
        printf("# %s\n", err.text);
        return false;
    }
    sqlite3 *db = NULL;
    sqlite3_open(trial->folder.db, &db);
    int64_t last = ask(db, "SELECT coalesce(max(array_index), 0) FROM job");
    bool right =
        last >= trial->acknowledged && last <= trial->tried
        && ask(db, "SELECT count(*) FROM job") == last * BATCH_JOBS
        && ask(db, "SELECT count(*) FROM job_spec") == last * BATCH_JOBS
        && ask(db, "SELECT count(*) FROM job_spec s JOIN job j USING(id)"
                   " WHERE CAST(json ->> 'run' AS INTEGER) != array_index")
               == 0
        && ask(db, "SELECT coalesce(max(seq), 0) FROM event") == last
        && ask(db, "SELECT coalesce(sum(n), 0) FROM job_count") == last * BATCH_JOBS
        && ask(db, "SELECT count(*) FROM (SELECT state, count(*) FROM job GROUP BY 1"
                   " EXCEPT SELECT state, n FROM job_count)")
               == 0
        && ask(db, "SELECT count(*) FROM job WHERE attempt != array_index + 1 AND array_index <"
                   " (SELECT max(array_index) FROM job)")
               == 0;
    if (!right)
        printf("# acknowledged %u, tried %u, there %lld\n", trial->acknowledged, trial->tried,
               (long long)last);
    sqlite3_close(db);
    trial->acknowledged = trial->tried = (uint32_t)last;
    return right;
}

/* Work until the power goes. */
static void work_until_cut(struct trial *trial)
{
    if (fg_sqlite_open(trial->folder.db, &trial->store, NULL) < 0)
        trial->store = NULL;
    for (int i = 0; trial->store && !trial->disk.off && i < 500; i++) {
        trial->tried = trial->acknowledged + 1;
        if (do_batch(trial->store, trial->tried, NULL) < 0)
            break;
        trial->acknowledged = trial->tried;
        if (rand_r(&trial->disk.seed) % 4 == 0)
            ops->idle(trial->store);
        if (rand_r(&trial->disk.seed) % 16 == 0) {
            ops->free(trial->store);
            if (fg_sqlite_open(trial->folder.db, &trial->store, NULL) < 0)
                trial->store = NULL;
        }
    }
    ops->free(trial->store);
    trial->store = NULL;
}

static void test_power_cuts_lose_nothing_acknowledged(void)
{
    int wrong = 0;
    uint32_t batches = 0;
    long operations = 0;
    for (unsigned seed = 1; seed <= CUTS / 4; seed++) {
        struct trial *trial = malloc(sizeof(*trial));
        MUST(trial);
        trial_begin(trial, seed);
        for (int cut = 0; cut < 4; cut++) {
            long ahead = 1 + rand_r(&trial->disk.seed) % (cut ? 1500 : 150);
            trial->disk.cut_after = trial->disk.operations + ahead;
            work_until_cut(trial);
            disk_power_on(&trial->disk);
            trial->store = open_store(trial->folder.db);
            if (!trial->store || !sound(trial)) {
                printf("# seed %u, cut %d\n", seed, cut);
                wrong++;
            }
            ops->free(trial->store);
            trial->store = NULL;
        }
        batches += trial->acknowledged;
        operations += trial->disk.operations;
        trial_end(trial);
        free(trial);
    }
    EQ(wrong, 0);
    printf("# %d cuts, %u batches acknowledged, %ld writes and syncs\n", CUTS, batches,
           operations);
}

/* How the disk fails: one operation or many in a row, and what the store must call it. */
static const struct fault {
    const char *what;
    int code, want;
    long len;
} faults[] = {
    {"one write finds the disk full", SQLITE_FULL, FG_ENOSPC, 1},
    {"the disk is full for a while", SQLITE_FULL, FG_ENOSPC, 40},
    {"one write fails", SQLITE_IOERR_WRITE, FG_EIO, 1},
    {"the disk fails for a while", SQLITE_IOERR_WRITE, FG_EIO, 40},
};

#define BATCHES 12

/* Batches 1 .. BATCHES, each repeated until it is acknowledged.  Whether an operation failed at all. */
static bool work_through(struct trial *trial, const struct fault *fault, int *wrong)
{
    struct fg_err err = {};
    bool right = true;
    while (!trial->store && fg_sqlite_open(trial->folder.db, &trial->store, &err) < 0)
        right = right && err.code < 0 && trial->disk.operations > trial->disk.fail_from;
    for (uint32_t batch = 1; batch <= BATCHES; batch++) {
        trial->tried = batch;
        for (int tries = 0; do_batch(trial->store, batch, &err) < 0; tries++) {
            bool by_sync = strstr(err.text, "1034") != NULL; /* SQLITE_IOERR_FSYNC */
            right = right && (err.code == fault->want || (by_sync && err.code == FG_EIO))
                    && tries < 100;
            if (!right)
                break;
        }
        trial->acknowledged = batch;
        if (batch % 3 == 0)
            ops->idle(trial->store);
    }
    if (!right)
        printf("# %s at %ld: %s [%s]\n", fault->what, trial->disk.fail_from, err.text,
               fg_code_name(err.code));
    *wrong += !right;
    return trial->disk.operations > trial->disk.fail_from;
}

static void test_failing_disk_harms_nothing(const struct fault *fault)
{
    int wrong = 0, cases = 0;
    for (long n = 0;; n += n < 60 ? 1 : 17, cases++) {
        struct trial *trial = malloc(sizeof(*trial));
        MUST(trial);
        trial_begin(trial, (unsigned)n + 1);
        trial->disk.fail_code = fault->code;
        trial->disk.fail_from = n;
        trial->disk.fail_to = n + fault->len;
        bool reached = work_through(trial, fault, &wrong);
        bool fine = sound(trial);
        /* And as much survives a power cut at the end. */
        trial->disk.off = true;
        ops->free(trial->store);
        disk_power_on(&trial->disk);
        trial->store = open_store(trial->folder.db);
        fine = fine && trial->store && sound(trial) && trial->acknowledged == BATCHES;
        if (!fine)
            printf("# %s at operation %ld\n", fault->what, n);
        wrong += !fine;
        trial_end(trial);
        free(trial);
        if (!reached)
            break;
    }
    printf("# %s: %d cases\n", fault->what, cases);
    EQ(wrong, 0);
    OK(cases >= 90);
}

int main(void)
{
    RUN(test_power_cuts_lose_nothing_acknowledged);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        test_failing_disk_harms_nothing(&faults[i]);
    return tap_done();
}
