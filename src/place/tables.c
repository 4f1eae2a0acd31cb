/* tables.c - see tables.h
 *
 * Kinds that the mix does not tell apart share their tables; so do all of them when no request names a kind.
 */
#include "place/tables.h"
#include "place/worth.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREMIUM                                                                                \
    0.5 /* of a device, for a kind of which one device more is asked than there is */

/* -- CPU brackets ------------------------------------------------------------------------------- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The CPU sizes of the mix, each once; of too many every n-th. */
static void set_brackets(struct fg_place_tables *tables,
                         const struct fg_mix_type *types,
                         size_t len)
{
    uint32_t sizes[FG_MIX_TYPES_MAX + 1] = {};
    size_t count = 1;
    assert(len <= FG_MIX_TYPES_MAX);
    for (size_t i = 0; i < len; i++)
        sizes[count++] = types[i].cpu_milli;
    qsort(sizes, count, sizeof(sizes[0]), compare_u32);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (sizes[i] != sizes[kept - 1])
            sizes[kept++] = sizes[i];
    size_t every = (kept + FG_PLACE_BRACKETS_MAX - 1) / FG_PLACE_BRACKETS_MAX;
    for (size_t i = 0; i < kept; i += every)
        tables->brackets[tables->brackets_len++] = sizes[i];
}

static void index_brackets(struct fg_place_tables *tables)
{
    while (tables->brackets[tables->brackets_len - 1] >> tables->step_log2 >= FG_PLACE_STEPS)
        tables->step_log2++;
    for (uint64_t i = 0; i <= FG_PLACE_STEPS; i++)
        tables->bracket_at[i] =
            (uint8_t)fg_place_bracket_from(tables, 0, i << tables->step_log2);
}

/* -- shapes of kinds ------------------------------------------------------------------------------ */

static bool is_same_shape(const struct fg_mix_type *types, size_t len, uint64_t a, uint64_t b)
{
    for (size_t i = 0; i < len; i++)
        if (((types[i].kinds & a) == 0) != ((types[i].kinds & b) == 0))
            return false;
    return true;
}

static void set_shapes(struct fg_place_tables *tables,
                       const struct fg_mix_type *types,
                       size_t len,
                       size_t kinds_len)
{
    for (uint32_t kind = 0; kind < kinds_len; kind++) {
        uint32_t shape = 0;
        while (shape < tables->shapes_len
               && !is_same_shape(types, len, 1ULL << kind, tables->shape_kinds[shape]))
            shape++;
        if (shape == tables->shapes_len)
            tables->shape_kinds[tables->shapes_len++] = 1ULL << kind;
        tables->shape_of_kind[kind] = shape;
    }
}

/* -- the numbers ---------------------------------------------------------------------------------- */

struct place {
    uint32_t cpu_milli;
    uint64_t kind;
    double scarcity; /* of its shape */
};

/* Is even an untouched device of this place of no use to the type? */
static bool is_lost(const struct fg_mix_type *type, struct place place)
{
    return type->count == 0 || !(type->kinds & place.kind) || type->cpu_milli > place.cpu_milli;
}

static void fill_frag(const struct fg_mix_type *types,
                      size_t len,
                      struct place place,
                      struct fg_place_cell cells[FG_PLACE_SIZES])
{
    uint32_t lost = 0, smaller[FG_PLACE_SIZES] =
                           {}; /* weight of those that a leftover is too small for */
    for (size_t i = 0; i < len; i++) {
        uint32_t wanted = types[i].count == 1 ? types[i].gpu_milli : FG_WHOLE_MILLI;
        if (is_lost(&types[i], place))
            lost += types[i].weight;
        else
            smaller[wanted] += types[i].weight;
    }
    for (uint32_t left = FG_PLACE_SIZES; left-- > 0;) {
        cells[left].frag = (int32_t)(left * lost);
        lost += smaller[left];
    }
}

static void fill_multi(const struct fg_mix_type *types,
                       size_t len,
                       struct place place,
                       int32_t multi[FG_NODE_DEVICES_MAX + 1])
{
    for (uint32_t whole = 0; whole <= FG_NODE_DEVICES_MAX; whole++) {
        uint32_t lost = 0;
        for (size_t i = 0; i < len; i++)
            if (types[i].count > whole && types[i].count > 1 && !is_lost(&types[i], place))
                lost += types[i].weight;
        multi[whole] = (int32_t)(FG_WHOLE_MILLI * whole * lost);
    }
}

static void fill_dead(const struct fg_mix_type *types,
                      size_t len,
                      struct place place,
                      const double worth[FG_PLACE_SIZES],
                      struct fg_place_cell cells[FG_PLACE_SIZES])
{
    double usable[FG_PLACE_SIZES] = {}, best[FG_PLACE_SIZES];
    for (size_t i = 0; i < len; i++) {
        uint32_t size = types[i].count > 1 ? FG_WHOLE_MILLI : types[i].gpu_milli;
        if (!is_lost(&types[i], place))
            usable[size] = worth[size];
    }
    fg_worth_of_leftovers(usable, best);
    for (uint32_t left = 0; left < FG_PLACE_SIZES; left++) {
        double premium = left < FG_WHOLE_MILLI ? place.scarcity / 2 : place.scarcity;
        cells[left].dead = (int32_t)lround(FG_DEAD_ONE * (left - (1 + premium) * best[left]));
    }
}

