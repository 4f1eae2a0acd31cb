/* hostile_test.c - malformed, slow, huge and many: the service answers, cuts, and goes on. */
#include "test/api/fake_service.h"
#include "test/api/http.h"
#include "test/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct fake_service *service;

static bool is_well(void)
{
    struct http_answer answer = {};
    int status = http_call(fake_port(service), NULL, "GET", "/healthz", NULL, &answer);
    http_clear(&answer);
    return status == 200;
}

/* %s in a request is the token of a member. */
static const struct {
    const char *why, *text;
    int status; /* 0: closed without an answer is fine as well; -1: any refusal */
    bool closes;
} malformed[] = {
    {"no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400, true},
    {"Host twice", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, true},
    {"Host with a list", "GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, true},
    {"Content-Length twice",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
     400, true},
    {"Content-Length twice, different",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
     400, true},
    {"length and chunks",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400, true},
    {"chunks twice",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n"
     "0\r\n\r\n",
     400, true},
    {"unknown coding",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     400, true},
    {"negative length", "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: -1\r\n\r\n{}",
     -1, true},
    {"length with a plus",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: +2\r\n\r\n{}", -1, true},
    {"length in hex", "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 0x2\r\n\r\n{}",
     -1, true},
    {"length too large for a number",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 99999999999999999999\r\n\r\n{}",
     -1, true},
    {"length over the limit",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: application/json\r\nContent-Length: "
     "99999999\r\n\r\n{}",
     413, true},
    {"bad chunk size",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: "
     "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
     "zz\r\n{}\r\n0\r\n\r\n",
     -1, true},
    {"chunk size too large",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: "
     "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
     "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
     -1, true},
    {"chunk without its end",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: "
     "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2\r\n{}xx0\r\n\r\n",
     -1, true},
    {"no type", "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\n\r\n{}", 415,
     false},
    {"wrong type",
     "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: text/plain\r\nContent-Length: "
     "2\r\n\r\n{}",
     415, false},
    {"body on a GET", "GET /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\n\r\n{}", 400,
     false},
    {"space before the colon", "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", -1, true},
    {"folded field", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n", 0, false},
    {"control byte in a field",
     "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\x01"
     "c\r\n\r\n",
     400, true},
    {"field name with a byte too many", "GET /healthz HTTP/1.1\r\nHost: a\r\nX(A): b\r\n\r\n",
     400, true},
    {"HTTP/0.9", "GET /healthz\r\n\r\n", -1, true},
    {"HTTP/2 spoken plainly", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", -1, true},
    {"version nonsense", "GET /healthz HTTP/x.y\r\nHost: a\r\n\r\n", -1, true},
    {"method nonsense", "G@T /healthz HTTP/1.1\r\nHost: a\r\n\r\n", -1, true},
    {"long method", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
     400, true},
    {"target without a slash", "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n", -1, false},
    {"absolute target", "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"NUL in the path", "GET /v1/jobs/%%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"half an escape", "GET /v1/jobs/%%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"no UTF-8 in the path", "GET /v1/jobs/%%ff%%fe HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"overlong UTF-8", "GET /v1/jobs/%%c0%%af HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"raw bytes in the path", "GET /v1/jobs/\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"dot segments", "GET /v1/../v1/jobs HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"empty segments", "GET //v1/jobs HTTP/1.1\r\nHost: a\r\n\r\n", 400, false},
    {"parameter without a value", "GET /v1/jobs?limit HTTP/1.1\r\nHost: a\r\n%s\r\n", 400,
     false},
    {"not HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0, true},
};

static bool is_closed(int fd)
{
    char byte;
    struct timeval limit = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    for (;;) {
        ssize_t got = recv(fd, &byte, 1, 0);
        if (got <= 0)
            return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

static void malformed_requests_are_refused(void)
{
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        char text[1024], field[128];
        struct http_answer answer = {};
        int fd = http_connect(fake_port(service));
        snprintf(field, sizeof(field), "Authorization: Bearer %s\r\n",
                 fake_token(service, FAKE_MEMBER));
        snprintf(text, sizeof(text), malformed[i].text, field);
        http_puts(fd, text);
        if (malformed[i].status <= 0)
            shutdown(fd, SHUT_WR);
        http_read(fd, &answer);
        printf("# %s: %d\n", malformed[i].why, answer.status);
        if (malformed[i].status > 0)
            EQ(answer.status, malformed[i].status);
        else
            OK(answer.status == 0 || (malformed[i].status == 0 && answer.status == 200)
               || (answer.status >= 400 && answer.status < 506));
        if (malformed[i].closes)
            OK(is_closed(fd));
        close(fd);
        http_clear(&answer);
    }
    OK(is_well());
}

/* Two readings of one stream of bytes: what a proxy takes for a body we must not take for a request. */
static void nothing_is_smuggled(void)
{
    static const char *const texts[] = {
        "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: "
        "application/json\r\nContent-Length: 2\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Length: 40\r\nContent-Length: 0\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "DELETE /v1/tokens/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\nExpect: "
        "100-continue\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[1024], field[128], got[8192] = "";
        size_t len = 0;
        int fd = http_connect(fake_port(service));
        snprintf(field, sizeof(field), "Authorization: Bearer %s\r\n",
                 fake_token(service, FAKE_MEMBER));
        snprintf(text, sizeof(text), texts[i], field);
        http_puts(fd, text);
        shutdown(fd, SHUT_WR);
        for (ssize_t step = 1;
             step > 0 && len<sizeof(got) - 1; len += step> 0 ? (size_t)step : 0)
            step = recv(fd, got + len, sizeof(got) - 1 - len, 0);
        OK(!strstr(got, "\"ok\""));
        close(fd);
    }
}

static int post(const char *body)
{
    struct http_answer answer = {};
    int status = http_call(fake_port(service), fake_token(service, FAKE_MEMBER), "POST",
                           "/v1/jobs", body, &answer);
    http_clear(&answer);
    return status;
}

static void hostile_documents_are_refused(void)
{
    static char deep[200001], wide[1000000];
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    EQ(post(deep), 413);
    size_t len = 0;
    len += (size_t)sprintf(wide + len, "{\"run\":\"x\",\"labels\":{");
    for (int i = 0; i < 60000; i++)
        len += (size_t)sprintf(wide + len, "%s\"k%d\":\"v\"", i ? "," : "", i);
    sprintf(wide + len, "}}");
    OK(post(wide) == 400);
    EQ(post("{\"run\":\"x\",\"run\":\"y\"}"), 400);
    EQ(post("{\"run\":\"\xff\xfe\"}"), 400);
    EQ(post("{\"run\":\"a\\u0000b\"}"), 400);
    EQ(post("{\"run\":\"\\ud800\"}"), 400);
    EQ(post("{\"run\":\"x\",\"priority\":1e999}"), 400);
    EQ(post("{\"run\":\"x\"} trailing"), 400);
    EQ(post(""), 400);
    EQ(post("null"), 400);
    OK(is_well());
}

static void long_heads_are_refused(void)
{
    static char text[70000];
    struct http_answer answer = {};
    int fd = http_connect(fake_port(service));
    size_t len = (size_t)sprintf(text, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ");
    memset(text + len, 'a', 60000);
    strcpy(text + len + 60000, "\r\n\r\n");
    http_puts(fd, text);
    http_read(fd, &answer);
    OK(answer.status == 0 || answer.status == 431 || answer.status == 413);
    close(fd);

    fd = http_connect(fake_port(service));
    len = (size_t)sprintf(text, "GET /healthz HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 300; i++)
        len += (size_t)sprintf(text + len, "X-%d: a\r\n", i);
    strcpy(text + len, "\r\n");
    http_puts(fd, text);
    http_read(fd, &answer);
    OK(answer.status == 0 || (answer.status >= 400 && answer.status < 500));
    close(fd);

    fd = http_connect(fake_port(service));
    len = (size_t)sprintf(text, "GET /v1/jobs?name=");
    memset(text + len, 'a', 5000);
    strcpy(text + len + 5000, " HTTP/1.1\r\nHost: a\r\n\r\n");
    http_puts(fd, text);
    http_read(fd, &answer);
    OK(answer.status == 0 || (answer.status >= 400 && answer.status < 500));
    close(fd);
    http_clear(&answer);
    OK(is_well());
}

static void requests_in_one_packet_are_answered_in_order(void)
{
    char text[2048];
    struct http_answer answer = {};
    int fd = http_connect(fake_port(service));
    const char *token = fake_token(service, FAKE_MEMBER);
    snprintf(text, sizeof(text),
             "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
             "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: "
             "application/json\r\n"
             "Content-Length: 11\r\n\r\n{\"run\":\"x\"}"
             "GET /v1/whoami HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n",
             token, token);
    http_puts(fd, text);
    http_read(fd, &answer);
    EQ(answer.status, 200);
    http_read(fd, &answer);
    EQ(answer.status, 201);
    http_read(fd, &answer);
    EQ(answer.status, 200);
    OK(answer.body && strstr(answer.body, "user-1"));
    /* Byte by byte, with the body in chunks. */
    snprintf(text, sizeof(text),
             "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: "
             "application/json\r\n"
             "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"run\r\n6\r\n\":\"x\"}\r\n0\r\n\r\n",
             token);
    for (size_t i = 0; text[i]; i++) {
        http_send(fd, text + i, 1);
        usleep(200);
    }
    http_read(fd, &answer);
    EQ(answer.status, 201);
    close(fd);
    http_clear(&answer);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Clients that trickle: one in the first line, one in the header, one in the body. */
static void those_who_trickle_are_cut(void)
{
    enum { SLOW = 60 };
    static int fds[SLOW];
    char field[128], text[512];
    double start = seconds();
    int cut = 0;

    snprintf(field, sizeof(field), "Authorization: Bearer %s\r\n",
             fake_token(service, FAKE_MEMBER));
    snprintf(text, sizeof(text),
             "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n%sContent-Type: "
             "application/json\r\nContent-Length: 500\r\n\r\n",
             field);
    for (int i = 0; i < SLOW; i++) {
        fds[i] = http_connect(fake_port(service));
        http_puts(fds[i], i % 3 == 0   ? "GET /hea"
                          : i % 3 == 1 ? "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: "
                                       : text);
    }
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < SLOW; i++)
            http_send(fds[i], "a", 1);
        usleep(200000);
        if (round % 5 == 0)
            OK(is_well());
    }
    for (int i = 0; i < SLOW; i++) {
        cut += is_closed(fds[i]);
        close(fds[i]);
    }
    printf("# %d of %d cut in %.1f s\n", cut, SLOW, seconds() - start);
    EQ(cut, SLOW);
}

static void two_thousand_idle_connections_do_not_matter(void)
{
    enum { IDLE = 2000 };
    static int fds[IDLE];
    int open = 0;
    for (int i = 0; i < IDLE; i++) {
        fds[i] = http_connect(fake_port(service));
        open += fds[i] >= 0;
    }
    double start = seconds();
    for (int i = 0; i < 50; i++)
        OK(is_well() && post("{\"run\":\"x\"}") == 201);
    printf("# %d open; 100 requests in %.3f s\n", open, seconds() - start);
    OK(seconds() - start < 10);
    for (int i = 0; i < IDLE; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* One who asks for much and does not read it holds nobody up. */
static void those_who_do_not_read_hold_nobody_up(void)
{
    enum { DEAF = 50 };
    static int fds[DEAF];
    char text[512];
    snprintf(text, sizeof(text),
             "GET /v1/jobs?limit=1000 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n",
             fake_token(service, FAKE_MEMBER));
    for (int i = 0; i < DEAF; i++) {
        fds[i] = http_connect(fake_port(service));
        for (int again = 0; again < 20; again++)
            http_puts(fds[i], text);
    }
    for (int i = 0; i < 10; i++)
        OK(is_well());
    for (int i = 0; i < DEAF; i++)
        close(fds[i]);
    OK(is_well());
}

static void clients_that_vanish_leave_nothing(void)
{
    char text[512];
    fake_pause(service, 500000);
    snprintf(text, sizeof(text),
             "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: "
             "application/json\r\n"
             "Content-Length: 11\r\n\r\n{\"run\":\"x\"}",
             fake_token(service, FAKE_MEMBER));
    for (int i = 0; i < 100; i++) {
        int fd = http_connect(fake_port(service));
        http_puts(fd, text);
        struct linger now = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(fd);
    }
    EQ(post("{\"run\":\"x\"}"), 201);
    OK(is_well());
}

int main(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    fake_config()->api_request_deadline_s = 3;
    fake_config()->api_idle_timeout_s = 5;

    service = fake_service_start();
    RUN(malformed_requests_are_refused);
    RUN(nothing_is_smuggled);
    RUN(hostile_documents_are_refused);
    RUN(long_heads_are_refused);
    RUN(requests_in_one_packet_are_answered_in_order);
    RUN(those_who_trickle_are_cut);
    RUN(two_thousand_idle_connections_do_not_matter);
    RUN(those_who_do_not_read_hold_nobody_up);
    RUN(clients_that_vanish_leave_nothing);
    fake_service_stop(service);
    return tap_done();
}
