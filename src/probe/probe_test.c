/* probe_test.c - devices and readings of the fake NVIDIA library, its faults, and its caps. */
#include "probe/probe.h"

#include "probe/power.h"
#include "probe/vendor.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_STEPS 2000 /* of 5 ms: for what must come, however slow the machine is */

static char script[] = "/tmp/fastgpu-fake-nvml-XXXXXX";

static void show(const char *text)
{
    char temp[sizeof(script) + 8];
    snprintf(temp, sizeof(temp), "%s.new", script);
    FILE *file = fopen(temp, "we");
    if (!file)
        exit(1);
    fputs(text, file);
    fclose(file);
    rename(temp, script);
}

static struct fg_probe *begin(const char *text)
{
    show(text);
    return fg_probe_new(
        &(struct fg_probe_options){.interval_us = 20000, .deadline_us = 300000, .mps = true});
}

static int count(struct fg_probe *probe)
{
    struct fg_device_spec devices[8];
    return fg_probe_devices(probe, devices, 8, 5000000, NULL);
}

/* Wait until a reading is that; the last one is in `*out`. */
static bool comes_to(struct fg_probe *probe,
                     size_t index,
                     enum fg_reading which,
                     int64_t want,
                     struct fg_probe_reading *out)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (fg_probe_read(probe, index, out) && out->time_us && out->value[which] == want)
            return true;
        usleep(5000);
    }
    printf("# %s of device %zu: %lld, want %lld\n", fg_reading_kinds[which].name, index,
           (long long)out->value[which], (long long)want);
    return false;
}

static bool grows(struct fg_probe *probe, size_t index, enum fg_reading which, int64_t beyond)
{
    struct fg_probe_reading reading;
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (fg_probe_read(probe, index, &reading) && reading.value[which] > beyond)
            return true;
        usleep(5000);
    }
    return false;
}

static void boards_and_instances_are_devices(void)
{
    struct fg_device_spec devices[8];
    struct fg_probe *probe =
        begin("NVIDIA H100 80GB HBM3|81559|2048|37|310000|55\n"
              "NVIDIA A100-SXM4-40GB|40960|0|0|60000|30|2|3g.20gb|20096\n");
    OK(probe != NULL);
    EQ(fg_probe_devices(probe, devices, 8, 5000000, NULL), 3);
    OK(strcmp(devices[0].kind, "h100") == 0 && strcmp(devices[0].id, "GPU-fake-0") == 0);
    EQ(devices[0].mem_mib, 81559);
    EQ(devices[0].share, FG_SHARE_MPS);
    OK(strcmp(devices[1].kind, "a100-mig-3g.20gb") == 0);
    OK(strcmp(devices[2].id, "MIG-fake-1-2") == 0);
    EQ(devices[2].share, FG_SHARE_MIG);
    EQ(devices[2].mem_mib, 20096);
    OK(strcmp(devices[2].expose, "CUDA_VISIBLE_DEVICES") == 0);
    EQ(fg_probe_minor(probe, "GPU-fake-0"), 0);
    EQ(fg_probe_minor(probe, "MIG-fake-1-2"), -1);
    EQ(fg_probe_minor(probe, "GPU-other"), -1);
    fg_probe_free(probe);
}

