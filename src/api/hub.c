/* hub.c - see hub.h
 *
 * Idle: it looks twice a second (for deadlines of connections).  With waiters: every 100 ms, or sooner
 * if rung, but never more often than every 10 ms, so that a burst of events is one round.
 */
#include "api/hub.h"
#include "api/api.h"
#include "api/connection.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define IDLE_MS  500
#define TICK_MS  100
#define BURST_MS 10
#define PEERS_US 1000000 /* pause between looks for clients that went away */
#define CUT_US   500000  /* ... and for connections that are late */

struct fg_hub {
    struct fg_api *api;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t bell;
    atomic_bool rung;
    bool stop, hurry;
    struct fg_waiter *first;
    atomic_size_t len;
    int64_t peers_at_us, cut_at_us;
    struct pollfd *peers; /* scratch of look_at_peers */
    size_t peers_room;
};

/* Which of those who are parked have lost their client? */
static void look_at_peers(struct fg_hub *hub)
{
    if (hub->len > hub->peers_room) {
        struct pollfd *more = reallocarray(hub->peers, hub->len * 2, sizeof(*more));
        if (!more)
            return;
        hub->peers = more;
        hub->peers_room = hub->len * 2;
    }
    nfds_t len = 0;
    for (struct fg_waiter *waiter = hub->first; waiter; waiter = waiter->next)
        hub->peers[len++] =
            (struct pollfd){.fd = waiter->parked ? waiter->fd : -1, .events = POLLRDHUP};
    if (poll(hub->peers, len, 0) <= 0)
        return;
    len = 0;
    for (struct fg_waiter *waiter = hub->first; waiter; waiter = waiter->next)
        waiter->gone |= hub->peers[len++].revents != 0;
}

static void wake_the_ready(struct fg_hub *hub, int64_t now_us)
{
    for (struct fg_waiter *waiter = hub->first; waiter; waiter = waiter->next) {
        if (!waiter->parked)
            continue;
        bool due = hub->hurry || waiter->gone || now_us >= waiter->deadline_us;
        if (!due && !(waiter->ready && waiter->ready(waiter)))
            continue;
        waiter->parked = false;
        waiter->wake(waiter);
    }
}

static void sleep_a_while(struct fg_hub *hub)
{
    struct timespec until;
    int64_t pause_ns = (hub->len ? TICK_MS : IDLE_MS) * INT64_C(1000000);

    clock_gettime(CLOCK_MONOTONIC, &until);
    pause_ns += until.tv_nsec;
    until.tv_sec += pause_ns / 1000000000;
    until.tv_nsec = pause_ns % 1000000000;
    while (!atomic_load(&hub->rung) && !hub->stop)
        if (pthread_cond_timedwait(&hub->bell, &hub->lock, &until) != 0)
            break;
}

static void *run(void *self)
{
    struct fg_hub *hub = self;

    pthread_mutex_lock(&hub->lock);
    while (!hub->stop) {
        atomic_store(&hub->rung, false);
        int64_t now_us = fg_api_mono_us(hub->api);
        if (hub->len && now_us >= hub->peers_at_us) {
            hub->peers_at_us = now_us + PEERS_US;
            look_at_peers(hub);
        }
        wake_the_ready(hub, now_us);
        pthread_mutex_unlock(&hub->lock);
        if (now_us >= hub->cut_at_us) {
            hub->cut_at_us = now_us + CUT_US;
            fg_connections_cut_late(hub->api->connections, now_us);
        }
        nanosleep(&(struct timespec){.tv_nsec = BURST_MS * 1000000}, NULL);
        pthread_mutex_lock(&hub->lock);
        sleep_a_while(hub);
    }
    pthread_mutex_unlock(&hub->lock);
    return NULL;
}

struct fg_hub *fg_hub_new(struct fg_api *api, struct fg_err *err)
{
    struct fg_hub *hub = calloc(1, sizeof(*hub));
    if (!hub) {
        fg_fail(err, FG_ENOMEM, "no memory for the hub");
        return NULL;
    }
    hub->api = api;
    pthread_mutex_init(&hub->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->bell, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&hub->thread, NULL, run, hub) != 0) {
        fg_fail(err, FG_ENOMEM, "no thread for the hub");
        free(hub);
        return NULL;
    }
    pthread_setname_np(hub->thread, "api-hub");
    return hub;
}

void fg_hub_free(struct fg_hub *hub)
{
    if (!hub)
        return;
    pthread_mutex_lock(&hub->lock);
    hub->stop = true;
    pthread_cond_signal(&hub->bell);
    pthread_mutex_unlock(&hub->lock);
    pthread_join(hub->thread, NULL);
    assert(!hub->first);
    pthread_cond_destroy(&hub->bell);
    pthread_mutex_destroy(&hub->lock);
    free(hub->peers);
    free(hub);
}

bool fg_hub_park(struct fg_hub *hub,
                 struct fg_waiter *waiter,
                 void (*suspend)(struct fg_waiter *waiter))
{
    pthread_mutex_lock(&hub->lock);
    bool may = !hub->hurry;
    if (may && !waiter->added) {
        waiter->added = true;
        waiter->prev = NULL;
        waiter->next = hub->first;
        if (hub->first)
            hub->first->prev = waiter;
        hub->first = waiter;
        /* The first one: the thread sleeps its long sleep. */
        if (hub->len++ == 0)
            pthread_cond_signal(&hub->bell);
    }
    assert(!waiter->parked);
    if (may) {
        suspend(waiter);
        waiter->parked = true;
    }
    pthread_mutex_unlock(&hub->lock);
    return may;
}

void fg_hub_remove(struct fg_hub *hub, struct fg_waiter *waiter)
{
    pthread_mutex_lock(&hub->lock);
    if (waiter->added) {
        if (waiter->prev)
            waiter->prev->next = waiter->next;
        else
            hub->first = waiter->next;
        if (waiter->next)
            waiter->next->prev = waiter->prev;
        waiter->added = waiter->parked = false;
        hub->len--;
    }
    pthread_mutex_unlock(&hub->lock);
}

void fg_hub_ring(struct fg_hub *hub)
{
    if (atomic_load(&hub->len) == 0 || atomic_exchange(&hub->rung, true))
        return;
    pthread_mutex_lock(&hub->lock);
    pthread_cond_signal(&hub->bell);
    pthread_mutex_unlock(&hub->lock);
}

void fg_hub_hurry(struct fg_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->hurry = true;
    wake_the_ready(hub, 0);
    pthread_mutex_unlock(&hub->lock);
}

size_t fg_hub_len(struct fg_hub *hub)
{
    return atomic_load(&hub->len);
}
