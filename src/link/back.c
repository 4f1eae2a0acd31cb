/* back.c - the thread of the link: connections come, speak and go; time passes. */
#include "link/inner.h"

#include "base/text.h"
#include "base/urgent.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOOK_US       500000
#define SHAKE_WAIT_US (10 * 1000000LL) /* until a stranger must have proved what he is */
#define STRANGERS_MAX 1024             /* at once; the oldest goes first */
#define ACCEPTS_MAX   64
#define EVENTS_MAX    256
#define ARENA_BYTES   (64UL * 1024 * 1024)
#define UNSENT_MAX    (64UL * 1024 * 1024) /* what a peer that does not read may leave with us */

int64_t fg_link_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* -- connections --------------------------------------------------------------------------------------- */

static int key_of(void *self, const char *allocation, uint8_t out[FG_LINK_SECRET_BYTES])
{
    return fg_link_secret(self, allocation, out, NULL);
}

static void name_caller(int fd, char out[FG_NAME_MAX])
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    out[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&at, &len) == 0)
        getnameinfo((struct sockaddr *)&at, len, out, FG_NAME_MAX, NULL, 0, NI_NUMERICHOST);
}

/* A courier whose machine vanished without a word must not hold a socket for hours. */
static void set_options(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){60000}, sizeof(int));
}

static void make_room_for_strangers(struct fg_link *link)
{
    struct fg_link_conn *oldest = NULL;
    for (struct fg_link_conn *conn = link->conns; conn; conn = conn->after)
        if (!conn->peer && !conn->doomed)
            oldest = conn; /* new ones are put in front */
    if (oldest)
        fg_link_cut(link, oldest);
}

static void add_conn(struct fg_link *link, int fd)
{
    struct fg_link_conn *conn = calloc(1, sizeof(*conn));
    if (!conn)
        abort();
    set_options(fd);
    conn->channel = fg_channel_accept(fd, key_of, link);
    conn->opened_us = fg_link_now();
    conn->after = link->conns;
    name_caller(fd, conn->from);
    if (link->conns)
        link->conns->before = conn;
    link->conns = conn;
    link->conns_len++;
    link->strangers++;
    epoll_ctl(link->epoll, EPOLL_CTL_ADD, fd,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = conn});
    if (link->strangers > STRANGERS_MAX)
        make_room_for_strangers(link);
}

static void accept_some(struct fg_link *link)
{
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            /* No descriptors left: whoever proved nothing gives way. */
            if (errno == EMFILE || errno == ENFILE)
                make_room_for_strangers(link);
            return;
        }
        add_conn(link, fd);
    }
}

/* Marked now, freed when nobody can be using it any more. */
void fg_link_cut(struct fg_link *link, struct fg_link_conn *conn)
{
    if (conn->doomed)
        return;
    conn->doomed = true;
    link->doomed++;
    if (conn->peer) {
        conn->peer->conn = NULL;
        conn->peer = NULL;
    } else {
        link->strangers--;
    }
}

static void free_conn(struct fg_link *link, struct fg_link_conn *conn)
{
    if (conn->before)
        conn->before->after = conn->after;
    else
        link->conns = conn->after;
    if (conn->after)
        conn->after->before = conn->before;
    link->conns_len--;
    fg_link_get_free(conn);
    /* By hand: a process that is being forked just now may hold a copy, and with it keep the events coming. */
    epoll_ctl(link->epoll, EPOLL_CTL_DEL, fg_channel_fd(conn->channel), NULL);
    fg_channel_free(conn->channel);
    free(conn);
}

static void sweep(struct fg_link *link)
{
    if (link->doomed == 0)
        return;
    link->doomed = 0;
    for (struct fg_link_conn *conn = link->conns, *after; conn; conn = after) {
        after = conn->after;
        if (conn->doomed)
            free_conn(link, conn);
    }
}

void fg_link_want_out(struct fg_link *link, struct fg_link_conn *conn)
{
    if (conn->doomed || conn->dirty)
        return;
    conn->dirty = true;
    conn->next_dirty = link->dirty;
    link->dirty = conn;
}

static void watch_out(struct fg_link *link, struct fg_link_conn *conn)
{
    bool wants = fg_channel_wants_out(conn->channel) || conn->gets;
    if (wants == conn->watches_out)
        return;
    conn->watches_out = wants;
    epoll_ctl(
        link->epoll, EPOLL_CTL_MOD, fg_channel_fd(conn->channel),
        &(struct epoll_event){.events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = conn});
}

static void flush(struct fg_link *link, struct fg_link_conn *conn)
{
    if (!conn->doomed)
        fg_link_get_pump(link, conn);
    if (conn->doomed)
        return;
    if (fg_channel_flush(conn->channel) < 0 || fg_channel_unsent(conn->channel) > UNSENT_MAX
        || (conn->ends && !fg_channel_wants_out(conn->channel)))
        fg_link_cut(link, conn);
    else
        watch_out(link, conn);
}

/* What was queued in a turn goes out together: most of it without asking when the socket takes it. */
static void flush_all(struct fg_link *link)
{
    struct fg_link_conn *conn = link->dirty;
    link->dirty = NULL;
    for (struct fg_link_conn *next; conn; conn = next) {
        next = conn->next_dirty;
        flush(link, conn);
        conn->dirty = false;
    }
}

void fg_link_send(struct fg_link *link,
                  struct fg_link_conn *conn,
                  const struct fg_message *message)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    if (!conn || conn->doomed || conn->ends)
        return;
    fg_message_write(&bytes, message);
    fg_channel_send(conn->channel, (uint8_t)message->kind, bytes.text, bytes.len);
    fg_link_want_out(link, conn);
}

