/* pool.h - the machines and devices we hold right now, and the indexes that make a fit cheap to find.
 *
 *     supply --nodes--> POOL --fits--> schedule --grants--> POOL
 *
 * Owner:     the controller or the simulator holds one pool; nothing in here is global.
 * Time:      the pool has no clock and opens no files.
 * Threads:   one owner, one thread.
 * Invariant: on every node and device, left + granted == total; the index equals what a full
 *            recomputation would give (fg_pool_check).
 *
 * Finding a node costs a few bit-set look-ups, not a scan: nodes are indexed by how many whole devices of
 * a kind they have left, by the greatest share left on a device already shared, and by cores left.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "model/resources.h"
#include "pool/suppliers.h"
#include "pool/wan.h"

#include <stddef.h>

struct fg_pool;

#define FG_POOL_KINDS_MAX 64 /* a set of kinds is a 64-bit mask */

/* What a grant takes of a node: no device, a share, 1, 2, 3-4, 5 or more devices. */
enum fg_host_class {
    FG_HOST_CPU,
    FG_HOST_SHARE,
    FG_HOST_ONE,
    FG_HOST_TWO,
    FG_HOST_FOUR,
    FG_HOST_EIGHT,
    FG_HOST_CLASSES
};
enum fg_host_class fg_host_class(uint32_t devices, uint32_t gpu_milli);

/* On what terms work goes to a node. */
struct fg_node_terms {
    uint32_t price_uusd;      /* an hour of a device (without devices: of a core), saturating */
    uint8_t supplier, region; /* numbers, see suppliers.h */
    bool is_spot : 1;         /* may be taken back at short notice */
    bool whole_only : 1;      /* no shares of devices */
    bool is_asleep : 1;       /* switched off: what goes there waits until it is awake */
};

/* One node as the pool keeps it.  Read only outside of the pool. */
struct fg_pool_node {
    uint32_t cpu_milli_left, cpu_milli;
    uint64_t mem_mib_left, mem_mib;
    uint32_t devices_len;
    enum fg_node_state state;
    uint16_t left_milli[FG_NODE_DEVICES_MAX]; /* 1000: untouched */
    uint8_t kind[FG_NODE_DEVICES_MAX];
    uint8_t
        island[FG_NODE_DEVICES_MAX]; /* 0, 1, ...: those of one talk to each other directly */
    uint8_t islands;                 /* so many; of a node where that is not known 1 */
    uint32_t device_mem_mib[FG_NODE_DEVICES_MAX];
    uint8_t site;    /* number, see wan.h; 0 not known */
    uint16_t hazard; /* see fg_pool_set_hazard() */
    struct fg_node_terms terms;
    uint64_t kinds;                  /* set of the kinds it has */
    uint16_t hosts[FG_HOST_CLASSES]; /* grants it holds, by what they take: see fg_host_class */
};

/* Create an empty pool for at most `nodes_max` nodes (<= FG_NODES_MAX).  NULL: no memory. */
struct fg_pool *fg_pool_new(size_t nodes_max);
void fg_pool_free(struct fg_pool *pool); /* NULL is allowed */
FG_AUTO_DEFINE(fg_pool)

/* Add a node, or update the one of that name in place: a changed number of devices or cores is refused
 * with FG_ESTATE while grants are held on it.  The id goes to `out_node` (may be NULL).
 * Returns 0, or FG_EINVAL: devices out of range, too many kinds; FG_ENOCAP: the pool is full. */
[[nodiscard]] int fg_pool_add(struct fg_pool *pool,
                              const struct fg_node_spec *spec,
                              fg_node_id *out_node,
                              struct fg_err *err);

/* The idle node becomes another one: its place is used again, or it has another name now.  It is down until its state is
 * set.  Errors as those of fg_pool_add, and FG_ESTATE: something is granted there; FG_EEXIST: there is a node of that
 * name. */
[[nodiscard]] int fg_pool_replace(struct fg_pool *pool,
                                  fg_node_id node,
                                  const struct fg_node_spec *spec,
                                  struct fg_err *err);

