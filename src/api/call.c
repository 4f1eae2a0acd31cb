/* call.c - the course of one request: header, body, handler, answer.  See call.h */
#include "api/call.h"
#include "api/answer.h"
#include "api/auth.h"
#include "api/blobs.h"
#include "api/connection.h"
#include "api/job_view.h"
#include "api/worker.h"

#include <assert.h>
#include <string.h>

/* A refused body up to this size is read to its end, so that the client sees the answer. */
#define DISCARD_BYTES_MAX ((uint64_t)1024 * 1024)

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
    case FG_BODY_SHEET:
        return FG_SHEET_BYTES_MAX;
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
    bool is_table =
        kind == FG_BODY_SHEET && fg_media_type_is(headers->content_type, "text/csv");
    if (!is_table && !fg_media_type_is(headers->content_type, want)) {
        fg_fail(err, FG_EINVAL, "Content-Type: expected %s%s", want,
                kind == FG_BODY_SHEET ? " or text/csv" : "");
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

/* Only who leads has the state: an answer from an old one would be worse than none. */
static int check_leads(struct fg_call *call, struct fg_err *err)
{
    const struct fg_api_options *options = &call->api->options;
    if (!options->stands_by || call->route->role == FG_ROLE_NONE
        || !options->stands_by(options->self, err))
        return 0;
    return refuse(call, fg_code_http(err->code), err);
}

/* The checks that need only the header, in the order in which they are answered. */
static int check_header(struct fg_call *call, const char *method, struct fg_err *err)
{
    int rc = find_route(call, method, err);
    if (rc == 0)
        rc = check_leads(call, err);
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
        fg_call_need_room(call);
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

/* A remark is kept; of true or false stands what `flag` is called. */
static int take_member(const struct fg_doc *at,
                       const char *flag,
                       const char **out,
                       bool *out_flag,
                       struct fg_err *err)
{
    if (flag && strcmp(at->key, flag) == 0) {
        *out_flag = at->kind == FG_DOC_BOOL && at->integer;
        return at->kind == FG_DOC_BOOL
                   ? 0
                   : fg_fail(err, FG_EINVAL, "%s: expected true or false", flag);
    }
    if (strcmp(at->key, "remark") != 0)
        return fg_fail(err, FG_EINVAL, "body: unknown member %.40s", at->key);
    if (at->kind != FG_DOC_TEXT || at->text_len >= FG_TEXT_MAX)
        return fg_fail(err, FG_EINVAL, "remark: expected a text of at most %d bytes",
                       FG_TEXT_MAX - 1);
    *out = at->text;
    return 0;
}

int fg_call_remark_and(struct fg_call *call,
                       const char *flag,
                       const char **out,
                       bool *out_flag,
                       struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    if (call->body.len == 0)
        return 0;
    int rc = fg_call_doc(call, &doc, err);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next)
        rc = take_member(at, flag, out, out_flag, err);
    return rc;
}

int fg_call_remark(struct fg_call *call, const char **out, struct fg_err *err)
{
    return fg_call_remark_and(call, NULL, out, NULL, err);
}

static int note_job(void *self, const struct fg_job_view *job)
{
    *(struct fg_job_brief *)self = (struct fg_job_brief){
        .project = job->job.project,
        .state = job->job.state,
        .attempt = job->job.attempt,
        .tasks = fg_job_tasks_max(&job->job),
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
