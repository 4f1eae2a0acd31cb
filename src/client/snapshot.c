/* snapshot.c - see snapshot.h */
#include "client/snapshot.h"

#include "base/buf.h"
#include "base/text.h"
#include "client/ignore.h"
#include "client/temp_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IGNORE_FILE_MAX ((size_t)(1024 * 1024))
#define COPY_SIZE       ((size_t)(128 * 1024))
#define LINK_MAX_SIZE   4096

struct walk {
    struct archive *archive;
    struct fg_ignore *ignore;
    struct fg_buf path; /* of the entry at hand, relative to the top */
    struct fg_snapshot done;
    fg_snapshot_fn *progress;
    void *progress_self;
    struct fg_err *err;
    char *copy; /* COPY_SIZE bytes */
};

static int archive_fault(const struct walk *walk)
{
    int code = archive_errno(walk->archive) == ENOSPC ? FG_ENOSPC : FG_EIO;
    const char *text = archive_error_string(walk->archive);
    return fg_fail(walk->err, code, "snapshot: %s",
                   text ? text : "the archive cannot be written");
}

static int file_fault(const struct walk *walk, const char *what)
{
    return fg_fail(walk->err, FG_EIO, "snapshot %s: %s", walk->path.text, what);
}

static int write_content(struct walk *walk, int fd, uint64_t size)
{
    while (size > 0) {
        size_t want = size < COPY_SIZE ? (size_t)size : COPY_SIZE;
        ssize_t got = read(fd, walk->copy, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_fault(walk, strerror(errno));
        if (got == 0)
            return file_fault(walk, "became smaller while it was read");
        if (archive_write_data(walk->archive, walk->copy, (size_t)got) != got)
            return archive_fault(walk);
        size -= (uint64_t)got;
        walk->done.content_size += (uint64_t)got;
        if (walk->progress)
            walk->progress(walk->progress_self, walk->done.files_len, walk->done.content_size);
    }
    return 0;
}

static int write_header(struct walk *walk, const struct stat *stat, const char *link)
{
    if (++walk->done.files_len > FG_SNAPSHOT_FILES_MAX)
        return fg_fail(walk->err, FG_ETOOBIG, "snapshot: more than %d files",
                       FG_SNAPSHOT_FILES_MAX);
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return fg_fail(walk->err, FG_ENOMEM, "snapshot: no memory");
    archive_entry_set_pathname(entry, walk->path.text);
    archive_entry_set_mode(entry, stat->st_mode & (S_IFMT | 0777));
    archive_entry_set_mtime(entry, stat->st_mtime, 0);
    archive_entry_set_size(entry, S_ISREG(stat->st_mode) ? stat->st_size : 0);
    if (link)
        archive_entry_set_symlink(entry, link);
    int rc = archive_write_header(walk->archive, entry);
    archive_entry_free(entry);
    return rc == ARCHIVE_OK ? 0 : archive_fault(walk);
}

static int add_link(struct walk *walk, int dir_fd, const char *name, const struct stat *stat)
{
    char target[LINK_MAX_SIZE];
    ssize_t len = readlinkat(dir_fd, name, target, sizeof(target) - 1);
    if (len < 0)
        return file_fault(walk, strerror(errno));
    target[len] = '\0';
    return write_header(walk, stat, target);
}

static int add_file(struct walk *walk, int dir_fd, const char *name)
{
    struct stat stat;
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return file_fault(walk, strerror(errno));
    int rc;
    if (fstat(fd, &stat) < 0)
        rc = file_fault(walk, strerror(errno));
    else if (!S_ISREG(stat.st_mode))
        rc = file_fault(walk, "changed while it was read");
    else
        rc = write_header(walk, &stat, NULL);
    if (rc == 0)
        rc = write_content(walk, fd, (uint64_t)stat.st_size);
    close(fd);
    return rc;
}

static int add_folder(struct walk *walk, int fd, int depth);

static int add_entry(struct walk *walk, int dir_fd, const char *name, int depth)
{
    struct stat stat;
    if (fstatat(dir_fd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return file_fault(walk, strerror(errno));
    bool is_dir = S_ISDIR(stat.st_mode);
    bool is_git = is_dir && strcmp(name, ".git") == 0;
    if (is_git || fg_ignore_match(walk->ignore, walk->path.text, is_dir))
        return 0;
    if (S_ISLNK(stat.st_mode))
        return add_link(walk, dir_fd, name, &stat);
    if (S_ISREG(stat.st_mode))
        return add_file(walk, dir_fd, name);
    if (!is_dir)
        return 0; /* sockets, pipes and devices mean nothing elsewhere */
    int rc = write_header(walk, &stat, NULL);
    if (rc < 0)
        return rc;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? file_fault(walk, strerror(errno)) : add_folder(walk, fd, depth + 1);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* All that lies in the folder `fd`, which is closed. */
static int add_folder(struct walk *walk, int fd, int depth)
{
    struct dirent **names = NULL;
    int count =
        depth > FG_SNAPSHOT_DEPTH_MAX ? -1 : scandirat(fd, ".", &names, is_entry, by_name);
    int rc = 0;
    if (count < 0)
        rc = depth > FG_SNAPSHOT_DEPTH_MAX
                 ? fg_fail(walk->err, FG_ETOOBIG, "snapshot %s: more than %d folders deep",
                           walk->path.text, FG_SNAPSHOT_DEPTH_MAX)
                 : file_fault(walk, strerror(errno));
    size_t path_len = walk->path.len;
    for (int i = 0; i < count; i++) {
        if (rc == 0) {
            fg_buf_printf(&walk->path, "%s%s", path_len > 0 ? "/" : "", names[i]->d_name);
            rc = add_entry(walk, fd, names[i]->d_name, depth);
            walk->path.len = path_len;
            walk->path.text[path_len] = '\0';
        }
        free(names[i]);
    }
    free(names);
    close(fd);
    return rc;
}

static void read_ignore_file(struct fg_ignore *ignore, int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    FG_AUTO(fg_buf) struct fg_buf text = {};
    ssize_t got;
    while (text.len < IGNORE_FILE_MAX
           && (got = read(fd, fg_buf_reserve(&text, 4096), 4096)) > 0)
        text.len += (size_t)got;
    close(fd);
    if (text.len > 0)
        fg_ignore_add(ignore, text.text, text.len);
}

static int open_archive(struct walk *walk, FILE *file)
{
    walk->archive = archive_write_new();
    if (!walk->archive)
        return fg_fail(walk->err, FG_ENOMEM, "snapshot: no memory");
    bool good = archive_write_set_format_pax_restricted(walk->archive) == ARCHIVE_OK
                && archive_write_add_filter_zstd(walk->archive) == ARCHIVE_OK
                /* No zeros up to a full block: they are no zstd. */
                && archive_write_set_bytes_in_last_block(walk->archive, 1) == ARCHIVE_OK
                && archive_write_open_FILE(walk->archive, file) == ARCHIVE_OK;
    return good ? 0 : archive_fault(walk);
}

static int pack(struct walk *walk, int dir_fd)
{
    walk->ignore = fg_ignore_new();
    read_ignore_file(walk->ignore, dir_fd, ".gitignore");
    read_ignore_file(walk->ignore, dir_fd, ".fastgpuignore");
    fg_buf_puts(&walk->path, "");
    int rc = open_archive(walk, walk->done.file);
    if (rc == 0)
        rc = add_folder(walk, dir_fd, 0);
    else
        close(dir_fd);
    if (rc == 0 && archive_write_close(walk->archive) != ARCHIVE_OK)
        rc = archive_fault(walk);
    archive_write_free(walk->archive);
    fg_ignore_free(walk->ignore);
    fg_buf_free(&walk->path);
    return rc;
}

int fg_snapshot_make(const char *folder,
                     fg_snapshot_fn *progress,
                     void *self,
                     struct fg_snapshot *out,
                     struct fg_err *err)
{
    struct walk walk = {.progress = progress, .progress_self = self, .err = err};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "working folder %s: %s",
                       folder, strerror(errno));
    walk.done.file = fg_temp_file(err);
    if (!walk.done.file) {
        close(fd);
        return FG_EIO;
    }
    walk.copy = malloc(COPY_SIZE);
    if (!walk.copy)
        abort();
    int rc = pack(&walk, fd);
    free(walk.copy);

    struct stat stat = {};
    if (rc == 0 && (fflush(walk.done.file) != 0 || fstat(fileno(walk.done.file), &stat) < 0))
        rc = fg_fail(err, FG_EIO, "snapshot: %s", strerror(errno));
    if (rc < 0) {
        fclose(walk.done.file);
        return rc;
    }
    rewind(walk.done.file);
    walk.done.size = (uint64_t)stat.st_size;
    *out = walk.done;
    return 0;
}
