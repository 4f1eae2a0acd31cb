/* codec.c - see codec.h
 *
 * A column:  kind (1 byte)
 *     SAME   the value
 *     RUNS   for each run: how much it differs from the one before, how many more of it there are
 *     RICE+n divisor, n+1 first numbers (n: how often differences are taken), then groups of 32: parameter, codes
 * Differences are taken modulo 2^64, so every column has one.  A quotient of ESCAPE or more is written as ESCAPE ones and
 * all 64 bits.
 */
#include "telemetry/codec.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define GROUP  32
#define ESCAPE 24 /* ones before the number itself */

enum kind { SAME, RUNS, RICE, RICE_1, RICE_2, KINDS };

/* -- numbers and bits -------------------------------------------------------------------------------------- */

void fg_varint_put(struct fg_buf *out, uint64_t value)
{
    char bytes[10];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[len++] = (char)(value | 0x80);
    bytes[len++] = (char)value;
    fg_buf_add(out, bytes, len);
}

int fg_varint_get(struct fg_bytes *in, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->len; shift += 7) {
        uint8_t byte = in->bytes[in->at++];
        if (shift == 63 && byte > 1)
            return FG_EINVAL;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return 0;
        }
    }
    return FG_EINVAL;
}

uint32_t fg_bytes_check(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t hash = UINT64_C(14695981039346656037) ^ len, word = 0;
    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 29;
    }
    word = 0;
    if (len)
        memcpy(&word, at, len);
    hash = (hash ^ word) * UINT64_C(11400714819323198485);
    return (uint32_t)(hash >> 32);
}

/* Bits, the lowest first. */
struct bits {
    struct fg_buf *out;
    uint64_t word;
    unsigned used;
};

static void bits_flush(struct bits *bits)
{
    char bytes[8];
    unsigned len = (bits->used + 7) / 8;
    for (unsigned i = 0; i < len; i++)
        bytes[i] = (char)(bits->word >> (8 * i));
    fg_buf_add(bits->out, bytes, len);
    bits->word = 0;
    bits->used = 0;
}

static void bits_put(struct bits *bits, uint64_t value, unsigned len)
{
    while (len) {
        unsigned room = 64 - bits->used, take = len < room ? len : room;
        uint64_t low = take == 64 ? value : value & ((UINT64_C(1) << take) - 1);
        bits->word |= low << bits->used;
        bits->used += take;
        value = take == 64 ? 0 : value >> take;
        len -= take;
        if (bits->used == 64)
            bits_flush(bits);
    }
}

/* Bits being read; those beyond the end are 0, and counted. */
struct bits_in {
    const uint8_t *bytes;
    size_t len, at;
    uint64_t word;
    unsigned have;
    unsigned beyond; /* of those in `word`, bits that are not there */
};

static void bits_fill(struct bits_in *in)
{
    if (in->have == 0 && in->len - in->at >= 8) {
        memcpy(&in->word, in->bytes + in->at, 8);
        in->at += 8;
        in->have = 64;
        return;
    }
    while (in->have <= 56) {
        if (in->at < in->len)
            in->word |= (uint64_t)in->bytes[in->at++] << in->have;
        else
            in->beyond += 8;
        in->have += 8;
    }
}

static uint64_t bits_get(struct bits_in *in, unsigned len)
{
    uint64_t value = 0;
    for (unsigned got = 0; got < len;) {
        if (in->have == 0)
            bits_fill(in);
        unsigned take = len - got < in->have ? len - got : in->have;
        uint64_t low = take == 64 ? in->word : in->word & ((UINT64_C(1) << take) - 1);
        value |= low << got;
        in->word = take == 64 ? 0 : in->word >> take;
        in->have -= take;
        got += take;
    }
    return value;
}

/* Ones before the next zero, ESCAPE at most; that zero is taken, of an escape there is none. */
static unsigned bits_ones(struct bits_in *in)
{
    if (in->have < ESCAPE + 1)
        bits_fill(in);
    if (in->have > ESCAPE) {
        unsigned ones = (unsigned)__builtin_ctzll(~in->word | UINT64_C(1) << ESCAPE);
        unsigned take = ones < ESCAPE ? ones + 1 : ESCAPE;
        in->word >>= take;
        in->have -= take;
        return ones;
    }
    unsigned ones = 0;
    while (ones < ESCAPE && bits_get(in, 1))
        ones++;
    return ones;
}

/* More bits were taken than there are. */
static bool bits_over(const struct bits_in *in)
{
    return in->beyond > in->have;
}

/* -- what a column is written as --------------------------------------------------------------------------- */

/* Where column and divisor leave off and codes begin. */
struct shape {
    uint64_t base, divisor;
};

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct shape shape_of(const int64_t *values, size_t len)
{
    int64_t least = values[0];
    for (size_t i = 1; i < len; i++)
        least = values[i] < least ? values[i] : least;
    uint64_t divisor = 0;
    for (size_t i = 0; i < len && divisor != 1; i++)
        if (values[i] != least)
            divisor = divisor_of((uint64_t)values[i] - (uint64_t)least, divisor);
    return (struct shape){(uint64_t)least, divisor ? divisor : 1};
}

