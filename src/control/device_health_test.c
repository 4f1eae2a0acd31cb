/* device_health_test.c - what readings of a device mean. */
#include "control/device_health.h"
#include "test/tap.h"

#include <string.h>

#define SECOND INT64_C(1000000)
#define NOW    (1700000000 * SECOND)

struct bench {
    struct fg_config config;
    struct fg_device_watch watch;
    struct fg_device_sample sample;
    int64_t now_us;
};

static struct bench bench_new(void)
{
    struct bench bench = {.sample.value = FG_READINGS_UNKNOWN, .now_us = NOW};
    fg_config_defaults(&bench.config);
    bench.config.node_probation_s = 10;
    bench.config.node_probation_max_s = 100;
    return bench;
}

/* Two seconds later that is read; all else as before. */
static enum fg_device_state read_value(struct bench *bench, enum fg_reading at, int64_t value)
{
    bench->now_us += 2 * SECOND;
    bench->sample.value[at] = value;
    fg_device_watch_read(&bench->watch, &bench->config, &bench->sample, bench->now_us);
    return fg_device_watch_state(&bench->watch, bench->now_us);
}

static enum fg_device_state read_for(struct bench *bench, int64_t seconds)
{
    enum fg_device_state state = FG_DEVICE_FINE;
    for (int64_t i = 0; i < seconds; i += 2)
        state = read_value(bench, FG_READING_BUSY, 1);
    return state;
}

static void each_xid_means_what_nvidia_says(void)
{
    static const struct {
        int64_t xid;
        enum fg_device_state state;
    } rows[] = {{0, FG_DEVICE_FINE},     {13, FG_DEVICE_FINE},    {31, FG_DEVICE_FINE},
                {43, FG_DEVICE_FINE},    {45, FG_DEVICE_FINE},    {48, FG_DEVICE_SUSPECT},
                {63, FG_DEVICE_SUSPECT}, {64, FG_DEVICE_BROKEN},  {74, FG_DEVICE_SUSPECT},
                {79, FG_DEVICE_BROKEN},  {92, FG_DEVICE_SUSPECT}, {94, FG_DEVICE_SUSPECT},
                {95, FG_DEVICE_BROKEN},  {119, FG_DEVICE_BROKEN}, {120, FG_DEVICE_BROKEN},
                {140, FG_DEVICE_BROKEN}, {154, FG_DEVICE_FINE}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench = bench_new();
        EQ(read_value(&bench, FG_READING_XID, 0), FG_DEVICE_FINE);
        if (!EQ(read_value(&bench, FG_READING_XID, rows[i].xid), rows[i].state))
            printf("# Xid %d\n", (int)rows[i].xid);
    }
}

static void what_needs_a_reset_stays(void)
{
    struct bench bench = bench_new();
    EQ(read_value(&bench, FG_READING_ENERGY, 5000), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_XID, 119), FG_DEVICE_BROKEN);
    EQ(read_for(&bench, 500), FG_DEVICE_BROKEN);
    OK(fg_device_watch_kills(&bench.watch, NOW));
    OK(!fg_device_watch_kills(&bench.watch, bench.now_us));
    EQ(read_value(&bench, FG_READING_ENERGY, 3), FG_DEVICE_SUSPECT); /* counted anew */
    EQ(read_for(&bench, 12), FG_DEVICE_FINE);
}

static void an_operator_knows_better(void)
{
    struct bench bench = bench_new();
    EQ(read_value(&bench, FG_READING_XID, 95), FG_DEVICE_BROKEN);
    fg_device_watch_forget(&bench.watch);
    EQ(read_for(&bench, 2), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_REMAP_PENDING, 1), FG_DEVICE_SUSPECT);
    fg_device_watch_forget(&bench.watch);
    EQ(read_for(&bench, 20), FG_DEVICE_FINE); /* it is still so, and known */
    EQ(read_value(&bench, FG_READING_REMAP_PENDING, 0), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_REMAP_PENDING, 1), FG_DEVICE_SUSPECT);
}

static void who_falls_again_waits_longer(void)
{
    struct bench bench = bench_new();
    int64_t waits_s[3];
    for (int i = 0; i < 3; i++) {
        EQ(read_value(&bench, FG_READING_GONE, 1), FG_DEVICE_BROKEN);
        int64_t back_us = bench.now_us;
        while (read_value(&bench, FG_READING_GONE, 0) != FG_DEVICE_FINE)
            continue;
        waits_s[i] = (bench.now_us - back_us) / SECOND;
    }
    EQ(waits_s[0], 12);
    EQ(waits_s[1], 22);
    EQ(waits_s[2], 42);
}

static void errors_count_when_they_grow(void)
{
    struct bench bench = bench_new();
    EQ(read_value(&bench, FG_READING_ECC_UNCORRECTED, 4), FG_DEVICE_FINE); /* from before */
    EQ(read_value(&bench, FG_READING_ECC_UNCORRECTED, -1), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_ECC_UNCORRECTED, 5), FG_DEVICE_SUSPECT);
    OK(fg_device_watch_kills(&bench.watch, NOW));
    EQ(read_for(&bench, 12), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_HANGS, 0), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_HANGS, 1), FG_DEVICE_SUSPECT);
    OK(fg_device_watch_next_us(&bench.watch, bench.now_us) > bench.now_us);
}

static void heat_counts_when_it_lasts(void)
{
    struct bench bench = bench_new();
    EQ(read_value(&bench, FG_READING_TEMP, 96), FG_DEVICE_FINE);
    EQ(read_for(&bench, 58), FG_DEVICE_FINE);
    EQ(read_for(&bench, 2), FG_DEVICE_SUSPECT);
    EQ(read_value(&bench, FG_READING_TEMP, 80), FG_DEVICE_SUSPECT); /* on probation */
    EQ(read_for(&bench, 10), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_SLOWDOWN, 0x4), FG_DEVICE_FINE); /* its power cap */
    EQ(read_for(&bench, 400), FG_DEVICE_FINE);
    EQ(read_value(&bench, FG_READING_SLOWDOWN, 0x44), FG_DEVICE_FINE);
    EQ(read_for(&bench, 300), FG_DEVICE_SUSPECT);
}

static void what_is_not_read_any_more_keeps_none_out(void)
{
    struct bench bench = bench_new();
    EQ(read_value(&bench, FG_READING_GONE, 1), FG_DEVICE_BROKEN);
    EQ(fg_device_watch_next_us(&bench.watch, bench.now_us), bench.now_us + 60 * SECOND);
    EQ(fg_device_watch_state(&bench.watch, bench.now_us + 60 * SECOND), FG_DEVICE_FINE);
}

static void every_fault_has_words(void)
{
    for (enum fg_device_fault at = 1; at < FG_DEVICE_FAULTS; at++) {
        OK(fg_device_fault_words(at)[0] && fg_device_fault_hint(at)[0]);
        OK(strncmp(fg_device_fault_moved(at), "its device ", 11) == 0);
    }
    EQ(fg_device_fault_of_xid(13), FG_DEVICE_NO_FAULT);
    OK(strcmp(fg_device_state_name(FG_DEVICE_BROKEN), "broken") == 0);
}

int main(void)
{
    RUN(each_xid_means_what_nvidia_says);
    RUN(what_needs_a_reset_stays);
    RUN(an_operator_knows_better);
    RUN(who_falls_again_waits_longer);
    RUN(errors_count_when_they_grow);
    RUN(heat_counts_when_it_lasts);
    RUN(what_is_not_read_any_more_keeps_none_out);
    RUN(every_fault_has_words);
    return tap_done();
}
