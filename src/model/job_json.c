/* job_json.c - the canonical form; see job_json.h.  The reader is job_read.c. */
#include "model/job_json.h"
#include "base/json_write.h"
#include "model/job_read.h"

#include <stdio.h>
#include <string.h>

static void text(struct fg_json *json, const char *key, const char *value)
{
    if (value && value[0])
        fg_json_kv(json, key, value);
}

static void number(struct fg_json *json, const char *key, int64_t value, int64_t unless)
{
    if (value != unless)
        fg_json_kv_int(json, key, value);
}

static void texts(struct fg_json *json, const char *key, const char *const *items, size_t len)
{
    if (len == 0)
        return;
    fg_json_key(json, key);
    fg_json_array(json);
    for (size_t i = 0; i < len; i++)
        fg_json_string(json, items[i]);
    fg_json_end(json);
}

static void pairs(
    struct fg_json *json, const char *key, const struct fg_pair *items, size_t len, bool hidden)
{
    if (len == 0)
        return;
    fg_json_key(json, key);
    fg_json_object(json);
    for (size_t i = 0; i < len; i++)
        fg_json_kv(json, items[i].key, hidden ? "***" : items[i].value);
    fg_json_end(json);
}

static void request(struct fg_json *json, const struct fg_request *request)
{
    fg_json_object(json);
    text(json, "kind", request->kind);
    if (request->count > 0) {
        fg_json_kv_int(json, "count", request->count);
        number(json, "gpu_milli", request->gpu_milli, 1000);
        number(json, "gpu_mem_mib", request->gpu_mem_mib, 0);
    }
    fg_json_kv_int(json, "cpu_milli", request->cpu_milli);
    number(json, "mem_mib", (int64_t)request->mem_mib, 0);
    number(json, "rate_milli", request->rate_milli, 0);
    text(json, "suppliers", request->suppliers);
    text(json, "region", request->regions);
    number(json, "max_price_uusd", request->max_price_uusd, 0);
    text(json, "spread", request->may_split ? "suppliers" : "");
    number(json, "data_mib", request->data_mib, 0);
    text(json, "data_site", request->data_site);
    fg_json_end(json);
}

static void any_of(struct fg_json *json, const struct fg_job_spec *spec)
{
    fg_json_key(json, "any_of");
    fg_json_array(json);
    for (size_t i = 0; i < spec->any_of_len; i++)
        request(json, &spec->any_of[i]);
    fg_json_end(json);
}

/* A query may be a signature: who may see the job need not be allowed to fetch. */
static void write_fetch(struct fg_json *json, const struct fg_fetch *fetch, bool hidden)
{
    const char *query = hidden ? strchr(fetch->url, '?') : NULL;
    FG_AUTO(fg_buf) struct fg_buf value = {};
    fg_buf_printf(&value, "%.*s%s%s%s",
                  (int)(query ? (size_t)(query - fetch->url) : strlen(fetch->url)), fetch->url,
                  query ? "?***" : "", fetch->hash[0] ? "#" : "", fetch->hash);
    fg_json_kv(json, fetch->path, value.text);
}

static void inputs(struct fg_json *json, const struct fg_job_spec *spec, bool hidden)
{
    if (spec->inputs_len + spec->fetches_len == 0)
        return;
    fg_json_key(json, "inputs");
    fg_json_object(json);
    /* Both are sorted, and so is what is written. */
    for (size_t i = 0, k = 0; i < spec->inputs_len || k < spec->fetches_len;) {
        const struct fg_input *input = i < spec->inputs_len ? &spec->inputs[i] : NULL;
        const struct fg_fetch *fetch = k < spec->fetches_len ? &spec->fetches[k] : NULL;
        if (fetch && (!input || strcmp(fetch->path, input->path) < 0)) {
            write_fetch(json, fetch, hidden);
            k++;
        } else if (input) {
            fg_json_kv(json, input->path, input->hash);
            i++;
        }
    }
    fg_json_end(json);
}

static void job_id(struct fg_json *json, fg_job_id id)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)id);
    fg_json_string(json, digits);
}

