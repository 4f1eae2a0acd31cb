/* read_swf.c - Standard Workload Format, version 2.2 (Feitelson, parallelworkloads archive): 18 numbers a line.
 *
 * Unknown is -1.  Processors become devices, or cores with reading->cpu_as_gpu off.  The executed number of processors
 * counts before the requested one, the group is the project. */
#include "sim/read_inner.h"

enum {
    NUMBER,
    SUBMIT,
    WAIT,
    RUN,
    PROCS_USED,
    CPU_TIME,
    MEM_USED,
    PROCS_ASKED,
    TIME_ASKED,
    MEM_ASKED,
    STATUS,
    USER,
    GROUP,
    EXECUTABLE,
    FIELDS = 18
};
static const char *const columns[] = {NULL};

const struct fg_table_format fg_format_swf = {
    .name = "swf", .separator = ' ', .comment = ";", .columns = columns};

static int number(
    struct fg_reader *reader, size_t column, const char *name, int64_t max, int64_t *out)
{
    int64_t micro;
    struct fg_field field = fg_reader_field(reader, column);
    if (!fg_field_micro(field, &micro) || micro / 1'000'000 > max || micro < -1'000'000)
        return fg_field_int_in(field, name, -1, max, out, reader->err);
    *out = micro / 1'000'000;
    return 0;
}

int fg_row_swf(struct fg_reader *reader)
{
    enum { SECONDS_MAX = 315'360'000 };
    struct fg_sim_job job = fg_reader_new_job(reader);
    int64_t submit_s = 0, run_s = 0, used = 0, asked = 0, limit_s = 0, user = 0, group = 0,
            executable = -1;
    if (reader->fields_len != FIELDS)
        return fg_fail(reader->err, FG_EINVAL, "%zu numbers, expected %d", reader->fields_len,
                       FIELDS);
    int rc = number(reader, SUBMIT, "submit time", 10LL * SECONDS_MAX, &submit_s);
    if (rc == 0)
        rc = number(reader, RUN, "run time", SECONDS_MAX, &run_s);
    if (rc == 0)
        rc = number(reader, PROCS_USED, "processors", GPUS_MAX, &used);
    if (rc == 0)
        rc = number(reader, PROCS_ASKED, "requested processors", GPUS_MAX, &asked);
    if (rc == 0)
        rc = number(reader, TIME_ASKED, "requested time", SECONDS_MAX, &limit_s);
    if (rc == 0)
        rc = number(reader, USER, "user", INT32_MAX, &user);
    if (rc == 0)
        rc = number(reader, GROUP, "group", INT32_MAX, &group);
    if (rc == 0)
        rc = number(reader, EXECUTABLE, "executable", INT32_MAX, &executable);
    if (rc == 0)
        rc = fg_reader_project(
            reader, group < 0 ? (struct fg_field){} : fg_reader_field(reader, GROUP), &job);
    if (rc < 0)
        return rc;
    int64_t processors = used > 0 ? used : asked;
    if (submit_s < 0 || run_s <= 0 || processors <= 0)
        return ROW_SKIPPED;
    job.submit_us = submit_s * 1'000'000;
    job.duration_us = run_s * 1'000'000;
    /* Some logs have jobs that ran past what they asked for: there the limit was not kept. */
    job.time_limit_us = limit_s > 0 ? (limit_s > run_s ? limit_s : run_s) * 1'000'000 : 0;
    job.user = user < 0 ? 0 : (uint32_t)user;
    /* A number that says which program it was: as good as a name. */
    if (executable >= 0)
        job.shape = (uint64_t)executable + 1;
    if (reader->reading->cpu_as_gpu)
        rc = fg_reader_gang(reader, &job, reader->reading->kind, (uint32_t)processors, 0, 0);
    else
        rc = fg_reader_gang(reader, &job, "", 0, processors, 0);
    return rc < 0 ? rc : fg_sim_trace_add(reader->trace, &job, reader->err);
}
