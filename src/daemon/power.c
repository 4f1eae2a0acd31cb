/* power.c - see power.h */
#include "daemon/power.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MW   5000
#define SETTLE_US 2000000 /* at most, and half of a probe */
#define FORGET_US 60000000
#define FNV_PRIME UINT64_C(0x100000001b3) /* FNV-1a */
#define FNV_BEGIN UINT64_C(0xcbf29ce484222325)

/* The work of devices, by id. */
struct holders {
    struct fg_map *index;
    struct holder {
        uint64_t work;
        fg_job_id job;
    } * items;
    size_t len, room;
};

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return hash == 0 || hash == FG_GOVERNOR_SHARED ? 1 : hash;
}

static uint64_t id_of(const struct fg_node_spec *node, uint32_t device)
{
    return mix((FNV_BEGIN ^ (device + 1)) * FNV_PRIME, node->name);
}

/* -- readings --------------------------------------------------------------------------------------------- */

void fg_power_read(void *keeper,
                   const struct fg_node_spec *node,
                   const struct fg_device_sample *sample)
{
    struct fg_power_keeper *self = keeper;
    uint64_t id = id_of(node, sample->device);
    uint32_t at;
    if (!self->reading_of)
        self->reading_of = fg_map_new(0);
    if (!fg_map_get(self->reading_of, id, &at)) {
        at = (uint32_t)self->readings_len;
        self->readings = fg_grow(self->readings, self->readings_len, &self->readings_room,
                                 sizeof(*self->readings));
        self->readings_len++;
        fg_map_put(self->reading_of, id, at);
    }
    self->readings[at] = (struct fg_power_reading){id, *sample};
}

static void forget_old(struct fg_power_keeper *keeper, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < keeper->readings_len; i++) {
        const struct fg_power_reading *reading = &keeper->readings[i];
        bool is_old = now_us - reading->sample.time_us > FORGET_US;
        if (is_old) {
            fg_map_del(keeper->reading_of, reading->id);
            continue;
        }
        if (kept != i) {
            keeper->readings[kept] = *reading;
            fg_map_put(keeper->reading_of, reading->id, (uint32_t)kept);
        }
        kept++;
    }
    keeper->readings_len = kept;
}

/* -- who works there -------------------------------------------------------------------------------------- */

static void take_device(struct holders *holders, const struct fg_hold *hold, uint32_t device)
{
    uint64_t id = id_of(hold->node, device), work = FG_GOVERNOR_SHARED;
    uint32_t at;
    if (fg_map_get(holders->index, id, &at)) {
        holders->items[at] = (struct holder){.work = FG_GOVERNOR_SHARED};
        return;
    }
    if (hold->grant->gpu_milli >= 1000 && hold->may_slow)
        work = mix(hold->work, hold->node->devices[device].kind);
    holders->items =
        fg_grow(holders->items, holders->len, &holders->room, sizeof(*holders->items));
    fg_map_put(holders->index, id, (uint32_t)holders->len);
    holders->items[holders->len++] = (struct holder){work, hold->job};
}

static void take_hold(void *self, const struct fg_hold *hold)
{
    for (uint32_t mask = hold->grant->devices; mask; mask &= mask - 1)
        take_device(self, hold, (uint32_t)__builtin_ctz(mask));
}

static struct holder holder_of(const struct holders *holders, uint64_t id)
{
    uint32_t at;
    return fg_map_get(holders->index, id, &at) ? holders->items[at] : (struct holder){};
}

/* -- turns ------------------------------------------------------------------------------------------------ */

static int64_t rate_of(const struct fg_device_sample *sample)
{
    int64_t busy = sample->value[FG_READING_BUSY], clock = sample->value[FG_READING_SM_CLOCK];
    return busy < 0 || clock < 0 ? -1 : busy * clock;
}

/* The devices that can be set now. */
struct governed {
    const struct fg_node_spec **nodes;
    uint32_t *numbers;
    struct fg_governed *devices;
    int64_t *caps_mw;
    size_t len;
};

static void *zeroed(size_t len, size_t size)
{
    void *items = calloc(len + 1, size);
    if (!items)
        abort();
    return items;
}

