/* housekeeping.h - slow work beside the loop, in a thread of its own: the full integrity check of a large database at
 * start, and once an hour the removal of blobs and job folders that nothing refers to any more. */
#pragma once

#include "base/config.h"
#include "base/err.h"

struct fg_housekeeping;

int fg_housekeeping_start(const char *db_path, const char *data_dir, const struct fg_config *config,
                          struct fg_housekeeping **out, struct fg_err *err);
/* NULL is allowed. */
void fg_housekeeping_stop(struct fg_housekeeping *housekeeping);
/* NULL, or what the check found: valid while the housekeeping is.  Any thread. */
const char *fg_housekeeping_fault(const struct fg_housekeeping *housekeeping);
