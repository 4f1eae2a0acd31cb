/* checkpoint.c - see checkpoint.h */
#include "engine/checkpoint.h"

#include "engine/fs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES  65536
#define FILES_MAX   1000000
#define WRITE_GUARD 64 /* room for a suffix of the temporary name */

static void mix(uint64_t *state, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        *state = (*state ^ at[i]) * 1099511628211U;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *walk(const char *folder)
{
    char *const paths[] = {(char *)(uintptr_t)folder, NULL};
    return fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
}

uint64_t fg_checkpoint_state(const char *folder)
{
    uint64_t state = 14695981039346656037U;
    bool filled = false;
    FTS *tree = walk(folder);
    for (FTSENT *entry; tree && (entry = fts_read(tree));) {
        if (entry->fts_level == 0 || (entry->fts_info != FTS_F && entry->fts_info != FTS_D))
            continue;
        const struct stat *stat = entry->fts_statp;
        filled = true;
        mix(&state, entry->fts_path, entry->fts_pathlen);
        mix(&state, &stat->st_size, sizeof(stat->st_size));
        mix(&state, &stat->st_mtim, sizeof(stat->st_mtim));
        mix(&state, &stat->st_ino, sizeof(stat->st_ino));
    }
    if (tree)
        fts_close(tree);
    return !filled ? 0 : state ? state : 1;
}

struct packing {
    struct archive *out;
    const struct fg_checkpoint_pack *pack;
    int64_t left;
    char bytes[COPY_BYTES];
};

/* As long as it was said to be: a file that grows is cut, one that shrinks is an error. */
static int copy_file(struct packing *packing, const char *path, int64_t size)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = 0;
    while (rc == 0 && size > 0) {
        ssize_t got = read(fd, packing->bytes, size < COPY_BYTES ? (size_t)size : COPY_BYTES);
        if (got <= 0)
            rc = got < 0 ? -errno : -EBUSY;
        else if (archive_write_data(packing->out, packing->bytes, (size_t)got) != got)
            rc = -EIO;
        size -= got;
    }
    close(fd);
    return rc;
}

static int add(struct packing *packing, const FTSENT *item)
{
    bool file = item->fts_info == FTS_F;
    const struct stat *stat = item->fts_statp;
    if (item->fts_level == 0 || (!file && item->fts_info != FTS_D))
        return item->fts_info == FTS_DNR || item->fts_info == FTS_ERR ? -item->fts_errno : 0;
    packing->left -= file ? stat->st_size : 0;
    if (packing->left < 0)
        return -EFBIG;
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, item->fts_path + strlen(packing->pack->folder) + 1);
    archive_entry_set_filetype(entry, file ? AE_IFREG : AE_IFDIR);
    archive_entry_set_perm(entry, stat->st_mode & 0777);
    archive_entry_set_mtime(entry, stat->st_mtim.tv_sec, stat->st_mtim.tv_nsec);
    if (file)
        archive_entry_set_size(entry, stat->st_size);
    int rc = archive_write_header(packing->out, entry) < ARCHIVE_WARN ? -EIO : 0;
    archive_entry_free(entry);
    return rc == 0 && file ? copy_file(packing, item->fts_path, stat->st_size) : rc;
}

static int add_all(struct packing *packing)
{
    FTS *tree = walk(packing->pack->folder);
    int rc = tree ? 0 : -errno;
    long files = 0;
    for (FTSENT *item; rc == 0 && tree && (item = fts_read(tree));)
        rc = ++files > FILES_MAX ? -EFBIG : add(packing, item);
    if (tree)
        fts_close(tree);
    return rc;
}

static int write_archive(const struct fg_checkpoint_pack *pack, const char *temp)
{
    struct packing *packing = calloc(1, sizeof(*packing));
    if (!packing)
        return -ENOMEM;
    packing->pack = pack;
    packing->left = pack->bytes_max;
    packing->out = archive_write_new();
    archive_write_set_format_pax_restricted(packing->out);
    archive_write_add_filter_zstd(packing->out);
    int rc = archive_write_open_filename(packing->out, temp) == ARCHIVE_OK ? 0 : -EIO;
    if (rc == 0)
        rc = add_all(packing);
    if (rc == 0 && archive_write_close(packing->out) != ARCHIVE_OK)
        rc = -EIO;
    archive_write_free(packing->out);
    free(packing);
    return rc;
}

int fg_checkpoint_write(const struct fg_checkpoint_pack *pack,
                        uint64_t *out_state,
                        struct fg_err *err)
{
    char temp[4096 + WRITE_GUARD];
    uint64_t state = fg_checkpoint_state(pack->folder);
    *out_state = 0;
    if (state == 0 || state == pack->last)
        return 0;
    if (snprintf(temp, sizeof(temp), "%s.%d.tmp", pack->file, (int)gettid())
        >= (int)sizeof(temp))
        return fg_fail(err, FG_ETOOBIG, "checkpoint: its name is too long");
    int rc = write_archive(pack, temp);
    if (rc == 0 && fg_checkpoint_state(pack->folder) != state)
        rc = -EBUSY;
    if (rc == 0 && rename(temp, pack->file) < 0)
        rc = -errno;
    if (rc < 0) {
        unlink(temp);
        return fg_fail(err,
                       rc == -EBUSY   ? FG_EBUSY
                       : rc == -EFBIG ? FG_ETOOBIG
                                      : FG_EIO,
                       "checkpoint: %s",
                       rc == -EBUSY ? "it was written to meanwhile" : strerror(-rc));
    }
    *out_state = state;
    return 0;
}
