/* mps.c - see mps.h */
#include "engine/mps.h"

#include "engine/fs.h"
#include "engine/job_path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL "nvidia-cuda-mps-control"

bool fg_mps_available(void)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
    if (!copy)
        abort();
    bool found = false;
    char *state;
    for (char *dir = strtok_r(copy, ":", &state); dir && !found;
         dir = strtok_r(NULL, ":", &state)) {
        char file[FG_PATH_MAX];
        snprintf(file, sizeof(file), "%s/" CONTROL, dir);
        found = access(file, X_OK) == 0;
    }
    free(copy);
    return found;
}

static void device_dir(const char *data_dir, const char *device, const char *part, char *out)
{
    snprintf(out, FG_PATH_MAX, "%s/mps/%s%s", data_dir, device, part);
}

void fg_mps_pipe_dir(const char *data_dir, const char *device, char *out)
{
    device_dir(data_dir, device, "/pipe", out);
}

static void set_environment(const char *data_dir, const char *device)
{
    char path[FG_PATH_MAX];
    fg_mps_pipe_dir(data_dir, device, path);
    setenv("CUDA_MPS_PIPE_DIRECTORY", path, 1);
    device_dir(data_dir, device, "/log", path);
    setenv("CUDA_MPS_LOG_DIRECTORY", path, 1);
    setenv("CUDA_VISIBLE_DEVICES", device, 1);
}

/* Run the control program with `argument` (NULL: none) and `input`; its exit status, -1: it did not run. */
static int control(const char *data_dir,
                   const char *device,
                   const char *argument,
                   const char *input)
{
    int in[2];
    if (pipe2(in, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        set_environment(data_dir, device);
        dup2(in[0], 0);
        setsid();
        execlp(CONTROL, CONTROL, argument, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    if (pid > 0)
        fg_fs_write_all(in[1], input, strlen(input));
    close(in[1]);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

/* Open DATA/mps/<device>/<name>; -1 if that cannot be. */
static int open_lock(const char *data_dir, const char *device, const char *name)
{
    char path[FG_PATH_MAX];
    device_dir(data_dir, device, name, path);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int make_folders(const char *data_dir, const struct fg_plan *plan)
{
    char path[FG_PATH_MAX];
    fg_mps_pipe_dir(data_dir, plan->mps_device, path);
    int rc = fg_fs_mkdirs(path, 0711);
    device_dir(data_dir, plan->mps_device, "/log", path);
    return rc < 0 ? rc : fg_fs_mkdirs(path, 0700);
}

int fg_mps_use(const char *data_dir,
               const struct fg_plan *plan,
               int *out_users,
               struct fg_err *err)
{
    *out_users = -1;
    if (plan->mps_device[0] == '\0')
        return 0;
    int rc = make_folders(data_dir, plan);
    int gate = rc < 0 ? -1 : open_lock(data_dir, plan->mps_device, "/gate");
    int users = gate < 0 ? -1 : open_lock(data_dir, plan->mps_device, "/users");
    if (users < 0 || flock(gate, LOCK_EX) < 0) {
        close(gate);
        return fg_fail(err, FG_EBACKEND, "MPS of %s: no folder: %s", plan->mps_device,
                       strerror(errno));
    }
    /* The gate is shut: nobody joins or leaves now.  Whoever can have `users` alone is the first. */
    bool first = flock(users, LOCK_EX | LOCK_NB) == 0;
    int status = first ? control(data_dir, plan->mps_device, "-d", "") : 0;
    flock(users, LOCK_SH);
    close(gate);
    if (status != 0) {
        close(users);
        return fg_fail(err, FG_EBACKEND, "MPS of %s: " CONTROL " did not start",
                       plan->mps_device);
    }
    *out_users = users;
    return 0;
}

void fg_mps_leave(const char *data_dir, const struct fg_plan *plan, int users)
{
    if (users < 0)
        return;
    int gate = open_lock(data_dir, plan->mps_device, "/gate");
    if (gate >= 0 && flock(gate, LOCK_EX) == 0 && flock(users, LOCK_EX | LOCK_NB) == 0)
        control(data_dir, plan->mps_device, NULL, "quit\n");
    close(users);
    close(gate);
}
