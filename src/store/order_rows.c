/* order_rows.c - orders as they stand in the database, for who writes and for who only reads. */
#include "store/row.h"

#include "model/offer_json.h"

#include <inttypes.h>
#include <string.h>

static int damaged(fg_order_id id, struct fg_err *err)
{
    return fg_fail(err, FG_EIO, "order %" PRIu64 ": the database is damaged", id);
}

/* In the order of FG_ORDER_COLUMNS. */
static void decode_numbers(const struct fg_query *query, struct fg_order *out)
{
    *out = (struct fg_order){
        .id = (fg_order_id)fg_query_get(query, 0),
        .state = (enum fg_order_state)fg_query_get(query, 2),
        .cause = (enum fg_order_cause)fg_query_get(query, 3),
        .leaving = fg_query_get(query, 4) != 0,
        .project = (fg_project_id)fg_query_get(query, 5),
        .plan = (uint64_t)fg_query_get(query, 6),
        .count = (uint32_t)fg_query_get(query, 7),
        .delivered = (uint32_t)fg_query_get(query, 8),
        .lost = (uint32_t)fg_query_get(query, 9),
        .lost_held_us = fg_query_get(query, 10),
        .max_uusd_per_hour = fg_query_get(query, 11),
        .created_us = fg_query_get(query, 15),
        .approved_us = fg_query_get(query, 16),
        .ordered_us = fg_query_get(query, 17),
        .delivered_us = fg_query_get(query, 18),
        .active_us = fg_query_get(query, 19),
        .ended_us = fg_query_get(query, 20),
        .promised_us = fg_query_get(query, 21),
        .wanted_us = fg_query_get(query, 22),
        .until_us = fg_query_get(query, 23),
        .booked_us = fg_query_get(query, 24),
        .cost_uusd = fg_query_get(query, 25),
        .idle_uusd = fg_query_get(query, 26),
        .cash_uusd = fg_query_get(query, 27),
    };
}

int fg_order_decode(const struct fg_query *query,
                    struct fg_arena *arena,
                    struct fg_order *out,
                    struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    const char *offer = fg_query_get_text(query, 28);
    decode_numbers(query, out);
    fg_copy_text(out->key, sizeof(out->key), fg_query_get_text(query, 1));
    fg_copy_text(out->reference, sizeof(out->reference), fg_query_get_text(query, 12));
    fg_copy_text(out->reason, sizeof(out->reason), fg_query_get_text(query, 13));
    fg_copy_text(out->node, sizeof(out->node), fg_query_get_text(query, 29));
    fg_copy_text(out->approved_by, sizeof(out->approved_by), fg_query_get_text(query, 14));
    if (out->state >= FG_ORDER_STATES || out->cause >= FG_CAUSES || out->lost > out->delivered)
        return damaged(out->id, err);
    if (fg_doc_json(offer, strlen(offer), arena, &doc, err) < 0
        || fg_offer_json_read(doc, arena, &out->offer, err) < 0)
        return damaged(out->id, err);
    return 0;
}

int fg_db_order_instances(struct fg_db *db,
                          fg_order_id order,
                          int (*row)(void *self,
                                     uint32_t slot,
                                     const struct fg_order_instance *instance,
                                     const char *report),
                          void *self,
                          struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_read_order_instances, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)order);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_order_instance instance = {.gone_us = fg_query_get(&query, 3)};
        fg_copy_text(instance.id, sizeof(instance.id), fg_query_get_text(&query, 1));
        fg_copy_text(instance.address, sizeof(instance.address), fg_query_get_text(&query, 2));
        fg_copy_text(instance.verdict, sizeof(instance.verdict), fg_query_get_text(&query, 4));
        rc = row(self, (uint32_t)fg_query_get(&query, 0), &instance,
                 fg_query_get_text(&query, 5));
    }
    return rc;
}

int fg_db_order(
    struct fg_db *db, fg_order_id id, const char *key, struct fg_order *out, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, key ? FG_SQL_order_by_key : FG_SQL_read_order, err);
    if (rc < 0)
        return rc;
    if (key)
        fg_query_text(&query, key);
    else
        fg_query_int(&query, id > INT64_MAX ? 0 : (int64_t)id);
    rc = fg_query_step(&query, err);
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "order %" PRIu64 ": no such order", id);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_ORDER_ROOM);
    return fg_order_decode(&query, arena, out, err);
}
