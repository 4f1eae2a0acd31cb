/* procs.h - processes as /proc shows them: who descends from whom, what they use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All living descendants of `root`, itself not, parents before children.  Writes at most `max`. */
size_t fg_procs_below(pid_t root, pid_t *out, size_t max);

/* Send `signal` to all descendants of `root` that are not in process group `except_group` (0: all).
 * Returns how many it found. */
size_t fg_procs_signal(pid_t root, int signal, pid_t except_group);

struct fg_procs_use {
    int64_t cpu_us;  /* used so far, by it and by the children it waited for */
    int64_t rss_kib; /* resident now */
};
/* What one process uses.  False: it is gone. */
bool fg_procs_use(pid_t pid, struct fg_procs_use *out);

/* KILL every process whose environment holds the text `entry` ("KEY=VALUE") and that we may look at.
 * Returns how many.  For what is left behind where there are no cgroups. */
size_t fg_procs_kill_marked(const char *entry);
