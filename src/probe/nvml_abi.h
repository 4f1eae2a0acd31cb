/* nvml_abi.h - the part of NVML's binary interface that we use, in our own words: the vendor's header is
 * not free software, and a library that is loaded at run time needs no header at build time.
 */
#pragma once

typedef struct fg_nvml_handle *fg_nvml_device;

#define FG_NVML_OK              0
#define FG_NVML_SMALL           7 /* insufficient size: the list is longer than the array */
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
      (fg_nvml_device, unsigned int *, struct fg_nvml_process *))

#define FG_NVML_ECC_UNCORRECTED 1
#define FG_NVML_ECC_VOLATILE    0 /* since the driver was loaded */

/* What is only asked of a machine that is inspected; each may be missing. */
#define FG_NVML_HEALTH_CALLS(X)                                                                \
    X(driver, "nvmlSystemGetDriverVersion", (char *, unsigned int))                            \
    X(ecc_mode, "nvmlDeviceGetEccMode", (fg_nvml_device, int *, int *))                        \
    X(ecc_errors, "nvmlDeviceGetTotalEccErrors",                                               \
      (fg_nvml_device, int, int, unsigned long long *))                                        \
    X(remapped, "nvmlDeviceGetRemappedRows",                                                   \
      (fg_nvml_device, unsigned int *, unsigned int *, unsigned int *, unsigned int *))        \
    X(retirement, "nvmlDeviceGetRetiredPagesPendingStatus", (fg_nvml_device, int *))           \
    X(slowdown, "nvmlDeviceGetCurrentClocksThrottleReasons",                                   \
      (fg_nvml_device, unsigned long long *))
