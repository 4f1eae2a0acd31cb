/* judge.c - readings, holds and the look; see judge.h */
#include "judge/judge_inner.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STALE_US     INT64_C(60000000)   /* who has not been read for so long is unknown */
#define GONE_US      INT64_C(3600000000) /* ... and forgotten */
#define SMOOTH_US    INT64_C(30000000)   /* the most that readings are smoothed over */
#define SMOOTH_PARTS 30                  /* of the time after which idle is waste */

struct fg_judge *fg_judge_new(void)
{
    struct fg_judge *judge = calloc(1, sizeof(*judge));
    if (!judge)
        abort();
    judge->by_device = fg_map_new(64);
    judge->by_task = fg_map_new(64);
    judge->by_attempt = fg_map_new(64);
    judge->usage = fg_usage_new();
    return judge;
}

void fg_judge_free(struct fg_judge *judge)
{
    if (!judge)
        return;
    fg_map_free(judge->by_device);
    fg_map_free(judge->by_task);
    fg_map_free(judge->by_attempt);
    fg_usage_free(judge->usage);
    free(judge->devices);
    free(judge->tasks);
    free(judge->wastes);
    free(judge->holds);
    free(judge->seats);
    free(judge);
}

/* -- readings -------------------------------------------------------------------------------------------------- */

static uint64_t device_key(fg_node_id node, uint32_t device)
{
    return (uint64_t)node * FG_NODE_DEVICES_MAX + device + 1;
}

static struct device *device_of(struct fg_judge *judge,
                                const struct fg_node_spec *node,
                                fg_node_id node_id,
                                uint32_t index)
{
    uint64_t key = device_key(node_id, index);
    uint32_t at;
    if (fg_map_get(judge->by_device, key, &at)
        && strcmp(judge->devices[at].node, node->name) == 0)
        return &judge->devices[at];
    if (!fg_map_get(judge->by_device, key, &at)) {
        judge->devices = fg_grow(judge->devices, judge->devices_len, &judge->devices_room,
                                 sizeof(*judge->devices));
        at = (uint32_t)judge->devices_len++;
        fg_map_put(judge->by_device, key, at);
    }
    struct device *device = &judge->devices[at];
    *device = (struct device){.key = key, .index = index, .busy_milli = -1, .clock_mhz = -1};
    snprintf(device->kind, sizeof(device->kind), "%s", node->devices[index].kind);
    snprintf(device->node, sizeof(device->node), "%s", node->name);
    snprintf(device->supplier, sizeof(device->supplier), "%s", node->supplier);
    return device;
}

/* Fades with the time constant `smooth_us`. */
static void smooth(double *mean, int64_t value, int64_t since_us, int64_t smooth_us)
{
    if (value < 0)
        *mean = -1;
    else if (*mean < 0)
        *mean = (double)value;
    else if (since_us > 0)
        *mean += ((double)value - *mean) * (double)since_us / (double)(smooth_us + since_us);
}

/* At first over what there is: one wild reading at the beginning is to weigh no more than a later one. */
static int64_t smooth_us(const struct device *device, const struct fg_judge_rules *rules)
{
    int64_t part_us = rules->idle_us / SMOOTH_PARTS + 1;
    int64_t age_us = device->read_us - device->first_us;
    part_us = part_us < SMOOTH_US ? part_us : SMOOTH_US;
    return age_us < part_us ? age_us : part_us;
}

static void mark_idle(struct device *device, const struct fg_judge_rules *rules)
{
    if (device->busy_milli < 0 || device->busy_milli >= 2 * (double)rules->idle_busy_milli)
        device->idle_us = 0;
    else if (device->idle_us == 0 && device->busy_milli < (double)rules->idle_busy_milli)
        device->idle_us = device->read_us;
}

void fg_judge_device(struct fg_judge *judge,
                     const struct fg_judge_rules *rules,
                     const struct fg_node_spec *node,
                     fg_node_id node_id,
                     const struct fg_device_sample *sample)
{
    if (sample->device >= node->devices_len)
        return;
    struct device *device = device_of(judge, node, node_id, sample->device);
    int64_t since_us = sample->time_us - device->read_us;
    if (since_us > STALE_US) {
        device->busy_milli = device->clock_mhz = -1;
        device->idle_us = 0;
        device->first_us = sample->time_us;
    }
    device->read_us = sample->time_us;
    int64_t over_us = smooth_us(device, rules);
    smooth(&device->busy_milli, sample->value[FG_READING_BUSY], since_us, over_us);
    smooth(&device->clock_mhz, sample->value[FG_READING_SM_CLOCK], since_us, over_us);
    device->temp_c = sample->value[FG_READING_TEMP];
    device->slowdown = sample->value[FG_READING_SLOWDOWN];
    device->limit_mw = sample->value[FG_READING_POWER_LIMIT];
    mark_idle(device, rules);
    fg_judge_note_device(device, rules, sample);
}

/* -- holds ------------------------------------------------------------------------------------------------------- */

void fg_judge_hold(struct fg_judge *judge, const struct fg_judge_hold *hold)
{
    judge->holds =
        fg_grow(judge->holds, judge->holds_len, &judge->holds_room, sizeof(*judge->holds));
    judge->holds[judge->holds_len] = *hold;
    for (uint32_t mask = hold->grant->devices; mask; mask &= mask - 1) {
        uint64_t key = device_key(hold->grant->node, (uint32_t)__builtin_ctz(mask));
        struct seat seat = {.hold = judge->holds_len, .device = NONE};
        uint32_t at;
        if (!hold->is_guess && fg_map_get(judge->by_device, key, &at))
            seat.device = at;
        judge->seats =
            fg_grow(judge->seats, judge->seats_len, &judge->seats_room, sizeof(*judge->seats));
        judge->seats[judge->seats_len++] = seat;
    }
    judge->holds_len++;
}

