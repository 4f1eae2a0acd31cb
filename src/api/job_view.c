/* job_view.c - see job_view.h */
#include "api/job_view.h"

#include <stdio.h>
#include <string.h>

void fg_json_kv_id(struct fg_json *json, const char *key, uint64_t id)
{
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
    fg_json_kv(json, key, text);
}

void fg_json_kv_time(struct fg_json *json, const char *key, int64_t time_us)
{
    fg_json_key(json, key);
    fg_json_time(json, time_us);
}

void fg_json_kv_seconds(struct fg_json *json, const char *key, int64_t duration_us)
{
    fg_json_key(json, key);
    if (duration_us < 0)
        fg_json_null(json);
    else
        fg_json_double(json, (double)duration_us / 1e6);
}

static void kv_int_or_null(struct fg_json *json, const char *key, int64_t value, bool known)
{
    fg_json_key(json, key);
    if (known)
        fg_json_int(json, value);
    else
        fg_json_null(json);
}

static void write_request(struct fg_json *json, const struct fg_job_view *job)
{
    const struct fg_request none = {};
    const struct fg_request *first = job->any_of_len ? &job->any_of[0] : &none;

    fg_json_key(json, "request");
    fg_json_object(json);
    fg_json_kv(json, "accelerators", first->kind[0] ? first->kind : NULL);
    fg_json_kv_int(json, "count", first->count);
    fg_json_kv_int(json, "gpu_milli", first->gpu_milli);
    fg_json_kv_int(json, "gpu_mem_mib", first->gpu_mem_mib);
    fg_json_kv_int(json, "cpu_milli", first->cpu_milli);
    fg_json_kv_int(json, "mem_mib", (int64_t)first->mem_mib);
    fg_json_kv_int(json, "alternatives", (int64_t)job->any_of_len);
    fg_json_end(json);
}

static void write_usage(struct fg_json *json, const struct fg_usage *usage)
{
    fg_json_key(json, "usage");
    fg_json_object(json);
    kv_int_or_null(json, "max_rss_mib", usage->max_rss_mib, usage->max_rss_mib >= 0);
    fg_json_kv_seconds(json, "cpu_s", usage->cpu_us);
    fg_json_kv_seconds(json, "gpu_s", usage->gpu_us);
    fg_json_key(json, "energy_j");
    if (usage->energy_mj > 0)
        fg_json_double(json, (double)usage->energy_mj / 1000);
    else
        fg_json_null(json);
    fg_json_end(json);
}

static void write_flexible(struct fg_json *json, const struct fg_job *job)
{
    bool is_held = job->shift == FG_SHIFT_HELD && job->state == FG_JOB_QUEUED;
    fg_json_key(json, "flexible");
    if (job->flexible == FG_FLEXIBLE_NOT) {
        fg_json_null(json);
        return;
    }
    fg_json_object(json);
    fg_json_kv(json, "by", fg_flexible_name(job->flexible));
    fg_json_kv_time(json, "until", job->flexible_until_us);
    fg_json_kv_time(json, "held_until", is_held ? job->eligible_us : 0);
    fg_json_end(json);
}

static void write_times(struct fg_json *json, const struct fg_job_view *view, int64_t now_us)
{
    const struct fg_job *job = &view->job;
    int64_t end_us = view->finished_us ? view->finished_us : now_us;

    fg_json_kv_time(json, "submitted", job->submitted_us);
    fg_json_kv_time(json, "eligible", job->eligible_us);
    fg_json_kv_time(json, "started", job->started_us);
    fg_json_kv_time(json, "finished", view->finished_us);
    int64_t duration_us = job->started_us ? end_us - job->started_us : -1;
    fg_json_kv_seconds(json, "duration_s",
                       job->started_us && duration_us < 0 ? 0 : duration_us);
    fg_json_kv_seconds(json, "time_limit_s", job->time_limit_us ? job->time_limit_us : -1);
    fg_json_kv_time(json, "deadline", job->deadline_us);
    write_flexible(json, job);
}

static void write_outcome(struct fg_json *json, const struct fg_job_view *view)
{
    bool ran = view->finished_us != 0 && view->job.attempt > 0;
    kv_int_or_null(json, "exit_code", view->exit_code,
                   ran && view->exit_code >= 0 && view->term_signal == 0);
    kv_int_or_null(json, "signal", view->term_signal, ran && view->term_signal > 0);
    fg_json_kv(json, "reason", view->reason ? view->reason : "");
}

