/* vendor.h - how the library of one vendor is asked; private to probe.
 *
 * Each function but `open` may hang: it is called by a thread that nobody waits for.  One board is read by one thread at a
 * time, several boards at once.
 */
#pragma once

#include "probe/power.h"
#include "probe/probe.h"

#define FG_PROBE_STEPS_MAX 12

/* One device as the library knows it. */
struct fg_probe_board {
    struct fg_device_spec spec;
    int minor; /* N of /dev/nvidia<N>; -1 none */
    void *handle;
    void *parent; /* of an instance: the board that it is cut from; NULL */
    int64_t
        share_milli; /* of the board's power and energy that is counted as this device's: 1000 but for instances */
    int64_t mark[2]; /* of a vendor's own: what the last reading left for the next */
    void *own;       /* of a vendor's own; NULL; it frees it with the library */
};

enum fg_probe_heard {
    FG_PROBE_HEARD, /* something was answered, or may be the next time */
    FG_PROBE_NEVER, /* this device or library cannot tell: do not ask again */
    FG_PROBE_LOST,  /* the device has fallen off the bus */
};

/* Ask for some readings and fill them in; what is not told stays -1. */
typedef enum fg_probe_heard fg_probe_step_fn(void *library,
                                             struct fg_probe_board *board,
                                             struct fg_probe_reading *out);

struct fg_probe_vendor {
    const char *name; /* "NVIDIA" */
    /* Load it; NULL: it is not there. */
    void *(*open)(void);
    /* Begin to use it; how many devices there are, none if it fails. */
    size_t (*list)(void *library, bool mps, struct fg_probe_board *out, size_t max);
    fg_probe_step_fn *const *steps; /* ends with NULL */
    /* Wait a tenth of a second at most for an error that a driver reports by itself.  1: `*out_handle` had `*out_xid`;
     * 0: nothing; -1: there is no such news.  NULL: as -1. */
    int (*wait_error)(void *library, void **out_handle, int64_t *out_xid);
    /* NULL: cannot. */
    int (*power)(void *library,
                 struct fg_probe_board *board,
                 struct fg_power_request *request,
                 struct fg_err *err);
    void (*close)(void *library); /* after the last call */
};

extern const struct fg_probe_vendor fg_probe_replayed, fg_probe_nvidia, fg_probe_amd,
    fg_probe_intel;

/* Whether a reading can be true, by what devices that exist can do; a driver that is broken tells of 4 GW.  `before` is
 * the reading before it, -1 none, and `passed_us` the time between. */
bool fg_probe_sane(enum fg_reading which, int64_t value, int64_t before, int64_t passed_us);
