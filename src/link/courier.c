/* courier.c - see courier.h: its connection, its lease, its life. */
#include "link/courier_inner.h"

#include "base/text.h"
#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BYTES    (64UL * 1024 * 1024)
#define PAUSE_FIRST_US 50000
#define PAUSE_MAX_US   2000000
#define WAIT_US        1000000 /* when the service said WAIT */
#define SILENT_BEATS   3
#define LOOK_US        200000 /* output of tasks is looked for so often */
#define SAMPLES_US     1000000
#define END_US         (20 * 1000000LL) /* the longest that the end may take */
#define STOP_PART      4 /* the last quarter of a lease is for TERM and what follows */

int64_t fg_courier_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void fg_courier_send(struct fg_courier *courier, const struct fg_message *message)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    if (!courier->channel)
        return;
    fg_message_write(&bytes, message);
    fg_channel_send(courier->channel, (uint8_t)message->kind, bytes.text, bytes.len);
}

void fg_courier_say(const struct fg_courier *courier, const char *fmt, ...)
{
    char text[FG_TEXT_MAX];
    int64_t now = fg_courier_now();
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)fprintf(stderr, "%lld.%06lld courier %s/%u: %s\n", (long long)(now / 1000000),
                  (long long)(now % 1000000), courier->options->who.allocation,
                  courier->options->who.number, text);
}

/* -- its end ------------------------------------------------------------------------------------------- */

/* From now on it only waits until its tasks are over. */
static void end(struct fg_courier *courier, int rc, int64_t grace_us)
{
    if (courier->ends)
        return;
    courier->ends = true;
    courier->rc = rc;
    fg_courier_say(courier, "ends (%s)", rc == 0 ? "in good order" : fg_code_name(rc));
    courier->end_by_us = fg_courier_now() + END_US + (grace_us > 0 ? grace_us : 0);
    fg_courier_task_stop_all(courier, grace_us);
}

static bool all_collected(const struct fg_courier *courier)
{
    return courier->tasks == NULL;
}

/* After SIGTERM the service still gets what tasks wrote and how they ended. */
static bool is_over(struct fg_courier *courier)
{
    int64_t now = fg_courier_now();
    bool was_heard = courier->on_line || !courier->options->inherit;
    if (courier->leaving && !courier->ends && all_collected(courier) && was_heard)
        end(courier, 0, 0);
    if (!courier->ends)
        return false;
    if (!fg_courier_idle(courier) || courier->heirs_len > 0)
        return now > courier->end_by_us;
    if (courier->on_line && !courier->said_bye) {
        courier->said_bye = true;
        fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_BYE});
        courier->end_by_us = now + 2 * PAUSE_MAX_US;
    }
    return !courier->on_line || !fg_channel_wants_out(courier->channel)
           || now > courier->end_by_us;
}

static void leave(struct fg_courier *courier, const char *why)
{
    if (courier->leaving)
        return;
    courier->leaving = true;
    fg_courier_say(courier, "%s", why);
    if (!courier->welcomed) {
        end(courier, 0, 0);
        return;
    }
    if (courier->on_line)
        fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_LEAVING, .text = why});
    fg_courier_task_stop_all(courier, -1);
}

/* -- the connection ------------------------------------------------------------------------------------ */

static void hang_up(struct fg_courier *courier, int64_t pause_us)
{
    fg_channel_free(courier->channel);
    courier->channel = NULL;
    courier->on_line = false;
    courier->retry_us = fg_courier_now() + pause_us;
    fg_courier_task_off_line(courier);
    fg_courier_carry_off_line(courier);
}

