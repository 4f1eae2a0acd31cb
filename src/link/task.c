/* task.c - the tasks that couriers have, as the service's end keeps them. */
#include "link/inner.h"

#include "base/text.h"
#include "engine/exit_record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARTIFACTS_MAX 1000

static uint64_t hash_of(struct fg_task_key key)
{
    uint64_t parts[] = {key.job, (uint64_t)key.attempt << 32 | key.task};
    return fg_link_hash(0, parts, sizeof(parts));
}

static bool same_key(const struct fg_link_entry *entry, const void *key)
{
    const struct fg_link_task *task = (const void *)entry;
    const struct fg_task_key *wanted = key;
    return task->key.job == wanted->job && task->key.attempt == wanted->attempt
           && task->key.task == wanted->task;
}

struct fg_link_task *fg_link_task_find(const struct fg_link *link, struct fg_task_key key)
{
    return (void *)fg_link_table_find(&link->tasks, hash_of(key), same_key, &key);
}

struct fg_link_task *fg_link_task_add(struct fg_link *link,
                                      struct fg_link_peer *peer,
                                      struct fg_task_key key)
{
    struct fg_link_task *task = calloc(1, sizeof(*task));
    if (!task)
        abort();
    task->key = key;
    task->peer = peer;
    task->next = peer->tasks;
    peer->tasks = task;
    fg_link_table_add(&link->tasks, &task->entry, hash_of(key));
    return task;
}

static void drop_frame(struct fg_link_task *task)
{
    if (task->frame.len > 0)
        explicit_bzero(task->frame.text, task->frame.len);
    fg_buf_free(&task->frame);
}

void fg_link_task_remove(struct fg_link *link, struct fg_link_task *task)
{
    struct fg_link_task **at = &task->peer->tasks;
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    fg_link_table_remove(&link->tasks, &task->entry);
    for (int i = 0; i < 2; i++)
        fg_keep_log_close(&task->logs[i]);
    drop_frame(task);
    free(task->names);
    free(task);
}

/* Nothing more is expected of it. */
static void over(struct fg_link_task *task)
{
    task->phase = FG_LINK_TASK_OVER;
    drop_frame(task);
    for (int i = 0; i < 2; i++)
        fg_keep_log_close(&task->logs[i]);
}

void fg_link_task_lost(struct fg_link *link, struct fg_link_task *task, const char *reason)
{
    if (task->phase == FG_LINK_TASK_OVER || task->phase == FG_LINK_TASK_UNCLAIMED)
        return;
    struct fg_link_told *told = fg_link_told_new(task->peer, FG_LINK_TASK);
    told->event.task = (struct fg_engine_event){
        .kind = FG_TASK_LOST, .key = task->key, .exit_code = -1, .usage.max_rss_mib = -1};
    fg_copy(told->event.task.reason, sizeof(told->event.task.reason), reason);
    over(task);
    fg_link_tell(link, told);
}

void fg_link_task_resume(struct fg_link *link, struct fg_link_task *task)
{
    task->phase = FG_LINK_TASK_HELD;
    drop_frame(task);
    for (uint32_t i = 0; i < 2; i++)
        fg_keep_log_open(&task->logs[i], link->data_dir, task->key, i);
    fg_link_send(link, task->peer->conn,
                 &(struct fg_message){.kind = FG_MESSAGE_RESUME,
                                      .key = task->key,
                                      .offset = task->logs[0].len,
                                      .total = task->logs[1].len});
    if (task->stop_asked)
        fg_link_send(link, task->peer->conn,
                     &(struct fg_message){.kind = FG_MESSAGE_STOP,
                                          .key = task->key,
                                          .lease_us = task->stop_grace_us});
}

