/* zes.c - Intel's devices through Level Zero Sysman (libze_loader); see vendor.h.  Its binary interface in our words, of
 * version 1.5 and later; FASTGPU_LEVEL_ZERO_LIBRARY in the environment names another library. */
#include "probe/product.h"
#include "probe/vendor.h"

#include "base/text.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB         (1024 * 1024)
#define PARTS_MAX   16
#define LOST        0x70000001 /* ZE_RESULT_ERROR_DEVICE_LOST */
#define PERMISSION  0x70010000 /* ..._INSUFFICIENT_PERMISSIONS */
#define ALL_ENGINES 0
#define GPU_DOMAIN  0
#define GPU_HEAT    1
#define MEMORY_HEAT 2
#define GPU_TYPE    1

/* Each structure says first which one it is. */
enum {
    DEVICE_PROPERTIES = 0x1,
    ENGINE_PROPERTIES = 0x5,
    FREQ_PROPERTIES = 0x9,
    POWER_PROPERTIES = 0xd,
    TEMP_PROPERTIES = 0x14,
    FREQ_STATE = 0x1b,
    MEM_STATE = 0x1e
};

struct device_properties {
    uint32_t is;
    void *next;
    struct {
        uint32_t is;
        void *next;
        uint32_t type, vendor_id, device_id, flags, subdevice_id, clock_mhz;
        uint64_t alloc_max;
        uint32_t contexts_max, priority_max, threads_per_unit, simd_width, units, subslices,
            slices;
        uint64_t timer_resolution;
        uint32_t timestamp_bits, kernel_timestamp_bits;
        uint8_t uuid[16];
        char name[256];
    } core;
    uint32_t subdevices;
    char serial[64], board[64], brand[64], model[64], vendor[64], driver[64];
};
/* The beginning that the properties of engines, clocks and sensors share; the rest is room. */
struct part_properties {
    uint32_t is;
    void *next;
    uint32_t type;
    uint8_t on_subdevice;
    uint32_t subdevice_id;
    double rest[8];
};
struct power_properties {
    uint32_t is;
    void *next;
    uint8_t on_subdevice;
    uint32_t subdevice_id;
    uint8_t can_control, threshold_supported;
    int32_t default_mw, min_mw, max_mw;
};
struct mem_state {
    uint32_t is;
    const void *next;
    uint32_t health;
    uint64_t free, size;
};
struct freq_state {
    uint32_t is;
    const void *next;
    double voltage, request_mhz, tdp_mhz, efficient_mhz, actual_mhz;
    uint32_t throttle;
};
/* Work or energy, and the time of the count, both in microseconds or microjoules. */
struct counter {
    uint64_t count, time_us;
};
struct sustained {
    uint8_t enabled;
    int32_t mw, interval_ms;
};

#define CALLS(X)                                                                               \
    X(init, "zesInit", (uint32_t))                                                             \
    X(drivers, "zesDriverGet", (uint32_t *, void **))                                          \
    X(cards, "zesDeviceGet", (void *, uint32_t *, void **))                                    \
    X(properties, "zesDeviceGetProperties", (void *, struct device_properties *))              \
    X(memories, "zesDeviceEnumMemoryModules", (void *, uint32_t *, void **))                   \
    X(memory, "zesMemoryGetState", (void *, struct mem_state *))                               \
    X(engines, "zesDeviceEnumEngineGroups", (void *, uint32_t *, void **))                     \
    X(engine_properties, "zesEngineGetProperties", (void *, struct part_properties *))         \
    X(engine, "zesEngineGetActivity", (void *, struct counter *))                              \
    X(powers, "zesDeviceEnumPowerDomains", (void *, uint32_t *, void **))                      \
    X(power_properties, "zesPowerGetProperties", (void *, struct power_properties *))          \
    X(power, "zesPowerGetEnergyCounter", (void *, struct counter *))                           \
    X(limits, "zesPowerGetLimits", (void *, struct sustained *, void *, void *))               \
    X(limits_set, "zesPowerSetLimits", (void *, const struct sustained *, void *, void *))     \
    X(freqs, "zesDeviceEnumFrequencyDomains", (void *, uint32_t *, void **))                   \
    X(freq_properties, "zesFrequencyGetProperties", (void *, struct part_properties *))        \
    X(freq, "zesFrequencyGetState", (void *, struct freq_state *))                             \
    X(temps, "zesDeviceEnumTemperatureSensors", (void *, uint32_t *, void **))                 \
    X(temp_properties, "zesTemperatureGetProperties", (void *, struct part_properties *))      \
    X(temp, "zesTemperatureGetState", (void *, double *))

