/* spare.h - folders of tasks that left nothing behind, kept to be used again.
 *
 * A task needs four folders and a lock file.  To make and remove them is most of what a trivial task costs
 * (and on some file systems inodes that were just freed are slow to get).  So the folder of a job that is
 * over and empty is renamed to DATA/spare/<n>, and renamed again to become the folder of a later job:
 *
 *     1/0/lock.spare   1/0/work/   checkpoint/
 */
#pragma once

#include "model/job.h"

#include <pthread.h>

#define FG_SPARE_MAX 512

struct fg_spare {
    const char *data_dir;
    pthread_mutex_t mutex; /* guards what follows */
    uint64_t names[FG_SPARE_MAX];
    size_t len;
    uint64_t next; /* a name never used */
};

/* Begins with those that an earlier engine left. */
void fg_spare_init(struct fg_spare *spare, const char *data_dir);
void fg_spare_fini(struct fg_spare *spare);

/* Take one; 0: there is none. */
uint64_t fg_spare_take(struct fg_spare *spare);

/* Make the folder of job `id`, first attempt, one task, from spare `name`.  Called by the supervisor.
 * 0, or -errno and the spare is removed. */
int fg_spare_use(const char *data_dir, uint64_t name, fg_job_id job);

/* Keep the folder of that job if nothing but the usual empty parts is in it.  The supervisor must be done
 * with it.  False: it is as it was. */
bool fg_spare_keep(struct fg_spare *spare, fg_job_id job);
