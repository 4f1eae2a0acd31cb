/* mix.h - what is typically asked of the pool: request types and how often each comes.
 *
 * The fragmentation measure (Weng et al., "Beware of Fragmentation", USENIX ATC'23) and the policy `best` judge what is
 * left of a node by what typical requests could still do with it.  Memory of host and device is not part of a type.
 */
#pragma once

#include "base/auto.h"
#include "pool/pool.h"

#define FG_MIX_ONE       16384 /* the weights of a settled mix sum up to this (but for rounding) */
#define FG_MIX_TYPES_MAX 256 /* a settled mix keeps the most frequent ones */

struct fg_mix_type {
    uint64_t kinds; /* accelerators that will do; 0: CPU only */
    uint32_t count, gpu_milli, cpu_milli;
    uint32_t weight; /* of FG_MIX_ONE, once settled */
    double asked;    /* how often */
};

struct fg_mix;

struct fg_mix *fg_mix_new(void);      /* out of memory ends the process */
void fg_mix_free(struct fg_mix *mix); /* NULL is allowed */
FG_AUTO_DEFINE(fg_mix)
struct fg_mix *fg_mix_copy(const struct fg_mix *mix);

/* What is typical as long as nothing is known: jobs of 1, 2, 4 and 8 devices, and shares of a half and a
 * quarter; settled. */
void fg_mix_plain(struct fg_mix *mix);

/* It was asked `times` times (> 0). */
void fg_mix_add(struct fg_mix *mix, const struct fg_need *need, double times);

/* The most frequent types that are `cover` (0..1] of all that was asked get weights: they are what is typical.  Of equally
 * frequent ones the larger go first (CPU, share, devices, kinds).  More may be added afterwards, and settled again. */
void fg_mix_settle(struct fg_mix *mix, double cover);

/* The settled types, most frequent first, those without weight at the end; borrowed until the next call. */
const struct fg_mix_type *fg_mix_types(const struct fg_mix *mix, size_t *out_len);