/* -- what kinds are worth --------------------------------------------------------------------------- */

static double devices_of(const struct fg_mix_type *type)
{
    return type->asked * type->count * type->gpu_milli;
}

static double count_devices(const uint32_t devices[FG_POOL_KINDS_MAX], uint64_t kinds)
{
    double sum = 0;
    for (size_t kind = 0; kind < FG_POOL_KINDS_MAX; kind++)
        sum += kinds >> kind & 1 ? devices[kind] : 0;
    return sum;
}

/* A shape's pressure is what would be asked of each of its devices if all types together asked for all devices there
 * are, and each spread that over those that will do.  What exceeds the least pressure is scarcity, 0..1. */
static void find_scarcity(const struct fg_place_tables *tables,
                          const struct fg_mix_type *types,
                          size_t len,
                          const uint32_t devices[FG_POOL_KINDS_MAX],
                          double out[FG_POOL_KINDS_MAX])
{
    double pressure[FG_POOL_KINDS_MAX] = {}, asked = 0, least = INFINITY;
    double all = count_devices(devices, UINT64_MAX);
    for (size_t i = 0; i < len; i++)
        asked += devices_of(&types[i]);
    for (size_t i = 0; i < len; i++) {
        double fitting = count_devices(devices, types[i].kinds);
        if (!(fitting > 0) || !(asked > 0))
            continue;
        double each = devices_of(&types[i]) / asked * all / fitting;
        for (uint32_t shape = 0; shape < tables->shapes_len; shape++)
            pressure[shape] += types[i].kinds & tables->shape_kinds[shape] ? each : 0;
    }
    for (uint32_t shape = 0; shape < tables->shapes_len; shape++)
        least = fmin(least, pressure[shape]);
    for (uint32_t shape = 0; shape < tables->shapes_len; shape++)
        out[shape] = fmin(PREMIUM * (pressure[shape] - least), 1);
}

static void fill(struct fg_place_tables *tables,
                 const struct fg_mix_type *types,
                 size_t len,
                 const uint32_t devices[FG_POOL_KINDS_MAX])
{
    double worth[FG_PLACE_SIZES], scarcity[FG_POOL_KINDS_MAX];
    fg_worth_of_shares(types, len, worth);
    find_scarcity(tables, types, len, devices, scarcity);
    for (uint32_t bracket = 0; bracket < tables->brackets_len; bracket++)
        for (uint32_t shape = 0; shape < tables->shapes_len; shape++) {
            size_t at = bracket * tables->shapes_len + shape;
            struct place place = {tables->brackets[bracket], tables->shape_kinds[shape],
                                  scarcity[shape]};
            fill_frag(types, len, place, tables->cells + at * FG_PLACE_SIZES);
            fill_dead(types, len, place, worth, tables->cells + at * FG_PLACE_SIZES);
            fill_multi(types, len, place, tables->multi + at * (FG_NODE_DEVICES_MAX + 1));
        }
}

/* CPU that a device typically comes with. */
static void set_cpu_per_gpu(struct fg_place_tables *tables,
                            const struct fg_mix_type *types,
                            size_t len)
{
    double cpu = 0, gpu = 0;
    for (size_t i = 0; i < len; i++) {
        cpu += types[i].count ? types[i].asked * types[i].cpu_milli : 0;
        gpu += types[i].asked * types[i].count * types[i].gpu_milli;
    }
    if (gpu > 0)
        tables->cpu_per_gpu_milli = (uint32_t)(cpu * FG_WHOLE_MILLI / gpu);
    if (tables->cpu_per_gpu_milli)
        tables->dead_per_cpu =
            ((uint64_t)FG_DEAD_ONE * FG_WHOLE_MILLI << 20) / tables->cpu_per_gpu_milli;
}

struct fg_place_tables *fg_place_tables_new(const struct fg_mix_type *types,
                                            size_t len,
                                            const uint32_t devices[FG_POOL_KINDS_MAX],
                                            size_t kinds_len)
{
    struct fg_place_tables *tables = calloc(1, sizeof(*tables));
    if (!tables)
        abort();
    set_brackets(tables, types, len);
    index_brackets(tables);
    set_shapes(tables, types, len, kinds_len);
    set_cpu_per_gpu(tables, types, len);
    size_t count = (size_t)tables->brackets_len * tables->shapes_len + 1;
    tables->cells = calloc(count * FG_PLACE_SIZES, sizeof(tables->cells[0]));
    tables->multi = calloc(count * (FG_NODE_DEVICES_MAX + 1), sizeof(tables->multi[0]));
    if (!tables->cells || !tables->multi)
        abort();
    fill(tables, types, len, devices);
    for (int fall = -FG_PLACE_SIGMOID_MAX; fall <= FG_PLACE_SIGMOID_MAX; fall++)
        tables->sigmoid[fall + FG_PLACE_SIGMOID_MAX] =
            (int8_t)floor(100 / (1 + exp(-fall / (double)FG_WHOLE_MILLI)));
    return tables;
}

void fg_place_tables_free(struct fg_place_tables *tables)
{
    if (!tables)
        return;
    free(tables->cells);
    free(tables->multi);
    free(tables);
}
