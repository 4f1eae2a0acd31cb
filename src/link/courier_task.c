/* courier_task.c - the tasks of a courier: from START to collected. */
#include "link/courier_inner.h"

#include "base/text.h"
#include "engine/exit_record.h"
#include "engine/fs.h"
#include "model/job_json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ARTIFACTS_MAX 1000
#define SAMPLES_MAX   256
#define KILLED_US     2000000 /* a program was killed: how long we see whether we are, too */
#define MEASURES_MAX  16384

static const struct fg_engine_ops *const engine_ops = &fg_engine_local;

struct fg_courier_task *fg_courier_task_find(struct fg_courier *courier, struct fg_task_key key)
{
    struct fg_courier_task *task = courier->tasks;
    while (task
           && (task->key.job != key.job || task->key.attempt != key.attempt
               || task->key.task != key.task))
        task = task->next;
    return task;
}

static int64_t now_utc(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* -- its beginning ------------------------------------------------------------------------------------- */

static void finish(struct fg_courier *courier, struct fg_courier_task *task)
{
    task->phase = FG_COURIER_SENDING;
    for (uint32_t i = 0; i < FG_NODE_DEVICES_MAX; i++)
        if (task->devices >> i & 1)
            courier->device_milli[i] -= task->start.gpu_milli;
    task->devices = 0;
}

void fg_courier_task_fail(struct fg_courier *courier,
                          struct fg_courier_task *task,
                          const char *reason)
{
    task->end = (struct fg_engine_event){.kind = FG_TASK_FAILED,
                                         .key = task->key,
                                         .time_us = now_utc(),
                                         .exit_code = -1,
                                         .usage.max_rss_mib = -1};
    fg_copy_clean(task->end.reason, sizeof(task->end.reason), reason);
    finish(courier, task);
}

/* It was sent when we were dead already: it never began. */
static void lose(struct fg_courier *courier, struct fg_courier_task *task)
{
    fg_courier_task_fail(courier, task, "its courier died before it began");
    task->end.kind = FG_TASK_LOST;
}

/* As many devices as it was granted, of those that Slurm lent us.  False: so many are not free. */
static bool take_devices(struct fg_courier *courier, struct fg_courier_task *task)
{
    uint32_t wanted = task->start.devices, milli = task->start.gpu_milli, mask = 0;
    for (uint32_t i = 0; i < courier->node.devices_len && wanted > 0; i++)
        if (courier->device_milli[i] + milli <= FG_WHOLE_MILLI) {
            mask |= 1U << i;
            wanted--;
        }
    if (wanted > 0)
        return false;
    for (uint32_t i = 0; i < FG_NODE_DEVICES_MAX; i++)
        if (mask >> i & 1)
            courier->device_milli[i] += milli;
    task->devices = mask;
    return true;
}

/* On a file system that all machines see, checkpoints lie there once for all of them. */
static void share_checkpoint(const struct fg_courier *courier,
                             const struct fg_courier_task *task)
{
    char shared[FG_PATH_MAX], job[FG_PATH_MAX], link[FG_PATH_MAX + 16];
    if (!courier->options->is_shared || fg_job_dir(courier->dir, task->key.job, job) < 0)
        return;
    snprintf(shared, sizeof(shared), "%s/checkpoints/%" PRIu64, courier->options->folder,
             task->key.job);
    snprintf(link, sizeof(link), "%s/checkpoint", job);
    if (fg_fs_mkdirs(shared, 0700) == 0 && fg_fs_mkdirs(job, 0711) == 0
        && symlink(shared, link) < 0 && errno != EEXIST)
        return; /* it begins without; staging makes a folder */
}

/* The same devices as the local engine counts them. */
static uint32_t machine_devices(const struct fg_courier *courier,
                                const struct fg_courier_task *task)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < FG_NODE_DEVICES_MAX; i++)
        if (task->devices >> i & 1)
            mask |= 1U << courier->device_at[i];
    return mask;
}

/* The same devices as the whole node counts them; 0: that is not known. */
static uint32_t places(const struct fg_courier *courier, const struct fg_courier_task *task)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; courier->is_placed && i < courier->node.devices_len; i++)
        if (task->devices >> i & 1)
            mask |= 1U << courier->place_at[i];
    return mask;
}

