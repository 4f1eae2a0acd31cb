/* order_test.c - a file of version 2 keeps all it has and takes orders; suppliers, orders, their instances, notes and costs go
 * in, come out, and survive. */
#include "store/testing.h"

#include "store/reader.h"
#include "store/schema.h"

#include <stdlib.h>

static struct fg_order an_order(fg_order_id id)
{
    struct fg_order order = {.id = id,
                             .offer = {.supplier = "acme",
                                       .instance = "8xh100",
                                       .accelerator = "h100",
                                       .contract = FG_CONTRACT_ON_DEMAND,
                                       .accelerators = 8,
                                       .price_uusd_per_hour = 20000000},
                             .count = 3,
                             .project = 2,
                             .plan = 9,
                             .max_uusd_per_hour = 21000000,
                             .created_us = 100,
                             .wanted_us = 200,
                             .until_us = 300};
    snprintf(order.key, sizeof(order.key), "key-%u", (unsigned)id);
    strcpy(order.node, "c1");
    return order;
}

static void check_cash(struct fg_store *store, const char *supplier, int64_t day, int64_t want)
{
    int64_t uusd = -1;
    EQ(ops->order_cash_sum(store, supplier, day, &uusd, NULL), 0);
    EQ(uusd, want);
}

static struct fg_order moved(struct fg_order order)
{
    order.state = FG_ORDER_ACTIVE;
    order.cause = FG_CAUSE_EXPIRED;
    order.leaving = true;
    order.delivered = 3;
    order.lost = 1;
    order.lost_held_us = 77;
    order.approved_us = 101;
    order.ordered_us = 102;
    order.delivered_us = 103;
    order.active_us = 104;
    order.promised_us = 105;
    order.booked_us = 106;
    order.cost_uusd = 1000;
    order.idle_uusd = 400;
    order.cash_uusd = 5000;
    order.offer.price_uusd_per_hour = 19000000;
    order.until_us = 107;
    strcpy(order.reference, "po-1");
    strcpy(order.reason, "soon over");
    strcpy(order.approved_by, "ann");
    return order;
}

static const struct fg_order_instance instances[2] = {
    {.id = "i-1", .address = "gpu01", .verdict = "accepted"},
    {.id = "i-2", .address = "gpu02", .gone_us = 55, .verdict = "2 of 8 are missing"}};

static void write_all(struct fg_store *store)
{
    struct fg_order order = an_order(1), other = an_order(2);
    MUST(ops->begin(store, NULL) == 0);
    EQ(ops->supplier_put(store, "acme", "{\"a\":1}", NULL), 0);
    EQ(ops->supplier_put(store, "acme", "{\"a\":2}", NULL), 0);
    EQ(ops->supplier_put(store, "gone", "{}", NULL), 0);
    EQ(ops->supplier_put(store, "gone", NULL, NULL), 0);
    EQ(ops->scale_put(store, "h100", "{\"b\":1}", NULL), 0);
    EQ(ops->scale_put(store, "h100", "{\"b\":2}", NULL), 0);
    EQ(ops->scale_put(store, "gone", "{}", NULL), 0);
    EQ(ops->scale_put(store, "gone", NULL, NULL), 0);
    EQ(ops->order_put(store, &order, NULL), 0);
    order = moved(order);
    EQ(ops->order_put(store, &order, NULL), 0);
    other.state = FG_ORDER_CANCELLED;
    other.ended_us = 500;
    EQ(ops->order_put(store, &other, NULL), 0);
    EQ(ops->order_instance_put(store, 1, 0, &instances[0], "{\"r\":1}", NULL), 0);
    EQ(ops->order_instance_put(store, 1, 0, &instances[0], "", NULL), 0);
    EQ(ops->order_instance_put(store, 1, 1, &instances[1], "", NULL), 0);
    const struct fg_order_note note = {7, "approved", "ann", "within the budget"};
    EQ(ops->order_note_add(store, 1, &note, NULL), 0);
    EQ(ops->order_cost_add(store, &(struct fg_order_cost){1, 2, 5, 30, 600}, NULL), 0);
    EQ(ops->order_cost_add(store, &(struct fg_order_cost){1, 2, 0, 30, 300}, NULL), 0);
    EQ(ops->order_cost_add(store, &(struct fg_order_cost){1, 2, 0, 30, 100}, NULL), 0);
    EQ(ops->order_cash_add(store, &order, 30, 4000, NULL), 0);
    EQ(ops->order_cash_add(store, &order, 30, 500, NULL), 0);
    EQ(ops->order_cash_add(store, &order, 31, 500, NULL), 0);
    check_cash(store, "acme", 30, 5000); /* what is not committed counts */
    EQ(ops->commit(store, NULL), 0);
    check_cash(store, "acme", 31, 500);
    check_cash(store, "other", 0, 0);
}

struct seen {
    int suppliers, scales, orders, instances, notes;
    struct fg_order order;
    int64_t used, idle;
};

static int on_supplier(void *self, const char *name, const char *json)
{
    struct seen *seen = self;
    seen->suppliers++;
    OK(strcmp(name, "acme") == 0 && strcmp(json, "{\"a\":2}") == 0);
    return 0;
}

static int on_scale(void *self, const char *name, const char *json)
{
    struct seen *seen = self;
    seen->scales++;
    OK(strcmp(name, "h100") == 0 && strcmp(json, "{\"b\":2}") == 0);
    return 0;
}

static int on_order(void *self, const struct fg_order *order)
{
    struct seen *seen = self;
    seen->orders++;
    seen->order = *order;
    return 0;
}

static int on_instance(void *self,
                       fg_order_id order,
                       uint32_t slot,
                       const struct fg_order_instance *instance)
{
    struct seen *seen = self;
    EQ(order, 1);
    OK(slot < 2 && memcmp(instance, &instances[slot], sizeof(*instance)) == 0);
    seen->instances++;
    return 0;
}

