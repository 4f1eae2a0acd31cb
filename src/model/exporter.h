/* exporter.h - where readings of nodes that we do not run on come from (`exporters` of the configuration). */
#pragma once

#include "model/limits.h"

#define FG_EXPORTERS_MAX    64
#define FG_EXPORTER_URL_MAX 200

struct fg_exporter {
    char nodes
        [FG_NAME_MAX]; /* a node's name in the pool; "hpc.*": of the label Hostname; "*": that label alone */
    char url[FG_EXPORTER_URL_MAX];
};
