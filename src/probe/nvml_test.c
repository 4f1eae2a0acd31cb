/* nvml_test.c - devices of the fake library, kinds from product names, a driver that hangs. */
#include "probe/nvml.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char script[] = "/tmp/fastgpu-fake-nvml-XXXXXX";

static void show(const char *text)
{
    FILE *file = fopen(script, "we");
    if (!file)
        exit(1);
    fputs(text, file);
    fclose(file);
}

static void kinds_are_short(void)
{
    static const struct {
        const char *product, *kind;
    } cases[] = {
        {"NVIDIA H100 80GB HBM3", "h100"},
        {"NVIDIA H100 NVL", "h100"},
        {"NVIDIA H200", "h200"},
        {"NVIDIA B200", "b200"},
        {"NVIDIA GH200 480GB", "gh200"},
        {"NVIDIA A100-SXM4-40GB", "a100"},
        {"NVIDIA A10G", "a10g"},
        {"NVIDIA L40S", "l40s"},
        {"Tesla T4", "t4"},
        {"Tesla V100-SXM2-16GB", "v100"},
        {"NVIDIA GeForce RTX 4090", "rtx4090"},
        {"NVIDIA GeForce RTX 4070 Ti SUPER", "rtx4070tisuper"},
        {"NVIDIA RTX A6000", "a6000"},
        {"NVIDIA RTX 6000 Ada Generation", "rtx6000ada"},
        {"Quadro RTX 8000", "rtx8000"},
        {"NVIDIA TITAN V", "titanv"},
        {"NVIDIA A100-SXM4-40GB MIG 1g.5gb", "a100-mig-1g.5gb"},
        {"", "nvidia"},
        {"NVIDIA Graphics Device", "nvidia"},
        {"\x01\x02 ;rm -rf", "nvidia"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char kind[FG_KIND_MAX];
        fg_nvml_kind(cases[i].product, kind);
        if (!OK(strcmp(kind, cases[i].kind) == 0))
            printf("#   %s: %s, want %s\n", cases[i].product, kind, cases[i].kind);
    }
}

static void boards_and_instances_are_devices(void)
{
    struct fg_device_spec devices[8];
    struct fg_nvml_reading reading;
    show("NVIDIA H100 80GB HBM3|81559|2048|37|310000|55\n"
         "NVIDIA A100-SXM4-40GB|40960|0|0|60000|30|2|3g.20gb|20096\n");
    struct fg_nvml *nvml = fg_nvml_new(50000, true);
    OK(nvml != NULL);
    EQ(fg_nvml_devices(nvml, devices, 8, 5000000), 3);
    OK(strcmp(devices[0].kind, "h100") == 0 && strcmp(devices[0].id, "GPU-fake-0") == 0);
    EQ(devices[0].mem_mib, 81559);
    EQ(devices[0].share, FG_SHARE_MPS);
    OK(strcmp(devices[1].kind, "a100-mig-3g.20gb") == 0);
    OK(strcmp(devices[2].id, "MIG-fake-1-2") == 0);
    EQ(devices[2].share, FG_SHARE_MIG);
    EQ(devices[2].mem_mib, 20096);
    OK(strcmp(devices[2].expose, "CUDA_VISIBLE_DEVICES") == 0);
    EQ(fg_nvml_minor(nvml, "GPU-fake-0"), 0);
    EQ(fg_nvml_minor(nvml, "MIG-fake-1-2"), -1);
    EQ(fg_nvml_minor(nvml, "GPU-other"), -1);

    usleep(200000);
    OK(fg_nvml_read(nvml, 0, &reading));
    EQ(reading.busy_milli, 370);
    EQ(reading.mem_used_mib, 2048);
    EQ(reading.power_mw, 310000);
    EQ(reading.temp_c, 55);
    OK(fg_nvml_read(nvml, 1, &reading));
    EQ(reading.busy_milli, -1); /* the driver cannot tell for an instance */
    OK(!fg_nvml_read(nvml, 3, &reading));
    show("NVIDIA H100 80GB HBM3|81559|4096|99|410000|66\n");
    usleep(300000);
    OK(fg_nvml_read(nvml, 0, &reading));
    EQ(reading.busy_milli, 990);
    fg_nvml_free(nvml);
}

static void see_islands(const char *boards, const int32_t want[4], int want_len)
{
    struct fg_device_spec devices[8] = {};
    show(boards);
    struct fg_nvml *nvml = fg_nvml_new(50000, false);
    EQ(fg_nvml_devices(nvml, devices, 8, 5000000), want_len);
    for (int i = 0; i < want_len; i++)
        EQ(devices[i].island, want[i]);
    fg_nvml_free(nvml);
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
    struct fg_device_spec devices[8];
    show("fail\n");
    struct fg_nvml *nvml = fg_nvml_new(50000, false);
    EQ(fg_nvml_devices(nvml, devices, 8, 5000000), 0);
    fg_nvml_free(nvml);
}

static void a_driver_that_hangs_holds_nobody(void)
{
    struct fg_device_spec devices[8];
    time_t before = time(NULL);
    show("hang\n");
    struct fg_nvml *nvml = fg_nvml_new(50000, false);
    EQ(fg_nvml_devices(nvml, devices, 8, 300000), -1);
    fg_nvml_free(nvml);
    OK(time(NULL) - before < 10);
}

static void without_a_library_there_is_none(void)
{
    setenv("FASTGPU_NVML_LIBRARY", "/no/such/library.so", 1);
    OK(fg_nvml_new(50000, false) == NULL);
    fg_nvml_free(NULL);
}

int main(void)
{
    int fd = mkstemp(script);
    setenv("FASTGPU_FAKE_NVML", script, 1);
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
    RUN(kinds_are_short);
    RUN(boards_and_instances_are_devices);
    RUN(devices_that_are_joined_are_an_island);
    RUN(a_driver_that_fails_has_no_devices);
    RUN(a_driver_that_hangs_holds_nobody);
    RUN(without_a_library_there_is_none);
    unlink(script);
    close(fd);
    return tap_done();
}