static void check_load(struct fg_store *store)
{
    struct seen seen = {};
    struct fg_store_sink sink = {.self = &seen,
                                 .supplier = on_supplier,
                                 .scale = on_scale,
                                 .order = on_order,
                                 .order_instance = on_instance};
    const struct fg_order want = moved(an_order(1));
    EQ(ops->load(store, &sink, NULL), 0);
    EQ(seen.suppliers, 1);
    EQ(seen.scales, 1);
    EQ(seen.orders, 1); /* the other is over */
    EQ(seen.instances, 2);
    EQ(sink.next_order_id, 3);
    OK(memcmp(&seen.order, &want, sizeof(want)) == 0);

    struct fg_order found;
    EQ(ops->order_find(store, 2, NULL, &found, NULL), 0);
    EQ(found.state, FG_ORDER_CANCELLED);
    EQ(ops->order_find(store, 0, "key-1", &found, NULL), 0);
    EQ(found.id, 1);
    EQ(ops->order_find(store, 3, NULL, &found, NULL), FG_ENOENT);
    EQ(ops->order_find(store, 0, "key-3", &found, NULL), FG_ENOENT);
}

static int see_instance(void *self,
                        uint32_t slot,
                        const struct fg_order_instance *instance,
                        const char *report)
{
    OK(strcmp(report, slot == 0 ? "{\"r\":1}" : "") == 0);
    return on_instance(self, 1, slot, instance);
}

static int see_note(void *self, const struct fg_order_note *note)
{
    struct seen *seen = self;
    seen->notes++;
    OK(note->time_us == 7 && strcmp(note->actor, "ann") == 0);
    return 0;
}

static int see_cost(void *self, const struct fg_order_cost *cost)
{
    struct seen *seen = self;
    *(cost->user ? &seen->used : &seen->idle) += cost->uusd;
    return 0;
}

static void check_reader(const char *path)
{
    struct seen seen = {};
    struct fg_order order;
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(path, NULL);
    MUST(reader);
    EQ(fg_reader_suppliers(reader, on_supplier, &seen, NULL), 0);
    EQ(seen.suppliers, 1);
    EQ(fg_reader_orders(reader, &(struct fg_order_filter){}, on_order, &seen, NULL), 0);
    EQ(seen.orders, 2);
    EQ(seen.order.id, 1); /* newest first */
    static const struct {
        struct fg_order_filter filter;
        int want;
    } cases[] = {
        {{.supplier = "acme"}, 2},
        {{.supplier = "other"}, 0},
        {{.states = 1U << FG_ORDER_ACTIVE}, 1},
        {{.states = 1U << FG_ORDER_PLANNED}, 0},
        {{.project = 2}, 2},
        {{.project = 1}, 0},
        {{.before = 2}, 1},
        {{.limit = 1}, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        seen.orders = 0;
        EQ(fg_reader_orders(reader, &cases[i].filter, on_order, &seen, NULL), 0);
        EQ(seen.orders, cases[i].want);
    }
    EQ(fg_reader_order(reader, 1, &order, NULL), 0);
    EQ(fg_reader_order(reader, 7, &order, NULL), FG_ENOENT);
    EQ(fg_reader_order_instances(reader, 1, see_instance, &seen, NULL), 0);
    EQ(fg_reader_order_notes(reader, 1, see_note, &seen, NULL), 0);
    EQ(seen.instances, 2);
    EQ(seen.notes, 1);
    EQ(fg_reader_order_costs(reader, 1, 30, 31, see_cost, &seen, NULL), 0);
    EQ(seen.used, 600);
    EQ(seen.idle, 400);
    EQ(fg_reader_order_costs(reader, 0, 31, INT64_MAX, see_cost, &seen, NULL), 0);
    EQ(seen.used + seen.idle, 1000);
}

static void make_version_2(const char *path)
{
    struct fg_db db = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 2, NULL) == 0);
    EQ(fg_db_exec(&db, "INSERT INTO spend VALUES(1, 10, 1, 777)", NULL), 0);
    EQ(fg_db_exec(&db, "INSERT INTO reservation VALUES('exam', '{}')", NULL), 0);
    EQ(fg_db_exec(&db, "INSERT INTO budget_warned VALUES(1, 5, 80)", NULL), 0);
    fg_db_close(&db);
}

static void a_file_of_version_2_takes_orders(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_2(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    int64_t uusd = 0;
    EQ(ops->spend_sum(store, 1, 0, &uusd, NULL), 0);
    EQ(uusd, 777);
    write_all(store);
    ops->free(store);
    store = open_store(folder.db);
    MUST(store);
    check_load(store);
    check_reader(folder.db);
    ops->free(store);
    struct fg_db db = {};
    MUST(fg_db_open(&db, folder.db, FG_DB_READ, NULL) == 0);
    int64_t rows = 0;
    EQ(fg_db_int(&db,
                 "SELECT (SELECT count(*) FROM reservation) + (SELECT count(*) FROM "
                 "budget_warned)",
                 &rows, NULL),
       0);
    EQ(rows, 2);
    fg_db_close(&db);
    EQ(fg_store_check(folder.db, NULL), 0);
}

static void two_orders_never_share_a_key(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_order order = an_order(1);
    MUST(store && ops->begin(store, NULL) == 0);
    EQ(ops->order_put(store, &order, NULL), 0);
    order.id = 2;
    OK(ops->order_put(store, &order, NULL) < 0);
    ops->rollback(store);
    ops->free(store);
}

int main(void)
{
    RUN(a_file_of_version_2_takes_orders);
    RUN(two_orders_never_share_a_key);
    return tap_done();
}
