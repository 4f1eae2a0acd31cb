/* series.c - see series.h: taking rows, and who holds what. */
#include "telemetry/store_inner.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_BYTES (UINT64_C(256) << 20)

/* -- who holds hours and blocks; under the lock -------------------------------------------------------------- */

void fg_open_hour_unref(struct fg_open_hour *open)
{
    if (--open->refs)
        return;
    if (open->log_fd >= 0)
        close(open->log_fd);
    fg_hour_free(open->hour);
    free(open);
}

void fg_kept_block_unref(struct fg_kept_block *kept)
{
    if (--kept->refs)
        return;
    fg_block_free(kept->block);
    free(kept);
}

static bool is_before(const struct fg_kept_block *a, const struct fg_kept_block *b)
{
    return a->file.start_us != b->file.start_us ? a->file.start_us < b->file.start_us
                                                : a->file.id < b->file.id;
}

void fg_series_keep(struct fg_series *series, struct fg_kept_block *kept)
{
    if (series->kept_len == series->kept_room) {
        series->kept_room = series->kept_room ? series->kept_room * 2 : 64;
        series->kept =
            realloc(series->kept, series->kept_room * sizeof(struct fg_kept_block *));
        if (!series->kept)
            abort();
    }
    size_t at = series->kept_len++;
    for (; at > 0 && is_before(kept, series->kept[at - 1]); at--)
        series->kept[at] = series->kept[at - 1];
    series->kept[at] = kept;
    kept->refs++;
    if (kept->unsaved)
        series->unsaved_bytes += fg_block_bytes(kept->block);
}

void fg_series_let_go(struct fg_series *series, struct fg_kept_block *kept)
{
    size_t at = 0;
    while (at < series->kept_len && series->kept[at] != kept)
        at++;
    assert(at < series->kept_len);
    series->kept_len--;
    memmove(series->kept + at, series->kept + at + 1,
            (series->kept_len - at) * sizeof(struct fg_kept_block *));
    if (kept->unsaved)
        series->unsaved_bytes -= fg_block_bytes(kept->block);
    fg_kept_block_unref(kept);
}

void fg_series_drop_hour(struct fg_series *series, struct fg_open_hour *open)
{
    size_t at = 0;
    while (at < series->hours_len && series->hours[at] != open)
        at++;
    assert(at < series->hours_len);
    series->hours_len--;
    memmove(series->hours + at, series->hours + at + 1,
            (series->hours_len - at) * sizeof(struct fg_open_hour *));
    fg_open_hour_unref(open);
}

/* -- rows ---------------------------------------------------------------------------------------------------- */

static size_t memory_now(const struct fg_series *series)
{
    size_t bytes = series->unsaved_bytes;
    for (size_t i = 0; i < series->hours_len; i++)
        bytes += fg_hour_bytes(series->hours[i]->hour);
    return bytes;
}

/* The open hour of a moment, made if there is none; NULL: too many are open. */
static struct fg_open_hour *hour_at(struct fg_series *series, int64_t time_us)
{
    int64_t start_us = time_us - time_us % FG_HOUR_US;
    for (size_t i = series->hours_len; i-- > 0;)
        if (!series->hours[i]->closing && fg_hour_start_us(series->hours[i]->hour) == start_us)
            return series->hours[i];
    if (series->hours_len == sizeof(series->hours) / sizeof(series->hours[0]))
        return NULL;
    struct fg_open_hour *open = calloc(1, sizeof(*open));
    if (!open)
        abort();
    open->hour = fg_hour_new(start_us);
    open->refs = 1;
    open->log_fd = -1;
    series->hours[series->hours_len++] = open;
    return open;
}

int fg_series_add(struct fg_series *series,
                  const struct fg_track *track,
                  int64_t time_us,
                  const int64_t *values)
{
    struct fg_log_state row = {.time_us = time_us};
    memcpy(row.values, values, sizeof(row.values));
    if (time_us < 0)
        return FG_ETIMEOUT;
    pthread_mutex_lock(&series->lock);
    struct fg_open_hour *open = hour_at(series, time_us);
    size_t others = open ? memory_now(series) - fg_hour_bytes(open->hour) : 0;
    int rc = !open || others >= series->memory_max
                 ? FG_ENOCAP
                 : fg_hour_add(open->hour, track, &row, series->memory_max - others);
    if (rc == 0) {
        series->newest_us = time_us;
        open->written_us = time_us;
        series->state.rows++;
    } else if (rc == FG_ETIMEOUT)
        series->state.late++;
    else
        series->state.refused++;
    pthread_mutex_unlock(&series->lock);
    return rc;
}

void fg_series_state(struct fg_series *series, struct fg_series_state *out)
{
    pthread_mutex_lock(&series->lock);
    *out = series->state;
    for (size_t i = 0; i < series->hours_len; i++)
        out->tracks += fg_hour_tracks(series->hours[i]->hour);
    out->blocks = series->kept_len;
    out->memory_bytes = memory_now(series);
    for (size_t i = 0; i < series->kept_len; i++)
        out->disk_bytes +=
            series->kept[i]->unsaved ? 0 : fg_block_bytes(series->kept[i]->block);
    pthread_mutex_unlock(&series->lock);
}

