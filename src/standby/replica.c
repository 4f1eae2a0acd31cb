/* replica.c - see replica.h */
#include "standby/replica.h"

#include "base/text.h"
#include "standby/object.h"
#include "store/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fg_replica {
    char path[PATH_MAX];
    struct fg_db db; /* closed: handle NULL */
    struct fg_batch_at at;
    unsigned unwritten; /* batches in SQLite's log since it was copied into the file */
};

#define BATCHES_A_CHECKPOINT 1000

struct fg_replica *fg_replica_new(const char *path)
{
    struct fg_replica *replica = calloc(1, sizeof(*replica));
    if (replica && !fg_copy(replica->path, sizeof(replica->path), path)) {
        free(replica);
        return NULL;
    }
    return replica;
}

void fg_replica_free(struct fg_replica *replica)
{
    if (!replica)
        return;
    fg_db_close(&replica->db);
    free(replica);
}

/* 1: the database is open; 0: there is none. */
static int open_file(struct fg_replica *replica, struct fg_err *err)
{
    struct stat st;
    if (replica->db.handle)
        return 1;
    if (stat(replica->path, &st) < 0 || st.st_size == 0)
        return 0;
    int rc = fg_db_open(&replica->db, replica->path, FG_DB_WRITE, err);
    /* What the disk loses in a power cut comes again. */
    if (rc == 0)
        rc = fg_db_exec(&replica->db, "PRAGMA synchronous=NORMAL", err);
    if (rc == 0)
        rc = fg_batch_at(&replica->db, &replica->at, err);
    if (rc < 0) {
        fg_db_close(&replica->db);
        return fg_wrap(err, rc, "database %s", replica->path);
    }
    return 1;
}

static int schema_of(struct fg_replica *replica, int64_t *out, struct fg_err *err)
{
    *out = 0;
    return replica->db.handle ? fg_db_int(&replica->db, "PRAGMA user_version", out, err) : 0;
}

/* The file is replaced as a whole: nobody else has it open while we do not lead. */
static int restore(struct fg_replica *replica,
                   struct fg_pg *pg,
                   const struct fg_object *snapshot,
                   struct fg_err *err)
{
    char next[PATH_MAX + 16], beside[PATH_MAX + 16];
    snprintf(next, sizeof(next), "%s.incoming", replica->path);
    int rc = fg_object_get(pg, snapshot, next, err);
    if (rc < 0)
        return rc == FG_ENOENT ? 0 : rc;
    fg_db_close(&replica->db);
    for (size_t i = 0; i < 2; i++) {
        snprintf(beside, sizeof(beside), "%s%s", replica->path, i ? "-shm" : "-wal");
        unlink(beside);
    }
    if (rename(next, replica->path) < 0)
        return fg_fail(err, FG_EIO, "%s: %s", replica->path, strerror(errno));
    rc = open_file(replica, err);
    return rc < 0 ? rc : 1;
}

/* 1: restored; 0: no snapshot that helps. */
static int try_snapshot(struct fg_replica *replica, struct fg_pg *pg, struct fg_err *err)
{
    struct fg_object snapshot;
    int64_t schema;
    int rc = fg_object_find(pg, FG_OBJECT_SNAPSHOT, &snapshot, err);
    if (rc < 0)
        return rc == FG_ENOENT ? 0 : rc;
    rc = schema_of(replica, &schema, err);
    if (rc < 0)
        return rc;
    if (snapshot.schema > fg_schema_version())
        return fg_fail(err, FG_ESTATE,
                       "the leader's database has schema %d, this program knows up to %d: "
                       "install its version here",
                       snapshot.schema, fg_schema_version());
    bool helps = !replica->db.handle || snapshot.seq > replica->at.seq
                 || (snapshot.seq == replica->at.seq && snapshot.schema > schema);
    return helps ? restore(replica, pg, &snapshot, err) : 0;
}

struct taking {
    struct fg_replica *replica;
    int64_t schema;
    bool stuck;
};

