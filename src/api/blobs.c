/* blobs.c - see blobs.h */
#include "api/blobs.h"
#include "api/answer.h"
#include "engine/job_path.h"
#include "model/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_BYTES  32
#define HASH_PREFIX "blake2b:"
#define WRITE_BYTES (256 * 1024)

struct fg_blobs {
    char dir[FG_PATH_MAX]; /* DATA/blobs */
    uint64_t bytes_max;
};

struct upload {
    int fd;
    bool known; /* the blob is there: take the body, keep nothing */
    char tmp_path[FG_PATH_MAX + 32];
    crypto_generichash_state state;
    struct fg_buf buf; /* small chunks of the network, gathered */
};

static int make_dir(const char *path, struct fg_err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path, strerror(errno));
}

/* What uploads of an earlier life left. */
static void clear_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

struct fg_blobs *fg_blobs_new(const char *data_dir, uint64_t bytes_max, struct fg_err *err)
{
    struct fg_blobs *blobs = calloc(1, sizeof(*blobs));
    char tmp[FG_PATH_MAX + 8];

    if (!blobs) {
        fg_fail(err, FG_ENOMEM, "no memory for the blobs");
        return NULL;
    }
    blobs->bytes_max = bytes_max;
    snprintf(blobs->dir, sizeof(blobs->dir), "%s/blobs", data_dir);
    snprintf(tmp, sizeof(tmp), "%s/tmp", blobs->dir);
    if (make_dir(blobs->dir, err) < 0 || make_dir(tmp, err) < 0) {
        free(blobs);
        return NULL;
    }
    clear_dir(tmp);
    return blobs;
}

void fg_blobs_free(struct fg_blobs *blobs)
{
    free(blobs);
}

