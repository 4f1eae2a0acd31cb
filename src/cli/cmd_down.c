/* cmd_down.c - fastgpu down: stop the service of a data folder */
#include "cli/service.h"
#include "cli/verb.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STOP_MS 30000

const struct fg_opt fg_opts_down[] = {
    {"data-dir", 'D', "DIR", "the service's data folder ($XDG_STATE_HOME/fastgpu)", "dir"},
    {},
};

fg_verb_fn fg_cmd_down;

/* The lock is asked again after the process is held: then it cannot be another one with the same number. */
static int open_service(const char *data_dir, pid_t *out_pid, int *out_fd, struct fg_err *err)
{
    pid_t again;
    *out_fd = -1;
    int rc = fg_service_find(data_dir, out_pid, err);
    if (rc < 0 || *out_pid == 0)
        return rc;
    int fd = (int)syscall(SYS_pidfd_open, *out_pid, 0);
    if (fd < 0)
        return errno == ESRCH
                   ? 0
                   : fg_fail(err, FG_EIO, "process %d: %s", (int)*out_pid, strerror(errno));
    rc = fg_service_find(data_dir, &again, err);
    if (rc < 0 || again != *out_pid) {
        close(fd);
        return rc;
    }
    *out_fd = fd;
    return 0;
}

int fg_cmd_down(struct fg_cli *cli, struct fg_err *err)
{
    char data_dir[4000];
    pid_t pid = 0;
    int fd = -1;
    int rc = fg_service_data_dir(fg_args_get(&cli->args, "data-dir"), data_dir,
                                 sizeof(data_dir), err);
    if (rc == 0)
        rc = open_service(data_dir, &pid, &fd, err);
    if (rc < 0)
        return rc;
    if (fd < 0) {
        printf("nothing to stop: no service on %s\n", data_dir);
        return 0;
    }
    if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) < 0 && errno != ESRCH)
        rc = fg_fail(err, errno == EPERM ? FG_EPERM : FG_EIO, "process %d: %s", (int)pid,
                     strerror(errno));
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    if (rc == 0 && poll(&watch, 1, STOP_MS) <= 0)
        rc = fg_fail(err, FG_ETIMEOUT, "process %d has not ended within %d s", (int)pid,
                     STOP_MS / 1000);
    close(fd);
    if (rc == 0)
        printf("stopped; running jobs go on, and the next start finds them again\n");
    return rc;
}
