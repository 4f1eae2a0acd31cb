/* price_blob.c - see price_blob.h */
#include "store/price_blob.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdlib.h>

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void put(struct fg_buf *out, int64_t value)
{
    uint8_t bytes[10];
    size_t len = 0;
    uint64_t left = zigzag(value);
    for (; left >= 0x80; left >>= 7)
        bytes[len++] = (uint8_t)(left | 0x80);
    bytes[len++] = (uint8_t)left;
    fg_buf_add(out, bytes, len);
}

static bool get(const uint8_t *bytes, size_t len, size_t *at, int64_t *out)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && *at < len; shift += 7) {
        uint8_t byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = unzigzag(value);
            return true;
        }
    }
    return false;
}

void fg_price_blob_write(struct fg_buf *out, const struct fg_price_point *points, size_t len)
{
    struct fg_price_point before = {};
    for (size_t i = 0; i < len; before = points[i++]) {
        put(out, points[i].time_us - before.time_us);
        put(out, points[i].uusd_per_hour - before.uusd_per_hour);
    }
}

int64_t fg_price_blob_read(const void *bytes,
                           size_t len,
                           struct fg_price_point **out,
                           size_t *room)
{
    struct fg_price_point point = {};
    size_t at = 0, count = 0;
    while (at < len) {
        int64_t time, price;
        if (!get(bytes, len, &at, &time) || !get(bytes, len, &at, &price)
            || __builtin_add_overflow(point.time_us, time, &point.time_us)
            || __builtin_add_overflow(point.uusd_per_hour, price, &point.uusd_per_hour))
            return FG_EIO;
        if (count == *room) {
            *room = *room ? *room * 2 : 64;
            *out = realloc(*out, *room * sizeof((*out)[0]));
            if (!*out)
                abort();
        }
        (*out)[count++] = point;
    }
    return (int64_t)count;
}

static size_t add(struct fg_price_point *out, size_t len, struct fg_price_point point)
{
    if (len && out[len - 1].uusd_per_hour == point.uusd_per_hour)
        return len;
    out[len] = point;
    return len + 1;
}

size_t fg_price_merge(const struct fg_price_point *known,
                      size_t known_len,
                      const struct fg_price_series *series,
                      struct fg_price_point *out)
{
    size_t len = 0, at = 0;
    for (; at < known_len && known[at].time_us < series->first_us; at++)
        len = add(out, len, known[at]);
    for (size_t i = 0; i < series->len; i++)
        len = add(out, len, series->points[i]);
    while (at < known_len && known[at].time_us <= series->last_us)
        at++;
    for (; at < known_len; at++)
        len = add(out, len, known[at]);
    return len;
}
