/* power.c - see power.h */
#include "daemon/power.h"

#include <string.h>

#define STEP_MW   5000
#define SETTLE_US 2000000 /* at most, and half of a probe */

_Static_assert(FG_NODE_DEVICES_MAX <= FG_GOVERNOR_DEVICES_MAX, "it governs all of a machine");

struct holders {
    const struct fg_node_spec *node;
    uint64_t work[FG_NODE_DEVICES_MAX];
};

static uint64_t mix(uint64_t work, const char *kind)
{
    for (; *kind; kind++)
        work = (work ^ (unsigned char)*kind) * UINT64_C(0x100000001b3); /* FNV-1a */
    return work == 0 || work == FG_GOVERNOR_SHARED ? 1 : work;
}

static void take_hold(void *self, const struct fg_hold *hold)
{
    struct holders *holders = self;
    if (hold->node != holders->node)
        return;
    for (uint32_t mask = hold->grant->devices; mask; mask &= mask - 1) {
        uint32_t device = (uint32_t)__builtin_ctz(mask);
        bool is_alone =
            hold->grant->gpu_milli >= 1000 && hold->may_slow && !holders->work[device];
        holders->work[device] =
            is_alone ? mix(hold->work, hold->node->devices[device].kind) : FG_GOVERNOR_SHARED;
    }
}

static int64_t rate_of(const struct fg_device_sample *sample)
{
    int64_t busy = sample->value[FG_READING_BUSY], clock = sample->value[FG_READING_SM_CLOCK];
    return busy < 0 || clock < 0 ? -1 : busy * clock;
}

/* A device that cannot be set has its place all the same, and is left alone. */
static bool look(const struct fg_sampling_sources *sources,
                 const struct fg_node_spec *node,
                 uint32_t device,
                 uint64_t work,
                 struct fg_governed *out)
{
    struct fg_power_limits limits;
    struct fg_err err = {};
    const struct fg_device_sample *sample = &sources->here[device];
    *out = (struct fg_governed){.range = {1, 1, 1}, .power_mw = -1, .rate = -1};
    if (sample->time_us == 0
        || sources->ops->power_limits(sources->engine, node, device, &limits, &err) < 0)
        return false;
    *out = (struct fg_governed){.work = work,
                                .range = {limits.min_mw, limits.max_mw, STEP_MW},
                                .time_us = sample->time_us,
                                .power_mw = sample->value[FG_READING_POWER],
                                .rate = rate_of(sample)};
    return true;
}

void fg_power_keep(struct fg_power_keeper *keeper,
                   const struct fg_sampling_sources *sources,
                   const struct fg_control *control,
                   const struct fg_config *config)
{
    struct holders holders = {.node = fg_control_node(control, "")};
    struct fg_governed devices[FG_NODE_DEVICES_MAX];
    bool can_be_set[FG_NODE_DEVICES_MAX];
    int64_t caps_mw[FG_NODE_DEVICES_MAX];
    if ((config->energy_slowdown_percent == 0 && config->energy_budget_w == 0) || !holders.node)
        return;
    int64_t probe_us = config->energy_probe_s * 1000000;
    if (!keeper->governor)
        keeper->governor = fg_governor_new();
    fg_control_each_hold(control, take_hold, &holders);
    size_t len = holders.node->devices_len;
    for (uint32_t i = 0; i < len; i++)
        can_be_set[i] = look(sources, holders.node, i, holders.work[i], &devices[i]);
    fg_governor_step(keeper->governor,
                     &(struct fg_governor_terms){
                         .slowdown_milli = (uint32_t)config->energy_slowdown_percent * 10,
                         .budget_mw = config->energy_budget_w * 1000,
                         .probe_us = probe_us,
                         .settle_us = probe_us / 2 < SETTLE_US ? probe_us / 2 : SETTLE_US,
                     },
                     devices, len, caps_mw);
    for (uint32_t i = 0; i < len; i++)
        if (can_be_set[i])
            sources->ops->set_power_cap(sources->engine, holders.node, i, caps_mw[i]);
}

void fg_power_keeper_fini(struct fg_power_keeper *keeper)
{
    fg_governor_free(keeper->governor);
    keeper->governor = NULL;
}
