/* connection.h - the open connections: who is at the other end, and how long it may take.
 *
 * The HTTP library ends silent connections; one that sends or reads a byte now and then would live for
 * ever, so each has a moment at which it is cut, whatever it does.
 */
#pragma once

#include "api/server.h"

#include <stdatomic.h>
#include <sys/types.h>

struct fg_connections;
struct fg_call;
struct fg_loop;

struct fg_connection {
    int fd;
    struct fg_loop *loop; /* whose connection it is */
    bool is_local;        /* Unix socket: uid is that of the peer */
    uid_t uid;
    bool actor_known;
    struct fg_actor actor;       /* of the peer, once asked for */
    struct fg_call *call;        /* under way, or NULL */
    _Atomic int64_t deadline_us; /* monotonic; INT64_MAX: none */
    int64_t body_start_us;
    struct fg_connection *prev, *next;
};

struct fg_connections *fg_connections_new(struct fg_api *api);
void fg_connections_free(struct fg_connections *connections);

/* A connection was opened; NULL if there is no memory. */
struct fg_connection *fg_connection_open(struct fg_connections *connections,
                                         int fd,
                                         bool is_local);
/* It is about to be closed; `fd` is still open. */
void fg_connection_close(struct fg_connections *connections, struct fg_connection *connection);
size_t fg_connections_len(struct fg_connections *connections);

/* Moments of a request; each sets the next deadline. */
void fg_connection_expects_header(struct fg_api *api, struct fg_connection *connection);
void fg_connection_expects_body(struct fg_api *api, struct fg_connection *connection);
/* So much of the body is there: who sends more may take longer. */
void fg_connection_received(struct fg_api *api,
                            struct fg_connection *connection,
                            uint64_t bytes);
void fg_connection_answers(struct fg_api *api,
                           struct fg_connection *connection,
                           uint64_t bytes);
void fg_connection_idles(struct fg_api *api, struct fg_connection *connection);
void fg_connection_waits(struct fg_connection *connection); /* for us, not we for it */

/* End those whose moment has come. */
void fg_connections_cut_late(struct fg_connections *connections, int64_t now_us);
