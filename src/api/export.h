/* export.h - families of metrics as text: that of Prometheus (0.0.4), or OpenMetrics 1.0.
 *
 *     fg_export_family(to, "fastgpu_wait_seconds", FG_METRIC_GAUGE, "seconds", "How long.");
 *     fg_export_sample(to, "");
 *     fg_export_label(to, "project", "vision");
 *     fg_export_value(to, 1.5);
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/ (both read 2026).
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

enum fg_metric_type {
    FG_METRIC_GAUGE,
    FG_METRIC_COUNTER,
    FG_METRIC_HISTOGRAM,
    FG_METRIC_INFO,    /* its value is 1, its labels tell */
    FG_METRIC_UNKNOWN, /* others' names, which break the rules of their type */
};

struct fg_metric_text {
    struct fg_buf *out;
    bool is_open; /* OpenMetrics */
    const char *name;
    enum fg_metric_type type;
    bool has_labels;
};

/* The family of the samples that follow.  The name is without `_total` and `_info`, and ends in the unit, if there is one.
 * `help` has no quotes and no line ends.  Texts are borrowed until the next family. */
void fg_export_family(struct fg_metric_text *to,
                      const char *name,
                      enum fg_metric_type type,
                      const char *unit,
                      const char *help);
/* One sample: its labels, if any, then its value.  `suffix`: "_bucket", "_count", "_sum" of a histogram, else "". */
void fg_export_sample(struct fg_metric_text *to, const char *suffix);
void fg_export_label(struct fg_metric_text *to, const char *key, const char *value);
void fg_export_value(struct fg_metric_text *to, double value);
/* A family with one sample and no label. */
void fg_export_one(struct fg_metric_text *to,
                   const char *name,
                   enum fg_metric_type type,
                   const char *unit,
                   const char *help,
                   double value);
/* Nothing follows. */
void fg_export_end(struct fg_metric_text *to);
