/* measured.h - links between sites, from the file in which moves of data are measured into the pool.
 *
 *     DATA/links --once a minute, if it has changed--> MEASURED --> control (fg_control_set_wan)
 *
 * Of the protocols between two sites the fastest counts, as a move would take it.
 */
#pragma once

#include "pool/wan.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct fg_measured {
    int64_t look_us;      /* the next time */
    struct timespec seen; /* the file as it was */
    off_t bytes;
};

/* True: `*out` has the links.  `site`: how this machine is called, in place of the name of the host. */
bool fg_measured_look(struct fg_measured *measured,
                      const char *data_dir,
                      const char *site,
                      int64_t now_us,
                      struct fg_wan *out);
