/* rounds_sim.h - a stream of training jobs on a cluster of several kinds of device, shared out in rounds.
 *
 *     table, stream (gavel.h), cluster, policy --ROUNDS SIM--> fg_sim_result
 *
 * The model is that of Gavel's simulator (Narayanan et al., OSDI 2020, section 7): rounds of six minutes; between rounds any
 * job may be moved or stopped, at no cost; devices of a kind are alike, wherever they are.  A round is over when the last of
 * its jobs has done its steps, which is sooner if all of them end early.
 * Shares are computed anew when jobs came or went, at most every reset_s; a job waits for its first share.
 *
 * Known to a policy: the speed of each type of job on each kind, alone and beside another.  `best` knows the work that
 * remains too, as finish-time fairness and AlloX of that paper do; `best-blind` and the others do not.
 *
 * Pure: no clock, no file; the same options give the same result, byte for byte.
 */
#pragma once

#include "sim/cluster.h"
#include "sim/gavel.h"
#include "sim/result.h"

#define FG_ROUNDS_POLICY_TEXT_MAX 128

struct fg_rounds_policy;                                          /* rounds_policy.c */
extern const struct fg_rounds_policy *const fg_rounds_policies[]; /* NULL at the end */
const char *fg_rounds_policy_name(const struct fg_rounds_policy *policy);
/* What it does, and whose it is, in one line. */
const char *fg_rounds_policy_text(const struct fg_rounds_policy *policy);

struct fg_rounds_options {
    const struct fg_gavel_table *table; /* its kinds are those of the cluster */
    const struct fg_gavel_stream *stream;
    const struct fg_sim_cluster *cluster;
    const struct fg_rounds_policy *policy;
    bool no_sharing; /* two jobs never share devices, though the policy would let them */
    double jobs_per_hour;
    size_t window_first, window_end; /* it stops when these jobs are done; 0, SIZE_MAX: all */
    double round_s, reset_s;
    uint32_t seed; /* as the published experiments count them */
    void (*progress)(void *self, size_t done, size_t jobs); /* may be NULL */
    void *self;
};

#define FG_ROUNDS_ROUND_S 360
#define FG_ROUNDS_RESET_S 1920

/* "best", "las:no-share": the policy and whether jobs share.  FG_EINVAL: a word that means nothing, with those that do. */
[[nodiscard]] int fg_rounds_policy_read(const char *text,
                                        struct fg_rounds_options *options,
                                        struct fg_err *err);

/* The kinds of a cluster's devices, in its order, into table->kinds.  FG_EINVAL: none, or too many. */
[[nodiscard]] int fg_rounds_kinds(const struct fg_sim_cluster *cluster,
                                  struct fg_gavel_table *table,
                                  struct fg_err *err);

/* Returns 0 and the result (owned): the jobs that came before the window's were done.  FG_EINVAL: an option out of its
 * bounds, a job that no kind has enough devices for. */
[[nodiscard]] int fg_rounds_sim(const struct fg_rounds_options *options,
                                struct fg_sim_result **out,
                                struct fg_err *err);
