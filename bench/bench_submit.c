/* bench_submit.c - acknowledged durable submits over HTTP.
 *
 *     N keep-alive connections --POST /v1/jobs--> fastgpu (fsync before each 201)
 *
 * Each connection sends its next request when its last answer is in.  Every answer must be 201 with an
 * id that was never seen before.  The node is drained, so that starting jobs is not measured.
 * Rival: the same rows by a plain loop over SQLite, one INSERT a transaction, WAL, synchronous=FULL.
 *
 * Usage: bench_submit FASTGPU [seconds a run] [runs]
 *        bench_submit --to PORT CONNECTIONS JOBS BODY      against a daemon that runs, whose token is in FASTGPU_TOKEN;
 *                                                          prints jobs/s and the latencies (ms) p50 and p99
 */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH         100
#define IDS_MAX       (4u << 20)
#define LATENCIES_MAX (4u << 20)
#define ANSWER_MAX    8192

static const char spec[] =
    "{\"name\":\"bench\",\"argv\":[\"/bin/true\"],\"resources\":{\"cpus\":1}}";

struct client {
    int fd;
    size_t sent, got;
    int64_t started_us;
    char answer[ANSWER_MAX];
};

struct load {
    const struct bench_daemon *daemon;
    char *request;
    size_t request_len;
    struct client *clients;
    size_t clients_len;
    int epoll;
    uint8_t *seen; /* one bit an id */
    double *latency_ms;
    size_t answers, jobs, asked;
};

static void note_id(struct load *load, uint64_t id)
{
    if (id == 0 || id >= IDS_MAX)
        bench_die("id %llu is out of range", (unsigned long long)id);
    if (load->seen[id / 8] & (1u << (id % 8)))
        bench_die("id %llu was given twice", (unsigned long long)id);
    load->seen[id / 8] |= (uint8_t)(1u << (id % 8));
    load->jobs++;
}

/* {"id":"12",...} or {"ids":["12","13"]} */
static void note_answer(struct load *load, int status, const char *body, size_t len)
{
    if (status != 201)
        bench_die("status %d: %.*s", status, (int)len, body);
    const char *end = body + len, *at = memmem(body, len, "\"id", 3);
    if (!at)
        bench_die("no id in %.*s", (int)len, body);
    bool list = strncmp(at, "\"ids\"", 5) == 0;
    at += list ? 5 : 4;
    while ((at = memchr(at, '"', (size_t)(end - at)))) {
        char *after;
        note_id(load, strtoull(at + 1, &after, 10));
        at = after + 1;
        if (!list || at >= end || *at == ']')
            break;
    }
}

static void send_more(struct load *load, struct client *client)
{
    while (client->sent < load->request_len) {
        ssize_t n = send(client->fd, load->request + client->sent,
                         load->request_len - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            bench_die("a connection was closed: %s", strerror(errno));
        client->sent += (size_t)n;
    }
    struct epoll_event event = {.events = EPOLLIN
                                          | (client->sent < load->request_len ? EPOLLOUT : 0u),
                                .data.ptr = client};
    /* Only a request larger than the socket's buffer has to wait for room. */
    if (load->request_len > 4096)
        epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event);
}

static void begin(struct load *load, struct client *client)
{
    load->asked++;
    client->sent = client->got = 0;
    client->started_us = bench_now_us();
    send_more(load, client);
}

/* True when a whole answer is in. */
static bool receive(struct load *load, struct client *client)
{
    ssize_t n = recv(client->fd, client->answer + client->got, ANSWER_MAX - 1 - client->got,
                     MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0)
        bench_die("a connection was closed before its answer");
    client->got += (size_t)n;
    client->answer[client->got] = 0;
    int status;
    const char *body;
    size_t whole = bench_answer(client->answer, client->got, &status, &body);
    if (whole == 0)
        return false;
    note_answer(load, status, body, (size_t)(client->answer + whole - body));
    if (load->answers < LATENCIES_MAX)
        load->latency_ms[load->answers++] =
            (double)(bench_now_us() - client->started_us) / 1000;
    return true;
}

