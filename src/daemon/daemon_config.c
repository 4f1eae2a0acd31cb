/* daemon_config.c - see daemon_config.h */
#include "daemon/daemon_config.h"

#include <string.h>

int fg_daemon_config_read(struct fg_daemon_config *config, const char *path, struct fg_err *err)
{
    memset(config, 0, sizeof(*config));
    fg_config_defaults(&config->numbers);
    if (!path)
        return 0;
    return fg_fail(err, FG_EINVAL, "%s: configuration files are read in the next change", path);
}
