/* tend.c - what the store does on the disk: logs written, hours closed into blocks, blocks merged and let go.
 *
 * All of it under `tending`, so that one thread does it at a time; the lock of the store is taken for moments only, and never while
 * a file is touched.
 */
#include "telemetry/compact.h"
#include "telemetry/store_inner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRACE_US (120 * INT64_C(1000000)) /* rows may come so late into the hour before */

static uint64_t take_id(struct fg_series *series)
{
    pthread_mutex_lock(&series->lock);
    uint64_t id = series->next_id++;
    pthread_mutex_unlock(&series->lock);
    return id;
}

static void say(struct fg_series *series, const char *trouble)
{
    pthread_mutex_lock(&series->lock);
    snprintf(series->state.trouble, sizeof(series->state.trouble), "%s", trouble);
    pthread_mutex_unlock(&series->lock);
}

static void count_lost(struct fg_series *series, uint64_t rows)
{
    pthread_mutex_lock(&series->lock);
    series->state.lost += rows;
    pthread_mutex_unlock(&series->lock);
}

/* -- logs ----------------------------------------------------------------------------------------------------- */

static int begin_log(struct fg_series *series, struct fg_open_hour *open, struct fg_err *err)
{
    if (open->log_fd >= 0)
        return 0;
    if (open->logs_len == FG_HOUR_LOGS_MAX)
        return fg_fail(err, FG_EIO, "series: the disk failed too often in this hour");
    struct fg_series_file *file = &open->logs[open->logs_len];
    *file = (struct fg_series_file){
        .is_log = true, .start_us = fg_hour_start_us(open->hour), .id = take_id(series)};
    int rc = fg_folder_open_log(series->dir, file, &open->log_fd, err);
    open->logs_len += rc == 0;
    return rc;
}

/* What cannot be written is in memory still; rows after it go to a new file, which stands for itself. */
static void log_failed(struct fg_open_hour *open)
{
    if (open->log_fd >= 0)
        close(open->log_fd);
    open->log_fd = -1;
    open->broken = true;
}

static int write_log(struct fg_series *series,
                     struct fg_open_hour *open,
                     struct fg_buf *rows,
                     struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf record = {};
    pthread_mutex_lock(&series->lock);
    fg_hour_take_log(open->hour, rows, open->broken || !series->dir);
    pthread_mutex_unlock(&series->lock);
    bool dropped = open->broken;
    open->broken = false;
    if (!series->dir || dropped || rows->len == 0)
        return 0;
    int rc = begin_log(series, open, err);
    fg_row_log_record(&record, rows);
    if (rc == 0)
        rc = fg_folder_add(open->log_fd, &record, err);
    if (rc < 0)
        log_failed(open);
    return rc;
}

/* The hours as they are now, held. */
static size_t hold_hours(struct fg_series *series, struct fg_open_hour **out)
{
    pthread_mutex_lock(&series->lock);
    size_t len = series->hours_len;
    for (size_t i = 0; i < len; i++) {
        out[i] = series->hours[i];
        out[i]->refs++;
    }
    pthread_mutex_unlock(&series->lock);
    return len;
}

static void unhold(struct fg_series *series, struct fg_open_hour *open)
{
    pthread_mutex_lock(&series->lock);
    fg_open_hour_unref(open);
    pthread_mutex_unlock(&series->lock);
}

static int write_logs(struct fg_series *series, struct fg_err *err)
{
    struct fg_open_hour *hours[2 * FG_OPEN_HOURS_MAX];
    FG_AUTO(fg_buf) struct fg_buf rows = {};
    size_t len = hold_hours(series, hours);
    int rc = 0;
    for (size_t i = 0; i < len; i++) {
        if (rc == 0 && !hours[i]->closing)
            rc = write_log(series, hours[i], &rows, err);
        unhold(series, hours[i]);
    }
    return rc;
}

/* -- hours become blocks --------------------------------------------------------------------------------------- */

static struct fg_kept_block *block_of(const struct fg_series_file *file, struct fg_buf *bytes)
{
    struct fg_kept_block *kept = calloc(1, sizeof(*kept));
    if (!kept)
        abort();
    kept->file = *file;
    kept->unsaved = true;
    if (fg_block_open_bytes(bytes, &kept->block, NULL) < 0)
        abort(); /* we just made them */
    return kept;
}

