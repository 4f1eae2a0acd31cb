/* courier.h - `fastgpu courier`: the service's hand on a machine that is not ours for ever.
 *
 *     Slurm's script --starts--> COURIER <== link ==> service ; COURIER --> local engine --> tasks
 *
 * It calls the service, says what it is and what it has, and runs what it is told.  What tasks write and leave goes to the
 * service, over any number of connections: nothing is lost, nothing comes twice.  It ends when it is dismissed, sent away,
 * told to by SIGTERM (its tasks are asked to stop first), or when its lease is over; then nothing of its tasks runs.
 * One that is killed cannot do that: what it ran is ended all the same, its folder stays, and other couriers of its
 * `install` on that node start an HEIR (fg_courier_inherit()), which tells the service how its tasks ended.
 * One thread of its own, besides those of the local engine.
 */
#pragma once

#include "link/link.h"

#define FG_COURIER_ADDRESSES_MAX 16

struct fg_courier_options {
    struct fg_link_courier who;
    uint8_t secret[FG_LINK_SECRET_BYTES];
    const char *addresses[FG_COURIER_ADDRESSES_MAX]; /* HOST:PORT, tried in turn */
    size_t addresses_len;
    const char *folder; /* a folder of its own is made in here; "" $TMPDIR or /tmp */
    bool is_shared; /* all machines see `folder`: checkpoints stay there, and are not sent */
    int64_t patience_us; /* without ever having been welcome it gives up after this */
    int64_t beat_us;     /* 0: 2 s */
    const char *install; /* UUID of the service's installation; "" or NULL: nobody inherits */
    /* What an heir is started with, the folder as its last word; ends with NULL.  NULL: none is started. */
    const char *const *heir_command;
    const char *inherit;     /* of an heir: the folder; NULL else */
    const uint8_t *instance; /* of an heir: 16 bytes, who had that folder */
};

/* Live until the end.  0: it ended in good order, and runs nothing; FG_EUNREACH: it never was welcome; FG_ESTATE: it was
 * sent away; FG_ETIMEOUT: its lease was over; other errors: it could not begin.  Called before there are threads. */
[[nodiscard]] int fg_courier_run(const struct fg_courier_options *options, struct fg_err *err);

/* Be the heir of the courier that left `folder`, until the service has heard of all its tasks, or sends us away; dies with
 * the process that started it.  FG_EINVAL: no courier left it; FG_EBUSY: its courier lives; or as above. */
[[nodiscard]] int fg_courier_inherit(const char *folder, struct fg_err *err);
