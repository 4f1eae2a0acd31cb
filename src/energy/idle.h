/* idle.h - what a machine draws while it is empty, as measured.
 *
 *     readings of an empty machine: its own meter, its packages, its devices --IDLE--> milliwatts
 *
 * A stretch of FG_IDLE_STRETCH_US begins once it has been empty for FG_IDLE_SETTLE_US.  The meter of the whole machine counts where
 * there is one; else packages and devices together, which is less than the machine draws (fans, disks, losses are not in it).  Of all
 * stretches the least counts: somebody else may have been at work there.  Pure. */
#pragma once

#include "model/resources.h"

#include <stdbool.h>
#include <stddef.h>

#define FG_IDLE_SETTLE_US  20'000'000
#define FG_IDLE_STRETCH_US 20'000'000

enum { FG_IDLE_WHOLE, FG_IDLE_PACKAGES, FG_IDLE_DEVICES, /* and so on, one each */ };
#define FG_IDLE_SOURCES (FG_IDLE_DEVICES + FG_NODE_DEVICES_MAX)

struct fg_idle {
    int64_t since_us; /* of the stretch; 0: not empty */
    struct fg_idle_mean {
        int64_t sum_mw;
        uint32_t len;
    } means[FG_IDLE_SOURCES];
};

/* Something runs there: what was read of this stretch is forgotten. */
void fg_idle_end(struct fg_idle *idle);

/* It is empty, and this is what one source said; -1: nothing. */
void fg_idle_read(struct fg_idle *idle, size_t source, int64_t power_mw, int64_t now_us);

/* Once a stretch is over its mean, and the next begins; 0: it is not over, or too little was read. */
int64_t fg_idle_take_mw(struct fg_idle *idle, uint32_t devices, int64_t now_us);
