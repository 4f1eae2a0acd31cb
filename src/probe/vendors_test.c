/* vendors_test.c - AMD's and Intel's devices, as fake libraries show them. */
#include "probe/power.h"
#include "probe/probe.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fg_probe *begin(void)
{
    return fg_probe_new(
        &(struct fg_probe_options){.interval_us = 20000, .deadline_us = 2000000});
}

static bool comes_to(struct fg_probe *probe, size_t index, enum fg_reading which, int64_t want)
{
    struct fg_probe_reading reading = {};
    for (int i = 0; i < 2000; i++) {
        if (fg_probe_read(probe, index, &reading) && reading.time_us
            && reading.value[which] == want)
            return true;
        usleep(5000);
    }
    printf("# %s: %lld, want %lld\n", fg_reading_kinds[which].name,
           (long long)reading.value[which], (long long)want);
    return false;
}

static void amd_is_read(void)
{
    struct fg_device_spec devices[8];
    struct fg_err err = {};
    setenv("FASTGPU_ROCM_SMI_LIBRARY", FAKE_RSMI, 1);
    struct fg_probe *probe = begin();
    EQ(fg_probe_devices(probe, devices, 8, 5000000, NULL), 2);
    OK(strcmp(devices[1].kind, "mi300x") == 0 && strcmp(devices[1].id, "1") == 0);
    OK(strcmp(devices[1].expose, "HIP_VISIBLE_DEVICES") == 0);
    EQ(devices[1].vendor, FG_VENDOR_AMD);
    EQ(devices[1].mem_mib, 196592);
    EQ(devices[1].island, 0);
    EQ(devices[1].numa, -1);
    OK(comes_to(probe, 0, FG_READING_BUSY, 420));
    OK(comes_to(probe, 0, FG_READING_MEM_USED, 283));
    OK(comes_to(probe, 0, FG_READING_POWER, 140000));
    OK(comes_to(probe, 1, FG_READING_POWER, 90000));
    OK(comes_to(probe, 0, FG_READING_ENERGY, 16000));
    OK(comes_to(probe, 0, FG_READING_TEMP, 51));
    OK(comes_to(probe, 0, FG_READING_ECC_UNCORRECTED, -1)); /* this library cannot */
    OK(comes_to(probe, 0, FG_READING_GONE, 0));
    struct fg_power_request ask = {.verb = FG_POWER_CAP, .a = 400000};
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    OK(comes_to(probe, 0, FG_READING_POWER_LIMIT, 400000));
    EQ(fg_power(probe, 1, &ask, 5000000, &err), FG_EPERM);
    ask.a = 1000;
    EQ(fg_power(probe, 0, &ask, 5000000, &err), FG_EINVAL);
    ask.verb = FG_POWER_CLOCKS;
    EQ(fg_power(probe, 0, &ask, 5000000, &err), FG_ESTATE);
    fg_probe_free(probe);
    setenv("FASTGPU_ROCM_SMI_LIBRARY", "/no/such/library.so", 1);
}

static void intel_is_read(void)
{
    struct fg_device_spec devices[8];
    struct fg_err err = {};
    setenv("FASTGPU_LEVEL_ZERO_LIBRARY", FAKE_ZES, 1);
    struct fg_probe *probe = begin();
    EQ(fg_probe_devices(probe, devices, 8, 5000000, NULL), 1);
    OK(strcmp(devices[0].kind, "max1550") == 0);
    OK(strcmp(devices[0].expose, "ZE_AFFINITY_MASK") == 0);
    EQ(devices[0].mem_mib, 65536);
    OK(comes_to(probe, 0, FG_READING_BUSY, 250));
    OK(comes_to(probe, 0, FG_READING_MEM_USED, 5536));
    OK(comes_to(probe, 0, FG_READING_POWER, 250000));
    OK(comes_to(probe, 0, FG_READING_TEMP, 48));
    struct fg_power_request ask = {.verb = FG_POWER_CAP, .a = 400000};
    EQ(fg_power(probe, 0, &ask, 5000000, &err), 0);
    EQ(ask.range.max_mw, 600000);
    OK(comes_to(probe, 0, FG_READING_POWER_LIMIT, 400000));
    ask.a = 200000;
    EQ(fg_power(probe, 0, &ask, 5000000, &err), FG_EINVAL);
    fg_probe_free(probe);
    setenv("FASTGPU_LEVEL_ZERO_LIBRARY", "/no/such/library.so", 1);
}

static void all_are_one_machine(void)
{
    struct fg_device_spec devices[8];
    setenv("FASTGPU_ROCM_SMI_LIBRARY", FAKE_RSMI, 1);
    setenv("FASTGPU_LEVEL_ZERO_LIBRARY", FAKE_ZES, 1);
    struct fg_probe *probe = begin();
    EQ(fg_probe_devices(probe, devices, 8, 5000000, NULL), 3);
    OK(strcmp(devices[0].kind, "mi300x") == 0 && strcmp(devices[2].kind, "max1550") == 0);
    OK(comes_to(probe, 2, FG_READING_TEMP, 48));
    fg_probe_free(probe);
}

int main(void)
{
    setenv("FASTGPU_NVML_LIBRARY", "/no/such/library.so", 1);
    setenv("FASTGPU_LEVEL_ZERO_LIBRARY", "/no/such/library.so", 1);
    RUN(amd_is_read);
    RUN(intel_is_read);
    RUN(all_are_one_machine);
    return tap_done();
}
