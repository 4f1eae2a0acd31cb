/* slurm_rest.c - answers of slurmrestd: to a submit, and about a job. */
#include "slurm/rest_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t id = 0;
    struct fg_slurm_end end;
    struct fg_err err = {};
    (void)fg_rest_read_submit((const char *)data, size, &id, &err);
    (void)fg_rest_read_job((const char *)data, size, 32, &end, &err);
    return 0;
}
