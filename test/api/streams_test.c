/* streams_test.c - logs, followed and not; events; blobs and artifacts; nodes, projects, metrics, page. */
#include "test/api/fake_service.h"
#include "test/api/http.h"
#include "test/tap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

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
        printf("# not there: %s\n# in: %.900s\n", text, answer.body ? answer.body : "");
    return there;
}

static fg_job_id submit(void)
{
    if (call(FAKE_MEMBER, "POST", "/v1/jobs", "{\"run\":\"x\"}") != 201)
        return 0;
    return strtoull(answer.body + strlen("{\"id\":\""), NULL, 10);
}

static int get_log(fg_job_id job, const char *query)
{
    char path[256];
    snprintf(path, sizeof(path), "/v1/jobs/%llu/logs%s", (unsigned long long)job, query);
    return call(FAKE_VIEWER, "GET", path, NULL);
}

static bool field_is(const char *name, const char *want)
{
    const char *value = http_field(&answer, name);
    bool same = value && strcmp(value, want) == 0;
    if (!same)
        printf("# %s: %s, want %s\n", name, value ? value : "(none)", want);
    return same;
}

static void a_log_is_one_run_of_bytes_over_its_parts(void)
{
    fg_job_id job = submit();
    EQ(get_log(job, "?stream=stdout"), 200);
    EQ(answer.body_len, 0);
    OK(field_is("X-Log-Over", "0"));
    fake_job_begin(service, job, 1);
    fake_log(service, job, 1, "stdout.log", "one\n", 4);
    fake_log(service, job, 1, "stdout.log.1", "two\n", 4);
    fake_log(service, job, 1, "stdout.log.2", "thr", 3);
    fake_log(service, job, 1, "stderr.log", "oops\n", 5);
    EQ(get_log(job, "?stream=stdout"), 200);
    OK(says("one\ntwo\nthr"));
    OK(field_is("X-Log-Next-Offset", "11"));
    EQ(get_log(job, "?stream=stdout&offset=2"), 200);
    EQ(answer.body_len, 9);
    OK(says("e\ntwo"));
    EQ(get_log(job, "?stream=stdout&offset=4"), 200);
    OK(strcmp(answer.body, "two\nthr") == 0);
    EQ(get_log(job, "?stream=stdout&offset=99"), 200);
    EQ(answer.body_len, 0);
    OK(field_is("X-Log-Next-Offset", "11"));
    EQ(get_log(job, "?stream=stdout&tail=5"), 200);
    OK(strcmp(answer.body, "o\nthr") == 0);
    EQ(get_log(job, ""), 200);
    OK(strcmp(answer.body, "one\ntwo\nthroops\n") == 0);
    OK(field_is("X-Log-Next-Offset", "stdout:11 stderr:5"));
    fake_job_end(service, job, FG_JOB_SUCCEEDED, 0);
    EQ(get_log(job, "?stream=stderr"), 200);
    OK(field_is("X-Log-Over", "1"));
    EQ(get_log(job, "?task=1"), 404);
    EQ(get_log(job, "?attempt=2"), 404);
    EQ(get_log(job, "?stream=stdlog"), 400);
    EQ(get_log(job, "?offset=1&tail=1"), 400);
}

static void an_output_that_is_elsewhere_is_told(void)
{
    fg_job_id job = submit();
    fake_job_begin(service, job, 1);
    EQ(get_log(job, ""), 200);
    OK(http_field(&answer, "X-Log-Elsewhere") == NULL); /* it may come */
    fake_job_end(service, job, FG_JOB_SUCCEEDED, 0);
    EQ(get_log(job, "?stream=stdout"), 200);
    OK(http_field(&answer, "X-Log-Elsewhere") != NULL);
}

static void a_link_out_of_the_data_folder_is_not_followed(void)
{
    char path[256];
    fg_job_id job = submit();
    fake_job_begin(service, job, 1);
    fake_log(service, job, 1, "stderr.log", "x", 1);
    snprintf(path, sizeof(path), "%s/jobs/0/%llu/1/0/stdout.log", fake_dir(service),
             (unsigned long long)job);
    EQ(symlink("/etc/passwd", path), 0);
    get_log(job, "?stream=stdout");
    OK(!answer.body || !strstr(answer.body, "root:"));
}

