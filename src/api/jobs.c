/* jobs.c - what changes jobs, or asks the control thread about one: submit, batch, cancel, why, wait. */
#include "api/answer.h"
#include "api/blobs.h"
#include "api/job_view.h"
#include "api/worker.h"
#include "model/job_json.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PROJECT     "default"
#define WAIT_S_DEFAULT      30
#define WAIT_S_MAX          300
#define IDEMPOTENCY_KEY_MAX 255 /* bytes, as in the model */

/* Things of the submitter's machine must have been uploaded by now. */
static int check_files(const struct fg_call *call,
                       const struct fg_job_spec *spec,
                       struct fg_err *err)
{
    const char *data_dir = call->api->options.data_dir;

    if (spec->workdir[0] && !spec->workdir_hash[0])
        return fg_fail(err, FG_EINVAL,
                       "workdir: a folder of the client; upload it (PUT /v1/blobs/..) and give "
                       "workdir_hash");
    if (spec->workdir_hash[0] && !fg_blob_is_there(data_dir, spec->workdir_hash))
        return fg_fail(err, FG_EINVAL, "workdir_hash: %.80s is not uploaded",
                       spec->workdir_hash);
    for (size_t i = 0; i < spec->inputs_len; i++)
        if (!fg_blob_is_there(data_dir, spec->inputs[i].hash))
            return fg_fail(err, FG_EINVAL, "inputs.%.80s: %.80s is not uploaded",
                           spec->inputs[i].path, spec->inputs[i].hash);
    return 0;
}

/* Where the job goes: what the spec says, else where the actor belongs. */
static int find_project(struct fg_call *call,
                        const struct fg_job_spec *spec,
                        fg_project_id *out,
                        struct fg_err *err)
{
    if (!spec->project[0] && call->actor.project) {
        *out = call->actor.project;
        return 0;
    }
    const char *name = spec->project[0] ? spec->project : DEFAULT_PROJECT;
    int rc = fg_worker_project(call->worker, name, out, err);
    if (rc == 0 && !fg_call_sees(call, *out))
        rc = fg_fail(err, FG_ENOENT, "project %.63s: not known", name);
    return rc;
}

static int take_key(struct fg_job_spec *spec, const char *key, struct fg_err *err)
{
    if (!key)
        return 0;
    size_t len = strlen(key);
    bool fine = len > 0 && len <= IDEMPOTENCY_KEY_MAX;
    for (const char *at = key; *at; at++)
        fine &= *at >= 0x20 && *at <= 0x7e;
    if (!fine)
        return fg_fail(err, FG_EINVAL, "Idempotency-Key: expected 1 to %d printable characters",
                       IDEMPOTENCY_KEY_MAX);
    if (spec->idempotency_key[0] && strcmp(spec->idempotency_key, key) != 0)
        return fg_fail(err, FG_EINVAL,
                       "Idempotency-Key: differs from the member idempotency_key");
    spec->idempotency_key = key;
    return 0;
}

/* One spec of the body to one item of the command; all it needs is in the request's arena. */
static int read_item(struct fg_call *call,
                     const struct fg_doc *doc,
                     const char *key,
                     struct fg_submit_item *item,
                     struct fg_err *err)
{
    struct fg_job_spec *spec = FG_NEW(call->arena, struct fg_job_spec, 1);
    int rc = fg_job_json_read(doc, fg_api_now_us(call->api), call->arena, spec, err);
    if (rc == 0)
        rc = take_key(spec, key, err);
    if (rc == 0)
        rc = check_files(call, spec, err);
    if (rc == 0)
        rc = find_project(call, spec, &item->project, err);
    if (rc < 0)
        return rc;

    struct fg_buf *text = &call->out; /* scratch: the answer comes later */
    fg_buf_clear(text);
    fg_job_json_write(text, spec);
    if (text->len > FG_SPEC_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "job: %zu bytes as JSON, at most %d", text->len,
                       FG_SPEC_BYTES_MAX);
    char *copy = FG_NEW(call->arena, char, text->len + 1);
    memcpy(copy, text->text, text->len);
    item->spec = spec;
    item->spec_json = copy;
    item->spec_json_len = text->len;
    return 0;
}

