/* watch.c - see watch.h */
#include "engine/watch.h"

#include "engine/lease.h"
#include "engine/procs.h"
#include "engine/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLEAR_WAIT_US (60 * 1000000LL)
#define KILL_AGAIN_US 500000
#define POLL_MAX_MS   60000
#define CLEAR_POLL_MS 5

int64_t fg_watch_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int fg_watch_init(struct fg_watch *watch, const struct fg_plan *plan, struct fg_cgroup *group)
{
    *watch = (struct fg_watch){.plan = plan, .group = group, .signals = -1};
    if (plan->lease[0] && !(watch->lease = fg_lease_open(plan->lease)))
        return -ENOLCK;
    fg_task_log_init(&watch->out, "stdout.log", plan->log_bytes_max, plan->log_rotate_bytes);
    fg_task_log_init(&watch->err, "stderr.log", plan->log_bytes_max, plan->log_rotate_bytes);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, FG_STOP_SIGNAL);
    watch->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch->signals < 0 || pipe2(watch->out_pipe, O_CLOEXEC) < 0
        || pipe2(watch->err_pipe, O_CLOEXEC) < 0)
        return -errno;
    /* Only our ends: the program may rely on a write that waits. */
    if (fcntl(watch->out_pipe[0], F_SETFL, O_NONBLOCK) < 0
        || fcntl(watch->err_pipe[0], F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    return 0;
}

void fg_watch_begin(struct fg_watch *watch)
{
    if (watch->plan->time_limit_us > 0
        && __builtin_add_overflow(fg_watch_now(), watch->plan->time_limit_us,
                                  &watch->deadline_us))
        watch->deadline_us = 0;
}

/* TERM once to each process: to the program's group as a whole, so that none slips through, and then to
 * those of other groups. */
static void send_term(struct fg_watch *watch, int64_t grace_us)
{
    if (watch->kill_us != 0)
        return;
    watch->kill_us = fg_watch_now() + grace_us;
    if (watch->program > 0) {
        kill(-watch->program, SIGTERM);
        fg_procs_signal(getpid(), SIGTERM, watch->program);
    }
}

static void send_kill(struct fg_watch *watch)
{
    fg_cgroup_kill(watch->group);
    fg_procs_signal(getpid(), SIGKILL, 0);
}

static void reap(struct fg_watch *watch)
{
    for (;;) {
        int status;
        struct rusage use;
        pid_t pid = wait4(-1, &status, WNOHANG, &use);
        if (pid <= 0)
            return;
        if (use.ru_maxrss > watch->max_rss_kib)
            watch->max_rss_kib = use.ru_maxrss;
        if (pid == watch->program) {
            watch->status = status;
            watch->program_over = true;
        }
    }
}

static void take_signals(struct fg_watch *watch)
{
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        watch->stop_asked = true;
        send_term(watch,
                  info.ssi_int < 0 ? watch->plan->grace_us : (int64_t)info.ssi_int * 1000);
    }
}

/* The job's grace, but at most what is left; also for a stop that was under way. */
static void keep_lease(struct fg_watch *watch, int64_t now)
{
    int64_t due = watch->lease ? fg_lease_due(watch->lease, now) : 0;
    if (due == 0)
        return;
    watch->unheard = true;
    int64_t left = due > now ? due - now : 0;
    send_term(watch, watch->plan->grace_us < left ? watch->plan->grace_us : left);
    if (!watch->killed && watch->kill_us > due)
        watch->kill_us = due;
}

static void keep_time(struct fg_watch *watch)
{
    int64_t now = fg_watch_now();
    if (watch->late_us != 0 && now >= watch->late_us) {
        watch->late_us = 0;
        fg_cgroup_enter_late(watch->group, watch->plan, getpid());
    }
    if (watch->deadline_us != 0 && now >= watch->deadline_us && watch->kill_us == 0) {
        watch->timed_out = true;
        send_term(watch, watch->plan->grace_us);
    }
    keep_lease(watch, now);
    if (watch->kill_us != 0 && now >= watch->kill_us && watch->program > 0) {
        send_kill(watch);
        watch->killed = true;
        watch->kill_us = now + KILL_AGAIN_US;
    }
}

static int poll_ms(const struct fg_watch *watch)
{
    int64_t next = watch->kill_us != 0 ? watch->kill_us : watch->deadline_us;
    if (watch->late_us != 0 && (next == 0 || watch->late_us < next))
        next = watch->late_us;
    int64_t look_us = watch->lease ? fg_watch_now() + FG_LEASE_LOOK_US : 0;
    if (look_us != 0 && (next == 0 || look_us < next))
        next = look_us;
    if (next == 0)
        return -1;
    int64_t left = (next - fg_watch_now() + 999) / 1000;
    return left < 0 ? 0 : left > POLL_MAX_MS ? POLL_MAX_MS : (int)left;
}

static void wait_for_something(struct fg_watch *watch, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = watch->signals, .events = POLLIN},
                           {.fd = watch->out_pipe[0], .events = POLLIN},
                           {.fd = watch->err_pipe[0], .events = POLLIN}};
    if (poll(fds, 3, timeout_ms) <= 0)
        return;
    if (fds[1].revents)
        fg_task_log_copy(&watch->out, watch->out_pipe[0]);
    if (fds[2].revents)
        fg_task_log_copy(&watch->err, watch->err_pipe[0]);
    if (fds[0].revents)
        take_signals(watch);
}

bool fg_watch_stopped(struct fg_watch *watch)
{
    take_signals(watch);
    keep_time(watch);
    return watch->stop_asked || watch->timed_out || watch->unheard;
}

static bool no_child(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* When it was asked to stop, what the program started has the same grace: a shell dies of TERM at once, and the
 * training under it may still be writing its checkpoint. */
static bool is_over(const struct fg_watch *watch)
{
    return watch->program_over && (watch->kill_us == 0 || watch->killed || no_child());
}

void fg_watch_program(struct fg_watch *watch, pid_t program)
{
    watch->program = program;
    watch->program_over = false;
    if (fg_cgroup_has_late(watch->group))
        watch->late_us = fg_watch_now() + FG_CGROUP_LATE_US;
    while (true) {
        reap(watch);
        if (is_over(watch))
            break;
        keep_time(watch);
        wait_for_something(watch, poll_ms(watch));
    }
    watch->program = 0;
    watch->late_us = 0;
}

static void drain(struct fg_watch *watch)
{
    /* What is in a pipe now, and no more: a descriptor that was handed to a stranger may stay open. */
    fg_task_log_copy(&watch->out, watch->out_pipe[0]);
    fg_task_log_copy(&watch->err, watch->err_pipe[0]);
}

bool fg_watch_clear(struct fg_watch *watch)
{
    int64_t give_up_us = 0;
    for (;;) {
        reap(watch);
        /* No child, and orphans become our children: so nothing of the task lives. */
        if (no_child())
            break;
        int64_t now = fg_watch_now();
        if (give_up_us == 0)
            give_up_us = now + CLEAR_WAIT_US;
        if (now > give_up_us)
            return false;
        send_kill(watch);
        wait_for_something(watch, CLEAR_POLL_MS);
    }
    drain(watch);
    return true;
}
