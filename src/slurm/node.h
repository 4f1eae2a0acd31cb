/* node.h - a line of `scontrol show node -d -o`. */
#pragma once

#include "engine/engine.h"
#include "slurm/words.h"

/* What we know of a node of Slurm.  Compared as bytes: zeroed before it is filled. */
struct fg_slurm_node {
    char name[FG_NAME_MAX];
    char address[FG_NAME_MAX]; /* where Slurm reaches it, else its host name */
    uint32_t cpus, cpus_used;
    uint64_t mem_mib, mem_used_mib;
    uint32_t gres_len;
    struct fg_slurm_gres gres[FG_SLURM_GRES_MAX]; /* that it has */
    uint32_t gres_used[FG_SLURM_GRES_MAX];        /* of each */
    char partition[FG_NAME_MAX]; /* the wanted one if it is in there, else its first; "" none */
    bool in_partition;           /* it is in the wanted one */
    bool is_spot, is_up, is_cloud;
    enum fg_node_rest rest;
    char reason[FG_TEXT_MAX]; /* why it may get no work */
};

/* Read one line.  `partition` is the wanted one, "" any.  Returns 0, or FG_EINVAL: it is no node, or no name and size can
 * be read from it. */
[[nodiscard]] int fg_slurm_node_parse(struct fg_field line,
                                      const char *partition,
                                      struct fg_slurm_node *out,
                                      struct fg_err *err);
