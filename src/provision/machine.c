/* machine.c - see machine.h
 *
 *     look --> burn in (a process for the CPU and one a device, all at once; a look in the middle) --> look again
 *
 * What the driver counts (memory errors) is taken from the last look, what only work shows (heat, slowdown) from the one in
 * the middle.  Processes speak to us in the form of the report itself.
 */
#include "provision/machine.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "engine/discover.h"
#include "probe/nvml.h"
#include "probe/product.h"
#include "provision/aside.h"
#include "provision/burn_cuda.h"
#include "provision/burn_host.h"

#include <assert.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define LOOK_US 30000000 /* a driver that was asleep takes its time */
#define SLACK_US                                                                               \
    60000000 /* of a test: the last round, and the translation of the test program */
#define MIB (1024 * 1024)

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* ---- a look ---- */

static void take_board(const struct fg_nvml_health *board, struct fg_inspect_device *out)
{
    *out = (struct fg_inspect_device){.mem_mib = board->mem_mib,
                                      .ecc_on = board->ecc_on,
                                      .ecc_uncorrected = board->ecc_uncorrected,
                                      .rows_remapped = board->rows_remapped,
                                      .remap_pending = board->remap_pending,
                                      .remap_failed = board->remap_failed,
                                      .temp_c = board->temp_c,
                                      .power_mw = board->power_mw,
                                      .slowdown = board->slowdown,
                                      .gflops = -1};
    fg_product_kind(board->product, "nvidia", out->kind);
    fg_copy_clean(out->product, sizeof(out->product), board->product);
    fg_copy_clean(out->id, sizeof(out->id), board->id);
}

/* In a process of its own. */
static void look_at_boards(void *, struct fg_buf *out)
{
    struct fg_nvml_health boards[FG_NODE_DEVICES_MAX];
    struct fg_inspect_report report = {.disk_mib = -1, .disk_free_mib = -1};
    char driver[80];
    int len = fg_nvml_look(boards, FG_NODE_DEVICES_MAX, driver);
    fg_copy_clean(report.driver, sizeof(report.driver), driver);
    for (int i = 0; i < len; i++)
        take_board(&boards[i], &report.devices[report.devices_len++]);
    fg_inspect_write(out, &report);
}

/* What such a process wrote. */
static int read_found(const struct fg_buf *text,
                      struct fg_inspect_report *out,
                      struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(text->len));
    const struct fg_doc *doc;
    int rc = fg_doc_json(text->text, text->len, arena, &doc, err);
    return rc == 0 ? fg_inspect_read(doc, out, err) : rc;
}

static int look(struct fg_inspect_report *out)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_aside aside;
    int rc = fg_aside_start(&aside, look_at_boards, NULL, NULL);
    if (rc == 0)
        rc = fg_aside_end(&aside, mono_us() + LOOK_US, &text, NULL);
    return rc == 0 ? read_found(&text, out, NULL) : rc;
}

static void look_at_host(const char *folder, struct fg_inspect_report *out)
{
    struct fg_node_spec node;
    struct statvfs disk;
    struct fg_config config;
    fg_config_defaults(&config);
    fg_discover_machine(&(struct fg_discover){.config = &config}, &node);
    *out = (struct fg_inspect_report){.cpu_milli = node.cpu_milli,
                                      .mem_mib = node.mem_mib,
                                      .disk_mib = -1,
                                      .disk_free_mib = -1};
    memcpy(out->host, node.name, sizeof(out->host));
    if (statvfs(folder, &disk) == 0) {
        out->disk_mib = (int64_t)(disk.f_blocks * disk.f_frsize / MIB);
        out->disk_free_mib = (int64_t)(disk.f_bavail * disk.f_frsize / MIB);
    }
}

/* ---- the burn-in ---- */

struct test {
    struct fg_aside aside;
    char id[FG_NAME_MAX]; /* of the device; "" the CPU and the memory */
    uint32_t seconds;
};

static void burn_device(const struct test *test, struct fg_inspect_report *report)
{
    struct fg_inspect_device *device = &report->devices[0];
    report->devices_len = 1;
    strcpy(device->kind, "any");
    device->gflops = -1;
    fg_burn_cuda(test->id, test->seconds, device);
}

static void burn_cpu(const struct test *test, struct fg_inspect_report *report)
{
    struct fg_err err = {};
    int rc = fg_burn_host(test->seconds, &err);
    report->burn_in = rc == 0             ? FG_BURN_IN_PASSED
                      : rc == FG_EBACKEND ? FG_BURN_IN_FAILED
                                          : FG_BURN_IN_NOT_RUN;
    if (rc < 0)
        fg_copy_clean(report->burn_in_reason, sizeof(report->burn_in_reason), err.text);
}

/* In a process of its own. */
static void burn(void *self, struct fg_buf *out)
{
    const struct test *test = self;
    struct fg_inspect_report report = {.disk_mib = -1, .disk_free_mib = -1};
    if (test->id[0])
        burn_device(test, &report);
    else
        burn_cpu(test, &report);
    fg_inspect_write(out, &report);
}

