/* record.h - a recorded machine: what it and its accelerators said, as a text that can be replayed elsewhere.
 *
 *     # fastgpu record 1 of gpu-07, 2026-11-21T22:00:00Z
 *     device 0 kind=h100 id=GPU-6f1c share=mps expose=CUDA_VISIBLE_DEVICES mem_mib=81559 numa=0 island=0
 *     at 0.000 0 busy=370 power=310000 ...
 *     at 0.000 machine busy=7400 stall_io=12 ...
 *     end 60.000
 *
 * One line a reading of a device, in the order of time (seconds since the start); names and units are those of
 * model/reading.def, a reading that has no name there is passed over, one that is not told is unknown.  The fake NVIDIA
 * library plays the same lines.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "model/reading.h"
#include "model/resources.h"

#include <stddef.h>
#include <stdio.h>

#define FG_RECORD_POINTS_MAX 200000
#define FG_REPLAYED          "-replayed" /* the end of the kind of a device that is none */

struct fg_record_point {
    int64_t time_us; /* since the start */
    uint32_t device; /* FG_DEVICE_CPU: the machine itself */
    int64_t value[FG_READINGS_LEN];
};

struct fg_record {
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX];
    size_t devices_len;
    struct fg_record_point *points;
    size_t points_len;
    int64_t length_us; /* more than 0 */
};

void fg_record_free(struct fg_record *record); /* NULL is allowed */
FG_AUTO_DEFINE(fg_record)

/* Read one.  FG_EINVAL: "gpu.rec:3: ..."; FG_ETOOBIG: more than FG_RECORD_POINTS_MAX readings; NULL then. */
struct fg_record *fg_record_read(FILE *in, const char *in_name, struct fg_err *err);

/* Write its lines, in this order. */
void fg_record_write_head(FILE *out, const char *host, int64_t now_us);
void fg_record_write_device(FILE *out, size_t index, const struct fg_device_spec *device);
void fg_record_write_point(FILE *out, const struct fg_record_point *point);
void fg_record_write_end(FILE *out, int64_t length_us);

/* What device `index` (FG_DEVICE_CPU: the machine) said at that time, -1 what is unknown; after its end a recording begins again, and what only grows
 * goes on growing. */
void fg_record_at(const struct fg_record *record,
                  uint32_t index,
                  int64_t time_us,
                  int64_t out[FG_READINGS_LEN]);
