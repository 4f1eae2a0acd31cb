/* job.h - for tests and benches: a job of one task that runs a script. */
#pragma once

#include "model/job.h"

static inline struct fg_job_spec test_job(const char *run)
{
    return (struct fg_job_spec){.name = "test",
                                .project = "default",
                                .run = run,
                                .setup = "",
                                .cwd = "",
                                .workdir = "",
                                .workdir_hash = "",
                                .reservation = "",
                                .idempotency_key = "",
                                .any_of = {{.cpu_milli = 1000}},
                                .any_of_len = 1,
                                .tasks = 1,
                                .grace_us = 500000,
                                .compute_density = -1,
                                .time_sensitivity = -1,
                                .memory_need = -1};
}
