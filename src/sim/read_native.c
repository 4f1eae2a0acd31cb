/* read_native.c - our own CSV, see docs/simulator.md: a header, then a job a line; only three columns must be there. */
#include "model/reservation.h"
#include "sim/read_inner.h"

#include <ctype.h>
#include <string.h>

enum {
    SUBMIT,
    DURATION,
    GPUS,
    TASKS,
    KIND,
    CPUS,
    MEM_GIB,
    PROJECT,
    USER,
    PRIORITY,
    DEADLINE,
    TIME_LIMIT,
    ESTIMATE,
    PREEMPTIBLE,
    CHECKPOINT,
    RESTART,
    TASKS_MIN,
    DATA_GIB,
    DATA_SITE,
    RESERVATION,
    NAME,
    FLEXIBLE
};
static const char *const columns[] = {
    "submit",     "duration_s",  "gpus",         "tasks",     "kind",      "cpus",
    "mem_gib",    "project",     "user",         "priority",  "deadline",  "time_limit_s",
    "estimate_s", "preemptible", "checkpoint_s", "restart_s", "tasks_min", "data_gib",
    "data_site",  "reservation", "name",         "flexible",  NULL};

const struct fg_table_format fg_format_native = {
    .name = "native",
    .separator = ',',
    .has_header = true,
    .strict = true,
    .comment = "#",
    .columns = columns,
    .required = 3,
};

static int seconds(struct fg_reader *reader, size_t column, int64_t *out_us)
{
    struct fg_field field = fg_reader_field(reader, column);
    return field.len ? fg_field_seconds(field, columns[column], out_us, reader->err) : 0;
}

static int whole(
    struct fg_reader *reader, size_t column, int64_t min, int64_t max, int64_t *out)
{
    struct fg_field field = fg_reader_field(reader, column);
    return field.len ? fg_field_int_in(field, columns[column], min, max, out, reader->err) : 0;
}

/* A number with decimals, in thousandths. */
static int milli(struct fg_reader *reader, size_t column, int64_t max, int64_t *out_milli)
{
    char shown[FG_FIELD_SHOWN];
    struct fg_field field = fg_reader_field(reader, column);
    int64_t micro;
    if (field.len == 0)
        return 0;
    if (!fg_field_micro(field, &micro) || micro < 0 || micro > max * 1'000'000)
        return fg_fail(reader->err, FG_EINVAL, "%s: `%s`, expected a number from 0 to %lld",
                       columns[column], fg_field_shown(field, shown), (long long)max);
    *out_milli = micro / 1000;
    return 0;
}

/* Whole devices, or a share of one: of a thousandth or more, so that a crumb is not taken for none. */
static int gpus_of(struct fg_reader *reader, int64_t *out_milli)
{
    struct fg_field field = fg_reader_field(reader, GPUS);
    char shown[FG_FIELD_SHOWN];
    int64_t micro = 0;
    int rc = milli(reader, GPUS, FG_NODE_DEVICES_MAX, out_milli);
    if (rc < 0)
        return rc;
    if (fg_field_micro(field, &micro) && (micro == 0 || *out_milli > 0)
        && (*out_milli <= 1000 || *out_milli % 1000 == 0))
        return 0;
    return fg_fail(
        reader->err, FG_EINVAL,
        "gpus: `%s`, expected a whole number or a share of one device, 0.001 or more",
        fg_field_shown(field, shown));
}

static int kind_of(struct fg_reader *reader, struct fg_request *request)
{
    struct fg_field field = fg_reader_field(reader, KIND);
    char shown[FG_FIELD_SHOWN];
    const char *fallback = reader->reading->kind;
    if (field.len == 0)
        field = (struct fg_field){fallback, __builtin_strlen(fallback)};
    bool fine = field.len < FG_KIND_MAX;
    for (size_t i = 0; fine && i < field.len; i++) {
        char c = (char)tolower((unsigned char)field.text[i]);
        fine = isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
        request->kind[i] = c;
    }
    return fine ? 0
                : fg_fail(reader->err, FG_EINVAL,
                          "kind: `%s`, expected at most %d letters, digits and . _ -",
                          fg_field_shown(field, shown), FG_KIND_MAX - 1);
}

static int data_of(struct fg_reader *reader, struct fg_request *request)
{
    struct fg_field site = fg_reader_field(reader, DATA_SITE);
    char shown[FG_FIELD_SHOWN];
    int64_t gib_milli = 0;
    int rc = milli(reader, DATA_GIB, 1 << 20, &gib_milli);
    if (rc < 0 || (gib_milli == 0 && site.len == 0))
        return rc;
    if (site.len == 0 || site.len >= FG_NAME_MAX)
        return fg_fail(reader->err, FG_EINVAL,
                       "data_site: `%s`, expected the site that has the data, 1 to %d bytes",
                       fg_field_shown(site, shown), FG_NAME_MAX - 1);
    request->data_mib = (uint32_t)(gib_milli * 1024 / 1000);
    memcpy(request->data_site, site.text, site.len);
    return 0;
}

