/* sampling.c - see sampling.h
 *
 * Who holds a device is written beside its readings, and what the devices of a job say is added up for the job: its power and joules, how
 * busy they are where its own tasks do not tell, and of devices that it holds whole what goes through their links and how much of
 * their processors works.
 */
#include "daemon/sampling.h"

#include "base/grow.h"
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX    1024
#define DEVICES_A_TURN 256

/* Of a device that a job holds whole, the job's; of parts nobody knows whose they are. */
static const enum fg_reading of_whole[] = {
    FG_READING_SM_ACTIVE,   FG_READING_SM_OCCUPANCY, FG_READING_TENSOR_ACTIVE,
    FG_READING_DRAM_ACTIVE, FG_READING_PCIE_TX,      FG_READING_PCIE_RX,
};

/* A device that somebody holds, and what it said last. */
struct held {
    fg_job_id job;   /* 0: several */
    int64_t time_us; /* 0: nothing yet */
    int64_t value[FG_READINGS_LEN];
    int64_t grown[FG_JOB_COUNTS_LEN]; /* in this turn; -1 unknown */
};

struct turn {
    const struct fg_control *control;
    const struct fg_sampling_sources *sources;
    struct fg_series *series;
    struct fg_job_counts *counts;
    struct fg_map *
        by_device; /* index of `held`; the key is where the device stands in memory: see key_of() */
    struct held *held;
    size_t held_len, held_room;
    struct share {
        struct fg_track job;
        size_t held;   /* SIZE_MAX: it has no device */
        int64_t milli; /* of the device */
    } * shares;        /* those of a job in a row */
    size_t shares_len, shares_room;
};

static void add(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = *sum < 0 ? value : *sum + value;
}

/* A description of a node is longer than it has devices, so each has an address in it of its own. */
static uint64_t key_of(const struct fg_node_spec *node, uint32_t device)
{
    _Static_assert(sizeof(*node) > FG_NODE_DEVICES_MAX, "an address for each device");
    return (uint64_t)(uintptr_t)node + device;
}

static void add_hold(struct turn *turn, const struct fg_hold *hold, size_t held)
{
    turn->shares =
        fg_grow(turn->shares, turn->shares_len, &turn->shares_room, sizeof(*turn->shares));
    turn->shares[turn->shares_len++] =
        (struct share){.job = {.job = hold->job, .project = hold->project},
                       .held = held,
                       .milli = hold->grant->gpu_milli};
}

static void hold_device(struct turn *turn, const struct fg_hold *hold, uint32_t device)
{
    uint64_t key = key_of(hold->node, device);
    uint32_t at;
    if (fg_map_get(turn->by_device, key, &at)) {
        if (turn->held[at].job != hold->job)
            turn->held[at].job = 0;
    } else {
        at = (uint32_t)turn->held_len;
        turn->held = fg_grow(turn->held, turn->held_len, &turn->held_room, sizeof(*turn->held));
        turn->held[turn->held_len++] = (struct held){.job = hold->job, .grown = {-1, -1, -1}};
        fg_map_put(turn->by_device, key, at);
    }
    add_hold(turn, hold, at);
}

static void take_hold(void *self, const struct fg_hold *hold)
{
    uint32_t devices = hold->is_guess ? 0 : hold->grant->devices;
    if (devices == 0)
        add_hold(self, hold, SIZE_MAX);
    for (uint32_t mask = devices; mask; mask &= mask - 1)
        hold_device(self, hold, (uint32_t)__builtin_ctz(mask));
}

/* -- devices --------------------------------------------------------------------------------------------------- */

