/* sheet.c - files of fastgpu allocate: what is read is solved, and the answer is within every limit. */
#include "allocate/sheet.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#define CELLS_MAX 400 /* larger ones are read, but not solved */

static void check(const struct fg_sheet *sheet, const struct fg_sheet_answer *answer)
{
    for (size_t j = 0; j < sheet->devices_len; j++)
        CHECK(answer->busy[j] <= sheet->devices[j].count * (1 + 1e-5) + 1e-5);
    for (size_t i = 0; i < sheet->work_len; i++)
        CHECK(answer->done[i] >= 0 && isfinite(answer->done[i]));
    for (size_t k = 0; k < answer->binds_len; k++)
        CHECK(isfinite(answer->binds[k].gain));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_sheet_room(len));
    struct fg_sheet sheet;
    struct fg_sheet_answer answer;
    struct fg_err err = {};
    if (fg_sheet_read((const char *)bytes, len, "s.yaml", arena, &sheet, &err) < 0) {
        CHECK(strncmp(err.text, "s.yaml", 6) == 0);
        return 0;
    }
    if (!sheet.work_len || sheet.work_len * sheet.devices_len > CELLS_MAX)
        return 0;
    if (fg_sheet_solve(&sheet, arena, &answer, &err) == 0)
        check(&sheet, &answer);
    else
        CHECK(err.text[0] != '\0');
    return 0;
}
