/* cache.h - files by a hash that was promised, for tasks on this node that want them again.
 *
 *     DATA/cache/<whose>/<algorithm>-<64 hex>
 */
#pragma once

#include <stdint.h>

/* A descriptor of the file, which counts as used now; -ENOENT it is not there, or -errno. */
int fg_cache_open(const char *data_dir, int64_t uid, const char *hash);
/* Copy what `fd` has if it truly has that hash; then the longest unused files go until all fit into `bytes_max`.
 * 0, -EBADMSG another hash, or -errno. */
int fg_cache_put(
    const char *data_dir, int64_t uid, const char *hash, int fd, int64_t bytes_max);
