/* rsync.c - a file from or to a machine behind ssh; see attempt.h
 *
 * rsync does what we should otherwise have to write: what is there already is not sent again, blocks are compared, the whole is
 * checked with a hash, zstd is applied on the way.  It is run as a program, no shell in between on this side; ssh asks for nothing
 * (BatchMode), so that a password that is wanted is an error and not a wait.
 */
#include "transfer/attempt.h"

#include "base/clock.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX   32
#define SAID_BYTES 2048 /* of its errors, the last */
#define POLL_MS    200

struct rsync {
    struct fg_attempt *attempt;
    const struct fg_url *far;
    bool is_get;
    char here[FG_PART_PATH_MAX + 16];
    struct fg_buf shell, there, limit, level, timeout;
    const char *argv[ARGS_MAX];
    pid_t pid;
    int out, err;
    char line[512];
    size_t line_len;
    char said[SAID_BYTES];
    size_t said_len;
};

static void add(struct rsync *rsync, const char *arg)
{
    size_t len = 0;
    while (rsync->argv[len])
        len++;
    if (len + 1 < ARGS_MAX)
        rsync->argv[len] = arg;
}

/* "ssh -p 22 -J relay": split at blanks by rsync, so no word may have one; hosts have none (fg_url_parse). */
static void set_shell(struct rsync *rsync)
{
    const struct fg_attempt *attempt = rsync->attempt;
    const char *given = getenv("RSYNC_RSH");
    struct fg_buf *shell = &rsync->shell;
    fg_buf_puts(shell, given && given[0] ? given : "ssh");
    fg_buf_puts(shell, " -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10");
    if (rsync->far->port)
        fg_buf_printf(shell, " -p %u", rsync->far->port);
    const struct fg_way *route = attempt->route;
    if (attempt->move->relay) {
        fg_buf_printf(shell, " -J %s", attempt->move->relay);
    } else if (route->sites_len > 2) {
        fg_buf_puts(shell, " -J ");
        /* From here outwards. */
        for (size_t i = 1; i + 1 < route->sites_len; i++) {
            size_t at = rsync->is_get ? route->sites_len - 1 - i : i;
            fg_buf_printf(shell, "%s%s", i > 1 ? "," : "", route->sites[at]);
        }
    }
}

static void set_there(struct rsync *rsync)
{
    const struct fg_url *far = rsync->far;
    if (far->user[0])
        fg_buf_printf(&rsync->there, "%s@", far->user);
    fg_buf_printf(&rsync->there, "%s:%s%s", far->host, far->path,
                  rsync->attempt->move->is_folder ? "/" : "");
}