static int take(void *self, const struct fg_batch *batch, struct fg_err *err)
{
    struct taking *taking = self;
    struct fg_replica *replica = taking->replica;
    if (batch->schema != taking->schema || batch->seq != replica->at.seq + 1) {
        taking->stuck = true;
        return fg_fail(err, FG_ENOENT,
                       "waiting for a snapshot of batch %llu or later, schema %d",
                       (unsigned long long)batch->seq, batch->schema);
    }
    int rc = fg_batch_apply(&replica->db, batch, err);
    if (rc < 0)
        return fg_wrap(err, rc, "database %s", replica->path);
    replica->at.seq = batch->seq;
    replica->at.epoch = batch->epoch;
    if (++replica->unwritten >= BATCHES_A_CHECKPOINT) {
        (void)sqlite3_wal_checkpoint_v2(replica->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                        NULL, NULL);
        replica->unwritten = 0;
    }
    return 0;
}

/* 1: all are taken; 0: a snapshot is needed first. */
static int take_batches(struct fg_replica *replica, struct fg_pg *pg, struct fg_err *err)
{
    struct taking taking = {.replica = replica};
    int rc = schema_of(replica, &taking.schema, err);
    if (rc < 0)
        return rc;
    do {
        rc = fg_log_fetch(pg, replica->at.seq, take, &taking, err);
    } while (rc > 0);
    if (taking.stuck)
        return 0;
    return rc < 0 ? rc : 1;
}

/* Whether the installation has any past. */
static int has_past(struct fg_pg *pg, uint64_t *out_last, bool *out, struct fg_err *err)
{
    struct fg_object snapshot = {};
    int rc = fg_log_last(pg, out_last, err);
    if (rc < 0)
        return rc;
    rc = fg_object_find(pg, FG_OBJECT_SNAPSHOT, &snapshot, err);
    if (rc < 0 && rc != FG_ENOENT)
        return rc;
    *out = rc == 0 || *out_last > 0;
    if (snapshot.seq > *out_last)
        *out_last = snapshot.seq;
    return 0;
}

static int check_ours(struct fg_replica *replica,
                      int64_t install,
                      uint64_t last,
                      struct fg_err *err)
{
    const struct fg_batch_at *at = &replica->at;
    if (at->install != install)
        return fg_fail(err, FG_ESTATE,
                       "database %s: it is not of the installation in PostgreSQL: move it away "
                       "to follow that one",
                       replica->path);
    if (at->seq > last)
        return fg_fail(err, FG_ESTATE,
                       "database %s: has batch %llu, PostgreSQL only up to %llu: was it "
                       "restored from a backup?",
                       replica->path, (unsigned long long)at->seq, (unsigned long long)last);
    return 0;
}

int fg_replica_catch_up(struct fg_replica *replica,
                        struct fg_pg *pg,
                        int64_t install,
                        struct fg_err *err)
{
    uint64_t last = 0;
    bool past = false;
    int is_open = open_file(replica, err);
    int rc = is_open < 0 ? is_open : has_past(pg, &last, &past, err);
    if (rc < 0)
        return rc;
    if (!past && (!is_open || replica->at.install == 0 || replica->at.seq == 0))
        return 1; /* whoever leads first brings what he has */
    if (is_open)
        rc = check_ours(replica, install, last, err);
    if (rc == 0)
        rc = is_open ? take_batches(replica, pg, err) : 0;
    if (rc == 0) {
        rc = try_snapshot(replica, pg, err);
        if (rc == 1)
            rc = check_ours(replica, install, UINT64_MAX, err);
        if (rc == 0 && replica->db.handle)
            rc = take_batches(replica, pg, err);
        else if (rc == 0)
            fg_fail(err, FG_ENOENT, "waiting for the leader's first snapshot");
    }
    return rc;
}

int fg_replica_lead(struct fg_replica *replica,
                    int64_t install,
                    uint64_t *out_seq,
                    bool *out_changed,
                    struct fg_err *err)
{
    int64_t before;
    int rc = open_file(replica, err);
    if (rc == 0)
        rc = fg_db_open(&replica->db, replica->path, FG_DB_WRITE, err);
    if (rc >= 0)
        rc = schema_of(replica, &before, err);
    if (rc == 0)
        rc = fg_schema_migrate(&replica->db, err);
    bool is_new = rc == 0 && replica->at.install == 0;
    if (is_new) {
        replica->at = (struct fg_batch_at){.install = install};
        rc = fg_batch_mark(&replica->db, &replica->at, err);
    }
    fg_db_close(&replica->db);
    if (rc < 0)
        return fg_wrap(err, rc, "database %s", replica->path);
    *out_seq = replica->at.seq;
    *out_changed = is_new || before != fg_schema_version();
    return 0;
}
