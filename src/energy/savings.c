/* savings.c - see savings.h */
#include "energy/savings.h"

#include "base/grow.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FNV_PRIME UINT64_C(0x100000001b3) /* FNV-1a */
#define FNV_BEGIN UINT64_C(0xcbf29ce484222325)

struct fg_savings {
    struct fg_saving *rows;
    size_t len, room;
    struct fg_map *index;
};

/* -- how much --------------------------------------------------------------------------------------------------- */

struct fg_saved fg_saved_by_cap(const struct fg_curve *curve, const struct fg_stretch *stretch)
{
    struct fg_saved saved = {};
    if (stretch->cap_mw >= curve->range.max_mw || !(stretch->rate > 0)
        || !fg_curve_is_based(curve) || !fg_curve_fits(curve, stretch->cap_mw, stretch->rate))
        return saved;
    const struct fg_curve_probe *full = &curve->probes[curve->len - 1];
    double share = fmin(1, stretch->rate / full->rate);
    double net_mj = (full->power_mw * share - stretch->power_mw) * stretch->seconds;
    saved.avoided_mj = net_mj > 0 ? (int64_t)net_mj : 0;
    saved.spent_mj = net_mj < 0 ? (int64_t)-net_mj : 0;
    saved.slowed_us = (int64_t)((1 - share) * stretch->seconds * 1e6);
    return saved;
}

struct fg_saved fg_saved_by_sleep(const struct fg_sleep_costs *costs,
                                  bool is_moving,
                                  int64_t time_us)
{
    int64_t less_mw = costs->idle_mw - costs->asleep_mw;
    if (is_moving)
        return (struct fg_saved){.spent_mj =
                                     (int64_t)((__int128)costs->move_mw * time_us / 1'000'000)};
    return (struct fg_saved){
        .avoided_mj = less_mw > 0 ? (int64_t)((__int128)less_mw * time_us / 1'000'000) : 0,
        .asleep_us = time_us};
}

/* -- the ledger ------------------------------------------------------------------------------------------------- */

struct fg_savings *fg_savings_new(void)
{
    struct fg_savings *savings = calloc(1, sizeof(*savings));
    if (!savings)
        abort();
    savings->index = fg_map_new(0);
    return savings;
}

void fg_savings_free(struct fg_savings *savings)
{
    if (!savings)
        return;
    fg_map_free(savings->index);
    free(savings->rows);
    free(savings);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * FNV_PRIME;
}

static uint64_t key_of(const struct fg_saving *saving)
{
    uint64_t hash = mix(mix(FNV_BEGIN, saving->job), (uint64_t)saving->day);
    hash = mix(mix(hash, saving->way), (uint32_t)saving->device);
    for (const char *at = saving->node; *at; at++)
        hash = mix(hash, (unsigned char)*at);
    return hash ? hash : 1;
}

static bool is_same(const struct fg_saving *a, const struct fg_saving *b)
{
    return a->job == b->job && a->day == b->day && a->way == b->way && a->device == b->device
           && strcmp(a->node, b->node) == 0;
}

void fg_savings_add(struct fg_savings *savings, const struct fg_saving *saving)
{
    uint32_t at;
    uint64_t key = key_of(saving);
    if (fg_map_get(savings->index, key, &at) && is_same(&savings->rows[at], saving)) {
        fg_saved_add(&savings->rows[at].sum, &saving->sum);
        return;
    }
    savings->rows =
        fg_grow(savings->rows, savings->len, &savings->room, sizeof(*savings->rows));
    savings->rows[savings->len] = *saving;
    fg_map_put(savings->index, key, (uint32_t)savings->len++);
}

size_t fg_savings_len(const struct fg_savings *savings)
{
    return savings->len;
}

const struct fg_saving *fg_savings_at(const struct fg_savings *savings, size_t index)
{
    return &savings->rows[index];
}

void fg_savings_clear(struct fg_savings *savings)
{
    fg_map_free(savings->index);
    savings->index = fg_map_new(0);
    savings->len = 0;
}
