/* nvml.c - see nvml.h */
#include "probe/nvml.h"

#include "base/clock.h"
#include "base/text.h"
#include "probe/nvml_abi.h"
#include "probe/sysfile.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JOIN_WAIT_S 1
#define MIB         (1024 * 1024)

struct device {
    fg_nvml_device handle;
    fg_nvml_device parent; /* of a MIG instance, which has no power or temperature of its own */
    struct fg_device_spec spec;
    int minor;
    struct fg_nvml_reading reading;
};

struct fg_nvml {
    void *library;
    int64_t interval_us;
    bool mps;
#define X(needed, name, symbol, parameters) int(*name) parameters;
    FG_NVML_CALLS(X)
#undef X
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool ready, over;
    struct device devices[FG_NODE_DEVICES_MAX]; /* handles: only the thread */
    size_t devices_len;
};

static int numa_of(struct fg_nvml *nvml, fg_nvml_device handle)
{
    struct fg_nvml_pci pci;
    char path[128];
    if (!nvml->pci || nvml->pci(handle, &pci) != FG_NVML_OK)
        return -1;
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.0/numa_node", pci.domain,
             pci.bus, pci.device);
    return (int)fg_sysfile_number(path);
}

/* Look at one device and append it. */
static void add_device(struct fg_nvml *nvml, fg_nvml_device handle, fg_nvml_device parent)
{
    struct device *device = &nvml->devices[nvml->devices_len];
    struct fg_nvml_memory memory;
    char product[96], uuid[96];
    unsigned int minor;
    if (nvml->devices_len == FG_NODE_DEVICES_MAX
        || nvml->name(handle, product, sizeof(product)) != FG_NVML_OK
        || nvml->uuid(handle, uuid, sizeof(uuid)) != FG_NVML_OK
        || nvml->memory(handle, &memory) != FG_NVML_OK)
        return;
    *device = (struct device){.handle = handle, .parent = parent, .minor = -1};
    struct fg_device_spec *spec = &device->spec;
    fg_nvml_kind(product, spec->kind);
    if (!fg_copy(spec->id, sizeof(spec->id), uuid))
        return;
    fg_copy(spec->expose, sizeof(spec->expose), "CUDA_VISIBLE_DEVICES");
    spec->vendor = FG_VENDOR_NVIDIA;
    spec->share = parent ? FG_SHARE_MIG : nvml->mps ? FG_SHARE_MPS : FG_SHARE_ADVISORY;
    spec->mem_mib = (uint32_t)(memory.total / MIB);
    spec->numa = numa_of(nvml, parent ? parent : handle);
    if (!parent && nvml->minor && nvml->minor(handle, &minor) == FG_NVML_OK)
        device->minor = (int)minor;
    nvml->devices_len++;
}

static bool by_nvlink(struct fg_nvml *nvml, size_t a, size_t b)
{
    int status;
    return nvml->p2p
           && nvml->p2p(nvml->devices[a].handle, nvml->devices[b].handle, FG_NVML_P2P_NVLINK,
                        &status)
                  == FG_NVML_OK
           && status == FG_NVML_P2P_OK;
}

static bool by_switch(struct fg_nvml *nvml, size_t a, size_t b)
{
    int level;
    return nvml->common
           && nvml->common(nvml->devices[a].handle, nvml->devices[b].handle, &level)
                  == FG_NVML_OK
           && level <= FG_NVML_ONE_SWITCH;
}

typedef bool joined_fn(struct fg_nvml *nvml, size_t a, size_t b);

/* Join what is joined; an island has the number of its first device.  Returns how many joints there are. */
static size_t join(struct fg_nvml *nvml, joined_fn *joined)
{
    size_t joints = 0;
    for (size_t b = 1; b < nvml->devices_len; b++)
        for (size_t a = 0; a < b; a++) {
            if (nvml->devices[a].parent || nvml->devices[b].parent || !joined(nvml, a, b))
                continue;
            joints++;
            int32_t from = nvml->devices[b].spec.island, to = nvml->devices[a].spec.island;
            for (size_t i = 0; i <= b; i++)
                if (nvml->devices[i].spec.island == from)
                    nvml->devices[i].spec.island = to;
        }
    return joints;
}

/* NVLink, else PCIe switches; where the library can tell neither, nothing is known.  Instances of a board cannot talk to
 * others directly. */
