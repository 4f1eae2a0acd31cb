/* discover.h - what this machine has: see it as one node. */
#pragma once

#include "base/config.h"
#include "probe/probe.h"

struct fg_discover {
    struct fg_probe *probe;                /* NULL: none */
    const struct fg_device_spec *declared; /* after the ones that were found */
    size_t declared_len;
    const struct fg_config *config; /* prices */
};

/* Fill the node.  A device that is declared with the variable and the id of one that was found is that one, by the
 * declared kind.  NULL, or whose driver did not answer in time: its devices are missing. */
const char *fg_discover_machine(const struct fg_discover *how, struct fg_node_spec *out);
