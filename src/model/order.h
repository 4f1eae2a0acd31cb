/* order.h - one purchase: so many instances of one offer. */
#pragma once

#include "model/job.h"
#include "model/offer.h"

enum fg_order_state {
#define X(state, name, next) FG_ORDER_##state,
#include "model/order_state.def"
#undef X
    FG_ORDER_STATES
};

const char *fg_order_state_name(enum fg_order_state state); /* "planned", ... */
int fg_order_state_find(const char *name);                  /* the state, or -1 */
bool fg_order_state_is_final(enum fg_order_state state);
/* Move along an arrow of order_state.def; FG_ESTATE: there is none. */
[[nodiscard]] int fg_order_move(enum fg_order_state *state,
                                enum fg_order_state to,
                                struct fg_err *err);

/* Why an order ended, or is being given back. */
enum fg_order_cause {
    FG_CAUSE_NONE,
    FG_CAUSE_USER,       /* somebody said so */
    FG_CAUSE_EXPIRED,    /* its time was over: `until` */
    FG_CAUSE_REFUSED,    /* the supplier said no, before or after it had said yes */
    FG_CAUSE_PRICE,      /* the supplier wanted more than was approved */
    FG_CAUSE_INSPECTION, /* what came was not what was ordered */
    FG_CAUSE_RECLAIMED,  /* the supplier took it back, or lost it */
    FG_CAUSE_ABSENT,     /* delivered, and it did not join its cluster in time */
    FG_CAUSES
};
const char *fg_order_cause_name(enum fg_order_cause cause); /* "none", "user", "expired", ... */
/* What came was of no use: given back, it counts against the supplier. */
static inline bool fg_order_cause_is_bad(enum fg_order_cause cause)
{
    return cause == FG_CAUSE_INSPECTION || cause == FG_CAUSE_ABSENT;
}
int fg_order_cause_find(const char *name); /* the cause, or -1 */

typedef uint64_t fg_order_id; /* 1, 2, ...; never used again; 0 is no order */

#define FG_ORDER_KEY_MAX 40 /* a UUID and its final 0 */

/* Everything about an order but its long texts. */
struct fg_order {
    fg_order_id id;
    char key
        [FG_ORDER_KEY_MAX]; /* UUID: what the supplier knows it by.  Asked twice with one key, bought once */
    struct fg_offer offer; /* as it was when it was ordered */
    uint32_t count;        /* instances */
    uint32_t delivered;    /* instances that were delivered */
    uint32_t lost;         /* of them: taken back by the supplier, or broken, before the rest */
    int64_t lost_held_us;  /* how long these were there, summed */
    enum fg_order_state state;
    bool leaving;              /* given back: release is being asked for */
    enum fg_order_cause cause; /* why it ended, or is leaving */
    fg_project_id project;     /* who pays for what nobody uses; 0: the pool */
    uint64_t plan;             /* the plan it is from; 0: none */
    int64_t max_uusd_per_hour; /* of one instance: the supplier's quote may not be above it */
    char node
        [FG_NAME_MAX]; /* of its cluster: the CLOUD node that it becomes (docs/renting.md); "" none */
    char reference[FG_NAME_MAX];   /* the supplier's own name of the order; "" not told yet */
    char reason[FG_TEXT_MAX];      /* why it is where it is: a rejection, a failure */
    char approved_by[FG_NAME_MAX]; /* a user, or "policy" */
    int64_t created_us, approved_us, ordered_us, delivered_us, active_us,
        ended_us;        /* 0 not yet */
    int64_t promised_us; /* delivery that the supplier promised; 0 none */
    int64_t wanted_us;   /* when it should be there; 0 as soon as possible */
    int64_t until_us;    /* when it is given back; 0: until somebody says so */
    int64_t booked_us;   /* cost is booked up to this moment */
    int64_t cost_uusd; /* booked so far, upfront parts spread over the term (supply/meter.h) */
    int64_t idle_uusd; /* of it: what nobody used */
    int64_t cash_uusd; /* what is due to the supplier so far, upfront parts at once */
};

/* One machine of an order, as the supplier names it. */
struct fg_order_instance {
    char id[FG_NAME_MAX];
    char address[FG_NAME_MAX];
    int64_t gone_us;           /* lost before the others; 0: not */
    char verdict[FG_TEXT_MAX]; /* of the inspection: "" not yet, "accepted", or what is wrong */
};
