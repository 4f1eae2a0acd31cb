/* proposal_rows.c - proposals of another policy, and the settings that were adopted. */
#include "store/reader_impl.h"
#include "store/row.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

int fg_store_proposal_put(struct fg_store *store,
                          const struct fg_proposal *proposal,
                          struct fg_err *err)
{
    assert(store->in_batch && proposal->id != 0 && proposal->json);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_proposal_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)proposal->id);
    fg_query_int(&query, (int64_t)proposal->state);
    fg_query_int(&query, proposal->created_us);
    fg_query_int(&query, proposal->decided_us);
    fg_query_text(&query, proposal->created_by);
    fg_query_text(&query, proposal->decided_by);
    fg_query_text(&query, proposal->remark);
    fg_query_text(&query, proposal->json);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "proposal %" PRIu64, proposal->id) : 0;
}

int fg_store_proposal_supersede(struct fg_store *store,
                                enum fg_proposal_state state,
                                int64_t now_us,
                                struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_proposal_supersede, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, FG_PROPOSAL_SUPERSEDED);
    fg_query_int(&query, now_us);
    fg_query_int(&query, (int64_t)state);
    return fg_query_run(&query, err);
}

/* The text is valid until the next step. */
static void decode(struct fg_query *query, struct fg_proposal *out)
{
    *out = (struct fg_proposal){
        .id = (uint64_t)fg_query_get(query, 0),
        .state = (enum fg_proposal_state)fg_query_get(query, 1),
        .created_us = fg_query_get(query, 2),
        .decided_us = fg_query_get(query, 3),
        .json = fg_query_get_text(query, 7),
    };
    fg_copy_text(out->created_by, sizeof(out->created_by), fg_query_get_text(query, 4));
    fg_copy_text(out->decided_by, sizeof(out->decided_by), fg_query_get_text(query, 5));
    fg_copy_text(out->remark, sizeof(out->remark), fg_query_get_text(query, 6));
}

/* 1: there it is. */
static int find(struct fg_query *query, struct fg_db *db, uint64_t id, struct fg_err *err)
{
    int rc = fg_query_begin(query, db, FG_SQL_proposal_find, err);
    if (rc < 0)
        return rc;
    fg_query_int(query, id > INT64_MAX ? 0 : (int64_t)id);
    rc = fg_query_step(query, err);
    return rc == 0 ? fg_fail(err, FG_ENOENT, "proposal %" PRIu64 ": no such proposal", id) : rc;
}

int fg_store_proposal_find(struct fg_store *store,
                           uint64_t id,
                           struct fg_arena *arena,
                           struct fg_proposal *out,
                           struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = find(&query, &store->db, id, err);
    if (rc < 0)
        return rc;
    decode(&query, out);
    size_t size = strlen(out->json) + 1;
    out->json = memcpy(fg_arena_alloc(arena, size, 1), out->json, size);
    return 0;
}

int fg_store_knob_put(struct fg_store *store, const struct fg_knob_row *row, struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db,
                            row->value ? FG_SQL_knob_put : FG_SQL_knob_delete, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, row->setting);
    if (row->value) {
        fg_query_text(&query, row->base);
        fg_query_text(&query, row->value);
        fg_query_int(&query, (int64_t)row->proposal);
    }
    return fg_query_run(&query, err);
}

int fg_store_knobs(struct fg_store *store,
                   int (*each)(void *self, const struct fg_knob_row *row),
                   void *self,
                   struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_load_knobs, err);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1)
        rc = each(self, &(struct fg_knob_row){.setting = fg_query_get_text(&query, 0),
                                              .base = fg_query_get_text(&query, 1),
                                              .value = fg_query_get_text(&query, 2),
                                              .proposal = (uint64_t)fg_query_get(&query, 3)});
    return rc;
}

int fg_reader_proposals(struct fg_reader *reader,
                        uint64_t before,
                        size_t limit,
                        int (*row)(void *self, const struct fg_proposal *proposal),
                        void *self,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &reader->db, FG_SQL_read_proposals, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before);
    fg_query_int(&query, (int64_t)limit);
    while (rc == 0 && (rc = fg_query_step(&query, err)) == 1) {
        struct fg_proposal proposal;
        decode(&query, &proposal);
        rc = row(self, &proposal);
    }
    return rc;
}

int fg_reader_proposal(struct fg_reader *reader,
                       uint64_t id,
                       int (*row)(void *self, const struct fg_proposal *proposal),
                       void *self,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    struct fg_proposal proposal;
    int rc = find(&query, &reader->db, id, err);
    if (rc < 0)
        return rc;
    decode(&query, &proposal);
    return row(self, &proposal);
}
