/* sim_files.h - files of a simulation, whole in memory; packed ones (xz, gzip, zstd, zip) are unpacked. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* "-" is standard input.  FG_EIO, FG_ENOENT; FG_ETOOBIG: more than two GiB when unpacked. */
[[nodiscard]] int fg_sim_file_read(const char *path, struct fg_buf *out, struct fg_err *err);

/* For fg_sim_cluster_read(): `self` is the path of the cluster file, to whose folder relative names belong. */
int fg_sim_file_beside(void *self,
                       const char *path,
                       struct fg_arena *arena,
                       const char **out_bytes,
                       size_t *out_len,
                       struct fg_err *err);
