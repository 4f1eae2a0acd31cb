/* break_even.h - buy, reserve or rent: what each way costs over time at a given use, and where one gets cheaper than another.
 *
 *     offers of one kind of device, use, months --> BREAK_EVEN --cost by month, crossings, the answer--> fastgpu plan break-even
 *
 * The question is of a need that lasts `months` and then ends.  So each cost is what will have been paid in the end:
 *   on_demand   its price for the hours that are used, each day's at least the least time of the offer
 *   spot        the same at the spot price, but the share of the time that it cannot be had is bought on demand, and each time
 *               that it is taken back costs `lost_us` of work; an offer that says neither is taken to be away a tenth
 *               of the time and to be taken back 50 times in 1,000 hours
 *   reserved    every term that is begun, to its end, used or not
 *   owned       the purchase, less what the machine can be sold for (a share of its straight-line book value), and power, space
 *               and upkeep of all hours; a machine whose life is over is bought again
 * Not in it: interest, prices that change, lead times.  A month is 730 hours.  Pure; amounts are whole micro-USD, rounded up.
 */
#pragma once

#include "base/err.h"
#include "model/offer.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_BREAK_EVEN_WAYS_MAX   8
#define FG_BREAK_EVEN_MONTHS_MAX 120
#define FG_BREAK_EVEN_PARTS      100 /* of the use: percent */
#define FG_MONTH_US              INT64_C(2628000000000)

struct fg_break_even_question {
    const struct fg_offer
        *offers; /* of the kind that is asked about; each passed fg_offer_check() */
    size_t offers_len;
    uint32_t
        devices; /* at the same time, in whole instances; 0: one, as a part of an instance */
    uint32_t months;       /* 1 to FG_BREAK_EVEN_MONTHS_MAX */
    uint32_t use_ppm;      /* of all hours, the same each day; 1 to 1,000,000 */
    int64_t lost_us;       /* work lost each time that spot is taken back */
    uint32_t resale_milli; /* of its book value that a machine brings */
};

/* One way to have the devices: the cheapest of its sort. */
struct fg_way {
    const struct fg_offer *offer;
    char name[32];      /* "on_demand", "spot", "reserved 1y", "owned" */
    uint32_t instances; /* 0: a part of one */
    bool assumed;       /* spot: the offer did not say how often it is away */
    int64_t cost_uusd[FG_BREAK_EVEN_MONTHS_MAX + 1]; /* if the need ends after so many months */
    int64_t by_use_uusd[FG_BREAK_EVEN_PARTS + 1];    /* of all months, by percent of use */
};

/* Two ways that are compared. */
struct fg_way_pair {
    uint32_t a, b;   /* indexes of ways, a before b */
    int32_t use_ppm; /* with more use b is cheaper; -1: at no use, or at every */
    int32_t
        month; /* from a need of so many months on b is cheaper, up to the end; 0: always, -1: not */
};

struct fg_break_even {
    struct fg_way ways
        [FG_BREAK_EVEN_WAYS_MAX]; /* on_demand, spot, reserved by term, owned: those that there are */
    size_t ways_len;
    struct fg_way_pair pairs[FG_BREAK_EVEN_WAYS_MAX * (FG_BREAK_EVEN_WAYS_MAX - 1) / 2];
    size_t pairs_len;
    size_t best; /* the way that is cheapest for the question */
    uint8_t best_by_use[FG_BREAK_EVEN_PARTS + 1]; /* the cheapest way at each percent of use */
    uint8_t best_by_month[FG_BREAK_EVEN_MONTHS_MAX + 1];
};

/* FG_EINVAL: a number out of its bounds; FG_ENOENT: no offers. */
[[nodiscard]] int fg_break_even(const struct fg_break_even_question *question,
                                struct fg_break_even *out,
                                struct fg_err *err);
