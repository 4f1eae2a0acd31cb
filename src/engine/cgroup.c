/* cgroup.c - see cgroup.h; what there is on this machine is found out in cgroup_site.c */
#include "engine/cgroup.h"

#include "engine/fs.h"
#include "engine/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIDS_MAX       "32768"
#define MIB            (1024UL * 1024)
#define LATE_PROCS_MAX 16384
#define LATE_PASSES    5

static void name_group(struct fg_cgroup *group, struct fg_task_key key)
{
    snprintf(group->name, sizeof(group->name), "%" PRIu64 ".%" PRIu32 ".%" PRIu32, key.job,
             key.attempt, key.task);
}

static void path_of(char out[FG_CGROUP_PATH_MAX * 2], const char *base, const char *name)
{
    snprintf(out, FG_CGROUP_PATH_MAX * 2, "%s/%s", base, name);
}

[[gnu::format(printf, 3, 4)]] static int set(const char *folder,
                                             const char *file,
                                             const char *fmt,
                                             ...)
{
    char path[FG_CGROUP_PATH_MAX * 2 + 64], text[64];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return fg_fs_write_text(AT_FDCWD, path, text);
}

/* cpu.weight 1..10000 is 100 for one usual share: one core asked for is one such share. */
static uint32_t cpu_weight(uint32_t cpu_milli)
{
    uint32_t weight = cpu_milli / 10;
    return weight < 1 ? 1 : weight > 10000 ? 10000 : weight;
}

