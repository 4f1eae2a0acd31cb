/* link.c - the caller's side: see link.h */
#include "link/inner.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/fs.h"
#include "model/job_json.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define DETACH_WAIT_S 1
#define BOOT_ID       "/proc/sys/kernel/random/boot_id"
#define BACKLOG       1024
#define FOR_EVER_US   (100 * 365 * 86400LL * 1000000)

/* A courier, or the outputs of a task, as the caller's side knows them. */
struct seen {
    struct fg_link_entry entry;
    struct fg_link_courier courier;
};

struct finished {
    struct fg_link_entry entry;
    struct fg_task_key key;
    struct fg_engine_artifact *artifacts;
    size_t len;
};

static uint64_t courier_hash(const struct fg_link_courier *courier)
{
    uint64_t hash = fg_link_hash(0, courier->allocation, strlen(courier->allocation));
    return fg_link_hash(hash, &courier->number, sizeof(courier->number));
}

static uint64_t key_hash(struct fg_task_key key)
{
    uint64_t parts[] = {key.job, (uint64_t)key.attempt << 32 | key.task};
    return fg_link_hash(0, parts, sizeof(parts));
}

static bool same_courier(const struct fg_link_entry *entry, const void *key)
{
    const struct seen *seen = (const void *)entry;
    const struct fg_link_courier *courier = key;
    return seen->courier.number == courier->number
           && strcmp(seen->courier.allocation, courier->allocation) == 0;
}

static bool same_finished(const struct fg_link_entry *entry, const void *key)
{
    const struct finished *finished = (const void *)entry;
    const struct fg_task_key *wanted = key;
    return finished->key.job == wanted->job && finished->key.attempt == wanted->attempt
           && finished->key.task == wanted->task;
}

/* -- making it --------------------------------------------------------------------------------------- */

static int read_master(struct fg_link *link, struct fg_err *err)
{
    char path[FG_PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/link.key", link->data_dir);
    for (int i = 0; i < 2; i++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ssize_t got = fd < 0 ? -1 : read(fd, link->master, sizeof(link->master));
        int error = errno;
        if (fd >= 0)
            close(fd);
        if (got == sizeof(link->master))
            return 0;
        if (fd >= 0 || error != ENOENT)
            return fg_fail(err, FG_EIO, "%s: %s", path,
                           fd >= 0 ? "not 32 bytes, as expected" : strerror(error));
        randombytes_buf(link->master, sizeof(link->master));
        int rc = fg_fs_put(AT_FDCWD, path, link->master, sizeof(link->master), 0600);
        if (rc < 0)
            return fg_fail(err, FG_EIO, "%s: %s", path, strerror(-rc));
    }
    return 0;
}

/* Until when an orderly stop let couriers live, by the clock of this boot: "<boot id> <end> <lease>", in microseconds.
 * After another boot, or on another machine, the whole lease counts: too long is safe. */
static void read_detached(struct fg_link *link)
{
    char path[FG_PATH_MAX + 16], text[128], boot[64] = "", their[64] = "";
    long long end_us = 0, lease_us = 0;
    snprintf(path, sizeof(path), "%s/link.detached", link->data_dir);
    if (fg_fs_read_small(AT_FDCWD, path, text, sizeof(text)) <= 0
        || sscanf(text, "%63s %lld %lld", their, &end_us, &lease_us) != 3)
        return;
    fg_fs_read_small(AT_FDCWD, BOOT_ID, boot, sizeof(boot));
    bool same = strncmp(boot, their, strlen(their)) == 0;
    int64_t left_us = same ? end_us - fg_link_now() : lease_us;
    link->detached_us = left_us > 0 ? left_us : 0;
    if (left_us <= 0)
        unlink(path);
}

static int write_detached(const struct fg_link *link, int64_t lease_us)
{
    char path[FG_PATH_MAX + 16], text[128], boot[64] = "";
    fg_fs_read_small(AT_FDCWD, BOOT_ID, boot, sizeof(boot));
    snprintf(path, sizeof(path), "%s/link.detached", link->data_dir);
    int len = snprintf(text, sizeof(text), "%.36s %lld %lld\n", boot,
                       (long long)(fg_link_now() + lease_us), (long long)lease_us);
    return fg_fs_put(AT_FDCWD, path, text, (size_t)len, 0600);
}

/* "HOST:PORT" in two; an address of IPv6 stands in brackets. */
static int split(const char *listen, char host[FG_NAME_MAX], char port[16], struct fg_err *err)
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool brackets = len > 1 && listen[0] == '[' && listen[len - 1] == ']';
    if (!colon || len >= FG_NAME_MAX || !fg_copy(port, 16, colon + 1) || port[0] == '\0')
        return fg_fail(err, FG_EINVAL, "link: %s is no address, HOST:PORT is expected", listen);
    memcpy(host, listen + (brackets ? 1 : 0), len - (brackets ? 2 : 0));
    host[len - (brackets ? 2 : 0)] = '\0';
    return 0;
}

