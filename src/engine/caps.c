/* caps.c - see caps.h */
#include "engine/caps.h"

#include "base/text.h"
#include "engine/job_path.h"
#include "probe/power.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_US     3000000 /* for a driver */
#define LOOK_US     10000000
#define AGAIN_S     10 /* after a call that failed */
#define LOCK_TRIES  50
#define LOCK_US     100000
#define LINE_MAX_IN (FG_NAME_MAX + 32)

struct cap {
    enum { UNKNOWN, KNOWN, REFUSED } state;
    struct fg_power_limits limits;
    int64_t wanted_mw, set_mw; /* 0: what it had */
    bool is_asked_for;         /* somebody wants to know its limits */
    bool is_noted;             /* in the file */
    time_t again_s;            /* not before: a call failed */
};

struct fg_caps {
    struct fg_probe *probe;
    int file; /* DATA/power_caps, locked by whoever sets caps; -1: it cannot be had, so none are set */
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX]; /* the thread's alone */
    size_t devices_len;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool over;
    struct cap caps[FG_NODE_DEVICES_MAX];
};

/* -- the file ---------------------------------------------------------------------------------------------- */

static int open_file(const char *data_dir, int flags)
{
    char path[FG_PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/power_caps", data_dir);
    return open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool lock_file(int file)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        usleep(LOCK_US);
    }
    return false;
}

/* Replace all of it, for good.  The bytes are few: they lie in one block of the disk. */
static bool write_file(int file, const char *text, size_t len)
{
    return ftruncate(file, 0) == 0 && pwrite(file, text, len, 0) == (ssize_t)len
           && fdatasync(file) == 0;
}

static int set_cap(struct fg_probe *probe, size_t device, int64_t cap_mw)
{
    struct fg_power_request request = {.verb = FG_POWER_CAP, .a = cap_mw};
    struct fg_err err = {};
    return fg_power(probe, device, &request, WAIT_US, &err);
}

/* Put one device back.  True also if it is not there any more. */
static bool put_back(struct fg_probe *probe,
                     const struct fg_device_spec *devices,
                     size_t len,
                     const char *line)
{
    char id[FG_NAME_MAX];
    int64_t cap_mw;
    if (sscanf(line, "%63s %" SCNd64, id, &cap_mw) != 2)
        return true;
    for (size_t i = 0; i < len; i++)
        if (strcmp(devices[i].id, id) == 0)
            return set_cap(probe, i, cap_mw) == 0;
    return true;
}

/* What somebody else left.  False: a driver did not take it, the file stays as it is. */
static bool restore_file(int file,
                         struct fg_probe *probe,
                         const struct fg_device_spec *devices,
                         size_t len)
{
    char text[FG_NODE_DEVICES_MAX * LINE_MAX_IN + 1];
    ssize_t got = pread(file, text, sizeof(text) - 1, 0);
    bool done = true;
    if (got <= 0)
        return got == 0;
    text[got] = '\0';
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        done &= put_back(probe, devices, len, line);
    return done && write_file(file, "", 0);
}

/* Every device that has a cap or gets one now. */
static bool note_all(struct fg_caps *caps)
{
    char text[FG_NODE_DEVICES_MAX * LINE_MAX_IN + 1];
    size_t len = 0;
    for (size_t i = 0; i < caps->devices_len; i++)
        if (caps->caps[i].is_noted)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %" PRId64 "\n",
                                    caps->devices[i].id, caps->caps[i].limits.max_mw);
    return write_file(caps->file, text, len);
}

void fg_caps_rescue(const char *data_dir)
{
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX];
    int file = open_file(data_dir, 0);
    if (file < 0)
        return;
    /* Who has the lock puts them back itself. */
    if (lseek(file, 0, SEEK_END) > 0 && lock_file(file)) {
        struct fg_probe *probe = fg_probe_new(&(struct fg_probe_options){
            .interval_us = 1000000, .deadline_us = FG_PROBE_DEADLINE_US});
        int len =
            probe ? fg_probe_devices(probe, devices, FG_NODE_DEVICES_MAX, LOOK_US, NULL) : -1;
        if (len > 0)
            (void)restore_file(file, probe, devices, (size_t)len);
        fg_probe_free(probe);
    }
    close(file);
}

/* -- the thread --------------------------------------------------------------------------------------------- */

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* What may be set, without the lock; what the device has now is the most. */
static void ask(struct fg_caps *caps, size_t device)
{
    struct fg_power_request request = {.verb = FG_POWER_RANGE};
    struct fg_err err = {};
    int rc = fg_power(caps->probe, device, &request, WAIT_US, &err);
    const struct fg_power_range *range = &request.range;
    bool is_good = rc == 0 && range->min_mw > 0 && range->cap_mw > range->min_mw;
    pthread_mutex_lock(&caps->mutex);
    struct cap *cap = &caps->caps[device];
    cap->limits = (struct fg_power_limits){range->min_mw, range->cap_mw};
    cap->state = is_good ? KNOWN : rc == FG_ETIMEOUT || rc == FG_EBUSY ? UNKNOWN : REFUSED;
    cap->again_s = is_good ? 0 : now_s() + AGAIN_S;
    pthread_mutex_unlock(&caps->mutex);
}

