/* schema.c - see schema.h
 *
 * Times are microseconds UTC, 0 for "not yet".  Only narrow rows change often: `job` and `attempt`;
 * the long text of a job stands apart in job_spec and is written once.
 */
#include "store/schema.h"

#include <stdio.h>

/* Indexes of `job` end in the id (the rowid), so each gives newest first without a sort, and a new job
 * appends to each.  There is none by name: names are filtered while reading another. */
static const char *const step_1 =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES('job_floor', 1), ('event_floor', 1);"
    "CREATE TABLE project("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight INTEGER NOT NULL,"
    " priority INTEGER NOT NULL, gpu_milli INTEGER NOT NULL, cpu_milli INTEGER NOT NULL,"
    " mem_mib INTEGER NOT NULL, running INTEGER NOT NULL, queued INTEGER NOT NULL,"
    " archived INTEGER NOT NULL) STRICT;"
    "INSERT INTO project VALUES(1, 'default', 100, 0, -1, -1, -1, -1, -1, 0);"
    "CREATE TABLE project_kind("
    " project INTEGER NOT NULL, slot INTEGER NOT NULL, kind TEXT NOT NULL,"
    " gpu_milli INTEGER NOT NULL, PRIMARY KEY(project, slot)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE node("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, wanted INTEGER NOT NULL,"
    " reason TEXT NOT NULL, cpu_milli INTEGER NOT NULL, mem_mib INTEGER NOT NULL,"
    " price_uusd_per_hour INTEGER NOT NULL) STRICT;"
    "CREATE TABLE node_device("
    " node INTEGER NOT NULL, slot INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,"
    " expose TEXT NOT NULL, vendor INTEGER NOT NULL, share INTEGER NOT NULL,"
    " mem_mib INTEGER NOT NULL, numa INTEGER NOT NULL,"
    " PRIMARY KEY(node, slot)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE user(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE token("
    " id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, hash BLOB NOT NULL UNIQUE, user TEXT NOT "
    "NULL,"
    " role INTEGER NOT NULL, project INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " expires_us INTEGER NOT NULL, last_used_us INTEGER NOT NULL, revoked INTEGER NOT NULL) "
    "STRICT;"
    "CREATE TABLE job("
    " id INTEGER PRIMARY KEY, state INTEGER NOT NULL, project INTEGER NOT NULL,"
    " user INTEGER NOT NULL, tasks INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, retries INTEGER NOT NULL, priority_milli INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, waits_for INTEGER NOT NULL,"
    " after_len INTEGER NOT NULL, submitted_us INTEGER NOT NULL, eligible_us INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL, finished_us INTEGER NOT NULL, deadline_us INTEGER NOT NULL,"
    " time_limit_us INTEGER NOT NULL, retry_backoff_us INTEGER NOT NULL,"
    " array_id INTEGER NOT NULL, array_index INTEGER NOT NULL, exit_code INTEGER NOT NULL,"
    " term_signal INTEGER NOT NULL, name TEXT NOT NULL, request TEXT NOT NULL,"
    " reason TEXT NOT NULL) STRICT;"
    "CREATE INDEX job_state ON job(state);"
    "CREATE INDEX job_project ON job(project);"
    "CREATE INDEX job_user ON job(user);"
    "CREATE TABLE job_spec(id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;"
    "CREATE TABLE job_after("
    " job INTEGER NOT NULL, on_job INTEGER NOT NULL, any_end INTEGER NOT NULL,"
    " PRIMARY KEY(job, on_job)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE job_label("
    " key TEXT NOT NULL, value TEXT NOT NULL, job INTEGER NOT NULL,"
    " PRIMARY KEY(key, value, job)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE job_count("
    " project INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY(project, state)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE idempotency("
    " user INTEGER NOT NULL, key TEXT NOT NULL, job INTEGER NOT NULL, created_us INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(user, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_created ON idempotency(created_us);"
    "CREATE TABLE attempt("
    " job INTEGER NOT NULL, attempt INTEGER NOT NULL, started_us INTEGER NOT NULL,"
    " finished_us INTEGER NOT NULL, exit_code INTEGER NOT NULL, term_signal INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, max_rss_mib INTEGER NOT NULL, cpu_us INTEGER NOT NULL,"
    " gpu_us INTEGER NOT NULL, cost_uusd INTEGER NOT NULL, node TEXT NOT NULL,"
    " devices TEXT NOT NULL, reason TEXT NOT NULL, grants TEXT NOT NULL,"
    " PRIMARY KEY(job, attempt)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE artifact("
    " seq INTEGER PRIMARY KEY, job INTEGER NOT NULL, path TEXT NOT NULL, hash TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, time_us INTEGER NOT NULL, UNIQUE(job, path)) STRICT;"
    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, kind TEXT NOT NULL, job INTEGER NOT "
    "NULL,"
    " project INTEGER NOT NULL, json TEXT NOT NULL) STRICT;";

