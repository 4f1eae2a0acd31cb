/* nvml_look.c - one look at the health of the boards; see nvml.h */
#include "probe/nvml.h"

#include "probe/nvml_abi.h"

#include <dlfcn.h>
#include <stdlib.h>

#define MIB (1024 * 1024)

struct look {
#define X(needed, name, symbol, parameters) int(*name) parameters;
    FG_NVML_CALLS(X)
#undef X
#define X(name, symbol, parameters) int(*name) parameters;
    FG_NVML_HEALTH_CALLS(X)
#undef X
};

static bool load(struct look *look)
{
    const char *path = getenv("FASTGPU_NVML_LIBRARY");
    void *library = dlopen(path && *path ? path : FG_NVML_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    bool complete = library != NULL;
    if (!library)
        return false;
#define X(needed, name, symbol, parameters)                                                    \
    *(void **)(void *)&look->name = dlsym(library, symbol);                                    \
    complete = complete && (look->name || !(needed));
    FG_NVML_CALLS(X)
#undef X
#define X(name, symbol, parameters) *(void **)(void *)&look->name = dlsym(library, symbol);
    FG_NVML_HEALTH_CALLS(X)
#undef X
    return complete;
}

static void look_at_memory(const struct look *look,
                           fg_nvml_device device,
                           struct fg_nvml_health *out)
{
    unsigned long long errors;
    unsigned int corrected, uncorrected, pending, failed;
    int mode, next, retiring;
    if (look->ecc_mode && look->ecc_mode(device, &mode, &next) == FG_NVML_OK)
        out->ecc_on = mode != 0;
    if (look->ecc_errors
        && look->ecc_errors(device, FG_NVML_ECC_UNCORRECTED, FG_NVML_ECC_VOLATILE, &errors)
               == FG_NVML_OK)
        out->ecc_uncorrected = errors > INT32_MAX ? INT32_MAX : (int64_t)errors;
    if (look->remapped
        && look->remapped(device, &corrected, &uncorrected, &pending, &failed) == FG_NVML_OK) {
        out->rows_remapped = uncorrected;
        out->remap_pending = pending != 0;
        out->remap_failed = failed != 0;
    } else if (look->retirement && look->retirement(device, &retiring) == FG_NVML_OK) {
        out->remap_pending = retiring != 0; /* boards before 2020 retire pages instead */
    }
}

static bool look_at(const struct look *look, unsigned int index, struct fg_nvml_health *out)
{
    fg_nvml_device device;
    struct fg_nvml_memory memory;
    unsigned int value;
    unsigned long long reasons;
    *out = (struct fg_nvml_health){.ecc_on = -1,
                                   .ecc_uncorrected = -1,
                                   .rows_remapped = -1,
                                   .remap_pending = -1,
                                   .remap_failed = -1,
                                   .temp_c = -1,
                                   .power_mw = -1,
                                   .slowdown = -1};
    if (look->by_index(index, &device) != FG_NVML_OK
        || look->name(device, out->product, sizeof(out->product)) != FG_NVML_OK
        || look->uuid(device, out->id, sizeof(out->id)) != FG_NVML_OK
        || look->memory(device, &memory) != FG_NVML_OK)
        return false;
    out->mem_mib = (uint32_t)(memory.total / MIB);
    look_at_memory(look, device, out);
    if (look->temperature
        && look->temperature(device, FG_NVML_TEMPERATURE_GPU, &value) == FG_NVML_OK)
        out->temp_c = value;
    if (look->power && look->power(device, &value) == FG_NVML_OK)
        out->power_mw = value;
    if (look->slowdown && look->slowdown(device, &reasons) == FG_NVML_OK)
        out->slowdown = (int64_t)(reasons & INT64_MAX);
    return true;
}

int fg_nvml_look(struct fg_nvml_health *out, size_t max, char driver[80])
{
    struct look look = {};
    unsigned int len = 0;
    int found = 0;
    driver[0] = '\0';
    if (!load(&look) || look.init() != FG_NVML_OK)
        return -1;
    if (look.driver && look.driver(driver, 80) != FG_NVML_OK)
        driver[0] = '\0';
    if (look.count(&len) != FG_NVML_OK)
        found = -1;
    for (unsigned int i = 0; found >= 0 && i < len && (size_t)found < max; i++)
        found += look_at(&look, i, &out[found]);
    look.shutdown();
    return found;
}
