/* jobs_test.c - jobs over HTTP: submit, batch, list, show, why, wait, cancel. */
#include "test/api/fake_service.h"
#include "test/api/http.h"
#include "test/tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOB                                                                                    \
    "{\"name\":\"train\",\"run\":\"python3 train.py\",\"envs\":{\"API_KEY\":\"hunter2\"}}"

static struct fake_service *service;
static struct http_answer answer;

static int call(enum fake_token who, const char *method, const char *path, const char *body)
{
    return http_call(fake_port(service), fake_token(service, who), method, path, body, &answer);
}

static bool says(const char *text)
{
    bool there = answer.body && strstr(answer.body, text);
    if (!there)
        printf("# not there: %s\n# in: %.600s\n", text, answer.body ? answer.body : "");
    return there;
}

static void a_job_is_submitted_listed_and_shown(void)
{
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", JOB), 201);
    OK(says("{\"id\":\"1\",\"count\":1,\"repeated\":false}"));
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs", NULL), 200);
    OK(says("\"items\":[{\"id\":\"1\",\"name\":\"train\",\"project\":\"default\",\"user\":"
            "\"user-1\""));
    OK(says("\"next\":null"));
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs/1", NULL), 200);
    OK(says("\"state\":\"queued\""));
    OK(says("\"spec\":{"));
    OK(says("API_KEY"));
    OK(!strstr(answer.body, "hunter2"));
    OK(says("\"attempts\":[]"));
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs/1/why", NULL), 200);
    OK(says("\"summary\":\"fake\""));
}

static void what_is_wrong_is_said(void)
{
    static const struct {
        const char *why, *method, *path, *body;
        int status;
        const char *detail;
    } rows[] = {
        {"no JSON", "POST", "/v1/jobs", "{\"run\":", 400, "body"},
        {"not an object", "POST", "/v1/jobs", "[1]", 400, "expected an object"},
        {"unknown member", "POST", "/v1/jobs", "{\"run\":\"x\",\"nonsense\":1}", 400,
         "nonsense"},
        {"nothing to run", "POST", "/v1/jobs", "{\"name\":\"x\"}", 400, "run"},
        {"unknown project", "POST", "/v1/jobs", "{\"run\":\"x\",\"project\":\"nope\"}", 404,
         "nope"},
        {"a client's folder", "POST", "/v1/jobs", "{\"run\":\"x\",\"workdir\":\".\"}", 400,
         "workdir"},
        {"unknown parameter", "GET", "/v1/jobs?colour=red", NULL, 400, "colour"},
        {"bad state", "GET", "/v1/jobs?state=sleeping", NULL, 400, "sleeping"},
        {"limit", "GET", "/v1/jobs?limit=1001", NULL, 400, "limit"},
        {"limit", "GET", "/v1/jobs?limit=0", NULL, 400, "limit"},
        {"twice", "GET", "/v1/jobs?limit=1&limit=2", NULL, 400, "twice"},
        {"no such job", "GET", "/v1/jobs/99", NULL, 404, "job 99"},
        {"no id", "GET", "/v1/jobs/abc", NULL, 404, "abc"},
        {"no such job", "POST", "/v1/jobs/99/cancel", NULL, 404, "job 99"},
        {"no such path", "GET", "/v1/nothing", NULL, 404, "path"},
        {"method", "DELETE", "/v1/jobs/1", NULL, 405, "GET"},
        {"empty batch", "POST", "/v1/jobs/batch", "{\"jobs\":[]}", 400, "1 to 1000"},
        {"one bad of a batch", "POST", "/v1/jobs/batch",
         "{\"jobs\":[{\"run\":\"x\"},{\"rum\":\"x\"}]}", 400, "jobs[1]"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# %s: %s %s\n", rows[i].why, rows[i].method, rows[i].path);
        EQ(call(FAKE_MEMBER, rows[i].method, rows[i].path, rows[i].body), rows[i].status);
        OK(says(rows[i].detail));
        OK(says("\"type\":\"about:blank\""));
        const char *type = http_field(&answer, "Content-Type");
        OK(type && strcmp(type, "application/problem+json") == 0);
    }
}

static void the_same_key_is_the_same_job(void)
{
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", "{\"run\":\"x\",\"idempotency_key\":\"k1\"}"),
       201);
    char first[256];
    snprintf(first, sizeof(first), "%.40s", answer.body);
    *strchr(first, ',') = 0;
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", "{\"run\":\"x\",\"idempotency_key\":\"k1\"}"),
       201);
    OK(says(first));
    OK(says("\"repeated\":true"));
    int fd = http_connect(fake_port(service));
    char text[512];
    snprintf(text, sizeof(text),
             "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
             "%s\r\nIdempotency-Key: k1\r\n"
             "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"run\":\"x\"}",
             fake_token(service, FAKE_MEMBER));
    http_puts(fd, text);
    http_read(fd, &answer);
    EQ(answer.status, 201);
    OK(says("\"repeated\":true"));
    close(fd);
}