/* A block that is only in memory goes into its file. */
static int save(struct fg_series *series, struct fg_kept_block *kept, struct fg_err *err)
{
    struct fg_kept_block *saved = calloc(1, sizeof(*saved));
    int fd = -1;
    if (!saved)
        abort();
    saved->file = kept->file;
    int rc = fg_folder_write(series->dir, &kept->file, fg_block_image(kept->block), &fd, err);
    if (rc == 0)
        rc = fg_block_open_file(fd, &saved->block, err);
    if (rc < 0) {
        free(saved);
        return rc;
    }
    pthread_mutex_lock(&series->lock);
    fg_series_let_go(series, kept);
    fg_series_keep(series, saved);
    pthread_mutex_unlock(&series->lock);
    return 0;
}

/* An hour that no row comes to any more, or the longest unused of too many; it takes none from now on. */
static struct fg_open_hour *next_over(struct fg_series *series)
{
    struct fg_open_hour *over = NULL, *oldest = NULL;
    size_t open = 0;
    pthread_mutex_lock(&series->lock);
    for (size_t i = 0; i < series->hours_len; i++) {
        struct fg_open_hour *at = series->hours[i];
        int64_t end_us = fg_hour_start_us(at->hour) + FG_HOUR_US;
        bool first = !over || fg_hour_start_us(at->hour) < fg_hour_start_us(over->hour);
        if (first && (at->closing || end_us + GRACE_US <= series->newest_us))
            over = at;
        if (at->closing)
            continue;
        open++;
        if (!oldest || at->written_us < oldest->written_us)
            oldest = at;
    }
    if (!over && open > FG_OPEN_HOURS_MAX)
        over = oldest;
    if (over) {
        over->refs++;
        if (!over->closing)
            over->block_id = series->next_id++;
        over->closing = true;
    }
    pthread_mutex_unlock(&series->lock);
    return over;
}

/* The hour as blocks in its place, at one moment.  `is_listed`: the store has it, and lets it go. */
static void close_hour(struct fg_series *series, struct fg_open_hour *open, bool is_listed)
{
    struct fg_kept_block *kept[FG_LEVELS] = {};
    for (unsigned level = 0; level < FG_LEVELS; level++) {
        FG_AUTO(fg_buf) struct fg_buf bytes = {};
        struct fg_series_file file = {.level = level,
                                      .start_us = fg_hour_start_us(open->hour),
                                      .span_us = FG_HOUR_US,
                                      .id = open->block_id};
        if (fg_compact_hour(open->hour, level, &bytes))
            kept[level] = block_of(&file, &bytes);
    }
    pthread_mutex_lock(&series->lock);
    for (unsigned level = 0; level < FG_LEVELS; level++)
        if (kept[level])
            fg_series_keep(series, kept[level]);
    if (is_listed)
        fg_series_drop_hour(series, open);
    pthread_mutex_unlock(&series->lock);
}

/* The raw one of an hour comes last: who finds it on the disk knows that the others are there too (series.c, is_leftover). */
static struct fg_kept_block *next_unsaved(struct fg_series *series)
{
    struct fg_kept_block *found = NULL;
    pthread_mutex_lock(&series->lock);
    for (size_t i = 0; i < series->kept_len; i++) {
        struct fg_kept_block *at = series->kept[i];
        if (at->unsaved
            && (!found || at->file.id < found->file.id
                || (at->file.id == found->file.id && at->file.level > found->file.level)))
            found = at;
    }
    pthread_mutex_unlock(&series->lock);
    return found;
}

static int save_all(struct fg_series *series, struct fg_err *err)
{
    struct fg_kept_block *next;
    int rc = 0;
    while (series->dir && rc == 0 && (next = next_unsaved(series)))
        rc = save(series, next, err);
    return rc;
}

/* Blocks that no disk takes go, the oldest first, before they leave no room for rows. */
static void bound_unsaved(struct fg_series *series)
{
    pthread_mutex_lock(&series->lock);
    while (series->unsaved_bytes > series->memory_max / 2) {
        struct fg_kept_block *oldest = NULL;
        for (size_t i = 0; i < series->kept_len && !oldest; i++)
            oldest = series->kept[i]->unsaved ? series->kept[i] : NULL;
        if (!oldest)
            break;
        series->state.lost += series->dir ? fg_block_tracks_len(oldest->block) : 0;
        fg_series_let_go(series, oldest);
    }
    pthread_mutex_unlock(&series->lock);
}

