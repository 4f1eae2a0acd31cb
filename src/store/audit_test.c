/* audit_test.c - the chain of deeds: whatever is changed, taken out, put in or cut off is found; what is too old may go. */
#include "store/testing.h"

#include "store/audit.h"
#include "store/schema.h"

#define DEEDS 40

/* An event; every other one is a deed. */
static void add(struct fg_store *store, int n, int64_t time_us)
{
    char json[64];
    struct fg_event event = {
        .time_us = time_us, .kind = "token.created", .job = 7, .json = json};
    snprintf(json, sizeof(json), n % 2 ? "{\"n\":%d,\"by\":\"ann\"}" : "{\"n\":%d}", n);
    MUST(ops->event_add(store, &event, NULL, NULL) == 0);
}

static void add_many(struct fg_store *store, int from, int to)
{
    for (int n = from; n < to; n++) {
        MUST(ops->begin(store, NULL) == 0);
        add(store, n, n);
        MUST(ops->commit(store, NULL) == 0);
    }
}

static struct fg_store *again(struct fg_store *store, const struct folder *folder)
{
    ops->free(store);
    return open_store(folder->db);
}

/* The report on all of it, asked for in pieces. */
static struct fg_audit_report look(const struct folder *folder)
{
    FG_AUTO(fg_reader) struct fg_reader *reader = fg_reader_open(folder->db, NULL);
    struct fg_audit_report report = {}, sum = {};
    struct fg_audit_link noted;
    bool has = fg_audit_noted(folder->db, &noted);
    do {
        MUST(fg_reader_audit(reader, report.next, 7, has ? &noted : NULL, &report, NULL) == 0);
        sum.deeds += report.deeds;
        sum.first = sum.first ? sum.first : report.first;
    } while (report.next);
    report.deeds = sum.deeds;
    report.first = sum.first;
    return report;
}

static void test_what_was_written_is_whole(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    EQ(look(&folder).deeds, 0);
    add_many(store, 0, DEEDS);
    MUST(ops->begin(store, NULL) == 0);
    add(store, 1, 1);
    ops->rollback(store); /* never was */
    store = again(store, &folder);
    add_many(store, DEEDS, 2 * DEEDS);
    struct fg_audit_report report = look(&folder);
    EQ(report.broken, 0);
    EQ(report.deeds, DEEDS);
    EQ(report.first, 2);
    EQ(report.last.seq, 2 * DEEDS);
    ops->free(store);
}

static void see_break(const char *sql, uint64_t seq)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    struct fg_db db = {};
    add_many(store, 0, DEEDS);
    ops->free(store);
    MUST(fg_db_open(&db, folder.db, FG_DB_WRITE, NULL) == 0);
    MUST(fg_db_exec(&db, sql, NULL) == 0);
    fg_db_close(&db);
    struct fg_audit_report report = look(&folder);
    if (!EQ(report.broken, seq))
        printf("# %s\n", sql);
    OK(report.why[0] != '\0');
    store = open_store(folder.db); /* what comes later covers nothing up */
    add_many(store, DEEDS, 2 * DEEDS + 1);
    ops->free(store);
    OK(look(&folder).broken != 0);
}

static void test_what_is_touched_is_found(void)
{
    see_break("UPDATE event SET json = '{\"n\":9,\"by\":\"bob\"}' WHERE seq = 10", 10);
    see_break("UPDATE event SET time_us = 1 WHERE seq = 20", 20);
    see_break("UPDATE event SET kind = 'token.revoked' WHERE seq = 2", 2);
    see_break("UPDATE event SET job = 8 WHERE seq = 40", 40);
    see_break("DELETE FROM event WHERE seq = 20", 22);
    see_break("DELETE FROM event WHERE seq < 20", 20);
    see_break("UPDATE event SET chain = NULL WHERE seq = 20", 20);
    see_break("UPDATE event SET chain = NULL WHERE seq < 20", 20);
    see_break("UPDATE event SET chain = x'00' WHERE seq = 20", 20);
    see_break("UPDATE event SET json = '{\"n\":8,\"by\":\"ann\"}' WHERE seq = 9", 9);
    see_break("INSERT INTO event VALUES(41, 1, 'x', 0, 0, '{\"by\":\"ann\"}', NULL)", 41);
    see_break("UPDATE event SET seq = 1000 WHERE seq = 20", 22);
    /* the end: what was noted beside the database tells */
    see_break("DELETE FROM event WHERE seq = 40", 40);
    see_break("DELETE FROM event WHERE seq > 4", 40);
    see_break("DELETE FROM event", 40);
}

