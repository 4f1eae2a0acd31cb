/* log_follow.c - see log_follow.h */
#include "api/log_follow.h"
#include "api/answer.h"
#include "api/job_view.h"
#include "api/log_file.h"
#include "api/sse.h"
#include "api/worker.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 16384
#define RECHECK_US  5000000 /* look at the job at least so often, whatever was published */

const char *const fg_log_streams[2] = {"stdout", "stderr"};

struct follow {
    struct fg_sse sse;
    struct fg_log_want want;
    uint32_t attempt; /* whose log is open; 0: the first has not begun */
    struct fg_log_file logs[2];
    char held[2][4]; /* the first bytes of a character whose rest has not come */
    size_t held_len[2];
    struct fg_job_brief job;
    unsigned change_seen;
    int64_t checked_us;
    struct fg_buf data;
};

static atomic_uint *change_slot(const struct follow *follow)
{
    return &follow->sse.api->job_changes[follow->want.job % FG_JOB_CHANGE_SLOTS];
}

static int note_job(void *self, const struct fg_job_view *job)
{
    *(struct fg_job_brief *)self = (struct fg_job_brief){.project = job->job.project,
                                                         .state = job->job.state,
                                                         .attempt = job->job.attempt,
                                                         .tasks = fg_job_tasks_max(&job->job),
                                                         .exit_code = fg_job_view_exit(job)};
    return 0;
}

/* Read the job's state again if something may have happened to it. */
static int check_job(struct follow *follow, struct fg_worker *worker, struct fg_err *err)
{
    unsigned change = atomic_load(change_slot(follow));
    int64_t now_us = fg_api_mono_us(follow->sse.api);

    if (change == follow->change_seen && now_us - follow->checked_us < RECHECK_US)
        return 0;
    struct fg_reader *reader = fg_worker_reader(worker, err);
    int rc =
        reader ? fg_reader_job(reader, follow->want.job, note_job, &follow->job, err) : FG_EIO;
    follow->change_seen = change;
    follow->checked_us = now_us;
    return rc;
}

static void close_logs(struct follow *follow)
{
    for (int i = 0; i < 2; i++) {
        fg_log_fini(&follow->logs[i]);
        follow->held_len[i] = 0;
    }
}

static int open_attempt(struct follow *follow, uint32_t attempt)
{
    struct fg_task_key key = {follow->want.job, attempt, follow->want.task};
    bool tail = follow->want.from_tail && attempt == follow->job.attempt;

    close_logs(follow);
    for (int i = 0; i < 2; i++) {
        struct fg_log_file *log = &follow->logs[i];
        int rc = fg_log_init(log, follow->sse.api->options.data_dir, key, fg_log_streams[i]);
        if (rc < 0)
            return rc;
        uint64_t end = tail ? fg_log_end(log) : 0;
        uint64_t from = tail && end > follow->want.tail ? end - follow->want.tail : 0;
        fg_log_seek(log, tail ? from : follow->want.offsets[i]);
        follow->want.offsets[i] = 0; /* of the first one only */
    }
    follow->want.from_tail = false;
    follow->attempt = attempt;
    return 0;
}

/* How much of the bytes ends with a whole character; what is not text at all counts as whole. */
static size_t whole_len(const char *bytes, size_t len)
{
    size_t back = 1;
    while (back <= 3 && back <= len && ((unsigned char)bytes[len - back] & 0xc0) == 0x80)
        back++;
    if (back > 3 || back > len)
        return len;
    unsigned char lead = (unsigned char)bytes[len - back];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return need > back ? len - back : len;
}

static uint64_t position(const struct follow *follow, int i)
{
    return follow->logs[i].offset - follow->held_len[i];
}

static void write_event(
    struct follow *follow, int i, const char *text, size_t len, uint64_t offset)
{
    char id[96];
    int id_len = snprintf(id, sizeof(id), "stdout:%llu stderr:%llu",
                          (unsigned long long)position(follow, 0),
                          (unsigned long long)position(follow, 1));
    if (follow->attempt > 1)
        snprintf(id + id_len, sizeof(id) - (size_t)id_len, " attempt:%u", follow->attempt);

    fg_buf_clear(&follow->data);
    struct fg_json json = {.buf = &follow->data};
    fg_json_object(&json);
    fg_json_kv(&json, "stream", fg_log_streams[i]);
    fg_json_kv_int(&json, "offset", (int64_t)offset);
    fg_json_kv_int(&json, "attempt", follow->attempt);
    fg_json_key(&json, "text");
    fg_json_string_len(&json, text, len);
    fg_json_end(&json);
    fg_sse_event(&follow->sse, id, "log", &follow->data);
}

