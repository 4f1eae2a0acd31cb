/* peer.c - what one courier says, and what becomes of it. */
#include "link/inner.h"

#include "base/text.h"
#include "engine/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_BEATS 3

struct fg_link_peer *fg_link_peer_new(struct fg_link_group *group, uint32_t number)
{
    struct fg_link_peer *peer = calloc(1, sizeof(*peer));
    if (!peer)
        abort();
    peer->group = group;
    peer->put.fd = -1;
    strcpy(peer->name.allocation, group->spec.name);
    peer->name.number = number;
    group->peers[number] = peer;
    group->peers_len++;
    return peer;
}

static void tell(struct fg_link *link,
                 const struct fg_link_peer *peer,
                 enum fg_link_event_kind kind,
                 const char *reason)
{
    struct fg_link_told *told = fg_link_told_new(peer, kind);
    fg_copy_clean(told->event.reason, sizeof(told->event.reason), reason);
    if (peer->conn)
        strcpy(told->event.from, peer->conn->from);
    fg_link_tell(link, told);
}

void fg_link_peer_over(struct fg_link *link,
                       struct fg_link_peer *peer,
                       enum fg_link_event_kind kind,
                       const char *reason)
{
    struct fg_link_group *group = peer->group;
    for (struct fg_link_task *task = peer->tasks; task; task = task->next)
        fg_link_task_lost(link, task, reason);
    while (peer->tasks)
        fg_link_task_remove(link, peer->tasks);
    if (peer->conn)
        peer->conn->ends = true;
    tell(link, peer, kind, reason);
    if (peer->conn)
        fg_link_cut(link, peer->conn);
    group->peers[peer->name.number] = NULL;
    group->over[peer->name.number] = true;
    group->peers_len--;
    fg_keep_blob_drop(&peer->put);
    free(peer);
    if (group->dismissed && group->peers_len == 0)
        fg_link_group_remove(link, group);
}

/* One that was bound before our start may live on what was promised at an orderly stop. */
static int64_t lease_of(const struct fg_link *link, const struct fg_link_peer *peer)
{
    int64_t lease_us = peer->group->spec.lease_us;
    if (lease_us == 0)
        return 0;
    return !peer->known && link->detached_us > lease_us ? link->detached_us : lease_us;
}

static int64_t lease_to_tell(const struct fg_link *link, const struct fg_link_peer *peer)
{
    return link->detached ? link->parting_us : peer->group->spec.lease_us;
}

static void look_at_peer(struct fg_link *link, struct fg_link_peer *peer, int64_t now_us)
{
    char reason[96];
    int64_t lease_us = lease_of(link, peer);
    if (!peer->silent && now_us - peer->heard_us > SILENT_BEATS * link->beat_us) {
        peer->silent = true;
        tell(link, peer, FG_LINK_SILENT, "");
    }
    if (lease_us == 0 || now_us - peer->renewed_us <= lease_us + link->margin_us)
        return;
    snprintf(reason, sizeof(reason), "its courier was not heard for %lld s",
             (long long)((now_us - peer->heard_us) / 1000000));
    fg_link_peer_over(link, peer, FG_LINK_EXPIRED, reason);
}

void fg_link_look(struct fg_link *link, struct fg_link_group *group, int64_t now_us)
{
    /* The last peer of a dismissed group takes the group along. */
    for (uint32_t i = 0, len = group->peers_len, of = group->spec.couriers; i < of && len > 0;
         i++)
        if (group->peers[i]) {
            len--;
            look_at_peer(link, group->peers[i], now_us);
        }
}

/* -- HELLO --------------------------------------------------------------------------------------------- */

enum verdict { COME, WAIT, AWAY };

static enum verdict judge_bound(const struct fg_link_peer *peer, const struct fg_message *hello)
{
    if (!peer->known)
        return hello->welcomed ? COME : WAIT;
    if (memcmp(peer->instance, hello->instance, sizeof(peer->instance)) == 0)
        return COME;
    /* Slurm began this job anew: until the lease of the one before is over it may not run.  Another job of the same
     * name is one too many. */
    return strcmp(peer->slurm_job, hello->name) == 0 ? WAIT : AWAY;
}

static enum verdict judge(const struct fg_link *link,
                          const struct fg_link_courier *who,
                          const struct fg_message *hello)
{
    const struct fg_link_group *group = fg_link_group_find(link, who->allocation);
    if (!group)
        return link->settled ? AWAY : WAIT;
    if (who->number >= group->spec.couriers)
        return AWAY;
    const struct fg_link_peer *peer = group->peers[who->number];
    if (peer)
        return judge_bound(peer, hello);
    if (group->dismissed)
        return AWAY;
    /* One that was welcome and is not bound is one whose lease was over. */
    return hello->welcomed && group->over[who->number] ? AWAY : COME;
}

