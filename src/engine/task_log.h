/* task_log.h - one output stream of a task, kept in parts under a cap.
 *
 * stdout.log is filled to `rotate_bytes`, then stdout.log.1, and so on: no part is renamed or rewritten,
 * so a byte offset over all parts stays true and a reader needs no lock.  Past the cap, or when the disk
 * is full, bytes are dropped and counted: the task never waits for its log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_task_log {
    const char *name; /* "stdout.log", borrowed */
    int64_t bytes_max, rotate_bytes;
    int fd;        /* -1: the next byte opens the next part */
    uint32_t part; /* of `fd` */
    int64_t part_bytes, bytes;
    uint64_t dropped;
};

void fg_task_log_init(struct fg_task_log *log,
                      const char *name,
                      int64_t bytes_max,
                      int64_t rotate_bytes);

/* Copy what is in the pipe now, at most a few hundred KiB.  False: it is at its end. */
bool fg_task_log_copy(struct fg_task_log *log, int pipe);
void fg_task_log_add(struct fg_task_log *log, const char *bytes, size_t len);
void fg_task_log_close(struct fg_task_log *log);