static void add_device(struct turn *turn, const struct fg_device_sample *sample)
{
    const struct fg_node_spec *node = fg_control_node(turn->control, sample->node);
    struct fg_track track = {.device = FG_SERIES_MACHINE};
    int64_t values[FG_SERIES_COLUMNS];
    bool is_machine = sample->device == FG_DEVICE_CPU;
    int64_t grown[FG_JOB_COUNTS_LEN];
    uint32_t at;
    if (!node || (!is_machine && sample->device >= node->devices_len))
        return;
    snprintf(track.node, sizeof(track.node), "%s", node->name);
    snprintf(track.supplier, sizeof(track.supplier), "%s", node->supplier);
    memcpy(values, sample->value, sizeof(sample->value));
    values[FG_SERIES_CPU] = values[FG_SERIES_MEM] = values[FG_SERIES_HOLDER] = -1;
    if (!is_machine && turn->sources->read)
        turn->sources->read(turn->sources->self, node, sample);
    if (!is_machine) {
        const char *kind = node->devices[sample->device].kind;
        bool is_held = fg_map_get(turn->by_device, key_of(node, sample->device), &at);
        snprintf(track.device, sizeof(track.device), "%s-%u", kind, sample->device);
        snprintf(track.kind, sizeof(track.kind), "%s", kind);
        fg_job_counts_grown(turn->counts, fg_track_hash(&track), sample->value, grown);
        values[FG_SERIES_HOLDER] = is_held ? (int64_t)turn->held[at].job : 0;
        if (is_held) {
            struct held *held = &turn->held[at];
            held->time_us = sample->time_us;
            memcpy(held->value, sample->value, sizeof(held->value));
            for (size_t k = 0; k < FG_JOB_COUNTS_LEN; k++)
                add(&held->grown[k], grown[k]);
        }
    }
    (void)fg_series_add(turn->series, &track, sample->time_us,
                        values); /* it counts what it drops */
}

/* -- jobs ------------------------------------------------------------------------------------------------------- */

static void add_share(int64_t *sum, int64_t value, int64_t milli)
{
    add(sum, value < 0 ? -1 : value * milli / 1000);
}

static bool same_attempt(const struct fg_task_sample *a, const struct fg_task_sample *b)
{
    return a->key.job == b->key.job && a->key.attempt == b->key.attempt;
}

static void add_share_of(const struct held *held,
                         int64_t milli,
                         int64_t *values,
                         int64_t grown[FG_JOB_COUNTS_LEN])
{
    add_share(&values[FG_READING_POWER], held->value[FG_READING_POWER], milli);
    for (size_t k = 0; milli >= 1000 && k < sizeof(of_whole) / sizeof(of_whole[0]); k++)
        add(&values[of_whole[k]], held->value[of_whole[k]]);
    for (size_t k = 0; k < FG_JOB_COUNTS_LEN; k++)
        if (milli >= 1000 || fg_job_counted[k] == FG_READING_ENERGY)
            add_share(&grown[k], held->grown[k], milli);
}

/* The job from `first` on in the list of shares, which ends at the index returned: what its devices did, in `values`.  Where its
 * tasks told how busy the devices are with it, and how much of their memory it has, that is what counts. */
static size_t add_shares(const struct turn *turn,
                         size_t first,
                         int64_t *values,
                         int64_t *out_time_us)
{
    int64_t busy_milli = -1, mem_mib = -1, sums[FG_JOB_COUNTS_LEN];
    int64_t grown[FG_JOB_COUNTS_LEN] = {-1, -1, -1};
    fg_job_id job = turn->shares[first].job.job;
    size_t i = first;
    for (; i < turn->shares_len && turn->shares[i].job.job == job; i++) {
        const struct share *share = &turn->shares[i];
        if (share->held == SIZE_MAX || turn->held[share->held].time_us == 0)
            continue;
        const struct held *held = &turn->held[share->held];
        *out_time_us = held->time_us > *out_time_us ? held->time_us : *out_time_us;
        add_share_of(held, share->milli, values, grown);
        add_share(&busy_milli, held->value[FG_READING_BUSY], share->milli);
        add_share(&mem_mib, held->value[FG_READING_MEM_USED], share->milli);
    }
    if (values[FG_READING_BUSY] < 0)
        values[FG_READING_BUSY] = busy_milli;
    if (values[FG_READING_MEM_USED] < 0)
        values[FG_READING_MEM_USED] = mem_mib;
    fg_job_counts_add(turn->counts, job, grown, sums);
    for (size_t k = 0; *out_time_us && k < FG_JOB_COUNTS_LEN; k++)
        values[fg_job_counted[k]] = sums[k];
    return i;
}

