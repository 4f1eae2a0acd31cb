/* events.h - what is known beforehand to move demand: holidays, deadlines, courses.
 *
 *     CSV --EVENTS--> the steps of a series in which each happens --forecast.h--> what it does is learned
 *
 * The CSV has the columns name, start, end and, if wanted, series (else an event is for all). Events of one name are the
 * same thing again. `start` and `end` are as in a file of series (read.h). A date, or an index, as end is meant to its
 * close; a moment is the first that is past it. Without end the event is the day of `start`, or the step that holds it.
 */
#pragma once

#include "demand/forecast.h"
#include "demand/read.h"

#define FG_DEMAND_EVENTS_MAX 100'000

struct fg_demand_events;

/* FG_EINVAL: a line that makes no sense; more than FG_FORECAST_EVENTS_MAX names; FG_ETOOBIG. */
[[nodiscard]] int fg_demand_events_read(const struct fg_demand_reading *reading,
                                        const char *bytes,
                                        size_t len,
                                        struct fg_demand_events **out,
                                        struct fg_err *err);
void fg_demand_events_free(struct fg_demand_events *events); /* NULL is allowed */
FG_AUTO_DEFINE(fg_demand_events)

/* The events of one series whose forecast goes `horizon` steps beyond its end, in `arena`. Returns how many there are;
 * events with no step in all that time are not among them. */
size_t fg_demand_events_of(const struct fg_demand_events *events,
                           const struct fg_demand_series *series,
                           uint32_t horizon,
                           struct fg_arena *arena,
                           struct fg_forecast_event out[FG_FORECAST_EVENTS_MAX]);
