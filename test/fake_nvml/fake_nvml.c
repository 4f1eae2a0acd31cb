/* fake_nvml.c - NOT the NVIDIA Management Library: a fake with the same calls, for tests on machines that have no NVIDIA
 * device.  README.md says what its script may hold. */
#include "test/fake_nvml/script.h"

#include "probe/nvml_abi.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FAILED     999
#define MIB        (1024ULL * 1024)
#define SLICE_S    0.05 /* of the energy counter's integral */
#define CAP_MIN_MW 100000
#define CAP_MAX_MW 700000
#define SM_MHZ     1980
#define MEM_MHZ    2619
#define BY_CAP     4ULL /* why clocks are low: the power cap */
#define IDLE       1ULL

/* What a driver remembers of a board. */
struct state {
    unsigned cap_mw, lock_mhz;
    double energy_mj, counted_s;
};

static struct {
    pthread_mutex_t mutex;
    struct timespec read_time; /* of the script that was read */
    off_t read_size;
    bool was_read, has_start;
    double start_s;
    struct fake_script script;
    struct state states[FAKE_BOARDS_MAX];
    int xids_told[FAKE_BOARDS_MAX];
} fake = {.mutex = PTHREAD_MUTEX_INITIALIZER};

[[gnu::destructor]] static void forget(void)
{
    free(fake.script.rules);
}

static double since_start(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double now_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    if (!fake.has_start) {
        fake.start_s = now_s;
        fake.has_start = true;
    }
    return now_s - fake.start_s;
}

/* Caps outlive the process, as a driver's do: FASTGPU_FAKE_NVML_STATE names the file that keeps them, a line a board,
 * "cap mW, clock lock MHz, throughput of what runs in thousandths". */
static void load_state(void)
{
    const char *path = getenv("FASTGPU_FAKE_NVML_STATE");
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[128];
    for (size_t i = 0; file && i < FAKE_BOARDS_MAX && fgets(line, sizeof(line), file); i++)
        sscanf(line, "%u %u", &fake.states[i].cap_mw, &fake.states[i].lock_mhz);
    if (file)
        fclose(file);
}

/* Read the script again if it has changed. */
static void refresh(void)
{
    const char *path = getenv("FASTGPU_FAKE_NVML");
    struct stat now = {};
    for (size_t i = 0; !fake.was_read && i < FAKE_BOARDS_MAX; i++)
        fake.states[i] = (struct state){.cap_mw = CAP_MAX_MW};
    load_state(); /* others may have set caps meanwhile */
    if (path && stat(path, &now) < 0)
        now = (struct stat){};
    if (fake.was_read && now.st_size == fake.read_size
        && now.st_mtim.tv_sec == fake.read_time.tv_sec
        && now.st_mtim.tv_nsec == fake.read_time.tv_nsec)
        return;
    fake_script_read(&fake.script, path);
    fake.was_read = true;
    fake.read_size = now.st_size;
    fake.read_time = now.st_mtim;
}

static double value(size_t board, enum fg_reading which, double time_s, double usual)
{
    return fake_script_value(&fake.script, board, which, time_s, usual);
}

/* What the board would draw, and what it draws under its cap. */
static double power_free(size_t board, double time_s)
{
    return value(board, FG_READING_POWER, time_s, fake.script.boards[board].power_mw);
}

static double power_mw(size_t board, double time_s)
{
    return fmin(power_free(board, time_s), fake.states[board].cap_mw);
}

/* A made-up law, not unlike real ones: half of the power is three quarters of the speed. */
static double speed(size_t board, double time_s)
{
    double wanted = power_free(board, time_s);
    return wanted > 0 ? pow(power_mw(board, time_s) / wanted, 0.415) : 1;
}

static double energy_mj(size_t board, double time_s)
{
    struct state *state = &fake.states[board];
    while (state->counted_s < time_s) {
        double step_s = fmin(SLICE_S, time_s - state->counted_s);
        state->energy_mj += power_mw(board, state->counted_s + step_s / 2) * step_s;
        state->counted_s += step_s;
    }
    return value(board, FG_READING_ENERGY, time_s, state->energy_mj);
}

