/* outputs.c - see outputs.h
 *
 * Names are looked up with the rights of the program's user, so that a daemon that runs as root does not
 * hand out what the user could not read.
 */
#include "engine/outputs.h"

#include "engine/blob.h"
#include "engine/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define LOOKS_MAX 1000000 /* names looked at for one task */

struct collect {
    struct fg_outputs *out;
    const char *data_dir;
    const struct fg_plan *plan;
    long looks;
    int error;                       /* first -errno */
    char path[FG_ARTIFACT_PATH_MAX]; /* of the folder we are in, relative */
};

static void as_user(const struct fg_plan *plan, bool user)
{
    if (plan->uid < 0)
        return;
    setfsgid(user ? (gid_t)plan->gid : getegid());
    setfsuid(user ? (uid_t)plan->uid : geteuid());
}

static int open_as_user(const struct collect *collect, int dir, const char *name, int flags)
{
    as_user(collect->plan, true);
    /* NONBLOCK: a FIFO with that name must not hold us. */
    int fd = openat(dir, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int error = errno;
    as_user(collect->plan, false);
    errno = error;
    return fd;
}

static bool kept_already(const struct fg_outputs *out, const char *path)
{
    for (size_t i = 0; i < out->len; i++)
        if (strcmp(out->items[i].path, path) == 0)
            return true;
    return false;
}

/* A name that we could not write into the record. */
static bool odd_name(const char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path < ' ' || *path == 127)
            return true;
    return false;
}

static void keep_file(struct collect *collect, int fd)
{
    struct fg_outputs *out = collect->out;
    struct stat state;
    if (fstat(fd, &state) < 0 || !S_ISREG(state.st_mode) || odd_name(collect->path)
        || kept_already(out, collect->path))
        return;
    if (out->len >= FG_OUTPUTS_MAX) {
        out->more = true;
        return;
    }
    if (!out->items && !(out->items = calloc(FG_OUTPUTS_MAX, sizeof(*out->items))))
        abort();
    struct fg_engine_artifact *item = &out->items[out->len];
    item->bytes = (uint64_t)state.st_size;
    int rc = collect->plan->outputs_to[0]
                 ? 0
                 : fg_blob_put(collect->data_dir, fd, item->hash, &item->bytes);
    if (rc < 0) {
        collect->error = collect->error ? collect->error : rc;
        return;
    }
    strcpy(item->path, collect->path);
    out->len++;
}

static void match(struct collect *collect, int dir, const char *pattern, int depth);

/* Go on with `rest` of the pattern at `name` in `dir`; "" : everything here is wanted. */
static void enter(
    struct collect *collect, int dir, const char *name, const char *rest, int depth)
{
    size_t old = strlen(collect->path);
    size_t len = strlen(name) + (old ? 1 : 0);
    if (++collect->looks > LOOKS_MAX || depth > DEPTH_MAX || old + len >= sizeof(collect->path))
        return;
    sprintf(collect->path + old, "%s%s", old ? "/" : "", name);
    int fd = open_as_user(collect, dir, name, O_DIRECTORY);
    if (fd >= 0)
        match(collect, fd, *rest ? rest : "**", depth + 1);
    else if (*rest == '\0' && (fd = open_as_user(collect, dir, name, 0)) >= 0)
        keep_file(collect, fd);
    if (fd >= 0)
        close(fd);
    collect->path[old] = '\0';
}

static void each_name(
    struct collect *collect, int dir, const char *part, const char *rest, int depth)
{
    int copy = open_as_user(collect, dir, ".", O_DIRECTORY);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        if (copy >= 0)
            close(copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(list)) && collect->looks <= LOOKS_MAX;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0
            && (!part || fnmatch(part, name, FNM_PERIOD) == 0))
            enter(collect, dir, name, rest, depth);
    }
    closedir(list);
}

/* Match `pattern` against what is in `dir`. */
static void match(struct collect *collect, int dir, const char *pattern, int depth)
{
    char part[256];
    const char *slash = strchrnul(pattern, '/');
    const char *rest = *slash ? slash + 1 : slash;
    size_t len = (size_t)(slash - pattern);
    if (len >= sizeof(part))
        return;
    memcpy(part, pattern, len);
    part[len] = '\0';
    if (len == 0 || strcmp(part, ".") == 0) {
        match(collect, dir, *rest ? rest : "**", depth);
    } else if (strcmp(part, "**") == 0) {
        if (*rest == '\0') {
            each_name(collect, dir, NULL, "", depth);
        } else {
            match(collect, dir, rest, depth);
            each_name(collect, dir, NULL, pattern, depth);
        }
    } else if (strpbrk(part, "*?[\\")) {
        each_name(collect, dir, part, rest, depth);
    } else if (strcmp(part, "..") != 0) {
        enter(collect, dir, part, rest, depth);
    }
}

int fg_outputs_collect(struct fg_outputs *out,
                       const char *data_dir,
                       const struct fg_plan *plan,
                       const char *folder,
                       struct fg_err *err)
{
    if (plan->outputs.len == 0)
        return 0;
    struct collect collect = {.out = out, .data_dir = data_dir, .plan = plan};
    as_user(plan, true);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = errno;
    as_user(plan, false);
    if (dir < 0)
        return fg_fail(err, FG_EIO, "outputs: %s: %s", folder, strerror(error));
    for (uint32_t i = 0; i < plan->outputs.len; i++)
        match(&collect, dir, plan->outputs.items[i], 0);
    close(dir);
    if (collect.error)
        return fg_fail(err, FG_EIO, "outputs: not all could be kept: %s",
                       strerror(-collect.error));
    if (out->more)
        return fg_fail(err, FG_EIO, "outputs: only the first %d files are kept",
                       FG_OUTPUTS_MAX);
    return 0;
}