static void send_off(struct fg_link *link, struct fg_link_conn *conn, enum verdict verdict)
{
    fg_link_send(
        link, conn,
        &(struct fg_message){.kind = verdict == WAIT ? FG_MESSAGE_WAIT : FG_MESSAGE_AWAY});
    conn->ends = true;
}

static void tell_hello(struct fg_link *link,
                       const struct fg_link_peer *peer,
                       const struct fg_message *hello)
{
    struct fg_link_told *told = fg_link_told_new(peer, FG_LINK_HELLO);
    told->node = malloc(sizeof(*told->node));
    told->held = calloc(hello->held_len + 1UL, sizeof(*told->held));
    if (!told->node || !told->held)
        abort();
    *told->node = *hello->node;
    for (uint32_t i = 0; i < hello->held_len; i++) {
        const struct fg_link_task *task = fg_link_task_find(link, hello->held[i].key);
        /* What another courier has is none of this one's. */
        if (task && task->peer == peer)
            told->held[told->event.held_len++] = hello->held[i];
    }
    told->event.restarts = hello->restarts;
    fg_copy_clean(told->event.slurm_job, sizeof(told->event.slurm_job), hello->name);
    strcpy(told->event.from, peer->conn->from);
    fg_link_tell(link, told);
}

static bool holds(const struct fg_message *hello, struct fg_task_key key)
{
    for (uint32_t i = 0; i < hello->held_len; i++) {
        const struct fg_task_key *held = &hello->held[i].key;
        if (held->job == key.job && held->attempt == key.attempt && held->task == key.task)
            return true;
    }
    return false;
}

/* Tasks that the courier has and we do not know: at its first HELLO the caller is asked, later they were collected. */
static void take_held(struct fg_link *link,
                      struct fg_link_peer *peer,
                      const struct fg_message *hello,
                      bool first)
{
    for (uint32_t i = 0; i < hello->held_len; i++) {
        struct fg_task_key key = hello->held[i].key;
        const struct fg_link_task *task = fg_link_task_find(link, key);
        if (!task && first)
            fg_link_task_add(link, peer, key)->phase = FG_LINK_TASK_UNCLAIMED;
        else if (!task || task->peer != peer)
            fg_link_send(link, peer->conn,
                         &(struct fg_message){.kind = FG_MESSAGE_COLLECT, .key = key});
    }
}

/* Agree on the tasks that we know. */
static void agree(struct fg_link *link,
                  struct fg_link_peer *peer,
                  const struct fg_message *hello)
{
    for (struct fg_link_task *task = peer->tasks; task; task = task->next) {
        bool held = holds(hello, task->key);
        if (task->phase == FG_LINK_TASK_OVER || task->phase == FG_LINK_TASK_UNCLAIMED
            || task->phase == FG_LINK_TASK_PACKING)
            continue;
        if (held)
            fg_link_task_resume(link, task);
        else if (task->frame.len > 0)
            fg_link_task_send_start(link, task);
        else
            fg_link_task_lost(link, task, "its courier does not have it");
    }
}

static void welcome(struct fg_link *link,
                    struct fg_link_conn *conn,
                    struct fg_link_peer *peer,
                    const struct fg_message *hello)
{
    bool first = !peer->known, was_silent = peer->silent;
    if (peer->conn)
        fg_link_cut(link, peer->conn);
    peer->conn = conn;
    conn->peer = peer;
    link->strangers--;
    peer->known = true;
    peer->silent = false;
    peer->seq = 0; /* it counts anew on each connection */
    memcpy(peer->instance, hello->instance, sizeof(peer->instance));
    fg_copy_clean(peer->slurm_job, sizeof(peer->slurm_job), hello->name);
    peer->heard_us = peer->renewed_us = fg_link_now();
    fg_link_send(link, conn,
                 &(struct fg_message){.kind = FG_MESSAGE_WELCOME,
                                      .epoch = link->epoch,
                                      .lease_us = lease_to_tell(link, peer)});
    take_held(link, peer, hello, first);
    if (first)
        tell_hello(link, peer, hello);
    else if (was_silent)
        tell(link, peer, FG_LINK_BACK, "");
    agree(link, peer, hello);
    if (peer->group->dismissed)
        fg_link_send(link, conn, &(struct fg_message){.kind = FG_MESSAGE_DISMISS});
}