/* The bits that a Rice code of the group takes with parameter k; k near log2 of the mean is best, and found by trying. */
static uint64_t bits_with(const uint64_t *group, size_t len, unsigned k)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t ones = group[i] >> k;
        bits += ones < ESCAPE ? ones + 1 + k : ESCAPE + 64;
    }
    return bits;
}

static unsigned parameter_of(const uint64_t *group, size_t len, uint64_t *out_bits)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        if (__builtin_add_overflow(sum, group[i], &sum))
            sum = UINT64_MAX;
    uint64_t mean = sum / len;
    unsigned near = mean > 1 ? 63 - (unsigned)__builtin_clzll(mean) : 0, best = near;
    *out_bits = bits_with(group, len, near);
    for (unsigned k = near > 2 ? near - 2 : 0; k <= near + 1 && k < 64; k++) {
        uint64_t bits = k == near ? UINT64_MAX : bits_with(group, len, k);
        if (bits < *out_bits) {
            *out_bits = bits;
            best = k;
        }
    }
    return best;
}

/* A walk over the codes of a column: numbers as they are, or zigzag differences. */
struct walk {
    const uint64_t *numbers;
    unsigned order; /* 0, 1, 2 */
};

static uint64_t code_at(const struct walk *walk, size_t i)
{
    uint64_t now = walk->numbers[i];
    if (walk->order == 0)
        return now;
    uint64_t before = walk->numbers[i - 1], step = now - before;
    if (walk->order == 2)
        step -= before - walk->numbers[i - 2];
    return fg_zigzag((int64_t)step);
}

static size_t group_at(const struct walk *walk, size_t from, size_t len, uint64_t out[GROUP])
{
    size_t n = len - from < GROUP ? len - from : GROUP;
    for (size_t i = 0; i < n; i++)
        out[i] = code_at(walk, from + i);
    return n;
}

static uint64_t rice_bits(const struct walk *walk, size_t len)
{
    uint64_t group[GROUP], total = 0, bits;
    for (size_t at = walk->order; at < len; at += GROUP) {
        size_t n = group_at(walk, at, len, group);
        parameter_of(group, n, &bits);
        total += bits + 6;
    }
    return total;
}

static void rice_put(struct fg_buf *out, const struct walk *walk, size_t len)
{
    struct bits bits = {.out = out};
    uint64_t group[GROUP], cost;
    for (size_t at = walk->order; at < len; at += GROUP) {
        size_t n = group_at(walk, at, len, group);
        unsigned k = parameter_of(group, n, &cost);
        bits_put(&bits, k, 6);
        for (size_t i = 0; i < n; i++) {
            uint64_t ones = group[i] >> k;
            if (ones < ESCAPE) {
                bits_put(&bits, (UINT64_C(1) << ones) - 1, (unsigned)ones + 1);
                bits_put(&bits, group[i], k);
            } else {
                bits_put(&bits, (UINT64_C(1) << ESCAPE) - 1, ESCAPE);
                bits_put(&bits, group[i], 64);
            }
        }
    }
    bits_flush(&bits);
}

static size_t runs_of(const int64_t *values, size_t len)
{
    size_t runs = 1;
    for (size_t i = 1; i < len; i++)
        runs += values[i] != values[i - 1];
    return runs;
}

static void runs_put(struct fg_buf *out, const int64_t *values, size_t len)
{
    uint64_t before = 0;
    for (size_t i = 0, next; i < len; i = next) {
        for (next = i + 1; next < len && values[next] == values[i];)
            next++;
        fg_varint_put(out, fg_zigzag((int64_t)((uint64_t)values[i] - before)));
        fg_varint_put(out, next - i - 1);
        before = (uint64_t)values[i];
    }
}

static void put_kind(struct fg_buf *out, enum kind kind)
{
    char byte = (char)kind;
    fg_buf_add(out, &byte, 1);
}

/* Whichever order of differences takes the fewest bits. */
static struct walk best_walk(const uint64_t *numbers, size_t len, uint64_t *out_bits)
{
    struct walk walk = {.numbers = numbers}, best = walk;
    *out_bits = UINT64_MAX;
    for (walk.order = 0; walk.order < 3 && walk.order < len; walk.order++) {
        uint64_t bits = rice_bits(&walk, len);
        if (bits < *out_bits) {
            *out_bits = bits;
            best = walk;
        }
    }
    return best;
}

