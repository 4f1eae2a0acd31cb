/* openb.h - the inflation experiment of FGD (Weng et al., "Beware of Fragmentation", USENIX ATC'23) on the openb trace.
 *
 * Pods arrive one after the other and never leave, until more has been asked for than there is; a pod that fits nowhere is
 * dropped.  What share of the devices is given away, at which arrived load, is the measure of a placement policy.  Placed by
 * the placer and claimed in the pool that the service runs with.
 *
 * Input is hostile: bad rows are refused with file and line.  Pure: bytes in, numbers out.
 */
#pragma once

#include "base/auto.h"
#include "place/placer.h"

struct fg_openb; /* a cluster and the pods of a workload */

/* Read nodes (sn,cpu_milli,memory_mib,gpu,model) and pods (name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec,...]).
 * `copies` of the cluster, one after the other (1 the experiment as published).  Returns 0 and `*out` (owned), or
 * FG_EINVAL: a bad row; FG_ETOOBIG; FG_ENOCAP: too many nodes or models. */
struct fg_openb_file {
    const char *name; /* for messages */
    const char *bytes;
    size_t len;
};
[[nodiscard]] int fg_openb_read(const struct fg_openb_file *nodes,
                                const struct fg_openb_file *pods,
                                size_t copies,
                                struct fg_openb **out,
                                struct fg_err *err);
void fg_openb_free(struct fg_openb *openb); /* NULL is allowed */
FG_AUTO_DEFINE(fg_openb)
/* The pods, and the cluster with nothing placed (owned by the caller; NULL: as fg_openb_read would fail). */
const struct fg_need *fg_openb_pods(const struct fg_openb *openb, size_t *out_len);
struct fg_pool *fg_openb_pool(const struct fg_openb *openb, struct fg_err *err);
size_t fg_openb_nodes(const struct fg_openb *openb);
int64_t fg_openb_gpu_milli(const struct fg_openb *openb); /* of the whole cluster */

/* The order in which pods arrive, and which node comes first among equals. */
struct fg_openb_sequence {
    uint32_t *pods; /* rows, from 0 */
    size_t pods_len;
    uint32_t *rank; /* by node row */
    size_t rank_len;
};
/* Read "pods nodes", then so many rows of pods, then so many ranks.  `*out` zeroed by the caller. */
[[nodiscard]] int fg_openb_read_sequence(const struct fg_openb *openb,
                                         const struct fg_openb_file *file,
                                         struct fg_openb_sequence *out,
                                         struct fg_err *err);
/* One of our own, seeded, as the experiment makes it: shuffled, with clones of drawn pods up to 1.3 of the cluster. */
void fg_openb_make_sequence(const struct fg_openb *openb,
                            uint64_t seed,
                            struct fg_openb_sequence *out);
void fg_openb_sequence_fini(struct fg_openb_sequence *sequence);

#define FG_OPENB_LOADS 201 /* arrived load in percent of the cluster, 0 .. 200 */

struct fg_openb_result {
    /* By arrived load, in percent: devices given away, of all; what the typical pod cannot use, of those idle.
     * NAN where nothing arrived. */
    double allocation[FG_OPENB_LOADS], frag_ratio[FG_OPENB_LOADS];
    size_t decisions, placed;
};

/* A replay of a sequence under a policy; all are borrowed while it lasts.  `seed` is for the policy random. */
struct fg_openb_replay;
struct fg_openb_replay *fg_openb_replay_new(const struct fg_openb *openb,
                                            const struct fg_openb_sequence *sequence,
                                            const struct fg_place_policy *policy,
                                            uint64_t seed);
void fg_openb_replay_free(struct fg_openb_replay *replay); /* NULL is allowed */
FG_AUTO_DEFINE(fg_openb_replay)
/* All of it, once.  `is_measured` false: decisions only, nothing but the counts. */
void fg_openb_replay_run(struct fg_openb_replay *replay,
                         bool is_measured,
                         struct fg_openb_result *out);