/* gpus, cpus and mem_gib are those of each task, as in a job file. */
static int request_of(struct fg_reader *reader, struct fg_sim_job *job)
{
    struct fg_request request = {};
    int64_t gpu_milli = 0, cpu_milli = 0, mem_milli = 0, tasks = 1, tasks_min = 0;
    int rc = gpus_of(reader, &gpu_milli);
    if (rc == 0)
        rc = milli(reader, CPUS, FG_CPUS_MAX, &cpu_milli);
    if (rc == 0)
        rc = milli(reader, MEM_GIB, FG_MEM_GIB_MAX, &mem_milli);
    if (rc == 0)
        rc = whole(reader, TASKS, 1, FG_TASKS_MAX, &tasks);
    if (rc == 0)
        rc = whole(reader, TASKS_MIN, 1, tasks, &tasks_min);
    if (rc == 0 && gpu_milli > 0)
        rc = kind_of(reader, &request);
    if (rc == 0)
        rc = data_of(reader, &request);
    if (rc < 0)
        return rc;
    request.count = (uint32_t)(gpu_milli >= 1000 ? gpu_milli / 1000 : gpu_milli > 0);
    request.gpu_milli = (uint32_t)(gpu_milli >= 1000 ? 1000 : gpu_milli);
    request.cpu_milli = (uint32_t)cpu_milli;
    request.mem_mib = (uint64_t)(mem_milli * 1024 / 1000);
    job->tasks = (uint32_t)tasks;
    job->tasks_min = (uint32_t)tasks_min;
    job->request = fg_sim_trace_request(reader->trace, &request);
    return 0;
}

static int preemptible(struct fg_reader *reader, bool *out)
{
    struct fg_field field = fg_reader_field(reader, PREEMPTIBLE);
    char shown[FG_FIELD_SHOWN];
    if (field.len == 0)
        return 0;
    *out = fg_field_is(field, "1") || fg_field_is(field, "true") || fg_field_is(field, "yes");
    if (*out || fg_field_is(field, "0") || fg_field_is(field, "false")
        || fg_field_is(field, "no"))
        return 0;
    return fg_fail(reader->err, FG_EINVAL, "preemptible: `%s`, expected yes or no",
                   fg_field_shown(field, shown));
}

static int flexible_of(struct fg_reader *reader, enum fg_flexible *out)
{
    struct fg_field field = fg_reader_field(reader, FLEXIBLE);
    char shown[FG_FIELD_SHOWN];
    for (int by = FG_FLEXIBLE_PRICE; field.len > 0 && by <= FG_FLEXIBLE_BOTH; by++)
        if (fg_field_is(field, fg_flexible_name((enum fg_flexible)by)))
            *out = (enum fg_flexible)by;
    return field.len == 0 || *out != FG_FLEXIBLE_NOT
               ? 0
               : fg_fail(reader->err, FG_EINVAL,
                         "flexible: `%s`, expected price, carbon or both",
                         fg_field_shown(field, shown));
}

static int reservation_of(struct fg_reader *reader, uint64_t *out)
{
    struct fg_field field = fg_reader_field(reader, RESERVATION);
    char name[FG_NAME_MAX] = {}, shown[FG_FIELD_SHOWN];
    if (field.len >= sizeof(name))
        return fg_fail(reader->err, FG_EINVAL, "reservation: `%s`, expected at most %d bytes",
                       fg_field_shown(field, shown), FG_NAME_MAX - 1);
    memcpy(name, field.text, field.len);
    *out = fg_advance_key(name);
    return 0;
}

static int times_of(struct fg_reader *reader, struct fg_sim_job *job)
{
    struct fg_field deadline = fg_reader_field(reader, DEADLINE);
    int rc = fg_field_moment(fg_reader_field(reader, SUBMIT), "submit", &job->submit_us,
                             reader->err);
    if (rc == 0)
        rc = fg_field_seconds(fg_reader_field(reader, DURATION), "duration_s",
                              &job->duration_us, reader->err);
    if (rc == 0 && deadline.len)
        rc = fg_field_moment(deadline, "deadline", &job->deadline_us, reader->err);
    if (rc == 0)
        rc = seconds(reader, TIME_LIMIT, &job->time_limit_us);
    if (rc == 0)
        rc = seconds(reader, ESTIMATE, &job->estimate_us);
    if (rc == 0)
        rc = seconds(reader, CHECKPOINT, &job->checkpoint_us);
    return rc == 0 ? seconds(reader, RESTART, &job->restart_us) : rc;
}

int fg_row_native(struct fg_reader *reader)
{
    struct fg_sim_job job = fg_reader_new_job(reader);
    int64_t priority = 0, user = 0;
    int rc = times_of(reader, &job);
    if (rc == 0)
        rc = request_of(reader, &job);
    if (rc == 0)
        rc = whole(reader, PRIORITY, -FG_PRIORITY_MAX, FG_PRIORITY_MAX, &priority);
    if (rc == 0)
        rc = whole(reader, USER, 0, INT32_MAX, &user);
    if (rc == 0)
        rc = preemptible(reader, &job.preemptible);
    if (rc == 0)
        rc = reservation_of(reader, &job.reservation);
    if (rc == 0)
        rc = flexible_of(reader, &job.flexible);
    if (rc == 0)
        rc = fg_reader_project(reader, fg_reader_field(reader, PROJECT), &job);
    if (rc < 0)
        return rc;
    job.priority = (int32_t)priority;
    job.user = (uint32_t)user;
    job.shape = fg_reader_shape(fg_reader_field(reader, NAME));
    return fg_sim_trace_add(reader->trace, &job, reader->err);
}
