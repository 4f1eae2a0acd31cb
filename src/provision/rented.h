/* rented.h - the nodes of an order in the Slurm cluster that its machines joined: emptied, and taken out of it.
 *
 * Whose a node is says its feature `order_<key of the order>`, which the bootstrap gave it: names and instance ids are not
 * needed, and no node without it is ever touched.  Each step is safe to be done again.
 */
#pragma once

#include "slurm/command.h"
#include "slurm/words.h"

#define FG_RENTED_NODES_MAX 4096

struct fg_rented_node {
    char name[FG_NAME_MAX];
    bool is_busy;    /* a job holds something of it, ours or not */
    bool is_drained; /* it gets no new work */
};

/* Those of the order whose word (user_data.h) is `word`, in what `scontrol -o show nodes` printed.  Writes at most `max`; returns
 * how many there are, or FG_EBACKEND: a name that cannot be one. */
[[nodiscard]] int fg_rented_find(struct fg_field text,
                                 const char *word,
                                 struct fg_rented_node *out,
                                 size_t max,
                                 struct fg_err *err);

/* One step: no new work there; if no job holds any of them, or `now`, they are deleted.  1: none is left; 0: jobs are there still,
 * `why` says so.  Errors of fg_slurm_command_run(). */
[[nodiscard]] int fg_rented_remove(const struct fg_slurm_site *site,
                                   const char *key,
                                   bool now,
                                   char why[FG_TEXT_MAX],
                                   struct fg_err *err);
