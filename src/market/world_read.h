/* world_read.h - the file of a market (docs/market.md) into a world.
 *
 *     prices: F.csv.gz                 columns as market.h says
 *     spot: [a.json, b.json]           {"metadata": {"gap_seconds": 600}, "data": [1, 0, ...]}: there when above 0
 *     terms: [{hours: 8760, price: 0.6}]
 *     history_months: 3                known before the first month that is paid
 *     classes:
 *       - {name: train, demand: jobs.csv, format: jobs, mean: 600, growth: 0.3, firm: 0.5,
 *          asked: V100, rate: {V100: 1, A100: 2.3}}
 *
 * `format: jobs` has columns timestamp, duration, num_gpus: the demand is what would run if nothing waited; `format: series`
 * is a table of demand (demand/read.h) of which `column` has the values, `time_column` the hours, and `series` is a
 * pattern of the names that are summed (earth_*_demand_gpus; all without).
 * Files are opened by the caller.  Input is hostile.
 */
#pragma once

#include "market/market.h"

/* A file that the market file names, whole and unpacked, in `arena`. */
typedef int fg_market_open_fn(void *self,
                              const char *path,
                              struct fg_arena *arena,
                              const char **out_bytes,
                              size_t *out_len,
                              struct fg_err *err);

struct fg_market_reading {
    const char *file_name; /* for messages */
    uint64_t seed;         /* of the weeks that are drawn */
    fg_market_open_fn *open;
    void *self;
};

/* Everything in `arena` (a gigabyte of address space suffices).  FG_EINVAL with file and line. */
[[nodiscard]] int fg_market_read(const struct fg_market_reading *reading,
                                 const char *bytes,
                                 size_t len,
                                 struct fg_arena *arena,
                                 struct fg_market_world *out,
                                 struct fg_err *err);

/* Demand by hour out of a table, see above.  `*out_len` hours in `arena`. */
[[nodiscard]] int fg_market_read_jobs(struct fg_arena *arena,
                                      const char *bytes,
                                      size_t len,
                                      const double **out,
                                      size_t *out_len,
                                      struct fg_err *err);

struct fg_market_series {
    const char *file_name;            /* for messages */
    const char *series;               /* NULL: all, summed */
    const char *column, *time_column; /* NULL: as demand/read.h finds them */
};
[[nodiscard]] int fg_market_read_series(struct fg_arena *arena,
                                        const struct fg_market_series *which,
                                        const char *bytes,
                                        size_t len,
                                        const double **out,
                                        size_t *out_len,
                                        struct fg_err *err);

/* A trace of spot machines (spot_trace.h) by hour: was there one at its first look? */
[[nodiscard]] int fg_market_read_spot(struct fg_arena *arena,
                                      const char *bytes,
                                      size_t len,
                                      struct fg_market_trace *out,
                                      struct fg_err *err);
