/* order_inner.h - suppliers and orders of the controller, shared by its files order_*.c and supplier.c.
 *
 *     command --ORDER--> planned, approved --after the commit: call--> provision --event--> ORDER: ordered, delivered, ...
 *
 * What may be bought stands in the store before anybody is called: an order is `ordered` and committed, and only then is its
 * supplier asked to provision.  Who was called last is not kept: after a restart, and after a batch that could not be written,
 * every order that is under way is asked about first (status), and bought only if its supplier has never heard of its key.
 */
#pragma once

#include "control/control_inner.h"
#include "supply/meter.h"

struct purchase {
    struct fg_order order;
    struct fg_order_instance *instances; /* owned; order.delivered of them */
    fg_node_id *nodes;                   /* owned; of the pool, which instance i is; 0: none */
    uint64_t tag;                        /* of the call under way; 0: none is */
    int64_t due_us;                      /* no call before that */
    uint32_t failures;                   /* calls that failed, one after the other */
    /* A call to provision may have been made whose answer never came: until then it may still have its effect.  0: none. */
    int64_t unsure_until_us;
    int64_t
        busy_us; /* when a job was seen on its nodes last; or when that began to be looked at */
    int64_t busy_milli; /* devices that run on them, as of the last decision on scaling */
    int64_t *leaves_us; /* owned; of instance i: when its supplier takes it back; 0 not told */
    int64_t empty_us;   /* it is given back by then, whatever still runs there; 0 not decided */
    bool may_buy;       /* the supplier does not know the key: nothing of it was bought */
};

/* order_book.c: the table of those that are not over */
struct purchase *fg_order_get(const struct fg_control *control,
                              fg_order_id id); /* NULL: none */
/* order_command.c: may it be made (FG_ENOENT, FG_ESTATE, FG_ETOOBIG); made, to be approved; approved.  `who` is told as the one
 * who approved, `actor` as the one who did it. */
int fg_order_check(const struct fg_control *control,
                   const struct fg_order_ask *ask,
                   fg_project_id *out_project,
                   struct fg_err *err);
struct purchase *fg_order_make(struct fg_control *control,
                               const struct fg_order_ask *ask,
                               fg_project_id project,
                               const char *actor);
void fg_order_approve(struct fg_control *control,
                      struct purchase *purchase,
                      const char *who,
                      const char *actor,
                      const char *remark);

struct purchase *fg_order_add(struct fg_control *control, const struct fg_order *order);
void fg_order_sweep(struct fg_control *control); /* those that are over leave the table */
void fg_order_write(struct fg_control *control, const struct purchase *purchase);
void fg_order_write_instance(struct fg_control *control,
                             const struct purchase *purchase,
                             uint32_t slot,
                             const char *report);
/* The instances that it has now; what it had before is dropped. */
void fg_order_take_instances(struct fg_control *control,
                             struct purchase *purchase,
                             const struct fg_order_instance *instances,
                             uint32_t len);
/* A line of its story, and the event "order.<kind>". */
[[gnu::format(printf, 5, 6)]] void fg_order_tell(struct fg_control *control,
                                                 const struct purchase *purchase,
                                                 const char *kind,
                                                 const char *actor,
                                                 const char *fmt,
                                                 ...);
/* Along an arrow that is known to be there. */
void fg_order_go(struct purchase *purchase, enum fg_order_state to);
/* The reason, in words, if it is another one than before: written, so that it can be read. */
[[gnu::format(printf, 3, 4)]] void fg_order_because(struct fg_control *control,
                                                    struct purchase *purchase,
                                                    const char *fmt,
                                                    ...);

/* order_cost.c */
/* Book what it cost until then. */
void fg_order_book(struct fg_control *control, struct purchase *purchase, int64_t until_us);
/* It is over, in a final state, with `cause`, as of that moment. */
void fg_order_end(struct fg_control *control,
                  struct purchase *purchase,
                  enum fg_order_state state,
                  int64_t ended_us);
/* Which nodes of the pool are whose: after orders became active or ended. */
void fg_order_back_nodes(struct fg_control *control);

/* order_policy.c: may it be ordered without anybody's approval?  If not, `why` says so. */
bool fg_order_policy_allows(struct fg_control *control,
                            const struct fg_supplier *supplier,
                            const struct fg_order *order,
                            char why[FG_TEXT_MAX]);

/* order_event.c: what a supplier answered */
void fg_order_event(struct fg_control *control, const struct fg_provision_event *event);
/* It is to be given back, for order->cause. */
void fg_order_leave(struct fg_control *control,
                    struct purchase *purchase,
                    enum fg_order_cause cause);

/* All its machines are there and may get work. */
void fg_order_activate(struct fg_control *control, struct purchase *purchase);

/* order_join.c: machines that are nodes of a cluster */
/* The cluster that its machines join; "" none. */
const char *fg_order_cluster(const struct fg_control *control, const struct fg_order *order);
/* Which node of the cluster the instance is; 0: it has not joined. */
fg_node_id fg_order_node_in(const struct fg_control *control,
                            const struct fg_order *order,
                            const struct fg_order_instance *instance);
/* Do its machines become nodes when they are there?  One that is a CLOUD node was one all the time: Slurm switches it on and off,
 * and what it is good for is Slurm's to say. */
bool fg_order_joins(const struct fg_control *control, const struct fg_order *order);
/* Does the node get no new work for the sake of its order?  Then `why`. */
bool fg_order_holds(const struct fg_control *control, fg_node_id node, char why[FG_TEXT_MAX]);
/* Into control->node_joins: the nodes that are its machines. */
void fg_order_find_joining(struct fg_control *control, const struct purchase *purchase);
/* It may have changed whether its nodes get work. */
void fg_order_refresh_nodes(struct fg_control *control, const struct purchase *purchase);
/* When its supplier takes the node back, as the supplier told; 0: it told no such thing. */
int64_t fg_order_leaves_us(const struct fg_control *control, fg_node_id node);
/* Until when its machines must have joined; INT64_MAX: none is to. */
int64_t fg_order_join_us(const struct fg_control *control, const struct fg_order *order);
/* Active if all have, given back if they are late. */
void fg_order_join(struct fg_control *control, struct purchase *purchase);
/* Jobs on its nodes. */
uint32_t fg_order_jobs(const struct fg_control *control, const struct purchase *purchase);
/* To be given back whatever runs there. */
bool fg_order_is_urgent(const struct fg_control *control, const struct fg_order *order);
/* It is leaving: does nothing run there any more, or is the time for that over? */
bool fg_order_may_go(const struct fg_control *control, const struct purchase *purchase);
/* It is leaving and cannot wait: its jobs are asked to stop, once. */
void fg_order_empty(struct fg_control *control, struct purchase *purchase);
/* Its supplier takes all of it back soon. */
bool fg_order_is_noticed(const struct purchase *purchase);
/* It does, and nothing runs there any more: it need not be paid until then. */
void fg_order_leave_early(struct fg_control *control, struct purchase *purchase);
/* The supplier takes the instance back then: its jobs leave before. */
void fg_order_notice(struct fg_control *control,
                     struct purchase *purchase,
                     uint32_t slot,
                     int64_t leaves_us);

/* supplier.c */
const struct fg_supplier *fg_supplier_get(const struct fg_control *control, const char *name);
