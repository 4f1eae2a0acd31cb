/* wire.h - a socket that text is written to: a datagram socket of this machine, UDP or TCP.
 *
 * Nothing blocks: each write waits for room until a deadline, and looks meanwhile whether it should give up.
 */
#pragma once

#include "publish/outlet.h"

struct fg_wire {
    int fd; /* -1: not connected */
    bool is_stream;
};

/* "/dev/log", "udp://HOST:PORT", "tcp://HOST:PORT".  FG_EUNREACH, FG_ETIMEOUT. */
[[nodiscard]] int fg_wire_open(struct fg_wire *wire,
                               const char *where,
                               const struct fg_outlet_site *site,
                               struct fg_err *err);
void fg_wire_close(struct fg_wire *wire);

/* All of it, as one datagram if it is not a stream.  FG_ETOOBIG: no datagram can be so long. */
[[nodiscard]] int fg_wire_write(const struct fg_wire *wire,
                                const char *bytes,
                                size_t len,
                                const struct fg_outlet_site *site,
                                struct fg_err *err);
/* Has the other end of a stream gone?  What was written last has then hardly arrived. */
bool fg_wire_is_over(const struct fg_wire *wire);
