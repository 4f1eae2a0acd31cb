/* order_json.c - what a client says of a supplier, of an offer, and of an order: what is accepted is within its limits and reads back
 * as itself. */
#include "fuzz/fuzz.h"

#include "model/offer_json.h"
#include "model/order_json.h"
#include "model/scale_rule.h"
#include "model/supplier_json.h"

#include <string.h>

#define NOW_US 1'700'000'000'000'000

static const struct fg_doc *parse(const struct fg_buf *buf, struct fg_arena *arena)
{
    const struct fg_doc *doc = NULL;
    CHECK(fg_doc_json(buf->text, buf->len, arena, &doc, NULL) == 0);
    return doc;
}

static void try_supplier(const struct fg_doc *doc, struct fg_arena *arena)
{
    struct fg_supplier supplier, again;
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    if (fg_supplier_json_read(doc, "acme", arena, &supplier, NULL) < 0)
        return;
    CHECK(fg_supplier_check(&supplier, NULL) == 0 && supplier.timeout_us > 0);
    fg_json_object(&json);
    fg_supplier_json_members(&json, &supplier);
    fg_json_end(&json);
    CHECK(fg_supplier_json_read(parse(&buf, arena), "acme", arena, &again, NULL) == 0);
    CHECK(memcmp(&supplier, &again, sizeof(again)) == 0);
}

static void try_offer(const struct fg_doc *doc, struct fg_arena *arena)
{
    struct fg_offer offer, again;
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    if (fg_offer_json_read(doc, arena, &offer, NULL) < 0)
        return;
    CHECK(fg_offer_check(&offer, NULL) == 0);
    fg_offer_json_write(&json, &offer);
    CHECK(fg_offer_json_read(parse(&buf, arena), arena, &again, NULL) == 0);
    CHECK(fg_offer_same(&offer, &again)
          && offer.price_uusd_per_hour == again.price_uusd_per_hour);
}

static void try_order(const struct fg_doc *doc, struct fg_arena *arena)
{
    struct fg_order_ask ask;
    if (fg_order_ask_read(doc, NOW_US, arena, &ask, NULL) < 0
        || ask.order.offer.accelerators == 0)
        return;
    CHECK(fg_order_ask_check(&ask, NOW_US, NULL) == 0);
    CHECK(ask.order.count >= 1
          && ask.order.max_uusd_per_hour >= ask.order.offer.price_uusd_per_hour);
    CHECK(!ask.order.until_us || ask.order.until_us > NOW_US);
}

static void try_rule(const struct fg_doc *doc, struct fg_arena *arena)
{
    struct fg_scale_rule rule, again;
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    if (fg_scale_rule_read(doc, "h100", arena, &rule, NULL) < 0 || rule.offer.accelerators == 0)
        return;
    CHECK(rule.least <= rule.most && rule.max_uusd_per_hour >= rule.offer.price_uusd_per_hour);
    fg_json_object(&json);
    fg_scale_rule_members(&json, &rule);
    fg_json_end(&json);
    CHECK(fg_scale_rule_read(parse(&buf, arena), "h100", arena, &again, NULL) == 0);
    CHECK(again.most == rule.most && again.zero_us == rule.zero_us
          && strcmp(again.key, rule.key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct fg_doc *doc;
    if (len > 1 << 16)
        return 0;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(64UL << 20);
    if (fg_doc_json((const char *)bytes, len, arena, &doc, NULL) < 0)
        return 0;
    try_supplier(doc, arena);
    try_offer(doc, arena);
    try_order(doc, arena);
    try_rule(doc, arena);
    return 0;
}