/* Nodes are 1 .. fg_pool_len().  A node that is not `up` gets no new grants. */
size_t fg_pool_len(const struct fg_pool *pool);
size_t fg_pool_max(const struct fg_pool *pool); /* as given to fg_pool_new */
const struct fg_pool_node *fg_pool_node(const struct fg_pool *pool, fg_node_id node);
const struct fg_node_spec *fg_pool_spec(const struct fg_pool *pool, fg_node_id node);
fg_node_id fg_pool_find(const struct fg_pool *pool, const char *name); /* 0: none */
void fg_pool_set_state(struct fg_pool *pool, fg_node_id node, enum fg_node_state state);
/* Work is interrupted there so often in 1,000 hours beyond what is usual; changes of less than a fifth are passed over. */
void fg_pool_set_hazard(struct fg_pool *pool, fg_node_id node, uint32_t per_khour);
/* Is there, or was there, such a node? */
bool fg_pool_has_hazards(const struct fg_pool *pool);
/* A node that is not awake takes grants like others, but those that are awake are asked first (fg_need.awake_only). */
void fg_pool_set_asleep(struct fg_pool *pool, fg_node_id node, bool is_asleep);
/* Is, or was, one of the nodes asleep? */
bool fg_pool_has_sleepers(const struct fg_pool *pool);
/* May it get new work: it is up, and so is its supplier? */
bool fg_pool_is_open(const struct fg_pool *pool, fg_node_id node);
bool fg_pool_is_idle(const struct fg_pool *pool,
                     fg_node_id node); /* nothing is granted on it */

/* Changes of nodes are numbered 1, 2, ...: claims, releases, states, shapes.  Who keeps something by node asks what
 * has changed since, if that is not longer ago than the log reaches. */
uint64_t fg_pool_changes(const struct fg_pool *pool); /* the number of the last change */
/* The node of change `number`, or 0: the log has forgotten it, and any node may have changed. */
fg_node_id fg_pool_change_at(const struct fg_pool *pool, uint64_t number);
/* The number of the node's last change. */
uint64_t fg_pool_changed(const struct fg_pool *pool, fg_node_id node);

/* The set of kinds that a request's `kind` means: see fg_kind_is. */
uint64_t fg_pool_kinds(const struct fg_pool *pool, const char *kind);
size_t fg_pool_kinds_len(const struct fg_pool *pool);
const char *fg_pool_kind_name(const struct fg_pool *pool, uint32_t kind);
/* Rises whenever nodes, their states or kinds change (not with grants). */
uint64_t fg_pool_generation(const struct fg_pool *pool);

/* Sites and the links between them, to look at and to add to.  Sites of nodes come with the nodes. */
struct fg_wan *fg_pool_wan(struct fg_pool *pool);
const struct fg_wan *fg_pool_wan_of(const struct fg_pool *pool);

/* Whose nodes it has; the suppliers of nodes come with the nodes, up and with nothing known of how long work waits. */
const struct fg_suppliers *fg_pool_suppliers(const struct fg_pool *pool);
/* What is known of one now; made if new.  Nodes of one that is not up get no new grants.  "" and "local" are this
 * machine, which is always up: FG_EINVAL.  FG_ENOCAP. */
[[nodiscard]] int fg_pool_set_supplier(struct fg_pool *pool,
                                       const char *name,
                                       const struct fg_supplier_state *state,
                                       struct fg_err *err);

/* Which nodes a task may go to, by who may take them back (schedule/spot.h). */
enum fg_spot_rule {
    FG_SPOT_ANY,
    FG_SPOT_FIRST, /* any, those of spot first: for who places a gang; here as any */
    FG_SPOT_LAST,  /* any, those of spot last: likewise */
    FG_SPOT_ONLY,
    FG_SPOT_NEVER
};
static inline bool fg_spot_suits(uint8_t rule, bool is_spot)
{
    return rule < FG_SPOT_ONLY || (rule == FG_SPOT_ONLY) == is_spot;
}
/* Is, or was, one of the nodes of spot? */
bool fg_pool_has_spot(const struct fg_pool *pool);

