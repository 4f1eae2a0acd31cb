/* sim_provision.c - see sim_provision.h */
#include "test/sim/sim_provision.h"

#include "test/sim/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX     4096
#define PURCHASES_MAX 20000
#define SECOND_US     1000000

struct call {
    enum fg_provision_op op;
    uint64_t tag;
    char supplier[FG_NAME_MAX];
    fg_order_id order_id;
    char key[FG_ORDER_KEY_MAX];
    struct fg_offer offer;
    uint32_t count, burn_in_s;
    int64_t asked_us, due_us, timeout_us;
    uint32_t faults;
    bool is_done; /* with a fault: it was done all the same */
};

struct sim_provision {
    uint64_t random;
    int64_t now_us;
    uint32_t faults, percent;
    uint32_t die_after; /* UINT32_MAX: lives */
    struct call calls[CALLS_MAX];
    size_t calls_len;
    struct call late[CALLS_MAX]; /* cut off, and done all the same, when they are due */
    size_t late_len;
    struct sim_purchase books[PURCHASES_MAX];
    size_t books_len;
    /* What the last event refers to. */
    struct fg_provision_instance instances[FG_PROVISION_INSTANCES_MAX];
    struct fg_inspect_report *reports;
    struct fg_offer offer;
};

static struct sim_provision *world_of(struct fg_provision *self)
{
    return (struct sim_provision *)self;
}

struct sim_provision *sim_provision_new(uint64_t seed)
{
    struct sim_provision *world = calloc(1, sizeof(*world));
    assert(world);
    world->random = seed * 2 + 1;
    world->die_after = UINT32_MAX;
    return world;
}

void sim_provision_free(struct sim_provision *world)
{
    if (world)
        free(world->reports);
    free(world);
}

void sim_provision_faults(struct sim_provision *world, uint32_t faults, uint32_t percent)
{
    world->faults = percent ? faults : 0;
    world->percent = percent;
}

void sim_provision_die_after(struct sim_provision *world, uint32_t calls)
{
    world->die_after = calls;
}

/* Each fault that is on, by chance. */
static uint32_t draw(struct sim_provision *world)
{
    uint32_t drawn = 0;
    for (uint32_t bit = 1; bit & SIM_FAULT_ALL; bit <<= 1)
        if ((world->faults & bit) && sim_random(&world->random, 100) < world->percent)
            drawn |= bit;
    return drawn;
}

static struct sim_purchase *find(struct sim_provision *world, const char *key)
{
    for (size_t i = 0; i < world->books_len; i++)
        if (strcmp(world->books[i].key, key) == 0)
            return &world->books[i];
    return NULL;
}

const struct sim_purchase *sim_provision_find(const struct sim_provision *world,
                                              const char *key)
{
    return find((struct sim_provision *)world, key);
}

const struct sim_purchase *sim_provision_books(const struct sim_provision *world,
                                               size_t *out_len)
{
    *out_len = world->books_len;
    return world->books;
}

static void buy(struct sim_provision *world, const struct call *call)
{
    if (find(world, call->key) || (call->faults & SIM_FAULT_REFUSES))
        return;
    assert(world->books_len < PURCHASES_MAX);
    struct sim_purchase *purchase = &world->books[world->books_len++];
    int64_t lead_us = call->offer.lead_time_us + sim_random(&world->random, 60) * SECOND_US;
    *purchase = (struct sim_purchase){.offer = call->offer,
                                      .count = call->count,
                                      .delivery = FG_DELIVERY_PENDING,
                                      .faults = call->faults,
                                      .bought_us = world->now_us,
                                      .promised_us = world->now_us + lead_us};
    memcpy(purchase->key, call->key, sizeof(purchase->key));
    memcpy(purchase->supplier, call->supplier, sizeof(purchase->supplier));
    purchase->due_us =
        world->now_us + (call->faults & SIM_FAULT_LATE ? 10 * lead_us + SECOND_US : lead_us);
}

static void give_back(struct sim_provision *world, struct sim_purchase *purchase)
{
    if (!purchase || purchase->gone_us
        || (purchase->delivery != FG_DELIVERY_PENDING
            && purchase->delivery != FG_DELIVERY_READY))
        return;
    purchase->gone_us = world->now_us + sim_random(&world->random, 30) * SECOND_US;
    purchase->delivery = FG_DELIVERY_RELEASING;
}

