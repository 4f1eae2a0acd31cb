/* event_ring.h - the last events in memory, so that subscribers need not ask the store for each.
 *
 * Threads: the control thread adds, workers read; a lock inside is held for copies only.
 */
#pragma once

#include "base/buf.h"
#include "model/command.h"

struct fg_event_ring;

struct fg_event_ring *fg_event_ring_new(void);
void fg_event_ring_free(struct fg_event_ring *ring);

void fg_event_ring_add(struct fg_event_ring *ring, const struct fg_event *event);
/* The number of the last one, 0 if none came yet. */
uint64_t fg_event_ring_last(struct fg_event_ring *ring);
/* Hand over the events after `after`, at most `max`, the strings for the call only.
 * Returns how many, or -1: the first of them is no longer here, ask the store. */
int fg_event_ring_read(struct fg_event_ring *ring,
                       uint64_t after,
                       int max,
                       void (*row)(void *self, const struct fg_event *event),
                       void *self);
