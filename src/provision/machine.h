/* machine.h - what this machine truly has, and whether it works: `fastgpu node inspect`. */
#pragma once

#include "supply/inspect.h"

#define FG_MACHINE_BURN_IN_MAX_S 86400

/* Look, and put it to the test for `burn_in_s` seconds (0: only look).  What may hang runs in processes of its own: it
 * always comes back, a driver that does not answer is told in the report.  `folder` is where the disk is measured.
 * Only from a process without threads. */
void fg_machine_inspect(const char *folder, uint32_t burn_in_s, struct fg_inspect_report *out);
