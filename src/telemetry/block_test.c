/* block_test.c - blocks: what went in comes out, an hour becomes the buckets of its rows, merges lose nothing, damage is refused. */
#include "telemetry/compact.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define START_US (1763769600 * INT64_C(1000000)) /* an hour, and a day, begin */
#define SECOND   INT64_C(1000000)
#define TRACKS   5
#define ROWS_MAX 9000

static uint64_t draw(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What was added, as it was. */
struct model {
    struct fg_track track;
    size_t len;
    struct fg_log_state *rows; /* ROWS_MAX */
};

static struct fg_track track_of(unsigned n)
{
    struct fg_track track = {};
    if (n % 3 == 0) {
        track.job = 100 - n;
        track.project = n;
    } else {
        snprintf(track.node, sizeof(track.node), "node-%u", 9 - n);
        snprintf(track.device, sizeof(track.device), "h100-%u", n);
        snprintf(track.kind, sizeof(track.kind), "h100");
    }
    return track;
}

static struct model *models_new(void)
{
    struct model *models = calloc(TRACKS, sizeof(*models));
    for (unsigned n = 0; n < TRACKS; n++) {
        models[n].track = track_of(n);
        models[n].rows = calloc(ROWS_MAX, sizeof(*models[n].rows));
    }
    return models;
}

static void models_free(struct model *models)
{
    for (unsigned n = 0; n < TRACKS; n++)
        free(models[n].rows);
    free(models);
}

static struct fg_log_state row_at(uint64_t *random, int64_t time_us)
{
    struct fg_log_state row = {.time_us = time_us};
    for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
        row.values[c] = -1;
    row.values[FG_READING_BUSY] = (int64_t)(draw(random) % 101) * 10;
    row.values[FG_READING_POWER] =
        draw(random) % 8 ? 300000 + (int64_t)(draw(random) % 999) : -1;
    row.values[FG_READING_ENERGY] =
        draw(random) % 500 ? (time_us - START_US) / 100 : 5; /* set back at times */
    if (time_us > START_US + 900 * SECOND)
        row.values[FG_READING_TEMP] = 40;
    return row;
}

/* An hour of rows for each track, now and then one that is late. */
static struct fg_hour *fill(struct model *models, uint64_t *random, int64_t start_us)
{
    struct fg_hour *hour = fg_hour_new(start_us);
    bool right = true;
    for (unsigned n = 0; n < TRACKS; n++) {
        int64_t time_us = start_us;
        for (int i = 0; i < 700; i++) {
            time_us +=
                (int64_t)(1 + draw(random) % 4) * SECOND + (int64_t)(draw(random) % 1000);
            struct fg_log_state row = row_at(random, time_us), late = row;
            right = right && fg_hour_add(hour, &models[n].track, &row, SIZE_MAX) == 0;
            late.time_us -= (int64_t)(draw(random) % 3000);
            if (draw(random) % 50 == 0)
                right = right
                        && fg_hour_add(hour, &models[n].track, &late, SIZE_MAX) == FG_ETIMEOUT;
            row.time_us -= row.time_us % 1000;
            models[n].rows[models[n].len++] = row;
        }
    }
    OK(right);
    return hour;
}

/* The buckets of the rows, one row at a time and another way than level.c: first and last are kept. */
static struct fg_bin brute(const struct model *model,
                           unsigned column,
                           int64_t from_us,
                           int64_t width_us)
{
    struct fg_bin bucket = {};
    int64_t before = -1;
    bool counts = fg_series_column_counts(column);
    for (size_t i = 0; i < model->len; i++) {
        int64_t value = model->rows[i].values[column], time_us = model->rows[i].time_us;
        if (time_us < from_us || time_us >= from_us + width_us || value == -1)
            continue;
        if (bucket.count++ == 0)
            bucket.min = bucket.max = value;
        bucket.min = value < bucket.min ? value : bucket.min;
        bucket.max = value > bucket.max ? value : bucket.max;
        bucket.last = value;
        if (!counts)
            bucket.sum += value;
        else if (before >= 0)
            bucket.sum += value >= before ? value - before : value;
        before = value;
    }
    return bucket;
}

static bool same_buckets(const struct model *model,
                         unsigned column,
                         int64_t width_us,
                         const struct fg_bins *points)
{
    for (size_t i = 0; i < points->len; i++) {
        struct fg_bin want = brute(model, column, points->times[i], width_us ? width_us : 1);
        if (fg_series_column_counts(column) && !width_us)
            want.sum = 0;
        if (memcmp(&want, &points->buckets[i], sizeof(want)) != 0)
            return false;
    }
    return true;
}

/* Every track and column of the block is what the models have; `rows` (may be NULL): how many buckets there were. */
static bool block_is(const struct fg_block *block,
                     const struct model *models,
                     bool all,
                     size_t *rows)
{
    static const unsigned columns[] = {FG_READING_BUSY, FG_READING_POWER, FG_READING_ENERGY,
                                       FG_READING_TEMP, FG_READING_XID};
    FG_AUTO(fg_block_view) struct fg_block_view view = {};
    bool right =
        fg_block_view_tracks(block, &view) == 0 && fg_block_tracks_len(block) == TRACKS;
    int64_t width_us = fg_level_bucket_us(fg_block_level(block));
    for (unsigned c = 0; right && c < 5; c++) {
        right = fg_block_view_column(&view, columns[c], all) == 0;
        for (unsigned n = 0; right && n < TRACKS; n++) {
            struct fg_bins points = {};
            size_t index = fg_block_view_find(&view, &models[n].track);
            right = index < TRACKS && view.tracks[index].project == models[n].track.project
                    && strcmp(view.tracks[index].kind, models[n].track.kind) == 0
                    && fg_block_view_read(&view, index, columns[c], &points) == 0
                    && same_buckets(&models[n], columns[c], width_us, &points);
            right = right
                    && (columns[c] == FG_READING_XID ? points.len == 0
                                                     : points.len == view.rows[index]);
            if (rows && columns[c] == FG_READING_BUSY)
                *rows += points.len;
            fg_bins_free(&points);
        }
    }
    return right;
}

static struct fg_block *block_of(const struct fg_hour *hour, enum fg_level level)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_block *block = NULL;
    OK(fg_compact_hour(hour, level, &bytes));
    EQ(fg_block_open_bytes(&bytes, &block, NULL), 0);
    return block;
}

