/* provision.h - what really buys and gives back, as the control thread sees it.
 *
 *     control --call (after its commit)--> PROVISION --JSON--> the supplier's plug-in
 *     control <-----------event----------- PROVISION <--JSON--
 *
 * Contract
 * - call() is made only for what is durable at the caller: an order that was approved and whose state ORDERED is committed
 *   may be asked for.  Nothing here decides what to buy.
 * - Each call that was taken (0) is answered by exactly one event, at the latest when its time limit and
 *   FG_PROVISION_SLACK_US are over: an answer of the supplier, or an error.  What a plug-in says twice or too late is dropped.
 * - Orders are done by key.  Calling PROVISION again with the key of an earlier call (after an error, a timeout, a crash
 *   of either side) never buys twice: the supplier answers how far the one order is.  RELEASE of what is gone is GONE.
 *   So an error of PROVISION or RELEASE says nothing about what happened there: ask again, or ask STATUS.
 * - Answers are not believed: size, JSON, every field are checked here; what the event holds is in range, texts are valid
 *   UTF-8 without control characters.  What they say (a price, a machine) is the caller's to compare with what it wants.
 * - The calls of one supplier are made one after the other, in order; those of several go on at the same time.
 * - Secrets never come into events, errors, logs or argument lists.
 * Threads:   one caller, one thread; what works is in threads of the implementation.
 */
#pragma once

#include "model/order.h"
#include "model/supplier.h"
#include "supply/inspect.h"

#define FG_PROVISION_INSTANCES_MAX  FG_ORDER_COUNT_MAX
#define FG_PROVISION_OFFERS_MAX     20000
#define FG_PROVISION_QUEUE_MAX      20000 /* calls that wait; further ones are FG_EBUSY */
#define FG_PROVISION_BYTES_MAX      (1024 * 1024)      /* one answer ... */
#define FG_PROVISION_LONG_BYTES_MAX (16 * 1024 * 1024) /* ... to OFFERS and INSPECT */
#define FG_PROVISION_SLACK_US       5000000            /* to end what did not end by itself */

enum fg_provision_op {
    FG_PROVISION_OFFERS,    /* what is for sale now */
    FG_PROVISION_QUOTE,     /* the price and the delivery of this order, were it made now */
    FG_PROVISION_PROVISION, /* buy; asked again: how far it is */
    FG_PROVISION_STATUS,    /* how far it is; buys nothing */
    FG_PROVISION_INSPECT,   /* what the delivered machines truly have: a report of each */
    FG_PROVISION_RELEASE,   /* give all instances back, cancel what is not delivered */
    FG_PROVISION_OPS
};
const char *fg_provision_op_name(enum fg_provision_op op); /* "offers", "quote", ... */

/* Where the supplier says that the order of a key is. */
enum fg_delivery {
    FG_DELIVERY_UNKNOWN, /* STATUS, RELEASE: never heard of that key, so nothing was bought */
    FG_DELIVERY_PENDING, /* bought, not all instances are there */
    FG_DELIVERY_READY,   /* all there are: look at the instances */
    FG_DELIVERY_REFUSED, /* QUOTE, PROVISION: no, and nothing was bought; `reason` has the supplier's words */
    FG_DELIVERY_RELEASING, /* is being given back, still paid for */
    FG_DELIVERY_GONE, /* given back, taken back or lost as a whole; nothing is paid any more */
    FG_DELIVERIES
};
const char *fg_delivery_name(
    enum fg_delivery delivery);         /* "unknown", "pending", "ready", ... */
int fg_delivery_find(const char *name); /* the delivery, or -1 */

enum fg_instance_state {
    FG_INSTANCE_PENDING,
    FG_INSTANCE_READY,
    FG_INSTANCE_LOST, /* was there and is not: reclaimed or broken; nothing is paid for it */
    FG_INSTANCE_STATES
};
const char *fg_instance_state_name(
    enum fg_instance_state state);            /* "pending", "ready", "lost" */
int fg_instance_state_find(const char *name); /* the state, or -1 */

