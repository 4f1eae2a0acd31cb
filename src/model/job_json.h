/* job_json.h - a job spec as JSON: the wire form and the stored form.
 *
 *     job file --job_file.h--> fg_job_spec --job_json.h--> canonical JSON --> API, store
 *
 * Canonical: fixed member order, defaults left out, so equal specs are equal bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/doc.h"
#include "model/job.h"

/* Write the spec as one JSON object. */
void fg_job_json_write(struct fg_buf *out, const struct fg_job_spec *spec);

/* Write it for eyes: values of `envs` are replaced by "***" (they may be secrets). */
void fg_job_json_write_public(struct fg_buf *out, const struct fg_job_spec *spec);

/* Into the order that the canonical form has: by job, then item. */
void fg_after_sort(struct fg_after *after, size_t len);

/* Read and check.  Strings of `*out` are in `arena`.  `now_us` resolves relative times.
 * Returns 0, or FG_EINVAL: `err` names the member ("resources.any_of[1].cpus: ..."), what is wrong and
 * what is allowed; an unknown member is an error that names it and the nearest known one. */
[[nodiscard]] int fg_job_json_read(const struct fg_doc *doc,
                                   int64_t now_us,
                                   struct fg_arena *arena,
                                   struct fg_job_spec *out,
                                   struct fg_err *err);
