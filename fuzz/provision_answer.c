/* provision_answer.c - what a supplier's plug-in may answer: whatever it is, the event is in range, its words are clean, and
 * the secret is not in them. */
#include "fuzz/fuzz.h"
#include "provision/protocol.h"

#include <string.h>

#define SECRET "s3cr3t"

static void check_words(const char *text, size_t size)
{
    size_t len = strnlen(text, size);
    CHECK(len < size);
    CHECK(!strstr(text, SECRET));
    for (size_t i = 0; i < len; i++)
        CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void check_event(const struct fg_provision_event *event, uint32_t count)
{
    check_words(event->reason, sizeof(event->reason));
    check_words(event->reference, sizeof(event->reference));
    CHECK(event->rc <= 0);
    CHECK(event->rc == 0 || (event->reason[0] && event->instances_len == 0));
    CHECK(event->delivery < FG_DELIVERIES);
    CHECK(event->price_uusd_per_hour >= -1 && event->price_uusd_per_hour <= FG_PRICE_UUSD_MAX);
    CHECK(event->upfront_uusd >= -1 && event->upfront_uusd <= FG_UPFRONT_UUSD_MAX);
    CHECK(event->promised_us >= 0 && event->valid_until_us >= 0);
    CHECK(event->instances_len <= count);
    for (uint32_t i = 0; i < event->instances_len; i++) {
        const struct fg_provision_instance *instance = &event->instances[i];
        check_words(instance->id, sizeof(instance->id));
        check_words(instance->address, sizeof(instance->address));
        check_words(instance->reason, sizeof(instance->reason));
        CHECK(instance->id[0] && instance->address[0] != '-');
        CHECK(instance->state < FG_INSTANCE_STATES);
        CHECK(!instance->report || instance->report->devices_len <= FG_NODE_DEVICES_MAX);
    }
    for (uint32_t i = 0; i < event->offers_len; i++) {
        CHECK(fg_offer_check(&event->offers[i], NULL) == 0);
        CHECK(strcmp(event->offers[i].supplier, "shop") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct fg_supplier supplier = {.name = "shop"};
    static const struct fg_secret secret = {SECRET};
    struct fg_order order = {.id = 1, .key = "k", .count = 2};
    if (len == 0)
        return 0;
    struct fg_provision_call call = {.op = bytes[0] % FG_PROVISION_OPS, .supplier = &supplier};
    if (call.op != FG_PROVISION_OFFERS)
        call.order = &order;
    struct fg_answer_sheet sheet = {};
    fg_answer_begin(&call, &sheet.event);
    fg_protocol_read((const char *)bytes + 1, len - 1, &call, &secret, &sheet);
    check_event(&sheet.event, order.count);
    fg_answer_sheet_free(&sheet);
    return 0;
}
