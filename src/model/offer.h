/* offer.h - what a supplier sells: one kind of machine, under one kind of contract, in one place, at one price.
 *
 * Prices are of one whole instance (machine); what they buy is `accelerators` devices of one kind in it.
 * Standard: the columns of the FinOps FOCUS specification name the same facts (charge category, region, commitment).
 */
#pragma once

#include "base/err.h"
#include "model/resources.h"

/* How one pays. */
enum fg_contract {
    FG_CONTRACT_ON_DEMAND, /* by the time, given back at will */
    FG_CONTRACT_SPOT,      /* by the time, may be taken back at short notice */
    FG_CONTRACT_RESERVED,  /* for a term, paid whether used or not */
    FG_CONTRACT_OWNED, /* bought: paid at once, written off over its life, then power and space */
    FG_CONTRACTS
};

/* "on_demand", "spot", "reserved", "owned" */
const char *fg_contract_name(enum fg_contract contract);
int fg_contract_find(const char *name); /* the contract, or -1 */

#define FG_SPOT_PER_KHOUR                                                                      \
    50 /* times that an instance of spot is taken back in 1,000 hours, where nobody says */

struct fg_offer {
    char supplier[FG_NAME_MAX];
    char instance[FG_NAME_MAX];    /* the supplier's own name of it: "p5.48xlarge" */
    char accelerator[FG_KIND_MAX]; /* kind, as the catalogue of accelerators names it */
    char region[FG_NAME_MAX], zone[FG_NAME_MAX]; /* "" unknown, or any */
    enum fg_contract contract;
    uint32_t accelerators;        /* devices of one instance; at least 1 */
    uint32_t accelerator_mem_mib; /* of one device; 0 unknown */
    uint32_t cpu_milli;           /* of the instance; 0 unknown */
    uint64_t mem_mib;             /* of the instance; 0 unknown */
    int64_t
        price_uusd_per_hour; /* of the instance while it is held; of an owned one: power, space, upkeep */
    int64_t upfront_uusd; /* paid at the order: purchase price, or fee of a reservation */
    int64_t term_us;      /* reserved: how long; owned: written off over; else 0 */
    int64_t lead_time_us; /* from the order to its delivery, as told; 0 at once */
    int64_t min_term_us;  /* least time that is paid, whatever the contract */
    uint32_t capacity;    /* instances that can be had at one time; 0: not told */
    uint32_t min_count;   /* least instances of one order; 0 is as 1 */
    uint32_t away_milli;  /* share of the time that it cannot be had or is not there (spot) */
    uint32_t
        reclaims_per_khour;    /* times that one instance is taken back in 1,000 hours (spot) */
    uint32_t watts;            /* the instance at full load; 0 unknown */
    uint32_t carbon_g_per_kwh; /* of the power where it stands; 0 unknown */
};

/* FG_EINVAL with a reason: names, no devices, a negative amount, a price of nothing that is not owned, a reservation
 * without a term.  Every reader and plug-in passes its offers through this before anybody else sees them. */
[[nodiscard]] int fg_offer_check(const struct fg_offer *offer, struct fg_err *err);

/* Same thing for sale: supplier, instance, accelerator, region, zone, contract and term are equal. */
bool fg_offer_same(const struct fg_offer *a, const struct fg_offer *b);

/* What one device costs for an hour over a whole term, the upfront part spread over it (on-demand: just the price).
 * Rounded up. */
int64_t fg_offer_uusd_per_device_hour(const struct fg_offer *offer);
