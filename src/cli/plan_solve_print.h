/* plan_solve_print.h - the answer of fastgpu plan solve, as tables or as JSON. */
#pragma once

#include "cli/term.h"

#include "plan/answer.h"

void fg_plan_solve_print(const struct fg_plan_answer *answer, const struct fg_term *term);
void fg_plan_solve_print_json(const struct fg_plan_answer *answer);