/* How long jobs are expected to run, what they and their projects got so far: for orders and fair share.  Projects within
 * projects, what is guaranteed to them, limits for each user, budgets.  Advance reservations.  What was spent is kept by the day, so that periods of any
 * kind are sums of it. */
static const char *const step_2 =
    "ALTER TABLE project ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN guarantee_milli INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN borrows_back INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project_kind ADD COLUMN guarantee_milli INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN duration_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN attained_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN tasks_max INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN grace_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN checkpoint_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN restart_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN reservation INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE reservation(name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE project_use("
    " project INTEGER PRIMARY KEY, device_ms INTEGER NOT NULL, time_us INTEGER NOT NULL) "
    "STRICT;"
    "ALTER TABLE project ADD COLUMN user_running INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN user_gpu_milli INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN user_queued INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN user_submits INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN budget_uusd INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN budget_period INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE project ADD COLUMN budget_stops INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE spend("
    " project INTEGER NOT NULL, day INTEGER NOT NULL, user INTEGER NOT NULL,"
    " uusd INTEGER NOT NULL, PRIMARY KEY(project, day, user)) STRICT, WITHOUT ROWID;"
    "INSERT INTO spend SELECT j.project, a.finished_us / 86400000000, j.user, sum(a.cost_uusd)"
    " FROM attempt a JOIN job j ON j.id = a.job WHERE a.finished_us > 0 AND a.cost_uusd > 0"
    " GROUP BY 1, 2, 3;"
    "CREATE TABLE budget_warned("
    " project INTEGER PRIMARY KEY, begin_us INTEGER NOT NULL, percent INTEGER NOT NULL) "
    "STRICT;";

/* Suppliers, what is and was ordered from them, and what that cost.  Rows of orders never go: they are the books, and what
 * scores of suppliers are made of.  `note` is the story of an order, with who did what.  Costs are kept by the day: `user` 0
 * is what nobody used.  Cash is what is due to the supplier, by the day on which it is.  Demand is device-microseconds by the
 * hour since 1970; the level is what has run and waited since `at_us`, and is not yet in the hours. */
