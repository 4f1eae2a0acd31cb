/* probe.c - see probe.h
 *
 * A thread that hangs in a driver cannot be ended.  So each device has one of its own, which marks when a call began;
 * whoever wants the reading of a device whose mark is too old is told "unknown" - no other thread is needed for that.
 */
#include "probe/probe.h"

#include "base/clock.h"
#include "probe/power.h"
#include "probe/vendor.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define END_WAIT_US  1000000
#define LEFT_OUT_MAX 64 /* rounds at most that a call which hung is left out */
#define VENDORS      (sizeof(vendors) / sizeof(vendors[0]))

static const struct fg_probe_vendor *const vendors[] = {&fg_probe_replayed, &fg_probe_nvidia,
                                                        &fg_probe_amd, &fg_probe_intel};

struct source {
    struct fg_probe *probe;
    const struct fg_probe_vendor *vendor;
    void *library; /* NULL: it is not there */
    bool listed;
    size_t boards_len;
    struct fg_probe_board *boards; /* room for FG_NODE_DEVICES_MAX */
};

struct device {
    struct fg_probe *probe;
    struct source *source;
    struct fg_probe_board
        board; /* its thread's alone, but for what never changes: spec, minor, handle, parent */
    bool never[FG_PROBE_STEPS_MAX];
    uint32_t left_out[FG_PROBE_STEPS_MAX], penalty[FG_PROBE_STEPS_MAX]; /* rounds */
    /* Guarded by the mutex. */
    struct fg_probe_reading reading;
    int64_t call_us; /* when the call began that is on its way, boot clock; 0 none */
    int64_t hangs, xid;
    struct fg_power_request *request; /* of a caller that waits; NULL */
    bool request_taken, request_over;
    int request_rc;
    struct fg_err request_err;
};

struct fg_probe {
    struct fg_probe_options options;
    int64_t start_us;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool ready, over;
    size_t threads;
    int64_t cpu_us;
    struct source sources[VENDORS];
    struct device devices[FG_NODE_DEVICES_MAX];
    size_t devices_len;
};

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static int64_t utc_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

