/* caps.h - power caps of this machine's devices, and that they never outlive who set them.
 *
 *     wanted caps --> CAPS --its own thread--> driver ;  DATA/power_caps: what each device had before
 *
 * What a device had is on the disk before its first cap is set, and put back when nobody wants a cap any more, when the engine
 * ends, by the launcher when the daemon was killed (fg_caps_rescue), and by the next engine if that could not either (the machine
 * went down with it).  Whoever holds the lock of the file is the one who sets caps.  Calls of the driver may hang: nobody waits
 * for them but the thread.  A cap above what the device had is never set.
 */
#pragma once

#include "engine/engine.h"
#include "probe/probe.h"

struct fg_caps;

/* `probe` is borrowed; NULL: there is nothing to set, all calls below are allowed. */
struct fg_caps *fg_caps_new(const char *data_dir, struct fg_probe *probe);
/* All caps are put back first; a driver that does not answer is waited for some seconds a device. */
void fg_caps_free(struct fg_caps *caps);

/* FG_ESTATE: the device has no caps, or its driver refuses them; FG_EBUSY: that is not known yet, ask again.  The driver is asked
 * when this is called first. */
int fg_caps_limits(struct fg_caps *caps,
                   uint32_t device,
                   struct fg_power_limits *out,
                   struct fg_err *err);
/* From now on at most that; 0: what it had.  Beyond its limits: the nearest. */
void fg_caps_want(struct fg_caps *caps, uint32_t device, int64_t cap_mw);

/* Put back what a daemon that was killed left; in a process without other threads.  Quick where there is nothing to do. */
void fg_caps_rescue(const char *data_dir);