/* It did not work: try the next address; when none of them did, after a pause that grows. */
static void lose(struct fg_courier *courier)
{
    bool was_on = courier->on_line;
    if (was_on) {
        fg_courier_say(courier, "lost the line to %s",
                       courier->options->addresses[courier->address]);
        courier->pause_us = PAUSE_FIRST_US;
        courier->tries = 0;
    } else {
        courier->address = (courier->address + 1) % courier->options->addresses_len;
        courier->tries++;
    }
    bool is_round = courier->tries % courier->options->addresses_len == 0;
    hang_up(courier, is_round ? courier->pause_us : PAUSE_FIRST_US);
    if (is_round && courier->tries > 0)
        courier->pause_us =
            courier->pause_us * 2 < PAUSE_MAX_US ? courier->pause_us * 2 : PAUSE_MAX_US;
}

static int connect_to(const char *address)
{
    char host[256], *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (!fg_copy(host, sizeof(host), address) || !(port = strrchr(host, ':')))
        return -1;
    *port++ = '\0';
    char *name = host;
    if (name[0] == '[' && port[-2] == ']') {
        port[-2] = '\0';
        name++;
    }
    if (getaddrinfo(name, port, &hints, &list) != 0)
        return -1;
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) < 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static void call(struct fg_courier *courier)
{
    int64_t now = fg_courier_now();
    if (courier->channel || now < courier->retry_us)
        return;
    /* A new leader does not know which of the two it had sent its tasks to: it was the other one. */
    if (courier->options->inherit && fg_courier_has_successor(courier)) {
        end(courier, FG_ESTATE, 0);
        return;
    }
    int fd = connect_to(courier->options->addresses[courier->address]);
    if (fd < 0) {
        lose(courier);
        return;
    }
    courier->channel = fg_channel_connect(fd, &courier->options->who, courier->options->secret);
    courier->opened_us = courier->heard_us = now;
    courier->hello_us = 0;
}

static void send_hello(struct fg_courier *courier)
{
    uint32_t len = 0, room = 0;
    for (const struct fg_courier_task *task = courier->tasks; task; task = task->next)
        room++;
    struct fg_link_held *held = calloc(room + 1UL, sizeof(*held));
    if (!held)
        abort();
    for (const struct fg_courier_task *task = courier->tasks; task; task = task->next)
        held[len++] = (struct fg_link_held){
            .key = task->key,
            .state = task->phase >= FG_COURIER_SENDING   ? FG_LINK_ENDED
                     : task->phase == FG_COURIER_RUNNING ? FG_LINK_RUNNING
                                                         : FG_LINK_STARTING};
    courier->hello_us = fg_courier_now();
    struct fg_message hello = {.kind = FG_MESSAGE_HELLO,
                               .welcomed = courier->welcomed,
                               .epoch = courier->epoch,
                               .restarts = courier->restarts,
                               .name = courier->slurm_job,
                               .node = &courier->node,
                               .held = held,
                               .held_len = len};
    memcpy(hello.instance, courier->instance, sizeof(hello.instance));
    fg_courier_send(courier, &hello);
    free(held);
}

/* -- the lease ----------------------------------------------------------------------------------------- */

/* The service heard us no earlier than `from_us`, and counts from when it answered: we are over before it thinks so.
 * A lease may also become shorter, as when a service is back that was away for long: what it said last is what it counts. */
static void renew(struct fg_courier *courier, int64_t from_us, int64_t lease_us)
{
    if (courier->options->inherit)
        return; /* nothing runs */
    courier->kill_us = lease_us == 0 ? 0 : from_us + lease_us;
    fg_lease_set(courier->lease, lease_us == 0 ? 0 : courier->kill_us - lease_us / STOP_PART,
                 courier->kill_us);
}

static void beat(struct fg_courier *courier, int64_t now)
{
    if (!courier->on_line || now < courier->beat_due_us)
        return;
    courier->beat_due_us = now + courier->beat_us;
    courier->seq++;
    courier->beat_sent_us[courier->seq % FG_COURIER_BEATS_KEPT] = now;
    fg_courier_send(courier,
                    &(struct fg_message){.kind = FG_MESSAGE_BEAT, .seq = courier->seq});
}