bool fg_series_last(struct fg_series *series,
                    const char *node,
                    const char *device,
                    int64_t *out_time_us,
                    int64_t *out_values)
{
    struct fg_track track = {};
    snprintf(track.node, sizeof(track.node), "%s", node);
    snprintf(track.device, sizeof(track.device), "%s", device);
    bool found = false;
    pthread_mutex_lock(&series->lock);
    for (size_t i = 0; i < series->hours_len; i++) {
        const struct fg_hour *hour = series->hours[i]->hour;
        size_t index = fg_hour_find(hour, &track);
        if (index == SIZE_MAX)
            continue;
        const struct fg_log_state *last = fg_hour_last(hour, index);
        if (!found || last->time_us > *out_time_us) {
            *out_time_us = last->time_us;
            memcpy(out_values, last->values, sizeof(last->values));
        }
        found = true;
    }
    pthread_mutex_unlock(&series->lock);
    return found;
}

/* -- begin and end -------------------------------------------------------------------------------------------- */

static void *tend_now_and_then(void *self)
{
    struct fg_series *series = self;
    pthread_mutex_lock(&series->lock);
    while (!series->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + series->pause_us * 1000;
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_mutex_unlock(&series->lock);
        fg_series_tend(series);
        pthread_mutex_lock(&series->lock);
        if (!series->stopping)
            pthread_cond_timedwait(&series->wake, &series->lock, &until);
    }
    pthread_mutex_unlock(&series->lock);
    return NULL;
}

/* A block that cannot be read is left where it is, and counted. */
static void open_kept(struct fg_series *series, const struct fg_series_file *file)
{
    struct fg_kept_block *kept = calloc(1, sizeof(*kept));
    char path[PATH_MAX];
    struct fg_err err;
    if (!kept)
        abort();
    fg_folder_path(series->dir, file, path);
    kept->file = *file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fg_block_open_file(fd, &kept->block, &err) == 0)
        fg_series_keep(series, kept);
    else {
        series->state.lost++;
        free(kept);
    }
}

/* Whether a newer block has all that the file holds: the end of a merge, or of an hour, did not come to remove it. */
static bool is_leftover(const struct fg_series_file *files,
                        size_t len,
                        const struct fg_series_file *file)
{
    int64_t end_us = file->start_us + (file->is_log ? FG_HOUR_US : file->span_us);
    for (size_t i = 0; i < len; i++) {
        const struct fg_series_file *other = &files[i];
        if (other->is_log || other->id <= file->id || other->start_us > file->start_us
            || other->start_us + other->span_us < end_us)
            continue;
        if (file->is_log ? other->level == FG_LEVEL_RAW
                         : other->level == file->level && other->span_us > file->span_us)
            return true;
    }
    return false;
}

static int open_folder(struct fg_series *series, struct fg_err *err)
{
    struct fg_series_file *files = NULL;
    size_t len = 0;
    int rc = fg_folder_make(series->dir, err);
    if (rc == 0)
        rc = fg_folder_list(series->dir, &files, &len, err);
    series->old_logs = rc == 0 ? calloc(len + 1, sizeof(*series->old_logs)) : NULL;
    for (size_t i = 0; rc == 0 && i < len; i++) {
        series->next_id = files[i].id + 1;
        if (is_leftover(files, len, &files[i]))
            fg_folder_remove(series->dir, &files[i]);
        else if (files[i].is_log && series->old_logs)
            series->old_logs[series->old_logs_len++] = files[i];
        else
            open_kept(series, &files[i]);
    }
    free(files);
    return rc;
}

int fg_series_open(const struct fg_series_options *options,
                   struct fg_series **out,
                   struct fg_err *err)
{
    struct fg_series *series = calloc(1, sizeof(*series));
    pthread_condattr_t monotonic;
    *out = NULL;
    if (!series)
        return fg_fail(err, FG_ENOMEM, "series: no memory");
    series->memory_max = options->memory_bytes ? options->memory_bytes : MEMORY_BYTES;
    series->pause_us = options->pause_us;
    series->next_id = 1;
    pthread_mutex_init(&series->lock, NULL);
    pthread_mutex_init(&series->tending, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&series->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int rc = 0;
    if (options->dir) {
        series->dir = strdup(options->dir);
        rc = series->dir ? open_folder(series, err)
                         : fg_fail(err, FG_ENOMEM, "series: no memory");
    }
    if (rc == 0 && series->pause_us) {
        series->has_thread =
            pthread_create(&series->thread, NULL, tend_now_and_then, series) == 0;
        if (!series->has_thread)
            rc = fg_fail(err, FG_EIO, "series: no thread could be started");
    }
    if (rc < 0) {
        fg_series_free(series);
        return rc;
    }
    *out = series;
    return 0;
}

struct fg_series *fg_series_new(void)
{
    struct fg_series *series = NULL;
    return fg_series_open(&(struct fg_series_options){}, &series, NULL) == 0 ? series : NULL;
}

void fg_series_free(struct fg_series *series)
{
    if (!series)
        return;
    pthread_mutex_lock(&series->lock);
    series->stopping = true;
    pthread_cond_signal(&series->wake);
    pthread_mutex_unlock(&series->lock);
    if (series->has_thread) {
        pthread_join(series->thread, NULL);
        fg_series_tend(series);
    }
    while (series->hours_len)
        fg_series_drop_hour(series, series->hours[0]);
    while (series->kept_len)
        fg_series_let_go(series, series->kept[series->kept_len - 1]);
    free(series->kept);
    free(series->old_logs);
    free(series->dir);
    pthread_cond_destroy(&series->wake);
    pthread_mutex_destroy(&series->tending);
    pthread_mutex_destroy(&series->lock);
    free(series);
}
