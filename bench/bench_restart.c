/* bench_restart.c - how soon a service with a long past serves again, and what it weighs.
 *
 *     1,000,000 finished jobs and 100,000 queued ones, put in through the store's own interface
 *     --> start --> first answer of /healthz --> resident memory
 *
 * The node is drained first, so that the queue stays one.  Every start is of the same folder.
 * Rival: reading the rows of the open jobs once with plain SQLite, the least that any restart has to do.
 *
 * Usage: bench_restart FASTGPU [runs] [finished] [queued]
 */
#include "bench/bench.h"
#include "store/sqlite_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PER_COMMIT 20000

static const char spec[] =
    "{\"name\":\"train\",\"resources\":{\"any_of\":[{\"cpu_milli\":2000,\"mem_mib\":4096}]},"
    "\"run\":\"python3 train.py --epochs 90 --data /srv/data/images\"}";
static const struct fg_request request = {.cpu_milli = 2000, .mem_mib = 4096};

struct filler {
    const struct fg_store_ops *ops;
    struct fg_store *store;
    int64_t now_us;
    uint32_t user;
};

static void must(int rc, const struct fg_err *err, const char *what)
{
    if (rc < 0)
        bench_die("%s: %s", what, err->text);
}

static struct fg_job_row job_row(const struct filler *filler, fg_job_id id)
{
    return (struct fg_job_row){
        .job = {.id = id,
                .project = 1,
                .tasks = 1,
                .user = filler->user,
                .state = FG_JOB_QUEUED,
                .priority_milli = (int32_t)(id % 100 * 1000),
                .submitted_us = filler->now_us + (int64_t)id,
                .eligible_us = filler->now_us + (int64_t)id,
                .retry_backoff_us = 1'000'000},
        .name = "train",
        .spec_json = spec,
        .spec_json_len = strlen(spec),
        .idempotency_key = "",
    };
}

static void finish(const struct filler *filler, struct fg_job job, struct fg_err *err)
{
    const struct fg_grant grant = {.node = 1, .cpu_milli = 2000, .mem_mib = 4096};
    job.state = FG_JOB_SUCCEEDED;
    job.attempt = 1;
    job.started_us = job.eligible_us + 1'000'000;
    const struct fg_attempt_row attempt = {
        .job = job.id,
        .attempt = 1,
        .started_us = job.started_us,
        .finished_us = job.started_us + 60'000'000,
        .outcome = FG_JOB_SUCCEEDED,
        .usage = {.max_rss_mib = 900, .cpu_us = 55'000'000},
        .grants = &grant,
        .grants_len = 1,
        .node = "host",
        .devices = "[\"cpu\"]",
        .cost_uusd = -1,
        .reason = "",
    };
    must(filler->ops->job_set(filler->store, &job, attempt.finished_us, "", 0, 0, err), err,
         "job_set");
    must(filler->ops->attempt_put(filler->store, &attempt, err), err, "attempt_put");
}

static void fill(const char *path, size_t finished, size_t queued)
{
    struct fg_err err = {};
    /* A day ago: young enough that nothing of it is pruned while we measure. */
    struct filler filler = {.ops = &fg_store_sqlite,
                            .now_us = ((int64_t)time(NULL) - 86400) * 1'000'000};
    must(fg_sqlite_open(path, &filler.store, &err), &err, path);
    must(filler.ops->begin(filler.store, &err), &err, "begin");
    must(filler.ops->user_intern(filler.store, "ann", &filler.user, &err), &err, "user_intern");
    for (fg_job_id id = 1; id <= finished + queued; id++) {
        struct fg_job_row row = job_row(&filler, id);
        must(filler.ops->job_add(filler.store, &row, "ann", "default", &request, 1, &err), &err,
             "job_add");
        if (id <= finished)
            finish(&filler, row.job, &err);
        if (id % PER_COMMIT == 0) {
            must(filler.ops->commit(filler.store, &err), &err, "commit");
            must(filler.ops->begin(filler.store, &err), &err, "begin");
        }
    }
    must(filler.ops->commit(filler.store, &err), &err, "commit");
    filler.ops->free(filler.store);
}

