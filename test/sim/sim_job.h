/* sim_job.h - the job that the simulations of orders submit: one task on so many boards, for as long as the engine says. */
#pragma once

#include "test/job.h"

static inline struct fg_job_spec sim_board_job(uint32_t devices)
{
    struct fg_job_spec spec = test_job("true");
    spec.any_of[0] = (struct fg_request){
        .kind = "h100", .count = devices, .gpu_milli = 1000, .cpu_milli = 100};
    spec.grace_us = 10'000'000;
    spec.retry_backoff_us = 1'000'000;
    return spec;
}
