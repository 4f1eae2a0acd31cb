/* supervisor.c - see supervisor.h */
#include "engine/supervisor.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/child.h"
#include "engine/exit_record.h"
#include "engine/fs.h"
#include "engine/job_path.h"
#include "engine/mps.h"
#include "engine/note.h"
#include "engine/outputs.h"
#include "engine/remote.h"
#include "engine/spare.h"
#include "engine/stage.h"
#include "engine/task_lock.h"
#include "engine/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD_PAUSE_US 500000
#define QUICK_FILES     100 /* so many are removed before the end is told */

struct supervisor {
    const struct fg_supervisor_site *site;
    const struct fg_plan *plan;
    int lock;
    int mps_users;            /* see mps.h */
    char dir[FG_PATH_MAX];    /* of the task; the current folder */
    char folder[FG_PATH_MAX]; /* where the program runs */
    struct fg_cgroup group;
    struct fg_watch watch;
    struct fg_outputs outputs;
    struct fg_engine_event event;
    bool folder_done;   /* see note.h */
    int64_t started_us; /* CLOCK_BOOTTIME; 0: no program has run */
};

static int64_t now_utc(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

/* One try: what does not fit into the pipe the engine finds out from the files. */
static void tell(struct supervisor *sup)
{
    struct fg_note note = {.kind = FG_NOTE_EVENT,
                           .pid = getpid(),
                           .folder_done = sup->folder_done,
                           .event = sup->event};
    fg_note_send(sup->site->notes, &note);
}

/* The record is the truth; without it the end of this process says LOST.  So on a full disk room is
 * waited for (outputs make long records); meanwhile the note tells a living daemon. */
static void put_record(struct supervisor *sup)
{
    struct fg_buf text = {};
    fg_exit_record_write(&text, &sup->event, sup->outputs.items, sup->outputs.len);
    int rc = fg_task_lock_ended(sup->lock, text.text, text.len);
    sup->folder_done = sup->folder_done && rc == 0;
    /* The folder, lock file included, may be in use again before we are gone. */
    if (sup->folder_done)
        close(sup->lock);
    tell(sup);
    while (rc == -ENOSPC || rc == -EDQUOT) {
        usleep(RECORD_PAUSE_US);
        rc = fg_task_lock_ended(sup->lock, text.text, text.len);
    }
    fg_buf_free(&text);
}

static void fail(struct supervisor *sup, const struct fg_err *why)
{
    sup->event.kind = FG_TASK_FAILED;
    sup->event.exit_code = -1;
    fg_copy(sup->event.reason, sizeof(sup->event.reason), why->text);
}

static void tell_unusable(struct supervisor *sup, int error)
{
    struct fg_err err = {};
    fg_fail(&err, FG_EIO, "the task's folder cannot be made: %s", strerror(-error));
    fail(sup, &err);
    sup->event.time_us = now_utc();
    tell(sup);
}

static int enter_folder(struct supervisor *sup)
{
    if (fg_task_dir(sup->site->data_dir, sup->plan->key, sup->dir) < 0)
        return -ENAMETOOLONG;
    if (sup->plan->spare != 0)
        fg_spare_use(sup->site->data_dir, sup->plan->spare, sup->plan->key.job);
    if (chdir(sup->dir) == 0)
        return 0;
    int rc = fg_fs_mkdirs(sup->dir, 0711);
    if (rc < 0)
        return rc;
    return chdir(sup->dir) < 0 ? -errno : 0;
}

/* A script of the job as a file: its text never stands in an argv, which everyone may read. */
static int put_script(const struct supervisor *sup,
                      const char *path,
                      const char *text,
                      const char *argv[3],
                      struct fg_err *err)
{
    static const char *const shells[] = {"/bin/bash", "/bin/sh"};
    int rc = fg_fs_put(AT_FDCWD, path, text, strlen(text), 0700);
    if (rc == 0 && sup->plan->uid >= 0
        && chown(path, (uid_t)sup->plan->uid, (gid_t)sup->plan->gid) < 0)
        rc = -errno;
    if (rc < 0)
        return fg_fail(err, FG_EBACKEND, "the script could not be written: %s", strerror(-rc));
    size_t at = 0;
    if (strncmp(text, "#!", 2) != 0)
        argv[at++] = access(shells[0], X_OK) == 0 ? shells[0] : shells[1];
    argv[at++] = path;
    argv[at] = NULL;
    return 0;
}

static void note_start(struct supervisor *sup, pid_t pid)
{
    if (sup->started_us != 0)
        return;
    sup->started_us = fg_watch_now();
    struct fg_engine_event *event = &sup->event;
    event->kind = FG_TASK_STARTED;
    event->pid = pid;
    event->time_us = now_utc();
    fg_task_lock_started(sup->lock, pid, event->time_us);
    tell(sup);
}

/* Run one program to its end.  0, or it could not be started. */
static int run_one(struct supervisor *sup, const char *const *argv, struct fg_err *err)
{
    struct fg_child child = {.plan = sup->plan,
                             .group = &sup->group,
                             .argv = argv,
                             .envs = sup->plan->envs.items,
                             .folder = sup->folder,
                             .out = sup->watch.out_pipe[1],
                             .err = sup->watch.err_pipe[1]};
    pid_t pid = fg_child_start(&child, err);
    if (pid < 0)
        return (int)pid;
    note_start(sup, pid);
    fg_watch_program(&sup->watch, pid);
    return 0;
}

static int run_script(struct supervisor *sup,
                      const char *name,
                      const char *text,
                      struct fg_err *err)
{
    char path[FG_PATH_MAX + 16];
    const char *argv[3];
    snprintf(path, sizeof(path), "%s/%s", sup->dir, name);
    int rc = put_script(sup, path, text, argv, err);
    return rc < 0 ? rc : run_one(sup, argv, err);
}

/* Asked to stop before there was anything to stop: it ended by TERM without having run. */
static bool stopped_early(struct supervisor *sup)
{
    if (!fg_watch_stopped(&sup->watch))
        return false;
    if (!WIFSIGNALED(sup->watch.status))
        sup->watch.status = SIGTERM;
    return true;
}

/* Let the helper move what `moves` says.  0: it ran, and watch->status tells how it went. */
static int run_moves(struct supervisor *sup, const struct fg_buf *moves, struct fg_err *err)
{
    char path[FG_PATH_MAX + 16], reason[FG_TEXT_MAX];
    snprintf(path, sizeof(path), "%s/" FG_STAGE_MOVES, sup->dir);
    const char *argv[] = {"/proc/self/exe", "transfer", "--stage", path, NULL};
    int rc = fg_fs_put(AT_FDCWD, path, moves->text, moves->len, 0600);
    if (rc == 0 && sup->plan->uid >= 0
        && chown(path, (uid_t)sup->plan->uid, (gid_t)sup->plan->gid) < 0)
        rc = -errno;
    if (rc < 0)
        return fg_fail(err, FG_EBACKEND, "what is to be moved could not be written: %s",
                       strerror(-rc));
    rc = run_one(sup, argv, err);
    if (rc < 0)
        return rc;
    fg_remote_read(sup->site->data_dir, path, reason, sizeof(reason));
    if (sup->watch.status != 0 && !fg_watch_stopped(&sup->watch))
        fg_copy(sup->event.reason, sizeof(sup->event.reason),
                reason[0] ? reason : "a transfer failed");
    return 0;
}

/* Inputs by URL.  0: they are there, or watch->status tells why not. */
static int fetch_inputs(struct supervisor *sup, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf moves = {};
    if (sup->plan->fetches.len == 0)
        return 0;
    int work = open(sup->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0)
        return fg_fail(err, FG_EBACKEND, "folder %s: %s", sup->folder, strerror(errno));
    int moves_len = fg_remote_begin(sup->site->data_dir, sup->plan, work, &moves, err);
    int rc = moves_len > 0 ? run_moves(sup, &moves, err) : moves_len;
    if (rc == 0 && moves_len > 0 && sup->watch.status == 0)
        fg_remote_keep(sup->site->data_dir, sup->plan, work);
    close(work);
    return rc;
}

/* The program succeeded: its outputs go where the job wants them, else it has failed after all. */
static int send_outputs(struct supervisor *sup, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf moves = {};
    struct fg_outputs outputs = {};
    struct fg_err why = {};
    if (sup->plan->outputs_to[0] == '\0' || sup->plan->outputs.len == 0
        || sup->watch.status != 0 || fg_watch_stopped(&sup->watch))
        return 0;
    int rc = 0;
    if (fg_outputs_collect(&outputs, sup->site->data_dir, sup->plan, sup->folder, &why) < 0)
        rc = fg_fail(err, FG_EBACKEND, "%s", why.text);
    else if (fg_remote_send(sup->plan, &outputs, &moves) > 0)
        rc = run_moves(sup, &moves, err);
    free(outputs.items);
    return rc;
}

/* setup, then the program.  0: they ran, and watch->status tells how it went. */
static int run_program(struct supervisor *sup, struct fg_err *err)
{
    const struct fg_plan *plan = sup->plan;
    fg_watch_begin(&sup->watch);
    if (stopped_early(sup))
        return 0;
    int rc = fetch_inputs(sup, err);
    if (rc < 0 || stopped_early(sup) || sup->watch.status != 0)
        return rc;
    if (plan->setup[0]) {
        rc = run_script(sup, FG_STAGE_SETUP, plan->setup, err);
        if (rc < 0 || stopped_early(sup))
            return rc;
        if (sup->watch.status != 0) {
            fg_copy(sup->event.reason, sizeof(sup->event.reason), "setup failed");
            return 0;
        }
    }
    rc = plan->argv.len > 0 ? run_one(sup, plan->argv.items, err)
                            : run_script(sup, FG_STAGE_SCRIPT, plan->run, err);
    return rc < 0 ? rc : send_outputs(sup, err);
}

static void add_reason(struct supervisor *sup, const char *text)
{
    char *reason = sup->event.reason;
    size_t len = strlen(reason);
    snprintf(reason + len, sizeof(sup->event.reason) - len, "%s%s", len ? "; " : "", text);
}

static void measure(struct supervisor *sup)
{
    struct rusage use;
    struct fg_usage *usage = &sup->event.usage;
    getrusage(RUSAGE_CHILDREN, &use);
    usage->max_rss_mib = (sup->watch.max_rss_kib + 1023) / 1024;
    usage->cpu_us = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL
                    + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
    if (sup->started_us != 0)
        usage->gpu_us = (fg_watch_now() - sup->started_us) * sup->plan->devices
                        * sup->plan->gpu_milli / 1000;
    sup->event.log_dropped = sup->watch.out.dropped + sup->watch.err.dropped;
}

/* Fill the event from how the last program ended. */
static void conclude(struct supervisor *sup)
{
    struct fg_engine_event *event = &sup->event;
    int status = sup->watch.status;
    char text[96];
    event->kind = FG_TASK_EXITED;
    event->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    event->term_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    event->timed_out = sup->watch.timed_out;
    event->stopped = sup->watch.stop_asked || sup->watch.unheard;
    event->out_of_memory = event->exit_code != 0 && fg_cgroup_out_of_memory(&sup->group);
    if (event->out_of_memory) {
        snprintf(text, sizeof(text), "went over its %llu MiB of memory",
                 (unsigned long long)sup->plan->mem_mib);
        add_reason(sup, text);
        if (event->usage.max_rss_mib < (int64_t)sup->plan->mem_mib)
            event->usage.max_rss_mib = (int64_t)sup->plan->mem_mib;
    }
    if (sup->watch.unheard)
        add_reason(sup, "the service was not heard for too long");
    if (event->timed_out) {
        snprintf(text, sizeof(text), "ran into its time limit of %lld s",
                 (long long)(sup->plan->time_limit_us / 1000000));
        add_reason(sup, text);
    }
}

static int prepare(struct supervisor *sup, struct fg_err *err)
{
    int rc = fg_watch_init(&sup->watch, sup->plan, &sup->group);
    if (rc < 0)
        return fg_fail(err, FG_EBACKEND, "no pipes: %s", strerror(-rc));
    /* Before we become a reaper: the MPS server is not of this task and must outlive it. */
    rc = fg_mps_use(sup->site->data_dir, sup->plan, &sup->mps_users, err);
    if (rc < 0)
        return rc;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    rc = fg_cgroup_make(&sup->group, sup->site->cgroups, sup->plan, err);
    if (rc < 0)
        return rc;
    struct fg_stage stage = {.data_dir = sup->site->data_dir,
                             .task_dir = sup->dir,
                             .plan = sup->plan,
                             .stopped = (bool (*)(void *))fg_watch_stopped,
                             .self = &sup->watch};
    return fg_stage(&stage, sup->folder, err);
}

static void run_task(struct supervisor *sup)
{
    struct fg_err err = {};
    int rc = prepare(sup, &err);
    if (rc == 0)
        rc = run_program(sup, &err);
    bool clear = fg_watch_clear(&sup->watch);
    measure(sup);
    if (rc == 0) {
        conclude(sup);
        if (sup->plan->outputs_to[0] == '\0'
            && fg_outputs_collect(&sup->outputs, sup->site->data_dir, sup->plan, sup->folder,
                                  &err)
                   < 0)
            add_reason(sup, err.text);
        sup->event.artifacts = (uint32_t)sup->outputs.len;
    } else {
        fail(sup, &err);
    }
    if (!clear)
        add_reason(sup, "some of its processes cannot be killed");
    fg_task_log_close(&sup->watch.out);
    fg_task_log_close(&sup->watch.err);
    sup->event.time_us = now_utc();
}

/* With a lease the task must not outlive the engine: when the launcher dies, which the engine's end makes it do, the
 * kernel stops us as stop() with no grace would. */
static int follow_engine(const struct supervisor *sup)
{
    if (sup->plan->lease[0] == '\0')
        return 0;
    if (prctl(PR_SET_PDEATHSIG, FG_STOP_SIGNAL) < 0)
        return -errno;
    return getppid() == sup->site->launcher ? 0 : -EOWNERDEAD;
}

void fg_supervisor_run(const struct fg_supervisor_site *site, const struct fg_plan *plan)
{
    struct supervisor *sup = calloc(1, sizeof(*sup));
    if (!sup)
        return;
    *sup = (struct supervisor){.site = site, .plan = plan, .group.v2_fd = -1, .mps_users = -1};
    sup->event = (struct fg_engine_event){.key = plan->key, .exit_code = -1};
    setsid();
    int rc = follow_engine(sup);
    if (rc == 0)
        rc = enter_folder(sup);
    sup->lock = rc < 0 ? rc : fg_task_lock_take();
    if (sup->lock < 0) {
        /* EEXIST: somebody else runs it, or it is fenced.  Else nothing can be recorded here. */
        if (sup->lock != -EEXIST)
            tell_unusable(sup, sup->lock);
        free(sup);
        return;
    }
    close(site->engine_lock);
    run_task(sup);
    sup->folder_done = fg_stage_clean(plan, QUICK_FILES);
    put_record(sup);
    if (!sup->folder_done)
        fg_stage_clean(plan, INT_MAX);
    fg_cgroup_remove(&sup->group);
    fg_mps_leave(site->data_dir, plan, sup->mps_users);
    free(sup);
}
