/* call.c - see call.h */
#include "api/call.h"
#include "api/answer.h"
#include "api/auth.h"
#include "api/blobs.h"
#include "api/connection.h"
#include "api/job_view.h"
#include "api/loop.h"
#include "api/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Address space, not memory.  One document of FG_BODY_BYTES_MAX, or the pool with all its nodes; and
 * a batch of 16 MiB as a tree, as specs (see FG_JOB_ROOM), and as texts again. */
#define ARENA_BYTES_MAX       ((size_t)512 * 1024 * 1024)
#define BATCH_ARENA_BYTES_MAX ((size_t)2 * 1024 * 1024 * 1024)
/* What a request may keep for the next one. */
#define KEEP_BYTES_MAX ((size_t)64 * 1024)
#define KEEP_MAX       512
/* At the end: time for answers to go out. */
#define LINGER_MS 1000
/* A refused body up to this size is read to its end, so that the client sees the answer. */
#define DISCARD_BYTES_MAX ((uint64_t)1024 * 1024)

struct fg_call_pool {
    struct fg_api *api;
    pthread_mutex_t lock;
    pthread_cond_t drained;
    struct fg_call *idle;
    size_t idle_len;
    size_t taken; /* requests under way */
    size_t asked; /* commands under way */
    bool closed;  /* no further commands */
};

struct fg_call_pool *fg_call_pool_new(struct fg_api *api)
{
    struct fg_call_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    pool->api = api;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->drained, NULL);
    return pool;
}

static void free_call(struct fg_call *call)
{
    fg_arena_free(call->arena);
    fg_buf_free(&call->body);
    fg_buf_free(&call->out);
    free(call);
}

