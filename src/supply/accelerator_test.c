/* accelerator_test.c - names of cards as people and catalogues write them; the table agrees with itself. */
#include "model/names.h"
#include "supply/accelerator.h"

#include "test/tap.h"

#include <string.h>

static void names_mean_one_kind(void)
{
    static const struct {
        const char *text, *hint;
        uint32_t mem_mib;
        const char *kind;
    } cases[] = {
        {"H100", NULL, 0, "h100-sxm-80g"},
        {"h100", NULL, 81559, "h100-sxm-80g"},
        {"H100-SXM", NULL, 0, "h100-sxm-80g"},
        {"H100-80G-SXM5", NULL, 0, "h100-sxm-80g"},
        {"NVIDIA H100 80GB HBM3", NULL, 0, "h100-sxm-80g"},
        {"H100-MEGA", NULL, 81920, "h100-sxm-80g"},
        {"H100 PCIe", NULL, 0, "h100-pcie-80g"},
        {"H100", "gpu_1x_h100_pcie", 81920, "h100-pcie-80g"},
        {"H100 NVL", NULL, 0, "h100-nvl-94g"},
        {"H100NVL", NULL, 96256, "h100-nvl-94g"},
        {"h100-pcie-80g", NULL, 0, "h100-pcie-80g"},
        {"H200-SXM", NULL, 144384, "h200"},
        {"NVIDIA H200 NVL", NULL, 0, "h200-nvl"},
        {"RTXA6000", NULL, 0, "a6000"},
        {"A6000", NULL, 49152, "a6000"},
        {"RTX-A6000", NULL, 0, "a6000"},
        {"NVIDIA RTX A6000", NULL, 0, "a6000"},
        {"RTX6000", NULL, 24576, "rtx6000"},
        {"Quadro RTX 6000", NULL, 0, "rtx6000"},
        {"RTX6000-Ada", NULL, 0, "rtx6000ada"},
        {"NVIDIA RTX 6000 Ada Generation", NULL, 0, "rtx6000ada"},
        {"A100", NULL, 0, "a100-40g"},
        {"A100", NULL, 81920, "a100-80g"},
        {"A100-80GB", NULL, 81251, "a100-80g"},
        {"A100-80GB-SXM", NULL, 0, "a100-80g"},
        {"A100-SXM4-80GB", NULL, 0, "a100-80g"},
        {"A100-80GB", "A100_PCIE_80GB::8", 81920, "a100-80g-pcie"},
        {"A10G", NULL, 22888, "a10g"},
        {"L4", NULL, 22888, "l4"},
        {"L40S", NULL, 45776, "l40s"},
        {"V100", NULL, 0, "v100-16g"},
        {"V100-32GB", NULL, 32510, "v100-32g"},
        {"Tesla V100-SXM2-16GB", NULL, 0, "v100-16g"},
        {"RTX 3070", NULL, 8192, "rtx3070"},
        {"RTX3080", NULL, 12288, "rtx3080-12g"},
        {"Gaudi HL-205", NULL, 32768, "gaudi"},
        {"Gaudi2", NULL, 0, "gaudi2"},
        {"Qualcomm AI100", NULL, 0, "ai100"},
        {"Radeon MI25", NULL, 0, "mi25"},
        {"Radeon Pro V520", NULL, 8192, "v520"},
        {"AMD Instinct MI300X", NULL, 0, "mi300x"},
        {"Virtex UltraScale (VU9P)", NULL, 0, "vu9p"},
        {"Inferentia", NULL, 0, "inferentia"},
        {"tpu-v5litepod-16", NULL, 0, "tpu-v5e"},
        {"tpu-v6e-8", NULL, 0, "tpu-v6e"},
        {"NVIDIA GH200 480GB", NULL, 0, "gh200-96g"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_accelerator_match match =
            fg_accelerator_match(cases[i].text, cases[i].hint, cases[i].mem_mib);
        if (!OK(match.accelerator && strcmp(match.accelerator->kind, cases[i].kind) == 0))
            printf("#   %s: %s, want %s\n", cases[i].text,
                   match.accelerator ? match.accelerator->kind : "none", cases[i].kind);
    }
    OK(!fg_accelerator_match("", NULL, 0).accelerator);
    OK(!fg_accelerator_match("Voodoo2", NULL, 0).accelerator);
    OK(!fg_accelerator_match("H1000", NULL, 0).accelerator);
}

static void what_is_assumed_is_said(void)
{
    OK(fg_accelerator_match("A100", NULL, 0).memory_assumed);
    OK(!fg_accelerator_match("A100", NULL, 40960).memory_assumed);
    OK(!fg_accelerator_match("A100-80GB", NULL, 0).memory_assumed);
    OK(fg_accelerator_match("H100", NULL, 0).form_assumed);
    OK(!fg_accelerator_match("H100-SXM5", NULL, 0).form_assumed);
    OK(!fg_accelerator_match("T4", NULL, 0).memory_assumed);
    OK(fg_accelerator_match("L4", NULL, 183105).memory_odd);
    OK(!fg_accelerator_match("L4", NULL, 22888).memory_odd);
}

/* Slices of TPUs count cores or chips in their names. */
static void slices_are_counted_in_chips(void)
{
    EQ(fg_accelerator_match("tpu-v2-8", NULL, 0).devices, 4);
    EQ(fg_accelerator_match("tpu-v4-4096", NULL, 0).devices, 2048);
    EQ(fg_accelerator_match("tpu-v5p-8", NULL, 0).devices, 4);
    EQ(fg_accelerator_match("tpu-v5litepod-8", NULL, 0).devices, 8);
    EQ(fg_accelerator_match("tpu-v6e-256", NULL, 0).devices, 256);
    EQ(fg_accelerator_match("H100", NULL, 0).devices, 1);
}

static void the_table_agrees_with_itself(void)
{
    for (size_t i = 0; i < fg_accelerators_len(); i++) {
        const struct fg_accelerator *row = fg_accelerator_at(i);
        char kind[FG_KIND_MAX];
        bool fine = fg_kind_read("kind", row->kind, kind, NULL) == 0
                    && strcmp(kind, row->kind) == 0 && fg_accelerator_find(row->kind) == row
                    && fg_accelerator_match(row->kind, NULL, 0).accelerator == row
                    && fg_accelerator_match(row->kind, NULL, row->mem_mib).accelerator == row
                    && row->mem_mib >= 4096 && row->year >= 2014 && strlen(row->source) > 10;
        if (!OK(fine))
            printf("#   %s\n", row->kind);
    }
    OK(!fg_accelerator_at(fg_accelerators_len()));
}

/* What NVML discovery calls a device, and what was ordered. */
static void found_devices_are_known_again(void)
{
    OK(fg_accelerator_fits("h100", 81559, "h100-sxm-80g"));
    OK(fg_accelerator_fits("h100-sxm-80g", 0, "h100"));
    OK(fg_accelerator_fits("a100", 40536, "a100-40g"));
    OK(!fg_accelerator_fits("a100", 40536, "a100-80g"));
    OK(!fg_accelerator_fits("h100", 95830, "h100-sxm-80g"));
    OK(!fg_accelerator_fits("a10", 24576, "a100-40g"));
    OK(fg_accelerator_fits("a6000", 49140, "a6000"));
    OK(fg_accelerator_fits("v100", 16160, "v100-16g"));
    OK(!fg_accelerator_fits("a100-mig-3g.20gb", 20096, "a100-40g"));
    OK(!fg_accelerator_fits("h100", 81559, "unheard-of"));
}

int main(void)
{
    RUN(names_mean_one_kind);
    RUN(what_is_assumed_is_said);
    RUN(slices_are_counted_in_chips);
    RUN(the_table_agrees_with_itself);
    RUN(found_devices_are_known_again);
    return tap_done();
}
