/* order_json.c - see order_json.h */
#include "model/order_json.h"

#include "base/uuid.h"
#include "model/members.h"
#include "model/names.h"
#include "model/offer_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 8192

/* -- out ------------------------------------------------------------------------------------------------- */

#define M(member, kind) FG_MEMBER(fg_order, member, FG_MEMBER_##kind, INT64_MAX)
static const struct fg_member shown[] = {
    M(count, UINT32),
    M(delivered, UINT32),
    M(lost, UINT32),
    M(leaving, BOOL),
    M(max_uusd_per_hour, INT64),
    M(node, TEXT),
    M(reference, TEXT),
    M(reason, TEXT),
    M(approved_by, TEXT),
    M(cost_uusd, INT64),
    M(idle_uusd, INT64),
    M(cash_uusd, INT64),
};

#define T(label, member)                                                                       \
    {                                                                                          \
        .name = (label), .kind = FG_MEMBER_TIME, .offset = offsetof(struct fg_order, member),  \
        .size = sizeof(int64_t)                                                                \
    }
static const struct fg_member moments[] = {
    T("created", created_us),     T("approved", approved_us), T("ordered", ordered_us),
    T("promised", promised_us),   T("wanted", wanted_us),     T("delivered_at", delivered_us),
    T("active_at", active_us),    T("until", until_us),       T("ended", ended_us),
    T("booked_until", booked_us),
};
#undef M
#undef T

static void write_number(struct fg_json *json, const char *key, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    fg_json_kv(json, key, number ? text : NULL);
}

void fg_order_json_members(struct fg_json *json,
                           const struct fg_order *order,
                           const char *project)
{
    write_number(json, "id", order->id);
    fg_json_kv(json, "key", order->key);
    fg_json_kv(json, "state", fg_order_state_name(order->state));
    fg_json_kv(json, "cause", order->cause ? fg_order_cause_name(order->cause) : NULL);
    fg_json_kv(json, "supplier", order->offer.supplier);
    fg_json_kv(json, "project", project[0] ? project : NULL);
    write_number(json, "plan", order->plan);
    fg_members_write(json, shown, sizeof(shown) / sizeof(shown[0]), order);
    fg_members_write(json, moments, sizeof(moments) / sizeof(moments[0]), order);
    fg_json_key(json, "offer");
    fg_offer_json_write(json, &order->offer);
}

/* -- in -------------------------------------------------------------------------------------------------- */

static const char *contract_word(int contract)
{
    return fg_contract_name((enum fg_contract)contract);
}

static const struct fg_member asked[] = {
    FG_MEMBER(fg_order_ask, project, FG_MEMBER_TEXT, 0),
    FG_MEMBER(fg_order_ask, offer_id, FG_MEMBER_UINT64, INT64_MAX),
    {"key", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.key), FG_ORDER_KEY_MAX, 0, NULL,
     NULL},
    {"count", FG_MEMBER_UINT32, offsetof(struct fg_order_ask, order.count), sizeof(uint32_t),
     FG_ORDER_COUNT_MAX, NULL, NULL},
    {"plan", FG_MEMBER_UINT64, offsetof(struct fg_order_ask, order.plan), sizeof(uint64_t),
     INT64_MAX, NULL, NULL},
    {"max_uusd_per_hour", FG_MEMBER_INT64,
     offsetof(struct fg_order_ask, order.max_uusd_per_hour), sizeof(int64_t), FG_PRICE_UUSD_MAX,
     NULL, NULL},
    {"wanted", FG_MEMBER_TIME, offsetof(struct fg_order_ask, order.wanted_us), sizeof(int64_t),
     0, NULL, NULL},
    {"until", FG_MEMBER_TIME, offsetof(struct fg_order_ask, order.until_us), sizeof(int64_t), 0,
     NULL, NULL},
    {"node", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.node), FG_NAME_MAX, 0, NULL,
     NULL},
    {"supplier", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.offer.supplier),
     FG_NAME_MAX, 0, NULL, NULL},
    {"instance", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.offer.instance),
     FG_NAME_MAX, 0, NULL, NULL},
    {"region", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.offer.region), FG_NAME_MAX,
     0, NULL, NULL},
    {"zone", FG_MEMBER_TEXT, offsetof(struct fg_order_ask, order.offer.zone), FG_NAME_MAX, 0,
     NULL, NULL},
    {"contract", FG_MEMBER_WORD, offsetof(struct fg_order_ask, order.offer.contract),
     sizeof(enum fg_contract), 0, contract_word, fg_contract_find},
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       int64_t now_us,
                       struct fg_order_ask *out)
{
    int rc = 1;
    if (strcmp(doc->key, "offer") == 0)
        return fg_offer_json_read(doc, reader->arena, &out->order.offer, reader->err);
    size_t mark = fg_read_enter(reader, doc->key);
    for (size_t i = 0; rc == 1 && i < ASKED; i++)
        if (strcmp(asked[i].name, doc->key) == 0)
            rc = fg_member_read(reader, &asked[i], doc, now_us, out);
    fg_read_leave(reader, mark);
    return rc;
}