static void take_renewal(struct fg_courier *courier, const struct fg_message *message)
{
    if (message->epoch < courier->epoch || message->seq > courier->seq
        || courier->seq - message->seq >= FG_COURIER_BEATS_KEPT)
        return;
    int64_t from_us = message->seq == 0
                          ? courier->hello_us
                          : courier->beat_sent_us[message->seq % FG_COURIER_BEATS_KEPT];
    renew(courier, from_us, message->lease_us);
}

/* -- what the service says ----------------------------------------------------------------------------- */

static void take_welcome(struct fg_courier *courier, const struct fg_message *message)
{
    if (message->epoch < courier->epoch) {
        fg_courier_say(courier, "is called by a leader of the past (epoch %llu, it knows %llu)",
                       (unsigned long long)message->epoch, (unsigned long long)courier->epoch);
        lose(courier);
        return;
    }
    courier->epoch = message->epoch;
    courier->on_line = courier->welcomed = true;
    fg_courier_say(courier, "is welcome (epoch %llu)", (unsigned long long)message->epoch);
    courier->pause_us = PAUSE_FIRST_US;
    courier->seq = 0;
    courier->beat_due_us = fg_courier_now() + courier->beat_us;
    renew(courier, courier->hello_us, message->lease_us);
    if (courier->leaving)
        fg_courier_send(courier,
                        &(struct fg_message){.kind = FG_MESSAGE_LEAVING,
                                             .text = courier->options->inherit
                                                         ? "it died"
                                                         : "its allocation is ending"});
}

/* Whoever says so may be one of several, and not the one that will know us. */
static void wait(struct fg_courier *courier)
{
    fg_courier_say(courier, "is to wait, says %s",
                   courier->options->addresses[courier->address]);
    courier->address = (courier->address + 1) % courier->options->addresses_len;
    hang_up(courier, WAIT_US);
}

/* Before it is welcome a service says one of three things. */
static void take_first(struct fg_courier *courier, const struct fg_message *message)
{
    if (message->kind == FG_MESSAGE_WELCOME)
        take_welcome(courier, message);
    else if (message->kind == FG_MESSAGE_AWAY)
        end(courier, FG_ESTATE, 0);
    else if (message->kind == FG_MESSAGE_WAIT)
        wait(courier);
    else
        lose(courier);
}

static void take_message(struct fg_courier *courier, const struct fg_message *message)
{
    if (!courier->on_line) {
        take_first(courier, message);
        return;
    }
    switch (message->kind) {
    case FG_MESSAGE_RENEW:
        take_renewal(courier, message);
        break;
    case FG_MESSAGE_START:
        fg_courier_task_start(courier, message);
        break;
    case FG_MESSAGE_RESUME:
        fg_courier_task_resume(courier, message);
        break;
    case FG_MESSAGE_STOP:
        fg_courier_task_stop(courier, message->key, message->lease_us);
        break;
    case FG_MESSAGE_COLLECT:
        fg_courier_task_collect(courier, message->key);
        break;
    case FG_MESSAGE_DATA:
        fg_courier_got_data(courier, message);
        break;
    case FG_MESSAGE_MISSING:
        fg_courier_missing(courier, message);
        break;
    case FG_MESSAGE_PUT_AT:
        fg_courier_put_at(courier, message);
        break;
    case FG_MESSAGE_CAP:
        fg_courier_power_take(courier, message);
        break;
    case FG_MESSAGE_DISMISS:
        end(courier, 0, -1);
        break;
    default:
        lose(courier);
    }
}

static int take_frames(struct fg_courier *courier)
{
    struct fg_message message;
    uint8_t kind;
    const char *bytes;
    size_t len;
    int rc = 0;
    while (courier->channel
           && (rc = fg_channel_next(courier->channel, &kind, &bytes, &len, NULL)) > 0) {
        fg_arena_reset(courier->arena);
        if (fg_message_read(kind, bytes, len, courier->arena, &message) < 0)
            return FG_EINVAL;
        take_message(courier, &message);
    }
    if (courier->channel && rc == 0 && courier->hello_us == 0
        && fg_channel_is_open(courier->channel))
        send_hello(courier);
    return rc;
}