/* The last byte of the frame says whether there is a checkpoint to begin with: only now it is known. */
void fg_link_task_send_start(struct fg_link *link, struct fg_link_task *task)
{
    char path[FG_PATH_MAX];
    if (!task->peer->conn)
        return;
    bool saved = task->key.attempt > 1
                 && fg_keep_checkpoint_path(link->data_dir, task->key.job, path) == 0
                 && access(path, R_OK) == 0;
    task->frame.text[task->frame.len - 1] = (char)saved;
    fg_channel_send(task->peer->conn->channel, FG_MESSAGE_START, task->frame.text,
                    task->frame.len);
    fg_link_want_out(link, task->peer->conn);
    if (task->stop_asked)
        fg_link_send(link, task->peer->conn,
                     &(struct fg_message){.kind = FG_MESSAGE_STOP,
                                          .key = task->key,
                                          .lease_us = task->stop_grace_us});
}

static void tell_started(struct fg_link *link,
                         struct fg_link_task *task,
                         const struct fg_message *message)
{
    if (task->started_told)
        return;
    task->started_told = true;
    struct fg_link_told *told = fg_link_told_new(task->peer, FG_LINK_TASK);
    told->event.task = (struct fg_engine_event){.kind = FG_TASK_STARTED,
                                                .key = task->key,
                                                .time_us = message->time_us,
                                                .pid = (int32_t)message->pid,
                                                .exit_code = -1,
                                                .devices = message->devices};
    told->event.places = message->places;
    fg_link_tell(link, told);
}

/* False: it is no record. */
static bool tell_ended(struct fg_link *link,
                       struct fg_link_task *task,
                       const struct fg_message *message)
{
    struct fg_link_told *told = fg_link_told_new(task->peer, FG_LINK_TASK);
    struct fg_engine_event *event = &told->event.task;
    struct fg_engine_artifact *artifacts = calloc(ARTIFACTS_MAX, sizeof(*artifacts));
    if (!artifacts)
        abort();
    if (fg_exit_record_read(message->bytes, message->bytes_len, event, artifacts, ARTIFACTS_MAX)
            < 0
        || event->artifacts > ARTIFACTS_MAX) {
        free(artifacts);
        free(told);
        return false;
    }
    event->key = task->key;
    if (message->event == FG_TASK_LOST)
        event->kind = FG_TASK_LOST;
    event->log_dropped += task->logs[0].dropped + task->logs[1].dropped;
    if (event->artifacts > 0)
        told->artifacts = artifacts;
    else
        free(artifacts);
    over(task);
    fg_link_tell(link, told);
    return true;
}

static struct fg_link_task *claimed(const struct fg_link *link,
                                    const struct fg_link_peer *peer,
                                    struct fg_task_key key)
{
    struct fg_link_task *task = fg_link_task_find(link, key);
    return task && task->peer == peer
                   && (task->phase == FG_LINK_TASK_SENT || task->phase == FG_LINK_TASK_HELD)
               ? task
               : NULL;
}

void fg_link_task_told(struct fg_link *link,
                       struct fg_link_peer *peer,
                       const struct fg_message *message)
{
    struct fg_link_task *task = claimed(link, peer, message->key);
    if (!task)
        return;
    task->phase = FG_LINK_TASK_HELD;
    drop_frame(task);
    if (message->event == FG_TASK_STARTED)
        tell_started(link, task, message);
    else if (!tell_ended(link, task, message))
        fg_link_cut(link, peer->conn);
}

void fg_link_task_log(struct fg_link *link,
                      struct fg_link_peer *peer,
                      const struct fg_message *message)
{
    struct fg_link_task *task = claimed(link, peer, message->key);
    if (!task)
        return;
    struct fg_keep_log *log = &task->logs[message->stream];
    struct fg_keep_place place = {.data_dir = link->data_dir,
                                  .config = &link->config,
                                  .key = task->key,
                                  .stream = message->stream};
    fg_keep_log_open(log, link->data_dir, task->key, message->stream);
    /* A gap cannot come on an ordered connection. */
    if (message->offset > log->len) {
        fg_link_cut(link, peer->conn);
        return;
    }
    uint64_t known = log->len - message->offset;
    if (known < message->bytes_len)
        fg_keep_log_add(log, &place, message->bytes + known, message->bytes_len - known);
}
