/* job_file.h - what people write: YAML, JSON of the same shape, or a shell script with #SBATCH lines.
 *
 *     name: train
 *     resources: {accelerators: H100:8, cpus: 16, memory: 64GiB}
 *     run: python3 train.py
 */
#pragma once

#include "base/arena.h"
#include "model/job.h"

/* Parse the bytes of a job file.  `file_name` is for messages, and its ending tells the form (.yaml .yml
 * .json .sh .sbatch); without a known ending, "#!" first means a script and all else YAML.
 * Returns 0, or FG_EINVAL: "train.yaml:3: resources.cpus: -1, expected 0.001 to 4096". */
[[nodiscard]] int fg_job_file_parse(const char *bytes,
                                    size_t len,
                                    const char *file_name,
                                    int64_t now_us,
                                    struct fg_arena *arena,
                                    struct fg_job_spec *out,
                                    struct fg_err *err);

/* Whether the bytes are a shell script, by the same rule. */
bool fg_job_file_is_script(const char *bytes, size_t len, const char *file_name);