bool fg_blob_is_there(const char *data_dir, const char *hash)
{
    char path[FG_PATH_MAX];
    struct stat info;
    if (fg_blob_path(data_dir, hash, path) < 0 || lstat(path, &info) != 0
        || !S_ISREG(info.st_mode))
        return false;
    return utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Bytes of all blobs.  Walked per upload: uploads are rare and large next to it. */
static uint64_t bytes_kept(const struct fg_blobs *blobs)
{
    uint64_t total = 0;
    DIR *dir = opendir(blobs->dir);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        int fd =
            openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        DIR *shelf = fd >= 0 ? fdopendir(fd) : NULL;
        for (struct dirent *blob = shelf ? readdir(shelf) : NULL; blob; blob = readdir(shelf)) {
            struct stat info;
            if (blob->d_name[0] != '.'
                && fstatat(fd, blob->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
                total += (uint64_t)info.st_size;
        }
        if (shelf)
            closedir(shelf);
        else if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
    return total;
}

int fg_blob_upload_begin(struct fg_call *call, struct fg_err *err)
{
    struct fg_blobs *blobs = call->api->blobs;
    if (fg_hash_check("hash", call->capture, err) < 0)
        return FG_EINVAL;

    struct upload *upload = calloc(1, sizeof(*upload));
    if (!upload)
        return fg_fail(err, FG_ENOMEM, "no memory for an upload");
    call->upload = upload;
    upload->fd = -1;
    upload->known = fg_blob_is_there(call->api->options.data_dir, call->capture);
    if (upload->known)
        return 0;
    uint64_t kept = bytes_kept(blobs);
    if (kept + call->headers.content_length > blobs->bytes_max)
        return fg_fail(err, FG_ENOSPC,
                       "blobs: %llu bytes more do not fit into %llu (artifact_bytes_max)",
                       (unsigned long long)call->headers.content_length,
                       (unsigned long long)blobs->bytes_max);
    snprintf(upload->tmp_path, sizeof(upload->tmp_path), "%s/tmp/XXXXXX", blobs->dir);
    upload->fd = mkostemp(upload->tmp_path, O_CLOEXEC);
    if (upload->fd < 0)
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "blobs: %s", strerror(errno));
    crypto_generichash_init(&upload->state, NULL, 0, HASH_BYTES);
    return 0;
}

static int flush(struct upload *upload, struct fg_err *err)
{
    for (size_t at = 0; at < upload->buf.len;) {
        ssize_t wrote = write(upload->fd, upload->buf.text + at, upload->buf.len - at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return fg_fail(err, errno == ENOSPC || errno == EDQUOT ? FG_ENOSPC : FG_EIO,
                           "blobs: %s", strerror(errno));
        at += (size_t)wrote;
    }
    fg_buf_clear(&upload->buf);
    return 0;
}

int fg_blob_upload_add(struct fg_call *call, const char *bytes, size_t len, struct fg_err *err)
{
    struct upload *upload = call->upload;
    if (upload->known)
        return 0;
    crypto_generichash_update(&upload->state, (const unsigned char *)bytes, len);
    fg_buf_add(&upload->buf, bytes, len);
    return upload->buf.len < WRITE_BYTES ? 0 : flush(upload, err);
}

void fg_blob_upload_drop(struct fg_call *call)
{
    struct upload *upload = call->upload;
    if (!upload)
        return;
    if (upload->fd >= 0) {
        close(upload->fd);
        unlink(upload->tmp_path);
    }
    fg_buf_free(&upload->buf);
    free(upload);
    call->upload = NULL;
}

static int check_hash(struct upload *upload, const char *want, struct fg_err *err)
{
    unsigned char hash[HASH_BYTES];
    char text[HASH_BYTES * 2 + 1];
    crypto_generichash_final(&upload->state, hash, sizeof(hash));
    sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
    if (strcmp(text, want + strlen(HASH_PREFIX)) != 0)
        return fg_fail(err, FG_EINVAL, "body: its hash is " HASH_PREFIX "%s, expected %s", text,
                       want);
    return 0;
}

static int sync_dir(const char *path, struct fg_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine ? 0 : fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
}

/* Give the file its final name; after that it survives a power cut. */
static int keep(struct fg_call *call, struct upload *upload, struct fg_err *err)
{
    char path[FG_PATH_MAX];
    int rc = fg_blob_path(call->api->options.data_dir, call->capture, path);
    if (rc < 0)
        return fg_fail(err, rc, "blobs: the data folder's path is too long");
    char *slash = strrchr(path, '/');
    *slash = 0;
    rc = make_dir(path, err);
    if (rc < 0)
        return rc;
    if (fchmod(upload->fd, 0600) != 0 || fsync(upload->fd) != 0)
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "blobs: %s", strerror(errno));
    *slash = '/';
    if (rename(upload->tmp_path, path) != 0)
        return fg_fail(err, FG_EIO, "blobs: %s", strerror(errno));
    close(upload->fd);
    upload->fd = -1;
    *slash = 0;
    return sync_dir(path, err);
}

struct kept {
    bool known;
    int rc;
};

static void answer_kept(struct fg_call *call, bool known)
{
    fg_json_object(&call->json);
    fg_json_kv(&call->json, "hash", call->capture);
    fg_json_kv_bool(&call->json, "known", known);
    fg_json_end(&call->json);
    fg_answer_json(call, known ? 200 : 201);
}

/* On a thread of its own: other daemons get it as well. */
static void keep_elsewhere(struct fg_call *call)
{
    struct kept *kept = call->work_data;
    kept->rc = call->api->options.keep_blob(call->api->options.self, call->capture, &call->err);
}

static void kept_elsewhere(struct fg_call *call)
{
    struct kept *kept = call->work_data;
    if (kept->rc < 0)
        fg_answer_error(call, &call->err);
    else
        answer_kept(call, kept->known);
}

void fg_handle_blob_put(struct fg_call *call)
{
    struct fg_err err = {};
    struct upload *upload = call->upload;
    int rc = 0;

    bool known = upload->known;
    if (!known)
        rc = flush(upload, &err);
    if (!known && rc == 0)
        rc = check_hash(upload, call->capture, &err);
    if (!known && rc == 0)
        rc = keep(call, upload, &err);
    fg_blob_upload_drop(call);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    if (!call->api->options.keep_blob) {
        answer_kept(call, known);
        return;
    }
    struct kept *kept = FG_NEW(call->arena, struct kept, 1);
    *kept = (struct kept){.known = known};
    call->work_data = kept;
    fg_call_work(call, keep_elsewhere, kept_elsewhere);
}

/* A file name that can stand in a header between quotes. */
static char *safe_name(struct fg_call *call, const char *name)
{
    const char *slash = strrchr(name, '/');
    char *copy = fg_arena_printf(call->arena, "%.200s", slash ? slash + 1 : name);
    for (char *at = copy; *at; at++)
        if (*at < 0x20 || *at > 0x7e || *at == '"' || *at == '\\' || *at == ';')
            *at = '_';
    return copy;
}

void fg_blob_answer(struct fg_call *call, const char *hash, const char *file_name)
{
    struct fg_err err = {};
    char path[FG_PATH_MAX];
    struct stat info;
    int fd = -1;

    if (fg_blob_path(call->api->options.data_dir, hash, path) == 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        if (fd >= 0)
            close(fd);
        fg_fail(&err, FG_ENOENT, "blob %.80s: not kept (any more)", hash);
        fg_answer_error(call, &err);
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_fd64((uint64_t)info.st_size, fd);
    MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    MHD_add_response_header(response, "Cache-Control", "private, no-cache");
    char *name =
        fg_arena_printf(call->arena, "attachment; filename=\"%s\"", safe_name(call, file_name));
    MHD_add_response_header(response, "Content-Disposition", name);
    fg_answer_response(call, 200, response, (uint64_t)info.st_size);
}

static void answer_blob(struct fg_call *call)
{
    fg_blob_answer(call, call->capture, call->capture + strlen(HASH_PREFIX));
}

/* A client that hears that it is there does not upload it: so it has to be there for the next leader too. */
static void answer_head(struct fg_call *call)
{
    struct kept *kept = call->work_data;
    if (kept->rc < 0)
        fg_answer_error(call, &call->err);
    else
        answer_blob(call);
}

void fg_handle_blob_get(struct fg_call *call)
{
    struct fg_err err = {};
    if (fg_hash_check("hash", call->capture, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    if (!call->is_head || !call->api->options.keep_blob
        || !fg_blob_is_there(call->api->options.data_dir, call->capture)) {
        answer_blob(call);
        return;
    }
    call->work_data = FG_NEW(call->arena, struct kept, 1);
    fg_call_work(call, keep_elsewhere, answer_head);
}
