/* loop.c - see loop.h
 *
 * What the library calls: target (the request line is there) -> serve (header, body, end; again when
 * woken) -> completed; and opened, closed for connections.
 *
 * The loop is ours, not the library's: when a round of its own epoll loop brings exactly 128 events, it
 * asks for more with the full timeout and sleeps on what it already has (0.9.75, MHD_epoll()).  We wait
 * in poll() and then let it look with a timeout of 0.
 */
#include "api/loop.h"
#include "api/call.h"
#include "api/connection.h"
#include "base/urgent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECTION_BYTES 8192
#define STACK_BYTES      ((size_t)1024 * 1024)

struct fg_loop {
    struct fg_loop_options options;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    int epoll_fd; /* the library's */
    int wake_fd;
    atomic_bool woken, quiesce, stop;
};

static struct fg_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *self,
                          struct MHD_Connection *mhd,
                          void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct fg_loop *loop = self;
    struct fg_api *api = loop->options.api;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct fg_connection *connection =
            fg_connection_open(api->connections, info->connect_fd, loop->options.is_local);
        if (connection) {
            connection->loop = loop;
            fg_connection_expects_header(api, connection);
        }
        *context = connection;
        return;
    }
    struct fg_connection *connection = *context;
    *context = NULL;
    if (!connection)
        return;
    if (connection->call)
        fg_call_unref(connection->call);
    fg_connection_close(api->connections, connection);
}

/* The library calls this first; what it returns it hands on.  A request that never gets further is
 * not reported as completed, so the connection owns it. */
static void *on_target(void *self, const char *uri, struct MHD_Connection *mhd)
{
    struct fg_loop *loop = self;
    struct fg_connection *connection = connection_of(mhd);

    if (!connection)
        return NULL;
    if (!connection->call)
        connection->call = fg_call_take(loop->options.api->calls);
    struct fg_call *call = connection->call;
    if (!call)
        return NULL;
    call->connection = connection;
    call->mhd = mhd;
    call->phase = FG_CALL_LINE;
    /* One too long stays too long: fg_target_parse() refuses it. */
    size_t len = strnlen(uri, sizeof(call->uri) - 1);
    memcpy(call->uri, uri, len);
    call->uri[len] = 0;
    fg_connection_expects_header(loop->options.api, connection);
    return call;
}

static enum MHD_Result on_request(void *,
                                  struct MHD_Connection *,
                                  const char *,
                                  const char *method,
                                  const char *version,
                                  const char *bytes,
                                  size_t *len,
                                  void **context)
{
    struct fg_call *call = *context;
    return call ? fg_call_serve(call, method, version, bytes, len) : MHD_NO;
}

static void on_completed(void *self,
                         struct MHD_Connection *,
                         void **context,
                         enum MHD_RequestTerminationCode)
{
    struct fg_loop *loop = self;
    struct fg_call *call = *context;

    *context = NULL;
    if (!call)
        return;
    struct fg_connection *connection = call->connection;
    fg_hub_remove(loop->options.api->hub, &call->waiter);
    connection->call = NULL;
    fg_connection_idles(loop->options.api, connection);
    fg_call_unref(call);
}

/* We decode the target ourselves, from the copy of on_target(). */
static size_t leave_escaped(void *, struct MHD_Connection *, char *text)
{
    return strlen(text);
}

/* The library's own words (a peer's bad bytes) are of no use to an operator. */
static void drop_log(void *, const char *, va_list)
{
}

static bool start_daemon(struct fg_loop *loop)
{
    const struct fg_config *config = loop->options.api->options.config;
    int listen_fd = fcntl(loop->options.listen_fd, F_DUPFD_CLOEXEC, 0);

    if (listen_fd < 0)
        return false;
    loop->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, loop, MHD_OPTION_EXTERNAL_LOGGER, drop_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)loop->options.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)config->api_idle_timeout_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, loop,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, loop, MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop, MHD_OPTION_END);
    if (!loop->daemon) {
        close(listen_fd);
        return false;
    }
    loop->epoll_fd = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
}

static void wait_for_work(struct fg_loop *loop)
{
    struct pollfd fds[2] = {{.fd = loop->epoll_fd, .events = POLLIN},
                            {.fd = loop->wake_fd, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG left_ms;
    int timeout_ms = -1;
    uint64_t ignored;

    if (MHD_get_timeout(loop->daemon, &left_ms) == MHD_YES)
        timeout_ms = left_ms < 60000 ? (int)left_ms : 60000;
    if (poll(fds, 2, timeout_ms) > 0 && fds[1].revents
        && read(loop->wake_fd, &ignored, sizeof(ignored)) < 0)
        return;
}

static void stop_accepting(struct fg_loop *loop)
{
    int fd = MHD_quiesce_daemon(loop->daemon);
    if (fd >= 0)
        close(fd);
}

static void *run(void *self)
{
    struct fg_loop *loop = self;
    sigset_t all;

    /* Signals are the main thread's; a client that went away is an error of write(). */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    fg_urgent_thread();
    while (!atomic_load(&loop->stop)) {
        wait_for_work(loop);
        /* Whoever resumes from here on wakes us anew. */
        atomic_store(&loop->woken, false);
        if (atomic_exchange(&loop->quiesce, false))
            stop_accepting(loop);
        MHD_run_wait(loop->daemon, 0);
    }
    return NULL;
}

static void wake(struct fg_loop *loop)
{
    uint64_t one = 1;
    if (!atomic_exchange(&loop->woken, true) && write(loop->wake_fd, &one, sizeof(one)) < 0)
        return; /* the counter is full: it is awake */
}

static void free_loop(struct fg_loop *loop)
{
    if (loop->daemon)
        MHD_stop_daemon(loop->daemon);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    free(loop);
}

struct fg_loop *fg_loop_start(const struct fg_loop_options *options, struct fg_err *err)
{
    struct fg_loop *loop = calloc(1, sizeof(*loop));
    pthread_attr_t attr;

    if (!loop) {
        fg_fail(err, FG_ENOMEM, "no memory to serve");
        return NULL;
    }
    loop->options = *options;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    bool fine = loop->wake_fd >= 0 && start_daemon(loop)
                && pthread_create(&loop->thread, &attr, run, loop) == 0;
    pthread_attr_destroy(&attr);
    if (!fine) {
        fg_fail(err, FG_EIO, "could not start to serve: %s", strerror(errno));
        free_loop(loop);
        return NULL;
    }
    pthread_setname_np(loop->thread, options->is_local ? "api-unix" : "api-tcp");
    return loop;
}

void fg_loop_resume(struct fg_loop *loop, struct MHD_Connection *mhd)
{
    MHD_resume_connection(mhd);
    wake(loop);
}

void fg_loop_quiesce(struct fg_loop *loop)
{
    atomic_store(&loop->quiesce, true);
    wake(loop);
}

void fg_loop_free(struct fg_loop *loop)
{
    if (!loop)
        return;
    atomic_store(&loop->stop, true);
    wake(loop);
    pthread_join(loop->thread, NULL);
    free_loop(loop);
}