static void launch(struct fg_courier *courier, struct fg_courier_task *task)
{
    const struct fg_message_start *it = &task->start;
    struct fg_err err = {};
    struct fg_node_spec *node = malloc(sizeof(*node));
    if (!node)
        abort();
    *node = courier->machine;
    fg_copy(node->name, sizeof(node->name), it->node);
    fg_copy(node->site, sizeof(node->site), it->site);
    share_checkpoint(courier, task);
    struct fg_task_start start = {.key = task->key,
                                  .tasks = it->tasks,
                                  .spec = &task->spec,
                                  .node = node,
                                  .grant = {.node = 1,
                                            .devices = machine_devices(courier, task),
                                            .gpu_milli = it->gpu_milli,
                                            .cpu_milli = it->cpu_milli,
                                            .mem_mib = it->mem_mib},
                                  .project = it->project,
                                  .user = it->user,
                                  .uid = it->uid,
                                  .array_id = it->array_id,
                                  .array_index = it->array_index,
                                  .launch = &it->launch};
    task->phase = FG_COURIER_STARTING;
    if (engine_ops->start(courier->engine, &start, &err) < 0)
        fg_courier_task_fail(courier, task, err.text);
    free(node);
}

static void begin(struct fg_courier *courier, struct fg_courier_task *task)
{
    if (task->phase != FG_COURIER_FETCHING || !fg_courier_fetch(courier, task))
        return;
    launch(courier, task);
}

void fg_courier_task_fetched(struct fg_courier *courier)
{
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        begin(courier, task);
}

static int read_spec(struct fg_courier_task *task, struct fg_err *err)
{
    const struct fg_doc *doc;
    int rc = fg_doc_json(task->json.text, task->json.len, task->arena, &doc, err);
    return rc < 0 ? rc : fg_job_json_read(doc, now_utc(), task->arena, &task->spec, err);
}

static void copy_start(struct fg_courier_task *task, const struct fg_message *message)
{
    struct fg_message_start *it = &task->start;
    *it = message->start;
    it->project = fg_arena_printf(task->arena, "%s", it->project);
    it->user = fg_arena_printf(task->arena, "%s", it->user);
    it->node = fg_arena_printf(task->arena, "%s", it->node);
    it->site = fg_arena_printf(task->arena, "%s", it->site);
    if (geteuid() != 0)
        it->uid = -1;
    fg_buf_add(&task->json, message->bytes, message->bytes_len);
}

static struct fg_courier_task *add_task(struct fg_courier *courier, struct fg_task_key key)
{
    struct fg_courier_task *task = calloc(1, sizeof(*task));
    if (!task)
        abort();
    task->key = key;
    task->logs[0].fd = task->logs[1].fd = -1;
    task->next = courier->tasks;
    courier->tasks = task;
    return task;
}

void fg_courier_task_inherit(struct fg_courier *courier, struct fg_task_key key)
{
    add_task(courier, key)->phase = FG_COURIER_STARTING;
    (void)engine_ops->adopt(courier->engine, &(struct fg_task_at){.key = key}, 1, NULL);
}

void fg_courier_task_start(struct fg_courier *courier, const struct fg_message *message)
{
    struct fg_err err = {};
    if (fg_courier_task_find(courier, message->key))
        return;
    struct fg_courier_task *task = add_task(courier, message->key);
    task->arena = fg_arena_new(FG_JOB_ROOM);
    task->resumed = true;
    copy_start(task, message);
    for (const struct fg_courier_task *mate = task->next; mate; mate = mate->next)
        /* What this attempt goes on from is here already, and may be in use. */
        if (mate->key.job == task->key.job && mate->key.attempt == task->key.attempt)
            task->start.has_checkpoint &= mate->start.has_checkpoint;
    if (courier->options->inherit)
        lose(courier, task);
    else if (courier->leaving || courier->ends)
        fg_courier_task_fail(courier, task, "its allocation is ending");
    else if (read_spec(task, &err) < 0)
        fg_courier_task_fail(courier, task, err.text);
    else if (!take_devices(courier, task))
        fg_courier_task_fail(courier, task,
                             "the devices that it was granted are not free here");
    else
        begin(courier, task);
}

/* -- its end ------------------------------------------------------------------------------------------- */

