/* test_kit.h - for tests of this folder: a service's end, couriers as processes of their own, a line that can be cut. */
#pragma once

#include "link/courier.h"
#include "link/inner.h"
#include "test/job.h"
#include "test/tap.h"

#include "base/text.h"
#include "engine/blob.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KIT_ALLOCATION "0123456789abcdef0123456789abcdef"
#define KIT_BEAT_US    200000
#define KIT_WAIT_S     30
#define KIT_EVENTS_MAX 256

static const char *kit_program;
/* Long: a busy machine must not end what a test is about. */
static int64_t kit_lease_us = 20000000;

struct kit {
    char dir[64], scratch[64];
    struct fg_link *link;
    char address[64];
    const char *allocation;
    uint32_t courier, attempt;
    struct fg_link_event event; /* the last one that was waited for */
    struct fg_node_spec node;
    size_t held_len;
    struct fg_link_event waiting[KIT_EVENTS_MAX]; /* not asked for yet */
    size_t waiting_len;
    int counts[8], started_events;
};

static inline void kit_open(struct kit *kit, bool was_bound)
{
    struct fg_err err = {};
    char listen[64];
    snprintf(listen, sizeof(listen), "%s", kit->address[0] ? kit->address : "127.0.0.1:0");
    struct fg_link_options options = {.listen = listen,
                                      .data_dir = kit->dir,
                                      .epoch = 1,
                                      .beat_us = KIT_BEAT_US,
                                      .margin_us = 1500000};
    kit->link = fg_link_new(&options, &err);
    if (!kit->link) {
        printf("Bail out! no link: %s\n", err.text);
        exit(1);
    }
    struct fg_link_allocation allocation = {.name = KIT_ALLOCATION,
                                            .couriers = was_bound ? 1 : 3,
                                            .lease_us = kit_lease_us,
                                            .was_bound = was_bound};
    OK(fg_link_expect(kit->link, &allocation, &err) == 0);
    fg_link_settle(kit->link);
    snprintf(kit->address, sizeof(kit->address), "%s", fg_link_address(kit->link));
}

static inline void kit_close(struct kit *kit)
{
    fg_link_free(kit->link);
    kit->link = NULL;
    kit->waiting_len = 0;
}

static inline struct kit kit_new(void)
{
    struct kit kit = {
        .dir = "/tmp/fastgpu-link-test-XXXXXX", .allocation = KIT_ALLOCATION, .attempt = 1};
    char path[96];
    if (!mkdtemp(kit.dir))
        exit(1);
    snprintf(path, sizeof(path), "%s/blobs", kit.dir);
    mkdir(path, 0700);
    snprintf(kit.scratch, sizeof(kit.scratch), "%s/scratch", kit.dir);
    mkdir(kit.scratch, 0700);
    kit_open(&kit, false);
    return kit;
}

