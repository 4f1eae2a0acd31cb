/* queue.h - a line of squeue in our format: one job, or the elements of an array that wait together. */
#pragma once

#include "slurm/words.h"

#include "base/uuid.h"

/* Free text, which other users choose, stands last. */
#define FG_SLURM_QUEUE_FORMAT "%A|%K|%t|%N|%D|%C|%m|%b|%L|%V|%S|%r|%F|%j|%k"
#define FG_SLURM_ROOM_MAX     33 /* name of an allocation: 32 hex digits and the final 0 */
#define FG_SLURM_ARRAY_MAX    1000

struct fg_slurm_job {
    uint64_t id;           /* of the job, or of the array's element once it has one */
    uint64_t array_id;     /* of the array; the same as `id` if it is none */
    struct fg_field array; /* "7", "0-9,12"; "N/A": none */
    char state[4];         /* "PD", "R", "CG", "S", ... as squeue has them */
    struct fg_field nodes; /* host list; "" while it waits */
    uint32_t nodes_len, cpus;
    uint64_t mem_mib;                             /* of each node */
    struct fg_slurm_gres gres[FG_SLURM_GRES_MAX]; /* of each node */
    int gres_len;
    int64_t left_us;                 /* of its time limit; -1 none */
    int64_t submitted_us, begins_us; /* begins: when it began, or is expected to; 0 unknown */
    struct fg_field reason;
    bool is_ours;
    char room[FG_SLURM_ROOM_MAX];  /* ours: of the first element */
    char shape[FG_SLURM_ROOM_MAX]; /* ours: what it was asked for */
};

/* `install`: the UUID by which jobs of this service are known.  Returns 0, or FG_EINVAL. */
[[nodiscard]] int fg_slurm_job_parse(struct fg_field line,
                                     const char *install,
                                     struct fg_slurm_job *out,
                                     struct fg_err *err);

bool fg_slurm_job_waits(const struct fg_slurm_job *job); /* it holds nothing yet */
bool fg_slurm_job_holds(const struct fg_slurm_job *job); /* it holds its nodes */

/* The name of element `index` of an array whose first room is `first`: the last four digits count. */
void fg_slurm_room_at(const char *first, uint32_t index, char out[FG_SLURM_ROOM_MAX]);

/* How a job ended, from `scontrol show job -o`. */
struct fg_slurm_end {
    bool known;     /* Slurm remembers it */
    bool is_active; /* it waits or runs */
    char state[32]; /* "FAILED" */
    char reason[FG_NAME_MAX], name[FG_NAME_MAX];
    int exit_code, term_signal;
};
void fg_slurm_end_parse(struct fg_field line, struct fg_slurm_end *out);
