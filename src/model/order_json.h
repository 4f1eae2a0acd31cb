/* order_json.h - an order as one JSON object, shown; and one as it is asked for.
 *
 *     asked: {"offer":{...},"count":2,"project":"vision","until":"2026-12-31T00:00:00Z","max_uusd_per_hour":25000000}
 *
 * Without a maximum the price of the offer is it: a quote above is refused.  Without a project nobody but the pool pays for
 * what is not used.
 */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/order.h"

/* What is asked for. */
struct fg_order_ask {
    struct fg_order order; /* offer, count, plan, maximum, wanted, until; key, if told */
    char project[FG_NAME_MAX];
    uint64_t offer_id; /* of the catalogue, instead of the offer itself; 0: not told */
};

/* A `key` is a UUID that the client made: the same one again is the same order, for who lost an answer.
 *
 * FG_EINVAL: a count of 0 or out of the offer's bounds, a maximum below the offer's price, a moment that is past.  A request
 * without `offer` leaves order.offer.accelerators at 0: the caller finds the offer by offer_id, or by supplier, instance,
 * contract, region and zone, which are set, and then calls fg_order_ask_check(). */
[[nodiscard]] int fg_order_ask_read(const struct fg_doc *doc,
                                    int64_t now_us,
                                    struct fg_arena *arena,
                                    struct fg_order_ask *out,
                                    struct fg_err *err);
/* Fills in what follows from the offer, and judges the whole. */
[[nodiscard]] int fg_order_ask_check(struct fg_order_ask *ask,
                                     int64_t now_us,
                                     struct fg_err *err);

/* Into the open object; `project` is the name of order->project, "" the pool. */
void fg_order_json_members(struct fg_json *json,
                           const struct fg_order *order,
                           const char *project);
