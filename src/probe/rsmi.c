/* rsmi.c - AMD's devices through ROCm SMI (librocm_smi64); see vendor.h.  Its binary interface in our words, of version 5 and
 * later; FASTGPU_ROCM_SMI_LIBRARY in the environment names another library. */
#include "probe/product.h"
#include "probe/vendor.h"

#include "base/text.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB         (1024 * 1024)
#define OK_RC       0
#define INVALID     1
#define UNSUPPORTED 2
#define PERMISSION  4
#define VRAM        0
#define SENSOR      0
#define EDGE        0 /* sensors of heat */
#define JUNCTION    1
#define OF_MEMORY   2
#define CURRENT     0
#define UMC         1 /* the block that corrects errors of memory */
#define XGMI        2 /* the kind of a link */

struct errors {
    uint64_t corrected, uncorrected, later_versions[8];
};

/* All but the first two rows may be missing. */
#define CALLS(X)                                                                               \
    X(init, "rsmi_init", (uint64_t))                                                           \
    X(count, "rsmi_num_monitor_devices", (uint32_t *))                                         \
    X(shutdown, "rsmi_shut_down", (void))                                                      \
    X(name, "rsmi_dev_name_get", (uint32_t, char *, size_t))                                   \
    X(numa, "rsmi_topo_get_numa_node_number", (uint32_t, uint32_t *))                          \
    X(link, "rsmi_topo_get_link_type", (uint32_t, uint32_t, uint64_t *, int *))                \
    X(mem_total, "rsmi_dev_memory_total_get", (uint32_t, int, uint64_t *))                     \
    X(mem_used, "rsmi_dev_memory_usage_get", (uint32_t, int, uint64_t *))                      \
    X(busy, "rsmi_dev_busy_percent_get", (uint32_t, uint32_t *))                               \
    X(mem_busy, "rsmi_dev_memory_busy_percent_get", (uint32_t, uint32_t *))                    \
    X(power_socket, "rsmi_dev_current_socket_power_get", (uint32_t, uint64_t *))               \
    X(power_mean, "rsmi_dev_power_ave_get", (uint32_t, uint32_t, uint64_t *))                  \
    X(cap, "rsmi_dev_power_cap_get", (uint32_t, uint32_t, uint64_t *))                         \
    X(cap_range, "rsmi_dev_power_cap_range_get", (uint32_t, uint32_t, uint64_t *, uint64_t *)) \
    X(cap_default, "rsmi_dev_power_cap_default_get", (uint32_t, uint64_t *))                   \
    X(cap_set, "rsmi_dev_power_cap_set", (uint32_t, uint32_t, uint64_t))                       \
    X(energy, "rsmi_dev_energy_count_get", (uint32_t, uint64_t *, float *, uint64_t *))        \
    X(temp, "rsmi_dev_temp_metric_get", (uint32_t, uint32_t, int, int64_t *))                  \
    X(errors, "rsmi_dev_ecc_count_get", (uint32_t, int, struct errors *))

struct rsmi {
    void *library;
#define X(name, symbol, parameters) int(*name) parameters;
    CALLS(X)
#undef X
};

static void *rsmi_open(void)
{
    static const char *const names[] = {"librocm_smi64.so.7", "librocm_smi64.so.6",
                                        "librocm_smi64.so.5", "/opt/rocm/lib/librocm_smi64.so"};
    const char *path = getenv("FASTGPU_ROCM_SMI_LIBRARY");
    struct rsmi *rsmi = calloc(1, sizeof(*rsmi));
    if (!rsmi)
        abort();
    if (path && *path)
        rsmi->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0;
         !(path && *path) && !rsmi->library && i < sizeof(names) / sizeof(names[0]); i++)
        rsmi->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (rsmi->library) {
#define X(name, symbol, parameters)                                                            \
    *(void **)(void *)&rsmi->name = dlsym(rsmi->library, symbol);
        CALLS(X)
#undef X
        if (rsmi->init && rsmi->count)
            return rsmi;
        dlclose(rsmi->library);
    }
    free(rsmi);
    return NULL;
}

