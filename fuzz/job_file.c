/* job_file.c - job files as YAML and JSON. */
#include "fuzz/job_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    check_job_file(bytes, len, "f.yaml");
    return 0;
}
