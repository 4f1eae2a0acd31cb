/* log_file.h - one output stream of one task, as one run of bytes.
 *
 * On disk it lies in parts (stdout.log, stdout.log.1, ... in this order, see engine/job_path.h); only
 * the last one grows.  The job may own the folder, so nothing in it is followed out of the data folder.
 */
#pragma once

#include "engine/job_path.h"

#include <sys/types.h>

struct fg_log_file {
    char path[FG_PATH_MAX + 32]; /* of the first part */
    size_t root_len;             /* of the data folder in it */
    int fd;                      /* of the present part; -1: not open (yet) */
    unsigned part;
    uint64_t part_start; /* offset of its first byte */
    uint64_t offset;     /* of the next byte to read */
};

/* Name the log; nothing is opened yet.  `stream` is "stdout" or "stderr".  0, or FG_ETOOBIG. */
[[nodiscard]] int fg_log_init(struct fg_log_file *log,
                              const char *data_dir,
                              struct fg_task_key key,
                              const char *stream);
void fg_log_fini(struct fg_log_file *log);

/* How many bytes there are now. */
uint64_t fg_log_end(const struct fg_log_file *log);
/* Go on reading at this offset. */
void fg_log_seek(struct fg_log_file *log, uint64_t offset);
/* The next bytes; 0: none now; negative: an FG_E code. */
ssize_t fg_log_read(struct fg_log_file *log, char *out, size_t max);
/* Is there more to read? */
bool fg_log_has_more(const struct fg_log_file *log);
