/* protocol_test.c - what is told to plug-ins, and what of their answers is believed. */
#include "provision/protocol.h"
#include "test/tap.h"

#include <string.h>

static const struct fg_supplier supplier = {.name = "shop", .kind = FG_SUPPLIER_EXEC};

static struct fg_order two_machines(void)
{
    return (struct fg_order){.id = 7,
                             .key = "0b7c",
                             .count = 2,
                             .max_uusd_per_hour = 99,
                             .offer = {.supplier = "shop",
                                       .instance = "big",
                                       .accelerator = "h100",
                                       .accelerators = 8,
                                       .price_uusd_per_hour = 2500000}};
}

static struct fg_answer_sheet answer(enum fg_provision_op op, const char *text)
{
    struct fg_order order = two_machines();
    struct fg_provision_call call = {.op = op, .supplier = &supplier};
    struct fg_answer_sheet sheet = {};
    if (op != FG_PROVISION_OFFERS)
        call.order = &order;
    fg_answer_begin(&call, &sheet.event);
    fg_protocol_read(text, strlen(text), &call, NULL, &sheet);
    if (sheet.event.reason[0])
        printf("# %s\n", sheet.event.reason);
    return sheet;
}

static void a_request_says_what_is_wanted(void)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_order order = two_machines();
    order.until_us = 1795219200000000;
    struct fg_provision_call call = {
        .op = FG_PROVISION_INSPECT, .supplier = &supplier, .order = &order, .burn_in_s = 30};
    fg_protocol_write(&text, &call);
    static const char begin[] =
        "{\"op\":\"inspect\",\"version\":1,\"supplier\":\"shop\",\"key\":\"0b7c\","
        "\"reference\":null,\"count\":2,\"wanted\":null,\"until\":\"2026-11-21T00:00:00Z\","
        "\"offer\":{\"supplier\":\"shop\",\"instance\":\"big\"";
    OK(strncmp(text.text, begin, strlen(begin)) == 0);
    OK(strstr(text.text, ",\"burn_in_s\":30}") != NULL);
    OK(strchr(text.text, '\n') == NULL);
    /* What we would pay at most is nobody's business. */
    OK(strstr(text.text, "max_uusd") == NULL);
}

static void user_data_goes_with_the_purchase_alone(void)
{
    FG_AUTO(fg_buf) struct fg_buf buys = {}, asks = {};
    struct fg_order order = two_machines();
    struct fg_provision_call call = {.op = FG_PROVISION_PROVISION,
                                     .supplier = &supplier,
                                     .order = &order,
                                     .user_data = "#!/bin/sh\necho \"hi\"\n"};
    fg_protocol_write(&buys, &call);
    OK(strstr(buys.text, ",\"user_data\":\"#!/bin/sh\\necho \\\"hi\\\"\\n\"}") != NULL);
    call.op = FG_PROVISION_STATUS;
    fg_protocol_write(&asks, &call);
    OK(strstr(asks.text, "user_data") == NULL);
}

static void a_machine_says_when_it_leaves(void)
{
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet
        sheet =
            answer(FG_PROVISION_STATUS,
                   "{\"ok\":true,\"state\":\"ready\",\"instances\":["
                   "{\"id\":\"a\",\"leaves_at\":\"2026-11-21T10:00:00Z\"},{\"id\":\"b\"}]}"),
        wrong = answer(FG_PROVISION_STATUS, "{\"ok\":true,\"state\":\"ready\",\"instances\":["
                                            "{\"id\":\"a\",\"leaves_at\":7},{\"id\":\"b\"}]}");
    EQ(sheet.event.rc, 0);
    EQ(sheet.event.instances[0].leaves_us, 1795255200000000);
    EQ(sheet.event.instances[1].leaves_us, 0);
    EQ(wrong.event.rc, FG_EBACKEND);
    fg_answer_sheet_free(&wrong);
}

