/* tres.h - what Slurm calls trackable resources: "cpu=16,mem=64G,gres/gpu:a100=4". */
#pragma once

#include "base/rows.h"
#include "model/limits.h"

/* What is not there, or is no number, is 0. */
struct fg_tres {
    int64_t gpus, cpus, mem_mib; /* of the whole job; not checked for bounds or sign */
    char kind[FG_KIND_MAX];      /* in small letters; "" where gpus have no type */
};

/* Of several types of devices the last counts. */
struct fg_tres fg_tres_read(struct fg_field field);