static void all_readings_are_there(void)
{
    static const struct {
        enum fg_reading which;
        int64_t want;
    } cases[] = {
        {FG_READING_BUSY, 370},        {FG_READING_MEM_USED, 2048},
        {FG_READING_POWER, 310000},    {FG_READING_POWER_LIMIT, 700000},
        {FG_READING_TEMP, 55},         {FG_READING_MEM_TEMP, 60},
        {FG_READING_SM_CLOCK, 1980},   {FG_READING_MEM_CLOCK, 2619},
        {FG_READING_SLOWDOWN, 1},      {FG_READING_PERF_STATE, 0},
        {FG_READING_ECC_CORRECTED, 7}, {FG_READING_ECC_UNCORRECTED, 0},
        {FG_READING_REMAP_PENDING, 0}, {FG_READING_XID, 0},
        {FG_READING_GONE, 0},          {FG_READING_NVLINK_TX, 5},
        {FG_READING_NVLINK_RX, 6},     {FG_READING_PCIE_TX, 11},
        {FG_READING_PCIE_RX, 12},      {FG_READING_MEM_BUSY, 120},
    };
    struct fg_probe_reading reading;
    struct fg_probe *probe = begin("NVIDIA H100 80GB HBM3|81559|2048|37|310000|55|0|-|0|1\n"
                                   "at 0 0 ecc_corrected=7 nvlink_tx=5 nvlink_rx=6 pcie_tx=11\n"
                                   "at 0 * pcie_rx=12 mem_busy=120\n"
                                   "process 0 4711 900 33\n");
    EQ(count(probe), 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        OK(comes_to(probe, 0, cases[i].which, cases[i].want, &reading));
    EQ(reading.procs_len, 1);
    EQ(reading.procs[0].pid, 4711);
    EQ(reading.procs[0].mem_mib, 900);
    EQ(reading.procs[0].busy_milli, 330);
    OK(grows(probe, 0, FG_READING_ENERGY, 0));
    struct fg_probe_cost cost;
    fg_probe_cost(probe, &cost);
    OK(cost.cpu_us > 0 && cost.wall_us > 0);
    OK(!fg_probe_read(probe, 1, &reading));
    show("NVIDIA H100 80GB HBM3|81559|4096|99|410000|66\n");
    OK(comes_to(probe, 0, FG_READING_BUSY, 990, &reading));
    fg_probe_free(probe);
}

static void an_instance_has_its_share_of_the_power(void)
{
    struct fg_probe_reading reading;
    struct fg_probe *probe = begin("A100|40000|0|50|300000|30|2|1g|10000\n");
    EQ(count(probe), 2);
    OK(comes_to(probe, 1, FG_READING_POWER, 150000, &reading));
    EQ(reading.value[FG_READING_BUSY], -1); /* the driver cannot tell for an instance */
    EQ(reading.value[FG_READING_PCIE_TX], -1);
    EQ(reading.value[FG_READING_TEMP], 30);
    fg_probe_free(probe);
}

/* Use says that something ran; the counters say how little of the device it was.  Of an instance they are the only use there is. */
static void counters_of_the_board_are_read(void)
{
    struct fg_probe_reading reading;
    struct fg_probe *probe =
        begin("H100|81559|0|99|310000|55\nA100|40000|0|50|300000|30\n"
              "H100|80000|0|50|300000|30|2|1g|10000\n"
              "at 0 0 sm_active=120 sm_occupancy=60 tensor_active=30 dram_active=250\n"
              "at 0 2 sm_active=800 busy=900\n");
    EQ(count(probe), 4);
    OK(comes_to(probe, 0, FG_READING_SM_ACTIVE, 120, &reading));
    EQ(reading.value[FG_READING_BUSY], 990);
    EQ(reading.value[FG_READING_SM_OCCUPANCY], 60);
    EQ(reading.value[FG_READING_TENSOR_ACTIVE], 30);
    EQ(reading.value[FG_READING_DRAM_ACTIVE], 250);
    OK(comes_to(probe, 1, FG_READING_BUSY, 500, &reading));
    EQ(reading.value[FG_READING_SM_ACTIVE], -1); /* a board that has no such counters */
    OK(comes_to(probe, 2, FG_READING_SM_ACTIVE, 800, &reading));
    EQ(reading.value[FG_READING_BUSY], 900);
    EQ(reading.value[FG_READING_TENSOR_ACTIVE], -1);
    OK(comes_to(probe, 3, FG_READING_SM_ACTIVE, 720, &reading));
    EQ(reading.value[FG_READING_BUSY], 810);
    fg_probe_free(probe);
}

static void see_islands(const char *boards, const int32_t want[4], int want_len)
{
    struct fg_device_spec devices[8] = {};
    struct fg_probe *probe = begin(boards);
    EQ(fg_probe_devices(probe, devices, 8, 5000000, NULL), want_len);
    for (int i = 0; i < want_len; i++)
        EQ(devices[i].island, want[i]);
    fg_probe_free(probe);
}

static void devices_that_are_joined_are_an_island(void)
{
#define BOARD "A|1000|0|0|1|30|0|-|0|"
    see_islands(BOARD "1|7\n" BOARD "2|7\n" BOARD "1|7\n" BOARD "0|7\n",
                (int32_t[4]){0, 1, 0, 3}, 4);
    see_islands(BOARD "0|1\n" BOARD "0|1\n" BOARD "0|2\n" BOARD "0|2\n",
                (int32_t[4]){0, 0, 2, 2}, 4);
    see_islands(BOARD "0|0\n" BOARD "0|0\n", (int32_t[4]){-1, -1}, 2);
    see_islands(BOARD "1|0\n" BOARD "1|0\n"
                      "B|1000|0|0|1|30|2|p|500|1|0\n",
                (int32_t[4]){0, 0, 2, 3}, 4);
#undef BOARD
}

static void a_driver_that_fails_has_no_devices(void)
{
    struct fg_probe *probe = begin("fail\n");
    EQ(count(probe), 0);
    fg_probe_free(probe);
}

static void a_driver_that_hangs_at_the_start_holds_nobody(void)
{
    struct fg_device_spec devices[8];
    const char *silent = NULL;
    struct fg_probe *probe = begin("hang\n");
    EQ(fg_probe_devices(probe, devices, 8, 300000, &silent), -1);
    OK(silent && strcmp(silent, "NVIDIA") == 0);
    fg_probe_free(probe);
}

/* One board hangs for a second: it is unknown, the other is not, and then it is known again. */
static void a_device_that_hangs_is_unknown(void)
{
    struct fg_probe_reading reading;
    struct fg_probe *probe = begin("A|1000|7|50|300000|30\nB|1000|7|50|300000|30\n");
    EQ(count(probe), 2);
    OK(comes_to(probe, 0, FG_READING_TEMP, 30, &reading));
    OK(comes_to(probe, 1, FG_READING_HANGS, 0, &reading));
    show("A|1000|7|50|300000|30\nB|1000|7|50|300000|31\nfault 0 0 hang 1000000\n");
    OK(grows(probe, 0, FG_READING_HANGS, 0));
    OK(comes_to(probe, 0, FG_READING_TEMP, -1, &reading));
    EQ(reading.value[FG_READING_GONE], -1);
    OK(comes_to(probe, 1, FG_READING_TEMP, 31, &reading));
    show("A|1000|7|50|300000|32\nB|1000|7|50|300000|31\n");
    OK(comes_to(probe, 0, FG_READING_TEMP, 32, &reading));
    OK(reading.value[FG_READING_HANGS] > 0);
    fg_probe_free(probe);
}

static void faults_are_told(void)
{
    struct fg_probe_reading reading;
    struct fg_probe *probe = begin("A|1000|7|50|300000|30\nB|1000|7|50|300000|30\n"
                                   "fault 0 0 xid 79\nfault 0 0 gone\n"
                                   "fault 0 1 ecc 2\nfault 0 1 unsupported temp\n");
    EQ(count(probe), 1); /* a board that is not there is no device */
    fg_probe_free(probe);
    probe = begin("A|1000|7|50|300000|30\nB|1000|7|50|300000|30\n");
    EQ(count(probe), 2);
    OK(comes_to(probe, 0, FG_READING_TEMP, 30, &reading));
    show("A|1000|7|50|300000|30\nB|1000|7|50|300000|30\n"
         "fault 0 0 xid 79\nfault 0 0 gone\n"
         "fault 0 1 ecc 2\nat 0 1 temp=4000 mem_used=999999\n");
    OK(comes_to(probe, 0, FG_READING_GONE, 1, &reading));
    EQ(reading.value[FG_READING_TEMP], -1);
    OK(comes_to(probe, 0, FG_READING_XID, 79, &reading));
    OK(comes_to(probe, 1, FG_READING_ECC_UNCORRECTED, 2, &reading));
    OK(comes_to(probe, 1, FG_READING_TEMP, -1, &reading)); /* nothing is so hot */
    EQ(reading.value[FG_READING_MEM_USED], -1);            /* nor uses more than there is */
    EQ(reading.value[FG_READING_GONE], 0);
    show("A|1000|7|50|300000|30\nB|1000|7|50|300000|33\nfault 0 1 unsupported power\n");
    OK(comes_to(probe, 1, FG_READING_TEMP, 33, &reading));
    EQ(reading.value[FG_READING_POWER], -1);
    OK(comes_to(probe, 0, FG_READING_GONE, 0, &reading));
    fg_probe_free(probe);
}

/* The counter and the sum of power by time agree; the cap bounds both. */
static void a_cap_holds_power_down(void)
{
    struct fg_probe_reading reading;
    struct fg_power_request ask = {.verb = FG_POWER_RANGE};
    struct fg_err err = {};
    struct fg_probe *probe = begin("A|1000|7|50|600000|30\nB|1000|7|50|300000|30|1|p|500\n");
    EQ(count(probe), 2);
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    EQ(ask.range.min_mw, 100000);
    EQ(ask.range.max_mw, 700000);
    EQ(ask.range.cap_mw, 700000);
    ask = (struct fg_power_request){.verb = FG_POWER_CAP, .a = 300000};
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    OK(comes_to(probe, 0, FG_READING_POWER, 300000, &reading));
    EQ(reading.value[FG_READING_POWER_LIMIT], 300000);
    OK(comes_to(probe, 0, FG_READING_SLOWDOWN, 4, &reading));
    OK(reading.value[FG_READING_SM_CLOCK] < 1980);
    ask.a = 99000;
    EQ(fg_power(probe, 0, &ask, 5000000, &err), FG_EINVAL);
    OK(strstr(err.text, "expected 100000 to 700000"));
    EQ(fg_power(probe, 1, &ask, 5000000, &err), FG_EINVAL); /* an instance */
    EQ(fg_power(probe, 2, &ask, 5000000, &err), FG_ENOENT);
    ask = (struct fg_power_request){.verb = FG_POWER_CLOCKS, .a = 210, .b = 900};
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    OK(comes_to(probe, 0, FG_READING_SM_CLOCK, 900, &reading));
    ask = (struct fg_power_request){.verb = FG_POWER_STAY, .a = 1};
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    show("A|1000|7|50|600000|30\nfault 0 * denied\n");
    ask = (struct fg_power_request){.verb = FG_POWER_CAP, .a = 700000};
    OK(comes_to(probe, 0, FG_READING_TEMP, 30, &reading));
    EQ(fg_power(probe, 0, &ask, 5000000, &err), FG_EPERM);
    OK(strstr(err.text, "only root"));
    fg_probe_free(probe);
}

static void a_call_to_a_device_that_hangs_is_given_up(void)
{
    struct fg_probe_reading reading;
    struct fg_power_request ask = {.verb = FG_POWER_RANGE};
    struct fg_err err = {};
    struct fg_probe *probe = begin("A|1000|7|50|600000|30\n");
    EQ(count(probe), 1);
    OK(comes_to(probe, 0, FG_READING_TEMP, 30, &reading));
    show("A|1000|7|50|600000|30\nfault 0 0 hang 1000000\n");
    OK(grows(probe, 0, FG_READING_HANGS, 0));
    EQ(fg_power(probe, 0, &ask, 50000, &err), FG_ETIMEOUT);
    OK(strstr(err.text, "does not answer"));
    show("A|1000|7|50|600000|30\n");
    OK(comes_to(probe, 0, FG_READING_TEMP, 30, &reading));
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    fg_probe_free(probe);
}

static void what_cannot_be_is_not_believed(void)
{
    OK(fg_probe_sane(FG_READING_POWER, 1200000, -1, 0));
    OK(!fg_probe_sane(FG_READING_POWER, 4000000000, -1, 0));
    OK(!fg_probe_sane(FG_READING_TEMP, 255, -1, 0));
    OK(!fg_probe_sane(FG_READING_PERF_STATE, 32, 0, 1000000));
    OK(fg_probe_sane(FG_READING_ENERGY, 5000000000, -1, 0));
    OK(fg_probe_sane(FG_READING_ENERGY, 700000, 0, 1000000));
    OK(!fg_probe_sane(FG_READING_ENERGY, 100000000, 0, 1000000));
    OK(fg_probe_sane(FG_READING_ENERGY, 3, 100000000,
                     1000000)); /* the driver was loaded anew */
}

static void without_a_library_there_is_none(void)
{
    setenv("FASTGPU_NVML_LIBRARY", "/no/such/library.so", 1);
    OK(fg_probe_new(&(struct fg_probe_options){.interval_us = 50000}) == NULL);
    fg_probe_free(NULL);
}

int main(void)
{
    int fd = mkstemp(script);
    setenv("FASTGPU_FAKE_NVML", script, 1);
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
    RUN(boards_and_instances_are_devices);
    RUN(all_readings_are_there);
    RUN(an_instance_has_its_share_of_the_power);
    RUN(counters_of_the_board_are_read);
    RUN(devices_that_are_joined_are_an_island);
    RUN(a_driver_that_fails_has_no_devices);
    RUN(a_device_that_hangs_is_unknown);
    RUN(faults_are_told);
    RUN(a_cap_holds_power_down);
    RUN(a_call_to_a_device_that_hangs_is_given_up);
    RUN(what_cannot_be_is_not_believed);
    RUN(a_driver_that_hangs_at_the_start_holds_nobody);
    RUN(without_a_library_there_is_none);
    unlink(script);
    close(fd);
    return tap_done();
}
