/* local.c - see local.h and engine.h
 *
 * Why no task runs twice: whoever runs a task holds its lock file (task_lock.h), and DATA/engine.lock is
 * held by the daemon, by its launcher, and by each new supervisor until it has the lock of its task.  So
 * once a new engine has engine.lock, no start of the old one is on its way, and what has no lock file
 * never started.
 */
#include "engine/local_inner.h"

#include "base/text.h"
#include "engine/discover.h"
#include "engine/exit_record.h"
#include "engine/fs.h"
#include "engine/mps.h"
#include "engine/task_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_TRIES   1000
#define LOCK_WAIT_US      10000
#define START_ARENA_BYTES (16UL * 1024 * 1024)

static int take_lock(struct fg_engine *engine, struct fg_err *err)
{
    char path[FG_PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/engine.lock", engine->data_dir) >= (int)sizeof(path))
        return fg_fail(err, FG_ETOOBIG, "data folder: its name is too long");
    engine->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (engine->lock < 0)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    for (int i = 0; i < LOCK_WAIT_TRIES; i++) {
        if (flock(engine->lock, LOCK_EX | LOCK_NB) == 0)
            return 0;
        usleep(LOCK_WAIT_US);
    }
    return fg_fail(err, FG_EBUSY, "data folder %s: another service uses it", engine->data_dir);
}

/* Programs of other users must be able to reach their own folder, by name only. */
static void open_the_way(const char *data_dir)
{
    struct stat state;
    if (geteuid() == 0 && stat(data_dir, &state) == 0 && (state.st_mode & 0011) != 0011)
        chmod(data_dir, (state.st_mode & 07777) | 0011);
}

static int make_folders(struct fg_engine *engine, const char *data_dir, struct fg_err *err)
{
    char real[PATH_MAX], path[FG_PATH_MAX + 8];
    int rc = fg_fs_mkdirs(data_dir, 0700);
    if (rc < 0 || !realpath(data_dir, real))
        return fg_fail(err, FG_EIO, "data folder %s: %s", data_dir,
                       strerror(rc < 0 ? -rc : errno));
    if (!fg_copy(engine->data_dir, sizeof(engine->data_dir), real))
        return fg_fail(err, FG_ETOOBIG, "data folder: its name is too long");
    open_the_way(engine->data_dir);
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"jobs", 0711}, {"blobs", 0700}};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", engine->data_dir, folders[i].name);
        rc = fg_fs_mkdirs(path, folders[i].mode);
        if (rc < 0)
            return fg_fail(err, FG_EIO, "%s: %s", path, strerror(-rc));
    }
    return 0;
}

static int copy_options(struct fg_engine *engine,
                        const struct fg_local_options *options,
                        struct fg_err *err)
{
    engine->config = *options->config;
    if (options->declared_len > FG_NODE_DEVICES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu devices are declared, %d at most",
                       options->declared_len, FG_NODE_DEVICES_MAX);
    engine->declared_len = options->declared_len;
    for (size_t i = 0; i < options->declared_len; i++)
        engine->declared[i] = options->declared[i];
    if (options->job_user
        && !fg_copy(engine->job_user, sizeof(engine->job_user), options->job_user))
        return fg_fail(err, FG_EINVAL, "the name of the user for jobs is too long");
    if (options->site && !fg_copy(engine->site, sizeof(engine->site), options->site))
        return fg_fail(err, FG_EINVAL, "the name of the site is too long");
    if (options->lease && !fg_copy(engine->lease, sizeof(engine->lease), options->lease))
        return fg_fail(err, FG_ETOOBIG, "the lease file: its name is too long");
    return 0;
}

static void local_free(struct fg_engine *engine)
{
    if (!engine)
        return;
    if (engine->sweeper) {
        fg_sweeper_free(engine->sweeper);
        fg_spare_fini(&engine->spare);
    }
    fg_sampler_free(engine->sampler);
    fg_caps_free(engine->caps);
    fg_probe_free(engine->probe);
    fg_self_check_free(engine->self_check);
    fg_affinity_free(engine->affinity);
    fg_task_table_free(engine->table);
    if (engine->link.pid > 0) {
        fg_launch_link_close(&engine->link);
        fg_cgroup_site_leave(&engine->cgroups);
    }
    fg_local_events_fini(engine);
    fg_arena_free(engine->arena);
    if (engine->lock >= 0)
        close(engine->lock);
    free(engine);
}

