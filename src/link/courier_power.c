/* courier_power.c - power caps of the devices that Slurm lent us.
 *
 * What a device had is in our folder before its first cap, and is put back by the local engine as on the service's machine
 * (engine/caps.h): at our end, by the launcher when we are killed, by our heir when that was killed too.  A cap that the service
 * does not repeat ends by itself: nobody governs here then.
 */
#include "link/courier_inner.h"

#define HOLD_US (60 * 1000000LL)

/* Devices of the dead are put back first: else what they left would pass for what a device had. */
static bool may_set(const struct fg_courier *courier)
{
    bool has_looked = !courier->is_noted || courier->heirs_due_us != 0;
    return has_looked && courier->heirs_len == 0 && !courier->options->inherit
           && !courier->leaving && !courier->ends;
}

static void answer(struct fg_courier *courier,
                   uint32_t device,
                   const struct fg_power_limits *limits)
{
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_LIMITS,
                                                  .device = device,
                                                  .min_mw = limits->min_mw,
                                                  .max_mw = limits->max_mw});
}

static void hold_down(struct fg_courier *courier, uint32_t at, int64_t cap_mw)
{
    courier->capped_until_us[at] = cap_mw > 0 ? fg_courier_now() + HOLD_US : 0;
    fg_engine_local.set_power_cap(courier->engine, &courier->machine, courier->device_at[at],
                                  cap_mw);
}

void fg_courier_power_take(struct fg_courier *courier, const struct fg_message *message)
{
    struct fg_power_limits limits = {};
    struct fg_err err = {};
    uint32_t at = 0;
    while (at < courier->node.devices_len && courier->place_at[at] != message->device)
        at++;
    if (at == courier->node.devices_len || !may_set(courier))
        return;
    int rc = fg_engine_local.power_limits(courier->engine, &courier->machine,
                                          courier->device_at[at], &limits, &err);
    if (rc == FG_EBUSY)
        return; /* it asks again */
    if (rc < 0) {
        if (!courier->is_power_refused)
            fg_courier_say(courier, "cannot hold down power (root?): %s", err.text);
        courier->is_power_refused = true;
        courier->capped_until_us[at] = 0;
        limits = (struct fg_power_limits){};
    } else {
        hold_down(courier, at, message->max_mw);
    }
    answer(courier, message->device, &limits);
}

void fg_courier_power_tick(struct fg_courier *courier, int64_t now_us)
{
    for (uint32_t i = 0; i < courier->node.devices_len; i++)
        if (courier->capped_until_us[i] != 0 && now_us > courier->capped_until_us[i])
            hold_down(courier, i, 0);
}