static void use_channel(struct fg_courier *courier, short events)
{
    struct fg_err err = {};
    int rc = 0, got = 0;
    if (!courier->channel)
        return;
    if (events & (POLLIN | POLLHUP | POLLERR)) {
        rc = fg_channel_read(courier->channel, &err);
        got = take_frames(courier);
        courier->heard_us = fg_courier_now();
    }
    if (courier->channel && (rc < 0 || got < 0))
        lose(courier);
}

/* -- the loop ------------------------------------------------------------------------------------------ */

static void take_signals(struct fg_courier *courier)
{
    struct signalfd_siginfo info;
    while (read(courier->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        leave(courier, "its allocation is being ended (signal TERM)");
}

static void keep_time(struct fg_courier *courier)
{
    int64_t now = fg_courier_now();
    beat(courier, now);
    fg_courier_power_tick(courier, now);
    if (courier->channel && now - courier->heard_us > SILENT_BEATS * courier->beat_us)
        lose(courier);
    if (courier->kill_us != 0 && now > courier->kill_us)
        end(courier, FG_ETIMEOUT, 0);
    if (!courier->welcomed && now - courier->begun_us > courier->options->patience_us)
        end(courier, FG_EUNREACH, 0);
    if (now >= courier->samples_due_us) {
        courier->samples_due_us = now + SAMPLES_US;
        fg_courier_send_samples(courier);
    }
}

static int wait_ms(const struct fg_courier *courier)
{
    int64_t now = fg_courier_now();
    int64_t until = now + (courier->tasks || courier->ends ? LOOK_US : PAUSE_MAX_US);
    if (courier->on_line && courier->beat_due_us < until)
        until = courier->beat_due_us;
    if (!courier->channel && courier->retry_us < until)
        until = courier->retry_us;
    return until <= now ? 0 : (int)((until - now + 999) / 1000);
}

static void live(struct fg_courier *courier)
{
    while (!is_over(courier)) {
        call(courier);
        bool out = courier->channel && fg_channel_wants_out(courier->channel);
        struct pollfd fds[] = {
            {.fd = courier->signals, .events = POLLIN},
            {.fd = fg_engine_local.poll_fd(courier->engine), .events = POLLIN},
            {.fd = courier->pack.done, .events = POLLIN},
            {.fd = courier->channel ? fg_channel_fd(courier->channel) : -1,
             .events = (short)(POLLIN | (out ? POLLOUT : 0))}};
        int len = poll(fds, 4, wait_ms(courier));
        take_signals(courier);
        if (len > 0 && fds[3].revents)
            use_channel(courier, fds[3].revents);
        fg_courier_take_events(courier);
        fg_courier_packed(courier);
        fg_courier_look_for_dead(courier);
        keep_time(courier);
        fg_courier_task_pump(courier);
        if (courier->channel && fg_channel_flush(courier->channel) < 0)
            lose(courier);
    }
}

static int make_folder(struct fg_courier *courier, struct fg_err *err)
{
    const char *above = courier->options->folder;
    const char *tmp = getenv("TMPDIR");
    if (!above || !above[0])
        above = tmp && tmp[0] ? tmp : "/tmp";
    int rc = fg_fs_mkdirs(above, 0700);
    if (rc < 0)
        return fg_fail(err, FG_EIO, "%s: %s", above, strerror(-rc));
    if (snprintf(courier->dir, sizeof(courier->dir) - 256, "%s/" FG_COURIER_FOLDER "XXXXXX",
                 above)
            >= (int)sizeof(courier->dir) - 256
        || !mkdtemp(courier->dir))
        return fg_fail(err, FG_EIO, "%s: %s", above, strerror(errno));
    snprintf(courier->lease_path, sizeof(courier->lease_path), "%s/lease", courier->dir);
    return 0;
}

static int open_signals(struct fg_courier *courier, struct fg_err *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    courier->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    courier->pack.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return courier->signals < 0 || courier->pack.done < 0
               ? fg_fail(err, FG_EBACKEND, "no descriptors: %s", strerror(errno))
               : 0;
}

static int use_folder(struct fg_courier *courier, struct fg_err *err)
{
    const char *inherit = courier->options->inherit;
    if (!inherit)
        return make_folder(courier, err);
    if (!fg_copy(courier->dir, sizeof(courier->dir) - 256, inherit))
        return fg_fail(err, FG_ETOOBIG, "%s: its name is too long", inherit);
    snprintf(courier->lease_path, sizeof(courier->lease_path), "%s/lease", courier->dir);
    return 0;
}

static int note_or_take_over(struct fg_courier *courier, struct fg_err *err)
{
    const char *install = courier->options->install;
    if (courier->options->inherit)
        return fg_courier_take_over(courier, err);
    courier->is_noted = install && install[0];
    return courier->is_noted ? fg_courier_note_self(courier, err) : 0;
}

static int begin(struct fg_courier *courier, struct fg_err *err)
{
    int rc = use_folder(courier, err);
    if (rc == 0)
        rc = open_signals(courier, err);
    if (rc < 0)
        return rc;
    courier->lease = fg_lease_make(courier->lease_path, err);
    if (!courier->lease)
        return FG_EIO;
    struct fg_local_options options = {
        .data_dir = courier->dir, .config = &courier->config, .lease = courier->lease_path};
    courier->engine = fg_local_new(&options, err);
    if (!courier->engine)
        return FG_EBACKEND;
    fg_courier_see_host(courier);
    return note_or_take_over(courier, err);
}

static void finish(struct fg_courier *courier)
{
    if (courier->pack.running)
        pthread_join(courier->pack.thread, NULL);
    fg_channel_free(courier->channel);
    /* What the service has not heard of is for an heir, unless it does not want to hear of it. */
    bool leaves = courier->is_noted && courier->tasks && courier->rc != FG_ESTATE;
    if (courier->is_noted && !leaves)
        fg_courier_forget_self(courier);
    fg_courier_task_free_all(courier);
    fg_keep_blob_drop(&courier->get);
    if (courier->put.fd >= 0)
        close(courier->put.fd);
    fg_engine_local.free(courier->engine);
    fg_lease_free(courier->lease);
    if (courier->dir[0] && !leaves && (courier->is_noted || !courier->options->inherit))
        fg_fs_remove_tree(AT_FDCWD, courier->dir);
    if (courier->signals >= 0)
        close(courier->signals);
    if (courier->pack.done >= 0)
        close(courier->pack.done);
    fg_arena_free(courier->arena);
    free(courier);
}

static int explain(const struct fg_courier *courier, struct fg_err *err)
{
    const char *where = courier->options->addresses[0];
    switch (courier->rc) {
    case FG_ESTATE:
        return fg_fail(err, FG_ESTATE, "the service at %s does not expect this allocation",
                       where);
    case FG_ETIMEOUT:
        return fg_fail(err, FG_ETIMEOUT, "the service at %s was not heard for a whole lease",
                       where);
    case FG_EUNREACH:
        return fg_fail(err, FG_EUNREACH, "the service at %s was never reached", where);
    default:
        return courier->rc;
    }
}

int fg_courier_run(const struct fg_courier_options *options, struct fg_err *err)
{
    struct fg_courier *courier = calloc(1, sizeof(*courier));
    if (!courier || sodium_init() < 0)
        abort();
    courier->options = options;
    courier->get.fd = courier->put.fd = courier->signals = courier->pack.done = -1;
    courier->beat_us = options->beat_us > 0 ? options->beat_us : FG_LINK_BEAT_US;
    courier->pause_us = PAUSE_FIRST_US;
    courier->begun_us = fg_courier_now();
    courier->arena = fg_arena_new(ARENA_BYTES);
    fg_config_defaults(&courier->config);
    randombytes_buf(courier->instance, sizeof(courier->instance));
    int rc = begin(courier, err);
    if (rc == 0) {
        live(courier);
        rc = explain(courier, err);
    }
    finish(courier);
    return rc;
}
