/* reader_orders.c - suppliers, orders, their story and their cost: see reader.h */
#include "store/reader_impl.h"
#include "store/row.h"

int fg_reader_suppliers(struct fg_reader *reader,
                        int (*row)(void *self, const char *name, const char *json),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_load_suppliers, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = row(self, fg_query_get_text(&query, 0), fg_query_get_text(&query, 1));
    return rc;
}

static int each_order(struct fg_query *query,
                      int (*row)(void *self, const struct fg_order *order),
                      void *self,
                      struct fg_err *err)
{
    struct fg_arena *arena = fg_arena_new(FG_ORDER_ROOM);
    int rc;
    while ((rc = fg_query_step(query, err)) == 1) {
        struct fg_order order;
        fg_arena_reset(arena);
        rc = fg_order_decode(query, arena, &order, err);
        if (rc == 0)
            rc = row(self, &order);
        if (rc != 0)
            break;
    }
    fg_arena_free(arena);
    return rc;
}

int fg_reader_orders(struct fg_reader *reader,
                     const struct fg_order_filter *filter,
                     int (*row)(void *self, const struct fg_order *order),
                     void *self,
                     struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    bool is_first = filter->before == 0 || filter->before > INT64_MAX;
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_orders, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, is_first ? INT64_MAX : (int64_t)filter->before);
    fg_query_text(&query, filter->supplier);
    fg_query_int(&query, filter->states);
    fg_query_int(&query, filter->project);
    fg_query_int(&query, filter->limit ? (int64_t)filter->limit : -1);
    return each_order(&query, row, self, err);
}

int fg_reader_order(struct fg_reader *reader,
                    fg_order_id id,
                    struct fg_order *out,
                    struct fg_err *err)
{
    return fg_db_order(&reader->db, id, NULL, out, err);
}

int fg_reader_order_instances(struct fg_reader *reader,
                              fg_order_id id,
                              int (*row)(void *self,
                                         uint32_t slot,
                                         const struct fg_order_instance *instance,
                                         const char *report),
                              void *self,
                              struct fg_err *err)
{
    return fg_db_order_instances(&reader->db, id, row, self, err);
}

int fg_reader_order_notes(struct fg_reader *reader,
                          fg_order_id id,
                          int (*row)(void *self, const struct fg_order_note *note),
                          void *self,
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_order_notes, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = row(self, &(struct fg_order_note){.time_us = fg_query_get(&query, 0),
                                               .kind = fg_query_get_text(&query, 1),
                                               .actor = fg_query_get_text(&query, 2),
                                               .text = fg_query_get_text(&query, 3)});
    return rc;
}

int fg_reader_order_costs(struct fg_reader *reader,
                          fg_order_id id,
                          int64_t from_day,
                          int64_t to_day,
                          int (*row)(void *self, const struct fg_order_cost *cost),
                          void *self,
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_order_costs, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)id);
    fg_query_int(&query, from_day);
    fg_query_int(&query, to_day);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc =
            row(self, &(struct fg_order_cost){.order = (fg_order_id)fg_query_get(&query, 0),
                                              .day = fg_query_get(&query, 1),
                                              .project = (fg_project_id)fg_query_get(&query, 2),
                                              .user = (uint32_t)fg_query_get(&query, 3),
                                              .uusd = fg_query_get(&query, 4)});
    return rc;
}
