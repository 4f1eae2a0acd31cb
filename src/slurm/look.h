/* look.h - what a cluster is like now, and what has changed since the last look.
 *
 *     scontrol show node, squeue --text--> LOOK --> nodes that changed, jobs of ours, counts of others
 *
 * What others hold of a node is what Slurm says is used without what our jobs there hold.  The two texts are not of the
 * same moment, so a job of ours that begins or ends in between would show as theirs: what others hold counts once two looks
 * have seen it.
 */
#pragma once

#include "slurm/node.h"
#include "slurm/queue.h"

struct fg_look_node {
    struct fg_slurm_node node; /* its *_used are 0 */
    uint32_t others_cpus;
    uint64_t others_mem_mib;
    uint32_t others_gres[FG_SLURM_GRES_MAX];
    bool is_gone; /* Slurm does not name it any more */
};

/* A job of ours. */
struct fg_look_ours {
    char room[FG_SLURM_ROOM_MAX], shape[FG_SLURM_ROOM_MAX];
    uint64_t id, array_id;
    uint32_t index;                    /* in its array */
    uint32_t nodes_len, cpus, devices; /* cpus, devices, memory: of each node */
    uint64_t mem_mib;
    bool is_array, waits, holds;
    int64_t submitted_us, begins_us, left_us;
    char reason[FG_NAME_MAX]; /* why it waits, in Slurm's word */
};

struct fg_look_result {
    struct fg_look_node *nodes; /* those that changed; owned */
    size_t nodes_len;
    struct fg_look_ours *ours; /* owned */
    size_t ours_len;
    uint32_t nodes_all, nodes_up, others_run, others_wait;
    uint32_t skipped; /* lines that could not be read */
    char skipped_why[FG_TEXT_MAX];
};

void fg_look_result_free(struct fg_look_result *result);

struct fg_look;

/* `partition`: only its nodes count; "" all.  Both are copied. */
struct fg_look *fg_look_new(const char *install, const char *partition);
void fg_look_free(struct fg_look *look); /* NULL is allowed */

/* Take in the two texts.  `*out` is freed by the caller. */
void fg_look_take(struct fg_look *look,
                  struct fg_field nodes,
                  struct fg_field queue,
                  struct fg_look_result *out);

/* Forget what was told: the next look tells every node again. */
void fg_look_again(struct fg_look *look);
