/* launcher.c - see launcher.h */
#include "engine/launcher.h"

#include "engine/caps.h"
#include "engine/job_path.h"
#include "engine/note.h"
#include "engine/supervisor.h"
#include "engine/task_lock.h"
#include "engine/task_table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAN_ARENA_BYTES (8UL * 1024 * 1024)
#define BACKLOG_PAUSE_MS 20
#define RESCUE_S         60

/* A supervisor we forked; kept until its FORKED and ENDED are told. */
struct forked {
    struct fg_task_key key;
    pid_t pid;
    bool told, ended;
};

struct launcher {
    const struct fg_launcher_site *site;
    pid_t pid; /* our own */
    int signals;
    struct fg_buf in; /* bytes of messages, from `in_at` on not yet done */
    size_t in_at;
    struct forked *forked;
    size_t forked_len, forked_room;
    bool backlog; /* some note did not fit into the pipe */
};

static void run_supervisor(struct launcher *launcher, const char *bytes, size_t len)
{
    struct fg_plan plan;
    pid_t parent = launcher->pid;
    struct fg_arena *arena = fg_arena_new(PLAN_ARENA_BYTES);
    /* The lock of a launcher that is gone is what a new daemon waits for: only the notes pipe and the
     * engine's lock go with us. */
    close(launcher->site->socket);
    close(launcher->signals);
    if (fg_plan_read(bytes, len, arena, &plan) == 0)
        fg_supervisor_run(
            &(struct fg_supervisor_site){.data_dir = launcher->site->data_dir,
                                         .cgroups = launcher->site->cgroups,
                                         .notes = launcher->site->notes,
                                         .launcher = parent,
                                         .engine_lock = launcher->site->engine_lock},
            &plan);
    _exit(0);
}

static void add_forked(struct launcher *launcher, struct fg_task_key key, pid_t pid)
{
    if (launcher->forked_len == launcher->forked_room) {
        launcher->forked_room = launcher->forked_room ? launcher->forked_room * 2 : 64;
        launcher->forked =
            realloc(launcher->forked, launcher->forked_room * sizeof(*launcher->forked));
        if (!launcher->forked)
            abort();
    }
    launcher->forked[launcher->forked_len++] = (struct forked){.key = key, .pid = pid};
}

static bool send_note(struct launcher *launcher,
                      enum fg_note_kind kind,
                      const struct forked *it)
{
    struct fg_note note = {.kind = kind, .pid = it->pid, .event.key = it->key};
    bool full = fg_note_send(launcher->site->notes, &note) == -EAGAIN;
    launcher->backlog |= full;
    return !full;
}

/* Tell what is not told; forget those whose end is told. */
static void tell_all(struct launcher *launcher)
{
    launcher->backlog = false;
    for (size_t i = 0; i < launcher->forked_len && !launcher->backlog;) {
        struct forked *it = &launcher->forked[i];
        if (!it->told)
            it->told = send_note(launcher, FG_NOTE_FORKED, it);
        if (it->told && it->ended && send_note(launcher, FG_NOTE_ENDED, it))
            *it = launcher->forked[--launcher->forked_len];
        else
            i++;
    }
}

static void start(struct launcher *launcher,
                  struct fg_task_key key,
                  const char *bytes,
                  size_t len)
{
    pid_t pid = fork();
    if (pid == 0)
        run_supervisor(launcher, bytes, len);
    add_forked(launcher, key, pid);
    struct forked *it = &launcher->forked[launcher->forked_len - 1];
    /* No process: to the engine that is a supervisor that ended without a record. */
    if (pid < 0)
        *it = (struct forked){.key = key, .told = true, .ended = true};
    else
        it->told = send_note(launcher, FG_NOTE_FORKED, it);
    launcher->backlog |= pid < 0;
}

