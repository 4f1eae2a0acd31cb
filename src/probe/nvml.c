/* nvml.c - NVIDIA's devices: which there are; see vendor.h */
#include "probe/nvml_inner.h"

#include "base/text.h"
#include "probe/product.h"
#include "probe/sysfile.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB            (1024 * 1024)
#define EVENTS_WAIT_MS 100 /* an end of the service waits so long for it */

static int numa_of(const struct fg_nvml *nvml, fg_nvml_device handle)
{
    struct fg_nvml_pci pci;
    char path[128];
    if (!nvml->pci || nvml->pci(handle, &pci) != FG_NVML_OK)
        return -1;
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.0/numa_node", pci.domain,
             pci.bus, pci.device);
    return (int)fg_sysfile_number(path);
}

/* The devices that are being found. */
struct list {
    struct fg_nvml *nvml;
    bool mps;
    struct fg_probe_board *boards;
    size_t len, max;
};

/* Look at one device and append it. */
static void add_device(struct list *list, fg_nvml_device handle, fg_nvml_device parent)
{
    const struct fg_nvml *nvml = list->nvml;
    struct fg_nvml_memory memory;
    char product[96], uuid[96];
    unsigned int minor;
    if (list->len == list->max || nvml->name(handle, product, sizeof(product)) != FG_NVML_OK
        || nvml->uuid(handle, uuid, sizeof(uuid)) != FG_NVML_OK
        || nvml->memory(handle, &memory) != FG_NVML_OK)
        return;
    struct fg_probe_board *board = &list->boards[list->len];
    *board = (struct fg_probe_board){
        .handle = handle, .parent = parent, .minor = -1, .share_milli = 1000};
    struct fg_device_spec *spec = &board->spec;
    fg_product_kind(product, "nvidia", spec->kind);
    if (!fg_copy(spec->id, sizeof(spec->id), uuid))
        return;
    fg_copy(spec->expose, sizeof(spec->expose), "CUDA_VISIBLE_DEVICES");
    spec->vendor = FG_VENDOR_NVIDIA;
    spec->share = parent ? FG_SHARE_MIG : list->mps ? FG_SHARE_MPS : FG_SHARE_ADVISORY;
    spec->mem_mib = (uint32_t)(memory.total / MIB);
    spec->numa = numa_of(nvml, parent ? parent : handle);
    if (!parent && nvml->minor && nvml->minor(handle, &minor) == FG_NVML_OK)
        board->minor = (int)minor;
    fg_nvml_gpm_add(list->nvml, board);
    list->len++;
}

static bool by_nvlink(const struct fg_nvml *nvml, fg_nvml_device a, fg_nvml_device b)
{
    int status;
    return nvml->p2p && nvml->p2p(a, b, FG_NVML_P2P_NVLINK, &status) == FG_NVML_OK
           && status == FG_NVML_P2P_OK;
}

static bool by_switch(const struct fg_nvml *nvml, fg_nvml_device a, fg_nvml_device b)
{
    int level;
    return nvml->common && nvml->common(a, b, &level) == FG_NVML_OK
           && level <= FG_NVML_ONE_SWITCH;
}

typedef bool joined_fn(const struct fg_nvml *nvml, fg_nvml_device a, fg_nvml_device b);

/* Join what is joined; an island has the number of its first device.  Returns how many joints there are. */
static size_t join(struct list *list, joined_fn *joined)
{
    struct fg_probe_board *boards = list->boards;
    size_t joints = 0;
    for (size_t b = 1; b < list->len; b++)
        for (size_t a = 0; a < b; a++) {
            if (boards[a].parent || boards[b].parent
                || !joined(list->nvml, boards[a].handle, boards[b].handle))
                continue;
            joints++;
            int32_t from = boards[b].spec.island, to = boards[a].spec.island;
            for (size_t i = 0; i <= b; i++)
                if (boards[i].spec.island == from)
                    boards[i].spec.island = to;
        }
    return joints;
}

/* NVLink, else PCIe switches; where the library can tell neither, nothing is known.  Instances of a board cannot talk to
 * others directly. */
static void find_islands(struct list *list)
{
    for (size_t i = 0; i < list->len; i++)
        list->boards[i].spec.island = (int32_t)i;
    if (join(list, by_nvlink) || join(list, by_switch))
        return;
    for (size_t i = 0; i < list->len; i++)
        list->boards[i].spec.island = -1;
}

