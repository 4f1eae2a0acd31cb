/* carry.c - files to couriers and from them, on the thread of the link; packing on threads of its own. */
#include "link/inner.h"

#include "engine/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_NAME "checkpoint:" /* and the number of the job */
#define PACKING_MAX     4

/* -- to a courier -------------------------------------------------------------------------------------- */

/* A courier gets what its own tasks bring along, and their checkpoints. */
static int allowed_path(const struct fg_link *link,
                        const struct fg_link_peer *peer,
                        const char *name,
                        char path[FG_PATH_MAX])
{
    size_t prefix = strlen(CHECKPOINT_NAME);
    bool checkpoint = strncmp(name, CHECKPOINT_NAME, prefix) == 0;
    fg_job_id job = checkpoint ? strtoull(name + prefix, NULL, 10) : 0;
    for (const struct fg_link_task *task = peer->tasks; task; task = task->next) {
        if (checkpoint && task->key.job == job)
            return fg_keep_checkpoint_path(link->data_dir, job, path);
        for (size_t i = 0; !checkpoint && i < task->names_len; i++)
            if (strcmp(task->names[i].text, name) == 0)
                return fg_blob_path(link->data_dir, name, path);
    }
    return FG_ENOENT;
}

static int open_get(const struct fg_link *link,
                    const struct fg_link_peer *peer,
                    const char *name,
                    uint64_t *out_total)
{
    char path[FG_PATH_MAX];
    struct stat state;
    if (allowed_path(link, peer, name, path) < 0)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && (fstat(fd, &state) < 0 || !S_ISREG(state.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd >= 0)
        *out_total = (uint64_t)state.st_size;
    return fd;
}

void fg_link_get_begin(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const struct fg_message *message)
{
    uint64_t total = 0;
    struct fg_link_get *get;
    /* Who asks anew has given up what was on its way. */
    fg_link_get_free(conn);
    int fd = strlen(message->name) < sizeof(get->name)
                 ? open_get(link, conn->peer, message->name, &total)
                 : -1;
    if (fd < 0 || message->offset > total) {
        if (fd >= 0)
            close(fd);
        fg_link_send(link, conn,
                     &(struct fg_message){.kind = FG_MESSAGE_MISSING, .name = message->name});
        return;
    }
    get = calloc(1, sizeof(*get));
    if (!get)
        abort();
    *get = (struct fg_link_get){.fd = fd, .offset = message->offset, .total = total};
    strcpy(get->name, message->name);
    conn->gets = get;
    fg_link_want_out(link, conn);
}

void fg_link_get_free(struct fg_link_conn *conn)
{
    if (!conn->gets)
        return;
    close(conn->gets->fd);
    free(conn->gets);
    conn->gets = NULL;
}

void fg_link_get_pump(struct fg_link *link, struct fg_link_conn *conn)
{
    static const size_t room = FG_MESSAGE_BULK_BYTES;
    struct fg_link_get *get = conn->gets;
    if (!get || fg_channel_unsent(conn->channel) >= FG_CHANNEL_FULL_BYTES)
        return;
    char *bytes = malloc(room);
    if (!bytes)
        abort();
    bool more = true;
    while (more && fg_channel_unsent(conn->channel) < FG_CHANNEL_FULL_BYTES) {
        ssize_t got = pread(get->fd, bytes, room, (off_t)get->offset);
        if (got < 0 || (got == 0 && get->offset < get->total)) {
            fg_link_cut(link, conn); /* the disk fails: it will ask again */
            break;
        }
        fg_link_send(link, conn,
                     &(struct fg_message){.kind = FG_MESSAGE_DATA,
                                          .name = get->name,
                                          .offset = get->offset,
                                          .total = get->total,
                                          .bytes = bytes,
                                          .bytes_len = (size_t)got});
        get->offset += (uint64_t)got;
        more = get->offset < get->total;
    }
    free(bytes);
    if (!more)
        fg_link_get_free(conn);
}

/* -- from a courier ------------------------------------------------------------------------------------ */

static void answer_put(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const char *name,
                       uint64_t offset,
                       uint64_t total)
{
    fg_link_send(
        link, conn,
        &(struct fg_message){
            .kind = FG_MESSAGE_PUT_AT, .name = name, .offset = offset, .total = total});
}

static bool is_there(const struct fg_link *link, const struct fg_message *message)
{
    char path[FG_PATH_MAX];
    struct stat state;
    return message->offset == 0 && fg_blob_path(link->data_dir, message->name, path) == 0
           && stat(path, &state) == 0 && (uint64_t)state.st_size == message->total
           && utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

static void end_put(struct fg_link *link, struct fg_link_conn *conn)
{
    struct fg_keep_blob *put = &conn->peer->put;
    char name[sizeof(put->name)];
    uint64_t total = put->total;
    strcpy(name, put->name);
    int rc = fg_keep_blob_end(put, link->data_dir, NULL);
    /* MISSING: it does not get in; the courier says so in the reason of the task. */
    if (rc < 0)
        fg_link_send(link, conn,
                     &(struct fg_message){.kind = FG_MESSAGE_MISSING, .name = name});
    else
        answer_put(link, conn, name, total, total);
}

/* A checkpoint is said by offset 1: it has the hash of its content for a name as well, and is no blob. */
void fg_link_put_begin(struct fg_link *link,
                       struct fg_link_conn *conn,
                       const struct fg_message *message)
{
    char path[FG_PATH_MAX];
    struct fg_link_peer *peer = conn->peer;
    struct fg_keep_blob *put = &peer->put;
    const struct fg_link_task *task = fg_link_task_find(link, message->key);
    fg_job_id checkpoint = message->offset == 1 ? message->key.job : 0;
    if (!task || task->peer != peer || task->phase != FG_LINK_TASK_HELD
        || fg_blob_path(link->data_dir, message->name, path) < 0
        || message->total > (uint64_t)link->config.artifact_bytes_max) {
        fg_link_send(link, conn,
                     &(struct fg_message){.kind = FG_MESSAGE_MISSING, .name = message->name});
        return;
    }
    if (is_there(link, message)) {
        answer_put(link, conn, message->name, message->total, message->total);
        return;
    }
    if (put->fd < 0 || strcmp(put->name, message->name) != 0 || put->checkpoint_of != checkpoint
        || put->total != message->total) {
        fg_keep_blob_drop(put);
        strcpy(put->name, message->name);
        put->total = message->total;
        put->checkpoint_of = checkpoint;
        snprintf(put->temp, sizeof(put->temp), "%s/blobs/.link-%s-%" PRIu32 ".tmp",
                 link->data_dir, peer->name.allocation, peer->name.number);
        if (fg_keep_blob_begin(put, NULL) < 0) {
            fg_link_send(
                link, conn,
                &(struct fg_message){.kind = FG_MESSAGE_MISSING, .name = message->name});
            return;
        }
    }
    if (put->total == put->len)
        end_put(link, conn);
    else
        answer_put(link, conn, put->name, put->len, put->total);
}

void fg_link_put_data(struct fg_link *link,
                      struct fg_link_conn *conn,
                      const struct fg_message *message)
{
    struct fg_keep_blob *put = &conn->peer->put;
    if (put->fd < 0)
        return; /* given up, which the courier has not heard yet */
    if (strcmp(put->name, message->name) != 0 || message->offset != put->len
        || message->bytes_len > put->total - put->len) {
        fg_link_cut(link, conn);
        return;
    }
    if (fg_keep_blob_add(put, message->bytes, message->bytes_len, NULL) < 0)
        fg_link_send(link, conn,
                     &(struct fg_message){.kind = FG_MESSAGE_MISSING, .name = message->name});
    else if (put->len == put->total)
        end_put(link, conn);
}

/* -- the checkpoint of an earlier attempt on this machine ---------------------------------------------- */

struct packing {
    struct fg_link *link;
    struct fg_task_key key;
    char folder[FG_PATH_MAX + 16], file[FG_PATH_MAX];
    int64_t bytes_max;
};

static void *pack(void *self)
{
    struct packing *packing = self;
    uint64_t state;
    struct fg_checkpoint_pack how = {
        .folder = packing->folder, .file = packing->file, .bytes_max = packing->bytes_max};
    if (fg_checkpoint_write(&how, &state, NULL) < 0)
        unlink(packing->file);
    struct fg_link_command *command = calloc(1, sizeof(*command));
    if (!command)
        abort();
    command->kind = FG_LINK_DO_PACKED;
    command->key = packing->key;
    fg_link_command_push(packing->link, command);
    free(packing);
    return NULL;
}

bool fg_link_pack(struct fg_link *link, struct fg_link_task *task)
{
    pthread_t thread;
    char dir[FG_PATH_MAX];
    struct packing *packing = calloc(1, sizeof(*packing));
    if (!packing)
        abort();
    *packing = (struct packing){
        .link = link, .key = task->key, .bytes_max = link->config.artifact_bytes_max};
    bool needed = link->packing < PACKING_MAX
                  && fg_job_dir(link->data_dir, task->key.job, dir) == 0
                  && fg_keep_checkpoint_path(link->data_dir, task->key.job, packing->file) == 0
                  && access(packing->file, F_OK) < 0;
    if (needed) {
        snprintf(packing->folder, sizeof(packing->folder), "%s/checkpoint", dir);
        needed = fg_checkpoint_state(packing->folder) != 0
                 && pthread_create(&thread, NULL, pack, packing) == 0;
    }
    if (!needed) {
        free(packing);
        return false;
    }
    pthread_detach(thread);
    link->packing++;
    return true;
}
