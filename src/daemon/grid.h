/* grid.h - what a kilowatt hour costs and emits in the hours to come.
 *
 *     `grid` of the configuration --profiles----------------------------\
 *     URLs --asked now and then, in a thread of its own--> energy/grid ---> GRID --look--> control thread
 *
 * Hours that a source tells go before the profile; what it said last counts for grid_stale_s.  A source that is slow, silent or
 * talks nonsense stops nobody: it is told in the log once, and once again when it is back.
 */
#pragma once

#include "base/config.h"
#include "energy/carbon.h"
#include "model/grid_config.h"

struct fg_grid;

/* NULL if nothing is told of any hour: no thread then.  `config` and `numbers` are borrowed and outlive it. */
struct fg_grid *fg_grid_start(const struct fg_grid_config *config,
                              const struct fg_config *numbers);
void fg_grid_stop(struct fg_grid *grid); /* NULL is allowed */

/* true: a source answered, or an hour began, since the last time; the series are valid until the next look.  NULL is allowed. */
bool fg_grid_look(struct fg_grid *grid,
                  int64_t now_us,
                  struct fg_hourly *out_price,
                  struct fg_hourly *out_carbon);