static void start_threads(struct fg_engine *engine)
{
    int64_t interval_us = engine->config.sample_interval_ms * 1000;
    engine->table = fg_task_table_new();
    engine->arena = fg_arena_new(START_ARENA_BYTES);
    engine->affinity = fg_affinity_new();
    engine->probe = fg_probe_new(&(struct fg_probe_options){.interval_us = interval_us,
                                                            .deadline_us = FG_PROBE_DEADLINE_US,
                                                            .mps = fg_mps_available()});
    engine->caps = fg_caps_new(engine->data_dir, engine->probe);
    engine->self_check = fg_self_check_new(engine->data_dir, engine->config.node_probe_s);
    engine->sampler = fg_sampler_new(interval_us, engine->probe, engine->self_check);
    engine->sweeper = fg_sweeper_new(engine->data_dir, &engine->cgroups, &engine->spare,
                                     engine->link.notes_in);
}

struct fg_engine *fg_local_new(const struct fg_local_options *options, struct fg_err *err)
{
    struct fg_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        abort();
    engine->lock = engine->epoll = engine->wake = engine->timer = -1;
    int rc = copy_options(engine, options, err);
    if (rc == 0)
        rc = make_folders(engine, options->data_dir, err);
    if (rc == 0)
        rc = take_lock(engine, err);
    if (rc == 0) {
        fg_cgroup_site_probe(&engine->cgroups, engine->data_dir);
        fg_cgroup_site_tidy(&engine->cgroups, engine->data_dir);
        rc = fg_launch_link_open(&engine->link, engine->data_dir, &engine->cgroups,
                                 engine->lock, err);
    }
    if (rc == 0)
        rc = fg_local_events_init(engine, err);
    if (rc < 0) {
        local_free(engine);
        return NULL;
    }
    fg_spare_init(&engine->spare, engine->data_dir);
    start_threads(engine);
    return engine;
}

static int local_discover(struct fg_engine *engine,
                          struct fg_node_spec *out,
                          size_t max,
                          size_t *out_len,
                          struct fg_err *err)
{
    if (max < 1)
        return fg_fail(err, FG_ETOOBIG, "no room for this machine");
    struct fg_discover how = {.probe = engine->probe,
                              .declared = engine->declared,
                              .declared_len = engine->declared_len,
                              .config = &engine->config};
    /* Without a driver's devices the indexes of the others would be wrong for good. */
    const char *silent = fg_discover_machine(&how, out);
    if (silent)
        return fg_fail(err, FG_ETIMEOUT, "the %s driver does not answer", silent);
    fg_copy(out->site, sizeof(out->site), engine->site);
    *out_len = 1;
    return 0;
}

static int local_stop(struct fg_engine *engine,
                      struct fg_task_key key,
                      int64_t grace_us,
                      struct fg_err *err)
{
    const struct fg_task_entry *entry = fg_task_table_find(engine->table, key);
    if (!entry || entry->phase == FG_PHASE_OVER || entry->phase == FG_PHASE_BURYING)
        return 0;
    struct fg_launch_message message = {
        .kind = FG_LAUNCH_STOP, .key = key, .grace_us = grace_us};
    int rc = fg_launch_link_send(&engine->link, &message, NULL, err);
    fg_local_watch_socket(engine);
    return rc;
}

static int local_adopt(struct fg_engine *engine,
                       const struct fg_task_at *tasks,
                       size_t len,
                       struct fg_err *)
{
    for (size_t i = 0; i < len; i++)
        if (!fg_task_table_find(engine->table, tasks[i].key))
            fg_local_look(engine, fg_task_table_add(engine->table, tasks[i].key));
    return 0;
}

