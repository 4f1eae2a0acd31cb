/* stage.c - see stage.h */
#include "engine/stage.h"

#include "engine/checkpoint.h"
#include "engine/fs.h"
#include "engine/job_path.h"
#include "engine/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORK "work"
/* Seen from the task's folder. */
#define CHECKPOINT      "../../checkpoint"
#define CHECKPOINT_FILE "../../" FG_CHECKPOINT_FILE

/* A folder that belongs to the program. */
static int make_folder(const struct fg_plan *plan, const char *path, struct fg_err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return fg_fail(err, FG_EBACKEND, "folder %s: %s", path, strerror(errno));
    if (plan->uid >= 0 && lchown(path, (uid_t)plan->uid, (gid_t)plan->gid) < 0)
        return fg_fail(err, FG_EBACKEND, "folder %s: %s", path, strerror(errno));
    return 0;
}

static int copy_bytes(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (;;) {
        ssize_t done = copy_file_range(from, NULL, to, NULL, 1 << 24, 0);
        if (done == 0)
            return 0;
        if (done < 0 && errno != EINTR)
            return -errno;
    }
}

static int place_input(int work, const char *blob, const char *path)
{
    int from = open(blob, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return -errno;
    int rc = fg_fs_mkdirs_beneath(work, path, 0755);
    int to = rc < 0 ? rc : fg_fs_open_beneath(work, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    rc = to < 0 ? to : copy_bytes(from, to);
    if (to >= 0 && close(to) < 0 && rc == 0)
        rc = -errno;
    close(from);
    return rc;
}

static int place_inputs(const struct fg_stage *stage, int work, struct fg_err *err)
{
    const struct fg_plan_list *inputs = &stage->plan->inputs;
    for (uint32_t i = 0; i + 1 < inputs->len && !stage->stopped(stage->self); i += 2) {
        char blob[FG_PATH_MAX];
        const char *path = inputs->items[i], *hash = inputs->items[i + 1];
        if (fg_blob_path(stage->data_dir, hash, blob) < 0)
            return fg_fail(err, FG_EBACKEND, "input %s: %s is no blob hash", path, hash);
        int rc = place_input(work, blob, path);
        if (rc == -ENOENT && access(blob, F_OK) < 0)
            return fg_fail(err, FG_EBACKEND, "input %s: blob %s is not here (any more)", path,
                           hash);
        if (rc < 0)
            return fg_fail(err, FG_EBACKEND, "input %s: %s", path, strerror(-rc));
    }
    return 0;
}

static int place_snapshot(const struct fg_stage *stage, int work, struct fg_err *err)
{
    const struct fg_plan *plan = stage->plan;
    char blob[FG_PATH_MAX];
    if (plan->workdir_hash[0] == '\0')
        return 0;
    if (fg_blob_path(stage->data_dir, plan->workdir_hash, blob) < 0)
        return fg_fail(err, FG_EBACKEND, "workdir: %s is no blob hash", plan->workdir_hash);
    int fd = open(blob, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(err, FG_EBACKEND, "workdir: blob %s: %s", plan->workdir_hash,
                       errno == ENOENT ? "is not here (any more)" : strerror(errno));
    struct fg_unpack unpack = {.archive = fd,
                               .folder = work,
                               .bytes_max = plan->stage_bytes_max,
                               .stopped = stage->stopped,
                               .self = stage->self};
    int rc = fg_unpack(&unpack, err);
    close(fd);
    return rc < 0 ? fg_wrap(err, rc, "workdir") : 0;
}

/* What was staged belongs to the program; links are given, not followed. */
static int give_away(int dir, const struct fg_plan *plan)
{
    return plan->uid < 0 ? 0 : fg_fs_chown_tree(dir, (uid_t)plan->uid, (gid_t)plan->gid);
}

static int fill_work(const struct fg_stage *stage, struct fg_err *err)
{
    const struct fg_plan *plan = stage->plan;
    int rc;
    if (plan->workdir_hash[0] == '\0' && plan->inputs.len == 0)
        return 0;
    int work = open(WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0)
        return fg_fail(err, FG_EBACKEND, "folder " WORK ": %s", strerror(errno));
    rc = place_snapshot(stage, work, err);
    if (rc == 0)
        rc = place_inputs(stage, work, err);
    if (rc == 0 && give_away(work, plan) < 0)
        rc = fg_fail(err, FG_EBACKEND, "folder " WORK ": %s", strerror(errno));
    close(work);
    return rc;
}

static int unpack_checkpoint(const struct fg_stage *stage, int file, struct fg_err *err)
{
    int budget = INT_MAX;
    fg_fs_empty(AT_FDCWD, CHECKPOINT, &budget);
    int folder = open(CHECKPOINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fg_unpack unpack = {.archive = file,
                               .folder = folder,
                               .bytes_max = stage->plan->stage_bytes_max,
                               .stopped = stage->stopped,
                               .self = stage->self};
    if (folder < 0)
        return fg_fail(err, FG_EBACKEND, "checkpoint: %s", strerror(errno));
    int rc = fg_unpack(&unpack, err);
    if (rc == 0 && give_away(folder, stage->plan) < 0)
        rc = fg_fail(err, FG_EBACKEND, "%s", strerror(errno));
    close(folder);
    return rc < 0 ? fg_wrap(err, rc, "checkpoint") : 0;
}

/* What an attempt elsewhere saved, in place of what is here.  Ranks of one attempt come at once: the first does it, the
 * others wait for it. */
static int place_checkpoint(const struct fg_stage *stage, struct fg_err *err)
{
    struct stat state;
    int rc = make_folder(stage->plan, CHECKPOINT, err);
    int file = rc < 0 ? -1 : open(CHECKPOINT_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return rc;
    if (flock(file, LOCK_EX) == 0 && fstat(file, &state) == 0 && state.st_nlink > 0) {
        rc = unpack_checkpoint(stage, file, err);
        if (rc == 0 && !stage->stopped(stage->self))
            unlink(CHECKPOINT_FILE);
    }
    close(file);
    return rc;
}

int fg_stage(const struct fg_stage *stage, char *folder, struct fg_err *err)
{
    const struct fg_plan *plan = stage->plan;
    int rc = place_checkpoint(stage, err);
    if (rc == 0)
        rc = make_folder(plan, WORK, err);
    if (rc < 0)
        return rc;
    if (plan->cwd[0]) {
        if (plan->inputs.len > 0 || plan->fetches.len > 0 || plan->workdir_hash[0])
            return fg_fail(err, FG_EBACKEND,
                           "cwd %s: inputs and a snapshot need a fresh working folder",
                           plan->cwd);
        snprintf(folder, FG_PATH_MAX, "%s", plan->cwd);
        return 0;
    }
    if (snprintf(folder, FG_PATH_MAX, "%s/" WORK, stage->task_dir) >= FG_PATH_MAX)
        return fg_fail(err, FG_EBACKEND, "folder %s: its name is too long", stage->task_dir);
    return fill_work(stage, err);
}

bool fg_stage_clean(const struct fg_plan *plan, int budget)
{
    if (plan->fetches.len > 0 || plan->outputs_to[0])
        unlink(FG_STAGE_MOVES);
    if (plan->argv.len == 0)
        unlink(FG_STAGE_SCRIPT);
    if (plan->setup[0])
        unlink(FG_STAGE_SETUP);
    return fg_fs_empty(AT_FDCWD, WORK, &budget);
}
