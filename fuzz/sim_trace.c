/* sim_trace.c - traces of every format: the first line names it, the rest is the file.  What is read keeps every bound that
 * a simulation relies on. */
#include "fuzz/fuzz.h"
#include "sim/read.h"

#include <stdlib.h>
#include <string.h>

static const char *format_of(const char *bytes, size_t len)
{
    for (size_t i = 0; fg_sim_formats[i]; i++)
        if (strlen(fg_sim_formats[i]) == len && memcmp(bytes, fg_sim_formats[i], len) == 0)
            return fg_sim_formats[i];
    return NULL;
}

static void check_job(const struct fg_sim_trace *trace, const struct fg_sim_job *job)
{
    CHECK(job->submit_us >= 0 && job->duration_us >= 0);
    CHECK(job->duration_us <= FG_SIM_DURATION_MAX && job->time_limit_us <= FG_SIM_DURATION_MAX);
    CHECK(job->time_limit_us >= 0 && job->checkpoint_us >= 0 && job->restart_us >= 0);
    CHECK(job->request < trace->requests_len && job->project < trace->projects_len);
    CHECK(job->tasks >= 1 && job->tasks <= FG_TASKS_MAX);
    const struct fg_request *request = &trace->requests[job->request];
    CHECK(request->count <= FG_NODE_DEVICES_MAX && request->gpu_milli <= 1000);
    CHECK((request->count == 0) == (request->gpu_milli == 0));
    CHECK(memchr(request->kind, '\0', FG_KIND_MAX));
}

/* "f:17: ...": the line of the row that was refused. */
static bool names_its_line(const char *text)
{
    return strncmp(text, "f:", 2) == 0 && strtoul(text + 2, NULL, 10) > 0;
}

static void ignore(void *self, const struct fg_err *err)
{
    size_t *told = self;
    CHECK(names_its_line(err->text));
    ++*told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data, *end = memchr(bytes, '\n', len);
    const char *format = end ? format_of(bytes, (size_t)(end - bytes)) : NULL;
    if (!format)
        return 0;
    size_t head = (size_t)(end - bytes) + 1, told = 0;
    struct fg_sim_reading reading = {.format = format,
                                     .file_name = "f",
                                     .per_node = 8,
                                     .cores_per_node = len % 5 ? 32 : 0,
                                     .kind = "any",
                                     .cpu_as_gpu = len % 2,
                                     .bad_row = len % 3 ? ignore : NULL,
                                     .bad_row_self = &told};
    struct fg_err err = {};
    struct fg_sim_trace trace = {};
    int rc = fg_sim_read(&reading, bytes + head, len - head, &trace, &err);
    if (rc < 0) {
        CHECK(names_its_line(err.text) || strcmp(err.text, "f: no jobs in it") == 0);
        CHECK(!trace.jobs);
        return 0;
    }
    CHECK(trace.jobs_len > 0 && trace.jobs[0].submit_us == 0);
    CHECK(trace.rows_bad == told);
    for (size_t i = 0; i < trace.jobs_len; i++) {
        check_job(&trace, &trace.jobs[i]);
        CHECK(i == 0 || trace.jobs[i - 1].submit_us <= trace.jobs[i].submit_us);
    }
    fg_sim_trace_free(&trace);
    return 0;
}
