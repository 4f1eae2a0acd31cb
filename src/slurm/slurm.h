/* slurm.h - Slurm clusters as an engine: any number of them, each a supplier of kind slurm.
 *
 *     control -> fleet --start, stop--> SLURM --room, please--> slurmctld
 *                      <--events, news-- SLURM <---- link ---- couriers
 *
 * What is submitted is a request for room; a task is handed to a courier that has come (docs/decisions/0024).  An attempt is
 * LOST if its room was not given within the supplier's patience, or could not be had for a reason that is not the job's;
 * FAILED if Slurm refuses it.
 *
 * Devices of a Slurm node are places, not numbers: which of its devices of a kind a task gets, Slurm decides.
 */
#pragma once

#include "engine/engine.h"
#include "link/link.h"

struct fg_journal_twin;

struct fg_slurm_options {
    int64_t grace_us;     /* between TERM and KILL, of jobs that do not say */
    struct fg_link *link; /* borrowed; outlives the engine; not settled yet */
    const char *data_dir; /* DATA/slurm is made */
    const char *
        program; /* of this service, absolute: what runs on nodes if the supplier does not say */
    const char
        *address; /* "HOST:PORT" at which couriers reach us if the supplier does not say */
    const struct fg_journal_twin
        *twin; /* see journal.h; borrowed; NULL: no other host goes on with this */
};

/* Call it right after fg_link_new(): what was bound before is expected again.  NULL and `err`: FG_EIO, FG_ENOMEM. */
struct fg_engine *fg_slurm_new(const struct fg_slurm_options *options, struct fg_err *err);
extern const struct fg_engine_ops fg_engine_slurm;
