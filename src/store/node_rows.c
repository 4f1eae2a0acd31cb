/* node_rows.c - the nodes of the pool: their numbers outlive the process, for grants name nodes by them. */
#include "model/node_json.h"
#include "store/store_impl.h"

#include <assert.h>

int fg_store_pool_nodes(struct fg_store *store,
                        fg_store_node_fn *each,
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_pool_nodes, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = each(self, (fg_node_id)fg_query_get(&query, 0), fg_query_get_text(&query, 1), err);
    return rc;
}

int fg_store_pool_node_put(struct fg_store *store,
                           fg_node_id id,
                           const struct fg_node_spec *spec,
                           struct fg_err *err)
{
    assert(store->in_batch && id > 0);
    FG_AUTO(fg_query) struct fg_query query = {};
    FG_AUTO(fg_buf) struct fg_buf text = {};
    int rc = fg_query_begin(&query, &store->db,
                            spec ? FG_SQL_pool_node_put : FG_SQL_pool_node_drop, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, id);
    if (spec) {
        fg_node_json_write(&(struct fg_json){.buf = &text}, spec);
        fg_query_text(&query, spec->name);
        fg_query_text(&query, spec->supplier);
        fg_query_text(&query, text.text);
    }
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "node %u", id) : 0;
}
