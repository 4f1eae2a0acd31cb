/* cgroup_site.c - what this machine lets us do with cgroups: see cgroup.h
 *
 * Groups are made below the cgroup we were started in (v1), so that limits set on us hold for the jobs as
 * well.  In v2 a group with processes cannot have controllers for its children; so there ours go beside
 * our own group where that is allowed, and else below it, after we moved ourselves into a leaf.
 */
#include "engine/cgroup.h"

#include "engine/fs.h"
#include "engine/job_path.h"
#include "engine/task_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sched.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const v1_names[FG_V1_LEN] = {"memory", "cpu", "pids", "devices"};

/* FNV-1a: only has to tell data folders of one machine apart. */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return hash;
}

static bool has_word(const char *list, const char *word, char separator)
{
    size_t len = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == separator || at[-1] == '\n')
            && (at[len] == '\0' || at[len] == separator || at[len] == '\n'))
            return true;
    return false;
}

/* Where a hierarchy is mounted: `controller` NULL is v2. */
static bool find_mount(const char *controller, char out[FG_CGROUP_PATH_MAX])
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    if (!mounts)
        return false;
    bool found = false;
    struct mntent *entry;
    while (!found && (entry = getmntent(mounts))) {
        found = controller ? strcmp(entry->mnt_type, "cgroup") == 0
                                 && has_word(entry->mnt_opts, controller, ',')
                           : strcmp(entry->mnt_type, "cgroup2") == 0;
        if (found)
            found =
                snprintf(out, FG_CGROUP_PATH_MAX, "%s", entry->mnt_dir) < FG_CGROUP_PATH_MAX;
    }
    endmntent(mounts);
    return found;
}

/* The path of our own group in that hierarchy: lines are "id:controllers:path". */
static bool own_path(const char *controller, char out[FG_CGROUP_PATH_MAX])
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file)
        return false;
    char line[FG_CGROUP_PATH_MAX + 128];
    bool found = false;
    while (!found && fgets(line, sizeof(line), file)) {
        char *names = strchr(line, ':');
        char *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *names++ = '\0';
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        found = controller ? has_word(names, controller, ',') : *names == '\0';
        if (found)
            snprintf(out, FG_CGROUP_PATH_MAX, "%.*s", FG_CGROUP_PATH_MAX - 1, path);
    }
    fclose(file);
    return found;
}

/* mount + own path, without a slash at the end. */
static bool own_folder(const char *controller, char out[FG_CGROUP_PATH_MAX])
{
    char mount[FG_CGROUP_PATH_MAX], path[FG_CGROUP_PATH_MAX];
    if (!find_mount(controller, mount) || !own_path(controller, path))
        return false;
    if (strcmp(path, "/") == 0 || strstr(path, "/.."))
        path[0] = '\0';
    if (snprintf(out, FG_CGROUP_PATH_MAX, "%s%s", mount, path) >= FG_CGROUP_PATH_MAX)
        return false;
    /* Inside a container the path may be the host's: then the mount itself is our group. */
    if (access(out, F_OK) < 0)
        snprintf(out, FG_CGROUP_PATH_MAX, "%s", mount);
    return true;
}

static void probe_v1(struct fg_cgroup_site *site, enum fg_cgroup_v1 which)
{
    char own[FG_CGROUP_PATH_MAX], folder[FG_CGROUP_PATH_MAX + FG_NAME_MAX], file[PATH_MAX];
    if (!own_folder(v1_names[which], own))
        return;
    snprintf(folder, sizeof(folder), "%s/%s", own, site->mark);
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        return;
    snprintf(file, sizeof(file), "%s/cgroup.procs", folder);
    if (access(file, W_OK) == 0 && strlen(folder) < FG_CGROUP_PATH_MAX)
        memcpy(site->v1[which], folder, strlen(folder) + 1);
}

/* Can a child be started inside, and is it killed by cgroup.kill? */
static bool works_v2(const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/probe.%d", folder, (int)getpid());
    if (mkdir(path, 0755) < 0)
        return false;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct clone_args args = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)fd};
    long pid = fd < 0 ? -1 : syscall(SYS_clone3, &args, sizeof(args));
    if (pid == 0)
        for (;;)
            pause();
    bool works = pid > 0 && fg_fs_write_text(fd, "cgroup.kill", "1") == 0;
    if (pid > 0) {
        if (!works)
            kill((pid_t)pid, SIGKILL);
        waitpid((pid_t)pid, NULL, 0);
    }
    if (fd >= 0)
        close(fd);
    for (int i = 0; i < 200 && rmdir(path) < 0 && errno == EBUSY; i++)
        usleep(1000);
    return works;
}

static bool enable(const char *folder, const char *controller)
{
    char path[PATH_MAX], text[256], word[32];
    snprintf(path, sizeof(path), "%s/cgroup.subtree_control", folder);
    snprintf(word, sizeof(word), "+%s", controller);
    fg_fs_write_text(AT_FDCWD, path, word);
    return fg_fs_read_small(AT_FDCWD, path, text, sizeof(text)) > 0
           && has_word(text, controller, ' ');
}

/* Make our folder below `above` and find out what works in it. */
static bool try_v2(struct fg_cgroup_site *site, const char *above)
{
    char folder[FG_CGROUP_PATH_MAX + FG_NAME_MAX];
    snprintf(folder, sizeof(folder), "%s/%s", above, site->mark);
    if (strlen(folder) >= FG_CGROUP_PATH_MAX)
        return false;
    if ((mkdir(folder, 0755) < 0 && errno != EEXIST) || !works_v2(folder))
        return false;
    bool memory = enable(above, "memory") && enable(folder, "memory");
    bool cpu = enable(above, "cpu") && enable(folder, "cpu");
    bool pids = enable(above, "pids") && enable(folder, "pids");
    memcpy(site->v2, folder, strlen(folder) + 1);
    site->v2_memory = memory;
    site->v2_cpu = cpu;
    site->v2_pids = pids;
    return true;
}

