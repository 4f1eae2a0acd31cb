/* spark.c - see spark.h */
#include "cli/spark.h"

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const letters[] = {"_", ".", ":", "-", "=", "+", "*", "#"};

void fg_spark_add(struct fg_buf *out, const double *values, size_t len, size_t width, bool utf8)
{
    for (size_t i = 0; i < width; i++) {
        size_t missing = len < width ? width - len : 0;
        double value = i < missing ? -1 : values[len - width + i];
        if (value < 0) {
            fg_buf_puts(out, " ");
            continue;
        }
        int level = value >= 1 ? 7 : (int)(value * 8);
        fg_buf_puts(out, utf8 ? blocks[level] : letters[level]);
    }
}

void fg_gauge_add(struct fg_buf *out, double fraction, size_t width, bool utf8)
{
    double full = fraction < 0 ? 0 : fraction > 1 ? (double)width : fraction * (double)width;
    for (size_t i = 0; i < width; i++)
        fg_buf_puts(out, (double)i + 0.5 < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "-"));
}
