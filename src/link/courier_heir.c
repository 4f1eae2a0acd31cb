/* courier_heir.c - outcomes outlive their courier, as long as the disk of its node does.
 *
 *     FOLDER/fastgpu-courier-XXXXXX/{self, engine.lock, jobs/...}     of each courier
 *     courier --sees one whose lock is free--> starts an HEIR --calls as the one that died--> service
 *
 * A courier that is killed leaves its folder: exit records, logs, outputs, checkpoints.  Couriers of the same installation
 * on the same node look for such folders; an heir opens it, has what still runs there ended, tells how each task ended and
 * leaves.  To the service it is the courier that was there before, back on a new connection, so nothing else is needed; one
 * whose lease was over meanwhile is sent away, and its outcomes do not count any more.
 */
#include "link/courier_inner.h"

#include "base/text.h"
#include "engine/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF         "self"
#define LOOK_US      2000000
#define WORDS_MAX    8
#define SELF_MAX     16384
#define TASKS_MAX    FG_MESSAGE_HELD_MAX
#define TASK_FOLDERS 4 /* jobs/<thousand>/<job>/<attempt>/<task> */

extern char **environ;

/* -- what a courier notes of itself --------------------------------------------------------------------- */

enum line { INSTALL, NODE, ALLOCATION, NUMBER, KEY, INSTANCE, SHARED, CONNECT, ABOVE, LINES };

static const char *const words[LINES] = {"install",  "node",   "allocation", "number", "key",
                                         "instance", "shared", "connect",    "folder"};

struct self {
    char text[SELF_MAX];
    char *values[LINES];
};

static void add_line(struct fg_buf *out, enum line line, const char *value)
{
    fg_buf_printf(out, "%s %s\n", words[line], value);
}

int fg_courier_note_self(const struct fg_courier *courier, struct fg_err *err)
{
    const struct fg_courier_options *options = courier->options;
    FG_AUTO(fg_buf) struct fg_buf text = {}, connect = {}, path = {};
    char hex[2 * FG_LINK_SECRET_BYTES + 1], number[16];
    for (size_t i = 0; i < options->addresses_len; i++)
        fg_buf_printf(&connect, "%s%s", i ? "," : "", options->addresses[i]);
    snprintf(number, sizeof(number), "%" PRIu32, options->who.number);
    add_line(&text, INSTALL, options->install);
    add_line(&text, NODE, courier->node.name);
    add_line(&text, ALLOCATION, options->who.allocation);
    add_line(&text, NUMBER, number);
    add_line(&text, KEY,
             sodium_bin2hex(hex, sizeof(hex), options->secret, sizeof(options->secret)));
    add_line(&text, INSTANCE,
             sodium_bin2hex(hex, sizeof(hex), courier->instance, sizeof(courier->instance)));
    add_line(&text, SHARED, options->is_shared ? "1" : "0");
    add_line(&text, CONNECT, connect.text);
    add_line(&text, ABOVE, options->folder ? options->folder : "");
    fg_buf_printf(&path, "%s/" SELF, courier->dir);
    int rc = fg_fs_put(AT_FDCWD, path.text, text.text, text.len, 0600);
    explicit_bzero(text.text, text.len);
    explicit_bzero(hex, sizeof(hex));
    return rc < 0 ? fg_fail(err, FG_EIO, "%s: %s", path.text, strerror(-rc)) : 0;
}

void fg_courier_forget_self(const struct fg_courier *courier)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_printf(&path, "%s/" SELF, courier->dir);
    unlink(path.text);
}

static bool read_self(int dir, struct self *self)
{
    char *at = self->text;
    ssize_t len = fg_fs_read_small(dir, SELF, self->text, sizeof(self->text));
    for (int i = 0; i < LINES && len > 0; i++) {
        size_t word = strlen(words[i]);
        char *end = strchr(at, '\n');
        if (!end || strncmp(at, words[i], word) != 0 || at[word] != ' ')
            return false;
        *end = '\0';
        self->values[i] = at + word + 1;
        at = end + 1;
    }
    return len > 0;
}

/* -- looking for those that died ------------------------------------------------------------------------- */

