/* nvml_abi.h - the part of NVML's binary interface that we use, in our own words: the vendor's header is
 * not free software, and a library that is loaded at run time needs no header at build time.
 */
#pragma once

typedef struct fg_nvml_handle *fg_nvml_device;

#define FG_NVML_OK              0
#define FG_NVML_INVALID         2
#define FG_NVML_UNSUPPORTED     3
#define FG_NVML_NO_PERMISSION   4
#define FG_NVML_NOT_FOUND       6
#define FG_NVML_SMALL           7 /* insufficient size: the list is longer than the array */
#define FG_NVML_TIMEOUT         10
#define FG_NVML_NO_FUNCTION     13
#define FG_NVML_LOST            15 /* the device has fallen off the bus */
#define FG_NVML_UNKNOWN         999
#define FG_NVML_TEMPERATURE_GPU 0
#define FG_NVML_P2P_NVLINK      2
#define FG_NVML_P2P_OK          0
#define FG_NVML_ONE_SWITCH      20 /* or less: the way between the two passes PCIe switches only */

struct fg_nvml_memory {
    unsigned long long total, free, used;
};
struct fg_nvml_utilization {
    unsigned int gpu, memory; /* percent */
};
struct fg_nvml_pci {
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
};
struct fg_nvml_process {
    unsigned int pid;
    unsigned long long used_bytes; /* ~0: not available */
    unsigned int gpu_instance, compute_instance;
};

struct fg_nvml_process_use {
    unsigned int pid;
    unsigned long long time_us;
    unsigned int sm, memory, encoder, decoder; /* percent */
};
/* One answer of nvmlDeviceGetFieldValues. */
struct fg_nvml_field {
    unsigned int field, scope; /* scope: a link, ~0 all of them */
    long long time_us, latency_us;
    int type, rc;
    union {
        double real;
        unsigned int number;
        unsigned long lnumber;
        unsigned long long llnumber;
        long long signed_number;
    } value;
};
#define FG_NVML_FIELD_MEM_TEMP  82
#define FG_NVML_FIELD_NVLINK_TX 138 /* KiB */
#define FG_NVML_FIELD_NVLINK_RX 139
#define FG_NVML_ALL_LINKS       ~0U
#define FG_NVML_GPM_MAX         333 /* metrics of the newest header known */

/* What the counters of a board say of the time between two samples (GPM, from Hopper on). */
typedef struct fg_nvml_gpm_sample *fg_nvml_sample;
struct fg_nvml_gpm_metric {
    unsigned int metric;
    int rc;
    double value; /* percent */
    char *names[3];
};
struct fg_nvml_gpm_get {
    unsigned int version, len; /* the library looks at `len` metrics only */
    fg_nvml_sample from, to;
    struct fg_nvml_gpm_metric metrics[FG_NVML_GPM_MAX];
};
#define FG_NVML_GPM_VERSION       1
#define FG_NVML_GPM_GRAPHICS      1
#define FG_NVML_GPM_SM_ACTIVE     2
#define FG_NVML_GPM_SM_OCCUPANCY  3
#define FG_NVML_GPM_TENSOR_ACTIVE 5
#define FG_NVML_GPM_DRAM_ACTIVE   10

struct fg_nvml_event {
    fg_nvml_device device;
    unsigned long long type, data; /* data: the number of the Xid */
    unsigned int gpu_instance, compute_instance;
};
#define FG_NVML_EVENT_XID 8ULL

#define FG_NVML_CLOCK_SM     1
#define FG_NVML_CLOCK_MEMORY 2
#define FG_NVML_PCIE_TX      0
#define FG_NVML_PCIE_RX      1

