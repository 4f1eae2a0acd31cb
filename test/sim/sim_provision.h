/* sim_provision.h - SIMULATED suppliers: purchases as rows, time as a number, and a world that outlives the controller,
 * as real suppliers do.  Never linked into the program.
 *
 * By chance (of the seed) a supplier does each of the faults below; which of them, and how often, the test says.
 * Whatever happens, the world keeps its meter: what was bought under which key, delivered when, and paid until when.
 */
#pragma once

#include "provision/provision.h"

enum sim_fault {
    SIM_FAULT_SILENT =
        1
        << 0, /* a call ends in FG_ETIMEOUT; what it asked for was done, or will be within its time limit, or not */
    SIM_FAULT_GARBAGE = 1 << 1, /* ... in FG_EBACKEND; done, or not */
    SIM_FAULT_DOWN = 1 << 2,    /* ... in FG_EUNREACH; not done */
    SIM_FAULT_REFUSES = 1 << 3, /* no, at once */
    SIM_FAULT_REFUSES_LATER =
        1 << 4,              /* yes, and before the delivery no after all: nothing is paid */
    SIM_FAULT_LATE = 1 << 5, /* delivers ten times later than promised */
    SIM_FAULT_DEARER =
        1 << 6, /* quotes, and says at the purchase, twice the price of the offer */
    SIM_FAULT_WRONG_KIND = 1 << 7,
    SIM_FAULT_TOO_FEW = 1 << 8,   /* devices in a machine */
    SIM_FAULT_SICK = 1 << 9,      /* a device with memory errors */
    SIM_FAULT_UNSEEN = 1 << 10,   /* no report of a machine */
    SIM_FAULT_RECLAIMS = 1 << 11, /* a delivered order is gone after some minutes */
    SIM_FAULT_ALL = (1 << 12) - 1
};

/* One order as the supplier's books have it. */
struct sim_purchase {
    char key[FG_ORDER_KEY_MAX];
    char supplier[FG_NAME_MAX];
    struct fg_offer offer;
    uint32_t count;
    enum fg_delivery delivery;
    uint32_t faults; /* of this delivery: sim_fault bits */
    int64_t bought_us, promised_us, due_us;
    int64_t delivered_us, ended_us; /* paid from the one to the other; 0 not yet */
    int64_t gone_us;                /* when it will be gone: asked back, or reclaimed; 0 */
};

struct sim_provision;

struct sim_provision *sim_provision_new(uint64_t seed);
void sim_provision_free(struct sim_provision *world);
extern const struct fg_provision_ops sim_provision_ops;

/* From now on these faults happen, each in `percent` of the occasions; 0: nothing fails. */
void sim_provision_faults(struct sim_provision *world, uint32_t faults, uint32_t percent);
/* Time goes on: calls end, machines are delivered, given back, reclaimed. */
void sim_provision_advance(struct sim_provision *world, int64_t now_us);
/* A new controller: calls under way were done or not, their events and those that nobody took are gone. */
void sim_provision_restart(struct sim_provision *world);
/* The controller dies after `calls` further calls: those after them were never made. */
void sim_provision_die_after(struct sim_provision *world, uint32_t calls);

/* All that was ever bought, one row a key.  Valid until the next call. */
const struct sim_purchase *sim_provision_books(const struct sim_provision *world,
                                               size_t *out_len);
/* Of that key, or NULL: never bought. */
const struct sim_purchase *sim_provision_find(const struct sim_provision *world,
                                              const char *key);
