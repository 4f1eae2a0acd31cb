/* unpack.c - see unpack.h
 *
 * libarchive only decodes; every file is made here with openat2(RESOLVE_BENEATH), so that safety rests
 * on the kernel and not on the checking of names.
 */
#include "engine/unpack.h"

#include "engine/fs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 1000000
#define BLOCK_BYTES 65536

static int write_file(struct archive *in, int fd, int64_t *left)
{
    for (;;) {
        const void *bytes;
        size_t len;
        la_int64_t at;
        int rc = archive_read_data_block(in, &bytes, &len, &at);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc < ARCHIVE_WARN)
            return -EBADMSG;
        if ((int64_t)len > *left || at < 0)
            return -EFBIG;
        *left -= (int64_t)len;
        /* Sparse files have holes between their blocks. */
        if (lseek(fd, at, SEEK_SET) < 0)
            return -errno;
        rc = fg_fs_write_all(fd, bytes, len);
        if (rc < 0)
            return rc;
    }
}

static int make_file(const struct fg_unpack *unpack,
                     struct archive *in,
                     struct archive_entry *entry,
                     const char *path,
                     int64_t *left)
{
    mode_t mode = (archive_entry_perm(entry) & 0777) | 0600;
    int fd = fg_fs_open_beneath(unpack->folder, path, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (fd < 0)
        return fd;
    int rc = write_file(in, fd, left);
    if (rc == 0 && archive_entry_size_is_set(entry)
        && ftruncate(fd, archive_entry_size(entry)) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc;
}

/* The folder that holds `path`, and its last part. */
static int open_above(int folder, const char *path, const char **last)
{
    char above[1024];
    const char *slash = strrchr(path, '/');
    *last = slash ? slash + 1 : path;
    if (!slash)
        return openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if ((size_t)(slash - path) >= sizeof(above))
        return -ENAMETOOLONG;
    memcpy(above, path, (size_t)(slash - path));
    above[slash - path] = '\0';
    return fg_fs_open_beneath(folder, above[0] ? above : ".", O_RDONLY | O_DIRECTORY, 0);
}

static int make_link(const struct fg_unpack *unpack, const char *target, const char *path)
{
    const char *last;
    int above = open_above(unpack->folder, path, &last);
    if (above < 0)
        return above;
    int rc = !target || symlinkat(target, above, last) < 0 ? -errno : 0;
    close(above);
    return rc;
}

/* "./a//b/" -> "./a//b"; the kernel takes care of the rest. */
static bool clean_path(const char *name, char path[1024])
{
    size_t len = name ? strlen(name) : 0;
    while (len > 0 && name[len - 1] == '/')
        len--;
    if (len == 0 || len >= 1024 || name[0] == '/')
        return false;
    memcpy(path, name, len);
    path[len] = '\0';
    return true;
}

static int make_entry(const struct fg_unpack *unpack,
                      struct archive *in,
                      struct archive_entry *entry,
                      int64_t *left)
{
    char path[1024];
    if (!clean_path(archive_entry_pathname(entry), path))
        return -EINVAL;
    if (strcmp(path, ".") == 0)
        return 0;
    int rc = fg_fs_mkdirs_beneath(unpack->folder, path, 0755);
    if (rc < 0)
        return rc;
    if (archive_entry_hardlink(entry))
        return -ENOTSUP;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return make_file(unpack, in, entry, path, left);
    case AE_IFLNK:
        return make_link(unpack, archive_entry_symlink(entry), path);
    case AE_IFDIR: {
        char inside[1026];
        strcpy(inside, path);
        strcat(inside, "/");
        return fg_fs_mkdirs_beneath(unpack->folder, inside, 0755);
    }
    default:
        return -ENOTSUP;
    }
}

static const char *explain(int error)
{
    switch (error) {
    case EXDEV:
    case ELOOP:
    case ENOTDIR:
        return "it leads outside the folder or through a link";
    case EINVAL:
        return "no path that is allowed";
    case EFBIG:
        return "the archive unpacks to more than is allowed (artifact_bytes_max)";
    case ENOTSUP:
        return "neither a file nor a folder nor a symbolic link";
    case EBADMSG:
        return "the archive is damaged";
    default:
        return strerror(error);
    }
}

static int unpack_all(const struct fg_unpack *unpack, struct archive *in, struct fg_err *err)
{
    int64_t left = unpack->bytes_max;
    struct archive_entry *entry;
    for (long i = 0; !unpack->stopped(unpack->self); i++) {
        int rc = archive_read_next_header(in, &entry);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc < ARCHIVE_WARN || i >= ENTRIES_MAX)
            return fg_fail(err, FG_EBACKEND, "the archive is damaged or has too many files");
        rc = make_entry(unpack, in, entry, &left);
        if (rc < 0)
            return fg_fail(err, FG_EBACKEND, "%.100s: %s",
                           archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "?",
                           explain(-rc));
    }
    return 0;
}

int fg_unpack(const struct fg_unpack *unpack, struct fg_err *err)
{
    struct archive *in = archive_read_new();
    if (!in)
        return fg_fail(err, FG_ENOMEM, "no memory");
    archive_read_support_format_tar(in);
    archive_read_support_filter_zstd(in);
    archive_read_support_filter_gzip(in);
    int rc = archive_read_open_fd(in, unpack->archive, BLOCK_BYTES) == ARCHIVE_OK
                 ? unpack_all(unpack, in, err)
                 : fg_fail(err, FG_EBACKEND, "it is no tar archive (zstd, gzip or plain)");
    archive_read_free(in);
    return rc;
}