static int open_stream(const char *path, const char *last_id)
{
    char text[1024];
    int fd = http_connect(fake_port(service));
    snprintf(text, sizeof(text),
             "GET %s HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n%s%s%sAuthorization: "
             "Bearer %s\r\n\r\n",
             path, last_id ? "Last-Event-ID: " : "", last_id ? last_id : "",
             last_id ? "\r\n" : "", fake_token(service, FAKE_VIEWER));
    http_puts(fd, text);
    return fd;
}

/* Gather what comes until `text` is in it, at most some seconds. */
static bool comes(int fd, char *got, size_t size, const char *text)
{
    size_t len = strlen(got);
    struct timeval limit = {.tv_sec = 3};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    while (!strstr(got, text)) {
        ssize_t step = recv(fd, got + len, size - len - 1, 0);
        if (step <= 0) {
            printf("# not there: %s\n# in: %.900s\n", text, got);
            return false;
        }
        len += (size_t)step;
        got[len] = 0;
    }
    return true;
}

static void a_log_is_followed_to_the_end(void)
{
    char path[128], got[8192] = "";
    fg_job_id job = submit();
    snprintf(path, sizeof(path), "/v1/jobs/%llu/logs?follow=1", (unsigned long long)job);
    int fd = open_stream(path, NULL);
    OK(comes(fd, got, sizeof(got), "text/event-stream"));
    fake_job_begin(service, job, 1);
    fake_log(service, job, 1, "stdout.log", "hello\n", 6);
    OK(comes(fd, got, sizeof(got),
             "\"stream\":\"stdout\",\"offset\":0,\"attempt\":1,\"text\":\"hello\\n\""));
    OK(comes(fd, got, sizeof(got), "id: stdout:6 stderr:0"));
    /* A character in two halves is one character. */
    fake_log(service, job, 1, "stderr.log", "gr\xc3", 3);
    OK(comes(fd, got, sizeof(got), "\"offset\":0,\"attempt\":1,\"text\":\"gr\""));
    fake_log(service, job, 1, "stderr.log", "\xbcn", 2);
    OK(comes(fd, got, sizeof(got), "\"text\":\"\xc3\xbcn\""));
    fake_log(service, job, 1, "stdout.log.1", "more", 4);
    OK(comes(fd, got, sizeof(got), "\"offset\":6,\"attempt\":1,\"text\":\"more\""));
    /* A second attempt: its log follows from its beginning. */
    fake_log(service, job, 2, "stdout.log", "again", 5);
    fake_job_begin(service, job, 2);
    OK(comes(fd, got, sizeof(got), "\"offset\":0,\"attempt\":2,\"text\":\"again\""));
    OK(comes(fd, got, sizeof(got), "id: stdout:5 stderr:0 attempt:2"));
    fake_job_end(service, job, FG_JOB_FAILED, 7);
    OK(comes(fd, got, sizeof(got), "event: end\ndata: {\"state\":\"failed\",\"exit_code\":7}"));
    OK(comes(fd, got, sizeof(got), "\r\n0\r\n\r\n"));
    close(fd);

    got[0] = 0;
    fd = open_stream(path, "stdout:8 stderr:3");
    OK(comes(fd, got, sizeof(got), "\"offset\":8,\"attempt\":1,\"text\":\"re\""));
    OK(comes(fd, got, sizeof(got), "\"attempt\":2,\"text\":\"again\""));
    OK(comes(fd, got, sizeof(got), "event: end"));
    close(fd);
    got[0] = 0;
    fd = open_stream(path, "nonsense");
    OK(comes(fd, got, sizeof(got), "400"));
    close(fd);
}

