/* test_kit.h - for the tests of this folder: a local engine in a fresh data folder, and waiting for it. */
#pragma once

#include "engine/job_path.h"
#include "engine/local.h"
#include "test/tap.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KIT_WAIT_S 60

struct kit {
    char dir[64]; /* data folder */
    struct fg_config config;
    struct fg_engine *engine;
    struct fg_node_spec node;
};

static const struct fg_engine_ops *const kit_ops = &fg_engine_local;

static inline void kit_open(struct kit *kit)
{
    struct fg_err err = {};
    struct fg_local_options options = {.data_dir = kit->dir, .config = &kit->config};
    size_t len;
    kit->engine = fg_local_new(&options, &err);
    if (!kit->engine || kit_ops->discover(kit->engine, &kit->node, 1, &len, &err) < 0) {
        printf("Bail out! no engine: %s\n", err.text);
        exit(1);
    }
}

static inline void kit_close(struct kit *kit)
{
    kit_ops->free(kit->engine);
    kit->engine = NULL;
}

static inline struct kit kit_new(void)
{
    struct kit kit = {.dir = "/tmp/fastgpu-engine-test-XXXXXX"};
    fg_config_defaults(&kit.config);
    if (!mkdtemp(kit.dir))
        exit(1);
    kit_open(&kit);
    return kit;
}

static inline int kit_remove_one(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static inline void kit_free(struct kit *kit)
{
    if (kit->engine)
        kit_close(kit);
    nftw(kit->dir, kit_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static inline struct fg_job_spec kit_script(const char *run)
{
    return (struct fg_job_spec){.name = "test",
                                .run = run,
                                .setup = "",
                                .cwd = "",
                                .workdir_hash = "",
                                .tasks = 1,
                                .grace_us = 500000};
}

static inline struct fg_task_start kit_task(struct kit *kit,
                                            fg_job_id job,
                                            const struct fg_job_spec *spec)
{
    return (struct fg_task_start){.key = {job, 1, 0},
                                  .tasks = 1,
                                  .spec = spec,
                                  .node = &kit->node,
                                  .grant = {.node = 1, .cpu_milli = 1000},
                                  .project = "default",
                                  .user = "tester",
                                  .uid = -1};
}

static inline int kit_start(struct kit *kit, fg_job_id job, const struct fg_job_spec *spec)
{
    struct fg_err err = {};
    struct fg_task_start start = kit_task(kit, job, spec);
    int rc = kit_ops->start(kit->engine, &start, &err);
    if (rc < 0)
        printf("# start: %s\n", err.text);
    return rc;
}

/* The next event, of whatever task.  False: none came within `wait_s`. */
static inline bool kit_event(struct kit *kit, struct fg_engine_event *out, int wait_s)
{
    time_t until = time(NULL) + wait_s;
    for (;;) {
        if (kit_ops->next_event(kit->engine, out))
            return true;
        struct pollfd fd = {.fd = kit_ops->poll_fd(kit->engine), .events = POLLIN};
        if (time(NULL) > until)
            return false;
        poll(&fd, 1, 200);
    }
}

/* Events until that job is over; the last one goes to `out`.  Other jobs' events are thrown away. */
static inline bool kit_end(struct kit *kit, fg_job_id job, struct fg_engine_event *out)
{
    while (kit_event(kit, out, KIT_WAIT_S))
        if (out->key.job == job && out->kind != FG_TASK_STARTED)
            return true;
    printf("# job %llu did not end\n", (unsigned long long)job);
    *out = (struct fg_engine_event){};
    return false;
}

static inline bool kit_started(struct kit *kit, fg_job_id job, struct fg_engine_event *out)
{
    while (kit_event(kit, out, KIT_WAIT_S))
        if (out->key.job == job)
            return out->kind == FG_TASK_STARTED;
    return false;
}

static inline struct fg_engine_event kit_run(struct kit *kit,
                                             fg_job_id job,
                                             const struct fg_job_spec *spec)
{
    struct fg_engine_event event = {};
    if (kit_start(kit, job, spec) == 0)
        kit_end(kit, job, &event);
    return event;
}

/* A file of the task, as text (of at most 64 KiB, in a buffer that the next call uses again). */
static inline const char *kit_file(const struct kit *kit, fg_job_id job, const char *name)
{
    static char text[65536];
    char path[FG_PATH_MAX + 64], dir[FG_PATH_MAX];
    fg_task_dir(kit->dir, (struct fg_task_key){job, 1, 0}, dir);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

/* Wait until the task has written that text. */
static inline bool kit_says(const struct kit *kit, fg_job_id job, const char *words)
{
    for (int i = 0; i < KIT_WAIT_S * 100; i++) {
        if (strstr(kit_file(kit, job, "stdout.log"), words))
            return true;
        usleep(10000);
    }
    return false;
}

/* Wait until no process has that text in its command line. */
static inline bool kit_gone(const char *words)
{
    char command[256];
    /* In brackets, so that the shell that looks does not find itself. */
    snprintf(command, sizeof(command), "pgrep -f -- '[%c]%s' >/dev/null", words[0], words + 1);
    for (int i = 0; i < 100; i++) {
        if (system(command) != 0)
            return true;
        usleep(50000);
    }
    return false;
}
