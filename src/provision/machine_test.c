/* machine_test.c - what a machine says of itself, with a FAKE driver of devices: healthy, sick, silent. */
#include "provision/aside.h"
#include "provision/machine.h"

#include "base/clock.h"
#include "test/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void put(const char *name, const char *variable, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    OK(file && fputs(text, file) >= 0 && fclose(file) == 0);
    setenv(variable, path, 1);
}

static struct fg_inspect_report inspect(uint32_t burn_in_s)
{
    struct fg_inspect_report report;
    fg_machine_inspect(folder, burn_in_s, &report);
    return report;
}

static int judge(const struct fg_inspect_report *report, struct fg_err *err)
{
    struct fg_offer offer = {
        .accelerator = "h100-sxm-80g", .accelerators = 2, .accelerator_mem_mib = 81920};
    const struct fg_inspect_rules rules = {.wants_burn_in = report->burn_in_us > 0};
    return fg_inspect_judge(report, &offer, &rules, err);
}

static void a_machine_is_seen(void)
{
    struct fg_inspect_report report = inspect(0);
    OK(report.host[0] && report.cpu_milli > 0 && report.mem_mib > 0);
    OK(report.disk_mib > 0 && report.disk_free_mib >= 0);
    EQ(report.devices_len, 2);
    EQ(report.burn_in, FG_BURN_IN_NOT_RUN);
    const struct fg_inspect_device *device = &report.devices[1];
    OK(strcmp(device->kind, "h100") == 0);
    OK(strcmp(device->id, "GPU-fake-1") == 0);
    OK(strcmp(report.driver, "570.00 (FAKE)") == 0);
    EQ(device->mem_mib, 81559);
    EQ(device->ecc_on, 1);
    EQ(device->ecc_uncorrected, 0);
    EQ(device->temp_c, 55);
    EQ(judge(&report, NULL), 0);
}

static void a_healthy_machine_passes_its_test(void)
{
    struct fg_inspect_report report = inspect(1);
    EQ(report.burn_in, FG_BURN_IN_PASSED);
    OK(report.burn_in_us >= 1000000);
    for (int i = 0; i < 2; i++) {
        EQ(report.devices[i].burn_in, FG_BURN_IN_PASSED);
        OK(report.devices[i].gflops >= 0);
    }
    EQ(judge(&report, NULL), 0);
}

static void a_sick_device_is_found(void)
{
    static const struct {
        const char *fault;
        enum fg_burn_in want;
        const char *reason;
    } cases[] = {
        {"memory", FG_BURN_IN_FAILED, "words of memory"},
        {"compute", FG_BURN_IN_FAILED, "computed something wrong"},
        {"stop", FG_BURN_IN_FAILED, "CUDA_ERROR_LAUNCH_FAILED (719)"},
        {"die", FG_BURN_IN_FAILED, "the test ended by signal 9"},
        {"none", FG_BURN_IN_NOT_RUN, "CUDA_ERROR_NO_DEVICE"},
        {"program", FG_BURN_IN_NOT_RUN, "CUDA_ERROR_INVALID_PTX"},
        {"well", FG_BURN_IN_PASSED, ""},
    };
#define CASES (sizeof(cases) / sizeof(cases[0]))
    /* All of them are boards of one machine. */
    FG_AUTO(fg_buf) struct fg_buf faults = {}, boards = {};
    for (size_t i = 0; i < CASES; i++) {
        fg_buf_printf(&faults, "%s,", cases[i].fault);
        fg_buf_puts(&boards, "NVIDIA H100 80GB HBM3 (FAKE)|81559|0|0|50000|30\n");
    }
    setenv("FASTGPU_FAKE_CUDA", faults.text, 1);
    put("boards", "FASTGPU_FAKE_NVML", boards.text);
    struct fg_err err = {};
    struct fg_inspect_report report = inspect(1);
    EQ(report.burn_in, FG_BURN_IN_PASSED);
    EQ(report.devices_len, CASES);
    EQ(judge(&report, &err), FG_EBACKEND);
    printf("# %s\n", err.text);
    for (size_t i = 0; i < CASES; i++) {
        printf("# %s: %s\n", cases[i].fault, report.devices[i].burn_in_reason);
        EQ(report.devices[i].burn_in, cases[i].want);
        OK(strstr(report.devices[i].burn_in_reason, cases[i].reason) != NULL);
    }
    unsetenv("FASTGPU_FAKE_CUDA");
    unsetenv("FASTGPU_FAKE_NVML");
    setenv("FASTGPU_CUDA_LIBRARY", "/no/such/library", 1);
    report = inspect(1);
    EQ(report.devices[0].burn_in, FG_BURN_IN_NOT_RUN);
    setenv("FASTGPU_CUDA_LIBRARY", FAKE_CUDA, 1);
}

