/* prune.c - what is old goes, a few rows at a time: see fg_store_prune in store.h.
 *
 * Ids and event numbers are never used again: before the newest row may go, meta keeps the floor.
 */
#include "store/store_impl.h"

#include <assert.h>
#include <limits.h>

/* A job that is over and finished before the moment. */
struct victim {
    int64_t id;
    fg_project_id project;
};

static int run_int(struct fg_store *store, enum fg_sql sql, int64_t value, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, value);
    return fg_query_run(&query, err);
}

static int raise_floor(struct fg_store *store,
                       const char *key,
                       int64_t value,
                       struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_meta_raise, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, value);
    fg_query_text(&query, key);
    return fg_query_run(&query, err);
}

static int drop_job(struct fg_store *store,
                    const struct victim *victim,
                    enum fg_job_state state,
                    struct fg_err *err)
{
    static const enum fg_sql sqls[] = {FG_SQL_prune_labels,        FG_SQL_prune_spec,
                                       FG_SQL_prune_after,         FG_SQL_prune_saving_fold,
                                       FG_SQL_prune_saving,        FG_SQL_prune_attempts,
                                       FG_SQL_prune_job_artifacts, FG_SQL_prune_job};
    int rc = raise_floor(store, "job_floor", victim->id + 1, err);
    for (size_t i = 0; rc == 0 && i < sizeof(sqls) / sizeof(sqls[0]); i++)
        rc = run_int(store, sqls[i], victim->id, err);
    if (rc == 0)
        fg_counts_add(&store->counts, victim->project, state, -1);
    return rc;
}

#define BITE 64

/* Up to BITE jobs of `state` with ids above `*from` that may go.  Ids and submit times rise together,
 * so reading ends at the first job that was submitted too late to be old. */
static int find_victims(struct fg_store *store,
                        enum fg_job_state state,
                        int64_t before_us,
                        int64_t *from,
                        struct victim out[BITE],
                        bool *out_end,
                        struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int len = 0, rc = fg_query_begin(&query, &store->db, FG_SQL_prune_jobs, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, state);
    fg_query_int(&query, *from);
    fg_query_int(&query, BITE);
    *out_end = false;
    int read = 0;
    while ((rc = fg_query_step(&query, err)) == 1) {
        read++;
        if (fg_query_get(&query, 2) >= before_us) {
            *out_end = true;
            break;
        }
        *from = fg_query_get(&query, 0);
        if (fg_query_get(&query, 3) < before_us)
            out[len++] = (struct victim){*from, (fg_project_id)fg_query_get(&query, 1)};
    }
    if (rc < 0)
        return rc;
    *out_end = *out_end || read < BITE;
    return len;
}

static int prune_state(struct fg_store *store,
                       enum fg_job_state state,
                       int64_t before_us,
                       size_t limit,
                       struct fg_err *err)
{
    struct victim victims[BITE];
    int64_t from = 0;
    size_t gone = 0;
    for (bool end = false; !end && gone < limit;) {
        int len = find_victims(store, state, before_us, &from, victims, &end, err);
        if (len < 0)
            return len;
        for (int i = 0; i < len && gone < limit; i++, gone++) {
            int rc = drop_job(store, &victims[i], state, err);
            if (rc < 0)
                return rc;
        }
    }
    return (int)gone;
}

static int prune_rows(struct fg_store *store,
                      enum fg_sql sql,
                      int64_t first,
                      int64_t second,
                      int64_t third,
                      struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, first);
    fg_query_int(&query, second);
    if (sqlite3_bind_parameter_count(query.stmt) > 2)
        fg_query_int(&query, third);
    rc = fg_query_run(&query, err);
    return rc < 0 ? rc : sqlite3_changes(store->db.handle);
}