/* The tasks of a gang are one row.  The engine reports them in a row. */
static size_t add_tasks(const struct fg_task_sample *samples,
                        size_t first,
                        size_t len,
                        int64_t *values)
{
    size_t i = first;
    for (; i < len && same_attempt(&samples[i], &samples[first]); i++) {
        add(&values[FG_SERIES_CPU], samples[i].cpu_milli);
        add(&values[FG_SERIES_MEM], samples[i].mem_mib);
        add(&values[FG_READING_BUSY], samples[i].gpu_milli);
        add(&values[FG_READING_MEM_USED], samples[i].gpu_mem_mib);
    }
    return i;
}

static void clear(int64_t *values)
{
    for (unsigned i = 0; i < FG_SERIES_COLUMNS; i++)
        values[i] = -1;
}

/* Jobs whose tasks tell of themselves; their shares are marked, so that they are not added again. */
static void take_tasks(struct turn *turn,
                       const struct fg_task_sample *samples,
                       size_t len,
                       struct fg_map *shares_of)
{
    int64_t values[FG_SERIES_COLUMNS];
    for (size_t i = 0; i < len;) {
        struct fg_track track = {.job = samples[i].key.job};
        int64_t time_us = samples[i].time_us, devices_us = 0;
        uint32_t first;
        clear(values);
        i = add_tasks(samples, i, len, values);
        if (fg_map_get(shares_of, track.job, &first)) {
            track = turn->shares[first].job;
            add_shares(turn, first, values, &devices_us);
            fg_map_put(shares_of, track.job, UINT32_MAX);
        }
        (void)fg_series_add(turn->series, &track, time_us, values);
    }
}

/* Jobs that hold devices and of whose tasks nothing is known now. */
static void take_silent(struct turn *turn, const struct fg_map *shares_of)
{
    int64_t values[FG_SERIES_COLUMNS];
    for (size_t i = 0; i < turn->shares_len;) {
        const struct fg_track *job = &turn->shares[i].job;
        int64_t time_us = 0;
        uint32_t first = 0;
        if (fg_map_get(shares_of, job->job, &first) && first == UINT32_MAX) {
            i++;
            continue;
        }
        clear(values);
        i = add_shares(turn, i, values, &time_us);
        if (time_us)
            (void)fg_series_add(turn->series, job, time_us, values);
    }
}

static void take_jobs(struct turn *turn, const struct fg_task_sample *samples, size_t len)
{
    FG_AUTO(fg_map) struct fg_map *shares_of = fg_map_new(turn->shares_len);
    for (size_t i = turn->shares_len; i-- > 0;)
        fg_map_put(shares_of, turn->shares[i].job.job, (uint32_t)i);
    take_tasks(turn, samples, len, shares_of);
    take_silent(turn, shares_of);
}

static size_t next_samples(const struct fg_sampling_sources *sources,
                           bool of_exporters,
                           struct fg_device_sample out[DEVICES_A_TURN])
{
    if (!of_exporters)
        return sources->ops->device_samples(sources->engine, out, DEVICES_A_TURN);
    return sources->exporters ? fg_exporters_take(sources->exporters, out, DEVICES_A_TURN) : 0;
}

static void take_devices(struct turn *turn,
                         const struct fg_sampling_sources *sources,
                         bool of_exporters,
                         struct fg_control *control,
                         int64_t now_us)
{
    struct fg_device_sample samples[DEVICES_A_TURN];
    for (size_t len = DEVICES_A_TURN; len == DEVICES_A_TURN;) {
        len = next_samples(sources, of_exporters, samples);
        for (size_t i = 0; i < len; i++)
            add_device(turn, &samples[i]);
        fg_control_read_devices(control, samples, len, now_us);
    }
}

void fg_sampling_take(const struct fg_sampling_sources *sources,
                      struct fg_control *control,
                      struct fg_series *series,
                      int64_t now_us)
{
    struct turn turn = {.control = control,
                        .sources = sources,
                        .series = series,
                        .counts = sources->counts,
                        .by_device = fg_map_new(0)};
    struct fg_task_sample samples[SAMPLES_MAX];
    size_t len;
    fg_control_each_hold(control, take_hold, &turn);
    take_devices(&turn, sources, false, control, now_us);
    take_devices(&turn, sources, true, control, now_us);
    len = sources->ops->task_samples(sources->engine, samples, SAMPLES_MAX);
    fg_control_read_tasks(control, samples, len, now_us);
    take_jobs(&turn, samples, len);
    fg_map_free(turn.by_device);
    free(turn.held);
    free(turn.shares);
}
