/* fake_nvml.c - NOT the NVIDIA Management Library: a fake with the same calls, for tests on machines that
 * have no NVIDIA device.
 *
 *     FASTGPU_NVML_LIBRARY=.../libfake_nvml.so FASTGPU_FAKE_NVML=gpus.txt fastgpu up
 *
 * One line a board, read again at each call, so that a test can change what it shows:
 *
 *     name|memory MiB|used MiB|busy %|power mW|temperature C|MIG instances|MIG profile|MIG memory MiB|NVLink|PCIe
 *
 * Boards with the same number in NVLink are joined by it (0: none), with the same one in PCIe they are behind one switch.
 * FASTGPU_FAKE_NVML_HEALTH names a file with a line a board, "ECC on|uncorrected errors|rows remapped|remap pending|remap
 * failed|bits of slowdown"; without it all are well.
 * A line "hang" makes every call hang, as a sick driver does; "fail" makes the start fail.  Without a file
 * there are two boards.
 */
#include "probe/nvml_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOARDS_MAX 32
#define FAILED     999
#define MIB        (1024ULL * 1024)

/* A handle is a number: board * 16 + instance + 1, instance 0 is the board itself. */
struct board {
    char name[64], profile[32];
    unsigned mem_mib, used_mib, busy, power_mw, temp_c, instances, instance_mib, nvlink, pcie;
};

static int read_boards(struct board boards[BOARDS_MAX])
{
    const char *path = getenv("FASTGPU_FAKE_NVML");
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[256];
    int len = 0;
    if (!file) {
        for (; len < 2; len++)
            boards[len] = (struct board){
                "NVIDIA H100 80GB HBM3 (FAKE)", "", 81559, 1024, 40, 310000, 55, 0, 0, 1, 0};
        return len;
    }
    while (len < BOARDS_MAX && fgets(line, sizeof(line), file)) {
        struct board *it = &boards[len];
        *it = (struct board){};
        if (strcmp(line, "hang\n") == 0)
            for (;;)
                pause();
        if (strcmp(line, "fail\n") == 0)
            len = -1;
        if (len < 0)
            break;
        if (sscanf(line, "%63[^|]|%u|%u|%u|%u|%u|%u|%31[^|]|%u|%u|%u", it->name, &it->mem_mib,
                   &it->used_mib, &it->busy, &it->power_mw, &it->temp_c, &it->instances,
                   it->profile, &it->instance_mib, &it->nvlink, &it->pcie)
            >= 2)
            len++;
    }
    fclose(file);
    return len;
}

static unsigned long number_of(fg_nvml_device device)
{
    return (unsigned long)(void *)device - 1;
}

/* The board of a handle; 0 or an error. */
static int find(fg_nvml_device device,
                struct board *out,
                unsigned *out_board,
                unsigned *out_instance)
{
    struct board boards[BOARDS_MAX];
    int len = read_boards(boards);
    unsigned board = (unsigned)(number_of(device) / 16);
    if (len <= 0 || board >= (unsigned)len)
        return FAILED;
    *out = boards[board];
    *out_board = board;
    *out_instance = (unsigned)(number_of(device) % 16);
    return FG_NVML_OK;
}

