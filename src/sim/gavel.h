/* gavel.h - what the Gavel experiments ran on: measured speeds of training jobs, and streams of such jobs.
 *
 *     bytes of simulation_throughputs.json --fg_gavel_table_read--> table  \
 *     bytes of a stream (CSV)              --fg_gavel_stream_read-> stream --> rounds_sim
 *
 * The data are those of stanford-futuredata/gavel (Narayanan et al., OSDI 2020): steps per second of 26 job types on
 * three kinds of GPU, for 1 to 8 GPUs a job, and for pairs of jobs that share their GPUs.
 * Input is hostile: every number is checked.  Pure: bytes in, values out.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_GAVEL_KINDS_MAX 8
#define FG_GAVEL_TYPES_MAX 512
#define FG_GAVEL_JOBS_MAX  1'000'000

struct fg_gavel_type {
    char name[FG_NAME_MAX]; /* "ResNet-18 (batch size 64)" */
    uint32_t devices;       /* that a job of this type takes */
    uint32_t place;         /* in the file, from 0 */
};

struct fg_gavel_table {
    char kinds[FG_GAVEL_KINDS_MAX][FG_KIND_MAX]; /* as the caller ordered them */
    uint32_t kinds_len;
    struct fg_gavel_type *types; /* owned; by name, then by devices */
    uint32_t types_len;
    double *alone; /* owned; [type * kinds_len + kind], steps per second; 0: cannot run there */
    double *
        paired; /* owned; [(type * types_len + other) * kinds_len + kind]: of the first, beside the other */
};

void fg_gavel_table_free(struct fg_gavel_table *table); /* back to zero */
static inline void fg_gavel_table_drop(struct fg_gavel_table *table)
{
    fg_gavel_table_free(table);
}

static inline double fg_gavel_alone(const struct fg_gavel_table *table,
                                    uint32_t type,
                                    uint32_t kind)
{
    return table->alone[(size_t)type * table->kinds_len + kind];
}

static inline double fg_gavel_paired(const struct fg_gavel_table *table,
                                     uint32_t type,
                                     uint32_t other,
                                     uint32_t kind)
{
    return table->paired[((size_t)type * table->types_len + other) * table->kinds_len + kind];
}

/* Read the speeds on table->kinds, which the caller has set, into `*table` (zeroed but for them).
 * {"v100": {"('A3C', 1)": {"null": 7.2, "('LM (batch size 5)', 1)": [4.1, 60.2]}}}
 * FG_EINVAL: "speeds.json: v100: ('A3C', 1): ..."; the table is empty then. */
[[nodiscard]] int fg_gavel_table_read(const char *bytes,
                                      size_t len,
                                      const char *file_name,
                                      struct fg_gavel_table *table,
                                      struct fg_err *err);

/* The number of a type, or -1. */
int fg_gavel_type_find(const struct fg_gavel_table *table,
                       const char *name,
                       size_t name_len,
                       uint32_t devices);

struct fg_gavel_job {
    double arrival; /* in units of the mean time between arrivals; in order */
    double steps;   /* of work */
    uint32_t type;
};

struct fg_gavel_stream {
    struct fg_gavel_job *jobs; /* owned */
    size_t jobs_len, jobs_room;
};

void fg_gavel_stream_free(struct fg_gavel_stream *stream); /* back to zero */
static inline void fg_gavel_stream_drop(struct fg_gavel_stream *stream)
{
    fg_gavel_stream_free(stream);
}

/* Read a CSV with the columns arrival_unit, job_type, scale_factor and total_steps (others are passed over) into
 * `*stream` (zeroed).  FG_EINVAL: "stream.csv:17: ..."; FG_ETOOBIG; the stream is empty then. */
[[nodiscard]] int fg_gavel_stream_read(const char *bytes,
                                       size_t len,
                                       const char *file_name,
                                       const struct fg_gavel_table *table,
                                       struct fg_gavel_stream *stream,
                                       struct fg_err *err);

/* The published streams themselves, drawn as Gavel's simulator draws them (Python's generator): 70 % of jobs take one
 * device, 10 % two, 15 % four, 5 % eight, if `is_multiple`, else all one; 80 % run 10^1.5 to 10^3 minutes on the first
 * kind of the table, 20 % 10^3 to 10^4; types are drawn from the table's, in its order.  FG_EINVAL: no type in it can be.
 * `*stream` is zeroed by the caller. */
[[nodiscard]] int fg_gavel_stream_draw(const struct fg_gavel_table *table,
                                       uint32_t seed,
                                       bool is_multiple,
                                       size_t jobs,
                                       struct fg_gavel_stream *stream,
                                       struct fg_err *err);
