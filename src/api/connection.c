/* connection.c - see connection.h */
#include "api/connection.h"
#include "api/api.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SECOND INT64_C(1000000)
/* A whole header is a few packets: nobody honest needs longer. */
#define HEADER_S_MAX 10
/* The least pace, beyond the request deadline, of one who uploads or downloads much. */
#define BYTES_PER_S_MIN (64 * 1024)

struct fg_connections {
    pthread_mutex_t lock;
    struct fg_connection *first;
    size_t len;
};

struct fg_connections *fg_connections_new(struct fg_api *)
{
    struct fg_connections *connections = calloc(1, sizeof(*connections));
    if (connections)
        pthread_mutex_init(&connections->lock, NULL);
    return connections;
}

void fg_connections_free(struct fg_connections *connections)
{
    if (!connections)
        return;
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

static void set_peer(struct fg_connection *connection)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    connection->uid = (uid_t)-1;
    if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
        connection->uid = peer.uid;
}

struct fg_connection *fg_connection_open(struct fg_connections *connections,
                                         int fd,
                                         bool is_local)
{
    struct fg_connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->is_local = is_local;
    if (is_local)
        set_peer(connection);
    atomic_init(&connection->deadline_us, INT64_MAX);

    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connection->next)
        connection->next->prev = connection;
    connections->first = connection;
    connections->len++;
    pthread_mutex_unlock(&connections->lock);
    return connection;
}

void fg_connection_close(struct fg_connections *connections, struct fg_connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->prev = connection->prev;
    connections->len--;
    pthread_mutex_unlock(&connections->lock);
    free(connection);
}

size_t fg_connections_len(struct fg_connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    size_t len = connections->len;
    pthread_mutex_unlock(&connections->lock);
    return len;
}

static void set_deadline(struct fg_api *api, struct fg_connection *connection, int64_t pause_us)
{
    int64_t at_us = fg_api_mono_us(api) + pause_us;
    atomic_store_explicit(&connection->deadline_us, at_us, memory_order_relaxed);
}

static int64_t header_pause(const struct fg_api *api)
{
    int64_t seconds = api->options.config->api_request_deadline_s;
    return (seconds < HEADER_S_MAX ? seconds : HEADER_S_MAX) * SECOND;
}

void fg_connection_expects_header(struct fg_api *api, struct fg_connection *connection)
{
    set_deadline(api, connection, header_pause(api));
}

static int64_t pace_pause(const struct fg_api *api, uint64_t bytes)
{
    return (api->options.config->api_request_deadline_s + (int64_t)(bytes / BYTES_PER_S_MIN))
           * SECOND;
}

void fg_connection_expects_body(struct fg_api *api, struct fg_connection *connection)
{
    connection->body_start_us = fg_api_mono_us(api);
    fg_connection_received(api, connection, 0);
}

void fg_connection_received(struct fg_api *api,
                            struct fg_connection *connection,
                            uint64_t bytes)
{
    int64_t at_us = connection->body_start_us + pace_pause(api, bytes);
    atomic_store_explicit(&connection->deadline_us, at_us, memory_order_relaxed);
}

void fg_connection_answers(struct fg_api *api, struct fg_connection *connection, uint64_t bytes)
{
    set_deadline(api, connection, pace_pause(api, bytes));
}

void fg_connection_idles(struct fg_api *api, struct fg_connection *connection)
{
    set_deadline(api, connection,
                 api->options.config->api_idle_timeout_s * SECOND + header_pause(api));
}

void fg_connection_waits(struct fg_connection *connection)
{
    atomic_store_explicit(&connection->deadline_us, INT64_MAX, memory_order_relaxed);
}

void fg_connections_cut_late(struct fg_connections *connections, int64_t now_us)
{
    pthread_mutex_lock(&connections->lock);
    for (struct fg_connection *at = connections->first; at; at = at->next) {
        if (now_us < atomic_load_explicit(&at->deadline_us, memory_order_relaxed))
            continue;
        /* Closing is the library's: it finds the socket shut and does it.  The lock keeps `fd` ours. */
        shutdown(at->fd, SHUT_RDWR);
        atomic_store_explicit(&at->deadline_us, INT64_MAX, memory_order_relaxed);
    }
    pthread_mutex_unlock(&connections->lock);
}