static const char *const step_3 =
    "CREATE TABLE supplier(name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE purchase("
    " id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, supplier TEXT NOT NULL,"
    " state INTEGER NOT NULL, cause INTEGER NOT NULL, leaving INTEGER NOT NULL,"
    " project INTEGER NOT NULL, plan INTEGER NOT NULL, count INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL, lost INTEGER NOT NULL, lost_held_us INTEGER NOT NULL,"
    " max_uusd_per_hour INTEGER NOT NULL, reference TEXT NOT NULL, reason TEXT NOT NULL,"
    " approved_by TEXT NOT NULL, created_us INTEGER NOT NULL, approved_us INTEGER NOT NULL,"
    " ordered_us INTEGER NOT NULL, delivered_us INTEGER NOT NULL, active_us INTEGER NOT NULL,"
    " ended_us INTEGER NOT NULL, promised_us INTEGER NOT NULL, wanted_us INTEGER NOT NULL,"
    " until_us INTEGER NOT NULL, booked_us INTEGER NOT NULL, cost_uusd INTEGER NOT NULL,"
    " idle_uusd INTEGER NOT NULL, cash_uusd INTEGER NOT NULL, offer TEXT NOT NULL) STRICT;"
    "CREATE INDEX purchase_open ON purchase(id) WHERE ended_us = 0;"
    "CREATE INDEX purchase_supplier ON purchase(supplier);"
    "CREATE TABLE purchase_instance("
    " purchase INTEGER NOT NULL, slot INTEGER NOT NULL, id TEXT NOT NULL,"
    " address TEXT NOT NULL, gone_us INTEGER NOT NULL, verdict TEXT NOT NULL,"
    " report TEXT NOT NULL, PRIMARY KEY(purchase, slot)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE purchase_note("
    " seq INTEGER PRIMARY KEY, purchase INTEGER NOT NULL, time_us INTEGER NOT NULL,"
    " kind TEXT NOT NULL, actor TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE INDEX purchase_note_of ON purchase_note(purchase);"
    "CREATE TABLE purchase_cost("
    " purchase INTEGER NOT NULL, day INTEGER NOT NULL, project INTEGER NOT NULL,"
    " user INTEGER NOT NULL, uusd INTEGER NOT NULL,"
    " PRIMARY KEY(purchase, day, project, user)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE purchase_cash("
    " supplier TEXT NOT NULL, day INTEGER NOT NULL, purchase INTEGER NOT NULL,"
    " uusd INTEGER NOT NULL, PRIMARY KEY(supplier, day, purchase)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE demand_level("
    " project INTEGER NOT NULL, kind TEXT NOT NULL, running_milli INTEGER NOT NULL,"
    " waiting_milli INTEGER NOT NULL, at_us INTEGER NOT NULL,"
    " PRIMARY KEY(project, kind)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE demand_hour("
    " hour INTEGER NOT NULL, project INTEGER NOT NULL, kind TEXT NOT NULL,"
    " running_us INTEGER NOT NULL, waiting_us INTEGER NOT NULL, shift_us INTEGER NOT NULL,"
    " refused_us INTEGER NOT NULL, PRIMARY KEY(hour, project, kind)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE scale(name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE plan("
    " id INTEGER PRIMARY KEY, state INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " decided_us INTEGER NOT NULL, applied_us INTEGER NOT NULL, horizon_us INTEGER NOT NULL,"
    " cost_uusd INTEGER NOT NULL, orders INTEGER NOT NULL, created_by TEXT NOT NULL,"
    " decided_by TEXT NOT NULL, remark TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
    "CREATE INDEX attempt_cost ON attempt(finished_us, started_us) WHERE cost_uusd > 0;";

/* Nodes as the controller knows them: the number that grants have, and all of the node. */
static const char *const step_4 =
    "CREATE TABLE pool_node("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL, supplier TEXT NOT NULL, json TEXT NOT NULL)"
    " STRICT;"
    "ALTER TABLE purchase ADD COLUMN node TEXT NOT NULL DEFAULT '';";

/* What the devices of an attempt used, and what and where they were: nodes come and go, and their numbers are used again.  What
 * the work of a job is like (learn/class.h), so that what is learned of one serves the next; 0: it is not known. */
static const char *const step_5 =
    "ALTER TABLE attempt ADD COLUMN energy_mj INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE attempt ADD COLUMN kind TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE attempt ADD COLUMN supplier TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE attempt ADD COLUMN region TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN shape INTEGER NOT NULL DEFAULT 0;";

