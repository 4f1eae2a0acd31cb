/* provision_sim.c - the simulated suppliers keep the contract of provision.h: an event a call, a purchase a key, in spite
 * of every fault and of controllers that die. */
#include "base/buf.h"
#include "test/sim/random.h"
#include "test/sim/sim_provision.h"
#include "test/tap.h"

#include <string.h>

#define ORDERS  40
#define STEPS   4000
#define STEP_US 1000000

static struct fg_order orders[ORDERS];
static const struct fg_supplier supplier = {
    .name = "north", .kind = FG_SUPPLIER_EXEC, .timeout_us = 10000000};

static void make_orders(void)
{
    for (uint32_t i = 0; i < ORDERS; i++) {
        orders[i] = (struct fg_order){.id = i + 1, .count = 1 + i % 3};
        snprintf(orders[i].key, sizeof(orders[i].key), "key-%u", i);
        orders[i].offer = (struct fg_offer){.supplier = "north",
                                            .instance = "big",
                                            .accelerator = "h100",
                                            .accelerators = 2,
                                            .accelerator_mem_mib = 81920,
                                            .price_uusd_per_hour = 1000000,
                                            .lead_time_us = 5000000};
    }
}

static bool is_sound(const struct fg_provision_event *event)
{
    if (event->rc < 0)
        return event->reason[0] && event->instances_len == 0;
    if (event->op == FG_PROVISION_OFFERS)
        return event->offers_len == 1 && fg_offer_check(event->offers, NULL) == 0;
    bool told = event->delivery != FG_DELIVERY_REFUSED || event->reason[0];
    for (uint32_t i = 0; i < event->instances_len; i++)
        told = told && event->instances[i].id[0];
    return told;
}

/* One world under random calls; false: the contract was broken. */
static bool live(uint64_t seed)
{
    struct sim_provision *world = sim_provision_new(seed);
    struct fg_provision *self = (struct fg_provision *)world;
    struct fg_provision_event event;
    uint64_t random = seed;
    size_t asked = 0, told = 0, len;
    bool sound = true;
    sim_provision_faults(world, SIM_FAULT_ALL, 15);
    for (int step = 0; step < STEPS; step++) {
        struct fg_provision_call call = {.op = sim_random(&random, FG_PROVISION_OPS),
                                         .tag = (uint64_t)step,
                                         .supplier = &supplier,
                                         .order = &orders[sim_random(&random, ORDERS)],
                                         .burn_in_s = 1};
        if (call.op == FG_PROVISION_OFFERS)
            call.order = NULL;
        asked += sim_provision_ops.call(self, &call, NULL) == 0;
        sim_provision_advance(world, (int64_t)step * STEP_US);
        while (sim_provision_ops.next_event(self, &event)) {
            sound = sound && is_sound(&event);
            told++;
        }
        if (sim_random(&random, 500) == 0) {
            sim_provision_restart(world);
            told = asked;
        }
    }
    sim_provision_advance(world, (int64_t)(STEPS + 60) * STEP_US);
    while (sim_provision_ops.next_event(self, &event))
        told++;
    const struct sim_purchase *books = sim_provision_books(world, &len);
    for (size_t i = 0; i < len; i++) {
        sound = sound && sim_provision_find(world, books[i].key) == &books[i];
        sound = sound && (!books[i].ended_us || books[i].delivery == FG_DELIVERY_GONE);
    }
    sim_provision_free(world);
    return sound && told == asked && len > 0;
}

static void the_contract_holds(void)
{
    for (uint64_t seed = 1; seed <= 50; seed++)
        if (!live(seed)) {
            printf("# seed %llu\n", (unsigned long long)seed);
            OK(false);
        }
    OK(true);
}

int main(void)
{
    make_orders();
    RUN(the_contract_holds);
    return tap_done();
}