/* The hash where the rest begins stays, and nothing is taken from between. */
static void test_what_is_too_old_may_go(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_store *store = open_store(folder.db);
    add_many(store, 0, DEEDS);
    struct fg_store_prune old = {.events_before_us = 23, .limit = 5};
    int gone = 1, sum = 0;
    for (; gone > 0; sum += gone) {
        MUST(ops->begin(store, NULL) == 0);
        gone = ops->prune(store, &old, NULL);
        MUST(gone >= 0 && ops->commit(store, NULL) == 0);
    }
    EQ(sum, 23);
    struct fg_audit_report report = look(&folder);
    EQ(report.broken, 0);
    EQ(report.first, 24);
    EQ(report.deeds, 9);
    store = again(store, &folder);
    MUST(ops->begin(store, NULL) == 0);
    add(store, 1, 5); /* the clock was set back: it is old, and not the oldest */
    EQ(ops->prune(store, &old, NULL), 0);
    MUST(ops->commit(store, NULL) == 0);
    old = (struct fg_store_prune){.events_max = 1, .limit = 1000};
    add_many(store, 0, 3); /* the newest is none */
    MUST(ops->begin(store, NULL) == 0);
    OK(ops->prune(store, &old, NULL) > 0);
    MUST(ops->commit(store, NULL) == 0);
    EQ(look(&folder).broken, 0);
    store = again(store, &folder); /* all deeds are gone, the chain goes on */
    add_many(store, 1, 2);
    report = look(&folder);
    EQ(report.broken, 0);
    EQ(report.deeds, 1);
    ops->free(store);
}

/* Deeds of before are not in it; what comes after is. */
static void test_a_file_of_version_5_begins_a_chain(void)
{
    [[gnu::cleanup(folder_drop)]] struct folder folder = folder_make();
    struct fg_db db = {};
    MUST(fg_db_open(&db, folder.db, FG_DB_WRITE, NULL) == 0);
    MUST(fg_schema_migrate_to(&db, 5, NULL) == 0);
    MUST(fg_db_exec(&db,
                    "INSERT INTO event VALUES(1, 5, 'job.submitted', 1, 2, '{\"by\":\"ann\"}'),"
                    "(2, 6, 'job.running', 1, 2, '{}')",
                    NULL)
         == 0);
    fg_db_close(&db);
    struct fg_store *store = open_store(folder.db);
    add_many(store, 0, 4);
    struct fg_audit_report report = look(&folder);
    EQ(report.broken, 0);
    EQ(report.first, 4);
    EQ(report.deeds, 2);
    ops->free(store);
    int64_t kept = 0;
    MUST(fg_db_open(&db, folder.db, FG_DB_READ, NULL) == 0);
    MUST(fg_db_int(&db, "SELECT count(*) FROM event WHERE kind LIKE 'job.%' AND chain IS NULL",
                   &kept, NULL)
         == 0);
    EQ(kept, 2);
    fg_db_close(&db);
}

int main(void)
{
    RUN(test_what_was_written_is_whole);
    RUN(test_what_is_touched_is_found);
    RUN(test_what_is_too_old_may_go);
    RUN(test_a_file_of_version_5_begins_a_chain);
    return tap_done();
}