static void set_argv(struct rsync *rsync)
{
    const struct fg_move *move = rsync->attempt->move;
    int level = rsync->attempt->route->zstd_level;
    set_shell(rsync);
    set_there(rsync);
    fg_buf_printf(&rsync->timeout, "--timeout=%lld",
                  move->stall_us > 0 ? (long long)((move->stall_us + 999'999) / 1'000'000)
                                     : 30LL);
    add(rsync, "rsync");
    /* -s: the path goes as it is, past the shell of the far side. */
    static const char *const always[] = {
        "-s", "--info=progress2,stats2", "--outbuf=L", "--no-motd", "--times", "--partial"};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        add(rsync, always[i]);
    /* Links that lead out of it are left out. */
    static const char *const folder[] = {"--recursive", "--perms", "--links", "--safe-links"};
    for (size_t i = 0; move->is_folder && i < sizeof(folder) / sizeof(folder[0]); i++)
        add(rsync, folder[i]);
    if (move->is_folder && rsync->is_get)
        add(rsync, "--delete"); /* of the part, which may be of an earlier try */
    /* Here the part has a name of its own; there a file that is half there must not have the name that is asked for. */
    add(rsync, rsync->is_get ? "--inplace" : "--partial-dir=.fastgpu-part");
    add(rsync, rsync->timeout.text);
    if (move->limit_per_s > 0) {
        fg_buf_printf(&rsync->limit, "--bwlimit=%lldk",
                      (long long)move->limit_per_s / 1024 + 1);
        add(rsync, rsync->limit.text);
    }
    if (level > 0) {
        fg_buf_printf(&rsync->level, "--compress-level=%d", level);
        add(rsync, "--compress-choice=zstd");
        add(rsync, rsync->level.text);
    }
    add(rsync, "-e");
    add(rsync, rsync->shell.text);
    add(rsync, "--");
    add(rsync, rsync->is_get ? rsync->there.text : rsync->here);
    add(rsync, rsync->is_get ? rsync->here : rsync->there.text);
}

static int start(struct rsync *rsync, struct fg_err *err)
{
    int out[2], errs[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        return fg_fail(err, FG_EIO, "no pipe: %s", strerror(errno));
    if (pipe2(errs, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return fg_fail(err, FG_EIO, "no pipe: %s", strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, errs[1], 2);
    /* A group of its own: a stop reaches ssh as well. */
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    int error = posix_spawnp(&rsync->pid, "rsync", &actions, &attr, (char *const *)rsync->argv,
                             environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    close(out[1]);
    close(errs[1]);
    rsync->out = out[0];
    rsync->err = errs[0];
    if (error == 0)
        return 0;
    close(out[0]);
    close(errs[0]);
    return fg_fail(err, FG_EBACKEND, "program rsync: %s", strerror(error));
}

/* "1,234,567" -> 1234567; -1: no number. */
static int64_t read_count(const char *text)
{
    int64_t value = 0;
    if (!isdigit((unsigned char)*text))
        return -1;
    for (; isdigit((unsigned char)*text) || *text == ','; text++)
        if (*text != ',' && value < INT64_MAX / 20)
            value = value * 10 + (*text - '0');
    return value;
}

/* "     32,768  10%    1.23MB/s    0:00:01", "Total file size: 1,234 bytes", "Total bytes sent: 5", "Total bytes received: 5" */
static void take_line(struct rsync *rsync, const char *line)
{
    struct fg_attempt *attempt = rsync->attempt;
    struct fg_move_result *result = attempt->result;
    const char *colon = strchr(line, ':');
    int64_t value = colon ? read_count(colon + 1 + strspn(colon + 1, " ")) : -1;
    const char *text = line + strspn(line, " ");
    if (strncmp(line, "Total file size: ", 17) == 0) {
        result->bytes = value;
    } else if (strncmp(line, "Total bytes sent: ", 18) == 0
               || strncmp(line, "Total bytes received: ", 22) == 0) {
        result->wire_bytes += value > 0 ? value : 0;
    } else if (text != line && strchr(text, '%') && read_count(text) >= 0) {
        attempt->progress.done_bytes = read_count(text);
        fg_attempt_tell(attempt);
    }
}

static void take_output(struct rsync *rsync, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_end = bytes[i] == '\n' || bytes[i] == '\r';
        if (!is_end && rsync->line_len + 1 < sizeof(rsync->line)) {
            rsync->line[rsync->line_len++] = bytes[i];
        } else if (is_end && rsync->line_len > 0) {
            rsync->line[rsync->line_len] = '\0';
            take_line(rsync, rsync->line);
            rsync->line_len = 0;
        }
    }
}

static void take_errors(struct rsync *rsync, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (rsync->said_len + 1 == sizeof(rsync->said)) {
            rsync->said_len /= 2;
            memmove(rsync->said, rsync->said + sizeof(rsync->said) - 1 - rsync->said_len,
                    rsync->said_len);
        }
        rsync->said[rsync->said_len++] = bytes[i];
    }
    rsync->said[rsync->said_len] = '\0';
}

/* Read until both pipes end.  False: it was stopped. */
static bool follow(struct rsync *rsync)
{
    struct pollfd fds[2] = {{rsync->out, POLLIN, 0}, {rsync->err, POLLIN, 0}};
    char bytes[4096];
    bool going = true;
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        int ready = poll(fds, 2, POLL_MS);
        if (going && fg_pace_wait(&(struct fg_pace){.move = rsync->attempt->move}, 0) < 0) {
            kill(-rsync->pid, SIGKILL);
            going = false;
        }
        for (int i = 0; ready > 0 && i < 2; i++) {
            if (!(fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                continue;
            ssize_t got = read(fds[i].fd, bytes, sizeof(bytes));
            if (got > 0 && i == 0)
                take_output(rsync, bytes, (size_t)got);
            else if (got > 0)
                take_errors(rsync, bytes, (size_t)got);
            else if (got == 0 || errno != EINTR)
                fds[i].fd = -1;
        }
    }
    return going;
}

/* The first line of what it said that says something. */
static const char *reason_of(struct rsync *rsync)
{
    for (char *line = strtok(rsync->said, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "Warning: Permanently added", 26) != 0 && line[0])
            return line;
    return "it said nothing";
}

static int explain(struct rsync *rsync, int status, struct fg_err *err)
{
    struct fg_attempt *attempt = rsync->attempt;
    int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char said[120];
    bool no_file = strstr(rsync->said, "No such file or directory") != NULL;
    bool no_room = strstr(rsync->said, "No space left") != NULL;
    bool refused = strstr(rsync->said, "Permission denied") != NULL
                   || strstr(rsync->said, "Host key verification failed") != NULL;
    fg_copy_clean(said, sizeof(said), reason_of(rsync));
    if (exit_code == 0)
        return 0;
    if (no_room)
        return fg_fail(err, FG_ENOSPC, "rsync: %s", said);
    if (refused)
        return fg_fail(err, FG_EPERM, "rsync: %s", said);
    if (no_file)
        return fg_fail(err, FG_ENOENT, "rsync: %s", said);
    if (exit_code == 127 || exit_code == 1 || exit_code == 2 || exit_code == 4)
        return fg_fail(err, FG_EBACKEND, "rsync: %s (exit code %d)", said, exit_code);
    /* 5, 10, 12, 30, 35 the line, 255 ssh, 23, 24 not all of it, a signal. */
    attempt->may_retry = true;
    return exit_code == 30 || exit_code == 35
               ? fg_fail(err, FG_ETIMEOUT, "rsync: %s", said)
               : fg_fail(err, FG_EUNREACH, "rsync: %s (exit code %d)", said, exit_code);
}

static int run(struct rsync *rsync, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t begun_us = clock->mono_us(clock->self);
    int rc = start(rsync, err);
    if (rc < 0)
        return rc;
    bool whole = follow(rsync);
    int status = 0;
    while (waitpid(rsync->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(rsync->out);
    close(rsync->err);
    rsync->attempt->moving_us = clock->mono_us(clock->self) - begun_us;
    return whole ? explain(rsync, status, err) : fg_fail(err, FG_ESTATE, "it was stopped");
}

/* rsync compared each file; the folder gets its name when it has all of them. */
static int finish_folder(struct rsync *rsync, struct fg_err *err)
{
    struct fg_attempt *attempt = rsync->attempt;
    int rc = fg_attempt_check_size(attempt->move, attempt->result->bytes, err);
    rsync->here[strlen(rsync->here) - 1] = '\0';
    if (rc == 0 && rename(rsync->here, attempt->to->path) < 0)
        rc = fg_part_fail(err, attempt->to->path, errno);
    return rc;
}

/* What arrived is checked and gets its name. */
static int finish_get(struct rsync *rsync, struct fg_err *err)
{
    struct fg_attempt *attempt = rsync->attempt;
    struct stat state;
    int fd = open(rsync->here, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fg_part_fail(err, rsync->here, errno);
    int rc = fstat(fd, &state) < 0 ? fg_part_fail(err, rsync->here, errno)
                                   : fg_attempt_check_size(attempt->move, state.st_size, err);
    attempt->result->bytes = state.st_size;
    if (rc == 0)
        rc = fg_attempt_check_hash(attempt, fd, "", err);
    if (rc == FG_EBACKEND) {
        attempt->may_retry = attempt->result->resumed_bytes > 0;
        unlink(rsync->here);
    }
    if (rc == 0 && (fsync(fd) < 0 || rename(rsync->here, attempt->to->path) < 0))
        rc = fg_part_fail(err, attempt->to->path, errno);
    close(fd);
    return rc;
}

static int begin_put(struct rsync *rsync, struct fg_err *err)
{
    struct fg_attempt *attempt = rsync->attempt;
    struct stat state;
    int fd = open(rsync->here, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "file %s: %s", rsync->here,
                       strerror(errno));
    int rc = fstat(fd, &state) < 0 || !S_ISREG(state.st_mode)
                 ? fg_fail(err, FG_EINVAL, "file %s: no regular file", rsync->here)
                 : fg_attempt_check_size(attempt->move, state.st_size, err);
    if (rc == 0)
        attempt->result->bytes = attempt->progress.total_bytes = state.st_size;
    if (rc == 0)
        rc = fg_attempt_check_hash(attempt, fd, "", err);
    close(fd);
    return rc;
}

static int prepare(struct rsync *rsync, struct fg_err *err)
{
    struct fg_attempt *attempt = rsync->attempt;
    struct stat state;
    const char *path = rsync->is_get ? attempt->to->path : attempt->from->path;
    bool is_folder = attempt->move->is_folder;
    if (snprintf(rsync->here, sizeof(rsync->here), "%s%s%s", path, rsync->is_get ? ".part" : "",
                 is_folder ? "/" : "")
        >= FG_PART_PATH_MAX)
        return fg_fail(err, FG_EINVAL, "file %.80s...: its name is too long", path);
    if (is_folder)
        return 0;
    if (!rsync->is_get)
        return begin_put(rsync, err);
    if (lstat(rsync->here, &state) == 0 && S_ISREG(state.st_mode))
        attempt->result->resumed_bytes = attempt->progress.resumed_bytes = state.st_size;
    return 0;
}

int fg_attempt_rsync(struct fg_attempt *attempt, struct fg_err *err)
{
    struct rsync *rsync = calloc(1, sizeof(*rsync));
    if (!rsync)
        return fg_fail(err, FG_ENOMEM, "no memory");
    rsync->attempt = attempt;
    rsync->is_get = attempt->from->kind == FG_URL_SSH;
    rsync->far = rsync->is_get ? attempt->from : attempt->to;
    int rc = prepare(rsync, err);
    if (rc == 0) {
        set_argv(rsync);
        rc = run(rsync, err);
    }
    if (rc == 0 && rsync->is_get)
        rc = attempt->move->is_folder ? finish_folder(rsync, err) : finish_get(rsync, err);
    fg_buf_free(&rsync->shell);
    fg_buf_free(&rsync->there);
    fg_buf_free(&rsync->limit);
    fg_buf_free(&rsync->level);
    fg_buf_free(&rsync->timeout);
    free(rsync);
    return rc;
}
