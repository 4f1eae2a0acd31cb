/* lease.c - see lease.h */
#include "engine/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A reader may see a new `stop_us` beside an old `kill_us`; both only grow, so it is never late for that. */
struct fg_lease {
    _Atomic int64_t stop_us, kill_us;
};

static struct fg_lease *map(int fd, int protection)
{
    void *at = mmap(NULL, sizeof(struct fg_lease), protection, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct fg_lease *fg_lease_make(const char *path, struct fg_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    struct fg_lease *lease = NULL;
    if (fd >= 0 && ftruncate(fd, sizeof(*lease)) == 0)
        lease = map(fd, PROT_READ | PROT_WRITE);
    if (!lease)
        fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    else
        fg_lease_set(lease, 0, 0);
    if (fd >= 0)
        close(fd);
    return lease;
}

struct fg_lease *fg_lease_open(const char *path)
{
    struct stat state;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct fg_lease *lease = NULL;
    /* A file that is too short would be a fault at the first look. */
    if (fd >= 0 && fstat(fd, &state) == 0 && state.st_size >= (off_t)sizeof(*lease))
        lease = map(fd, PROT_READ);
    if (fd >= 0)
        close(fd);
    return lease;
}

void fg_lease_free(struct fg_lease *lease)
{
    if (lease)
        munmap(lease, sizeof(*lease));
}

void fg_lease_set(struct fg_lease *lease, int64_t stop_us, int64_t kill_us)
{
    atomic_store(&lease->kill_us, kill_us);
    atomic_store(&lease->stop_us, stop_us);
}

int64_t fg_lease_due(const struct fg_lease *lease, int64_t now_us)
{
    int64_t stop_us = atomic_load(&lease->stop_us);
    if (stop_us == 0 || now_us < stop_us)
        return 0;
    int64_t kill_us = atomic_load(&lease->kill_us);
    return kill_us > 0 ? kill_us : stop_us;
}