static void rsmi_close(void *library)
{
    struct rsmi *rsmi = library;
    if (rsmi->shutdown)
        rsmi->shutdown();
    dlclose(rsmi->library);
    free(rsmi);
}

static uint32_t index_of(const struct fg_probe_board *board)
{
    return (uint32_t)board->mark[0];
}

/* Devices joined by XGMI are an island, which has the number of its first one. */
static int32_t island_of(const struct rsmi *rsmi,
                         const struct fg_probe_board *boards,
                         uint32_t index)
{
    uint64_t hops;
    int kind;
    for (uint32_t i = 0; i < index; i++)
        if (rsmi->link && rsmi->link(i, index, &hops, &kind) == OK_RC && kind == XGMI)
            return boards[i].spec.island;
    return rsmi->link ? (int32_t)index : -1;
}

static size_t rsmi_list(void *library, bool, struct fg_probe_board *out, size_t max)
{
    const struct rsmi *rsmi = library;
    uint32_t len = 0, numa;
    uint64_t bytes;
    char name[128];
    if (rsmi->init(0) != OK_RC || rsmi->count(&len) != OK_RC)
        return 0;
    for (uint32_t i = 0; i < len && i < max; i++) {
        struct fg_probe_board *it = &out[i];
        *it = (struct fg_probe_board){.minor = -1, .share_milli = 1000, .mark = {i, 0}};
        bool named = rsmi->name && rsmi->name(i, name, sizeof(name)) == OK_RC;
        fg_product_kind(named ? name : "", "amd", it->spec.kind);
        snprintf(it->spec.id, sizeof(it->spec.id), "%" PRIu32, i);
        fg_copy(it->spec.expose, sizeof(it->spec.expose), "HIP_VISIBLE_DEVICES");
        it->spec.vendor = FG_VENDOR_AMD;
        it->spec.share = FG_SHARE_ADVISORY;
        it->spec.numa =
            rsmi->numa && rsmi->numa(i, &numa) == OK_RC && numa < 1024 ? (int32_t)numa : -1;
        if (rsmi->mem_total && rsmi->mem_total(i, VRAM, &bytes) == OK_RC)
            it->spec.mem_mib = (uint32_t)(bytes / MIB);
        it->spec.island = island_of(rsmi, out, i);
    }
    return len < max ? len : max;
}

/* A call that the library may not have; `some` becomes true unless it can never answer. */
#define ASK(call, ...) (rsmi->call && hear(&some, rsmi->call(index_of(board), __VA_ARGS__)))

static bool hear(bool *some, int rc)
{
    *some |= rc != UNSUPPORTED && rc != INVALID && rc != PERMISSION;
    return rc == OK_RC;
}

static enum fg_probe_heard sum_up(bool some)
{
    return some ? FG_PROBE_HEARD : FG_PROBE_NEVER;
}

static enum fg_probe_heard read_use(void *library,
                                    struct fg_probe_board *board,
                                    struct fg_probe_reading *out)
{
    const struct rsmi *rsmi = library;
    bool some = false;
    uint32_t percent;
    uint64_t bytes;
    if (ASK(mem_used, VRAM, &bytes))
        out->value[FG_READING_MEM_USED] = (int64_t)(bytes / MIB);
    if (ASK(busy, &percent))
        out->value[FG_READING_BUSY] = percent * 10LL;
    if (ASK(mem_busy, &percent))
        out->value[FG_READING_MEM_BUSY] = percent * 10LL;
    return sum_up(some);
}

static enum fg_probe_heard read_power(void *library,
                                      struct fg_probe_board *board,
                                      struct fg_probe_reading *out)
{
    const struct rsmi *rsmi = library;
    bool some = false;
    uint64_t value_uw, count, time_ns;
    float unit_uj;
    /* Boards of the MI300 know only the first, those before only the second. */
    if (ASK(power_socket, &value_uw) || ASK(power_mean, SENSOR, &value_uw))
        out->value[FG_READING_POWER] = (int64_t)(value_uw / 1000);
    if (ASK(cap, SENSOR, &value_uw))
        out->value[FG_READING_POWER_LIMIT] = (int64_t)(value_uw / 1000);
    if (ASK(energy, &count, &unit_uj, &time_ns)) {
        double energy_mj = (double)count * (double)unit_uj / 1000;
        if (energy_mj >= 0 && energy_mj < 1e17)
            out->value[FG_READING_ENERGY] = (int64_t)energy_mj;
    }
    return sum_up(some);
}