static void write_array(struct fg_json *json, const struct fg_job *job)
{
    fg_json_kv_int(json, "tasks", fg_job_tasks_max(job));
    fg_json_kv_int(json, "tasks_min", job->tasks);
    if (job->array_id)
        fg_json_kv_id(json, "array_id", job->array_id);
    else
        fg_json_kv(json, "array_id", NULL);
    kv_int_or_null(json, "array_index", job->array_index, job->array_id != 0);
}

static void kv_raw(struct fg_json *json,
                   const char *key,
                   const char *text,
                   const char *otherwise)
{
    fg_json_key(json, key);
    if (!text || !text[0])
        text = otherwise;
    fg_json_raw(json, text, strlen(text));
}

void fg_job_view_open(struct fg_json *json, const struct fg_job_view *view, int64_t now_us)
{
    const struct fg_job *job = &view->job;

    fg_json_object(json);
    fg_json_kv_id(json, "id", job->id);
    fg_json_kv(json, "name", view->name);
    fg_json_kv(json, "project", view->project);
    fg_json_kv(json, "user", view->user);
    fg_json_kv(json, "state", fg_job_state_name(job->state));
    fg_json_kv(json, "node", view->node && view->node[0] ? view->node : NULL);
    kv_raw(json, "devices", view->devices, "[]");
    fg_json_key(json, "priority");
    fg_json_double(json, job->priority_milli / 1000.0);
    fg_json_kv_int(json, "attempt", job->attempt);
    write_times(json, view, now_us);
    write_outcome(json, view);
    write_array(json, job);
    write_request(json, view);
    write_usage(json, &view->usage);
    kv_int_or_null(json, "cost_uusd", view->cost_uusd, view->cost_uusd >= 0);
    fg_json_kv_bool(json, "preemptible", job->preemptible);
    kv_raw(json, "labels", view->labels_json, "{}");
    fg_json_kv(json, "reservation",
               view->reservation && view->reservation[0] ? view->reservation : NULL);
}

void fg_job_view_write(struct fg_json *json, const struct fg_job_view *job, int64_t now_us)
{
    fg_job_view_open(json, job, now_us);
    fg_json_end(json);
}

void fg_attempt_view_write(struct fg_json *json, const struct fg_attempt_view *attempt)
{
    bool over = attempt->finished_us != 0;

    fg_json_object(json);
    fg_json_kv_int(json, "attempt", attempt->attempt);
    fg_json_kv(json, "state", fg_job_state_name(attempt->outcome));
    fg_json_kv(json, "node", attempt->node && attempt->node[0] ? attempt->node : NULL);
    kv_raw(json, "devices", attempt->devices, "[]");
    fg_json_kv_time(json, "started", attempt->started_us);
    fg_json_kv_time(json, "finished", attempt->finished_us);
    kv_int_or_null(json, "exit_code", attempt->exit_code,
                   over && attempt->exit_code >= 0 && attempt->term_signal == 0);
    kv_int_or_null(json, "signal", attempt->term_signal, over && attempt->term_signal > 0);
    fg_json_kv(json, "reason", attempt->reason ? attempt->reason : "");
    write_usage(json, &attempt->usage);
    fg_json_end(json);
}

void fg_artifact_view_write(struct fg_json *json, const struct fg_artifact_view *artifact)
{
    fg_json_object(json);
    fg_json_kv(json, "path", artifact->path);
    fg_json_kv(json, "hash", artifact->hash);
    fg_json_kv_int(json, "bytes", (int64_t)artifact->bytes);
    fg_json_kv_time(json, "time", artifact->time_us);
    fg_json_end(json);
}

int fg_job_view_exit(const struct fg_job_view *view)
{
    switch (view->job.state) {
    case FG_JOB_SUCCEEDED:
        return 0;
    case FG_JOB_TIMED_OUT:
        return 124;
    case FG_JOB_CANCELLED:
        return 130;
    default:
        break;
    }
    if (view->term_signal > 0)
        return 128 + view->term_signal;
    return view->job.attempt == 0 || view->exit_code <= 0 ? 125 : view->exit_code;
}