static int listen_at(struct fg_link *link, const struct addrinfo *at)
{
    link->listener = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->listener < 0)
        return -errno;
    setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(link->listener, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (bind(link->listener, at->ai_addr, at->ai_addrlen) == 0
        && listen(link->listener, BACKLOG) == 0)
        return 0;
    int rc = -errno;
    close(link->listener);
    link->listener = -1;
    return rc;
}

static void name_address(struct fg_link *link)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char host[FG_NAME_MAX] = "", port[16] = "0";
    if (getsockname(link->listener, (struct sockaddr *)&at, &len) == 0)
        getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(link->address, sizeof(link->address), strchr(host, ':') ? "[%s]:%s" : "%s:%s",
             host, port);
}

static int open_listener(struct fg_link *link, const char *listen, struct fg_err *err)
{
    char host[FG_NAME_MAX], port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    int rc = split(listen, host, port, err);
    if (rc < 0)
        return rc;
    if (host[0] == '\0')
        hints.ai_family = AF_INET6;
    int error = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
    rc = error ? -EADDRNOTAVAIL : -EAFNOSUPPORT;
    for (const struct addrinfo *at = list; at && rc < 0; at = at->ai_next)
        rc = listen_at(link, at);
    if (list)
        freeaddrinfo(list);
    /* A kernel without IPv6. */
    hints.ai_family = AF_INET;
    if (rc < 0 && host[0] == '\0' && getaddrinfo(NULL, port, &hints, &list) == 0) {
        rc = listen_at(link, list);
        freeaddrinfo(list);
    }
    if (rc < 0)
        return fg_fail(err, FG_EBACKEND, "link: %s: %s", listen,
                       error ? gai_strerror(error) : strerror(-rc));
    name_address(link);
    return 0;
}

static int start_thread(struct fg_link *link, struct fg_err *err)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&link->thread, NULL, fg_link_back, link);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc ? fg_fail(err, FG_EBACKEND, "link: no thread: %s", strerror(rc)) : 0;
}

static void free_parts(struct fg_link *link)
{
    if (link->listener >= 0)
        close(link->listener);
    close(link->wake_back);
    close(link->wake_front);
    pthread_mutex_destroy(&link->mutex);
    pthread_cond_destroy(&link->detach_cond);
    free(link->task_samples);
    free(link->device_samples);
    sodium_memzero(link->master, sizeof(link->master));
    free(link);
}

