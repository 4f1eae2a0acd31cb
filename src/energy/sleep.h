/* sleep.h - which empty nodes sleep, and when they wake.
 *
 *     nodes (empty since, watts, asleep?), devices wanted soon (forecast, queue) --SLEEP--> who sleeps, who wakes
 *
 * A node is worth putting to sleep if it stays empty longer than its break-even time: what going down and coming up cost, over
 * what sleep saves a second (the break-even rule of dynamic power management, Benini, Bogliolo and De Micheli, 2000).  Waiting
 * just that long before it is sent to sleep never costs more than twice what one who knew the future would have paid (ski rental).
 * But so many empty devices stay awake as are likely to be wanted before one could wake: `keep`, from a forecast's
 * quantile; fewer than that awake, and nodes are woken, those first that wake soonest, then those that draw least.
 * Minimum times awake and asleep keep nodes from flapping.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_sleep_costs {
    int64_t idle_mw, asleep_mw; /* of the node */
    int64_t move_mw;            /* while it goes down or comes up */
    int64_t down_us, wake_us;   /* how long that takes */
};

enum fg_sleep_state { FG_SLEEP_AWAKE, FG_SLEEP_ASLEEP, FG_SLEEP_WAKING };

struct fg_sleep_node {
    struct fg_sleep_costs costs;
    enum fg_sleep_state state;
    bool may_sleep; /* not held by a person, a reservation, a service on it */
    bool is_empty;
    int64_t since_us; /* awake: empty since; asleep, waking: in that state since */
    uint32_t kind;    /* of its devices: what is kept awake is kept by kind; below kinds_len */
    uint32_t devices;
};

struct fg_sleep_terms {
    const uint32_t *keep; /* by kind: empty devices that stay awake for who may come */
    size_t kinds_len;
    int64_t
        awake_us; /* empty at least so long before it sleeps (or its break-even time, if that is longer) */
    int64_t
        asleep_us; /* asleep at least so long before it is woken for `keep`; who is needed now is woken at once */
};

enum fg_sleep_act { FG_SLEEP_STAY, FG_SLEEP_GO, FG_SLEEP_WAKE };

/* Empty longer than this, it had better slept; INT64_MAX: sleep saves nothing. */
int64_t fg_sleep_break_even_us(const struct fg_sleep_costs *costs);

/* What each node is to do; `acts` has `len`.  Returns the moment to ask again, if nothing happens before, or INT64_MAX. */
int64_t fg_sleep_decide(const struct fg_sleep_terms *terms,
                        const struct fg_sleep_node *nodes,
                        size_t len,
                        int64_t now_us,
                        enum fg_sleep_act *acts);

/* How many more devices than now were in use within `ahead_us` of any moment of the last days, as a quantile: the `keep` of
 * who has no forecast.  It learns from what it is told. */
#define FG_SLEEP_RISES 512
struct fg_sleep_demand {
    int64_t ahead_us;
    int64_t window_us;              /* the stretch that is being watched began */
    int64_t at_begin;               /* devices in use then */
    int64_t most, last;             /* since then; now */
    uint32_t rises[FG_SLEEP_RISES]; /* of the last stretches, a ring */
    size_t len, next;
};
void fg_sleep_demand_init(struct fg_sleep_demand *demand, int64_t ahead_us);
/* So many devices are in use from now on; moments never go back. */
void fg_sleep_demand_note(struct fg_sleep_demand *demand, int64_t now_us, int64_t in_use);
/* 0 while nothing is known. */
uint32_t fg_sleep_demand_keep(const struct fg_sleep_demand *demand, uint32_t quantile_milli);
