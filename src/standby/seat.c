/* seat.c - see seat.h */
#include "standby/seat.h"

#include "base/text.h"

#define QUICK_MS 1500  /* what the leader's life hangs on */
#define SLOW_MS  20000 /* tables are made, batches read */

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const tables[] = {
    "CREATE TABLE IF NOT EXISTS fastgpu_seat("
    " one int8 PRIMARY KEY DEFAULT 1 CHECK (one = 1), install int8 NOT NULL, epoch int8 NOT "
    "NULL,"
    " beat int8 NOT NULL, holder text NOT NULL, url text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fastgpu_log("
    " seq int8 PRIMARY KEY, epoch int8 NOT NULL, schema int8 NOT NULL, changes bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fastgpu_journal("
    " seq bigserial PRIMARY KEY, epoch int8 NOT NULL, bytes bytea NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fastgpu_object("
    " name text PRIMARY KEY, id int8 NOT NULL, stamp bigserial, parts int8 NOT NULL,"
    " bytes int8 NOT NULL, seq int8 NOT NULL, schema int8 NOT NULL)",
    "CREATE INDEX IF NOT EXISTS fastgpu_object_stamp ON fastgpu_object(stamp)",
    "CREATE TABLE IF NOT EXISTS fastgpu_part("
    " id int8 NOT NULL, part int8 NOT NULL, made timestamptz NOT NULL DEFAULT now(),"
    " bytes bytea NOT NULL, PRIMARY KEY(id, part))",
};

int fg_seat_prepare(struct fg_pg *pg, int64_t install, struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(install)};
    struct fg_pg_call look = {.sql = "SELECT 1::int8 WHERE to_regclass('fastgpu_part') IS NOT "
                                     "NULL",
                              .timeout_ms = SLOW_MS};
    int rc = fg_pg_run(pg, &look, NULL, err);
    for (size_t i = 0; rc == 0 && i < LEN(tables); i++) {
        struct fg_pg_call make = {.sql = tables[i], .timeout_ms = SLOW_MS};
        rc = fg_pg_run(pg, &make, NULL, err);
    }
    struct fg_pg_call first = {
        .sql = "INSERT INTO fastgpu_seat(install, epoch, beat, holder, url)"
               " VALUES($1, 0, 0, '', '') ON CONFLICT DO NOTHING",
        .args = args,
        .args_len = 1,
        .timeout_ms = SLOW_MS,
    };
    if (rc >= 0)
        rc = fg_pg_run(pg, &first, NULL, err);
    return rc < 0 ? rc : 0;
}

int fg_seat_read(struct fg_pg *pg, struct fg_seat *out, struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_call call = {
        .sql = "SELECT install, epoch, beat, holder, url FROM fastgpu_seat",
        .timeout_ms = QUICK_MS,
    };
    int rc = fg_pg_run(pg, &call, &rows, err);
    if (rc < 0)
        return rc;
    if (rc != 1)
        return fg_fail(err, FG_EBACKEND, "PostgreSQL: the table fastgpu_seat has no row");
    *out = (struct fg_seat){.install = fg_pg_int(rows, 0, 0),
                            .epoch = (uint64_t)fg_pg_int(rows, 0, 1),
                            .beat = (uint64_t)fg_pg_int(rows, 0, 2)};
    fg_copy(out->holder, sizeof(out->holder), fg_pg_bytes(rows, 0, 3, NULL));
    fg_copy(out->url, sizeof(out->url), fg_pg_bytes(rows, 0, 4, NULL));
    return 0;
}

int fg_seat_take(struct fg_pg *pg,
                 struct fg_seat *seat,
                 const char *holder,
                 const char *url,
                 struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(seat->epoch), FG_PG_ARG_INT(seat->beat),
                               FG_PG_ARG_TEXT(holder), FG_PG_ARG_TEXT(url)};
    struct fg_pg_call call = {
        .sql =
            "UPDATE fastgpu_seat SET epoch = epoch + 1, beat = beat + 1, holder = $3, url = $4"
            " WHERE epoch = $1 AND beat = $2",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = QUICK_MS,
    };
    int rc = fg_pg_run(pg, &call, NULL, err);
    if (rc == 1) {
        seat->epoch++;
        seat->beat++;
        fg_copy(seat->holder, sizeof(seat->holder), holder);
        fg_copy(seat->url, sizeof(seat->url), url);
    }
    return rc;
}

int fg_seat_beat(struct fg_pg *pg, uint64_t epoch, struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(epoch)};
    struct fg_pg_call call = {
        .sql = "UPDATE fastgpu_seat SET beat = beat + 1 WHERE epoch = $1",
        .args = args,
        .args_len = 1,
        .timeout_ms = QUICK_MS,
    };
    return fg_pg_run(pg, &call, NULL, err);
}

int fg_seat_renew(struct fg_pg *pg, const char *holder, uint64_t *out_epoch, struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(holder)};
    struct fg_pg_call call = {
        .sql = "UPDATE fastgpu_seat SET epoch = epoch + 1, beat = beat + 1 WHERE holder = $1"
               " RETURNING epoch",
        .args = args,
        .args_len = 1,
        .timeout_ms = QUICK_MS,
    };
    int rc = fg_pg_run(pg, &call, &rows, err);
    if (rc == 1)
        *out_epoch = (uint64_t)fg_pg_int(rows, 0, 0);
    return rc;
}

