/* schema.h - the tables, and how an older file becomes a newer one.
 *
 * PRAGMA user_version counts the steps a file has taken; each step is one transaction and none goes
 * back.  PRAGMA application_id says that the file is ours ("FGPU").
 */
#pragma once

#include "store/db.h"

#define FG_SCHEMA_APPLICATION_ID 0x46475055 /* "FGPU" */

/* The number of steps this program knows. */
int fg_schema_version(void);

/* Bring the file to the newest schema (an empty one from nothing).  FG_ESTATE: the file belongs to
 * another program, or to a newer version of this one; it is left as it was. */
int fg_schema_migrate(struct fg_db *db, struct fg_err *err);
/* Only as far as that version: what an older program left behind, for tests. */
int fg_schema_migrate_to(struct fg_db *db, int64_t version, struct fg_err *err);

/* The same question without a change, for readers: FG_ESTATE unless the file is at our version. */
int fg_schema_verify(struct fg_db *db, struct fg_err *err);
