/* sampler.c - see sampler.h
 *
 * A supervisor is the reaper of all that its task starts, so the task's processes are exactly the
 * descendants of the supervisor, with or without cgroups; CPU time of those that ended is in the times of
 * the ones that waited for them.
 */
#include "engine/sampler.h"

#include "base/clock.h"
#include "engine/procs.h"
#include "probe/joules.h"
#include "probe/machine.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROCS_MAX 4096

struct target {
    struct fg_task_key key;
    pid_t supervisor;
    uint32_t devices, gpu_milli;
    int64_t cpu_us, read_us; /* of the last reading, monotonic; 0: none */
    struct fg_task_sample sample;
    bool fresh;
    struct fg_energy_mark began;
};

struct fg_sampler {
    int64_t interval_us;
    struct fg_probe *probe;
    struct fg_machine *machine; /* the thread's alone */
    struct fg_self_check *self_check;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool over;
    int64_t start_us, cpu_us; /* boot clock; spent by the thread */
    struct target *targets;
    size_t targets_len, targets_room;
    struct fg_device_sample devices[FG_NODE_DEVICES_MAX + 1];
    size_t devices_len; /* fresh ones */
    struct fg_joules joules[FG_NODE_DEVICES_MAX];
    int64_t seen_us[FG_NODE_DEVICES_MAX]; /* reading that was told last; the thread's alone */
};

static int64_t clock_us(int64_t (*const *which)(void *))
{
    return (*which)(fg_clock_system()->self);
}

static int64_t now_utc(void)
{
    return clock_us(&fg_clock_system()->now_us);
}

static int64_t now_mono(void)
{
    return clock_us(&fg_clock_system()->mono_us);
}

/* Sum over the supervisor and all below it; the pids go to `pids`. */
static size_t sum_up(pid_t supervisor, pid_t *pids, int64_t *cpu_us, int64_t *rss_kib)
{
    struct fg_procs_use use;
    size_t len = fg_procs_below(supervisor, pids, PROCS_MAX);
    *cpu_us = *rss_kib = 0;
    if (fg_procs_use(supervisor, &use))
        *cpu_us += use.cpu_us;
    for (size_t i = 0; i < len; i++)
        if (fg_procs_use(pids[i], &use)) {
            *cpu_us += use.cpu_us;
            *rss_kib += use.rss_kib;
        }
    return len;
}