static void find_islands(struct fg_nvml *nvml)
{
    for (size_t i = 0; i < nvml->devices_len; i++)
        nvml->devices[i].spec.island = (int32_t)i;
    if (join(nvml, by_nvlink) || join(nvml, by_switch))
        return;
    for (size_t i = 0; i < nvml->devices_len; i++)
        nvml->devices[i].spec.island = -1;
}

static bool has_mig(struct fg_nvml *nvml, fg_nvml_device handle)
{
    unsigned int current, pending;
    return nvml->mig_mode && nvml->mig_max && nvml->mig_by_index
           && nvml->mig_mode(handle, &current, &pending) == FG_NVML_OK && current == 1;
}

static void enumerate(struct fg_nvml *nvml)
{
    unsigned int len = 0, instances = 0;
    if (nvml->init() != FG_NVML_OK || nvml->count(&len) != FG_NVML_OK)
        return;
    for (unsigned int i = 0; i < len; i++) {
        fg_nvml_device handle, instance;
        if (nvml->by_index(i, &handle) != FG_NVML_OK)
            continue;
        if (!has_mig(nvml, handle)) {
            add_device(nvml, handle, NULL);
            continue;
        }
        if (nvml->mig_max(handle, &instances) != FG_NVML_OK)
            continue;
        for (unsigned int k = 0; k < instances; k++)
            if (nvml->mig_by_index(handle, k, &instance) == FG_NVML_OK)
                add_device(nvml, instance, handle);
    }
    find_islands(nvml);
}

static void read_processes(struct fg_nvml *nvml,
                           fg_nvml_device handle,
                           struct fg_nvml_reading *out)
{
    struct fg_nvml_process list[FG_NVML_PROCS_MAX];
    unsigned int len = FG_NVML_PROCS_MAX;
    if (!nvml->processes || nvml->processes(handle, &len, list) != FG_NVML_OK)
        return;
    for (unsigned int i = 0; i < len && i < FG_NVML_PROCS_MAX; i++) {
        if (list[i].used_bytes == ~0ULL)
            continue;
        out->procs[out->procs_len].pid = (pid_t)list[i].pid;
        out->procs[out->procs_len++].mem_mib = (int64_t)(list[i].used_bytes / MIB);
    }
}

static void read_device(struct fg_nvml *nvml,
                        const struct device *device,
                        struct fg_nvml_reading *out)
{
    struct fg_nvml_utilization use;
    struct fg_nvml_memory memory;
    unsigned int value;
    const struct fg_clock *clock = fg_clock_system();
    fg_nvml_device board = device->parent ? device->parent : device->handle;
    *out = (struct fg_nvml_reading){.time_us = clock->now_us(clock->self),
                                    .busy_milli = -1,
                                    .mem_used_mib = -1,
                                    .power_mw = -1,
                                    .temp_c = -1};
    if (nvml->utilization && nvml->utilization(device->handle, &use) == FG_NVML_OK)
        out->busy_milli = use.gpu > 100 ? 1000 : use.gpu * 10;
    if (nvml->memory(device->handle, &memory) == FG_NVML_OK)
        out->mem_used_mib = (int64_t)(memory.used / MIB);
    if (nvml->power && nvml->power(board, &value) == FG_NVML_OK)
        out->power_mw = value;
    if (nvml->temperature
        && nvml->temperature(board, FG_NVML_TEMPERATURE_GPU, &value) == FG_NVML_OK)
        out->temp_c = value;
    read_processes(nvml, device->handle, out);
}

/* Sleep for one interval.  True: it is over. */
static bool pause_until_next(struct fg_nvml *nvml)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t nsec = until.tv_nsec + nvml->interval_us % 1000000 * 1000;
    until.tv_sec += nvml->interval_us / 1000000 + nsec / 1000000000;
    until.tv_nsec = nsec % 1000000000;
    pthread_mutex_lock(&nvml->mutex);
    while (!nvml->over && pthread_cond_timedwait(&nvml->changed, &nvml->mutex, &until) == 0)
        continue;
    bool over = nvml->over;
    pthread_mutex_unlock(&nvml->mutex);
    return over;
}

