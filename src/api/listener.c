/* listener.c - see listener.h
 *
 * What the HTTP library calls: target (the request line is there) -> serve (header, body, end; again
 * when woken) -> completed; and opened, closed for connections.
 */
#include "api/listener.h"
#include "api/call.h"
#include "api/connection.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTION_BYTES 8192
#define BACKLOG          4096

struct fg_listener {
    struct fg_api *api;
    struct MHD_Daemon *daemon;
    int fd;
    bool is_local;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
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
    struct fg_listener *listener = self;
    struct fg_api *api = listener->api;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct fg_connection *connection =
            fg_connection_open(api->connections, info->connect_fd, listener->is_local);
        if (connection)
            fg_connection_expects_header(api, connection);
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
    struct fg_listener *listener = self;
    struct fg_connection *connection = connection_of(mhd);

    if (!connection)
        return NULL;
    if (!connection->call)
        connection->call = fg_call_take(listener->api->calls);
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
    fg_connection_expects_header(listener->api, connection);
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
    struct fg_listener *listener = self;
    struct fg_call *call = *context;

    *context = NULL;
    if (!call)
        return;
    struct fg_connection *connection = call->connection;
    fg_hub_remove(listener->api->hub, &call->waiter);
    connection->call = NULL;
    fg_connection_idles(listener->api, connection);
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

static bool start_daemon(struct fg_listener *listener)
{
    const struct fg_config *config = listener->api->options.config;
    unsigned threads = (unsigned)config->api_threads;

    listener->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO
            | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, listener, MHD_OPTION_EXTERNAL_LOGGER, drop_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listener->fd, MHD_OPTION_THREAD_POOL_SIZE,
        threads > 1 ? threads : 0, MHD_OPTION_THREAD_STACK_SIZE, (size_t)1024 * 1024,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)listener->api->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)config->api_idle_timeout_s,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, listener,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, listener, MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,
        MHD_OPTION_END);
    return listener->daemon != NULL;
}

/* Takes `fd` over. */
static struct fg_listener *serve(struct fg_api *api,
                                 int fd,
                                 const char *unix_path,
                                 struct fg_err *err)
{
    struct fg_listener *listener = calloc(1, sizeof(*listener));
    if (listener) {
        listener->api = api;
        listener->fd = fd;
        listener->is_local = unix_path != NULL;
        if (unix_path)
            strncpy(listener->path, unix_path, sizeof(listener->path) - 1);
        if (listen(fd, BACKLOG) == 0 && start_daemon(listener))
            return listener;
    }
    fg_fail(err, FG_EIO, "could not start to serve: %s", strerror(errno));
    close(fd);
    free(listener);
    return NULL;
}

static void write_url(int fd, char *url, size_t url_size)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char host[64] = "", port[16] = "";

    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    bool six = address.ss_family == AF_INET6;
    snprintf(url, url_size, "http://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "", port);
}

static int bind_tcp(const char *host, uint16_t port, struct fg_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[8];

    snprintf(service, sizeof(service), "%u", port);
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0)
        return fg_fail(err, FG_EINVAL, "listen %s:%u: %s", host, port, gai_strerror(rc));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    bool bound = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0;
    int reason = errno;
    freeaddrinfo(found);
    if (bound)
        return fd;
    if (fd >= 0)
        close(fd);
    return fg_fail(err, reason == EADDRINUSE ? FG_EEXIST : FG_EIO, "listen %s:%u: %s", host,
                   port, strerror(reason));
}

struct fg_listener *fg_listener_tcp(struct fg_api *api,
                                    const char *host,
                                    uint16_t port,
                                    char *url,
                                    size_t url_size,
                                    struct fg_err *err)
{
    int fd = bind_tcp(host, port, err);
    if (fd < 0)
        return NULL;
    struct fg_listener *listener = serve(api, fd, NULL, err);
    if (listener)
        write_url(fd, url, url_size);
    return listener;
}

/* 0: the path is free now (it was, or held a dead socket); FG_EEXIST: something lives there. */
static int clear_path(const struct sockaddr_un *address, struct fg_err *err)
{
    struct stat info;
    if (lstat(address->sun_path, &info) != 0)
        return 0;
    if (!S_ISSOCK(info.st_mode))
        return fg_fail(err, FG_EEXIST, "%s: there already, and no socket", address->sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    bool refused = errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    if (alive || !refused)
        return fg_fail(err, FG_EEXIST, "%s: another service answers there", address->sun_path);
    unlink(address->sun_path);
    return 0;
}

static int bind_unix(const char *path, struct fg_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return fg_fail(err, FG_ETOOBIG, "%s: longer than the %zu bytes of a socket path", path,
                       sizeof(address.sun_path) - 1);
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    int rc = clear_path(&address, err);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody can connect before listen(), so there is no moment with a wider mode. */
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0
        && chmod(path, 0600) == 0)
        return fd;
    rc = fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

struct fg_listener *fg_listener_unix(struct fg_api *api, const char *path, struct fg_err *err)
{
    int fd = bind_unix(path, err);
    return fd < 0 ? NULL : serve(api, fd, path, err);
}

void fg_listener_quiesce(struct fg_listener *listener)
{
    if (listener && listener->path[0])
        unlink(listener->path);
    if (listener && listener->fd >= 0
        && MHD_quiesce_daemon(listener->daemon) != MHD_INVALID_SOCKET) {
        close(listener->fd);
        listener->fd = -1;
    }
}

void fg_listener_free(struct fg_listener *listener)
{
    if (!listener)
        return;
    MHD_stop_daemon(listener->daemon);
    if (listener->path[0])
        unlink(listener->path);
    free(listener);
}