static bool is_in(pid_t pid, const pid_t *pids, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

static void add(int64_t *sum, int64_t value)
{
    if (value >= 0)
        *sum = *sum < 0 ? value : *sum + value;
}

/* What the task uses of its devices: of whole ones all that is used, of a shared one what its own processes use. */
static void add_devices(struct fg_probe *probe,
                        struct target *it,
                        const pid_t *pids,
                        size_t len)
{
    for (size_t i = 0; i < FG_NODE_DEVICES_MAX && probe; i++) {
        struct fg_probe_reading reading;
        if (!(it->devices >> i & 1) || !fg_probe_read(probe, i, &reading)
            || reading.time_us == 0)
            continue;
        struct fg_task_sample *sample = &it->sample;
        if (it->gpu_milli >= 1000) {
            add(&sample->gpu_milli, reading.value[FG_READING_BUSY]);
            add(&sample->gpu_mem_mib, reading.value[FG_READING_MEM_USED]);
            continue;
        }
        add(&sample->gpu_mem_mib, 0);
        for (uint32_t k = 0; k < reading.procs_len; k++)
            if (is_in(reading.procs[k].pid, pids, len)) {
                add(&sample->gpu_mem_mib, reading.procs[k].mem_mib);
                add(&sample->gpu_milli, reading.procs[k].busy_milli);
            }
    }
}

/* One reading of a copy of the target; the first one only sets the mark for the CPU. */
static void read_target(struct fg_sampler *sampler, struct target *it, pid_t *pids)
{
    int64_t cpu_us, rss_kib, now = now_mono();
    size_t len = sum_up(it->supervisor, pids, &cpu_us, &rss_kib);
    int64_t spent_us = now - it->read_us;
    if (it->read_us != 0 && spent_us > 0) {
        it->sample = (struct fg_task_sample){.key = it->key,
                                             .time_us = now_utc(),
                                             .mem_mib = rss_kib / 1024,
                                             .gpu_milli = -1,
                                             .gpu_mem_mib = -1};
        it->sample.cpu_milli =
            cpu_us > it->cpu_us ? (cpu_us - it->cpu_us) * 1000 / spent_us : 0;
        add_devices(sampler->probe, it, pids, len);
        it->fresh = true;
    }
    it->cpu_us = cpu_us;
    it->read_us = now;
}

static struct target *find(struct fg_sampler *sampler, struct fg_task_key key)
{
    for (size_t i = sampler->targets_len; i-- > 0;) {
        struct target *it = &sampler->targets[i];
        if (it->key.job == key.job && it->key.attempt == key.attempt
            && it->key.task == key.task)
            return it;
    }
    return NULL;
}

/* /proc is read without the lock: targets may come and go meanwhile. */
static void read_targets(struct fg_sampler *sampler, pid_t *pids)
{
    pthread_mutex_lock(&sampler->mutex);
    size_t len = sampler->targets_len;
    struct target *copy = len ? malloc(len * sizeof(*copy)) : NULL;
    if (copy)
        memcpy(copy, sampler->targets, len * sizeof(*copy));
    pthread_mutex_unlock(&sampler->mutex);
    for (size_t i = 0; copy && i < len; i++) {
        read_target(sampler, &copy[i], pids);
        pthread_mutex_lock(&sampler->mutex);
        struct target *it = find(sampler, copy[i].key);
        if (it) {
            it->cpu_us = copy[i].cpu_us;
            it->read_us = copy[i].read_us;
            it->sample = copy[i].sample;
            it->fresh = copy[i].fresh;
        }
        pthread_mutex_unlock(&sampler->mutex);
    }
    free(copy);
}

/* -- energy ---------------------------------------------------------------------------------------------- */

/* What the task's share of its devices has used by now.  Not known: it has none, or one was not read yet. */
static struct fg_energy_mark mark(const struct fg_sampler *sampler, const struct target *it)
{
    struct fg_energy_mark sum = {.is_known = it->devices != 0, .is_counted = true};
    int64_t now_us = now_utc();
    for (size_t i = 0; i < FG_NODE_DEVICES_MAX; i++) {
        const struct fg_joules *joules = &sampler->joules[i];
        if (!(it->devices >> i & 1))
            continue;
        sum.is_known &= joules->time_us != 0;
        sum.is_counted &= joules->is_counted;
        sum.mj += (int64_t)((__int128)fg_joules_at(joules, now_us) * it->gpu_milli / 1000);
    }
    return sum;
}

/* Tasks that began before their devices were read for the first time begin then. */
static void count_energy(struct fg_sampler *sampler, const struct fg_device_sample *sample)
{
    struct fg_joules *joules = &sampler->joules[sample->device];
    bool is_first = joules->time_us == 0;
    fg_joules_read(joules, sample->time_us, sample->value[FG_READING_ENERGY],
                   sample->value[FG_READING_POWER]);
    for (size_t i = 0; is_first && i < sampler->targets_len; i++)
        if (!sampler->targets[i].began.is_known)
            sampler->targets[i].began = mark(sampler, &sampler->targets[i]);
}

struct fg_energy_mark fg_sampler_began(struct fg_sampler *sampler, struct fg_task_key key)
{
    pthread_mutex_lock(&sampler->mutex);
    const struct target *it = find(sampler, key);
    struct fg_energy_mark began = it ? it->began : (struct fg_energy_mark){};
    pthread_mutex_unlock(&sampler->mutex);
    return began;
}

void fg_sampler_resume(struct fg_sampler *sampler,
                       struct fg_task_key key,
                       const struct fg_energy_mark *began)
{
    pthread_mutex_lock(&sampler->mutex);
    struct target *it = find(sampler, key);
    if (it)
        it->began = *began;
    pthread_mutex_unlock(&sampler->mutex);
}

int64_t fg_sampler_energy(struct fg_sampler *sampler, struct fg_task_key key)
{
    int64_t used = 0;
    pthread_mutex_lock(&sampler->mutex);
    const struct target *it = find(sampler, key);
    if (it && it->began.is_known) {
        struct fg_energy_mark now = mark(sampler, it);
        bool fits = now.is_known && now.mj > it->began.mj;
        /* Where power is integrated, nobody knows what was used while nobody looked. */
        used = fits && (now.is_counted || !it->began.is_resumed) ? now.mj - it->began.mj : 0;
    }
    pthread_mutex_unlock(&sampler->mutex);
    return used;
}

static void read_devices(struct fg_sampler *sampler)
{
    struct fg_device_sample found[FG_NODE_DEVICES_MAX + 1];
    size_t len = 0;
    found[len++] = (struct fg_device_sample){
        .device = FG_DEVICE_CPU, .time_us = now_utc(), .value = FG_READINGS_UNKNOWN};
    fg_machine_read(sampler->machine, now_mono(), found[0].value);
    found[0].value[FG_READING_CHECKS] = fg_self_check_bits(sampler->self_check);
    struct fg_probe_reading reading;
    for (uint32_t i = 0; sampler->probe && i < FG_NODE_DEVICES_MAX; i++) {
        if (!fg_probe_read(sampler->probe, i, &reading)
            || reading.time_us == sampler->seen_us[i])
            continue;
        sampler->seen_us[i] = reading.time_us;
        struct fg_device_sample *it = &found[len++];
        *it = (struct fg_device_sample){.device = i, .time_us = reading.time_us};
        memcpy(it->value, reading.value, sizeof(it->value));
    }
    pthread_mutex_lock(&sampler->mutex);
    memcpy(sampler->devices, found, len * sizeof(found[0]));
    sampler->devices_len = len;
    for (size_t i = 1; i < len; i++) /* the first is the machine */
        count_energy(sampler, &found[i]);
    pthread_mutex_unlock(&sampler->mutex);
}

/* By the boot clock: a wall clock that is set neither stops nor hurries readings. */
static bool pause_until_next(struct fg_sampler *sampler)
{
    struct timespec until, spent;
    clock_gettime(CLOCK_MONOTONIC, &until);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    int64_t nsec = until.tv_nsec + sampler->interval_us % 1000000 * 1000;
    until.tv_sec += sampler->interval_us / 1000000 + nsec / 1000000000;
    until.tv_nsec = nsec % 1000000000;
    pthread_mutex_lock(&sampler->mutex);
    sampler->cpu_us = spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
    while (!sampler->over
           && pthread_cond_timedwait(&sampler->changed, &sampler->mutex, &until) == 0)
        continue;
    bool over = sampler->over;
    pthread_mutex_unlock(&sampler->mutex);
    return over;
}

static void *sample(void *self)
{
    struct fg_sampler *sampler = self;
    pid_t *pids = malloc(PROCS_MAX * sizeof(*pids));
    if (!pids)
        abort();
    do {
        read_devices(sampler);
        read_targets(sampler, pids);
    } while (!pause_until_next(sampler));
    free(pids);
    return NULL;
}

static void make_locks(struct fg_sampler *sampler)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&sampler->mutex, NULL);
    pthread_cond_init(&sampler->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct fg_sampler *fg_sampler_new(int64_t interval_us,
                                  struct fg_probe *probe,
                                  struct fg_self_check *self_check)
{
    struct fg_sampler *sampler = calloc(1, sizeof(*sampler));
    if (!sampler)
        abort();
    sampler->interval_us = interval_us;
    sampler->probe = probe;
    sampler->machine = fg_machine_new("");
    sampler->self_check = self_check;
    sampler->start_us = now_mono();
    make_locks(sampler);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&sampler->thread, NULL, sample, sampler);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        abort();
    return sampler;
}

