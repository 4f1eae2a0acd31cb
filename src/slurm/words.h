/* words.h - the small change of Slurm's text output: GRES, sizes, host lists, "Key=value" lines.
 *
 * What Slurm prints is untrusted: other users choose job names, node reasons and comments.  Nothing here allocates, every
 * count is bounded, and what is not understood is said to be so.
 */
#pragma once

#include "base/rows.h"
#include "model/limits.h"

#define FG_SLURM_GRES_MAX 8 /* kinds of accelerators of one node */

struct fg_slurm_gres {
    char type[FG_KIND_MAX]; /* "h100" as Slurm writes it; "" untyped */
    uint32_t count;
};

/* "gpu:h100:8(S:0-1),gpu:2", "gres/gpu:h100=2,cpu=4", "gres:gpu:h100:2", "gpu:h100:2(IDX:0-1)", "(null)", "N/A".  Only
 * `gpu`; the same type twice is added up.  Returns how many types were written (at most FG_SLURM_GRES_MAX), -1: it cannot
 * be read. */
int fg_slurm_gres_parse(struct fg_field text, struct fg_slurm_gres out[FG_SLURM_GRES_MAX]);

/* "100M", "4G", "0", "1.5T", "2048" (MiB) in MiB.  false: no size. */
bool fg_slurm_mib_parse(struct fg_field text, uint64_t *out);

/* "90" (minutes), "5:30", "1:00:00", "2-03", "2-03:04:05"; "UNLIMITED", "NOT_SET", "N/A": -1. */
bool fg_slurm_time_parse(struct fg_field text, int64_t *out_us);

/* "2026-11-21T18:56:18" in the time zone of this process's TZ, UTC for us; "N/A", "Unknown": 0. */
bool fg_slurm_moment_parse(struct fg_field text, int64_t *out_us);

/* The hosts of "n[1-3,07],other": each is called for, at most `max`.  false: not a host list, too many, or a name of
 * FG_NAME_MAX bytes or more; those before the fault were called for. */
bool fg_slurm_hosts(struct fg_field list,
                    size_t max,
                    void (*each)(void *self, const char *name),
                    void *self);

/* How many elements "0-9,12,20-30:5%4" has, up to `max`; 1 if it is not a list. */
uint32_t fg_slurm_array_len(struct fg_field list, uint32_t max);
/* Whether it has `index`. */
bool fg_slurm_array_has(struct fg_field list, uint32_t index);

/* The next "Key=value" of a line of `scontrol -o`.  A value ends at a blank; what stands between is skipped.
 * false: the line is over. */
bool fg_slurm_pair_next(struct fg_field line,
                        size_t *at,
                        struct fg_field *key,
                        struct fg_field *value);

bool fg_slurm_same(struct fg_field field, const char *text); /* byte for byte */
/* A whole number from 0 to `max`, digits only. */
bool fg_slurm_count(struct fg_field field, uint64_t max, uint64_t *out);