static void save_state(double time_s)
{
    const char *path = getenv("FASTGPU_FAKE_NVML_STATE");
    FILE *file = path ? fopen(path, "we") : NULL;
    for (size_t i = 0; file && i < fake.script.boards_len; i++)
        fprintf(file, "%u %u %.0f\n", fake.states[i].cap_mw, fake.states[i].lock_mhz,
                1000 * speed(i, time_s));
    if (file)
        fclose(file);
}

/* A handle is a number: board * 16 + instance + 1, instance 0 is the board itself. */
struct call {
    unsigned board, instance;
    double time_s;
    struct fake_board it;
};

static unsigned long number_of(fg_nvml_device device)
{
    return (unsigned long)(void *)device - 1;
}

static void hang_for_ever(void)
{
    pthread_mutex_unlock(&fake.mutex);
    for (;;)
        pause();
}

/* Begin a call; the mutex is held when it returns 0, and not after an error.  `which`: what is asked for, -1 none of the
 * readings. */
static int enter(fg_nvml_device device, int which, struct call *out)
{
    unsigned board = (unsigned)(number_of(device) / 16);
    const struct fake_rule *hang;
    int rc = 0;
    pthread_mutex_lock(&fake.mutex);
    for (refresh();
         (hang = fake_script_fault(&fake.script, FAKE_HANG, board, -1, since_start()));
         refresh()) {
        double rest_s = hang->to_s - since_start();
        pthread_mutex_unlock(&fake.mutex);
        usleep((useconds_t)(fmin(fmax(rest_s, 0), 0.1) * 1e6) + 1000);
        pthread_mutex_lock(&fake.mutex);
    }
    if (fake.script.hangs)
        hang_for_ever();
    double time_s = since_start();
    if (board >= fake.script.boards_len || fake.script.fails)
        rc = FAILED;
    else if (fake_script_fault(&fake.script, FAKE_GONE, board, -1, time_s))
        rc = FG_NVML_LOST;
    else if (which >= 0 && fake_script_fault(&fake.script, FAKE_NONE, board, which, time_s))
        rc = FG_NVML_UNSUPPORTED;
    if (rc == 0)
        *out = (struct call){board, (unsigned)(number_of(device) % 16), time_s,
                             fake.script.boards[board]};
    else
        pthread_mutex_unlock(&fake.mutex);
    return rc;
}

static int leave(int rc)
{
    pthread_mutex_unlock(&fake.mutex);
    return rc;
}

