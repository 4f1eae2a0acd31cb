/* copy.c - within the file systems that this machine sees; see attempt.h
 *
 * Shares blocks where the file system can (FICLONE), lets the kernel copy where it can (copy_file_range), and reads and writes
 * elsewhere.
 */
#include "transfer/attempt.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE (8 << 20)

struct copy {
    struct fg_attempt *attempt;
    int from;
    struct fg_part part;
    bool by_hand; /* copy_file_range does not do between these two */
    char *block;
};

/* Up to `len` bytes at `at`.  How many, 0 at the end, or -errno. */
static ssize_t copy_some(struct copy *copy, int64_t at, size_t len)
{
    off_t in = at, out = at;
    if (!copy->by_hand) {
        ssize_t done = copy_file_range(copy->from, &in, copy->part.fd, &out, len, 0);
        if (done >= 0)
            return done;
        if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
            return errno == EINTR ? 0 : -errno;
        copy->by_hand = true;
    }
    ssize_t got = pread(copy->from, copy->block, len < SLICE ? len : SLICE, at);
    if (got <= 0)
        return got < 0 ? -errno : 0;
    ssize_t wrote = pwrite(copy->part.fd, copy->block, (size_t)got, at);
    return wrote < 0 ? -errno : wrote;
}

/* One run of pieces. */
static int copy_run(struct copy *copy, uint32_t first, uint32_t len, struct fg_err *err)
{
    struct fg_attempt *attempt = copy->attempt;
    int64_t at = fg_part_at(&copy->part, first), end = fg_part_at(&copy->part, first + len);
    int error = 0, idle = 0;
    while (at < end && error == 0 && idle < 100) {
        size_t want = end - at < SLICE ? (size_t)(end - at) : SLICE;
        /* What is limited goes in small slices, so that it flows. */
        if (attempt->move->limit_per_s > 0 && want > 256 * 1024)
            want = 256 * 1024;
        ssize_t done = fg_pace_wait(&attempt->pace, (int64_t)want) < 0
                           ? -ECANCELED
                           : copy_some(copy, at, want);
        idle = done == 0 ? idle + 1 : 0;
        error = done < 0 ? (int)-done : 0;
        at += done > 0 ? done : 0;
        attempt->progress.done_bytes += done > 0 ? done : 0;
        fg_attempt_tell(attempt);
    }
    fg_part_give(&copy->part, first, len, at);
    if (error == ECANCELED)
        return fg_fail(err, FG_ESTATE, "it was stopped");
    if (error)
        return fg_part_fail(err, attempt->to->path, error);
    if (at < end)
        return fg_fail(err, FG_EBACKEND, "file %s: it became shorter while it was read",
                       attempt->from->path);
    return fg_part_save(&copy->part, false, err);
}

static int copy_pieces(struct copy *copy, struct fg_err *err)
{
    struct fg_part *part = &copy->part;
    uint32_t first, len;
    int rc = 0;
    if (part->had_bytes == 0 && copy->attempt->move->limit_per_s == 0
        && ioctl(part->fd, FICLONE, copy->from) == 0) {
        copy->attempt->progress.done_bytes = part->bytes;
        return 0;
    }
    copy->block = malloc(SLICE);
    if (!copy->block)
        return fg_fail(err, FG_ENOMEM, "no memory");
    while (rc == 0 && fg_part_take(part, 64, &first, &len))
        rc = copy_run(copy, first, len, err);
    free(copy->block);
    return rc;
}

static int copy_open(struct copy *copy, struct fg_err *err)
{
    struct fg_attempt *attempt = copy->attempt;
    const struct fg_clock *clock = fg_clock_system();
    struct stat state;
    char tag[80], of[600];
    if (fstat(copy->from, &state) < 0 || !S_ISREG(state.st_mode))
        return fg_fail(err, FG_EINVAL, "file %s: no regular file", attempt->from->path);
    int rc = fg_attempt_check_size(attempt->move, state.st_size, err);
    if (rc < 0)
        return rc;
    snprintf(tag, sizeof(tag), "%lld.%09ld %lld", (long long)state.st_mtim.tv_sec,
             state.st_mtim.tv_nsec, (long long)state.st_size);
    fg_attempt_identity(attempt, tag, of);
    rc = fg_part_open(&copy->part, attempt->to->path, of, state.st_size, err);
    if (rc < 0)
        return rc;
    attempt->progress.total_bytes = attempt->result->bytes = state.st_size;
    attempt->progress.done_bytes = attempt->progress.resumed_bytes = copy->part.had_bytes;
    attempt->result->resumed_bytes = copy->part.had_bytes;
    int64_t begun_us = clock->mono_us(clock->self);
    rc = copy_pieces(copy, err);
    attempt->moving_us = clock->mono_us(clock->self) - begun_us;
    if (rc < 0) {
        (void)!fg_part_save(&copy->part, true, NULL);
        return rc;
    }
    rc = fg_attempt_check_hash(attempt, copy->part.fd, "", err);
    if (rc == FG_EBACKEND) {
        attempt->may_retry = copy->part.had_bytes > 0;
        fg_part_discard(&copy->part);
    }
    return rc < 0 ? rc : fg_part_finish(&copy->part, err);
}

int fg_attempt_copy(struct fg_attempt *attempt, struct fg_err *err)
{
    struct copy *copy = calloc(1, sizeof(*copy));
    if (!copy)
        return fg_fail(err, FG_ENOMEM, "no memory");
    copy->attempt = attempt;
    copy->part.fd = -1;
    copy->from = open(attempt->from->path, O_RDONLY | O_CLOEXEC);
    int rc = copy->from < 0 ? fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "file %s: %s",
                                      attempt->from->path, strerror(errno))
                            : copy_open(copy, err);
    fg_part_close(&copy->part);
    if (copy->from >= 0)
        close(copy->from);
    free(copy);
    return rc;
}
