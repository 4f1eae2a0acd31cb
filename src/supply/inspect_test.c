/* inspect_test.c - every way in which a delivery may differ from its order. */
#include "supply/inspect.h"
#include "test/tap.h"

#include <string.h>

static struct fg_offer ordered(void)
{
    return (struct fg_offer){.supplier = "north",
                             .instance = "big",
                             .accelerator = "h100",
                             .accelerators = 8,
                             .accelerator_mem_mib = 81920,
                             .cpu_milli = 96000,
                             .mem_mib = 1024 * 1024,
                             .price_uusd_per_hour = 1};
}

static struct fg_inspect_report good(void)
{
    struct fg_inspect_report report = {.host = "gpu01",
                                       .driver = "570.86.15",
                                       .cpu_milli = 96000,
                                       .mem_mib = 1000000,
                                       .disk_mib = 1000,
                                       .disk_free_mib = 900,
                                       .burn_in = FG_BURN_IN_PASSED,
                                       .burn_in_us = 30000000,
                                       .devices_len = 8};
    for (uint32_t i = 0; i < 8; i++) {
        struct fg_inspect_device *device = &report.devices[i];
        *device = (struct fg_inspect_device){.kind = "h100",
                                             .product = "NVIDIA H100 80GB HBM3",
                                             .mem_mib = 81559,
                                             .ecc_on = 1,
                                             .remap_pending = 0,
                                             .temp_c = 33,
                                             .power_mw = 70000,
                                             .slowdown = 1,
                                             .burn_in = FG_BURN_IN_PASSED,
                                             .gflops = 50000};
        snprintf(device->id, sizeof(device->id), "GPU-%u", i);
    }
    return report;
}

static int judge(const struct fg_inspect_report *report, bool wants_burn_in, struct fg_err *err)
{
    struct fg_offer offer = ordered();
    struct fg_inspect_rules rules = {.wants_burn_in = wants_burn_in};
    int rc = fg_inspect_judge(report, &offer, &rules, err);
    if (rc < 0)
        printf("# %s\n", err->text);
    return rc;
}

typedef void change_fn(struct fg_inspect_report *report);

#define CHANGE(name, statement)                                                                \
    static void name(struct fg_inspect_report *report)                                         \
    {                                                                                          \
        statement;                                                                             \
    }
CHANGE(nothing, (void)report)
CHANGE(more_devices, report->devices[8] = report->devices[7]; report->devices_len = 9;
       strcpy(report->devices[8].id, "GPU-8"))
CHANGE(is_general, strcpy(report->devices[3].kind, "h100-sxm-80g"))
CHANGE(is_power_capped, report->devices[0].slowdown = 0x4)
CHANGE(
    knows_nothing_of_health, for (int i = 0; i < 8; i++) {
        report->devices[i].ecc_uncorrected = report->devices[i].rows_remapped = -1;
        report->devices[i].slowdown = report->devices[i].remap_failed = -1;
        report->devices[i].remap_pending = -1;
    })
