/* product_test.c - the short kinds of products. */
#include "probe/product.h"

#include "test/tap.h"

#include <string.h>

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
        {"AMD Instinct MI300X OAM", "mi300x"},
        {"AMD Instinct MI210", "mi210"},
        {"AMD Radeon RX 7900 XTX", "rx7900xtx"},
        {"Intel(R) Data Center GPU Max 1550", "max1550"},
        {"Intel(R) Data Center GPU Flex 170", "flex170"},
        {"Intel(R) Arc(TM) A770 Graphics", "a770"},
        {"", "nvidia"},
        {"NVIDIA Graphics Device", "nvidia"},
        {"\x01\x02 ;rm -rf", "nvidia"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char kind[FG_KIND_MAX];
        fg_product_kind(cases[i].product, "nvidia", kind);
        if (!OK(strcmp(kind, cases[i].kind) == 0))
            printf("#   %s: %s, want %s\n", cases[i].product, kind, cases[i].kind);
    }
}

int main(void)
{
    RUN(kinds_are_short);
    return tap_done();
}
