/* exec.c - see exec.h
 *
 * Between fork and exec the child only makes system calls, for other threads may have held any lock.  What went wrong
 * comes back through a pipe that closes itself when the exec succeeds.
 */
#include "base/exec.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX     1024
#define FILE_SIZE_MAX (1024L * 1024 * 1024)
#define LOOK_MS       20      /* between two looks where the kernel has no pidfd */
#define REAP_US       2000000 /* how long a killed program may take to be gone */
#define CHUNK         65536

/* Ends of pipes; -1 closed. */
struct pipes {
    int in[2], out[2], err[2], fault[2];
};

struct run {
    const struct fg_exec *exec;
    struct fg_exec_result *result;
    struct pipes pipes;
    pid_t pid;
    int pidfd; /* -1: the kernel has none */
    size_t written;
};

void fg_exec_result_free(struct fg_exec_result *result)
{
    fg_buf_free(&result->out);
    fg_buf_free(&result->err);
}

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int *ends[] = {pipes->in, pipes->out, pipes->err, pipes->fault};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        close_end(&ends[i][0]);
        close_end(&ends[i][1]);
    }
}

static bool open_pipes(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->in, O_CLOEXEC) == 0 && pipe2(pipes->out, O_CLOEXEC) == 0
        && pipe2(pipes->err, O_CLOEXEC) == 0 && pipe2(pipes->fault, O_CLOEXEC) == 0)
        return true;
    close_pipes(pipes);
    return false;
}

/* ---- the child ---- */

static void limit(int what, rlim_t most)
{
    struct rlimit old;
    if (getrlimit((__rlimit_resource_t)what, &old) == 0 && old.rlim_max < most)
        most = old.rlim_max;
    setrlimit((__rlimit_resource_t)what, &(struct rlimit){most, most});
}

[[gnu::noreturn]] static void become_program(const struct fg_exec *exec,
                                             const struct pipes *pipes,
                                             pid_t parent)
{
    sigset_t none;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getppid() == parent && dup2(pipes->in[0], 0) == 0 && dup2(pipes->out[1], 1) == 1
        && dup2(pipes->err[1], 2) == 2 && chdir(exec->folder) == 0) {
        limit(RLIMIT_CORE, 0);
        limit(RLIMIT_NOFILE, FILES_MAX);
        limit(RLIMIT_FSIZE, FILE_SIZE_MAX);
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
        umask(077);
        for (int signal_number = 1; signal_number < NSIG; signal_number++)
            signal(signal_number, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvpe(exec->argv[0], (char *const *)exec->argv, (char *const *)exec->envs);
    }
    int error = errno;
    while (write(pipes->fault[1], &error, sizeof(error)) < 0 && errno == EINTR)
        continue;
    _exit(127);
}

/* ---- the parent ---- */

static int explain(const struct fg_exec *exec, int error, struct fg_err *err)
{
    return fg_fail(err, FG_EBACKEND, "program %.100s could not be started: %s", exec->argv[0],
                   strerror(error));
}

static int start(struct run *run, struct fg_err *err)
{
    struct pipes *pipes = &run->pipes;
    int error = 0;
    if (!open_pipes(pipes))
        return explain(run->exec, errno, err);
    pid_t parent = getpid();
    run->pid = fork();
    if (run->pid == 0)
        become_program(run->exec, pipes, parent);
    if (run->pid < 0) {
        error = errno;
        close_pipes(pipes);
        return explain(run->exec, error, err);
    }
    close_end(&pipes->in[0]);
    close_end(&pipes->out[1]);
    close_end(&pipes->err[1]);
    close_end(&pipes->fault[1]);
    ssize_t got;
    do
        got = read(pipes->fault[0], &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    close_end(&pipes->fault[0]);
    if (got != sizeof(error))
        return 0;
    waitpid(run->pid, NULL, 0);
    close_pipes(pipes);
    return explain(run->exec, error, err);
}

static void set_unblocking(int end)
{
    fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK);
}

static void write_input(struct run *run)
{
    const struct fg_exec *exec = run->exec;
    ssize_t len = 0;
    while (run->written < exec->input_len
           && (len = write(run->pipes.in[1], exec->input + run->written,
                           exec->input_len - run->written))
                  > 0)
        run->written += (size_t)len;
    bool later = len < 0 && (errno == EAGAIN || errno == EINTR);
    if (!later) /* all of it, or nobody wants it */
        close_end(&run->pipes.in[1]);
}