static void probe_v2(struct fg_cgroup_site *site)
{
    char mount[FG_CGROUP_PATH_MAX], own[FG_CGROUP_PATH_MAX], leaf[PATH_MAX];
    if (!find_mount(NULL, mount) || !own_folder(NULL, own))
        return;
    if (strcmp(own, mount) != 0) {
        char above[FG_CGROUP_PATH_MAX];
        snprintf(above, sizeof(above), "%.*s", (int)(strrchr(own, '/') - own), own);
        if (try_v2(site, above) && site->v2_memory)
            return;
    }
    /* A root without the controllers that we want (hybrid) lets us stay where we are. */
    char text[256];
    snprintf(leaf, sizeof(leaf), "%s/cgroup.controllers", own);
    if (fg_fs_read_small(AT_FDCWD, leaf, text, sizeof(text)) > 0
        && has_word(text, "memory", ' ')) {
        snprintf(leaf, sizeof(leaf), "%s/%s-daemon", own, site->mark);
        if (mkdir(leaf, 0755) == 0 || errno == EEXIST) {
            strncat(leaf, "/cgroup.procs", sizeof(leaf) - strlen(leaf) - 1);
            fg_fs_write_text(AT_FDCWD, leaf, "0");
        }
    }
    struct fg_cgroup_site other = *site;
    if (try_v2(&other, own) && (other.v2_memory || !site->v2[0]))
        *site = other;
}

static void add_word(char *list, size_t size, const char *word)
{
    size_t len = strlen(list);
    snprintf(list + len, size - len, "%s%s", len ? ", " : "", word);
}

static void describe(struct fg_cgroup_site *site)
{
    bool memory = site->v2_memory || site->v1[FG_V1_MEMORY][0];
    char list[128] = "";
    if (site->v2_cpu || site->v1[FG_V1_CPU][0])
        add_word(list, sizeof(list), "cpu shares");
    if (memory)
        add_word(list, sizeof(list), "memory");
    if (site->v2_pids || site->v1[FG_V1_PIDS][0])
        add_word(list, sizeof(list), "pids");
    if (site->v1[FG_V1_DEVICES][0])
        add_word(list, sizeof(list), "NVIDIA devices");
    if (site->v2[0])
        add_word(list, sizeof(list), "kill");
    bool v1 = site->v1[FG_V1_MEMORY][0] || site->v1[FG_V1_CPU][0] || site->v1[FG_V1_PIDS][0]
              || site->v1[FG_V1_DEVICES][0];
    if (list[0] == '\0')
        snprintf(site->text, sizeof(site->text),
                 "process groups only: no memory limit (no cgroup could be made here)");
    else
        snprintf(site->text, sizeof(site->text), "cgroup %s: %s%s",
                 v1 && site->v2[0] ? "v1 and v2"
                 : v1              ? "v1"
                                   : "v2",
                 list, memory ? "" : "; no memory limit (its controller is not ours)");
}

void fg_cgroup_site_probe(struct fg_cgroup_site *site, const char *data_dir)
{
    char real[PATH_MAX];
    *site = (struct fg_cgroup_site){};
    snprintf(site->mark, sizeof(site->mark), "fastgpu-%08" PRIx32,
             hash_of(realpath(data_dir, real) ? real : data_dir));
    probe_v2(site);
    for (int which = 0; which < FG_V1_LEN; which++)
        if (!(which == FG_V1_MEMORY && site->v2_memory))
            probe_v1(site, (enum fg_cgroup_v1)which);
    describe(site);
}

/* Every folder that holds groups of ours, one after the other; NULL at the end. */
static const char *parent_at(const struct fg_cgroup_site *site, int i)
{
    static const char none[] = "";
    return i == 0               ? site->v2
           : i <= FG_V1_LEN     ? site->v1[i - 1]
           : i == FG_V1_LEN + 1 ? none
                                : NULL;
}

/* Nobody lives and may still want to use the group of that name ("12.1.0"). */
static bool is_left_over(const char *name, const char *data_dir)
{
    char dir[FG_PATH_MAX];
    struct fg_task_key key;
    struct fg_task_lock_text text;
    return sscanf(name, "%" SCNu64 ".%" SCNu32 ".%" SCNu32, &key.job, &key.attempt, &key.task)
               == 3
           && fg_task_dir(data_dir, key, dir) == 0
           && fg_task_lock_probe(dir, &text) != FG_LOCK_HELD;
}

void fg_cgroup_site_tidy(const struct fg_cgroup_site *site, const char *data_dir)
{
    const char *parent;
    for (int i = 0; (parent = parent_at(site, i)); i++) {
        DIR *dir = parent[0] ? opendir(parent) : NULL;
        if (!dir)
            continue;
        for (struct dirent *entry; (entry = readdir(dir));)
            if (entry->d_type == DT_DIR && is_left_over(entry->d_name, data_dir))
                unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
        closedir(dir);
    }
}

void fg_cgroup_site_leave(const struct fg_cgroup_site *site)
{
    const char *parent;
    for (int i = 0; (parent = parent_at(site, i)); i++)
        if (parent[0])
            rmdir(parent);
}
