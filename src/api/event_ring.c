/* event_ring.c - see event_ring.h */
#include "api/event_ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SLOTS 4096 /* power of two */

struct slot {
    struct fg_event event; /* its texts are in `text` */
    struct fg_buf text;
};

struct fg_event_ring {
    pthread_mutex_t lock;
    uint64_t first;            /* seq of the oldest kept */
    atomic_uint_fast64_t last; /* 0: empty */
    struct slot slots[SLOTS];  /* seq % SLOTS */
};

struct fg_event_ring *fg_event_ring_new(void)
{
    struct fg_event_ring *ring = calloc(1, sizeof(*ring));
    if (ring)
        pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

void fg_event_ring_free(struct fg_event_ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        fg_buf_free(&ring->slots[i].text);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

void fg_event_ring_add(struct fg_event_ring *ring, const struct fg_event *event)
{
    pthread_mutex_lock(&ring->lock);
    struct slot *slot = &ring->slots[event->seq % SLOTS];
    fg_buf_clear(&slot->text);
    fg_buf_puts(&slot->text, event->kind);
    fg_buf_add(&slot->text, "", 1);
    size_t json_at = slot->text.len;
    fg_buf_puts(&slot->text, event->json ? event->json : "");
    fg_buf_add(&slot->text, "", 1);
    slot->event = *event;
    slot->event.kind = slot->text.text;
    slot->event.json = slot->text.text + json_at;

    /* A gap would be a lie about what came between: begin anew after it. */
    if (atomic_load(&ring->last) == 0 || event->seq != atomic_load(&ring->last) + 1)
        ring->first = event->seq;
    else if (event->seq - ring->first >= SLOTS)
        ring->first = event->seq - SLOTS + 1;
    atomic_store(&ring->last, event->seq);
    pthread_mutex_unlock(&ring->lock);
}

uint64_t fg_event_ring_last(struct fg_event_ring *ring)
{
    return atomic_load(&ring->last);
}

int fg_event_ring_read(struct fg_event_ring *ring,
                       uint64_t after,
                       int max,
                       void (*row)(void *self, const struct fg_event *event),
                       void *self)
{
    int len = 0;
    pthread_mutex_lock(&ring->lock);
    uint64_t last = atomic_load(&ring->last);
    if (last == 0 || after + 1 < ring->first) {
        pthread_mutex_unlock(&ring->lock);
        return -1;
    }
    for (uint64_t seq = after + 1; seq <= last && len < max; seq++, len++)
        row(self, &ring->slots[seq % SLOTS].event);
    pthread_mutex_unlock(&ring->lock);
    return len;
}
