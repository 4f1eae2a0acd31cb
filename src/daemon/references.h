/* references.h - what the database refers to, for the sweep.
 *
 * The blobs are read once, at the opening: one that gets its first reference later must be young (sweep.h).  The jobs
 * are looked up one by one.  One thread.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "model/job.h"

#include <stdbool.h>
#include <stdint.h>

struct fg_references;

/* NULL and `err`: the database cannot be read, and nothing may be swept. */
struct fg_references *fg_references_open(const char *db_path, struct fg_err *err);
void fg_references_free(struct fg_references *references); /* NULL is allowed */
FG_AUTO_DEFINE(fg_references)

/* 1: the job is there.  Also 1: its number is above every job of the database, so that a database from an old backup, or a
 * new one beside old folders, does not cost the logs of jobs it never knew.  0: it was there and is not any more; or an error. */
int fg_references_job(struct fg_references *references, fg_job_id job, struct fg_err *err);
/* `hash` has 32 bytes. */
bool fg_references_blob(const struct fg_references *references, const uint8_t *hash);
