/* affinity.h - which cores a task with accelerators is bound to: whole ones, near its devices, the least
 * used first.
 *
 * Tasks without accelerators, or with a fraction of a core, are not bound: their share of the CPU is kept
 * by the weight of their cgroup, and idle cores are theirs to use.
 */
#pragma once

#include "engine/engine.h"

#include <sys/types.h>

#define FG_AFFINITY_TEXT_MAX 512

struct fg_affinity;

struct fg_affinity_cores {
    char text[FG_AFFINITY_TEXT_MAX]; /* "0-3,8"; "": not bound */
};

struct fg_affinity *fg_affinity_new(void);
void fg_affinity_free(struct fg_affinity *affinity); /* NULL is allowed */

/* Cores for this start; counted as used until they are released. */
void fg_affinity_pick(struct fg_affinity *affinity,
                      const struct fg_task_start *start,
                      struct fg_affinity_cores *out);
void fg_affinity_release(struct fg_affinity *affinity, struct fg_affinity_cores *cores);

/* The cores that a program of an earlier daemon is bound to: count them as well. */
void fg_affinity_learn(struct fg_affinity *affinity,
                       pid_t program,
                       struct fg_affinity_cores *out);
