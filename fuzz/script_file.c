/* script_file.c - shell scripts with #SBATCH lines. */
#include "fuzz/job_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    check_job_file(bytes, len, "f.sh");
    return 0;
}
