/* config_file.h - the configuration file from the disk; what it may say is model/service_config.h. */
#pragma once

#include "model/service_config.h"

/* Defaults, then the file if `path` is not NULL.  FG_EIO: not readable; FG_EINVAL: "fastgpu.yaml:3: ...". */
int fg_config_file_read(struct fg_service_config *out, const char *path, struct fg_err *err);
