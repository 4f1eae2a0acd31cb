/* read_history.c - our own jobs, as `fastgpu ps --all --json` prints them: a list of objects.
 *
 * Each object is read by itself, so that a history may be as long as it likes.  Jobs that are not over, or never ran, are
 * passed over. */
#include "sim/read_inner.h"

#include "base/clock.h"
#include "base/doc_read.h"
#include "base/items.h"
#include "model/reservation.h"

#include <string.h>

#define OBJECT_BYTES_MAX (256 * 1024)

static const char *text_of(const struct fg_doc *doc, const char *name)
{
    const struct fg_doc *member = fg_doc_get(doc, name);
    return member && member->kind == FG_DOC_TEXT ? member->text : "";
}

static int number_of(struct fg_reader *reader,
                     const struct fg_doc *doc,
                     const char *name,
                     int64_t max,
                     int64_t *out)
{
    const struct fg_doc *member = fg_doc_get(doc, name);
    *out = 0;
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    if (member->kind != FG_DOC_INT || member->integer < 0 || member->integer > max)
        return fg_fail(reader->err, FG_EINVAL, "%s: expected a whole number from 0 to %lld",
                       name, (long long)max);
    *out = member->integer;
    return 0;
}

static int moment_of(struct fg_reader *reader,
                     const struct fg_doc *doc,
                     const char *name,
                     int64_t *out_us)
{
    if (fg_time_parse(text_of(doc, name), out_us) == 0)
        return 0;
    return fg_fail(reader->err, FG_EINVAL, "%s: expected a moment in ISO 8601", name);
}

static int seconds_of(struct fg_reader *reader,
                      const struct fg_doc *doc,
                      const char *name,
                      int64_t *out_us)
{
    const struct fg_doc *member = fg_doc_get(doc, name);
    *out_us = 0;
    if (!member || member->kind == FG_DOC_NULL)
        return 0;
    bool is_number = member->kind == FG_DOC_INT || member->kind == FG_DOC_REAL;
    if (!is_number || !(member->real >= 0 && member->real <= FG_SIM_DURATION_MAX / 1e6))
        return fg_fail(reader->err, FG_EINVAL, "%s: expected seconds", name);
    *out_us = (int64_t)(member->real * 1e6 + 0.5);
    return 0;
}

static int request_of(struct fg_reader *reader,
                      const struct fg_doc *job_doc,
                      struct fg_sim_job *job)
{
    const struct fg_doc *doc = fg_doc_get(job_doc, "request");
    struct fg_request request = {};
    int64_t count, gpu_milli, mem, cpu, host;
    int rc = number_of(reader, doc, "count", FG_NODE_DEVICES_MAX, &count);
    if (rc == 0)
        rc = number_of(reader, doc, "gpu_milli", 1000, &gpu_milli);
    if (rc == 0)
        rc = number_of(reader, doc, "gpu_mem_mib", FG_MEM_GIB_MAX * 1024LL, &mem);
    if (rc == 0)
        rc = number_of(reader, doc, "cpu_milli", FG_CPUS_MAX * 1000LL, &cpu);
    if (rc == 0)
        rc = number_of(reader, doc, "mem_mib", FG_MEM_GIB_MAX * 1024LL, &host);
    if (rc < 0)
        return rc;
    if (count > 1)
        gpu_milli = 1000;
    request = (struct fg_request){.count = (uint32_t)count,
                                  .gpu_milli = (uint32_t)(count ? gpu_milli : 0),
                                  .gpu_mem_mib = (uint32_t)mem,
                                  .cpu_milli = (uint32_t)cpu,
                                  .mem_mib = (uint64_t)host};
    const char *kind = text_of(doc, "accelerators");
    if (strlen(kind) >= FG_KIND_MAX || (count && gpu_milli == 0))
        return fg_fail(reader->err, FG_EINVAL, "request: not one that a job can have");
    if (count)
        memcpy(request.kind, kind[0] ? kind : "any", strlen(kind[0] ? kind : "any"));
    job->request = fg_sim_trace_request(reader->trace, &request);
    return 0;
}

