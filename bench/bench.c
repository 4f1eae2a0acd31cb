#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The one place that remembers: a figure was missed, in this program that ends soon. */
static bool missed;

int64_t bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(2);
}

int bench_connect(const struct bench_daemon *daemon)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(daemon->port)};
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        bench_die("connect to port %u: %s", daemon->port, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return fd;
}

void bench_daemon_init(struct bench_daemon *daemon, const char *program)
{
    const char *under = getenv("TMPDIR");
    *daemon = (struct bench_daemon){};
    if (!realpath(program, daemon->program))
        bench_die("%s: %s", program, strerror(errno));
    snprintf(daemon->folder, sizeof(daemon->folder), "%.40s/fg-bench.XXXXXX",
             under ? under : "/tmp");
    if (!mkdtemp(daemon->folder))
        bench_die("%s: %s", daemon->folder, strerror(errno));
    snprintf(daemon->data, sizeof(daemon->data), "%s/data", daemon->folder);

    /* A port that the kernel holds to be free: nobody else asks for it within this second. */
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t len = sizeof(here);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&here, len)
        || getsockname(fd, (struct sockaddr *)&here, &len))
        bench_die("no free port: %s", strerror(errno));
    daemon->port = ntohs(here.sin_port);
    close(fd);
}

static void run_daemon(const struct bench_daemon *daemon, int out)
{
    char listen[32], log[128];
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", daemon->port);
    snprintf(log, sizeof(log), "%s/daemon.log", daemon->folder);
    int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    setenv("HOME", daemon->folder, 1);
    setenv("XDG_RUNTIME_DIR", daemon->folder, 1);
    setenv("XDG_CONFIG_HOME", daemon->folder, 1);
    execl(daemon->program, daemon->program, "up", "--data-dir", daemon->data, "--listen",
          listen, NULL);
    _exit(127);
}

static void read_token(struct bench_daemon *daemon)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/admin.token", daemon->data);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%127s", daemon->token) != 1)
        bench_die("%s: no token", path);
    fclose(file);
}

int64_t bench_daemon_start(struct bench_daemon *daemon)
{
    int out[2];
    int64_t start = bench_now_us();
    if (pipe2(out, O_CLOEXEC) != 0)
        bench_die("pipe: %s", strerror(errno));
    daemon->pid = fork();
    if (daemon->pid == 0)
        run_daemon(daemon, out[1]);
    close(out[1]);

    /* The pipe stays open in the daemon, so read only the line. */
    char line[512] = "";
    size_t len = 0;
    while (len < sizeof(line) - 1 && read(out[0], line + len, 1) == 1)
        if (line[len++] == '\n') {
            if (strncmp(line, "listening on", 12) == 0)
                break;
            memset(line, 0, sizeof(line));
            len = 0;
        }
    if (strncmp(line, "listening on", 12) != 0)
        bench_die("the daemon did not start: see %s/daemon.log", daemon->folder);
    int64_t took = bench_now_us() - start;
    fcntl(out[0], F_SETFD, 0);
    read_token(daemon);
    return took;
}

void bench_daemon_stop(struct bench_daemon *daemon)
{
    if (daemon->pid <= 0)
        return;
    kill(daemon->pid, SIGTERM);
    waitpid(daemon->pid, NULL, 0);
    daemon->pid = 0;
}

void bench_daemon_end(struct bench_daemon *daemon)
{
    char command[128];
    bench_daemon_stop(daemon);
    snprintf(command, sizeof(command), "rm -rf '%s'", daemon->folder);
    if (system(command) != 0)
        fprintf(stderr, "bench: %s could not be removed\n", daemon->folder);
}

static int64_t rss_kib(pid_t pid)
{
    char path[64], line[256];
    long long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmRSS: %lld", &kib) == 1)
            break;
    if (file)
        fclose(file);
    return kib;
}

int64_t bench_daemon_rss_kib(const struct bench_daemon *daemon)
{
    char path[64];
    int child;
    int64_t sum = rss_kib(daemon->pid);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)daemon->pid,
             (int)daemon->pid);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%d", &child) == 1)
        sum += rss_kib(child);
    if (file)
        fclose(file);
    return sum;
}

