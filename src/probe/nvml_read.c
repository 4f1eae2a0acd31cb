/* nvml_read.c - what NVML says of one device; see vendor.h and model/reading.def */
#include "probe/nvml_inner.h"

#define MIB     (1024 * 1024)
#define PERCENT 10 /* thousandths */

/* A call that the library may not have. */
#define ASK(call, ...) (nvml->call && fg_nvml_hear(&heard, nvml->call(__VA_ARGS__)))

static int64_t clip(unsigned long long value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* An instance has no heat, power or clock of its own. */
static fg_nvml_device board_of(const struct fg_probe_board *device)
{
    return device->parent ? device->parent : device->handle;
}

static enum fg_probe_heard read_memory(void *library,
                                       struct fg_probe_board *device,
                                       struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    struct fg_nvml_memory memory;
    if (ASK(memory, device->handle, &memory))
        out->value[FG_READING_MEM_USED] = clip(memory.used / MIB);
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_use(void *library,
                                    struct fg_probe_board *device,
                                    struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    struct fg_nvml_utilization use;
    if (ASK(utilization, device->handle, &use)) {
        out->value[FG_READING_BUSY] = (int64_t)use.gpu * PERCENT;
        out->value[FG_READING_MEM_BUSY] = (int64_t)use.memory * PERCENT;
    }
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_power(void *library,
                                      struct fg_probe_board *device,
                                      struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    unsigned int power, limit;
    unsigned long long energy_mj;
    fg_nvml_device board = board_of(device);
    if (ASK(power, board, &power))
        out->value[FG_READING_POWER] = power * device->share_milli / 1000;
    if (ASK(power_limit, board, &limit))
        out->value[FG_READING_POWER_LIMIT] = limit * device->share_milli / 1000;
    if (ASK(energy, board, &energy_mj))
        out->value[FG_READING_ENERGY] =
            (int64_t)((__int128)clip(energy_mj) * device->share_milli / 1000);
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_heat(void *library,
                                     struct fg_probe_board *device,
                                     struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    unsigned int temp_c;
    struct fg_nvml_field field = {.field = FG_NVML_FIELD_MEM_TEMP};
    fg_nvml_device board = board_of(device);
    if (ASK(temperature, board, FG_NVML_TEMPERATURE_GPU, &temp_c))
        out->value[FG_READING_TEMP] = temp_c;
    if (ASK(fields, board, 1, &field) && field.rc == FG_NVML_OK && field.value.number > 0)
        out->value[FG_READING_MEM_TEMP] = field.value.number;
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_clocks(void *library,
                                       struct fg_probe_board *device,
                                       struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    unsigned int mhz;
    unsigned long long reasons;
    int state;
    fg_nvml_device board = board_of(device);
    if (ASK(clock, board, FG_NVML_CLOCK_SM, &mhz))
        out->value[FG_READING_SM_CLOCK] = mhz;
    if (ASK(clock, board, FG_NVML_CLOCK_MEMORY, &mhz))
        out->value[FG_READING_MEM_CLOCK] = mhz;
    if (ASK(slowdown, board, &reasons))
        out->value[FG_READING_SLOWDOWN] = clip(reasons);
    if (ASK(perf_state, board, &state))
        out->value[FG_READING_PERF_STATE] = state; /* 32, unknown, is not believed */
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_errors(void *library,
                                       struct fg_probe_board *device,
                                       struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    unsigned long long errors;
    unsigned int corrected, uncorrected, pending, failed;
    fg_nvml_device board = board_of(device);
    if (ASK(ecc_errors, board, FG_NVML_ECC_CORRECTED, FG_NVML_ECC_VOLATILE, &errors))
        out->value[FG_READING_ECC_CORRECTED] = clip(errors);
    if (ASK(ecc_errors, board, FG_NVML_ECC_UNCORRECTED, FG_NVML_ECC_VOLATILE, &errors))
        out->value[FG_READING_ECC_UNCORRECTED] = clip(errors);
    if (ASK(remapped, board, &corrected, &uncorrected, &pending, &failed)) {
        out->value[FG_READING_ROWS_REMAPPED] = uncorrected;
        out->value[FG_READING_REMAP_PENDING] = pending != 0;
        out->value[FG_READING_REMAP_FAILED] = failed != 0;
    }
    return fg_nvml_sum_up(heard);
}

static enum fg_probe_heard read_nvlink(void *library,
                                       struct fg_probe_board *device,
                                       struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    struct fg_nvml_field fields[] = {
        {.field = FG_NVML_FIELD_NVLINK_TX, .scope = FG_NVML_ALL_LINKS},
        {.field = FG_NVML_FIELD_NVLINK_RX, .scope = FG_NVML_ALL_LINKS}};
    if (device->parent || !nvml->fields)
        return FG_PROBE_NEVER;
    int rc = nvml->fields(device->handle, 2, fields);
    if (fg_nvml_hear(&heard, rc != FG_NVML_OK ? rc : fields[0].rc))
        out->value[FG_READING_NVLINK_TX] = clip(fields[0].value.llnumber);
    if (rc == FG_NVML_OK && fg_nvml_hear(&heard, fields[1].rc))
        out->value[FG_READING_NVLINK_RX] = clip(fields[1].value.llnumber);
    return fg_nvml_sum_up(heard);
}

/* The driver counts for 20 ms in each of these calls. */
static enum fg_probe_heard read_pcie(void *library,
                                     struct fg_probe_board *device,
                                     struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    unsigned int kib;
    if (device->parent)
        return FG_PROBE_NEVER;
    if (ASK(pcie, device->handle, FG_NVML_PCIE_TX, &kib))
        out->value[FG_READING_PCIE_TX] = kib;
    if (ASK(pcie, device->handle, FG_NVML_PCIE_RX, &kib))
        out->value[FG_READING_PCIE_RX] = kib;
    return fg_nvml_sum_up(heard);
}

/* How busy each process keeps the device, by its samples since the last reading: the newest of each. */
static void read_process_use(const struct fg_nvml *nvml,
                             struct fg_probe_board *device,
                             struct fg_probe_reading *out,
                             struct fg_nvml_heard *heard)
{
    struct fg_nvml_process_use list[FG_PROBE_PROCS_MAX];
    unsigned int len = FG_PROBE_PROCS_MAX;
    unsigned long long since_us = (unsigned long long)device->mark[0];
    if (device->parent || !nvml->process_use
        || !fg_nvml_hear(heard, nvml->process_use(device->handle, list, &len, since_us)))
        return;
    for (unsigned int i = 0; i < len && i < FG_PROBE_PROCS_MAX; i++) {
        if (clip(list[i].time_us) > device->mark[0])
            device->mark[0] = clip(list[i].time_us);
        for (uint32_t k = 0; k < out->procs_len; k++)
            if (out->procs[k].pid == (pid_t)list[i].pid && list[i].sm <= 100)
                out->procs[k].busy_milli = (int64_t)list[i].sm * PERCENT;
    }
}

static enum fg_probe_heard read_processes(void *library,
                                          struct fg_probe_board *device,
                                          struct fg_probe_reading *out)
{
    const struct fg_nvml *nvml = library;
    struct fg_nvml_heard heard = {};
    struct fg_nvml_process list[FG_PROBE_PROCS_MAX];
    unsigned int len = FG_PROBE_PROCS_MAX;
    if (!ASK(processes, device->handle, &len, list))
        return fg_nvml_sum_up(heard);
    for (unsigned int i = 0; i < len && i < FG_PROBE_PROCS_MAX; i++)
        out->procs[out->procs_len++] = (struct fg_probe_process){
            .pid = (pid_t)list[i].pid,
            .mem_mib = list[i].used_bytes == ~0ULL ? -1 : clip(list[i].used_bytes / MIB),
            .busy_milli = -1};
    if (out->procs_len > 0)
        read_process_use(nvml, device, out, &heard);
    return fg_nvml_sum_up(heard);
}

fg_probe_step_fn *const fg_nvml_steps[] = {
    read_memory, read_use,  read_power,     read_heat,        read_clocks, read_errors,
    read_nvlink, read_pcie, read_processes, fg_nvml_gpm_read, NULL,
};
