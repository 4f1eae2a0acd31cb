/* read.h - files of others, to series.
 *
 *     bytes --READ--> set of series, or "demand.csv:17: value: `x`, expected a number"
 *
 * Input is hostile: sizes are bounded, nothing is believed, and what is refused is refused with its line.
 * Pure: bytes in, values out.
 *
 * | format | what it is |
 * |---|---|
 * | csv | columns series, time, value in any order; docs/forecast.md |
 * | m4 | the wide files of the M4 competition: a series a line, its name, then its values |
 * | prometheus | the answer of GET /api/v1/query_range: a matrix (Prometheus HTTP API, v1) |
 * | sacct | `sacct --parsable2` of Slurm, with its header line; what it means hour by hour is in ledger.h |
 * | jobs | our own: `fastgpu ps --all --json` |
 */
#pragma once

#include "demand/ledger.h"

/* Told what was passed over: "not used: user, nodes". */
typedef void fg_demand_note_fn(void *self, const char *text);

struct fg_demand_reading {
    const char *file_name; /* for messages */
    /* csv: the names of the columns; NULL: the usual ones (series or unique_id; time, ds, timestamp or date; value or y). */
    const char *series_column, *time_column, *value_column;
    int64_t
        step; /* microseconds, or index: values are averaged over so much; 0: as the file has them; not for m4 */
    fg_demand_note_fn *note; /* may be NULL */
    void *note_self;
};

/* Times are ISO 8601 (a date, or a date and hours, with a zone or in UTC), seconds since 1970 (100 million and more), or
 * an index. Lines may have any order; a file without a series column is one series, named as its value column. A moment
 * without a line is a gap, and so is an empty value. Returns 0; FG_EINVAL: a line that makes no sense, or a second value for
 * a moment (points.h); FG_ETOOBIG. */
[[nodiscard]] int fg_demand_read_csv(const struct fg_demand_reading *reading,
                                     const char *bytes,
                                     size_t len,
                                     struct fg_demand_set *set,
                                     struct fg_err *err);

/* Empty fields at the end of a line are no values, inside it they are gaps. Errors as above. */
[[nodiscard]] int fg_demand_read_m4(const struct fg_demand_reading *reading,
                                    const char *bytes,
                                    size_t len,
                                    struct fg_demand_set *set,
                                    struct fg_err *err);
/* The seasons of an M4 series, whose name begins with its frequency: H24 hours, D7 days, W weeks, M months, Q quarters. */
size_t fg_demand_m4_seasons(const char *name, uint32_t out[FG_DEMAND_SEASONS_MAX]);

/* A series is named by its labels, in the order in which the answer has them: {gpu="h100",job="x"}. NaN and Inf are gaps. */
[[nodiscard]] int fg_demand_read_prometheus(const struct fg_demand_reading *reading,
                                            const char *bytes,
                                            size_t len,
                                            struct fg_demand_set *set,
                                            struct fg_err *err);

/* Into a ledger that has nothing yet; it is closed before the hour of the newest moment in the file, which is not whole. Jobs without devices are
 * passed over. FG_EINVAL: a row that makes no sense; no demand at all; FG_ETOOBIG.
 *
 * sacct: Submit, Start, End and State are needed, and AllocTRES or ReqTRES; used if there: JobID (steps are passed over),
 * Eligible (before it nobody wanted the job to run), Account, Cluster (the region), Partition (the kind, where the devices
 * have no type). */
[[nodiscard]] int fg_demand_read_sacct(const struct fg_demand_reading *reading,
                                       const char *bytes,
                                       size_t len,
                                       struct fg_ledger *ledger,
                                       struct fg_err *err);
[[nodiscard]] int fg_demand_read_jobs(const struct fg_demand_reading *reading,
                                      const char *bytes,
                                      size_t len,
                                      struct fg_ledger *ledger,
                                      struct fg_err *err);
