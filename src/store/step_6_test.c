/* step_6_test.c - a file of version 5 loses nothing, and has room for what came with version 6. */
#include "store/testing.h"

#include "store/schema.h"

static const char *const version_5_rows[] = {
    "INSERT INTO user VALUES(1, 'ann')",
    "INSERT INTO event VALUES(7, 100, 'job.submitted', 1, 1, '{\"by\":\"ann\"}')",
    "INSERT INTO event VALUES(8, 200, 'node.drained', 0, 0, '{\"node\":\"n1\"}')",
};

static void make_version_5(const char *path)
{
    struct fg_db db = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 5, NULL) == 0);
    for (size_t i = 0; i < sizeof(version_5_rows) / sizeof(version_5_rows[0]); i++)
        MUST(fg_db_exec(&db, version_5_rows[i], NULL) == 0);
    fg_db_close(&db);
}

static int sum_events(void *self, const struct fg_event *event)
{
    *(uint64_t *)self += event->seq;
    return 0;
}

static uint64_t events_of(struct fg_reader *reader)
{
    uint64_t sum = 0;
    const struct fg_event_filter filter = {.limit = 10};
    EQ(fg_reader_events(reader, &filter, sum_events, &sum, NULL), 0);
    return sum;
}

static void keep(struct fg_store *store, const struct fg_publish_row *row)
{
    EQ(ops->begin(store, NULL), 0);
    EQ(ops->publish_put(store, row, NULL), 0);
    EQ(ops->commit(store, NULL), 0);
}

static void how_far_a_sink_has_come_is_kept(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    make_version_5(folder.db);
    struct fg_store *store = open_store(folder.db);
    MUST(store);
    keep(store, &(struct fg_publish_row){.name = "bus", .seq = 7, .sent = 1, .sent_us = 100});
    keep(store, &(struct fg_publish_row){
                    .name = "bus", .seq = 8, .sent = 2, .dropped = 3, .sent_us = 200});
    keep(store, &(struct fg_publish_row){.name = "hook", .seq = 1});
    ops->free(store);

    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(folder.db, NULL);
    MUST(reader);
    EQ(events_of(reader), 15);
    struct fg_publish_row row = {};
    EQ(fg_reader_publish(reader, "bus", &row, NULL), 0);
    OK(strcmp(row.name, "bus") == 0);
    EQ(row.seq, 8);
    EQ(row.sent, 2);
    EQ(row.dropped, 3);
    EQ(row.sent_us, 200);
    EQ(fg_reader_publish(reader, "hook", &row, NULL), 0);
    EQ(row.seq, 1);
    EQ(fg_reader_publish(reader, "else", &row, NULL), FG_ENOENT);
    EQ(fg_store_check(folder.db, NULL), 0);
}

int main(void)
{
    RUN(how_far_a_sink_has_come_is_kept);
    return tap_done();
}
