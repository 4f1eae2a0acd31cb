/* exposition.h - the text in which exporters tell metrics: Prometheus exposition format 0.0.4 (OpenMetrics reads the same
 * here).  Pure; it works on the caller's bytes, in which it writes.
 *
 *     DCGM_FI_DEV_GPU_UTIL{gpu="0",Hostname="n3"} 97 1700000000000
 */
#pragma once

#include "model/reading.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_METRIC_LABELS_MAX 32

struct fg_metric {
    const char *name;
    struct {
        const char *key, *value;
    } labels[FG_METRIC_LABELS_MAX];
    size_t labels_len;
    double value; /* finite */
};

/* Read the next sample of the text at `*at` (ends with 0), which moves on.  Comments, lines that are none and values that
 * are no numbers are passed over.  False: there is no more. */
bool fg_exposition_next(char **at, struct fg_metric *out);

/* The value of a label; "" if it has none. */
const char *fg_metric_label(const struct fg_metric *metric, const char *key);

/* The reading that a metric of NVIDIA's DCGM exporter is, in our unit; false: none, or it cannot be true. */
bool fg_metric_reading(const struct fg_metric *metric,
                       enum fg_reading *out_which,
                       int64_t *out_value);