/* Its lock is held as long as it, or anything that could start a task there, lives. */
static bool is_dead(int dir)
{
    int lock = openat(dir, "engine.lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool dead = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) == 0;
    if (lock >= 0)
        close(lock);
    return dead;
}

/* Another node may see the folder as well, but neither its locks nor its processes: only those of ours. */
static bool is_ours(const struct fg_courier *courier, int dir)
{
    struct stat state;
    struct self *self = malloc(sizeof(*self));
    if (!self)
        abort();
    bool ours = fstat(dir, &state) == 0 && state.st_uid == geteuid() && read_self(dir, self)
                && strcmp(self->values[INSTALL], courier->options->install) == 0
                && strcmp(self->values[NODE], courier->node.name) == 0;
    explicit_bzero(self->text, sizeof(self->text));
    free(self);
    return ours;
}

static void start_heir(struct fg_courier *courier, const char *name)
{
    const char *const *command = courier->options->heir_command;
    FG_AUTO(fg_buf) struct fg_buf path = {};
    char *argv[WORDS_MAX + 2] = {};
    size_t len = 0;
    fg_buf_printf(&path, "%.*s/%s", (int)(strrchr(courier->dir, '/') - courier->dir),
                  courier->dir, name);
    for (; command[len] && len < WORDS_MAX; len++)
        argv[len] = (char *)(uintptr_t)command[len];
    argv[len] = path.text;
    pid_t pid;
    if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0)
        return;
    courier->heirs[courier->heirs_len++] = pid;
    fg_courier_say(courier, "one before it died, and left %s", path.text);
}

static void reap(struct fg_courier *courier)
{
    for (size_t i = courier->heirs_len; i-- > 0;)
        if (waitpid(courier->heirs[i], NULL, WNOHANG) != 0)
            courier->heirs[i] = courier->heirs[--courier->heirs_len];
}

static void look_at(struct fg_courier *courier, int above, const char *name)
{
    const char *own = strrchr(courier->dir, '/') + 1;
    if (strncmp(name, FG_COURIER_FOLDER, strlen(FG_COURIER_FOLDER)) != 0
        || strcmp(name, own) == 0)
        return;
    int dir = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return;
    if (is_ours(courier, dir) && is_dead(dir))
        start_heir(courier, name);
    close(dir);
}

void fg_courier_look_for_dead(struct fg_courier *courier)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int64_t now = fg_courier_now();
    if (!courier->is_noted || courier->options->inherit || now < courier->heirs_due_us)
        return;
    courier->heirs_due_us = now + LOOK_US;
    reap(courier);
    if (courier->leaving || courier->ends)
        return;
    fg_buf_printf(&path, "%.*s", (int)(strrchr(courier->dir, '/') - courier->dir),
                  courier->dir);
    DIR *above = opendir(path.text);
    if (!above)
        return;
    for (struct dirent *entry;
         courier->heirs_len < FG_COURIER_HEIRS_MAX && (entry = readdir(above)) != NULL;)
        look_at(courier, dirfd(above), entry->d_name);
    closedir(above);
}

/* A courier that lives and has our allocation and number. */
static bool is_successor(const struct fg_courier *courier, int dir)
{
    const struct fg_link_courier *who = &courier->options->who;
    struct stat state;
    struct self *self = malloc(sizeof(*self));
    if (!self)
        abort();
    bool same = fstat(dir, &state) == 0 && state.st_uid == geteuid() && read_self(dir, self)
                && strcmp(self->values[ALLOCATION], who->allocation) == 0
                && strtoul(self->values[NUMBER], NULL, 10) == who->number && !is_dead(dir);
    explicit_bzero(self->text, sizeof(self->text));
    free(self);
    return same;
}

bool fg_courier_has_successor(const struct fg_courier *courier)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *own = strrchr(courier->dir, '/') + 1;
    bool found = false;
    fg_buf_printf(&path, "%.*s", (int)(own - 1 - courier->dir), courier->dir);
    DIR *above = opendir(path.text);
    for (struct dirent *entry; above && !found && (entry = readdir(above)) != NULL;) {
        if (strncmp(entry->d_name, FG_COURIER_FOLDER, strlen(FG_COURIER_FOLDER)) != 0
            || strcmp(entry->d_name, own) == 0)
            continue;
        int dir = openat(dirfd(above), entry->d_name,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        found = dir >= 0 && is_successor(courier, dir);
        if (dir >= 0)
            close(dir);
    }
    if (above)
        closedir(above);
    return found;
}

