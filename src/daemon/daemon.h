/* daemon.h - the live loop: commands in, durable state, effects out. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct fg_daemon_options {
    const char *data_dir; /* made if missing, 0700 */
    const char *tcp_host; /* NULL: as the configuration says, else no TCP */
    uint16_t tcp_port;
    const char *config_path; /* NULL: embedded defaults */
    int ready_fd;            /* gets "listening on URL\n" when ready; -1 none */
};

/* Serve until SIGTERM or SIGINT; running jobs go on after it.  Returns 0 or a negative code. */
int fg_daemon_run(const struct fg_daemon_options *options, struct fg_err *err);