/* "12", {"job":"12","when":"any"}, {"item":2} */
static void after_one(struct fg_json *json, const struct fg_after *after)
{
    if (!after->item && !after->any_end) {
        job_id(json, after->job);
        return;
    }
    fg_json_object(json);
    if (after->item) {
        fg_json_kv_int(json, "item", after->item);
    } else {
        fg_json_key(json, "job");
        job_id(json, after->job);
    }
    if (after->any_end)
        fg_json_kv(json, "when", "any");
    fg_json_end(json);
}

static void after(struct fg_json *json, const struct fg_job_spec *spec)
{
    if (spec->after_len == 0)
        return;
    fg_json_key(json, "after");
    fg_json_array(json);
    for (size_t i = 0; i < spec->after_len; i++)
        after_one(json, &spec->after[i]);
    fg_json_end(json);
}

static void array(struct fg_json *json, const struct fg_job_spec *spec)
{
    if (spec->array_step == 0)
        return;
    char range[40];
    int len = snprintf(range, sizeof(range), "%u-%u", spec->array_first, spec->array_last);
    if (spec->array_step != 1)
        snprintf(range + len, sizeof(range) - (size_t)len, ":%u", spec->array_step);
    fg_json_kv(json, "array", range);
}

static void flexible(struct fg_json *json, const struct fg_job_spec *spec)
{
    if (spec->flexible == FG_FLEXIBLE_NOT)
        return;
    fg_json_key(json, "flexible");
    fg_json_object(json);
    fg_json_kv(json, "by", fg_flexible_name(spec->flexible));
    number(json, "until_us", spec->flexible_until_us, 0);
    fg_json_end(json);
}

static void timing(struct fg_json *json, const struct fg_job_spec *spec)
{
    number(json, "priority", spec->priority, 0);
    number(json, "deadline_us", spec->deadline_us, 0);
    number(json, "begin_us", spec->begin_us, 0);
    number(json, "time_limit_us", spec->time_limit_us, 0);
    number(json, "duration_us", spec->duration_us, 0);
    flexible(json, spec);
    number(json, "grace_us", spec->grace_us, 0);
    number(json, "retries", spec->retries, 0);
    number(json, "retry_backoff_us", spec->retry_backoff_us, FG_RETRY_BACKOFF_US_DEFAULT);
    if (spec->preemptible)
        fg_json_kv_bool(json, "preemptible", true);
    number(json, "checkpoint_us", spec->checkpoint_us, 0);
    number(json, "restart_us", spec->restart_us, 0);
    text(json, "reservation", spec->reservation);
    array(json, spec);
    number(json, "compute_density", spec->compute_density, -1);
    number(json, "time_sensitivity", spec->time_sensitivity, -1);
    number(json, "memory_need", spec->memory_need, -1);
    text(json, "idempotency_key", spec->idempotency_key);
}

static void write_spec(struct fg_buf *out, const struct fg_job_spec *spec, bool hidden)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    text(&json, "name", spec->name);
    text(&json, "project", spec->project);
    text(&json, "run", spec->run);
    text(&json, "setup", spec->setup);
    texts(&json, "argv", spec->argv, spec->argv_len);
    text(&json, "cwd", spec->cwd);
    text(&json, "workdir", spec->workdir);
    text(&json, "workdir_hash", spec->workdir_hash);
    any_of(&json, spec);
    number(&json, "tasks", spec->tasks, 1);
    number(&json, "tasks_min", spec->tasks_min, 0);
    pairs(&json, "envs", spec->envs, spec->envs_len, hidden);
    pairs(&json, "labels", spec->labels, spec->labels_len, false);
    inputs(&json, spec, hidden);
    texts(&json, "outputs", spec->outputs, spec->outputs_len);
    text(&json, "outputs_to", spec->outputs_to);
    after(&json, spec);
    timing(&json, spec);
    fg_json_end(&json);
}

void fg_job_json_write(struct fg_buf *out, const struct fg_job_spec *spec)
{
    write_spec(out, spec, false);
}

void fg_job_json_write_public(struct fg_buf *out, const struct fg_job_spec *spec)
{
    write_spec(out, spec, true);
}

int fg_job_json_read(const struct fg_doc *doc,
                     int64_t now_us,
                     struct fg_arena *arena,
                     struct fg_job_spec *out,
                     struct fg_err *err)
{
    struct fg_job_reader reader = {
        .doc = {.arena = arena, .err = err, .text_left = FG_SPEC_BYTES_MAX}, .now_us = now_us};
    return fg_job_read(&reader, doc, out);
}
