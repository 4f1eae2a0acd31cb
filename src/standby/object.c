/* object.c - see object.h */
#include "standby/object.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_BYTES ((size_t)(1024 * 1024))
#define PART_MS    20000

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static int put_part(struct fg_pg *pg,
                    int64_t id,
                    uint64_t part,
                    const void *bytes,
                    size_t len,
                    struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(id), FG_PG_ARG_INT(part),
                               FG_PG_ARG_BYTES(bytes, len)};
    struct fg_pg_call call = {
        .sql = "INSERT INTO fastgpu_part(id, part, bytes) VALUES($1, $2, $3)",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = PART_MS,
    };
    int rc = fg_pg_run(pg, &call, NULL, err);
    return rc < 0 ? rc : 0;
}

static int put_parts(
    struct fg_pg *pg, int64_t id, FILE *file, struct fg_object *out, struct fg_err *err)
{
    char *bytes = malloc(PART_BYTES);
    int rc = bytes ? 0 : fg_fail(err, FG_ENOMEM, "%s: no memory", out->name);
    while (rc == 0) {
        size_t len = fread(bytes, 1, PART_BYTES, file);
        if (len == 0)
            break;
        rc = put_part(pg, id, out->parts++, bytes, len, err);
        out->bytes += len;
    }
    if (rc == 0 && ferror(file))
        rc = fg_fail(err, FG_EIO, "%s: %s", out->name, strerror(errno));
    free(bytes);
    return rc;
}

int fg_object_put(struct fg_pg *pg,
                  const struct fg_object *what,
                  int64_t id,
                  const char *path,
                  struct fg_err *err)
{
    FG_AUTO(fg_file) FILE *file = fopen(path, "re");
    if (!file)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    struct fg_object object = *what;
    object.parts = object.bytes = 0;
    int rc = put_parts(pg, id, file, &object, err);
    if (rc < 0)
        return rc;
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(object.name), FG_PG_ARG_INT(id),
                               FG_PG_ARG_INT(object.parts), FG_PG_ARG_INT(object.bytes),
                               FG_PG_ARG_INT(object.seq),   FG_PG_ARG_INT(object.schema)};
    struct fg_pg_call call = {
        .sql = "WITH old AS (DELETE FROM fastgpu_part WHERE id IN"
               " (SELECT id FROM fastgpu_object WHERE name = $1))"
               " INSERT INTO fastgpu_object(name, id, parts, bytes, seq, schema)"
               " VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(name) DO UPDATE SET"
               " id = excluded.id, stamp = excluded.stamp, parts = excluded.parts,"
               " bytes = excluded.bytes, seq = excluded.seq, schema = excluded.schema",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = PART_MS,
    };
    rc = fg_pg_run(pg, &call, NULL, err);
    return rc < 0 ? rc : 0;
}

#define COLUMNS "name, id, stamp, parts, bytes, seq, schema"

static void read_row(const struct fg_pg_rows *rows, int row, struct fg_object *out)
{
    *out = (struct fg_object){.id = fg_pg_int(rows, row, 1),
                              .stamp = fg_pg_int(rows, row, 2),
                              .parts = (uint64_t)fg_pg_int(rows, row, 3),
                              .bytes = (uint64_t)fg_pg_int(rows, row, 4),
                              .seq = (uint64_t)fg_pg_int(rows, row, 5),
                              .schema = (int)fg_pg_int(rows, row, 6)};
    fg_copy(out->name, sizeof(out->name), fg_pg_bytes(rows, row, 0, NULL));
}

int fg_object_find(struct fg_pg *pg,
                   const char *name,
                   struct fg_object *out,
                   struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(name)};
    struct fg_pg_call call = {.sql = "SELECT " COLUMNS " FROM fastgpu_object WHERE name = $1",
                              .args = args,
                              .args_len = 1,
                              .timeout_ms = PART_MS};
    int rc = fg_pg_run(pg, &call, &rows, err);
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "%s: not in PostgreSQL", name);
    if (rc < 0)
        return rc;
    read_row(rows, 0, out);
    return 0;
}

int fg_object_list(struct fg_pg *pg,
                   const char *prefix,
                   int64_t stamp,
                   struct fg_object *out,
                   size_t max,
                   struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(prefix), FG_PG_ARG_INT(stamp),
                               FG_PG_ARG_INT(max)};
    struct fg_pg_call call = {
        .sql = "SELECT " COLUMNS " FROM fastgpu_object WHERE starts_with(name, $1)"
               " AND stamp > $2 ORDER BY stamp LIMIT $3",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = PART_MS,
    };
    int len = fg_pg_run(pg, &call, &rows, err);
    for (int i = 0; i < len; i++)
        read_row(rows, i, &out[i]);
    return len;
}

static int get_part(struct fg_pg *pg,
                    const struct fg_object *what,
                    uint64_t part,
                    FILE *file,
                    struct fg_err *err)
{
    FG_AUTO(fg_pg_rows) struct fg_pg_rows *rows = NULL;
    struct fg_pg_arg args[] = {FG_PG_ARG_INT(what->id), FG_PG_ARG_INT(part)};
    struct fg_pg_call call = {
        .sql = "SELECT bytes FROM fastgpu_part WHERE id = $1 AND part = $2",
        .args = args,
        .args_len = LEN(args),
        .timeout_ms = PART_MS,
    };
    int rc = fg_pg_run(pg, &call, &rows, err);
    if (rc == 0)
        return fg_fail(err, FG_ENOENT, "%s: replaced meanwhile", what->name);
    if (rc < 0)
        return rc;
    size_t len;
    const char *bytes = fg_pg_bytes(rows, 0, 0, &len);
    if (fwrite(bytes, 1, len, file) != len)
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", what->name,
                       strerror(errno));
    return 0;
}

int fg_object_get(struct fg_pg *pg,
                  const struct fg_object *what,
                  const char *path,
                  struct fg_err *err)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path,
                       strerror(errno));
    }
    int rc = 0;
    for (uint64_t part = 0; part < what->parts && rc == 0; part++)
        rc = get_part(pg, what, part, file, err);
    if (rc == 0 && (fflush(file) != 0 || fsync(fd) != 0))
        rc =
            fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path, strerror(errno));
    fclose(file);
    if (rc < 0)
        unlink(path);
    return rc;
}

int fg_object_drop(struct fg_pg *pg, const char *name, struct fg_err *err)
{
    struct fg_pg_arg args[] = {FG_PG_ARG_TEXT(name)};
    struct fg_pg_call call = {
        .sql = "WITH old AS (DELETE FROM fastgpu_object WHERE name = $1 RETURNING id)"
               " DELETE FROM fastgpu_part WHERE id IN (SELECT id FROM old)",
        .args = args,
        .args_len = 1,
        .timeout_ms = PART_MS,
    };
    int rc = fg_pg_run(pg, &call, NULL, err);
    return rc < 0 ? rc : 0;
}

int fg_object_tidy(struct fg_pg *pg, struct fg_err *err)
{
    struct fg_pg_call call = {
        .sql = "DELETE FROM fastgpu_part p WHERE made < now() - interval '1 day'"
               " AND NOT EXISTS (SELECT 1 FROM fastgpu_object o WHERE o.id = p.id)",
        .timeout_ms = PART_MS,
    };
    int rc = fg_pg_run(pg, &call, NULL, err);
    return rc < 0 ? rc : 0;
}
