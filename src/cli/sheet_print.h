/* sheet_print.h - the answer of fastgpu allocate: tables for eyes, one JSON object for programs. */
#pragma once

#include "allocate/sheet.h"
#include "cli/term.h"

/* `answer` NULL: the file has formulas only. */
void fg_sheet_print(const struct fg_sheet *sheet,
                    const struct fg_sheet_answer *answer,
                    const struct fg_term *term);
void fg_sheet_print_json(const struct fg_sheet *sheet, const struct fg_sheet_answer *answer);