/* What the call asks for happens at the supplier. */
static void take_effect(struct sim_provision *world, const struct call *call)
{
    if (call->op == FG_PROVISION_PROVISION)
        buy(world, call);
    if (call->op == FG_PROVISION_RELEASE)
        give_back(world, find(world, call->key));
}

/* It was cut off now: it may have its effect later, as long as a call may take. */
static void cut_off(struct sim_provision *world, const struct call *call)
{
    if (sim_random(&world->random, 2) || world->late_len == CALLS_MAX)
        return;
    struct call *late = &world->late[world->late_len++];
    *late = *call;
    late->due_us = world->now_us
                   + sim_random(&world->random, (uint32_t)(call->timeout_us / 1000)) * 1000LL;
}

static void advance_late(struct sim_provision *world)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->late_len; i++)
        if (world->late[i].due_us <= world->now_us)
            take_effect(world, &world->late[i]);
        else
            world->late[kept++] = world->late[i];
    world->late_len = kept;
}

static void advance_purchase(struct sim_provision *world, struct sim_purchase *purchase)
{
    if (purchase->delivery == FG_DELIVERY_PENDING && purchase->due_us <= world->now_us) {
        if (purchase->faults & SIM_FAULT_REFUSES_LATER) {
            purchase->delivery = FG_DELIVERY_REFUSED;
            return;
        }
        purchase->delivery = FG_DELIVERY_READY;
        purchase->delivered_us = purchase->due_us;
        if (purchase->faults & SIM_FAULT_RECLAIMS)
            purchase->gone_us =
                purchase->due_us + (60 + sim_random(&world->random, 600)) * SECOND_US;
    }
    if (purchase->gone_us && purchase->gone_us <= world->now_us
        && purchase->delivery != FG_DELIVERY_GONE) {
        purchase->delivery = FG_DELIVERY_GONE;
        purchase->ended_us = purchase->gone_us;
    }
}

void sim_provision_advance(struct sim_provision *world, int64_t now_us)
{
    assert(now_us >= world->now_us);
    world->now_us = now_us;
    advance_late(world);
    for (size_t i = 0; i < world->books_len; i++)
        advance_purchase(world, &world->books[i]);
}

void sim_provision_restart(struct sim_provision *world)
{
    for (size_t i = 0; i < world->calls_len; i++)
        if (sim_random(&world->random, 2))
            take_effect(world, &world->calls[i]);
        else
            cut_off(world, &world->calls[i]);
    world->calls_len = 0;
    world->die_after = UINT32_MAX;
}

static int call(struct fg_provision *self,
                const struct fg_provision_call *asked,
                struct fg_err *err)
{
    struct sim_provision *world = world_of(self);
    if (world->die_after == 0)
        return 0;
    if (world->die_after != UINT32_MAX)
        world->die_after--;
    if (asked->supplier->kind == FG_SUPPLIER_LISTED)
        return fg_fail(err, FG_EINVAL, "supplier %s only lists offers", asked->supplier->name);
    if ((asked->op == FG_PROVISION_OFFERS) != !asked->order)
        return fg_fail(err, FG_EINVAL, "a call without its order");
    if (world->calls_len == CALLS_MAX)
        return fg_fail(err, FG_EBUSY, "too many calls wait");
    struct call *made = &world->calls[world->calls_len++];
    *made = (struct call){.op = asked->op,
                          .tag = asked->tag,
                          .burn_in_s = asked->burn_in_s,
                          .timeout_us = asked->supplier->timeout_us,
                          .asked_us = world->now_us,
                          .faults = draw(world),
                          .is_done = sim_random(&world->random, 2)};
    memcpy(made->supplier, asked->supplier->name, sizeof(made->supplier));
    if (asked->order) {
        made->order_id = asked->order->id;
        memcpy(made->key, asked->order->key, sizeof(made->key));
        made->offer = asked->order->offer;
        made->count = asked->order->count;
    }
    made->due_us =
        world->now_us
        + (made->faults & SIM_FAULT_SILENT ? asked->supplier->timeout_us
                                           : 100000 + sim_random(&world->random, 3000) * 1000);
    /* One after the other. */
    for (size_t i = 0; i + 1 < world->calls_len; i++)
        if (strcmp(world->calls[i].supplier, made->supplier) == 0
            && world->calls[i].due_us > made->due_us)
            made->due_us = world->calls[i].due_us;
    return 0;
}

