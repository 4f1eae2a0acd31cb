/* series_bytes.c - files of readings: a column, a log of rows, a block; what is read stays within its bytes, and reads the same twice. */
#include "fuzz/fuzz.h"
#include "telemetry/block.h"
#include "telemetry/row_log.h"

#include <string.h>

static void read_column(const uint8_t *bytes, size_t len)
{
    static int64_t values[2000], back[2000];
    FG_AUTO(fg_buf) struct fg_buf again = {};
    struct fg_bytes in = {.bytes = bytes + 2, .len = len - 2};
    size_t want = (bytes[0] | (size_t)bytes[1] << 8) % 2000;
    if (fg_codec_get(&in, values, want) < 0)
        return;
    CHECK(in.at <= in.len);
    fg_codec_put(&again, values, want);
    struct fg_bytes own = {.bytes = (const uint8_t *)again.text, .len = again.len};
    CHECK(fg_codec_get(&own, back, want) == 0 && own.at == own.len);
    CHECK(memcmp(values, back, want * sizeof(*values)) == 0);
}

static void count_row(void *self, const struct fg_track *track, const struct fg_log_state *)
{
    size_t *rows = self;
    CHECK(strnlen(track->node, sizeof(track->node)) < sizeof(track->node));
    (*rows)++;
}

/* As it is, and as the one record of a file that is whole. */
static void read_log(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf record = {}, rows = {};
    size_t count = 0;
    struct fg_row_sink sink = {&count, count_row};
    CHECK(fg_row_log_read(bytes, len, &sink) <= len);
    fg_buf_add(&rows, bytes, len);
    fg_row_log_record(&record, &rows);
    size_t sound = fg_row_log_read((const uint8_t *)record.text, record.len, &sink);
    CHECK(sound == 0 || sound == record.len);
}

static void read_block(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_buf) struct fg_buf image = {};
    FG_AUTO(fg_block) struct fg_block *block = NULL;
    FG_AUTO(fg_block_view) struct fg_block_view view = {};
    struct fg_bins bins = {};
    fg_buf_add(&image, bytes, len);
    if (fg_block_open_bytes(&image, &block, NULL) < 0 || fg_block_view_tracks(block, &view) < 0)
        return;
    for (unsigned column = 0; column < FG_SERIES_COLUMNS; column++)
        for (size_t i = 0; fg_block_view_column(&view, column, column % 2) == 0
                           && i < fg_block_tracks_len(block);
             i++) {
            bins.len = 0;
            if (fg_block_view_read(&view, i, column, &bins) == 0)
                CHECK(bins.len == 0 || bins.len == view.rows[i]);
        }
    fg_bins_free(&bins);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 0;
    read_column(bytes, len);
    read_log(bytes, len);
    read_block(bytes, len);
    return 0;
}
