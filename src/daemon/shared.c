/* shared.c - see shared.h */
#include "daemon/shared.h"

#include "base/text.h"
#include "daemon/data_dir.h"
#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD_MAX 1024
#define HASH_PREFIX  "blake2b:"
#define ANEW_ARGS    8

struct fg_shared {
    struct fg_standby *standby;
    struct fg_journal_twin journal;
    char data_dir[FG_DATA_PATH_MAX];
    char listen[FG_NAME_MAX + 16]; /* as given on the command line; "" it was not */
    char config[FG_DATA_PATH_MAX]; /* "" none */
    void (*follows)(void *self);
    void *self;
};

static void follows(void *self)
{
    struct fg_shared *shared = self;
    shared->follows(shared->self);
}

static void note(void *, const char *text)
{
    fg_log("%s", text);
}

/* Nothing of ours may go on: no destructor, no buffer, no thread. */
void fg_shared_start_anew(struct fg_shared *shared, const char *why)
{
    fg_log("event=stepped-down why=\"%s\"", why);
    const char *argv[ANEW_ARGS + 1] = {"fastgpu", "up", "--data-dir", shared->data_dir};
    size_t len = 4;
    if (shared->listen[0]) {
        argv[len++] = "--listen";
        argv[len++] = shared->listen;
    }
    if (shared->config[0]) {
        argv[len++] = "--config";
        argv[len++] = shared->config;
    }
    execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(75); /* EX_TEMPFAIL: who started us may do it again */
}

static void step_down(void *self, const char *why)
{
    fg_shared_start_anew(self, why);
}

static int read_password(const char *path, char out[PASSWORD_MAX], struct fg_err *err)
{
    out[0] = '\0';
    if (!path[0])
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t len = fd >= 0 ? read(fd, out, PASSWORD_MAX - 1) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return fg_fail(err, FG_EIO, "shared_store_password_file %s: %s", path, strerror(error));
    out[len] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

/* A path stays the same for the next life of this process, wherever that begins. */
static int keep_texts(struct fg_shared *shared,
                      const struct fg_shared_options *options,
                      struct fg_err *err)
{
    const struct fg_daemon_options *daemon = options->daemon;
    char *path = daemon->config_path ? realpath(daemon->config_path, NULL) : NULL;
    bool fits = fg_copy(shared->data_dir, sizeof(shared->data_dir), options->data_dir)
                && (!path || fg_copy(shared->config, sizeof(shared->config), path));
    free(path);
    if (!fits)
        return fg_fail(err, FG_EINVAL, "shared_store: a path is too long");
    if (daemon->tcp_host)
        snprintf(shared->listen, sizeof(shared->listen),
                 strchr(daemon->tcp_host, ':') ? "[%s]:%u" : "%s:%u", daemon->tcp_host,
                 (unsigned)daemon->tcp_port);
    else if (!options->config->listen_host[0])
        fg_copy(shared->listen, sizeof(shared->listen), "off");
    return 0;
}

static int open_standby(struct fg_shared *shared,
                        const struct fg_shared_options *options,
                        struct fg_err *err)
{
    const struct fg_service_config *config = options->config;
    char password[PASSWORD_MAX], db[FG_DATA_PATH_MAX + 16];
    int rc = read_password(config->shared_store_password_file, password, err);
    if (rc < 0)
        return rc;
    snprintf(db, sizeof(db), "%s/fastgpu.db", shared->data_dir);
    shared->standby = fg_standby_new(
        &(struct fg_standby_options){
            .url = config->shared_store,
            .password = password,
            .db_path = db,
            .data_dir = shared->data_dir,
            .service_url = config->shared_url[0] ? config->shared_url : options->service_url,
            .patience_us = config->numbers.leader_patience_ms * 1000,
            .note = note,
            .follows = follows,
            .step_down = step_down,
            .self = shared,
        },
        err);
    explicit_bzero(password, sizeof(password));
    return shared->standby ? 0 : err->code;
}

struct fg_shared *fg_shared_new(const struct fg_shared_options *options, struct fg_err *err)
{
    struct fg_shared *shared = calloc(1, sizeof(*shared));
    if (!shared) {
        fg_fail(err, FG_ENOMEM, "no memory for the shared store");
        return NULL;
    }
    shared->follows = options->follows;
    shared->self = options->self;
    if (keep_texts(shared, options, err) < 0 || open_standby(shared, options, err) < 0) {
        free(shared);
        return NULL;
    }
    return shared;
}

void fg_shared_free(struct fg_shared *shared)
{
    if (!shared)
        return;
    fg_standby_free(shared->standby);
    free(shared);
}

struct fg_standby *fg_shared_standby(struct fg_shared *shared)
{
    return shared->standby;
}

int fg_shared_keep_blob(struct fg_shared *shared, const char *hash, struct fg_err *err)
{
    char name[128];
    const char *hex = hash + strlen(HASH_PREFIX);
    snprintf(name, sizeof(name), "blobs/%.2s/%s", hex, hex);
    return fg_standby_keep(shared->standby, name, err);
}

int fg_shared_keep_keys(struct fg_shared *shared, struct fg_err *err)
{
    static const char *const names[] = {"link.key", "slurm/install"};
    char path[FG_DATA_PATH_MAX + 16];
    int rc = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == 0; i++) {
        snprintf(path, sizeof(path), "%s/%s", shared->data_dir, names[i]);
        if (access(path, F_OK) == 0)
            rc = fg_standby_keep(shared->standby, names[i], err);
    }
    return rc;
}

static int keep_journal(
    void *self, bool anew, const char *bytes, size_t len, struct fg_err *err)
{
    struct fg_shared *shared = self;
    return fg_standby_journal(shared->standby, anew, bytes, len, err);
}

const struct fg_journal_twin *fg_shared_journal(struct fg_shared *shared)
{
    shared->journal = (struct fg_journal_twin){shared, keep_journal};
    return &shared->journal;
}

void fg_shared_explain(struct fg_shared *shared, struct fg_err *why)
{
    char leader[FG_SEAT_URL_MAX];
    fg_standby_leader(shared->standby, leader);
    fg_fail(why, FG_EUNREACH, "this daemon stands by: %s%s",
            leader[0] ? "ask " : "nobody leads", leader);
}