CHANGE(has_remapped, report->devices[0].rows_remapped = 2)
CHANGE(lost_a_sixteenth, report->devices[0].mem_mib = 76800)
CHANGE(is_silent, report->devices_unreachable = true; report->devices_len = 0)
CHANGE(is_empty, report->devices_len = 0)
CHANGE(is_other, for (int i = 0; i < 8; i++) strcpy(report->devices[i].kind, "a100"))
CHANGE(is_cut, for (int i = 0; i < 8; i++) strcpy(report->devices[i].kind, "h100-mig-1g.10gb"))
CHANGE(is_longer_name, for (int i = 0; i < 8; i++) strcpy(report->devices[i].kind, "h1000"))
CHANGE(one_missing, report->devices_len = 7)
CHANGE(one_other, strcpy(report->devices[5].kind, "l4"))
CHANGE(less_memory, report->devices[2].mem_mib = 40536)
CHANGE(a_bit_less, report->devices[2].mem_mib = 79462; report->devices[2].ecc_on = 0)
CHANGE(just_enough, report->devices[2].mem_mib = 79463; report->devices[2].ecc_on = 0)
CHANGE(told_twice, strcpy(report->devices[6].id, "GPU-1"))
CHANGE(has_errors, report->devices[1].ecc_uncorrected = 3)
CHANGE(remap_pends, report->devices[1].remap_pending = 1)
CHANGE(remap_failed, report->devices[1].remap_failed = 1)
CHANGE(is_hot, report->devices[7].slowdown = 0x20)
CHANGE(is_hotter, report->devices[7].slowdown = 0x40)
CHANGE(brakes, report->devices[7].slowdown = 0x8)
CHANGE(starves, report->devices[7].slowdown = 0x80)
CHANGE(few_cores, report->cpu_milli = 95999)
CHANGE(little_memory, report->mem_mib = 900000)
CHANGE(burnt, report->burn_in = FG_BURN_IN_FAILED; strcpy(report->burn_in_reason, "a bit"))
CHANGE(device_burnt, report->devices[4].burn_in = FG_BURN_IN_FAILED;
       strcpy(report->devices[4].burn_in_reason, "12 words of memory differ"))