static struct fg_link *new_link(const struct fg_link_options *options)
{
    struct fg_link *link = calloc(1, sizeof(*link));
    if (!link || sodium_init() < 0)
        abort();
    if (options->config)
        link->config = *options->config;
    else
        fg_config_defaults(&link->config);
    link->epoch = options->epoch;
    link->beat_us = options->beat_us > 0 ? options->beat_us : FG_LINK_BEAT_US;
    link->margin_us = options->margin_us > 0 ? options->margin_us : FG_LINK_MARGIN_US;
    link->commands_end = &link->commands;
    link->told_end = &link->told;
    link->listener = -1;
    link->wake_back = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    link->wake_front = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&link->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&link->detach_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    link->task_samples = calloc(FG_LINK_SAMPLES_MAX, sizeof(*link->task_samples));
    link->device_samples = calloc(FG_LINK_SAMPLES_MAX, sizeof(*link->device_samples));
    if (!link->task_samples || !link->device_samples)
        abort();
    return link;
}

struct fg_link *fg_link_new(const struct fg_link_options *options, struct fg_err *err)
{
    struct fg_link *link = new_link(options);
    int rc = fg_copy(link->data_dir, sizeof(link->data_dir) - 128, options->data_dir)
                 ? 0
                 : fg_fail(err, FG_ETOOBIG, "data folder: its name is too long");
    if (rc == 0 && (link->wake_back < 0 || link->wake_front < 0))
        rc = fg_fail(err, FG_EBACKEND, "link: no descriptors: %s", strerror(errno));
    if (rc == 0)
        rc = read_master(link, err);
    if (rc == 0)
        rc = open_listener(link, options->listen, err);
    if (rc == 0) {
        read_detached(link);
        rc = start_thread(link, err);
    }
    if (rc < 0) {
        free_parts(link);
        return NULL;
    }
    return link;
}

static void told_free(struct fg_link_told *told)
{
    if (!told)
        return;
    free(told->artifacts);
    free(told->held);
    free(told->node);
    free(told);
}

static void forget_seen(void *self, struct fg_link_entry *entry)
{
    struct fg_link *link = self;
    fg_link_table_remove(&link->seen, entry);
    free(entry);
}

static void forget_finished(void *self, struct fg_link_entry *entry)
{
    struct fg_link *link = self;
    fg_link_table_remove(&link->finished, entry);
    free(((struct finished *)(void *)entry)->artifacts);
    free(entry);
}

void fg_link_free(struct fg_link *link)
{
    if (!link)
        return;
    struct fg_link_command *quit = calloc(1, sizeof(*quit));
    if (!quit)
        abort();
    quit->kind = FG_LINK_DO_QUIT;
    fg_link_command_push(link, quit);
    pthread_join(link->thread, NULL);
    while (link->told) {
        struct fg_link_told *next = link->told->next;
        told_free(link->told);
        link->told = next;
    }
    told_free(link->current);
    fg_link_table_each(&link->seen, forget_seen, link);
    fg_link_table_each(&link->finished, forget_finished, link);
    fg_link_table_fini(&link->seen);
    fg_link_table_fini(&link->finished);
    free_parts(link);
}

/* -- lists between the threads ----------------------------------------------------------------------- */

void fg_link_command_push(struct fg_link *link, struct fg_link_command *command)
{
    pthread_mutex_lock(&link->mutex);
    bool first = !link->commands;
    *link->commands_end = command;
    link->commands_end = &command->next;
    pthread_mutex_unlock(&link->mutex);
    if (first)
        eventfd_write(link->wake_back, 1);
}

void fg_link_tell(struct fg_link *link, struct fg_link_told *told)
{
    const struct fg_clock *clock = fg_clock_system();
    told->event.time_us = clock->now_us(clock->self);
    pthread_mutex_lock(&link->mutex);
    bool first = !link->told;
    *link->told_end = told;
    link->told_end = &told->next;
    pthread_mutex_unlock(&link->mutex);
    if (first)
        eventfd_write(link->wake_front, 1);
}

struct fg_link_told *fg_link_told_new(const struct fg_link_peer *peer,
                                      enum fg_link_event_kind kind)
{
    struct fg_link_told *told = calloc(1, sizeof(*told));
    if (!told)
        abort();
    told->event.kind = kind;
    told->event.courier = peer->name;
    return told;
}

