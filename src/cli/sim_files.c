/* sim_files.c - see sim_files.h */
#include "cli/sim_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define BYTES_MAX (2UL << 30)
#define CHUNK     (1UL << 20)

static void archive_drop(struct archive **archive)
{
    archive_read_free(*archive);
}

static int fault(struct archive *archive, const char *path, struct fg_err *err)
{
    int code = archive_errno(archive) == ENOENT ? FG_ENOENT : FG_EIO;
    const char *text = archive_error_string(archive);
    if (archive_errno(archive) == ENOENT)
        text = "no such file";
    return fg_fail(err, code, "%s: %s", path, text ? text : "cannot be read");
}

static int read_data(struct archive *archive,
                     const char *path,
                     struct fg_buf *out,
                     struct fg_err *err)
{
    for (;;) {
        char *room = fg_buf_reserve(out, CHUNK);
        la_ssize_t got = archive_read_data(archive, room, CHUNK - 1);
        if (got < 0)
            return fault(archive, path, err);
        if (got == 0)
            break;
        out->len += (size_t)got;
        if (out->len > BYTES_MAX)
            return fg_fail(err, FG_ETOOBIG, "%s: more than %lu bytes unpacked", path,
                           BYTES_MAX);
    }
    fg_buf_add(out, "", 1); /* ended by 0 for those who like text */
    out->len--;
    return 0;
}

int fg_sim_file_read(const char *path, struct fg_buf *out, struct fg_err *err)
{
    [[gnu::cleanup(archive_drop)]] struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    if (!archive)
        return fg_fail(err, FG_ENOMEM, "%s: no memory", path);
    archive_read_support_filter_all(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_raw(archive);
    archive_read_support_format_empty(archive);
    int rc = strcmp(path, "-") == 0 ? archive_read_open_fd(archive, 0, CHUNK)
                                    : archive_read_open_filename(archive, path, CHUNK);
    if (rc != ARCHIVE_OK)
        return fault(archive, path, err);
    rc = archive_read_next_header(archive, &entry);
    if (rc == ARCHIVE_EOF)
        return fg_fail(err, FG_EINVAL, "%s: there is nothing in it", path);
    if (rc != ARCHIVE_OK)
        return fault(archive, path, err);
    return read_data(archive, path, out, err);
}

int fg_sim_file_beside(void *self,
                       const char *path,
                       struct fg_arena *arena,
                       const char **out_bytes,
                       size_t *out_len,
                       struct fg_err *err)
{
    const char *file = self, *slash = strrchr(file, '/');
    char full[PATH_MAX];
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    int folder = slash && path[0] != '/' ? (int)(slash - file + 1) : 0;
    if (snprintf(full, sizeof(full), "%.*s%s", folder, file, path) >= (int)sizeof(full))
        return fg_fail(err, FG_EINVAL, "the path is too long");
    int rc = fg_sim_file_read(full, &buf, err);
    if (rc < 0)
        return rc;
    char *bytes = fg_arena_alloc(arena, buf.len + 1, 1);
    memcpy(bytes, buf.text, buf.len);
    *out_bytes = bytes;
    *out_len = buf.len;
    return 0;
}
