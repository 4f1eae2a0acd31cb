/* procs.c - see procs.h */
#include "engine/procs.h"

#include "engine/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BELOW_MAX      16384
#define CHILDREN_BYTES 65536

/* Children of every thread of `pid`, appended to out[len..max). */
static size_t add_children(pid_t pid, pid_t *out, size_t len, size_t max, char *text)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return len;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char file[300];
        snprintf(file, sizeof(file), "%s/children", entry->d_name);
        if (fg_fs_read_small(dirfd(dir), file, text, CHILDREN_BYTES) <= 0)
            continue;
        char *at = text, *end;
        for (long child; (child = strtol(at, &end, 10)) > 0 && len < max; at = end)
            out[len++] = (pid_t)child;
    }
    closedir(dir);
    return len;
}

size_t fg_procs_below(pid_t root, pid_t *out, size_t max)
{
    char *text = malloc(CHILDREN_BYTES);
    if (!text)
        abort();
    size_t len = add_children(root, out, 0, max, text);
    for (size_t i = 0; i < len; i++)
        len = add_children(out[i], out, len, max, text);
    free(text);
    return len;
}

size_t fg_procs_signal(pid_t root, int signal, pid_t except_group)
{
    pid_t *pids = malloc(BELOW_MAX * sizeof(*pids));
    if (!pids)
        abort();
    size_t len = fg_procs_below(root, pids, BELOW_MAX);
    for (size_t i = 0; i < len; i++)
        if (except_group == 0 || getpgid(pids[i]) != except_group)
            kill(pids[i], signal);
    free(pids);
    return len;
}

bool fg_procs_use(pid_t pid, struct fg_procs_use *out)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (fg_fs_read_small(AT_FDCWD, path, text, sizeof(text)) <= 0)
        return false;
    /* The name in parentheses may hold anything; what follows the last one is numbers. */
    char *at = strrchr(text, ')');
    unsigned long user, system;
    long waited_user, waited_system, rss;
    if (!at
        || sscanf(
               at + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %*d %*d "
               "%*u %*u %ld",
               &user, &system, &waited_user, &waited_system, &rss)
               != 5)
        return false;
    int64_t ticks = (int64_t)(user + system) + waited_user + waited_system;
    out->cpu_us = ticks * 1000000 / sysconf(_SC_CLK_TCK);
    out->rss_kib = rss * (sysconf(_SC_PAGESIZE) / 1024);
    return true;
}

/* Is `entry` one of the 0-ended texts of the file? */
static bool file_holds(const char *path, const char *entry)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (!found && getdelim(&line, &room, '\0', file) > 0)
        found = strcmp(line, entry) == 0;
    free(line);
    fclose(file);
    return found;
}

size_t fg_procs_kill_marked(const char *entry)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return 0;
    size_t killed = 0;
    for (struct dirent *name; (name = readdir(dir));) {
        char path[300], *end;
        long pid = strtol(name->d_name, &end, 10);
        if (pid <= 1 || *end != '\0' || pid == getpid())
            continue;
        snprintf(path, sizeof(path), "/proc/%ld/environ", pid);
        if (file_holds(path, entry) && kill((pid_t)pid, SIGKILL) == 0)
            killed++;
    }
    closedir(dir);
    return killed;
}
