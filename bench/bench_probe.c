/* bench_probe.c - what it costs to read eight devices and the machine once a second.
 *
 * The fake NVIDIA library shows eight boards with eight processes each; its own work (finding values in its script) is part of the
 * figure, a real driver's calls into the kernel are not.  The rival is what a poll of nvidia-smi does without its process: load the
 * library, begin, look at each board, end.  It reads a quarter of what is read here.  Processor time, of a core.
 */
#include "bench/bench.h"
#include "probe/machine.h"
#include "probe/nvml.h"
#include "probe/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BOARDS   8
#define SECONDS  10
#define LOOKS    20
#define DEADLINE 1500000

static char script[] = "/tmp/fastgpu-bench-probe-XXXXXX";

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_script(void)
{
    FILE *file = fdopen(mkstemp(script), "we");
    if (!file)
        bench_die("%s cannot be written", script);
    for (int i = 0; i < BOARDS; i++)
        fprintf(file, "NVIDIA H100 80GB HBM3 (FAKE)|81559|2048|37|310000|55|0|-|0|1\n");
    for (int i = 0; i < BOARDS; i++) {
        fprintf(file, "sine 10 %d busy=0..1000 power=90000..690000\n", i);
        for (int k = 0; k < 8; k++)
            fprintf(file, "process %d %d 900 12\n", i, 1000 + k);
    }
    fclose(file);
    setenv("FASTGPU_FAKE_NVML", script, 1);
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
}

int main(void)
{
    static struct fg_nvml_health boards[BOARDS];
    struct fg_device_spec devices[BOARDS];
    struct fg_probe_cost before, after;
    double rounds[SECONDS], looks[LOOKS];
    char driver[80];
    write_script();
    struct fg_machine *machine = fg_machine_new("");
    struct fg_probe *probe = fg_probe_new(
        &(struct fg_probe_options){.interval_us = 1000000, .deadline_us = DEADLINE});
    if (!probe || fg_probe_devices(probe, devices, BOARDS, 5000000, NULL) != BOARDS)
        bench_die("the fake library does not show its %d boards", BOARDS);
    for (int i = 0; i < SECONDS; i++) {
        int64_t value[FG_READINGS_LEN] = FG_READINGS_UNKNOWN;
        fg_probe_cost(probe, &before);
        sleep(1);
        double began_s = cpu_s();
        fg_machine_read(machine, bench_now_us(), value);
        double host_us = (cpu_s() - began_s) * 1e6;
        fg_probe_cost(probe, &after);
        double wall_us = (double)(after.wall_us - before.wall_us);
        rounds[i] = 100 * (host_us + (double)(after.cpu_us - before.cpu_us)) / wall_us;
    }
    for (int i = 0; i < LOOKS; i++) {
        double began_s = cpu_s();
        if (fg_nvml_look(boards, BOARDS, driver) != BOARDS)
            bench_die("the fake library does not show its %d boards", BOARDS);
        looks[i] = (cpu_s() - began_s) * 100;
    }
    bench_line("probe: 8 devices at 1 Hz", bench_quantile(rounds, SECONDS, 50), "% of a core",
               BENCH_LESS, 0.5, "the library begun anew each second",
               bench_quantile(looks, LOOKS, 50));
    fg_probe_free(probe);
    fg_machine_free(machine);
    unlink(script);
    return bench_done();
}
