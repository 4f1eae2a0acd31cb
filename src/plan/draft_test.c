/* draft_test.c - demand of forecasts as a table; a plan's document says what was solved, and its orders can be asked for. */
#include "plan/draft.h"

#include "base/doc.h"
#include "model/order_json.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOM    ((size_t)256 << 20)
#define HOUR_US 3600000000
#define DAY_US  (24 * (int64_t)HOUR_US)
#define NOW_US  (20000 * DAY_US)

static void make_key(char *out)
{
    static int number;
    snprintf(out, FG_NAME_MAX, "0190c1de-0000-4000-8000-%012d", ++number);
}

/* Eight devices for 20 USD an hour, or for 10 if for thirty days. */
static void fill_offers(struct fg_offer offers[2])
{
    for (int i = 0; i < 2; i++) {
        offers[i] = (struct fg_offer){.supplier = "acme",
                                      .instance = "eight",
                                      .accelerator = "h100-sxm-80g",
                                      .accelerators = 8,
                                      .price_uusd_per_hour = i ? 10000000 : 20000000};
    }
    offers[1].contract = FG_CONTRACT_RESERVED;
    offers[1].term_us = 30 * DAY_US;
}

struct drafted {
    struct fg_buf text;
    struct fg_arena *arena;
    const struct fg_doc *doc;
    struct fg_plan_record record;
    struct fg_err err;
    int rc;
};

static struct drafted draft(const struct fg_draft_ask *ask)
{
    struct drafted out = {.arena = fg_arena_new(ROOM)};
    struct fg_json json = {.buf = &out.text};
    fg_json_object(&json);
    out.rc = fg_draft_make(ask, &json, &out.record, &out.err);
    fg_json_end(&json);
    if (out.rc == 0)
        out.rc = fg_doc_json(out.text.text, out.text.len, out.arena, &out.doc, &out.err);
    if (out.rc < 0)
        printf("# %s\n", out.err.text);
    return out;
}

static void end(struct drafted *drafted)
{
    fg_buf_free(&drafted->text);
    fg_arena_free(drafted->arena);
}

static struct fg_draft_ask ask_for(const struct fg_offer *offers, const char *demand)
{
    return (struct fg_draft_ask){
        .horizon = {.begin_us = NOW_US, .period_us = DAY_US, .periods = 28, .seed = 1},
        .options = "seconds: 0\n",
        .demand = demand,
        .offers = offers,
        .offers_len = 2,
        .make_key = make_key,
    };
}

static void write_demand(struct fg_buf *out, int machines)
{
    fg_buf_printf(out, "period,class,devices\n");
    for (int day = 0; day < 28; day++)
        fg_buf_printf(out, "%d,h100,%d\n", day, 8 * machines);
}

static void what_is_always_needed_is_reserved(void)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_offer offers[2];
    fill_offers(offers);
    write_demand(&demand, 6);
    struct fg_draft_ask ask = ask_for(offers, demand.text);
    struct drafted drafted = draft(&ask);
    EQ(drafted.rc, 0);
    EQ(drafted.record.orders, 1);
    EQ(drafted.record.horizon_us, 28 * DAY_US);
    /* six machines for 28 days at half the price, and the tail of the term that is due all the same */
    OK(drafted.record.cost_uusd >= 6 * 28 * 24 * (int64_t)10000000);
    const struct fg_doc *list = fg_doc_get(drafted.doc, "asks");
    struct fg_order_ask order;
    EQ(list->len, 1);
    EQ(fg_order_ask_read(list->first, NOW_US, drafted.arena, &order, &drafted.err), 0);
    EQ(order.order.count, 6);
    EQ(order.order.offer.contract, FG_CONTRACT_RESERVED);
    EQ(order.order.until_us, NOW_US + 30 * DAY_US);
    EQ(order.order.wanted_us, 0);
    end(&drafted);
}