static int close_hours(struct fg_series *series, struct fg_err *err)
{
    struct fg_open_hour *over;
    int rc = 0;
    while ((over = next_over(series))) {
        close_hour(series, over, true);
        rc = save_all(series, err);
        for (size_t i = 0; rc == 0 && i < over->logs_len; i++)
            fg_folder_remove(series->dir, &over->logs[i]);
        unhold(series, over);
    }
    return rc == 0 ? save_all(series, err) : rc;
}

/* -- what a service before left in logs ------------------------------------------------------------------------- */

static void take_row(void *self, const struct fg_track *track, const struct fg_log_state *row)
{
    struct fg_hour *hour = self;
    (void)fg_hour_add(hour, track, row, SIZE_MAX); /* rows that it took itself */
}

/* A log as an hour of its own, which is closed at once. */
static int read_log(struct fg_series *series,
                    const struct fg_series_file *file,
                    struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    int rc = fg_folder_read(series->dir, file, &bytes, err);
    if (rc < 0)
        return rc;
    struct fg_open_hour open = {.hour = fg_hour_new(file->start_us),
                                .block_id = take_id(series)};
    struct fg_row_sink sink = {open.hour, take_row};
    size_t sound = fg_row_log_read((const uint8_t *)bytes.text, bytes.len, &sink);
    if (sound < bytes.len)
        count_lost(series, 1);
    close_hour(series, &open, false);
    fg_hour_free(open.hour);
    rc = save_all(series, err);
    if (rc == 0)
        fg_folder_remove(series->dir, file);
    return rc;
}

static int read_old_logs(struct fg_series *series, struct fg_err *err)
{
    int rc = 0;
    while (rc == 0 && series->old_logs_len) {
        rc = read_log(series, &series->old_logs[0], err);
        series->old_logs_len--;
        memmove(series->old_logs, series->old_logs + 1,
                series->old_logs_len * sizeof(*series->old_logs));
    }
    return rc;
}

/* -- merging and letting go --------------------------------------------------------------------------------------- */

static int64_t period_of(int64_t start_us, int64_t span_us)
{
    return start_us - start_us % span_us;
}

/* The blocks of a period of `span_us` at a level, held; how many. */
static size_t blocks_of(struct fg_series *series,
                        enum fg_level level,
                        int64_t start_us,
                        int64_t span_us,
                        struct fg_kept_block **out)
{
    size_t len = 0;
    for (size_t i = 0; i < series->kept_len; i++) {
        struct fg_kept_block *at = series->kept[i];
        if (at->file.level == level && !at->unsaved && at->file.span_us <= span_us
            && period_of(at->file.start_us, span_us) == start_us) {
            out[len++] = at;
            at->refs++;
        }
    }
    return len;
}

/* Several blocks of a period that is over; returns how many, in memory of the caller. */
static size_t next_merge(struct fg_series *series,
                         enum fg_level level,
                         int64_t span_us,
                         struct fg_kept_block ***out)
{
    size_t len = 0;
    pthread_mutex_lock(&series->lock);
    struct fg_kept_block **list = calloc(series->kept_len + 1, sizeof(struct fg_kept_block *));
    if (!list)
        abort();
    for (size_t i = 0; i < series->kept_len && len < 2; i++) {
        int64_t start_us = period_of(series->kept[i]->file.start_us, span_us);
        if (series->kept[i]->file.level != level
            || start_us + span_us + FG_HOUR_US / 2 > series->newest_us)
            continue;
        for (size_t j = 0; j < len; j++)
            fg_kept_block_unref(list[j]);
        len = blocks_of(series, level, start_us, span_us, list);
    }
    for (size_t j = 0; len < 2 && j < len; j++)
        fg_kept_block_unref(list[j]);
    pthread_mutex_unlock(&series->lock);
    *out = list;
    return len < 2 ? 0 : len;
}

