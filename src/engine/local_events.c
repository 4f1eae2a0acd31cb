/* local_events.c - what happens to tasks, as a queue of events.
 *
 *     notes pipe, pidfds, lock files, exit records --> one entry per task --> events
 *
 * Every source may say the same thing; the phase of the entry lets each step pass once.
 */
#include "engine/local_inner.h"

#include "base/clock.h"
#include "base/text.h"
#include "engine/exit_record.h"
#include "engine/fs.h"
#include "engine/note.h"
#include "engine/task_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* epoll data: one of these, or the address of an entry. */
enum source { SOURCE_NOTES = 1, SOURCE_SOCKET, SOURCE_WAKE, SOURCE_TIMER, SOURCE_LAST };

#define NOTES_AT_ONCE 64

static void add_source(struct fg_engine *engine, int fd, uint64_t data)
{
    epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd,
              &(struct epoll_event){.events = EPOLLIN, .data.u64 = data});
}

int fg_local_events_init(struct fg_engine *engine, struct fg_err *err)
{
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    engine->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    engine->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (engine->epoll < 0 || engine->wake < 0 || engine->timer < 0)
        return fg_fail(err, FG_EBACKEND, "no descriptors for events: %s", strerror(errno));
    add_source(engine, engine->link.notes, SOURCE_NOTES);
    add_source(engine, engine->link.socket, SOURCE_SOCKET);
    add_source(engine, engine->wake, SOURCE_WAKE);
    add_source(engine, engine->timer, SOURCE_TIMER);
    return 0;
}

void fg_local_events_fini(struct fg_engine *engine)
{
    close(engine->epoll);
    close(engine->wake);
    close(engine->timer);
    free(engine->queue);
}

void fg_local_arm_timer(struct fg_engine *engine)
{
    if (engine->timer_on)
        return;
    engine->timer_on = true;
    timerfd_settime(engine->timer, 0,
                    &(struct itimerspec){.it_interval.tv_sec = 1, .it_value.tv_sec = 1}, NULL);
}

void fg_local_watch_socket(struct fg_engine *engine)
{
    bool waits = fg_launch_link_busy(&engine->link);
    if (waits == engine->socket_waits || engine->link.socket < 0)
        return;
    engine->socket_waits = waits;
    epoll_ctl(engine->epoll, EPOLL_CTL_MOD, engine->link.socket,
              &(struct epoll_event){.events = EPOLLIN | (waits ? EPOLLOUT : 0),
                                    .data.u64 = SOURCE_SOCKET});
}

static void push(struct fg_engine *engine, const struct fg_engine_event *event)
{
    if (engine->queue_len == engine->queue_room) {
        size_t room = engine->queue_room ? engine->queue_room * 2 : 64;
        struct fg_engine_event *queue = malloc(room * sizeof(*queue));
        if (!queue)
            abort();
        for (size_t i = 0; i < engine->queue_len; i++)
            queue[i] = engine->queue[(engine->queue_at + i) % engine->queue_room];
        free(engine->queue);
        engine->queue = queue;
        engine->queue_at = 0;
        engine->queue_room = room;
    }
    engine->queue[(engine->queue_at + engine->queue_len++) % engine->queue_room] = *event;
    if (engine->queue_len == 1)
        eventfd_write(engine->wake, 1);
}

static int64_t now_utc(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

/* By hand: a process that is being forked just now may hold a copy, and with it keep the events coming. */
static void unwatch(struct fg_engine *engine, struct fg_task_entry *entry)
{
    if (entry->pidfd >= 0) {
        epoll_ctl(engine->epoll, EPOLL_CTL_DEL, entry->pidfd, NULL);
        close(entry->pidfd);
    }
    entry->pidfd = -1;
}

/* -- energy: what a task's devices had used when it began stays in its folder, for a service that comes later ------------- */

#define ENERGY_FILE "energy"

static void keep_energy(const struct fg_energy_mark *began, const char *path)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%" PRId64 " %d\n", began->mj, began->is_counted);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return; /* then it is not known after a restart, no more */
    bool good = fg_fs_write_all(fd, text, (size_t)len) == 0;
    close(fd);
    if (!good)
        unlink(path);
}

static void begin_energy(struct fg_engine *engine, const struct fg_task_entry *entry)
{
    char path[FG_PATH_MAX + 16], text[64];
    if (!entry->devices || fg_task_dir(engine->data_dir, entry->key, path) < 0)
        return;
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/" ENERGY_FILE);
    struct fg_energy_mark began = {.is_known = true, .is_resumed = true};
    int counted = 0;
    if (fg_fs_read_small(AT_FDCWD, path, text, sizeof(text)) > 0
        && sscanf(text, "%" SCNd64 " %d", &began.mj, &counted) == 2 && began.mj >= 0) {
        began.is_counted = counted == 1;
        fg_sampler_resume(engine->sampler, entry->key, &began);
        return;
    }
    began = fg_sampler_began(engine->sampler, entry->key);
    if (began.is_known)
        keep_energy(&began, path);
}