static int64_t thread_cpu_us(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

/* With the mutex: wait for news until that moment of the boot clock.  False: it has come. */
static bool wait_until(struct fg_probe *probe, int64_t until_us)
{
    /* The system's boot clock counts time asleep, the condition's does not: so the rest is waited for. */
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t rest_us = until_us - mono_us();
    if (rest_us <= 0)
        return false;
    int64_t nsec = until.tv_nsec + rest_us % 1000000 * 1000;
    until.tv_sec += rest_us / 1000000 + nsec / 1000000000;
    until.tv_nsec = nsec % 1000000000;
    return pthread_cond_timedwait(&probe->changed, &probe->mutex, &until) != ETIMEDOUT;
}

/* With the mutex.  A thread that cannot be made is a thread that ended at once. */
static void begin_thread(struct fg_probe *probe, void *(*body)(void *), void *self)
{
    sigset_t all, old;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&thread, NULL, body, self) == 0) {
        pthread_detach(thread);
        probe->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void end_thread(struct fg_probe *probe)
{
    pthread_mutex_lock(&probe->mutex);
    probe->threads--;
    pthread_cond_broadcast(&probe->changed);
    pthread_mutex_unlock(&probe->mutex);
}

/* ---- one device ---- */

static void mark_call(struct device *device, int64_t begun_us)
{
    pthread_mutex_lock(&device->probe->mutex);
    device->call_us = begun_us;
    pthread_mutex_unlock(&device->probe->mutex);
}

/* After a call that began then: was it late?  Then it is left out for a while. */
static bool was_late(struct device *device, size_t step, int64_t begun_us)
{
    bool late = mono_us() - begun_us > device->probe->options.deadline_us;
    if (late) {
        uint32_t penalty = device->penalty[step] ? device->penalty[step] * 2 : 1;
        device->penalty[step] = penalty > LEFT_OUT_MAX ? LEFT_OUT_MAX : penalty;
        device->left_out[step] = device->penalty[step];
        pthread_mutex_lock(&device->probe->mutex);
        device->hangs++;
        pthread_mutex_unlock(&device->probe->mutex);
    } else {
        device->penalty[step] = 0;
    }
    return late;
}

static void make_unknown(struct fg_probe_reading *reading)
{
    *reading = (struct fg_probe_reading){.time_us = utc_us(), .value = FG_READINGS_UNKNOWN};
}

/* Ask all that is to be asked.  What came late is worth nothing: the whole reading is unknown. */
static void ask(struct device *device, struct fg_probe_reading *out)
{
    fg_probe_step_fn *const *steps = device->source->vendor->steps;
    bool late = false, lost = false;
    make_unknown(out);
    for (size_t i = 0; steps[i] && !late && !lost; i++) {
        assert(i < FG_PROBE_STEPS_MAX);
        if (device->never[i] || (device->left_out[i] > 0 && device->left_out[i]--))
            continue;
        int64_t begun_us = mono_us();
        mark_call(device, begun_us);
        enum fg_probe_heard heard = steps[i](device->source->library, &device->board, out);
        late = was_late(device, i, begun_us);
        mark_call(device, 0);
        device->never[i] = heard == FG_PROBE_NEVER;
        lost = heard == FG_PROBE_LOST;
    }
    if (late || lost)
        make_unknown(out);
    out->value[FG_READING_GONE] = late ? -1 : lost;
}

/* Values that cannot be true become unknown. */
static void believe(const struct device *device, struct fg_probe_reading *reading)
{
    const struct fg_probe_reading *before = &device->reading;
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (reading->value[i] >= 0
            && !fg_probe_sane(
                (enum fg_reading)i, reading->value[i], before->time_us ? before->value[i] : -1,
                reading->time_us > before->time_us ? reading->time_us - before->time_us : 0))
            reading->value[i] = -1;
    uint32_t mem_mib = device->board.spec.mem_mib;
    if (mem_mib > 0 && reading->value[FG_READING_MEM_USED] > mem_mib)
        reading->value[FG_READING_MEM_USED] = -1;
}

/* With the mutex: do what a caller asked for, without it. */
static void serve(struct device *device)
{
    struct fg_probe *probe = device->probe;
    if (!device->request || device->request_taken)
        return;
    struct fg_power_request request = *device->request;
    struct fg_err err = {};
    device->request_taken = true;
    device->call_us = mono_us();
    pthread_mutex_unlock(&probe->mutex);
    const struct fg_probe_vendor *vendor = device->source->vendor;
    int rc = vendor->power
                 ? vendor->power(device->source->library, &device->board, &request, &err)
                 : fg_fail(&err, FG_ESTATE, "no power cap can be set through the library of %s",
                           vendor->name);
    pthread_mutex_lock(&probe->mutex);
    device->call_us = 0;
    device->request_rc = rc;
    device->request_err = err;
    device->request_over = true;
    if (device->request)
        *device->request = request;
    else
        device->request_taken = false; /* nobody waits any more */
    pthread_cond_broadcast(&probe->changed);
}

static void *watch_device(void *self)
{
    struct device *device = self;
    struct fg_probe *probe = device->probe;
    int64_t next_us = mono_us(), cpu_us = 0;
    for (bool over = false; !over;) {
        struct fg_probe_reading reading;
        ask(device, &reading);
        pthread_mutex_lock(&probe->mutex);
        believe(device, &reading);
        device->reading = reading;
        int64_t now_us = mono_us();
        next_us = next_us + probe->options.interval_us > now_us
                      ? next_us + probe->options.interval_us
                      : now_us + probe->options.interval_us;
        probe->cpu_us += thread_cpu_us() - cpu_us;
        cpu_us = thread_cpu_us();
        do
            serve(device);
        while (!probe->over && wait_until(probe, next_us));
        over = probe->over;
        pthread_mutex_unlock(&probe->mutex);
    }
    end_thread(probe);
    return NULL;
}

/* ---- one vendor ---- */

/* With the mutex: all vendors have answered, so the order of devices is known. */
static void number_devices(struct fg_probe *probe)
{
    for (size_t i = 0; i < VENDORS; i++) {
        struct source *source = &probe->sources[i];
        for (size_t k = 0; k < source->boards_len && probe->devices_len < FG_NODE_DEVICES_MAX;
             k++)
            probe->devices[probe->devices_len++] = (struct device){
                .probe = probe, .source = source, .board = source->boards[k], .xid = -1};
    }
    probe->ready = true;
    for (size_t i = 0; i < probe->devices_len; i++)
        begin_thread(probe, watch_device, &probe->devices[i]);
    pthread_cond_broadcast(&probe->changed);
}

/* Errors that the driver tells of by itself, until the probe is over or there are none. */
static void hear_errors(struct source *source)
{
    struct fg_probe *probe = source->probe;
    int heard = 0;
    for (bool over = false; !over && heard >= 0;) {
        void *handle = NULL;
        int64_t xid = 0;
        heard = source->vendor->wait_error
                    ? source->vendor->wait_error(source->library, &handle, &xid)
                    : -1;
        pthread_mutex_lock(&probe->mutex);
        for (size_t i = 0; heard >= 0 && i < probe->devices_len; i++) {
            struct device *device = &probe->devices[i];
            if (device->source != source)
                continue;
            if (device->xid < 0)
                device->xid = 0;
            if (heard == 1
                && (device->board.handle == handle || device->board.parent == handle))
                device->xid = xid;
        }
        over = probe->over;
        pthread_mutex_unlock(&probe->mutex);
    }
}

static void *watch_source(void *self)
{
    struct source *source = self;
    struct fg_probe *probe = source->probe;
    size_t len = source->vendor->list(source->library, probe->options.mps, source->boards,
                                      FG_NODE_DEVICES_MAX);
    pthread_mutex_lock(&probe->mutex);
    source->boards_len = len;
    source->listed = true;
    bool all = true;
    for (size_t i = 0; i < VENDORS; i++)
        all = all && (!probe->sources[i].library || probe->sources[i].listed);
    if (all && !probe->over)
        number_devices(probe);
    pthread_mutex_unlock(&probe->mutex);
    hear_errors(source);
    end_thread(probe);
    return NULL;
}

/* ---- the whole ---- */

static void discard(struct fg_probe *probe)
{
    for (size_t i = 0; i < VENDORS; i++) {
        if (probe->sources[i].library)
            probe->sources[i].vendor->close(probe->sources[i].library);
        free(probe->sources[i].boards);
    }
    pthread_mutex_destroy(&probe->mutex);
    pthread_cond_destroy(&probe->changed);
    free(probe);
}

static void make_locks(struct fg_probe *probe)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&probe->mutex, NULL);
    pthread_cond_init(&probe->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct fg_probe *fg_probe_new(const struct fg_probe_options *options)
{
    struct fg_probe *probe = calloc(1, sizeof(*probe));
    if (!probe)
        abort();
    probe->options = *options;
    probe->start_us = mono_us();
    make_locks(probe);
    pthread_mutex_lock(&probe->mutex);
    for (size_t i = 0; i < VENDORS; i++) {
        struct source *source = &probe->sources[i];
        *source = (struct source){.probe = probe, .vendor = vendors[i]};
        if (!probe->sources[0].library) /* a recorded machine is the only one there is */
            source->library = vendors[i]->open();
        source->boards =
            source->library ? calloc(FG_NODE_DEVICES_MAX, sizeof(*source->boards)) : NULL;
        if (source->library && !source->boards)
            abort();
    }
    for (size_t i = 0; i < VENDORS; i++)
        if (probe->sources[i].library)
            begin_thread(probe, watch_source, &probe->sources[i]);
    bool none = probe->threads == 0;
    pthread_mutex_unlock(&probe->mutex);
    if (none) {
        discard(probe);
        return NULL;
    }
    return probe;
}

void fg_probe_free(struct fg_probe *probe)
{
    if (!probe)
        return;
    int64_t until_us = mono_us() + END_WAIT_US;
    pthread_mutex_lock(&probe->mutex);
    probe->over = true;
    pthread_cond_broadcast(&probe->changed);
    while (probe->threads > 0 && wait_until(probe, until_us))
        continue;
    bool hangs = probe->threads > 0;
    pthread_mutex_unlock(&probe->mutex);
    /* Who hangs in a driver may come back: what it uses must stay. */
    if (!hangs)
        discard(probe);
}

int fg_probe_devices(struct fg_probe *probe,
                     struct fg_device_spec *out,
                     size_t max,
                     int64_t wait_us,
                     const char **out_silent)
{
    int len = 0;
    int64_t until_us = mono_us() + wait_us;
    pthread_mutex_lock(&probe->mutex);
    while (!probe->ready && wait_until(probe, until_us))
        continue;
    for (size_t i = 0; i < VENDORS && !probe->ready; i++)
        if (probe->sources[i].library && !probe->sources[i].listed && out_silent)
            *out_silent = probe->sources[i].vendor->name;
    for (size_t i = 0; i < probe->devices_len && i < max; i++)
        out[len++] = probe->devices[i].board.spec;
    len = probe->ready ? len : -1;
    pthread_mutex_unlock(&probe->mutex);
    return len;
}

bool fg_probe_read(struct fg_probe *probe, size_t index, struct fg_probe_reading *out)
{
    pthread_mutex_lock(&probe->mutex);
    bool known = index < probe->devices_len;
    if (known) {
        const struct device *device = &probe->devices[index];
        bool hangs =
            device->call_us && mono_us() - device->call_us > probe->options.deadline_us;
        *out = device->reading;
        if (hangs)
            make_unknown(out);
        if (out->time_us) {
            /* A recording tells these itself. */
            int64_t *value = out->value;
            value[FG_READING_HANGS] = device->hangs + hangs > 0 || value[FG_READING_HANGS] < 0
                                          ? device->hangs + hangs
                                          : value[FG_READING_HANGS];
            if (device->xid >= 0)
                value[FG_READING_XID] = device->xid;
        }
    }
    pthread_mutex_unlock(&probe->mutex);
    return known;
}

int fg_probe_minor(struct fg_probe *probe, const char *id)
{
    int minor = -1;
    pthread_mutex_lock(&probe->mutex);
    for (size_t i = 0; i < probe->devices_len; i++)
        if (strcmp(probe->devices[i].board.spec.id, id) == 0)
            minor = probe->devices[i].board.minor;
    pthread_mutex_unlock(&probe->mutex);
    return minor;
}

void fg_probe_cost(struct fg_probe *probe, struct fg_probe_cost *out)
{
    pthread_mutex_lock(&probe->mutex);
    *out =
        (struct fg_probe_cost){.cpu_us = probe->cpu_us, .wall_us = mono_us() - probe->start_us};
    pthread_mutex_unlock(&probe->mutex);
}

int fg_power(struct fg_probe *probe,
             size_t index,
             struct fg_power_request *request,
             int64_t wait_us,
             struct fg_err *err)
{
    int64_t until_us = mono_us() + wait_us;
    int rc;
    pthread_mutex_lock(&probe->mutex);
    struct device *device = index < probe->devices_len ? &probe->devices[index] : NULL;
    if (!device) {
        rc = fg_fail(err, FG_ENOENT, "device %zu: there are %zu", index, probe->devices_len);
    } else if (device->request || device->request_taken) {
        rc = fg_fail(err, FG_EBUSY, "device %zu: its driver has not answered the call before",
                     index);
    } else {
        device->request = request;
        device->request_over = false;
        pthread_cond_broadcast(&probe->changed);
        while (!device->request_over && wait_until(probe, until_us))
            continue;
        device->request = NULL;
        rc = device->request_over ? device->request_rc : FG_ETIMEOUT;
        if (device->request_over)
            device->request_taken = false;
        if (rc < 0)
            fg_fail(err, rc, "device %zu: %s", index,
                    device->request_over ? device->request_err.text
                                         : "its driver does not answer");
    }
    pthread_mutex_unlock(&probe->mutex);
    return rc;
}
