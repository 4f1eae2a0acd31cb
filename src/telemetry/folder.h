/* folder.h - the files of the series store: their names, and writing them so that a kill or a power cut leaves no half of one.
 *
 *     DIR/raw-START-SPAN-ID.block     seconds; blocks of three levels
 *     DIR/log-START-ID                rows of an hour that is not in a block yet
 *
 * Ids rise: what was made later has the greater one.
 */
#pragma once

#include "telemetry/level.h"

#include <limits.h>

struct fg_series_file {
    bool is_log;
    enum fg_level level;
    int64_t start_us, span_us;
    uint64_t id;
};

/* Make the folder if it is missing.  FG_EIO. */
[[nodiscard]] int fg_folder_make(const char *dir, struct fg_err *err);
void fg_folder_path(const char *dir, const struct fg_series_file *file, char out[PATH_MAX]);
/* All files of the store there, by id, in memory of the caller (free); leftovers of writes that never ended are removed. */
[[nodiscard]] int fg_folder_list(const char *dir,
                                 struct fg_series_file **out,
                                 size_t *out_len,
                                 struct fg_err *err);
/* Write it whole under another name, sync, rename; returns a descriptor for reading in `*out_fd`.  FG_EIO. */
[[nodiscard]] int fg_folder_write(const char *dir,
                                  const struct fg_series_file *file,
                                  const struct fg_buf *bytes,
                                  int *out_fd,
                                  struct fg_err *err);
void fg_folder_remove(const char *dir, const struct fg_series_file *file);
/* Open a log for adding; FG_EIO. */
[[nodiscard]] int fg_folder_open_log(const char *dir,
                                     const struct fg_series_file *file,
                                     int *out_fd,
                                     struct fg_err *err);
/* Add all bytes and sync. */
[[nodiscard]] int fg_folder_add(int fd, const struct fg_buf *bytes, struct fg_err *err);
/* All of a log, into `out`. */
[[nodiscard]] int fg_folder_read(const char *dir,
                                 const struct fg_series_file *file,
                                 struct fg_buf *out,
                                 struct fg_err *err);