/* Two own machines of the same price: the one that draws less, and then the one on the cleaner grid. */
static void power_and_carbon_have_a_price(void)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_offer offers[2];
    fill_offers(offers);
    write_demand(&demand, 1);
    for (int i = 0; i < 2; i++) {
        offers[i].contract = FG_CONTRACT_OWNED;
        offers[i].term_us = 365 * DAY_US;
        offers[i].price_uusd_per_hour = 1'000'000;
        offers[i].upfront_uusd = 100'000'000'000;
        offers[i].watts = i == 0 ? 10'000 : 5'000;
        offers[i].carbon_g_per_kwh = i == 0 ? 50 : 700;
        snprintf(offers[i].supplier, sizeof(offers[i].supplier), "s%d", i);
    }
    for (int carbon = 0; carbon < 2; carbon++) {
        struct fg_draft_ask ask = ask_for(offers, demand.text);
        struct fg_order_ask order;
        ask.power_uusd_per_kwh = 100'000;
        ask.carbon_uusd_per_tonne = carbon ? 500'000'000 : 0;
        struct drafted drafted = draft(&ask);
        EQ(drafted.rc, 0);
        EQ(fg_order_ask_read(fg_doc_get(drafted.doc, "asks")->first, NOW_US, drafted.arena,
                             &order, &drafted.err),
           0);
        OK(strcmp(order.order.offer.supplier, carbon ? "s0" : "s1") == 0);
        end(&drafted);
    }
}

/* A seller who takes three days for one that he told is asked two days sooner, for what he sells. */
static void who_comes_late_is_asked_sooner(void)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_offer sold[2], offers[2];
    fill_offers(sold);
    sold[1].lead_time_us = DAY_US;
    memcpy(offers, sold, sizeof(offers));
    offers[1].lead_time_us = 3 * DAY_US;
    fg_buf_printf(&demand, "period,class,devices\n");
    for (int day = 10; day < 28; day++)
        fg_buf_printf(&demand, "%d,h100,8\n", day);
    struct fg_draft_ask ask = ask_for(offers, demand.text);
    ask.sold = sold;
    struct drafted drafted = draft(&ask);
    struct fg_order_ask order;
    EQ(drafted.rc, 0);
    EQ(fg_order_ask_read(fg_doc_get(drafted.doc, "asks")->first, NOW_US, drafted.arena, &order,
                         &drafted.err),
       0);
    EQ(order.order.wanted_us, order.order.until_us - 30 * DAY_US - 2 * DAY_US);
    EQ(order.order.offer.lead_time_us, DAY_US);
    end(&drafted);
}

/* Every other day two machines, one of which is held, then none: what was seen to be able to wait does. */
static void what_may_wait_does(void)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_offer offers[2];
    fill_offers(offers);
    fg_buf_printf(&demand, "period,class,devices\n");
    for (int day = 0; day < 28; day++)
        fg_buf_printf(&demand, "%d,h100,%d\n", day, day % 2 ? 0 : 16);
    struct fg_procure_contract held = {.offer = offers[1], .count = 1, .until_us = 28 * DAY_US};
    const struct fg_draft_wait waits[] = {{"a100", 2 * DAY_US, 900, 40},
                                          {"h100", DAY_US / 2, 300, 40},
                                          {"h100", 30 * 3600 * (int64_t)1000000, 500, 40}};
    for (int told = 0; told < 2; told++) {
        struct fg_draft_ask ask = ask_for(offers, demand.text);
        ask.contracts = &held;
        ask.contracts_len = 1;
        ask.waits = waits;
        ask.waits_len = 3;
        ask.what_if = true;
        if (told) /* by the user: not at all for long enough */
            ask.options = "seconds: 0\nclasses: {h100: {may_wait: {2h: 0.5}}}\n";
        struct drafted drafted = draft(&ask);
        EQ(drafted.rc, 0);
        EQ(drafted.record.orders, 0);
        EQ(fg_doc_get(drafted.doc, "flexible")->len, 3);
        /* Half of 14 days' 16 devices at 2.50 USD an hour, or none: what is held does it the day after. */
        OK(llabs(drafted.record.cost_uusd - told * 14 * 24 * (int64_t)20000000) < 1000);
        const struct fg_doc *list = fg_doc_get(drafted.doc, "waits");
        OK(told ? !list : list && list->len == 1);
        if (list) {
            OK(fabs(fg_doc_get(list->first, "unit_hours_put_off")->real - 14 * 8 * 24) < 1e-3);
            const struct fg_doc *last = fg_doc_get(drafted.doc, "what_if")->first;
            while (last->next)
                last = last->next;
            OK(strcmp(fg_doc_get(last, "what")->text, "no work may wait") == 0);
            OK(fabs(fg_doc_get(last, "upper_bound")->real - 14 * 24 * 20) < 1e-3);
        }
        end(&drafted);
    }
}