/* True: answered, because the command failed. */
static bool failed(struct fg_call *call)
{
    const struct fg_command *command = &call->command;
    fg_buf_clear(&call->out);
    if (command->rc == 0)
        return false;
    struct fg_err err = command->err;
    err.code = command->rc;
    if (!err.text[0])
        fg_fail(&err, command->rc, "%s", fg_code_text(command->rc));
    fg_answer_error(call, &err);
    return true;
}

static void submitted(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    if (failed(call))
        return;
    fg_json_object(json);
    fg_json_kv_id(json, "id", call->item.out_id);
    fg_json_kv_int(json, "count", call->item.out_count);
    fg_json_kv_bool(json, "repeated", call->item.out_repeated);
    fg_json_end(json);
    fg_answer_json(call, 201);
}

void fg_handle_job_submit(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *doc;

    int rc = fg_call_doc(call, &doc, &err);
    if (rc == 0)
        rc = read_item(call, doc, call->headers.idempotency_key, &call->item, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.items = &call->item;
    call->command.items_len = 1;
    fg_call_ask(call, FG_CMD_SUBMIT, submitted);
}

static void batch_submitted(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    const struct fg_command *command = &call->command;
    if (failed(call))
        return;
    fg_json_object(json);
    fg_json_key(json, "ids");
    fg_json_array(json);
    for (size_t i = 0; i < command->items_len; i++) {
        char text[24];
        snprintf(text, sizeof(text), "%llu", (unsigned long long)command->items[i].out_id);
        fg_json_string(json, text);
    }
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 201);
}

/* The list of a batch document. */
static int find_jobs(struct fg_call *call, const struct fg_doc **out, struct fg_err *err)
{
    const struct fg_doc *doc;
    int rc = fg_call_doc(call, &doc, err);
    if (rc < 0)
        return rc;
    for (const struct fg_doc *member = doc->first; member; member = member->next)
        if (strcmp(member->key, "jobs") != 0)
            return fg_fail(err, FG_EINVAL, "body: unknown member %.40s, expected jobs",
                           member->key);
    const struct fg_doc *jobs = fg_doc_get(doc, "jobs");
    if (!jobs || jobs->kind != FG_DOC_LIST || jobs->len == 0 || jobs->len > FG_BATCH_MAX)
        return fg_fail(err, FG_EINVAL, "jobs: expected a list of 1 to %d jobs", FG_BATCH_MAX);
    *out = jobs;
    return 0;
}

void fg_handle_job_batch(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_doc *jobs = NULL;
    struct fg_submit_item *items = NULL;
    size_t len = 0;

    int rc = find_jobs(call, &jobs, &err);
    if (rc == 0 && call->headers.idempotency_key)
        rc = fg_fail(&err, FG_EINVAL,
                     "Idempotency-Key: of one job; in a batch give each its own member");
    if (rc == 0)
        items = FG_NEW(call->arena, struct fg_submit_item, jobs->len);
    for (const struct fg_doc *job = rc == 0 ? jobs->first : NULL; job && rc == 0;
         job = job->next) {
        rc = read_item(call, job, NULL, &items[len], &err);
        if (rc < 0)
            fg_wrap(&err, rc, "jobs[%zu]", len);
        len++;
    }
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.items = items;
    call->command.items_len = len;
    fg_call_ask(call, FG_CMD_SUBMIT, batch_submitted);
}

/* The job of {id}, if the actor may see it; else it is answered and 0 comes back. */
static fg_job_id job_of(struct fg_call *call)
{
    struct fg_err err = {};
    fg_job_id job = 0;
    int rc = fg_call_id(call, "job", &job, &err);
    if (rc == 0)
        rc = fg_call_check_job(call, job, &err);
    if (rc == 0)
        return job;
    fg_answer_error(call, &err);
    return 0;
}