/* What is judged, tried and told. */
static const char *const step_6 =
    /* Of a deed, its hash (store/audit.h); where the events that are kept begin. */
    "ALTER TABLE event ADD COLUMN chain BLOB;"
    "CREATE TABLE audit_anchor("
    " id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE TABLE proposal("
    " id INTEGER PRIMARY KEY, state INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " decided_us INTEGER NOT NULL, created_by TEXT NOT NULL, decided_by TEXT NOT NULL,"
    " remark TEXT NOT NULL, json TEXT NOT NULL) STRICT;"
    "CREATE TABLE knob("
    " setting TEXT PRIMARY KEY, base TEXT NOT NULL, value TEXT NOT NULL,"
    " proposal INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "ALTER TABLE job ADD COLUMN flexible_until_us INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE publish("
    " name TEXT PRIMARY KEY, seq INTEGER NOT NULL, sent INTEGER NOT NULL,"
    " dropped INTEGER NOT NULL, sent_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alert("
    " id INTEGER PRIMARY KEY, key INTEGER NOT NULL, cause TEXT NOT NULL,"
    " severity INTEGER NOT NULL, project INTEGER NOT NULL, job INTEGER NOT NULL,"
    " user TEXT NOT NULL, node TEXT NOT NULL, device TEXT NOT NULL, text TEXT NOT NULL,"
    " hint TEXT NOT NULL, cost_uusd INTEGER NOT NULL, count INTEGER NOT NULL,"
    " raised_us INTEGER NOT NULL, cleared_us INTEGER NOT NULL,"
    " acknowledged_us INTEGER NOT NULL, acknowledged_by TEXT NOT NULL) STRICT;"
    "CREATE INDEX alert_open ON alert(id) WHERE cleared_us = 0;"
    "CREATE TABLE finding("
    " job INTEGER NOT NULL, attempt INTEGER NOT NULL, cause TEXT NOT NULL,"
    " project INTEGER NOT NULL, user TEXT NOT NULL, held_us INTEGER NOT NULL, wasted_us "
    "INTEGER NOT NULL,"
    " cost_uusd INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
    " text TEXT NOT NULL, PRIMARY KEY(job, attempt, cause)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX finding_last ON finding(last_us);"
    /* What a kWh emitted and cost in an hour since 1970; -1: not known. */
    "CREATE TABLE grid_hour("
    " hour INTEGER PRIMARY KEY, g_per_kwh INTEGER NOT NULL,"
    " uusd_per_kwh INTEGER NOT NULL) STRICT;"
    /* What caps and sleep saved (model/saving.h); of jobs whose records are gone one row a project, user and day.  And all of it. */
    "CREATE TABLE saving("
    " job INTEGER NOT NULL, day INTEGER NOT NULL, way INTEGER NOT NULL,"
    " node TEXT NOT NULL, device INTEGER NOT NULL, project INTEGER NOT NULL,"
    " user INTEGER NOT NULL, kind TEXT NOT NULL, supplier TEXT NOT NULL,"
    " avoided_mj INTEGER NOT NULL, spent_mj INTEGER NOT NULL, slowed_us INTEGER NOT NULL,"
    " asleep_us INTEGER NOT NULL,"
    " PRIMARY KEY(job, day, way, node, device, project, user, kind, supplier))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX saving_day ON saving(day);"
    "CREATE TABLE saving_sum("
    " way INTEGER PRIMARY KEY, avoided_mj INTEGER NOT NULL, spent_mj INTEGER NOT NULL,"
    " slowed_us INTEGER NOT NULL, asleep_us INTEGER NOT NULL) STRICT;";

static const char *const steps[] = {step_1, step_2, step_3, step_4, step_5, step_6};

int fg_schema_version(void)
{
    return (int)(sizeof(steps) / sizeof(steps[0]));
}

/* Whose file it is and at which step: FG_ESTATE if we must not touch it. */
static int identify(struct fg_db *db, int64_t *out_version, struct fg_err *err)
{
    int64_t application = 0, tables = 0;
    int rc = fg_db_int(db, "PRAGMA application_id", &application, err);
    if (rc == 0)
        rc = fg_db_int(db, "PRAGMA user_version", out_version, err);
    if (rc == 0)
        rc = fg_db_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc < 0)
        return rc;
    if (application == 0 && *out_version == 0 && tables == 0)
        return 0;
    if (application != FG_SCHEMA_APPLICATION_ID)
        return fg_fail(err, FG_ESTATE, "the file is a database of another program");
    if (*out_version > fg_schema_version())
        return fg_fail(
            err, FG_ESTATE,
            "the database has schema %lld, this program knows up to %d: run the newer "
            "version that wrote it, or restore a backup",
            (long long)*out_version, fg_schema_version());
    return 0;
}

static int take_step(struct fg_db *db, int64_t step, struct fg_err *err)
{
    char mark[96];
    snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%lld; COMMIT",
             FG_SCHEMA_APPLICATION_ID, (long long)step + 1);
    int rc = fg_db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = fg_db_exec(db, steps[step], err);
    if (rc == 0)
        rc = fg_db_exec(db, mark, err);
    if (rc < 0) {
        if (!sqlite3_get_autocommit(db->handle))
            fg_db_exec(db, "ROLLBACK", NULL);
        return fg_wrap(err, rc, "schema step %lld", (long long)step + 1);
    }
    return 0;
}

int fg_schema_migrate_to(struct fg_db *db, int64_t wanted, struct fg_err *err)
{
    int64_t version = 0;
    int rc = identify(db, &version, err);
    for (; rc == 0 && version < wanted; version++)
        rc = take_step(db, version, err);
    return rc;
}

int fg_schema_migrate(struct fg_db *db, struct fg_err *err)
{
    return fg_schema_migrate_to(db, fg_schema_version(), err);
}

int fg_schema_verify(struct fg_db *db, struct fg_err *err)
{
    int64_t version = 0;
    int rc = identify(db, &version, err);
    if (rc == 0 && version != fg_schema_version())
        return fg_fail(err, FG_ESTATE, "the database has schema %lld, this program reads %d",
                       (long long)version, fg_schema_version());
    return rc;
}
