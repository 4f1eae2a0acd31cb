/* load_order.c - suppliers, rules of scaling and orders, for the controller. */
#include "store/row.h"
#include "store/store_impl.h"

struct loading {
    struct fg_store_sink *sink;
    fg_order_id order;
};

static int load_instance(void *self,
                         uint32_t slot,
                         const struct fg_order_instance *instance,
                         const char *)
{
    struct loading *loading = self;
    struct fg_store_sink *sink = loading->sink;
    return sink->order_instance(sink->self, loading->order, slot, instance);
}

static int load_open(struct fg_store *store,
                     struct fg_store_sink *sink,
                     struct fg_arena *arena,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_orders, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_order order;
        fg_arena_reset(arena);
        rc = fg_order_decode(&query, arena, &order, err);
        if (rc == 0)
            rc = sink->order(sink->self, &order);
        if (rc == 0)
            rc = fg_db_order_instances(&store->db, order.id, load_instance,
                                       &(struct loading){sink, order.id}, err);
    }
    return rc;
}

typedef int named_fn(void *self, const char *name, const char *json);

static int load_named(
    struct fg_store *store, enum fg_sql sql, named_fn *row, void *self, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = row(self, fg_query_get_text(&query, 0), fg_query_get_text(&query, 1));
    return rc;
}

int fg_store_load_orders(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    int rc = sink->supplier
                 ? load_named(store, FG_SQL_load_suppliers, sink->supplier, sink->self, err)
                 : 0;
    if (rc == 0 && sink->scale)
        rc = load_named(store, FG_SQL_load_scales, sink->scale, sink->self, err);
    if (rc == 0 && sink->order) {
        struct fg_arena *arena = fg_arena_new(FG_ORDER_ROOM);
        rc = load_open(store, sink, arena, err);
        fg_arena_free(arena);
    }
    return rc;
}

int fg_store_order_find(struct fg_store *store,
                        fg_order_id id,
                        const char *key,
                        struct fg_order *out,
                        struct fg_err *err)
{
    return fg_db_order(&store->db, id, key, out, err);
}

int fg_store_order_cash_sum(struct fg_store *store,
                            const char *supplier,
                            int64_t from_day,
                            int64_t *out_uusd,
                            struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_cash_sum, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, supplier);
    fg_query_int(&query, from_day);
    rc = fg_query_step(&query, err);
    if (rc == 1)
        *out_uusd = fg_query_get(&query, 0);
    return rc < 0 ? rc : 0;
}
