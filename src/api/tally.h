/* tally.h - what is counted since the service started: events by kind, how long jobs waited, how long commits took.
 *
 * Threads: any; one short lock. */
#pragma once

#include "api/export.h"

#include <stdint.h>

struct fg_event;
struct fg_tally;

struct fg_tally *fg_tally_new(void);        /* never NULL */
void fg_tally_free(struct fg_tally *tally); /* NULL is allowed */

void fg_tally_event(struct fg_tally *tally, const struct fg_event *event);
/* A submission was durable, or refused, after so long. */
void fg_tally_submit(struct fg_tally *tally, int64_t took_us);

void fg_tally_write(struct fg_tally *tally, struct fg_metric_text *to);