static void refuse(struct fg_link *link, struct fg_link_conn *conn)
{
    pthread_mutex_lock(&link->mutex);
    link->counts.refused++;
    pthread_mutex_unlock(&link->mutex);
    fg_link_cut(link, conn);
}

static void read_frames(struct fg_link *link, struct fg_link_conn *conn)
{
    uint8_t kind;
    const char *bytes;
    size_t len;
    struct fg_message message;
    int rc = 0;
    while (!conn->doomed
           && (rc = fg_channel_next(conn->channel, &kind, &bytes, &len, NULL)) > 0) {
        fg_arena_reset(link->arena);
        if (fg_message_read(kind, bytes, len, link->arena, &message) < 0) {
            rc = FG_EINVAL;
            break;
        }
        fg_link_frame(link, conn, &message);
    }
    if (rc < 0)
        refuse(link, conn);
}

static void use_conn(struct fg_link *link, struct fg_link_conn *conn, uint32_t events)
{
    struct fg_err err = {};
    int rc = 0;
    if (conn->doomed)
        return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        rc = fg_channel_read(conn->channel, &err);
    /* What came before it was closed still counts. */
    read_frames(link, conn);
    if (rc < 0 && !conn->doomed)
        fg_link_cut(link, conn);
    fg_link_want_out(link, conn);
}

/* -- time ---------------------------------------------------------------------------------------------- */

struct look {
    struct fg_link *link;
    int64_t now_us;
};

static void look_at(void *self, struct fg_link_entry *entry)
{
    const struct look *look = self;
    fg_link_look(look->link, (void *)entry, look->now_us);
}

static void count(struct fg_link *link)
{
    struct fg_link_counts sum = {.connections = link->conns_len,
                                 .couriers = link->conns_len - link->strangers,
                                 .tasks = (uint32_t)link->tasks.len};
    for (struct fg_link_conn *conn = link->conns; conn; conn = conn->after) {
        uint64_t in = fg_channel_bytes_in(conn->channel);
        uint64_t out = fg_channel_bytes_out(conn->channel);
        sum.bytes_in += in - conn->counted_in;
        sum.bytes_out += out - conn->counted_out;
        conn->counted_in = in;
        conn->counted_out = out;
    }
    pthread_mutex_lock(&link->mutex);
    sum.bytes_in += link->counts.bytes_in;
    sum.bytes_out += link->counts.bytes_out;
    sum.refused = link->counts.refused;
    link->counts = sum;
    pthread_mutex_unlock(&link->mutex);
}

static void look(struct fg_link *link)
{
    int64_t now = fg_link_now();
    int64_t pause = now - link->looked_us;
    if (pause < LOOK_US)
        return;
    link->looked_us = now;
    for (struct fg_link_conn *conn = link->conns; conn; conn = conn->after)
        if (!conn->peer && !conn->doomed && now - conn->opened_us > SHAKE_WAIT_US)
            fg_link_cut(link, conn);
    count(link);
    /* If we ourselves were held up, what couriers sent meanwhile is still in the sockets: read that first. */
    if (pause < 2 * LOOK_US)
        fg_link_table_each(&link->groups, look_at, &(struct look){link, now});
}

/* -- the thread ---------------------------------------------------------------------------------------- */

static void take_commands(struct fg_link *link)
{
    eventfd_t times;
    pthread_mutex_lock(&link->mutex);
    struct fg_link_command *command = link->commands;
    link->commands = NULL;
    link->commands_end = &link->commands;
    eventfd_read(link->wake_back, &times);
    pthread_mutex_unlock(&link->mutex);
    for (struct fg_link_command *next; command; command = next) {
        next = command->next;
        fg_link_do(link, command);
        fg_link_command_free(command);
    }
}

static void wait_for_events(struct fg_link *link)
{
    struct epoll_event events[EVENTS_MAX];
    int len = epoll_wait(link->epoll, events, EVENTS_MAX, (int)(LOOK_US / 1000));
    for (int i = 0; i < len; i++) {
        if (events[i].data.ptr == &link->listener)
            accept_some(link);
        else if (events[i].data.ptr == &link->wake_back)
            take_commands(link);
        else
            use_conn(link, events[i].data.ptr, events[i].events);
    }
}

static void free_group(void *self, struct fg_link_entry *entry)
{
    fg_link_group_remove(self, (void *)entry);
}

static void finish(struct fg_link *link)
{
    for (struct fg_link_conn *conn = link->conns; conn; conn = conn->after)
        fg_link_cut(link, conn);
    sweep(link);
    fg_link_table_each(&link->groups, free_group, link);
    fg_link_table_fini(&link->groups);
    fg_link_table_fini(&link->tasks);
    fg_arena_free(link->arena);
    close(link->epoll);
}

void *fg_link_back(void *self)
{
    struct fg_link *link = self;
    fg_urgent_thread(); /* it renews leases */
    link->arena = fg_arena_new(ARENA_BYTES);
    link->epoll = epoll_create1(EPOLL_CLOEXEC);
    link->started_us = link->looked_us = fg_link_now();
    if (link->epoll < 0)
        abort();
    epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->listener,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = &link->listener});
    epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->wake_back,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = &link->wake_back});
    while (!link->quits || link->packing > 0) {
        wait_for_events(link);
        look(link);
        flush_all(link);
        sweep(link);
    }
    finish(link);
    return NULL;
}