static void local_collect(struct fg_engine *engine, struct fg_task_key key)
{
    struct fg_task_entry *entry = fg_task_table_find(engine->table, key);
    if (!entry || entry->phase != FG_PHASE_OVER)
        return;
    struct fg_sweep how = {.keep_lock = entry->fenced,
                           .single = entry->single,
                           .reuse = entry->single && entry->folder_done && !entry->fenced};
    fg_sweeper_collect(engine->sweeper, key, how);
    fg_task_table_remove(engine->table, entry);
}

static int local_poll_fd(struct fg_engine *engine)
{
    return engine->epoll;
}

bool fg_local_read_record(const char *data_dir, struct fg_task_key key, struct fg_buf *out)
{
    char path[FG_PATH_MAX + 8];
    if (fg_task_dir(data_dir, key, path) < 0)
        return false;
    strcat(path, "/" FG_TASK_LOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    ssize_t got;
    do {
        char *room = fg_buf_reserve(out, 4096);
        got = read(fd, room, 4096);
        out->len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && out->len < FG_EXIT_RECORD_BYTES_MAX);
    close(fd);
    /* Only the record is wanted. */
    const char *record = out->len ? fg_task_lock_record(out->text, out->len) : NULL;
    size_t len = record ? out->len - (size_t)(record - out->text) : 0;
    if (len > 0)
        memmove(out->text, record, len);
    out->len = len;
    return len > 0;
}

static size_t local_artifacts(struct fg_engine *engine,
                              struct fg_task_key key,
                              struct fg_engine_artifact *out,
                              size_t max)
{
    struct fg_buf text = {};
    struct fg_engine_event event = {};
    size_t len = 0;
    if (fg_local_read_record(engine->data_dir, key, &text)
        && fg_exit_record_read(text.text, text.len, &event, out, max) == 0)
        len = event.artifacts < max ? event.artifacts : max;
    fg_buf_free(&text);
    return len;
}

static size_t local_task_samples(struct fg_engine *engine,
                                 struct fg_task_sample *out,
                                 size_t max)
{
    return fg_sampler_tasks(engine->sampler, out, max);
}

static size_t local_device_samples(struct fg_engine *engine,
                                   struct fg_device_sample *out,
                                   size_t max)
{
    return fg_sampler_devices(engine->sampler, out, max);
}

static const char *local_isolation(struct fg_engine *engine)
{
    snprintf(engine->isolation, sizeof(engine->isolation), "%s; devices by variable%s",
             engine->cgroups.text, engine->cgroups.v1[FG_V1_DEVICES][0] ? "" : " only");
    return engine->isolation;
}

static void local_watch_cost(struct fg_engine *engine,
                             int64_t *out_cpu_us,
                             int64_t *out_wall_us)
{
    struct fg_probe_cost cost;
    fg_sampler_cost(engine->sampler, &cost);
    *out_cpu_us = cost.cpu_us;
    *out_wall_us = cost.wall_us;
}

static int local_power_limits(struct fg_engine *engine,
                              const struct fg_node_spec *,
                              uint32_t device,
                              struct fg_power_limits *out,
                              struct fg_err *err)
{
    return fg_caps_limits(engine->caps, device, out, err);
}

static void local_set_power_cap(struct fg_engine *engine,
                                const struct fg_node_spec *,
                                uint32_t device,
                                int64_t cap_mw)
{
    fg_caps_want(engine->caps, device, cap_mw);
}

const struct fg_engine_ops fg_engine_local = {
    .name = "local",
    .summary = "runs tasks on this machine",
    .free = local_free,
    .discover = local_discover,
    .start = fg_local_start,
    .stop = local_stop,
    .adopt = local_adopt,
    .collect = local_collect,
    .poll_fd = local_poll_fd,
    .next_event = fg_local_next_event,
    .artifacts = local_artifacts,
    .task_samples = local_task_samples,
    .device_samples = local_device_samples,
    .isolation = local_isolation,
    .watch_cost = local_watch_cost,
    .power_limits = local_power_limits,
    .set_power_cap = local_set_power_cap,
};
