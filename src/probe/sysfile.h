/* sysfile.h - the small files in which Linux says how the machine is: /proc, /sys. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read it into `out` and end it by 0; what does not fit is left.  False: it cannot be read. */
bool fg_sysfile_read(const char *path, char *out, size_t room);

/* A number that stands alone in it; -1 if it cannot be read. */
int64_t fg_sysfile_number(const char *path);