static void events_come_live_and_after_a_break(void)
{
    char got[32768] = "";
    int fd = open_stream("/v1/events", NULL);
    OK(comes(fd, got, sizeof(got), "hello"));
    fg_job_id job = submit();
    OK(comes(fd, got, sizeof(got), "\"kind\":\"job.submitted\""));
    fake_job_begin(service, job, 1);
    OK(comes(fd, got, sizeof(got), "\"kind\":\"job.running\""));
    close(fd);
    got[0] = 0;
    fd = open_stream("/v1/events", "0");
    OK(comes(fd, got, sizeof(got), "id: 1\n"));
    OK(comes(fd, got, sizeof(got), "\"kind\":\"job.running\""));
    close(fd);
    EQ(call(FAKE_VIEWER, "GET", "/v1/events?after=1&limit=2", NULL), 200);
    OK(says("{\"items\":[{\"seq\":2,\"time\":\""));
    OK(says("\"next\":\"3\""));
    EQ(call(FAKE_VIEWER, "GET", "/v1/events?limit=2000", NULL), 400);
}

static void many_streams_need_no_threads(void)
{
    enum { STREAMS = 300 };
    static int fds[STREAMS];
    int woken = 0;
    for (int i = 0; i < STREAMS; i++)
        fds[i] = open_stream("/v1/events", NULL);
    for (int i = 0; i < STREAMS; i++) {
        char got[4096] = "";
        comes(fds[i], got, sizeof(got), "hello");
    }
    submit();
    for (int i = 0; i < STREAMS; i++) {
        char got[4096] = "";
        woken += comes(fds[i], got, sizeof(got), "job.submitted");
        close(fds[i]);
    }
    EQ(woken, STREAMS);
    EQ(call(FAKE_VIEWER, "GET", "/v1/whoami", NULL), 200);
}

static int put_blob(const char *hash, const char *body, size_t len)
{
    char text[512];
    int fd = http_connect(fake_port(service));
    snprintf(text, sizeof(text),
             "PUT /v1/blobs/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
             hash, fake_token(service, FAKE_MEMBER), len);
    http_puts(fd, text);
    http_send(fd, body, len);
    http_read(fd, &answer);
    close(fd);
    return answer.status;
}

static void a_blob_has_the_hash_of_its_name(void)
{
    static char body[700000];
    unsigned char hash[32];
    char name[80] = "blake2b:", path[128];

    memset(body, 'x', sizeof(body));
    crypto_generichash(hash, sizeof(hash), (unsigned char *)body, sizeof(body), NULL, 0);
    sodium_bin2hex(name + 8, sizeof(name) - 8, hash, sizeof(hash));
    snprintf(path, sizeof(path), "/v1/blobs/%s", name);
    EQ(call(FAKE_MEMBER, "GET", path, NULL), 404);
    EQ(put_blob(name, body, sizeof(body) - 1), 400);
    EQ(call(FAKE_MEMBER, "GET", path, NULL), 404);
    EQ(put_blob(name, body, sizeof(body)), 201);
    EQ(put_blob(name, body, sizeof(body)), 200);
    EQ(call(FAKE_MEMBER, "GET", path, NULL), 200);
    EQ(answer.body_len, sizeof(body));
    OK(field_is("X-Content-Type-Options", "nosniff"));
    OK(strstr(http_field(&answer, "Content-Disposition"), "attachment") != NULL);
    EQ(put_blob("blake2b:../../../etc/passwd", body, 10), 400);
    EQ(put_blob("blake2b:..%2f..%2fetc", body, 10), 400);
    char job[256];
    snprintf(job, sizeof(job), "{\"run\":\"x\",\"inputs\":{\"a.txt\":\"%s\"}}", name);
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", job), 201);
    job[strlen(job) - 4] ^= 1;
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", job), 400);
}

