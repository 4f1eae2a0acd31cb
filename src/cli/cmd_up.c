/* cmd_up.c - fastgpu up: be the service, or start it in the background
 *
 *     up            this process is the service
 *     up --detach   fork --> child: own session, log file, is the service
 *                    \-----> parent: waits for "listening on URL" in a pipe, or for the reason why not
 */
#include "cli/service.h"
#include "cli/verb.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/job_file.h"
#include "model/service_config.h"
#include "probe/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_DEFAULT 8642
#define HOST_DEFAULT "127.0.0.1"
#define READY_MS     60000
#define CONFIG_ROOM  ((size_t)(64 * 1024 * 1024))

const struct fg_opt fg_opts_up[] = {
    {"data-dir", 'D', "DIR", "where all data is kept ($XDG_STATE_HOME/fastgpu)", "dir"},
    {"listen", 'L', "HOST:PORT",
     "address for HTTP (127.0.0.1:8642, another port if that is taken); "
     "off: the socket only",
     NULL},
    {"config", 'C', "FILE", "configuration, see docs/CONFIG.md", "file"},
    {"replay", 0, "FILE",
     "show the accelerators that `fastgpu node record` wrote down in place of this machine's",
     "file"},
    {"detach", 'd', NULL, "start in the background; its log is daemon.log in the data folder",
     NULL},
    {},
};

fg_verb_fn fg_cmd_up;

struct plan {
    char data_dir[4000];
    char host[FG_NAME_MAX];
    struct fg_cli_up up;
    char config[PATH_MAX];
};

static bool port_is_free(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, HOST_DEFAULT, &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    bool is_free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is_free;
}

/* Whether the configuration file says where to listen.  What is wrong in it, the service says. */
static bool config_listens(const char *path)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(CONFIG_ROOM);
    struct fg_service_config *config = calloc(1, sizeof(*config));
    FG_AUTO(fg_file) FILE *file = path ? fopen(path, "re") : NULL;
    char *text = calloc(1, FG_CONFIG_BYTES_MAX);
    if (!text || !config)
        abort();
    bool listens = false;
    if (file) {
        size_t len = fread(text, 1, FG_CONFIG_BYTES_MAX, file);
        fg_service_config_defaults(config);
        listens = fg_service_config_parse(text, len, path, arena, config, NULL) == 0
                  && config->listen_host[0];
    }
    free(text);
    free(config);
    return listens;
}

static int plan_listen(struct fg_cli *cli, struct plan *plan, struct fg_err *err)
{
    const char *listen = fg_args_get(&cli->args, "listen");
    plan->up.tcp_host = NULL;
    if (listen && strcmp(listen, "off") == 0)
        return 0;
    if (listen) {
        int rc = fg_listen_parse(listen, plan->host, &plan->up.tcp_port, err);
        if (rc < 0)
            return fg_wrap(err, rc, "--listen %.60s", listen);
    } else if (config_listens(plan->up.config_path)) {
        return 0;
    } else {
        fg_copy(plan->host, sizeof(plan->host), HOST_DEFAULT);
        plan->up.tcp_port = port_is_free(PORT_DEFAULT) ? PORT_DEFAULT : 0;
    }
    plan->up.tcp_host = plan->host;
    return 0;
}

static int make_plan(struct fg_cli *cli, struct plan *plan, struct fg_err *err)
{
    /* Absolute, for a service in the background has another folder; what is not there, the service says. */
    const char *config = fg_args_get(&cli->args, "config");
    plan->up.config_path = config && realpath(config, plan->config) ? plan->config : config;
    plan->up.data_dir = plan->data_dir;
    int rc = fg_service_data_dir(fg_args_get(&cli->args, "data-dir"), plan->data_dir,
                                 sizeof(plan->data_dir), err);
    return rc < 0 ? rc : plan_listen(cli, plan, err);
}

/* ---- in the background ---- */

/* The folder must be there for the log; the service makes it as well, with the same mode. */
static int make_folder(const char *path, struct fg_err *err)
{
    char part[4000];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, path[i] == '\0' ? 0711 : 0755) < 0 && errno != EEXIST)
            return fg_fail(err, FG_EIO, "data folder %s: %s", part, strerror(errno));
    }
    return 0;
}

