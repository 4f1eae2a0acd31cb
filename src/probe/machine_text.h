/* machine_text.h - files of /proc by their text; pure.  Numbers that do not fit or are negative are unknown. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* /proc/stat: ticks of all cores together. */
struct fg_machine_ticks {
    int64_t busy, total;
};
bool fg_machine_read_ticks(const char *text, struct fg_machine_ticks *out);

/* /proc/meminfo: what is not available, MiB; -1 unknown. */
int64_t fg_machine_read_memory(const char *text);

/* /proc/pressure/<what>: microseconds in which some task waited, since boot (Documentation/accounting/psi.rst); -1 unknown. */
int64_t fg_machine_read_stall(const char *text);

/* How much a counter has grown that begins anew at 0 after `most`; a counter that is less than before and has no such end
 * was reset: 0. */
int64_t fg_machine_grown(int64_t before, int64_t now, int64_t most);
