/* fleet.h - this machine's engine and one that reaches suppliers, as one engine.
 *
 *     control --start, stop--> FLEET --by the supplier of the node--> local engine | far engine
 *     control <--events, news-- FLEET <-------------------------------------'
 *
 * A task whose node has a supplier is the far engine's, every other one is local.
 */
#pragma once

#include "engine/engine.h"

/* An engine and its functions. */
struct fg_fleet_part {
    const struct fg_engine_ops *ops; /* NULL: there is none */
    struct fg_engine *engine;
};

/* The far engine is made when the first supplier is put, or the first task elsewhere adopted: who has no supplier opens no
 * port for one. */
struct fg_fleet_options {
    struct fg_fleet_part local; /* the fleet's from now on */
    /* 0 and `*out`, the fleet's from then on; or an error: tried again the next time.  NULL: nothing is reached, tasks and
     * suppliers elsewhere are refused with FG_ESTATE. */
    int (*make_far)(void *self, struct fg_fleet_part *out, struct fg_err *err);
    void *self;
    /* Other machines lead with the same store at other times: a local task whose node this machine does not have is on
     * such a one.  It is not asked for, and no event comes of it here, until it leads again. */
    bool is_shared;
};

/* NULL and `err` on failure: the local engine stays the caller's. */
struct fg_engine *fg_fleet_new(const struct fg_fleet_options *options, struct fg_err *err);
extern const struct fg_engine_ops fg_engine_fleet;
