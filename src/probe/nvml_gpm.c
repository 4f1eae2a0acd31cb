/* nvml_gpm.c - how busy the processors of a device truly were, by its own counters (NVML's GPM, from Hopper on); see nvml_inner.h
 *
 * `busy` says that something ran, be it one warp on one processor; these say how much of the device it kept at work.  What is
 * told is the time between this reading and the one before it. */
#include "probe/nvml_inner.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    unsigned int metric;
    enum fg_reading reading;
} asked[] = {
    {FG_NVML_GPM_SM_ACTIVE, FG_READING_SM_ACTIVE},
    {FG_NVML_GPM_SM_OCCUPANCY, FG_READING_SM_OCCUPANCY},
    {FG_NVML_GPM_TENSOR_ACTIVE, FG_READING_TENSOR_ACTIVE},
    {FG_NVML_GPM_DRAM_ACTIVE, FG_READING_DRAM_ACTIVE},
    {FG_NVML_GPM_GRAPHICS, FG_READING_BUSY}, /* only of an instance: NVML has no other for it */
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

void fg_nvml_gpm_add(struct fg_nvml *nvml, struct fg_probe_board *board)
{
    struct fg_nvml_gpm *gpm = calloc(1, sizeof(*gpm));
    if (!gpm)
        abort();
    bool can = nvml->gpm_alloc && nvml->gpm_free && nvml->gpm_sample && nvml->gpm_metrics;
    if (can && board->parent)
        can = nvml->gpm_sample_mig && nvml->mig_instance
              && nvml->mig_instance(board->handle, &gpm->instance) == FG_NVML_OK;
    if (!can || nvml->gpm_alloc(&gpm->samples[0]) != FG_NVML_OK) {
        free(gpm);
        return;
    }
    if (nvml->gpm_alloc(&gpm->samples[1]) != FG_NVML_OK) {
        nvml->gpm_free(gpm->samples[0]);
        free(gpm);
        return;
    }
    gpm->next = nvml->gpm;
    nvml->gpm = gpm;
    board->own = gpm;
}

void fg_nvml_gpm_free(struct fg_nvml *nvml)
{
    for (struct fg_nvml_gpm *gpm; (gpm = nvml->gpm);) {
        nvml->gpm = gpm->next;
        nvml->gpm_free(gpm->samples[0]);
        nvml->gpm_free(gpm->samples[1]);
        free(gpm);
    }
}

static int take_sample(const struct fg_nvml *nvml,
                       const struct fg_probe_board *board,
                       fg_nvml_sample sample)
{
    const struct fg_nvml_gpm *gpm = board->own;
    return board->parent ? nvml->gpm_sample_mig(board->parent, gpm->instance, sample)
                         : nvml->gpm_sample(board->handle, sample);
}

/* What happened between the two samples. */
static void tell(const struct fg_nvml *nvml,
                 const struct fg_probe_board *board,
                 struct fg_nvml_heard *heard,
                 struct fg_probe_reading *out)
{
    const struct fg_nvml_gpm *gpm = board->own;
    struct fg_nvml_gpm_get get = {.version = FG_NVML_GPM_VERSION,
                                  .len = board->parent ? ASKED : ASKED - 1,
                                  .from = gpm->samples[!gpm->newest],
                                  .to = gpm->samples[gpm->newest]};
    for (unsigned i = 0; i < get.len; i++)
        get.metrics[i].metric = asked[i].metric;
    if (!fg_nvml_hear(heard, nvml->gpm_metrics(&get)))
        return;
    for (unsigned i = 0; i < get.len; i++)
        if (get.metrics[i].rc == FG_NVML_OK && get.metrics[i].value >= 0
            && get.metrics[i].value <= 1000) /* what is beyond 100 is not believed later */
            out->value[asked[i].reading] = llround(10 * get.metrics[i].value);
}

enum fg_probe_heard fg_nvml_gpm_read(void *library,
                                     struct fg_probe_board *board,
                                     struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    struct fg_nvml_gpm *gpm = board->own;
    if (!gpm)
        return FG_PROBE_NEVER;
    if (!fg_nvml_hear(&heard, take_sample(nvml, board, gpm->samples[!gpm->newest])))
        return fg_nvml_sum_up(heard);
    gpm->newest = !gpm->newest;
    if (gpm->has_one)
        tell(nvml, board, &heard, out);
    gpm->has_one = true;
    return fg_nvml_sum_up(heard);
}