static struct fg_link_command *command_new(enum fg_link_command_kind kind)
{
    struct fg_link_command *command = calloc(1, sizeof(*command));
    if (!command)
        abort();
    command->kind = kind;
    return command;
}

/* -- what the caller asks ---------------------------------------------------------------------------- */

const char *fg_link_address(const struct fg_link *link)
{
    return link->address;
}

static bool is_allocation(const char *name)
{
    return strlen(name) == FG_LINK_ALLOCATION_MAX - 1
           && strspn(name, "0123456789abcdef") == FG_LINK_ALLOCATION_MAX - 1;
}

int fg_link_secret(const struct fg_link *link,
                   const char *allocation,
                   uint8_t out[FG_LINK_SECRET_BYTES],
                   struct fg_err *err)
{
    if (!is_allocation(allocation))
        return fg_fail(err, FG_EINVAL, "an allocation has a name of 32 lower-case hex digits");
    crypto_generichash(out, FG_LINK_SECRET_BYTES, (const uint8_t *)allocation,
                       FG_LINK_ALLOCATION_MAX - 1, link->master, sizeof(link->master));
    return 0;
}

int fg_link_expect(struct fg_link *link,
                   const struct fg_link_allocation *allocation,
                   struct fg_err *err)
{
    if (!is_allocation(allocation->name))
        return fg_fail(err, FG_EINVAL, "an allocation has a name of 32 lower-case hex digits");
    if (allocation->couriers == 0 || allocation->couriers > FG_LINK_COURIERS_MAX)
        return fg_fail(err, FG_EINVAL, "allocation %s: %u couriers, 1 to %d are allowed",
                       allocation->name, allocation->couriers, FG_LINK_COURIERS_MAX);
    if (allocation->lease_us < 0
        || (allocation->lease_us > 0 && allocation->lease_us < 3 * link->beat_us))
        return fg_fail(err, FG_EINVAL,
                       "allocation %s: a lease of %lld us, at least 3 beats of %lld us, or 0",
                       allocation->name, (long long)allocation->lease_us,
                       (long long)link->beat_us);
    struct fg_link_command *command = command_new(FG_LINK_DO_EXPECT);
    command->allocation = *allocation;
    fg_link_command_push(link, command);
    return 0;
}

void fg_link_settle(struct fg_link *link)
{
    fg_link_command_push(link, command_new(FG_LINK_DO_SETTLE));
}

void fg_link_dismiss(struct fg_link *link, const char *allocation)
{
    struct fg_link_command *command = command_new(FG_LINK_DO_DISMISS);
    fg_copy(command->allocation.name, sizeof(command->allocation.name), allocation);
    fg_link_command_push(link, command);
}

void fg_link_give_up(struct fg_link *link, const char *allocation)
{
    struct fg_link_command *command = command_new(FG_LINK_DO_GIVE_UP);
    fg_copy(command->allocation.name, sizeof(command->allocation.name), allocation);
    fg_link_command_push(link, command);
}

/* Blobs that the courier of this task may fetch. */
static void copy_names(struct fg_link_command *command, const struct fg_job_spec *spec)
{
    command->names = calloc(spec->inputs_len + 1, sizeof(command->names[0]));
    if (!command->names)
        abort();
    if (spec->workdir_hash && spec->workdir_hash[0])
        fg_copy(command->names[command->names_len++].text, sizeof(command->names[0].text),
                spec->workdir_hash);
    for (size_t i = 0; i < spec->inputs_len; i++)
        fg_copy(command->names[command->names_len++].text, sizeof(command->names[0].text),
                spec->inputs[i].hash);
}

