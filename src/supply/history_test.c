/* history_test.c - tables of what was measured, good and bad */
#include "supply/history.h"

#include "test/tap.h"

#include <string.h>

static int read_text(const char *text,
                     struct fg_arena *arena,
                     struct fg_supplier_history **out,
                     size_t *out_len)
{
    struct fg_err err = {};
    int rc = fg_supplier_history_read(text, strlen(text), arena, out, out_len, &err);
    if (rc < 0)
        printf("# %s\n", err.text);
    return rc;
}

static void test_good(void)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_supplier_history_room(4096));
    struct fg_supplier_history *rows;
    size_t len;
    EQ(read_text("\xef\xbb\xbfsupplier,Orders,refused,promised,kept,deliveries,lead_hours,held_"
                 "hours,reclaims,"
                 "faults,runs,speed,speed_deviation,hourly_usd\r\n"
                 "alpha,40,1,96,95,39,58.5,41000,0,6,120,0.97,0.05,12.5\r\n\r\n"
                 "\"beta\",,,,,,,,,,,,,\r\n",
                 arena, &rows, &len),
       0);
    EQ(len, 2);
    OK(strcmp(rows[0].supplier, "alpha") == 0 && strcmp(rows[1].supplier, "beta") == 0);
    EQ(rows[0].orders, 40);
    EQ(rows[0].leads, 39);
    EQ(rows[0].lead_sum_us, 210600000000);
    EQ(rows[0].held_us, 147600000000000);
    EQ(rows[0].speed_milli_sum, 116400);
    EQ(rows[0].speed_milli2_sum, 120 * (970 * 970 + 50 * 50));
    EQ(rows[0].hourly_uusd, 12500000);
    EQ(rows[1].orders, 0);
}

static void test_bad(void)
{
    static const char *const texts[] = {
        "",
        "orders\n1\n",
        "supplier,orders,orders\na,1,1\n",
        "supplier,price\na,1\n",
        "supplier,orders\na,1\na,2\n",
        "supplier,orders\na\n",
        "supplier,orders\na b,1\n",
        "supplier,orders\n,1\n",
        "supplier,orders\na,-1\n",
        "supplier,orders\na,1.5\n",
        "supplier,orders\na,1e12\n",
        "supplier,orders,refused\na,1,2\n",
        "supplier,promised,kept\na,1,2\n",
        "supplier,speed\na,NaN\n",
        "supplier,lead_hours\na,5\n",
        "supplier,speed,runs\na,5,\n",
        "supplier\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FG_AUTO(fg_arena)
        struct fg_arena *arena = fg_arena_new(fg_supplier_history_room(4096));
        struct fg_supplier_history *rows;
        size_t len;
        EQ(read_text(texts[i], arena, &rows, &len), FG_EINVAL);
    }
}

#define HOUR_US INT64_C(3600000000)

static struct fg_order an_order(enum fg_contract contract)
{
    struct fg_order order = {
        .offer = {.contract = contract, .accelerators = 8, .price_uusd_per_hour = 16000000},
        .count = 2,
        .state = FG_ORDER_ACTIVE,
        .ordered_us = 10 * HOUR_US};
    snprintf(order.reference, sizeof(order.reference), "po-1");
    return order;
}

static void test_orders(void)
{
    struct fg_supplier_history h = {};
    struct fg_order order = an_order(FG_CONTRACT_ON_DEMAND);
    struct fg_supplier_part part = {};
    const struct fg_supplier_clock clock = {.now_us = 20 * HOUR_US};
    order.ordered_us = 0; /* never asked */
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.orders, 0);
    order = an_order(FG_CONTRACT_ON_DEMAND); /* under way */
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.orders, 1);
    EQ(h.promised, 0);
    order.promised_us = 15 * HOUR_US; /* late by now */
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.promised, 2);
    EQ(h.kept, 0);
    order.delivered = 2; /* in time, one lost after an hour */
    order.delivered_us = 12 * HOUR_US;
    order.lost = 1;
    order.lost_held_us = HOUR_US;
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.kept, 2);
    EQ(h.promised, 4);
    EQ(h.leads, 1);
    EQ(h.lead_sum_us, 2 * HOUR_US);
    EQ(h.held_us, 9 * HOUR_US);
    EQ(h.faults, 1);
    EQ(h.hourly_uusd, 16000000);
    order = an_order(FG_CONTRACT_SPOT); /* all taken back */
    order.delivered = 2;
    order.delivered_us = 12 * HOUR_US;
    order.ended_us = 14 * HOUR_US;
    order.cause = FG_CAUSE_RECLAIMED;
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.reclaims, 2);
    EQ(h.held_us, 9 * HOUR_US);
    EQ(h.spot_held_us, 4 * HOUR_US);
    EQ(part.held_us, 13 * HOUR_US);
    EQ(part.losses, 3);
    EQ(1000 * h.reclaims_told, 200); /* 50 in 1,000 hours, where nobody says */
    EQ(h.hourly_uusd, 16000000);
    order.cause = FG_CAUSE_INSPECTION; /* the wrong thing */
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.kept, 4);
    EQ(h.promised, 8);
    order = an_order(FG_CONTRACT_SPOT); /* no, after a yes; and no at once */
    order.cause = FG_CAUSE_REFUSED;
    order.ended_us = 11 * HOUR_US;
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.refused, 1);
    EQ(h.promised, 10);
    order.reference[0] = '\0';
    order.cause = FG_CAUSE_PRICE;
    fg_supplier_history_add(&h, &part, &order, clock);
    EQ(h.refused, 2);
    EQ(h.promised, 10);
    EQ(fg_supplier_history_check(&h, NULL), 0);
}

int main(void)
{
    RUN(test_orders);
    RUN(test_good);
    RUN(test_bad);
    return tap_done();
}
