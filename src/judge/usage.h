/* usage.h - how much of what there is does work: U = work done / what could be done, for each name of a dimension.
 *
 *     each device at each look --> USAGE --now, and of the last 24 hours--> who asks
 *
 * Times are those of devices: a device for a second is a second.  Pure, one owner; what is unseen for a day is forgotten.
 */
#pragma once

#include "base/auto.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fg_usage_by {
    FG_USAGE_PROJECT,
    FG_USAGE_SUPPLIER,
    FG_USAGE_NODE,
    FG_USAGE_CLASS,
    FG_USAGE_BYS
};
/* "project", ...; FG_USAGE_BYS: there is none of that name. */
enum fg_usage_by fg_usage_find(const char *name);

struct fg_usage_part {
    int64_t could_us; /* it was there and told how busy it is */
    int64_t held_us;  /* ... and jobs held it */
    int64_t busy_us;  /* ... and it did work */
    int64_t idle_us;  /* held, and idle for too long */
};

struct fg_usage;

struct fg_usage *fg_usage_new(void); /* never NULL: out of memory ends the process */
void fg_usage_free(struct fg_usage *usage);
FG_AUTO_DEFINE(fg_usage)

/* A look at `now_us`, of what was since the last one. */
void fg_usage_look(struct fg_usage *usage, int64_t now_us);
void fg_usage_add(struct fg_usage *usage,
                  enum fg_usage_by by,
                  const char *name,
                  const struct fg_usage_part *part);

struct fg_usage_row {
    const char *name;
    struct fg_usage_part now; /* between the last two looks */
    int64_t look_us;          /* so long that was */
    struct fg_usage_part
        day;          /* in the last 24 hours, by whole hours and the one that is not over */
    int64_t since_us; /* it is known from then on */
};
/* Names in no particular order, the same each time; `*at` zero at first.  false: no more. */
bool fg_usage_next(const struct fg_usage *usage,
                   enum fg_usage_by by,
                   size_t *at,
                   struct fg_usage_row *out);
