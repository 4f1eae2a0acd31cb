/* clusters.h - the engine that reaches Slurm clusters, made when the first one is added: the link and slurm together. */
#pragma once

#include "engine/fleet.h"
#include "link/link.h"

/* Zero it but for the first six. */
struct fg_clusters {
    const char *data_dir;           /* borrowed */
    const char *listen;             /* address for couriers, "HOST:PORT" or ":PORT"; borrowed */
    const struct fg_config *config; /* borrowed */
    uint64_t epoch;                 /* of this leader, >= 1 */
    /* Keys were made in the data folder.  May be NULL. */
    int (*keep_keys)(void *self, struct fg_err *err);
    void *self;
    const struct fg_journal_twin *twin; /* of what was sent to couriers; borrowed; NULL: none */
    struct fg_link *link;               /* NULL: no cluster yet */
};

/* For fg_fleet_options: `self` is a struct fg_clusters. */
int fg_clusters_make(void *self, struct fg_fleet_part *out, struct fg_err *err);

/* After the engine was freed.  Couriers may live on for `lease_us` unheard, or for their own lease if that is longer; below
 * 0: for their own, because another host may go on with them, which would not know of more. */
void fg_clusters_close(struct fg_clusters *clusters, int64_t lease_us);
