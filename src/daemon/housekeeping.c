/* housekeeping.c - see housekeeping.h */
#include "daemon/housekeeping.h"

#include "daemon/log.h"
#include "store/maintain.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CHECKED_AT_OPEN_BYTES (64LL << 20) /* smaller databases were checked by the store itself */

struct fg_housekeeping {
    char db_path[4096];
    pthread_t thread;
    bool started;
    struct fg_err err;
    _Atomic(const char *) fault;
};

static void *check(void *self)
{
    struct fg_housekeeping *keeping = self;
    if (fg_store_check(keeping->db_path, &keeping->err) < 0) {
        fg_log("event=database-damaged why=\"%s\"", keeping->err.text);
        atomic_store(&keeping->fault, keeping->err.text);
    }
    return NULL;
}

int fg_housekeeping_start(const char *db_path, const char *data_dir, const struct fg_config *config,
                          struct fg_housekeeping **out, struct fg_err *err)
{
    (void)data_dir;
    (void)config;
    struct fg_housekeeping *keeping = calloc(1, sizeof(*keeping));
    if (!keeping)
        return fg_fail(err, FG_ENOMEM, "no memory to start");
    snprintf(keeping->db_path, sizeof(keeping->db_path), "%s", db_path);
    *out = keeping;
    struct stat info;
    if (stat(db_path, &info) < 0 || info.st_size < CHECKED_AT_OPEN_BYTES)
        return 0;
    keeping->started = pthread_create(&keeping->thread, NULL, check, keeping) == 0;
    return keeping->started ? 0 : fg_fail(err, FG_ENOMEM, "no thread for the check of %s", db_path);
}

void fg_housekeeping_stop(struct fg_housekeeping *keeping)
{
    if (!keeping)
        return;
    if (keeping->started)
        pthread_join(keeping->thread, NULL);
    free(keeping);
}

const char *fg_housekeeping_fault(const struct fg_housekeeping *keeping)
{
    return atomic_load(&keeping->fault);
}
