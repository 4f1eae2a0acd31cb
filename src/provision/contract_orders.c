/* contract_orders.c - rules that need an order which is really made; see contract_rules.h */
#include "provision/contract_rules.h"

#include <string.h>

static bool is_bought(struct fg_kit *kit)
{
    if (!kit->is_bought)
        fg_kit_skip(kit, "no order was taken");
    return kit->is_bought;
}

/* Did the call go well, and is the order alive? */
static bool is_taken(struct fg_kit *kit, const struct fg_provision_event *event)
{
    if (event->rc < 0)
        fg_kit_fail(kit, "%s: %s", fg_provision_op_name(event->op), event->reason);
    else if (event->delivery != FG_DELIVERY_PENDING && event->delivery != FG_DELIVERY_READY)
        fg_kit_fail(kit, "%s: %s, expected pending or ready %s",
                    fg_provision_op_name(event->op), fg_delivery_name(event->delivery),
                    event->reason);
    return kit->report.result == FG_RULE_PASSED;
}

void fg_rule_provision(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!kit->order.key[0]) {
        fg_kit_skip(kit, "there is no sound offer");
        return;
    }
    fg_kit_ask(kit, FG_PROVISION_PROVISION, &kit->order, &sheet);
    if (!is_taken(kit, &sheet.event))
        return;
    kit->is_bought = true;
    memcpy(kit->order.reference, sheet.event.reference, sizeof(kit->order.reference));
    if (sheet.event.price_uusd_per_hour > kit->offer.price_uusd_per_hour)
        fg_kit_fail(kit, "it takes %lld micro-USD an hour, the offer says %lld",
                    (long long)sheet.event.price_uusd_per_hour,
                    (long long)kit->offer.price_uusd_per_hour);
}

/* Is the answer about the order that we know? */
static void check_reference(struct fg_kit *kit, const struct fg_provision_event *event)
{
    if (strcmp(event->reference, kit->order.reference) != 0)
        fg_kit_fail(kit, "%s: the reference is '%s', it was '%s'",
                    fg_provision_op_name(event->op), event->reference, kit->order.reference);
}

void fg_rule_same_key(struct fg_kit *kit)
{
    for (int i = 0; is_bought(kit) && i < 3; i++) {
        FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
        fg_kit_ask(kit, FG_PROVISION_PROVISION, &kit->order, &sheet);
        if (!is_taken(kit, &sheet.event))
            return;
        check_reference(kit, &sheet.event);
    }
}

void fg_rule_status(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!is_bought(kit))
        return;
    fg_kit_ask(kit, FG_PROVISION_STATUS, &kit->order, &sheet);
    if (is_taken(kit, &sheet.event))
        check_reference(kit, &sheet.event);
}

void fg_rule_delivery(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {}, again = {};
    if (!is_bought(kit) || !fg_kit_wait(kit, &kit->order, FG_DELIVERY_READY, &sheet))
        return;
    uint32_t len = sheet.event.instances_len;
    for (uint32_t i = 0; i < len && kit->ids_len < FG_KIT_IDS_MAX; i++)
        memcpy(kit->ids[kit->ids_len++], sheet.event.instances[i].id, FG_NAME_MAX);
    fg_kit_ask(kit, FG_PROVISION_PROVISION, &kit->order, &again);
    if (!is_taken(kit, &again.event))
        return;
    if (again.event.instances_len != len)
        fg_kit_fail(kit, "asked again it has %u instances, it had %u",
                    again.event.instances_len, len);
    for (uint32_t i = 0; i < again.event.instances_len && i < len; i++)
        if (strcmp(again.event.instances[i].id, sheet.event.instances[i].id) != 0)
            fg_kit_fail(kit, "asked again instance %u is %s, it was %s", i,
                        again.event.instances[i].id, sheet.event.instances[i].id);
}

void fg_rule_inspect(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    const struct fg_inspect_rules rules = {};
    if (!is_bought(kit))
        return;
    if (kit->ids_len == 0) {
        fg_kit_skip(kit, "nothing was delivered");
        return;
    }
    fg_kit_ask(kit, FG_PROVISION_INSPECT, &kit->order, &sheet);
    if (sheet.event.rc < 0) {
        fg_kit_fail(kit, "%s", sheet.event.reason);
        return;
    }
    if (sheet.event.instances_len != kit->order.count)
        fg_kit_fail(kit, "%u reports, ordered %u", sheet.event.instances_len, kit->order.count);
    for (uint32_t i = 0; i < sheet.event.instances_len; i++) {
        const struct fg_provision_instance *instance = &sheet.event.instances[i];
        struct fg_err why = {};
        if (!instance->report)
            fg_kit_fail(kit, "%s: %s", instance->id, instance->reason);
        else if (fg_inspect_judge(instance->report, &kit->offer, &rules, &why) < 0)
            fg_kit_fail(kit, "%s: %s", instance->id, why.text);
    }
}