static void test_an_hour_becomes_blocks_of_each_level(void)
{
    uint64_t random = 1;
    struct model *models = models_new();
    struct fg_hour *hour = fill(models, &random, START_US);
    for (unsigned level = 0; level < FG_LEVELS; level++) {
        size_t rows = 0;
        FG_AUTO(fg_block) struct fg_block *block = block_of(hour, level);
        OK(block_is(block, models, false, &rows));
        OK(block_is(block, models, true, NULL));
        OK(!fg_block_has(block, FG_READING_XID) && fg_block_has(block, FG_READING_TEMP));
        EQ(fg_block_level(block), level);
        if (level == FG_LEVEL_RAW)
            EQ(rows, TRACKS * 700);
        if (level == FG_LEVEL_HOUR)
            EQ(rows, TRACKS);
    }
    fg_hour_free(hour);
    models_free(models);
}

static void test_merged_blocks_have_what_each_had(void)
{
    uint64_t random = 2;
    struct model *models = models_new();
    struct fg_block *blocks[3];
    for (int i = 0; i < 3; i++) {
        struct fg_hour *hour = fill(models, &random, START_US + i * FG_HOUR_US);
        blocks[i] = block_of(hour, FG_LEVEL_MINUTE);
        fg_hour_free(hour);
    }
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    FG_AUTO(fg_block) struct fg_block *whole = NULL;
    EQ(fg_compact_merge(blocks, 3, START_US, 24 * FG_HOUR_US, &bytes), 0);
    EQ(fg_block_open_bytes(&bytes, &whole, NULL), 0);
    size_t rows = 0, parts = 0;
    OK(block_is(whole, models, true, &rows));
    for (int i = 0; i < 3; i++) {
        OK(block_is(blocks[i], models, true, &parts));
        fg_block_free(blocks[i]);
    }
    EQ(rows, parts);
    EQ(fg_block_span_us(whole), 24 * FG_HOUR_US);
    models_free(models);
}

/* A service that was restarted within a minute has two buckets of it. */
static void test_buckets_of_one_moment_are_joined(void)
{
    struct fg_track track = {.node = "a", .device = "gpu-0"};
    struct fg_block *blocks[2];
    struct fg_bins points = {};
    for (int i = 0; i < 2; i++) {
        struct fg_hour *hour = fg_hour_new(START_US);
        struct fg_log_state row = {.time_us = START_US + (10 + 20 * i) * SECOND};
        for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
            row.values[c] = 10 * (i + 1);
        EQ(fg_hour_add(hour, &track, &row, SIZE_MAX), 0);
        blocks[1 - i] = block_of(hour, FG_LEVEL_MINUTE); /* the later one first */
        fg_hour_free(hour);
    }
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    FG_AUTO(fg_block) struct fg_block *whole = NULL;
    EQ(fg_compact_merge(blocks, 2, START_US, FG_HOUR_US, &bytes), 0);
    EQ(fg_block_open_bytes(&bytes, &whole, NULL), 0);
    FG_AUTO(fg_block_view) struct fg_block_view view = {};
    EQ(fg_block_view_tracks(whole, &view), 0);
    EQ(fg_block_view_column(&view, FG_READING_POWER, true), 0);
    EQ(fg_block_view_read(&view, 0, FG_READING_POWER, &points), 0);
    EQ(points.len, 1);
    EQ(points.buckets[0].count, 2);
    EQ(points.buckets[0].sum, 30);
    EQ(points.buckets[0].min, 10);
    EQ(points.buckets[0].max, 20);
    fg_bins_free(&points);
    fg_block_free(blocks[0]);
    fg_block_free(blocks[1]);
}

