/* openb_inner.h - the cluster and the pods themselves, for the files openb*.c only. */
#pragma once

#include "sim/openb.h"

struct fg_openb {
    struct fg_node_spec **specs; /* owned */
    size_t specs_len, specs_room;
    int64_t gpu_milli;
    struct fg_pool *pool; /* empty, as the experiment begins */
    struct fg_need *pods;
    size_t pods_len, pods_room;
};

int fg_openb_read_nodes(struct fg_openb *openb,
                        const struct fg_openb_file *file,
                        struct fg_err *err);
int fg_openb_read_pods(struct fg_openb *openb,
                       const struct fg_openb_file *file,
                       struct fg_err *err);
