/* plan_rows.c - plans: written, decided upon, read. */
#include "store/reader_impl.h"
#include "store/row.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>

int fg_store_plan_put(struct fg_store *store,
                      const struct fg_plan_record *plan,
                      struct fg_err *err)
{
    assert(store->in_batch && plan->id != 0);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_plan_put, err);
    if (rc < 0)
        return rc;
    const int64_t numbers[] = {(int64_t)plan->id, (int64_t)plan->state, plan->created_us,
                               plan->decided_us,  plan->applied_us,     plan->horizon_us,
                               plan->cost_uusd,   plan->orders};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        fg_query_int(&query, numbers[i]);
    fg_query_text(&query, plan->created_by);
    fg_query_text(&query, plan->decided_by);
    fg_query_text(&query, plan->remark);
    fg_query_text(&query, plan->json);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "plan %" PRIu64, plan->id) : 0;
}

/* The text is valid until the next step. */
static void decode(struct fg_query *query, struct fg_plan_record *out)
{
    *out = (struct fg_plan_record){
        .id = (uint64_t)fg_query_get(query, 0),
        .state = (enum fg_plan_state)fg_query_get(query, 1),
        .created_us = fg_query_get(query, 2),
        .decided_us = fg_query_get(query, 3),
        .applied_us = fg_query_get(query, 4),
        .horizon_us = fg_query_get(query, 5),
        .cost_uusd = fg_query_get(query, 6),
        .orders = (uint32_t)fg_query_get(query, 7),
    };
    fg_copy_text(out->created_by, sizeof(out->created_by), fg_query_get_text(query, 8));
    fg_copy_text(out->decided_by, sizeof(out->decided_by), fg_query_get_text(query, 9));
    fg_copy_text(out->remark, sizeof(out->remark), fg_query_get_text(query, 10));
    out->json = fg_query_get_text(query, 11);
}

/* 1: there it is. */
static int find(struct fg_query *query, struct fg_db *db, uint64_t id, struct fg_err *err)
{
    int rc = fg_query_begin(query, db, FG_SQL_plan_find, err);
    if (rc < 0)
        return rc;
    fg_query_int(query, id > INT64_MAX ? 0 : (int64_t)id);
    rc = fg_query_step(query, err);
    return rc == 0 ? fg_fail(err, FG_ENOENT, "plan %" PRIu64 ": no such plan", id) : rc;
}

int fg_store_plan_find(struct fg_store *store,
                       uint64_t id,
                       struct fg_plan_record *out,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = find(&query, &store->db, id, err);
    if (rc < 0)
        return rc;
    decode(&query, out);
    out->json = NULL;
    return 0;
}

int fg_reader_plans(struct fg_reader *reader,
                    uint64_t before,
                    size_t limit,
                    int (*row)(void *self, const struct fg_plan_record *plan),
                    void *self,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_plans, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before);
    fg_query_int(&query, (int64_t)limit);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_plan_record plan;
        decode(&query, &plan);
        plan.json = NULL;
        rc = row(self, &plan);
    }
    return rc;
}

int fg_reader_plan(struct fg_reader *reader,
                   uint64_t id,
                   int (*row)(void *self, const struct fg_plan_record *plan),
                   void *self,
                   struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    struct fg_plan_record plan;
    int rc = find(&query, &reader->db, id, err);
    if (rc < 0)
        return rc;
    decode(&query, &plan);
    return row(self, &plan);
}
