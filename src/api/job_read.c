/* job_read.c - what is read of jobs: the list, one with all its parts, its curves. */
#include "api/answer.h"
#include "api/blobs.h"
#include "api/grams.h"
#include "api/job_view.h"
#include "api/worker.h"
#include "model/job_json.h"

#include <stdlib.h>
#include <string.h>

#define POINTS_MAX     3600
#define POINTS_DEFAULT 600

struct page {
    struct fg_json *json;
    int64_t now_us;
    size_t len, limit;
    uint64_t last;
};

/* "queued,running" as a bit set. */
static int parse_states(const char *text, uint32_t *out, struct fg_err *err)
{
    char copy[256];
    if (strlen(text) >= sizeof(copy))
        return fg_fail(err, FG_EINVAL, "query: state: too long");
    char *rest = strcpy(copy, text);
    while (rest) {
        const char *name = strsep(&rest, ",");
        int state = fg_job_state_find(name);
        if (state < 0)
            return fg_fail(err, FG_EINVAL, "query: state: %.40s is not a state of a job", name);
        *out |= 1U << state;
    }
    return 0;
}

/* "team=vision" */
static int parse_label(struct fg_call *call, struct fg_job_filter *filter, struct fg_err *err)
{
    const char *text = fg_target_param(&call->target, "label");
    if (!text)
        return 0;
    char *key = fg_arena_printf(call->arena, "%s", text);
    char *equals = strchr(key, '=');
    if (!equals || equals == key)
        return fg_fail(err, FG_EINVAL, "query: label: expected key=value");
    *equals = 0;
    filter->label_key = key;
    filter->label_value = equals + 1;
    return 0;
}

static int parse_order(struct fg_call *call, struct fg_job_filter *filter, struct fg_err *err)
{
    const char *order = fg_target_param(&call->target, "order");
    if (!order || strcmp(order, "desc") == 0)
        return 0;
    if (strcmp(order, "asc") != 0)
        return fg_fail(err, FG_EINVAL, "query: order: %.40s, expected asc or desc", order);
    filter->ascending = true;
    return 0;
}

static int parse_filter(struct fg_call *call, struct fg_job_filter *filter, struct fg_err *err)
{
    const struct fg_target *target = &call->target;
    const char *states = fg_target_param(target, "state");
    const char *project = fg_target_param(target, "project");
    uint64_t limit;

    *filter = (struct fg_job_filter){.project = call->actor.project,
                                     .user = fg_target_param(target, "user"),
                                     .name = fg_target_param(target, "name")};
    int rc = fg_target_page(target, &limit, &filter->before, err);
    filter->limit = limit;
    if (rc == 0)
        rc = fg_target_uint(target, "array", 1, INT64_MAX, &filter->array_id, err);
    if (rc == 0 && states)
        rc = parse_states(states, &filter->states, err);
    if (rc == 0)
        rc = parse_label(call, filter, err);
    if (rc == 0)
        rc = parse_order(call, filter, err);
    if (rc == 0 && project)
        rc = fg_worker_project(call->worker, project, &filter->in_project, err);
    if (rc == 0 && project && !fg_call_sees(call, filter->in_project))
        rc = fg_fail(err, FG_ENOENT, "project %.63s: not known", project);
    return rc;
}

static int add_job(void *self, const struct fg_job_view *job)
{
    struct page *page = self;
    fg_job_view_write(page->json, job, page->now_us);
    page->last = job->job.id;
    page->len++;
    return 0;
}

