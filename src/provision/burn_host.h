/* burn_host.h - put the CPU and the memory of this machine to the test: arithmetic with a known end on every core, patterns
 * in a quarter of the memory that is free. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* For `seconds`, with a thread on each core.  0; FG_EBACKEND: a fault was found, `err` says which; FG_ENOMEM: it could not be
 * tried. */
[[nodiscard]] int fg_burn_host(uint32_t seconds, struct fg_err *err);
