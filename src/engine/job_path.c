/* job_path.c - see job_path.h */
#include "engine/job_path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLOB_PREFIX "blake2b:"

[[gnu::format(printf, 2, 3)]] static int put(char *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(out, FG_PATH_MAX, fmt, ap);
    va_end(ap);
    return len < 0 || len >= FG_PATH_MAX ? FG_ETOOBIG : 0;
}

int fg_job_dir(const char *data_dir, fg_job_id job, char *out)
{
    return put(out, "%s/jobs/%" PRIu64 "/%" PRIu64, data_dir, job / 1000, job);
}

int fg_task_dir(const char *data_dir, struct fg_task_key key, char *out)
{
    return put(out, "%s/jobs/%" PRIu64 "/%" PRIu64 "/%" PRIu32 "/%" PRIu32, data_dir,
               key.job / 1000, key.job, key.attempt, key.task);
}

int fg_blob_path(const char *data_dir, const char *hash, char *out)
{
    if (strncmp(hash, BLOB_PREFIX, strlen(BLOB_PREFIX)) != 0)
        return FG_EINVAL;
    hash += strlen(BLOB_PREFIX);
    if (strlen(hash) != 64 || strspn(hash, "0123456789abcdef") != 64)
        return FG_EINVAL;
    return put(out, "%s/blobs/%.2s/%s", data_dir, hash, hash);
}