/* Read what is there.  False: more than `max` bytes came. */
static bool read_end(int *end, struct fg_buf *out, size_t max)
{
    while (*end >= 0) {
        ssize_t len = read(*end, fg_buf_reserve(out, CHUNK), CHUNK);
        if (len < 0)
            return errno == EAGAIN || errno == EINTR ? true : (close_end(end), true);
        if (len == 0) {
            close_end(end);
            return true;
        }
        out->len += (size_t)len;
        out->text[out->len] = '\0';
        if (out->len > max)
            return false;
    }
    return true;
}

/* The last bytes of standard error are the ones that explain. */
static void read_errors(struct run *run)
{
    struct fg_buf *kept = &run->result->err;
    while (!read_end(&run->pipes.err[0], kept, FG_EXEC_STDERR_MAX)) {
        size_t extra = kept->len - FG_EXEC_STDERR_MAX;
        memmove(kept->text, kept->text + extra, FG_EXEC_STDERR_MAX + 1);
        kept->len = FG_EXEC_STDERR_MAX;
    }
}

static void read_output(struct run *run)
{
    if (!read_end(&run->pipes.out[0], &run->result->out, run->exec->output_max)) {
        run->result->too_big = true;
        close_end(&run->pipes.out[0]);
    }
}

/* Has it ended?  It is left as a zombie for now, so that its number stays its own. */
static bool has_ended(const struct run *run)
{
    siginfo_t info = {};
    return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0
           && info.si_pid == run->pid;
}

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* Until the program has ended, or must be. */
static void serve(struct run *run, int64_t end_us)
{
    struct fg_exec_result *result = run->result;
    while (!result->too_big && !result->stopped && !has_ended(run)) {
        int64_t left_us = end_us - now_us();
        if (left_us <= 0) {
            result->timed_out = true;
            return;
        }
        struct pollfd fds[] = {{run->pipes.in[1], POLLOUT, 0},
                               {run->pipes.out[0], POLLIN, 0},
                               {run->pipes.err[0], POLLIN, 0},
                               {run->pidfd, POLLIN, 0},
                               {run->exec->stop_fd, POLLIN, 0}};
        int64_t wait_ms = left_us / 1000 + 1;
        if (run->pidfd < 0 && wait_ms > LOOK_MS)
            wait_ms = LOOK_MS;
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), wait_ms > INT32_MAX ? -1 : (int)wait_ms)
            < 0)
            continue;
        if (fds[0].revents)
            write_input(run);
        if (fds[1].revents)
            read_output(run);
        if (fds[2].revents)
            read_errors(run);
        result->stopped = fds[4].revents != 0;
    }
}

/* Kill what is left of the group, wait for the program.  One that the kernel does not let go of stays behind. */
static void end(struct run *run)
{
    int status;
    kill(-run->pid, SIGKILL);
    if (!has_ended(run)) {
        kill(run->pid, SIGKILL);
        for (int64_t end_us = now_us() + REAP_US; !has_ended(run) && now_us() < end_us;)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    run->result->exit_code = -1;
    if (waitpid(run->pid, &status, WNOHANG) != run->pid) {
        run->result->term_signal = SIGKILL;
        return;
    }
    if (WIFEXITED(status))
        run->result->exit_code = WEXITSTATUS(status);
    else
        run->result->term_signal = WTERMSIG(status);
}

/* Writing to a program that is gone must not end us: SIGPIPE is held back, and taken if it came. */
static bool hold_pipe_signal(sigset_t *old)
{
    sigset_t pipe_signal, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, old);
    return sigismember(&pending, SIGPIPE);
}

static void release_pipe_signal(const sigset_t *old, bool was_pending)
{
    sigset_t pipe_signal, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    if (!was_pending && sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_signal, NULL, &(struct timespec){});
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

int fg_exec_run(const struct fg_exec *exec, struct fg_exec_result *out, struct fg_err *err)
{
    assert(exec->argv[0] && exec->timeout_us > 0);
    struct run run = {.exec = exec, .result = out, .pidfd = -1};
    sigset_t old;
    int64_t end_us = now_us() + exec->timeout_us;
    int rc = start(&run, err);
    if (rc < 0)
        return rc;
    bool was_pending = hold_pipe_signal(&old);
    run.pidfd = (int)syscall(SYS_pidfd_open, run.pid, 0);
    set_unblocking(run.pipes.in[1]);
    set_unblocking(run.pipes.out[0]);
    set_unblocking(run.pipes.err[0]);
    serve(&run, end_us);
    end(&run);
    read_output(&run);
    read_errors(&run);
    close_end(&run.pidfd);
    close_pipes(&run.pipes);
    release_pipe_signal(&old, was_pending);
    return 0;
}
