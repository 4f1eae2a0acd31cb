/* engine.c - the functions of engine.h; see slurm.h */
#include "slurm/inner.h"

#include "base/arena.h"
#include "base/text.h"
#include "engine/fs.h"
#include "model/job_json.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_US          200000
#define MACHINE_PAUSE_US 1500000
#define SETTLE_US                                                                              \
    15000000 /* couriers of unknown rooms are kept waiting for a first look at most so long */

/* -- making -- */

/* The UUID by which Slurm's jobs are known as ours, made once. */
static int read_install(struct fg_engine *engine, const char *folder, struct fg_err *err)
{
    char path[sizeof(engine->data_dir) + 32], text[FG_UUID_MAX + 8] = "";
    snprintf(path, sizeof(path), "%s/install", folder);
    ssize_t len = fg_fs_read_small(AT_FDCWD, path, text, sizeof(text));
    if (len >= 0) {
        text[strcspn(text, "\n")] = '\0';
        if (!fg_uuid_is(text))
            return fg_fail(err, FG_EIO, "%s: is no UUID", path);
        memcpy(engine->install, text, FG_UUID_MAX);
        return 0;
    }
    if (len != -ENOENT)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror((int)-len));
    fg_uuid_make(engine->install);
    int rc = fg_fs_put(AT_FDCWD, path, engine->install, strlen(engine->install), 0600);
    return rc < 0 ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(-rc)) : 0;
}

static void watch(struct fg_engine *engine, int fd)
{
    epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd,
              &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

static int open_events(struct fg_engine *engine, struct fg_err *err)
{
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    engine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (engine->epoll < 0 || engine->wake < 0 || engine->timer < 0)
        return fg_fail(err, FG_EBACKEND, "no descriptors for events: %s", strerror(errno));
    watch(engine, engine->wake);
    watch(engine, engine->timer);
    watch(engine, fg_link_poll_fd(engine->link));
    return 0;
}

static int open_files(struct fg_engine *engine,
                      const struct fg_journal_twin *twin,
                      struct fg_err *err)
{
    char folder[sizeof(engine->data_dir) + 8], path[sizeof(folder) + 8];
    snprintf(folder, sizeof(folder), "%s/slurm", engine->data_dir);
    int rc = fg_fs_mkdirs(folder, 0700);
    if (rc < 0)
        return fg_fail(err, FG_EIO, "%s: %s", folder, strerror(-rc));
    rc = read_install(engine, folder, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "%s/bound", folder);
    engine->journal = fg_journal_open(path, twin, err);
    return engine->journal ? 0 : FG_EIO;
}

static void slurm_free(struct fg_engine *engine);

struct fg_engine *fg_slurm_new(const struct fg_slurm_options *options, struct fg_err *err)
{
    struct fg_engine *engine = fg_slurm_zeroed(sizeof(*engine));
    engine->link = options->link;
    engine->grace_us = options->grace_us;
    engine->epoll = engine->wake = engine->timer = -1;
    engine->room_names = fg_map_new(0);
    engine->made_us = fg_slurm_now_us();
    int rc = 0;
    if (sodium_init() < 0
        || !fg_copy(engine->data_dir, sizeof(engine->data_dir), options->data_dir)
        || !fg_copy(engine->program, sizeof(engine->program), options->program)
        || !fg_copy(engine->address, sizeof(engine->address), options->address))
        rc = fg_fail(err, FG_ETOOBIG, "a path is too long");
    if (rc == 0)
        rc = open_files(engine, options->twin, err);
    if (rc == 0)
        rc = open_events(engine, err);
    if (rc < 0) {
        slurm_free(engine);
        return NULL;
    }
    fg_slurm_remember(engine);
    return engine;
}

static void free_site(struct fg_engine *engine, struct fg_site *site, bool tell)
{
    fg_cluster_free(site->cluster);
    fg_site_forget_nodes(engine, site, tell);
    free((void *)site->nodes);
    fg_map_free(site->names);
    free(site);
}

static void slurm_free(struct fg_engine *engine)
{
    while (engine->attempts_len)
        fg_attempt_remove(engine, engine->attempts[0]);
    while (engine->rooms_len)
        fg_room_remove(engine, engine->rooms[0]);
    for (size_t i = 0; i < engine->buckets; i++)
        while (engine->tasks[i])
            fg_slurm_task_remove(engine, engine->tasks[i]);
    for (size_t i = 0; i < engine->sites_len; i++)
        free_site(engine, engine->sites[i], false);
    fg_journal_free(engine->journal);
    fg_map_free(engine->room_names);
    free((void *)engine->sites);
    free((void *)engine->rooms);
    free((void *)engine->tasks);
    free((void *)engine->attempts);
    free(engine->events);
    free(engine->news);
    int *fds[] = {&engine->epoll, &engine->wake, &engine->timer};
    for (size_t i = 0; i < 3; i++)
        if (*fds[i] >= 0)
            close(*fds[i]);
    free(engine);
}

static int slurm_discover(
    struct fg_engine *, struct fg_node_spec *, size_t, size_t *out_len, struct fg_err *)
{
    *out_len = 0; /* they come as news */
    return 0;
}

/* -- suppliers -- */

/* Jobs in Slurm are known by a UUID of this service and this supplier: two suppliers may be parts of one cluster. */
static void make_mark(const char *install, const char *supplier, char out[FG_UUID_MAX])
{
    uint8_t bytes[16];
    char hex[33];
    crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)supplier, strlen(supplier),
                       (const uint8_t *)install, strlen(install));
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    snprintf(out, FG_UUID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
}

