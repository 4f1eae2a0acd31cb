/* tables.h - what is left of a node, judged by look-up.  Inside of place/ only.
 *
 * Two measures of a node, both in milli-devices, both "how much of what is idle here will stay idle":
 *
 * frag  the published one (FGD, section 4): for every typical request, what of the node's idle devices that request
 *       cannot use; averaged over the mix.  For requests of up to one device this is the sum of the leftovers smaller
 *       than the request, so it splits into one look-up a device; only requests of several devices count the untouched
 *       ones together.
 * dead  ours: a leftover's milli less what the best cut of typical shares out of it is worth (worth.h), plus the
 *       devices for which the node lacks CPU, at the typical CPU per device.  Of a scarce kind (scarcity.h) a leftover is
 *       worth more than it is, so that who can take another kind does; of a device already begun half as much more.
 *
 * Both depend on the node's CPU left only by its bracket: between two CPU sizes of the mix nothing changes.
 */
#pragma once

#include "place/scarcity.h"

#define FG_FRAG_ONE FG_MIX_ONE /* frag is in 1/16384 milli-devices */
#define FG_DEAD_ONE                                                                            \
    16 /* dead is in 1/16 milli-devices: the rounding of eight devices does not show */

/* Both measures of one device with a leftover. */
struct fg_place_cell {
    int32_t frag, dead;
};

#define FG_PLACE_BRACKETS_MAX 48
#define FG_PLACE_STEPS        4096
#define FG_PLACE_SIZES        (FG_WHOLE_MILLI + 1)
#define FG_PLACE_SIGMOID_MAX  8192 /* milli; beyond it the score does not change */

struct fg_place_tables {
    uint32_t brackets[FG_PLACE_BRACKETS_MAX]; /* CPU milli, rising; the first is 0 */
    uint32_t brackets_len;
    uint32_t step_log2;                        /* CPU milli */
    uint8_t bracket_at[FG_PLACE_STEPS + 1];    /* of CPU i << step_log2 */
    uint32_t shape_of_kind[FG_POOL_KINDS_MAX]; /* kinds of one shape share tables */
    uint32_t shapes_len;
    uint32_t shape_kind[FG_POOL_KINDS_MAX]; /* one kind of each shape */
    struct fg_place_cell *cells;            /* [bracket][shape][left_milli] */
    int32_t *multi;                         /* [bracket][shape][devices] */
    uint32_t cpu_per_gpu_milli;             /* CPU milli for 1000 milli-devices; 0 unknown */
    uint64_t dead_per_cpu;                  /* its inverse, in 2^-20 of dead */
    int8_t sigmoid[2 * FG_PLACE_SIGMOID_MAX + 1];
};

/* `types` of a settled mix, all; `kinds` of the pool. */
struct fg_place_tables *fg_place_tables_new(const struct fg_mix_type *types,
                                            size_t len,
                                            const struct fg_place_kind *kinds,
                                            size_t kinds_len);
void fg_place_tables_free(struct fg_place_tables *tables);

/* The last bracket at or below the CPU, from one known to be. */
static inline uint32_t fg_place_bracket_from(const struct fg_place_tables *tables,
                                             uint32_t from,
                                             uint64_t cpu_milli)
{
    while (from + 1 < tables->brackets_len && tables->brackets[from + 1] <= cpu_milli)
        from++;
    return from;
}

/* The bracket of a node's CPU left. */
static inline uint32_t fg_place_bracket(const struct fg_place_tables *tables,
                                        uint32_t cpu_milli_left)
{
    uint32_t step = cpu_milli_left >> tables->step_log2;
    uint32_t from = tables->bracket_at[step < FG_PLACE_STEPS ? step : FG_PLACE_STEPS];
    return fg_place_bracket_from(tables, from, cpu_milli_left);
}

/* Kinds that the mix does not tell apart have one shape. */
static inline uint32_t fg_place_shape(const struct fg_place_tables *tables, uint32_t kind)
{
    return tables->shape_of_kind[kind];
}

/* By left_milli, 0..1000; cell 0 is zero. */
static inline const struct fg_place_cell *fg_place_cells(const struct fg_place_tables *tables,
                                                         uint32_t bracket,
                                                         uint32_t shape)
{
    return tables->cells + ((size_t)bracket * tables->shapes_len + shape) * FG_PLACE_SIZES;
}

/* What frag adds for a node with so many untouched devices, by their number. */
static inline const int32_t *fg_place_multi(const struct fg_place_tables *tables,
                                            uint32_t bracket,
                                            uint32_t shape)
{
    size_t at = (size_t)bracket * tables->shapes_len + shape;
    return tables->multi + at * (FG_NODE_DEVICES_MAX + 1);
}

/* Devices that the node's CPU will not serve, in units of dead. */
static inline int32_t fg_place_starved(const struct fg_place_tables *tables,
                                       uint32_t gpu_milli_left,
                                       uint32_t cpu_milli_left)
{
    uint64_t wanted = (uint64_t)gpu_milli_left * tables->cpu_per_gpu_milli / FG_WHOLE_MILLI;
    if (wanted <= cpu_milli_left)
        return 0;
    return (int32_t)((wanted - cpu_milli_left) * tables->dead_per_cpu >> 20);
}

/* Published FGD score of a fall of frag (before - after): floor(100 / (1 + exp(-fall in devices))). */
static inline int32_t fg_place_sigmoid(const struct fg_place_tables *tables, int32_t fall)
{
    int32_t milli = fall >> 14; /* rounds down, also below 0 */
    _Static_assert(FG_FRAG_ONE == 1 << 14, "the shift above");
    if (milli > FG_PLACE_SIGMOID_MAX)
        milli = FG_PLACE_SIGMOID_MAX;
    return tables->sigmoid[milli < -FG_PLACE_SIGMOID_MAX ? 0 : milli + FG_PLACE_SIGMOID_MAX];
}