void fg_seat_leave(struct fg_pg *pg, const char *holder)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(holder)};
    struct fg_pg_call call = {
        .sql = "UPDATE fastgpu_seat SET beat = beat + 1, holder = '' WHERE holder = $1",
        .args = args,
        .args_len = 1,
        .timeout_ms = QUICK_MS,
    };
    (void)fg_pg_run(pg, &call, NULL, NULL);
}

/* The row lock makes a new leader wait for this statement, and this statement see a new leader. */
int fg_log_append(struct fg_pg *pg, const struct fg_batch *batch, struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(batch->seq), FG_PG_ARG_INT(batch->epoch),
                               FG_PG_ARG_INT(batch->schema),
                               FG_PG_ARG_BYTES(batch->changes, batch->len)};
    struct fg_pg_call call = {
        .sql = "INSERT INTO fastgpu_log(seq, epoch, schema, changes)"
               " SELECT $1, $2, $3, $4 FROM fastgpu_seat WHERE epoch = $2 FOR SHARE",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = SLOW_MS,
    };
    return fg_pg_run(pg, &call, NULL, err);
}

int fg_log_fetch(struct fg_pg *pg,
                 uint64_t seq,
                 int (*take)(void *self, const struct fg_batch *batch, struct fg_err *err),
                 void *self,
                 struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(seq), FG_PG_ARG_INT(FG_LOG_FETCH_MAX)};
    struct fg_pg_call call = {
        .sql = "SELECT seq, epoch, schema, changes FROM fastgpu_log WHERE seq > $1"
               " ORDER BY seq LIMIT $2",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = SLOW_MS,
    };
    int len = fg_pg_run(pg, &call, &rows, err);
    for (int i = 0; i < len; i++) {
        struct fg_batch batch = {.seq = (uint64_t)fg_pg_int(rows, i, 0),
                                 .epoch = (uint64_t)fg_pg_int(rows, i, 1),
                                 .schema = (int)fg_pg_int(rows, i, 2)};
        batch.changes = fg_pg_bytes(rows, i, 3, &batch.len);
        int rc = take(self, &batch, err);
        if (rc < 0)
            return rc;
    }
    return len;
}

static int one_number(struct fg_pg *pg, const char *sql, uint64_t *out, struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_call call = {.sql = sql, .timeout_ms = SLOW_MS};
    int rc = fg_pg_run(pg, &call, &rows, err);
    if (rc < 0)
        return rc;
    *out = (uint64_t)fg_pg_int(rows, 0, 0);
    return 0;
}

int fg_log_last(struct fg_pg *pg, uint64_t *out, struct fg_err *err)
{
    return one_number(pg, "SELECT coalesce(max(seq), 0) FROM fastgpu_log", out, err);
}

int fg_log_bytes(struct fg_pg *pg, uint64_t *out, struct fg_err *err)
{
    return one_number(
        pg, "SELECT coalesce(sum(octet_length(changes)), 0)::int8 FROM fastgpu_log", out, err);
}

int fg_log_trim(struct fg_pg *pg, uint64_t seq, struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(seq)};
    struct fg_pg_call call = {.sql = "DELETE FROM fastgpu_log WHERE seq <= $1",
                              .args = args,
                              .args_len = 1,
                              .timeout_ms = SLOW_MS};
    int rc = fg_pg_run(pg, &call, NULL, err);
    return rc < 0 ? rc : 0;
}

/* -- the journal ------------------------------------------------------------------------------------------ */

int fg_journal_append(struct fg_pg *pg,
                      uint64_t epoch,
                      bool anew,
                      const void *bytes,
                      size_t len,
                      struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(epoch), FG_PG_ARG_BYTES(bytes, len)};
    struct fg_pg_call call = {
        .sql = anew ? "WITH seat AS MATERIALIZED"
                      " (SELECT epoch FROM fastgpu_seat WHERE epoch = $1 FOR SHARE),"
                      " gone AS (DELETE FROM fastgpu_journal WHERE EXISTS (SELECT 1 FROM seat))"
                      " INSERT INTO fastgpu_journal(epoch, bytes) SELECT $1, $2 FROM seat"
                    : "INSERT INTO fastgpu_journal(epoch, bytes) SELECT $1, $2"
                      " FROM fastgpu_seat WHERE epoch = $1 FOR SHARE",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = SLOW_MS,
    };
    return fg_pg_run(pg, &call, NULL, err);
}

/* In pieces, so that a journal of any size fits. */
int fg_journal_fetch(struct fg_pg *pg, struct fg_buf *out, struct fg_err *err)
{
    int64_t seq = 0;
    fg_buf_clear(out);
    for (int found = 0;; found = 1) {
        FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
        struct fg_pg_arg args[] = {FG_PG_ARG_INT(seq)};
        struct fg_pg_call call = {
            .sql =
                "SELECT seq, bytes FROM fastgpu_journal WHERE seq > $1 ORDER BY seq LIMIT 64",
            .args = args,
            .args_len = 1,
            .timeout_ms = SLOW_MS,
        };
        int len = fg_pg_run(pg, &call, &rows, err);
        if (len < 0)
            return len;
        for (int i = 0; i < len; i++) {
            size_t bytes_len;
            const char *bytes = fg_pg_bytes(rows, i, 1, &bytes_len);
            fg_buf_add(out, bytes, bytes_len);
            seq = fg_pg_int(rows, i, 0);
        }
        if (len == 0)
            return found;
    }
}
