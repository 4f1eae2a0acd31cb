/* launch_link.c - see launch_link.h */
#include "engine/launch_link.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTES_PIPE_BYTES (1 << 20)
#define OUT_BYTES_MAX    (256UL * 1024 * 1024)

int fg_launch_link_open(struct fg_launch_link *link,
                        const char *data_dir,
                        const struct fg_cgroup_site *cgroups,
                        int engine_lock,
                        struct fg_err *err)
{
    int ends[2], notes[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return fg_fail(err, FG_EBACKEND, "no socket for the launcher: %s", strerror(errno));
    if (pipe2(notes, O_CLOEXEC | O_NONBLOCK) < 0) {
        close(ends[0]);
        close(ends[1]);
        return fg_fail(err, FG_EBACKEND, "no pipe for the launcher: %s", strerror(errno));
    }
    fcntl(notes[1], F_SETPIPE_SZ, NOTES_PIPE_BYTES);
    pid_t pid = fork();
    if (pid == 0) {
        fg_launcher_run(&(struct fg_launcher_site){.data_dir = data_dir,
                                                   .cgroups = cgroups,
                                                   .socket = ends[1],
                                                   .notes = notes[1],
                                                   .engine_lock = engine_lock});
        _exit(0);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        close(notes[0]);
        close(notes[1]);
        return fg_fail(err, FG_EBACKEND, "the launcher could not be forked: %s",
                       strerror(errno));
    }
    *link = (struct fg_launch_link){
        .pid = pid, .socket = ends[0], .notes = notes[0], .notes_in = notes[1]};
    return 0;
}

void fg_launch_link_close(struct fg_launch_link *link)
{
    if (link->socket >= 0)
        close(link->socket);
    close(link->notes);
    close(link->notes_in);
    if (link->out.len > 0)
        explicit_bzero(link->out.text, link->out.len);
    fg_buf_free(&link->out);
    waitpid(link->pid, NULL, 0);
}

static void lose(struct fg_launch_link *link)
{
    close(link->socket);
    link->socket = -1;
    fg_buf_clear(&link->out);
    link->out_at = 0;
}

bool fg_launch_link_busy(const struct fg_launch_link *link)
{
    return link->out.len > link->out_at;
}

bool fg_launch_link_flush(struct fg_launch_link *link)
{
    while (link->socket >= 0 && fg_launch_link_busy(link)) {
        ssize_t done = send(link->socket, link->out.text + link->out_at,
                            link->out.len - link->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EAGAIN)
            return true;
        if (done < 0)
            lose(link);
        else
            link->out_at += (size_t)done;
    }
    if (link->out.len > 0 && link->out_at == link->out.len) {
        /* Plans hold environment values. */
        explicit_bzero(link->out.text, link->out.len);
        fg_buf_clear(&link->out);
        link->out_at = 0;
    }
    return link->socket >= 0;
}

int fg_launch_link_send(struct fg_launch_link *link,
                        const struct fg_launch_message *message,
                        const struct fg_plan *plan,
                        struct fg_err *err)
{
    if (link->socket < 0)
        return fg_fail(err, FG_EBACKEND, "the launcher process is gone: restart the service");
    if (link->out.len - link->out_at > OUT_BYTES_MAX)
        return fg_fail(err, FG_EBUSY, "the launcher process does not keep up");
    size_t at = link->out.len;
    fg_buf_add(&link->out, message, sizeof(*message));
    if (plan)
        fg_plan_write(&link->out, plan);
    size_t len = link->out.len - at - sizeof(*message);
    if (len > FG_LAUNCH_BYTES_MAX) {
        link->out.len = at;
        return fg_fail(err, FG_ETOOBIG, "the job is too large to be started: %zu bytes", len);
    }
    ((struct fg_launch_message *)(void *)(link->out.text + at))->len = (uint32_t)len;
    fg_launch_link_flush(link);
    return link->socket >= 0
               ? 0
               : fg_fail(err, FG_EBACKEND, "the launcher process is gone: restart the service");
}