static void report_machine(struct sim_provision *world,
                           const struct sim_purchase *purchase,
                           uint32_t burn_in_s,
                           struct fg_inspect_report *out)
{
    const struct fg_offer *offer = &purchase->offer;
    enum fg_burn_in result = burn_in_s ? FG_BURN_IN_PASSED : FG_BURN_IN_NOT_RUN;
    *out = (struct fg_inspect_report){.host = "sim",
                                      .driver = "1",
                                      .cpu_milli = offer->cpu_milli,
                                      .mem_mib = offer->mem_mib,
                                      .disk_mib = -1,
                                      .disk_free_mib = -1,
                                      .burn_in = result,
                                      .burn_in_us = burn_in_s * (int64_t)SECOND_US,
                                      .devices_len = offer->accelerators};
    if (purchase->faults & SIM_FAULT_TOO_FEW)
        out->devices_len--;
    for (uint32_t i = 0; i < out->devices_len; i++) {
        struct fg_inspect_device *device = &out->devices[i];
        *device = (struct fg_inspect_device){.mem_mib = offer->accelerator_mem_mib,
                                             .ecc_uncorrected = -1,
                                             .ecc_on = -1,
                                             .rows_remapped = -1,
                                             .remap_pending = -1,
                                             .remap_failed = -1,
                                             .temp_c = 40,
                                             .power_mw = -1,
                                             .slowdown = 0,
                                             .gflops = -1,
                                             .burn_in = result};
        strcpy(device->kind,
               purchase->faults & SIM_FAULT_WRONG_KIND ? "k80" : offer->accelerator);
        snprintf(device->id, sizeof(device->id), "GPU-%u",
                 sim_random(&world->random, 1u << 31));
        if ((purchase->faults & SIM_FAULT_SICK) && i == 0)
            device->ecc_uncorrected = 7;
    }
}

static void list_instances(struct sim_provision *world,
                           const struct call *call,
                           const struct sim_purchase *purchase,
                           struct fg_provision_event *out)
{
    bool inspected = call->op == FG_PROVISION_INSPECT;
    assert(purchase->count <= FG_PROVISION_INSTANCES_MAX);
    if (inspected) {
        free(world->reports);
        world->reports = calloc(purchase->count, sizeof(*world->reports));
        assert(world->reports);
    }
    for (uint32_t i = 0; i < purchase->count; i++) {
        struct fg_provision_instance *instance = &world->instances[i];
        *instance = (struct fg_provision_instance){.state = FG_INSTANCE_READY};
        snprintf(instance->id, sizeof(instance->id), "%.40s-%u", purchase->key, i);
        /* The first machine is the one of the simulated engine. */
        snprintf(instance->address, sizeof(instance->address), i ? "sim-%u" : "sim", i);
        if (!inspected)
            continue;
        if ((purchase->faults & SIM_FAULT_UNSEEN) && i == 0) {
            strcpy(instance->reason, "simulated: nobody answers there");
            continue;
        }
        report_machine(world, purchase, call->burn_in_s, &world->reports[i]);
        instance->report = &world->reports[i];
    }
    out->instances = world->instances;
    out->instances_len = purchase->count;
}

static void answer_quote(const struct sim_provision *world,
                         const struct call *call,
                         struct fg_provision_event *out)
{
    bool refused = call->faults & SIM_FAULT_REFUSES;
    out->delivery = refused ? FG_DELIVERY_REFUSED : FG_DELIVERY_PENDING;
    if (refused)
        strcpy(out->reason, "simulated: sold out");
    out->price_uusd_per_hour =
        call->offer.price_uusd_per_hour * (call->faults & SIM_FAULT_DEARER ? 2 : 1);
    out->upfront_uusd = call->offer.upfront_uusd;
    out->promised_us = world->now_us + call->offer.lead_time_us;
}

