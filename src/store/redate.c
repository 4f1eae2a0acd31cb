/* redate.c - the clock was set: what is open keeps its age.  See fg_sqlite_redate().
 *
 * One transaction moves the rows and notes where the clocks are: a kill leaves both or neither.  A note of another life of the
 * machine, or of another machine (a standby leads, a backup was put back), says nothing: there nothing moves. */
#include "store/sqlite_store.h"
#include "store/store_impl.h"

#define SET_US  (60 * 1'000'000LL) /* as apart as this: the clock was set */
#define NOTE_US 500'000 /* ... by less: it leans, and from time to time that is noted */

static int redate(struct fg_store *store, int64_t by_us, int64_t then_us, struct fg_err *err)
{
    static const enum fg_sql sqls[] = {
        FG_SQL_redate_jobs,     FG_SQL_redate_attempts, FG_SQL_redate_levels, FG_SQL_redate_use,
        FG_SQL_redate_machines, FG_SQL_redate_orders,   FG_SQL_redate_alerts};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(sqls) / sizeof(sqls[0]); i++) {
        FG_AUTO(fg_query) struct fg_query query = {};
        rc = fg_query_begin(&query, &store->db, sqls[i], err);
        if (rc < 0)
            return rc;
        fg_query_int(&query, by_us);
        fg_query_int(&query, then_us);
        rc = fg_query_run(&query, err);
    }
    return rc;
}

static int write_note(struct fg_store *store,
                      const struct fg_clock_reading *clock,
                      int64_t by_us,
                      struct fg_err *err)
{
    int rc = fg_store_sqlite.begin(store, err);
    if (rc < 0)
        return rc;
    if (by_us)
        rc = redate(store, by_us, clock->now_us - by_us, err);
    if (rc == 0)
        rc = fg_meta_put(&store->db, "clock_life", clock->life, err);
    if (rc == 0)
        rc = fg_meta_put(&store->db, "clock_base_us", clock->now_us - clock->boot_us, err);
    if (rc == 0)
        return fg_store_sqlite.commit(store, err);
    fg_store_sqlite.rollback(store);
    return rc;
}

static int compare(struct fg_store *store,
                   const struct fg_clock_reading *clock,
                   int64_t *out_by_us,
                   struct fg_err *err)
{
    int64_t life = 0, base_us = 0;
    int rc = fg_meta_get(&store->db, "clock_life", &life, err);
    if (rc == 0)
        rc = fg_meta_get(&store->db, "clock_base_us", &base_us, err);
    if (rc < 0)
        return rc;
    bool is_same = life == clock->life;
    int64_t off_us = clock->now_us - clock->boot_us - base_us;
    bool was_set = is_same && (off_us > SET_US || off_us < -SET_US);
    int64_t by_us = was_set && out_by_us ? off_us : 0;
    if (is_same && off_us <= NOTE_US && off_us >= -NOTE_US)
        return 0;
    rc = write_note(store, clock, by_us, err);
    if (rc == 0 && out_by_us)
        *out_by_us = by_us;
    return rc;
}

int fg_sqlite_redate(struct fg_store *store,
                     const struct fg_clock_reading *clock,
                     int64_t *out_by_us,
                     struct fg_err *err)
{
    int rc = FG_EBUSY;
    if (out_by_us)
        *out_by_us = 0;
    for (int i = 0; i < 2 && rc == FG_EBUSY; i++) /* its log may have had more than the file */
        rc = compare(store, clock, out_by_us, err);
    return rc;
}
