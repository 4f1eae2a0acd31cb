/* flexible.c - flexible jobs: held for a better hour before a pass, with a row each, and why they wait or do not. */
#include "control/control_inner.h"

#define HOUR_US 3'600'000'000LL

/* Kinds of device that some machine has which is not rented. */
static uint64_t powered_kinds(const struct fg_control *control)
{
    uint64_t kinds = 0;
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(control->pool, id);
        const struct fg_order *order = fg_order_of_node(control, id);
        bool rented = order && order->offer.contract != FG_CONTRACT_OWNED;
        for (uint32_t i = 0; !rented && i < node->devices_len; i++)
            kinds |= 1ull << node->kind[i];
    }
    return kinds;
}

void fg_control_shift(struct fg_control *control)
{
    if (fg_flexible_len(control->flexible) == 0)
        return;
    fg_flexible_powered(control->flexible, powered_kinds(control));
    const struct fg_flexible_verdict *verdicts;
    size_t running = fg_control_running(control);
    size_t len = fg_flexible_look(control->flexible, control->pool, control->queue,
                                  control->running, running, control->now_us, &verdicts);
    for (size_t i = 0; i < len && fg_control_begin(control); i++) {
        const struct fg_job *job = fg_queue_get(control->queue, verdicts[i].job);
        bool waits = verdicts[i].cause == FG_FLEXIBLE_WAITS;
        char text[FG_TEXT_MAX];
        fg_flexible_text(&verdicts[i], text);
        fg_job_write(control, job, waits ? text : "", 0, 0);
        if (waits)
            fg_control_tell(control, "job.held", job, "\"until_us\":%lld",
                            (long long)verdicts[i].start_us);
    }
}

void fg_control_keep_hour(struct fg_control *control)
{
    struct fg_err err = {};
    if (!control->hour.is_new || !fg_control_begin(control))
        return;
    int rc = control->options.store_ops->grid_hour_put(
        control->options.store, control->hour.hour, control->hour.g_per_kwh,
        control->hour.uusd_per_kwh, &err);
    fg_control_wrote(control, rc, &err);
    control->hour.is_new = rc < 0;
}

void fg_control_set_hours(struct fg_control *control,
                          const struct fg_hourly *price,
                          const struct fg_hourly *carbon)
{
    fg_flexible_hours(control->flexible, price, carbon);
    control->hour = (struct grid_hour){.hour = carbon->start_us / HOUR_US,
                                       .g_per_kwh = carbon->len ? carbon->values[0] : -1,
                                       .uusd_per_kwh = price->len ? price->values[0] : -1,
                                       .is_new = carbon->len > 0 || price->len > 0};
}