static void cancelled(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    if (failed(call))
        return;
    fg_json_object(json);
    fg_json_kv_id(json, "id", call->command.job);
    fg_json_kv(json, "state", fg_job_state_name(call->command.out_state));
    fg_json_end(json);
    fg_answer_json(call, 200);
}

/* A body may be left out, and has no members. */
static int no_body(struct fg_call *call, struct fg_err *err)
{
    const struct fg_doc *doc;
    int rc = fg_call_doc(call, &doc, err);
    if (rc == 0 && doc->first)
        rc = fg_fail(err, FG_EINVAL, "body: unknown member %.40s, none is expected",
                     doc->first->key);
    return rc;
}

void fg_handle_job_cancel(struct fg_call *call)
{
    struct fg_err err = {};

    int rc = fg_target_bool(&call->target, "array", &call->command.array, &err);
    if (rc == 0)
        rc = no_body(call, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.job = job_of(call);
    if (call->command.job)
        fg_call_ask(call, FG_CMD_CANCEL, cancelled);
}

static void told(struct fg_call *call)
{
    if (failed(call))
        return;
    fg_json_raw(&call->json, call->command.out_text, call->command.out_len);
    fg_answer_json(call, 200);
}

void fg_handle_job_why(struct fg_call *call)
{
    call->command.job = job_of(call);
    if (call->command.job)
        fg_call_ask(call, FG_CMD_WHY, told);
}

void fg_handle_job_make_room(struct fg_call *call)
{
    struct fg_err err = {};
    if (no_body(call, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    call->command.job = job_of(call);
    if (call->command.job)
        fg_call_ask(call, FG_CMD_MAKE_ROOM, told);
}

static void answer_wait(struct fg_call *call, enum fg_job_state state, int exit_code)
{
    struct fg_json *json = &call->json;
    bool over = fg_job_state_is_final(state);

    fg_buf_clear(&call->out);
    fg_json_object(json);
    fg_json_kv_id(json, "id", call->command.job);
    fg_json_kv(json, "state", fg_job_state_name(state));
    fg_json_key(json, "exit_code");
    if (over)
        fg_json_int(json, exit_code);
    else
        fg_json_null(json);
    fg_json_kv_bool(json, "over", over);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

/* Woken: by the answer, or by the hub because the time is over or the client is gone.  In the second
 * case the command is still at the control thread; the request lives until it comes back. */
static void waited(struct fg_call *call)
{
    struct fg_api *api = call->api;
    struct fg_err err = {};
    struct fg_job_brief job = {};

    fg_hub_remove(api->hub, &call->waiter);
    if (atomic_load(&call->command_done)) {
        if (call->command.rc == 0) {
            answer_wait(call, call->command.out_state, call->command.out_exit_code);
            return;
        }
        if (call->command.rc != FG_ETIMEOUT) {
            failed(call);
            return;
        }
    } else {
        api->options.wait_cancel(api->options.self, &call->command);
    }
    if (fg_call_find_job(call, call->command.job, &job, &err) < 0)
        fg_answer_error(call, &err);
    else
        answer_wait(call, job.state, job.exit_code);
}

void fg_handle_job_wait(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_job_brief job = {};
    uint64_t timeout_s = WAIT_S_DEFAULT;

    int rc = fg_target_uint(&call->target, "timeout_s", 0, WAIT_S_MAX, &timeout_s, &err);
    if (rc == 0)
        rc = fg_call_id(call, "job", &call->command.job, &err);
    if (rc == 0)
        rc = fg_call_find_job(call, call->command.job, &job, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    /* Those that are over need no round through the control thread. */
    if (fg_job_state_is_final(job.state) || timeout_s == 0) {
        answer_wait(call, job.state, job.exit_code);
        return;
    }
    int64_t deadline_us = fg_api_mono_us(call->api) + (int64_t)timeout_s * 1000000;
    fg_call_ask_until(call, FG_CMD_WAIT, deadline_us, waited);
}
