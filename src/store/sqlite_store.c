/* sqlite_store.c - see sqlite_store.h: life of the writer, batches, checkpoints. */
#define SQLITE_ENABLE_SESSION        1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "store/sqlite_store.h"
#include "store/maintain.h"
#include "store/schema.h"
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Pages of 4 KiB in the log at which a commit also copies it into the database file.  A larger log
 * means fewer but longer pauses; idle() does the same work when nobody waits. */
#define CHECKPOINT_PAGES      1000
#define CHECKPOINT_PAGES_IDLE 250

/* At open the whole file is checked while that takes less than about a second. */
#define CHECK_BYTES_MAX (64 * 1024 * 1024)

/* Called by SQLite after each commit with the length of the log. */
static int on_commit(void *self, sqlite3 *handle, const char *schema, int pages)
{
    (void)handle, (void)schema;
    struct fg_store *store = self;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static int check_small(const char *path, struct fg_err *err)
{
    struct stat st;
    if (stat(path, &st) < 0 || st.st_size == 0 || st.st_size >= CHECK_BYTES_MAX)
        return 0;
    return fg_store_check(path, err);
}

static int read_next_event(struct fg_store *store, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_next_event, err);
    if (rc == 0)
        rc = fg_query_step(&query, err);
    if (rc < 0)
        return rc;
    store->next_event = store->next_event_committed = (uint64_t)fg_query_get(&query, 0);
    rc = fg_audit_head(&store->db, &store->deed, err);
    store->deed_committed = store->deed;
    return rc;
}

static int open_into(struct fg_store *store, const char *path, struct fg_err *err)
{
    int rc = fg_db_open(&store->db, path, FG_DB_WRITE, err);
    if (rc == 0)
        rc = fg_schema_migrate(&store->db, err);
    if (rc == 0)
        rc = check_small(path, err);
    if (rc < 0)
        return fg_wrap(err, rc, "database %s", path);
    rc = read_next_event(store, err);
    if (rc == 0)
        rc = fg_audit_check_note(&store->db, path, err);
    if (rc < 0)
        return rc;
    snprintf(store->path, sizeof(store->path), "%s", path);
    store->checkpoint_at = CHECKPOINT_PAGES;
    sqlite3_wal_hook(store->db.handle, on_commit, store);
    return 0;
}

static void store_free(struct fg_store *store)
{
    if (!store)
        return;
    if (store->changes)
        sqlite3session_delete(store->changes);
    fg_db_close(&store->db);
    fg_counts_fini(&store->counts);
    free(store);
}

static int open_store(const char *path, struct fg_store **out, struct fg_err *err)
{
    struct fg_store *store = calloc(1, sizeof(*store));
    if (!store)
        return fg_fail(err, FG_ENOMEM, "database %s: no memory", path);
    int rc = open_into(store, path, err);
    if (rc == 0)
        rc = fg_batch_at(&store->db, &store->at, err);
    if (rc < 0) {
        store_free(store);
        return rc;
    }
    *out = store;
    return 0;
}

int fg_sqlite_open(const char *path, struct fg_store **out, struct fg_err *err)
{
    int rc = open_store(path, out, err);
    /* What is written now is in no log: it must not be taken for a copy of one again. */
    if (rc == 0 && (*out)->at.install != 0) {
        rc = fg_batch_unmark(&(*out)->db, err);
        if (rc < 0)
            store_free(*out);
    }
    return rc;
}

int fg_sqlite_open_logged(const char *path,
                          const struct fg_batch_log *log,
                          struct fg_store **out,
                          struct fg_err *err)
{
    struct fg_store *store = NULL;
    int rc = open_store(path, &store, err);
    if (rc < 0)
        return rc;
    if (store->at.install != log->install)
        rc = fg_fail(err, FG_ESTATE, "database %s: of another installation than its log", path);
    /* What the disk loses in a power cut, the log has. */
    if (rc == 0)
        rc = fg_db_exec(&store->db, "PRAGMA synchronous=NORMAL", err);
    if (rc < 0) {
        store_free(store);
        return rc;
    }
    store->log = log;
    *out = store;
    return 0;
}

int fg_sqlite_apply(struct fg_store *store, const struct fg_batch *batch, struct fg_err *err)
{
    assert(!store->in_batch);
    int rc = fg_batch_apply(&store->db, batch, err);
    if (rc == 0)
        rc = fg_batch_at(&store->db, &store->at, err);
    return rc == 0 ? read_next_event(store, err) : rc;
}

static int run(struct fg_store *store, enum fg_sql sql, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, sql, err);
    return rc < 0 ? rc : fg_query_run(&query, err);
}

static void forget_changes(struct fg_store *store)
{
    if (store->changes)
        sqlite3session_delete(store->changes);
    store->changes = NULL;
}