/* What is held serves first: only the rest is ordered. */
static void what_is_held_counts(void)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_offer offers[2];
    fill_offers(offers);
    write_demand(&demand, 6);
    struct fg_procure_contract held = {.offer = offers[1], .count = 4, .until_us = INT64_MAX};
    struct fg_draft_ask ask = ask_for(offers, demand.text);
    ask.contracts = &held;
    ask.contracts_len = 1;
    struct drafted drafted = draft(&ask);
    EQ(drafted.rc, 0);
    const struct fg_doc *order = fg_doc_get(drafted.doc, "orders")->first;
    OK(order && fg_doc_get(order, "count")->integer == 2);
    const struct fg_doc *supply = fg_doc_get(drafted.doc, "supply")->first;
    OK(strcmp(fg_doc_get(supply, "source")->text, "held") == 0);
    OK(fg_doc_get(supply, "devices")->first->real == 32);
    end(&drafted);
}

static void wrong_input_is_refused_by_name(void)
{
    struct fg_offer offers[2];
    fill_offers(offers);
    struct fg_draft_ask ask = ask_for(offers, "period,class,devices\n0,mi300x,1\n");
    struct drafted drafted = draft(&ask);
    EQ(drafted.rc, FG_ENOENT);
    end(&drafted);
    ask = ask_for(offers, "nonsense\n");
    drafted = draft(&ask);
    EQ(drafted.rc, FG_EINVAL);
    OK(strncmp(drafted.err.text, "demand:1:", 9) == 0);
    end(&drafted);
    ask = ask_for(offers, "period,class,devices\n0,h100,1\n");
    ask.options = "budgt: 1\n";
    drafted = draft(&ask);
    EQ(drafted.rc, FG_EINVAL);
    end(&drafted);
}

/* A forecast of a constant is that constant in every scenario and period. */
static void forecasts_become_scenarios(void)
{
    double values[200];
    struct fg_err err = {};
    struct fg_forecast forecast;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ROOM);
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(ROOM);
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    for (int i = 0; i < 200; i++)
        values[i] = 16;
    struct fg_forecast_task task = {.values = values, .values_len = 200, .horizon = 72};
    EQ(fg_forecast(&task, scratch, arena, &forecast, &err), 0);
    fg_draft_demand(&(struct fg_draft_class){"h100", &forecast}, 1,
                    &(struct fg_draft_horizon){NOW_US, DAY_US, 3, 1}, &demand);
    size_t lines = 0, sixteens = 0;
    for (const char *at = demand.text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    for (const char *at = demand.text; (at = strstr(at, ",16.0000,")) != NULL; at++)
        sixteens++;
    EQ(lines, 1 + 3 * FG_DRAFT_SCENARIOS);
    EQ(sixteens, 3 * FG_DRAFT_SCENARIOS);
}

int main(void)
{
    RUN(what_is_always_needed_is_reserved);
    RUN(power_and_carbon_have_a_price);
    RUN(who_comes_late_is_asked_sooner);
    RUN(what_may_wait_does);
    RUN(what_is_held_counts);
    RUN(wrong_input_is_refused_by_name);
    RUN(forecasts_become_scenarios);
    return tap_done();
}