static void the_drivers_counters_are_told(void)
{
    struct fg_err err = {};
    put("health", "FASTGPU_FAKE_NVML_HEALTH", "1|0|4|0|0|1\n1|2|1|1|1|64\n");
    struct fg_inspect_report report = inspect(0);
    EQ(report.devices[0].rows_remapped, 4);
    EQ(report.devices[1].ecc_uncorrected, 2);
    EQ(report.devices[1].remap_pending, 1);
    EQ(report.devices[1].remap_failed, 1);
    EQ(report.devices[1].slowdown, 64);
    EQ(judge(&report, &err), FG_EBACKEND);
    OK(strstr(err.text, "could not be remapped") != NULL);
    put("health", "FASTGPU_FAKE_NVML_HEALTH", "nonsense\nnonsense\n");
    report = inspect(0);
    EQ(report.devices[0].ecc_uncorrected, -1);
    EQ(report.devices[0].slowdown, -1);
    EQ(judge(&report, &err), 0);
    unsetenv("FASTGPU_FAKE_NVML_HEALTH");
}

static void what_came_is_not_what_was_ordered(void)
{
    struct fg_err err = {};
    put("boards", "FASTGPU_FAKE_NVML", "NVIDIA A100-SXM4-40GB (FAKE)|40960|0|0|50000|30\n");
    struct fg_inspect_report report = inspect(0);
    EQ(judge(&report, &err), FG_EBACKEND);
    OK(strncmp(err.text, "accelerators are a100 (NVIDIA A100", 34) == 0);
    put("boards", "FASTGPU_FAKE_NVML", "fail\n");
    report = inspect(0);
    EQ(report.devices_len, 0);
    OK(!report.devices_unreachable);
    setenv("FASTGPU_NVML_LIBRARY", "/no/such/library", 1);
    report = inspect(0);
    EQ(report.devices_len, 0);
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
    unsetenv("FASTGPU_FAKE_NVML");
}

static void hang(void *, struct fg_buf *out)
{
    fg_buf_puts(out, "never written");
    for (;;)
        pause();
}

static void die(void *, struct fg_buf *)
{
    raise(SIGKILL);
}

static void tell(void *self, struct fg_buf *out)
{
    for (int i = 0; i < 100000; i++)
        fg_buf_puts(out, self);
}

static void what_hangs_aside_is_given_up(void)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t now_us = clock->mono_us(clock->self), far_us = now_us + 60000000;
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_aside aside;
    EQ(fg_aside_start(&aside, hang, NULL, NULL), 0);
    EQ(fg_aside_end(&aside, now_us + 100000, &text, NULL), FG_ETIMEOUT);
    EQ(fg_aside_start(&aside, die, NULL, NULL), 0);
    EQ(fg_aside_end(&aside, far_us, &text, NULL), FG_EBACKEND);
    EQ(text.len, 0);
    EQ(fg_aside_start(&aside, tell, "words", NULL), 0);
    EQ(fg_aside_end(&aside, far_us, &text, NULL), 0);
    EQ(text.len, 500000);
}

int main(void)
{
    strcpy(folder, "/tmp/fg-machine-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    setenv("FASTGPU_NVML_LIBRARY", FAKE_NVML, 1);
    setenv("FASTGPU_CUDA_LIBRARY", FAKE_CUDA, 1);
    unsetenv("FASTGPU_FAKE_NVML");
    RUN(a_machine_is_seen);
    RUN(a_healthy_machine_passes_its_test);
    RUN(a_sick_device_is_found);
    RUN(the_drivers_counters_are_told);
    RUN(what_came_is_not_what_was_ordered);
    RUN(what_hangs_aside_is_given_up);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) != 0 || tap_done();
}