struct fg_provision_instance {
    char id[FG_NAME_MAX];      /* the supplier's, unique in the order */
    char address[FG_NAME_MAX]; /* host name or IP address to reach it; "" not yet */
    enum fg_instance_state state;
    int64_t leaves_us; /* it is taken away then (spot notice); 0 not told */
    const struct fg_inspect_report *report; /* INSPECT: what it has; NULL: see `reason` */
    char reason[FG_TEXT_MAX];               /* "" nothing to say */
};

struct fg_provision_call {
    enum fg_provision_op op;
    uint64_t tag;                       /* comes back in the event; any number */
    const struct fg_supplier *supplier; /* borrowed for the call */
    const struct fg_order *order;       /* borrowed for the call; NULL: OFFERS */
    uint32_t
        burn_in_s; /* INSPECT: how long each machine is put to the test; 0: only looked at */
    /* RELEASE of what joined a cluster: that cluster, whose nodes it leaves first; borrowed for the call.  NULL: none. */
    const struct fg_supplier *cluster;
    bool now; /* ... even if jobs run there */
    bool
        forgets; /* ... and even if the cluster does not answer: its nodes are deleted when it does */
    const char *
        user_data; /* PROVISION: what each machine runs at its first start; NULL: none.  The implementation
                              fills it in from the supplier's bootstrap file: callers leave it alone. */
};

struct fg_provision_event {
    enum fg_provision_op op;
    uint64_t tag;
    char supplier[FG_NAME_MAX];
    fg_order_id order; /* 0: OFFERS */
    char key[FG_ORDER_KEY_MAX];
    int64_t asked_us,
        time_us; /* UTC: begin and end of the call itself, without its wait in our queue */

    /* 0, or why there is no answer: FG_ETIMEOUT, FG_EUNREACH, FG_EBACKEND (died, garbage, an error of its own), FG_ETOOBIG,
     * FG_EAUTH (the secret is missing or refused), FG_EINVAL (the call makes no sense to it).  Then only `reason` counts. */
    int rc;
    char reason[FG_TEXT_MAX]; /* of an error, a refusal, or "" */

    /* All but OFFERS. */
    enum fg_delivery delivery; /* QUOTE: PENDING is yes, REFUSED is no */
    int64_t
        price_uusd_per_hour; /* of one instance: QUOTE, and PROVISION where told; -1 not told */
    int64_t upfront_uusd;    /* of one instance; -1 not told */
    int64_t valid_until_us;  /* QUOTE: the price holds until then; 0 not told */
    int64_t promised_us;     /* delivery promised for that moment; 0 not told */
    char reference[FG_NAME_MAX]; /* the supplier's own name of the order; "" not told */
    int64_t
        ready_us; /* READY, RELEASING, GONE: since when it is paid, by the supplier's meter; 0 not told */
    int64_t gone_us; /* GONE: until when; 0 not told */

    /* Valid until the next next_event(), or free(). */
    uint32_t instances_len;
    const struct fg_provision_instance *instances;
    uint32_t offers_len; /* OFFERS: all passed fg_offer_check, all are of this supplier */
    const struct fg_offer *offers;
    uint32_t offers_refused; /* rows that did not; `reason` has the first one's fault */
};

struct fg_provision; /* an instance; each implementation has its own inside */

struct fg_provision_ops {
    const char *name; /* "buyer" */

    /* Calls that wait are dropped, plug-ins that run are killed: calls are safe to be made again. */
    void (*free)(struct fg_provision *provision);

    /* 0: an event will follow.  FG_EBUSY: too many wait; FG_EINVAL: no order, or a supplier that only lists offers. */
    int (*call)(struct fg_provision *provision,
                const struct fg_provision_call *call,
                struct fg_err *err);

    /* Readable when next_event() has something.  Owned by the implementation. */
    int (*poll_fd)(struct fg_provision *provision);
    /* 1: `*out` is filled; 0: nothing now. */
    int (*next_event)(struct fg_provision *provision, struct fg_provision_event *out);
};
