/* read_sacct.c - Slurm's `sacct --parsable2`, with the header line that names the fields.
 *
 * Needed: Submit, State, and ElapsedRaw or Elapsed.  Used if there: JobID, User, Account, TimelimitRaw (minutes) or Timelimit,
 * JobName, AllocTRES or ReqTRES (cpu=, mem=, gres/gpu= and gres/gpu:KIND=), NCPUS.
 * Steps (JobID with a dot) and jobs that never ran are passed over. */
#include "demand/tres.h"
#include "sim/read_inner.h"

#include <stdio.h>
#include <string.h>

enum {
    SUBMIT,
    STATE,
    ELAPSED_RAW,
    ELAPSED,
    JOB_ID,
    USER,
    ACCOUNT,
    LIMIT_RAW,
    LIMIT,
    ALLOC_TRES,
    REQ_TRES,
    NCPUS,
    JOB_NAME
};
static const char *const columns[] = {
    "Submit",       "State",     "ElapsedRaw", "Elapsed", "JobID", "User",    "Account",
    "TimelimitRaw", "Timelimit", "AllocTRES",  "ReqTRES", "NCPUS", "JobName", NULL};

const struct fg_table_format fg_format_sacct = {
    .name = "sacct",
    .separator = '|',
    .has_header = true,
    .comment = "",
    .columns = columns,
    .required = 2,
};

/* [days-]hours:minutes:seconds, minutes:seconds. */
static bool clock_time(struct fg_field field, int64_t *out_us)
{
    int64_t days = 0, total = 0, parts = 0, value = 0;
    bool digit = false;
    for (size_t i = 0; i <= field.len; i++) {
        char c = i < field.len ? field.text[i] : ':';
        if (c >= '0' && c <= '9' && value < 1'000'000'000) {
            value = value * 10 + (c - '0');
            digit = true;
        } else if (c == '-' && parts == 0 && days == 0 && digit) {
            days = value;
            value = 0;
            digit = false;
        } else if (c == ':' && digit && parts < 3) {
            total = total * 60 + value;
            parts++;
            value = 0;
            digit = false;
        } else {
            return false;
        }
    }
    total += days * 86'400;
    *out_us = total * 1'000'000;
    return parts >= 2 && total <= FG_SIM_DURATION_MAX / 1'000'000;
}

static int elapsed(struct fg_reader *reader, int64_t *out_us)
{
    struct fg_field raw = fg_reader_field(reader, ELAPSED_RAW);
    struct fg_field text = fg_reader_field(reader, ELAPSED);
    char shown[FG_FIELD_SHOWN];
    if (raw.len)
        return fg_field_seconds(raw, "ElapsedRaw", out_us, reader->err);
    if (clock_time(text, out_us))
        return 0;
    return fg_fail(reader->err, FG_EINVAL, "Elapsed: `%s`, expected a time like 1-02:03:04",
                   fg_field_shown(text, shown));
}

/* UNLIMITED and Partition_Limit are no limit that we know. */
static void limit(struct fg_reader *reader, int64_t *out_us)
{
    int64_t minutes;
    struct fg_field raw = fg_reader_field(reader, LIMIT_RAW);
    if (fg_field_int(raw, &minutes) && minutes > 0
        && minutes <= FG_SIM_DURATION_MAX / 60'000'000)
        *out_us = minutes * 60'000'000;
    else if (!clock_time(fg_reader_field(reader, LIMIT), out_us))
        *out_us = 0;
}

static bool is_step(struct fg_field id)
{
    return id.len && memchr(id.text, '.', id.len) != NULL;
}

/* Still there: how long it will have run is not known. */
static bool is_open(struct fg_field state)
{
    return fg_field_is(state, "PENDING") || fg_field_is(state, "RUNNING")
           || fg_field_is(state, "SUSPENDED") || fg_field_is(state, "REQUEUED");
}

static int resources(struct fg_reader *reader, struct fg_sim_job *job)
{
    struct fg_field alloc = fg_reader_field(reader, ALLOC_TRES);
    struct fg_tres tres = fg_tres_read(alloc.len ? alloc : fg_reader_field(reader, REQ_TRES));
    if (tres.cpus == 0)
        (void)fg_field_int(fg_reader_field(reader, NCPUS), &tres.cpus);
    if (tres.gpus < 0 || tres.gpus > GPUS_MAX || tres.cpus < 0 || tres.cpus > FG_CPUS_MAX)
        return fg_fail(reader->err, FG_EINVAL,
                       "%lld devices and %lld cores, expected 0 to %d and 0 to %d",
                       (long long)tres.gpus, (long long)tres.cpus, GPUS_MAX, FG_CPUS_MAX);
    bool stand_in = tres.gpus == 0 && reader->reading->cpu_as_gpu;
    const char *kind = tres.kind[0] ? tres.kind : reader->reading->kind;
    int rc = stand_in ? fg_reader_gang(reader, job, kind, (uint32_t)tres.cpus, 0, 0)
                      : fg_reader_gang(reader, job, kind, (uint32_t)tres.gpus, tres.cpus,
                                       tres.mem_mib);
    if (rc < 0)
        return rc;
    return tres.gpus + tres.cpus == 0 ? ROW_SKIPPED : 0;
}

int fg_row_sacct(struct fg_reader *reader)
{
    struct fg_sim_job job = fg_reader_new_job(reader);
    if (is_step(fg_reader_field(reader, JOB_ID)) || is_open(fg_reader_field(reader, STATE)))
        return ROW_SKIPPED;
    int rc =
        fg_field_moment(fg_reader_field(reader, SUBMIT), "Submit", &job.submit_us, reader->err);
    if (rc == 0)
        rc = elapsed(reader, &job.duration_us);
    if (rc == 0 && job.duration_us == 0)
        return ROW_SKIPPED;
    if (rc == 0)
        rc = resources(reader, &job);
    if (rc == 0)
        rc = fg_reader_project(reader, fg_reader_field(reader, ACCOUNT), &job);
    if (rc != 0)
        return rc;
    limit(reader, &job.time_limit_us);
    if (job.time_limit_us && job.time_limit_us < job.duration_us)
        job.time_limit_us = job.duration_us;
    job.shape = fg_reader_shape(fg_reader_field(reader, JOB_NAME));
    job.user = fg_reader_user(fg_reader_field(reader, USER));
    return fg_sim_trace_add(reader->trace, &job, reader->err);
}