void fg_sampler_free(struct fg_sampler *sampler)
{
    if (!sampler)
        return;
    pthread_mutex_lock(&sampler->mutex);
    sampler->over = true;
    pthread_cond_signal(&sampler->changed);
    pthread_mutex_unlock(&sampler->mutex);
    pthread_join(sampler->thread, NULL);
    pthread_mutex_destroy(&sampler->mutex);
    pthread_cond_destroy(&sampler->changed);
    fg_machine_free(sampler->machine);
    free(sampler->targets);
    free(sampler);
}

void fg_sampler_add(struct fg_sampler *sampler,
                    struct fg_task_key key,
                    pid_t supervisor,
                    uint32_t devices,
                    uint32_t gpu_milli)
{
    pthread_mutex_lock(&sampler->mutex);
    if (sampler->targets_len == sampler->targets_room) {
        sampler->targets_room = sampler->targets_room ? sampler->targets_room * 2 : 64;
        sampler->targets =
            realloc(sampler->targets, sampler->targets_room * sizeof(*sampler->targets));
        if (!sampler->targets)
            abort();
    }
    struct target *it = &sampler->targets[sampler->targets_len++];
    *it = (struct target){
        .key = key, .supervisor = supervisor, .devices = devices, .gpu_milli = gpu_milli};
    it->began = mark(sampler, it);
    pthread_mutex_unlock(&sampler->mutex);
}

void fg_sampler_remove(struct fg_sampler *sampler, struct fg_task_key key)
{
    pthread_mutex_lock(&sampler->mutex);
    struct target *it = find(sampler, key);
    if (it)
        *it = sampler->targets[--sampler->targets_len];
    pthread_mutex_unlock(&sampler->mutex);
}

size_t fg_sampler_tasks(struct fg_sampler *sampler, struct fg_task_sample *out, size_t max)
{
    size_t len = 0;
    pthread_mutex_lock(&sampler->mutex);
    for (size_t i = 0; i < sampler->targets_len && len < max; i++)
        if (sampler->targets[i].fresh) {
            out[len++] = sampler->targets[i].sample;
            sampler->targets[i].fresh = false;
        }
    pthread_mutex_unlock(&sampler->mutex);
    return len;
}

size_t fg_sampler_devices(struct fg_sampler *sampler, struct fg_device_sample *out, size_t max)
{
    pthread_mutex_lock(&sampler->mutex);
    size_t len = sampler->devices_len < max ? sampler->devices_len : max;
    memcpy(out, sampler->devices, len * sizeof(*out));
    sampler->devices_len = 0;
    pthread_mutex_unlock(&sampler->mutex);
    return len;
}

void fg_sampler_cost(struct fg_sampler *sampler, struct fg_probe_cost *out)
{
    struct fg_probe_cost devices = {};
    if (sampler->probe)
        fg_probe_cost(sampler->probe, &devices);
    pthread_mutex_lock(&sampler->mutex);
    *out = (struct fg_probe_cost){.cpu_us = sampler->cpu_us + devices.cpu_us,
                                  .wall_us = now_mono() - sampler->start_us};
    pthread_mutex_unlock(&sampler->mutex);
}
