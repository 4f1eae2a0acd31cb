/* reservation.h - an advance reservation: devices that from one moment until another are only for jobs that name it.
 *
 * (Not to be taken for the reservation that backfill makes for the first waiting job: schedule/schedule.h.)
 *
 * Time: [start, end), UTC microseconds; a daily or weekly one comes again for ever.  Days have 24 hours.
 */
#pragma once

#include "base/err.h"
#include "model/job.h"

enum fg_repeat { FG_REPEAT_NONE, FG_REPEAT_DAILY, FG_REPEAT_WEEKLY };

/* "none", "daily", "weekly" */
const char *fg_repeat_name(enum fg_repeat repeat);
int fg_repeat_find(const char *name); /* -1: none of these */

/* What of one node.  With all of its devices, or if it has none, it is the whole node; else the devices' part of cores and
 * memory. */
struct fg_advance_place {
    fg_node_id node;
    uint32_t devices; /* bit i: devices[i] of the node */
};

#define FG_ADVANCES_MAX 1000 /* reservations at a time */

struct fg_advance {
    char name[FG_NAME_MAX];
    int64_t start_us, end_us; /* of the first time */
    enum fg_repeat repeat;
    bool maintenance;      /* nobody may use it */
    fg_project_id project; /* only jobs of it and of those below it; 0: of all */
    uint32_t user;         /* only jobs of this user (interned); 0: of all */
    const struct fg_advance_place *places; /* by node, one a node */
    size_t places_len;
};

/* What a job keeps of the name: never 0 but for "", which is no reservation. */
uint64_t fg_advance_key(const char *name);

/* The time that is under way, or comes next.  false: it is over. */
bool fg_advance_at(const struct fg_advance *advance,
                   int64_t now_us,
                   int64_t *out_start_us,
                   int64_t *out_end_us);

/* Will both ever have a device (or a node without devices) at the same time? */
bool fg_advance_conflicts(const struct fg_advance *a, const struct fg_advance *b);
/* The same of the times alone. */
bool fg_advance_overlaps(const struct fg_advance *a, const struct fg_advance *b);

/* FG_EINVAL: name, an end not after the start, longer than it takes to come again, over already. */
[[nodiscard]] int fg_advance_check(const struct fg_advance *advance,
                                   int64_t now_us,
                                   struct fg_err *err);