char *bench_request(const struct bench_daemon *daemon,
                    const char *method,
                    const char *path,
                    const char *body,
                    size_t *out_len)
{
    size_t size = strlen(path) + (body ? strlen(body) : 0) + 512;
    char *request = malloc(size);
    if (!request)
        bench_die("no memory");
    int len = snprintf(request, size,
                       "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                       "%sContent-Length: %zu\r\n\r\n%s",
                       method, path, daemon->port, daemon->token,
                       body ? "Content-Type: application/json\r\n" : "",
                       body ? strlen(body) : 0, body ? body : "");
    *out_len = (size_t)len;
    return request;
}

size_t bench_answer(const char *bytes, size_t len, int *out_status, const char **out_body)
{
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - bytes) + 4, body = 0;
    for (const char *line = bytes; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    if (len < head + body)
        return 0;
    *out_status = (int)strtol(bytes + 9, NULL, 10);
    *out_body = bytes + head;
    return head + body;
}

int bench_call(int fd,
               const struct bench_daemon *daemon,
               const char *method,
               const char *path,
               const char *body,
               char *out_body,
               size_t out_size)
{
    static char answer[1 << 20];
    size_t request_len, len = 0, whole = 0;
    const char *found = "";
    int status = 0;
    char *request = bench_request(daemon, method, path, body, &request_len);
    for (size_t sent = 0; sent < request_len;) {
        ssize_t n = send(fd, request + sent, request_len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            bench_die("%s %s: the connection was closed", method, path);
        sent += (size_t)n;
    }
    free(request);
    while (whole == 0) {
        ssize_t n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
        if (n <= 0)
            bench_die("%s %s: no answer", method, path);
        len += (size_t)n;
        answer[len] = 0;
        whole = bench_answer(answer, len, &status, &found);
    }
    if (out_size > 0)
        snprintf(out_body, out_size, "%.*s", (int)(answer + whole - found), found);
    return status;
}

void bench_daemon_drain(const struct bench_daemon *daemon)
{
    char body[65536], path[256], name[128];
    int fd = bench_connect(daemon);
    if (bench_call(fd, daemon, "GET", "/v1/nodes", NULL, body, sizeof(body)) != 200)
        bench_die("GET /v1/nodes: %s", body);
    const char *at = strstr(body, "\"name\"");
    if (!at || sscanf(at, "\"name\" : \"%127[^\"]", name) != 1)
        bench_die("no node in %s", body);
    snprintf(path, sizeof(path), "/v1/nodes/%s/drain", name);
    if (bench_call(fd, daemon, "POST", path, "{\"reason\":\"bench\"}", body, sizeof(body))
        != 200)
        bench_die("POST %s: %s", path, body);
    close(fd);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_quantile(double *values, size_t len, double q)
{
    if (len == 0)
        return 0;
    qsort(values, len, sizeof(*values), compare);
    size_t at = (size_t)((double)len * q / 100);
    return values[at < len ? at : len - 1];
}

void bench_line(const char *name,
                double value,
                const char *unit,
                enum bench_better better,
                double target,
                const char *rival,
                double rival_value)
{
    char wanted[32] = "-", other[96] = "-", ratio[32] = "-";
    bool met = target <= 0 || (better == BENCH_MORE ? value >= target : value <= target);
    if (target > 0)
        snprintf(wanted, sizeof(wanted), "%s %g%s", better == BENCH_MORE ? ">=" : "<=", target,
                 met ? "" : " MISSED");
    if (rival && rival_value > 0) {
        snprintf(other, sizeof(other), "%s: %.4g", rival, rival_value);
        double times = better == BENCH_MORE ? value / rival_value : rival_value / value;
        snprintf(ratio, sizeof(ratio), "%.*fx", times < 10 ? 2 : 0, times);
    }
    printf("%-46s %12.*f %-7s %-18s %-40s %s\n", name, value < 100 ? 2 : 0, value, unit, wanted,
           other, ratio);
    fflush(stdout);
    missed = missed || !met;
}

int bench_done(void)
{
    return missed && getenv("FASTGPU_BENCH_STRICT") ? 1 : 0;
}

bool bench_read_packed(const char *path, struct fg_buf *out)
{
    char command[4096], part[65536];
    size_t len = strlen(path);
    bool is_zip = len > 4 && strcmp(path + len - 4, ".zip") == 0;
    if (snprintf(command, sizeof(command), "%s '%s' 2>/dev/null",
                 is_zip ? "unzip -p" : "xz -dcf", path)
        >= (int)sizeof(command))
        return false;
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return false;
    while ((len = fread(part, 1, sizeof(part), pipe)) > 0)
        fg_buf_add(out, part, len);
    return pclose(pipe) == 0 && out->len > 0;
}
