/* spark.h - small pictures of numbers in a line of text. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The last `width` of `values`, each 0..1 (beyond is cut, negative is unknown: a space), one character each:
 * blocks of eighths, or " .:-=+*#" without UTF-8.  Always `width` columns: missing ones are spaces before. */
void fg_spark_add(
    struct fg_buf *out, const double *values, size_t len, size_t width, bool utf8);

/* A bar of `width` columns, filled to `fraction`. */
void fg_gauge_add(struct fg_buf *out, double fraction, size_t width, bool utf8);
