/* logs.c - a job's output: the bytes that are there now, or (log_follow.h) as they come. */
#include "api/answer.h"
#include "api/log_file.h"
#include "api/log_follow.h"
#include "api/worker.h"

#include "store/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_BYTES 32768

/* An answer in the making: up to two streams, one after the other. */
struct reading {
    struct fg_log_file logs[2];
    uint64_t left[2]; /* bytes still to send; what is written meanwhile is not in this answer */
};

static ssize_t read_some(void *self, uint64_t, char *out, size_t max)
{
    struct reading *reading = self;
    for (int i = 0; i < 2; i++) {
        if (reading->left[i] == 0)
            continue;
        ssize_t got = fg_log_read(&reading->logs[i], out,
                                  max < reading->left[i] ? max : reading->left[i]);
        if (got <= 0)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        reading->left[i] -= (uint64_t)got;
        return got;
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_reading(void *self)
{
    struct reading *reading = self;
    fg_log_fini(&reading->logs[0]);
    fg_log_fini(&reading->logs[1]);
    free(reading);
}

static int parse_stream(struct fg_call *call, struct fg_log_want *want, struct fg_err *err)
{
    const char *stream = fg_target_param(&call->target, "stream");
    bool all = !stream || strcmp(stream, "all") == 0;

    want->streams[0] = all || strcmp(stream, "stdout") == 0;
    want->streams[1] = all || strcmp(stream, "stderr") == 0;
    if (!want->streams[0] && !want->streams[1])
        return fg_fail(err, FG_EINVAL, "query: stream: %.40s, expected stdout, stderr or all",
                       stream);
    return 0;
}

static int parse_place(struct fg_call *call, struct fg_log_want *want, struct fg_err *err)
{
    const struct fg_target *target = &call->target;
    uint64_t offset = 0;

    want->from_tail = fg_target_param(target, "tail") != NULL;
    int rc = fg_target_uint(target, "tail", 0, INT64_MAX, &want->tail, err);
    if (rc == 0)
        rc = fg_target_uint(target, "offset", 0, INT64_MAX, &offset, err);
    if (rc < 0)
        return rc;
    bool has_offset = fg_target_param(target, "offset") != NULL;
    if (has_offset && want->from_tail)
        return fg_fail(err, FG_EINVAL, "query: offset and tail: only one of them");
    if (offset && want->streams[0] && want->streams[1])
        return fg_fail(err, FG_EINVAL,
                       "query: offset: of one stream; add stream=stdout or stream=stderr");
    want->offsets[0] = want->offsets[1] = offset;
    return 0;
}

static int parse_want(struct fg_call *call, struct fg_log_want *want, struct fg_err *err)
{
    uint64_t task = 0, attempt = 0;

    *want = (struct fg_log_want){};
    int rc = fg_call_id(call, "job", &want->job, err);
    if (rc == 0)
        rc = parse_stream(call, want, err);
    if (rc == 0)
        rc = parse_place(call, want, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "task", 0, FG_TASKS_MAX - 1, &task, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "attempt", 1, UINT32_MAX, &attempt, err);
    want->task = (uint32_t)task;
    want->attempt = (uint32_t)attempt;
    return rc;
}

static int check_want(const struct fg_log_want *want,
                      const struct fg_job_brief *job,
                      struct fg_err *err)
{
    if (want->task >= job->tasks)
        return fg_fail(err, FG_ENOENT, "job %llu: has no task %u, it has %u",
                       (unsigned long long)want->job, want->task, job->tasks);
    if (want->attempt > job->attempt || want->from > (job->attempt ? job->attempt : 1))
        return fg_fail(err, FG_ENOENT, "job %llu: has no attempt %u, the latest is %u",
                       (unsigned long long)want->job,
                       want->attempt ? want->attempt : want->from, job->attempt);
    return 0;
}

/* Where one stream's part of the answer begins; false: there is no such folder name. */
static bool place(struct fg_call *call,
                  struct reading *reading,
                  int i,
                  const struct fg_log_want *want,
                  uint32_t attempt)
{
    struct fg_task_key key = {want->job, attempt, want->task};
    struct fg_log_file *log = &reading->logs[i];
    if (fg_log_init(log, call->api->options.data_dir, key, fg_log_streams[i]) < 0)
        return false;
    uint64_t end = fg_log_end(log);
    uint64_t from = want->offsets[i] < end ? want->offsets[i] : end;
    if (want->from_tail)
        from = end > want->tail ? end - want->tail : 0;
    fg_log_seek(log, from);
    reading->left[i] = want->streams[i] ? end - from : 0;
    return true;
}

static void add_position(struct fg_call *call,
                         struct MHD_Response *response,
                         const struct reading *reading,
                         const struct fg_log_want *want)
{
    unsigned long long next[2];
    for (int i = 0; i < 2; i++)
        next[i] = reading->logs[i].offset + reading->left[i];
    const char *text =
        want->streams[0] && want->streams[1]
            ? fg_arena_printf(call->arena, "stdout:%llu stderr:%llu", next[0], next[1])
            : fg_arena_printf(call->arena, "%llu", next[want->streams[1]]);
    MHD_add_response_header(response, "X-Log-Next-Offset", text);
}

struct place {
    uint32_t attempt;
    char node[FG_NAME_MAX];
};

static int take_place(void *self, const struct fg_attempt_view *attempt)
{
    struct place *place = self;
    if (attempt->attempt == place->attempt)
        snprintf(place->node, sizeof(place->node), "%s", attempt->node);
    return 0;
}

/* Each task that ran left a folder, be it an empty one.  After a takeover it is on the host that led before. */
static void add_place(struct fg_call *call,
                      struct MHD_Response *response,
                      const struct fg_log_want *want,
                      uint32_t attempt)
{
    struct fg_task_key key = {want->job, attempt, want->task};
    struct place place = {.attempt = attempt};
    char path[FG_PATH_MAX];
    struct stat info;
    if (attempt == 0 || fg_task_dir(call->api->options.data_dir, key, path) < 0
        || lstat(path, &info) == 0)
        return;
    struct fg_reader *reader = fg_worker_reader(call->worker, NULL);
    if (reader && fg_reader_attempts(reader, want->job, take_place, &place, NULL) == 0
        && place.node[0])
        MHD_add_response_header(response, "X-Log-Elsewhere", place.node);
}

static void answer_now(struct fg_call *call,
                       const struct fg_log_want *want,
                       const struct fg_job_brief *job)
{
    struct fg_err err = {};
    struct reading *reading = calloc(1, sizeof(*reading));
    uint32_t attempt = want->attempt ? want->attempt : job->attempt;
    bool over = fg_job_state_is_final(job->state) || attempt < job->attempt;

    if (!reading || !place(call, reading, 0, want, attempt)
        || !place(call, reading, 1, want, attempt)) {
        fg_fail(&err, reading ? FG_EIO : FG_ENOMEM, "log of job %llu: cannot be read",
                (unsigned long long)want->job);
        free(reading);
        fg_answer_error(call, &err);
        return;
    }
    uint64_t bytes = reading->left[0] + reading->left[1];
    struct MHD_Response *response =
        MHD_create_response_from_callback(bytes, BLOCK_BYTES, read_some, reading, free_reading);
    MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    add_position(call, response, reading, want);
    MHD_add_response_header(response, "X-Log-Over", over ? "1" : "0");
    if (over && bytes == 0)
        add_place(call, response, want, attempt);
    fg_answer_response(call, 200, response, bytes);
}

void fg_handle_job_logs(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_log_want want;
    struct fg_job_brief job = {};
    bool follow = false;

    int rc = parse_want(call, &want, &err);
    if (rc == 0)
        rc = fg_target_bool(&call->target, "follow", &follow, &err);
    follow &= fg_accepts(call->headers.accept, "text/event-stream") && !call->is_head;
    if (rc == 0 && follow && call->headers.last_event_id)
        rc = fg_log_parse_position(call->headers.last_event_id, &want, &err);
    /* First the state, then the sizes: if it is over, the sizes are final. */
    if (rc == 0)
        rc = fg_call_find_job(call, want.job, &job, &err);
    if (rc == 0)
        rc = check_want(&want, &job, &err);
    if (rc < 0)
        fg_answer_error(call, &err);
    else if (follow)
        fg_log_follow(call, &want, &job);
    else
        answer_now(call, &want, &job);
}
