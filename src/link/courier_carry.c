/* courier_carry.c - files between a courier and the service: one at a time in each direction, begun again where it was cut. */
#include "link/courier_inner.h"

#include "base/text.h"
#include "engine/checkpoint.h"
#include "engine/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_NAME "checkpoint:"
#define PACK_AGAIN_US   (2 * 1000000LL) /* it was written to: look again after this */
#define COPY_BYTES      65536

/* -- from the service ---------------------------------------------------------------------------------- */

static bool is_here(const struct fg_courier *courier, const char *hash)
{
    char path[FG_PATH_MAX];
    return fg_blob_path(courier->dir, hash, path) < 0 || access(path, F_OK) == 0;
}

static void begin_get(struct fg_courier *courier, const char *name, bool checkpoint)
{
    struct fg_keep_blob *get = &courier->get;
    if (get->fd >= 0)
        return;
    fg_copy(get->name, sizeof(get->name), name);
    snprintf(get->temp, sizeof(get->temp), "%.*s/blobs/.get.tmp", FG_PATH_MAX - 32,
             courier->dir);
    courier->get_asked = false;
    courier->get_is_checkpoint = checkpoint;
    if (fg_keep_blob_begin(get, NULL) < 0)
        get->fd = -1;
}

static void ask(struct fg_courier *courier)
{
    if (courier->get.fd < 0 || courier->get_asked || !courier->on_line)
        return;
    courier->get_asked = true;
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_GET,
                                                  .name = courier->get.name,
                                                  .offset = courier->get.len});
}

static bool fetch_blobs(struct fg_courier *courier, const struct fg_job_spec *spec)
{
    if (spec->workdir_hash[0] && !is_here(courier, spec->workdir_hash)) {
        begin_get(courier, spec->workdir_hash, false);
        return false;
    }
    for (size_t i = 0; i < spec->inputs_len; i++)
        if (!is_here(courier, spec->inputs[i].hash)) {
            begin_get(courier, spec->inputs[i].hash, false);
            return false;
        }
    return true;
}

bool fg_courier_fetch(struct fg_courier *courier, struct fg_courier_task *task)
{
    char name[64];
    bool all = fetch_blobs(courier, &task->spec);
    if (all && task->start.has_checkpoint && !courier->options->is_shared) {
        snprintf(name, sizeof(name), CHECKPOINT_NAME "%" PRIu64, task->key.job);
        begin_get(courier, name, true);
        all = false;
    }
    ask(courier);
    return all;
}

/* Ranks of the same job wait for the same checkpoint. */
static void end_checkpoint(struct fg_courier *courier)
{
    struct fg_keep_blob *get = &courier->get;
    char path[FG_PATH_MAX], dir[FG_PATH_MAX];
    fg_job_id job = strtoull(get->name + strlen(CHECKPOINT_NAME), NULL, 10);
    if (fg_job_dir(courier->dir, job, dir) == 0 && fg_fs_mkdirs(dir, 0711) == 0
        && fg_keep_checkpoint_path(courier->dir, job, path) == 0)
        (void)!rename(get->temp, path);
    fg_keep_blob_drop(get);
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        if (task->key.job == job)
            task->start.has_checkpoint = 0;
}

static bool needs(const struct fg_courier_task *task, const char *name)
{
    char checkpoint[64];
    snprintf(checkpoint, sizeof(checkpoint), CHECKPOINT_NAME "%" PRIu64, task->key.job);
    if (strcmp(task->spec.workdir_hash, name) == 0
        || (task->start.has_checkpoint && strcmp(checkpoint, name) == 0))
        return true;
    for (size_t i = 0; i < task->spec.inputs_len; i++)
        if (strcmp(task->spec.inputs[i].hash, name) == 0)
            return true;
    return false;
}

static void fail_all(struct fg_courier *courier, const char *name, const char *why)
{
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "%s: %s", name, why);
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        if (task->phase == FG_COURIER_FETCHING && needs(task, name))
            fg_courier_task_fail(courier, task, reason);
}