#define FIND                                                                                   \
    struct board it;                                                                           \
    unsigned board, instance;                                                                  \
    int rc = find(device, &it, &board, &instance);                                             \
    if (rc != FG_NVML_OK)                                                                      \
    return rc

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, fg_nvml_device *device);
int nvmlDeviceGetName(fg_nvml_device device, char *out, unsigned int size);
int nvmlDeviceGetUUID(fg_nvml_device device, char *out, unsigned int size);
int nvmlDeviceGetMemoryInfo(fg_nvml_device device, struct fg_nvml_memory *out);
int nvmlDeviceGetP2PStatus(fg_nvml_device a, fg_nvml_device b, int what, int *out);
int nvmlDeviceGetTopologyCommonAncestor(fg_nvml_device a, fg_nvml_device b, int *out);
int nvmlDeviceGetMinorNumber(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetUtilizationRates(fg_nvml_device device, struct fg_nvml_utilization *out);
int nvmlDeviceGetPowerUsage(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetTemperature(fg_nvml_device device, int sensor, unsigned int *out);
int nvmlDeviceGetMigMode(fg_nvml_device device, unsigned int *current, unsigned int *pending);
int nvmlDeviceGetMaxMigDeviceCount(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetMigDeviceHandleByIndex(fg_nvml_device device,
                                        unsigned int index,
                                        fg_nvml_device *out);

int nvmlInit_v2(void)
{
    struct board boards[BOARDS_MAX];
    return read_boards(boards) < 0 ? FAILED : FG_NVML_OK;
}

int nvmlShutdown(void)
{
    return FG_NVML_OK;
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    struct board boards[BOARDS_MAX];
    int len = read_boards(boards);
    *count = len < 0 ? 0 : (unsigned)len;
    return len < 0 ? FAILED : FG_NVML_OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, fg_nvml_device *device)
{
    *device = (fg_nvml_device)(index * 16UL + 1);
    return FG_NVML_OK;
}

int nvmlDeviceGetName(fg_nvml_device device, char *out, unsigned int size)
{
    FIND;
    if (instance == 0)
        snprintf(out, size, "%s", it.name);
    else
        snprintf(out, size, "%s MIG %s", it.name, it.profile);
    return rc;
}

int nvmlDeviceGetUUID(fg_nvml_device device, char *out, unsigned int size)
{
    FIND;
    if (instance == 0)
        snprintf(out, size, "GPU-fake-%u", board);
    else
        snprintf(out, size, "MIG-fake-%u-%u", board, instance);
    return rc;
}

int nvmlDeviceGetMemoryInfo(fg_nvml_device device, struct fg_nvml_memory *out)
{
    FIND;
    out->total = (instance ? it.instance_mib : it.mem_mib) * MIB;
    out->used = (instance ? 0 : it.used_mib) * MIB;
    out->free = out->total - out->used;
    return rc;
}

/* Two boards, 0 or an error. */
static int find_two(fg_nvml_device a, fg_nvml_device b, struct board out[2])
{
    unsigned board, instance;
    int rc = find(a, &out[0], &board, &instance);
    return rc ? rc : find(b, &out[1], &board, &instance);
}

int nvmlDeviceGetP2PStatus(fg_nvml_device a, fg_nvml_device b, int, int *out)
{
    struct board of[2];
    int rc = find_two(a, b, of);
    if (rc == 0)
        *out = of[0].nvlink && of[0].nvlink == of[1].nvlink ? FG_NVML_P2P_OK : 1;
    return rc;
}

int nvmlDeviceGetTopologyCommonAncestor(fg_nvml_device a, fg_nvml_device b, int *out)
{
    struct board of[2];
    int rc = find_two(a, b, of);
    if (rc == 0)
        *out = of[0].pcie && of[0].pcie == of[1].pcie ? FG_NVML_ONE_SWITCH : 50;
    return rc;
}

int nvmlDeviceGetMinorNumber(fg_nvml_device device, unsigned int *out)
{
    FIND;
    *out = board;
    return rc;
}

int nvmlDeviceGetUtilizationRates(fg_nvml_device device, struct fg_nvml_utilization *out)
{
    FIND;
    *out = (struct fg_nvml_utilization){it.busy, 0};
    return instance ? FAILED : rc;
}

int nvmlDeviceGetPowerUsage(fg_nvml_device device, unsigned int *out)
{
    FIND;
    *out = it.power_mw;
    return rc;
}

int nvmlDeviceGetTemperature(fg_nvml_device device, int, unsigned int *out)
{
    FIND;
    *out = it.temp_c;
    return rc;
}

int nvmlDeviceGetMigMode(fg_nvml_device device, unsigned int *current, unsigned int *pending)
{
    FIND;
    *current = *pending = it.instances > 0;
    return rc;
}

int nvmlDeviceGetMaxMigDeviceCount(fg_nvml_device device, unsigned int *out)
{
    FIND;
    *out = 7;
    return rc;
}

int nvmlDeviceGetMigDeviceHandleByIndex(fg_nvml_device device,
                                        unsigned int index,
                                        fg_nvml_device *out)
{
    FIND;
    if (index >= it.instances)
        return FAILED;
    *out = (fg_nvml_device)(board * 16UL + index + 2);
    return rc;
}

/* ---- health ---- */

struct health {
    unsigned ecc_on, uncorrected, remapped, pending, failed, slowdown;
};

int nvmlSystemGetDriverVersion(char *out, unsigned int size);
int nvmlDeviceGetEccMode(fg_nvml_device device, int *current, int *pending);
int nvmlDeviceGetTotalEccErrors(fg_nvml_device device,
                                int type,
                                int counter,
                                unsigned long long *out);
int nvmlDeviceGetRemappedRows(fg_nvml_device device,
                              unsigned int *corrected,
                              unsigned int *uncorrected,
                              unsigned int *pending,
                              unsigned int *failed);
int nvmlDeviceGetCurrentClocksThrottleReasons(fg_nvml_device device, unsigned long long *out);

static int read_health(fg_nvml_device device, struct health *out)
{
    *out = (struct health){.ecc_on = 1, .slowdown = 1};
    FIND;
    const char *path = getenv("FASTGPU_FAKE_NVML_HEALTH");
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[256];
    for (unsigned i = 0; file && i <= board && fgets(line, sizeof(line), file); i++)
        if (i == board
            && sscanf(line, "%u|%u|%u|%u|%u|%u", &out->ecc_on, &out->uncorrected,
                      &out->remapped, &out->pending, &out->failed, &out->slowdown)
                   != 6)
            rc = FAILED;
    if (file)
        fclose(file);
    return rc;
}

int nvmlSystemGetDriverVersion(char *out, unsigned int size)
{
    snprintf(out, size, "570.00 (FAKE)");
    return FG_NVML_OK;
}

int nvmlDeviceGetEccMode(fg_nvml_device device, int *current, int *pending)
{
    struct health health;
    int rc = read_health(device, &health);
    *current = *pending = (int)health.ecc_on;
    return rc;
}

int nvmlDeviceGetTotalEccErrors(fg_nvml_device device, int, int, unsigned long long *out)
{
    struct health health;
    int rc = read_health(device, &health);
    *out = health.uncorrected;
    return rc;
}

int nvmlDeviceGetRemappedRows(fg_nvml_device device,
                              unsigned int *corrected,
                              unsigned int *uncorrected,
                              unsigned int *pending,
                              unsigned int *failed)
{
    struct health health;
    int rc = read_health(device, &health);
    *corrected = 0;
    *uncorrected = health.remapped;
    *pending = health.pending;
    *failed = health.failed;
    return rc;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(fg_nvml_device device, unsigned long long *out)
{
    struct health health;
    int rc = read_health(device, &health);
    *out = health.slowdown;
    return rc;
}
