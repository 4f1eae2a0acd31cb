/* names.h - what a name may look like, and the fixed words of the model. */
#pragma once

#include "base/doc_read.h"
#include "model/project.h"
#include "model/resources.h"

#include <stddef.h>

/* A name of a job, project, user, node or label key: 1 to 63 of A-Z a-z 0-9 . _ -, not "." or "..".
 * 0, or FG_EINVAL with `err` naming `what`. */
[[nodiscard]] int fg_name_check(const char *what, const char *name, struct fg_err *err);
/* Read one such name, the reader being inside of it.  FG_EINVAL: `out` is as it was. */
[[nodiscard]] int fg_read_name(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               char out[FG_NAME_MAX]);

/* Make `out` a valid name that is like `text` (for defaults); "job" if nothing of it is left. */
void fg_name_make(const char *text, char out[FG_NAME_MAX]);

/* Is every device of `kind` one of `general`?  "h100-sxm-80g" is an "h100", and all are "any".  An instance of a board,
 * "h100-mig-1g.10gb", is an "h100-mig" but no "h100": who asks for that does not mean a seventh of one.  "" is nothing. */
bool fg_kind_is(const char *kind, const char *general);

/* An accelerator kind, lower case [a-z0-9._-], 1 to 31 bytes, written to `out` with its capitals lowered. */
[[nodiscard]] int fg_kind_read(const char *what,
                               const char *text,
                               char out[FG_KIND_MAX],
                               struct fg_err *err);

/* An environment variable that a user may set: [A-Za-z_][A-Za-z0-9_]*, and not one that the service sets
 * itself (FASTGPU_*, RANK, CUDA_VISIBLE_DEVICES, ...).  The caller puts the name before the error. */
[[nodiscard]] int fg_env_name_check(const char *name, struct fg_err *err);

/* [A-Za-z_][A-Za-z0-9_]*, of at most 255 bytes. */
bool fg_is_variable_name(const char *name);

/* A path inside the working folder: relative, not empty, no "." or ".." part, no "//", no control bytes. */
[[nodiscard]] int fg_path_check_inside(const char *what, const char *path, struct fg_err *err);
/* The same, or such a path with one / at its end: a folder. */
[[nodiscard]] int fg_path_check_below(const char *what, const char *path, struct fg_err *err);
/* An absolute path without ".." part. */
[[nodiscard]] int fg_path_check_absolute(const char *what,
                                         const char *path,
                                         struct fg_err *err);

/* "blake2b:" and 64 lower-case hex digits. */
[[nodiscard]] int fg_hash_check(const char *what, const char *hash, struct fg_err *err);