static void write_start(const struct fg_link *link,
                        const struct fg_task_start *start,
                        struct fg_buf *out)
{
    FG_AUTO(fg_buf) struct fg_buf json = {};
    struct fg_job_spec spec = *start->spec;
    if (spec.grace_us <= 0)
        spec.grace_us = link->config.stop_grace_s * 1000000;
    fg_job_json_write(&json, &spec);
    struct fg_message message = {
        .kind = FG_MESSAGE_START,
        .key = start->key,
        .bytes = json.text,
        .bytes_len = json.len,
        .start = {.tasks = start->tasks,
                  .gpu_milli = start->grant.gpu_milli,
                  .cpu_milli = start->grant.cpu_milli,
                  .devices = (uint32_t)__builtin_popcount(start->grant.devices),
                  .mem_mib = start->grant.mem_mib,
                  .uid = start->uid,
                  .array_id = start->array_id,
                  .array_index = start->array_index,
                  .project = start->project,
                  .user = start->user,
                  .node = start->node->name,
                  .site = start->node->site,
                  .launch = fg_launch_of(start)}};
    fg_message_write(out, &message);
}

int fg_link_start(struct fg_link *link,
                  const struct fg_link_courier *courier,
                  const struct fg_task_start *start,
                  struct fg_err *err)
{
    if (!fg_link_table_find(&link->seen, courier_hash(courier), same_courier, courier))
        return fg_fail(err, FG_ENOENT, "courier %s/%u: not known", courier->allocation,
                       courier->number);
    struct fg_link_command *command = command_new(FG_LINK_DO_START);
    command->courier = *courier;
    command->key = start->key;
    write_start(link, start, &command->frame);
    copy_names(command, start->spec);
    if (command->frame.len > FG_CHANNEL_FRAME_MAX) {
        size_t len = command->frame.len;
        fg_link_command_free(command);
        return fg_fail(err, FG_ETOOBIG, "job %llu: %zu bytes, at most %u can be sent",
                       (unsigned long long)start->key.job, len, FG_CHANNEL_FRAME_MAX);
    }
    fg_link_command_push(link, command);
    return 0;
}

int fg_link_adopt(struct fg_link *link,
                  const struct fg_link_courier *courier,
                  struct fg_task_key key,
                  const struct fg_job_spec *spec,
                  struct fg_err *err)
{
    if (!is_allocation(courier->allocation))
        return fg_fail(err, FG_ENOENT, "an allocation has a name of 32 lower-case hex digits");
    struct fg_link_command *command = command_new(FG_LINK_DO_ADOPT);
    command->courier = *courier;
    command->key = key;
    if (spec)
        copy_names(command, spec);
    fg_link_command_push(link, command);
    return 0;
}

void fg_link_stop(struct fg_link *link, struct fg_task_key key, int64_t grace_us)
{
    struct fg_link_command *command = command_new(FG_LINK_DO_STOP);
    command->key = key;
    command->grace_us = grace_us;
    fg_link_command_push(link, command);
}

void fg_link_collect(struct fg_link *link, struct fg_task_key key)
{
    struct fg_link_entry *entry =
        fg_link_table_find(&link->finished, key_hash(key), same_finished, &key);
    if (entry)
        forget_finished(link, entry);
    struct fg_link_command *command = command_new(FG_LINK_DO_COLLECT);
    command->key = key;
    fg_link_command_push(link, command);
}

void fg_link_cap(struct fg_link *link,
                 const struct fg_link_courier *courier,
                 uint32_t device,
                 int64_t cap_mw)
{
    struct fg_link_command *command = command_new(FG_LINK_DO_CAP);
    command->courier = *courier;
    command->device = device;
    command->cap_mw = cap_mw;
    fg_link_command_push(link, command);
}

void fg_link_detach(struct fg_link *link, int64_t lease_us)
{
    struct timespec until;
    if (write_detached(link, lease_us > 0 ? lease_us : FOR_EVER_US) < 0)
        return; /* the next one would not know of it */
    struct fg_link_command *command = command_new(FG_LINK_DO_DETACH);
    command->grace_us = lease_us;
    fg_link_command_push(link, command);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DETACH_WAIT_S;
    pthread_mutex_lock(&link->mutex);
    while (!link->detach_done
           && pthread_cond_timedwait(&link->detach_cond, &link->mutex, &until) == 0)
        continue;
    pthread_mutex_unlock(&link->mutex);
}