/* Before which event all may go, of the oldest `limit`: none is taken from between others, which are a chain (audit.h). */
static int find_end(struct fg_store *store,
                    const struct fg_store_prune *what,
                    size_t limit,
                    int64_t *out,
                    struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    uint64_t keep = what->events_max ? what->events_max : UINT64_MAX;
    int rc = fg_query_begin(&query, &store->db, FG_SQL_prune_events_to, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)limit);
    fg_query_int(&query, what->events_before_us);
    fg_query_int(&query, store->next_event > keep ? (int64_t)(store->next_event - keep) : 0);
    rc = fg_query_step(&query, err);
    *out = rc == 1 ? fg_query_get(&query, 0) : 0;
    return rc < 0 ? rc : 0;
}

static int prune_events(struct fg_store *store,
                        const struct fg_store_prune *what,
                        size_t limit,
                        struct fg_err *err)
{
    int64_t end = 0;
    int rc = raise_floor(store, "event_floor", (int64_t)store->next_event, err);
    if (rc == 0)
        rc = find_end(store, what, limit, &end, err);
    if (rc == 0)
        rc = run_int(store, FG_SQL_prune_anchor, end, err);
    if (rc == 0)
        rc = run_int(store, FG_SQL_prune_events, end, err);
    return rc < 0 ? rc : sqlite3_changes(store->db.handle);
}

static int prune_jobs(struct fg_store *store,
                      const struct fg_store_prune *what,
                      size_t limit,
                      struct fg_err *err)
{
    size_t gone = 0;
    for (int state = 0; state < FG_JOB_STATES && gone < limit; state++) {
        if (!fg_job_state_is_final((enum fg_job_state)state))
            continue;
        int rc = prune_state(store, (enum fg_job_state)state, what->jobs_before_us,
                             limit - gone, err);
        if (rc < 0)
            return rc;
        gone += (size_t)rc;
    }
    return (int)gone;
}

static int prune_artifacts(struct fg_store *store,
                           const struct fg_store_prune *what,
                           size_t limit,
                           struct fg_err *err)
{
    return prune_rows(store, FG_SQL_prune_artifacts, (int64_t)limit, what->artifacts_before_us,
                      0, err);
}

static int prune_keys(struct fg_store *store,
                      const struct fg_store_prune *what,
                      size_t limit,
                      struct fg_err *err)
{
    return prune_rows(store, FG_SQL_prune_keys, what->keys_before_us, (int64_t)limit, 0, err);
}

static int prune_demand(struct fg_store *store,
                        const struct fg_store_prune *what,
                        size_t limit,
                        struct fg_err *err)
{
    return prune_rows(store, FG_SQL_prune_demand, what->demand_before_us / 3'600'000'000,
                      (int64_t)limit, 0, err);
}

static int prune_alerts(struct fg_store *store,
                        const struct fg_store_prune *what,
                        size_t limit,
                        struct fg_err *err)
{
    return prune_rows(store, FG_SQL_prune_alerts, (int64_t)limit, what->alerts_before_us, 0,
                      err);
}

static int prune_findings(struct fg_store *store,
                          const struct fg_store_prune *what,
                          size_t limit,
                          struct fg_err *err)
{
    return prune_rows(store, FG_SQL_prune_findings, (int64_t)limit, what->alerts_before_us, 0,
                      err);
}

int fg_store_prune(struct fg_store *store,
                   const struct fg_store_prune *what,
                   struct fg_err *err)
{
    static int (*const parts[])(struct fg_store *, const struct fg_store_prune *, size_t,
                                struct fg_err *) = {
        prune_jobs,   prune_artifacts, prune_keys,  prune_demand,
        prune_alerts, prune_findings,  prune_events};
    assert(store->in_batch && what->limit > 0 && what->limit <= INT_MAX);
    size_t gone = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && gone < what->limit; i++) {
        int rc = parts[i](store, what, what->limit - gone, err);
        if (rc < 0)
            return fg_wrap(err, rc, "prune");
        gone += (size_t)rc;
    }
    return (int)gone;
}