static void report_started(struct fg_engine *engine,
                           struct fg_task_entry *entry,
                           const struct fg_engine_event *event)
{
    if (entry->phase != FG_PHASE_SENT)
        return;
    entry->phase = FG_PHASE_RUNNING;
    fg_sampler_add(engine->sampler, entry->key, entry->supervisor, entry->devices,
                   entry->gpu_milli);
    begin_energy(engine, entry);
    push(engine, event);
}

static void report_over(struct fg_engine *engine,
                        struct fg_task_entry *entry,
                        const struct fg_engine_event *event)
{
    if (entry->phase == FG_PHASE_OVER)
        return;
    struct fg_engine_event told = *event;
    if (entry->phase == FG_PHASE_RUNNING) {
        told.usage.energy_mj = fg_sampler_energy(engine->sampler, entry->key);
        fg_sampler_remove(engine->sampler, entry->key);
    }
    entry->phase = FG_PHASE_OVER;
    unwatch(engine, entry);
    fg_affinity_release(engine->affinity, &entry->cores);
    push(engine, &told);
}

static bool report_record(struct fg_engine *engine, struct fg_task_entry *entry)
{
    struct fg_engine_event event = {.key = entry->key};
    struct fg_buf text = {};
    bool good = fg_local_read_record(engine->data_dir, entry->key, &text)
                && fg_exit_record_read(text.text, text.len, &event, NULL, 0) == 0;
    fg_buf_free(&text);
    if (good)
        report_over(engine, entry, &event);
    return good;
}

static void report_lost(struct fg_engine *engine, struct fg_task_entry *entry)
{
    struct fg_engine_event event = {.kind = FG_TASK_LOST,
                                    .key = entry->key,
                                    .exit_code = -1,
                                    .time_us = now_utc(),
                                    .usage.max_rss_mib = -1};
    fg_copy(event.reason, sizeof(event.reason),
            entry->fenced ? "it was never started"
                          : "its supervisor vanished without a record");
    report_over(engine, entry, &event);
}

static void bury(struct fg_engine *engine, struct fg_task_entry *entry)
{
    if (entry->phase == FG_PHASE_RUNNING)
        fg_sampler_remove(engine->sampler, entry->key);
    entry->phase = FG_PHASE_BURYING;
    unwatch(engine, entry);
    fg_sweeper_bury(engine->sweeper, entry->key);
}

/* The lock names the program once it runs. */
static void see_program(struct fg_engine *engine,
                        struct fg_task_entry *entry,
                        const struct fg_task_lock_text *text)
{
    if (text->program <= 0 || entry->phase != FG_PHASE_SENT)
        return;
    entry->supervisor = text->supervisor;
    report_started(engine, entry,
                   &(struct fg_engine_event){.kind = FG_TASK_STARTED,
                                             .key = entry->key,
                                             .time_us = text->started_us,
                                             .exit_code = -1,
                                             .pid = text->program});
}

/* Its supervisor holds the lock and is no child of our launcher: be told when that process ends. */
static void watch(struct fg_engine *engine,
                  struct fg_task_entry *entry,
                  const struct fg_task_lock_text *text)
{
    if (!entry->adopted && text->program > 0 && entry->cores.text[0] == '\0')
        fg_affinity_learn(engine->affinity, text->program, &entry->cores);
    entry->adopted = true;
    entry->supervisor = text->supervisor;
    if (entry->pidfd < 0 && text->supervisor > 0) {
        /* Should it end before this: the timer looks at the lock again. */
        entry->pidfd = (int)syscall(SYS_pidfd_open, text->supervisor, 0);
        if (entry->pidfd >= 0)
            add_source(engine, entry->pidfd, (uint64_t)(uintptr_t)entry);
    }
    see_program(engine, entry, text);
    fg_local_arm_timer(engine);
}

void fg_local_look(struct fg_engine *engine, struct fg_task_entry *entry)
{
    char dir[FG_PATH_MAX];
    struct fg_task_lock_text text;
    if (entry->phase == FG_PHASE_OVER || entry->phase == FG_PHASE_BURYING)
        return;
    if (fg_task_dir(engine->data_dir, entry->key, dir) < 0)
        return;
    int state = fg_task_lock_probe(dir, &text);
    if (state == FG_LOCK_ABSENT) {
        int rc = fg_task_lock_fence(dir);
        entry->fenced = rc == 1;
        state = rc == 0 ? fg_task_lock_probe(dir, &text) : FG_LOCK_FREE;
    }
    /* The record is looked for after the lock: a supervisor writes it while it holds the lock. */
    if (report_record(engine, entry))
        return;
    if (state == FG_LOCK_HELD)
        watch(engine, entry, &text);
    else
        bury(engine, entry);
}