static void end_get(struct fg_courier *courier)
{
    struct fg_keep_blob *get = &courier->get;
    struct fg_err err = {};
    char name[sizeof(get->name)];
    strcpy(name, get->name);
    if (courier->get_is_checkpoint)
        end_checkpoint(courier);
    else if (fg_keep_blob_end(get, courier->dir, &err) < 0)
        fail_all(courier, name, err.text);
    fg_courier_task_fetched(courier);
}

void fg_courier_got_data(struct fg_courier *courier, const struct fg_message *message)
{
    struct fg_keep_blob *get = &courier->get;
    struct fg_err err = {};
    if (get->fd < 0 || strcmp(get->name, message->name) != 0 || message->offset != get->len)
        return;
    get->total = message->total;
    if (fg_keep_blob_add(get, message->bytes, message->bytes_len, &err) < 0) {
        fail_all(courier, message->name, err.text);
        fg_courier_task_fetched(courier);
    } else if (get->len == get->total) {
        end_get(courier);
    }
}

/* -- to the service ------------------------------------------------------------------------------------ */

static void end_put(struct fg_courier *courier)
{
    struct fg_courier_put *put = &courier->put;
    if (put->fd >= 0)
        close(put->fd);
    if (put->is_checkpoint) {
        unlink(courier->pack.file);
        courier->pack.task = NULL;
    }
    *put = (struct fg_courier_put){.fd = -1};
}

static void add_reason(struct fg_courier_task *task, const char *name)
{
    char *reason = task->end.reason;
    size_t len = strlen(reason);
    snprintf(reason + len, sizeof(task->end.reason) - len,
             "%s%.80s was not taken by the service", len ? "; " : "", name);
}

/* The service has it, or does not want it. */
static void put_done(struct fg_courier *courier, bool kept)
{
    struct fg_courier_put *put = &courier->put;
    struct fg_courier_task *task = put->task;
    if (put->is_checkpoint) {
        if (kept)
            task->checkpoint_last = courier->pack.state;
        if (task->phase == FG_COURIER_SENDING)
            task->checkpoint_last_done = true;
    } else if (kept) {
        task->artifacts_sent++;
    } else {
        /* Not among the outputs then. */
        add_reason(task, task->artifacts[task->artifacts_sent].path);
        memmove(&task->artifacts[task->artifacts_sent],
                &task->artifacts[task->artifacts_sent + 1],
                (task->artifacts_len - task->artifacts_sent - 1) * sizeof(*task->artifacts));
        task->artifacts_len--;
    }
    end_put(courier);
}

void fg_courier_put_at(struct fg_courier *courier, const struct fg_message *message)
{
    struct fg_courier_put *put = &courier->put;
    if (!put->active || strcmp(put->name, message->name) != 0 || message->offset > put->total)
        return;
    put->granted = true;
    put->offset = message->offset;
    if (put->offset == put->total)
        put_done(courier, true);
}

void fg_courier_missing(struct fg_courier *courier, const struct fg_message *message)
{
    if (courier->put.active && strcmp(courier->put.name, message->name) == 0) {
        put_done(courier, false);
        return;
    }
    if (courier->get.fd < 0 || strcmp(courier->get.name, message->name) != 0)
        return;
    bool checkpoint = courier->get_is_checkpoint;
    fg_keep_blob_drop(&courier->get);
    if (checkpoint) {
        fg_job_id job = strtoull(message->name + strlen(CHECKPOINT_NAME), NULL, 10);
        for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
            if (task->key.job == job)
                task->start.has_checkpoint = 0;
    } else {
        fail_all(courier, message->name, "the service does not have it (any more)");
    }
    fg_courier_task_fetched(courier);
}