int fg_order_ask_check(struct fg_order_ask *ask, int64_t now_us, struct fg_err *err)
{
    struct fg_order *order = &ask->order;
    int rc = fg_offer_check(&order->offer, err);
    if (rc < 0)
        return fg_wrap(err, rc, "offer");
    uint32_t least = order->offer.min_count ? order->offer.min_count : 1;
    if (order->count < least)
        return fg_fail(err, FG_EINVAL, "count: %u, the offer is for at least %u", order->count,
                       least);
    if (order->offer.capacity && order->count > order->offer.capacity)
        return fg_fail(err, FG_EINVAL, "count: %u, the supplier has at most %u", order->count,
                       order->offer.capacity);
    rc = order->node[0] ? fg_name_check("node", order->node, err) : 0;
    if (rc == 0 && order->node[0] && order->count != 1)
        rc = fg_fail(err, FG_EINVAL, "count: %u, one node is one machine", order->count);
    if (rc < 0)
        return rc;
    if (order->max_uusd_per_hour == 0)
        order->max_uusd_per_hour = order->offer.price_uusd_per_hour;
    if (order->max_uusd_per_hour < order->offer.price_uusd_per_hour)
        return fg_fail(err, FG_EINVAL,
                       "max_uusd_per_hour: %" PRId64 ", the offer costs %" PRId64,
                       order->max_uusd_per_hour, order->offer.price_uusd_per_hour);
    if (order->until_us && (order->until_us <= now_us || order->until_us <= order->wanted_us))
        return fg_fail(err, FG_EINVAL,
                       "until: it is before the order could be there, expected a later moment");
    return 0;
}

int fg_order_ask_read(const struct fg_doc *doc,
                      int64_t now_us,
                      struct fg_arena *arena,
                      struct fg_order_ask *out,
                      struct fg_err *err)
{
    struct fg_doc_reader reader = {.arena = arena, .err = err, .text_left = TEXT_MAX};
    const char *names[ASKED + 1] = {"offer"};
    for (size_t i = 0; i < ASKED; i++)
        names[i + 1] = asked[i].name;
    *out = (struct fg_order_ask){.order.count = 1};
    int rc = fg_read_kind(&reader, doc, FG_DOC_MAP);
    /* The offer first: it is read as a whole, and what is told beside it must not be lost. */
    const struct fg_doc *offer = rc == 0 ? fg_doc_get(doc, "offer") : NULL;
    if (offer && offer->kind != FG_DOC_NULL)
        rc = read_member(&reader, offer, now_us, out);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (at->kind == FG_DOC_NULL || at == offer)
            continue;
        rc = read_member(&reader, at, now_us, out);
        if (rc == 1)
            rc = fg_read_fail_unknown(&reader, at, names, ASKED + 1);
    }
    if (rc == 0 && out->order.key[0] && !fg_uuid_is(out->order.key))
        rc = fg_fail(err, FG_EINVAL, "key: expected a UUID in lower case");
    if (rc == 0 && out->order.offer.accelerators > 0)
        rc = fg_order_ask_check(out, now_us, err);
    return rc;
}
