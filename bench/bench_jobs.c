/* bench_jobs.c - trivial jobs, start to finish, on the local engine.
 *
 *     POST /v1/jobs/batch --> queue --> schedule --> engine --> /bin/true --> succeeded
 *
 * First how soon a job's process runs after its submit on an idle pool (the process itself tells the
 * moment), then how many jobs a second go from submit to their end.  Rivals are programs that
 * bench/run measures beside us and hands over: GNU parallel and Slurm, jobs a second (0: not there).
 *
 * Usage: bench_jobs FASTGPU [jobs] [runs] [parallel's jobs/s] [Slurm's jobs/s] [Slurm's submit to start, ms]
 *        bench_jobs --stamp SOCKET      (what the probe job runs)
 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define BATCH  500
#define PROBES 200

static int stamp(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int64_t now = bench_now_us();
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return sendto(fd, &now, sizeof(now), 0, (struct sockaddr *)&to, sizeof(to)) == sizeof(now)
               ? 0
               : 1;
}

static int stamp_socket(const char *path)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 20};
    snprintf(here.sun_path, sizeof(here.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0)
        bench_die("%s cannot be made", path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static void wait_over(int http, const struct bench_daemon *daemon, const char *id)
{
    char path[96], answer[4096];
    snprintf(path, sizeof(path), "/v1/jobs/%s/wait?timeout_s=20", id);
    do {
        if (bench_call(http, daemon, "GET", path, NULL, answer, sizeof(answer)) != 200)
            bench_die("GET %s: %s", path, answer);
    } while (!strstr(answer, "\"over\":true") && !strstr(answer, "\"over\": true"));
}

/* From just before the request is sent to the first line of the job's program. */
static double start_delay_ms(const char *program, const char *self, double *out_p99)
{
    struct bench_daemon daemon;
    double delays[PROBES];
    char path[160], body[8192], answer[4096], id[32];
    bench_daemon_init(&daemon, program);
    bench_daemon_start(&daemon);
    snprintf(path, sizeof(path), "%s/stamp", daemon.folder);
    int stamps = stamp_socket(path), http = bench_connect(&daemon);
    snprintf(
        body, sizeof(body),
        "{\"name\":\"probe\",\"argv\":[\"%s\",\"--stamp\",\"%s\"],\"resources\":{\"cpus\":1}}",
        self, path);
    for (int i = 0; i < PROBES; i++) {
        int64_t before = bench_now_us(), started;
        if (bench_call(http, &daemon, "POST", "/v1/jobs", body, answer, sizeof(answer)) != 201)
            bench_die("submit: %s", answer);
        if (recv(stamps, &started, sizeof(started), 0) != sizeof(started))
            bench_die("a job did not start within 20 s: %s", answer);
        delays[i] = (double)(started - before) / 1000;
        if (sscanf(strstr(answer, "\"id\"") + 4, " : \"%31[0-9]", id) != 1)
            bench_die("no id in %s", answer);
        wait_over(http, &daemon, id);
    }
    close(http);
    close(stamps);
    bench_daemon_end(&daemon);
    *out_p99 = bench_quantile(delays, PROBES, 99);
    return bench_quantile(delays, PROBES, 50);
}

static long count_of(const char *status, const char *state)
{
    char member[64];
    snprintf(member, sizeof(member), "\"%s\"", state);
    const char *at = strstr(status, member);
    return at ? strtol(strchr(at, ':') + 1, NULL, 10) : -1;
}

static char *batch_body(size_t len)
{
    static const char spec[] =
        "{\"name\":\"true\",\"argv\":[\"/bin/true\"],\"resources\":{\"cpus\":0.1}}";
    char *body = malloc(len * sizeof(spec) + 64), *at = body;
    if (!body)
        bench_die("no memory");
    at += sprintf(at, "{\"jobs\":[");
    for (size_t i = 0; i < len; i++)
        at += sprintf(at, "%s%s", i ? "," : "", spec);
    sprintf(at, "]}");
    return body;
}

/* Jobs a second from the first submit to the last end. */
static double throughput(const char *program, size_t jobs)
{
    struct bench_daemon daemon;
    char answer[65536];
    bench_daemon_init(&daemon, program);
    bench_daemon_start(&daemon);
    int http = bench_connect(&daemon);
    int64_t start = bench_now_us();
    for (size_t sent = 0; sent < jobs;) {
        size_t len = jobs - sent < BATCH ? jobs - sent : BATCH;
        char *body = batch_body(len);
        if (bench_call(http, &daemon, "POST", "/v1/jobs/batch", body, answer, sizeof(answer))
            != 201)
            bench_die("batch: %s", answer);
        free(body);
        sent += len;
    }
    long done = 0;
    int64_t limit = start + 600 * 1'000'000LL;
    while (done < (long)jobs && bench_now_us() < limit) {
        usleep(20 * 1000);
        if (bench_call(http, &daemon, "GET", "/v1/status", NULL, answer, sizeof(answer)) != 200)
            bench_die("GET /v1/status: %s", answer);
        done = count_of(answer, "succeeded");
        if (count_of(answer, "failed") > 0)
            bench_die("a trivial job failed: %s", answer);
    }
    double took = (double)(bench_now_us() - start) / 1e6;
    if (done < (long)jobs)
        bench_die("%ld of %zu jobs were over after 10 minutes", done, jobs);
    close(http);
    bench_daemon_end(&daemon);
    return (double)jobs / took;
}

static double number(int argc, char **argv, int index, double otherwise)
{
    return index < argc ? strtod(argv[index], NULL) : otherwise;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--stamp") == 0)
        return stamp(argv[2]);
    if (argc < 2)
        bench_die(
            "usage: bench_jobs FASTGPU [jobs] [runs] [parallel/s] [slurm/s] [slurm start ms]");
    size_t jobs = (size_t)number(argc, argv, 2, 10000), runs = (size_t)number(argc, argv, 3, 3);
    double parallel = number(argc, argv, 4, 0), slurm = number(argc, argv, 5, 0),
           slurm_ms = number(argc, argv, 6, 0);
    double rates[32], p50[32], p99[32];
    char self[4096];
    if (!realpath(argv[0], self) || runs < 1 || runs > 32 || jobs < 1)
        bench_die("1 to 32 runs of at least one job");

    for (size_t i = 0; i < runs; i++)
        p50[i] = start_delay_ms(argv[1], self, &p99[i]);
    bench_line("submit to process start, idle pool, p50", bench_quantile(p50, runs, 50), "ms",
               BENCH_LESS, 5, "Slurm sbatch", slurm_ms);
    bench_line("  p99", bench_quantile(p99, runs, 50), "ms", BENCH_LESS, 0, NULL, 0);
    for (size_t i = 0; i < runs; i++)
        rates[i] = throughput(argv[1], jobs);
    double rate = bench_quantile(rates, runs, 50);
    char name[64];
    snprintf(name, sizeof(name), "%zu trivial jobs, start to finish", jobs);
    bench_line(name, rate, "jobs/s", BENCH_MORE, 500, slurm > 0 ? "Slurm" : "Slurm (not there)",
               slurm);
    bench_line("  the same, beside a launcher that keeps nothing", rate, "jobs/s", BENCH_MORE,
               0, "GNU parallel", parallel);
    return bench_done();
}
