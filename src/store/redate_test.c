/* redate_test.c - the clock was set: what is open keeps its age, what is over and what people named stay. */
#include "store/testing.h"

#include "store/db.h"

#define S_US    1'000'000LL
#define HOUR_US (3600 * S_US)
#define THEN_US (1'800'000'000 * S_US)

/* Opened and closed by the writer alone: what a restart sees. */
static int64_t redate(const char *path, int64_t life, int64_t boot_us, int64_t now_us)
{
    struct fg_store *store = open_store(path);
    struct fg_err err = {};
    int64_t by_us = -1;
    if (!OK(store != NULL)
        || !EQ(fg_sqlite_redate(store, &(struct fg_clock_reading){life, boot_us, now_us},
                                &by_us, &err),
               0))
        printf("# %s\n", err.text);
    ops->free(store);
    return by_us;
}

static void only_note(const char *path, int64_t life, int64_t boot_us, int64_t now_us)
{
    struct fg_store *store = open_store(path);
    if (OK(store != NULL))
        EQ(fg_sqlite_redate(store, &(struct fg_clock_reading){life, boot_us, now_us}, NULL,
                            NULL),
           0);
    ops->free(store);
}

static int64_t number(const char *path, const char *sql)
{
    struct fg_db db = {};
    int64_t out = -1;
    MUST(fg_db_open(&db, path, FG_DB_READ, NULL) == 0);
    MUST(fg_db_int(&db, sql, &out, NULL) == 0);
    fg_db_close(&db);
    return out;
}

static void write_rows(const char *path, const char *sql)
{
    struct fg_db db = {};
    struct fg_err err = {};
    MUST(fg_db_open(&db, path, FG_DB_WRITE, NULL) == 0);
    if (fg_db_exec(&db, sql, &err) < 0)
        printf("# %s\n", err.text);
    MUST(err.code == 0);
    fg_db_close(&db);
}

static void test_what_counts_as_set(void)
{
    struct folder folder = folder_make();
    EQ(redate(folder.db, 7, 10 * S_US, THEN_US), 0); /* nothing was noted */
    EQ(redate(folder.db, 7, 20 * S_US, THEN_US + 10 * S_US), 0);
    EQ(redate(folder.db, 7, 30 * S_US, THEN_US + 79 * S_US), 0); /* 59 s ahead: it leans */
    EQ(redate(folder.db, 7, 40 * S_US, THEN_US + 89 * S_US + HOUR_US), HOUR_US);
    EQ(redate(folder.db, 7, 50 * S_US, THEN_US + 99 * S_US + HOUR_US), 0); /* told once */
    EQ(redate(folder.db, 7, 60 * S_US, THEN_US + 109 * S_US - 2 * HOUR_US), -3 * HOUR_US);
    EQ(redate(folder.db, 8, 5 * S_US, THEN_US + 10 * HOUR_US), 0); /* the machine began anew */
    EQ(redate(folder.db, 8, 6 * S_US, THEN_US + 11 * HOUR_US + S_US), HOUR_US);
    only_note(folder.db, 8, 7 * S_US, THEN_US);
    EQ(redate(folder.db, 8, 8 * S_US, THEN_US + S_US), 0);
    folder_drop(&folder);
}

/* id, state, attempt, submitted, eligible, started, finished: in seconds, as THEN_US is 100,000. */
#define JOB(id, state, attempt, submitted, eligible, started, finished)                        \
    "INSERT INTO job VALUES(" #id "," #state ",1,1,1," #attempt ",0,0,0,0,0,0," #submitted     \
    "," #eligible "," #started "," #finished ",77,0,0,0,0,0,0,'','','',0,0,1,0,0,0,0,0,0);"    \
    "INSERT INTO attempt VALUES(" #id ",1," #started "," #finished                             \
    ",0,0,0,0,0,0,0,'','','','',0,'','','');"

static void test_what_moves(void)
{
    struct folder folder = folder_make();
    EQ(redate(folder.db, 7, 0, 100'000), 0);
    write_rows(folder.db, JOB(1, 2, 1, 1000, 0, 2000, 0));    /* runs */
    write_rows(folder.db, JOB(2, 0, 0, 1000, 1500, 0, 0));    /* its moment has come */
    write_rows(folder.db, JOB(3, 0, 0, 1000, 300000, 0, 0));  /* its user named one */
    write_rows(folder.db, JOB(4, 0, 1, 1000, 300000, 0, 0));  /* a pause before another try */
    write_rows(folder.db, JOB(5, 3, 1, 1000, 0, 2000, 3000)); /* is over */
    write_rows(folder.db, "INSERT INTO demand_level VALUES(1, 'h100', 1000, 0, 5000);"
                          "INSERT INTO project_use VALUES(1, 10, 6000)");
    EQ(redate(folder.db, 7, 0, 100'000 + HOUR_US), HOUR_US);
#define MOVED(column, row, from)                                                               \
    EQ(number(folder.db, "SELECT " column " FROM " row), (from) + HOUR_US)
#define STAYED(column, row, from) EQ(number(folder.db, "SELECT " column " FROM " row), from)
    MOVED("submitted_us", "job WHERE id = 1", 1000);
    MOVED("started_us", "job WHERE id = 1", 2000);
    MOVED("started_us", "attempt WHERE job = 1", 2000);
    STAYED("deadline_us", "job WHERE id = 1", 77);
    STAYED("eligible_us", "job WHERE id = 2", 0);
    STAYED("started_us", "job WHERE id = 2", 0);
    STAYED("started_us", "attempt WHERE job = 2", 0);
    STAYED("eligible_us", "job WHERE id = 3", 300'000);
    MOVED("eligible_us", "job WHERE id = 4", 300'000);
    STAYED("submitted_us", "job WHERE id = 5", 1000);
    STAYED("started_us", "job WHERE id = 5", 2000);
    STAYED("finished_us", "job WHERE id = 5", 3000);
    STAYED("started_us", "attempt WHERE job = 5", 2000);
    MOVED("at_us", "demand_level", 5000);
    MOVED("time_us", "project_use", 6000);
    folder_drop(&folder);
}

int main(void)
{
    RUN(test_what_counts_as_set);
    RUN(test_what_moves);
    return tap_done();
}
