/* forecasts.h - forecasts that were made lately: with the same question in the same hour the answer is the same.
 *
 * Threads: any; one short lock. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct fg_forecasts;

struct fg_forecasts *fg_forecasts_new(void);            /* never NULL */
void fg_forecasts_free(struct fg_forecasts *forecasts); /* NULL is allowed */

/* Is it known?  Then its text is added to `out`. */
bool fg_forecasts_find(struct fg_forecasts *forecasts,
                       const char *question,
                       int64_t hour,
                       struct fg_buf *out);
/* The least used goes.  Both texts are copied. */
void fg_forecasts_keep(struct fg_forecasts *forecasts,
                       const char *question,
                       int64_t hour,
                       const char *text,
                       size_t len);
