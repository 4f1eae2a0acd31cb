/* child.c - see child.h
 *
 * Between clone and exec the child only makes system calls; what went wrong comes back through a pipe
 * that closes itself when the exec succeeds.
 */
#include "engine/child.h"

#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum step { STEP_SESSION, STEP_OUTPUT, STEP_CGROUP, STEP_USER, STEP_FOLDER, STEP_EXEC };

struct failure {
    enum step step;
    int error;
};

/* "0-3,8" as hwloc and /sys write it. */
static bool parse_cpus(const char *text, cpu_set_t *set)
{
    CPU_ZERO(set);
    while (*text) {
        char *end;
        unsigned long first = strtoul(text, &end, 10), last = first;
        if (end == text)
            return false;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (last >= CPU_SETSIZE || first > last)
            return false;
        for (unsigned long i = first; i <= last; i++)
            CPU_SET(i, set);
        text = *end == ',' ? end + 1 : end;
        if (*end != ',' && *end != '\0')
            return false;
    }
    return CPU_COUNT(set) > 0;
}

static int become_user(const struct fg_plan *plan)
{
    if (plan->uid >= 0) {
        uid_t uid = (uid_t)plan->uid;
        gid_t gid = (gid_t)plan->gid;
        int rc = plan->user[0] ? initgroups(plan->user, gid) : setgroups(1, &gid);
        if (rc < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
            return -errno;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int set_up_output(const struct fg_child *child)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(child->out, 1) < 0 || dup2(child->err, 2) < 0)
        return -errno;
    return 0;
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The kernel's choice when the whole machine is out of memory: a job before a daemon. */
static void prefer_for_oom(void)
{
    fg_fs_write_text(AT_FDCWD, "/proc/self/oom_score_adj", "500");
}

static void execute(const struct fg_child *child)
{
    /* execvpe() would search our own PATH; the job's is the one that counts. */
    const char *path = "";
    for (const char *const *env = child->envs; *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            path = *env + 5;
    if (path[0])
        setenv("PATH", path, 1);
    execvpe(child->argv[0], (char *const *)child->argv, (char *const *)child->envs);
}

/* Runs in the child; comes back only with the step that failed. */
static struct failure confine_and_execute(const struct fg_child *child, pid_t supervisor)
{
    if (setsid() < 0)
        return (struct failure){STEP_SESSION, errno};
    int rc = set_up_output(child);
    if (rc < 0)
        return (struct failure){STEP_OUTPUT, -rc};
    prefer_for_oom();
    rc = fg_cgroup_enter(child->group);
    if (rc < 0)
        return (struct failure){STEP_CGROUP, -rc};
    cpu_set_t set;
    if (child->plan->cpus[0] && parse_cpus(child->plan->cpus, &set))
        sched_setaffinity(0, sizeof(set), &set);
    rc = become_user(child->plan);
    if (rc < 0)
        return (struct failure){STEP_USER, -rc};
    /* After the change of user, which clears it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(127);
    if (chdir(child->folder) < 0)
        return (struct failure){STEP_FOLDER, errno};
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    umask(022);
    reset_signals();
    execute(child);
    return (struct failure){STEP_EXEC, errno};
}

static int explain(const struct fg_child *child, struct failure failure, struct fg_err *err)
{
    char why[128];
    snprintf(why, sizeof(why), "%s", strerror(failure.error));
    why[0] = (char)(why[0] >= 'A' && why[0] <= 'Z' ? why[0] + ('a' - 'A') : why[0]);
    switch (failure.step) {
    case STEP_EXEC:
        return fg_fail(err, FG_EBACKEND, "program %s: %s", child->argv[0], why);
    case STEP_FOLDER:
        return fg_fail(err, FG_EBACKEND, "cwd %s: %s", child->folder,
                       failure.error == ENOENT ? "no such directory" : why);
    case STEP_USER:
        return fg_fail(err, FG_EBACKEND, "user %s: %s", child->plan->user, why);
    case STEP_CGROUP:
        return fg_fail(err, FG_EBACKEND, "cgroup %s: %s", child->group->name, why);
    case STEP_OUTPUT:
    case STEP_SESSION:
        break;
    }
    return fg_fail(err, FG_EBACKEND, "the process could not be set up: %s", why);
}

static long clone_child(const struct fg_cgroup *group)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    if (group->v2_fd >= 0) {
        args.flags = CLONE_INTO_CGROUP;
        args.cgroup = (unsigned)group->v2_fd;
    }
    long pid = syscall(SYS_clone3, &args, sizeof(args));
    /* Some sandboxes refuse the call as such. */
    return pid < 0 && (errno == ENOSYS || errno == EPERM) && group->v2_fd < 0 ? fork() : pid;
}

pid_t fg_child_start(const struct fg_child *child, struct fg_err *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0)
        return fg_fail(err, FG_EBACKEND, "no pipe: %s", strerror(errno));
    pid_t supervisor = getpid();
    long pid = clone_child(child->group);
    if (pid == 0) {
        struct failure failure = confine_and_execute(child, supervisor);
        fg_fs_write_all(report[1], &failure, sizeof(failure));
        _exit(127);
    }
    int error = errno;
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return fg_fail(err, FG_EBACKEND, "no process: %s", strerror(error));
    }
    struct failure failure;
    ssize_t got;
    do
        got = read(report[0], &failure, sizeof(failure));
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got != (ssize_t)sizeof(failure))
        return (pid_t)pid;
    waitpid((pid_t)pid, NULL, 0);
    return explain(child, failure, err);
}