static bool has_mig(const struct fg_nvml *nvml, fg_nvml_device handle)
{
    unsigned int current, pending;
    return nvml->mig_mode && nvml->mig_max && nvml->mig_by_index
           && nvml->mig_mode(handle, &current, &pending) == FG_NVML_OK && current == 1;
}

/* The instances of a board share its power as they share its memory, so that their sum is the board's. */
static void add_instances(struct list *list, fg_nvml_device handle)
{
    const struct fg_nvml *nvml = list->nvml;
    unsigned int most = 0;
    size_t first = list->len;
    int64_t sum_mib = 0;
    fg_nvml_device instance;
    if (nvml->mig_max(handle, &most) != FG_NVML_OK)
        return;
    for (unsigned int i = 0; i < most; i++)
        if (nvml->mig_by_index(handle, i, &instance) == FG_NVML_OK)
            add_device(list, instance, handle);
    for (size_t i = first; i < list->len; i++)
        sum_mib += list->boards[i].spec.mem_mib;
    for (size_t i = first; i < list->len && sum_mib > 0; i++)
        list->boards[i].share_milli = list->boards[i].spec.mem_mib * 1000LL / sum_mib;
}

static size_t nvml_list(void *library, bool mps, struct fg_probe_board *out, size_t max)
{
    struct fg_nvml *nvml = library;
    struct list list = {.nvml = nvml, .mps = mps, .boards = out, .max = max};
    unsigned int len = 0;
    if (nvml->init() != FG_NVML_OK || nvml->count(&len) != FG_NVML_OK)
        return 0;
    if (!nvml->events_new || !nvml->events_of || !nvml->events_wait
        || nvml->events_new(&nvml->events) != FG_NVML_OK)
        nvml->events = NULL;
    for (unsigned int i = 0; i < len; i++) {
        fg_nvml_device handle;
        if (nvml->by_index(i, &handle) != FG_NVML_OK)
            continue;
        if (has_mig(nvml, handle))
            add_instances(&list, handle);
        else
            add_device(&list, handle, NULL);
        if (nvml->events) /* a device that cannot is silent */
            nvml->events_of(handle, FG_NVML_EVENT_XID, nvml->events);
    }
    find_islands(&list);
    return list.len;
}

static int nvml_wait_error(void *library, void **out_handle, int64_t *out_xid)
{
    struct fg_nvml *nvml = library;
    struct fg_nvml_event event = {};
    if (!nvml->events)
        return -1;
    int rc = nvml->events_wait(nvml->events, &event, EVENTS_WAIT_MS);
    if (rc == FG_NVML_TIMEOUT)
        return 0;
    if (rc != FG_NVML_OK)
        return -1;
    *out_handle = event.device;
    *out_xid = (int64_t)event.data;
    return event.type == FG_NVML_EVENT_XID;
}

static void *nvml_open(void)
{
    const char *path = getenv("FASTGPU_NVML_LIBRARY");
    struct fg_nvml *nvml = calloc(1, sizeof(*nvml));
    if (!nvml)
        abort();
    nvml->library = dlopen(path && *path ? path : FG_NVML_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    bool complete = nvml->library != NULL;
#define X(needed, name, symbol, parameters)                                                    \
    if (nvml->library)                                                                         \
        *(void **)(void *)&nvml->name = dlsym(nvml->library, symbol);                          \
    complete = complete && (nvml->name || !(needed));
    FG_NVML_CALLS(X)
#undef X
    if (complete)
        return nvml;
    if (nvml->library)
        dlclose(nvml->library);
    free(nvml);
    return NULL;
}

static void nvml_close(void *library)
{
    struct fg_nvml *nvml = library;
    fg_nvml_gpm_free(nvml);
    nvml->shutdown();
    dlclose(nvml->library);
    free(nvml);
}

const struct fg_probe_vendor fg_probe_nvidia = {
    .name = "NVIDIA",
    .open = nvml_open,
    .list = nvml_list,
    .steps = fg_nvml_steps,
    .wait_error = nvml_wait_error,
    .power = fg_nvml_power,
    .close = nvml_close,
};