static void what_is_sound_is_told(void)
{
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet sheet = answer(
        FG_PROVISION_PROVISION, "{\"ok\":true,\"state\":\"ready\",\"reference\":\"R/"
                                "1\",\"price_uusd_per_hour\":2500000,"
                                "\"upfront_uusd\":0,\"promised\":\"2026-11-21T10:00:00Z\","
                                "\"ready\":\"2026-11-21T09:59:00Z\",\"new\":{\"x\":[]},"
                                "\"instances\":[{\"id\":\"a\",\"address\":\"[fe80::1]\"},"
                                "{\"id\":\"b\",\"state\":\"lost\",\"reason\":\"it burnt\"}]}");
    const struct fg_provision_event *event = &sheet.event;
    EQ(event->rc, 0);
    EQ(event->delivery, FG_DELIVERY_READY);
    OK(strcmp(event->reference, "R/1") == 0);
    EQ(event->price_uusd_per_hour, 2500000);
    EQ(event->upfront_uusd, 0);
    EQ(event->promised_us - event->ready_us, 60000000);
    EQ(event->instances_len, 2);
    OK(strcmp(event->instances[0].address, "[fe80::1]") == 0);
    EQ(event->instances[0].state, FG_INSTANCE_READY);
    EQ(event->instances[1].state, FG_INSTANCE_LOST);
    OK(strcmp(event->instances[1].reason, "it burnt") == 0);
}

static void offers_that_are_not_sound_are_left_out(void)
{
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet sheet =
        answer(FG_PROVISION_OFFERS,
               "{\"ok\":true,\"offers\":[{\"instance\":\"a\",\"accelerator\":\"H100\","
               "\"accelerators\":8,"
               "\"price_uusd_per_hour\":20,\"supplier\":\"somebody-else\",\"colour\":\"red\"},"
               "{\"instance\":\"b\",\"accelerator\":\"h100\",\"accelerators\":8,\"price_uusd_"
               "per_hour\":0},"
               "{\"instance\":\"b "
               "c\",\"accelerator\":\"h100\",\"accelerators\":8,\"price_uusd_per_hour\":1},"
               "7]}");
    EQ(sheet.event.rc, 0);
    EQ(sheet.event.offers_len, 1);
    EQ(sheet.event.offers_refused, 3);
    OK(strcmp(sheet.event.offers[0].supplier, "shop") == 0);
    OK(strcmp(sheet.event.offers[0].accelerator, "h100") == 0);
    OK(strstr(sheet.event.reason, "offers[1]: price is 0") != NULL);
}