void fg_call_pool_free(struct fg_call_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct fg_call *call = pool->idle;
        pool->idle = call->next;
        free_call(call);
    }
    pthread_cond_destroy(&pool->drained);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void fg_call_pool_drain(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    while (pool->asked)
        pthread_cond_wait(&pool->drained, &pool->lock);
    for (int i = 0; i < LINGER_MS && pool->taken; i++) {
        pthread_mutex_unlock(&pool->lock);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

struct fg_call *fg_call_take(struct fg_call_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct fg_call *call = pool->idle;
    pool->taken++;
    if (call) {
        pool->idle = call->next;
        pool->idle_len--;
    }
    pthread_mutex_unlock(&pool->lock);

    if (!call) {
        call = calloc(1, sizeof(*call));
        if (!call)
            abort(); /* as the arena does: the state is in the store */
        call->arena = fg_arena_new(ARENA_BYTES_MAX);
    }
    call->api = pool->api;
    atomic_init(&call->refs, 1);
    return call;
}

/* Ready for the next user: memory that is small is kept, nothing else. */
static void wipe(struct fg_call *call)
{
    struct fg_arena *arena = call->arena;
    struct fg_buf body = call->body, out = call->out;

    bool batch = call->route && call->route->body == FG_BODY_BATCH;
    if (batch || fg_arena_used(arena) > KEEP_BYTES_MAX) {
        fg_arena_free(arena);
        arena = fg_arena_new(ARENA_BYTES_MAX);
    }
    fg_arena_reset(arena);
    if (body.room > KEEP_BYTES_MAX)
        fg_buf_free(&body);
    if (out.room > KEEP_BYTES_MAX)
        fg_buf_free(&out);
    memset(call, 0, offsetof(struct fg_call, uri));
    body.len = out.len = 0;
    call->arena = arena;
    call->body = body;
    call->out = out;
}

void fg_call_unref(struct fg_call *call)
{
    struct fg_call_pool *pool = call->api->calls;

    if (atomic_fetch_sub(&call->refs, 1) != 1)
        return;
    fg_blob_upload_drop(call);
    wipe(call);
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->idle_len < KEEP_MAX;
    pool->taken--;
    if (keep) {
        call->next = pool->idle;
        pool->idle = call;
        pool->idle_len++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free_call(call);
}

void fg_call_wake(struct fg_call *call)
{
    if (!atomic_exchange(&call->woken, true))
        fg_loop_resume(call->connection->loop, call->mhd);
}

/* On the control thread. */
static void on_done(struct fg_command *command)
{
    struct fg_call *call = command->poster;
    struct fg_call_pool *pool = call->api->calls;
    struct MHD_Connection *mhd = call->mhd;
    struct fg_loop *loop = NULL;

    atomic_store(&call->command_done, true);
    /* If it still sleeps it is ours to wake, and it cannot end before that.  If not, it may end with our
     * reference.  Once awake it may ask again, so the reference goes first. */
    bool sleeps = !atomic_exchange(&call->woken, true);
    if (sleeps)
        loop = call->connection->loop;
    fg_call_unref(call);
    if (sleeps)
        fg_loop_resume(loop, mhd);

    pthread_mutex_lock(&pool->lock);
    if (--pool->asked == 0)
        pthread_cond_broadcast(&pool->drained);
    pthread_mutex_unlock(&pool->lock);
}

void fg_call_ask(struct fg_call *call,
                 enum fg_command_kind kind,
                 void (*then)(struct fg_call *call))
{
    struct fg_command *command = &call->command;
    struct fg_call_pool *pool = call->api->calls;

    assert(atomic_load(&call->refs) == 1);
    command->kind = kind;
    command->actor = call->actor;
    command->arena = call->arena;
    command->rc = 0;
    command->err.text[0] = 0;
    command->done = on_done;
    command->poster = call;
    call->then = then;
    call->phase = FG_CALL_ASKED;
    atomic_store(&call->woken, false);
    atomic_store(&call->command_done, false);
    atomic_fetch_add(&call->refs, 1);
    pthread_mutex_lock(&pool->lock);
    bool closed = pool->closed;
    pool->asked += !closed;
    pthread_mutex_unlock(&pool->lock);
    if (closed) {
        atomic_fetch_sub(&call->refs, 1);
        call->phase = FG_CALL_BODY;
        fg_fail(&call->err, FG_EUNREACH, "the service is stopping");
        fg_answer_error(call, &call->err);
        return;
    }

    /* First suspend: done() may come before post() returns. */
    fg_connection_waits(call->connection);
    MHD_suspend_connection(call->mhd);
    call->api->options.post(call->api->options.self, command);
}

int fg_call_fd(const struct fg_call *call)
{
    return call->connection->fd;
}

static uint64_t body_limit(const struct fg_call *call)
{
    if (!call->route)
        return 0;
    switch (call->route->body) {
    case FG_BODY_BATCH:
        return FG_BATCH_BYTES_MAX;
    case FG_BODY_BLOB:
        return (uint64_t)call->api->options.config->artifact_bytes_max;
    case FG_BODY_JSON:
    case FG_BODY_MAYBE:
        return FG_BODY_BYTES_MAX;
    case FG_BODY_NONE:
        break;
    }
    return 0;
}

static bool has_body(const struct fg_headers *headers)
{
    return headers->chunked || headers->content_length > 0;
}

/* Remember why not; the answer is given when the body has been read (or at once, see begin()). */
static int refuse(struct fg_call *call, int status, const struct fg_err *err)
{
    call->phase = FG_CALL_DISCARD;
    call->status = status;
    if (err != &call->err)
        call->err = *err;
    return err->code;
}

static int check_body_type(struct fg_call *call, struct fg_err *err)
{
    const struct fg_headers *headers = &call->headers;
    enum fg_body_kind kind = call->route->body;
    const char *want = kind == FG_BODY_BLOB ? "application/octet-stream" : "application/json";

    if (kind == FG_BODY_NONE && has_body(headers)) {
        fg_fail(err, FG_EINVAL, "this operation takes no body");
        return refuse(call, 400, err);
    }
    if (kind == FG_BODY_NONE || (kind == FG_BODY_MAYBE && !has_body(headers)))
        return 0;
    if (!fg_media_type_is(headers->content_type, want)) {
        fg_fail(err, FG_EINVAL, "Content-Type: expected %s", want);
        return refuse(call, 415, err);
    }
    if (headers->content_length > body_limit(call)) {
        fg_fail(err, FG_ETOOBIG, "body: %llu bytes, at most %llu are allowed here",
                (unsigned long long)headers->content_length,
                (unsigned long long)body_limit(call));
        return refuse(call, 413, err);
    }
    return 0;
}

static int find_route(struct fg_call *call, const char *method, struct fg_err *err)
{
    char allow[128];
    int rc = fg_target_parse(call->uri, &call->target, err);
    if (rc < 0)
        return refuse(call, rc == FG_ETOOBIG ? 414 : 400, err);
    call->is_head = strcmp(method, "HEAD") == 0;
    rc = fg_route_find(method, &call->target, &call->route, &call->capture, &call->rest, allow);
    if (rc == FG_ENOENT) {
        fg_fail(err, FG_ENOENT, "nothing is at this path; see /v1/openapi.yaml");
        return refuse(call, 404, err);
    }
    if (rc == FG_ESTATE) {
        /* fg_answer_problem() makes the Allow field of it. */
        call->capture = fg_arena_printf(call->arena, "%s", allow);
        fg_fail(err, FG_EINVAL, "not a method of this path; allowed: %s", allow);
        return refuse(call, 405, err);
    }
    return 0;
}

/* The checks that need only the header, in the order in which they are answered. */
static int check_header(struct fg_call *call, const char *method, struct fg_err *err)
{
    int rc = find_route(call, method, err);
    if (rc < 0)
        return rc;
    rc = call->route->role == FG_ROLE_NONE ? 0 : fg_auth_identify(call, err);
    if (rc == 0)
        rc = fg_route_authorise(call->route, &call->actor, err);
    if (rc == 0)
        rc = fg_target_check(&call->target, call->route->params, err);
    if (rc == 0 && atomic_load(&call->api->stopping))
        rc = fg_fail(err, FG_EUNREACH, "the service is stopping");
    if (rc < 0)
        return refuse(call, fg_code_http(rc), err);
    rc = check_body_type(call, err);
    if (rc == 0 && call->route->body == FG_BODY_BATCH) {
        fg_arena_free(call->arena);
        call->arena = fg_arena_new(BATCH_ARENA_BYTES_MAX);
    }
    if (rc == 0 && call->route->body == FG_BODY_BLOB)
        rc = fg_blob_upload_begin(call, err) < 0 ? refuse(call, fg_code_http(err->code), err)
                                                 : 0;
    return rc;
}

static enum MHD_Result add_header(void *self,
                                  enum MHD_ValueKind,
                                  const char *name,
                                  const char *value)
{
    fg_headers_add(self, name, value);
    return MHD_YES;
}

/* The header is there. */
static void begin(struct fg_call *call, const char *method, const char *version)
{
    struct fg_err *err = &call->err;
    struct fg_headers *headers = &call->headers;

    call->json.buf = &call->out;
    call->phase = FG_CALL_BODY;
    fg_connection_expects_body(call->api, call->connection);
    MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, add_header, headers);
    int rc = fg_headers_check(headers, method, version, err);
    if (rc < 0) {
        /* Where this request ends is in doubt: nothing after it can be trusted. */
        call->close = true;
        fg_answer_error(call, err);
        return;
    }
    rc = check_header(call, method, err);
    if (rc == 0 || call->phase != FG_CALL_DISCARD)
        return;
    bool small =
        !headers->chunked && headers->content_length <= DISCARD_BYTES_MAX && !headers->expect;
    if (has_body(headers) && !small) {
        call->close = true;
        fg_answer_problem(call, call->status, err);
    }
}

static enum MHD_Result take_body(struct fg_call *call, const char *bytes, size_t len)
{
    call->body_len += len;
    fg_connection_received(call->api, call->connection, call->body_len);
    if (call->phase == FG_CALL_DISCARD)
        return call->body_len <= body_limit(call) + DISCARD_BYTES_MAX + len ? MHD_YES : MHD_NO;
    if (call->body_len > body_limit(call)) {
        fg_fail(&call->err, FG_ETOOBIG, "body: more than the %llu bytes that are allowed here",
                (unsigned long long)body_limit(call));
        refuse(call, 413, &call->err);
        call->close = true;
    } else if (call->route->body == FG_BODY_BLOB) {
        if (fg_blob_upload_add(call, bytes, len, &call->err) < 0)
            refuse(call, fg_code_http(call->err.code), &call->err);
    } else {
        if (call->body.len == 0 && call->headers.has_length)
            fg_buf_reserve(&call->body, call->headers.content_length + 1);
        fg_buf_add(&call->body, bytes, len);
    }
    return MHD_YES;
}

enum MHD_Result fg_call_serve(struct fg_call *call,
                              const char *method,
                              const char *version,
                              const char *bytes,
                              size_t *len)
{
    call->worker = fg_worker_of(call->api->workers);
    if (!call->worker)
        return MHD_NO;
    if (call->phase == FG_CALL_LINE) {
        begin(call, method, version);
        return MHD_YES;
    }
    if (*len) {
        size_t taken = *len;
        *len = 0;
        return take_body(call, bytes, taken);
    }
    if (call->phase == FG_CALL_ASKED) {
        void (*then)(struct fg_call *) = call->then;
        call->then = NULL;
        then(call);
    } else if (call->phase == FG_CALL_DISCARD) {
        fg_answer_problem(call, call->status, &call->err);
    } else {
        fg_connection_waits(call->connection);
        call->route->handle(call);
    }
    assert(call->phase == FG_CALL_ANSWERED || call->then);
    return MHD_YES;
}

int fg_call_doc(struct fg_call *call, const struct fg_doc **out, struct fg_err *err)
{
    const char *bytes = call->body.len ? call->body.text : "";
    if (call->body.len == 0 && call->route->body == FG_BODY_MAYBE)
        bytes = "{}";
    size_t len = call->body.len ? call->body.len : strlen(bytes);
    int rc = fg_doc_json(bytes, len, call->arena, out, err);
    if (rc < 0)
        return fg_wrap(err, rc, "body");
    if ((*out)->kind != FG_DOC_MAP)
        return fg_fail(err, FG_EINVAL, "body: %s, expected an object",
                       fg_doc_kind_name((*out)->kind));
    return 0;
}

int fg_call_id(struct fg_call *call, const char *noun, uint64_t *out, struct fg_err *err)
{
    if (fg_parse_uint(call->capture, out) && *out > 0 && *out <= INT64_MAX)
        return 0;
    return fg_fail(err, FG_ENOENT, "%s %.40s: not known", noun, call->capture);
}

static int note_job(void *self, const struct fg_job_view *job)
{
    *(struct fg_job_brief *)self = (struct fg_job_brief){
        .project = job->job.project,
        .state = job->job.state,
        .attempt = job->job.attempt,
        .tasks = job->job.tasks,
        .exit_code = fg_job_view_exit(job),
    };
    return 0;
}

int fg_call_find_job(struct fg_call *call,
                     fg_job_id job,
                     struct fg_job_brief *out,
                     struct fg_err *err)
{
    struct fg_job_brief brief = {};
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    int rc = reader ? fg_reader_job(reader, job, note_job, &brief, err) : err->code;
    if (rc == FG_ENOENT || (rc == 0 && !fg_call_sees(call, brief.project)))
        return fg_fail(err, FG_ENOENT, "job %llu: not known", (unsigned long long)job);
    if (rc == 0 && out)
        *out = brief;
    return rc;
}

int fg_call_check_job(struct fg_call *call, fg_job_id job, struct fg_err *err)
{
    return call->actor.project == 0 ? 0 : fg_call_find_job(call, job, NULL, err);
}

const char *fg_call_rest(struct fg_call *call)
{
    const struct fg_target *target = &call->target;
    const char *text = target->segments[call->rest];
    for (size_t i = call->rest + 1; i < target->segments_len; i++)
        text = fg_arena_printf(call->arena, "%s/%s", text, target->segments[i]);
    return text;
}
