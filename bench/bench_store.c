/* bench_store.c - what the store costs: bench_store FOLDER [finished] [queued].
 *
 * Prints one line per figure, "name value unit".  The database is made in FOLDER and removed again.
 */
#include "store/reader.h"
#include "store/sqlite_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct fg_store_ops *const ops = &fg_store_sqlite;

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(int rc, const struct fg_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench_store: %s\n", err->text);
    exit(1);
}

static const char spec[] =
    "{\"name\":\"train\",\"run\":\"python3 train.py --epochs 10 --lr 0.001 --seed 17\","
    "\"any_of\":[{\"kind\":\"h100\",\"count\":1,\"gpu_milli\":1000,\"cpu_milli\":4000,\"mem_"
    "mib\":16384}],"
    "\"envs\":{\"OMP_NUM_THREADS\":\"4\",\"DATA\":\"/data/"
    "set-17\"},\"time_limit_us\":3600000000}";

static struct fg_job_row row_of(fg_job_id id)
{
    return (struct fg_job_row){
        .job = {.id = id,
                .project = (fg_project_id)(id % 7 + 1),
                .tasks = 1,
                .user = (uint32_t)(id % 5 + 1),
                .state = FG_JOB_QUEUED,
                .priority_milli = 50000,
                .submitted_us = INT64_C(1790000000000000) + (int64_t)id,
                .eligible_us = INT64_C(1790000000000000) + (int64_t)id,
                .time_limit_us = INT64_C(3600000000)},
        .name = "train",
        .spec_json = spec,
        .spec_json_len = sizeof(spec) - 1,
        .idempotency_key = "",
    };
}

static const struct fg_request request = {
    .kind = "h100", .count = 1, .gpu_milli = 1000, .cpu_milli = 4000, .mem_mib = 16384};

static void add(struct fg_store *store, fg_job_id id, bool with_event)
{
    struct fg_err err = {};
    struct fg_job_row row = row_of(id);
    need(ops->job_add(store, &row, "ann", "default", &request, 1, &err), &err);
    struct fg_event event = {.time_us = row.job.submitted_us,
                             .kind = "job.submitted",
                             .job = id,
                             .project = row.job.project,
                             .json = ""};
    if (with_event)
        need(ops->event_add(store, &event, NULL, &err), &err);
}

static void set(struct fg_store *store, fg_job_id id, enum fg_job_state state)
{
    struct fg_err err = {};
    struct fg_job job = row_of(id).job;
    bool over = fg_job_state_is_final(state);
    job.state = state;
    job.attempt = 1;
    job.started_us = job.submitted_us + 5;
    need(ops->job_set(store, &job, over ? job.started_us + 9 : 0, over ? "exit code 0" : "", 0,
                      0, &err),
         &err);
}

static void attempt(struct fg_store *store, fg_job_id id, enum fg_job_state outcome)
{
    static const struct fg_grant grant = {1, 1, 1000, 4000, 16384};
    struct fg_err err = {};
    struct fg_attempt_row row = {.job = id,
                                 .attempt = 1,
                                 .started_us = INT64_C(1790000000000005),
                                 .outcome = outcome,
                                 .usage = {100, 20000, 30000, 0},
                                 .grants = &grant,
                                 .grants_len = 1,
                                 .node = "host",
                                 .devices = "[\"h100-0\"]",
                                 .cost_uusd = 12,
                                 .reason = ""};
    need(ops->attempt_put(store, &row, &err), &err);
}

static void begin(struct fg_store *store)
{
    struct fg_err err = {};
    need(ops->begin(store, &err), &err);
}

