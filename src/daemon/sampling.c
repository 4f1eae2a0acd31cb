/* sampling.c - see sampling.h */
#include "daemon/sampling.h"

#include <stdio.h>

#define SAMPLES_MAX    1024
#define DEVICES_A_TURN 256

static void add(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = *sum < 0 ? value : *sum + value;
}

static bool same_attempt(const struct fg_task_sample *a, const struct fg_task_sample *b)
{
    return a->key.job == b->key.job && a->key.attempt == b->key.attempt;
}

/* The tasks of a gang are one curve.  The engine reports them in a row. */
static void take_jobs(const struct fg_engine_ops *ops,
                      struct fg_engine *engine,
                      struct fg_series *series)
{
    struct fg_task_sample samples[SAMPLES_MAX];
    size_t len = ops->task_samples(engine, samples, SAMPLES_MAX);
    for (size_t i = 0; i < len;) {
        struct fg_job_point point = {.time_us = samples[i].time_us,
                                     .cpu_milli = -1,
                                     .mem_mib = -1,
                                     .gpu_milli = -1,
                                     .gpu_mem_mib = -1};
        size_t first = i;
        for (; i < len && same_attempt(&samples[i], &samples[first]); i++) {
            add(&point.cpu_milli, samples[i].cpu_milli);
            add(&point.mem_mib, samples[i].mem_mib);
            add(&point.gpu_milli, samples[i].gpu_milli);
            add(&point.gpu_mem_mib, samples[i].gpu_mem_mib);
        }
        fg_series_add_job(series, samples[first].key.job, &point);
    }
}

static void add_device(const struct fg_control *control,
                       struct fg_series *series,
                       const struct fg_device_sample *sample)
{
    const struct fg_node_spec *node = fg_control_node(control, sample->node);
    char name[FG_KIND_MAX + 16] = "cpu";
    bool is_machine = sample->device == FG_DEVICE_CPU;
    if (!node || (!is_machine && sample->device >= node->devices_len))
        return;
    if (!is_machine)
        snprintf(name, sizeof(name), "%s-%u", node->devices[sample->device].kind,
                 sample->device);
    fg_series_add_device(
        series, node->name, name,
        &(struct fg_device_point){.time_us = sample->time_us,
                                  .busy_milli = sample->value[FG_READING_BUSY],
                                  .mem_mib = sample->value[FG_READING_MEM_USED],
                                  .power_mw = sample->value[FG_READING_POWER],
                                  .temp_c = sample->value[FG_READING_TEMP]});
}

static void take_devices(const struct fg_engine_ops *ops,
                         struct fg_engine *engine,
                         struct fg_control *control,
                         struct fg_series *series,
                         int64_t now_us)
{
    struct fg_device_sample samples[DEVICES_A_TURN];
    size_t len = DEVICES_A_TURN;
    while (len == DEVICES_A_TURN) {
        len = ops->device_samples(engine, samples, DEVICES_A_TURN);
        for (size_t i = 0; i < len; i++)
            add_device(control, series, &samples[i]);
        fg_control_read_devices(control, samples, len, now_us);
    }
}

void fg_sampling_take(const struct fg_engine_ops *ops,
                      struct fg_engine *engine,
                      struct fg_control *control,
                      struct fg_series *series,
                      int64_t now_us)
{
    take_jobs(ops, engine, series);
    take_devices(ops, engine, control, series, now_us);
}