/* Is an instance of the second order one of the first? */
static bool is_ours(const struct fg_kit *kit, const char *id)
{
    for (uint32_t i = 0; i < kit->ids_len; i++)
        if (strcmp(kit->ids[i], id) == 0)
            return true;
    return false;
}

/* How many of the offer can be had now; -1: the rule failed. */
static int64_t count_left(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    fg_kit_ask(kit, FG_PROVISION_OFFERS, NULL, &sheet);
    if (sheet.event.rc < 0) {
        fg_kit_fail(kit, "%s", sheet.event.reason);
        return -1;
    }
    for (uint32_t i = 0; i < sheet.event.offers_len; i++)
        if (fg_offer_same(&sheet.event.offers[i], &kit->offer))
            return sheet.event.offers[i].capacity;
    return 0;
}

/* Two orders may have taken so many and no more. */
static void check_taken(struct fg_kit *kit)
{
    int64_t left = kit->offer.capacity ? count_left(kit) : -1;
    int64_t expected = (int64_t)kit->offer.capacity - kit->order.count - kit->second.count;
    if (left >= 0 && left < expected)
        fg_kit_fail(kit, "%lld instances are left of %u after two orders of %u, expected %lld",
                    (long long)left, kit->offer.capacity, kit->order.count,
                    (long long)expected);
}

void fg_rule_cut_off(struct fg_kit *kit)
{
    static const int64_t ends_us[] = {1000,  2000,  5000,   10000,  20000,
                                      40000, 80000, 120000, 200000, 400000};
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!is_bought(kit))
        return;
    if (kit->offer.capacity && kit->offer.capacity < 2 * kit->order.count) {
        fg_kit_skip(kit, "there is only enough for one order (capacity %u)",
                    kit->offer.capacity);
        return;
    }
    for (size_t i = 0; i < sizeof(ends_us) / sizeof(ends_us[0]); i++) {
        FG_AUTO(fg_answer_sheet) struct fg_answer_sheet cut = {};
        fg_kit_ask_briefly(kit, FG_PROVISION_PROVISION, &kit->second, ends_us[i], &cut);
    }
    kit->is_second_bought = true;
    fg_kit_ask(kit, FG_PROVISION_PROVISION, &kit->second, &sheet);
    if (!is_taken(kit, &sheet.event)
        || !fg_kit_wait(kit, &kit->second, FG_DELIVERY_READY, &sheet))
        return;
    for (uint32_t i = 0; i < sheet.event.instances_len; i++)
        if (is_ours(kit, sheet.event.instances[i].id))
            fg_kit_fail(kit, "instance %s is in two orders", sheet.event.instances[i].id);
    if (kit->report.result == FG_RULE_PASSED)
        check_taken(kit);
}

static void give_back(struct fg_kit *kit, const struct fg_order *order)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    fg_kit_ask(kit, FG_PROVISION_RELEASE, order, &sheet);
    if (sheet.event.rc < 0)
        fg_kit_fail(kit, "%s", sheet.event.reason);
    else if (sheet.event.delivery == FG_DELIVERY_UNKNOWN)
        fg_kit_fail(kit, "unknown, expected releasing or gone");
    else
        fg_kit_wait(kit, order, FG_DELIVERY_GONE, &sheet);
}

void fg_rule_release(struct fg_kit *kit)
{
    if (is_bought(kit))
        give_back(kit, &kit->order);
    if (kit->is_second_bought && kit->report.result == FG_RULE_PASSED)
        give_back(kit, &kit->second);
}

void fg_rule_release_again(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!is_bought(kit))
        return;
    fg_kit_ask(kit, FG_PROVISION_RELEASE, &kit->order, &sheet);
    if (sheet.event.rc < 0)
        fg_kit_fail(kit, "%s", sheet.event.reason);
}

void fg_rule_old_key(struct fg_kit *kit)
{
    FG_AUTO(fg_answer_sheet) struct fg_answer_sheet sheet = {};
    if (!is_bought(kit))
        return;
    fg_kit_ask(kit, FG_PROVISION_PROVISION, &kit->order, &sheet);
    if (sheet.event.rc < 0)
        fg_kit_fail(kit, "%s", sheet.event.reason);
    else if (sheet.event.delivery == FG_DELIVERY_PENDING
             || sheet.event.delivery == FG_DELIVERY_READY)
        fg_kit_fail(kit, "%s, expected gone", fg_delivery_name(sheet.event.delivery));
}

void fg_rule_stock(struct fg_kit *kit)
{
    if (!is_bought(kit))
        return;
    if (kit->offer.capacity == 0) {
        fg_kit_skip(kit, "the offer does not say how many there are (capacity)");
        return;
    }
    int64_t left = count_left(kit);
    if (left >= 0 && left != kit->offer.capacity)
        fg_kit_fail(kit, "%lld instances of %s can be had, there were %u", (long long)left,
                    kit->offer.instance, kit->offer.capacity);
}