/* A request made ready for look-ups: kinds resolved once. */
#define FG_EXPOSURE_PARTS 16
struct fg_need {
    uint64_t kinds; /* 0 and count 0: CPU only */
    uint32_t count, gpu_milli, gpu_mem_mib, cpu_milli;
    uint64_t mem_mib;
    uint32_t data_mib; /* that is to be where it runs; 0: none, or nobody knows where it is */
    uint8_t data_site; /* number of the site that has it */
    uint8_t spot;      /* fg_spot_rule */
    uint8_t
        exposure; /* 0: an interruption costs it little; n: 2^(n-1) parts of an hour of work */
    bool awake_only;
    uint32_t max_price_uusd; /* an hour of a device, see fg_node_terms; 0: any */
    uint32_t
        not_suppliers; /* sets of those whose nodes it may not have; suppliers that are not up counted */
    uint64_t not_regions;
};
/* May it go to a node of these terms? */
static inline bool fg_need_suits(const struct fg_need *need, const struct fg_node_terms *terms)
{
    return fg_spot_suits(need->spot, terms->is_spot) && !(need->awake_only && terms->is_asleep)
           && !((need->not_suppliers >> terms->supplier | need->not_regions >> terms->region)
                & 1)
           && (need->max_price_uusd == 0 || terms->price_uusd <= need->max_price_uusd)
           && !(terms->whole_only && need->count && need->gpu_milli < 1000);
}
/* Do both allow the same terms? */
static inline bool fg_need_terms_same(const struct fg_need *a, const struct fg_need *b)
{
    return a->spot == b->spot && a->awake_only == b->awake_only
           && a->not_suppliers == b->not_suppliers && a->not_regions == b->not_regions
           && a->max_price_uusd == b->max_price_uusd;
}
struct fg_need fg_pool_need(const struct fg_pool *pool, const struct fg_request *request);

/* Could this node take it now (`empty` false) or if nothing else ran there (`empty` true)?  With `also`, the
 * same devices must be free in that second pool too (a reservation).  The grant goes to `out_grant`. */
bool fg_pool_fit(const struct fg_pool *pool,
                 const struct fg_pool *also,
                 fg_node_id node,
                 const struct fg_need *need,
                 bool empty,
                 struct fg_grant *out_grant);

/* How many tasks of this need the node takes now, or if nothing else ran there (`empty`); its state does not
 * count.  UINT32_MAX: the need is nothing. */
uint32_t fg_pool_room(const struct fg_pool *pool,
                      fg_node_id node,
                      const struct fg_need *need,
                      bool empty);

/* The same of a node that stands for itself, as it is or as it might be: `second` (may be NULL) is `also`'s.  The grant's
 * node is left 0. */
bool fg_pool_node_fit(const struct fg_pool_node *node,
                      const struct fg_pool_node *second,
                      const struct fg_need *need,
                      bool empty,
                      struct fg_grant *out_grant);
uint32_t fg_pool_node_room(const struct fg_pool_node *node,
                           const struct fg_need *need,
                           bool empty);

/* `count` of the devices in the set `free`, of as few islands as can be; of those that suffice the one that has the
 * fewest, so that the others stay whole.  0: the set has not so many. */
uint32_t fg_pool_node_pick(const struct fg_pool_node *node, uint32_t free, uint32_t count);
/* Islands that a set of devices is spread over. */
uint32_t fg_pool_node_islands(const struct fg_pool_node *node, uint32_t devices);

/* Best fit: among the nodes that can take it, one that is left with the least.  false: none. */
bool fg_pool_best_fit(const struct fg_pool *pool,
                      const struct fg_pool *also,
                      const struct fg_need *need,
                      struct fg_grant *out_grant);

/* Take exactly this grant: all of it or nothing.  FG_ENOENT: no such node or device; FG_ENOCAP. */
[[nodiscard]] int fg_pool_claim(struct fg_pool *pool,
                                const struct fg_grant *grant,
                                struct fg_err *err);
/* Take all of these grants, or none of them; errors as those of fg_pool_claim. */
[[nodiscard]] int fg_pool_claim_all(struct fg_pool *pool,
                                    const struct fg_grant *grants,
                                    size_t len,
                                    struct fg_err *err);
/* Give back exactly what was claimed; more than that is a bug and asserts. */
void fg_pool_release(struct fg_pool *pool, const struct fg_grant *grant);

/* Make `to` hold the same grants as `from` (same nodes).  For "what if" at little cost: no allocation
 * once `to` has seen a pool of this size. */
void fg_pool_copy(struct fg_pool *to, const struct fg_pool *from);

/* Sums over nodes that are not down. */
struct fg_pool_totals {
    uint64_t gpu_milli, gpu_used_milli, cpu_milli, cpu_used_milli, mem_mib, mem_used_mib;
};
struct fg_pool_totals fg_pool_totals(const struct fg_pool *pool);

/* The invariant above, recomputed in full.  For tests and debug builds. */
bool fg_pool_check(const struct fg_pool *pool);
