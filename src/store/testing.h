/* testing.h - what the tests of this folder share: a fresh folder, jobs to put in, a mirror of load().
 * Only for *_test.c files. */
#pragma once

#include "store/maintain.h"
#include "store/reader.h"
#include "store/sqlite_store.h"
#include "test/tap.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the test itself needs; unlike assert() it is there in every build. */
#define MUST(condition)                                                                        \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

static const struct fg_store_ops *const ops = &fg_store_sqlite;

/* A folder of its own, gone at the end of the scope. */
struct folder {
    char path[64], db[96];
};

static inline struct folder folder_make(void)
{
    struct folder folder;
    snprintf(folder.path, sizeof(folder.path), "/tmp/fg_store_test.XXXXXX");
    char *made = mkdtemp(folder.path);
    MUST(made);
    snprintf(folder.db, sizeof(folder.db), "%s/fastgpu.db", folder.path);
    return folder;
}

static inline void folder_drop(struct folder *folder)
{
    static const char *const names[] = {"fastgpu.db",      "fastgpu.db-wal", "fastgpu.db-shm",
                                        "copy.db",         "copy.db-wal",    "copy.db-shm",
                                        "copy.db.partial", "audit.head",     "audit.missed"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
        unlink(path);
    }
    rmdir(folder->path);
}

static inline struct fg_store *open_store(const char *path)
{
    struct fg_store *store = NULL;
    struct fg_err err = {};
    if (fg_sqlite_open(path, &store, &err) < 0)
        printf("# %s\n", err.text);
    return store;
}

/* Every test starts from this job and changes what it is about. */
static inline struct fg_job_row plain_job(fg_job_id id)
{
    return (struct fg_job_row){
        .job = {.id = id,
                .project = 1,
                .tasks = 1,
                .user = 1,
                .state = FG_JOB_QUEUED,
                .submitted_us = INT64_C(1700000000000000) + (int64_t)id,
                .eligible_us = INT64_C(1700000000000000) + (int64_t)id},
        .name = "train",
        .spec_json = "{\"run\":\"true\"}",
        .spec_json_len = strlen("{\"run\":\"true\"}"),
        .idempotency_key = "",
    };
}

static const struct fg_request one_gpu = {
    .kind = "h100", .count = 1, .gpu_milli = 1000, .cpu_milli = 2000, .mem_mib = 4096};

static inline int add_job(struct fg_store *store, const struct fg_job_row *row)
{
    struct fg_err err = {};
    int rc = ops->job_add(store, row, "ann", "default", &one_gpu, 1, &err);
    if (rc < 0)
        printf("# job_add: %s\n", err.text);
    return rc;
}

/* The ids that came, in order. */
struct ids {
    fg_job_id id[2048];
    size_t len;
};

static inline int take_id(void *self, const struct fg_job_view *job)
{
    struct ids *ids = self;
    MUST(ids->len < 2048);
    ids->id[ids->len++] = job->job.id;
    return 0;
}
