/* store_inner.h - what series.c, tend.c, look.c and query.c share of the store. */
#pragma once

#include "telemetry/block.h"
#include "telemetry/folder.h"
#include "telemetry/hour.h"
#include "telemetry/series.h"

#include <pthread.h>

#define FG_OPEN_HOURS_MAX 4
#define FG_HOUR_LOGS_MAX  16

struct fg_open_hour {
    struct fg_hour *hour;
    unsigned refs;      /* of the store, of looks */
    bool closing;       /* no more rows: it becomes blocks */
    uint64_t block_id;  /* of these */
    int64_t written_us; /* the newest time of the store when a row came last */
    struct fg_series_file logs[FG_HOUR_LOGS_MAX];
    size_t logs_len;
    int log_fd;  /* of the last of them; -1: none is open */
    bool broken; /* it could not be written: the next rows go to a new one */
};

struct fg_kept_block {
    struct fg_block *block;
    struct fg_series_file file;
    unsigned refs;
    bool unsaved; /* only in memory */
};

struct fg_series {
    char *dir; /* NULL: none */
    size_t memory_max;
    int64_t pause_us;

    pthread_mutex_t lock; /* over all below */
    struct fg_open_hour
        *hours[FG_OPEN_HOURS_MAX + FG_OPEN_HOURS_MAX]; /* open and closing ones */
    size_t hours_len;
    struct fg_kept_block **kept; /* by start, then id */
    size_t kept_len, kept_room;
    uint64_t next_id;
    int64_t newest_us; /* of the row that came last */
    size_t unsaved_bytes;
    struct fg_series_state state;

    pthread_mutex_t tending;         /* one tends at a time; before `lock` */
    struct fg_series_file *old_logs; /* found at the start, to be read in */
    size_t old_logs_len;

    pthread_t thread;
    pthread_cond_t wake;
    bool has_thread, stopping;
};

/* Under the lock. */
void fg_open_hour_unref(struct fg_open_hour *hour);
void fg_kept_block_unref(struct fg_kept_block *kept);
void fg_series_keep(struct fg_series *series, struct fg_kept_block *kept);
void fg_series_let_go(struct fg_series *series, struct fg_kept_block *kept);
void fg_series_drop_hour(struct fg_series *series, struct fg_open_hour *open);

/* A look's lock, for copies of open hours. */
bool fg_look_copy(const struct fg_series_look *look,
                  const struct fg_open_hour *open,
                  size_t index,
                  unsigned column,
                  struct fg_hour_copy *out);
size_t fg_look_tracks(const struct fg_series_look *look, const struct fg_open_hour *open);
/* It stays where it is. */
const struct fg_track *fg_look_track(const struct fg_series_look *look,
                                     const struct fg_open_hour *open,
                                     size_t index);