/* The parts of a device that are asked; NULL: it has none. */
struct zes_device {
    void *engine, *power, *freq, *temp, *mem_temp;
    void *memories[PARTS_MAX];
    uint32_t memories_len;
    struct counter busy_before, energy_before;
};

struct zes {
    void *library;
#define X(name, symbol, parameters) int(*name) parameters;
    CALLS(X)
#undef X
    struct zes_device devices[FG_NODE_DEVICES_MAX];
    size_t devices_len;
};

static void *zes_open(void)
{
    const char *path = getenv("FASTGPU_LEVEL_ZERO_LIBRARY");
    struct zes *zes = calloc(1, sizeof(*zes));
    if (!zes)
        abort();
    zes->library = dlopen(path && *path ? path : "libze_loader.so.1", RTLD_NOW | RTLD_LOCAL);
    if (zes->library) {
#define X(name, symbol, parameters) *(void **)(void *)&zes->name = dlsym(zes->library, symbol);
        CALLS(X)
#undef X
        if (zes->init && zes->drivers && zes->cards && zes->properties)
            return zes;
        dlclose(zes->library);
    }
    free(zes);
    return NULL;
}

static void zes_close(void *library)
{
    struct zes *zes = library;
    dlclose(zes->library);
    free(zes);
}

typedef int parts_fn(void *device, uint32_t *len, void **out);
typedef int part_properties_fn(void *part, struct part_properties *out);

/* The part of that type that is of the whole device; NULL: there is none. */
static void *part_of(
    void *device, parts_fn *parts, part_properties_fn *properties, uint32_t is, uint32_t type)
{
    void *list[PARTS_MAX] = {};
    uint32_t len = PARTS_MAX;
    if (!parts || !properties || parts(device, &len, list) != 0)
        return NULL;
    for (uint32_t i = 0; i < len && i < PARTS_MAX; i++) {
        struct part_properties it = {.is = is};
        if (properties(list[i], &it) == 0 && it.type == type && !it.on_subdevice)
            return list[i];
    }
    return NULL;
}

static void find_parts(const struct zes *zes, void *handle, struct zes_device *out)
{
    void *list[PARTS_MAX] = {};
    uint32_t len = PARTS_MAX;
    out->engine =
        part_of(handle, zes->engines, zes->engine_properties, ENGINE_PROPERTIES, ALL_ENGINES);
    out->freq = part_of(handle, zes->freqs, zes->freq_properties, FREQ_PROPERTIES, GPU_DOMAIN);
    out->temp = part_of(handle, zes->temps, zes->temp_properties, TEMP_PROPERTIES, GPU_HEAT);
    out->mem_temp =
        part_of(handle, zes->temps, zes->temp_properties, TEMP_PROPERTIES, MEMORY_HEAT);
    if (zes->powers && zes->powers(handle, &len, list) == 0 && len > 0)
        out->power = list[0]; /* the first is the card's */
    out->memories_len = PARTS_MAX;
    if (!zes->memories || !zes->memory
        || zes->memories(handle, &out->memories_len, out->memories) != 0)
        out->memories_len = 0;
}