static void healthy(const struct bench_daemon *daemon)
{
    char answer[1024];
    int http = bench_connect(daemon);
    if (bench_call(http, daemon, "GET", "/healthz", NULL, answer, sizeof(answer)) != 200)
        bench_die("GET /healthz: %s", answer);
    close(http);
}

/* Seconds from the start of the program to the first answer. */
static double start_once(struct bench_daemon *daemon)
{
    int64_t began = bench_now_us();
    bench_daemon_start(daemon);
    healthy(daemon);
    return (double)(bench_now_us() - began) / 1e6;
}

static double settled_mib(const struct bench_daemon *daemon)
{
    sleep(2);
    return (double)bench_daemon_rss_kib(daemon) / 1024;
}

static double plain_read(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int64_t began = bench_now_us(), sum = 0;
    char query[128];
    snprintf(query, sizeof(query), "SELECT * FROM job WHERE state = %d", FG_JOB_QUEUED);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK
        || sqlite3_prepare_v2(db, query, -1, &stmt, NULL) != SQLITE_OK)
        bench_die("%s: %s", path, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            sum += sqlite3_column_bytes(stmt, i);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    if (sum == 0)
        bench_die("%s: no open job", path);
    return (double)(bench_now_us() - began) / 1e6;
}

static void expect_queued(const struct bench_daemon *daemon, size_t queued)
{
    char answer[65536], wanted[64];
    int http = bench_connect(daemon);
    if (bench_call(http, daemon, "GET", "/v1/status", NULL, answer, sizeof(answer)) != 200)
        bench_die("GET /v1/status: %s", answer);
    snprintf(wanted, sizeof(wanted), "\"queued\":%zu", queued);
    if (!strstr(answer, wanted))
        bench_die("expected %s in %s", wanted, answer);
    close(http);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        bench_die("usage: bench_restart FASTGPU [runs] [finished] [queued]");
    size_t runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
    size_t finished = argc > 3 ? strtoul(argv[3], NULL, 10) : 1'000'000,
           queued = argc > 4 ? strtoul(argv[4], NULL, 10) : 100'000;
    double seconds[32], mib[32], plain[32], idle[32];
    struct bench_daemon daemon;
    char path[128], name[96];
    if (runs < 1 || runs > 32)
        bench_die("1 to 32 runs");

    bench_daemon_init(&daemon, argv[1]);
    for (size_t i = 0; i < runs; i++) {
        start_once(&daemon);
        idle[i] = settled_mib(&daemon);
        if (i == runs - 1)
            bench_daemon_drain(&daemon);
        bench_daemon_stop(&daemon);
    }
    snprintf(path, sizeof(path), "%s/fastgpu.db", daemon.data);
    fill(path, finished, queued);
    for (size_t i = 0; i < runs; i++) {
        plain[i] = plain_read(path);
        seconds[i] = start_once(&daemon);
        expect_queued(&daemon, queued);
        mib[i] = settled_mib(&daemon);
        bench_daemon_stop(&daemon);
    }
    bench_daemon_end(&daemon);

    snprintf(name, sizeof(name), "restart with %zuk finished, %zuk queued", finished / 1000,
             queued / 1000);
    bench_line(name, bench_quantile(seconds, runs, 50), "s", BENCH_LESS, 3,
               "SQLite, reading the open rows", bench_quantile(plain, runs, 50));
    bench_line("resident memory, idle", bench_quantile(idle, runs, 50), "MiB", BENCH_LESS, 25,
               NULL, 0);
    snprintf(name, sizeof(name), "resident memory, %zuk queued", queued / 1000);
    bench_line(name, bench_quantile(mib, runs, 50), "MiB", BENCH_LESS, 150, NULL, 0);
    return bench_done();
}
