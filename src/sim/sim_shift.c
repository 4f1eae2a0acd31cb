/* sim_shift.c - flexible jobs wait for their hour, as in the service; the hours are those of the energy model, day after day. */
#include "sim/sim_inner.h"

#define HOUR_US 3'600'000'000LL

static int64_t value_at(const int64_t by_hour[24], int64_t time_us)
{
    return by_hour[time_us / HOUR_US % 24];
}

/* From the hour of now on. */
static void tell_hours(struct sim *sim)
{
    const struct fg_energy_model *model = sim->options->energy;
    int64_t price[FG_FLEXIBLE_HOURS_MAX], carbon[FG_FLEXIBLE_HOURS_MAX];
    int64_t first_us = sim->now_us / HOUR_US * HOUR_US;
    for (int64_t i = 0; i < FG_FLEXIBLE_HOURS_MAX; i++) {
        price[i] = value_at(model->uusd_by_hour, first_us + i * HOUR_US);
        carbon[i] = value_at(model->g_by_hour, first_us + i * HOUR_US);
    }
    struct fg_hourly prices = {EPOCH_US + first_us, HOUR_US, price, FG_FLEXIBLE_HOURS_MAX};
    struct fg_hourly grams = {EPOCH_US + first_us, HOUR_US, carbon, FG_FLEXIBLE_HOURS_MAX};
    fg_flexible_hours(sim->flexible, &prices, &grams);
}

void fg_sim_shift(struct sim *sim)
{
    const struct fg_flexible_verdict *verdicts;
    if (fg_flexible_len(sim->flexible) == 0)
        return;
    if (sim->told_hour != sim->now_us / HOUR_US) {
        sim->told_hour = sim->now_us / HOUR_US;
        tell_hours(sim);
    }
    size_t len = fg_flexible_look(sim->flexible, sim->pool, sim->queue, sim->running,
                                  sim->running_len, EPOCH_US + sim->now_us, &verdicts);
    for (size_t i = 0; i < len; i++)
        sim->result->sums.held += verdicts[i].cause == FG_FLEXIBLE_WAITS;
    int64_t later_us = fg_queue_advance(sim->queue, EPOCH_US + sim->now_us);
    sim->held_us = later_us ? later_us - EPOCH_US : INT64_MAX;
}

void fg_sim_power(struct sim *sim, __int128 mw_us, int64_t at_us)
{
    const struct fg_energy_model *model = sim->options->energy;
    sim->meter.watts_sum += mw_us;
    if (!model)
        return;
    sim->meter.carbon_sum += mw_us * value_at(model->g_by_hour, at_us);
    sim->meter.power_sum += mw_us * value_at(model->uusd_by_hour, at_us);
}

void fg_sim_power_to(struct sim *sim, int64_t now_us)
{
    int64_t next_us;
    for (int64_t at_us = sim->meter.at_us; at_us < now_us; at_us = next_us) {
        next_us = (at_us / HOUR_US + 1) * HOUR_US;
        next_us = next_us < now_us ? next_us : now_us;
        fg_sim_power(sim, (__int128)sim->meter.watts_milli * (next_us - at_us), at_us);
    }
}