static struct fg_cluster *open_cluster(struct fg_engine *engine,
                                       const struct fg_supplier *supplier,
                                       struct fg_err *err)
{
    const struct fg_cluster_terms *terms = &supplier->cluster;
    char mark[FG_UUID_MAX];
    make_mark(engine->install, supplier->name, mark);
    return fg_cluster_new(
        &(struct fg_cluster_options){
            .supplier = supplier,
            .install = mark,
            .program = terms->program[0] ? terms->program : engine->program,
            .address = terms->link[0] ? terms->link : engine->address,
            .wake_fd = engine->wake,
        },
        err);
}

static struct fg_site *add_site(struct fg_engine *engine, const struct fg_supplier *supplier)
{
    struct fg_site *site = fg_slurm_zeroed(sizeof(*site));
    engine->sites =
        realloc((void *)engine->sites, (engine->sites_len + 1) * sizeof(struct fg_site *));
    if (!engine->sites)
        abort();
    engine->sites[engine->sites_len++] = site;
    site->supplier = *supplier;
    site->names = fg_map_new(0);
    site->put_us = fg_slurm_now_us();
    for (size_t i = 0; i < engine->rooms_len; i++)
        if (!engine->rooms[i]->site && strcmp(engine->rooms[i]->supplier, supplier->name) == 0)
            engine->rooms[i]->site = site;
    return site;
}

/* Calls that are under way come to nothing: their rooms are found by the next look, or asked for again. */
static void forget_calls(struct fg_engine *engine, struct fg_site *site)
{
    site->submits_open = 0;
    for (size_t i = 0; i < engine->rooms_len; i++) {
        struct fg_room *room = engine->rooms[i];
        if (room->site != site)
            continue;
        room->is_explained = room->was_bound;
        if (room->state == FG_ROOM_SUBMITTED)
            room->state = FG_ROOM_WAITS;
        if (!room->submitted_us && room->state != FG_ROOM_WANTED)
            room->submitted_us = fg_slurm_now_us();
    }
}

static int slurm_put_supplier(struct fg_engine *engine,
                              const struct fg_supplier *supplier,
                              struct fg_err *err)
{
    struct fg_site *site = fg_site_find(engine, supplier->name);
    struct fg_cluster *cluster = open_cluster(engine, supplier, err);
    if (!cluster)
        return err ? err->code : FG_EBACKEND;
    if (site) {
        fg_slurm_take_reports(engine, site);
        fg_cluster_free(site->cluster);
        site->supplier = *supplier;
        forget_calls(engine, site);
    } else {
        site = add_site(engine, supplier);
    }
    site->cluster = cluster;
    return 0;
}

