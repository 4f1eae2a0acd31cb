/* rank_print.h - the answer of `fastgpu supplier rank`. */
#pragma once

#include "cli/term.h"

#include "supply/score.h"

/* Who is best, how sure that is; with `explain` every number, and what would turn it. */
[[nodiscard]] int fg_rank_print(const struct fg_score_sheet *sheet,
                                bool explain,
                                const struct fg_term *term,
                                struct fg_arena *arena,
                                struct fg_err *err);
