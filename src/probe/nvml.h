/* nvml.h - NVIDIA devices through the driver's own library, loaded at run time.
 *
 * Its calls may hang on a sick driver, so they are made by a thread of their own; everybody else reads
 * copies.  FASTGPU_NVML_LIBRARY in the environment names another library (tests use a fake one).
 */
#pragma once

#include "model/resources.h"

#include <stddef.h>
#include <sys/types.h>

#define FG_NVML_PROCS_MAX 64 /* processes of one device that are remembered */

struct fg_nvml;

struct fg_nvml_reading {
    int64_t time_us;    /* UTC; 0: none yet */
    int64_t busy_milli; /* -1 unknown, so are the others */
    int64_t mem_used_mib;
    int64_t power_mw;
    int64_t temp_c;
    uint32_t procs_len;
    struct {
        pid_t pid;
        int64_t mem_mib;
    } procs[FG_NVML_PROCS_MAX];
};

/* Load the library and begin to look; NULL if there is none.  `mps`: shares can be kept by MPS. */
struct fg_nvml *fg_nvml_new(int64_t interval_us, bool mps);
void fg_nvml_free(
    struct fg_nvml *nvml); /* NULL is allowed; a thread that hangs is left behind */

/* The devices, MIG instances in place of the device they are cut from; waits at most `wait_us` for a first
 * answer.  Returns how many; -1: no answer in time.  The order never changes. */
int fg_nvml_devices(struct fg_nvml *nvml,
                    struct fg_device_spec *out,
                    size_t max,
                    int64_t wait_us);

/* The newest reading of device `index`.  False: no such device. */
bool fg_nvml_read(struct fg_nvml *nvml, size_t index, struct fg_nvml_reading *out);

/* The number of /dev/nvidia<N> of the device with that id; -1: none of its own (MIG) or unknown. */
int fg_nvml_minor(struct fg_nvml *nvml, const char *id);

/* "NVIDIA H100 80GB HBM3" -> "h100"; "NVIDIA A100-SXM4-40GB MIG 1g.5gb" -> "a100-mig-1g.5gb". */
void fg_nvml_kind(const char *product, char out[FG_KIND_MAX]);

#define FG_NVML_LIBRARY "libnvidia-ml.so.1"

/* How a board is, as the driver's counters say; -1 unknown. */
struct fg_nvml_health {
    char product[96]; /* "NVIDIA H100 80GB HBM3" */
    char id[96];      /* UUID */
    uint32_t mem_mib;
    int32_t ecc_on; /* 0 or 1 */
    int64_t ecc_uncorrected, rows_remapped;
    int32_t remap_pending, remap_failed;
    int64_t temp_c, power_mw, slowdown;
};

/* Look at all boards (not the instances they are cut into) once, in this thread: it may hang, so it is for a process of its
 * own.  Writes at most `max`, and the driver's version ("" unknown).  How many; -1: there is no library, or it does not work. */
int fg_nvml_look(struct fg_nvml_health *out, size_t max, char driver[80]);
