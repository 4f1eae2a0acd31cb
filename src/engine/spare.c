/* spare.c - see spare.h */
#include "engine/spare.h"

#include "engine/fs.h"
#include "engine/job_path.h"
#include "engine/task_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void path_of(const char *data_dir, uint64_t name, char out[FG_PATH_MAX])
{
    snprintf(out, FG_PATH_MAX, "%s/spare/%" PRIu64, data_dir, name);
}

void fg_spare_init(struct fg_spare *spare, const char *data_dir)
{
    char path[FG_PATH_MAX];
    *spare = (struct fg_spare){.data_dir = data_dir, .next = 1};
    pthread_mutex_init(&spare->mutex, NULL);
    snprintf(path, sizeof(path), "%s/spare", data_dir);
    fg_fs_mkdirs(path, 0711);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        uint64_t name = strtoull(entry->d_name, NULL, 10);
        if (name == 0)
            continue;
        if (name >= spare->next)
            spare->next = name + 1;
        if (spare->len < FG_SPARE_MAX)
            spare->names[spare->len++] = name;
        else
            fg_fs_remove_tree(dirfd(dir), entry->d_name);
    }
    closedir(dir);
}

void fg_spare_fini(struct fg_spare *spare)
{
    pthread_mutex_destroy(&spare->mutex);
}

uint64_t fg_spare_take(struct fg_spare *spare)
{
    pthread_mutex_lock(&spare->mutex);
    uint64_t name = spare->len > 0 ? spare->names[--spare->len] : 0;
    pthread_mutex_unlock(&spare->mutex);
    return name;
}

int fg_spare_use(const char *data_dir, uint64_t name, fg_job_id job)
{
    char from[FG_PATH_MAX], to[FG_PATH_MAX];
    path_of(data_dir, name, from);
    if (fg_job_dir(data_dir, job, to) < 0)
        return -ENAMETOOLONG;
    int rc = rename(from, to) < 0 ? -errno : 0;
    if (rc == -ENOENT) {
        char *last = strrchr(to, '/');
        *last = '\0';
        fg_fs_mkdirs(to, 0711);
        *last = '/';
        rc = rename(from, to) < 0 ? -errno : 0;
    }
    if (rc < 0)
        fg_fs_remove_tree(AT_FDCWD, from);
    return rc;
}

/* Are `a` and `b` (NULL: none) all that is in that folder? */
static bool holds_only(int dir, const char *path, const char *a, const char *b)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool only = true;
    for (struct dirent *entry; only && (entry = readdir(list));) {
        const char *name = entry->d_name;
        only = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (a && strcmp(name, a) == 0)
               || (b && strcmp(name, b) == 0);
    }
    closedir(list);
    return only;
}

static bool is_empty_job(int dir)
{
    return holds_only(dir, ".", "1", "checkpoint") && holds_only(dir, "1", "0", NULL)
           && holds_only(dir, "1/0", FG_TASK_LOCK, "work")
           && holds_only(dir, "1/0/work", NULL, NULL)
           && holds_only(dir, "checkpoint", NULL, NULL);
}

bool fg_spare_keep(struct fg_spare *spare, fg_job_id job)
{
    char from[FG_PATH_MAX], to[FG_PATH_MAX];
    pthread_mutex_lock(&spare->mutex);
    bool room = spare->len < FG_SPARE_MAX;
    uint64_t name = spare->next++;
    pthread_mutex_unlock(&spare->mutex);
    if (!room || fg_job_dir(spare->data_dir, job, from) < 0)
        return false;
    int dir = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return false;
    path_of(spare->data_dir, name, to);
    bool kept = is_empty_job(dir)
                && renameat(dir, "1/0/" FG_TASK_LOCK, dir, "1/0/" FG_TASK_LOCK_SPARE) == 0
                && rename(from, to) == 0;
    close(dir);
    if (!kept)
        return false;
    /* Only the sweeper adds, so the room is still there. */
    pthread_mutex_lock(&spare->mutex);
    spare->names[spare->len++] = name;
    pthread_mutex_unlock(&spare->mutex);
    return true;
}
