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

/* What a device of a kind is worth more, for each device that is asked of it beyond the least wanted kind and what may be
 * chance. */
#define PREMIUM 0.5
#define CHANCE  0.1

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

static void set_shapes(struct fg_place_tables *tables, const struct fg_demand *demand)
{
    for (uint32_t kind = 0; kind < demand->kinds_len; kind++) {
        uint32_t shape = 0;
        while (shape < tables->shapes_len
               && !fg_demand_is_same(demand, kind, tables->shape_kind[shape]))
            shape++;
        if (shape == tables->shapes_len)
            tables->shape_kind[tables->shapes_len++] = kind;
        tables->shape_of_kind[kind] = shape;
    }
}

/* -- the numbers ---------------------------------------------------------------------------------- */

struct place {
    uint32_t cpu_milli;
    uint64_t kind;
    double premium; /* that its devices are worth more than others, of a device */
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
        double premium = left < FG_WHOLE_MILLI ? place.premium / 2 : place.premium;
        cells[left].dead = (int32_t)lround(FG_DEAD_ONE * (left - (1 + premium) * best[left]));
    }
}

static void fill(struct fg_place_tables *tables, const struct fg_demand *demand, size_t typical)
{
    const struct fg_mix_type *types = demand->types;
    double worth[FG_PLACE_SIZES], scarcity[FG_POOL_KINDS_MAX];
    fg_worth_of_shares(types, typical, worth);
    fg_demand_scarcity(demand, scarcity);
    for (uint32_t bracket = 0; bracket < tables->brackets_len; bracket++)
        for (uint32_t shape = 0; shape < tables->shapes_len; shape++) {
            size_t at = bracket * tables->shapes_len + shape;
            uint32_t kind = tables->shape_kind[shape];
            struct place place = {
                .cpu_milli = tables->brackets[bracket],
                .kind = 1ULL << kind,
                .premium = fmin(PREMIUM * fmax(scarcity[kind] - CHANCE, 0), 1),
            };
            fill_frag(types, typical, place, tables->cells + at * FG_PLACE_SIZES);
            fill_dead(types, typical, place, worth, tables->cells + at * FG_PLACE_SIZES);
            fill_multi(types, typical, place, tables->multi + at * (FG_NODE_DEVICES_MAX + 1));
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

/* The most frequent types come first; those after the typical ones have no weight. */
static size_t count_typical(const struct fg_mix_type *types, size_t len)
{
    size_t typical = 0;
    while (typical < len && types[typical].weight > 0)
        typical++;
    return typical;
}

struct fg_place_tables *fg_place_tables_new(const struct fg_mix_type *types,
                                            size_t len,
                                            const struct fg_place_kind *kinds,
                                            size_t kinds_len)
{
    struct fg_place_tables *tables = calloc(1, sizeof(*tables));
    if (!tables)
        abort();
    struct fg_demand demand;
    fg_demand_init(&demand, types, len, kinds, kinds_len);
    size_t typical = count_typical(types, len);
    set_brackets(tables, types, typical);
    index_brackets(tables);
    set_shapes(tables, &demand);
    set_cpu_per_gpu(tables, types, typical);
    size_t count = (size_t)tables->brackets_len * tables->shapes_len + 1;
    tables->cells = calloc(count * FG_PLACE_SIZES, sizeof(tables->cells[0]));
    tables->multi = calloc(count * (FG_NODE_DEVICES_MAX + 1), sizeof(tables->multi[0]));
    if (!tables->cells || !tables->multi)
        abort();
    fill(tables, &demand, typical);
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