static bool open_put(struct fg_courier *courier, struct fg_courier_task *task, const char *path)
{
    struct stat state;
    struct fg_courier_put *put = &courier->put;
    put->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (put->fd < 0 || fstat(put->fd, &state) < 0)
        return false;
    put->active = true;
    put->task = task;
    put->total = (uint64_t)state.st_size;
    return true;
}

static void ask_put(struct fg_courier *courier)
{
    const struct fg_courier_put *put = &courier->put;
    fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_PUT,
                                                  .name = put->name,
                                                  .key = put->task->key,
                                                  .offset = put->is_checkpoint,
                                                  .total = put->total});
}

static void begin_output(struct fg_courier *courier, struct fg_courier_task *task)
{
    char path[FG_PATH_MAX] = "";
    struct fg_courier_put *put = &courier->put;
    const char *hash = task->artifacts[task->artifacts_sent].hash;
    *put = (struct fg_courier_put){.fd = -1};
    fg_copy(put->name, sizeof(put->name), hash);
    if (fg_blob_path(courier->dir, hash, path) < 0 || !open_put(courier, task, path)) {
        put->task = task;
        put_done(courier, false);
        return;
    }
    ask_put(courier);
}

static void send_bytes(struct fg_courier *courier)
{
    struct fg_courier_put *put = &courier->put;
    static const size_t room = FG_MESSAGE_BULK_BYTES;
    char *bytes = malloc(room);
    if (!bytes)
        abort();
    while (put->offset < put->total
           && fg_channel_unsent(courier->channel) < FG_CHANNEL_FULL_BYTES) {
        ssize_t got = pread(put->fd, bytes, room, (off_t)put->offset);
        if (got <= 0) {
            put_done(courier, false);
            break;
        }
        fg_courier_send(courier, &(struct fg_message){.kind = FG_MESSAGE_DATA,
                                                      .name = put->name,
                                                      .offset = put->offset,
                                                      .total = put->total,
                                                      .bytes = bytes,
                                                      .bytes_len = (size_t)got});
        put->offset += (uint64_t)got;
    }
    free(bytes);
}

/* -- checkpoints --------------------------------------------------------------------------------------- */

static int hash_file(const char *path, char name[80])
{
    crypto_generichash_state state;
    uint8_t digest[32], bytes[COPY_BYTES];
    char hex[65];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FG_EIO;
    crypto_generichash_init(&state, NULL, 0, sizeof(digest));
    ssize_t got;
    while ((got = read(fd, bytes, sizeof(bytes))) > 0)
        crypto_generichash_update(&state, bytes, (size_t)got);
    close(fd);
    crypto_generichash_final(&state, digest, sizeof(digest));
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(name, 80, "blake2b:%s", hex);
    return got < 0 ? FG_EIO : 0;
}

static void *pack(void *self)
{
    struct fg_courier *courier = self;
    struct fg_courier_pack *it = &courier->pack;
    struct fg_checkpoint_pack how = {.folder = it->folder,
                                     .file = it->file,
                                     .bytes_max = courier->config.artifact_bytes_max,
                                     .last = it->last};
    it->rc = fg_checkpoint_write(&how, &it->state, NULL);
    if (it->rc == 0 && it->state != 0)
        it->rc = hash_file(it->file, it->name);
    eventfd_write(it->done, 1);
    return NULL;
}

static bool begin_pack(struct fg_courier *courier, struct fg_courier_task *task)
{
    char dir[FG_PATH_MAX];
    struct fg_courier_pack *it = &courier->pack;
    if (it->running || it->task || fg_job_dir(courier->dir, task->key.job, dir) < 0)
        return false;
    snprintf(it->folder, sizeof(it->folder), "%s/checkpoint", dir);
    snprintf(it->file, sizeof(it->file), "%.*s/blobs/.checkpoint", FG_PATH_MAX - 32,
             courier->dir);
    it->last = task->checkpoint_last;
    it->ready = false;
    if (pthread_create(&it->thread, NULL, pack, courier) != 0)
        return false;
    it->running = true;
    it->task = task;
    return true;
}

