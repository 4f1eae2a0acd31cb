/* power.h - hold down the power or the clocks of a device.
 *
 * Setting needs root.  Each call goes to the driver in the thread that reads the device and is waited for: at most
 * `wait_us`, then FG_ETIMEOUT, and it may still come to pass.
 * Errors:  FG_ENOENT no such device; FG_EINVAL out of range, or an instance of a board, which has no cap of its own;
 *          FG_EPERM root is needed; FG_ESTATE the device or its driver cannot; FG_EBACKEND the driver failed;
 *          FG_EBUSY another such call to this device is still on its way.
 * What is set stays when this process ends, also by kill -9, until the driver is loaded anew: whoever sets it writes down
 * before what to restore.
 */
#pragma once

#include "base/err.h"
#include "probe/probe.h"

struct fg_power_range {
    int64_t min_mw, max_mw; /* what may be set; -1 unknown */
    int64_t default_mw;     /* -1 unknown */
    int64_t cap_mw;         /* in force */
};

enum fg_power_verb {
    FG_POWER_RANGE,  /* ask for the range */
    FG_POWER_CAP,    /* a: the cap, mW */
    FG_POWER_CLOCKS, /* a to b: what the processors' clock may be, MHz; 0 to 0: free again */
    FG_POWER_STAY, /* a: 1 the driver stays loaded when nobody uses the device (persistence mode), 0 not */
};

struct fg_power_request {
    enum fg_power_verb verb;
    int64_t a, b;
    struct fg_power_range range; /* the answer to RANGE */
};

[[nodiscard]] int fg_power(struct fg_probe *probe,
                           size_t device,
                           struct fg_power_request *request,
                           int64_t wait_us,
                           struct fg_err *err);
