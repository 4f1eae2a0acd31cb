/* scale_rule.h - a rule by which the service orders and gives back machines of a class, and its JSON.
 *
 *     {"class":"h100","offer":{...},"max_uusd_per_hour":25000000,"least":0,"most":4,"standby":0,"step_up":0,"step_down":0,
 *      "slack_percent":10,"quantile_percent":80,"life_us":3600000000,"idle_us":600000000,"cool_us":300000000,"zero_us":0}
 *
 * What the numbers mean: plan/scale.h.  One machine is one order, so that each can be given back by itself.  The orders of a rule
 * are known by their keys, which begin as the key of the rule does: it is kept while the rule is changed.
 */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/offer.h"
#include "model/order.h"

#define FG_SCALE_RULES_MAX 64
#define FG_SCALE_MOST_MAX  1000 /* machines of one rule */
#define FG_SCALE_KEY_LEN                                                                       \
    24 /* of the key of an order: what is its rule's; "8-4-4-4-" of a UUID */

struct fg_scale_rule {
    char class
        [FG_KIND_MAX]; /* its name: a kind of accelerator; that of the offer is one of it */
    char key[FG_ORDER_KEY_MAX]; /* a UUID */
    struct fg_offer offer;      /* what is ordered */
    uint64_t offer_id; /* of the catalogue, only when asked for: instead of the offer itself */
    int64_t max_uusd_per_hour;     /* of one machine; at least the price of the offer */
    uint32_t least, most, standby; /* machines */
    uint32_t step_up, step_down;   /* machines of one decision; 0: any number */
    uint32_t slack_percent;
    uint32_t quantile_percent; /* of the forecast that is provided for; 0: no forecast */
    int64_t life_us, idle_us, cool_us;
    int64_t zero_us; /* standby goes after so long without work; 0: never */
};

/* Into the open object, but for the offer_id. */
void fg_scale_rule_members(struct fg_json *json, const struct fg_scale_rule *rule);

/* `class` is the one of the path or the row.  Without `offer` its accelerators are 0: the caller finds it by offer_id, or by
 * supplier, instance, contract, region and zone, which are set, and then calls fg_scale_rule_check().  FG_EINVAL. */
[[nodiscard]] int fg_scale_rule_read(const struct fg_doc *doc,
                                     const char *class,
                                     struct fg_arena *arena,
                                     struct fg_scale_rule *out,
                                     struct fg_err *err);

/* Fills in the maximum if it is 0, and judges the whole.  FG_EINVAL. */
[[nodiscard]] int fg_scale_rule_check(struct fg_scale_rule *rule, struct fg_err *err);
