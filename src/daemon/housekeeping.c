/* housekeeping.c - see housekeeping.h */
#include "daemon/housekeeping.h"

#include "base/clock.h"
#include "daemon/log.h"
#include "daemon/references.h"
#include "daemon/sweep.h"
#include "store/audit.h"
#include "store/maintain.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECKED_AT_OPEN_BYTES                                                                  \
    (64LL << 20) /* smaller databases were checked by the store itself */
#define FIRST_SWEEP_S     300
#define SWEEP_S           3600
#define BLOB_AGE_US       (86400LL * 1000000)
#define BLOB_AGE_TIGHT_US (3600LL * 1000000)
#define NICE              10

struct fg_housekeeping {
    struct fg_housekeeping_options options;
    char db_path[PATH_MAX], data_dir[PATH_MAX];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* on the monotonic clock */
    uint64_t deed_told;  /* number of the newest deed that the log has */
    atomic_bool stopping;
    struct fg_err err; /* written before `fault` points to its text */
    _Atomic(const char *) fault;
};

static bool stopping(void *self)
{
    struct fg_housekeeping *keeping = self;
    return atomic_load(&keeping->stopping);
}

/* True: the time is over; false: stop. */
static bool pause_s(struct fg_housekeeping *keeping, time_t seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    int rc = 0;
    pthread_mutex_lock(&keeping->lock);
    while (!stopping(keeping) && rc == 0)
        rc = pthread_cond_timedwait(&keeping->wake, &keeping->lock, &until);
    pthread_mutex_unlock(&keeping->lock);
    return !stopping(keeping);
}

/* -- the check ------------------------------------------------------------------------------------------ */

static void check_if_large(struct fg_housekeeping *keeping)
{
    struct stat info;
    if (stat(keeping->db_path, &info) < 0 || info.st_size < CHECKED_AT_OPEN_BYTES)
        return;
    if (fg_store_check_until(keeping->db_path, stopping, keeping, &keeping->err) < 0) {
        fg_log("event=database-damaged why=\"%s\"", keeping->err.text);
        atomic_store(&keeping->fault, keeping->err.text);
    }
}

/* -- the sweep ------------------------------------------------------------------------------------------ */

struct asked {
    struct fg_housekeeping *keeping;
    struct fg_references *references;
};

static int job_known(void *self, fg_job_id job, struct fg_err *err)
{
    const struct asked *asked = self;
    return fg_references_job(asked->references, job, err);
}

static bool blob_known(void *self, const uint8_t hash[FG_HASH_BYTES])
{
    const struct asked *asked = self;
    return fg_references_blob(asked->references, hash);
}

static bool sweep_stopping(void *self)
{
    const struct asked *asked = self;
    return stopping(asked->keeping);
}

static int sweep_all(struct fg_housekeeping *keeping,
                     struct fg_swept *swept,
                     struct fg_err *err)
{
    FG_AUTO(fg_references)
    struct fg_references *references = fg_references_open(keeping->db_path, err);
    if (!references)
        return err->code;
    struct asked asked = {.keeping = keeping, .references = references};
    const struct fg_clock *clock = fg_clock_system();
    struct fg_sweep sweep = {
        .now_us = clock->now_us(clock->self),
        .blob_age_us = BLOB_AGE_US,
        .self = &asked,
        .job_known = job_known,
        .blob_known = blob_known,
        .stopping = sweep_stopping,
    };
    int rc = fg_sweep_jobs(keeping->data_dir, &sweep, swept, err);
    if (rc == 0)
        rc = fg_sweep_blobs(keeping->data_dir, &sweep, swept, err);
    uint64_t tight = keeping->options.blob_bytes_max / 10 * 9;
    if (rc == 0 && swept->kept_bytes > tight) {
        sweep.blob_age_us = BLOB_AGE_TIGHT_US;
        rc = fg_sweep_blobs(keeping->data_dir, &sweep, swept, err);
    }
    return rc;
}

