/* shape.h - the room that is asked of Slurm: how much, where, for how long, for whom.
 *
 *     tasks of an attempt on nodes --> SHAPE --> words of sbatch; a hash by which like rooms are known
 */
#pragma once

#include "base/buf.h"
#include "model/supplier.h"
#include "slurm/queue.h"

#define FG_SHAPE_NODES_MAX 1024

/* Of each node. */
struct fg_shape {
    uint32_t nodes_len;
    uint32_t cpus;
    uint64_t mem_mib; /* 0: Slurm's default */
    uint32_t gres_len;
    struct fg_slurm_gres gres[FG_SLURM_GRES_MAX];
    uint32_t minutes; /* time limit; 0: the partition's.  Not part of the hash */
    uint32_t grace_s; /* between the warning and the end.  Not part of the hash */
    bool is_anywhere; /* Slurm chooses the nodes */
    char partition[FG_NAME_MAX];
    char user[FG_NAME_MAX];   /* of FastGPU: rooms are kept for the same one */
    const char *const *nodes; /* nodes_len names of Slurm nodes; borrowed */
};

void fg_shape_hash(const struct fg_shape *shape, char out[FG_SLURM_ROOM_MAX]);

/* What an array of equal rooms is submitted with. */
struct fg_shape_submit {
    const struct fg_supplier *supplier;
    const char *install, *room, *hash; /* room: of element 0 */
    uint32_t len;                      /* elements; 1: no array */
};

/* The words of sbatch for it, each ended by 0, one after the other, in `out`; returns how many. */
size_t fg_shape_sbatch(const struct fg_shape *shape,
                       const struct fg_shape_submit *submit,
                       struct fg_buf *out);

/* How a courier is started there. */
struct fg_shape_script {
    const struct fg_supplier *supplier;
    const char *install;          /* UUID of this service */
    const char *program;          /* absolute path of fastgpu on the nodes */
    const char *address;          /* where its couriers reach us */
    const char *room;             /* of element 0 */
    const uint8_t (*secrets)[32]; /* of each element */
    uint32_t len;
};

/* The batch script. */
void fg_shape_script(const struct fg_shape *shape,
                     const struct fg_shape_script *script,
                     struct fg_buf *out);