static void take_note(struct fg_engine *engine, const struct fg_note *note)
{
    struct fg_task_entry *entry = fg_task_table_find(engine->table, note->event.key);
    if (entry && note->kind == FG_NOTE_ENDED)
        entry->folder_done = true;
    if (!entry || entry->phase == FG_PHASE_OVER)
        return;
    switch (note->kind) {
    case FG_NOTE_FORKED:
        entry->supervisor = note->pid;
        break;
    case FG_NOTE_EVENT:
        if (entry->phase == FG_PHASE_BURYING)
            break;
        entry->supervisor = note->pid;
        entry->folder_done = note->folder_done;
        if (note->event.kind == FG_TASK_STARTED)
            report_started(engine, entry, &note->event);
        else
            report_over(engine, entry, &note->event);
        break;
    case FG_NOTE_ENDED:
        fg_local_look(engine, entry);
        break;
    case FG_NOTE_BURIED:
        report_lost(engine, entry);
        break;
    }
}

static void read_notes(struct fg_engine *engine)
{
    struct fg_note notes[NOTES_AT_ONCE];
    ssize_t got = read(engine->link.notes, notes, sizeof(notes));
    for (ssize_t i = 0; i < got / (ssize_t)sizeof(notes[0]); i++)
        take_note(engine, &notes[i]);
}

static void look_at(void *self, struct fg_task_entry *entry)
{
    fg_local_look(self, entry);
}

static void use_socket(struct fg_engine *engine, uint32_t events)
{
    /* The launcher never writes: readable means that it is gone. */
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && fg_launch_link_flush(&engine->link)) {
        fg_local_watch_socket(engine);
        return;
    }
    if (engine->link.socket >= 0)
        close(engine->link.socket);
    engine->link.socket = -1;
    fg_task_table_each(engine->table, look_at, engine);
}

/* The note of the start did not fit into the pipe, or has not come yet.  No fence here: this supervisor
 * may be about to take its lock, and the launcher tells of its end. */
static void peek(struct fg_engine *engine, struct fg_task_entry *entry)
{
    char dir[FG_PATH_MAX];
    struct fg_task_lock_text text;
    if (fg_task_dir(engine->data_dir, entry->key, dir) == 0
        && fg_task_lock_probe(dir, &text) == FG_LOCK_HELD)
        see_program(engine, entry, &text);
}

struct tick {
    struct fg_engine *engine;
    bool needed;
};

static void tick_entry(void *self, struct fg_task_entry *entry)
{
    struct tick *tick = self;
    if (entry->phase != FG_PHASE_SENT && entry->phase != FG_PHASE_RUNNING)
        return;
    tick->needed |= entry->phase == FG_PHASE_SENT || entry->adopted;
    if (entry->adopted && (entry->pidfd < 0 || entry->phase == FG_PHASE_SENT))
        fg_local_look(tick->engine, entry);
    else if (entry->phase == FG_PHASE_SENT && entry->supervisor > 0)
        peek(tick->engine, entry);
}

static void take_tick(struct fg_engine *engine)
{
    uint64_t times;
    struct tick tick = {.engine = engine};
    if (read(engine->timer, &times, sizeof(times)) < 0)
        return;
    fg_task_table_each(engine->table, tick_entry, &tick);
    if (tick.needed)
        return;
    engine->timer_on = false;
    timerfd_settime(engine->timer, 0, &(struct itimerspec){}, NULL);
}

static void pump(struct fg_engine *engine)
{
    struct epoll_event events[32];
    int len = epoll_wait(engine->epoll, events, 32, 0);
    for (int i = 0; i < len; i++) {
        uint64_t data = events[i].data.u64;
        eventfd_t count;
        switch (data) {
        case SOURCE_NOTES:
            read_notes(engine);
            break;
        case SOURCE_SOCKET:
            use_socket(engine, events[i].events);
            break;
        case SOURCE_WAKE:
            eventfd_read(engine->wake, &count);
            break;
        case SOURCE_TIMER:
            take_tick(engine);
            break;
        default: {
            struct fg_task_entry *entry = (struct fg_task_entry *)(uintptr_t)data;
            unwatch(engine, entry);
            fg_local_look(engine, entry);
        }
        }
    }
}

int fg_local_next_event(struct fg_engine *engine, struct fg_engine_event *out)
{
    if (engine->queue_len == 0)
        pump(engine);
    if (engine->queue_len == 0)
        return 0;
    *out = engine->queue[engine->queue_at];
    engine->queue_at = (engine->queue_at + 1) % engine->queue_room;
    engine->queue_len--;
    return 1;
}