static void what_cannot_be_is_an_error(void)
{
#define I "{\"ok\":true,\"state\":\"pending\",\"instances\":"
    static const struct {
        enum fg_provision_op op;
        const char *text, *reason;
    } cases[] = {
        {FG_PROVISION_STATUS, "", "cannot be believed"},
        {FG_PROVISION_STATUS, "[]", "a list, expected a map"},
        {FG_PROVISION_STATUS, "{\"ok\":1}", "no ok"},
        {FG_PROVISION_STATUS, "{\"ok\":true,\"ok\":true,\"state\":\"gone\"}", "duplicate"},
        {FG_PROVISION_STATUS, "{\"ok\":true,\"state\":\"fine\"}", "not a state that we know"},
        {FG_PROVISION_STATUS, "{\"ok\":true,\"state\":7}", "state"},
        {FG_PROVISION_PROVISION, "{\"ok\":true,\"state\":\"unknown\"}",
         "no answer to provision"},
        {FG_PROVISION_RELEASE, "{\"ok\":true,\"state\":\"pending\"}", "no answer to release"},
        {FG_PROVISION_RELEASE, "{\"ok\":false,\"refused\":\"no\"}", "refuses to do release"},
        {FG_PROVISION_QUOTE, "{\"ok\":true}", "no price_uusd_per_hour"},
        {FG_PROVISION_QUOTE, "{\"ok\":true,\"price_uusd_per_hour\":-1}",
         "price_uusd_per_hour: -1"},
        {FG_PROVISION_QUOTE, "{\"ok\":true,\"price_uusd_per_hour\":1e3}",
         "price_uusd_per_hour"},
        {FG_PROVISION_QUOTE, "{\"ok\":true,\"price_uusd_per_hour\":1000000000000000}",
         "price_uusd"},
        {FG_PROVISION_QUOTE, "{\"ok\":true,\"price_uusd_per_hour\":1,\"promised\":\"soon\"}",
         "promised: not a moment"},
        {FG_PROVISION_OFFERS, "{\"ok\":true,\"offers\":{}}", "no list of offers"},
        {FG_PROVISION_STATUS, I "{}}", "instances: a map, expected a list"},
        {FG_PROVISION_STATUS, I "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]}",
         "3 instances, ordered 2"},
        {FG_PROVISION_STATUS, I "[{\"id\":\"a\"},{\"id\":\"a\"}]}", "id a stands there twice"},
        {FG_PROVISION_STATUS, I "[{}]}", "no id"},
        {FG_PROVISION_STATUS, I "[{\"id\":\"a\",\"address\":\"-oProxyCommand=x\"}]}",
         "address"},
        {FG_PROVISION_STATUS, I "[{\"id\":\"a\",\"address\":\"a b\"}]}", "address"},
        {FG_PROVISION_STATUS,
         I "[{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}]}",
         "64 bytes, expected at most 63"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        printf("# %s\n", cases[i].text);
        FG_AUTO(fg_answer_sheet)
        struct fg_answer_sheet sheet = answer(cases[i].op, cases[i].text);
        EQ(sheet.event.rc, FG_EBACKEND);
        OK(strstr(sheet.event.reason, cases[i].reason) != NULL);
        EQ(sheet.event.instances_len, 0);
        EQ(sheet.event.order, cases[i].op == FG_PROVISION_OFFERS ? 0 : 7);
    }
}

static void no_is_final_or_it_is_not(void)
{
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet refused =
        answer(FG_PROVISION_PROVISION, "{\"ok\":false,\"refused\":\"sold out\"}");
    EQ(refused.event.rc, 0);
    EQ(refused.event.delivery, FG_DELIVERY_REFUSED);
    OK(strcmp(refused.event.reason, "sold out") == 0);
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet error =
        answer(FG_PROVISION_PROVISION, "{\"ok\":false,\"error\":\"database down\"}");
    EQ(error.event.rc, FG_EBACKEND);
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet later =
        answer(FG_PROVISION_STATUS, "{\"ok\":true,\"state\":\"refused\"}");
    EQ(later.event.delivery, FG_DELIVERY_REFUSED);
    OK(later.event.reason[0]);
}

static void a_report_that_is_none_is_the_machines_fault(void)
{
    FG_AUTO(fg_answer_sheet)
    struct fg_answer_sheet sheet = answer(
        FG_PROVISION_INSPECT,
        "{\"ok\":true,\"instances\":[{\"id\":\"a\",\"report\":{\"format\":\"fastgpu-inspect "
        "1\",\"devices\":[{\"kind\":\"h100\"}]}},{\"id\":\"b\",\"report\":{\"format\":\"x\"}}]"
        "}");
    EQ(sheet.event.rc, 0);
    EQ(sheet.event.delivery, FG_DELIVERY_READY);
    const struct fg_inspect_report *report = sheet.event.instances[0].report;
    OK(report && report->devices_len == 1);
    OK(sheet.event.instances[1].report == NULL);
    OK(strstr(sheet.event.instances[1].reason, "cannot be read") != NULL);
}

int main(void)
{
    RUN(a_request_says_what_is_wanted);
    RUN(user_data_goes_with_the_purchase_alone);
    RUN(a_machine_says_when_it_leaves);
    RUN(what_is_sound_is_told);
    RUN(offers_that_are_not_sound_are_left_out);
    RUN(what_cannot_be_is_an_error);
    RUN(no_is_final_or_it_is_not);
    RUN(a_report_that_is_none_is_the_machines_fault);
    return tap_done();
}
