/* main.c - the one program; the only file that knows both the command line and the service. */
#include "cli/cli.h"
#include "daemon/backup.h"
#include "daemon/daemon.h"

static int up(const struct fg_cli_up *options, struct fg_err *err)
{
    struct fg_daemon_options daemon = {
        .data_dir = options->data_dir,
        .tcp_host = options->tcp_host,
        .tcp_port = options->tcp_port,
        .config_path = options->config_path,
        .ready_fd = options->ready_fd,
    };
    return fg_daemon_run(&daemon, err);
}

int main(int argc, char **argv)
{
    static const struct fg_cli_hooks hooks = {.up = up, .backup = fg_daemon_backup};
    return fg_cli_main(argc, argv, &hooks);
}