/* Memory of all modules, MiB; false: unknown. */
static bool read_memories(const struct zes *zes,
                          const struct zes_device *device,
                          int64_t *out_used,
                          int64_t *out_all)
{
    *out_used = *out_all = 0;
    for (uint32_t i = 0; i < device->memories_len && i < PARTS_MAX; i++) {
        struct mem_state state = {.is = MEM_STATE};
        if (zes->memory(device->memories[i], &state) != 0 || state.free > state.size)
            return false;
        *out_all += (int64_t)(state.size / MIB);
        *out_used += (int64_t)((state.size - state.free) / MIB);
    }
    return device->memories_len > 0;
}

static void add_device(struct zes *zes, void *handle, struct fg_probe_board *out)
{
    struct device_properties properties = {.is = DEVICE_PROPERTIES};
    int64_t used_mib, all_mib;
    if (zes->properties(handle, &properties) != 0 || properties.core.type != GPU_TYPE)
        return;
    size_t index = zes->devices_len;
    struct zes_device *device = &zes->devices[zes->devices_len++];
    find_parts(zes, handle, device);
    *out = (struct fg_probe_board){.handle = device, .minor = -1, .share_milli = 1000};
    struct fg_device_spec *spec = &out->spec;
    properties.core.name[sizeof(properties.core.name) - 1] = '\0';
    fg_product_kind(properties.core.name, "intel", spec->kind);
    snprintf(spec->id, sizeof(spec->id), "%zu", index);
    fg_copy(spec->expose, sizeof(spec->expose), "ZE_AFFINITY_MASK");
    spec->vendor = FG_VENDOR_INTEL;
    spec->share = FG_SHARE_ADVISORY;
    spec->numa = spec->island = -1;
    if (read_memories(zes, device, &used_mib, &all_mib))
        spec->mem_mib = (uint32_t)all_mib;
}

static size_t zes_list(void *library, bool, struct fg_probe_board *out, size_t max)
{
    struct zes *zes = library;
    void *drivers[PARTS_MAX] = {}, *devices[FG_NODE_DEVICES_MAX] = {};
    uint32_t drivers_len = PARTS_MAX;
    if (zes->init(0) != 0 || zes->drivers(&drivers_len, drivers) != 0)
        return 0;
    for (uint32_t i = 0; i < drivers_len && i < PARTS_MAX; i++) {
        uint32_t len = FG_NODE_DEVICES_MAX;
        if (zes->cards(drivers[i], &len, devices) != 0)
            continue;
        for (uint32_t k = 0; k < len && k < FG_NODE_DEVICES_MAX && zes->devices_len < max; k++)
            add_device(zes, devices[k], &out[zes->devices_len]);
    }
    return zes->devices_len;
}

/* How much a counter has grown in a thousandth of a second of its own clock, times 1000; -1 not known yet. */
static int64_t rate_of(struct counter *before, const struct counter *now)
{
    struct counter old = *before;
    *before = *now;
    if (old.time_us == 0 || now->time_us <= old.time_us || now->count < old.count)
        return -1;
    return (int64_t)((now->count - old.count) * 1000 / (now->time_us - old.time_us));
}

static enum fg_probe_heard read_use(void *library,
                                    struct fg_probe_board *board,
                                    struct fg_probe_reading *out)
{
    const struct zes *zes = library;
    struct zes_device *device = board->handle;
    struct counter now;
    int64_t used_mib, all_mib;
    int rc = zes->engine && device->engine ? zes->engine(device->engine, &now) : -1;
    if (rc == 0) {
        int64_t milli = rate_of(&device->busy_before, &now);
        out->value[FG_READING_BUSY] =
            milli > 1000 ? 1000 : milli; /* its clock is a little late */
    }
    if (read_memories(zes, device, &used_mib, &all_mib))
        out->value[FG_READING_MEM_USED] = used_mib;
    return rc == LOST ? FG_PROBE_LOST : FG_PROBE_HEARD;
}

