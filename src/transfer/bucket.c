/* bucket.c - see bucket.h */
#include "transfer/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BURST_US 100'000
#define NONSENSE_US                                                                            \
    (3600LL * 1000000) /* so far ahead: the clock began anew, with the machine */

struct fg_bucket {
    int64_t *full_us; /* shared */
    int64_t own;      /* where `full_us` points to if it is not a file */
};

static int map_file(const char *path, int64_t **out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int rc = ftruncate(fd, sizeof(int64_t)) < 0 ? -errno : 0;
    void *at = rc == 0 ? mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
    if (rc == 0 && at == MAP_FAILED)
        rc = -errno;
    close(fd);
    if (rc == 0)
        *out = at;
    return rc;
}

int fg_bucket_open(const char *path, struct fg_bucket **out, struct fg_err *err)
{
    struct fg_bucket *bucket = calloc(1, sizeof(*bucket));
    if (!bucket)
        abort();
    bucket->full_us = &bucket->own;
    int rc = path ? map_file(path, &bucket->full_us) : 0;
    if (rc < 0) {
        free(bucket);
        return fg_fail(err, FG_EIO, "limit file %s: %s", path, strerror(-rc));
    }
    *out = bucket;
    return 0;
}

void fg_bucket_free(struct fg_bucket *bucket)
{
    if (!bucket)
        return;
    if (bucket->full_us != &bucket->own)
        munmap(bucket->full_us, sizeof(int64_t));
    free(bucket);
}

int64_t fg_bucket_take(struct fg_bucket *bucket,
                       int64_t bytes,
                       int64_t bytes_per_s,
                       int64_t now_us)
{
    if (bytes_per_s <= 0)
        return 0;
    int64_t cost_us = (int64_t)((double)bytes * 1e6 / (double)bytes_per_s);
    int64_t was = __atomic_load_n(bucket->full_us, __ATOMIC_RELAXED), next;
    do {
        bool is_past = was < now_us || was > now_us + NONSENSE_US;
        next = (is_past ? now_us : was) + cost_us;
    } while (!__atomic_compare_exchange_n(bucket->full_us, &was, next, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    int64_t wait_us = next - now_us - BURST_US;
    return wait_us > 0 ? wait_us : 0;
}
