/* transfer_folder.c - see transfer_folder.h */
#include "cli/transfer_folder.h"

#include "engine/checkpoint.h"
#include "engine/fs.h"
#include "engine/unpack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES (FG_URL_PATH_MAX + 64)

static bool is_folder_here(const struct fg_url *url)
{
    struct stat state;
    return url->kind == FG_URL_FILE && stat(url->path, &state) == 0 && S_ISDIR(state.st_mode);
}

static bool ends_with_slash(const char *path)
{
    size_t len = strlen(path);
    return len > 0 && path[len - 1] == '/';
}

static void strip_slashes(char *path)
{
    for (size_t len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
}

/* The packed file is named after the state of the folder: the same command, begun again, finds what it packed. */
static int run_packed(const struct fg_move *move,
                      struct fg_move_result *out,
                      struct fg_err *err)
{
    struct fg_move packed = *move;
    char source[FG_URL_PATH_MAX];
    const char *temp = getenv("TMPDIR"), *folder = move->state_dir ? move->state_dir : temp;
    memcpy(source, move->from[0].path, sizeof(source));
    strip_slashes(source);
    uint64_t state = fg_checkpoint_state(source);
    if (state == 0)
        return fg_fail(err, FG_EINVAL, "folder %.200s: is empty", source);
    if (snprintf(packed.from[0].path, sizeof(packed.from[0].path), "%s/%016" PRIx64 ".pack",
                 folder ? folder : "/tmp", state)
        >= (int)sizeof(packed.from[0].path))
        return fg_fail(err, FG_EINVAL, "folder %.80s: its name is too long", folder);
    const char *file = packed.from[0].path;
    int rc = access(file, R_OK) == 0
                 ? 0
                 : fg_checkpoint_write(&(struct fg_checkpoint_pack){.folder = source,
                                                                    .file = file,
                                                                    .bytes_max = INT64_MAX},
                                       &state, err);
    if (rc < 0)
        return fg_wrap(err, rc, "folder %.100s", source);
    rc = fg_move_run(&packed, out, err);
    if (rc == 0)
        unlink(file);
    return rc;
}

/* It is not there, or has nothing in it. */
static int check_empty(const char *path, struct fg_err *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT
                   ? 0
                   : fg_fail(err, FG_EIO, "folder %.200s: %s", path, strerror(errno));
    bool empty = true;
    for (struct dirent *entry; empty && (entry = readdir(dir));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty ? 0 : fg_fail(err, FG_EEXIST, "folder %.200s: is not empty", path);
}

static bool is_stopped(void *self)
{
    const struct fg_move *move = self;
    return move->stopped && move->stopped(move->self);
}

static int unpack_file(const struct fg_move *move,
                       const char *file,
                       const char *folder,
                       struct fg_err *err)
{
    struct fg_unpack unpack = {.archive = open(file, O_RDONLY | O_CLOEXEC),
                               .bytes_max = move->bytes_max > 0 ? move->bytes_max : INT64_MAX,
                               .stopped = is_stopped,
                               .self = (void *)(uintptr_t)move};
    fg_fs_remove_tree(AT_FDCWD, folder);
    unpack.folder = mkdir(folder, 0755) < 0
                        ? -1
                        : open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int rc = unpack.archive < 0 || unpack.folder < 0
                 ? fg_fail(err, FG_EIO, "folder %.200s: %s", folder, strerror(errno))
                 : fg_unpack(&unpack, err);
    if (rc == 0 && is_stopped(unpack.self)) /* what it unpacked so far is no error to it */
        rc = fg_fail(err, FG_ESTATE, "it was stopped");
    if (unpack.folder >= 0)
        close(unpack.folder);
    if (unpack.archive >= 0)
        close(unpack.archive);
    return rc;
}

static int run_unpacked(const struct fg_move *move,
                        struct fg_move_result *out,
                        struct fg_err *err)
{
    struct fg_move packed = *move;
    char target[FG_URL_PATH_MAX], folder[PATH_BYTES];
    memcpy(target, move->to.path, sizeof(target));
    strip_slashes(target);
    snprintf(folder, sizeof(folder), "%s.unpacked", target);
    if (snprintf(packed.to.path, sizeof(packed.to.path), "%s.packed", target)
        >= (int)sizeof(packed.to.path))
        return fg_fail(err, FG_EINVAL, "folder %.80s...: its name is too long", target);
    int rc = check_empty(target, err);
    if (rc == 0)
        rc = fg_move_run(&packed, out, err);
    if (rc < 0)
        return rc;
    rc = unpack_file(move, packed.to.path, folder, err);
    if (rc == 0 && rename(folder, target) < 0)
        rc = fg_fail(err, FG_EIO, "folder %.200s: %s", target, strerror(errno));
    /* What came whole and cannot be unpacked would not be better another time. */
    unlink(packed.to.path);
    if (rc < 0)
        fg_fs_remove_tree(AT_FDCWD, folder);
    return rc;
}

static int run_rsync(const struct fg_move *move, struct fg_move_result *out, struct fg_err *err)
{
    struct fg_move folder = *move;
    folder.is_folder = true;
    strip_slashes(folder.from[0].path);
    strip_slashes(folder.to.path);
    int rc = folder.to.kind == FG_URL_FILE ? check_empty(folder.to.path, err) : 0;
    return rc < 0 ? rc : fg_move_run(&folder, out, err);
}

int fg_transfer_run(const struct fg_move *move,
                    bool unpack,
                    struct fg_move_result *out,
                    struct fg_err *err)
{
    bool is_folder = is_folder_here(&move->from[0]);
    if (unpack && move->to.kind != FG_URL_FILE)
        return fg_fail(err, FG_EINVAL, "to unpack: expected a folder of this machine");
    if (is_folder && unpack)
        return fg_fail(err, FG_EINVAL, "folder %.200s: expected a file to unpack",
                       move->from[0].path);
    bool is_far_folder =
        unpack && move->from[0].kind == FG_URL_SSH && ends_with_slash(move->from[0].path);
    if (is_far_folder || (is_folder && move->to.kind == FG_URL_SSH))
        return run_rsync(move, out, err);
    if (is_folder)
        return run_packed(move, out, err);
    return unpack ? run_unpacked(move, out, err) : fg_move_run(move, out, err);
}