static void send_stop(int pidfd, pid_t pid, int64_t grace_us)
{
    int64_t grace_ms =
        grace_us / 1000; /* negative: the job's own, which the supervisor knows */
    siginfo_t info = {.si_signo = FG_STOP_SIGNAL, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = grace_us < 0           ? -1
                              : grace_ms > INT32_MAX ? INT32_MAX
                                                     : (int)grace_ms;
    if (pidfd >= 0)
        syscall(SYS_pidfd_send_signal, pidfd, FG_STOP_SIGNAL, &info, 0);
    else
        sigqueue(pid, FG_STOP_SIGNAL, info.si_value);
}

/* A task of an earlier daemon: its lock names the supervisor.  While the lock is held that process
 * lives, so its number cannot have gone to another. */
static void stop_adopted(struct launcher *launcher, struct fg_task_key key, int64_t grace_us)
{
    char dir[FG_PATH_MAX];
    struct fg_task_lock_text text;
    if (fg_task_dir(launcher->site->data_dir, key, dir) < 0
        || fg_task_lock_probe(dir, &text) != FG_LOCK_HELD || text.supervisor <= 0)
        return;
    int pidfd = (int)syscall(SYS_pidfd_open, text.supervisor, 0);
    if (pidfd < 0)
        return;
    if (fg_task_lock_probe(dir, &text) == FG_LOCK_HELD)
        send_stop(pidfd, 0, grace_us);
    close(pidfd);
}

static void stop(struct launcher *launcher, struct fg_task_key key, int64_t grace_us)
{
    /* From the newest: what is stopped early was started late. */
    for (size_t i = launcher->forked_len; i-- > 0;) {
        const struct forked *it = &launcher->forked[i];
        if (!fg_task_key_same(it->key, key))
            continue;
        if (!it->ended)
            send_stop(-1, it->pid, grace_us);
        return;
    }
    stop_adopted(launcher, key, grace_us);
}

/* Do the messages that are complete.  False: the sender talks nonsense. */
static bool do_messages(struct launcher *launcher)
{
    struct fg_launch_message message;
    while (launcher->in.len - launcher->in_at >= sizeof(message)) {
        const char *at = launcher->in.text + launcher->in_at;
        memcpy(&message, at, sizeof(message));
        if (message.len > FG_LAUNCH_BYTES_MAX)
            return false;
        if (launcher->in.len - launcher->in_at < sizeof(message) + message.len)
            break;
        if (message.kind == FG_LAUNCH_START)
            start(launcher, message.key, at + sizeof(message), message.len);
        else
            stop(launcher, message.key, message.grace_us);
        launcher->in_at += sizeof(message) + message.len;
    }
    /* Plans hold environment values: do not let old ones lie around. */
    size_t rest = launcher->in.len - launcher->in_at;
    if (launcher->in.len > 0) {
        memmove(launcher->in.text, launcher->in.text + launcher->in_at, rest);
        explicit_bzero(launcher->in.text + rest, launcher->in_at);
    }
    launcher->in.len = rest;
    launcher->in_at = 0;
    return true;
}

/* False: the daemon is gone. */
static bool receive(struct launcher *launcher)
{
    char *room = fg_buf_reserve(&launcher->in, 65536);
    ssize_t got = recv(launcher->site->socket, room, 65536, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return false;
    launcher->in.len += (size_t)got;
    return do_messages(launcher);
}

static void reap(struct launcher *launcher)
{
    struct signalfd_siginfo info;
    while (read(launcher->signals, &info, sizeof(info)) > 0)
        continue;
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
        for (size_t i = 0; i < launcher->forked_len; i++)
            if (launcher->forked[i].pid == pid && !launcher->forked[i].ended) {
                launcher->forked[i].ended = true;
                break;
            }
    tell_all(launcher);
}

/* Nothing of the daemon stays open here: neither its sockets nor the terminal it was started from. */
static void let_go(const struct fg_launcher_site *site)
{
    int keep[] = {site->socket, site->notes, site->engine_lock};
    int low = 3;
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    for (int round = 0; round < 3; round++) {
        int next = -1;
        for (int i = 0; i < 3; i++)
            if (keep[i] >= low && (next < 0 || keep[i] < next))
                next = keep[i];
        if (next < 0)
            break;
        if (next > low)
            close_range((unsigned)low, (unsigned)next - 1, 0);
        low = next + 1;
    }
    close_range((unsigned)low, ~0U, 0);
}

static int prepare_signals(void)
{
    sigset_t all, child;
    for (int number = 1; number < SIGRTMAX; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* In a process of its own: the next daemon waits for our lock, and a driver may hang. */
static void rescue_caps(const struct fg_launcher_site *site)
{
    if (fork() != 0)
        return;
    close(site->socket);
    close(site->notes);
    close(site->engine_lock);
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(RESCUE_S);
    fg_caps_rescue(site->data_dir);
    _exit(0);
}

void fg_launcher_run(const struct fg_launcher_site *site)
{
    struct launcher launcher = {.site = site, .pid = getpid()};
    setsid();
    let_go(site);
    prctl(PR_SET_NAME, "fastgpu-launch");
    launcher.signals = prepare_signals();
    for (;;) {
        struct pollfd fds[] = {{.fd = site->socket, .events = POLLIN},
                               {.fd = launcher.signals, .events = POLLIN}};
        if (poll(fds, 2, launcher.backlog ? BACKLOG_PAUSE_MS : -1) < 0 && errno != EINTR)
            break;
        if (fds[0].revents && !receive(&launcher))
            break;
        if (fds[1].revents)
            reap(&launcher);
        else if (launcher.backlog)
            tell_all(&launcher);
    }
    fg_buf_free(&launcher.in);
    free(launcher.forked);
    rescue_caps(site);
}