static void nodes_projects_status_and_metrics(void)
{
    EQ(call(FAKE_VIEWER, "GET", "/v1/nodes", NULL), 200);
    OK(says("{\"items\":[{\"name\":\"node-1\""));
    EQ(call(FAKE_VIEWER, "GET", "/v1/nodes/node-1", NULL), 200);
    OK(says("{\"name\":\"node-1\",\"state\":\"up\""));
    EQ(call(FAKE_VIEWER, "GET", "/v1/nodes/node-2", NULL), 404);
    EQ(call(FAKE_VIEWER, "GET", "/v1/nodes/node-1/usage", NULL), 200);
    OK(says("{\"points\":[],\"devices\":[{\"name\":\"cpu\",\"points\":[]},{\"name\":\"h100-0\","
            "\"points\":[]}]}"));
    EQ(call(FAKE_OPERATOR, "POST", "/v1/nodes/node-1/drain", "{\"reason\":\"fan\"}"), 200);
    EQ(call(FAKE_OPERATOR, "POST", "/v1/nodes/node-1/drain", "{\"reson\":\"fan\"}"), 400);
    EQ(call(FAKE_OPERATOR, "POST", "/v1/nodes/node-2/resume", NULL), 404);
    EQ(call(FAKE_OPERATOR, "GET", "/v1/moves", NULL), 200);
    OK(says("{\"items\":[],\"next\":null}"));
    EQ(call(FAKE_OPERATOR, "POST", "/v1/jobs/99/make-room", NULL), 404);
    EQ(call(FAKE_OPERATOR, "POST", "/v1/jobs/99/make-room", "{\"now\":true}"), 400);
    EQ(call(FAKE_VIEWER, "GET", "/v1/status", NULL), 200);
    OK(says("\"jobs\":{\"queued\":"));
    OK(says("\"capacity\":{\"gpu_milli\":1000"));
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/vision",
            "{\"weight\":200,\"quota\":{\"gpu_milli\":8000,\"kinds\":{\"H100\":4000}}}"),
       200);
    OK(says("\"weight\":200"));
    OK(says("\"gpu_milli\":8000"));
    OK(says("\"kinds\":{\"h100\":4000}"));
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/vision",
            "{\"priority\":5,\"quota\":{\"gpu_milli\":null}}"),
       200);
    OK(says("\"weight\":200,\"priority\":5,\"quota\":{\"gpu_milli\":null"));
    EQ(call(FAKE_MEMBER, "POST", "/v1/jobs", "{\"run\":\"x\",\"project\":\"vision\"}"), 201);
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/vision", "{\"weight\":0}"), 400);
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/vision", "{\"colour\":1}"), 400);
    EQ(call(FAKE_ADMIN, "PUT", "/v1/projects/a%20b", "{}"), 400);
    EQ(call(FAKE_VIEWER, "GET", "/v1/projects", NULL), 200);
    OK(says("\"usage\":{\"gpu_milli\":500"));
    EQ(call(FAKE_VIEWER, "GET", "/metrics", NULL), 200);
    OK(says("fastgpu_jobs{state=\"queued\"}"));
    OK(says("# TYPE DCGM_FI_DEV_GPU_UTIL gauge"));
    OK(says(
        "fastgpu_device_granted_ratio{gpu=\"0\",UUID=\"\",device=\"h100-0\",hpc_job=\"1\","));
    OK(says("# TYPE fastgpu_events_total counter"));
    OK(!says("# EOF"));
}

static void the_page_and_the_contract_are_served(void)
{
    EQ(http_call(fake_port(service), NULL, "GET", "/", NULL, &answer), 200);
    OK(field_is("X-Frame-Options", "DENY"));
    OK(strstr(http_field(&answer, "Content-Security-Policy"), "default-src 'self'") != NULL);
    EQ(http_call(fake_port(service), NULL, "GET", "/assets/nothing.js", NULL, &answer), 404);
    EQ(http_call(fake_port(service), NULL, "GET", "/assets/%2e%2e/secret", NULL, &answer), 400);
    EQ(http_call(fake_port(service), NULL, "GET", "/v1/openapi.yaml", NULL, &answer), 200);
    OK(says("openapi: 3.1"));
    EQ(http_call(fake_port(service), NULL, "HEAD", "/healthz", NULL, &answer), 200);
}

int main(void)
{
    service = fake_service_start();
    RUN(a_log_is_one_run_of_bytes_over_its_parts);
    RUN(an_output_that_is_elsewhere_is_told);
    RUN(a_link_out_of_the_data_folder_is_not_followed);
    RUN(a_log_is_followed_to_the_end);
    RUN(events_come_live_and_after_a_break);
    RUN(many_streams_need_no_threads);
    RUN(a_blob_has_the_hash_of_its_name);
    RUN(nodes_projects_status_and_metrics);
    RUN(the_page_and_the_contract_are_served);
    http_clear(&answer);
    fake_service_stop(service);
    return tap_done();
}
