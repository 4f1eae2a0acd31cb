/* bench_link.c - the link: short tasks through real couriers, and thousands of couriers that only beat.
 *
 * Rival of the tasks: the local engine without a link, in the same run.  This program is also the couriers, and the crowd
 * of idle ones. */
#include "bench/bench.h"
#include "link/courier.h"
#include "link/message.h"
#include "test/job.h"

#include "base/text.h"
#include "engine/local.h"

#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/channel.h"

#define ALLOCATION "0123456789abcdef0123456789abcdef"
#define COURIERS   4
#define IN_FLIGHT  32
#define TASKS      3000
#define IDLE       4000 /* of one allocation at most 4,096 */
#define IDLE_S     10

static const char *program;
static struct fg_job_spec spec;
static const char *const words[] = {"/bin/true"};

static int64_t cpu_us(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL + use.ru_utime.tv_usec
           + use.ru_stime.tv_usec;
}

static struct fg_task_start start_of(fg_job_id job, const struct fg_node_spec *node)
{
    return (struct fg_task_start){.key = {job, 1, 0},
                                  .tasks = 1,
                                  .spec = &spec,
                                  .node = node,
                                  .grant = {.node = 1, .cpu_milli = 100},
                                  .project = "default",
                                  .user = "bench",
                                  .uid = -1};
}

static pid_t spawn(const char *role, const char *address, uint32_t number, const char *folder)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", number);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program, program, role, address, text, folder, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void read_secret(uint8_t out[FG_LINK_SECRET_BYTES])
{
    size_t len;
    const char *given = getenv("BENCH_KEY"), *hex = given ? given : "";
    sodium_hex2bin(out, FG_LINK_SECRET_BYTES, hex, strlen(hex), NULL, &len, NULL);
}

static int be_courier(char **argv)
{
    struct fg_err err = {};
    struct fg_courier_options options = {.who = {.allocation = ALLOCATION},
                                         .addresses = {argv[2]},
                                         .addresses_len = 1,
                                         .folder = argv[4],
                                         .patience_us = 10000000};
    options.who.number = (uint32_t)atoi(argv[3]);
    read_secret(options.secret);
    if (fg_courier_run(&options, &err) < 0)
        fprintf(stderr, "courier: %s\n", err.text);
    return 0;
}

/* -- a crowd that only beats ---------------------------------------------------------------------------- */

static struct fg_channel *call(const char *address, uint32_t number)
{
    uint8_t secret[FG_LINK_SECRET_BYTES];
    struct fg_link_courier who = {.allocation = ALLOCATION, .number = number};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        bench_die("connection %u", number);
    read_secret(secret);
    return fg_channel_connect(fd, &who, secret);
}

static void send_message(struct fg_channel *channel, const struct fg_message *message)
{
    struct fg_buf bytes = {};
    fg_message_write(&bytes, message);
    fg_channel_send(channel, (uint8_t)message->kind, bytes.text, bytes.len);
    fg_buf_free(&bytes);
    if (fg_channel_flush(channel) < 0)
        bench_die("a connection was cut");
}

static void drain(struct fg_channel *channel)
{
    uint8_t kind;
    const char *bytes;
    size_t len;
    struct fg_err err;
    if (fg_channel_read(channel, &err) < 0)
        bench_die("a connection was cut: %s", err.text);
    while (fg_channel_next(channel, &kind, &bytes, &len, &err) > 0)
        continue;
}

static int be_crowd(char **argv)
{
    static struct fg_channel *channels[IDLE];
    struct fg_node_spec node = {.name = "n"};
    for (uint32_t i = 0; i < IDLE; i++) {
        channels[i] = call(argv[2], i);
        if (fg_channel_flush(channels[i]) < 0)
            bench_die("connection %u", i);
        while (!fg_channel_is_open(channels[i])) {
            poll(&(struct pollfd){.fd = fg_channel_fd(channels[i]), .events = POLLIN}, 1, 1000);
            drain(channels[i]);
        }
        struct fg_message hello = {.kind = FG_MESSAGE_HELLO, .node = &node};
        memcpy(hello.instance, &i, sizeof(i));
        send_message(channels[i], &hello);
    }
    /* Each every 2 s, spread over them. */
    for (uint64_t seq = 1;; seq++)
        for (uint32_t i = 0; i < IDLE; i++) {
            send_message(channels[i],
                         &(struct fg_message){.kind = FG_MESSAGE_BEAT, .seq = seq});
            drain(channels[i]);
            if (i % 20 == 0)
                usleep(FG_LINK_BEAT_US / (IDLE / 20));
        }
}

/* -- the measurements ----------------------------------------------------------------------------------- */

static struct fg_link *open_link(const char *folder, uint32_t couriers)
{
    struct fg_err err = {};
    uint8_t secret[FG_LINK_SECRET_BYTES];
    char hex[65], path[96];
    snprintf(path, sizeof(path), "%s/blobs", folder);
    mkdir(path, 0700);
    struct fg_link_options options = {.listen = "127.0.0.1:0", .data_dir = folder, .epoch = 1};
    struct fg_link_allocation allocation = {
        .name = ALLOCATION, .couriers = couriers, .lease_us = 60000000};
    struct fg_link *link = fg_link_new(&options, &err);
    if (!link || fg_link_expect(link, &allocation, &err) < 0
        || fg_link_secret(link, ALLOCATION, secret, &err) < 0)
        bench_die("%s", err.text);
    fg_link_settle(link);
    sodium_bin2hex(hex, sizeof(hex), secret, sizeof(secret));
    setenv("BENCH_KEY", hex, 1);
    return link;
}

static void wait_for(struct fg_link *link)
{
    poll(&(struct pollfd){.fd = fg_link_poll_fd(link), .events = POLLIN}, 1, 1000);
}

