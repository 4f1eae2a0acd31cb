/* proposal_test.c - proposals and adopted settings go in, come out and survive; a file of version 5 takes them. */
#include "store/testing.h"

#include "store/reader.h"
#include "store/schema.h"

static int put(struct fg_store *store, uint64_t id, enum fg_proposal_state state)
{
    struct fg_proposal proposal = {.id = id,
                                   .state = state,
                                   .created_us = 100,
                                   .decided_us = state ? 200 : 0,
                                   .created_by = "ann",
                                   .decided_by = "bob",
                                   .remark = "fine",
                                   .json = "{\"text\":\"x\"}"};
    EQ(ops->begin(store, NULL), 0);
    int rc = ops->proposal_put(store, &proposal, NULL);
    EQ(ops->commit(store, NULL), 0);
    return rc;
}

static enum fg_proposal_state state_of(struct fg_store *store, uint64_t id)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(4096);
    struct fg_proposal proposal = {};
    EQ(ops->proposal_find(store, id, arena, &proposal, NULL), 0);
    EQ(strcmp(proposal.json, "{\"text\":\"x\"}"), 0);
    return proposal.state;
}

static int take_proposal(void *self, const struct fg_proposal *proposal)
{
    struct ids *ids = self;
    ids->id[ids->len++] = proposal->id;
    EQ(strcmp(proposal->created_by, "ann"), 0);
    EQ(strcmp(proposal->remark, proposal->state == FG_PROPOSAL_SUPERSEDED ? "" : "fine"), 0);
    return 0;
}

static int take_knob(void *self, const struct fg_knob_row *row)
{
    snprintf(self, 128, "%s %s %s %d", row->setting, row->base, row->value, (int)row->proposal);
    return 0;
}

static int knob(struct fg_store *store, const char *value)
{
    struct fg_knob_row row = {
        .setting = "backfill_depth", .base = "1000", .value = value, .proposal = 2};
    EQ(ops->begin(store, NULL), 0);
    int rc = ops->knob_put(store, &row, NULL);
    EQ(ops->commit(store, NULL), 0);
    return rc;
}

static void what_goes_in_comes_out_also_after_a_restart(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_db db = {};
    MUST(fg_db_open(&db, folder.db, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 5, NULL) == 0);
    MUST(fg_db_exec(&db, "INSERT INTO scale VALUES('h100', '{}')", NULL) == 0);
    fg_db_close(&db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    EQ(put(store, 1, FG_PROPOSAL_PROPOSED), 0);
    EQ(put(store, 2, FG_PROPOSAL_ADOPTED), 0);
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->proposal_supersede(store, FG_PROPOSAL_PROPOSED, 300, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
    EQ(state_of(store, 1), FG_PROPOSAL_SUPERSEDED);
    EQ(state_of(store, 2), FG_PROPOSAL_ADOPTED);
    EQ(ops->proposal_find(store, 3, NULL, NULL, NULL), FG_ENOENT);
    EQ(knob(store, "10"), 0);
    EQ(knob(store, "7"), 0);
    ops->free(store);

    store = open_store(folder.db);
    MUST(store);
    char text[128] = "";
    EQ(ops->knobs(store, take_knob, text, NULL), 0);
    EQ(strcmp(text, "backfill_depth 1000 7 2"), 0);
    EQ(knob(store, NULL), 0);
    text[0] = '\0';
    EQ(ops->knobs(store, take_knob, text, NULL), 0);
    EQ(text[0], 0);
    struct fg_store_sink sink = {};
    EQ(ops->load(store, &sink, NULL), 0);
    EQ(sink.next_proposal_id, 3);
    struct ids ids = {};
    struct fg_reader *reader = fg_reader_open(folder.db, NULL);
    MUST(reader);
    EQ(fg_reader_proposals(reader, 0, 10, take_proposal, &ids, NULL), 0);
    EQ(ids.len, 2);
    EQ(ids.id[0], 2);
    EQ(fg_reader_proposals(reader, 2, 10, take_proposal, &ids, NULL), 0);
    EQ(ids.len, 3);
    EQ(fg_reader_proposal(reader, 9, take_proposal, &ids, NULL), FG_ENOENT);
    fg_reader_free(reader);
    ops->free(store);
    EQ(fg_store_check(folder.db, NULL), 0);
}

int main(void)
{
    RUN(what_goes_in_comes_out_also_after_a_restart);
    return tap_done();
}
