/* maintain.h - care of the database file, each with a connection of its own: any thread, beside a
 * running writer. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* Read every page and compare tables with their indexes.  0: sound.  FG_EIO: `err` has the first
 * fault.  About a second per 100 MiB. */
int fg_store_check(const char *path, struct fg_err *err);
/* The same, and it ends early with 0 once `stop` says so.  SQLite before 3.42 does not ask while it
 * reads the pages of one table, only between tables and while it goes through rows. */
int fg_store_check_until(const char *path,
                         bool (*stop)(void *self),
                         void *self,
                         struct fg_err *err);

/* Write a copy of the present moment to `to` (mode 0600), which appears complete or not at all.
 * FG_EEXIST: `to` is there already; FG_ENOSPC; FG_EIO. */
int fg_store_backup(const char *path, const char *to, struct fg_err *err);

/* The same for any other SQLite file: the catalogue of offers. */
int fg_store_copy(const char *path, const char *to, struct fg_err *err);
