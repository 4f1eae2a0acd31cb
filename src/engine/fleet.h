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
    struct fg_engine *engine;        /* owned by the fleet from now on */
};

/* `local` is there, `far` may not be: then tasks and suppliers elsewhere are refused with FG_ESTATE.  NULL and `err`
 * on failure: both parts stay the caller's. */
struct fg_engine *fg_fleet_new(struct fg_fleet_part local,
                               struct fg_fleet_part far,
                               struct fg_err *err);
extern const struct fg_engine_ops fg_engine_fleet;
