/* burn_cuda.h - put one NVIDIA device to the test: arithmetic with a known end, patterns in its memory.
 *
 * Runs in a process of its own (see aside.h): a sick driver may hang in any call.
 */
#pragma once

#include "supply/inspect.h"

/* Test the device of that id (UUID) for `seconds`; fills burn_in, burn_in_reason and gflops of `out`.  Without the driver's
 * library, or where it does not do what we ask for, it is not run, with the reason.  FASTGPU_CUDA_LIBRARY in the environment
 * names another library (tests use a fake one).  Sets CUDA_VISIBLE_DEVICES of this process. */
void fg_burn_cuda(const char *id, uint32_t seconds, struct fg_inspect_device *out);
