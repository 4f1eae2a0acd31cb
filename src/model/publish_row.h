/* publish_row.h - how far a sink of events (src/publish) has come: what is kept of it. */
#pragma once

#include "model/limits.h"

#include <stdint.h>

struct fg_publish_row {
    char name[FG_NAME_MAX];
    uint64_t
        seq; /* number of the last event that is settled: confirmed, not wanted or dropped */
    uint64_t sent; /* events that were confirmed, since the sink is known */
    uint64_t
        dropped; /* events that went from the store before, or that the sink refused for good */
    int64_t sent_us; /* of the last confirmation; 0 none */
};