static void a_batch_is_all_or_none(void)
{
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs?limit=1", NULL), 200);
    char before[64];
    snprintf(before, sizeof(before), "%.30s", answer.body);
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs/batch",
            "{\"jobs\":[{\"run\":\"x\"},{\"run\":\"\"}]}"),
       400);
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs?limit=1", NULL), 200);
    OK(says(before));
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs/batch",
            "{\"jobs\":[{\"run\":\"x\"},{\"run\":\"y\"}]}"),
       201);
    OK(says("{\"ids\":[\""));
}

static void pages_follow_each_other(void)
{
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs?limit=2&order=asc", NULL), 200);
    OK(says("\"next\":\"2\""));
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs?limit=1&order=asc&cursor=2", NULL), 200);
    OK(says("\"id\":\"3\""));
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs?state=running,failed", NULL), 200);
    OK(says("\"items\":[]"));
}

static void a_bound_token_sees_its_project_only(void)
{
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1/why", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1/wait?timeout_s=1", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1/logs", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1/usage", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs/1/artifacts/x", NULL), 404);
    EQ(call(FAKE_OTHER, "POST", "/v1/jobs/1/cancel", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs", NULL), 200);
    OK(says("\"items\":[]"));
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs?project=default", NULL), 404);
    EQ(call(FAKE_OTHER, "POST", "/v1/jobs", "{\"run\":\"x\",\"project\":\"default\"}"), 404);
    EQ(call(FAKE_OTHER, "POST", "/v1/jobs", "{\"run\":\"x\"}"), 201);
    EQ(call(FAKE_OTHER, "GET", "/v1/jobs", NULL), 200);
    OK(says("\"project\":\"other\""));
    EQ(call(FAKE_OTHER, "GET", "/v1/projects", NULL), 200);
    OK(says("\"name\":\"other\""));
    OK(!strstr(answer.body, "\"default\""));
    EQ(call(FAKE_OTHER, "GET", "/v1/projects/default", NULL), 404);
    EQ(call(FAKE_OTHER, "GET", "/v1/tokens", NULL), 200);
    OK(!strstr(answer.body, "\"user-0\""));
    EQ(call(FAKE_OTHER, "DELETE", "/v1/tokens/1", NULL), 404);
    EQ(call(FAKE_OTHER, "POST", "/v1/tokens",
            "{\"user\":\"x\",\"role\":\"viewer\",\"project\":\"default\"}"),
       403);
    EQ(call(FAKE_OTHER, "GET", "/v1/events", NULL), 200);
    OK(!strstr(answer.body, "\"job\":\"1\""));
}

static fg_job_id submit(void)
{
    if (call(FAKE_MEMBER, "POST", "/v1/jobs", JOB) != 201)
        return 0;
    return strtoull(answer.body + strlen("{\"id\":\""), NULL, 10);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *end_soon(void *job)
{
    usleep(200000);
    fake_job_end(service, *(fg_job_id *)job, FG_JOB_FAILED, 3);
    return NULL;
}

static void wait_answers_at_the_end_or_in_time(void)
{
    char path[64];
    fg_job_id job = submit();
    double start = seconds();

    snprintf(path, sizeof(path), "/v1/jobs/%llu/wait?timeout_s=1", (unsigned long long)job);
    EQ(call(FAKE_VIEWER, "GET", path, NULL), 200);
    OK(says("\"state\":\"queued\",\"exit_code\":null,\"over\":false"));
    OK(seconds() - start > 0.8 && seconds() - start < 3);

    fake_job_begin(service, job, 1);
    pthread_t thread;
    pthread_create(&thread, NULL, end_soon, &job);
    start = seconds();
    snprintf(path, sizeof(path), "/v1/jobs/%llu/wait?timeout_s=20", (unsigned long long)job);
    EQ(call(FAKE_VIEWER, "GET", path, NULL), 200);
    OK(says("\"state\":\"failed\",\"exit_code\":3,\"over\":true"));
    OK(seconds() - start < 2);
    pthread_join(thread, NULL);
    EQ(call(FAKE_VIEWER, "GET", path, NULL), 200);
    OK(says("\"exit_code\":3,\"over\":true"));
}

static void cancel_answers_the_state(void)
{
    char path[64];
    fg_job_id job = submit();
    snprintf(path, sizeof(path), "/v1/jobs/%llu/cancel", (unsigned long long)job);
    EQ(call(FAKE_MEMBER, "POST", path, NULL), 200);
    OK(says("\"state\":\"cancelled\""));
    EQ(call(FAKE_MEMBER, "POST", path, "{}"), 200);
    EQ(call(FAKE_MEMBER, "POST", path, "{\"why\":1}"), 400);
}

/* With the ETag of the last answer in the request. */
static int map_again(const char *etag)
{
    char text[512];
    snprintf(text, sizeof(text),
             "GET /v1/pool-map HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "If-None-Match: %s\r\n\r\n",
             fake_token(service, FAKE_VIEWER), etag);
    int fd = http_connect(fake_port(service));
    http_puts(fd, text);
    http_read(fd, &answer);
    close(fd);
    return answer.status;
}

static void the_map_of_the_pool_is_sent_once(void)
{
    char etag[64];
    EQ(call(FAKE_VIEWER, "GET", "/v1/pool-map", NULL), 200);
    OK(says("\"busy_milli\":[-1]"));
    OK(says("\"used_milli\":[500]"));
    const char *field = http_field(&answer, "ETag");
    OK(field != NULL);
    snprintf(etag, sizeof(etag), "%s", field ? field : "");
    EQ(map_again(etag), 304);
    EQ(answer.body_len, 0);
    EQ(map_again("\"another\""), 200);
}

static void failures_of_the_core_are_problems(void)
{
    fake_fail_with(service, FG_ENOSPC);
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", JOB), 507);
    OK(says("\"code\":\"FG_ENOSPC\",\"retry\":true"));
    EQ(call(FAKE_VIEWER, "GET", "/v1/nodes", NULL), 507);
    EQ(call(FAKE_VIEWER, "GET", "/v1/status", NULL), 507);
    EQ(call(FAKE_VIEWER, "GET", "/metrics", NULL), 507);
    EQ(call(FAKE_VIEWER, "GET", "/v1/projects", NULL), 507);
    EQ(call(FAKE_ADMIN, "POST", "/v1/tokens", "{\"user\":\"x\",\"role\":\"viewer\"}"), 507);
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/a", "{}"), 507);
    EQ(call(FAKE_VIEWER, "GET", "/v1/jobs/1/why", NULL), 507);
    fake_fail_with(service, 0);
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", JOB), 201);
}

static void waiters_are_answered_when_the_service_stops(void)
{
    char text[256];
    fg_job_id job = submit();
    int fd = http_connect(fake_port(service));
    snprintf(text, sizeof(text),
             "GET /v1/jobs/%llu/wait?timeout_s=60 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
             "%s\r\n\r\n",
             (unsigned long long)job, fake_token(service, FAKE_VIEWER));
    http_puts(fd, text);
    usleep(200000);
    double start = seconds();
    fake_service_stop(service);
    OK(seconds() - start < 3);
    http_read(fd, &answer);
    EQ(answer.status, 200);
    OK(says("\"over\":false"));
    close(fd);
}

int main(void)
{
    service = fake_service_start();
    RUN(a_job_is_submitted_listed_and_shown);
    RUN(what_is_wrong_is_said);
    RUN(the_same_key_is_the_same_job);
    RUN(a_batch_is_all_or_none);
    RUN(pages_follow_each_other);
    RUN(a_bound_token_sees_its_project_only);
    RUN(wait_answers_at_the_end_or_in_time);
    RUN(cancel_answers_the_state);
    RUN(the_map_of_the_pool_is_sent_once);
    RUN(failures_of_the_core_are_problems);
    RUN(waiters_are_answered_when_the_service_stops);
    http_clear(&answer);
    return tap_done();
}