static enum fg_probe_heard read_power(void *library,
                                      struct fg_probe_board *board,
                                      struct fg_probe_reading *out)
{
    const struct zes *zes = library;
    struct zes_device *device = board->handle;
    struct counter now;
    struct sustained limit = {};
    if (!device->power)
        return FG_PROBE_NEVER;
    if (zes->power && zes->power(device->power, &now) == 0) {
        out->value[FG_READING_ENERGY] = (int64_t)(now.count / 1000 & INT64_MAX);
        out->value[FG_READING_POWER] = rate_of(&device->energy_before, &now);
    }
    if (zes->limits && zes->limits(device->power, &limit, NULL, NULL) == 0 && limit.enabled)
        out->value[FG_READING_POWER_LIMIT] = limit.mw;
    return FG_PROBE_HEARD;
}

static enum fg_probe_heard read_heat(void *library,
                                     struct fg_probe_board *board,
                                     struct fg_probe_reading *out)
{
    const struct zes *zes = library;
    const struct zes_device *device = board->handle;
    struct freq_state clock = {.is = FREQ_STATE};
    double temp_c;
    if (zes->temp && device->temp && zes->temp(device->temp, &temp_c) == 0 && temp_c >= 0
        && temp_c < 1000)
        out->value[FG_READING_TEMP] = (int64_t)temp_c;
    if (zes->temp && device->mem_temp && zes->temp(device->mem_temp, &temp_c) == 0
        && temp_c >= 0 && temp_c < 1000)
        out->value[FG_READING_MEM_TEMP] = (int64_t)temp_c;
    if (zes->freq && device->freq && zes->freq(device->freq, &clock) == 0
        && clock.actual_mhz >= 0 && clock.actual_mhz < 1e6)
        out->value[FG_READING_SM_CLOCK] = (int64_t)clock.actual_mhz;
    return device->temp || device->mem_temp || device->freq ? FG_PROBE_HEARD : FG_PROBE_NEVER;
}

static int zes_power(void *library,
                     struct fg_probe_board *board,
                     struct fg_power_request *request,
                     struct fg_err *err)
{
    const struct zes *zes = library;
    const struct zes_device *device = board->handle;
    struct power_properties properties = {.is = POWER_PROPERTIES};
    struct sustained limit = {};
    if (!device->power || !zes->limits || !zes->limits_set || !zes->power_properties
        || request->verb == FG_POWER_CLOCKS || request->verb == FG_POWER_STAY)
        return fg_fail(err, FG_ESTATE, "this cannot be set through Level Zero");
    int rc = zes->limits(device->power, &limit, NULL, NULL);
    if (rc == 0)
        rc = zes->power_properties(device->power, &properties);
    request->range = (struct fg_power_range){properties.min_mw, properties.max_mw,
                                             properties.default_mw, limit.mw};
    if (rc == 0 && request->verb == FG_POWER_CAP) {
        if (request->a <= 0 || request->a > INT32_MAX || request->a < properties.min_mw
            || (properties.max_mw > 0 && request->a > properties.max_mw))
            return fg_fail(err, FG_EINVAL,
                           "power cap of %" PRId64 " mW, expected %" PRId32 " to %" PRId32,
                           request->a, properties.min_mw, properties.max_mw);
        limit.enabled = 1;
        limit.mw = (int32_t)request->a;
        rc = zes->limits_set(device->power, &limit, NULL, NULL);
    }
    if (rc == PERMISSION)
        return fg_fail(err, FG_EPERM, "power cap: the driver lets only root");
    return rc == 0 ? 0
                   : fg_fail(err, FG_EBACKEND, "power cap: Level Zero fails with error %#x",
                             (unsigned)rc);
}

static fg_probe_step_fn *const steps[] = {read_use, read_power, read_heat, NULL};

const struct fg_probe_vendor fg_probe_intel = {
    .name = "Intel",
    .open = zes_open,
    .list = zes_list,
    .steps = steps,
    .power = zes_power,
    .close = zes_close,
};