static void every_deviation_is_seen(void)
{
    static const struct {
        const char *why;
        change_fn *change;
        const char *want; /* NULL: accepted */
    } cases[] = {
        {"as ordered", nothing, NULL},
        {"more than ordered", more_devices, NULL},
        {"another name of it", is_general, NULL},
        {"a power cap is no fault", is_power_capped, NULL},
        {"unknown is no fault", knows_nothing_of_health, NULL},
        {"repaired is no fault", has_remapped, NULL},
        {"error correction takes memory", lost_a_sixteenth, NULL},
        {"97 %", just_enough, NULL},
        {"driver hangs", is_silent, "the driver of the accelerators does not answer"},
        {"no devices", is_empty, "no accelerators are there, ordered 8 h100"},
        {"wrong model", is_other,
         "accelerators are a100 (NVIDIA H100 80GB HBM3), ordered 8 h100"},
        {"pieces of it", is_cut,
         "accelerators are h100-mig-1g.10gb (NVIDIA H100 80GB HBM3), ordered 8 h100"},
        {"begins alike", is_longer_name,
         "accelerators are h1000 (NVIDIA H100 80GB HBM3), ordered 8 h100"},
        {"one missing", one_missing, "7 of 8 h100 are there"},
        {"one of another model", one_other, "7 of 8 h100 are there"},
        {"half the memory", less_memory,
         "accelerator 2 (h100) has 40536 MiB of memory, expected at least 92 % of 81920"},
        {"just below", a_bit_less,
         "accelerator 2 (h100) has 79462 MiB of memory, expected at least 97 % of 81920"},
        {"one told twice", told_twice, "accelerators 1 and 6 are one: both have the id GPU-1"},
        {"memory errors", has_errors,
         "accelerator 1 (h100): 3 uncorrected memory errors, expected 0"},
        {"needs a reset", remap_pends,
         "accelerator 1 (h100): rows of its memory wait to be remapped by a reset"},
        {"memory worn out", remap_failed,
         "accelerator 1 (h100): rows of its memory could not be remapped"},
        {"heat", is_hot, "accelerator 7 (h100) is slowed down by heat"},
        {"much heat", is_hotter, "accelerator 7 (h100) is slowed down by heat"},
        {"hardware", brakes, "accelerator 7 (h100) is slowed down by its hardware"},
        {"power supply", starves, "accelerator 7 (h100) is slowed down by its power supply"},
        {"cores", few_cores, "95.999 CPU cores are there, ordered 96.000"},
        {"memory", little_memory,
         "900000 MiB of memory are there, expected at least 90 % of 1048576"},
        {"burn-in", burnt, "the burn-in of CPU and memory failed: a bit"},
        {"burn-in of a device", device_burnt,
         "accelerator 4 (h100): the burn-in failed: 12 words of memory differ"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_inspect_report report = good();
        struct fg_err err = {};
        cases[i].change(&report);
        printf("# %s\n", cases[i].why);
        EQ(judge(&report, false, &err), cases[i].want ? FG_EBACKEND : 0);
        OK(!cases[i].want || strcmp(err.text, cases[i].want) == 0);
    }
}

static void who_wants_a_test_gets_one(void)
{
    struct fg_inspect_report report = good();
    struct fg_err err = {};
    EQ(judge(&report, true, &err), 0);
    report.devices[3].burn_in = FG_BURN_IN_NOT_RUN;
    strcpy(report.devices[3].burn_in_reason, "no libcuda");
    EQ(judge(&report, false, &err), 0);
    EQ(judge(&report, true, &err), FG_EBACKEND);
    OK(strcmp(err.text, "accelerator 3 (h100) was not put to the test: no libcuda") == 0);
    report = good();
    report.burn_in = FG_BURN_IN_NOT_RUN;
    EQ(judge(&report, true, &err), FG_EBACKEND);

    /* Others' devices are not tested by us, only what their plug-in says counts. */
    struct fg_offer other = {.accelerator = "mi300x", .accelerators = 1};
    const struct fg_inspect_rules rules = {.wants_burn_in = true};
    report = (struct fg_inspect_report){.burn_in = FG_BURN_IN_PASSED, .devices_len = 1};
    report.devices[0] = (struct fg_inspect_device){.kind = "mi300x", .mem_mib = 196608};
    EQ(fg_inspect_judge(&report, &other, &rules, NULL), 0);
    report.devices[0].burn_in = FG_BURN_IN_FAILED;
    EQ(fg_inspect_judge(&report, &other, &rules, NULL), FG_EBACKEND);
}

/* What drivers call their boards, against what was ordered by the names of the catalogue. */
static void the_catalogue_tells_forms_and_sizes_apart(void)
{
    static const struct {
        const char *kind, *product;
        uint32_t mem_mib;
        const char *ordered;
        bool good;
    } cases[] = {
        {"h100", "NVIDIA H100 80GB HBM3", 81559, "h100-sxm-80g", true},
        {"h100", "NVIDIA H100 PCIe", 81559, "h100-sxm-80g", false},
        {"h100", "NVIDIA H100 PCIe", 81559, "h100-pcie-80g", true},
        {"a100", "NVIDIA A100-SXM4-40GB", 40960, "a100-40g", true},
        {"a100", "NVIDIA A100-SXM4-40GB", 40960, "a100-80g", false},
        {"a100", "NVIDIA A100-SXM4-80GB", 81920, "a100-80g", true},
        {"t4", "Tesla T4", 15109, "t4", true},
        {"l4", "NVIDIA L4", 23034, "l4", true},
        {"l40s", "NVIDIA L40S", 46068, "l40", false},
        {"v100", "Tesla V100-SXM2-16GB", 16160, "v100-16g", true},
        {"v100", "Tesla V100-SXM2-16GB", 16160, "v100-32g", false},
        {"rtx4090", "NVIDIA GeForce RTX 4090", 24564, "rtx4090", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_offer offer = {.accelerators = 1};
        struct fg_inspect_report report = {.devices_len = 1};
        const struct fg_inspect_rules rules = {};
        struct fg_err err = {};
        strcpy(offer.accelerator, cases[i].ordered);
        report.devices[0] =
            (struct fg_inspect_device){.mem_mib = cases[i].mem_mib, .ecc_on = 1};
        strcpy(report.devices[0].kind, cases[i].kind);
        strcpy(report.devices[0].product, cases[i].product);
        int rc = fg_inspect_judge(&report, &offer, &rules, &err);
        printf("# %s for %s: %s\n", cases[i].product, cases[i].ordered, err.text);
        EQ(rc == 0, cases[i].good);
    }
}

static bool none_is_another(const void *self, const char *, const char *)
{
    return *(const bool *)self;
}

static void the_catalogue_knows_better(void)
{
    struct fg_inspect_report report = good();
    struct fg_offer offer = ordered();
    bool same = false;
    struct fg_inspect_rules rules = {.same = none_is_another, .same_self = &same};
    EQ(fg_inspect_judge(&report, &offer, &rules, NULL), FG_EBACKEND);
    same = true;
    is_other(&report);
    EQ(fg_inspect_judge(&report, &offer, &rules, NULL), 0);
}

static int parse(const char *text, struct fg_inspect_report *out, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(strlen(text)));
    const struct fg_doc *doc;
    int rc = fg_doc_json(text, strlen(text), arena, &doc, err);
    return rc < 0 ? rc : fg_inspect_read(doc, out, err);
}

static void a_report_reads_back(void)
{
    struct fg_inspect_report report = good(), again = {};
    FG_AUTO(fg_buf) struct fg_buf first = {}, second = {};
    struct fg_err err = {};
    report.disk_mib = -1;
    report.devices[1].ecc_uncorrected = -1;
    report.devices[2].remap_failed = 1;
    device_burnt(&report);
    fg_inspect_write(&first, &report);
    EQ(parse(first.text, &again, &err), 0);
    fg_inspect_write(&second, &again);
    OK(strcmp(first.text, second.text) == 0);
    EQ(again.disk_mib, -1);
    EQ(again.devices[1].ecc_uncorrected, -1);
    EQ(again.devices[2].remap_failed, 1);
    EQ(again.devices_len, 8);
}

static void strangers_are_not_believed(void)
{
#define F "{\"format\":\"fastgpu-inspect 1\""
    static const struct {
        const char *text, *want; /* NULL: read */
    } cases[] = {
        {F "}", NULL},
        {F ",\"new\":[1],\"devices\":[{\"kind\":\"H100\",\"x\":{}}]}", NULL},
        {F ",\"host\":\"a\\nb\\u001b[2J\"}", NULL},
        {"[]", "a list, expected a map"},
        {"{}", "format: not that of a report, expected \"fastgpu-inspect 1\""},
        {F ",\"mem_mib\":-1}", "mem_mib: -1, expected a whole number from 0 to 67108864"},
        {F ",\"mem_mib\":1.5}", "mem_mib: 1.5, expected a whole number from 0 to 67108864"},
        {F ",\"host\":7}", "host: a whole number, expected text"},
        {F ",\"burn_in\":\"fine\"}", "burn_in: fine, expected not_run, passed or failed"},
        {F ",\"devices\":{}}", "devices: a map, expected a list"},
        {F ",\"devices\":[7]}", "devices[0]: a whole number, expected a map"},
        {F ",\"devices\":[{\"kind\":\"h100\",\"ecc_on\":2}]}",
         "devices[0].ecc_on: 2, expected a whole number from 0 to 1"},
        {F ",\"devices\":[{}]}", "devices[0]: kind: not a kind, expected 1 to 31 letters, "
                                 "digits and . _ - (like H100)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_inspect_report report = {};
        struct fg_err err = {};
        printf("# %s\n", cases[i].text);
        EQ(parse(cases[i].text, &report, &err), cases[i].want ? FG_EINVAL : 0);
        if (cases[i].want && !OK(strcmp(err.text, cases[i].want) == 0))
            printf("# %s\n", err.text);
        OK(!strpbrk(report.host, "\n\x1b"));
    }
    FG_AUTO(fg_buf) struct fg_buf many = {};
    struct fg_inspect_report report;
    fg_buf_puts(&many, F ",\"devices\":[{\"kind\":\"l4\"}");
    for (int i = 0; i < FG_NODE_DEVICES_MAX; i++)
        fg_buf_puts(&many, ",{\"kind\":\"l4\"}");
    fg_buf_puts(&many, "]}");
    EQ(parse(many.text, &report, NULL), FG_EINVAL);
}

int main(void)
{
    RUN(every_deviation_is_seen);
    RUN(who_wants_a_test_gets_one);
    RUN(the_catalogue_tells_forms_and_sizes_apart);
    RUN(the_catalogue_knows_better);
    RUN(a_report_reads_back);
    RUN(strangers_are_not_believed);
    return tap_done();
}
