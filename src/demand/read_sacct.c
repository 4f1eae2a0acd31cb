/* read_sacct.c - Slurm's `sacct --parsable2`; see read.h */
#include "demand/read.h"

#include "base/rows.h"
#include "demand/stay.h"
#include "demand/tres.h"

#include <string.h>

enum {
    SUBMIT,
    START,
    END,
    STATE,
    JOB_ID,
    ELIGIBLE,
    ACCOUNT,
    CLUSTER,
    PARTITION,
    ALLOC_TRES,
    REQ_TRES,
    COLUMNS
};
#define NEEDED JOB_ID /* those before it */
static const char *const columns[COLUMNS] = {"Submit",    "Start",     "End",     "State",
                                             "JobID",     "Eligible",  "Account", "Cluster",
                                             "Partition", "AllocTRES", "ReqTRES"};

#define GPUS_MAX 1'000'000 /* of one job */

struct reader {
    int at[COLUMNS]; /* place in the row; -1 none */
    struct fg_row row;
    size_t columns_len;
    struct fg_stays stays;
    size_t jobs;
    struct fg_err *err;
};

static struct fg_field field_of(const struct reader *reader, int column)
{
    return reader->at[column] < 0 ? (struct fg_field){"", 0}
                                  : reader->row.fields[reader->at[column]];
}

static int read_header(struct reader *reader, struct fg_field line)
{
    int rc = fg_row_split(line, '|', 0, &reader->row, reader->err);
    if (rc < 0)
        return rc;
    reader->columns_len = reader->row.len;
    for (int column = 0; column < COLUMNS; column++) {
        reader->at[column] = -1;
        for (size_t i = 0; i < reader->row.len; i++)
            if (fg_field_is(reader->row.fields[i], columns[column]))
                reader->at[column] = (int)i;
        if (column < NEEDED && reader->at[column] < 0)
            return fg_fail(reader->err, FG_EINVAL,
                           "no column %s, which sacct needs in its first line",
                           columns[column]);
    }
    if (reader->at[ALLOC_TRES] < 0 && reader->at[REQ_TRES] < 0)
        return fg_fail(reader->err, FG_EINVAL, "no column AllocTRES, and no ReqTRES");
    return 0;
}

/* 0 for what has not come: Unknown, None, nothing. */
static int moment_of(struct reader *reader, int column, int64_t *out_us)
{
    struct fg_field field = field_of(reader, column);
    *out_us = 0;
    if (field.len == 0 || fg_field_is(field, "Unknown") || fg_field_is(field, "None"))
        return 0;
    return fg_field_moment(field, columns[column], out_us, reader->err);
}

static void copy(char *out, size_t size, struct fg_field field)
{
    size_t len = field.len < size ? field.len : size - 1;
    memcpy(out, field.text, len);
    out[len] = '\0';
}

static bool is_step(struct fg_field id)
{
    return id.len && memchr(id.text, '.', id.len) != NULL;
}

static int devices_of(struct reader *reader, struct fg_stay *stay)
{
    struct fg_tres tres = fg_tres_read(field_of(reader, ALLOC_TRES));
    if (tres.gpus == 0)
        tres = fg_tres_read(field_of(reader, REQ_TRES));
    if (tres.gpus < 0 || tres.gpus > GPUS_MAX)
        return fg_fail(reader->err, FG_EINVAL, "%lld devices, expected 0 to %d",
                       (long long)tres.gpus, GPUS_MAX);
    stay->device_milli = tres.gpus * 1000;
    struct fg_field kind = {tres.kind, strlen(tres.kind)};
    copy(stay->key.kind, sizeof(stay->key.kind), kind.len ? kind : field_of(reader, PARTITION));
    copy(stay->key.project, sizeof(stay->key.project), field_of(reader, ACCOUNT));
    copy(stay->key.region, sizeof(stay->key.region), field_of(reader, CLUSTER));
    return 0;
}

static int times_of(struct reader *reader, struct fg_stay *stay)
{
    int64_t submit_us, eligible_us;
    int rc = moment_of(reader, SUBMIT, &submit_us);
    if (rc == 0 && submit_us == 0)
        rc = fg_fail(reader->err, FG_EINVAL, "Submit: nothing, expected a moment");
    if (rc == 0)
        rc = moment_of(reader, ELIGIBLE, &eligible_us);
    if (rc == 0)
        rc = moment_of(reader, START, &stay->started_us);
    if (rc == 0)
        rc = moment_of(reader, END, &stay->ended_us);
    if (rc == 0)
        stay->wanted_us = eligible_us > submit_us ? eligible_us : submit_us;
    return rc;
}

/* A job that runs has no end, whatever is written there; one that was cancelled before its start has none. */
static void trust_state(const struct reader *reader, struct fg_stay *stay)
{
    struct fg_field state = field_of(reader, STATE);
    if (fg_field_is(state, "RUNNING") || fg_field_is(state, "SUSPENDED"))
        stay->ended_us = 0;
    if (fg_field_is(state, "PENDING") || fg_field_is(state, "REQUEUED"))
        stay->started_us = stay->ended_us = 0;
    if (stay->started_us > stay->ended_us && stay->ended_us)
        stay->started_us = 0;
}

static int read_row(struct reader *reader, struct fg_field line)
{
    struct fg_stay stay = {};
    int rc = fg_row_split(line, '|', reader->columns_len, &reader->row, reader->err);
    if (rc < 0 || is_step(field_of(reader, JOB_ID)))
        return rc;
    rc = devices_of(reader, &stay);
    if (rc == 0)
        rc = times_of(reader, &stay);
    if (rc < 0 || stay.device_milli == 0)
        return rc;
    trust_state(reader, &stay);
    reader->jobs++;
    return fg_stays_add(&reader->stays, &stay, reader->err);
}

static int read_lines(struct reader *reader,
                      const char *file_name,
                      const char *bytes,
                      size_t len)
{
    struct fg_rows rows = {.bytes = bytes, .len = len};
    struct fg_field line;
    bool had_header = false;
    while (fg_rows_next(&rows, &line)) {
        if (line.len == 0)
            continue;
        int rc = had_header ? read_row(reader, line) : read_header(reader, line);
        had_header = true;
        if (rc < 0)
            return fg_wrap(reader->err, rc, "%s:%zu", file_name, rows.line);
    }
    if (reader->jobs == 0)
        return fg_fail(reader->err, FG_EINVAL, "%s: no jobs with devices in it", file_name);
    int rc = fg_stays_close(&reader->stays, reader->err);
    return rc < 0 ? fg_wrap(reader->err, rc, "%s", file_name) : 0;
}

int fg_demand_read_sacct(const struct fg_demand_reading *reading,
                         const char *bytes,
                         size_t len,
                         struct fg_ledger *ledger,
                         struct fg_err *err)
{
    struct fg_err own = {};
    struct reader reader = {.stays = {.ledger = ledger}, .err = err ? err : &own};
    int rc = read_lines(&reader, reading->file_name, bytes, len);
    fg_stays_free(&reader.stays);
    return rc;
}
