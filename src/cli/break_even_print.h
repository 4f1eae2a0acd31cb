/* break_even_print.h - the answer of `fastgpu plan break-even`. */
#pragma once

#include "cli/term.h"

#include "plan/break_even.h"

/* Table, picture, crossings, and the answer in a sentence. */
void fg_break_even_print(const char *kind,
                         const struct fg_break_even_question *question,
                         const struct fg_break_even *answer,
                         const struct fg_term *term);
void fg_break_even_print_json(const char *kind,
                              const struct fg_break_even_question *question,
                              const struct fg_break_even *answer);
