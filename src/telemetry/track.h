/* track.h - whose readings: a device of a node, or a job; and what is kept of each.
 *
 * A track is rows: a moment, and a value for each column, -1 where it is not known.  Its columns are the readings of
 * model/reading.def and three more.  All columns of a track share one column of times.
 */
#pragma once

#include "model/job.h"
#include "model/reading.h"
#include "telemetry/codec.h"

#define FG_SERIES_HOLDER                                                                       \
    FG_READINGS_LEN /* of a device: the job that holds it, 0 nobody or several */
#define FG_SERIES_CPU     (FG_READINGS_LEN + 1) /* of a job: cores in use, thousandths */
#define FG_SERIES_MEM     (FG_READINGS_LEN + 2) /* of a job: memory of its machines, MiB */
#define FG_SERIES_COLUMNS (FG_READINGS_LEN + 3)

/* Files have places for more columns than there are: readings from the first on, the others from the last, so that readings can be
 * added (at the end of model/reading.def) and files of before stay what they were. */
#define FG_SERIES_PLACES 64
_Static_assert(FG_SERIES_COLUMNS <= FG_SERIES_PLACES, "a place for each column");
static inline unsigned fg_series_place(unsigned column)
{
    return column < FG_READINGS_LEN ? column
                                    : FG_SERIES_PLACES - 1 - (column - FG_READINGS_LEN);
}

/* The device that stands for its machine. */
#define FG_SERIES_MACHINE "cpu"

struct fg_track {
    fg_job_id job;         /* 0: a device, which node and device name */
    fg_project_id project; /* of the job */
    char node[FG_NAME_MAX], device[FG_NAME_MAX];
    char kind[FG_KIND_MAX],
        supplier[FG_NAME_MAX]; /* of the device; "" unknown, this service's own */
};

/* Whose track it is: by job, node and device alone. */
int fg_track_compare(const struct fg_track *a, const struct fg_track *b);
uint64_t fg_track_hash(const struct fg_track *track);

void fg_track_put(struct fg_buf *out, const struct fg_track *track);
/* FG_EINVAL: no track stands there. */
[[nodiscard]] int fg_track_get(struct fg_bytes *in, struct fg_track *out);

/* "busy", "holder", "cpu".  NULL beyond the last. */
const char *fg_series_column_name(unsigned column);
/* The column of that name; FG_SERIES_COLUMNS: there is none. */
unsigned fg_series_column_find(const char *name);
const char *fg_series_column_unit(unsigned column);
/* It only grows: a counter. */
bool fg_series_column_counts(unsigned column);
