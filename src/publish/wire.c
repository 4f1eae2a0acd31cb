/* wire.c - see wire.h */
#include "publish/wire.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DEADLINE_US 5'000'000
#define LOOK_MS     100

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* Until it can be written to. */
static int wait_for(int fd,
                    int64_t deadline_us,
                    const struct fg_outlet_site *site,
                    struct fg_err *err)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    while (poll(&room, 1, LOOK_MS) <= 0) {
        if (site->stopping(site->self))
            return fg_fail(err, FG_EUNREACH, "the service is stopping");
        if (mono_us() > deadline_us)
            return fg_fail(err, FG_ETIMEOUT, "it took nothing for %d s",
                           DEADLINE_US / 1'000'000);
    }
    return 0;
}

static int connect_to(const struct sockaddr *address,
                      socklen_t len,
                      int type,
                      const struct fg_outlet_site *site,
                      struct fg_err *err)
{
    int fd = socket(address->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fg_fail(err, FG_EUNREACH, "socket: %s", strerror(errno));
    int rc = 0, error = 0;
    socklen_t error_len = sizeof(error);
    if (connect(fd, address, len) < 0)
        error = errno;
    if (error == EINPROGRESS) {
        rc = wait_for(fd, mono_us() + DEADLINE_US, site, err);
        if (rc == 0)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
    }
    if (rc == 0 && error)
        rc = fg_fail(err, FG_EUNREACH, "%s", strerror(error));
    if (rc < 0)
        close(fd);
    return rc < 0 ? rc : fd;
}

static int open_path(const char *path, const struct fg_outlet_site *site, struct fg_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!fg_copy(address.sun_path, sizeof(address.sun_path), path))
        return fg_fail(err, FG_EINVAL, "%.80s...: too long for a socket's path", path);
    return connect_to((const struct sockaddr *)&address, sizeof(address), SOCK_DGRAM, site,
                      err);
}

/* "HOST:PORT" */
static int open_host(const char *text,
                     int type,
                     const struct fg_outlet_site *site,
                     struct fg_err *err)
{
    char host[FG_SINK_WHERE_MAX];
    fg_copy(host, sizeof(host), text);
    char *port = strrchr(host, ':');
    *port++ = '\0';
    bool bracketed = host[0] == '[';
    if (bracketed)
        host[strlen(host) - 1] = '\0';
    struct addrinfo *list = NULL, hints = {.ai_family = AF_UNSPEC, .ai_socktype = type};
    int rc = getaddrinfo(host + bracketed, port, &hints, &list);
    if (rc != 0)
        return fg_fail(err, FG_EUNREACH, "%s: %s", host + bracketed, gai_strerror(rc));
    int fd = FG_EUNREACH;
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_to(at->ai_addr, at->ai_addrlen, type, site, err);
    freeaddrinfo(list);
    return fd;
}

int fg_wire_open(struct fg_wire *wire,
                 const char *where,
                 const struct fg_outlet_site *site,
                 struct fg_err *err)
{
    bool is_tcp = strncmp(where, "tcp://", 6) == 0;
    bool is_udp = strncmp(where, "udp://", 6) == 0;
    int fd = is_tcp || is_udp
                 ? open_host(where + 6, is_tcp ? SOCK_STREAM : SOCK_DGRAM, site, err)
                 : open_path(where, site, err);
    if (fd < 0)
        return fg_wrap(err, fd, "%s", where);
    *wire = (struct fg_wire){.fd = fd, .is_stream = is_tcp};
    return 0;
}

void fg_wire_close(struct fg_wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

int fg_wire_write(const struct fg_wire *wire,
                  const char *bytes,
                  size_t len,
                  const struct fg_outlet_site *site,
                  struct fg_err *err)
{
    int64_t deadline_us = mono_us() + DEADLINE_US;
    while (len > 0) {
        ssize_t some = send(wire->fd, bytes, len, MSG_NOSIGNAL);
        if (some < 0 && errno == EMSGSIZE)
            return fg_fail(err, FG_ETOOBIG, "%zu bytes are too much for one message", len);
        if (some < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
            return fg_fail(err, FG_EUNREACH, "%s", strerror(errno));
        int rc = some < 0 ? wait_for(wire->fd, deadline_us, site, err) : 0;
        if (rc < 0)
            return rc;
        bytes += some > 0 ? some : 0;
        len -= some > 0 ? (size_t)some : 0;
    }
    return 0;
}

bool fg_wire_is_over(const struct fg_wire *wire)
{
    char byte;
    ssize_t got = wire->is_stream ? recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) : -1;
    return wire->is_stream && (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR));
}
