/* listener.c - see listener.h */
#include "api/listener.h"
#include "api/loop.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG           4096
#define LOCAL_CONNECTIONS 1024 /* over the Unix socket */

struct fg_listener {
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "" unless a Unix socket */
    size_t loops_len;
    struct fg_loop *loops[];
};

static bool start_loops(struct fg_api *api,
                        struct fg_listener *listener,
                        int fd,
                        struct fg_err *err)
{
    size_t threads = (size_t)api->options.config->api_threads;
    bool is_local = listener->path[0] != 0;
    size_t most = api->connections_max;

    if (is_local && most > LOCAL_CONNECTIONS)
        most = LOCAL_CONNECTIONS;
    for (; listener->loops_len < threads; listener->loops_len++) {
        struct fg_loop_options options = {.api = api,
                                          .listen_fd = fd,
                                          .is_local = is_local,
                                          .connections_max = most / threads + 1};
        struct fg_loop *loop = fg_loop_start(&options, err);
        if (!loop)
            return false;
        listener->loops[listener->loops_len] = loop;
    }
    return true;
}

/* Takes `fd` over. */
static struct fg_listener *serve(struct fg_api *api,
                                 int fd,
                                 const char *unix_path,
                                 struct fg_err *err)
{
    size_t threads = (size_t)api->options.config->api_threads;
    struct fg_listener *listener =
        calloc(1, sizeof(*listener) + threads * sizeof(struct fg_loop *));
    bool fine = listener != NULL;

    if (!fine)
        fg_fail(err, FG_ENOMEM, "no memory to serve");
    if (fine && unix_path)
        strncpy(listener->path, unix_path, sizeof(listener->path) - 1);
    if (fine && listen(fd, BACKLOG) != 0) {
        fg_fail(err, FG_EIO, "listen: %s", strerror(errno));
        fine = false;
    }
    fine = fine && start_loops(api, listener, fd, err);
    close(fd); /* each loop has its own */
    if (fine)
        return listener;
    fg_listener_free(listener);
    return NULL;
}

static void write_url(int fd, char *url, size_t url_size)
{
    struct sockaddr_storage address = {};
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
    write_url(fd, url, url_size);
    return serve(api, fd, NULL, err);
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

static int bind_unix(const char *path, mode_t mode, struct fg_err *err)
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
        && chmod(path, mode) == 0)
        return fd;
    rc = fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

struct fg_listener *fg_listener_unix(struct fg_api *api, const char *path, struct fg_err *err)
{
    int fd = bind_unix(path, api->options.config->api_socket_open ? 0666 : 0600, err);
    return fd < 0 ? NULL : serve(api, fd, path, err);
}

void fg_listener_quiesce(struct fg_listener *listener)
{
    if (listener && listener->path[0])
        unlink(listener->path);
    for (size_t i = 0; listener && i < listener->loops_len; i++)
        fg_loop_quiesce(listener->loops[i]);
}

void fg_listener_free(struct fg_listener *listener)
{
    if (!listener)
        return;
    for (size_t i = 0; i < listener->loops_len; i++)
        fg_loop_free(listener->loops[i]);
    if (listener->path[0])
        unlink(listener->path);
    free(listener);
}