static enum fg_probe_heard read_heat(void *library,
                                     struct fg_probe_board *board,
                                     struct fg_probe_reading *out)
{
    const struct rsmi *rsmi = library;
    bool some = false;
    int64_t milli_c;
    if (ASK(temp, JUNCTION, CURRENT, &milli_c) || ASK(temp, EDGE, CURRENT, &milli_c))
        out->value[FG_READING_TEMP] = milli_c / 1000;
    if (ASK(temp, OF_MEMORY, CURRENT, &milli_c))
        out->value[FG_READING_MEM_TEMP] = milli_c / 1000;
    return sum_up(some);
}

static enum fg_probe_heard read_errors(void *library,
                                       struct fg_probe_board *board,
                                       struct fg_probe_reading *out)
{
    const struct rsmi *rsmi = library;
    bool some = false;
    struct errors errors = {};
    if (ASK(errors, UMC, &errors)) {
        out->value[FG_READING_ECC_CORRECTED] = (int64_t)(errors.corrected & INT64_MAX);
        out->value[FG_READING_ECC_UNCORRECTED] = (int64_t)(errors.uncorrected & INT64_MAX);
    }
    return sum_up(some);
}

static int failed(int rc, struct fg_err *err)
{
    if (rc == PERMISSION)
        return fg_fail(err, FG_EPERM, "power cap: the driver lets only root");
    if (rc == UNSUPPORTED)
        return fg_fail(err, FG_ESTATE, "power cap: the driver cannot");
    return rc == OK_RC
               ? 0
               : fg_fail(err, FG_EBACKEND, "power cap: ROCm SMI fails with error %d", rc);
}

static int rsmi_power(void *library,
                      struct fg_probe_board *board,
                      struct fg_power_request *request,
                      struct fg_err *err)
{
    const struct rsmi *rsmi = library;
    uint32_t index = index_of(board);
    uint64_t value_uw, least_uw, most_uw;
    struct fg_power_range range = {-1, -1, -1, -1};
    if (!rsmi->cap || !rsmi->cap_set || request->verb == FG_POWER_CLOCKS
        || request->verb == FG_POWER_STAY)
        return fg_fail(err, FG_ESTATE, "this cannot be set through ROCm SMI");
    int rc = rsmi->cap(index, SENSOR, &value_uw);
    if (rc != OK_RC)
        return failed(rc, err);
    range.cap_mw = (int64_t)(value_uw / 1000);
    if (rsmi->cap_range && rsmi->cap_range(index, SENSOR, &most_uw, &least_uw) == OK_RC) {
        range.min_mw = (int64_t)(least_uw / 1000);
        range.max_mw = (int64_t)(most_uw / 1000);
    }
    if (rsmi->cap_default && rsmi->cap_default(index, &value_uw) == OK_RC)
        range.default_mw = (int64_t)(value_uw / 1000);
    request->range = range;
    if (request->verb == FG_POWER_RANGE)
        return 0;
    if (request->a <= 0 || request->a < range.min_mw
        || (range.max_mw >= 0 && request->a > range.max_mw))
        return fg_fail(err, FG_EINVAL,
                       "power cap of %" PRId64 " mW, expected %" PRId64 " to %" PRId64,
                       request->a, range.min_mw, range.max_mw);
    return failed(rsmi->cap_set(index, SENSOR, (uint64_t)request->a * 1000), err);
}

static fg_probe_step_fn *const steps[] = {read_use, read_power, read_heat, read_errors, NULL};

const struct fg_probe_vendor fg_probe_amd = {
    .name = "AMD",
    .open = rsmi_open,
    .list = rsmi_list,
    .steps = steps,
    .power = rsmi_power,
    .close = rsmi_close,
};
