/* sampler.h - what running tasks and devices use, read every few seconds by a thread of its own. */
#pragma once

#include "engine/engine.h"
#include "engine/self_check.h"
#include "probe/probe.h"

#include <sys/types.h>

struct fg_sampler;

/* `probe` and `self_check` are borrowed, NULL: none. */
struct fg_sampler *fg_sampler_new(int64_t interval_us,
                                  struct fg_probe *probe,
                                  struct fg_self_check *self_check);
void fg_sampler_free(struct fg_sampler *sampler);

/* A task began, or ended.  `supervisor` is the process above all of its own. */
void fg_sampler_add(struct fg_sampler *sampler,
                    struct fg_task_key key,
                    pid_t supervisor,
                    uint32_t devices,
                    uint32_t gpu_milli);
void fg_sampler_remove(struct fg_sampler *sampler, struct fg_task_key key);

/* What the share of devices that a task holds had used at a moment, by the devices' own account. */
struct fg_energy_mark {
    int64_t mj;
    bool is_known;
    bool is_counted; /* by counters of the devices only, which go on while nobody looks */
    bool is_resumed; /* it is from before this sampler began */
};
/* As the task was added. */
struct fg_energy_mark fg_sampler_began(struct fg_sampler *sampler, struct fg_task_key key);
/* It was added once before, by another sampler, and began then. */
void fg_sampler_resume(struct fg_sampler *sampler,
                       struct fg_task_key key,
                       const struct fg_energy_mark *began);
/* What it has used since, in mJ; 0 unknown. */
int64_t fg_sampler_energy(struct fg_sampler *sampler, struct fg_task_key key);

/* Readings made since the last call; how many were written. */
size_t fg_sampler_tasks(struct fg_sampler *sampler, struct fg_task_sample *out, size_t max);
size_t fg_sampler_devices(struct fg_sampler *sampler, struct fg_device_sample *out, size_t max);

/* What watching costs, this thread and those of the probe together. */
void fg_sampler_cost(struct fg_sampler *sampler, struct fg_probe_cost *out);
