/* node_watts_test.c - nodes that tell no watts get those of their devices; those that tell keep theirs. */
#include "control/node_inner.h"
#include "supply/accelerator.h"
#include "test/tap.h"

static struct fg_node_spec node_of(const char *kind, uint32_t devices)
{
    struct fg_node_spec spec = {.name = "n", .devices_len = devices};
    for (uint32_t i = 0; i < devices; i++)
        snprintf(spec.devices[i].kind, sizeof(spec.devices[i].kind), "%s", kind);
    return spec;
}

static void devices_draw_what_the_catalogue_says(void)
{
    uint32_t tdp = fg_accelerator_match("h100-sxm-80g", NULL, 0).accelerator->tdp_watts;
    struct fg_node_spec one = node_of("h100-sxm-80g", 1), eight = node_of("h100-sxm-80g", 8);
    fg_node_assume_watts(&one, true);
    fg_node_assume_watts(&eight, true);
    OK(tdp > 0 && one.is_watts_assumed);
    EQ(eight.busy_watts - one.busy_watts, 7 * tdp);
    OK(eight.idle_watts > one.idle_watts && eight.idle_watts < eight.busy_watts);
    EQ(eight.asleep_watts, one.asleep_watts);
}

static void who_never_sleeps_draws_as_idle(void)
{
    struct fg_node_spec spec = node_of("nobody-knows-it", 2);
    fg_node_assume_watts(&spec, false);
    EQ(spec.asleep_watts, spec.idle_watts);
    OK(spec.busy_watts > spec.idle_watts);
}

static void what_is_told_stays(void)
{
    struct fg_node_spec spec = node_of("h100-sxm-80g", 2);
    spec.busy_watts = 7;
    fg_node_assume_watts(&spec, true);
    EQ(spec.busy_watts, 7);
    OK(!spec.is_watts_assumed);
    EQ(spec.idle_watts, 0);
}

int main(void)
{
    RUN(devices_draw_what_the_catalogue_says);
    RUN(who_never_sleeps_draws_as_idle);
    RUN(what_is_told_stays);
    return tap_done();
}