static void await_couriers(struct fg_link *link, uint32_t wanted)
{
    struct fg_link_event event;
    while (wanted > 0) {
        wait_for(link);
        while (fg_link_next(link, &event))
            wanted -= event.kind == FG_LINK_HELLO;
    }
}

static void start_one(struct fg_link *link, fg_job_id job, uint32_t courier)
{
    struct fg_err err = {};
    static const struct fg_node_spec node = {.name = "n"};
    struct fg_link_courier who = {.allocation = ALLOCATION, .number = courier};
    struct fg_task_start start = start_of(job, &node);
    if (fg_link_start(link, &who, &start, &err) < 0)
        bench_die("%s", err.text);
}

static double run_through_link(const char *folder, double *out_cpu_us)
{
    struct fg_link *link = open_link(folder, COURIERS);
    struct fg_link_event event;
    pid_t pids[COURIERS];
    fg_job_id next = 1;
    for (uint32_t i = 0; i < COURIERS; i++)
        pids[i] = spawn("courier", fg_link_address(link), i, folder);
    await_couriers(link, COURIERS);
    int64_t begun = bench_now_us(), cpu = cpu_us();
    while (next <= IN_FLIGHT * COURIERS) {
        start_one(link, next, (uint32_t)next % COURIERS);
        next++;
    }
    for (int ended = 0; ended < TASKS;) {
        wait_for(link);
        while (fg_link_next(link, &event)) {
            if (event.kind != FG_LINK_TASK || event.task.kind == FG_TASK_STARTED)
                continue;
            if (event.task.kind != FG_TASK_EXITED || event.task.exit_code != 0)
                bench_die("a task failed: %s", event.task.reason);
            ended++;
            fg_link_collect(link, event.task.key);
            if (next <= TASKS)
                start_one(link, next++, event.courier.number);
        }
    }
    double seconds = (double)(bench_now_us() - begun) / 1e6;
    *out_cpu_us = (double)(cpu_us() - cpu) / TASKS;
    fg_link_dismiss(link, ALLOCATION);
    for (int i = 0; i < COURIERS; i++)
        waitpid(pids[i], NULL, 0);
    fg_link_free(link);
    return TASKS / seconds;
}

static double run_locally(const char *folder)
{
    struct fg_err err = {};
    struct fg_config config;
    struct fg_engine_event event;
    static struct fg_node_spec node = {.name = "n", .cpu_milli = 2000};
    fg_config_defaults(&config);
    struct fg_local_options options = {.data_dir = folder, .config = &config};
    struct fg_engine *engine = fg_local_new(&options, &err);
    if (!engine)
        bench_die("%s", err.text);
    int64_t begun = bench_now_us();
    fg_job_id next = 1;
    int ended = 0;
    while (ended < TASKS) {
        for (; next <= TASKS && next <= (fg_job_id)ended + IN_FLIGHT * COURIERS; next++) {
            struct fg_task_start start = start_of(next, &node);
            if (fg_engine_local.start(engine, &start, &err) < 0)
                bench_die("%s", err.text);
        }
        poll(&(struct pollfd){.fd = fg_engine_local.poll_fd(engine), .events = POLLIN}, 1,
             1000);
        while (fg_engine_local.next_event(engine, &event))
            if (event.kind != FG_TASK_STARTED) {
                ended++;
                fg_engine_local.collect(engine, event.key);
            }
    }
    double seconds = (double)(bench_now_us() - begun) / 1e6;
    fg_engine_local.free(engine);
    return TASKS / seconds;
}

static void run_idle(const char *folder)
{
    struct fg_link *link = open_link(folder, IDLE);
    int64_t begun = bench_now_us();
    pid_t pid = spawn("crowd", fg_link_address(link), 0, folder);
    await_couriers(link, IDLE);
    double came_s = (double)(bench_now_us() - begun) / 1e6;
    sleep(2);
    int64_t cpu = cpu_us();
    sleep(IDLE_S);
    double share = (double)(cpu_us() - cpu) / (IDLE_S * 1e6);
    bench_line("couriers that call and prove who they are", IDLE / came_s, "/s", BENCH_MORE, 0,
               NULL, 0);
    bench_line("beats of 5,000 couriers: CPU of the service", share * 100 * 5000 / IDLE, "%",
               BENCH_LESS, 5, NULL, 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fg_link_free(link);
}

static int remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static void in_folder(char folder[64])
{
    strcpy(folder, "/tmp/fastgpu-bench-link-XXXXXX");
    if (!mkdtemp(folder))
        bench_die("no folder");
}

int main(int argc, char **argv)
{
    char folder[64];
    double cpu_us_each;
    program = "/proc/self/exe";
    spec = test_job("");
    spec.any_of[0].cpu_milli = 100;
    spec.argv = words;
    spec.argv_len = 1;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){16384, 16384});
    if (argc == 5)
        return strcmp(argv[1], "courier") == 0 ? be_courier(argv) : be_crowd(argv);
    in_folder(folder);
    double local = run_locally(folder);
    nftw(folder, remove_one, 32, FTW_DEPTH | FTW_PHYS);
    in_folder(folder);
    double linked = run_through_link(folder, &cpu_us_each);
    bench_line("tasks through 4 couriers on this machine", linked, "/s", BENCH_MORE, 0,
               "local engine", local);
    bench_line("CPU of the service for a task of a courier", cpu_us_each, "us", BENCH_LESS,
               2000, NULL, 0);
    nftw(folder, remove_one, 32, FTW_DEPTH | FTW_PHYS);
    in_folder(folder);
    run_idle(folder);
    nftw(folder, remove_one, 32, FTW_DEPTH | FTW_PHYS);
    return bench_done();
}
