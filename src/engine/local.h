/* local.h - the engine of this machine. */
#pragma once

#include "base/config.h"
#include "engine/engine.h"

struct fg_local_options {
    const char *data_dir;
    const struct fg_config *config;
    const struct fg_device_spec *declared; /* FPGAs, TPUs, ... of the configuration */
    size_t declared_len;
    /* As root: run jobs as this user; NULL or "": as the submitter where he is a local account, else as
     * we are.  Not as root: jobs run as we do. */
    const char *job_user;
    const char *site; /* where this machine stands; NULL: not told */
    /* File of lease.h: tasks end when it runs out, and when this engine does, however it ends.  NULL: tasks outlive it. */
    const char *lease;
};

/* Forks the launcher, so call it before any thread is made.  NULL and `err` on failure.
 * One engine has a data folder at a time: waits up to 10 s for the launcher of a daemon that was killed,
 * then FG_EBUSY. */
struct fg_engine *fg_local_new(const struct fg_local_options *options, struct fg_err *err);
extern const struct fg_engine_ops fg_engine_local;
