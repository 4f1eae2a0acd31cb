/* supplier_cluster.h - options of `fastgpu supplier add NAME slurm`: how a cluster is reached, and on what terms. */
#pragma once

#include "cli/verb.h"
#include "model/supplier.h"

/* Rows of the table of options. */
#define FG_OPTS_CLUSTER                                                                        \
    {"token-file", 0, "FILE", "slurm: the same as --secret-file: holds a JWT", "file"},        \
        {"ssh", 0, "[USER@]HOST[:PORT]", "slurm: where its commands are run (here)", NULL},    \
        {"conf", 0, "FILE", "slurm: SLURM_CONF of the commands (the system's)", "file"},       \
        {"partition", 0, "NAME", "slurm: only nodes of it (all; jobs: Slurm's default)",       \
         NULL},                                                                                \
        {"account", 0, "NAME", "slurm: account of our jobs there", NULL},                      \
        {"place", 0, "WHO", "slurm: who names the nodes (ours)", "ours|slurm"},                \
        {"link", 0, "HOST:PORT", "slurm: where its nodes reach this service (link_listen)",    \
         NULL},                                                                                \
        {"program", 0, "FILE", "slurm: the fastgpu program on its nodes (as here)", NULL},     \
        {"folder", 0, "DIR", "slurm: where tasks work on its nodes (a temporary folder)",      \
         NULL},                                                                                \
        {"shared-folder", 0, NULL, "slurm: all nodes see the same --folder", NULL},            \
        {"site", 0, "NAME", "slurm: where its nodes stand", NULL},                             \
        {"region", 0, "NAME", "slurm: the region that they count to", NULL},                   \
        {"lease", 0, "TIME",                                                                   \
         "slurm: work goes on so long unheard, and starts elsewhere only then; 0: for ever "   \
         "(60s)",                                                                              \
         NULL},                                                                                \
        {"reuse", 0, "TIME", "slurm: room is kept so long for the next task (2s)", NULL},      \
        {"patience", 0, "TIME",                                                                \
         "slurm: what has not begun there by then, goes elsewhere (10m)", NULL},               \
        {"poll", 0, "TIME", "slurm: pause between looks at its state (5s)", NULL},             \
    {                                                                                          \
        "price", 0, "USD", "slurm: of a device for an hour (0)", NULL                          \
    }

/* Of kind slurm: the URL (the word behind the kind, or NULL) and the terms; of other kinds: none of these options may
 * be given.  FG_EINVAL. */
[[nodiscard]] int fg_supplier_cluster_read(const struct fg_cli *cli,
                                           const char *url,
                                           struct fg_supplier *out,
                                           struct fg_err *err);
