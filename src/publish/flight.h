/* flight.h - what an outlet was given and has not confirmed: where a sink stands, and where the next look begins.
 *
 * A sink stands at the last event before the first that is not confirmed; with none under way, at the last that was looked
 * at, wanted or not.  What fails is forgotten here and read from the store again.  Pure.
 */
#pragma once

#include "model/publish_row.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_FLIGHT_MAX 8192 /* events under way to one sink */

/* One of them: an event, or word of those that the store has no more. */
struct fg_flight_note {
    uint64_t seq;
    uint64_t gap; /* so many are no more; 0: it is an event */
};

struct fg_flight {
    struct fg_flight_note notes[FG_FLIGHT_MAX];
    size_t first, len;
    uint64_t looked; /* the last event that was looked at */
};

/* Nothing is under way, and the next look begins after `looked`. */
void fg_flight_reset(struct fg_flight *flight, uint64_t looked);
/* There must be room. */
void fg_flight_add(struct fg_flight *flight, struct fg_flight_note note);
/* The first `done` are confirmed, and the one after them `is_refused`: `row` moves over them. */
void fg_flight_settle(struct fg_flight *flight,
                      size_t done,
                      bool is_refused,
                      struct fg_publish_row *row);