static void free_task(struct fg_courier_task *task)
{
    for (int i = 0; i < 2; i++)
        if (task->logs[i].fd >= 0)
            close(task->logs[i].fd);
    if (task->json.len > 0)
        explicit_bzero(task->json.text, task->json.len);
    fg_buf_free(&task->json);
    fg_arena_free(task->arena);
    free(task->artifacts);
    free(task);
}

static void forget(struct fg_courier *courier, struct fg_courier_task *task)
{
    struct fg_courier_task **at = &courier->tasks;
    char dir[FG_PATH_MAX];
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    fg_courier_carry_forget(courier, task);
    engine_ops->collect(courier->engine, task->key);
    /* Its output is at the service. */
    for (int stream = 0; stream < 2 && fg_task_dir(courier->dir, task->key, dir) == 0; stream++)
        for (uint32_t part = 0; part <= task->logs[stream].part; part++) {
            char path[FG_PATH_MAX + 32], tail[16] = "";
            if (part > 0)
                snprintf(tail, sizeof(tail), ".%" PRIu32, part);
            snprintf(path, sizeof(path), "%s/%s.log%s", dir, stream ? "stderr" : "stdout",
                     tail);
            if (task->logs[stream].sent > 0)
                unlink(path);
        }
    free_task(task);
}

void fg_courier_task_free_all(struct fg_courier *courier)
{
    while (courier->tasks) {
        struct fg_courier_task *next = courier->tasks->next;
        free_task(courier->tasks);
        courier->tasks = next;
    }
}

static bool is_over(const struct fg_courier_task *task)
{
    return task->phase == FG_COURIER_SENDING || task->phase == FG_COURIER_ENDED;
}

static void stop(struct fg_courier *courier, struct fg_courier_task *task, int64_t grace_us)
{
    if (task->phase == FG_COURIER_FETCHING) {
        fg_courier_task_fail(courier, task, "it was stopped before it began");
        task->end.stopped = true;
    } else if (!is_over(task)) {
        (void)engine_ops->stop(courier->engine, task->key, grace_us, NULL);
    }
}

void fg_courier_task_stop(struct fg_courier *courier, struct fg_task_key key, int64_t grace_us)
{
    struct fg_courier_task *task = fg_courier_task_find(courier, key);
    if (!task)
        return;
    task->stop_asked = true;
    stop(courier, task, grace_us);
}

void fg_courier_task_stop_all(struct fg_courier *courier, int64_t grace_us)
{
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        stop(courier, task, grace_us);
}

void fg_courier_task_collect(struct fg_courier *courier, struct fg_task_key key)
{
    struct fg_courier_task *task = fg_courier_task_find(courier, key);
    if (!task)
        return;
    task->unwanted = true;
    stop(courier, task, 0);
    if (is_over(task))
        forget(courier, task);
}

bool fg_courier_idle(const struct fg_courier *courier)
{
    for (const struct fg_courier_task *task = courier->tasks; task; task = task->next)
        if (!is_over(task))
            return false;
    return true;
}

/* -- what the engine tells ----------------------------------------------------------------------------- */

static void take_started(struct fg_courier_task *task, const struct fg_engine_event *event)
{
    task->phase = FG_COURIER_RUNNING;
    task->begin = *event;
    if (task->spec.checkpoint_us > 0)
        task->checkpoint_due_us = fg_courier_now() + task->spec.checkpoint_us;
}

/* By a signal, or its shell says so. */
static bool was_killed(const struct fg_engine_event *event)
{
    return event->term_signal != 0 || event->exit_code == 128 + SIGKILL;
}

/* It did not fail: Slurm took the machine, or the lease ran out.  It goes on elsewhere. */
static void take_as_lost(const struct fg_courier *courier, struct fg_courier_task *task)
{
    task->end.kind = FG_TASK_LOST;
    if (courier->leaving)
        fg_copy(task->end.reason, sizeof(task->end.reason),
                courier->options->inherit ? "its courier died" : "Slurm ended its allocation");
}

