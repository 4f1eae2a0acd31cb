/* task_log.c - see task_log.h */
#include "engine/task_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES 65536
#define COPIES_MAX 8 /* then other things get their turn */

void fg_task_log_init(struct fg_task_log *log,
                      const char *name,
                      int64_t bytes_max,
                      int64_t rotate_bytes)
{
    *log = (struct fg_task_log){
        .name = name, .bytes_max = bytes_max, .rotate_bytes = rotate_bytes, .fd = -1};
}

static bool open_part(struct fg_task_log *log)
{
    char path[64];
    if (log->part == 0)
        snprintf(path, sizeof(path), "%s", log->name);
    else
        snprintf(path, sizeof(path), "%s.%" PRIu32, log->name, log->part);
    log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return log->fd >= 0;
}

void fg_task_log_close(struct fg_task_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

void fg_task_log_add(struct fg_task_log *log, const char *bytes, size_t len)
{
    while (len > 0) {
        if (log->part_bytes >= log->rotate_bytes) {
            fg_task_log_close(log);
            log->part++;
            log->part_bytes = 0;
        }
        int64_t room = log->rotate_bytes - log->part_bytes;
        if (room > log->bytes_max - log->bytes)
            room = log->bytes_max - log->bytes;
        if (room <= 0 || (log->fd < 0 && !open_part(log)))
            break;
        ssize_t done = write(log->fd, bytes, (int64_t)len < room ? len : (size_t)room);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        bytes += done;
        len -= (size_t)done;
        log->part_bytes += done;
        log->bytes += done;
    }
    log->dropped += len;
}

bool fg_task_log_copy(struct fg_task_log *log, int pipe)
{
    char bytes[COPY_BYTES];
    for (int i = 0; i < COPIES_MAX; i++) {
        ssize_t got = read(pipe, bytes, sizeof(bytes));
        if (got == 0)
            return false;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN;
        fg_task_log_add(log, bytes, (size_t)got);
    }
    return true;
}
