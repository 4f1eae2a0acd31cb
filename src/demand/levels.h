/* levels.h - what runs and waits now, and from it, as it changes, how much did so in each hour.
 *
 *     changes (control) --LEVELS--> sums by hour, and levels --> store
 *
 * For each project and kind of device that is asked for. Sums are exact: device-microseconds,
 * that is milli-devices times milliseconds. What is asked is what runs, moved to when it was wanted: `shift` is what has to be
 * added to `running` to have it.
 *
 * Pure: the time is passed in; where it goes back nothing is counted until it is there again.
 */
#pragma once

#include "base/auto.h"
#include "model/demand.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_LEVELS_LINES_MAX 4096 /* kinds beyond it are counted as "other" */

struct fg_levels;

struct fg_levels *fg_levels_new(void); /* never NULL */
void fg_levels_free(struct fg_levels *levels);
FG_AUTO_DEFINE(fg_levels)

/* As the store had it: counted on at that level until `now_us`; what is there now comes as changes. */
void fg_levels_restore(struct fg_levels *levels,
                       const struct fg_level_row *row,
                       int64_t now_us);

/* So much more (or less) runs, waits. */
void fg_levels_run(struct fg_levels *levels,
                   const struct fg_level_key *key,
                   int64_t more_milli,
                   int64_t now_us);
void fg_levels_wait(struct fg_levels *levels,
                    const struct fg_level_key *key,
                    int64_t more_milli,
                    int64_t now_us);
/* What ran from `begun_us` to now had waited for `waited_us` before. */
void fg_levels_ran(struct fg_levels *levels,
                   const struct fg_level_key *key,
                   int64_t milli,
                   int64_t waited_us,
                   int64_t begun_us,
                   int64_t now_us);
/* So much was not taken in. */
void fg_levels_refused(struct fg_levels *levels,
                       const struct fg_level_key *key,
                       int64_t milli,
                       int64_t now_us);

/* Is there anything that the store does not know?  Refusals alone do not count: they come with the next. */
bool fg_levels_changed(const struct fg_levels *levels);
/* What has changed so far is what the store knows: after a restore, and all that is there. */
void fg_levels_calm(struct fg_levels *levels);
/* Count until now and give all that changed, as rows; it is forgotten with that.  A callback that returns a negative code ends
 * it (then the levels have to be restored).  Returns 0, or that code. */
int fg_levels_flush(struct fg_levels *levels,
                    int64_t now_us,
                    int (*level)(void *self, const struct fg_level_row *row),
                    int (*hour)(void *self, const struct fg_level_hour *hour),
                    void *self);

/* What runs and waits now, by line; lines at which nothing does are left out. */
void fg_levels_each(const struct fg_levels *levels,
                    void (*line)(void *self,
                                 const struct fg_level_key *key,
                                 int64_t running_milli,
                                 int64_t waiting_milli),
                    void *self);

/* All lines together, for checks. */
void fg_levels_sum(const struct fg_levels *levels,
                   int64_t *out_running_milli,
                   int64_t *out_waiting_milli);
