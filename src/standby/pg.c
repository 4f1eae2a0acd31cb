/* pg.c - see pg.h */
#include "standby/pg.h"

#include "base/text.h"

#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARGS_MAX 12

/* Types of parameters as PostgreSQL numbers them (pg_type.dat). */
#define OID_BYTEA 17
#define OID_INT8  20
#define OID_TEXT  25

struct fg_pg {
    char *url, *password;
    bool lazy_commit;
    PGconn *connection; /* NULL: not connected */
};

struct fg_pg_rows {
    PGresult *result;
};

/* libpq's messages have several lines; the first says it.  They come into logs between quotes. */
static int fail(struct fg_err *err, int code, const char *text)
{
    fg_fail(err, code, "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
    for (char *at = err ? strchr(err->text, '"') : NULL; at; at = strchr(at, '"'))
        *at = '\'';
    return code;
}

int fg_pg_check_url(const char *url, struct fg_err *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    int rc = options ? 0 : fg_fail(err, FG_EINVAL, "not an address of PostgreSQL");
    for (PQconninfoOption *at = options; at && at->keyword; at++)
        if (strcmp(at->keyword, "password") == 0 && at->val)
            rc =
                fg_fail(err, FG_EINVAL,
                        "a password in the address, expected it in shared_store_password_file");
    PQconninfoFree(options);
    PQfreemem(why);
    return rc;
}

static char *copy(const char *text)
{
    char *out = strdup(text ? text : "");
    if (!out)
        abort();
    return out;
}

struct fg_pg *fg_pg_new(const struct fg_pg_options *options)
{
    struct fg_pg *pg = calloc(1, sizeof(*pg));
    if (!pg)
        return NULL;
    pg->url = copy(options->url);
    pg->password = copy(options->password);
    pg->lazy_commit = options->lazy_commit;
    return pg;
}

static void hang_up(struct fg_pg *pg)
{
    PQfinish(pg->connection);
    pg->connection = NULL;
}

void fg_pg_free(struct fg_pg *pg)
{
    if (!pg)
        return;
    hang_up(pg);
    explicit_bzero(pg->password, strlen(pg->password));
    free(pg->password);
    free(pg->url);
    free(pg);
}

/* What PostgreSQL only remarks is nobody's. */
static void no_notice(void *, const char *)
{
}

/* A dead peer is noticed within three seconds, whether something is on its way to it or not.  A statement that the
 * server goes on with after we have gone ends by its own limit. */
int fg_pg_ready(struct fg_pg *pg, struct fg_err *err)
{
    if (pg->connection && PQstatus(pg->connection) == CONNECTION_OK)
        return 0;
    hang_up(pg);
    const char *const keys[] = {"dbname",
                                "connect_timeout",
                                "keepalives_idle",
                                "keepalives_interval",
                                "keepalives_count",
                                "tcp_user_timeout",
                                "fallback_application_name",
                                "options",
                                pg->password[0] ? "password" : NULL,
                                NULL};
    const char *const values[] = {pg->url,
                                  "2",
                                  "1",
                                  "1",
                                  "2",
                                  "3000",
                                  "fastgpu",
                                  pg->lazy_commit
                                      ? "-c synchronous_commit=off -c statement_timeout=10s"
                                      : "-c synchronous_commit=on -c statement_timeout=60s",
                                  pg->password,
                                  NULL};
    pg->connection = PQconnectdbParams(keys, values, 1);
    if (!pg->connection)
        return fg_fail(err, FG_ENOMEM, "PostgreSQL: no memory");
    PQsetNoticeProcessor(pg->connection, no_notice, NULL);
    if (PQstatus(pg->connection) == CONNECTION_OK && PQsetnonblocking(pg->connection, 1) == 0)
        return 0;
    fail(err, FG_EUNREACH, PQerrorMessage(pg->connection));
    hang_up(pg);
    return FG_EUNREACH;
}

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0: the socket is as wanted; else what went wrong. */
static int wait_socket(struct fg_pg *pg, bool writing, int64_t end_ms, struct fg_err *err)
{
    int64_t left = end_ms - mono_ms();
    struct pollfd watch = {.fd = PQsocket(pg->connection),
                           .events = (short)(writing ? POLLIN | POLLOUT : POLLIN)};
    int ready = left > 0 ? poll(&watch, 1, (int)left) : 0;
    if (ready < 0 && errno != EINTR)
        return fg_fail(err, FG_EUNREACH, "PostgreSQL: %s", strerror(errno));
    if (ready == 0)
        return fg_fail(err, FG_ETIMEOUT, "PostgreSQL: no answer in time");
    return PQconsumeInput(pg->connection)
               ? 0
               : fail(err, FG_EUNREACH, PQerrorMessage(pg->connection));
}

static int converse(struct fg_pg *pg, int64_t end_ms, struct fg_err *err)
{
    int unsent = PQflush(pg->connection), rc = 0;
    while (rc == 0 && unsent > 0) {
        rc = wait_socket(pg, true, end_ms, err);
        unsent = PQflush(pg->connection);
    }
    while (rc == 0 && unsent == 0 && PQisBusy(pg->connection))
        rc = wait_socket(pg, false, end_ms, err);
    if (rc == 0 && unsent < 0)
        rc = fail(err, FG_EUNREACH, PQerrorMessage(pg->connection));
    return rc;
}

static int send_call(struct fg_pg *pg, const struct fg_pg_call *call, struct fg_err *err)
{
    Oid types[ARGS_MAX];
    const char *values[ARGS_MAX];
    int lengths[ARGS_MAX], formats[ARGS_MAX];
    uint64_t numbers[ARGS_MAX];
    for (size_t i = 0; i < call->args_len && i < ARGS_MAX; i++) {
        const struct fg_pg_arg *arg = &call->args[i];
        numbers[i] = htobe64((uint64_t)arg->number);
        bool is_int = arg->kind == FG_PG_INT;
        types[i] = is_int ? OID_INT8 : arg->kind == FG_PG_TEXT ? OID_TEXT : OID_BYTEA;
        values[i] = is_int ? (const char *)&numbers[i] : arg->bytes;
        lengths[i] = is_int ? 8 : (int)arg->len;
        formats[i] = arg->kind == FG_PG_TEXT ? 0 : 1;
    }
    if (PQsendQueryParams(pg->connection, call->sql, (int)call->args_len, types, values,
                          lengths, formats, 1))
        return 0;
    return fail(err, FG_EUNREACH, PQerrorMessage(pg->connection));
}

static int judge(struct fg_pg *pg, PGresult *result, struct fg_err *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK && PQntuples(result) > 0)
        return PQntuples(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return (int)strtol(PQcmdTuples(result), NULL, 10);
    int code = PQstatus(pg->connection) == CONNECTION_OK ? FG_EBACKEND : FG_EUNREACH;
    const char *text = result ? PQresultErrorMessage(result) : PQerrorMessage(pg->connection);
    return fail(err, code, text);
}

int fg_pg_run(struct fg_pg *pg,
              const struct fg_pg_call *call,
              struct fg_pg_rows **out,
              struct fg_err *err)
{
    int rc = fg_pg_ready(pg, err);
    if (rc < 0)
        return rc;
    rc = send_call(pg, call, err);
    if (rc == 0)
        rc = converse(pg, mono_ms() + call->timeout_ms, err);
    if (rc < 0) {
        hang_up(pg);
        return rc;
    }
    PGresult *result = PQgetResult(pg->connection);
    rc = judge(pg, result, err);
    /* One statement gives one result; this takes the end that libpq wants taken. */
    for (PGresult *rest = PQgetResult(pg->connection); rest; rest = PQgetResult(pg->connection))
        PQclear(rest);
    if (rc == FG_EUNREACH)
        hang_up(pg);
    struct fg_pg_rows *rows = rc >= 0 && out ? calloc(1, sizeof(*rows)) : NULL;
    if (!rows) {
        PQclear(result);
        return rc >= 0 && out ? fg_fail(err, FG_ENOMEM, "PostgreSQL: no memory") : rc;
    }
    rows->result = result;
    *out = rows;
    return rc;
}

void fg_pg_rows_free(struct fg_pg_rows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}

const char *fg_pg_bytes(const struct fg_pg_rows *rows, int row, int column, size_t *out_len)
{
    bool is_there = row < PQntuples(rows->result) && column < PQnfields(rows->result);
    if (out_len)
        *out_len = is_there ? (size_t)PQgetlength(rows->result, row, column) : 0;
    return is_there ? PQgetvalue(rows->result, row, column) : "";
}

int64_t fg_pg_int(const struct fg_pg_rows *rows, int row, int column)
{
    size_t len;
    uint64_t big;
    const char *bytes = fg_pg_bytes(rows, row, column, &len);
    if (len != sizeof(big))
        return 0;
    memcpy(&big, bytes, sizeof(big));
    return (int64_t)be64toh(big);
}
