/* service.h - the running service of a data folder: is there one, which process is it. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* The process that serves `data_dir`, 0 if none does.  It holds a record lock on DIR/lock, and the kernel says
 * who: a number in a file that was left behind cannot mislead.
 * Returns 0, or FG_EIO: the folder cannot be looked into. */
[[nodiscard]] int fg_service_find(const char *data_dir, pid_t *out_pid, struct fg_err *err);

/* The data folder: --data-dir made absolute, or the default of client/locate.h. */
[[nodiscard]] int fg_service_data_dir(const char *option,
                                      char *out,
                                      size_t size,
                                      struct fg_err *err);
