/* event_ring_test.c - the last events are there in order; older ones, and gaps, are the store's. */
#include "api/event_ring.h"
#include "test/tap.h"

#include <string.h>

static void add(struct fg_event_ring *ring, uint64_t seq)
{
    char kind[32], json[64];
    snprintf(kind, sizeof(kind), "kind-%llu", (unsigned long long)seq);
    snprintf(json, sizeof(json), "{\"n\":%llu}", (unsigned long long)seq);
    fg_event_ring_add(ring,
                      &(struct fg_event){.seq = seq, .kind = kind, .job = seq, .json = json});
}

static void check_next(void *self, const struct fg_event *event)
{
    uint64_t *next = self;
    char kind[32];
    snprintf(kind, sizeof(kind), "kind-%llu", (unsigned long long)*next);
    if (event->seq != *next || strcmp(event->kind, kind) != 0 || event->job != *next)
        *next = 0;
    else
        ++*next;
}

static void events_come_back_in_order(void)
{
    struct fg_event_ring *ring = fg_event_ring_new();
    uint64_t next = 1;
    EQ(fg_event_ring_read(ring, 0, 10, check_next, &next), -1);
    for (uint64_t seq = 1; seq <= 10000; seq++)
        add(ring, seq);
    EQ(fg_event_ring_last(ring), 10000);
    EQ(fg_event_ring_read(ring, 0, 10, check_next, &next), -1);
    EQ(fg_event_ring_read(ring, 10000 - 4097, 10, check_next, &next), -1);
    next = 10000 - 4096 + 1;
    EQ(fg_event_ring_read(ring, 10000 - 4096, 5000, check_next, &next), 4096);
    EQ(next, 10001);
    next = 9991;
    EQ(fg_event_ring_read(ring, 9990, 3, check_next, &next), 3);
    EQ(next, 9994);
    EQ(fg_event_ring_read(ring, 10000, 10, check_next, &next), 0);
    /* After a gap only what came after it is known. */
    add(ring, 20000);
    EQ(fg_event_ring_read(ring, 10000, 10, check_next, &next), -1);
    next = 20000;
    EQ(fg_event_ring_read(ring, 19999, 10, check_next, &next), 1);
    EQ(next, 20001);
    fg_event_ring_free(ring);
}

int main(void)
{
    RUN(events_come_back_in_order);
    return tap_done();
}
