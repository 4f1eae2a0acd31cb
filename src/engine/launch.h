/* launch.h - what a task is told of its peers, as distributed training expects it (torchrun, MPI launchers).
 *
 * Ranks of one node have local ranks 0, 1, ... in the order of their ranks; nodes are numbered by their lowest rank; the
 * master is the node of rank 0.
 */
#pragma once

#include "engine/engine.h"

struct fg_launch {
    char master[FG_NAME_MAX]; /* address of rank 0's node; 127.0.0.1 when all are on one */
    uint32_t local_rank, local_size;
    uint32_t node_rank, nodes;
};

/* From `start->launch`, else from `start->places`, else: all tasks are on one node. */
struct fg_launch fg_launch_of(const struct fg_task_start *start);
