/* hub.h - one thread with a clock: wakes those who wait, and ends connections that take too long.
 *
 *     published event, 100 ms tick --> HUB --wake--> suspended long polls and streams
 *
 * A waiter is embedded in its owner.  Between fg_hub_park() and its wake() the owner is suspended; the
 * hub calls wake() once, from its own thread, with its lock held: wake() may only resume.
 */
#pragma once

#include "api/server.h"

struct fg_hub;

struct fg_waiter {
    int fd;              /* of the client: watched for its going away */
    int64_t deadline_us; /* monotonic; wake then at the latest */
    bool (*ready)(
        struct fg_waiter *waiter); /* NULL: only the deadline; called with the hub's lock */
    void (*wake)(struct fg_waiter *waiter);
    bool gone;          /* the client went away */
    bool added, parked; /* the hub's own */
    struct fg_waiter *prev, *next;
};

struct fg_hub *fg_hub_new(struct fg_api *api, struct fg_err *err); /* starts the thread */
void fg_hub_free(struct fg_hub *hub);                              /* ends it */

/* `suspend` is called under the hub's lock once it is sure that wake() will come.
 * False: the end is near, nothing was called. */
[[nodiscard]] bool fg_hub_park(struct fg_hub *hub,
                               struct fg_waiter *waiter,
                               void (*suspend)(struct fg_waiter *waiter));
/* Forget the waiter: no wake() after this.  Not adding it before is fine. */
void fg_hub_remove(struct fg_hub *hub, struct fg_waiter *waiter);
/* Something happened: look soon.  Any thread, cheap. */
void fg_hub_ring(struct fg_hub *hub);
/* Wake all who are parked, and let nobody park any more: the end is near. */
void fg_hub_hurry(struct fg_hub *hub);
size_t fg_hub_len(struct fg_hub *hub);