static void connect_all(struct load *load)
{
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->clients = calloc(load->clients_len, sizeof(*load->clients));
    load->seen = calloc(IDS_MAX / 8, 1);
    load->latency_ms = malloc(LATENCIES_MAX * sizeof(double));
    if (!load->clients || !load->seen || !load->latency_ms)
        bench_die("no memory");
    for (size_t i = 0; i < load->clients_len; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &load->clients[i]};
        load->clients[i].fd = bench_connect(load->daemon);
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, load->clients[i].fd, &event);
    }
}

static void close_all(struct load *load)
{
    for (size_t i = 0; i < load->clients_len; i++)
        close(load->clients[i].fd);
    close(load->epoll);
    free(load->clients);
    free(load->seen);
    free(load->latency_ms);
    free(load->request);
}

/* Drive the load for `seconds`, or until so many requests were made; returns jobs a second. */
static double drive(struct load *load, double seconds, size_t requests)
{
    struct epoll_event events[256];
    int64_t start = bench_now_us(), stop = start + (int64_t)(seconds * 1e6);
    size_t busy = load->clients_len;
    for (size_t i = 0; i < load->clients_len; i++)
        begin(load, &load->clients[i]);
    while (busy > 0) {
        int n = epoll_wait(load->epoll, events, 256, 20000);
        if (n <= 0)
            bench_die("no answer within 20 s");
        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;
            if (client->sent < load->request_len)
                send_more(load, client);
            if (!(events[i].events & ~(uint32_t)EPOLLOUT) || !receive(load, client))
                continue;
            if (bench_now_us() < stop && load->asked < requests)
                begin(load, client);
            else
                busy--;
        }
    }
    return (double)load->jobs / ((double)(bench_now_us() - start) / 1e6);
}

struct result {
    double per_second, p50_ms, p99_ms;
};

static struct result measure(struct load *load, double seconds, size_t requests)
{
    connect_all(load);
    struct result result = {.per_second = drive(load, seconds, requests)};
    result.p50_ms = bench_quantile(load->latency_ms, load->answers, 50);
    result.p99_ms = bench_quantile(load->latency_ms, load->answers, 99);
    close_all(load);
    return result;
}

static struct result run_once(
    const char *program, size_t connections, const char *path, const char *body, double seconds)
{
    struct bench_daemon daemon;
    bench_daemon_init(&daemon, program);
    bench_daemon_start(&daemon);
    bench_daemon_drain(&daemon);
    struct load load = {.daemon = &daemon, .clients_len = connections};
    load.request = bench_request(&daemon, "POST", path, body, &load.request_len);
    struct result result = measure(&load, seconds, SIZE_MAX);
    bench_daemon_end(&daemon);
    return result;
}

static int run_against(char **argv)
{
    struct bench_daemon daemon = {.port = (uint16_t)atoi(argv[2])};
    const char *token = getenv("FASTGPU_TOKEN");
    snprintf(daemon.token, sizeof(daemon.token), "%s", token ? token : "");
    struct load load = {.daemon = &daemon, .clients_len = strtoul(argv[3], NULL, 10)};
    load.request = bench_request(&daemon, "POST", "/v1/jobs", argv[5], &load.request_len);
    struct result result = measure(&load, 3600, strtoul(argv[4], NULL, 10));
    printf("%.0f %.2f %.2f\n", result.per_second, result.p50_ms, result.p99_ms);
    return 0;
}

static struct result median(const char *program,
                            size_t connections,
                            const char *path,
                            const char *body,
                            double seconds,
                            size_t runs)
{
    double rate[32], p50[32], p99[32];
    for (size_t i = 0; i < runs; i++) {
        struct result one = run_once(program, connections, path, body, seconds);
        rate[i] = one.per_second;
        p50[i] = one.p50_ms;
        p99[i] = one.p99_ms;
    }
    return (struct result){bench_quantile(rate, runs, 50), bench_quantile(p50, runs, 50),
                           bench_quantile(p99, runs, 50)};
}

