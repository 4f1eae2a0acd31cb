/* order_json_test.c - offers, suppliers and orders as JSON: what is written reads back the same, what makes no sense is refused. */
#include "model/offer_json.h"
#include "model/order_json.h"
#include "model/supplier_json.h"
#include "test/tap.h"

#include <string.h>

#define HOUR_US 3600000000LL
#define NOW_US  1700000000000000LL

static struct fg_arena *arena;

static const struct fg_offer an_offer = {
    .supplier = "acme",
    .instance = "8xh100",
    .accelerator = "h100",
    .region = "eu-1",
    .contract = FG_CONTRACT_RESERVED,
    .accelerators = 8,
    .accelerator_mem_mib = 81559,
    .cpu_milli = 96000,
    .mem_mib = 1ULL << 20,
    .price_uusd_per_hour = 19999999,
    .upfront_uusd = 5000000000,
    .term_us = 720 * HOUR_US,
    .lead_time_us = HOUR_US,
    .capacity = 4,
    .min_count = 2,
    .away_milli = 3,
    .watts = 10200,
};

static const struct fg_doc *doc_of(const char *text)
{
    const struct fg_doc *doc = NULL;
    OK(fg_doc_json(text, strlen(text), arena, &doc, NULL) == 0);
    return doc;
}

static void an_offer_reads_back(void)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct fg_offer back;
    fg_offer_json_write(&json, &an_offer);
    EQ(fg_offer_json_read(doc_of(buf.text), arena, &back, NULL), 0);
    OK(memcmp(&back, &an_offer, sizeof(back)) == 0);
}

static void a_supplier_reads_back(void)
{
    struct fg_supplier supplier = {.name = "acme",
                                   .kind = FG_SUPPLIER_EXEC,
                                   .argv_len = 2,
                                   .argv = {"/opt/plugin", "--region=\"eu\""},
                                   .secret_file = "/etc/secret",
                                   .timeout_us = 5000000,
                                   .paused = true,
                                   .policy = {50000000, 900000000, FG_PERIOD_WEEK}};
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct fg_supplier back;
    fg_json_object(&json);
    fg_supplier_json_members(&json, &supplier);
    fg_json_end(&json);
    EQ(fg_supplier_json_read(doc_of(buf.text), "acme", arena, &back, NULL), 0);
    OK(memcmp(&back, &supplier, sizeof(back)) == 0);
    EQ(fg_supplier_json_read(doc_of(buf.text), "other", arena, &back, NULL), FG_EINVAL);
}

static void suppliers_that_are_refused(void)
{
    static const char *const texts[] = {
        "{\"kind\":\"exec\"}",
        "{\"kind\":\"exec\",\"argv\":[\"plugin\"]}",
        "{\"kind\":\"http\",\"url\":\"http://far.example\"}",
        "{\"kind\":\"cloud\"}",
        "{\"kind\":\"listed\",\"colour\":1}",
        "{\"kind\":\"listed\",\"timeout_us\":0}",
        "{\"kind\":\"listed\",\"policy\":{\"max_uusd\":-1}}",
        "{\"kind\":\"listed\",\"policy\":{\"period\":\"fortnight\"}}",
        "[]",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fg_supplier out;
        struct fg_err err = {};
        EQ(fg_supplier_json_read(doc_of(texts[i]), "acme", arena, &out, &err), FG_EINVAL);
        printf("# %s\n", err.text);
    }
}

static int ask(const char *members, struct fg_order_ask *out)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct fg_err err = {};
    fg_json_object(&json);
    fg_json_key(&json, "offer");
    fg_offer_json_write(&json, &an_offer);
    fg_buf_printf(&buf, "%s}", members);
    int rc = fg_order_ask_read(doc_of(buf.text), NOW_US, arena, out, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

static void an_order_is_asked_for(void)
{
    struct fg_order_ask out;
    EQ(ask(",\"count\":2,\"project\":\"vision\",\"until\":\"10d\"", &out), 0);
    EQ(out.order.count, 2);
    EQ(out.order.max_uusd_per_hour, an_offer.price_uusd_per_hour);
    EQ(out.order.until_us, NOW_US + 240 * HOUR_US);
    OK(strcmp(out.project, "vision") == 0);
    OK(fg_offer_same(&out.order.offer, &an_offer));
    EQ(ask(",\"count\":2,\"max_uusd_per_hour\":20000000", &out), 0);
    EQ(out.order.max_uusd_per_hour, 20000000);
}

static void orders_that_are_refused(void)
{
    struct fg_order_ask out;
    EQ(ask("", &out), FG_EINVAL);             /* fewer than the least */
    EQ(ask(",\"count\":5", &out), FG_EINVAL); /* more than there are */
    EQ(ask(",\"count\":2,\"max_uusd_per_hour\":19999998", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"until\":\"2020-01-01T00:00:00Z\"", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"wanted\":\"2h\",\"until\":\"1h\"", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"colour\":2", &out), FG_EINVAL);
    EQ(ask(",\"count\":\"many\"", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"key\":\"123\"", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"key\":\"0190c1de-0000-7000-8000-00000000000G\"", &out), FG_EINVAL);
    EQ(ask(",\"count\":2,\"key\":\"0190c1de-0000-7000-8000-000000000001\"", &out), 0);
}

static void an_offer_is_named(void)
{
    struct fg_order_ask out;
    EQ(fg_order_ask_read(doc_of("{\"supplier\":\"acme\",\"instance\":\"8xh100\",\"count\":3,"
                                "\"contract\":\"spot\"}"),
                         NOW_US, arena, &out, NULL),
       0);
    EQ(out.order.offer.accelerators, 0);
    EQ(out.order.offer.contract, FG_CONTRACT_SPOT);
    OK(strcmp(out.order.offer.instance, "8xh100") == 0);
    EQ(fg_order_ask_check(&out, NOW_US, NULL), FG_EINVAL);
}

static void an_order_is_shown(void)
{
    struct fg_order order = {.id = 7,
                             .key = "a-key",
                             .offer = an_offer,
                             .count = 2,
                             .state = FG_ORDER_REJECTED,
                             .cause = FG_CAUSE_INSPECTION,
                             .ended_us = NOW_US};
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_order_json_members(&json, &order, "");
    fg_json_end(&json);
    const struct fg_doc *doc = doc_of(buf.text);
    OK(strcmp(fg_doc_get(doc, "id")->text, "7") == 0);
    OK(strcmp(fg_doc_get(doc, "state")->text, "rejected") == 0);
    OK(strcmp(fg_doc_get(doc, "cause")->text, "inspection") == 0);
    EQ(fg_doc_get(doc, "project")->kind, FG_DOC_NULL);
    EQ(fg_doc_get(doc, "until")->kind, FG_DOC_NULL);
    EQ(fg_doc_get(fg_doc_get(doc, "offer"), "accelerators")->integer, 8);
}

int main(void)
{
    arena = fg_arena_new(1 << 22);
    RUN(an_offer_reads_back);
    RUN(a_supplier_reads_back);
    RUN(suppliers_that_are_refused);
    RUN(an_order_is_asked_for);
    RUN(orders_that_are_refused);
    RUN(an_offer_is_named);
    RUN(an_order_is_shown);
    fg_arena_free(arena);
    return tap_done();
}
