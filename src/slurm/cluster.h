/* cluster.h - one Slurm cluster, asked by a thread of its own.
 *
 *     engine --submit, cancel, explain--> CLUSTER --commands, REST--> slurmctld
 *     engine <--reports------------------ CLUSTER --a look every poll_us-'
 *
 * Whoever asks never waits: what came of it is a report.  One call at a time goes to the controller, each with a time
 * limit; looks become rarer while it is slow or silent.
 * Threads:   one caller, one thread.
 */
#pragma once

#include "slurm/look.h"
#include "slurm/shape.h"

struct fg_cluster_options {
    const struct fg_supplier *supplier; /* copied */
    const char *install;                /* UUID of this service; copied */
    const char *program, *address;      /* of the courier; copied */
    int wake_fd;                        /* an eventfd that is told when there are reports */
};

struct fg_cluster;

/* NULL and `err`: no thread could be made. */
struct fg_cluster *fg_cluster_new(const struct fg_cluster_options *options, struct fg_err *err);
/* Ends the call under way; what was asked and not done is dropped. */
void fg_cluster_free(struct fg_cluster *cluster); /* NULL is allowed */

/* A room in Slurm: element `index` of array `id`, or job `id`. */
struct fg_cluster_job {
    char room[FG_SLURM_ROOM_MAX];
    uint64_t id;
    uint32_t index;
    bool is_array;
};

/* Submit `len` equal rooms as one job or array; `room` is the first one's name, the others follow from it
 * (fg_slurm_room_at).  All is copied.  One FG_REPORT_SUBMITTED will come. */
void fg_cluster_submit(struct fg_cluster *cluster,
                       const struct fg_shape *shape,
                       const char *room,
                       const uint8_t (*secrets)[32],
                       uint32_t len);

/* Cancel it.  The name is what counts; the id may be 0 for what is no array. */
void fg_cluster_cancel(struct fg_cluster *cluster, const struct fg_cluster_job *job);

/* How did it end?  One FG_REPORT_EXPLAINED will come. */
void fg_cluster_explain(struct fg_cluster *cluster, const struct fg_cluster_job *job);

/* Switch a node on, or off once nothing runs there; by Slurm's own power saving.  One FG_REPORT_POWER will come. */
void fg_cluster_power(struct fg_cluster *cluster, const char *node, bool on);

/* Look now, not when the pause is over. */
void fg_cluster_look(struct fg_cluster *cluster);

enum fg_report_kind {
    FG_REPORT_SUBMITTED,
    FG_REPORT_EXPLAINED,
    FG_REPORT_POWER,
    FG_REPORT_LOOK
};

struct fg_report {
    struct fg_report *next;
    enum fg_report_kind kind;
    int64_t began_us, took_us; /* monotonic clock */
    int rc;                    /* FG_EUNREACH: nobody knows what came of it */
    char reason[FG_TEXT_MAX];
    char room[FG_SLURM_ROOM_MAX]; /* SUBMITTED, EXPLAINED: of the first element */
    char node[FG_NAME_MAX];       /* POWER */
    uint32_t len;                 /* SUBMITTED */
    uint64_t id;                  /* SUBMITTED: Slurm's number, if rc is 0 */
    struct fg_slurm_end end;      /* EXPLAINED */
    struct fg_look_result look;   /* LOOK */
    char version[FG_NAME_MAX];    /* LOOK: "slurm 22.05.8 (commands)" */
};

/* All reports that there are, oldest first; free each. */
struct fg_report *fg_cluster_take(struct fg_cluster *cluster);
void fg_report_free(struct fg_report *report);
