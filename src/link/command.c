/* command.c - what the caller asks, done on the thread of the link. */
#include "link/inner.h"

#include <stdlib.h>
#include <string.h>

void fg_link_command_free(struct fg_link_command *command)
{
    if (!command)
        return;
    if (command->frame.len > 0)
        explicit_bzero(command->frame.text, command->frame.len);
    fg_buf_free(&command->frame);
    free(command->names);
    free(command);
}

static bool same_group(const struct fg_link_entry *entry, const void *key)
{
    const struct fg_link_group *group = (const void *)entry;
    return strcmp(group->spec.name, key) == 0;
}

struct fg_link_group *fg_link_group_find(const struct fg_link *link, const char *name)
{
    return (void *)fg_link_table_find(&link->groups, fg_link_hash(0, name, strlen(name)),
                                      same_group, name);
}

static void free_peer(struct fg_link *link, struct fg_link_peer *peer)
{
    while (peer->tasks)
        fg_link_task_remove(link, peer->tasks);
    fg_keep_blob_drop(&peer->put);
    free(peer);
}

void fg_link_group_remove(struct fg_link *link, struct fg_link_group *group)
{
    for (uint32_t i = 0; i < group->spec.couriers; i++)
        if (group->peers[i])
            free_peer(link, group->peers[i]);
    fg_link_table_remove(&link->groups, &group->entry);
    free(group->peers);
    free(group->over);
    free(group);
}

static struct fg_link_group *add_group(struct fg_link *link,
                                       const struct fg_link_allocation *spec)
{
    struct fg_link_group *group = calloc(1, sizeof(*group));
    if (!group)
        abort();
    group->spec = *spec;
    group->peers = calloc(spec->couriers, sizeof(struct fg_link_peer *));
    group->over = calloc(spec->couriers, sizeof(bool));
    if (!group->peers || !group->over)
        abort();
    fg_link_table_add(&link->groups, &group->entry,
                      fg_link_hash(0, spec->name, strlen(spec->name)));
    return group;
}

/* Its couriers were here before our start: their places are taken until they come, or their lease must be over. */
static void take_places(struct fg_link *link, struct fg_link_group *group)
{
    for (uint32_t i = 0; i < group->spec.couriers; i++) {
        struct fg_link_peer *peer = fg_link_peer_new(group, i);
        peer->silent = true; /* nobody was told that it is here */
        peer->heard_us = peer->renewed_us = link->started_us;
    }
}

static void expect(struct fg_link *link, const struct fg_link_command *command)
{
    struct fg_link_group *group = fg_link_group_find(link, command->allocation.name);
    if (group) {
        group->spec.lease_us = command->allocation.lease_us;
        return;
    }
    group = add_group(link, &command->allocation);
    if (group->spec.was_bound)
        take_places(link, group);
}

static void dismiss(struct fg_link *link, const char *name)
{
    struct fg_link_group *group = fg_link_group_find(link, name);
    if (!group || group->dismissed)
        return;
    group->dismissed = true;
    for (uint32_t i = 0; i < group->spec.couriers; i++)
        if (group->peers[i] && group->peers[i]->conn)
            fg_link_send(link, group->peers[i]->conn,
                         &(struct fg_message){.kind = FG_MESSAGE_DISMISS});
    if (group->peers_len == 0)
        fg_link_group_remove(link, group);
}

static void give_up(struct fg_link *link, const char *name)
{
    struct fg_link_group *group = fg_link_group_find(link, name);
    if (!group)
        return;
    /* The last one of a dismissed group would take it along. */
    group->dismissed = false;
    for (uint32_t i = 0; i < group->spec.couriers; i++)
        if (group->peers[i])
            fg_link_peer_over(link, group->peers[i], FG_LINK_EXPIRED, "it was given up");
    fg_link_group_remove(link, group);
}

static struct fg_link_peer *find_peer(const struct fg_link *link,
                                      const struct fg_link_courier *courier)
{
    struct fg_link_group *group = fg_link_group_find(link, courier->allocation);
    return group && courier->number < group->spec.couriers ? group->peers[courier->number]
                                                           : NULL;
}

/* Nobody is there any more, or never was: the answer is LOST all the same. */
static void lost_at_once(struct fg_link *link, const struct fg_link_command *command)
{
    struct fg_link_peer nobody = {.name = command->courier};
    struct fg_link_task task = {
        .key = command->key, .peer = &nobody, .phase = FG_LINK_TASK_HELD};
    fg_link_task_lost(link, &task, "its courier is over");
}

static void give_names(struct fg_link_task *task, struct fg_link_command *command)
{
    free(task->names);
    task->names = command->names;
    task->names_len = command->names_len;
    command->names = NULL;
}