/* What is not the same throughout: the codes with the fewest bits. */
static void numbers_put(struct fg_buf *out, const int64_t *values, size_t len, size_t bytes_max)
{
    FG_AUTO(fg_buf) struct fg_buf room = {};
    uint64_t bits, *numbers = (void *)fg_buf_reserve(&room, len * sizeof(*numbers));
    struct shape shape = shape_of(values, len);
    for (size_t i = 0; i < len; i++)
        numbers[i] = (uint64_t)values[i] - shape.base;
    for (size_t i = 0; shape.divisor > 1 && i < len; i++)
        numbers[i] /= shape.divisor;
    struct walk walk = best_walk(numbers, len, &bits);
    if (bits / 8 >= bytes_max)
        return;
    put_kind(out, RICE + walk.order);
    fg_varint_put(out, fg_zigzag((int64_t)shape.base));
    fg_varint_put(out, shape.divisor);
    for (size_t i = 0; i < walk.order; i++)
        fg_varint_put(out, numbers[i]);
    rice_put(out, &walk, len);
}

void fg_codec_put(struct fg_buf *out, const int64_t *values, size_t len)
{
    assert(len > 0 && len <= FG_CODEC_VALUES_MAX);
    size_t runs = runs_of(values, len), from = out->len;
    if (runs == 1) {
        put_kind(out, SAME);
        fg_varint_put(out, fg_zigzag(values[0]));
        return;
    }
    FG_AUTO(fg_buf) struct fg_buf in_runs = {};
    if (runs <= len / 4) {
        put_kind(&in_runs, RUNS);
        runs_put(&in_runs, values, len);
    }
    numbers_put(out, values, len, in_runs.len ? in_runs.len : SIZE_MAX);
    if (out->len == from)
        fg_buf_add(out, in_runs.text, in_runs.len);
}

/* -- back ----------------------------------------------------------------------------------------------------- */

static int runs_get(struct fg_bytes *in, int64_t *values, size_t len)
{
    uint64_t step, more, value = 0;
    for (size_t i = 0; i < len;) {
        if (fg_varint_get(in, &step) < 0 || fg_varint_get(in, &more) < 0 || more >= len - i)
            return FG_EINVAL;
        value += (uint64_t)fg_unzigzag(step);
        for (size_t end = i + (size_t)more; i <= end; i++)
            values[i] = (int64_t)value;
    }
    return 0;
}

/* The numbers of a column so far, as differences are added up. */
struct sums {
    unsigned order;
    uint64_t number, step;
};

static uint64_t next_number(struct sums *sums, uint64_t code)
{
    uint64_t change = (uint64_t)fg_unzigzag(code);
    if (sums->order == 0)
        return code;
    if (sums->order == 1)
        return sums->number += change;
    sums->step += change;
    return sums->number += sums->step;
}

static int rice_get(struct fg_bytes *in, struct sums sums, int64_t *values, size_t len)
{
    struct bits_in bits = {.bytes = in->bytes, .len = in->len, .at = in->at};
    unsigned k = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % GROUP == 0) {
            k = (unsigned)bits_get(&bits, 6);
            if (bits_over(&bits))
                return FG_EINVAL;
        }
        uint64_t ones = bits_ones(&bits);
        uint64_t code = ones < ESCAPE ? ones << k | bits_get(&bits, k) : bits_get(&bits, 64);
        values[i] = (int64_t)next_number(&sums, code);
    }
    if (bits_over(&bits))
        return FG_EINVAL;
    in->at = bits.at - (bits.have - bits.beyond) / 8;
    return 0;
}

static int numbers_get(struct fg_bytes *in, unsigned order, int64_t *values, size_t len)
{
    uint64_t base, divisor, first[2] = {};
    if (order >= len || fg_varint_get(in, &base) < 0 || fg_varint_get(in, &divisor) < 0)
        return FG_EINVAL;
    for (unsigned i = 0; i < order; i++) {
        if (fg_varint_get(in, &first[i]) < 0)
            return FG_EINVAL;
        values[i] = (int64_t)first[i];
    }
    struct sums sums = {order, order ? first[order - 1] : 0, first[1] - first[0]};
    int rc = rice_get(in, sums, values + order, len - order);
    uint64_t least = (uint64_t)fg_unzigzag(base);
    for (size_t i = 0; rc == 0 && i < len; i++)
        values[i] = (int64_t)((uint64_t)values[i] * divisor + least);
    return rc;
}

int fg_codec_get(struct fg_bytes *in, int64_t *values, size_t len)
{
    uint64_t same;
    if (len == 0 || len > FG_CODEC_VALUES_MAX || in->at >= in->len)
        return FG_EINVAL;
    uint8_t kind = in->bytes[in->at++];
    if (kind == RUNS)
        return runs_get(in, values, len);
    if (kind >= RICE && kind < KINDS)
        return numbers_get(in, kind - RICE, values, len);
    if (kind != SAME || fg_varint_get(in, &same) < 0)
        return FG_EINVAL;
    for (size_t i = 0; i < len; i++)
        values[i] = fg_unzigzag(same);
    return 0;
}