size_t fg_link_artifacts(struct fg_link *link,
                         struct fg_task_key key,
                         struct fg_engine_artifact *out,
                         size_t max)
{
    const struct finished *finished =
        (const void *)fg_link_table_find(&link->finished, key_hash(key), same_finished, &key);
    size_t len = !finished ? 0 : finished->len < max ? finished->len : max;
    for (size_t i = 0; i < len; i++)
        out[i] = finished->artifacts[i];
    return len;
}

int fg_link_poll_fd(const struct fg_link *link)
{
    return link->wake_front;
}

static void remember(struct fg_link *link, struct fg_link_told *told)
{
    const struct fg_link_event *event = &told->event;
    uint64_t hash = courier_hash(&event->courier);
    struct fg_link_entry *entry =
        fg_link_table_find(&link->seen, hash, same_courier, &event->courier);
    if (event->kind == FG_LINK_HELLO && !entry) {
        struct seen *seen = calloc(1, sizeof(*seen));
        if (!seen)
            abort();
        seen->courier = event->courier;
        fg_link_table_add(&link->seen, &seen->entry, hash);
    } else if (entry && (event->kind == FG_LINK_EXPIRED || event->kind == FG_LINK_GONE)) {
        forget_seen(link, entry);
    } else if (told->artifacts) {
        struct finished *finished = calloc(1, sizeof(*finished));
        if (!finished)
            abort();
        *finished = (struct finished){
            .key = event->task.key, .artifacts = told->artifacts, .len = event->task.artifacts};
        told->artifacts = NULL;
        fg_link_table_add(&link->finished, &finished->entry, key_hash(finished->key));
    }
}

int fg_link_next(struct fg_link *link, struct fg_link_event *out)
{
    eventfd_t count;
    told_free(link->current);
    pthread_mutex_lock(&link->mutex);
    struct fg_link_told *told = link->current = link->told;
    if (told)
        link->told = told->next;
    if (!link->told) {
        link->told_end = &link->told;
        eventfd_read(link->wake_front, &count);
    }
    pthread_mutex_unlock(&link->mutex);
    if (!told)
        return 0;
    remember(link, told);
    *out = told->event;
    out->node = told->node;
    out->held = told->held;
    return 1;
}

size_t fg_link_task_samples(struct fg_link *link, struct fg_task_sample *out, size_t max)
{
    pthread_mutex_lock(&link->mutex);
    size_t len = link->task_samples_len < max ? link->task_samples_len : max;
    for (size_t i = 0; i < len; i++)
        out[i] = link->task_samples[(link->task_samples_at + i) % FG_LINK_SAMPLES_MAX];
    link->task_samples_at = (link->task_samples_at + len) % FG_LINK_SAMPLES_MAX;
    link->task_samples_len -= len;
    pthread_mutex_unlock(&link->mutex);
    return len;
}

size_t fg_link_device_samples(struct fg_link *link,
                              struct fg_link_device_sample *out,
                              size_t max)
{
    pthread_mutex_lock(&link->mutex);
    size_t len = link->device_samples_len < max ? link->device_samples_len : max;
    for (size_t i = 0; i < len; i++)
        out[i] = link->device_samples[(link->device_samples_at + i) % FG_LINK_SAMPLES_MAX];
    link->device_samples_at = (link->device_samples_at + len) % FG_LINK_SAMPLES_MAX;
    link->device_samples_len -= len;
    pthread_mutex_unlock(&link->mutex);
    return len;
}

void fg_link_count(struct fg_link *link, struct fg_link_counts *out)
{
    pthread_mutex_lock(&link->mutex);
    *out = link->counts;
    pthread_mutex_unlock(&link->mutex);
}