static void commit(struct fg_store *store)
{
    struct fg_err err = {};
    need(ops->commit(store, &err), &err);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* `n` jobs in commits of `batch`. */
static fg_job_id insert(
    struct fg_store *store, fg_job_id from, size_t n, size_t batch, const char *name)
{
    size_t commits = n / batch;
    double *took = calloc(commits + 1, sizeof(*took));
    if (!took)
        abort();
    double start = now_s(), cpu = cpu_s();
    for (size_t i = 0; i < commits; i++) {
        double at = now_s();
        begin(store);
        for (size_t k = 0; k < batch; k++)
            add(store, from++, true);
        commit(store);
        took[i] = now_s() - at;
    }
    double all = now_s() - start;
    qsort(took, commits, sizeof(*took), compare);
    printf(
        "insert_%s %.0f jobs/s; cpu %.2f us/job; commit p50 %.2f ms p99 %.2f ms max %.2f ms\n",
        name, (double)n / all, (cpu_s() - cpu) / (double)n * 1e6, took[commits / 2] * 1e3,
        took[commits * 99 / 100] * 1e3, took[commits - 1] * 1e3);
    free(took);
    return from;
}

/* Three changes of state and two writes of the attempt per job, as one run makes them. */
static void run_jobs(struct fg_store *store, fg_job_id from, size_t n, size_t batch)
{
    double start = now_s(), cpu = cpu_s();
    for (size_t at = 0; at < n; at += batch) {
        static const enum fg_job_state states[] = {FG_JOB_STARTING, FG_JOB_RUNNING,
                                                   FG_JOB_SUCCEEDED};
        for (size_t s = 0; s < 3; s++) {
            begin(store);
            for (size_t k = 0; k < batch; k++) {
                set(store, from + at + k,
                    s == 2 && (at + k) % 100 == 0 ? FG_JOB_FAILED : states[s]);
                if (s != 1)
                    attempt(store, from + at + k, states[s]);
            }
            commit(store);
        }
    }
    printf("lifecycle %.0f jobs/s; cpu %.2f us/job (3 job_set, 2 attempt_put)\n",
           (double)n / (now_s() - start), (cpu_s() - cpu) / (double)n * 1e6);
}

static void set_only(struct fg_store *store, fg_job_id from, size_t n, size_t batch)
{
    double cpu = cpu_s(), start = now_s();
    for (size_t at = 0; at < n; at += batch) {
        begin(store);
        for (size_t k = 0; k < batch; k++)
            set(store, from + at + k, FG_JOB_STARTING);
        commit(store);
    }
    printf("job_set %.0f /s; cpu %.2f us\n", (double)n / (now_s() - start),
           (cpu_s() - cpu) / (double)n * 1e6);
    for (size_t at = 0; at < n; at += batch) {
        begin(store);
        for (size_t k = 0; k < batch; k++)
            set(store, from + at + k, FG_JOB_QUEUED);
        commit(store);
    }
}

static int count_job(void *self,
                     const struct fg_job_row *row,
                     const struct fg_request *any_of,
                     size_t any_of_len,
                     const struct fg_grant *grants,
                     size_t grants_len)
{
    (void)row, (void)any_of, (void)any_of_len, (void)grants, (void)grants_len;
    ++*(size_t *)self;
    return 0;
}

static int count_view(void *self, const struct fg_job_view *job)
{
    (void)job;
    ++*(size_t *)self;
    return 0;
}

static void list(struct fg_reader *reader, const char *name, struct fg_job_filter filter)
{
    struct fg_err err = {};
    double took[21];
    size_t n = 0;
    filter.limit = 1000;
    for (size_t i = 0; i < 21; i++) {
        double at = now_s();
        n = 0;
        need(fg_reader_jobs(reader, &filter, count_view, &n, &err), &err);
        took[i] = now_s() - at;
    }
    double first = took[0];
    qsort(took, 21, sizeof(took[0]), compare);
    printf("list_%s %.2f ms median, %.2f ms first, %zu rows\n", name, took[10] * 1e3,
           first * 1e3, n);
}

static void lists(const char *path, fg_job_id middle)
{
    struct fg_err err = {};
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(path, &err);
    need(reader ? 0 : -1, &err);
    list(reader, "all", (struct fg_job_filter){});
    list(reader, "project", (struct fg_job_filter){.project = 3});
    list(reader, "user", (struct fg_job_filter){.user = "bob"});
    list(reader, "queued", (struct fg_job_filter){.states = 1U << FG_JOB_QUEUED});
    list(reader, "running", (struct fg_job_filter){.states = 1U << FG_JOB_RUNNING});
    list(reader, "failed", (struct fg_job_filter){.states = 1U << FG_JOB_FAILED});
    list(reader, "succeeded", (struct fg_job_filter){.states = 1U << FG_JOB_SUCCEEDED});
    list(reader, "open", (struct fg_job_filter){.states = 7});
    list(reader, "over", (struct fg_job_filter){.states = 120});
    list(reader, "project_user_failed",
         (struct fg_job_filter){.in_project = 3, .user = "bob", .states = 1U << FG_JOB_FAILED});
    list(reader, "middle", (struct fg_job_filter){.before = middle});
    list(reader, "name_absent", (struct fg_job_filter){.name = "absent"});
}

static void remove_database(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4096];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void reload(const char *path)
{
    struct fg_err err = {};
    struct fg_store *store = NULL;
    size_t jobs = 0;
    struct fg_store_sink sink = {.self = &jobs, .job = count_job};
    double at = now_s();
    need(fg_sqlite_open(path, &store, &err), &err);
    double opened = now_s();
    need(ops->load(store, &sink, &err), &err);
    printf("open %.3f s\nload %.3f s for %zu open jobs\n", opened - at, now_s() - opened, jobs);
    ops->free(store);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "use: bench_store FOLDER [finished jobs] [queued jobs]\n");
        return 2;
    }
    size_t finished = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    size_t queued = argc > 3 ? strtoul(argv[3], NULL, 10) : 100000;
    char path[4096];
    snprintf(path, sizeof(path), "%s/bench_store.db", argv[1]);
    remove_database(path);

    struct fg_err err = {};
    struct fg_store *store = NULL;
    need(fg_sqlite_open(path, &store, &err), &err);
    static const char *const users[] = {"ann", "bob", "eve", "joe", "zoe"};
    begin(store);
    for (size_t i = 0; i < 5; i++)
        need(ops->user_intern(store, users[i], &(uint32_t){0}, &err), &err);
    commit(store);

    fg_job_id next = insert(store, 1, finished / 1000 * 1000, 1000, "batch_1000");
    run_jobs(store, 1, next - 1, 1000);
    fg_job_id open_from = next;
    next = insert(store, next, queued / 100 * 100, 100, "batch_100");
    next = insert(store, next, 2000, 1, "batch_1");
    set_only(store, open_from, queued / 100 * 100, 100);
    ops->free(store);
    struct stat st = {};
    stat(path, &st);
    printf("file %.1f MiB, %.0f bytes per job\n", (double)st.st_size / 1048576,
           (double)st.st_size / (double)(next - 1));
    reload(path);
    lists(path, next / 2);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("max_rss %.1f MiB\n", (double)use.ru_maxrss / 1024);
    remove_database(path);
    return 0;
}
