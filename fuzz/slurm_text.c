/* slurm_text.c - what Slurm prints, as untrusted as its users: nodes, then an empty line, then jobs. */
#include "slurm/look.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *gap = size ? memmem(text, size, "\n\n", 2) : NULL;
    size_t split = gap ? (size_t)(gap - text) + 2 : size;
    struct fg_look *look = fg_look_new("11111111-2222-4333-8444-555555555555", "");
    for (int i = 0; i < 2; i++) {
        struct fg_look_result out;
        struct fg_slurm_end end;
        fg_look_take(look, (struct fg_field){text, split},
                     (struct fg_field){text + split, size - split}, &out);
        fg_look_result_free(&out);
        fg_slurm_end_parse((struct fg_field){text, size}, &end);
    }
    fg_look_free(look);
    return 0;
}
