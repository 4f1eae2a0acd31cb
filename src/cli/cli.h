/* cli.h - the command line, as main.c sees it.
 *
 *     argv --commands.def--> one file per command --client--> the service
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct fg_cli_up {
    const char *data_dir;
    const char *tcp_host; /* NULL: no TCP */
    uint16_t tcp_port;
    const char *config_path; /* NULL: embedded defaults */
    int ready_fd;            /* gets "listening on URL\n" when ready */
};

/* What the command line may not know by itself: how to be the service (layers.txt keeps `daemon` out of
 * `cli`; main.c, which sees both, brings it). */
struct fg_cli_hooks {
    int (*up)(const struct fg_cli_up *options, struct fg_err *err); /* until told to stop */
    /* Copy the database of `data_dir` to the new file `to`. */
    int (*backup)(const char *data_dir, const char *to, struct fg_err *err);
};

/* Run one command.  Returns the exit status of the program. */
int fg_cli_main(int argc, char **argv, const struct fg_cli_hooks *hooks);
