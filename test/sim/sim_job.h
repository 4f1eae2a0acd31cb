/* sim_job.h - the job that the simulations of orders submit: one task on so many boards, for as long as the engine says. */
#pragma once

#include "model/job.h"

static inline struct fg_job_spec sim_board_job(uint32_t devices)
{
    return (struct fg_job_spec){
        .name = "sim",
        .project = "default",
        .run = "true",
        .setup = "",
        .cwd = "",
        .workdir = "",
        .workdir_hash = "",
        .idempotency_key = "",
        .any_of = {{.kind = "h100", .count = devices, .gpu_milli = 1000, .cpu_milli = 100}},
        .any_of_len = 1,
        .tasks = 1,
        .grace_us = 10'000'000,
        .retry_backoff_us = 1'000'000,
        .compute_density = -1,
        .time_sensitivity = -1,
        .memory_need = -1,
    };
}
