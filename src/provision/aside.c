/* aside.c - see aside.h */
#include "provision/aside.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

[[gnu::noreturn]] static void do_work(fg_aside_fn *work, void *self, int out)
{
    struct fg_buf buf = {};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    work(self, &buf);
    for (size_t at = 0; at < buf.len;) {
        ssize_t len = write(out, buf.text + at, buf.len - at);
        if (len < 0 && errno != EINTR)
            _exit(1);
        at += len > 0 ? (size_t)len : 0;
    }
    _exit(0);
}

int fg_aside_start(struct fg_aside *aside, fg_aside_fn *work, void *self, struct fg_err *err)
{
    int ends[2];
    *aside = (struct fg_aside){.out = -1};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fg_fail(err, FG_ENOMEM, "no process for it: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        do_work(work, self, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fg_fail(err, FG_ENOMEM, "no process for it: %s", strerror(errno));
    }
    *aside = (struct fg_aside){.pid = pid, .out = ends[0]};
    return 0;
}

/* All it writes, until it closes its end.  False: the time is over. */
static bool read_all(int from, int64_t end_us, struct fg_buf *out)
{
    while (true) {
        int64_t left_us = end_us - mono_us();
        struct pollfd ready = {from, POLLIN, 0};
        if (left_us <= 0)
            return false;
        if (poll(&ready, 1, (int)(left_us / 1000 < 60000 ? left_us / 1000 + 1 : 60000)) <= 0)
            continue;
        ssize_t len = read(from, fg_buf_reserve(out, CHUNK), CHUNK);
        if (len == 0)
            return true;
        if (len > 0)
            out->len += (size_t)len;
    }
}

int fg_aside_end(struct fg_aside *aside, int64_t end_us, struct fg_buf *out, struct fg_err *err)
{
    int status = 0;
    bool in_time = read_all(aside->out, end_us, out);
    fg_buf_add(out, "", 0);
    close(aside->out);
    if (!in_time)
        kill(aside->pid, SIGKILL);
    /* One that the driver does not let go of cannot be waited for; it is left to init. */
    pid_t gone = waitpid(aside->pid, &status, in_time ? 0 : WNOHANG);
    aside->pid = 0;
    if (!in_time)
        return fg_fail(err, FG_ETIMEOUT, "no answer in time");
    if (gone > 0 && WIFSIGNALED(status))
        return fg_fail(err, FG_EBACKEND, "ended by signal %d", WTERMSIG(status));
    return 0;
}