static void slurm_drop_supplier(struct fg_engine *engine, const char *name)
{
    struct fg_site *site = fg_site_find(engine, name);
    if (!site)
        return;
    for (size_t i = engine->attempts_len; i-- > 0;)
        if (engine->attempts[i]->site == site)
            fg_slurm_withdraw(engine, engine->attempts[i], FG_TASK_LOST,
                              "its supplier was removed");
    for (size_t i = engine->rooms_len; i-- > 0;) {
        struct fg_room *room = i < engine->rooms_len ? engine->rooms[i] : NULL;
        if (!room || room->site != site)
            continue;
        fg_link_dismiss(engine->link, room->name);
        for (size_t k = 0; k < engine->buckets; k++)
            for (struct fg_slurm_task *task = engine->tasks[k]; task; task = task->next)
                if (task->room == room)
                    task->room = NULL;
        fg_room_remove(engine, room);
    }
    for (size_t k = 0; k < engine->buckets; k++)
        for (struct fg_slurm_task *task = engine->tasks[k]; task; task = task->next)
            if (task->node && fg_site_node(site, task->node->name) == task->node)
                task->node = NULL;
    size_t at = 0;
    while (engine->sites[at] != site)
        at++;
    engine->sites[at] = engine->sites[--engine->sites_len];
    free_site(engine, site, true);
}

/* -- tasks -- */

static int slurm_stop(struct fg_engine *engine,
                      struct fg_task_key key,
                      int64_t grace_us,
                      struct fg_err *)
{
    struct fg_slurm_task *task = fg_slurm_task_find(engine, key);
    if (!task || task->state == FG_SLURM_TASK_OVER)
        return 0;
    if (task->attempt)
        fg_slurm_withdraw(engine, task->attempt, FG_TASK_LOST, "taken back before it began");
    else
        fg_link_stop(engine->link, key, grace_us);
    return 0;
}

static void push_lost(struct fg_engine *engine, struct fg_task_key key, const char *reason)
{
    struct fg_engine_event event = {.kind = FG_TASK_LOST,
                                    .key = key,
                                    .time_us = fg_slurm_utc_us(),
                                    .exit_code = -1,
                                    .usage.max_rss_mib = -1};
    fg_copy(event.reason, sizeof(event.reason), reason);
    struct fg_slurm_task *task = fg_slurm_task_add(engine, key);
    fg_slurm_over(engine, task, &event);
}

static int slurm_adopt(struct fg_engine *engine,
                       const struct fg_task_at *tasks,
                       size_t len,
                       struct fg_err *)
{
    for (size_t i = 0; i < len; i++) {
        if (fg_slurm_task_find(engine, tasks[i].key))
            continue;
        const struct fg_journal_line *line = fg_journal_find(engine->journal, tasks[i].key);
        if (!line || !fg_slurm_remember_task(engine, &tasks[i], line))
            push_lost(engine, tasks[i].key,
                      "it had not begun when the service was started again");
    }
    return 0;
}

static void slurm_collect(struct fg_engine *engine, struct fg_task_key key)
{
    struct fg_slurm_task *task = fg_slurm_task_find(engine, key);
    fg_link_collect(engine->link, key);
    fg_journal_over(engine->journal, key);
    if (task && task->state == FG_SLURM_TASK_OVER)
        fg_slurm_task_remove(engine, task);
}

/* -- events -- */

static void set_timer(struct fg_engine *engine)
{
    bool on = engine->rooms_len > 0 || engine->attempts_len > 0 || !engine->is_settled;
    if (on == engine->timer_on)
        return;
    engine->timer_on = on;
    struct timespec pause = {.tv_nsec = on ? TICK_US * 1000 : 0};
    timerfd_settime(engine->timer, 0, &(struct itimerspec){pause, pause}, NULL);
}

/* Rooms from before are known once every cluster was looked at; a silent one must not keep the others waiting. */
static void settle(struct fg_engine *engine)
{
    bool all = engine->sites_len > 0;
    for (size_t i = 0; i < engine->sites_len; i++)
        all &= engine->sites[i]->has_looked;
    if (engine->is_settled || (!all && fg_slurm_now_us() - engine->made_us < SETTLE_US))
        return;
    engine->is_settled = true;
    fg_link_settle(engine->link);
}

static void drive(struct fg_engine *engine)
{
    uint64_t count;
    (void)!read(engine->wake, &count, sizeof(count));
    fg_slurm_remembered(engine);
    for (size_t i = 0; i < engine->sites_len; i++)
        fg_slurm_take_reports(engine, engine->sites[i]);
    fg_slurm_hear(engine);
    if (read(engine->timer, &count, sizeof(count)) > 0)
        fg_slurm_tick(engine);
    settle(engine);
    fg_slurm_submit_wanted(engine);
    fg_slurm_bind_ready(engine);
    set_timer(engine);
}