static void *look(void *self)
{
    struct fg_nvml *nvml = self;
    /* Nobody reads the devices before `ready`, so this needs no lock - and must not hold one. */
    enumerate(nvml);
    pthread_mutex_lock(&nvml->mutex);
    nvml->ready = true;
    pthread_cond_broadcast(&nvml->changed);
    pthread_mutex_unlock(&nvml->mutex);
    do {
        for (size_t i = 0; i < nvml->devices_len; i++) {
            struct fg_nvml_reading reading;
            read_device(nvml, &nvml->devices[i], &reading);
            pthread_mutex_lock(&nvml->mutex);
            nvml->devices[i].reading = reading;
            pthread_mutex_unlock(&nvml->mutex);
        }
    } while (!pause_until_next(nvml));
    nvml->shutdown();
    return NULL;
}

static bool load(struct fg_nvml *nvml)
{
    const char *path = getenv("FASTGPU_NVML_LIBRARY");
    nvml->library = dlopen(path && *path ? path : FG_NVML_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!nvml->library)
        return false;
    bool complete = true;
#define X(needed, name, symbol, parameters)                                                    \
    *(void **)(void *)&nvml->name = dlsym(nvml->library, symbol);                              \
    complete = complete && (nvml->name || !(needed));
    FG_NVML_CALLS(X)
#undef X
    return complete;
}

static void discard(struct fg_nvml *nvml)
{
    if (nvml->library)
        dlclose(nvml->library);
    free(nvml);
}

struct fg_nvml *fg_nvml_new(int64_t interval_us, bool mps)
{
    struct fg_nvml *nvml = calloc(1, sizeof(*nvml));
    if (!nvml)
        abort();
    nvml->interval_us = interval_us;
    nvml->mps = mps;
    if (!load(nvml)) {
        discard(nvml);
        return NULL;
    }
    pthread_mutex_init(&nvml->mutex, NULL);
    pthread_cond_init(&nvml->changed, NULL);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&nvml->thread, NULL, look, nvml);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0)
        return nvml;
    discard(nvml);
    return NULL;
}

void fg_nvml_free(struct fg_nvml *nvml)
{
    if (!nvml)
        return;
    struct timespec until;
    pthread_mutex_lock(&nvml->mutex);
    nvml->over = true;
    pthread_cond_broadcast(&nvml->changed);
    pthread_mutex_unlock(&nvml->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOIN_WAIT_S;
    if (pthread_timedjoin_np(nvml->thread, NULL, &until) != 0) {
        /* It hangs in the driver and may come back: what it uses must stay. */
        pthread_detach(nvml->thread);
        return;
    }
    pthread_mutex_destroy(&nvml->mutex);
    pthread_cond_destroy(&nvml->changed);
    discard(nvml);
}

/* Called with the mutex held.  True: the devices are known. */
static bool wait_ready(struct fg_nvml *nvml, int64_t wait_us)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t nsec = until.tv_nsec + wait_us % 1000000 * 1000;
    until.tv_sec += wait_us / 1000000 + nsec / 1000000000;
    until.tv_nsec = nsec % 1000000000;
    while (!nvml->ready)
        if (pthread_cond_timedwait(&nvml->changed, &nvml->mutex, &until) == ETIMEDOUT)
            break;
    return nvml->ready;
}

int fg_nvml_devices(struct fg_nvml *nvml,
                    struct fg_device_spec *out,
                    size_t max,
                    int64_t wait_us)
{
    pthread_mutex_lock(&nvml->mutex);
    int len = wait_ready(nvml, wait_us) ? 0 : -1;
    for (size_t i = 0; len >= 0 && i < nvml->devices_len && i < max; i++)
        out[len++] = nvml->devices[i].spec;
    pthread_mutex_unlock(&nvml->mutex);
    return len;
}

bool fg_nvml_read(struct fg_nvml *nvml, size_t index, struct fg_nvml_reading *out)
{
    pthread_mutex_lock(&nvml->mutex);
    bool known = nvml->ready && index < nvml->devices_len;
    if (known)
        *out = nvml->devices[index].reading;
    pthread_mutex_unlock(&nvml->mutex);
    return known;
}

int fg_nvml_minor(struct fg_nvml *nvml, const char *id)
{
    int minor = -1;
    pthread_mutex_lock(&nvml->mutex);
    for (size_t i = 0; nvml->ready && i < nvml->devices_len; i++)
        if (strcmp(nvml->devices[i].spec.id, id) == 0)
            minor = nvml->devices[i].minor;
    pthread_mutex_unlock(&nvml->mutex);
    return minor;
}