#define ENTER(which)                                                                           \
    struct call call;                                                                          \
    int rc = enter(device, which, &call);                                                      \
    if (rc != FG_NVML_OK)                                                                      \
    return rc

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned int *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, fg_nvml_device *device);
int nvmlDeviceGetName(fg_nvml_device device, char *out, unsigned int size);
int nvmlDeviceGetUUID(fg_nvml_device device, char *out, unsigned int size);
int nvmlDeviceGetMemoryInfo(fg_nvml_device device, struct fg_nvml_memory *out);
int nvmlDeviceGetP2PStatus(fg_nvml_device device, fg_nvml_device other, int, int *out);
int nvmlDeviceGetTopologyCommonAncestor(fg_nvml_device device, fg_nvml_device other, int *out);
int nvmlDeviceGetMinorNumber(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetUtilizationRates(fg_nvml_device device, struct fg_nvml_utilization *out);
int nvmlDeviceGetPowerUsage(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetEnforcedPowerLimit(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetTotalEnergyConsumption(fg_nvml_device device, unsigned long long *out);
int nvmlDeviceGetTemperature(fg_nvml_device device, int, unsigned int *out);
int nvmlDeviceGetClockInfo(fg_nvml_device device, int kind, unsigned int *out);
int nvmlDeviceGetPerformanceState(fg_nvml_device device, int *out);
int nvmlDeviceGetPcieThroughput(fg_nvml_device device, int which, unsigned int *out);
int nvmlDeviceGetFieldValues(fg_nvml_device device, int len, struct fg_nvml_field *fields);
int nvmlDeviceGetMigMode(fg_nvml_device device, unsigned int *current, unsigned int *pending);
int nvmlDeviceGetMaxMigDeviceCount(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetMigDeviceHandleByIndex(fg_nvml_device device,
                                        unsigned int index,
                                        fg_nvml_device *out);
int nvmlDeviceGetComputeRunningProcesses_v3(fg_nvml_device device,
                                            unsigned int *len,
                                            struct fg_nvml_process *out);
int nvmlDeviceGetProcessUtilization(fg_nvml_device device,
                                    struct fg_nvml_process_use *out,
                                    unsigned int *len,
                                    unsigned long long);
int nvmlGpmSampleAlloc(fg_nvml_sample *out);
int nvmlGpmSampleFree(fg_nvml_sample sample);
int nvmlGpmSampleGet(fg_nvml_device device, fg_nvml_sample sample);
int nvmlGpmMigSampleGet(fg_nvml_device device, unsigned int instance, fg_nvml_sample sample);
int nvmlGpmMetricsGet(struct fg_nvml_gpm_get *get);
int nvmlDeviceGetGpuInstanceId(fg_nvml_device device, unsigned int *out);
int nvmlEventSetCreate(void **out);
int nvmlDeviceRegisterEvents(fg_nvml_device device, unsigned long long, void *);
int nvmlEventSetWait_v2(void *, struct fg_nvml_event *out, unsigned int wait_ms);
int nvmlDeviceGetPowerManagementLimit(fg_nvml_device device, unsigned int *out);
int nvmlDeviceGetPowerManagementLimitConstraints(fg_nvml_device device,
                                                 unsigned int *least,
                                                 unsigned int *most);
int nvmlDeviceGetPowerManagementDefaultLimit(fg_nvml_device device, unsigned int *out);
int nvmlDeviceSetPowerManagementLimit(fg_nvml_device device, unsigned int cap_mw);
int nvmlDeviceSetGpuLockedClocks(fg_nvml_device device, unsigned int, unsigned int most_mhz);
int nvmlDeviceResetGpuLockedClocks(fg_nvml_device device);
int nvmlDeviceSetPersistenceMode(fg_nvml_device device, int);
int nvmlSystemGetDriverVersion(char *out, unsigned int size);
int nvmlDeviceGetEccMode(fg_nvml_device device, int *current, int *pending);
int nvmlDeviceGetTotalEccErrors(fg_nvml_device device, int type, int, unsigned long long *out);
int nvmlDeviceGetRemappedRows(fg_nvml_device device,
                              unsigned int *corrected,
                              unsigned int *uncorrected,
                              unsigned int *pending,
                              unsigned int *failed);
int nvmlDeviceGetCurrentClocksThrottleReasons(fg_nvml_device device, unsigned long long *out);

/* Without a device: whether the library works at all, and how many boards there are. */
static int boards(unsigned *out)
{
    pthread_mutex_lock(&fake.mutex);
    refresh();
    if (fake.script.hangs)
        hang_for_ever();
    *out = (unsigned)fake.script.boards_len;
    since_start();
    return leave(fake.script.fails ? FAILED : FG_NVML_OK);
}

int nvmlInit_v2(void)
{
    unsigned len;
    return boards(&len);
}

int nvmlShutdown(void)
{
    return FG_NVML_OK;
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    return boards(count);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, fg_nvml_device *device)
{
    *device = (fg_nvml_device)(index * 16UL + 1);
    return FG_NVML_OK;
}

int nvmlDeviceGetName(fg_nvml_device device, char *out, unsigned int size)
{
    ENTER(-1);
    if (call.instance == 0)
        snprintf(out, size, "%s", call.it.name);
    else
        snprintf(out, size, "%s MIG %s", call.it.name, call.it.profile);
    return leave(rc);
}

int nvmlDeviceGetUUID(fg_nvml_device device, char *out, unsigned int size)
{
    ENTER(-1);
    if (call.instance == 0)
        snprintf(out, size, "GPU-fake-%u", call.board);
    else
        snprintf(out, size, "MIG-fake-%u-%u", call.board, call.instance);
    return leave(rc);
}

int nvmlDeviceGetMemoryInfo(fg_nvml_device device, struct fg_nvml_memory *out)
{
    ENTER(FG_READING_MEM_USED);
    double used_mib = value(call.board, FG_READING_MEM_USED, call.time_s,
                            call.instance ? 0 : call.it.used_mib);
    out->total = (call.instance ? call.it.instance_mib : call.it.mem_mib) * MIB;
    out->used = (unsigned long long)used_mib * MIB;
    out->free = out->total - out->used;
    return leave(rc);
}

int nvmlDeviceGetP2PStatus(fg_nvml_device device, fg_nvml_device other, int, int *out)
{
    ENTER(-1);
    const struct fake_board *b = &fake.script.boards[number_of(other) / 16];
    *out = call.it.nvlink && call.it.nvlink == b->nvlink ? FG_NVML_P2P_OK : 1;
    return leave(rc);
}

int nvmlDeviceGetTopologyCommonAncestor(fg_nvml_device device, fg_nvml_device other, int *out)
{
    ENTER(-1);
    const struct fake_board *b = &fake.script.boards[number_of(other) / 16];
    *out = call.it.pcie && call.it.pcie == b->pcie ? FG_NVML_ONE_SWITCH : 50;
    return leave(rc);
}

int nvmlDeviceGetMinorNumber(fg_nvml_device device, unsigned int *out)
{
    ENTER(-1);
    *out = call.board;
    return leave(rc);
}

int nvmlDeviceGetUtilizationRates(fg_nvml_device device, struct fg_nvml_utilization *out)
{
    ENTER(FG_READING_BUSY);
    double busy = value(call.board, FG_READING_BUSY, call.time_s, call.it.busy * 10);
    double memory = value(call.board, FG_READING_MEM_BUSY, call.time_s, 0);
    *out = (struct fg_nvml_utilization){(unsigned)(busy / 10), (unsigned)(memory / 10)};
    return leave(call.instance ? FG_NVML_UNSUPPORTED : rc);
}

int nvmlDeviceGetPowerUsage(fg_nvml_device device, unsigned int *out)
{
    ENTER(FG_READING_POWER);
    *out = (unsigned)power_mw(call.board, call.time_s);
    return leave(rc);
}

int nvmlDeviceGetEnforcedPowerLimit(fg_nvml_device device, unsigned int *out)
{
    ENTER(FG_READING_POWER_LIMIT);
    *out = (unsigned)value(call.board, FG_READING_POWER_LIMIT, call.time_s,
                           fake.states[call.board].cap_mw);
    return leave(rc);
}

int nvmlDeviceGetTotalEnergyConsumption(fg_nvml_device device, unsigned long long *out)
{
    ENTER(FG_READING_ENERGY);
    *out = (unsigned long long)energy_mj(call.board, call.time_s);
    return leave(rc);
}

int nvmlDeviceGetTemperature(fg_nvml_device device, int, unsigned int *out)
{
    ENTER(FG_READING_TEMP);
    *out = (unsigned)value(call.board, FG_READING_TEMP, call.time_s, call.it.temp_c);
    return leave(rc);
}

int nvmlDeviceGetClockInfo(fg_nvml_device device, int kind, unsigned int *out)
{
    bool memory = kind == FG_NVML_CLOCK_MEMORY;
    ENTER(memory ? FG_READING_MEM_CLOCK : FG_READING_SM_CLOCK);
    const struct state *state = &fake.states[call.board];
    double usual = SM_MHZ * speed(call.board, call.time_s);
    if (state->lock_mhz && usual > state->lock_mhz)
        usual = state->lock_mhz;
    *out = memory ? (unsigned)value(call.board, FG_READING_MEM_CLOCK, call.time_s, MEM_MHZ)
                  : (unsigned)value(call.board, FG_READING_SM_CLOCK, call.time_s, usual);
    return leave(rc);
}

int nvmlDeviceGetPerformanceState(fg_nvml_device device, int *out)
{
    ENTER(FG_READING_PERF_STATE);
    *out = (int)value(call.board, FG_READING_PERF_STATE, call.time_s, 0);
    return leave(rc);
}

int nvmlDeviceGetPcieThroughput(fg_nvml_device device, int which, unsigned int *out)
{
    enum fg_reading reading =
        which == FG_NVML_PCIE_TX ? FG_READING_PCIE_TX : FG_READING_PCIE_RX;
    ENTER((int)reading);
    *out = (unsigned)value(call.board, reading, call.time_s, 0);
    return leave(rc);
}

int nvmlDeviceGetFieldValues(fg_nvml_device device, int len, struct fg_nvml_field *fields)
{
    ENTER(-1);
    for (int i = 0; i < len; i++) {
        bool is_temp = fields[i].field == FG_NVML_FIELD_MEM_TEMP;
        enum fg_reading which = is_temp ? FG_READING_MEM_TEMP
                                : fields[i].field == FG_NVML_FIELD_NVLINK_TX
                                    ? FG_READING_NVLINK_TX
                                    : FG_READING_NVLINK_RX;
        double usual = is_temp          ? call.it.temp_c + 5.0
                       : call.it.nvlink ? 1000 * call.time_s
                                        : -1;
        double told = value(call.board, which, call.time_s, usual);
        fields[i].rc = told < 0 ? FG_NVML_UNSUPPORTED : FG_NVML_OK;
        fields[i].value.llnumber = (unsigned long long)(told < 0 ? 0 : told);
    }
    return leave(rc);
}

int nvmlDeviceGetMigMode(fg_nvml_device device, unsigned int *current, unsigned int *pending)
{
    ENTER(-1);
    *current = *pending = call.it.instances > 0;
    return leave(rc);
}

int nvmlDeviceGetMaxMigDeviceCount(fg_nvml_device device, unsigned int *out)
{
    ENTER(-1);
    *out = 7;
    return leave(rc);
}

int nvmlDeviceGetMigDeviceHandleByIndex(fg_nvml_device device,
                                        unsigned int index,
                                        fg_nvml_device *out)
{
    ENTER(-1);
    *out = (fg_nvml_device)(call.board * 16UL + index + 2);
    return leave(index < call.it.instances ? rc : FG_NVML_NOT_FOUND);
}

int nvmlDeviceGetComputeRunningProcesses_v3(fg_nvml_device device,
                                            unsigned int *len,
                                            struct fg_nvml_process *out)
{
    ENTER(-1);
    unsigned room = *len;
    *len = 0;
    for (size_t i = 0; i < fake.script.processes_len && *len < room; i++)
        if (fake.script.processes[i].board == (int)call.board)
            out[(*len)++] =
                (struct fg_nvml_process){.pid = fake.script.processes[i].pid,
                                         .used_bytes = fake.script.processes[i].mem_mib * MIB};
    return leave(rc);
}

int nvmlDeviceGetProcessUtilization(fg_nvml_device device,
                                    struct fg_nvml_process_use *out,
                                    unsigned int *len,
                                    unsigned long long)
{
    ENTER(-1);
    unsigned room = *len;
    *len = 0;
    for (size_t i = 0; i < fake.script.processes_len && *len < room; i++)
        if (fake.script.processes[i].board == (int)call.board)
            out[(*len)++] =
                (struct fg_nvml_process_use){.pid = fake.script.processes[i].pid,
                                             .time_us = (unsigned long long)(call.time_s * 1e6),
                                             .sm = fake.script.processes[i].busy};
    return leave(*len ? rc : FG_NVML_NOT_FOUND);
}

/* ---- what the counters of a board say: only where a line of the script tells of it ---- */

struct fg_nvml_gpm_sample {
    unsigned board, instance;
    double time_s;
};

int nvmlGpmSampleAlloc(fg_nvml_sample *out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? FG_NVML_OK : FAILED;
}

int nvmlGpmSampleFree(fg_nvml_sample sample)
{
    free(sample);
    return FG_NVML_OK;
}

int nvmlDeviceGetGpuInstanceId(fg_nvml_device device, unsigned int *out)
{
    ENTER(-1);
    *out = call.instance;
    return leave(call.instance ? rc : FG_NVML_INVALID);
}

int nvmlGpmMigSampleGet(fg_nvml_device device, unsigned int instance, fg_nvml_sample sample)
{
    ENTER(FG_READING_SM_ACTIVE);
    bool can = value(call.board, FG_READING_SM_ACTIVE, call.time_s, -1) >= 0;
    *sample = (struct fg_nvml_gpm_sample){call.board, instance, call.time_s};
    return leave(can ? rc : FG_NVML_UNSUPPORTED);
}

int nvmlGpmSampleGet(fg_nvml_device device, fg_nvml_sample sample)
{
    return nvmlGpmMigSampleGet(device, 0, sample);
}

static enum fg_reading reading_of(unsigned int metric)
{
    switch (metric) {
    case FG_NVML_GPM_SM_ACTIVE:
        return FG_READING_SM_ACTIVE;
    case FG_NVML_GPM_SM_OCCUPANCY:
        return FG_READING_SM_OCCUPANCY;
    case FG_NVML_GPM_TENSOR_ACTIVE:
        return FG_READING_TENSOR_ACTIVE;
    case FG_NVML_GPM_DRAM_ACTIVE:
        return FG_READING_DRAM_ACTIVE;
    default:
        return FG_READING_BUSY;
    }
}

/* Instances differ: each is a tenth less busy than the one before. */
int nvmlGpmMetricsGet(struct fg_nvml_gpm_get *get)
{
    pthread_mutex_lock(&fake.mutex);
    double time_s = (get->from->time_s + get->to->time_s) / 2;
    for (unsigned i = 0; i < get->len; i++) {
        double told = value(get->to->board, reading_of(get->metrics[i].metric), time_s, -1);
        double less = get->to->instance > 1 ? 1 - 0.1 * (get->to->instance - 1) : 1;
        get->metrics[i].rc = told < 0 ? FG_NVML_UNSUPPORTED : FG_NVML_OK;
        get->metrics[i].value = told / 10 * less;
    }
    return leave(get->version == FG_NVML_GPM_VERSION && get->from->board == get->to->board
                     ? FG_NVML_OK
                     : FG_NVML_INVALID);
}

/* ---- errors that are told ---- */

int nvmlEventSetCreate(void **out)
{
    *out = &fake;
    return FG_NVML_OK;
}

int nvmlDeviceRegisterEvents(fg_nvml_device device, unsigned long long, void *)
{
    ENTER(FG_READING_XID);
    return leave(rc);
}

/* A rule of an Xid is told once: rules are numbered by their place. */
static bool next_xid(struct fg_nvml_event *out)
{
    double time_s = since_start();
    for (unsigned b = 0; b < fake.script.boards_len; b++) {
        const struct fake_rule *rule = fake_script_fault(&fake.script, FAKE_XID, b, -1, time_s);
        int place = rule ? (int)(rule - fake.script.rules) + 1 : 0;
        if (place == fake.xids_told[b])
            continue;
        fake.xids_told[b] = place;
        *out = (struct fg_nvml_event){.device = (fg_nvml_device)(b * 16UL + 1),
                                      .type = FG_NVML_EVENT_XID,
                                      .data = rule ? (unsigned long long)rule->from : 0};
        return rule != NULL;
    }
    return false;
}

int nvmlEventSetWait_v2(void *, struct fg_nvml_event *out, unsigned int wait_ms)
{
    for (unsigned int ms = 0;; ms += 50) {
        pthread_mutex_lock(&fake.mutex);
        refresh();
        bool told = next_xid(out);
        pthread_mutex_unlock(&fake.mutex);
        if (told)
            return FG_NVML_OK;
        if (ms >= wait_ms)
            return FG_NVML_TIMEOUT;
        usleep(50000);
    }
}

/* ---- caps and clocks ---- */

int nvmlDeviceGetPowerManagementLimit(fg_nvml_device device, unsigned int *out)
{
    ENTER(FG_READING_POWER_LIMIT);
    *out = fake.states[call.board].cap_mw;
    return leave(rc);
}

int nvmlDeviceGetPowerManagementLimitConstraints(fg_nvml_device device,
                                                 unsigned int *least,
                                                 unsigned int *most)
{
    ENTER(FG_READING_POWER_LIMIT);
    *least = CAP_MIN_MW;
    *most = CAP_MAX_MW;
    return leave(rc);
}

int nvmlDeviceGetPowerManagementDefaultLimit(fg_nvml_device device, unsigned int *out)
{
    ENTER(FG_READING_POWER_LIMIT);
    *out = CAP_MAX_MW;
    return leave(rc);
}

static int denied(const struct call *call)
{
    return fake_script_fault(&fake.script, FAKE_DENIED, call->board, -1, call->time_s)
               ? FG_NVML_NO_PERMISSION
               : FG_NVML_OK;
}

int nvmlDeviceSetPowerManagementLimit(fg_nvml_device device, unsigned int cap_mw)
{
    ENTER(FG_READING_POWER_LIMIT);
    rc = denied(&call);
    if (rc == 0 && (cap_mw < CAP_MIN_MW || cap_mw > CAP_MAX_MW))
        rc = FG_NVML_INVALID;
    if (rc == 0) {
        energy_mj(call.board, call.time_s); /* what was used under the cap before */
        fake.states[call.board].cap_mw = cap_mw;
        save_state(call.time_s);
    }
    return leave(rc);
}

static int lock_clocks(fg_nvml_device device, unsigned int mhz)
{
    ENTER(FG_READING_SM_CLOCK);
    rc = denied(&call);
    if (rc == 0) {
        fake.states[call.board].lock_mhz = mhz;
        save_state(call.time_s);
    }
    return leave(rc);
}

int nvmlDeviceSetGpuLockedClocks(fg_nvml_device device, unsigned int, unsigned int most_mhz)
{
    return lock_clocks(device, most_mhz);
}

int nvmlDeviceResetGpuLockedClocks(fg_nvml_device device)
{
    return lock_clocks(device, 0);
}

int nvmlDeviceSetPersistenceMode(fg_nvml_device device, int)
{
    ENTER(-1);
    return leave(denied(&call));
}

/* ---- health: FASTGPU_FAKE_NVML_HEALTH has a line a board, else as the script says ---- */

struct health {
    unsigned ecc_on, uncorrected, remapped, pending, failed, slowdown;
};

static int read_health(fg_nvml_device device, int which, struct health *out)
{
    ENTER(which);
    bool capped = power_mw(call.board, call.time_s) < power_free(call.board, call.time_s);
    *out = (struct health){
        1,
        (unsigned)value(call.board, FG_READING_ECC_UNCORRECTED, call.time_s, 0),
        (unsigned)value(call.board, FG_READING_ROWS_REMAPPED, call.time_s, 0),
        (unsigned)value(call.board, FG_READING_REMAP_PENDING, call.time_s, 0),
        (unsigned)value(call.board, FG_READING_REMAP_FAILED, call.time_s, 0),
        (unsigned)value(call.board, FG_READING_SLOWDOWN, call.time_s, capped ? BY_CAP : IDLE)};
    leave(rc);
    const char *path = getenv("FASTGPU_FAKE_NVML_HEALTH");
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[256];
    for (unsigned i = 0; file && i <= call.board && fgets(line, sizeof(line), file); i++)
        if (i == call.board
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
    int rc = read_health(device, -1, &health);
    *current = *pending = rc == 0 && health.ecc_on;
    return rc;
}

int nvmlDeviceGetTotalEccErrors(fg_nvml_device device, int type, int, unsigned long long *out)
{
    struct health health;
    if (type != FG_NVML_ECC_UNCORRECTED) {
        ENTER(FG_READING_ECC_CORRECTED);
        *out = (unsigned long long)value(call.board, FG_READING_ECC_CORRECTED, call.time_s, 0);
        return leave(rc);
    }
    int rc = read_health(device, FG_READING_ECC_UNCORRECTED, &health);
    *out = rc == 0 ? health.uncorrected : 0;
    return rc;
}

int nvmlDeviceGetRemappedRows(fg_nvml_device device,
                              unsigned int *corrected,
                              unsigned int *uncorrected,
                              unsigned int *pending,
                              unsigned int *failed)
{
    struct health health = {};
    int rc = read_health(device, FG_READING_ROWS_REMAPPED, &health);
    *corrected = 0;
    *uncorrected = health.remapped;
    *pending = health.pending;
    *failed = health.failed;
    return rc;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(fg_nvml_device device, unsigned long long *out)
{
    struct health health = {};
    int rc = read_health(device, FG_READING_SLOWDOWN, &health);
    *out = health.slowdown;
    return rc;
}
