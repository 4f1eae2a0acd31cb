/* watch.h - what a supervisor does while a program runs: copy its output, keep its time limit, stop it
 * when asked, reap, and kill what is left.
 */
#pragma once

#include "engine/cgroup.h"
#include "engine/task_log.h"

#include <sys/resource.h>

struct fg_lease;

struct fg_watch {
    const struct fg_plan *plan;
    struct fg_cgroup *group;
    struct fg_task_log out, err;
    int out_pipe[2], err_pipe[2]; /* read end, write end */
    int signals;                  /* signalfd: SIGCHLD and FG_STOP_SIGNAL */
    pid_t program;                /* 0: none runs */
    int status;                   /* of the last program, as waitpid() gives it */
    int64_t deadline_us;          /* CLOCK_BOOTTIME; 0: no time limit */
    int64_t late_us;              /* when to join the late cgroups; 0: not */
    int64_t kill_us;              /* when KILL follows TERM; 0: no TERM was sent */
    struct fg_lease *lease;       /* owned; NULL: it has none */
    bool stop_asked, timed_out, program_over, killed;
    bool unheard;        /* ended because its lease ran out */
    int64_t max_rss_kib; /* of the largest process that ended */
};

/* Ready pipes, logs and signals.  0, or -errno. */
int fg_watch_init(struct fg_watch *watch, const struct fg_plan *plan, struct fg_cgroup *group);

/* CLOCK_BOOTTIME: a sleeping machine does not stop a time limit. */
int64_t fg_watch_now(void);

/* The time limit counts from now. */
void fg_watch_begin(struct fg_watch *watch);

/* Has stop() been called (or the time run out) before there was a program?  Does not wait. */
bool fg_watch_stopped(struct fg_watch *watch);

/* Look after `program` until it has ended; its status is in watch->status. */
void fg_watch_program(struct fg_watch *watch, pid_t program);

/* Kill every process that is still below us and keep what they wrote.
 * False: after a minute some would not die. */
bool fg_watch_clear(struct fg_watch *watch);
