/* sim_cluster.h - SIMULATED engine of this machine and two clusters, with faults: nodes that die, are cut off, flap, leave and
 * come back in another shape, clusters that are silent or stall, load of others.  The world outlives the controller.  Never
 * linked into the program. */
#pragma once

#include "engine/engine.h"

#define SIM_CLUSTER_LEASE_US    10000000LL
#define SIM_CLUSTER_PATIENCE_US 8000000LL

struct sim_cluster;

struct sim_cluster *sim_cluster_new(uint64_t seed);
void sim_cluster_free(struct sim_cluster *cluster);
extern const struct fg_engine_ops sim_cluster_ops;

/* Time goes on: tasks start and end, leases run out, and faults happen. */
void sim_cluster_advance(struct sim_cluster *cluster, int64_t now_us);
/* The daemon dies after so many further calls: what it would have done is not done. */
void sim_cluster_die_after(struct sim_cluster *cluster, uint32_t calls);
/* A new daemon: suppliers are to be put, tasks adopted. */
void sim_cluster_restart(struct sim_cluster *cluster);
/* All come back, and no fault happens any more. */
void sim_cluster_be_kind(struct sim_cluster *cluster);
/* A node dies whenever a task of this job has run there for a second; 0: of none. */
void sim_cluster_killer(struct sim_cluster *cluster, fg_job_id job);

/* NULL, or what is wrong: a rank runs twice, a device is given out twice, work began where it must not. */
const char *sim_cluster_fault(const struct sim_cluster *cluster);
/* A node that is up, by chance; NULL: there is none. */
const char *sim_cluster_some_node(struct sim_cluster *cluster);

struct sim_cluster_counts {
    uint64_t starts, deaths, cuts, losses, stalls, silences, notices, moves, shapes, swaps;
};
struct sim_cluster_counts sim_cluster_counts(const struct sim_cluster *cluster);
size_t sim_cluster_running(const struct sim_cluster *cluster);