static void take_end(struct fg_courier *courier,
                     struct fg_courier_task *task,
                     const struct fg_engine_event *event)
{
    task->end = *event;
    /* Slurm ends a room that it has forgotten with KILL for all of it, one after the other.  If we are next, our heir says
     * that the task was lost; it did not fail. */
    if (was_killed(event) && !task->stop_asked && !event->timed_out && !event->out_of_memory)
        task->tell_us = fg_courier_now() + KILLED_US;
    if (!task->stop_asked && !event->timed_out
        && (event->stopped || (courier->leaving && was_killed(event))))
        take_as_lost(courier, task);
    if (event->artifacts > 0) {
        task->artifacts = calloc(ARTIFACTS_MAX, sizeof(*task->artifacts));
        if (!task->artifacts)
            abort();
        task->artifacts_len =
            engine_ops->artifacts(courier->engine, task->key, task->artifacts, ARTIFACTS_MAX);
    }
    task->checkpoint_due_us = 0;
    finish(courier, task);
}

void fg_courier_take_events(struct fg_courier *courier)
{
    struct fg_engine_event event;
    while (engine_ops->next_event(courier->engine, &event) > 0) {
        struct fg_courier_task *task = fg_courier_task_find(courier, event.key);
        if (!task)
            continue;
        if (event.kind == FG_TASK_STARTED)
            take_started(task, &event);
        else
            take_end(courier, task, &event);
        if (task->unwanted && is_over(task))
            forget(courier, task);
    }
}

/* -- what the service is told -------------------------------------------------------------------------- */

static void open_part(const struct fg_courier *courier,
                      const struct fg_courier_task *task,
                      struct fg_courier_log *log)
{
    char path[FG_PATH_MAX + 32], dir[FG_PATH_MAX], tail[16] = "";
    if (fg_task_dir(courier->dir, task->key, dir) < 0)
        return;
    if (log->part > 0)
        snprintf(tail, sizeof(tail), ".%" PRIu32, log->part);
    snprintf(path, sizeof(path), "%s/%s.log%s", dir,
             log == &task->logs[0] ? "stdout" : "stderr", tail);
    log->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* The next bytes of a stream.  0: there are none now. */
static ssize_t read_log(const struct fg_courier *courier,
                        const struct fg_courier_task *task,
                        struct fg_courier_log *log,
                        char *bytes)
{
    for (;;) {
        if (log->fd < 0)
            open_part(courier, task, log);
        if (log->fd < 0)
            return 0;
        ssize_t got = pread(log->fd, bytes, FG_MESSAGE_BULK_BYTES, (off_t)log->part_at);
        if (got > 0 || log->part_at < (uint64_t)courier->config.log_rotate_bytes)
            return got > 0 ? got : 0;
        close(log->fd);
        *log = (struct fg_courier_log){.fd = -1, .part = log->part + 1, .sent = log->sent};
    }
}

/* True: all that is there was sent. */
static bool send_log(struct fg_courier *courier, struct fg_courier_task *task, uint32_t stream)
{
    static const size_t room = FG_MESSAGE_BULK_BYTES;
    struct fg_courier_log *log = &task->logs[stream];
    char *bytes = malloc(room);
    if (!bytes)
        abort();
    ssize_t got = 1;
    while (got > 0 && fg_channel_unsent(courier->channel) < FG_CHANNEL_FULL_BYTES) {
        got = read_log(courier, task, log, bytes);
        if (got <= 0)
            break;
        fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_LOG,
                                                      .key = task->key,
                                                      .stream = stream,
                                                      .offset = log->sent,
                                                      .bytes = bytes,
                                                      .bytes_len = (size_t)got});
        log->sent += (uint64_t)got;
        log->part_at += (uint64_t)got;
    }
    free(bytes);
    return got <= 0;
}

static void send_started(struct fg_courier *courier, struct fg_courier_task *task)
{
    if (task->started || task->begin.kind != FG_TASK_STARTED || task->begin.pid == 0)
        return;
    task->started = true;
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_TASK,
                                                  .key = task->key,
                                                  .event = FG_TASK_STARTED,
                                                  .time_us = task->begin.time_us,
                                                  .pid = (uint32_t)task->begin.pid,
                                                  .devices = task->devices,
                                                  .places = places(courier, task)});
}

/* What moves of inputs and outputs measured since the last time.  What a cut loses the next move says again. */
static void send_measures(struct fg_courier *courier)
{
    char path[FG_PATH_MAX], lines[MEASURES_MAX];
    if (snprintf(path, sizeof(path), "%s/links", courier->dir) >= (int)sizeof(path))
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t len = fd < 0 ? 0 : pread(fd, lines, sizeof(lines), courier->measures_at);
    if (fd >= 0)
        close(fd);
    while (len > 0 && lines[len - 1] != '\n')
        len--;
    if (len <= 0)
        return;
    courier->measures_at += len;
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_MEASURES,
                                                  .bytes = lines,
                                                  .bytes_len = (size_t)len});
}