static int job_of(struct fg_reader *reader, const struct fg_doc *doc)
{
    struct fg_sim_job job = fg_reader_new_job(reader);
    const struct fg_doc *flag = fg_doc_get(doc, "preemptible");
    const char *project = text_of(doc, "project"), *user = text_of(doc, "user"),
               *name = text_of(doc, "name");
    int64_t finished_us = 0, eligible_us = 0, tasks = 1, tasks_min = 0;
    if (!text_of(doc, "started")[0] || !text_of(doc, "finished")[0])
        return ROW_SKIPPED;
    int rc = moment_of(reader, doc, "submitted", &job.submit_us);
    if (rc == 0 && text_of(doc, "eligible")[0])
        rc = moment_of(reader, doc, "eligible", &eligible_us);
    if (rc == 0)
        rc = moment_of(reader, doc, "finished", &finished_us);
    if (rc == 0)
        rc = seconds_of(reader, doc, "duration_s", &job.duration_us);
    if (rc == 0)
        rc = seconds_of(reader, doc, "time_limit_s", &job.time_limit_us);
    if (rc == 0 && text_of(doc, "deadline")[0])
        rc = moment_of(reader, doc, "deadline", &job.deadline_us);
    if (rc == 0)
        rc = number_of(reader, doc, "tasks", FG_TASKS_MAX, &tasks);
    if (rc == 0)
        rc = number_of(reader, doc, "tasks_min", tasks ? tasks : 1, &tasks_min);
    if (rc == 0)
        rc = request_of(reader, doc, &job);
    if (rc == 0)
        rc = fg_reader_project(reader, (struct fg_field){project, strlen(project)}, &job);
    if (rc < 0)
        return rc;
    if (eligible_us > job.submit_us) /* its user did not want it before */
        job.submit_us = eligible_us;
    job.tasks = tasks ? (uint32_t)tasks : 1;
    job.tasks_min = tasks_min < tasks ? (uint32_t)tasks_min : 0;
    job.shape = fg_reader_shape((struct fg_field){name, strlen(name)});
    if (reader->reading->reservations)
        job.reservation = fg_advance_key(text_of(doc, "reservation"));
    job.user = user[0] ? fg_reader_user((struct fg_field){user, strlen(user)}) : 0;
    job.preemptible = flag && flag->kind == FG_DOC_BOOL && flag->integer;
    return fg_sim_trace_add(reader->trace, &job, reader->err);
}

static int read_object(struct fg_reader *reader,
                       const struct fg_item *item,
                       struct fg_arena *arena)
{
    const struct fg_doc *doc;
    fg_arena_reset(arena);
    int rc = fg_doc_json(item->bytes, item->len, arena, &doc, reader->err);
    if (rc == 0)
        rc = job_of(reader, doc);
    if (rc == ROW_SKIPPED)
        reader->trace->rows_skipped++;
    if (rc < 0)
        return fg_reader_bad(reader, item->line, rc == FG_ETOOBIG ? FG_EINVAL : rc);
    return 0;
}

int fg_read_history(struct fg_reader *reader, const char *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(OBJECT_BYTES_MAX));
    struct fg_items items = {.bytes = bytes, .len = len, .item_bytes_max = OBJECT_BYTES_MAX};
    struct fg_item item;
    int rc;
    while ((rc = fg_items_next(&items, &item, reader->err)) != 0) {
        if (rc == FG_ETOOBIG)
            rc = fg_reader_bad(reader, item.line, FG_EINVAL);
        else if (rc == 1)
            rc = read_object(reader, &item, arena);
        else
            rc = fg_wrap(reader->err, rc, "%s:%zu", reader->reading->file_name, item.line);
        if (rc < 0)
            return rc;
    }
    return 0;
}