/* One chunk of one stream.  `last`: nothing comes after what is there, so held bytes go out too. */
static int read_chunk(struct follow *follow, int i, bool last)
{
    char bytes[4 + CHUNK_BYTES];
    size_t held = follow->held_len[i];
    uint64_t offset = position(follow, i);

    memcpy(bytes, follow->held[i], held);
    ssize_t got = fg_log_read(&follow->logs[i], bytes + held, CHUNK_BYTES);
    if (got < 0)
        return (int)got;
    size_t len = held + (size_t)got;
    size_t whole = got == 0 ? (last ? len : 0) : whole_len(bytes, len);
    follow->held_len[i] = len - whole;
    memcpy(follow->held[i], bytes + whole, len - whole);
    if (whole > 0)
        write_event(follow, i, bytes, whole, offset);
    return 0;
}

static int read_logs(struct follow *follow, bool last)
{
    for (int i = 0; i < 2; i++) {
        if (!follow->want.streams[i])
            continue;
        int rc = read_chunk(follow, i, last);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void write_end(struct follow *follow)
{
    bool over = fg_job_state_is_final(follow->job.state);
    fg_buf_clear(&follow->data);
    struct fg_json json = {.buf = &follow->data};
    fg_json_object(&json);
    fg_json_kv(&json, "state", fg_job_state_name(follow->job.state));
    fg_json_key(&json, "exit_code");
    if (over)
        fg_json_int(&json, follow->job.exit_code);
    else
        fg_json_null(&json);
    fg_json_end(&json);
    fg_sse_event(&follow->sse, NULL, "end", &follow->data);
    follow->sse.ended = true;
}

static uint32_t first_attempt(const struct follow *follow)
{
    if (follow->want.attempt)
        return follow->want.attempt;
    return follow->want.from ? follow->want.from : follow->job.attempt;
}

static int fill(struct fg_sse *sse, struct fg_worker *worker, struct fg_err *err)
{
    struct follow *follow = (struct follow *)sse;

    /* First the state, then the bytes: what an ended attempt wrote is all there. */
    int rc = check_job(follow, worker, err);
    if (rc == 0 && follow->attempt == 0 && follow->job.attempt > 0)
        rc = open_attempt(follow, first_attempt(follow));
    if (rc < 0)
        return rc;
    bool newer = follow->job.attempt > follow->attempt;
    bool over = fg_job_state_is_final(follow->job.state);
    if (follow->attempt > 0)
        rc = read_logs(follow, newer || over);
    if (rc < 0 || sse->out.len > 0 || (!newer && !over))
        return rc;
    if (newer && !follow->want.attempt && follow->attempt > 0)
        return open_attempt(follow, follow->attempt + 1) < 0 ? FG_EIO : fill(sse, worker, err);
    write_end(follow);
    return 0;
}

static bool is_ready(struct fg_sse *sse)
{
    struct follow *follow = (struct follow *)sse;
    if (atomic_load(change_slot(follow)) != follow->change_seen)
        return true;
    for (int i = 0; i < 2; i++)
        if (follow->attempt > 0 && follow->want.streams[i] && fg_log_has_more(&follow->logs[i]))
            return true;
    return false;
}

static void free_follow(struct fg_sse *sse)
{
    struct follow *follow = (struct follow *)sse;
    close_logs(follow);
    fg_buf_free(&follow->data);
    free(follow);
}

int fg_log_parse_position(const char *text, struct fg_log_want *want, struct fg_err *err)
{
    char copy[96];
    uint64_t attempt = 1;
    if (!fg_copy(copy, sizeof(copy), text))
        return fg_fail(err, FG_EINVAL, "Last-Event-ID: too long");
    for (char *rest = copy, *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        uint64_t *to = strncmp(word, "stdout:", 7) == 0    ? &want->offsets[0]
                       : strncmp(word, "stderr:", 7) == 0  ? &want->offsets[1]
                       : strncmp(word, "attempt:", 8) == 0 ? &attempt
                                                           : NULL;
        if (!to || !fg_parse_uint(strchr(word, ':') + 1, to) || *to > INT64_MAX)
            return fg_fail(err, FG_EINVAL, "Last-Event-ID: expected stdout:N stderr:N");
    }
    if (attempt == 0 || attempt > UINT32_MAX)
        return fg_fail(err, FG_EINVAL, "Last-Event-ID: attempt: expected 1 or more");
    want->from = (uint32_t)attempt;
    want->from_tail = false;
    return 0;
}

void fg_log_follow(struct fg_call *call,
                   const struct fg_log_want *want,
                   const struct fg_job_brief *job)
{
    struct fg_err err = {};
    struct follow *follow =
        fg_sse_room(call->api, &err) == 0 ? calloc(1, sizeof(*follow)) : NULL;
    if (!follow) {
        if (!err.code)
            fg_fail(&err, FG_ENOMEM, "no memory for a stream");
        fg_answer_error(call, &err);
        return;
    }
    follow->want = *want;
    follow->job = *job;
    follow->logs[0].fd = follow->logs[1].fd = -1;
    follow->sse.fill = fill;
    follow->sse.ready = is_ready;
    follow->sse.free = free_follow;
    fg_sse_answer(call, &follow->sse);
}
