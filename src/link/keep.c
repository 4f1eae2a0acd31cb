/* keep.c - see keep.h */
#include "link/keep.h"

#include "engine/blob.h"
#include "engine/checkpoint.h"
#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int part_path(const char *data_dir,
                     struct fg_task_key key,
                     uint32_t stream,
                     uint32_t part,
                     char out[FG_PATH_MAX])
{
    static const char *const names[] = {"stdout.log", "stderr.log"};
    char dir[FG_PATH_MAX], tail[16] = "";
    if (fg_task_dir(data_dir, key, dir) < 0)
        return -ENAMETOOLONG;
    if (part > 0)
        snprintf(tail, sizeof(tail), ".%" PRIu32, part);
    return snprintf(out, FG_PATH_MAX, "%s/%s%s", dir, names[stream], tail) >= FG_PATH_MAX
               ? -ENAMETOOLONG
               : 0;
}

void fg_keep_log_open(struct fg_keep_log *log,
                      const char *data_dir,
                      struct fg_task_key key,
                      uint32_t stream)
{
    char path[FG_PATH_MAX];
    struct stat state;
    if (log->is_open)
        return;
    *log = (struct fg_keep_log){.fd = -1, .is_open = true};
    for (uint32_t part = 0; part_path(data_dir, key, stream, part, path) == 0
                            && stat(path, &state) == 0 && S_ISREG(state.st_mode);
         part++) {
        log->part = part;
        log->part_len = (uint64_t)state.st_size;
        log->len += (uint64_t)state.st_size;
    }
}

void fg_keep_log_close(struct fg_keep_log *log)
{
    if (log->is_open && log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

static int open_part(struct fg_keep_log *log, const struct fg_keep_place *place)
{
    char path[FG_PATH_MAX], dir[FG_PATH_MAX];
    int rc = part_path(place->data_dir, place->key, place->stream, log->part, path);
    if (rc < 0)
        return rc;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    log->fd = open(path, flags, 0600);
    if (log->fd < 0 && errno == ENOENT && fg_task_dir(place->data_dir, place->key, dir) == 0
        && fg_fs_mkdirs(dir, 0711) == 0)
        log->fd = open(path, flags, 0600);
    return log->fd < 0 ? -errno : 0;
}

void fg_keep_log_add(struct fg_keep_log *log,
                     const struct fg_keep_place *place,
                     const char *bytes,
                     size_t len)
{
    uint64_t rotate = (uint64_t)place->config->log_rotate_bytes;
    uint64_t max = (uint64_t)place->config->log_bytes_max;
    while (len > 0) {
        if (log->part_len >= rotate) {
            fg_keep_log_close(log);
            log->part++;
            log->part_len = 0;
        }
        uint64_t kept = log->len - log->dropped;
        uint64_t room = kept < max ? max - kept : 0;
        room = room < rotate - log->part_len ? room : rotate - log->part_len;
        ssize_t done = -1;
        if (room > 0 && (log->fd >= 0 || open_part(log, place) == 0))
            done = write(log->fd, bytes, len < room ? len : room);
        if (done < 0 && room > 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        log->part_len += (uint64_t)done;
        log->len += (uint64_t)done;
        bytes += done;
        len -= (size_t)done;
    }
    log->len += len;
    log->dropped += len;
}

int fg_keep_blob_begin(struct fg_keep_blob *blob, struct fg_err *err)
{
    blob->len = 0;
    blob->fd = open(blob->temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (blob->fd < 0)
        return fg_fail(err, FG_EIO, "%s: %s", blob->temp, strerror(errno));
    crypto_generichash_init(&blob->hash, NULL, 0, 32);
    return 0;
}

int fg_keep_blob_add(struct fg_keep_blob *blob,
                     const char *bytes,
                     size_t len,
                     struct fg_err *err)
{
    int rc = fg_fs_write_all(blob->fd, bytes, len);
    if (rc < 0) {
        fg_keep_blob_drop(blob);
        return fg_fail(err, rc == -ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", blob->name,
                       strerror(-rc));
    }
    crypto_generichash_update(&blob->hash, (const uint8_t *)bytes, len);
    blob->len += len;
    return 0;
}

static int put_checkpoint(const char *data_dir, const struct fg_keep_blob *blob)
{
    char path[FG_PATH_MAX], dir[FG_PATH_MAX];
    if (fg_keep_checkpoint_path(data_dir, blob->checkpoint_of, path) < 0
        || fg_job_dir(data_dir, blob->checkpoint_of, dir) < 0)
        return -ENAMETOOLONG;
    int rc = fg_fs_mkdirs(dir, 0711);
    if (rc == 0 && rename(blob->temp, path) < 0)
        rc = -errno;
    return rc;
}

int fg_keep_blob_end(struct fg_keep_blob *blob, const char *data_dir, struct fg_err *err)
{
    uint8_t digest[32];
    char hex[65], name[80];
    crypto_generichash_final(&blob->hash, digest, sizeof(digest));
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(name, sizeof(name), "blake2b:%s", hex);
    if (strcmp(name, blob->name) != 0) {
        fg_keep_blob_drop(blob);
        return fg_fail(err, FG_EINVAL, "what came is not %s", blob->name);
    }
    int rc = fsync(blob->fd) < 0 ? -errno : 0;
    if (rc == 0)
        rc = blob->checkpoint_of ? put_checkpoint(data_dir, blob)
                                 : fg_blob_place(data_dir, blob->temp, name);
    fg_keep_blob_drop(blob);
    return rc < 0 ? fg_fail(err, FG_EIO, "%s: %s", name, strerror(-rc)) : 0;
}

void fg_keep_blob_drop(struct fg_keep_blob *blob)
{
    if (blob->fd >= 0) {
        close(blob->fd);
        unlink(blob->temp);
    }
    blob->fd = -1;
    blob->len = 0;
}

int fg_keep_checkpoint_path(const char *data_dir, fg_job_id job, char out[FG_PATH_MAX])
{
    char dir[FG_PATH_MAX];
    int rc = fg_job_dir(data_dir, job, dir);
    if (rc < 0)
        return rc;
    return snprintf(out, FG_PATH_MAX, "%s/" FG_CHECKPOINT_FILE, dir) >= FG_PATH_MAX ? FG_ETOOBIG
                                                                                    : 0;
}