static void look(const struct fg_sampling_sources *sources,
                 const struct fg_control *control,
                 const struct fg_power_reading *reading,
                 struct holder holder,
                 struct governed *out)
{
    const struct fg_device_sample *sample = &reading->sample;
    const struct fg_node_spec *node = fg_control_node(control, sample->node);
    struct fg_power_limits limits;
    struct fg_err err = {};
    if (!node || sample->device >= node->devices_len
        || sources->ops->power_limits(sources->engine, node, sample->device, &limits, &err) < 0)
        return;
    out->nodes[out->len] = node;
    out->numbers[out->len] = sample->device;
    out->devices[out->len++] =
        (struct fg_governed){.id = reading->id,
                             .work = holder.work,
                             .job = holder.job,
                             .range = {limits.min_mw, limits.max_mw, STEP_MW},
                             .time_us = sample->time_us,
                             .power_mw = sample->value[FG_READING_POWER],
                             .rate = rate_of(sample)};
}

/* What caps saved the jobs since the turn before. */
static void note_savings(const struct fg_power_keeper *keeper,
                         struct fg_control *control,
                         const struct governed *governed)
{
    for (size_t i = 0; i < governed->len; i++) {
        const struct fg_node_spec *node = governed->nodes[i];
        struct fg_saving saving = {.way = FG_SAVING_CAP,
                                   .job = governed->devices[i].job,
                                   .device = (int32_t)governed->numbers[i],
                                   .sum = fg_governor_saved(keeper->governor, i)};
        snprintf(saving.node, sizeof(saving.node), "%s", node->name);
        snprintf(saving.kind, sizeof(saving.kind), "%s",
                 node->devices[governed->numbers[i]].kind);
        snprintf(saving.supplier, sizeof(saving.supplier), "%s", node->supplier);
        if (saving.job)
            fg_control_note_saving(control, &saving);
    }
}

static void govern(struct fg_power_keeper *keeper,
                   const struct fg_sampling_sources *sources,
                   const struct fg_config *config,
                   struct governed *governed)
{
    int64_t probe_us = config->energy_probe_s * 1000000;
    struct fg_governor_terms terms = {
        .slowdown_milli = (uint32_t)config->energy_slowdown_percent * 10,
        .budget_mw = config->energy_budget_w * 1000,
        .probe_us = probe_us,
        .settle_us = probe_us / 2 < SETTLE_US ? probe_us / 2 : SETTLE_US,
    };
    if (!keeper->governor)
        keeper->governor = fg_governor_new();
    fg_governor_step(keeper->governor, &terms, governed->devices, governed->len,
                     governed->caps_mw);
    for (size_t i = 0; i < governed->len; i++)
        sources->ops->set_power_cap(sources->engine, governed->nodes[i], governed->numbers[i],
                                    governed->caps_mw[i]);
}

void fg_power_keep(struct fg_power_keeper *keeper,
                   const struct fg_sampling_sources *sources,
                   struct fg_control *control,
                   const struct fg_config *config,
                   int64_t now_us)
{
    forget_old(keeper, now_us);
    if (config->energy_slowdown_percent == 0 && config->energy_budget_w == 0)
        return;
    struct holders holders = {.index = fg_map_new(0)};
    struct governed governed = {
        .nodes = zeroed(keeper->readings_len, sizeof(struct fg_node_spec *)),
        .numbers = zeroed(keeper->readings_len, sizeof(*governed.numbers)),
        .devices = zeroed(keeper->readings_len, sizeof(*governed.devices)),
        .caps_mw = zeroed(keeper->readings_len, sizeof(*governed.caps_mw))};
    fg_control_each_hold(control, take_hold, &holders);
    for (size_t i = 0; i < keeper->readings_len; i++)
        look(sources, control, &keeper->readings[i],
             holder_of(&holders, keeper->readings[i].id), &governed);
    govern(keeper, sources, config, &governed);
    note_savings(keeper, control, &governed);
    free((void *)governed.nodes);
    free(governed.numbers);
    free(governed.devices);
    free(governed.caps_mw);
    free(holders.items);
    fg_map_free(holders.index);
}

void fg_power_keeper_fini(struct fg_power_keeper *keeper)
{
    fg_governor_free(keeper->governor);
    fg_map_free(keeper->reading_of);
    free(keeper->readings);
    *keeper = (struct fg_power_keeper){};
}
