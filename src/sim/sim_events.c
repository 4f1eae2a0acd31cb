/* sim_events.c - what is planned: a heap of four branches, soonest first; of one moment, first planned first. */
#include "sim/sim_inner.h"

#include "base/grow.h"

#define BRANCHES 4

static bool sooner(const struct event *a, const struct event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->number < b->number;
}

void fg_sim_plan(struct sim *sim, struct event event)
{
    sim->events =
        fg_grow(sim->events, sim->events_len, &sim->events_room, sizeof(sim->events[0]));
    event.number = ++sim->events_made;
    size_t at = sim->events_len++;
    for (; at > 0; at = (at - 1) / BRANCHES) {
        size_t parent = (at - 1) / BRANCHES;
        if (!sooner(&event, &sim->events[parent]))
            break;
        sim->events[at] = sim->events[parent];
    }
    sim->events[at] = event;
}

static size_t soonest_child(const struct sim *sim, size_t at)
{
    size_t first = BRANCHES * at + 1, best = first;
    size_t end = first + BRANCHES < sim->events_len ? first + BRANCHES : sim->events_len;
    for (size_t child = first + 1; child < end; child++)
        if (sooner(&sim->events[child], &sim->events[best]))
            best = child;
    return best;
}

static void drop_first(struct sim *sim)
{
    struct event last = sim->events[--sim->events_len];
    size_t at = 0;
    while (BRANCHES * at + 1 < sim->events_len) {
        size_t child = soonest_child(sim, at);
        if (!sooner(&sim->events[child], &last))
            break;
        sim->events[at] = sim->events[child];
        at = child;
    }
    if (sim->events_len)
        sim->events[at] = last;
}

static bool is_stale(const struct sim *sim, const struct event *event)
{
    return event->kind <= EVENT_STOPPED
           && sim->attempts[event->subject].generation != event->check;
}

bool fg_sim_next_event(struct sim *sim, int64_t until_us, struct event *out)
{
    while (sim->events_len && sim->events[0].time_us <= until_us) {
        *out = sim->events[0];
        drop_first(sim);
        if (!is_stale(sim, out))
            return true;
    }
    return false;
}

int64_t fg_sim_events_us(const struct sim *sim)
{
    return sim->events_len ? sim->events[0].time_us : INT64_MAX;
}