/* The parent as well, should somebody have tidied it away. */
static int make_folder(const char *folder, const char *parent)
{
    if (mkdir(folder, 0755) == 0 || errno == EEXIST)
        return 0;
    if (errno == ENOENT)
        mkdir(parent, 0755);
    return mkdir(folder, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

static int make_v2(struct fg_cgroup *group, const struct fg_plan *plan, struct fg_err *err)
{
    const struct fg_cgroup_site *site = group->site;
    char folder[FG_CGROUP_PATH_MAX * 2];
    path_of(folder, site->v2, group->name);
    if (make_folder(folder, site->v2) < 0)
        return fg_fail(err, FG_EBACKEND, "no cgroup %s: %s", folder, strerror(errno));
    group->v2_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->v2_fd < 0)
        return fg_fail(err, FG_EBACKEND, "no cgroup %s: %s", folder, strerror(errno));
    int rc = 0;
    if (site->v2_memory && plan->mem_mib > 0) {
        rc = set(folder, "memory.max", "%" PRIu64, plan->mem_mib * MIB);
        set(folder, "memory.swap.max", "0");
        set(folder, "memory.oom.group", "1");
    }
    if (rc == 0 && site->v2_pids)
        rc = set(folder, "pids.max", PIDS_MAX);
    if (site->v2_cpu && plan->cpu_milli > 0)
        set(folder, "cpu.weight", "%" PRIu32, cpu_weight(plan->cpu_milli));
    return rc < 0 ? fg_fail(err, FG_EBACKEND, "cgroup %s: limit refused: %s", folder,
                            strerror(-rc))
                  : 0;
}

static int limit_v1(enum fg_cgroup_v1 which, const char *folder, const struct fg_plan *plan)
{
    int rc = 0;
    switch (which) {
    case FG_V1_MEMORY:
        rc = set(folder, "memory.limit_in_bytes", "%" PRIu64, plan->mem_mib * MIB);
        /* Not there when swap accounting is off: then there is no such limit to set. */
        set(folder, "memory.memsw.limit_in_bytes", "%" PRIu64, plan->mem_mib * MIB);
        break;
    case FG_V1_CPU:
        set(folder, "cpu.shares", "%" PRIu32,
            plan->cpu_milli < 2 ? 2 : (uint32_t)((uint64_t)plan->cpu_milli * 1024 / 1000));
        break;
    case FG_V1_PIDS:
        rc = set(folder, "pids.max", PIDS_MAX);
        break;
    case FG_V1_DEVICES:
        for (uint32_t i = 0; i < plan->deny.len && rc == 0; i++)
            rc = set(folder, "devices.deny", "%s rwm", plan->deny.items[i]);
        break;
    case FG_V1_LEN:
        break;
    }
    return rc;
}

static bool wants_v1(enum fg_cgroup_v1 which, const struct fg_plan *plan)
{
    switch (which) {
    case FG_V1_MEMORY:
        return plan->mem_mib > 0;
    case FG_V1_CPU:
        return plan->cpu_milli > 0;
    case FG_V1_DEVICES:
        return plan->deny.len > 0;
    default:
        return true;
    }
}

static int make_v1(struct fg_cgroup *group,
                   enum fg_cgroup_v1 which,
                   const struct fg_plan *plan,
                   struct fg_err *err)
{
    char folder[FG_CGROUP_PATH_MAX * 2];
    if (group->site->v1[which][0] == '\0' || !wants_v1(which, plan))
        return 0;
    path_of(folder, group->site->v1[which], group->name);
    if (make_folder(folder, group->site->v1[which]) < 0)
        return fg_fail(err, FG_EBACKEND, "no cgroup %s: %s", folder, strerror(errno));
    group->v1[which] = true;
    int rc = limit_v1(which, folder, plan);
    return rc < 0 ? fg_fail(err, FG_EBACKEND, "cgroup %s: limit refused: %s", folder,
                            strerror(-rc))
                  : 0;
}

static bool is_late(enum fg_cgroup_v1 which)
{
    return which == FG_V1_CPU || which == FG_V1_PIDS;
}

int fg_cgroup_make(struct fg_cgroup *group,
                   const struct fg_cgroup_site *site,
                   const struct fg_plan *plan,
                   struct fg_err *err)
{
    *group = (struct fg_cgroup){.site = site, .v2_fd = -1};
    name_group(group, plan->key);
    int rc = site->v2[0] ? make_v2(group, plan, err) : 0;
    for (int which = 0; which < FG_V1_LEN && rc == 0; which++)
        if (!is_late((enum fg_cgroup_v1)which))
            rc = make_v1(group, (enum fg_cgroup_v1)which, plan, err);
    return rc;
}

bool fg_cgroup_has_late(const struct fg_cgroup *group)
{
    for (int which = 0; which < FG_V1_LEN; which++)
        if (is_late((enum fg_cgroup_v1)which) && group->site->v1[which][0] && !group->v1[which])
            return true;
    return false;
}

/* Move all that is below the supervisor, until a pass finds nobody new: what a process forks while it is
 * being moved is either seen by the next pass or born inside. */
static void move_in(const struct fg_cgroup *group, enum fg_cgroup_v1 which, pid_t supervisor)
{
    pid_t *pids = malloc(LATE_PROCS_MAX * sizeof(*pids));
    char path[FG_CGROUP_PATH_MAX * 2], text[16];
    size_t before = 0, len = 0;
    if (!pids)
        return;
    snprintf(path, sizeof(path), "%s/%s/cgroup.procs", group->site->v1[which], group->name);
    for (int pass = 0; pass < LATE_PASSES && (pass == 0 || len != before); pass++) {
        before = len;
        len = fg_procs_below(supervisor, pids, LATE_PROCS_MAX);
        for (size_t i = 0; i < len; i++) {
            snprintf(text, sizeof(text), "%d", (int)pids[i]);
            fg_fs_write_text(AT_FDCWD, path, text);
        }
    }
    free(pids);
}

void fg_cgroup_enter_late(struct fg_cgroup *group, const struct fg_plan *plan, pid_t supervisor)
{
    for (int which = 0; which < FG_V1_LEN; which++)
        if (is_late((enum fg_cgroup_v1)which)
            && make_v1(group, (enum fg_cgroup_v1)which, plan, NULL) == 0 && group->v1[which])
            move_in(group, (enum fg_cgroup_v1)which, supervisor);
}

int fg_cgroup_enter(const struct fg_cgroup *group)
{
    for (int which = 0; which < FG_V1_LEN; which++) {
        char path[FG_CGROUP_PATH_MAX * 2];
        if (!group->v1[which])
            continue;
        snprintf(path, sizeof(path), "%s/%s/cgroup.procs", group->site->v1[which], group->name);
        int rc = fg_fs_write_text(AT_FDCWD, path, "0");
        if (rc < 0)
            return rc;
    }
    return 0;
}

bool fg_cgroup_kill(const struct fg_cgroup *group)
{
    return group->v2_fd >= 0 && fg_fs_write_text(group->v2_fd, "cgroup.kill", "1") == 0;
}

/* The number after `key` in lines of "key number"; 0 if it is not there. */
static int64_t keyed_number(const char *path, const char *key)
{
    char text[1024];
    if (fg_fs_read_small(AT_FDCWD, path, text, sizeof(text)) <= 0)
        return 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        int64_t number;
        size_t len = strlen(key);
        if (strncmp(line, key, len) == 0 && sscanf(line + len, " %" SCNd64, &number) == 1)
            return number;
    }
    return 0;
}