static bool is_sound(const struct fg_housekeeping *keeping)
{
    return !fg_housekeeping_fault(keeping)
           && !(keeping->options.health && keeping->options.health(keeping->options.self));
}

void fg_housekeeping_sweep(struct fg_housekeeping *keeping)
{
    struct fg_swept swept = {};
    struct fg_err err = {};
    if (!is_sound(keeping))
        return;
    if (sweep_all(keeping, &swept, &err) < 0)
        fg_log("event=sweep-failed why=\"%s\"", err.text);
    if (swept.jobs || swept.blobs || swept.uploads || swept.failed)
        fg_log("event=swept jobs=%llu blobs=%llu uploads=%llu bytes=%llu failed=%llu",
               (unsigned long long)swept.jobs, (unsigned long long)swept.blobs,
               (unsigned long long)swept.uploads, (unsigned long long)swept.bytes,
               (unsigned long long)swept.failed);
}

/* -- the record of what people did ----------------------------------------------------------------------- */

/* The log is kept elsewhere, where it is kept well: who cuts the end off the record, or writes it anew, does not reach this. */
static void tell_newest_deed(struct fg_housekeeping *keeping)
{
    struct fg_audit_link deed = {};
    char hex[FG_AUDIT_HEX_MAX];
    if (!fg_audit_noted(keeping->db_path, &deed) || deed.seq == keeping->deed_told)
        return;
    fg_audit_hex(&deed, hex);
    fg_log("event=audit-newest deed=%llu:%s", (unsigned long long)deed.seq, hex);
    keeping->deed_told = deed.seq;
}

/* -- the thread ----------------------------------------------------------------------------------------- */

static void *keep(void *self)
{
    struct fg_housekeeping *keeping = self;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone */
    check_if_large(keeping);
    if (!pause_s(keeping, FIRST_SWEEP_S))
        return NULL;
    do {
        fg_housekeeping_sweep(keeping);
        tell_newest_deed(keeping);
    } while (pause_s(keeping, SWEEP_S));
    return NULL;
}

static struct fg_housekeeping *make(const struct fg_housekeeping_options *options)
{
    struct fg_housekeeping *keeping = calloc(1, sizeof(*keeping));
    if (!keeping)
        return NULL;
    keeping->options = *options;
    snprintf(keeping->db_path, sizeof(keeping->db_path), "%s", options->db_path);
    snprintf(keeping->data_dir, sizeof(keeping->data_dir), "%s", options->data_dir);
    keeping->options.db_path = keeping->db_path;
    keeping->options.data_dir = keeping->data_dir;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keeping->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&keeping->lock, NULL);
    return keeping;
}

static void unmake(struct fg_housekeeping *keeping)
{
    pthread_mutex_destroy(&keeping->lock);
    pthread_cond_destroy(&keeping->wake);
    free(keeping);
}

int fg_housekeeping_start(const struct fg_housekeeping_options *options,
                          struct fg_housekeeping **out,
                          struct fg_err *err)
{
    struct fg_housekeeping *keeping = make(options);
    if (!keeping)
        return fg_fail(err, FG_ENOMEM, "no memory to start");
    *out = keeping; /* before the thread is: health() may ask for the fault */
    if (pthread_create(&keeping->thread, NULL, keep, keeping) == 0)
        return 0;
    *out = NULL;
    unmake(keeping);
    return fg_fail(err, FG_ENOMEM, "no thread for the housekeeping");
}

void fg_housekeeping_stop(struct fg_housekeeping *keeping)
{
    if (!keeping)
        return;
    pthread_mutex_lock(&keeping->lock);
    atomic_store(&keeping->stopping, true);
    pthread_cond_signal(&keeping->wake);
    pthread_mutex_unlock(&keeping->lock);
    pthread_join(keeping->thread, NULL);
    unmake(keeping);
}

const char *fg_housekeeping_fault(const struct fg_housekeeping *keeping)
{
    return atomic_load(&keeping->fault);
}