static int slurm_next_event(struct fg_engine *engine, struct fg_engine_event *out)
{
    if (engine->events_len == 0)
        drive(engine);
    if (engine->events_len == 0) {
        if (engine->news_len > 0)
            eventfd_write(engine->wake, 1);
        return 0;
    }
    *out = engine->events[engine->events_at];
    engine->events_at = (engine->events_at + 1) % engine->events_room;
    if (--engine->events_len > 0)
        eventfd_write(engine->wake, 1);
    return 1;
}

static int slurm_next_news(struct fg_engine *engine, struct fg_engine_news *out)
{
    while (engine->news_len > 0) {
        *out = engine->news[engine->news_at];
        engine->news_at = (engine->news_at + 1) % engine->news_room;
        engine->news_len--;
        if (out->kind != FG_NEWS_NODE)
            return 1;
        const struct fg_site *site = fg_site_find(engine, out->supplier);
        const struct fg_slurm_node_at *node = site ? fg_site_pool_node(site, out->node) : NULL;
        if (!node || !node->spec)
            continue; /* it went again */
        memset(&engine->told, 0, sizeof(engine->told));
        memcpy(&engine->told, node->spec,
               offsetof(struct fg_node_spec, devices)
                   + node->spec->devices_len * sizeof(struct fg_device_spec));
        out->spec = &engine->told;
        return 1;
    }
    return 0;
}

static int slurm_poll_fd(struct fg_engine *engine)
{
    return engine->epoll;
}

static size_t slurm_artifacts(struct fg_engine *engine,
                              struct fg_task_key key,
                              struct fg_engine_artifact *out,
                              size_t max)
{
    return fg_link_artifacts(engine->link, key, out, max);
}

static size_t slurm_task_samples(struct fg_engine *engine,
                                 struct fg_task_sample *out,
                                 size_t max)
{
    return fg_link_task_samples(engine->link, out, max);
}

/* Of which node of the pool it is; false: of none.  Each courier of a node reads the machine: one of them is enough. */
static bool place_reading(const struct fg_engine *engine,
                          const struct fg_link_courier *courier,
                          struct fg_device_sample *sample)
{
    const struct fg_room *room = fg_room_find(engine, courier->allocation);
    if (!room || !room->site || courier->number >= room->couriers_len)
        return false;
    struct fg_slurm_node_at *node =
        fg_site_node(room->site, room->couriers[courier->number].node);
    if (!node || !node->spec)
        return false;
    memcpy(sample->node, node->spec->name, sizeof(sample->node));
    if (sample->device != FG_DEVICE_CPU) {
        bool is_known = sample->device < node->spec->devices_len;
        if (is_known)
            fg_slurm_power_read(node, sample->device, courier);
        return is_known;
    }
    if (llabs(sample->time_us - node->machine_us) < MACHINE_PAUSE_US)
        return false;
    node->machine_us = sample->time_us;
    return true;
}

static size_t slurm_device_samples(struct fg_engine *engine,
                                   struct fg_device_sample *out,
                                   size_t max)
{
    struct fg_link_device_sample read[64];
    size_t len = 0, got = SIZE_MAX;
    while (len < max && got > 0) {
        got = fg_link_device_samples(engine->link, read, max - len < 64 ? max - len : 64);
        for (size_t i = 0; i < got; i++) {
            out[len] = read[i].sample;
            len += place_reading(engine, &read[i].courier, &out[len]);
        }
    }
    return len;
}

static const char *slurm_isolation(struct fg_engine *)
{
    return "as Slurm's cgroups and the courier's node allow";
}

const struct fg_engine_ops fg_engine_slurm = {
    .name = "slurm",
    .summary = "Slurm clusters: rooms from Slurm, tasks by couriers",
    .free = slurm_free,
    .discover = slurm_discover,
    .start = fg_slurm_ask,
    .stop = slurm_stop,
    .adopt = slurm_adopt,
    .collect = slurm_collect,
    .poll_fd = slurm_poll_fd,
    .next_event = slurm_next_event,
    .artifacts = slurm_artifacts,
    .task_samples = slurm_task_samples,
    .device_samples = slurm_device_samples,
    .isolation = slurm_isolation,
    .power_limits = fg_slurm_power_limits,
    .set_power_cap = fg_slurm_set_power_cap,
    .put_supplier = slurm_put_supplier,
    .drop_supplier = slurm_drop_supplier,
    .set_node_power = fg_slurm_set_node_power,
    .next_news = slurm_next_news,
};