static void start(struct fg_link *link, struct fg_link_command *command)
{
    struct fg_link_peer *peer = find_peer(link, &command->courier);
    if (fg_link_task_find(link, command->key))
        return;
    if (!peer) {
        lost_at_once(link, command);
        return;
    }
    struct fg_link_task *task = fg_link_task_add(link, peer, command->key);
    task->phase = FG_LINK_TASK_SENT;
    task->frame = command->frame;
    command->frame = (struct fg_buf){};
    give_names(task, command);
    if (command->key.attempt > 1 && fg_link_pack(link, task))
        task->phase = FG_LINK_TASK_PACKING;
    else
        fg_link_task_send_start(link, task);
}

static void adopt(struct fg_link *link, struct fg_link_command *command)
{
    struct fg_link_peer *peer = find_peer(link, &command->courier);
    struct fg_link_task *task = fg_link_task_find(link, command->key);
    if (task && task->phase == FG_LINK_TASK_UNCLAIMED && task->peer == peer) {
        give_names(task, command);
        task->phase = FG_LINK_TASK_HELD;
        fg_link_task_resume(link, task);
    } else if (!task && peer && !peer->known) {
        task = fg_link_task_add(link, peer, command->key);
        task->phase = FG_LINK_TASK_HELD;
        give_names(task, command);
    } else if (!task) {
        lost_at_once(link, command);
    }
}

static void send_key(struct fg_link *link,
                     const struct fg_link_task *task,
                     enum fg_message_kind kind,
                     int64_t grace_us)
{
    if (task->peer->conn)
        fg_link_send(
            link, task->peer->conn,
            &(struct fg_message){.kind = kind, .key = task->key, .lease_us = grace_us});
}

/* A stop that finds the courier away is asked again when it is back: see peer.c. */
static void stop(struct fg_link *link, const struct fg_link_command *command)
{
    struct fg_link_task *task = fg_link_task_find(link, command->key);
    if (!task || task->phase == FG_LINK_TASK_OVER)
        return;
    task->stop_asked = true;
    task->stop_grace_us = command->grace_us;
    send_key(link, task, FG_MESSAGE_STOP, command->grace_us);
}

static void collect(struct fg_link *link, const struct fg_link_command *command)
{
    struct fg_link_task *task = fg_link_task_find(link, command->key);
    if (!task)
        return;
    send_key(link, task, FG_MESSAGE_COLLECT, 0);
    fg_link_task_remove(link, task);
}

static void cap(struct fg_link *link, const struct fg_link_command *command)
{
    const struct fg_link_peer *peer = find_peer(link, &command->courier);
    if (peer && peer->conn)
        fg_link_send(link, peer->conn,
                     &(struct fg_message){.kind = FG_MESSAGE_CAP,
                                          .device = command->device,
                                          .max_mw = command->cap_mw});
}

static void packed(struct fg_link *link, const struct fg_link_command *command)
{
    struct fg_link_task *task = fg_link_task_find(link, command->key);
    link->packing--;
    if (task && task->phase == FG_LINK_TASK_PACKING) {
        task->phase = FG_LINK_TASK_SENT;
        fg_link_task_send_start(link, task);
    }
}

/* Counted from the last beat, which was sent before we say this. */
static void detach(struct fg_link *link, int64_t lease_us)
{
    link->detached = true;
    link->parting_us = lease_us;
    for (struct fg_link_conn *conn = link->conns; conn; conn = conn->after)
        if (conn->peer && !conn->doomed) {
            fg_link_send(link, conn,
                         &(struct fg_message){.kind = FG_MESSAGE_RENEW,
                                              .seq = conn->peer->seq,
                                              .epoch = link->epoch,
                                              .lease_us = lease_us});
            if (fg_channel_flush(conn->channel) < 0)
                fg_link_cut(link, conn);
        }
    pthread_mutex_lock(&link->mutex);
    link->detach_done = true;
    pthread_cond_signal(&link->detach_cond);
    pthread_mutex_unlock(&link->mutex);
}

void fg_link_do(struct fg_link *link, struct fg_link_command *command)
{
    switch (command->kind) {
    case FG_LINK_DO_EXPECT:
        expect(link, command);
        break;
    case FG_LINK_DO_SETTLE:
        link->settled = true;
        break;
    case FG_LINK_DO_DISMISS:
        dismiss(link, command->allocation.name);
        break;
    case FG_LINK_DO_GIVE_UP:
        give_up(link, command->allocation.name);
        break;
    case FG_LINK_DO_START:
        start(link, command);
        break;
    case FG_LINK_DO_ADOPT:
        adopt(link, command);
        break;
    case FG_LINK_DO_STOP:
        stop(link, command);
        break;
    case FG_LINK_DO_COLLECT:
        collect(link, command);
        break;
    case FG_LINK_DO_CAP:
        cap(link, command);
        break;
    case FG_LINK_DO_PACKED:
        packed(link, command);
        break;
    case FG_LINK_DO_DETACH:
        detach(link, command->grace_us);
        break;
    case FG_LINK_DO_QUIT:
        link->quits = true;
        break;
    }
}
