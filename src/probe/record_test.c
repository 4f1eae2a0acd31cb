/* record_test.c - a recording reads as it was written, says what it said then, and shows as replayed. */
#include "probe/record.h"

#include "probe/machine.h"
#include "probe/probe.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char good[] = "# fastgpu record 1 of gpu-07\n"
                           "device 0 kind=h100 id=GPU-6f1c vendor=1 share=mps "
                           "expose=CUDA_VISIBLE_DEVICES mem_mib=81559 numa=1 island=0\n"
                           "device 1 kind=h100 id=GPU-6f1d colour=red mem_mib=81559\n"
                           "at 0.000 0 busy=370 power=310000 energy=1000 shade=7\n"
                           "at 0.000 1 busy=10\n"
                           "at 0.500 machine busy=1900 energy=5000\n"
                           "at 1.000 0 busy=380 energy=311000\n"
                           "end 2.000\n";

static struct fg_record *read_text(const char *text, struct fg_err *err)
{
    FG_AUTO(fg_file) FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    return file ? fg_record_read(file, "gpu.rec", err) : NULL;
}

static void a_recording_is_read(void)
{
    int64_t value[FG_READINGS_LEN];
    struct fg_err err = {};
    FG_AUTO(fg_record) struct fg_record *record = read_text(good, &err);
    if (!OK(record != NULL))
        return;
    EQ(record->devices_len, 2);
    OK(strcmp(record->devices[0].expose, "CUDA_VISIBLE_DEVICES") == 0);
    EQ(record->devices[0].share, FG_SHARE_MPS);
    EQ(record->devices[0].numa, 1);
    EQ(record->devices[1].island, -1);
    EQ(record->points_len, 4);
    fg_record_at(record, FG_DEVICE_CPU, 600000, value);
    EQ(value[FG_READING_BUSY], 1900);
    EQ(value[FG_READING_STALL_IO], -1);
    fg_record_at(record, 0, 500000, value);
    EQ(value[FG_READING_BUSY], 370);
    EQ(value[FG_READING_TEMP], -1);
    fg_record_at(record, 0, 1999999, value);
    EQ(value[FG_READING_BUSY], 380);
    EQ(value[FG_READING_POWER], -1);
    fg_record_at(record, 0, 4000000, value); /* the third round */
    EQ(value[FG_READING_BUSY], 370);
    EQ(value[FG_READING_ENERGY], 1000 + 2 * 310000);
    fg_record_at(record, 1, 9000000, value);
    EQ(value[FG_READING_BUSY], 10);
}

static void what_is_written_is_read(void)
{
    struct fg_err err = {};
    FG_AUTO(fg_record) struct fg_record *record = read_text(good, &err);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fg_record_write_head(out, "gpu-07", 0);
    for (size_t i = 0; i < record->devices_len; i++)
        fg_record_write_device(out, i, &record->devices[i]);
    for (size_t i = 0; i < record->points_len; i++)
        fg_record_write_point(out, &record->points[i]);
    fg_record_write_end(out, record->length_us);
    fclose(out);
    FG_AUTO(fg_record) struct fg_record *again = read_text(text, &err);
    if (!OK(again != NULL))
        exit(1);
    EQ(again->length_us, record->length_us);
    OK(memcmp(again->devices, record->devices, sizeof(record->devices)) == 0);
    EQ(again->points_len, record->points_len);
    for (size_t i = 0; i < record->points_len; i++)
        OK(memcmp(again->points[i].value, record->points[i].value,
                  sizeof(record->points[i].value))
           == 0);
    free(text);
}

static void what_is_wrong_is_told(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "gpu.rec: no device and no reading"},
        {"hello\n", "gpu.rec:1: hello, expected device, at or end"},
        {"device 1 kind=h100 id=a\n", "gpu.rec:1: device 1, expected 0"},
        {"device 0 kind=h100\n", "expected name=value, kind and id"},
        {"device 0 kind=H/100 id=a\n", "kind=H/100 is none"},
        {"device 0 kind=h100 id=a mem_mib=-1\n", "mem_mib=-1 is none"},
        {"device 0 kind=h100 id=a\nat 0 1 busy=1\n", "gpu.rec:2: device 1, there are 1"},
        {"at 0 machines busy=1\n", "gpu.rec:1: device machines, there are 0"},
        {"device 0 kind=h100 id=a\nat -1 0 busy=1\n", "at -1, expected seconds"},
        {"device 0 kind=h100 id=a\nat nan 0 busy=1\n", "at nan, expected seconds"},
        {"device 0 kind=h100 id=a\nat 2 0 busy=1\nat 1 0 busy=1\n", "gpu.rec:3: at 1"},
        {"device 0 kind=h100 id=a\nat 0 0 busy=x\n", "busy=x, expected a number"},
        {"device 0 kind=h100 id=a\nat 0 0 busy\n", "busy, expected name=value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_err err = {};
        struct fg_record *record = read_text(cases[i].text, &err);
        if (!OK(!record && strstr(err.text, cases[i].want)))
            printf("#   %s\n", err.text);
        fg_record_free(record);
    }
}

static void a_recorded_machine_stands_for_this_one(void)
{
    char path[] = "/tmp/fastgpu-record-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "we");
    fputs(good, file);
    fclose(file);
    setenv("FASTGPU_REPLAY", path, 1);
    struct fg_probe *probe =
        fg_probe_new(&(struct fg_probe_options){.interval_us = 20000, .deadline_us = 1000000});
    struct fg_device_spec devices[4];
    struct fg_probe_reading reading = {};
    EQ(fg_probe_devices(probe, devices, 4, 5000000, NULL), 2);
    OK(strcmp(devices[0].kind, "h100-replayed") == 0);
    EQ(devices[0].island, 0);
    for (int i = 0; i < 2000 && !(fg_probe_read(probe, 1, &reading) && reading.time_us); i++)
        usleep(5000);
    EQ(reading.value[FG_READING_BUSY], 10);
    EQ(reading.value[FG_READING_GONE], 0);
    fg_probe_free(probe);
    int64_t value[FG_READINGS_LEN] = FG_READINGS_UNKNOWN;
    struct fg_machine *machine = fg_machine_new("");
    fg_machine_read(machine, 1000000, value);
    fg_machine_read(machine, 1700000, value);
    EQ(value[FG_READING_BUSY], 1900);
    EQ(value[FG_READING_MEM_USED], -1); /* this machine's is not mixed in */
    fg_machine_free(machine);
    unsetenv("FASTGPU_REPLAY");
    unlink(path);
}

int main(void)
{
    RUN(a_recording_is_read);
    RUN(what_is_written_is_read);
    RUN(what_is_wrong_is_told);
    RUN(a_recorded_machine_stands_for_this_one);
    return tap_done();
}
