/* series.h - the store of readings: what devices and jobs did, for a day by the second, a month by the minute, two years by the hour.
 *
 *     sampling --rows--> SERIES --open hours, in memory--> query, and the curves below
 *                          |--row log, every few seconds--> DIR/log-*
 *                          '--an hour that is over--------> DIR/raw-*, minute-*, hour-*  --> query
 *
 * Threads: any adds and reads.  A lock is held to add a row or to copy a column of one track, never for a file; files are the
 * business of a thread of its own.
 * Bounded: rows beyond `memory_bytes`, or later than they may come, are dropped and counted.  What a full disk refuses stays in
 * memory within the same bound, and is written once there is room; the service goes on.
 * Time: its own is that of the rows.  Where clocks go back within an hour rows are dropped until the time of the newest is
 * reached again; across hours none are.  How long things are kept counts periods with data, so no jump of a clock removes any.
 */
#pragma once

#include "telemetry/track.h"

struct fg_series;

struct fg_series_options {
    const char *dir;     /* made if it is missing; NULL: in memory only */
    size_t memory_bytes; /* of the hours not in a file; 0: 256 MiB */
    int64_t
        pause_us; /* between two writes to the disk; 0: no thread, the owner calls fg_series_tend() */
};
[[nodiscard]] int fg_series_open(const struct fg_series_options *options,
                                 struct fg_series **out,
                                 struct fg_err *err);
/* In memory only, no thread. */
struct fg_series *fg_series_new(void);
/* What came last is written first. */
void fg_series_free(struct fg_series *series);

/* Add a row of FG_SERIES_COLUMNS values, -1 where it is not known; the time is kept to the millisecond.
 * FG_ETIMEOUT, FG_ENOCAP: it was dropped, see above. */
int fg_series_add(struct fg_series *series,
                  const struct fg_track *track,
                  int64_t time_us,
                  const int64_t *values);
/* Write what came, close hours that are over, merge blocks, let go what is too old. */
void fg_series_tend(struct fg_series *series);

struct fg_series_state {
    uint64_t rows;          /* taken */
    uint64_t late, refused; /* dropped: time gone back, no room */
    uint64_t lost;         /* rows that could not be written, or files that could not be read */
    size_t tracks, blocks; /* of the hours in memory; files */
    size_t memory_bytes, disk_bytes;
    char trouble[FG_TEXT_MAX]; /* why the disk does not take them now; "" it does */
};
void fg_series_state(struct fg_series *series, struct fg_series_state *out);

/* -- curves -------------------------------------------------------------------------------------------------- */

struct fg_job_point {
    int64_t time_us, cpu_milli, mem_mib, gpu_milli,
        gpu_mem_mib; /* summed over tasks; -1 unknown */
};
struct fg_device_point {
    int64_t time_us, busy_milli, mem_mib, power_mw, temp_c; /* -1 unknown */
};

/* Copy the newest `max` rows that are kept raw, oldest first; returns how many. */
size_t fg_series_job(struct fg_series *series,
                     fg_job_id job,
                     struct fg_job_point *out,
                     size_t max);
size_t fg_series_device(struct fg_series *series,
                        const char *node,
                        const char *device,
                        struct fg_device_point *out,
                        size_t max);
/* The newest row of a device, FG_SERIES_COLUMNS values; false: none in the last hour or so. */
bool fg_series_last(struct fg_series *series,
                    const char *node,
                    const char *device,
                    int64_t *out_time_us,
                    int64_t *out_values);

/* -- for query.c --------------------------------------------------------------------------------------------- */

/* What the store had at one moment: it stays readable until fg_series_look_free(). */
struct fg_series_look {
    struct fg_series *series;
    struct fg_open_hour **hours; /* by time of their making */
    struct fg_kept_block **kept; /* by start, of those of one start by id */
    size_t hours_len, kept_len;
};
void fg_series_look(struct fg_series *series, struct fg_series_look *out);
void fg_series_look_free(struct fg_series_look *look);
static inline void fg_series_look_drop(struct fg_series_look *look)
{
    fg_series_look_free(look);
}