static void send_end(struct fg_courier *courier, struct fg_courier_task *task)
{
    send_measures(courier);
    FG_AUTO(fg_buf) struct fg_buf record = {};
    if (fg_courier_now() < task->tell_us)
        take_as_lost(courier, task); /* we are next */
    struct fg_engine_event end = task->end;
    end.artifacts = (uint32_t)task->artifacts_len;
    fg_exit_record_write(&record, &end, task->artifacts, task->artifacts_len);
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_TASK,
                                                  .key = task->key,
                                                  .event = (uint8_t)task->end.kind,
                                                  .time_us = task->end.time_us,
                                                  .bytes = record.text,
                                                  .bytes_len = record.len});
    task->end_sent = true;
    task->phase = FG_COURIER_ENDED;
}

/* In this order, so that nothing comes after the end. */
static void pump(struct fg_courier *courier, struct fg_courier_task *task)
{
    bool out, err;
    if (!task->resumed || task->phase == FG_COURIER_FETCHING)
        return;
    send_started(courier, task);
    out = send_log(courier, task, 0);
    err = send_log(courier, task, 1);
    if (task->phase == FG_COURIER_SENDING && out && err
        && task->artifacts_sent == task->artifacts_len && task->checkpoint_last_done
        && (courier->leaving || fg_courier_now() >= task->tell_us))
        send_end(courier, task);
}

void fg_courier_task_pump(struct fg_courier *courier)
{
    if (!courier->on_line)
        return;
    fg_courier_carry_pump(courier);
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        if (task->phase != FG_COURIER_ENDED)
            pump(courier, task);
}

/* Where byte `at` of a stream is. */
static void seek_log(const struct fg_courier *courier, struct fg_courier_log *log, uint64_t at)
{
    uint64_t rotate = (uint64_t)courier->config.log_rotate_bytes;
    if (log->fd >= 0)
        close(log->fd);
    *log = (struct fg_courier_log){
        .fd = -1, .part = (uint32_t)(at / rotate), .part_at = at % rotate, .sent = at};
}

void fg_courier_task_resume(struct fg_courier *courier, const struct fg_message *message)
{
    struct fg_courier_task *task = fg_courier_task_find(courier, message->key);
    if (!task)
        return;
    task->resumed = true;
    task->started = false;
    seek_log(courier, &task->logs[0], message->offset);
    seek_log(courier, &task->logs[1], message->total);
    if (task->phase == FG_COURIER_ENDED) {
        task->phase = FG_COURIER_SENDING;
        /* What was sent may not have arrived. */
        task->artifacts_sent = 0;
        task->checkpoint_last_done = task->end_sent;
    }
}

void fg_courier_task_off_line(struct fg_courier *courier)
{
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        task->resumed = false;
}

void fg_courier_send_samples(struct fg_courier *courier)
{
    struct fg_task_sample tasks[SAMPLES_MAX];
    struct fg_device_sample devices[SAMPLES_MAX];
    struct fg_message message = {
        .kind = FG_MESSAGE_SAMPLES, .tasks = tasks, .readings = devices};
    message.tasks_len = (uint32_t)engine_ops->task_samples(courier->engine, tasks, SAMPLES_MAX);
    message.readings_len =
        (uint32_t)engine_ops->device_samples(courier->engine, devices, SAMPLES_MAX);
    /* Numbered as on the whole node; what was not lent to us is nobody's business. */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < message.readings_len; i++) {
        uint32_t at = 0;
        while (devices[i].device != FG_DEVICE_CPU && at < courier->node.devices_len
               && courier->device_at[at] != devices[i].device)
            at++;
        if (devices[i].device != FG_DEVICE_CPU && at == courier->node.devices_len)
            continue;
        devices[kept] = devices[i];
        if (devices[kept].device != FG_DEVICE_CPU)
            devices[kept].device = courier->place_at[at];
        kept++;
    }
    message.readings_len = kept;
    if (courier->on_line && message.tasks_len + message.readings_len > 0)
        fg_courier_send(courier, &message);
}