static void take_hello(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const struct fg_message *hello)
{
    const struct fg_link_courier *who = fg_channel_peer(conn->channel);
    enum verdict verdict = judge(link, who, hello);
    if (conn->peer || conn->ends)
        return;
    /* It has seen a leader after us. */
    if (hello->epoch > link->epoch) {
        fg_link_cut(link, conn);
        return;
    }
    if (verdict != COME) {
        send_off(link, conn, verdict);
        return;
    }
    struct fg_link_group *group = fg_link_group_find(link, who->allocation);
    struct fg_link_peer *peer = group->peers[who->number];
    welcome(link, conn, peer ? peer : fg_link_peer_new(group, who->number), hello);
}

/* -- the rest ------------------------------------------------------------------------------------------ */

static void take_beat(struct fg_link *link, struct fg_link_peer *peer, uint64_t seq)
{
    peer->seq = seq;
    peer->renewed_us = fg_link_now();
    fg_link_send(link, peer->conn,
                 &(struct fg_message){.kind = FG_MESSAGE_RENEW,
                                      .seq = seq,
                                      .epoch = link->epoch,
                                      .lease_us = lease_to_tell(link, peer)});
}

static void take_samples(struct fg_link *link,
                         const struct fg_link_peer *peer,
                         const struct fg_message *message)
{
    pthread_mutex_lock(&link->mutex);
    for (uint32_t i = 0; i < message->tasks_len; i++) {
        const struct fg_link_task *task = fg_link_task_find(link, message->tasks[i].key);
        if (!task || task->peer != peer)
            continue;
        size_t at = link->task_samples_at + link->task_samples_len;
        link->task_samples[at % FG_LINK_SAMPLES_MAX] = message->tasks[i];
        if (link->task_samples_len < FG_LINK_SAMPLES_MAX)
            link->task_samples_len++;
        else
            link->task_samples_at = (link->task_samples_at + 1) % FG_LINK_SAMPLES_MAX;
    }
    for (uint32_t i = 0; i < message->readings_len; i++) {
        size_t at = link->device_samples_at + link->device_samples_len;
        link->device_samples[at % FG_LINK_SAMPLES_MAX] = (struct fg_link_device_sample){
            .courier = peer->name, .sample = message->readings[i]};
        if (link->device_samples_len < FG_LINK_SAMPLES_MAX)
            link->device_samples_len++;
        else
            link->device_samples_at = (link->device_samples_at + 1) % FG_LINK_SAMPLES_MAX;
    }
    pthread_mutex_unlock(&link->mutex);
}

static void take_leaving(struct fg_link *link, struct fg_link_peer *peer, const char *reason)
{
    if (!peer->leaving)
        tell(link, peer, FG_LINK_LEAVING, reason);
    peer->leaving = true;
}

static void take_limits(struct fg_link *link,
                        const struct fg_link_peer *peer,
                        const struct fg_message *message)
{
    struct fg_link_told *told = fg_link_told_new(peer, FG_LINK_LIMITS);
    told->event.device = message->device;
    told->event.limits = (struct fg_power_limits){message->min_mw, message->max_mw};
    fg_link_tell(link, told);
}

static void hear(struct fg_link *link, struct fg_link_peer *peer)
{
    peer->heard_us = fg_link_now();
    if (peer->silent)
        tell(link, peer, FG_LINK_BACK, "");
    peer->silent = false;
}

void fg_link_frame(struct fg_link *link,
                   struct fg_link_conn *conn,
                   const struct fg_message *message)
{
    struct fg_link_peer *peer = conn->peer;
    if (message->kind == FG_MESSAGE_HELLO)
        take_hello(link, conn, message);
    if (!peer)
        return;
    hear(link, peer);
    switch (message->kind) {
    case FG_MESSAGE_BEAT:
        take_beat(link, peer, message->seq);
        break;
    case FG_MESSAGE_TASK:
        fg_link_task_told(link, peer, message);
        break;
    case FG_MESSAGE_LOG:
        fg_link_task_log(link, peer, message);
        break;
    case FG_MESSAGE_GET:
        fg_link_get_begin(link, conn, message);
        break;
    case FG_MESSAGE_PUT:
        fg_link_put_begin(link, conn, message);
        break;
    case FG_MESSAGE_DATA:
        fg_link_put_data(link, conn, message);
        break;
    case FG_MESSAGE_SAMPLES:
        take_samples(link, peer, message);
        break;
    case FG_MESSAGE_LIMITS:
        take_limits(link, peer, message);
        break;
    case FG_MESSAGE_MEASURES:
        fg_remote_keep_measures(link->data_dir, message->bytes, message->bytes_len);
        break;
    case FG_MESSAGE_LEAVING:
        take_leaving(link, peer, message->text);
        break;
    case FG_MESSAGE_BYE:
        fg_link_peer_over(link, peer, FG_LINK_GONE, "its courier has ended");
        break;
    default:
        fg_link_cut(link, conn); /* ours alone to say */
    }
}