/* -- being the heir -------------------------------------------------------------------------------------- */

/* A task that was collected has no lock any more (engine/task_lock.h). */
static void find_tasks(struct fg_courier *courier, int dir, uint64_t numbers[], int depth)
{
    DIR *list = fdopendir(dir);
    if (!list) {
        close(dir);
        return;
    }
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        char *end;
        numbers[depth] = strtoull(entry->d_name, &end, 10);
        if (end == entry->d_name || *end)
            continue;
        int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0 && depth + 1 < TASK_FOLDERS) {
            find_tasks(courier, below, numbers, depth + 1);
            continue;
        }
        struct fg_task_key key = {numbers[1], (uint32_t)numbers[2], (uint32_t)numbers[3]};
        if (below >= 0 && faccessat(below, "lock", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            fg_courier_task_inherit(courier, key);
        if (below >= 0)
            close(below);
    }
    closedir(list);
}

int fg_courier_take_over(struct fg_courier *courier, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    uint64_t numbers[TASK_FOLDERS] = {};
    fg_buf_printf(&path, "%s/" SELF, courier->dir);
    /* Another heir may have been here first. */
    if (access(path.text, R_OK) < 0)
        return fg_fail(err, FG_ENOENT, "%s: %s", path.text, strerror(errno));
    memcpy(courier->instance, courier->options->instance, sizeof(courier->instance));
    courier->welcomed = courier->leaving = courier->is_noted = true;
    fg_courier_say(courier, "died, and left %s", courier->dir);
    fg_buf_clear(&path);
    fg_buf_printf(&path, "%s/jobs", courier->dir);
    int dir = open(path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        find_tasks(courier, dir, numbers, 0);
    return 0;
}

static bool read_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t len = 0;
    return sodium_hex2bin(out, size, hex, strlen(hex), NULL, &len, NULL) == 0 && len == size;
}

static bool read_options(struct self *self,
                         struct fg_courier_options *out,
                         uint8_t instance[16])
{
    char *end, *connect = self->values[CONNECT];
    out->who.number = (uint32_t)strtoul(self->values[NUMBER], &end, 10);
    out->is_shared = strcmp(self->values[SHARED], "1") == 0;
    out->install = self->values[INSTALL];
    out->folder = self->values[ABOVE];
    out->instance = instance;
    for (char *at;
         out->addresses_len < FG_COURIER_ADDRESSES_MAX && (at = strsep(&connect, ",")) != NULL;)
        out->addresses[out->addresses_len++] = at;
    return *end == '\0' && out->who.number < FG_LINK_COURIERS_MAX
           && fg_copy(out->who.allocation, sizeof(out->who.allocation),
                      self->values[ALLOCATION])
           && read_hex(self->values[KEY], out->secret, sizeof(out->secret))
           && read_hex(self->values[INSTANCE], instance, 16);
}

int fg_courier_inherit(const char *folder, struct fg_err *err)
{
    struct fg_courier_options options = {.inherit = folder};
    uint8_t instance[16];
    struct self *self = calloc(1, sizeof(*self));
    if (!self || sodium_init() < 0)
        abort();
    /* Whoever started us waits for us; without it nobody would end us. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int rc = 0;
    if (dir < 0 || !read_self(dir, self) || !read_options(self, &options, instance))
        rc = fg_fail(err, FG_EINVAL, "%s: no courier left this", folder);
    else if (!is_dead(dir))
        rc = fg_fail(err, FG_EBUSY, "%s: its courier lives, or somebody took it over", folder);
    if (dir >= 0)
        close(dir);
    if (rc == 0)
        rc = fg_courier_run(&options, err);
    explicit_bzero(options.secret, sizeof(options.secret));
    explicit_bzero(self->text, sizeof(self->text));
    free(self);
    return rc;
}
