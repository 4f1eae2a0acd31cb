/* machine.h - the machine itself: cores, memory, stalls (PSI), power of its packages (RAPL) and of all of it (ACPI), heat (hwmon).
 *
 * Where a recording of a machine is replayed (FASTGPU_REPLAY, see record.h) and it has readings of the machine, they are these.
 *
 * Threads: one.  Files may be missing or forbidden (RAPL is root's alone): what they would say is unknown.
 */
#pragma once

#include "base/auto.h"
#include "model/reading.h"

struct fg_machine;

/* `root` is put before /proc and /sys: "" but in tests. */
struct fg_machine *fg_machine_new(const char *root);
void fg_machine_free(struct fg_machine *machine); /* NULL is allowed */
FG_AUTO_DEFINE(fg_machine)

/* Fill in what is known of the machine; shares and power are those since the call before, so unknown at first.  The
 * energy counter begins at 0 with fg_machine_new().  `now_us` is the boot clock. */
void fg_machine_read(struct fg_machine *machine, int64_t now_us, int64_t out[FG_READINGS_LEN]);
