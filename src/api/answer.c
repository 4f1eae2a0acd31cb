/* answer.c - see answer.h */
#include "api/answer.h"
#include "api/connection.h"
#include "api/job_view.h"

#include <assert.h>
#include <string.h>

static void count(struct fg_api *api, int status)
{
    atomic_fetch_add_explicit(&api->answers[status / 100 % 6], 1, memory_order_relaxed);
}

static void queue(struct fg_call *call, int status, struct MHD_Response *response)
{
    assert(call->phase != FG_CALL_ANSWERED);
    call->phase = FG_CALL_ANSWERED;
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (call->close)
        MHD_add_response_header(response, "Connection", "close");
    MHD_queue_response(call->mhd, (unsigned)status, response);
    MHD_destroy_response(response);
    count(call->api, status);
}

void fg_answer_response(struct fg_call *call,
                        int status,
                        struct MHD_Response *response,
                        uint64_t bytes)
{
    fg_connection_answers(call->api, call->connection, bytes);
    queue(call, status, response);
}

void fg_answer_stream(struct fg_call *call, struct MHD_Response *response)
{
    fg_connection_waits(call->connection);
    queue(call, 200, response);
}

void fg_answer_out(struct fg_call *call, int status, const char *type)
{
    struct fg_buf *out = &call->out;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(out->len, out->text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    fg_answer_response(call, status, response, out->len);
}

void fg_answer_json(struct fg_call *call, int status)
{
    assert(call->json.depth == 0);
    fg_answer_out(call, status, "application/json");
}

static void write_problem(struct fg_call *call, int status, const struct fg_err *err)
{
    struct fg_json *json = &call->json;

    fg_buf_clear(&call->out);
    *json = (struct fg_json){.buf = &call->out};
    fg_json_object(json);
    fg_json_kv(json, "type", "about:blank");
    fg_json_kv(json, "title", fg_code_text(err->code));
    fg_json_kv_int(json, "status", status);
    fg_json_kv(json, "detail", err->text);
    fg_json_kv(json, "code", fg_code_name(err->code));
    fg_json_kv_bool(json, "retry", fg_code_retry(err->code));
    fg_json_end(json);
}

void fg_answer_problem(struct fg_call *call, int status, const struct fg_err *err)
{
    write_problem(call, status, err);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(call->out.len, call->out.text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/problem+json");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (status == 405)
        MHD_add_response_header(response, "Allow", call->capture);
    if (fg_code_retry(err->code)) {
        char seconds[24];
        int64_t after = call->command.out_retry_s;
        snprintf(seconds, sizeof(seconds), "%lld", (long long)(after > 0 ? after : 1));
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    fg_answer_response(call, status, response, call->out.len);
}

void fg_answer_error(struct fg_call *call, const struct fg_err *err)
{
    fg_answer_problem(call, fg_code_http(err->code), err);
}

void fg_answer_rc(struct fg_call *call, int rc, struct fg_err *err)
{
    err->code = rc;
    fg_answer_error(call, err);
}

void fg_list_begin(struct fg_call *call)
{
    fg_json_object(&call->json);
    fg_json_key(&call->json, "items");
    fg_json_array(&call->json);
}

void fg_list_end(struct fg_call *call, uint64_t next)
{
    struct fg_json *json = &call->json;
    fg_json_end(json);
    if (next)
        fg_json_kv_id(json, "next", next);
    else
        fg_json_kv(json, "next", NULL);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

bool fg_answer_failed(struct fg_call *call)
{
    if (call->command.rc == 0)
        return false;
    call->command.err.code = call->command.rc;
    fg_answer_error(call, &call->command.err);
    return true;
}

void fg_answer_items(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    if (fg_answer_failed(call))
        return;
    fg_json_object(json);
    fg_json_key(json, "items");
    fg_json_raw(json, call->command.out_text, call->command.out_len);
    fg_json_kv(json, "next", NULL);
    fg_json_end(json);
    fg_answer_json(call, 200);
}
