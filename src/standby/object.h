/* object.h - files in PostgreSQL, in pieces of 1 MiB: snapshots of the database, blobs, keys.
 *
 *     fastgpu_object    name, how many pieces, of which batch and schema (snapshots); a stamp that rises
 *     fastgpu_part      the pieces, under a random number
 *
 * A file appears whole or not at all: its row is written when all pieces are there.  Pieces that nobody came to name
 * go after a day.
 */
#pragma once

#include "standby/pg.h"

#define FG_OBJECT_NAME_MAX 160
#define FG_OBJECT_SNAPSHOT "snapshot"

struct fg_object {
    char name[FG_OBJECT_NAME_MAX];
    int64_t id, stamp; /* filled in by the table */
    uint64_t parts, bytes;
    uint64_t seq; /* snapshot: the last batch in it */
    int schema;   /* snapshot */
};

/* Put the file at `path` there under `what->name`, in the place of an older one.  `id` is a random number. */
int fg_object_put(struct fg_pg *pg,
                  const struct fg_object *what,
                  int64_t id,
                  const char *path,
                  struct fg_err *err);
/* FG_ENOENT. */
int fg_object_find(struct fg_pg *pg,
                   const char *name,
                   struct fg_object *out,
                   struct fg_err *err);
/* Objects with names that begin so, put after `stamp`, by stamp; at most `max`.  How many, or an error. */
int fg_object_list(struct fg_pg *pg,
                   const char *prefix,
                   int64_t stamp,
                   struct fg_object *out,
                   size_t max,
                   struct fg_err *err);
/* Write it to `path` (0600, made anew, on the disk when this returns); FG_ENOENT: replaced or dropped meanwhile. */
int fg_object_get(struct fg_pg *pg,
                  const struct fg_object *what,
                  const char *path,
                  struct fg_err *err);
int fg_object_drop(struct fg_pg *pg, const char *name, struct fg_err *err);
/* Pieces that belong to nothing, a day old. */
int fg_object_tidy(struct fg_pg *pg, struct fg_err *err);
