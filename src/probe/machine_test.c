/* machine_test.c - texts of /proc as kernels write them, and a machine made of files. */
#include "probe/machine.h"

#include "probe/machine_text.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/fastgpu-machine-test-XXXXXX";

static void put(const char *path, const char *text)
{
    char whole[512];
    for (const char *at = path; (at = strchr(at + 1, '/'));) {
        snprintf(whole, sizeof(whole), "%s%.*s", root, (int)(at - path), path);
        mkdir(whole, 0700);
    }
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    FILE *file = fopen(whole, "we");
    if (!file)
        exit(1);
    fputs(text, file);
    fclose(file);
}

static void texts_are_read(void)
{
    struct fg_machine_ticks ticks;
    OK(fg_machine_read_ticks("cpu  100 1 20 300 4 5 6 7 0 0\ncpu0 1 2\n", &ticks));
    EQ(ticks.busy, 132);
    EQ(ticks.total, 443);
    OK(fg_machine_read_ticks("cpu  100 1 20 300\n", &ticks));
    EQ(ticks.total, 421);
    OK(!fg_machine_read_ticks("cpu  100 1 x\n", &ticks));
    OK(!fg_machine_read_ticks("cpu0  100 1 20 300\n", &ticks));
    OK(!fg_machine_read_ticks("cpu -1 1 20 300\n", &ticks));
    OK(!fg_machine_read_ticks("cpu 99999999999999999999 1 20 300\n", &ticks));
    OK(!fg_machine_read_ticks("", &ticks));
    EQ(fg_machine_read_memory("MemTotal: 10240 kB\nMemFree: 1 kB\nMemAvailable:  2048 kB\n"),
       8);
    EQ(fg_machine_read_memory("MemTotal: 1 kB\nMemAvailable:  2048 kB\n"), -1);
    EQ(fg_machine_read_memory("MemTotal: 10240 kB\n"), -1);
    EQ(fg_machine_read_stall("some avg10=1.50 avg60=0.00 avg300=0.00 total=4242\n"
                             "full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"),
       4242);
    EQ(fg_machine_read_stall("full avg10=0.00 total=1\n"), -1);
    EQ(fg_machine_read_stall("some avg10=0.00 total=\n"), -1);
    EQ(fg_machine_grown(10, 25, 100), 15);
    EQ(fg_machine_grown(90, 5, 100), 15); /* it began anew */
    EQ(fg_machine_grown(90, 5, -1), 0);
}

static void a_machine_is_read(void)
{
    int64_t value[FG_READINGS_LEN] = FG_READINGS_UNKNOWN;
    put("/proc/stat", "cpu  100 0 0 300 0 0 0 0\n");
    put("/proc/meminfo", "MemTotal: 10240 kB\nMemAvailable:  2048 kB\n");
    put("/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
    put("/proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    put("/sys/class/powercap/intel-rapl:0/name", "package-0\n");
    put("/sys/class/powercap/intel-rapl:0/energy_uj", "9000000\n");
    put("/sys/class/powercap/intel-rapl:0/max_energy_range_uj", "10000000\n");
    put("/sys/class/powercap/intel-rapl:1/name", "psys\n"); /* counts the package again */
    put("/sys/class/powercap/intel-rapl:1/energy_uj", "1\n");
    put("/sys/class/hwmon/hwmon0/name", "coretemp\n");
    put("/sys/class/hwmon/hwmon0/temp1_input", "51000\n");
    put("/sys/class/hwmon/hwmon0/temp2_input", "63500\n");
    put("/sys/class/hwmon/hwmon1/name", "nvme\n");
    put("/sys/class/hwmon/hwmon1/temp1_input", "80000\n");
    put("/sys/class/hwmon/hwmon1/power1_input", "7000000\n"); /* of that disk alone */
    put("/sys/class/hwmon/hwmon2/name", "power_meter\n");
    put("/sys/class/hwmon/hwmon2/power1_average", "412500000\n");
    struct fg_machine *machine = fg_machine_new(root);
    fg_machine_read(machine, 1000000, value);
    EQ(value[FG_READING_BUSY], -1);
    EQ(value[FG_READING_MEM_USED], 8);
    EQ(value[FG_READING_STALL_CPU], -1);
    EQ(value[FG_READING_ENERGY], 0);
    EQ(value[FG_READING_POWER], -1);
    EQ(value[FG_READING_TEMP], 63);
    EQ(value[FG_READING_WHOLE_POWER], 412500);

    put("/proc/stat", "cpu  150 0 0 350 0 0 0 0\n");
    put("/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n");
    put("/sys/class/powercap/intel-rapl:0/energy_uj", "119000000\n");
    fg_machine_read(machine, 3000000, value);
    EQ(value[FG_READING_BUSY], 500 * sysconf(_SC_NPROCESSORS_ONLN));
    EQ(value[FG_READING_STALL_CPU], 250);
    EQ(value[FG_READING_STALL_MEM], -1); /* no such file */
    EQ(value[FG_READING_STALL_IO], 0);
    EQ(value[FG_READING_ENERGY], 110000);
    EQ(value[FG_READING_POWER], 55000);

    put("/sys/class/powercap/intel-rapl:0/energy_uj",
        "8000000\n"); /* lost: it may not be less than its end */
    fg_machine_read(machine, 4000000, value);
    EQ(value[FG_READING_ENERGY], 110000);
    fg_machine_free(machine);
}

static void a_machine_without_files_is_unknown(void)
{
    int64_t value[FG_READINGS_LEN] = FG_READINGS_UNKNOWN;
    struct fg_machine *machine = fg_machine_new("/no/such/folder");
    fg_machine_read(machine, 1000000, value);
    for (int i = 0; i < FG_READINGS_LEN; i++)
        if (value[i] != -1)
            EQ(value[i], -1);
    fg_machine_free(machine);
    fg_machine_free(NULL);
}

int main(void)
{
    char command[128];
    if (!mkdtemp(root))
        return 1;
    RUN(texts_are_read);
    RUN(a_machine_is_read);
    RUN(a_machine_without_files_is_unknown);
    snprintf(command, sizeof(command), "rm -rf %s", root);
    OK(system(command) == 0);
    return tap_done();
}