/* A test that dies or hangs has found a fault: the arithmetic and the driver calls in it are ordinary. */
static void end_test(struct test *test, int64_t end_us, struct fg_inspect_report *out)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_err err = {};
    *out = (struct fg_inspect_report){.devices_len = test->id[0] ? 1 : 0};
    int rc = test->aside.pid ? fg_aside_end(&test->aside, end_us, &text, &err) : FG_ENOMEM;
    if (rc == 0)
        rc = read_found(&text, out, &err);
    if (rc == 0)
        return;
    enum fg_burn_in result = rc == FG_ENOMEM ? FG_BURN_IN_NOT_RUN : FG_BURN_IN_FAILED;
    char *reason = test->id[0] ? out->devices[0].burn_in_reason : out->burn_in_reason;
    snprintf(reason, FG_TEXT_MAX, "the test %s", rc == FG_ENOMEM ? "was not begun" : err.text);
    out->devices[0].burn_in = out->burn_in = result;
    out->devices[0].gflops = -1;
}

/* What only work shows: heat, power, slowdown. */
static void take_worked(struct fg_inspect_report *out, const struct fg_inspect_report *worked)
{
    for (uint32_t i = 0; i < out->devices_len; i++)
        for (uint32_t k = 0; k < worked->devices_len; k++) {
            const struct fg_inspect_device *from = &worked->devices[k];
            if (strcmp(out->devices[i].id, from->id) != 0)
                continue;
            out->devices[i].temp_c = from->temp_c;
            out->devices[i].power_mw = from->power_mw;
            out->devices[i].slowdown = from->slowdown;
        }
}

/* The counters of the last look; a board that is not there any more has failed. */
static void take_after(struct fg_inspect_report *out, const struct fg_inspect_report *after)
{
    for (uint32_t i = 0; i < out->devices_len; i++) {
        struct fg_inspect_device *device = &out->devices[i];
        const struct fg_inspect_device *from = NULL;
        for (uint32_t k = 0; k < after->devices_len; k++)
            if (strcmp(device->id, after->devices[k].id) == 0)
                from = &after->devices[k];
        if (!from) {
            device->burn_in = FG_BURN_IN_FAILED;
            strcpy(device->burn_in_reason, "the device is gone after the test");
            continue;
        }
        device->ecc_uncorrected = from->ecc_uncorrected;
        device->rows_remapped = from->rows_remapped;
        device->remap_pending = from->remap_pending;
        device->remap_failed = from->remap_failed;
    }
}

static void pause_us(int64_t us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void burn_in(struct fg_inspect_report *out, uint32_t seconds)
{
    struct test tests[FG_NODE_DEVICES_MAX + 1] = {};
    struct fg_inspect_report worked = {}, after = {}, found;
    int64_t begin_us = mono_us(), test_us = seconds * INT64_C(1000000);
    for (uint32_t i = 0; i <= out->devices_len; i++) {
        tests[i].seconds = seconds;
        if (i < out->devices_len)
            memcpy(tests[i].id, out->devices[i].id, sizeof(tests[i].id));
        if (fg_aside_start(&tests[i].aside, burn, &tests[i], NULL) < 0)
            tests[i].aside.pid = 0;
    }
    pause_us(test_us * 3 / 4);
    look(&worked);
    for (uint32_t i = 0; i <= out->devices_len; i++) {
        end_test(&tests[i], begin_us + test_us + SLACK_US, &found);
        if (i == out->devices_len) {
            out->burn_in = found.burn_in;
            memcpy(out->burn_in_reason, found.burn_in_reason, sizeof(out->burn_in_reason));
        } else {
            out->devices[i].burn_in = found.devices[0].burn_in;
            out->devices[i].gflops = found.devices[0].gflops;
            memcpy(out->devices[i].burn_in_reason, found.devices[0].burn_in_reason,
                   FG_TEXT_MAX);
        }
    }
    out->burn_in_us = mono_us() - begin_us;
    take_worked(out, &worked);
    if (out->devices_len > 0 && look(&after) == 0)
        take_after(out, &after);
    else if (out->devices_len > 0)
        out->devices_unreachable = true;
}

void fg_machine_inspect(const char *folder, uint32_t burn_in_s, struct fg_inspect_report *out)
{
    struct fg_inspect_report boards = {};
    assert(burn_in_s <= FG_MACHINE_BURN_IN_MAX_S);
    look_at_host(folder, out);
    if (look(&boards) < 0) {
        out->devices_unreachable = true;
    } else {
        out->devices_len = boards.devices_len;
        memcpy(out->devices, boards.devices, sizeof(out->devices));
        memcpy(out->driver, boards.driver, sizeof(out->driver));
    }
    if (burn_in_s > 0)
        burn_in(out, burn_in_s);
}
