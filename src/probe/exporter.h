/* exporter.h - readings of nodes on which nothing of ours runs, from exporters there (NVIDIA's dcgm-exporter, or any that
 * tells its metrics in the Prometheus text format).
 *
 * Threads:   one asks all of them, side by side, once in `interval_us`; callers get copies and wait for nobody.
 * Bounded:   an answer of FG_EXPORTER_BYTES_MAX, a deadline of 5 s; who does not answer is unknown until it does.
 * A device is the label `gpu` of its node, counted as the driver counts; instances of boards are left out.
 */
#pragma once

#include "base/err.h"
#include "model/exporter.h"
#include "model/reading.h"

#include <stddef.h>

#define FG_EXPORTER_BYTES_MAX (4 * 1024 * 1024)

struct fg_exporters;

/* NULL if there are none.  The list is copied. */
struct fg_exporters *fg_exporters_new(const struct fg_exporter *list,
                                      size_t len,
                                      int64_t interval_us);
void fg_exporters_free(
    struct fg_exporters *exporters); /* NULL is allowed; an answer on its way is given up */

/* Readings that came since the call before; how many were written. */
size_t fg_exporters_take(struct fg_exporters *exporters,
                         struct fg_device_sample *out,
                         size_t max);

/* What one answer says: writes at most `max` samples, one a device; `text` is overwritten.  How many.  Pure. */
size_t fg_exporter_read(
    char *text, const char *nodes, int64_t time_us, struct fg_device_sample *out, size_t max);