/* First on the disk, then on the device; when it is gone from the device, gone from the disk. */
static void change(struct fg_caps *caps, size_t device, int64_t cap_mw)
{
    struct cap *cap = &caps->caps[device];
    bool had = cap->is_noted;
    cap->is_noted = true;
    int rc = had || note_all(caps) ? 0 : FG_EIO;
    if (rc == 0)
        rc = set_cap(caps->probe, device, cap_mw ? cap_mw : cap->limits.max_mw);
    if (rc == 0 && cap_mw == 0) {
        cap->is_noted = false;
        (void)note_all(caps);
    }
    pthread_mutex_lock(&caps->mutex);
    if (rc == 0)
        cap->set_mw = cap_mw;
    else
        cap->again_s = now_s() + AGAIN_S;
    bool refused = rc == FG_EPERM || rc == FG_ESTATE;
    if (refused) {
        cap->state = REFUSED;
        cap->wanted_mw = 0;
    }
    pthread_mutex_unlock(&caps->mutex);
    if (refused && !had) { /* nothing was set, so nothing is to be put back */
        cap->is_noted = false;
        (void)note_all(caps);
    }
}

/* Does one thing that is to be done; false: there is none. */
static bool work(struct fg_caps *caps)
{
    for (size_t i = 0; i < caps->devices_len; i++) {
        pthread_mutex_lock(&caps->mutex);
        struct cap cap = caps->caps[i];
        bool over = caps->over;
        pthread_mutex_unlock(&caps->mutex);
        if (over)
            return false;
        if (cap.again_s > now_s() || (cap.state == REFUSED && cap.wanted_mw == cap.set_mw)
            || (cap.state == UNKNOWN && !cap.is_asked_for))
            continue;
        if (cap.state == UNKNOWN)
            ask(caps, i);
        else if (cap.wanted_mw != cap.set_mw)
            change(caps, i, cap.wanted_mw);
        else
            continue;
        return true;
    }
    return false;
}

static bool pause_or_over(struct fg_caps *caps)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&caps->mutex);
    if (!caps->over)
        pthread_cond_timedwait(&caps->changed, &caps->mutex, &until);
    bool over = caps->over;
    pthread_mutex_unlock(&caps->mutex);
    return over;
}

static void look_for_devices(struct fg_caps *caps, int64_t wait_us)
{
    int len = fg_probe_devices(caps->probe, caps->devices, FG_NODE_DEVICES_MAX, wait_us, NULL);
    if (len <= 0 || flock(caps->file, LOCK_EX | LOCK_NB) != 0
        || !restore_file(caps->file, caps->probe, caps->devices, (size_t)len))
        return;
    caps->devices_len = (size_t)len;
    pthread_mutex_lock(&caps->mutex);
    for (size_t i = caps->devices_len; i < FG_NODE_DEVICES_MAX; i++)
        caps->caps[i].state = REFUSED;
    pthread_mutex_unlock(&caps->mutex);
}

static void *keep(void *self)
{
    struct fg_caps *caps = self;
    do {
        if (caps->devices_len == 0)
            look_for_devices(caps, 0);
        while (work(caps))
            continue;
    } while (!pause_or_over(caps));
    /* One that did not live long enough to see its devices: what is in the file is put back all the same. */
    if (caps->devices_len == 0 && lseek(caps->file, 0, SEEK_END) > 0)
        look_for_devices(caps, LOOK_US);
    for (size_t i = 0; i < caps->devices_len; i++)
        if (caps->caps[i].is_noted)
            change(caps, i, 0);
    return NULL;
}

/* -- from outside -------------------------------------------------------------------------------------------- */

struct fg_caps *fg_caps_new(const char *data_dir, struct fg_probe *probe)
{
    int file = probe ? open_file(data_dir, O_CREAT) : -1;
    if (file < 0)
        return NULL;
    struct fg_caps *caps = calloc(1, sizeof(*caps));
    pthread_condattr_t attributes;
    sigset_t all, old;
    if (!caps)
        abort();
    caps->probe = probe;
    caps->file = file;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&caps->mutex, NULL);
    pthread_cond_init(&caps->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&caps->thread, NULL, keep, caps);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0)
        abort();
    return caps;
}

void fg_caps_free(struct fg_caps *caps)
{
    if (!caps)
        return;
    pthread_mutex_lock(&caps->mutex);
    caps->over = true;
    pthread_cond_signal(&caps->changed);
    pthread_mutex_unlock(&caps->mutex);
    pthread_join(caps->thread, NULL);
    pthread_mutex_destroy(&caps->mutex);
    pthread_cond_destroy(&caps->changed);
    close(caps->file);
    free(caps);
}

int fg_caps_limits(struct fg_caps *caps,
                   uint32_t device,
                   struct fg_power_limits *out,
                   struct fg_err *err)
{
    struct cap cap = {.state = REFUSED};
    if (caps && device < FG_NODE_DEVICES_MAX) {
        pthread_mutex_lock(&caps->mutex);
        cap = caps->caps[device];
        caps->caps[device].is_asked_for = true;
        if (cap.state == UNKNOWN && !cap.is_asked_for)
            pthread_cond_signal(&caps->changed);
        pthread_mutex_unlock(&caps->mutex);
    }
    *out = cap.limits;
    if (cap.state == UNKNOWN)
        return fg_fail(err, FG_EBUSY, "device %u: its driver was not asked yet", device);
    return cap.state == KNOWN ? 0
                              : fg_fail(err, FG_ESTATE, "device %u: no cap can be set", device);
}

void fg_caps_want(struct fg_caps *caps, uint32_t device, int64_t cap_mw)
{
    if (!caps || device >= FG_NODE_DEVICES_MAX)
        return;
    pthread_mutex_lock(&caps->mutex);
    struct cap *cap = &caps->caps[device];
    const struct fg_power_limits *limits = &cap->limits;
    if (cap_mw > 0 && cap_mw < limits->min_mw)
        cap_mw = limits->min_mw;
    if (cap->state == KNOWN) {
        cap->wanted_mw = cap_mw >= limits->max_mw ? 0 : cap_mw;
        pthread_cond_signal(&caps->changed);
    }
    pthread_mutex_unlock(&caps->mutex);
}