static void answer_order(struct sim_provision *world,
                         const struct call *call,
                         struct fg_provision_event *out)
{
    const struct sim_purchase *purchase = find(world, call->key);
    if (!purchase) {
        bool refused = call->op == FG_PROVISION_PROVISION;
        out->delivery = refused ? FG_DELIVERY_REFUSED : FG_DELIVERY_UNKNOWN;
        if (refused)
            strcpy(out->reason, "simulated: sold out");
        return;
    }
    out->delivery = purchase->delivery;
    out->ready_us = purchase->delivered_us;
    out->gone_us = purchase->ended_us;
    if (purchase->delivery == FG_DELIVERY_REFUSED)
        strcpy(out->reason, "simulated: sold to somebody else");
    out->promised_us = purchase->promised_us;
    out->price_uusd_per_hour =
        purchase->offer.price_uusd_per_hour * (purchase->faults & SIM_FAULT_DEARER ? 2 : 1);
    snprintf(out->reference, sizeof(out->reference), "sim-%zu",
             (size_t)(purchase - world->books));
    if (purchase->delivery == FG_DELIVERY_READY)
        list_instances(world, call, purchase, out);
}

static void answer(struct sim_provision *world,
                   const struct call *call,
                   struct fg_provision_event *out)
{
    if (call->op == FG_PROVISION_OFFERS) {
        world->offer = (struct fg_offer){.instance = "sim",
                                         .accelerator = "h100",
                                         .contract = FG_CONTRACT_ON_DEMAND,
                                         .accelerators = 8,
                                         .accelerator_mem_mib = 81920,
                                         .price_uusd_per_hour = 20000000};
        memcpy(world->offer.supplier, call->supplier, sizeof(world->offer.supplier));
        out->offers = &world->offer;
        out->offers_len = 1;
    } else if (call->op == FG_PROVISION_QUOTE) {
        answer_quote(world, call, out);
    } else {
        answer_order(world, call, out);
    }
}

static int fault_of(const struct call *call, const char **out_reason)
{
    static const struct {
        enum sim_fault fault;
        int rc;
        const char *reason;
    } faults[] = {
        {SIM_FAULT_DOWN, FG_EUNREACH, "simulated: nobody is there"},
        {SIM_FAULT_SILENT, FG_ETIMEOUT, "simulated: no answer in time"},
        {SIM_FAULT_GARBAGE, FG_EBACKEND, "simulated: answered garbage"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (call->faults & faults[i].fault) {
            *out_reason = faults[i].reason;
            return faults[i].rc;
        }
    return 0;
}

static void finish(struct sim_provision *world,
                   const struct call *call,
                   struct fg_provision_event *out)
{
    const char *reason = "";
    *out = (struct fg_provision_event){.op = call->op,
                                       .tag = call->tag,
                                       .order = call->order_id,
                                       .asked_us = call->asked_us,
                                       .time_us = world->now_us,
                                       .rc = fault_of(call, &reason),
                                       .price_uusd_per_hour = -1,
                                       .upfront_uusd = -1};
    memcpy(out->supplier, call->supplier, sizeof(out->supplier));
    memcpy(out->key, call->key, sizeof(out->key));
    if (out->rc == 0 || (call->is_done && out->rc != FG_EUNREACH))
        take_effect(world, call);
    else if (out->rc == FG_ETIMEOUT)
        cut_off(world, call);
    if (out->rc < 0)
        strcpy(out->reason, reason);
    else
        answer(world, call, out);
}

static int next_event(struct fg_provision *self, struct fg_provision_event *out)
{
    struct sim_provision *world = world_of(self);
    for (size_t i = 0; i < world->calls_len; i++) {
        if (world->calls[i].due_us > world->now_us)
            continue;
        struct call call = world->calls[i];
        memmove(&world->calls[i], &world->calls[i + 1],
                (--world->calls_len - i) * sizeof(world->calls[0]));
        finish(world, &call, out);
        return 1;
    }
    return 0;
}

static int poll_fd(struct fg_provision *)
{
    return -1;
}

static void free_world(struct fg_provision *self)
{
    sim_provision_free(world_of(self));
}

const struct fg_provision_ops sim_provision_ops = {
    .name = "simulated",
    .free = free_world,
    .call = call,
    .poll_fd = poll_fd,
    .next_event = next_event,
};