/* Each flipped bit is refused somewhere, or is in what was not read. */
static void test_damage_is_refused(void)
{
    uint64_t random = 3;
    struct model *models = models_new();
    struct fg_hour *hour = fill(models, &random, START_US);
    FG_AUTO(fg_buf) struct fg_buf sound = {};
    OK(fg_compact_hour(hour, FG_LEVEL_MINUTE, &sound));
    bool refused = true;
    for (size_t at = 0; at < sound.len; at += 1 + draw(&random) % 40) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        FG_AUTO(fg_block) struct fg_block *block = NULL;
        fg_buf_add(&bytes, sound.text, sound.len);
        bytes.text[at] ^= 1;
        refused = refused
                  && (fg_block_open_bytes(&bytes, &block, NULL) == FG_EINVAL
                      || !block_is(block, models, at % 2, NULL));
    }
    OK(refused);
    for (size_t len = 0; len < sound.len; len += 1 + draw(&random) % 200) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        FG_AUTO(fg_block) struct fg_block *block = NULL;
        fg_buf_add(&bytes, sound.text, len);
        refused = refused && fg_block_open_bytes(&bytes, &block, NULL) == FG_EINVAL;
    }
    OK(refused);
    fg_hour_free(hour);
    models_free(models);
}

/* -- the log ------------------------------------------------------------------------------------------------ */

struct taken {
    const struct model *models;
    size_t len[TRACKS], rows;
    bool right;
};

static void take_row(void *self, const struct fg_track *track, const struct fg_log_state *row)
{
    struct taken *taken = self;
    taken->rows++;
    for (unsigned n = 0; n < TRACKS; n++)
        if (fg_track_compare(&taken->models[n].track, track) == 0) {
            const struct fg_log_state *want = &taken->models[n].rows[taken->len[n]++];
            taken->right = taken->right && memcmp(want, row, sizeof(*row)) == 0;
        }
}

static void test_rows_come_back_from_their_log(void)
{
    uint64_t random = 4;
    struct model *models = models_new();
    struct fg_hour *hour = fill(models, &random, START_US);
    FG_AUTO(fg_buf) struct fg_buf rows = {}, file = {};
    fg_hour_take_log(hour, &rows, false);
    fg_row_log_record(&file, &rows);
    struct taken taken = {.models = models, .right = true};
    struct fg_row_sink sink = {&taken, take_row};
    EQ(fg_row_log_read((const uint8_t *)file.text, file.len, &sink), file.len);
    OK(taken.right);
    EQ(taken.rows, TRACKS * 700);
    printf("# %.1f bytes a row of log\n", (double)file.len / (double)taken.rows);

    size_t whole = file.len;
    fg_row_log_record(&file, &rows); /* torn; in a new file its tracks would be known */
    struct taken again = {.models = models, .right = true};
    sink.self = &again;
    EQ(fg_row_log_read((const uint8_t *)file.text, file.len - 1, &sink), whole);
    OK(again.right);
    file.text[whole / 2] ^= 4;
    EQ(fg_row_log_read((const uint8_t *)file.text, whole, &sink), 0);
    fg_hour_free(hour);
    models_free(models);
}

static void test_an_hour_is_bounded(void)
{
    struct fg_hour *hour = fg_hour_new(START_US);
    struct fg_track track = {.node = "a", .device = "gpu-0"};
    struct fg_log_state row = {};
    int rc = 0;
    for (int i = 0; rc == 0; i++) {
        row.time_us = START_US + i * 1000;
        track.job = (fg_job_id)i % 1000;
        rc = fg_hour_add(hour, &track, &row, 1 << 20);
    }
    EQ(rc, FG_ENOCAP);
    OK(fg_hour_bytes(hour) < (1 << 20) + 300000);
    fg_hour_free(hour);
}

int main(void)
{
    RUN(test_an_hour_becomes_blocks_of_each_level);
    RUN(test_merged_blocks_have_what_each_had);
    RUN(test_buckets_of_one_moment_are_joined);
    RUN(test_damage_is_refused);
    RUN(test_rows_come_back_from_their_log);
    RUN(test_an_hour_is_bounded);
    return tap_done();
}