/* name in our struct, symbol, parameters; a missing optional one (0) is a missing answer. */
#define FG_NVML_CALLS(X)                                                                       \
    X(1, init, "nvmlInit_v2", (void))                                                          \
    X(1, shutdown, "nvmlShutdown", (void))                                                     \
    X(1, count, "nvmlDeviceGetCount_v2", (unsigned int *))                                     \
    X(1, by_index, "nvmlDeviceGetHandleByIndex_v2", (unsigned int, fg_nvml_device *))          \
    X(1, name, "nvmlDeviceGetName", (fg_nvml_device, char *, unsigned int))                    \
    X(1, uuid, "nvmlDeviceGetUUID", (fg_nvml_device, char *, unsigned int))                    \
    X(1, memory, "nvmlDeviceGetMemoryInfo", (fg_nvml_device, struct fg_nvml_memory *))         \
    X(0, pci, "nvmlDeviceGetPciInfo_v3", (fg_nvml_device, struct fg_nvml_pci *))               \
    X(0, p2p, "nvmlDeviceGetP2PStatus", (fg_nvml_device, fg_nvml_device, int, int *))          \
    X(0, common, "nvmlDeviceGetTopologyCommonAncestor",                                        \
      (fg_nvml_device, fg_nvml_device, int *))                                                 \
    X(0, minor, "nvmlDeviceGetMinorNumber", (fg_nvml_device, unsigned int *))                  \
    X(0, utilization, "nvmlDeviceGetUtilizationRates",                                         \
      (fg_nvml_device, struct fg_nvml_utilization *))                                          \
    X(0, power, "nvmlDeviceGetPowerUsage", (fg_nvml_device, unsigned int *))                   \
    X(0, temperature, "nvmlDeviceGetTemperature", (fg_nvml_device, int, unsigned int *))       \
    X(0, mig_mode, "nvmlDeviceGetMigMode", (fg_nvml_device, unsigned int *, unsigned int *))   \
    X(0, mig_max, "nvmlDeviceGetMaxMigDeviceCount", (fg_nvml_device, unsigned int *))          \
    X(0, mig_by_index, "nvmlDeviceGetMigDeviceHandleByIndex",                                  \
      (fg_nvml_device, unsigned int, fg_nvml_device *))                                        \
    X(0, processes, "nvmlDeviceGetComputeRunningProcesses_v3",                                 \
      (fg_nvml_device, unsigned int *, struct fg_nvml_process *))                              \
    X(0, process_use, "nvmlDeviceGetProcessUtilization",                                       \
      (fg_nvml_device, struct fg_nvml_process_use *, unsigned int *, unsigned long long))      \
    X(0, power_limit, "nvmlDeviceGetEnforcedPowerLimit", (fg_nvml_device, unsigned int *))     \
    X(0, energy, "nvmlDeviceGetTotalEnergyConsumption",                                        \
      (fg_nvml_device, unsigned long long *))                                                  \
    X(0, clock, "nvmlDeviceGetClockInfo", (fg_nvml_device, int, unsigned int *))               \
    X(0, perf_state, "nvmlDeviceGetPerformanceState", (fg_nvml_device, int *))                 \
    X(0, pcie, "nvmlDeviceGetPcieThroughput", (fg_nvml_device, int, unsigned int *))           \
    X(0, fields, "nvmlDeviceGetFieldValues", (fg_nvml_device, int, struct fg_nvml_field *))    \
    X(0, slowdown, "nvmlDeviceGetCurrentClocksThrottleReasons",                                \
      (fg_nvml_device, unsigned long long *))                                                  \
    X(0, ecc_errors, "nvmlDeviceGetTotalEccErrors",                                            \
      (fg_nvml_device, int, int, unsigned long long *))                                        \
    X(0, remapped, "nvmlDeviceGetRemappedRows",                                                \
      (fg_nvml_device, unsigned int *, unsigned int *, unsigned int *, unsigned int *))        \
    X(0, events_new, "nvmlEventSetCreate", (void **))                                          \
    X(0, events_of, "nvmlDeviceRegisterEvents", (fg_nvml_device, unsigned long long, void *))  \
    X(0, events_wait, "nvmlEventSetWait_v2", (void *, struct fg_nvml_event *, unsigned int))   \
    X(0, cap, "nvmlDeviceGetPowerManagementLimit", (fg_nvml_device, unsigned int *))           \
    X(0, cap_range, "nvmlDeviceGetPowerManagementLimitConstraints",                            \
      (fg_nvml_device, unsigned int *, unsigned int *))                                        \
    X(0, cap_default, "nvmlDeviceGetPowerManagementDefaultLimit",                              \
      (fg_nvml_device, unsigned int *))                                                        \
    X(0, cap_set, "nvmlDeviceSetPowerManagementLimit", (fg_nvml_device, unsigned int))         \
    X(0, clocks_lock, "nvmlDeviceSetGpuLockedClocks",                                          \
      (fg_nvml_device, unsigned int, unsigned int))                                            \
    X(0, clocks_free, "nvmlDeviceResetGpuLockedClocks", (fg_nvml_device))                      \
    X(0, gpm_alloc, "nvmlGpmSampleAlloc", (fg_nvml_sample *))                                  \
    X(0, gpm_free, "nvmlGpmSampleFree", (fg_nvml_sample))                                      \
    X(0, gpm_sample, "nvmlGpmSampleGet", (fg_nvml_device, fg_nvml_sample))                     \
    X(0, gpm_sample_mig, "nvmlGpmMigSampleGet",                                                \
      (fg_nvml_device, unsigned int, fg_nvml_sample))                                          \
    X(0, gpm_metrics, "nvmlGpmMetricsGet", (struct fg_nvml_gpm_get *))                         \
    X(0, mig_instance, "nvmlDeviceGetGpuInstanceId", (fg_nvml_device, unsigned int *))         \
    X(0, persist, "nvmlDeviceSetPersistenceMode", (fg_nvml_device, int))

#define FG_NVML_ECC_CORRECTED   0
#define FG_NVML_ECC_UNCORRECTED 1
#define FG_NVML_ECC_VOLATILE    0 /* since the driver was loaded */

/* What is only asked of a machine that is inspected; each may be missing. */
#define FG_NVML_HEALTH_CALLS(X)                                                                \
    X(driver, "nvmlSystemGetDriverVersion", (char *, unsigned int))                            \
    X(ecc_mode, "nvmlDeviceGetEccMode", (fg_nvml_device, int *, int *))                        \
    X(retirement, "nvmlDeviceGetRetiredPagesPendingStatus", (fg_nvml_device, int *))
