/* discover.h - what this machine has: see it as one node. */
#pragma once

#include "base/config.h"
#include "probe/nvml.h"

struct fg_discover {
    struct fg_nvml *nvml;                  /* NULL: none */
    const struct fg_device_spec *declared; /* after the ones that were found */
    size_t declared_len;
    const struct fg_config *config; /* prices */
};

/* Fill the node.  False: NVML did not answer in time, and its devices are missing. */
bool fg_discover_machine(const struct fg_discover *how, struct fg_node_spec *out);