void fg_courier_packed(struct fg_courier *courier)
{
    eventfd_t times;
    struct fg_courier_pack *it = &courier->pack;
    struct fg_courier_task *task = it->task;
    if (!it->running || eventfd_read(it->done, &times) < 0)
        return;
    pthread_join(it->thread, NULL);
    it->running = false;
    it->ready = it->rc == 0 && it->state != 0;
    if (it->ready && task)
        return;
    unlink(it->file);
    it->task = NULL;
    it->ready = false;
    if (!task)
        return; /* it was collected meanwhile */
    if (task->phase == FG_COURIER_SENDING)
        task->checkpoint_last_done = true;
    else if (it->rc == FG_EBUSY)
        task->checkpoint_due_us = fg_courier_now() + PACK_AGAIN_US;
}

static void begin_checkpoint(struct fg_courier *courier)
{
    struct fg_courier_pack *it = &courier->pack;
    struct fg_courier_put *put = &courier->put;
    *put = (struct fg_courier_put){.fd = -1, .is_checkpoint = true};
    fg_copy(put->name, sizeof(put->name), it->name);
    it->ready = false;
    if (!open_put(courier, it->task, it->file)) {
        put->task = it->task;
        put_done(courier, false);
        return;
    }
    ask_put(courier);
}

/* It ended well, or others send it, or all machines see it: nothing to carry. */
static bool has_no_checkpoint(const struct fg_courier *courier,
                              const struct fg_courier_task *task)
{
    const struct fg_engine_event *end = &task->end;
    bool began = task->begin.pid != 0 || courier->options->inherit;
    return courier->options->is_shared || task->key.task != 0 || !began
           || (end->kind == FG_TASK_EXITED && end->exit_code == 0);
}

static void look_at_checkpoint(struct fg_courier *courier, struct fg_courier_task *task)
{
    int64_t now = fg_courier_now();
    if (task->phase == FG_COURIER_SENDING && !task->checkpoint_last_done) {
        if (has_no_checkpoint(courier, task))
            task->checkpoint_last_done = true;
        else
            begin_pack(courier, task);
    } else if (task->phase == FG_COURIER_RUNNING && task->checkpoint_due_us != 0
               && now >= task->checkpoint_due_us && task->key.task == 0
               && !courier->options->is_shared && begin_pack(courier, task)) {
        task->checkpoint_due_us = now + task->spec.checkpoint_us;
    }
}

void fg_courier_carry_pump(struct fg_courier *courier)
{
    struct fg_courier_put *put = &courier->put;
    ask(courier);
    for (struct fg_courier_task *task = courier->tasks; task; task = task->next)
        if (task->resumed)
            look_at_checkpoint(courier, task);
    if (!put->active && courier->pack.ready && courier->pack.task->resumed)
        begin_checkpoint(courier);
    for (struct fg_courier_task *task = courier->tasks; task && !put->active; task = task->next)
        while (task->resumed && task->phase == FG_COURIER_SENDING && !put->active
               && task->artifacts_sent < task->artifacts_len)
            begin_output(courier, task);
    if (put->active && put->granted)
        send_bytes(courier);
}

void fg_courier_carry_forget(struct fg_courier *courier, const struct fg_courier_task *task)
{
    if (courier->put.active && courier->put.task == task)
        end_put(courier);
    if (courier->pack.task == task) {
        courier->pack.task = NULL;
        courier->pack.ready = false;
    }
}

/* Ask for all of it again when we are back: the service says from where. */
void fg_courier_carry_off_line(struct fg_courier *courier)
{
    struct fg_courier_put *put = &courier->put;
    courier->get_asked = false;
    if (!put->active)
        return;
    if (put->is_checkpoint)
        courier->pack.ready = true;
    close(put->fd);
    *put = (struct fg_courier_put){.fd = -1};
}