void fg_handle_job_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_job_filter filter;
    struct fg_json *json = &call->json;
    struct page page = {.json = json, .now_us = fg_api_now_us(call->api)};

    int rc = parse_filter(call, &filter, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    if (!reader) {
        fg_answer_error(call, &err);
        return;
    }
    fg_list_begin(call);
    if (fg_reader_jobs(reader, &filter, add_job, &page, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    fg_list_end(call, page.len == filter.limit ? page.last : 0);
}

struct detail {
    struct fg_call *call;
    struct fg_reader *reader;
    struct fg_err *err;
    bool hidden;
    struct fg_job_spec spec;
    bool spec_known;
    struct fg_grams grams; /* as of its submission */
    int64_t co2_mg;
};

/* The spec is shown through the one function that hides the values of variables. */
static void write_spec(struct detail *detail, const struct fg_job_view *job)
{
    struct fg_call *call = detail->call;
    struct fg_json *json = &call->json;
    const struct fg_doc *doc;
    struct fg_buf text = {};

    if (job->spec_json
        && fg_doc_json(job->spec_json, job->spec_json_len, call->arena, &doc, NULL) == 0
        && fg_job_json_read(doc, job->job.submitted_us, call->arena, &detail->spec, NULL) == 0)
        detail->spec_known = true;
    fg_json_key(json, "spec");
    if (detail->spec_known) {
        fg_job_json_write_public(&text, &detail->spec);
        fg_json_raw(json, text.text, text.len);
        fg_buf_free(&text);
    } else {
        fg_json_null(json);
    }
}

static void write_after(struct detail *detail)
{
    struct fg_json *json = &detail->call->json;
    fg_json_key(json, "after");
    fg_json_array(json);
    for (size_t i = 0; detail->spec_known && i < detail->spec.after_len; i++) {
        fg_json_object(json);
        fg_json_kv_id(json, "job", detail->spec.after[i].job);
        fg_json_kv(json, "when", detail->spec.after[i].any_end ? "any" : "succeeded");
        fg_json_end(json);
    }
    fg_json_end(json);
}

static int open_detail(void *self, const struct fg_job_view *job)
{
    struct detail *detail = self;
    if (!fg_call_sees(detail->call, job->job.project)) {
        detail->hidden = true;
        return 0;
    }
    fg_job_view_open(&detail->call->json, job, fg_api_now_us(detail->call->api));
    write_spec(detail, job);
    write_after(detail);
    int64_t now_us = fg_api_now_us(detail->call->api);
    return fg_grams_open(&detail->grams, detail->reader,
                         detail->call->api->options.energy_region, job->job.submitted_us,
                         job->finished_us ? job->finished_us : now_us, detail->err);
}

static int add_attempt(void *self, const struct fg_attempt_view *attempt)
{
    struct detail *detail = self;
    const struct fg_grams *grams = &detail->grams;
    int64_t hourly_mj;
    fg_attempt_view_write(&detail->call->json, attempt);
    detail->co2_mg +=
        fg_grams_mg(grams, fg_grams_grid(grams, attempt->region), attempt->usage.energy_mj,
                    attempt->started_us, attempt->finished_us, &hourly_mj);
    return 0;
}

static int add_artifact(void *self, const struct fg_artifact_view *artifact)
{
    fg_artifact_view_write(self, artifact);
    return 0;
}

static void drop_detail(struct detail *detail)
{
    fg_grams_close(&detail->grams);
}

static int write_detail(struct fg_call *call,
                        struct fg_reader *reader,
                        fg_job_id id,
                        struct fg_err *err)
{
    struct fg_json *json = &call->json;
    [[gnu::cleanup(drop_detail)]] struct detail detail = {
        .call = call, .reader = reader, .err = err};

    int rc = fg_reader_job(reader, id, open_detail, &detail, err);
    if (rc == FG_ENOENT || (rc == 0 && detail.hidden))
        return fg_fail(err, FG_ENOENT, "job %llu: not known", (unsigned long long)id);
    if (rc < 0)
        return rc;
    fg_json_key(json, "attempts");
    fg_json_array(json);
    rc = fg_reader_attempts(reader, id, add_attempt, &detail, err);
    if (rc < 0)
        return rc;
    fg_json_end(json);
    fg_json_key(json, "co2_g");
    if (detail.co2_mg > 0)
        fg_json_double(json, (double)detail.co2_mg / 1e3);
    else
        fg_json_null(json);
    fg_json_key(json, "artifacts");
    fg_json_array(json);
    rc = fg_reader_artifacts(reader, id, add_artifact, json, err);
    if (rc < 0)
        return rc;
    fg_json_end(json);
    fg_json_end(json);
    return 0;
}

void fg_handle_job_show(struct fg_call *call)
{
    struct fg_err err = {};
    fg_job_id id;
    struct fg_reader *reader = NULL;

    int rc = fg_call_id(call, "job", &id, &err);
    if (rc == 0)
        reader = fg_worker_reader(call->worker, &err);
    if (!reader || write_detail(call, reader, id, &err) < 0)
        fg_answer_error(call, &err);
    else
        fg_answer_json(call, 200);
}

static void kv_known(struct fg_json *json, const char *key, int64_t value)
{
    fg_json_key(json, key);
    if (value < 0)
        fg_json_null(json);
    else
        fg_json_int(json, value);
}

void fg_handle_job_usage(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    struct fg_err err = {};
    uint64_t limit = POINTS_DEFAULT;
    fg_job_id id = 0;

    int rc = fg_target_uint(&call->target, "limit", 1, POINTS_MAX, &limit, &err);
    if (rc == 0)
        rc = fg_call_id(call, "job", &id, &err);
    if (rc == 0)
        rc = fg_call_find_job(call, id, NULL, &err);
    if (rc < 0) {
        fg_answer_error(call, &err);
        return;
    }
    struct fg_job_point *points = FG_NEW(call->arena, struct fg_job_point, limit);
    size_t len = fg_series_job(call->api->options.series, id, points, limit);
    fg_json_object(json);
    fg_json_key(json, "points");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(json);
        fg_json_kv_time(json, "time", points[i].time_us);
        kv_known(json, "cpu_milli", points[i].cpu_milli);
        kv_known(json, "mem_mib", points[i].mem_mib);
        kv_known(json, "gpu_milli", points[i].gpu_milli);
        kv_known(json, "gpu_mem_mib", points[i].gpu_mem_mib);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

struct wanted {
    const char *path;
    struct fg_arena *arena;
    const char *hash;
};

static int find_artifact(void *self, const struct fg_artifact_view *artifact)
{
    struct wanted *wanted = self;
    if (strcmp(artifact->path, wanted->path) == 0)
        wanted->hash = fg_arena_printf(wanted->arena, "%s", artifact->hash);
    return 0;
}

void fg_handle_artifact_get(struct fg_call *call)
{
    struct fg_err err = {};
    struct wanted wanted = {.arena = call->arena};
    fg_job_id id;

    int rc = fg_call_id(call, "job", &id, &err);
    if (rc == 0)
        rc = fg_call_find_job(call, id, NULL, &err);
    if (rc == 0) {
        wanted.path = fg_call_rest(call);
        rc = fg_reader_artifacts(fg_worker_reader(call->worker, NULL), id, find_artifact,
                                 &wanted, &err);
    }
    if (rc == 0 && !wanted.hash)
        rc = fg_fail(&err, FG_ENOENT, "job %llu: has no artifact %.100s",
                     (unsigned long long)id, wanted.path);
    if (rc < 0)
        fg_answer_error(call, &err);
    else
        fg_blob_answer(call, wanted.hash, wanted.path);
}
