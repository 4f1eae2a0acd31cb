/* rest.h - slurmrestd: submit, cancel and single jobs, where a cluster has one.
 *
 * Three versions of its interface, the newest that it speaks is taken when it is first reached: v0.0.38 (Slurm 22.05 to
 * 23.11), v0.0.40 (23.11 to 25.05), v0.0.42 (24.11 to 26.05).  What differs stands in one table.  State is never read this
 * way: a long queue costs slurmrestd seconds and gigabytes.
 * Threads:   one caller, one thread.
 */
#pragma once

#include "model/supplier.h"
#include "slurm/shape.h"

struct fg_rest;

/* Nothing is asked yet.  `stop_fd`: readable, calls come back at once. */
struct fg_rest *fg_rest_new(const struct fg_supplier *supplier, int stop_fd);
void fg_rest_free(struct fg_rest *rest); /* NULL is allowed */

/* "v0.0.38"; "" while it was not reached. */
const char *fg_rest_version(const struct fg_rest *rest);

/* Each returns 0, or
 * FG_ENOENT:   it was not asked: it is not there, or its version cannot say this (naming nodes, in v0.0.38), or it has no
 *              such job: use the commands;
 * FG_ESTATE:   Slurm says no, `err` has what it said;
 * FG_EAUTH:    it does not know us, or the token cannot be read;
 * FG_EUNREACH: no answer, no sound answer: it may have done it. */
[[nodiscard]] int fg_rest_submit(struct fg_rest *rest,
                                 const struct fg_shape *shape,
                                 const struct fg_shape_submit *submit,
                                 const char *script,
                                 uint64_t *out_id,
                                 struct fg_err *err);
[[nodiscard]] int fg_rest_job(struct fg_rest *rest,
                              uint64_t id,
                              struct fg_slurm_end *out,
                              struct fg_err *err);
[[nodiscard]] int fg_rest_cancel(struct fg_rest *rest, uint64_t id, struct fg_err *err);
