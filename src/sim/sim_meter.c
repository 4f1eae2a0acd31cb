/* sim_meter.c - devices, power and money as rates: changed by a node at a time, summed over time. */
#include "sim/sim_inner.h"

#define HOUR_US       3'600'000'000LL
#define MW_US_PER_KWH (1'000'000 * HOUR_US)

static const struct fg_sim_group *group_of(const struct sim *sim, const struct node *node)
{
    return &sim->cluster->groups[node->group];
}

static int64_t capacity_milli(const struct sim *sim, const struct fg_sim_group *group)
{
    return sim->counts_cores ? group->cpu_milli : 1000LL * group->gpus;
}

/* Awake it draws more, the more of its devices are granted. */
static int64_t watts_of(const struct sim *sim, const struct node *node)
{
    const struct fg_sim_group *group = group_of(sim, node);
    const struct fg_sim_watts *watts = &group->watts;
    if (node->away)
        return 0;
    if (sim->energy)
        return fg_sim_energy_watts_milli(sim, node);
    if (node->grants == 0)
        return watts->asleep_milli ? watts->asleep_milli : watts->idle_milli;
    int64_t most = capacity_milli(sim, group);
    return most == 0 ? watts->busy_milli
                     : watts->idle_milli
                           + (watts->busy_milli - watts->idle_milli) * node->used_milli / most;
}

static void account(struct sim *sim, const struct node *node, int64_t sign)
{
    struct meter *meter = &sim->meter;
    const struct fg_sim_group *group = group_of(sim, node);
    if (node->away)
        return;
    int64_t up_milli = capacity_milli(sim, group);
    meter->up_milli += sign * up_milli;
    meter->busy_milli += sign * node->used_milli;
    if (node->used_milli)
        meter->stranded_milli += sign * (up_milli - node->used_milli);
    meter->watts_milli += sign * node->watts_milli;
    meter->price_uusd_per_hour += sign * group->price_uusd_per_hour;
}

void fg_sim_meter_take(struct sim *sim, const struct node *node)
{
    account(sim, node, -1);
}

void fg_sim_meter_put(struct sim *sim, struct node *node)
{
    node->watts_milli = watts_of(sim, node);
    account(sim, node, 1);
}

void fg_sim_meter_to(struct sim *sim, int64_t now_us)
{
    struct meter *meter = &sim->meter;
    int64_t passed_us = now_us - meter->at_us;
    if (passed_us == 0)
        return;
    meter->up_sum += (__int128)meter->up_milli * passed_us;
    meter->busy_sum += (__int128)meter->busy_milli * passed_us;
    fg_sim_power_to(sim, now_us);
    meter->price_sum += (__int128)meter->price_uusd_per_hour * passed_us;
    struct fg_sim_sample sample = {
        .gpus_up = (double)meter->up_milli / 1000,
        .gpus_busy = (double)meter->busy_milli / 1000,
        .gpus_stranded = (double)meter->stranded_milli / 1000,
        .jobs_waiting = (double)(fg_queue_len(sim->queue) - sim->running_len),
        .jobs_running = (double)sim->running_len,
        .watts = (double)meter->watts_milli / 1000,
        .usd_per_hour = (double)meter->price_uusd_per_hour / 1e6,
    };
    fg_sim_result_sample(sim->result, &sample, meter->at_us, now_us);
    meter->at_us = now_us;
}

void fg_sim_meter_finish(struct sim *sim)
{
    struct fg_sim_sums *sums = &sim->result->sums;
    const struct meter *meter = &sim->meter_at_end;
    sums->span_us = meter->at_us;
    sums->gpu_up_us = (int64_t)(meter->up_sum / 1000);
    sums->gpu_busy_us = (int64_t)(meter->busy_sum / 1000);
    sums->cost_uusd = (int64_t)(meter->price_sum / HOUR_US);
    sums->energy_j = (int64_t)(meter->watts_sum / 1'000'000'000);
    sums->co2_g = (int64_t)(meter->carbon_sum / MW_US_PER_KWH);
    sums->power_uusd = (int64_t)(meter->power_sum / MW_US_PER_KWH);
}
