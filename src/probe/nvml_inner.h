/* nvml_inner.h - NVML as it was loaded; private to the files nvml*.c. */
#pragma once

#include "probe/nvml.h"
#include "probe/nvml_abi.h"
#include "probe/vendor.h"

struct fg_nvml {
    void *library;
    void *events; /* NULL: the driver tells of no errors by itself */
#define X(needed, name, symbol, parameters) int(*name) parameters;
    FG_NVML_CALLS(X)
#undef X
};

/* Functions of struct fg_probe_vendor. */
extern fg_probe_step_fn *const fg_nvml_steps[];
int fg_nvml_power(void *library,
                  struct fg_probe_board *board,
                  struct fg_power_request *request,
                  struct fg_err *err);
