/* write_demand.c - what jobs asked for: the levels now, and the hours. */
#include "store/store_impl.h"

#include "base/text.h"

#include <assert.h>

int fg_store_demand_level_put(struct fg_store *store,
                              const struct fg_level_row *row,
                              struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    bool is_none = row->running_milli == 0 && row->waiting_milli == 0;
    int rc = fg_query_begin(&query, &store->db,
                            is_none ? FG_SQL_demand_level_drop : FG_SQL_demand_level_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, row->key.project);
    fg_query_text(&query, row->key.kind);
    if (!is_none) {
        fg_query_int(&query, row->running_milli);
        fg_query_int(&query, row->waiting_milli);
        fg_query_int(&query, row->at_us);
    }
    return fg_query_run(&query, err);
}

int fg_store_demand_hour_add(struct fg_store *store,
                             const struct fg_level_hour *hour,
                             struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_demand_hour_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, hour->hour);
    fg_query_int(&query, hour->key.project);
    fg_query_text(&query, hour->key.kind);
    fg_query_int(&query, hour->running_us);
    fg_query_int(&query, hour->waiting_us);
    fg_query_int(&query, hour->shift_us);
    fg_query_int(&query, hour->refused_us);
    return fg_query_run(&query, err);
}

int fg_store_load_levels(struct fg_store *store, struct fg_store_sink *sink, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_demand_levels, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_level_row row = {.key = {.project = (uint32_t)fg_query_get(&query, 0)},
                                   .running_milli = fg_query_get(&query, 2),
                                   .waiting_milli = fg_query_get(&query, 3),
                                   .at_us = fg_query_get(&query, 4)};
        fg_copy(row.key.kind, sizeof(row.key.kind), fg_query_get_text(&query, 1));
        rc = sink->demand_level(sink->self, &row);
    }
    return rc < 0 ? rc : 0;
}
