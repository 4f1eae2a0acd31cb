/* nvml_inner.h - NVML as it was loaded; private to the files nvml*.c. */
#pragma once

#include "probe/nvml.h"
#include "probe/nvml_abi.h"
#include "probe/vendor.h"

/* Two samples of one board's counters, the newer one at `newest`; a chain for the end. */
struct fg_nvml_gpm {
    fg_nvml_sample samples[2];
    unsigned newest, instance; /* instance: of the board, where this is one */
    bool has_one;
    struct fg_nvml_gpm *next;
};

struct fg_nvml {
    void *library;
    void *events; /* NULL: the driver tells of no errors by itself */
    struct fg_nvml_gpm *gpm;
#define X(needed, name, symbol, parameters) int(*name) parameters;
    FG_NVML_CALLS(X)
#undef X
};

/* nvml_gpm.c - how busy processors, tensor pipes and memory truly were: counters of the board, from Hopper on.
 * Make room for a board's samples; where the library has none it stays without. */
void fg_nvml_gpm_add(struct fg_nvml *nvml, struct fg_probe_board *board);
void fg_nvml_gpm_free(struct fg_nvml *nvml);
fg_probe_step_fn fg_nvml_gpm_read;

/* How a step went, over all of its calls. */
struct fg_nvml_heard {
    bool some, lost;
};
/* Note how a call ended; true: it has an answer. */
static inline bool fg_nvml_hear(struct fg_nvml_heard *heard, int rc)
{
    heard->lost |= rc == FG_NVML_LOST;
    heard->some |= rc != FG_NVML_UNSUPPORTED && rc != FG_NVML_NO_FUNCTION
                   && rc != FG_NVML_INVALID && rc != FG_NVML_NO_PERMISSION;
    return rc == FG_NVML_OK;
}
static inline enum fg_probe_heard fg_nvml_sum_up(struct fg_nvml_heard heard)
{
    return heard.lost ? FG_PROBE_LOST : heard.some ? FG_PROBE_HEARD : FG_PROBE_NEVER;
}

/* Functions of struct fg_probe_vendor. */
extern fg_probe_step_fn *const fg_nvml_steps[];
int fg_nvml_power(void *library,
                  struct fg_probe_board *board,
                  struct fg_power_request *request,
                  struct fg_err *err);
