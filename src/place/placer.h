/* placer.h - where does a task go?
 *
 *     pool --log of changes--> PLACER --(node, devices)--> pool's claims
 *
 *     struct fg_placer *placer = fg_placer_new(pool, fg_place_policy_find("best"), NULL);
 *     fg_placer_mix(placer, mix);
 *     struct fg_grant grant;
 *     if (fg_placer_choose(placer, NULL, &need, &grant))
 *         fg_pool_claim(pool, &grant, &err);
 *
 * Cost:    per request class the scores of all nodes are kept, with a tree over them.  A decision scores again only the
 *          nodes that have changed since that class was last asked for, and reads the answer off the top of the tree: it
 *          does not grow with the number of nodes.  A placer keeps at most 128 MiB of scores; of more
 *          classes than fit it forgets those not asked for the longest.
 * Owner:   one placer belongs to one pool, which must outlive it and is only read here.
 * Pure:    the same pool, mix and calls give the same answers.
 */
#pragma once

#include "place/mix.h"
#include "place/policy.h"
#include "place/scorers.h"
#include "pool/pool.h"

struct fg_placer;

/* A placer for the pool.  `seed` is for the policy random.  The mix is a plain one (fg_mix_plain) until it is set.  Out
 * of memory ends the process. */
struct fg_placer *fg_placer_new(const struct fg_pool *pool,
                                const struct fg_place_policy *policy,
                                uint64_t seed);
void fg_placer_free(struct fg_placer *placer); /* NULL is allowed */
FG_AUTO_DEFINE(fg_placer)

/* What is typical from now on; copied.  Everything is scored anew: tens of milliseconds for a large pool, and also when
 * the pool gets a node. */
void fg_placer_mix(struct fg_placer *placer, const struct fg_mix *mix);

/* What else counts from now on; copied.  All 0: only the policy, the default. */
void fg_placer_weights(struct fg_placer *placer, const struct fg_place_weights *weights);

/* Which of equally good nodes comes first: rank[id - 1], each of 0 .. nodes - 1 once (borrowed; NULL: the lower id). */
void fg_placer_rank(struct fg_placer *placer, const uint32_t *rank, size_t len);

/* The best node and devices for one task that is to fit into the pool, and into `also` (may be NULL) too, which has the same
 * nodes.  Nothing is claimed.  false: it fits nowhere. */
bool fg_placer_choose(struct fg_placer *placer,
                      const struct fg_pool *also,
                      const struct fg_need *need,
                      struct fg_grant *out_grant);

/* The same for a task of a gang whose task before is on node `beside`: topology counts.  Looks at the scores of all
 * nodes. */
bool fg_placer_choose_beside(struct fg_placer *placer,
                             const struct fg_pool *also,
                             const struct fg_need *need,
                             fg_node_id beside,
                             struct fg_grant *out_grant);

/* What the typical request cannot use of the devices that are idle, in milli-devices, summed over the nodes that are up:
 * FGD's measure of fragmentation. */
int64_t fg_placer_frag_milli(struct fg_placer *placer);
