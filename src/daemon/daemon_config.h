/* daemon_config.h - what an operator may write in the configuration file: the numbers of base/config.def, devices that
 * cannot be discovered, and who jobs run as. */
#pragma once

#include "base/arena.h"
#include "base/config.h"
#include "model/resources.h"

struct fg_daemon_config {
    struct fg_config numbers;
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX];
    size_t devices_len;
    char job_user[FG_NAME_MAX]; /* "": as engine/local.h says */
};

/* Defaults, then the file if `path` is not NULL.  FG_EINVAL: "fastgpu.yaml:3: ...". */
int fg_daemon_config_read(struct fg_daemon_config *config, const char *path, struct fg_err *err);