const struct device *fg_judge_seen(const struct fg_judge *judge, const struct seat *seat)
{
    const struct device *device = seat->device == NONE ? NULL : &judge->devices[seat->device];
    bool is_known =
        device && device->busy_milli >= 0 && judge->now_us - device->read_us <= STALE_US;
    return is_known ? device : NULL;
}

int64_t fg_judge_idle_us(const struct fg_judge *judge, const struct seat *seat)
{
    const struct device *device = fg_judge_seen(judge, seat);
    int64_t begun_us = judge->holds[seat->hold].begun_us;
    if (!device || device->idle_us == 0)
        return 0;
    return device->idle_us > begun_us ? device->idle_us : begun_us;
}

bool fg_judge_is_long(const struct looking *looking, const struct seat *seat)
{
    int64_t idle_us = fg_judge_idle_us(looking->judge, seat);
    return idle_us != 0 && looking->judge->now_us - idle_us >= looking->rules->idle_us;
}

struct fg_alert fg_judge_about(enum fg_alert_cause cause,
                               const struct fg_judge_hold *hold,
                               uint64_t key)
{
    struct fg_alert alert = {.key = key,
                             .cause = cause,
                             .severity = fg_alert_causes[cause].severity,
                             .project = hold->project,
                             .job = hold->job,
                             .cost_uusd = -1,
                             .count = 1};
    snprintf(alert.user, sizeof(alert.user), "%s", hold->user);
    snprintf(alert.node, sizeof(alert.node), "%s", hold->node->name);
    fg_alert_hint(fg_alert_causes[cause].hint, hold->job, hold->node->name, alert.hint);
    return alert;
}

/* -- use ---------------------------------------------------------------------------------------------------------- */

/* A device for the time since the last look, `milli` thousandths of it held. */
static struct fg_usage_part part_of(const struct device *device,
                                    int64_t since_us,
                                    int64_t milli,
                                    bool is_waste)
{
    int64_t part_us = since_us * milli / 1000;
    return (struct fg_usage_part){.could_us = part_us,
                                  .held_us = part_us,
                                  .busy_us =
                                      (int64_t)((double)part_us * device->busy_milli / 1000),
                                  .idle_us = is_waste ? part_us : 0};
}

static void use_of_device(struct fg_judge *judge,
                          const struct device *device,
                          const struct fg_usage_part *part)
{
    fg_usage_add(judge->usage, FG_USAGE_NODE, device->node, part);
    fg_usage_add(judge->usage, FG_USAGE_CLASS, device->kind, part);
    fg_usage_add(judge->usage, FG_USAGE_SUPPLIER, device->supplier, part);
}

static void count_use(const struct looking *looking)
{
    struct fg_judge *judge = looking->judge;
    int64_t since_us = judge->last_us ? judge->now_us - judge->last_us : 0;
    fg_usage_look(judge->usage, judge->now_us);
    for (size_t i = 0; i < judge->devices_len; i++) {
        const struct device *device =
            fg_judge_seen(judge, &(struct seat){.hold = 0, .device = i});
        if (!device)
            continue;
        struct fg_usage_part part = part_of(device, since_us, 1000, false);
        part.held_us = 0;
        use_of_device(judge, device, &part);
    }
    for (size_t i = 0; i < judge->seats_len; i++) {
        const struct seat *seat = &judge->seats[i];
        const struct fg_judge_hold *hold = &judge->holds[seat->hold];
        const struct device *device = fg_judge_seen(judge, seat);
        if (!device)
            continue;
        struct fg_usage_part part =
            part_of(device, since_us, hold->grant->gpu_milli, fg_judge_is_long(looking, seat));
        fg_usage_add(judge->usage, FG_USAGE_PROJECT, hold->project_name, &part);
        part.could_us = part.busy_us = 0; /* they were counted with the device */
        use_of_device(judge, device, &part);
    }
}

const struct fg_usage *fg_judge_usage(const struct fg_judge *judge)
{
    return judge->usage;
}

/* -- the look ------------------------------------------------------------------------------------------------------ */

static void forget_devices(struct fg_judge *judge)
{
    for (size_t i = judge->devices_len; i-- > 0;) {
        struct device *device = &judge->devices[i], *last;
        if (judge->now_us - device->read_us < GONE_US)
            continue;
        last = &judge->devices[--judge->devices_len];
        fg_map_del(judge->by_device, device->key);
        if (device == last)
            continue;
        *device = *last;
        fg_map_put(judge->by_device, device->key, (uint32_t)i);
    }
}

void fg_judge_look(struct fg_judge *judge,
                   const struct fg_judge_rules *rules,
                   int64_t now_us,
                   const struct fg_judge_out *out)
{
    struct looking looking = {.judge = judge, .rules = rules, .out = out};
    judge->now_us = now_us;
    judge->look++;
    count_use(&looking);
    for (size_t i = 0, next; i < judge->seats_len; i = next) {
        fg_job_id job = judge->holds[judge->seats[i].hold].job;
        for (next = i + 1;
             next < judge->seats_len && judge->holds[judge->seats[next].hold].job == job;)
            next++;
        fg_judge_waste(&looking, &judge->seats[i], next - i);
        fg_judge_straggler(&looking, &judge->seats[i], next - i);
    }
    fg_judge_twins(&looking);
    fg_judge_memory(&looking);
    fg_judge_tell_waste(&looking);
    judge->holds_len = judge->seats_len = 0;
    judge->last_us = now_us;
    forget_devices(judge);
}