static void store_rollback(struct fg_store *store)
{
    forget_changes(store);
    /* After some errors (disk full) SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(store->db.handle))
        run(store, FG_SQL_rollback, NULL);
    store->in_batch = false;
    store->next_event = store->next_event_committed;
    store->deed = store->deed_committed;
    fg_counts_clear(&store->counts);
}

static int record_changes(struct fg_store *store, struct fg_err *err)
{
    int rc = sqlite3session_create(store->db.handle, "main", &store->changes);
    if (rc == SQLITE_OK)
        rc = sqlite3session_attach(store->changes, NULL);
    return rc == SQLITE_OK ? 0 : fg_db_fail(&store->db, rc, "record changes", err);
}

static int store_begin(struct fg_store *store, struct fg_err *err)
{
    assert(!store->in_batch);
    int rc = 0;
    if (store->log)
        rc = store->log->begin(store->log->self, store, store->at.seq, &store->epoch, err);
    if (rc == 0)
        rc = run(store, FG_SQL_begin, err);
    store->in_batch = rc == 0;
    if (rc == 0 && store->log)
        rc = record_changes(store, err);
    if (rc < 0 && store->in_batch)
        store_rollback(store);
    return rc;
}

/* Copy the log into the database file as far as readers allow, without waiting for them.  A failure
 * (disk full) harms nothing: all is in the log; try again when it has grown. */
static void checkpoint(struct fg_store *store)
{
    int in_log = 0, copied = 0;
    int rc = sqlite3_wal_checkpoint_v2(store->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                       &in_log, &copied);
    bool all = rc == SQLITE_OK && in_log == copied;
    store->checkpoint_at = CHECKPOINT_PAGES + (all ? 0 : store->wal_pages);
    if (all)
        store->wal_pages = 0;
}

/* The batch is durable in the log; only now it may count here. */
static int log_batch(struct fg_store *store, struct fg_batch_at *next, struct fg_err *err)
{
    void *bytes = NULL;
    int len = 0;
    *next = (struct fg_batch_at){store->at.install, store->at.seq + 1, store->epoch};
    int rc = fg_batch_mark(&store->db, next, err);
    if (rc < 0)
        return rc;
    rc = sqlite3session_changeset(store->changes, &len, &bytes);
    if (rc != SQLITE_OK)
        return fg_db_fail(&store->db, rc, "changes of a batch", err);
    struct fg_batch batch = {.seq = next->seq,
                             .epoch = next->epoch,
                             .schema = fg_schema_version(),
                             .changes = bytes,
                             .len = (size_t)len};
    rc = store->log->append(store->log->self, &batch, err);
    sqlite3_free(bytes);
    forget_changes(store);
    return rc;
}

static int store_commit(struct fg_store *store, struct fg_err *err)
{
    assert(store->in_batch);
    struct fg_batch_at next = store->at;
    int rc = fg_counts_flush(&store->counts, &store->db, err);
    if (rc == 0 && store->log)
        rc = log_batch(store, &next, err);
    if (rc == 0)
        rc = run(store, FG_SQL_commit, err);
    if (rc < 0) {
        store_rollback(store);
        return rc;
    }
    store->in_batch = false;
    store->at = next;
    store->next_event_committed = store->next_event;
    if (store->deed.seq != store->deed_committed.seq)
        fg_audit_note(store->path, &store->deed);
    store->deed_committed = store->deed;
    fg_counts_clear(&store->counts);
    if (store->wal_pages >= store->checkpoint_at)
        checkpoint(store);
    return 0;
}

static void store_idle(struct fg_store *store)
{
    if (!store->in_batch && store->wal_pages >= CHECKPOINT_PAGES_IDLE)
        checkpoint(store);
}

const struct fg_store_ops fg_store_sqlite = {
    .free = store_free,
    .load = fg_store_load,
    .begin = store_begin,
    .commit = store_commit,
    .rollback = store_rollback,
    .job_add = fg_store_job_add,
    .job_set = fg_store_job_set,
    .attempt_put = fg_store_attempt_put,
    .project_put = fg_store_project_put,
    .grid_hour_put = fg_store_grid_hour_put,
    .saving_add = fg_store_saving_add,
    .project_use_put = fg_store_project_use_put,
    .demand_level_put = fg_store_demand_level_put,
    .demand_hour_add = fg_store_demand_hour_add,
    .spend_add = fg_store_spend_add,
    .spend_sum = fg_store_spend_sum,
    .budget_warned_put = fg_store_budget_warned_put,
    .reservation_put = fg_store_reservation_put,
    .supplier_put = fg_store_supplier_put,
    .scale_put = fg_store_scale_put,
    .publish_put = fg_store_publish_put,
    .plan_put = fg_store_plan_put,
    .plan_find = fg_store_plan_find,
    .proposal_put = fg_store_proposal_put,
    .proposal_supersede = fg_store_proposal_supersede,
    .proposal_find = fg_store_proposal_find,
    .knob_put = fg_store_knob_put,
    .knobs = fg_store_knobs,
    .alert_put = fg_store_alert_put,
    .finding_put = fg_store_finding_put,
    .order_put = fg_store_order_put,
    .order_instance_put = fg_store_order_instance_put,
    .order_note_add = fg_store_order_note_add,
    .order_cost_add = fg_store_order_cost_add,
    .order_cash_add = fg_store_order_cash_add,
    .order_cash_sum = fg_store_order_cash_sum,
    .order_find = fg_store_order_find,
    .node_put = fg_store_node_put,
    .pool_nodes = fg_store_pool_nodes,
    .pool_node_put = fg_store_pool_node_put,
    .token_put = fg_store_token_put,
    .artifact_put = fg_store_artifact_put,
    .event_add = fg_store_event_add,
    .user_intern = fg_store_user_intern,
    .idempotency_find = fg_store_idempotency_find,
    .job_state = fg_store_job_state,
    .job_spec = fg_store_job_spec,
    .token_used = fg_store_token_used,
    .prune = fg_store_prune,
    .idle = store_idle,
};