static inline int kit_remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static inline void kit_free(struct kit *kit)
{
    kit_close(kit);
    nftw(kit->dir, kit_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* argv: program, "courier", address, allocation, number, folder; the key is in the environment.  Or: program, "heir",
 * folder. */
static inline int kit_be_courier(char **argv)
{
    struct fg_err err = {};
    size_t len;
    if (strcmp(argv[1], "heir") == 0)
        return fg_courier_inherit(argv[2], &err) < 0;
    const char *const heir[] = {argv[0], "heir", NULL};
    struct fg_courier_options options = {.install = getenv("KIT_INSTALL"),
                                         .heir_command = heir,
                                         .addresses = {argv[2]},
                                         .addresses_len = 1,
                                         .folder = argv[5],
                                         .is_shared = getenv("KIT_SHARED") != NULL,
                                         .patience_us = 20000000,
                                         .beat_us = KIT_BEAT_US};
    fg_copy(options.who.allocation, sizeof(options.who.allocation), argv[3]);
    options.who.number = (uint32_t)atoi(argv[4]);
    const char *given = getenv("KIT_KEY"), *hex = given ? given : "";
    sodium_hex2bin(options.secret, sizeof(options.secret), hex, strlen(hex), NULL, &len, NULL);
    int rc = fg_courier_run(&options, &err);
    if (rc < 0)
        fprintf(stderr, "# courier %s: %s\n", argv[4], err.text);
    return rc < 0;
}

static inline pid_t kit_courier(struct kit *kit, const char *address, uint32_t number)
{
    uint8_t secret[FG_LINK_SECRET_BYTES];
    char hex[65], text[16];
    OK(fg_link_secret(kit->link, kit->allocation, secret, NULL) == 0);
    sodium_bin2hex(hex, sizeof(hex), secret, sizeof(secret));
    setenv("KIT_KEY", hex, 1);
    snprintf(text, sizeof(text), "%u", number);
    pid_t pid = fork();
    if (pid == 0) {
        execl(kit_program, kit_program, "courier", address, kit->allocation, text, kit->scratch,
              (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Its exit status, -1 if it was killed. */
static inline int kit_exit(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void kit_take(struct kit *kit)
{
    struct fg_link_event event;
    while (kit->waiting_len < KIT_EVENTS_MAX && fg_link_next(kit->link, &event)) {
        kit->counts[event.kind]++;
        kit->started_events += event.kind == FG_LINK_TASK && event.task.kind == FG_TASK_STARTED;
        if (event.kind == FG_LINK_HELLO) {
            kit->node = *event.node;
            kit->held_len = event.held_len;
        }
        kit->waiting[kit->waiting_len++] = event;
    }
}

/* The first event that waits and fits; job 0: any of that kind. */
static inline bool kit_find(struct kit *kit,
                            enum fg_link_event_kind kind,
                            fg_job_id job,
                            int task_kind)
{
    for (size_t i = 0; i < kit->waiting_len; i++) {
        const struct fg_link_event *event = &kit->waiting[i];
        if (event->kind != kind
            || (kind == FG_LINK_TASK
                && (event->task.key.job != job || (int)event->task.kind != task_kind)))
            continue;
        kit->event = *event;
        memmove(&kit->waiting[i], &kit->waiting[i + 1],
                (kit->waiting_len - i - 1) * sizeof(kit->waiting[0]));
        kit->waiting_len--;
        return true;
    }
    return false;
}

static inline bool kit_await(struct kit *kit,
                             enum fg_link_event_kind kind,
                             fg_job_id job,
                             int task_kind)
{
    time_t until = time(NULL) + KIT_WAIT_S;
    while (time(NULL) < until) {
        kit_take(kit);
        if (kit_find(kit, kind, job, task_kind))
            return true;
        struct pollfd fd = {.fd = fg_link_poll_fd(kit->link), .events = POLLIN};
        poll(&fd, 1, 100);
    }
    return false;
}

static inline bool kit_wait_for(struct kit *kit, enum fg_link_event_kind kind)
{
    return kit_await(kit, kind, 0, 0);
}

static inline bool kit_task(struct kit *kit, fg_job_id job, enum fg_engine_event_kind kind)
{
    return kit_await(kit, FG_LINK_TASK, job, (int)kind);
}

static inline int kit_count(struct kit *kit, enum fg_link_event_kind kind)
{
    kit_take(kit);
    return kit->counts[kind];
}

static inline int kit_start(struct kit *kit, fg_job_id job, const struct fg_job_spec *spec)
{
    struct fg_err err = {};
    struct fg_link_courier who = {.allocation = KIT_ALLOCATION, .number = kit->courier};
    static struct fg_node_spec node = {.name = "pool.n1"};
    struct fg_task_start start = {.key = {job, kit->attempt, 0},
                                  .tasks = 1,
                                  .spec = spec,
                                  .node = &node,
                                  .grant = {.node = 1, .cpu_milli = 1000},
                                  .project = "default",
                                  .user = "tester",
                                  .uid = -1};
    int rc = fg_link_start(kit->link, &who, &start, &err);
    if (rc < 0)
        printf("# start: %s\n", err.text);
    return rc;
}

/* A file of the task, as text (of at most 64 KiB, in a buffer that the next call uses again). */
static inline const char *kit_file(const struct kit *kit, fg_job_id job, const char *name)
{
    static char text[65536];
    char path[FG_PATH_MAX + 64], dir[FG_PATH_MAX];
    fg_task_dir(kit->dir, (struct fg_task_key){job, kit->attempt, 0}, dir);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static inline bool kit_log(const struct kit *kit, fg_job_id job, const char *words)
{
    for (int i = 0; i < KIT_WAIT_S * 20; i++) {
        if (strstr(kit_file(kit, job, "stdout.log"), words))
            return true;
        usleep(50000);
    }
    return false;
}

static inline void kit_blob(const struct kit *kit, size_t len, char hash[80])
{
    char path[96];
    uint64_t bytes;
    snprintf(path, sizeof(path), "%s/input", kit->dir);
    FILE *file = fopen(path, "w+");
    for (size_t i = 0; i < len; i++)
        putc("0123456789\n"[(i * 7919 >> 3) % 11], file);
    fflush(file);
    rewind(file);
    OK(fg_blob_put(kit->dir, fileno(file), hash, &bytes) == 0);
    fclose(file);
}

static inline int64_t kit_blob_size(const struct kit *kit, const char *hash)
{
    char path[FG_PATH_MAX];
    struct stat state;
    return fg_blob_path(kit->dir, hash, path) == 0 && stat(path, &state) == 0
               ? (int64_t)state.st_size
               : -1;
}

static inline bool kit_runs(const char *words)
{
    char command[256];
    snprintf(command, sizeof(command), "pgrep -f -- '[%c]%s' >/dev/null", words[0], words + 1);
    return system(command) == 0;
}

static inline bool kit_gone(const char *words)
{
    for (int i = 0; i < 100 && kit_runs(words); i++)
        usleep(50000);
    return !kit_runs(words);
}

static inline bool kit_is_empty(const char *dir)
{
    return rmdir(dir) == 0 && mkdir(dir, 0700) == 0;
}

/* -- a line that can be cut ---------------------------------------------------------------------------- */

#define PROXY_PAIRS 64

struct proxy {
    char address[64];
    struct sockaddr_in to;
    int listener;
    pthread_t thread;
    _Atomic int
        cut; /* 1: cut all now, 2: and drop what is under way; 3: no more connections; 4: end */
    int pairs[PROXY_PAIRS][2];
    int pairs_len;
};

static inline void proxy_close_all(struct proxy *proxy)
{
    for (int i = 0; i < proxy->pairs_len; i++) {
        close(proxy->pairs[i][0]);
        close(proxy->pairs[i][1]);
    }
    proxy->pairs_len = 0;
}

static inline void proxy_accept(struct proxy *proxy)
{
    int from = accept(proxy->listener, NULL, NULL);
    int to = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(to, (struct sockaddr *)&proxy->to, sizeof(proxy->to)) < 0
        || proxy->pairs_len == PROXY_PAIRS) {
        close(from);
        close(to);
        return;
    }
    proxy->pairs[proxy->pairs_len][0] = from;
    proxy->pairs[proxy->pairs_len++][1] = to;
}

/* Small pieces, so that frames are torn. */
static inline void proxy_move(struct proxy *proxy, int pair, int side)
{
    char bytes[5000];
    ssize_t got = recv(proxy->pairs[pair][side], bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0 && send(proxy->pairs[pair][!side], bytes, (size_t)got, MSG_NOSIGNAL) == got)
        return;
    close(proxy->pairs[pair][0]);
    close(proxy->pairs[pair][1]);
    proxy->pairs[pair][0] = proxy->pairs[proxy->pairs_len - 1][0];
    proxy->pairs[pair][1] = proxy->pairs[proxy->pairs_len - 1][1];
    proxy->pairs_len--;
}

static void *proxy_run(void *self)
{
    struct proxy *proxy = self;
    while (proxy->cut != 4) {
        struct pollfd fds[1 + 2 * PROXY_PAIRS] = {
            {.fd = proxy->cut == 3 ? -1 : proxy->listener, .events = POLLIN}};
        int pairs = proxy->pairs_len;
        for (int i = 0; i < pairs; i++)
            for (int side = 0; side < 2; side++)
                fds[1 + 2 * i + side] =
                    (struct pollfd){.fd = proxy->pairs[i][side], .events = POLLIN};
        poll(fds, 1 + 2 * (nfds_t)pairs, 10);
        if (proxy->cut == 1 || proxy->cut == 2 || proxy->cut == 3)
            proxy_close_all(proxy);
        if (proxy->cut == 1 || proxy->cut == 2)
            proxy->cut = 0;
        else
            for (int i = pairs - 1; i >= 0 && proxy->pairs_len == pairs; i--)
                for (int side = 0; side < 2 && proxy->pairs_len == pairs; side++)
                    if (fds[1 + 2 * i + side].revents)
                        proxy_move(proxy, i, side);
        if (fds[0].revents)
            proxy_accept(proxy);
    }
    proxy_close_all(proxy);
    return NULL;
}

static inline struct proxy *proxy_new(const char *to)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    proxy->to = at;
    proxy->to.sin_port = htons((uint16_t)atoi(strrchr(to, ':') + 1));
    proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
    OK(bind(proxy->listener, (struct sockaddr *)&at, sizeof(at)) == 0
       && listen(proxy->listener, 16) == 0);
    getsockname(proxy->listener, (struct sockaddr *)&at, &len);
    snprintf(proxy->address, sizeof(proxy->address), "127.0.0.1:%d", ntohs(at.sin_port));
    pthread_create(&proxy->thread, NULL, proxy_run, proxy);
    return proxy;
}

static inline void proxy_cut(struct proxy *proxy, int how)
{
    proxy->cut = how == 0 ? 0 : how;
}

static inline void proxy_stop(struct proxy *proxy)
{
    proxy->cut = 3;
}

static inline void proxy_free(struct proxy *proxy)
{
    proxy->cut = 4;
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    free(proxy);
}