static char *batch_body(void)
{
    char *body = malloc(BATCH * sizeof(spec) + 64), *at = body;
    if (!body)
        bench_die("no memory");
    at += sprintf(at, "{\"jobs\":[");
    for (int i = 0; i < BATCH; i++)
        at += sprintf(at, "%s%s", i ? "," : "", spec);
    sprintf(at, "]}");
    return body;
}

/* Rows a second by one INSERT a transaction. */
static double sqlite_loop(double seconds)
{
    struct bench_daemon folder;
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *insert;
    bench_daemon_init(&folder, "/bin/true");
    snprintf(path, sizeof(path), "%s/rival.db", folder.folder);
    if (sqlite3_open(path, &db) != SQLITE_OK
        || sqlite3_exec(
               db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
               "CREATE TABLE job(id INTEGER PRIMARY KEY, state INT, submitted INT, spec TEXT)",
               NULL, NULL, NULL)
               != SQLITE_OK
        || sqlite3_prepare_v2(db, "INSERT INTO job(state, submitted, spec) VALUES(0, ?, ?)", -1,
                              &insert, NULL)
               != SQLITE_OK)
        bench_die("sqlite: %s", sqlite3_errmsg(db));
    int64_t start = bench_now_us(), now = start;
    size_t rows = 0;
    for (; now < start + (int64_t)(seconds * 1e6); now = bench_now_us(), rows++) {
        sqlite3_bind_int64(insert, 1, now);
        sqlite3_bind_text(insert, 2, spec, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            bench_die("sqlite: %s", sqlite3_errmsg(db));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sqlite3_close(db);
    bench_daemon_end(&folder);
    return (double)rows / ((double)(now - start) / 1e6);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "--to") == 0)
        return run_against(argv);
    if (argc < 2)
        bench_die("usage: bench_submit FASTGPU [seconds a run] [runs]");
    double seconds = argc > 2 ? atof(argv[2]) : 3, rival[32];
    size_t runs = argc > 3 ? strtoul(argv[3], NULL, 10) : 3;
    if (seconds <= 0 || runs < 1 || runs > 32)
        bench_die("seconds above 0, 1 to 32 runs");

    for (size_t i = 0; i < runs; i++)
        rival[i] = sqlite_loop(seconds / 2);
    double loop = bench_quantile(rival, runs, 50);
    const char *name = "SQLite, one a commit";

    struct result few = median(argv[1], 64, "/v1/jobs", spec, seconds, runs);
    bench_line("durable submits, 64 connections", few.per_second, "jobs/s", BENCH_MORE, 8000,
               name, loop);
    bench_line("  p50", few.p50_ms, "ms", BENCH_LESS, 0, NULL, 0);
    bench_line("  p99", few.p99_ms, "ms", BENCH_LESS, 50, NULL, 0);
    struct result many = median(argv[1], 256, "/v1/jobs", spec, seconds, runs);
    bench_line("durable submits, 256 connections", many.per_second, "jobs/s", BENCH_MORE, 10000,
               name, loop);
    bench_line("  p50", many.p50_ms, "ms", BENCH_LESS, 0, NULL, 0);
    bench_line("  p99", many.p99_ms, "ms", BENCH_LESS, 50, NULL, 0);
    char *body = batch_body();
    struct result batch = median(argv[1], 16, "/v1/jobs/batch", body, seconds, runs);
    bench_line("durable submits, batches of 100, 16 conn.", batch.per_second, "jobs/s",
               BENCH_MORE, 50000, name, loop);
    bench_line("  p99 of a batch", batch.p99_ms, "ms", BENCH_LESS, 0, NULL, 0);
    free(body);
    return bench_done();
}