static int merge(struct fg_series *series,
                 struct fg_kept_block *const *list,
                 size_t len,
                 int64_t span_us,
                 struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_series_file file = {.level = list[0]->file.level,
                                  .start_us = period_of(list[0]->file.start_us, span_us),
                                  .span_us = span_us,
                                  .id = take_id(series)};
    struct fg_kept_block *whole = calloc(1, sizeof(*whole));
    struct fg_block **blocks = calloc(len, sizeof(struct fg_block *));
    int fd = -1;
    if (!blocks || !whole)
        abort();
    whole->file = file;
    for (size_t i = 0; i < len; i++)
        blocks[i] = list[i]->block;
    int rc = fg_compact_merge(blocks, len, file.start_us, span_us, &bytes);
    if (rc < 0)
        rc =
            fg_fail(err, rc, "series: a block of %s cannot be read", fg_level_name(file.level));
    if (rc == 0)
        rc = fg_folder_write(series->dir, &file, &bytes, &fd, err);
    if (rc == 0)
        rc = fg_block_open_file(fd, &whole->block, err);
    free(blocks);
    if (rc < 0) {
        free(whole);
        return rc;
    }
    pthread_mutex_lock(&series->lock);
    for (size_t i = 0; i < len; i++)
        fg_series_let_go(series, list[i]);
    fg_series_keep(series, whole);
    pthread_mutex_unlock(&series->lock);
    for (size_t i = 0; i < len; i++)
        fg_folder_remove(series->dir, &list[i]->file);
    return 0;
}

/* All periods of one length. */
static int merge_level(struct fg_series *series,
                       enum fg_level level,
                       int64_t span_us,
                       struct fg_err *err)
{
    struct fg_kept_block **list;
    size_t len = 1;
    int rc = 0;
    while (rc == 0 && len) {
        len = next_merge(series, level, span_us, &list);
        if (len)
            rc = merge(series, list, len, span_us, err);
        pthread_mutex_lock(&series->lock);
        for (size_t i = 0; i < len; i++)
            fg_kept_block_unref(list[i]);
        pthread_mutex_unlock(&series->lock);
        free(list);
    }
    return rc;
}

static int merge_all(struct fg_series *series, struct fg_err *err)
{
    int rc = 0;
    for (unsigned level = 0; series->dir && level < FG_LEVELS; level++)
        for (unsigned tier = 0; rc == 0 && fg_level_span_us(level, tier); tier++)
            rc = merge_level(series, level, fg_level_span_us(level, tier), err);
    return rc;
}

/* Let the oldest block of a level go, if there are more periods than are kept; whether there were, and its file. */
static bool take_too_old(struct fg_series *series,
                         enum fg_level level,
                         struct fg_series_file *out)
{
    struct fg_kept_block *oldest = NULL;
    int64_t longest_us = 1, last_us = -1;
    size_t periods = 0;
    for (unsigned tier = 0; fg_level_span_us(level, tier); tier++)
        longest_us = fg_level_span_us(level, tier);
    pthread_mutex_lock(&series->lock);
    for (size_t i = 0; i < series->kept_len; i++) {
        struct fg_kept_block *at = series->kept[i];
        if (at->file.level != level)
            continue;
        oldest = oldest ? oldest : at;
        periods += period_of(at->file.start_us, longest_us) != last_us;
        last_us = period_of(at->file.start_us, longest_us);
    }
    bool found = periods > fg_level_periods(level);
    if (found) {
        *out = oldest->file;
        fg_series_let_go(series, oldest);
    }
    pthread_mutex_unlock(&series->lock);
    return found;
}

static void let_go_old(struct fg_series *series)
{
    for (unsigned level = 0; level < FG_LEVELS; level++) {
        struct fg_series_file file;
        while (take_too_old(series, level, &file))
            if (series->dir)
                fg_folder_remove(series->dir, &file);
    }
}

void fg_series_tend(struct fg_series *series)
{
    struct fg_err err = {};
    pthread_mutex_lock(&series->tending);
    int rc = write_logs(series, &err);
    if (rc == 0)
        rc = read_old_logs(series, &err);
    if (rc == 0)
        rc = close_hours(series, &err);
    if (rc == 0)
        rc = merge_all(series, &err);
    bound_unsaved(series);
    let_go_old(series);
    say(series, rc == 0 ? "" : err.text);
    pthread_mutex_unlock(&series->tending);
}
