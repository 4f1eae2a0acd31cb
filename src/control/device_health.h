/* device_health.h - is a device fit for work: what its readings mean, over time.
 *
 *     readings of a device --> WATCH --> fine | suspect: nothing new | broken: what runs there moves
 *
 * A fault that is over is followed by a probation, longer each time (health.h); so is a fault that is an event, such as
 * a memory error.  One that only a reset ends stays until counters of the driver begin anew, or an operator trusts the
 * device again.  What is not read any more keeps no device out but by its probation.  Pure.
 */
#pragma once

#include "control/health.h"
#include "model/reading.h"

enum fg_device_fault {
    FG_DEVICE_NO_FAULT,
#define X(id, state, ends, kills, words, hint) FG_DEVICE_##id,
#include "control/device_fault.def"
#undef X
    FG_DEVICE_FAULTS
};

enum fg_device_state { FG_DEVICE_FINE, FG_DEVICE_SUSPECT, FG_DEVICE_BROKEN };
const char *fg_device_state_name(enum fg_device_state state); /* "up", "suspect", "broken" */

struct fg_device_watch {
    struct fg_health health;
    enum fg_device_fault fault;     /* in force; or NO_FAULT */
    enum fg_device_fault last;      /* the last one, over or not */
    enum fg_device_fault forgiven;  /* an operator knows of it: nothing new until it is gone */
    int64_t fault_us;               /* `last` began */
    int64_t read_us;                /* 0: never */
    int64_t hot_us, slow_us;        /* since then; 0 not */
    int64_t marks[FG_READINGS_LEN]; /* what was last known of each; -1 nothing */
    enum fg_device_state told;      /* the caller's: as people know it */
    uint16_t claimed_milli;         /* the caller's: so much of it is kept from jobs */
};

/* A reading came; `now_us` is our time of it.  Of readings of one device, in their order. */
void fg_device_watch_read(struct fg_device_watch *watch,
                          const struct fg_config *config,
                          const struct fg_device_sample *sample,
                          int64_t now_us);
/* An operator trusts it again. */
void fg_device_watch_forget(struct fg_device_watch *watch);

enum fg_device_state fg_device_watch_state(const struct fg_device_watch *watch, int64_t now_us);
/* When the state changes without a reading; INT64_MAX: never. */
int64_t fg_device_watch_next_us(const struct fg_device_watch *watch, int64_t now_us);
/* Who failed there after `since_us` is not to blame. */
bool fg_device_watch_kills(const struct fg_device_watch *watch, int64_t since_us);

/* Words behind the name of the device, and what to do; "" of NO_FAULT. */
const char *fg_device_fault_words(enum fg_device_fault fault);
const char *fg_device_fault_hint(enum fg_device_fault fault);
/* "its device fell off the bus" */
const char *fg_device_fault_moved(enum fg_device_fault fault);
/* The fault that this Xid means; NO_FAULT: the device has none. */
enum fg_device_fault fg_device_fault_of_xid(int64_t xid);