bool fg_cgroup_out_of_memory(const struct fg_cgroup *group)
{
    char path[FG_CGROUP_PATH_MAX * 2];
    if (group->v1[FG_V1_MEMORY]) {
        snprintf(path, sizeof(path), "%s/%s/memory.oom_control", group->site->v1[FG_V1_MEMORY],
                 group->name);
        return keyed_number(path, "oom_kill ") > 0;
    }
    if (group->v2_fd < 0 || !group->site->v2_memory)
        return false;
    snprintf(path, sizeof(path), "%s/%s/memory.events", group->site->v2, group->name);
    return keyed_number(path, "oom_kill ") > 0;
}

/* True if it is gone.  The last process leaves its group a moment after it was waited for. */
static bool remove_folder(const char *base, const char *name)
{
    char folder[FG_CGROUP_PATH_MAX * 2];
    path_of(folder, base, name);
    for (int try = 0; try < 200; try++) {
        if (rmdir(folder) == 0 || errno != EBUSY)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return false;
}

static bool remove_all(struct fg_cgroup *group)
{
    bool gone = true;
    if (group->v2_fd >= 0) {
        close(group->v2_fd);
        group->v2_fd = -1;
        gone = remove_folder(group->site->v2, group->name);
    }
    for (int which = 0; which < FG_V1_LEN; which++)
        if (group->v1[which])
            gone = remove_folder(group->site->v1[which], group->name) && gone;
    return gone;
}

void fg_cgroup_remove(struct fg_cgroup *group)
{
    remove_all(group);
}

/* Without cgroup.kill: one by one. */
static void kill_listed(const char *folder)
{
    char path[FG_CGROUP_PATH_MAX * 2 + 16];
    int pid;
    snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
    FILE *list = fopen(path, "re");
    while (list && fscanf(list, "%d", &pid) == 1)
        if (pid > 1)
            kill(pid, SIGKILL);
    if (list)
        fclose(list);
}

bool fg_cgroup_bury(const struct fg_cgroup_site *site, struct fg_task_key key)
{
    struct fg_cgroup group = {.site = site, .v2_fd = -1};
    char folder[FG_CGROUP_PATH_MAX * 2];
    name_group(&group, key);
    if (site->v2[0]) {
        path_of(folder, site->v2, group.name);
        group.v2_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fg_cgroup_kill(&group);
    }
    for (int which = 0; which < FG_V1_LEN; which++) {
        path_of(folder, site->v1[which], group.name);
        group.v1[which] = site->v1[which][0] && access(folder, F_OK) == 0;
        if (group.v1[which] && group.v2_fd < 0)
            kill_listed(folder);
    }
    return remove_all(&group);
}
