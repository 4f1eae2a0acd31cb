/* cluster.h - the machines of a simulation: groups of alike nodes, their prices, power and mishaps.
 *
 *     YAML --fg_sim_cluster_read--> CLUSTER --> sim
 *
 * Owner: whoever reads it; simulations only look at it.
 */
#pragma once

#include "base/auto.h"
#include "base/doc.h"
#include "model/project.h"
#include "model/reservation_json.h"
#include "model/resources.h"
#include "pool/wan.h"

#include <stddef.h>

#define FG_SIM_EPOCH_US                                                                        \
    1'767'225'600'000'000LL /* the first submission, for who needs a moment */
#define FG_SIM_GROUPS_MAX 4096
#define FG_SIM_TRACES_MAX 256
#define FG_SIM_TICKS_MAX  1'000'000 /* of one availability trace */

/* How many nodes a supplier had, moment after moment; it begins again when it is over. */
struct fg_sim_availability {
    const char *path; /* as the cluster file names it */
    int64_t gap_us;
    const uint32_t *nodes; /* `len` of them, one each gap */
    size_t len;
    uint32_t most; /* the greatest of them: a group has all its nodes then */
};

/* Power of one node, in milliwatts.  Between idle and busy it grows with the share of devices that is granted. */
struct fg_sim_watts {
    int64_t idle_milli, busy_milli;
    int64_t asleep_milli; /* with nothing granted; 0: it never sleeps, and draws idle_milli */
};

/* From one moment until another, since the cluster is there. */
struct fg_sim_absence {
    int64_t from_us, until_us;
};

struct fg_sim_group {
    char name[FG_NAME_MAX]; /* nodes are NAME-1, ... */
    uint32_t nodes;
    char kind[FG_KIND_MAX]; /* "" without devices */
    uint32_t gpus;          /* of each node */
    uint32_t
        islands; /* of devices of a node that talk to each other directly, alike; at least 1 */
    uint32_t gpu_mem_mib;
    uint32_t cpu_milli;
    uint64_t mem_mib;
    int64_t price_uusd_per_hour; /* of each node, while it is up */
    struct fg_sim_watts watts;
    int64_t join_us; /* nodes are there from then on; 0 from the beginning */
    const struct fg_sim_absence *absences; /* nodes are not there; in order */
    size_t absences_len;
    int64_t mtbf_us;      /* mean time between failures of one node; 0 it never fails */
    int64_t mttr_us;      /* mean time to repair */
    uint32_t speed_milli; /* of its devices: 1000 does a second's work in a second */
    bool is_spot;         /* its availability says when it is there */
    uint32_t availability;
    const char *site, *rack;       /* for people and placement; "" unknown */
    const char *supplier, *region; /* whose nodes; "" this machine's own; where, "" unknown */
    int64_t wait_us; /* work that is given to its supplier waits so long before it begins */
};

struct fg_sim_cluster {
    struct fg_arena *arena; /* owned */
    struct fg_sim_group *groups;
    size_t groups_len;
    struct fg_sim_availability *traces;
    size_t traces_len;
    struct fg_project
        *projects; /* those that are not as all others; ids are not set, a parent is a number
                                    * in this list, from 1 on */
    size_t projects_len;
    struct fg_advance_spec *reservations; /* in advance; moments from FG_SIM_EPOCH_US on */
    size_t reservations_len;
    struct fg_wan links; /* between sites */
    int64_t
        stop_us; /* a job that is asked to stop holds its devices so long: with checkpoints it saves its work */
};

void fg_sim_cluster_free(struct fg_sim_cluster *cluster); /* back to zero */
static inline void fg_sim_cluster_drop(struct fg_sim_cluster *cluster)
{
    fg_sim_cluster_free(cluster);
}

/* Give the bytes of a file that the cluster file names, in `arena`; negative with `err` if it cannot be had. */
typedef int fg_sim_open_fn(void *self,
                           const char *path,
                           struct fg_arena *arena,
                           const char **out_bytes,
                           size_t *out_len,
                           struct fg_err *err);

/* Read a cluster file (docs/simulator.md) into `*out` (zeroed).  FG_EINVAL: "cluster.yaml:3: groups[0].nodes: -1, expected
 * ...".  `open` is asked for availability traces. */
[[nodiscard]] int fg_sim_cluster_read(const char *bytes,
                                      size_t len,
                                      const char *file_name,
                                      fg_sim_open_fn *open,
                                      void *open_self,
                                      struct fg_sim_cluster *out,
                                      struct fg_err *err);

/* A cluster of one group, for tests and benchmarks: owned nodes that never fail. */
void fg_sim_cluster_simple(struct fg_sim_cluster *out,
                           uint32_t nodes,
                           const char *kind,
                           uint32_t gpus_per_node);

size_t fg_sim_cluster_nodes(const struct fg_sim_cluster *cluster);
uint64_t fg_sim_cluster_gpus(const struct fg_sim_cluster *cluster);
/* The most devices that a node has: what a gang is cut to. */
uint32_t fg_sim_cluster_widest(const struct fg_sim_cluster *cluster);
/* The most whole cores that a node has, at least 1: the same for gangs without devices. */
uint32_t fg_sim_cluster_most_cores(const struct fg_sim_cluster *cluster);
