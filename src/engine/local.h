/* local.h - the engine of this machine. */
#pragma once

#include "base/config.h"
#include "engine/engine.h"

struct fg_local_options {
    const char *data_dir;
    const struct fg_config *config;
    const struct fg_device_spec *declared; /* FPGAs, TPUs, ... of the configuration */
    size_t declared_len;
    const char *job_user;  /* run jobs as this user when we are root; NULL or "": see local.c */
};

/* Forks the launcher, so call it before any thread is made.  NULL and `err` on failure. */
struct fg_engine *fg_local_new(const struct fg_local_options *options, struct fg_err *err);
extern const struct fg_engine_ops fg_engine_local;