/* In the child: nothing of the caller's terminal is kept. */
[[gnu::noreturn]] static void be_service(struct fg_cli *cli,
                                         struct plan *plan,
                                         int log_fd,
                                         int ready_fd)
{
    struct fg_err err = {};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    setsid();
    dup2(null_fd, STDIN_FILENO);
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    /* The folder of the caller may go away, and must not be kept from it. */
    if (chdir("/") < 0)
        _exit(fg_code_exit(FG_EIO));
    plan->up.ready_fd = ready_fd;
    int rc = cli->hooks->up(&plan->up, &err);
    if (rc < 0) {
        dprintf(ready_fd, "error %d %s\n", rc, err.text);
        dprintf(STDERR_FILENO, "fastgpu: up: %s [%s]\n", err.text, fg_code_name(rc));
    }
    _exit(rc < 0 ? fg_code_exit(rc) : 0);
}

/* The first line from the child, or nothing if it ended or took too long. */
static void read_ready(int fd, char *out, size_t size)
{
    size_t len = 0;
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    out[0] = '\0';
    while (len + 1 < size && !strchr(out, '\n') && poll(&watch, 1, READY_MS) > 0) {
        ssize_t got = read(fd, out + len, size - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        out[len] = '\0';
    }
    out[strcspn(out, "\n")] = '\0';
}

static int report(struct fg_cli *cli,
                  const struct plan *plan,
                  const char *line,
                  struct fg_err *err)
{
    if (strncmp(line, "listening on ", 13) == 0) {
        printf("%s\n", line);
        if (cli->out.is_terminal)
            printf("log: %s/daemon.log, stop: fastgpu down\n", plan->data_dir);
        return 0;
    }
    if (strncmp(line, "error ", 6) == 0) {
        char *text;
        long code = strtol(line + 6, &text, 10);
        return fg_fail(err, code < 0 && code > -100 ? (int)code : FG_EIO, "%s",
                       text + (*text == ' '));
    }
    fg_cli_hint(cli, "The end of %.150s/daemon.log says more.", plan->data_dir);
    return fg_fail(err, FG_ETIMEOUT, "the service did not become ready");
}

static int start_detached(struct fg_cli *cli, struct plan *plan, struct fg_err *err)
{
    int fds[2];
    char log[4096];
    pid_t running = 0;
    int rc = make_folder(plan->data_dir, err);
    if (rc == 0)
        rc = fg_service_find(plan->data_dir, &running, err);
    if (rc < 0)
        return rc;
    if (running > 0) {
        printf("already running: process %d serves %s\n", (int)running, plan->data_dir);
        return 0;
    }
    snprintf(log, sizeof(log), "%s/daemon.log", plan->data_dir);
    int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0 || pipe2(fds, O_CLOEXEC) < 0)
        return fg_fail(err, FG_EIO, "%s: %s", log, strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        be_service(cli, plan, log_fd, fds[1]);
    close(log_fd);
    close(fds[1]);
    char line[512] = "";
    if (child > 0)
        read_ready(fds[0], line, sizeof(line));
    close(fds[0]);
    return child < 0 ? fg_fail(err, FG_ENOMEM, "fork: %s", strerror(errno))
                     : report(cli, plan, line, err);
}

/* The probe reads it again: here it is only said what is wrong with it. */
static int choose_replay(const char *path, struct fg_err *err)
{
    char real[PATH_MAX];
    FG_AUTO(fg_file) FILE *file = realpath(path, real) ? fopen(real, "re") : NULL;
    if (!file)
        return fg_fail(err, FG_EIO, "--replay %.100s: %s", path, strerror(errno));
    FG_AUTO(fg_record) struct fg_record *record = fg_record_read(file, path, err);
    if (!record)
        return err->code;
    setenv("FASTGPU_REPLAY", real, 1);
    return 0;
}

int fg_cmd_up(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {};
    int rc = make_plan(cli, &plan, err);
    if (rc < 0)
        return rc;
    rc = fg_args_has(&cli->args, "replay")
             ? choose_replay(fg_args_get(&cli->args, "replay"), err)
             : 0;
    if (rc < 0)
        return rc;
    signal(SIGPIPE, SIG_IGN);
    if (fg_args_has(&cli->args, "detach"))
        return start_detached(cli, &plan, err);
    plan.up.ready_fd = STDOUT_FILENO;
    rc = cli->hooks->up(&plan.up, err);
    if (rc == FG_EEXIST)
        fg_cli_hint(cli, "`fastgpu down --data-dir %.100s` stops it.", plan.data_dir);
    return rc;
}
