/* sample.c - see sample.h */
#include "transfer/sample.h"

#include "base/clock.h"

#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define PIECES      8
#define PIECE_BYTES (128 * 1024)
#define BYTES_LEAST (64 * 1024)
#define RUNS        3 /* the fastest counts: the sample is short, and others use the machine */

static const int levels[] = {1, 3, 9};

struct sample {
    char *bytes, *packed, *again;
    size_t len, room;
};

static bool read_pieces(struct sample *sample, int fd, int64_t bytes)
{
    for (int i = 0; i < PIECES; i++) {
        int64_t at =
            bytes > PIECES * PIECE_BYTES ? bytes / PIECES * i : (int64_t)i * PIECE_BYTES;
        ssize_t got = pread(fd, sample->bytes + sample->len, PIECE_BYTES, at);
        if (got < 0)
            return false;
        sample->len += (size_t)got;
    }
    return sample->len >= BYTES_LEAST;
}

static int64_t rate(size_t bytes, int64_t begun_us)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t took_us = clock->mono_us(clock->self) - begun_us;
    return (int64_t)((double)bytes * 1e6 / (double)(took_us > 0 ? took_us : 1));
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool try_level(struct sample *sample, int level, struct fg_pack_level *out)
{
    const struct fg_clock *clock = fg_clock_system();
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    if (!packer)
        return false;
    size_t len = 0, back = 0;
    *out = (struct fg_pack_level){.level = level};
    for (int run = 0; run < RUNS && !ZSTD_isError(len); run++) {
        int64_t begun_us = clock->mono_us(clock->self);
        len = ZSTD_compressCCtx(packer, sample->packed, sample->room, sample->bytes,
                                sample->len, level);
        out->pack_per_s = most(out->pack_per_s, rate(sample->len, begun_us));
        if (ZSTD_isError(len))
            continue;
        begun_us = clock->mono_us(clock->self);
        back = ZSTD_decompress(sample->again, sample->len, sample->packed, len);
        out->unpack_per_s = most(out->unpack_per_s, rate(sample->len, begun_us));
    }
    ZSTD_freeCCtx(packer);
    out->size_milli = ZSTD_isError(len) ? 1000 : (uint32_t)(len * 1000 / sample->len + 1);
    return !ZSTD_isError(len) && back == sample->len;
}

size_t fg_sample_file(int fd, int64_t bytes, struct fg_pack_level out[FG_WAY_LEVELS_MAX])
{
    size_t room = ZSTD_compressBound(PIECES * PIECE_BYTES), len = 0;
    struct sample sample = {.bytes = malloc(PIECES * PIECE_BYTES),
                            .packed = malloc(room),
                            .again = malloc(PIECES * PIECE_BYTES),
                            .room = room};
    if (sample.bytes && sample.packed && sample.again && read_pieces(&sample, fd, bytes))
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
            len += try_level(&sample, levels[i], &out[len]);
    free(sample.bytes);
    free(sample.packed);
    free(sample.again);
    return len;
}
